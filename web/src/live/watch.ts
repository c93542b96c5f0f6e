// SPDX-License-Identifier: GPL-3.0-or-later
// Tells words from the curve of the means: where the device fired, and where it nearly did.
import type { Row } from "../../device/device";

export const NEAR = 0.5;       // of the cutoff: what comes this high is worth a row in the list
const OVER = NEAR / 2;         // below this the word is over
const TAIL_ROWS = 60;          // what begins so soon after a detection is the rest of the same word

export interface Found {
    kind: "detection" | "near";
    row: number;               // where it fired, or where the mean was highest
    mean: number;              // 0..1
}

export class Watcher {
    told = -1;                 // the last row of the last word that fired
    private row = -1;
    private fired = -Infinity; // row of the last detection
    private word: Found | null = null;
    private muted = false;     // this word has been told, or is the tail of one

    constructor(public cutoff: number) {} // 0..255

    push({ mean, fired }: Row): Found | null {
        this.row++;
        if (fired) {
            this.fired = this.told = this.row;
            this.word = null;
            return { kind: "detection", row: this.row, mean };
        }
        const share = this.cutoff > 0 ? 255 * mean / this.cutoff : 1;
        if (!this.word) {
            if (share < NEAR) return null;
            this.word = { kind: "near", row: this.row, mean };
            this.muted = this.row - this.fired <= TAIL_ROWS;
        }
        if (this.muted) this.told = this.row;
        if (mean > this.word.mean) this.word = { kind: "near", row: this.row, mean };
        return share < OVER ? this.finish() : null;
    }

    // The stream is over: a word that still goes on is complete.
    finish(): Found | null {
        const word = this.muted ? null : this.word;
        this.word = null;
        return word;
    }
}
