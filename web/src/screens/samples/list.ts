// SPDX-License-Identifier: GPL-3.0-or-later
// Which recordings a list shows, in which order, fifty at a time.
import type { Recording, TrashItem } from "../../api-types";

export const PAGE_SIZE = 50;
export type Tab = "personal" | "negative" | "inbox";
export type Order = "score" | "newest";

export const tabOf = (item: string | null): Tab => item === "negative" || item === "inbox" ? item : "personal";

export interface Page<T> {
    items: T[];
    page: number; // from 0; the last one where there are fewer
    pages: number;
    first: number; // number of the first one shown, from 1
}
export function pageOf<T>(all: readonly T[], wanted: number, size = PAGE_SIZE): Page<T> {
    const pages = Math.max(1, Math.ceil(all.length / size));
    const page = Math.min(Math.max(0, wanted), pages - 1);
    return { items: all.slice(page * size, (page + 1) * size), page, pages, first: page * size + 1 };
}

// Devices tell a probability as 0..1 or as a byte; null where none was told.
export function scoreOf({ max_probability: told }: Pick<Recording, "max_probability">): number | null {
    if (typeof told !== "number" || told < 0) return null;
    return Math.min(1, told > 1 ? told / 255 : told);
}

const newest = (a: Recording, b: Recording) => b.created_at.localeCompare(a.created_at);
// What the model was surest of comes first: false alarms matter most there. What has no score comes last.
export function ordered(items: readonly Recording[], order: Order): Recording[] {
    const score = (item: Recording) => scoreOf(item) ?? -1;
    return [...items].sort(order === "score" ? (a, b) => score(b) - score(a) || newest(a, b) : newest);
}

export const wordsOf = (items: readonly Recording[]): string[] =>
    [...new Set(items.map(item => item.wake_word))].filter(Boolean).sort();

// Newest first; what the server has told without a time comes last.
export const newestDeleted = (items: readonly TrashItem[]): TrashItem[] =>
    [...items].sort((a, b) => String(b["deleted_at"] ?? "").localeCompare(String(a["deleted_at"] ?? "")));

// A trim changes what the same address gives: it is asked for by another.
export const heard = (item: Recording): string =>
    `${item.audio_url}${item.audio_url.includes("?") ? "&" : "?"}part=${item.trim_start_s}-${item.trim_end_s}`;
export const lengthOf = (item: Recording): number => item.trimmed ? item.trim_end_s - item.trim_start_s : item.seconds;
