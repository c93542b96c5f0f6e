// SPDX-License-Identifier: GPL-3.0-or-later
// Wav files. Takes are sent as the microphone gave them: float samples at its own rate. The server keeps that file and
// makes the 16 kHz clip of it with the resampler that every upload goes through, so takes, uploads and training agree,
// and nothing is lost that a better microphone gave.

const HEADER = 44;

export function encodeWav(samples: Float32Array, rate: number): ArrayBuffer {
    const bytes = new ArrayBuffer(HEADER + 4 * samples.length);
    const view = new DataView(bytes);
    const text = (at: number, letters: string) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, bytes.byteLength - 8, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 3, true); // IEEE float
    view.setUint16(22, 1, true);
    view.setUint32(24, rate, true);
    view.setUint32(28, 4 * rate, true);
    view.setUint16(32, 4, true);
    view.setUint16(34, 32, true);
    text(36, "data");
    view.setUint32(40, 4 * samples.length, true);
    for (let i = 0; i < samples.length; i++) view.setFloat32(HEADER + 4 * i, samples[i]!, true);
    return bytes;
}

export interface Clip {
    samples: Float32Array;
    rate: number;
}

// The 16-bit mono wav that the server gives. Null: it is something else.
export function decodeWav(bytes: ArrayBuffer): Clip | null {
    const view = new DataView(bytes);
    const tag = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
    if (bytes.byteLength < 12 || tag(0) !== "RIFF" || tag(8) !== "WAVE") return null;
    let rate = 0;
    for (let at = 12; at + 8 <= bytes.byteLength;) {
        const size = view.getUint32(at + 4, true), body = at + 8;
        if (tag(at) === "fmt " && body + 16 <= bytes.byteLength) {
            const plain = view.getUint16(body, true) === 1 && view.getUint16(body + 2, true) === 1;
            if (!plain || view.getUint16(body + 14, true) !== 16) return null;
            rate = view.getUint32(body + 4, true);
        } else if (tag(at) === "data" && rate > 0) {
            const samples = new Float32Array(Math.floor(Math.min(size, bytes.byteLength - body) / 2));
            for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(body + 2 * i, true) / 32768;
            return { samples, rate };
        }
        at = body + size + size % 2;
    }
    return null;
}

// The largest magnitude in each of `columns` equal parts: what a waveform shows.
export function outline(samples: Float32Array, columns: number): Float32Array {
    const heights = new Float32Array(columns);
    for (let i = 0; i < samples.length; i++) {
        const column = Math.min(Math.floor(i * columns / samples.length), columns - 1);
        heights[column] = Math.max(heights[column]!, Math.abs(samples[i]!));
    }
    return heights;
}
