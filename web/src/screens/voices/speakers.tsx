// SPDX-License-Identifier: GPL-3.0-or-later
// Speakers as rows, takes as dots; beneath each row its recordings.
import { useState } from "preact/hooks";
import type { Recording } from "../../api-types";
import { t } from "../../i18n";
import { takesOf } from "../../recorder/plan";
import type { TakePlan } from "../../recorder/plan";
import { useStore } from "../../store";
import { Button, Icon } from "../../ui";
import { names, setName, storedName } from "./names";
import { begin, nameOf } from "./studio";
import type { Studio } from "./studio";
import { TakeCard } from "./take-card";

type Mark = "good" | "warn" | "now" | "sending" | "empty";

function markOf(item: Recording | null, speaker: number, take: number, state: Studio): Mark {
    const here = (slot: { speaker: number; take: number } | null) => slot?.speaker === speaker && slot.take === take;
    if (state.pending.some(here)) return "sending";
    if (here(state.slot) && state.phase !== "off") return "now";
    if (!item) return "empty";
    return item.badges.length ? "warn" : "good";
}

function Dot({ mark, take, open }: { mark: Mark; take: number; open: (() => void) | null }) {
    const label = t("voices.dot", { n: take, state: t(`voices.dot_${mark}`) });
    const face = mark === "good" ? <Icon name="check" /> : mark === "warn" ? "!" : mark === "sending" ? <Icon name="upload" /> : take;
    return (
        <li>
            {open ? <button type="button" class={`dot dot-${mark}`} aria-label={label} title={label} onClick={open}>{face}</button>
                : <span class={`dot dot-${mark}`} role="img" aria-label={label} title={label}>{face}</span>}
        </li>
    );
}

function Name({ speaker }: { speaker: number }) {
    const [editing, setEditing] = useState(false);
    const shown = nameOf(speaker);
    if (!editing) return (
        <button type="button" class="speaker-name" title={t("voices.rename")} aria-label={t("voices.rename_of", { name: shown })}
                onClick={() => setEditing(true)}>{shown}</button>
    );
    const done = (event: { currentTarget: HTMLInputElement }) => {
        setName(speaker, event.currentTarget.value);
        setEditing(false);
    };
    return (
        <input class="speaker-name-field" type="text" maxLength={40} placeholder={t("voices.speaker", { n: speaker })} defaultValue={storedName(speaker)}
               aria-label={t("voices.rename_of", { name: shown })} ref={field => field?.focus()} onBlur={done}
               onKeyDown={event => {
                   if (event.key === "Enter") done(event);
                   if (event.key === "Escape") setEditing(false);
               }} />
    );
}

function SpeakerRow({ row, speaker, state, locked, fresh }: {
    row: (Recording | null)[]; speaker: number; state: Studio; locked: boolean; fresh: string | null;
}) {
    const active = state.speaker === speaker && state.phase !== "off";
    const [chosen, setOpen] = useState<boolean | null>(null);
    const recorded = takesOf(row);
    const open = chosen ?? state.speaker === speaker;
    const show = (item: Recording) => {
        setOpen(true);
        requestAnimationFrame(() => document.getElementById(`take-${item.saved_as}`)?.focus());
    };
    return (
        <li class={`speaker ${active ? "speaker-active" : ""}`}>
            <div class="speaker-head">
                <Name speaker={speaker} />
                <span class="muted small number">{t("voices.of", { n: recorded, total: row.length })}</span>
                {!active && recorded < row.length && <Button kind="quiet" icon="record" disabled={locked} onClick={() => void begin(speaker)}
                    label={t("voices.start", { name: nameOf(speaker) })}>{t("voices.record")}</Button>}
            </div>
            <ol class="dots">
                {row.map((item, i) => <Dot key={i} take={i + 1} mark={markOf(item, speaker, i + 1, state)} open={item && (() => show(item))} />)}
            </ol>
            {recorded > 0 && (
                <details class="takes" open={open} onToggle={event => event.currentTarget.open !== open && setOpen(event.currentTarget.open)}>
                    <summary>{t("voices.takes", { n: recorded })}</summary>
                    {open && <ol class="take-list">
                        {row.map((item, i) => item && <TakeCard key={item.saved_as} item={item} title={t("voices.take", { n: i + 1 })}
                            fresh={item.saved_as === fresh} again={locked ? undefined : () => void begin(speaker, { speaker, take: i + 1 })} />)}
                    </ol>}
                </details>
            )}
        </li>
    );
}

export function Speakers({ plan, state, locked, fresh }: { plan: TakePlan<Recording>; state: Studio; locked: boolean; fresh: string | null }) {
    useStore(names);
    return (
        <ol class="speakers">
            {plan.speakers.map((row, i) => <SpeakerRow key={i} row={row} speaker={i + 1} state={state} locked={locked} fresh={fresh} />)}
        </ol>
    );
}
