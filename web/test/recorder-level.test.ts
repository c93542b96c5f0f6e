// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { decibels, NoiseFloor, onMeter, peak, rms } from "../src/recorder/level";

const tone = (seconds: number, amplitude: number, rate = 48_000, hertz = 440) =>
    Float32Array.from({ length: seconds * rate }, (_, i) => amplitude * Math.sin(2 * Math.PI * hertz * i / rate));

test("B11: the level of a tone of -50 dBFS is right within 0.5 dB, in every 20 ms", () => {
    for (const rate of [16_000, 44_100, 48_000]) {
        const samples = tone(1, 10 ** (-50 / 20), rate);
        const frame = Math.round(rate / 50);
        for (let at = 0; at + frame <= samples.length; at += frame) {
            const level = decibels(rms(samples.subarray(at, at + frame)) * Math.SQRT2); // of a sine's peak
            assert.ok(Math.abs(level + 50) < 0.5, `${level} dB at ${rate} Hz`);
        }
    }
});

test("an offset of the microphone is not loud", () => {
    assert.ok(rms(new Float32Array(960).fill(0.3)) < 1e-3);
    assert.equal(peak(Float32Array.of(0.1, -0.4, 0.2)), Math.fround(0.4));
});

test("the meter runs from -60 dBFS to full scale", () => {
    assert.equal(onMeter(0), 0);
    assert.equal(onMeter(1), 1);
    assert.ok(Math.abs(onMeter(10 ** (-30 / 20)) - 0.5) < 1e-9);
});

test("the noise floor is the room's level, not the speech's, and follows the room", () => {
    const floor = new NoiseFloor(150);
    for (let i = 0; i < 300; i++) floor.add(i % 3 === 0 ? 0.01 : 0.2); // speech two thirds of the time
    assert.ok(Math.abs(floor.level - 0.01) < 1e-6);
    for (let i = 0; i < 150; i++) floor.add(0.05); // a fan
    assert.ok(Math.abs(floor.level - 0.05) < 1e-6);
});
