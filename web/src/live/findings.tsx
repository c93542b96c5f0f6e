// SPDX-License-Identifier: GPL-3.0-or-later
// What was heard, nearly heard, or missed: play it, save it, and read why.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Model, Recording } from "../api-types";
import { formatNumber, formatPercent, t } from "../i18n";
import { encodeWav } from "../recorder/wav";
import { RATE } from "../../device/device";
import { Badge, Button, Notice, PlayButton, offerUndo } from "../ui";
import type { Tone } from "../ui";
import type { Reason } from "./explain";
import type { Finding } from "./session";

const tones: Record<Finding["kind"], Tone> = { detection: "good", near: "warn", missed: "bad" };

// Both in percent, with as many digits as show which is larger.
function shares({ mean, cutoff }: Finding): { score: string; cutoff: string } {
    const needed = cutoff / 255, digits = formatPercent(mean) === formatPercent(needed) ? 1 : 0;
    return { score: formatPercent(mean, digits), cutoff: formatPercent(needed, digits) };
}

function sentenceOfReason(reason: Reason, finding: Finding, model: Model): string {
    const { level = 0, noise = 0 } = finding.sound ?? {};
    return t(`live.reason_${reason}`, {
        word: model.title, level: Math.round(level), above: Math.round(level - noise), ...shares(finding),
    });
}

function Reasons({ finding, model, choiceName }: { finding: Finding; model: Model; choiceName: (name: string) => string }) {
    const sentences = finding.reasons.map(reason => sentenceOfReason(reason, finding, model));
    if (finding.wouldWake) sentences.push(t("live.would_wake", { name: choiceName(finding.wouldWake) }));
    return sentences.length === 0 ? null : <ul class="live-reasons small">{sentences.map(each => <li key={each}>{each}</li>)}</ul>;
}

type Bucket = "personal" | "negative";

// Saves the clip as a sample of the model's word.
function useSaving(finding: Finding, model: Model) {
    const [busy, setBusy] = useState<Bucket | null>(null);
    const [saved, setSaved] = useState<Bucket | null>(null);
    const [trouble, setTrouble] = useState<string | null>(null);
    const offerBack = (item: Recording, said: string) => offerUndo(said, async () => {
        await api.deleteSample(item);
        setSaved(null);
    });
    const save = async (bucket: Bucket) => {
        if (!finding.clip) return;
        setBusy(bucket);
        setTrouble(null);
        const form = new FormData();
        form.append("wake_word", model.id);
        form.append("source", "live_test");
        form.append("file", new Blob([encodeWav(finding.clip, RATE)], { type: "audio/wav" }), `live_test_${finding.kind}.wav`);
        try {
            const { item } = await api.uploadSample(bucket, form);
            setSaved(bucket);
            offerBack(item, t(`live.saved_${bucket}`));
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setBusy(null);
    };
    return { busy, saved, trouble, save };
}

function Row({ finding, model, choiceName }: { finding: Finding; model: Model; choiceName: (name: string) => string }) {
    const { kind, clip, seconds } = finding;
    const { busy, saved, trouble, save } = useSaving(finding, model);
    const url = useMemo(() => clip && URL.createObjectURL(new Blob([encodeWav(clip, RATE)], { type: "audio/wav" })), [clip]);
    useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url]);
    const row = useRef<HTMLLIElement>(null);
    useEffect(() => { // the button that was pressed is gone
        if (saved && document.activeElement === document.body) row.current?.querySelector("button")?.focus();
    }, [saved]);
    const at = t("live.at", { seconds: formatNumber(seconds, 1) });
    return (
        <li ref={row} class="live-row" data-row={finding.row} aria-label={`${t(`live.kind_${kind}`)}, ${at}`}>
            <div class="live-row-head">
                <span class="number muted">{at}</span>
                <Badge tone={tones[kind]}>{t(`live.kind_${kind}`)}</Badge>
                <span class="number">{t("live.score", shares(finding))}</span>
            </div>
            <div class="live-row-tools">
                {url ? <PlayButton url={url} label={t("live.play")} /> : <Button icon="play" label={t("live.play")} disabled />}
                {saved ? <Badge tone="good">{t(`live.saved_${saved}`)}</Badge> : <>
                    <Button busy={busy === "personal"} disabled={!clip} onClick={() => save("personal")}>{t("live.was_me")}</Button>
                    {kind !== "missed" && <Button busy={busy === "negative"} disabled={!clip} onClick={() => save("negative")}>{t("live.false_alarm")}</Button>}
                </>}
            </div>
            <Reasons finding={finding} model={model} choiceName={choiceName} />
            {trouble && <Notice tone="bad">{trouble}</Notice>}
        </li>
    );
}

export function Findings(props: { findings: readonly Finding[]; model: Model; choiceName: (name: string) => string }) {
    return (
        <ol class="live-rows" aria-label={t("live.rows")}>
            {props.findings.map(finding => <Row key={finding.id} finding={finding} model={props.model} choiceName={props.choiceName} />)}
        </ol>
    );
}
