// SPDX-License-Identifier: GPL-3.0-or-later
// How loud it is: from float samples, so that a whisper is measured as finely as a shout.

// Root mean square about the mean, so that a microphone with an offset is not heard as loud. 0..1.
export function rms(samples: Float32Array): number {
    let sum = 0, squares = 0;
    for (const sample of samples) {
        sum += sample;
        squares += sample * sample;
    }
    const mean = sum / Math.max(samples.length, 1);
    return Math.sqrt(Math.max(squares / Math.max(samples.length, 1) - mean * mean, 0));
}

export function peak(samples: Float32Array): number {
    let largest = 0;
    for (const sample of samples) largest = Math.max(largest, Math.abs(sample));
    return largest;
}

export const decibels = (amplitude: number): number => 20 * Math.log10(Math.max(amplitude, 1e-6));

// Where an amplitude stands on a meter of -60 to 0 dBFS: 0..1.
export const onMeter = (amplitude: number): number => Math.min(Math.max(decibels(amplitude) / 60 + 1, 0), 1);

// The level of the room: what a fifth of the last frames stays below. Speech has pauses, so it hardly moves it; a fan
// that starts does, within the span.
export class NoiseFloor {
    private readonly levels: Float32Array;
    private count = 0;

    constructor(frames: number) {
        this.levels = new Float32Array(frames);
    }

    add(level: number): void {
        this.levels[this.count++ % this.levels.length] = level;
    }

    get level(): number {
        const heard = this.levels.slice(0, Math.min(this.count, this.levels.length)).sort();
        return heard[Math.floor(heard.length / 5)] ?? 0;
    }
}
