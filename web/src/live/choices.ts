// SPDX-License-Identifier: GPL-3.0-or-later
// The cutoffs of a model, from the least to the most sensitive.
import type { Level, Model, Sensitivity } from "../api-types";
import type { Choice } from "./session";

export const SENSITIVITIES: Sensitivity[] = ["slightly", "moderately", "very"];
const DEFAULT: Sensitivity = "moderately";

export function choicesOf(levels: Partial<Record<Sensitivity, Pick<Level, "cutoff_byte" | "window">>>): Choice[] {
    return SENSITIVITIES.flatMap(name => {
        const level = levels[name];
        return level ? [{ name, cutoff: level.cutoff_byte, window: level.window }] : [];
    });
}

// The cutoff is made a byte as the firmware makes it.
export function choiceOfManifest(manifest: unknown): Choice | null {
    const micro = (manifest as { micro?: Record<string, unknown> } | null)?.micro;
    const cutoff = micro?.["probability_cutoff"], window = micro?.["sliding_window_size"] ?? micro?.["sliding_window_average_size"];
    if (typeof cutoff !== "number" || typeof window !== "number") return null;
    return { name: "own", cutoff: Math.floor(255 * Math.min(Math.max(cutoff, 0), 1)), window };
}

export const chosenOf = (choices: readonly Choice[], name: string | null): Choice | undefined =>
    choices.find(choice => choice.name === name) ?? choices.find(choice => choice.name === DEFAULT) ?? choices[0];

// The run's own file, from where the page came from: the address for devices may name this computer otherwise.
export const fileOf = ({ run, id }: Pick<Model, "run" | "id">, ending: "tflite" | "json"): string =>
    `/models/${encodeURIComponent(run)}/${encodeURIComponent(id)}.${ending}`;
