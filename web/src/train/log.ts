// SPDX-License-Identifier: GPL-3.0-or-later
// The log of the training as one text: exactly the bytes of the file, however its pieces come.
import type { LogChunk } from "../api-types";

export interface LogFile {
    job: string | null;
    text: string;
    size: number; // in bytes: where the next piece begins
}
export interface LogSink {
    clear(): void;
    append(text: string): void;
}

// What a piece is to a text that ends at byte `next` of the log of `job`.
export type Join = "append" | "known" | "other" | "gap";
export function joinOf(job: string | null, next: number, chunk: LogChunk): Join {
    if (chunk.job !== job) return chunk.offset === 0 ? "other" : "gap";
    if (chunk.next <= next) return "known";
    return chunk.offset === next ? "append" : "gap";
}

// Follows the log: the file as it is now, then every piece as it comes. What does not fit is mended by reading the
// file again, so that a lost connection, a server that starts anew, and another training all end in the right text.
export class LogFollower {
    private job: string | null = null;
    private next = 0;
    private waiting: LogChunk[] | null = null; // pieces that come while the file is read

    constructor(
        private readonly sink: LogSink,
        private readonly read: () => Promise<LogFile>,
    ) {}

    async load(): Promise<void> {
        if (this.waiting) return;
        this.waiting = [];
        try {
            const file = await this.read();
            this.begin(file.job, file.size, file.text);
        } finally {
            const waited = this.waiting;
            this.waiting = null;
            for (const chunk of waited) this.take(chunk);
        }
    }

    take(chunk: LogChunk): void {
        if (this.waiting) return void this.waiting.push(chunk);
        switch (joinOf(this.job, this.next, chunk)) {
            case "append":
                this.sink.append(chunk.text);
                this.next = chunk.next;
                break;
            case "other":
                this.begin(chunk.job, chunk.next, chunk.text);
                break;
            case "gap":
                void this.load().catch(() => {}); // the next piece tries again
                break;
            case "known":
        }
    }

    private begin(job: string | null, next: number, text: string): void {
        this.job = job;
        this.next = next;
        this.sink.clear();
        if (text) this.sink.append(text);
    }
}

// While it is written, the file may end within a line or a character: such an end comes again with the next piece.
export function wholeLines(bytes: Uint8Array, running: boolean): Uint8Array {
    return running ? bytes.subarray(0, bytes.lastIndexOf(10) + 1) : bytes;
}

export async function readLog(job: string | null, running: boolean): Promise<LogFile> {
    const response = await fetch("/api/training/log");
    if (response.status === 404) return { job, text: "", size: 0 };
    if (!response.ok) throw new Error(`the log cannot be read (${response.status})`);
    const bytes = wholeLines(new Uint8Array(await response.arrayBuffer()), running);
    return { job, text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), size: bytes.length };
}

// Reading goes along with the log only while its end is in sight.
export const NEAR_PX = 40;
export const isNearEnd = (view: { scrollTop: number; clientHeight: number; scrollHeight: number }): boolean =>
    view.scrollHeight - view.clientHeight - view.scrollTop <= NEAR_PX;

// Blocks of whole lines, so that a browser draws only those in sight. `room`: lines that still fit into the last block.
export const BLOCK_LINES = 500;
export function blocksOf(text: string, room: number): { text: string; lines: number }[] {
    const blocks: { text: string; lines: number }[] = [];
    let at = 0;
    while (at < text.length) {
        const most = blocks.length === 0 && room > 0 ? room : BLOCK_LINES;
        let end = at,
            lines = 0;
        while (lines < most && end < text.length) {
            const newline = text.indexOf("\n", end);
            end = newline < 0 ? text.length : newline + 1;
            lines++;
        }
        blocks.push({ text: text.slice(at, end), lines });
        at = end;
    }
    return blocks;
}
