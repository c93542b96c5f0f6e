// SPDX-License-Identifier: GPL-3.0-or-later
// The bar at the foot of the page that takes a deletion back, and what screen readers are told.
import { useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import { t } from "../i18n";
import { createStore, useStore } from "../store";
import { Button } from "./basic";

interface Offer {
    id: number;
    text: string;
    undo: () => Promise<unknown>;
}
const SHOWN = 3; // older ones are in the trash of the Data page
const offers = createStore<Offer[]>([]);
let count = 0;

export function offerUndo(text: string, undo: () => Promise<unknown>): void {
    offers.change(list => [...list.slice(1 - SHOWN), { id: ++count, text, undo }]);
    announce(text);
}
// The common case: the server gave tickets of its trash; `after` loads what changed.
export function offerRestore(text: string, tickets: string[], after?: () => unknown): void {
    offerUndo(text, async () => {
        for (const ticket of tickets) await api.restore(ticket);
        await after?.();
    });
}
const drop = (id: number) => offers.change(list => list.filter(offer => offer.id !== id));

function OfferRow({ offer }: { offer: Offer }) {
    const [busy, setBusy] = useState(false),
        [trouble, setTrouble] = useState<string | null>(null);
    const undo = async () => {
        setBusy(true);
        try {
            await offer.undo();
            drop(offer.id);
        } catch (error) {
            setTrouble(sentenceOf(error));
        }
        setBusy(false);
    };
    return (
        <div class="undo-row">
            <span class="undo-text">{trouble ?? offer.text}</span>
            <Button kind="quiet" icon="undo" busy={busy} onClick={undo}>
                {t("app.undo")}
            </Button>
            <Button kind="quiet" icon="close" label={t("app.dismiss")} onClick={() => drop(offer.id)} />
        </div>
    );
}
export function UndoBar() {
    const list = useStore(offers);
    return list.length === 0 ? null : (
        <div class="undo-bar" role="region" aria-label={t("app.undo")}>
            {list.map(offer => (
                <OfferRow key={offer.id} offer={offer} />
            ))}
        </div>
    );
}

const announced = createStore({ text: "", turn: 0 });
// Says it to those who use a screen reader: "Recording", "Saved", "Training finished".
export function announce(text: string): void {
    announced.change(last => ({ text, turn: last.turn + 1 }));
}
export function Announcer() {
    const { text, turn } = useStore(announced);
    // the same text twice is a change to a live region only if something in it differs
    return (
        <div class="unseen" role="status" aria-live="polite">
            {text + (turn % 2 ? "\u00a0" : "")}
        </div>
    );
}
