// SPDX-License-Identifier: GPL-3.0-or-later
// One listening, from the microphone or from a file: keeps the sound and the curve of the last seconds, and finds what
// deserves a row in the list. Knows nothing of the page.
import { HOP, RATE, WINDOW, rowSeconds } from "../../device/device";
import type { Row } from "../../device/device";
import { Ring } from "../recorder/ring";
import { measure, reasonsOf } from "./explain";
import type { Reason, Sound } from "./explain";
import { Watcher } from "./watch";

export const SHOWN_SECONDS = 10;
export const ROWS_PER_SECOND = RATE / HOP;
const CLIP_SECONDS = 2;
const AFTER_SECONDS = 0.3; // a device may fire before the word is said to its end
const MOST_FINDINGS = 50;  // older ones go: each holds a clip

// A cutoff to try: fires when the mean of `window` output bytes is above `cutoff` (0..255).
export interface Choice {
    name: string;
    cutoff: number;
    window: number;
}

export interface Finding {
    id: number;
    kind: "detection" | "near" | "missed";
    row: number;
    seconds: number;            // since the beginning
    mean: number;
    cutoff: number;             // 0..255, when it happened
    clip: Float32Array | null;  // null: the end of it is still to come
    sound: Sound | null;
    reasons: Reason[];          // why it did not wake; none for detections
    wouldWake: string | null;   // the least sensitive choice with which it would have
}

// Highest mean of `window` bytes in a row; a ring that begins with zeros.
export function highestMean(bytes: ArrayLike<number>, window: number): number {
    let sum = 0, most = 0;
    for (let i = 0; i < bytes.length; i++) {
        sum += bytes[i]! - (i >= window ? bytes[i - window]! : 0);
        most = Math.max(most, sum);
    }
    return most / (255 * window);
}

export class Session {
    findings: Finding[] = [];           // newest first
    level = 0;                          // RMS of the newest samples
    private readonly samples: Ring;
    private readonly means: Ring;       // one per row
    private readonly bytes: Ring;       // one per row; -1 where no inference was made
    private readonly watcher: Watcher;
    private waiting: { finding: Finding; end: number }[] = []; // for samples up to `end`
    private count = 0;

    // Remembers `seconds` of sound.
    constructor(private readonly choices: readonly Choice[], private choice: Choice, seconds = SHOWN_SECONDS) {
        this.samples = new Ring(Math.ceil(seconds * RATE));
        this.means = new Ring(Math.ceil(seconds * ROWS_PER_SECOND));
        this.bytes = new Ring(Math.ceil(seconds * ROWS_PER_SECOND));
        this.watcher = new Watcher(choice.cutoff);
    }

    get cutoff(): number {
        return this.choice.cutoff;
    }

    // Rows so far.
    get rows(): number {
        return this.means.end;
    }

    get seconds(): number {
        return this.samples.end / RATE;
    }

    get newest(): number {
        return this.means.slice(this.rows - 1, this.rows)[0] ?? 0;
    }

    tune(choice: Choice): void {
        this.choice = choice;
        this.watcher.cutoff = choice.cutoff;
    }

    // Means of rows [from, to) that are still remembered, and the row of the first of them.
    curve(from: number, to: number): { first: number; means: Float32Array } {
        return { first: Math.max(from, this.means.begin), means: this.means.slice(from, to) };
    }

    // Samples and the rows that they completed. Returns what was found.
    take(samples: Float32Array, rows: readonly Row[]): Finding[] {
        this.samples.push(samples);
        this.level = Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / Math.max(samples.length, 1));
        this.means.push(Float32Array.from(rows, row => row.mean));
        this.bytes.push(Float32Array.from(rows, row => row.byte));
        const found: Finding[] = [];
        for (const row of rows) {
            const word = this.watcher.push(row);
            if (word) found.push(this.add(word.kind, word.row, word.mean));
        }
        this.cutClips(this.samples.end);
        return found;
    }

    // The person says: I said it, and nothing happened.
    missed(): Finding {
        const to = this.rows, from = Math.max(0, to - CLIP_SECONDS * ROWS_PER_SECOND, this.watcher.told + 1);
        const { first, means } = this.curve(from, to);
        const best = means.reduce((at, mean, i) => mean > means[at]! ? i : at, 0);
        const finding = this.add("missed", Math.min(first + best, to - 1), means[best] ?? 0, this.samples.end);
        this.cutClips(this.samples.end);
        return finding;
    }

    // No more samples will come.
    finish(): Finding[] {
        const word = this.watcher.finish();
        const found = word ? [this.add(word.kind, word.row, word.mean)] : [];
        this.cutClips(Infinity);
        return found;
    }

    private add(kind: Finding["kind"], row: number, mean: number, end = row * HOP + WINDOW + AFTER_SECONDS * RATE): Finding {
        const finding: Finding = { id: ++this.count, kind, row, seconds: rowSeconds(row), mean, cutoff: this.cutoff,
                                   clip: null, sound: null, reasons: [], wouldWake: null };
        this.findings = [finding, ...this.findings].slice(0, MOST_FINDINGS);
        this.waiting.push({ finding, end });
        return finding;
    }

    private cutClips(heard: number): void {
        for (const { finding, end } of this.waiting.filter(each => each.end <= heard)) {
            finding.clip = this.samples.slice(end - CLIP_SECONDS * RATE, end);
            finding.sound = measure(finding.clip, this.samples.slice(end - SHOWN_SECONDS * RATE, end));
            if (finding.kind !== "detection") this.explain(finding, end);
        }
        this.waiting = this.waiting.filter(each => each.end > heard);
    }

    private explain(finding: Finding, end: number): void {
        finding.reasons = reasonsOf(finding.sound!, 255 * finding.mean / Math.max(finding.cutoff, 1));
        if (!finding.reasons.includes("close")) return;
        const last = Math.ceil(end / HOP);
        const bytes = [...this.bytes.slice(last - CLIP_SECONDS * ROWS_PER_SECOND, last)].filter(byte => byte >= 0);
        const wake = this.choices.filter(choice => 255 * highestMean(bytes, choice.window) > choice.cutoff);
        finding.wouldWake = wake.sort((a, b) => b.cutoff - a.cutoff)[0]?.name ?? null;
    }
}
