// SPDX-License-Identifier: GPL-3.0-or-later
// Before a training: how thorough, what goes in, and the button.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, api, sentenceOf } from "../api";
import type { StartTraining } from "../api";
import type { Datasets, Preset, Session, Training } from "../api-types";
import { formatBytes, formatDuration, formatNumber, t, textOfCode } from "../i18n";
import { remember, remembered } from "../remember";
import { routeOf } from "../router";
import { loadSession, useAppState } from "../state";
import { Button, Card, Help, LinkButton, Notice } from "../ui";
import { chosenPreset } from "./plan";

function PresetChoice({
    presets,
    chosen,
    choose,
}: {
    presets: Preset[];
    chosen: Preset | null;
    choose: (name: string) => void;
}) {
    return (
        <fieldset class="presets">
            <legend>
                <h2>
                    {t("train.preset")} <Help text={t("train.time_help")} />
                </h2>
            </legend>
            {presets.map(preset => {
                const time = formatDuration(preset.seconds);
                return (
                    <label key={preset.name} class="preset">
                        <input
                            type="radio"
                            name="preset"
                            checked={preset === chosen}
                            onChange={() => choose(preset.name)}
                        />
                        <span class="preset-text">
                            <strong>{textOfCode("train.preset_", preset.name, preset.name)}</strong>
                            <span class="preset-time">
                                {t(preset.measured ? "train.time_measured" : "train.time_estimated", { time })}
                            </span>
                            <span>{textOfCode("train.preset_", `${preset.name}_text`, preset.summary)}</span>
                            <span class="muted small">
                                {t(preset.measured ? "train.time_measured_note" : "train.time_estimated_note")}
                            </span>
                        </span>
                    </label>
                );
            })}
        </fieldset>
    );
}

function Input({ count, note, link }: { count: string; note: string; link?: { href: string; text: string } }) {
    return (
        <li>
            <strong>{count}</strong>
            <span class="muted small">
                {note}
                {link && (
                    <>
                        {" "}
                        <a href={link.href}>{link.text}</a>
                    </>
                )}
            </span>
        </li>
    );
}

// Recordings of elsewhere: how much there is, and what could be fetched before the training.
function Sounds({ datasets, fetch, choose }: { datasets: Datasets; fetch: boolean; choose: (fetch: boolean) => void }) {
    const sum = (key: "hours" | "speech_hours") => datasets.sets.reduce((all, set) => all + set[key], 0);
    const size = datasets.debian?.download_bytes;
    return (
        <li>
            <strong>
                {datasets.sets.length
                    ? t("train.in_sounds", { hours: formatNumber(sum("hours"), 1), speech: formatNumber(sum("speech_hours"), 1) })
                    : t("train.in_sounds_none")}
            </strong>
            {datasets.debian ? (
                <label class="check">
                    <input
                        type="checkbox"
                        checked={fetch}
                        onChange={event => choose(event.currentTarget.checked)}
                    />
                    <span class="small">
                        {t("train.in_sounds_fetch", { size: size ? formatBytes(size) : t("train.in_sounds_size") })}
                    </span>
                </label>
            ) : null}
            <span class="muted small">
                {t(datasets.sets.length && !datasets.debian ? "train.in_sounds_note" : "train.in_sounds_why")}
            </span>
        </li>
    );
}

function Inputs({
    session,
    preset,
    negatives,
    sounds,
}: {
    session: Session;
    preset: Preset | null;
    negatives: number | null;
    sounds: ComponentChildren;
}) {
    const takes = session.samples_total;
    return (
        <div class="stack-close">
            <h2>{t("train.inputs")}</h2>
            <ul class="inputs">
                {preset && (
                    <Input
                        count={t("train.in_clips", { n: preset.clips })}
                        note={[
                            t("train.in_clips_note"),
                            session.phonemes && t("train.in_phonemes", { phonemes: session.phonemes }),
                            session.also.length > 0 && t("train.in_spellings", { n: session.also.length + 1 }),
                        ]
                            .filter(Boolean)
                            .join("; ")}
                    />
                )}
                <Input
                    count={takes ? t("train.in_takes", { n: takes }) : t("train.in_takes_none")}
                    note={t(takes ? "train.in_takes_note" : "train.in_takes_none_note")}
                    link={{ href: routeOf("voices", session.safe_word), text: t("train.in_record") }}
                />
                {negatives !== null && (
                    <Input
                        count={negatives ? t("train.in_negatives", { n: negatives }) : t("train.in_negatives_none")}
                        note={t("train.in_negatives_note")}
                    />
                )}
                {sounds}
            </ul>
        </div>
    );
}

