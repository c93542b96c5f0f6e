// SPDX-License-Identifier: GPL-3.0-or-later
// The library of recordings: what wakes, what must not, and the inbox of satellites.
import { useCallback, useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Recording } from "../api-types";
import { t } from "../i18n";
import { routeOf } from "../router";
import { loadSession, useAppState } from "../state";
import type { State } from "../state";
import { Button, Card, CopyButton, Empty, Notice } from "../ui";
import { ordered, pageOf, tabOf, wordsOf } from "./samples/list";
import type { Order, Tab } from "./samples/list";
import { InboxRow, SampleRow } from "./samples/row";
import { Upload } from "./samples/upload";
import "./samples/samples.css";

type Lists = Record<Tab, Recording[]>;
const TABS: Tab[] = ["personal", "negative", "inbox"];

function useLists(turn: number): { lists: Lists | null; trouble: string | null; load: () => Promise<void> } {
    const [lists, setLists] = useState<Lists | null>(null), [trouble, setTrouble] = useState<string | null>(null);
    const load = useCallback(async () => {
        try {
            const [samples, captured] = await Promise.all([api.samples(), api.captured()]);
            setLists({ personal: samples.personal, negative: samples.negative, inbox: captured.items });
            setTrouble(null);
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
    }, []);
    useEffect(() => void load(), [turn, load]);
    return { lists, trouble, load };
}

function Tabs({ current, lists }: { current: Tab; lists: Lists | null }) {
    return (
        <nav class="tabs" aria-label={t("samples.lists")}>
            {TABS.map(tab => (
                <a key={tab} href={routeOf("samples", tab)} aria-current={tab === current ? "page" : undefined}>
                    {t(`samples.tab_${tab}`)} {lists && <span class="tab-count number">{lists[tab].length}</span>}
                </a>
            ))}
        </nav>
    );
}

function Choose({ label, value, options, onChange }: { label: string; value: string; options: [string, string][]; onChange: (value: string) => void }) {
    return (
        <label class="choose small">{label}
            <select value={value} onChange={event => onChange(event.currentTarget.value)}>
                {options.map(([code, text]) => <option key={code} value={code}>{text}</option>)}
            </select>
        </label>
    );
}

function Pages({ page, pages, go }: { page: number; pages: number; go: (page: number) => void }) {
    return pages < 2 ? null : (
        <nav class="row row-apart" aria-label={t("samples.pages")}>
            <Button icon="left" disabled={page === 0} onClick={() => go(page - 1)}>{t("samples.earlier_page")}</Button>
            <span class="number">{t("samples.page", { page: page + 1, pages })}</span>
            <Button icon="right" disabled={page === pages - 1} onClick={() => go(page + 1)}>{t("samples.later_page")}</Button>
        </nav>
    );
}

// What to set up so that something arrives.
function NoCaptures({ state }: { state: State }) {
    const base = state.about?.device_url ?? state.about?.url ?? location.origin;
    const url = `${base.replace(/[/?].*$/, match => match.startsWith("//") ? match : "").replace(/\/$/, "")}/api/upload_captured_audio_raw`;
    return (
        <Empty icon="phone">
            <p>{t("samples.empty_inbox")}</p>
            <p class="small">{t("samples.empty_inbox_how")}</p>
            <div class="row inbox-url"><code>{url}</code><CopyButton text={url} /></div>
        </Empty>
    );
}

function List({ tab, all, state, load }: { tab: Tab; all: Recording[]; state: State; load: () => Promise<void> }) {
    const [wanted, setWanted] = useState(0), [word, setWord] = useState(""), [order, setOrder] = useState<Order>("score");
    useEffect(() => setWanted(0), [tab, word, order]);
    const words = wordsOf(all), chosen = words.includes(word) ? word : "";
    const shown = ordered(all.filter(item => !chosen || item.wake_word === chosen), tab === "inbox" ? order : "newest");
    const { items, page, pages } = pageOf(shown, wanted);
    const changed = async () => void await Promise.all([load(), loadSession()]);
    if (all.length === 0) return tab === "inbox" ? <NoCaptures state={state} /> : <Empty icon="speak">{t(`samples.empty_${tab}`)}</Empty>;
    return (
        <>
            {tab === "inbox" && !state.session.safe_word && all.some(one => !one.wake_word) && <Notice tone="warn">{t("samples.no_goal")}</Notice>}
            <div class="row">
                {words.length > 1 && <Choose label={t("samples.of_word")} value={chosen} onChange={setWord}
                                             options={[["", t("samples.all_words")], ...words.map((one): [string, string] => [one, one])]} />}
                {tab === "inbox" && <Choose label={t("samples.order")} value={order} onChange={value => setOrder(value as Order)}
                                            options={[["score", t("samples.order_score")], ["newest", t("samples.order_newest")]]} />}
            </div>
            <ul class="samples" aria-label={t(`samples.tab_${tab}`)}>
                {items.map(item => tab === "inbox"
                    ? <InboxRow key={item.saved_as} item={item} word={state.session.safe_word} changed={changed} />
                    : <SampleRow key={`${item.wake_word}/${item.saved_as}`} item={item} showWord={words.length > 1} changed={changed} />)}
            </ul>
            <Pages page={page} pages={pages} go={setWanted} />
        </>
    );
}

function Loose({ count, word, load }: { count: number; word: string; load: () => Promise<void> }) {
    const [trouble, setTrouble] = useState<string | null>(null), [busy, setBusy] = useState(false);
    const bring = async () => {
        setBusy(true);
        try {
            await api.importLoose();
            await Promise.all([load(), loadSession()]);
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setBusy(false);
    };
    return (
        <Notice tone={trouble ? "bad" : "accent"} action={<Button busy={busy} onClick={bring}>{t("samples.loose_bring", { word })}</Button>}>
            {trouble ?? t("samples.loose", { n: count })}
        </Notice>
    );
}

export function Samples({ item }: { item: string | null }) {
    const state = useAppState(), tab = tabOf(item), { session } = state;
    const { lists, trouble, load } = useLists(state.recordings);
    const word = session.safe_word;
    return (
        <>
            <div class="stack-close"><h1>{t("samples.title")}</h1><p class="lead">{t("samples.lead")}</p></div>
            {trouble && <Notice tone="bad" action={<Button onClick={load}>{t("app.try_again")}</Button>}>{trouble}</Notice>}
            {word && session.loose_samples > 0 && <Loose count={session.loose_samples} word={word} load={load} />}
            <Tabs current={tab} lists={lists} />
            <Card>
                <p class="muted">{t(`samples.about_${tab}`)}</p>
                {tab !== "inbox" && state.loaded && <Upload word={word} title={session.title ?? word ?? ""} kind={tab} />}
                {lists ? <List tab={tab} all={lists[tab]} state={state} load={load} /> : !trouble && <p class="muted">{t("app.loading")}</p>}
            </Card>
        </>
    );
}
