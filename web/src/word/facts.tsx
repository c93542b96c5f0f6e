// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about the phrase while it is typed.
import { useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Hints } from "../api-types";
import { formatNumber, t, textOfCode, useLanguage } from "../i18n";
import { Help, Icon, Notice } from "../ui";
import type { IconName } from "../ui";
import { hasUnusualLetters, languageName, sortedVerdicts } from "./draft";
import type { Verdict } from "./draft";
import { Spoken } from "./spoken";

const TYPING_MS = 250;

export interface HintsState {
    hints: Hints | null;
    trouble: string | null;
    waiting: boolean;
}
// Asked when the typing pauses; an answer to what is no longer there is dropped.
export function useHints(phrase: string, lang: string, phonemes: string): HintsState {
    const [state, set] = useState<HintsState>({ hints: null, trouble: null, waiting: false });
    useEffect(() => {
        if (!phrase) return set({ hints: null, trouble: null, waiting: false });
        const stop = new AbortController();
        set(before => ({ ...before, waiting: true }));
        const timer = setTimeout(() => {
            api.hints(phrase, lang, phonemes, stop.signal)
                .then(hints => set({ hints, trouble: null, waiting: false }))
                .catch(
                    error => stop.signal.aborted || set({ hints: null, trouble: sentenceOf(error), waiting: false }),
                );
        }, TYPING_MS);
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [phrase, lang, phonemes]);
    return state;
}

const looks: Record<Verdict["level"], { tone: string; icon: IconName }> = {
    good: { tone: "good", icon: "check" },
    fair: { tone: "warn", icon: "info" },
    poor: { tone: "bad", icon: "warning" },
};

function Verdicts({ hints: { verdicts, similar, mute } }: { hints: Hints }) {
    const words = new Intl.ListFormat(useLanguage(), { type: "unit" }).format(similar);
    return (
        <ul class="verdicts" aria-label={t("word.verdicts")}>
            {sortedVerdicts(verdicts).map(({ level, code, text }) => (
                <li key={code} class={`verdict tone-${looks[level].tone}`}>
                    <Icon name={looks[level].icon} />
                    <span>{textOfCode("word.verdict_", code, text, { words, engines: mute })}</span>
                </li>
            ))}
        </ul>
    );
}

// What can be known of any phrase, and of one that can be said.
function Known({ hints }: { hints: Hints }) {
    return (
        <>
            {!hints.missing && (
                <div class="word-fact">
                    <dt>{t("word.length")}</dt>
                    <dd>
                        {t("word.length_value", {
                            syllables: t("word.syllables", { n: hints.syllables }),
                            seconds: formatNumber(hints.seconds, 1),
                        })}
                    </dd>
                </div>
            )}
            <div class="word-fact">
                <dt>{t("word.name")}</dt>
                <dd>{hints.title}</dd>
            </div>
            <div class="word-fact">
                <dt>
                    {t("word.file")} <Help text={t("word.file_help")} />
                </dt>
                <dd>
                    <code>{hints.id}</code>
                </dd>
            </div>
        </>
    );
}

export function Facts({
    state: { hints, trouble, waiting },
    phrase,
    phonemes,
    change,
}: {
    state: HintsState;
    phrase: string;
    phonemes: string;
    change: (phonemes: string) => void;
}) {
    const reader = useLanguage();
    const said = hints && !hints.missing;
    return (
        <div class="facts-live" aria-live="polite" aria-busy={waiting}>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {hints?.missing && (
                <Notice tone="bad">
                    {phonemes
                        ? hints.missing
                        : t("word.missing", { language: languageName(hints.language, reader, hints.language_name) })}
                </Notice>
            )}
            {(said || phonemes) && (
                <dl class="word-facts">
                    <Spoken key={phrase} read={said ? hints.phonemes : ""} phonemes={phonemes} change={change} />
                    {hints && <Known hints={hints} />}
                </dl>
            )}
            {said && <Verdicts hints={hints} />}
            {hasUnusualLetters(phrase) && (
                <p class="muted small word-warn">
                    <Icon name="info" />
                    {t("reference.phrase_warn")}
                </p>
            )}
        </div>
    );
}
