// SPDX-License-Identifier: GPL-3.0-or-later
// What the server tells by itself: /api/events while the page is seen, with reconnection; polling where events do not
// come through. A hidden page only polls, so that many open tabs do not use up the browser's connections.
import { api } from "./api";
import type { LogChunk, Training } from "./api-types";

export interface Listeners {
    training(training: Training): void;
    log(chunk: LogChunk): void;
    metric(): void; // the curves grew
    recordings(wakeWord: string): void;
    models(): void;
    connected(connected: boolean): void;
    again(): Promise<void>; // (re)connected, or polling: load the state
    logOffset(): number; // where the log shall go on
}

const POLL_MS = 1500,
    POLL_HIDDEN_MS = 15_000,
    LONGEST_WAIT_MS = 10_000;
// Waits 0.5, 1, 2, 4, 8, 10, 10 ... seconds between tries.
export const waitBefore = (failures: number): number => Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures);

export function listen(listeners: Listeners): void {
    let source: EventSource | null = null,
        failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (work: () => void, milliseconds: number) => {
        clearTimeout(timer);
        timer = setTimeout(work, milliseconds);
    };

    async function poll(): Promise<void> {
        try {
            await listeners.again();
            const { training } = await api.trainStatus(listeners.logOffset());
            listeners.training(training);
            if (training.log_text)
                listeners.log({
                    job: training.job,
                    offset: training.log_begin,
                    next: training.log_offset,
                    text: training.log_text,
                });
            listeners.connected(true);
        } catch {
            listeners.connected(false);
        }
    }

    const handle = <T>(name: string, work: (data: T) => void) =>
        source?.addEventListener(name, event => {
            work(JSON.parse((event as MessageEvent<string>).data) as T);
        });

    function connect(): void {
        source?.close();
        if (document.hidden) return void later(pollWhileHidden, 0);
        source = new EventSource(`/api/events?since=${listeners.logOffset()}`);
        source.addEventListener("open", () => {
            const first = failures === 0;
            failures = 0;
            listeners.connected(true);
            if (!first) void listeners.again();
        });
        source.addEventListener("error", () => {
            source?.close();
            later(retry, waitBefore(failures++));
        });
        handle("training", listeners.training);
        handle("log", listeners.log);
        handle("metric", listeners.metric);
        handle<{ wake_word: string }>("recordings", data => listeners.recordings(data.wake_word));
        handle("models", listeners.models);
    }
    async function retry(): Promise<void> {
        await poll(); // keeps the page alive where only the stream of events is cut
        if (failures > 2) later(connect, POLL_MS);
        else connect();
    }
    async function pollWhileHidden(): Promise<void> {
        await poll();
        if (document.hidden) later(pollWhileHidden, POLL_HIDDEN_MS);
    }

    document.addEventListener("visibilitychange", () => {
        source?.close();
        if (document.hidden) return later(pollWhileHidden, POLL_HIDDEN_MS);
        failures = 0;
        void listeners.again();
        return later(connect, 0);
    });
    connect();
}
