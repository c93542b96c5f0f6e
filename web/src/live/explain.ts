// SPDX-License-Identifier: GPL-3.0-or-later
// Why the device did not wake: from what the microphone gave and what the model made of it.
import { RATE } from "../../device/device";
import { NEAR } from "./watch";

const FRAME = RATE / 50;
const FLOOR_DB = -120;

// The same limits as those of the badges of recordings.
const QUIET_DB = -45;
const NOISY_DB = 12;
const NO_SPEECH_DB = 5;
const CLIPPED_SHARE = 0.002;
const BELOW_LOUDEST = 0.01; // 20 dB: what is softer is a pause in the word

const decibels = (power: number): number => power > 1e-12 ? 10 * Math.log10(power) : FLOOR_DB;
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

// Power of each 20 ms, without offset.
function framePowers(samples: Float32Array): number[] {
    const powers: number[] = [];
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
        let sum = 0, squares = 0;
        for (let i = at; i < at + FRAME; i++) {
            sum += samples[i]!;
            squares += samples[i]! ** 2;
        }
        powers.push(Math.max(squares / FRAME - (sum / FRAME) ** 2, 0));
    }
    return powers;
}

export interface Sound {
    level: number;    // dBFS of what is loud in the clip
    noise: number;    // dBFS of the quietest tenth of the surroundings
    clipped: boolean;
}

// `around`: the last seconds, the clip among them.
export function measure(clip: Float32Array, around: Float32Array): Sound {
    const powers = framePowers(clip);
    const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
    const loud = powers.filter(power => power > 0 && power >= BELOW_LOUDEST * loudest);
    const quiet = framePowers(around).sort((a, b) => a - b);
    const full = clip.reduce((count, sample) => count + (Math.abs(sample) >= 0.9998 ? 1 : 0), 0);
    return {
        level: decibels(mean(loud)),
        noise: decibels(mean(quiet.slice(0, Math.ceil(quiet.length / 10)))),
        clipped: full > CLIPPED_SHARE * loud.length * FRAME,
    };
}

export const REASONS = ["silence", "waiting", "quiet", "clipped", "noisy", "close", "unlike"] as const;
export type Reason = typeof REASONS[number];

// `share`: the highest mean, as a part of the cutoff. In the order in which they are worth trying.
export function reasonsOf({ level, noise, clipped }: Sound, share: number): Reason[] {
    if (share < NEAR && level - noise < NO_SPEECH_DB) return ["silence"];
    if (share > 1) return ["waiting"]; // loud enough a yes, and yet the device was not to fire
    const holds: Partial<Record<Reason, boolean>> = {
        quiet: level < QUIET_DB, clipped, noisy: level - noise < NOISY_DB, close: share >= NEAR,
    };
    const reasons = REASONS.filter(reason => holds[reason]);
    return reasons.length ? reasons : ["unlike"];
}
