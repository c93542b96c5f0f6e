// SPDX-License-Identifier: GPL-3.0-or-later
// Names of speakers: the same people speak every word, so this browser keeps them by their number.
import { remember, remembered } from "../../remember";
import { createStore } from "../../store";

function read(): string[] {
    try {
        const kept: unknown = JSON.parse(remembered("speakers") ?? "[]");
        return Array.isArray(kept) ? kept.map(name => typeof name === "string" ? name : "") : [];
    } catch {
        return [];
    }
}

export const names = createStore<string[]>(read());
export const storedName = (speaker: number): string => names.get()[speaker - 1] ?? "";

export function setName(speaker: number, name: string): void {
    const next = Array.from({ length: Math.max(names.get().length, speaker) }, (_, i) => names.get()[i] ?? "");
    next[speaker - 1] = name.trim().slice(0, 40);
    remember("speakers", JSON.stringify(next));
    names.set(next);
}
