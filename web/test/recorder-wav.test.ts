// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeWav, encodeWav, outline } from "../src/recorder/wav";

test("a take is a float wav with exactly the microphone's samples", () => {
    const bytes = encodeWav(Float32Array.of(0, 0.5, -1), 44_100);
    const view = new DataView(bytes);
    assert.equal(Buffer.from(bytes, 0, 4).toString() + Buffer.from(bytes, 8, 8).toString(), "RIFFWAVEfmt ");
    assert.deepEqual([20, 22, 34].map(at => view.getUint16(at, true)), [3, 1, 32]);
    assert.deepEqual([4, 24, 28, 40].map(at => view.getUint32(at, true)), [bytes.byteLength - 8, 44_100, 176_400, 12]);
    assert.deepEqual([44, 48, 52].map(at => view.getFloat32(at, true)), [0, 0.5, -1]);
});

test("the server's 16-bit wav is read, further chunks are stepped over, anything else is null", () => {
    const plain = Buffer.alloc(44 + 4 + 10 + 4);
    plain.write("RIFF", 0);
    plain.write("WAVEfmt ", 8);
    plain.writeUInt32LE(16, 16);
    [1, 1].forEach((value, i) => plain.writeUInt16LE(value, 20 + 2 * i));
    plain.writeUInt32LE(16_000, 24);
    plain.writeUInt16LE(16, 34);
    plain.write("LIST", 36);
    plain.writeUInt32LE(5, 40); // odd: a byte of padding follows
    plain.write("data", 50);
    plain.writeUInt32LE(4, 54);
    plain.writeInt16LE(-16384, 58);
    plain.writeInt16LE(8192, 60);
    const bytes = new Uint8Array(plain).buffer;
    const clip = decodeWav(bytes);
    assert.deepEqual([clip?.rate, [...clip!.samples]], [16_000, [-0.5, 0.25]]);
    for (let length = 0; length < 58; length++) assert.equal(decodeWav(bytes.slice(0, length)), null);
    assert.equal(decodeWav(encodeWav(new Float32Array(4), 16_000)), null);
});

test("the outline shows the loudest of each part", () => {
    assert.deepEqual([...outline(Float32Array.of(0, -0.5, 0.25, 1, 0, 0), 3)], [0.5, 1, 0]);
    assert.equal(outline(new Float32Array(0), 4).length, 4);
});
