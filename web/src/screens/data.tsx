// SPDX-License-Identifier: GPL-3.0-or-later
// What lies in the data directory, how large it is, what of it may go; and the trash.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { DataEntry, TrashItem } from "../api-types";
import { formatBytes, formatDate, t, textOfCode } from "../i18n";
import { loadModels, loadSession, useAppState } from "../state";
import { Badge, Button, Card, Empty, Notice, announce } from "../ui";
import { newestDeleted } from "./samples/list";
import "./samples/samples.css";

interface Contents {
    entries: DataEntry[];
    total_bytes: number;
    free_bytes: number;
    trash: TrashItem[];
}

function useContents(turn: unknown): { contents: Contents | null; trouble: string | null; load: () => Promise<void> } {
    const [contents, setContents] = useState<Contents | null>(null), [trouble, setTrouble] = useState<string | null>(null);
    const load = useCallback(async () => {
        try {
            const [data, { items }] = await Promise.all([api.data(), api.trash()]);
            setContents({ ...data, trash: newestDeleted(items) });
            setTrouble(null);
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
    }, []);
    useEffect(() => void load(), [turn, load]);
    return { contents, trouble, load };
}

// One thing at a time; what went wrong is told where it was tried.
function useWork(): { busy: boolean; trouble: string | null; act: (work: () => Promise<unknown>) => void } {
    const [busy, setBusy] = useState(false), [trouble, setTrouble] = useState<string | null>(null);
    const act = (work: () => Promise<unknown>) => {
        setBusy(true);
        setTrouble(null);
        work().catch(error => setTrouble(sentenceOf(error))).finally(() => setBusy(false));
    };
    return { busy, trouble, act };
}

const labelOf = (entry: DataEntry) => textOfCode("data.label_", entry.id, entry.label);

function Entry({ entry, largest, load }: { entry: DataEntry; largest: number; load: () => Promise<void> }) {
    const [asking, setAsking] = useState(false), { busy, trouble, act } = useWork();
    const label = labelOf(entry), size = formatBytes(entry.files ? entry.bytes : 0); // an empty folder is nothing to free
    const remove = () => act(async () => {
        const { released_bytes } = await api.deleteData(entry.id);
        setAsking(false);
        announce(t("data.released", { label, size: formatBytes(released_bytes) }));
        await load();
    });
    return (
        <li class="data-entry">
            <div class="data-text">
                <div class="row sample-head">
                    <strong>{label}</strong>
                    {entry.irreplaceable && <Badge tone="warn">{t("data.irreplaceable")}</Badge>}
                </div>
                <p class="muted small">{textOfCode("data.about_", entry.id, entry.description)}</p>
            </div>
            <div class="data-size number">
                <span>{size}</span><span class="muted small">{t("data.files", { n: entry.files })}</span>
                <div class="data-bar" aria-hidden="true"><div style={{ width: `${100 * entry.bytes / Math.max(1, largest)}%` }} /></div>
            </div>
            <div class="data-tools">
                {entry.deletable && !asking && <Button kind="quiet" icon="trash" label={t("data.delete", { label })} disabled={entry.files === 0}
                                                       onClick={() => setAsking(true)} />}
            </div>
            {(asking || trouble) && <div class="data-ask">
                <Notice tone={trouble ? "bad" : "warn"} action={asking && <>
                    <Button kind="danger" icon="trash" busy={busy} onClick={remove}>{t("data.delete_now", { size })}</Button>
                    <Button kind="quiet" onClick={() => setAsking(false)}>{t("data.keep")}</Button>
                </>}>{trouble ?? t(entry.irreplaceable ? "data.sure_irreplaceable" : "data.sure", { label, n: entry.files })}</Notice>
            </div>}
        </li>
    );
}

function Entries({ contents, load }: { contents: Contents; load: () => Promise<void> }) {
    const categories = [...new Set(contents.entries.map(entry => entry.category))];
    const largest = Math.max(...contents.entries.map(entry => entry.bytes));
    return (
        <>
            {categories.map(category => (
                <Card key={category} title={textOfCode("data.category_", category, category)}>
                    <ul class="data-list">
                        {contents.entries.filter(entry => entry.category === category)
                            .map(entry => <Entry key={entry.id} entry={entry} largest={largest} load={load} />)}
                    </ul>
                </Card>
            ))}
        </>
    );
}

const textOf = (item: TrashItem, key: string): string => typeof item[key] === "string" ? item[key] : "";

function TrashRow({ item, load }: { item: TrashItem; load: () => Promise<void> }) {
    const { busy, trouble, act } = useWork();
    const bucket = textOf(item, "bucket"), name = textOf(item, "saved_as") || textOf(item, "run") || item.ticket;
    const restore = () => act(async () => {
        await api.restore(item.ticket);
        announce(t("data.restored", { name }));
        await Promise.all([load(), loadSession(), loadModels()]);
    });
    return (
        <li class="data-entry trash-entry">
            <div class="data-text">
                <strong class="sample-title">{name}</strong>
                <p class="muted small">{[textOfCode("data.bucket_", bucket, bucket), textOf(item, "wake_word"), formatDate(textOf(item, "deleted_at"))]
                    .filter(Boolean).join(" · ")}</p>
            </div>
            <Button kind="quiet" icon="undo" busy={busy} onClick={restore}>{t("data.restore")}</Button>
            {trouble && <div class="data-ask"><Notice tone="bad">{trouble}</Notice></div>}
        </li>
    );
}

function Trash({ items, load }: { items: TrashItem[]; load: () => Promise<void> }) {
    const first = 20;
    const [all, setAll] = useState(false);
    const shown = all ? items : items.slice(0, first);
    return (
        <Card title={t("data.trash")} aside={items.length > 0 && <span class="muted number">{t("data.trash_count", { n: items.length })}</span>}>
            <p class="muted">{t("data.trash_lead")}</p>
            {items.length === 0 ? <Empty icon="trash">{t("data.trash_empty")}</Empty>
                : <ul class="data-list">{shown.map(item => <TrashRow key={item.ticket} item={item} load={load} />)}</ul>}
            {shown.length < items.length && <div class="row"><Button onClick={() => setAll(true)}>{t("data.trash_all", { n: items.length })}</Button></div>}
        </Card>
    );
}

function Sum({ children, label }: { children: ComponentChildren; label: string }) {
    return <div class="data-sum"><span class="muted small">{label}</span><strong class="number">{children}</strong></div>;
}

export function Data(_props: { item: string | null }) {
    const state = useAppState();
    const { contents, trouble, load } = useContents(`${state.recordings} ${state.models?.length} ${state.training.running}`);
    return (
        <>
            <div class="stack-close"><h1>{t("data.title")}</h1><p class="lead">{t("data.lead")}</p></div>
            {trouble && <Notice tone="bad" action={<Button onClick={load}>{t("app.try_again")}</Button>}>{trouble}</Notice>}
            {!contents && !trouble && <p class="muted">{t("app.loading")}</p>}
            {contents && <>
                <Card>
                    <div class="data-sums">
                        <Sum label={t("data.total")}>{formatBytes(contents.total_bytes)}</Sum>
                        <Sum label={t("data.free")}>{formatBytes(contents.free_bytes)}</Sum>
                        {state.about && <div class="data-sum"><span class="muted small">{t("data.folder")}</span><code>{state.about.data_dir}</code></div>}
                    </div>
                </Card>
                <Entries contents={contents} load={load} />
                <Trash items={contents.trash} load={load} />
            </>}
        </>
    );
}
