// SPDX-License-Identifier: GPL-3.0-or-later
// The one recorder of the page. It outlives the screen, so that takes which wait to be sent are sent wherever the
// reader goes; the microphone is on only while the screen is open.
import { ApiError, api } from "../../api";
import type { Recording, Session } from "../../api-types";
import { t } from "../../i18n";
import { inputDevices, Microphone } from "../../recorder/microphone";
import type { InputDevice } from "../../recorder/microphone";
import { planTakes } from "../../recorder/plan";
import type { TakePlan } from "../../recorder/plan";
import { Recorder } from "../../recorder/recorder";
import type { Meter, Notice, Phase } from "../../recorder/recorder";
import { DEFAULT_SETTINGS } from "../../recorder/take-machine";
import type { TakeSettings } from "../../recorder/take-machine";
import { UploadError } from "../../recorder/uploader";
import type { PendingTake, Slot } from "../../recorder/uploader";
import { remember, remembered } from "../../remember";
import { setSession, store } from "../../state";
import { createStore } from "../../store";
import { announce } from "../../ui";
import { storedName } from "./names";

const UPLOAD_MS = 30_000; // then the server does not answer

export interface Studio {
    phase: Phase;
    slot: Slot | null; // the take that counts now: one that could not be saved, else the next
    speaker: number;
    notice: Notice | null;
    pending: PendingTake[];
    settings: TakeSettings;
    device: string;
    devices: InputDevice[];
}

function readSettings(): TakeSettings {
    try {
        const kept = JSON.parse(remembered("recorder") ?? "{}") as Partial<TakeSettings>;
        const numbers = Object.entries(kept).filter(([, value]) => typeof value === "number" && Number.isFinite(value));
        return { ...DEFAULT_SETTINGS, ...Object.fromEntries(numbers) };
    } catch {
        return DEFAULT_SETTINGS;
    }
}

export const studio = createStore<Studio>({
    phase: "off", slot: null, speaker: 1, notice: null, pending: [], settings: readSettings(),
    device: remembered("microphone") ?? "", devices: [],
});
const put = (change: Partial<Studio>) => studio.change(state => ({ ...state, ...change }));

export const planOf = (session: Session): TakePlan<Recording> =>
    planTakes(session.items, session.speakers_total ?? 1, session.takes_per_speaker ?? 10);

const meterWatchers = new Set<(meter: Meter) => void>();
// Fifty times a second: what watches draws by itself, not through the page's state.
export function watchMeter(watcher: (meter: Meter) => void): () => void {
    meterWatchers.add(watcher);
    return () => void meterWatchers.delete(watcher);
}

async function send(take: PendingTake): Promise<Recording> {
    const form = new FormData();
    form.set("speaker_index", String(take.speaker));
    form.set("take_index", String(take.take));
    form.set("wake_word", take.word);
    if (storedName(take.speaker)) form.set("speaker", storedName(take.speaker));
    form.set("settings", JSON.stringify(take.settings));
    form.set("file", new Blob([take.wav], { type: "audio/wav" }), `take_${String(take.take).padStart(2, "0")}.wav`);
    try {
        return (await api.uploadTake(form, AbortSignal.timeout(UPLOAD_MS))).item;
    } catch (error) {
        if (error instanceof ApiError) throw new UploadError(error.message, error.status);
        throw new UploadError(t("app.unreachable"), 0);
    }
}

// The counters follow at once; the server's own list comes with its event.
function keep(item: Recording): void {
    const { session } = store.get();
    if (item.wake_word !== session.safe_word) return;
    const items = [item, ...session.items.filter(each => each.saved_as !== item.saved_as)];
    setSession({ ...session, items, training: store.get().training });
}

const recorder = new Recorder<Recording>({
    word: () => store.get().session.safe_word ?? "",
    plan: () => planOf(store.get().session),
    send,
    saved: keep,
    changed: () => refresh(),
    meter: meter => meterWatchers.forEach(watcher => watcher(meter)),
    microphone: events => new Microphone(events),
    settings: studio.get().settings,
});
export const uploads = recorder.uploader;

function refresh(): void {
    const before = studio.get();
    const { phase, speaker, notice } = recorder;
    const unsaved = uploads.pending.find(take => take.failure !== "" && take.word === store.get().session.safe_word);
    put({ phase, slot: unsaved ?? recorder.slot, speaker, notice, pending: [...uploads.pending] });
    if (phase === "recording" && before.phase !== "recording") announce(t("voices.phase_recording"));
    else if (notice && notice !== before.notice) announce(noticeText(notice));
    else if (phase === "resting" && before.phase !== "resting") announce(t("voices.phase_resting"));
    else if (phase === "waiting" && before.phase === "settling") announce(t("voices.phase_waiting"));
}

export function noticeText(notice: Notice): string {
    if (notice.kind === "rejected") return t(`voices.rejected_${notice.reason}`);
    if (notice.kind === "fault") return t(`voices.fault_${notice.fault}`);
    if (notice.kind === "too_soft") return t("voices.too_soft");
    const { speakers, recorded, total } = planOf(store.get().session);
    if (recorded === total) return t("voices.all_done");
    const row = speakers[(notice.kind === "saved" ? notice.slot.speaker : notice.speaker) - 1] ?? [];
    if (notice.kind === "saved") return t("voices.got_it", { n: row.filter(Boolean).length, total: row.length });
    return t("voices.speaker_done", { name: nameOf(notice.speaker) });
}

// The name given in this browser, or in another one when the takes were recorded there.
export function nameOf(speaker: number): string {
    const named = store.get().session.items.find(item => item.speaker_index === speaker && !/^speaker\d+$/.test(item.speaker));
    return storedName(speaker) || named?.speaker || t("voices.speaker", { n: speaker });
}

export async function begin(speaker: number, target: Slot | null = null): Promise<void> {
    await recorder.begin(speaker, studio.get().device, target);
    put({ devices: await inputDevices() });
}
export const stop = (): void => recorder.stop();

export function adjust(change: Partial<TakeSettings>): void {
    const settings = { ...studio.get().settings, ...change };
    recorder.adjust(settings);
    remember("recorder", JSON.stringify(settings));
    put({ settings });
}

export function chooseDevice(device: string): void {
    remember("microphone", device);
    put({ device });
    if (recorder.phase !== "off") void begin(recorder.speaker, recorder.target);
}

// Closing the page would lose what is not saved.
window.addEventListener("beforeunload", event => {
    if (uploads.pending.length) event.preventDefault();
});
