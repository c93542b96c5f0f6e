// SPDX-License-Identifier: GPL-3.0-or-later
// Brings takes to the server, one after the other. A take leaves memory only when the server has it; until then it
// keeps its place, and is tried again: by itself with growing pauses, or at once when asked.

export interface Slot {
    speaker: number; // from 1
    take: number;
}
export const sameSlot = (a: Slot, b: Slot): boolean => a.speaker === b.speaker && a.take === b.take;

export interface PendingTake extends Slot {
    word: string; // id of the wake word that was recorded
    wav: ArrayBuffer;
    settings: Record<string, unknown>; // what the browser granted
    attempts: number;
    failure: string;  // why the last attempt failed, "" before
    refused: boolean; // the server does not want this one; trying again by itself would not help
}

// What `send` throws when the server answered: a status of 400 to 499 is a refusal, unless it says "later".
export class UploadError extends Error {
    constructor(message: string, readonly status: number) {
        super(message);
    }
}
const isRefusal = (error: unknown): boolean =>
    error instanceof UploadError && error.status >= 400 && error.status < 500 && ![408, 425, 429].includes(error.status);

export interface UploaderOptions<Answer> {
    send(take: PendingTake): Promise<Answer>; // rejects: the server has not got it
    saved(take: PendingTake, answer: Answer): void;
    changed(): void;
    later?(milliseconds: number, action: () => void): () => void; // returns how to call it off
}
export const backOff = (attempts: number): number => Math.min(1000 * 2 ** (attempts - 1), 30_000);

const byTimer = (milliseconds: number, action: () => void): (() => void) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
};

export class Uploader<Answer> {
    readonly pending: PendingTake[] = [];
    private sending: PendingTake | null = null;
    private callOff: (() => void) | null = null;

    constructor(private readonly options: UploaderOptions<Answer>) {}

    // Something is not saved although it was tried: recording rests until it is.
    get failing(): boolean {
        return this.pending.some(take => take.failure !== "");
    }

    add(slot: Slot, word: string, wav: ArrayBuffer, settings: Record<string, unknown>): void {
        this.pending.push({ ...slot, word, wav, settings, attempts: 0, failure: "", refused: false });
        this.options.changed();
        void this.work();
    }

    // By the button: at once, the refused ones too.
    retry(): void {
        for (const take of this.pending) take.refused = false;
        this.callOff?.();
        this.callOff = null;
        void this.work();
    }

    discard(take: PendingTake): void {
        const at = this.pending.indexOf(take);
        if (at < 0) return;
        this.pending.splice(at, 1);
        this.options.changed();
        void this.work();
    }

    private async work(): Promise<void> {
        if (this.sending || this.callOff) return;
        const take = this.pending.find(waiting => !waiting.refused);
        if (!take) return;
        this.sending = take;
        take.attempts++;
        try {
            const answer = await this.options.send(take);
            const at = this.pending.indexOf(take);
            if (at >= 0) this.pending.splice(at, 1);
            this.options.saved(take, answer);
        } catch (error) {
            take.failure = error instanceof Error ? error.message : String(error);
            take.refused = isRefusal(error);
            if (!take.refused) this.callOff = (this.options.later ?? byTimer)(backOff(take.attempts), () => this.retryDue());
        }
        this.sending = null;
        this.options.changed();
        void this.work();
    }

    private retryDue(): void {
        this.callOff = null;
        void this.work();
    }
}
