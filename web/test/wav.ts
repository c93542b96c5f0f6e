// SPDX-License-Identifier: GPL-3.0-or-later
// Wav files in tests: 16 kHz, mono, 16 bit.

// The samples; other chunks may stand before them.
export function samplesOf(file: Uint8Array): Int16Array {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    let at = 12;
    while (view.getUint32(at) !== 0x64617461) at += 8 + ((view.getUint32(at + 4, true) + 1) & ~1); // "data"
    const size = view.getUint32(at + 4, true);
    return new Int16Array(new Uint8Array(file.subarray(at + 8, at + 8 + size)).buffer); // a copy: slice of a Buffer is none
}

export function wavOf(samples: Int16Array): Uint8Array {
    const file = Buffer.alloc(44 + samples.byteLength);
    file.write("RIFF", 0);
    file.writeUInt32LE(36 + samples.byteLength, 4);
    file.write("WAVEfmt ", 8);
    file.writeUInt32LE(16, 16);
    file.writeUInt16LE(1, 20); // integers
    file.writeUInt16LE(1, 22);
    file.writeUInt32LE(16000, 24);
    file.writeUInt32LE(32000, 28);
    file.writeUInt16LE(2, 32);
    file.writeUInt16LE(16, 34);
    file.write("data", 36);
    file.writeUInt32LE(samples.byteLength, 40);
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).copy(file, 44);
    return file;
}
