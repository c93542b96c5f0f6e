// SPDX-License-Identifier: GPL-3.0-or-later
// What the server knows, as every screen and every tab sees it: loaded at start, kept up to date by events.
import { api, sentenceOf } from "./api";
import type { About, Curves, DamagedRun, LogChunk, Model, Session, Training } from "./api-types";
import { listen } from "./events";
import { createStore, useStore } from "./store";

export const IDLE: Training = {
    state: "idle",
    running: false,
    exit_code: null,
    safe_word: null,
    phrase: null,
    lang: null,
    preset: null,
    stage: null,
    note: "",
    progress: 0,
    stage_progress: 0,
    eta_s: null,
    elapsed_s: 0,
    metrics: { loss: null, recall: null, per_hour: null, step: 0, steps: 0 },
    reason: "",
    run: null,
    started_at: null,
    log_path: "",
    log_size: 0,
    by: "server",
    resumable: false,
    job: null,
    process: null,
};
const EMPTY: Session = {
    raw_phrase: null,
    safe_word: null,
    title: null,
    lang: null,
    lang_auto: true,
    phonemes: null,
    also: [],
    speakers_total: null,
    takes_per_speaker: null,
    takes_total: 0,
    takes_received: 0,
    takes: [],
    items: [],
    samples_total: 0,
    loose_samples: 0,
    training: IDLE,
};

export interface State {
    loaded: boolean; // the first answer is here
    trouble: string | null; // why it is not
    connected: boolean;
    session: Session;
    training: Training;
    curves: Curves;
    models: Model[] | null; // null: not asked yet
    damaged: DamagedRun[]; // folders of the output that are no models
    baseUrl: string;
    recordings: number; // grows whenever recordings of any word change: load lists again
    about: About | null;
}

export const store = createStore<State>({
    loaded: false,
    trouble: null,
    connected: true,
    session: EMPTY,
    training: IDLE,
    curves: { steps: 0, loss: [], judged: [] },
    models: null,
    damaged: [],
    baseUrl: "",
    recordings: 0,
    about: null,
});
export const useAppState = (): State => useStore(store);
const put = (change: Partial<State>) => store.change(state => ({ ...state, ...change }));

export type StepState = "done" | "running" | "waiting" | "failed";
// What the four steps show: the marks of the walk.
export function stepStates({
    session,
    training,
    models,
}: Pick<State, "session" | "training" | "models">): Record<"word" | "voices" | "train" | "use", StepState> {
    const id = session.safe_word;
    const mine = id !== null && training.safe_word === id;
    const trained =
        id !== null && ((models ?? []).some(model => model.id === id) || (mine && training.state === "finished"));
    return {
        word: id ? "done" : "waiting",
        voices: id && session.takes_received > 0 && session.takes_received >= session.takes_total ? "done" : "waiting",
        train: training.running
            ? "running"
            : mine && training.state === "failed"
              ? "failed"
              : trained
                ? "done"
                : "waiting",
        use: trained ? "done" : "waiting",
    };
}

// ---- loading
export function setSession(session: Session): void {
    put({ session, training: session.training, loaded: true, trouble: null });
}
export async function loadSession(): Promise<void> {
    setSession(await api.session());
}
export async function loadModels(): Promise<void> {
    const { models, damaged, base_url } = await api.models();
    put({ models, damaged, baseUrl: base_url });
}
export async function loadCurves(): Promise<void> {
    put({ curves: await api.curves() });
}
async function loadAbout(): Promise<void> {
    put({ about: await api.about() });
}

// The server knows best what curves of several seeds, of a stopped and of a resumed training look like.
const CURVES_MS = 1000;
let curvesTimer: ReturnType<typeof setTimeout> | undefined;
function loadCurvesSoon(): void {
    curvesTimer ??= setTimeout(() => {
        curvesTimer = undefined;
        void loadCurves().catch(() => {});
    }, CURVES_MS);
}

const logWatchers = new Set<(chunk: LogChunk) => void>();
let logOffset = 0; // where the next piece of the log begins
// Every piece of the log that the server tells; see train/log.ts for how they become one text.
export function watchLog(watcher: (chunk: LogChunk) => void): () => void {
    logWatchers.add(watcher);
    return () => void logWatchers.delete(watcher);
}

function trainingChanged(training: Training): void {
    const before = store.get().training;
    put({ training });
    if (training.job !== before.job) loadCurvesSoon();
    if (before.running && !training.running) {
        loadCurvesSoon();
        void loadModels().catch(() => {});
        void loadSession().catch(() => {});
    }
}

export async function start(): Promise<void> {
    const again = async () => {
        await loadSession();
        put({ recordings: store.get().recordings + 1 });
        await Promise.allSettled([loadModels(), loadCurves()]);
    };
    try {
        await loadSession();
        logOffset = store.get().training.log_size;
    } catch (error) {
        put({ trouble: sentenceOf(error), connected: false });
    }
    void Promise.allSettled([loadModels(), loadCurves(), loadAbout()]);
    listen({
        training: trainingChanged,
        log: chunk => {
            logOffset = chunk.next;
            for (const watcher of logWatchers) watcher(chunk);
        },
        metric: loadCurvesSoon,
        recordings: () => {
            put({ recordings: store.get().recordings + 1 });
            void loadSession().catch(() => {});
        },
        models: () => void loadModels().catch(() => {}),
        connected: connected => {
            if (connected !== store.get().connected) put({ connected });
        },
        again,
        logOffset: () => logOffset,
    });
}
