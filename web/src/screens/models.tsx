// SPDX-License-Identifier: GPL-3.0-or-later
// All finished runs: how good each is, two beside each other, download, delete.
import { useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { DamagedRun, Model } from "../api-types";
import { formatDate, formatDuration, t } from "../i18n";
import { Downloads, ReportCard } from "../models/card";
import { Compare } from "../models/compare";
import { RunDetails } from "../models/details";
import { headline, presetName } from "../models/report";
import { go, routeOf } from "../router";
import { loadModels, useAppState } from "../state";
import { Badge, Button, Card, Empty, LinkButton, Notice, offerRestore } from "../ui";

async function remove(run: string, title: string): Promise<void> {
    const { ticket } = await api.deleteModel(run);
    await loadModels();
    offerRestore(t("models.deleted", { title }), [ticket], loadModels);
}

function DeleteButton({ run, title, trouble }: { run: string; title: string; trouble: (sentence: string | null) => void }) {
    const [busy, setBusy] = useState(false);
    const press = async () => {
        setBusy(true);
        trouble(null);
        await remove(run, title).catch(error => trouble(sentenceOf(error)));
        setBusy(false);
    };
    return <Button kind="quiet" icon="trash" busy={busy} onClick={press}>{t("models.delete")}</Button>;
}

function Run({ model, open, marked, mark }: { model: Model; open: boolean; marked: boolean; mark: (marked: boolean) => void }) {
    const [trouble, setTrouble] = useState<string | null>(null);
    const level = model.levels.moderately;
    const about = [...(model.preset ? [presetName(model.preset)] : []), ...(model.seconds ? [t("models.took", { time: formatDuration(model.seconds) })] : [])];
    return (
        <Card title={<>{model.title} <span class="when">{formatDate(model.created_at)}</span></>} aside={<>
            {model.published && <Badge tone="good">{t("models.published")}</Badge>}
            <label class="check"><input type="checkbox" checked={marked} onChange={event => mark(event.currentTarget.checked)} />{t("models.compare")}</label>
        </>}>
            {about.length > 0 && <p class="small muted">{about.join(" · ")}</p>}
            {open ? <ReportCard model={model} level={level} /> : <p>{level ? headline(level, model) : t("use.caveat_no_report")}</p>}
            {open && <RunDetails model={model} />}
            {open && <Downloads model={model} />}
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            <div class="row">
                <Button pressed={open} onClick={() => go("models", open ? null : model.run)}>{t(open ? "models.less" : "models.more")}</Button>
                {model.published && <LinkButton kind="quiet" href={routeOf("use", model.id)}>{t("models.use")}</LinkButton>}
                <DeleteButton run={model.run} title={model.title} trouble={setTrouble} />
            </div>
        </Card>
    );
}

function Damaged({ run }: { run: DamagedRun }) {
    const [trouble, setTrouble] = useState<string | null>(null);
    return (
        <Notice tone="warn" action={<DeleteButton run={run.run} title={run.run} trouble={setTrouble} />}>
            <p>{t("models.damaged", { run: run.run })} <span lang="en">{run.fault}</span></p>
            {trouble && <p>{trouble}</p>}
        </Notice>
    );
}

// At most two runs are marked: a third one takes the place of the older mark.
export const markRun = (marked: string[], run: string, on: boolean): string[] =>
    on ? [...marked.filter(name => name !== run), run].slice(-2) : marked.filter(name => name !== run);

export function Models({ item }: { item: string | null }) {
    const { models, damaged } = useAppState();
    const [marked, setMarked] = useState<string[]>([]);
    const [trouble, setTrouble] = useState<string | null>(null);
    useEffect(() => void loadModels().catch(error => setTrouble(sentenceOf(error))), []);
    const pair = marked.map(run => models?.find(model => model.run === run)).filter(model => model !== undefined);
    return (
        <>
            <div class="stack-close"><h1>{t("models.title")}</h1><p class="lead">{t("models.lead")}</p></div>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {models === null && !trouble && <p class="muted" role="status">{t("app.loading")}</p>}
            {models?.length === 0 && damaged.length === 0 && (
                <Card><Empty icon="info"><p>{t("models.none")}</p><LinkButton kind="main" href={routeOf("word")}>{t("models.begin")}</LinkButton></Empty></Card>
            )}
            {pair.length === 1 && <p class="muted" role="status">{t("models.mark_another")}</p>}
            {pair.length === 2 && <Compare one={pair[0]!} other={pair[1]!} close={() => setMarked([])} />}
            {models?.map(model => (
                <Run key={model.run} model={model} open={item === model.run} marked={marked.includes(model.run)}
                     mark={on => setMarked(markRun(marked, model.run, on))} />
            ))}
            {damaged.map(run => <Damaged key={run.run} run={run} />)}
        </>
    );
}
