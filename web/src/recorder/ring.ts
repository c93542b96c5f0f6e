// SPDX-License-Identifier: GPL-3.0-or-later
// The last samples of an endless stream, addressed by their position in the stream.
export class Ring {
    private readonly samples: Float32Array;
    private written = 0;

    constructor(capacity: number) {
        this.samples = new Float32Array(capacity);
    }

    // One after the last sample.
    get end(): number {
        return this.written;
    }

    // The first sample that is still there.
    get begin(): number {
        return Math.max(0, this.written - this.samples.length);
    }

    push(block: Float32Array): void {
        for (const sample of block) this.samples[this.written++ % this.samples.length] = sample;
    }

    // A copy of [from, to), of as much of it as is there.
    slice(from: number, to: number): Float32Array {
        const first = Math.max(from, this.begin), last = Math.min(to, this.end);
        const copy = new Float32Array(Math.max(last - first, 0));
        for (let i = 0; i < copy.length; i++) copy[i] = this.samples[(first + i) % this.samples.length]!;
        return copy;
    }
}