// The server asks back: in the page, beside the button.
function Refusal({ refusal, session, again }: { refusal: ApiError; session: Session; again: () => void }) {
    const record = (
        <LinkButton href={routeOf("voices", session.safe_word)} icon="microphone">
            {t("train.ask_record")}
        </LinkButton>
    );
    const number = (key: string) => Number(refusal.answer[key] ?? 0);
    switch (refusal.code) {
        case "NO_PERSONAL_SAMPLES":
            return (
                <Notice
                    tone="warn"
                    action={
                        <>
                            <Button kind="main" onClick={again}>
                                {t("train.ask_none_yes")}
                            </Button>
                            {record}
                        </>
                    }>
                    {t("train.ask_none", { n: number("takes_total") })}
                </Notice>
            );
        case "NOT_ENOUGH_TAKES":
            return (
                <Notice tone="warn" action={record}>
                    {t("train.ask_few", { n: number("min_required"), have: session.samples_total })}
                </Notice>
            );
        case "TRAINING_RUNNING":
            return (
                <Notice tone="warn">
                    {t("train.busy")}
                    {typeof refusal.answer["message"] === "string" && (
                        <span class="muted small" lang="en">
                            {refusal.answer["message"]}
                        </span>
                    )}
                </Notice>
            );
        default:
            return <Notice tone="bad">{refusal.message}</Notice>;
    }
}

function usePresets(): { presets: Preset[]; trouble: string | null } {
    const [state, set] = useState<{ presets: Preset[]; trouble: string | null }>({ presets: [], trouble: null });
    const { training } = useAppState();
    useEffect(() => {
        // again after each training: its time is known then
        if (training.running) return;
        api.presets().then(
            ({ presets }) => set({ presets, trouble: null }),
            error => set({ presets: [], trouble: sentenceOf(error) }),
        );
    }, [training.running]);
    return state;
}
function useDatasets(): Datasets | null {
    const [datasets, set] = useState<Datasets | null>(null);
    const { training } = useAppState();
    useEffect(() => {
        // again after each training, which may have fetched some
        if (training.running) return;
        api.datasets().then(set, () => set(null)); // not known: trainings go without a word
    }, [training.running]);
    return datasets;
}
function useNegatives(word: string | null): number | null {
    const { recordings } = useAppState();
    const [count, set] = useState<number | null>(null);
    useEffect(() => {
        if (word)
            api.samples(word).then(
                answer => set(answer.negative_count),
                () => set(null),
            );
    }, [word, recordings]);
    return count;
}

export function Start({ session, training }: { session: Session; training: Training }) {
    const { presets, trouble } = usePresets();
    const [wanted, setWanted] = useState<string | null>(null);
    const [busy, setBusy] = useState(false),
        [refusal, setRefusal] = useState<ApiError | null>(null);
    const negatives = useNegatives(session.safe_word);
    const datasets = useDatasets();
    const [fetch, setFetch] = useState(remembered("fetch") !== "no");
    const chooseFetch = (yes: boolean) => {
        remember("fetch", yes ? "yes" : "no");
        setFetch(yes);
    };
    const mine = training.safe_word === session.safe_word;
    const resumable = mine && training.resumable;
    const preset = chosenPreset(presets, wanted ?? (resumable ? training.preset : remembered("preset")));
    const choose = (name: string) => {
        remember("preset", name);
        setWanted(name);
    };
    async function train(given: StartTraining): Promise<void> {
        setBusy(true);
        setRefusal(null);
        try {
            await api.train({
                ...(preset ? { preset: preset.name } : {}),
                ...(fetch && datasets?.debian ? { fetch } : {}),
                ...given,
            });
            await loadSession();
        } catch (error) {
            setRefusal(error instanceof ApiError ? error : new ApiError(sentenceOf(error), "", 0));
        }
        setBusy(false);
    }
    // Whoever reads "without recordings" on the button has been asked.
    const alone = session.samples_total === 0 ? { allow_no_personal: true } : {};
    const goesOn = resumable && (training.preset === null || training.preset === preset?.name);
    const label =
        session.samples_total === 0
            ? t("train.start_without")
            : mine && training.state === "finished"
              ? t("train.start_again")
              : t("train.start");
    return (
        <Card>
            {trouble ? (
                <Notice tone="bad">{trouble}</Notice>
            ) : (
                <PresetChoice presets={presets} chosen={preset} choose={choose} />
            )}
            <Inputs
                session={session}
                preset={preset}
                negatives={negatives}
                sounds={datasets && <Sounds datasets={datasets} fetch={fetch} choose={chooseFetch} />}
            />
            {refusal && (
                <Refusal refusal={refusal} session={session} again={() => void train({ allow_no_personal: true })} />
            )}
            <div class="row">
                <Button kind="main" large busy={busy} disabled={!preset} onClick={() => void train(alone)}>
                    {goesOn ? t("train.resume") : label}
                </Button>
                {goesOn && (
                    <Button kind="quiet" disabled={busy} onClick={() => void train({ ...alone, restart: true })}>
                        {t("train.restart")}
                    </Button>
                )}
                <span class="muted small train-note">{t("train.loud")}</span>
            </div>
        </Card>
    );
}
