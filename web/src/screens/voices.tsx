// SPDX-License-Identifier: GPL-3.0-or-later
// The second step: who lives here says the word a few times. It may be skipped.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Recording, Session } from "../api-types";
import { t } from "../i18n";
import { nextSpeaker } from "../recorder/plan";
import { routeOf } from "../router";
import { loadSession, setSession, useAppState } from "../state";
import { useStore } from "../store";
import { Button, Card, Empty, Field, LinkButton, Notice, offerRestore } from "../ui";
import { Advanced, Booth } from "./voices/booth";
import { Files } from "./voices/files";
import { names } from "./voices/names";
import { Phone } from "./voices/phone";
import { Speakers } from "./voices/speakers";
import { begin, nameOf, planOf, stop, studio } from "./voices/studio";
import { TakeCard } from "./voices/take-card";
import "./voices/voices.css";

const CONTROLS = "input, select, textarea, button, summary, a[href], [contenteditable]";

// Space starts and stops, unless it belongs to what has the focus.
function useSpaceKey(act: () => void): void {
    const latest = useRef(act);
    latest.current = act;
    useEffect(() => {
        const press = (event: KeyboardEvent) => {
            if (event.key !== " " || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
            if ((event.target as Element).closest(CONTROLS)) return;
            event.preventDefault();
            latest.current();
        };
        document.addEventListener("keydown", press);
        return () => document.removeEventListener("keydown", press);
    }, []);
}

function Count({ label, value, most, locked, onChange }: {
    label: string; value: number; most: number; locked: boolean; onChange: (value: number) => void;
}) {
    const set = (wanted: number) => {
        const allowed = Math.min(Math.max(Math.round(wanted) || 1, 1), most);
        if (allowed !== value) onChange(allowed);
    };
    return (
        <Field label={label}>
            {ids => (
                <div class="count">
                    <Button label={t("voices.fewer", { what: label })} disabled={locked || value <= 1} onClick={() => set(value - 1)}>−</Button>
                    <input {...ids} type="number" inputMode="numeric" min={1} max={most} value={value} disabled={locked}
                           onChange={event => {
                               set(event.currentTarget.valueAsNumber);
                               event.currentTarget.value = String(value);
                           }} />
                    <Button label={t("voices.more", { what: label })} disabled={locked || value >= most} onClick={() => set(value + 1)}>+</Button>
                </div>
            )}
        </Field>
    );
}

function Numbers({ session, locked }: { session: Session; locked: boolean }) {
    const [trouble, setTrouble] = useState<string | null>(null), [busy, setBusy] = useState(false);
    const speakers = session.speakers_total ?? 1, takes = session.takes_per_speaker ?? 10;
    const change = (speakers_total: number, takes_per_speaker: number) => {
        setBusy(true);
        setTrouble(null);
        api.startSession({ phrase: session.raw_phrase ?? "", lang: session.lang_auto ? "auto" : session.lang ?? "auto", phonemes: session.phonemes, also: session.also, speakers_total, takes_per_speaker })
            .then(setSession, error => setTrouble(sentenceOf(error))).finally(() => setBusy(false));
    };
    return (
        <div class="stack-close">
            <div class="counts">
                <Count label={t("reference.label_speakers")} value={speakers} most={10} locked={locked || busy} onChange={value => change(value, takes)} />
                <Count label={t("reference.label_takes_per_speaker")} value={takes} most={50} locked={locked || busy} onChange={value => change(speakers, value)} />
            </div>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
        </div>
    );
}

function Reset({ count }: { count: number }) {
    const [trouble, setTrouble] = useState<string | null>(null), [busy, setBusy] = useState(false);
    const reset = async () => {
        setBusy(true);
        setTrouble(null);
        try {
            const { tickets, moved } = await api.resetRecordings();
            offerRestore(t("voices.reset_done", { n: moved }), tickets, loadSession);
            await loadSession();
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setBusy(false);
    };
    return (
        <div class="stack-close">
            <div><Button kind="quiet" icon="trash" busy={busy} onClick={reset}>{t("voices.reset", { n: count })}</Button></div>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
        </div>
    );
}

function Walk({ word, complete, recorded }: { word: string; complete: boolean; recorded: number }) {
    return (
        <div class="row row-apart walk">
            <p class="muted small">{t(complete ? "voices.walk_complete" : recorded ? "voices.walk_some" : "voices.walk_none")}</p>
            <LinkButton href={routeOf("train", word)} kind={complete ? "main" : "plain"} large={complete} icon="right">
                {t(complete ? "voices.to_train" : recorded ? "voices.enough" : "voices.skip")}</LinkButton>
        </div>
    );
}

// Recordings that are no takes of the chosen numbers: folded, since they may be many.
function Further({ title, lead, items, name }: { title: string; lead: string; items: Recording[]; name: (item: Recording) => string }) {
    const [open, setOpen] = useState(false);
    if (!items.length) return null;
    return (
        <Card title={title}>
            <p class="muted small">{lead}</p>
            <details class="takes" onToggle={event => setOpen(event.currentTarget.open)}>
                <summary>{t("voices.takes", { n: items.length })}</summary>
                {open && <ul class="take-list">{items.map(item => <TakeCard key={item.saved_as} item={item} title={name(item)} />)}</ul>}
            </details>
        </Card>
    );
}

function Studio({ session, locked }: { session: Session; locked: boolean }) {
    const { about } = useAppState();
    const state = useStore(studio);
    useStore(names);
    useEffect(() => stop, []); // the microphone goes off with the screen
    const word = session.safe_word ?? "", phrase = session.title ?? session.raw_phrase ?? word;
    useEffect(() => stop, [word]);
    useEffect(() => {
        if (locked) stop();
    }, [locked]);
    const plan = planOf(session);
    const next = nextSpeaker(plan, state.pending, state.speaker);
    const complete = plan.recorded === plan.total;
    const on = state.phase !== "off";
    useSpaceKey(() => {
        if (on) stop();
        else if (next !== null && !locked) void begin(next);
    });
    const fresh = on && state.notice?.kind === "saved"
        ? plan.speakers[state.notice.slot.speaker - 1]?.[state.notice.slot.take - 1]?.saved_as ?? null : null;
    const heading = on && state.slot
        ? t("voices.now", { name: nameOf(state.slot.speaker), n: state.slot.take, total: session.takes_per_speaker ?? 10 })
        : t("voices.summary", { n: plan.recorded, total: plan.total });
    return (
        <>
            <div class="voices-main">
                <Card title={phrase} aside={<span class="muted number">{heading}</span>} tone="accent">
                    {locked && <Notice tone="warn">{t("voices.locked")}</Notice>}
                    <Booth state={state} phrase={phrase} name={nameOf(next ?? 1)} next={next} complete={complete} locked={locked} />
                    <Advanced {...state} />
                </Card>
                <Card title={t("voices.who")}>
                    <Numbers session={session} locked={locked || on} />
                    <Speakers plan={plan} state={state} locked={locked || on} fresh={fresh} />
                    {session.items.length > 0 && !locked && <Reset count={session.items.length} />}
                </Card>
            </div>
            <Further title={t("voices.outside")} lead={t("voices.outside_lead")} items={plan.outside}
                     name={item => t("voices.speaker_take", { speaker: item.speaker_index, take: item.take_index })} />
            <Further title={t("voices.others")} lead={t("voices.others_lead")} items={plan.others} name={item => item.original_name || item.saved_as} />
            <div class="columns voices-more">
                <Card title={t("voices.files")}><Files locked={locked} /></Card>
                <Card title={t("voices.phone")}><Phone about={about} /></Card>
            </div>
            <Walk word={word} complete={complete} recorded={session.items.length} />
        </>
    );
}

export function Voices(_props: { id: string | null }) {
    const { session, training, loaded } = useAppState();
    return (
        <>
            <div class="stack-close"><h1>{t("voices.title")}</h1><p class="lead">{t("voices.lead")}</p></div>
            {session.safe_word ? <Studio session={session} locked={training.running && training.safe_word === session.safe_word} />
                : loaded && <Card><Empty icon="microphone">
                    <p>{t("voices.no_word")}</p><LinkButton href={routeOf("word")} kind="main">{t("voices.choose_word")}</LinkButton></Empty></Card>}
        </>
    );
}
