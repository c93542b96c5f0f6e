// SPDX-License-Identifier: GPL-3.0-or-later
// One recording of the library or the inbox: play, picture, what is known about it, and what can be done with it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api, sentenceOf } from "../../api";
import type { Recording } from "../../api-types";
import { formatDate, formatNumber, formatPercent, t, textOfCode } from "../../i18n";
import { Badge, Button, Notice, PlayButton, announce, classes, offerRestore } from "../../ui";
import { storedName } from "../voices/names";
import { Waveform } from "../voices/waveform";
import { heard, lengthOf, scoreOf } from "./list";

export function titleOf(item: Recording): string {
    const name = storedName(item.speaker_index);
    if (item.take_index > 0) return name ? `${name} · ${t("voices.take", { n: item.take_index })}`
        : t("voices.speaker_take", { speaker: item.speaker_index, take: item.take_index });
    return item.speaker || item.source_device || item.original_name || item.saved_as;
}

function Row({ item, title, facts, badges, trouble, tools, wide }: {
    item: Recording; title: string; facts: (string | null)[]; badges: ComponentChildren; trouble: string | null; tools: ComponentChildren; wide?: boolean;
}) {
    const part = item.trimmed ? { from: item.trim_start_s, to: item.trim_end_s } : { from: item.speech_start_s, to: item.speech_end_s };
    return (
        <li class={classes("sample", wide && "sample-wide")}>
            <PlayButton url={heard(item)} label={t("voices.play", { title })} />
            <div class="sample-text">
                <div class="row sample-head"><strong class="sample-title" title={item.saved_as}>{title}</strong>{badges}</div>
                <p class="muted small number">{facts.filter(Boolean).join(" · ")}</p>
            </div>
            <div class="sample-wave"><Waveform item={item} {...part} /></div>
            <div class="sample-tools">{tools}</div>
            {trouble && <div class="sample-trouble"><Notice tone="bad">{trouble}</Notice></div>}
        </li>
    );
}

// Work on a row: one thing at a time, and what went wrong stands beside it.
function useWork(): { busy: string | null; trouble: string | null; act: (name: string, work: () => Promise<void>) => void } {
    const [busy, setBusy] = useState<string | null>(null), [trouble, setTrouble] = useState<string | null>(null);
    const act = (name: string, work: () => Promise<void>) => {
        setBusy(name);
        setTrouble(null);
        work().catch(error => setTrouble(sentenceOf(error))).finally(() => setBusy(null));
    };
    return { busy, trouble, act };
}

const length = (item: Recording) => t("voices.seconds", { s: formatNumber(lengthOf(item), 1) });

export function SampleRow({ item, showWord, changed }: { item: Recording; showWord: boolean; changed: () => Promise<void> }) {
    const { busy, trouble, act } = useWork();
    const title = titleOf(item);
    const remove = () => act("delete", async () => {
        const { ticket } = await api.deleteSample(item);
        offerRestore(t("voices.deleted", { title }), [ticket], changed);
        await changed();
    });
    const badges = item.bucket === "personal"
        ? item.badges.length ? item.badges.map(code => <Badge key={code} tone="warn">{textOfCode("voices.badge_", code, code)}</Badge>)
            : <Badge tone="good">{t("voices.badge_good")}</Badge>
        : null;
    return (
        <Row item={item} title={title} trouble={trouble}
             facts={[showWord ? item.wake_word : null, length(item), formatDate(item.created_at), item.trimmed ? t("samples.trimmed") : null,
                     item.review_status === "approved_personal" || item.review_status === "approved_negative" ? t("samples.from_inbox") : null]}
             badges={badges}
             tools={<Button kind="quiet" icon="trash" label={t("voices.delete", { title })} busy={busy !== null} onClick={remove} />} />
    );
}

function Score({ item }: { item: Recording }) {
    const score = scoreOf(item);
    return score === null ? null : <Badge tone="accent">{t("samples.score", { score: formatPercent(score) })}</Badge>;
}

const verdicts = [["approve_personal", "check"], ["mark_negative", "close"], ["discard", "trash"]] as const;

export function InboxRow({ item, word, changed }: { item: Recording; word: string | null; changed: () => Promise<void> }) {
    const { busy, trouble, act } = useWork();
    const title = titleOf(item), event = item.event_type ?? "captured", goal = item.wake_word || word;
    const judge = (verdict: (typeof verdicts)[number][0]) => act(verdict, async () => {
        const { ticket } = await api.judgeCaptured(item.saved_as, verdict, goal ?? undefined);
        const told = t(`samples.did_${verdict}`, { title });
        if (ticket) offerRestore(told, [ticket], changed);
        else announce(told);
        await changed();
    });
    return (
        <Row wide item={item} title={title} trouble={trouble}
             facts={[textOfCode("samples.event_", event, event), item.wake_word || null, length(item), formatDate(item.created_at)]}
             badges={<Score item={item} />}
             tools={verdicts.map(([verdict, icon]) => (
                 <Button key={verdict} kind="quiet" icon={icon} busy={busy === verdict} disabled={busy !== null || (verdict !== "discard" && !goal)}
                         title={t(`samples.${verdict}_title`, { word: goal ?? "" })} onClick={() => judge(verdict)}>{t(`samples.${verdict}`)}</Button>
             ))} />
    );
}
