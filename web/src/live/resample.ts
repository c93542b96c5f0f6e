// SPDX-License-Identifier: GPL-3.0-or-later
// Any rate to 16 kHz, sample by sample as they come. One way for every browser: not all let a microphone into a
// context of 16 kHz, and those that do resample in ways of their own.

export const RATE = 16000;

// Passes up to 7.2 kHz; what is left of 8 kHz and above folds back to 7.8 kHz at the lowest. The front end listens from
// 125 Hz to 7.5 kHz.
const PASS = 0.96;      // -6 dB, of half the lower rate
const CROSSINGS = 48;   // zero crossings on either side
const BETA = 9;         // Kaiser: about 90 dB

function bessel(x: number): number {
    let sum = 1, term = 1;
    for (let k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
    return sum;
}

const divisor = (a: number, b: number): number => b === 0 ? a : divisor(b, a % b);

export class Resampler {
    private readonly up: number;    // output sample n stands at input time n * down / up
    private readonly down: number;
    private readonly half: number;  // taps on either side
    private readonly phases: (Float32Array | undefined)[];
    private readonly width: number; // input samples per unit of the filter's time
    private held: Float32Array;     // the last samples, with zeros for what was before the first
    private base: number;           // position of held[0]
    private next = 0;               // output samples made so far

    constructor(readonly rate: number) {
        const whole = Math.round(rate), common = divisor(RATE, whole);
        this.up = RATE / common;
        this.down = whole / common;
        this.width = Math.max(1, whole / RATE) / PASS;
        this.half = whole === RATE ? 0 : Math.ceil(CROSSINGS * this.width);
        this.phases = new Array(this.up);
        this.held = new Float32Array(this.half);
        this.base = -this.half;
    }

    // Taps for outputs that stand `phase / up` behind an input sample; made when first needed.
    private taps(phase: number): Float32Array {
        const made = this.phases[phase];
        if (made) return made;
        const taps = new Float32Array(2 * this.half + 1);
        let sum = 0;
        for (let i = 0; i < taps.length; i++) {
            const x = (i - this.half - phase / this.up) / this.width;
            const reach = x / CROSSINGS;
            const window = Math.abs(reach) < 1 ? bessel(BETA * Math.sqrt(1 - reach * reach)) : 0;
            taps[i] = window * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
            sum += taps[i]!;
        }
        for (let i = 0; i < taps.length; i++) taps[i]! /= sum;
        return this.phases[phase] = taps;
    }

    // What has come out ends the filter's half, about 3 ms, before what has gone in.
    push(samples: Float32Array): Float32Array {
        if (this.half === 0) return samples.slice();
        const all = new Float32Array(this.held.length + samples.length);
        all.set(this.held);
        all.set(samples, this.held.length);
        const end = this.base + all.length;
        const made = new Float32Array(Math.ceil((samples.length + 1) * this.up / this.down));
        let count = 0;
        for (;; this.next++) {
            const centre = Math.floor(this.next * this.down / this.up);
            if (centre + this.half >= end) break;
            const taps = this.taps(this.next * this.down % this.up);
            const from = centre - this.half - this.base;
            let sum = 0;
            for (let i = 0; i < taps.length; i++) sum += taps[i]! * all[from + i]!;
            made[count++] = sum;
        }
        const needed = Math.max(0, Math.floor(this.next * this.down / this.up) - this.half - this.base);
        this.held = all.slice(needed);
        this.base += needed;
        return made.subarray(0, count);
    }
}
