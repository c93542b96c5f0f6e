// SPDX-License-Identifier: GPL-3.0-or-later
// Decisions of the Train screen, without the page.
import type { Preset, Session, Stage, Training } from "../api-types";

export const STAGES: Stage[] = ["datasets", "generate", "augment", "train", "export"];
export type Place = "done" | "now" | "later";
export function placesOf(training: Pick<Training, "state" | "stage">): Record<Stage, Place> {
    const now = training.state === "finished" ? STAGES.length : training.stage ? STAGES.indexOf(training.stage) : -1;
    return Object.fromEntries(
        STAGES.map((stage, index) => [stage, index < now ? "done" : index === now ? "now" : "later"]),
    ) as Record<Stage, Place>;
}

// What the screen is about: the training that runs, the end of one of this word, or the start of one.
export type View = "none" | "running" | "ended" | "ready";
export function viewOf(
    session: Pick<Session, "safe_word">,
    training: Pick<Training, "running" | "state" | "safe_word">,
): View {
    if (training.running) return "running";
    if (!session.safe_word) return "none";
    const ended = training.state === "finished" || training.state === "failed" || training.state === "cancelled";
    return ended && training.safe_word === session.safe_word ? "ended" : "ready";
}

// The reader's last choice while the server offers it, else the standard one.
export function chosenPreset(presets: Preset[], wanted: string | null): Preset | null {
    return (
        presets.find(preset => preset.name === wanted) ??
        presets.find(preset => preset.name === "standard") ??
        presets[0] ??
        null
    );
}

// "About 3 minutes left", but not "about 0 seconds left".
export type Remaining = { key: "train.eta"; seconds: number } | { key: "train.eta_soon" | "train.eta_unknown" };
export function remainingOf(training: Pick<Training, "eta_s" | "progress">): Remaining {
    if (training.eta_s === null) return { key: "train.eta_unknown" };
    return training.eta_s < 3 ? { key: "train.eta_soon" } : { key: "train.eta", seconds: training.eta_s };
}

// How far the stage is, in numbers that the page can put into words; the rest of what it notes is in the log.
export type Count =
    | { key: "train.at_step"; n: number; steps: number }
    | { key: "train.clips_spoken"; n: number }
    | { key: "train.at_sound"; name: string };
export function countOf({ stage, note, metrics }: Pick<Training, "stage" | "note" | "metrics">): Count | null {
    if (stage === "train" && metrics.step > 0) return { key: "train.at_step", n: metrics.step, steps: metrics.steps };
    if (stage === "datasets" && note) return { key: "train.at_sound", name: note };
    const spoken = stage === "generate" ? /^(\d+) clips spoken/.exec(note) : null;
    return spoken ? { key: "train.clips_spoken", n: Number(spoken[1]) } : null;
}
