// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

interface Processor {
    port: { onmessage: (() => void) | null };
    process(inputs: Float32Array[][]): boolean;
}

// The audio thread as a worklet sees it; what is posted is moved away, as there.
const posted: Float32Array[] = [];
let Capture: (new () => Processor) | null = null;
Object.assign(globalThis, {
    sampleRate: 44_100,
    registerProcessor: (_name: string, processor: new () => Processor) => { Capture = processor; },
    AudioWorkletProcessor: class {
        port = { onmessage: null, postMessage: (block: Float32Array, transfer: ArrayBuffer[]) =>
            posted.push(structuredClone(block, { transfer })) };
    },
});
await import("../src/recorder/capture-worklet");

test("every sample reaches the page, in order, the mean of the channels", () => {
    const capture = new Capture!();
    const samples = Float32Array.from({ length: 128 * 100 }, (_, i) => i / 20_000);
    for (let i = 0; i < samples.length; i += 128) {
        const part = samples.subarray(i, i + 128);
        assert.equal(capture.process([[part.map(value => value + 0.25), part.map(value => value - 0.25)]]), true);
    }
    const got = posted.flatMap(block => [...block]);
    assert.equal(got.length, Math.floor(samples.length / 882) * 882);
    assert.ok(posted.every(block => block.length === 882));
    got.forEach((value, i) => assert.ok(Math.abs(value - samples[i]!) < 1e-6));
});

test("without a microphone it goes on; told to stop it ends", () => {
    const capture = new Capture!();
    assert.equal(capture.process([[]]), true);
    capture.port.onmessage!();
    assert.equal(capture.process([[]]), false);
});
