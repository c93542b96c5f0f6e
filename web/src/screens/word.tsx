// SPDX-License-Identifier: GPL-3.0-or-later
// Step 1: the phrase, what is known about it, and how it sounds.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { SpokenLanguage } from "../api-types";
import { t, useLanguage } from "../i18n";
import { go } from "../router";
import { setSession, useAppState } from "../state";
import { createStore, useStore } from "../store";
import { Button, Field, Notice, classes } from "../ui";
import { draftOf, languageLabel, languageName, sameDraft, spellingsOf } from "../word/draft";
import type { Draft } from "../word/draft";
import { Facts, useHints } from "../word/facts";
import { Hear } from "../word/hear";
import { Spellings } from "../word/spellings";
import "../word/word.css";

// What is typed stays while one looks at another screen. null: as the session has it.
const typed = createStore<Draft | null>(null);

function useSpokenLanguages(): SpokenLanguage[] {
    const [languages, set] = useState<SpokenLanguage[]>([]);
    useEffect(
        () =>
            void api
                .languages()
                .then(answer => set(answer.languages))
                .catch(() => {}),
        [],
    );
    return languages;
}

function LanguageChoice({
    value,
    found,
    change,
}: {
    value: string;
    found: { code: string; name: string } | null;
    change: (lang: string) => void;
}) {
    const reader = useLanguage(),
        languages = useSpokenLanguages();
    const named = languages
        .map(({ code, name, own_name }) => ({ code, name: languageLabel(languageName(code, reader, name), own_name) }))
        .sort((a, b) => a.name.localeCompare(b.name, reader));
    return (
        <Field label={t("word.language")} help={t("word.language_help")}>
            {ids => (
                <select {...ids} value={value} onChange={event => change(event.currentTarget.value)}>
                    <option value="auto">
                        {found
                            ? t("word.auto_found", { language: languageName(found.code, reader, found.name) })
                            : t("word.auto")}
                    </option>
                    {named.map(({ code, name }) => (
                        <option key={code} value={code}>
                            {name}
                        </option>
                    ))}
                    {value !== "auto" && !languages.length && (
                        <option value={value}>{languageName(value, reader, value)}</option>
                    )}
                </select>
            )}
        </Field>
    );
}

function Examples({ take }: { take: (phrase: string) => void }) {
    return (
        <div class="row examples">
            <span class="muted">{t("word.try")}</span>
            {[t("word.example_1"), t("word.example_2"), t("word.example_3")].map(phrase => (
                <button key={phrase} type="button" class="example" onClick={() => take(phrase)}>
                    {phrase}
                </button>
            ))}
        </div>
    );
}

export function Word() {
    const { session, loaded } = useAppState();
    const field = useRef<HTMLInputElement>(null);
    useEffect(() => {
        // a keyboard on the screen of a phone would cover half of the page
        if (loaded && !session.raw_phrase && matchMedia("(pointer: fine)").matches) field.current?.focus();
    }, [loaded]);
    const draft = useStore(typed) ?? draftOf(session);
    const change = (part: Partial<Draft>) => typed.set({ ...draft, ...part });
    const phrase = draft.phrase.trim();
    const hints = useHints(phrase, draft.lang, draft.phonemes);
    const [busy, setBusy] = useState<"voices" | "train" | null>(null),
        [trouble, setTrouble] = useState<string | null>(null);
    const found =
        draft.lang === "auto" && phrase && hints.hints
            ? { code: hints.hints.language, name: hints.hints.language_name }
            : null;
    const mute = !phrase || Boolean(hints.hints?.missing);

    async function goOn(step: "voices" | "train"): Promise<void> {
        if (!phrase) return setTrouble(t("word.empty"));
        setBusy(step);
        setTrouble(null);
        try {
            const unchanged = session.safe_word && sameDraft(draft, draftOf(session));
            const next = unchanged
                ? session
                : await api.startSession({
                      phrase,
                      lang: draft.lang,
                      phonemes: draft.phonemes,
                      also: spellingsOf(draft),
                      speakers_total: session.speakers_total,
                      takes_per_speaker: session.takes_per_speaker,
                  });
            if (!unchanged) setSession(next);
            typed.set(null);
            go(step, next.safe_word);
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setBusy(null);
    }

    return (
        <form
            class="stack word"
            onSubmit={event => {
                event.preventDefault();
                void goOn("voices");
            }}>
            <header class="stack-close">
                <h1>{t("word.title")}</h1>
                <p class="lead">{t("word.lead")}</p>
            </header>
            <section class="card card-accent word-main">
                <div class="word-inputs">
                    <Field label={t("word.phrase")}>
                        {ids => (
                            <input
                                {...ids}
                                ref={field}
                                class="phrase"
                                type="text"
                                value={draft.phrase}
                                maxLength={200}
                                placeholder={t("reference.phrase_placeholder")}
                                autoComplete="off"
                                autoCapitalize="off"
                                spellcheck={false}
                                enterkeyhint="next"
                                disabled={!loaded}
                                dir="auto"
                                onInput={event => {
                                    setTrouble(null);
                                    // phonemes are of the phrase that they were made for
                                    change({ phrase: event.currentTarget.value, phonemes: "" });
                                }}
                            />
                        )}
                    </Field>
                    <LanguageChoice value={draft.lang} found={found} change={lang => change({ lang })} />
                </div>
                {phrase ? (
                    <Facts
                        state={hints}
                        phrase={phrase}
                        phonemes={draft.phonemes}
                        change={phonemes => change({ phonemes })}
                    />
                ) : (
                    <Examples take={example => change({ phrase: example, phonemes: "" })} />
                )}
            </section>
            <div class={classes("columns", !phrase && "word-later")}>
                <Hear draft={draft} disabled={mute} />
                <Spellings also={draft.also} change={also => change({ also })} />
            </div>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            <div class="row word-go">
                <Button kind="main" large submit busy={busy === "voices"} disabled={busy !== null || mute}>
                    {t("word.go_on")}
                </Button>
                <Button
                    kind="quiet"
                    busy={busy === "train"}
                    disabled={busy !== null || mute}
                    onClick={() => void goOn("train")}>
                    {t("word.skip_voices")}
                </Button>
                <span class="muted small">{t("word.go_on_note")}</span>
            </div>
        </form>
    );
}
