// SPDX-License-Identifier: GPL-3.0-or-later
// Which takes there are, which is next: all counted from one list, the server's, and what still waits to be sent.
import { type Slot, sameSlot } from "./uploader";

export interface TakePlan<Item> {
    speakers: (Item | null)[][]; // speakers[s][t]: take t + 1 of speaker s + 1
    recorded: number;            // of them, that the server has
    total: number;
    outside: Item[];             // takes beyond the chosen numbers: kept, listed apart, not counted above
    others: Item[];              // uploads and approved captures
}

interface TakeLike {
    speaker_index: number;
    take_index: number;
}

export function planTakes<Item extends TakeLike>(items: readonly Item[], speakers: number, takes: number): TakePlan<Item> {
    const rows = Array.from({ length: speakers }, () => Array.from({ length: takes }, (): Item | null => null));
    const plan: TakePlan<Item> = { speakers: rows, recorded: 0, total: speakers * takes, outside: [], others: [] };
    for (const item of items) {
        const row = rows[item.speaker_index - 1];
        if (item.speaker_index < 1 || item.take_index < 1) plan.others.push(item);
        else if (!row || item.take_index > takes || row[item.take_index - 1]) plan.outside.push(item);
        else {
            row[item.take_index - 1] = item;
            plan.recorded++;
        }
    }
    return plan;
}

export const takesOf = <Item>(row: readonly (Item | null)[]): number => row.filter(item => item !== null).length;

// The first place of a speaker that is neither recorded nor on its way. Null: the speaker is done.
export function nextSlot<Item>(plan: TakePlan<Item>, speaker: number, pending: readonly Slot[]): Slot | null {
    const row = plan.speakers[speaker - 1] ?? [];
    for (let take = 1; take <= row.length; take++) {
        const slot = { speaker, take };
        if (row[take - 1] === null && !pending.some(waiting => sameSlot(waiting, slot))) return slot;
    }
    return null;
}

// The first speaker with a free place, looking from `from` on and then from the start.
export function nextSpeaker<Item>(plan: TakePlan<Item>, pending: readonly Slot[], from = 1): number | null {
    const count = plan.speakers.length;
    for (let step = 0; step < count; step++) {
        const speaker = (from - 1 + step) % count + 1;
        if (nextSlot(plan, speaker, pending)) return speaker;
    }
    return null;
}
