// SPDX-License-Identifier: GPL-3.0-or-later
// One recording: its waveform with the part that counts, its badges with what to do, play, trim, record again, delete.
import { useState } from "preact/hooks";
import { api, sentenceOf } from "../../api";
import type { Recording } from "../../api-types";
import { formatNumber, t, textOfCode } from "../../i18n";
import { loadSession } from "../../state";
import { Badge, Button, Notice, PlayButton, offerRestore, offerUndo } from "../../ui";
import { Waveform } from "./waveform";

export const formOf = (values: Record<string, string | number>): FormData => {
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) form.set(name, String(value));
    return form;
};

async function trim(item: Recording, start: number, end: number): Promise<void> {
    await api.trimSample(formOf({ bucket: item.bucket, source_file: item.saved_as, wake_word: item.wake_word,
                                  start_time: start.toFixed(3), end_time: end.toFixed(3) }));
    await loadSession();
}
async function untrim(item: Recording): Promise<void> {
    await api.revertSample(formOf({ bucket: item.bucket, file_name: item.saved_as, wake_word: item.wake_word }));
    await loadSession();
}
// As it was before a trim.
const asBefore = (item: Recording) => () =>
    item.trimmed ? trim(item, item.trim_start_s, item.trim_end_s) : untrim(item);

const LEAST_S = 0.1; // that a trim leaves

function TrimBar({ item, title, close, act }: { item: Recording; title: string; close: () => void; act: (work: () => Promise<void>) => void }) {
    const seconds = item.seconds;
    const [part, setPart] = useState<[number, number]>(() => item.trimmed ? [item.trim_start_s, item.trim_end_s]
        : item.speech_end_s > item.speech_start_s ? [Math.max(0, item.speech_start_s - 0.3), Math.min(seconds, item.speech_end_s + 0.1)]
        : [0, seconds]);
    const [start, end] = part;
    const handle = (index: 0 | 1, label: string) => (
        <input type="range" class="wave-handle" min={0} max={seconds} step={0.01} value={part[index]} aria-label={`${label}, ${title}`}
               aria-valuetext={t("voices.seconds", { s: formatNumber(part[index], 2) })}
               onInput={event => {
                   const value = Number(event.currentTarget.value);
                   setPart(index === 0 ? [Math.min(value, end - LEAST_S), end] : [start, Math.max(value, start + LEAST_S)]);
               }} />
    );
    const save = () => act(async () => {
        await trim(item, Math.max(0, start), Math.min(seconds, end));
        offerUndo(t("voices.trimmed", { title }), asBefore(item));
        close();
    });
    const whole = () => act(async () => {
        await untrim(item);
        offerUndo(t("voices.untrimmed", { title }), asBefore(item));
        close();
    });
    return (
        <>
            <div class="wave-frame">
                <Waveform item={item} from={start} to={end} />
                {handle(0, t("voices.trim_start"))}
                {handle(1, t("voices.trim_end"))}
            </div>
            <div class="row">
                <Button kind="main" icon="trim" onClick={save}>{t("voices.trim_save")}</Button>
                {item.trimmed && <Button onClick={whole}>{t("voices.trim_whole")}</Button>}
                <Button kind="quiet" onClick={close}>{t("app.cancel")}</Button>
            </div>
        </>
    );
}

export function TakeCard({ item, title, fresh, again }: { item: Recording; title: string; fresh?: boolean; again?: () => void }) {
    const [trimming, setTrimming] = useState(false), [trouble, setTrouble] = useState<string | null>(null);
    const [busy, setBusy] = useState(false);
    const act = (work: () => Promise<void>) => {
        setBusy(true);
        setTrouble(null);
        work().catch(error => setTrouble(sentenceOf(error))).finally(() => setBusy(false));
    };
    const remove = () => act(async () => {
        const { ticket } = await api.deleteSample(item);
        await loadSession();
        offerRestore(t("voices.deleted", { title }), [ticket], loadSession);
    });
    const bad = item.badges.map(code => textOfCode("voices.badge_", code, code));
    const advice = item.badges.map(code => textOfCode("voices.advice_", code, "")).filter(Boolean);
    return (
        <li class={`take ${fresh ? "take-fresh" : ""}`} id={`take-${item.saved_as}`} tabIndex={-1} aria-busy={busy}>
            <div class="take-head">
                <strong class="take-title">{title}</strong>
                {bad.length ? bad.map(text => <Badge key={text} tone="warn">{text}</Badge>) : <Badge tone="good">{t("voices.badge_good")}</Badge>}
                <span class="muted small number">{t("voices.seconds", { s: formatNumber(item.trimmed ? item.trim_end_s - item.trim_start_s : item.seconds, 1) })}</span>
            </div>
            {trimming ? <TrimBar item={item} title={title} close={() => setTrimming(false)} act={act} /> : <>
                <Waveform item={item} {...partOf(item)} />
                {advice.map(text => <p key={text} class="small take-advice">{text}</p>)}
                <div class="take-tools">
                    <PlayButton kind="quiet" url={heard(item)} label={t("voices.play", { title })} />
                    <Button kind="quiet" icon="trim" label={t("voices.trim", { title })} onClick={() => setTrimming(true)} />
                    {again && <Button kind="quiet" icon="redo" label={t("voices.again", { title })} onClick={again} />}
                    <Button kind="quiet" icon="trash" label={t("voices.delete", { title })} busy={busy} onClick={remove} />
                </div>
            </>}
            {trouble && <Notice tone="bad">{trouble}</Notice>}
        </li>
    );
}

// What is shown bright: the trimmed part; else the word, where the server found one.
const partOf = (item: Recording): { from: number; to: number } =>
    item.trimmed ? { from: item.trim_start_s, to: item.trim_end_s }
    : item.speech_end_s > item.speech_start_s ? { from: item.speech_start_s, to: item.speech_end_s }
    : { from: 0, to: 0 };

// A trim changes what the same address gives: it is asked for by another.
const heard = (item: Recording): string =>
    `${item.audio_url}${item.audio_url.includes("?") ? "&" : "?"}part=${item.trim_start_s}-${item.trim_end_s}`;
