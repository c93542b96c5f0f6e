// SPDX-License-Identifier: GPL-3.0-or-later
// The WebAssembly build of the device chain gives the bytes of the device (golden data) and of the program.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CHANNELS, Device, RATE, toInt16 } from "../device/device";
import { samplesOf, wavOf } from "./wav";

const folder = mkdtempSync(join(tmpdir(), "wakesmith-device-"));
const wasm = join(folder, "device.wasm");
const built = spawnSync("device/build.sh", [wasm], { encoding: "utf8" });
const module = built.status === 0 ? new WebAssembly.Module(readFileSync(wasm)) : undefined;
const noModule = module ? false : "skipped: device/build.sh fails; are clang, lld and wasi-libc installed?";

const golden = join(process.env.WAKESMITH_SHARED ?? "../../shared", "data/golden");
const noGolden = noModule || (existsSync(golden) ? false : "skipped: no ../shared");
const program = process.env.WAKESMITH_PROGRAM ?? "../build/wakesmith";
const noProgram = noModule || (existsSync(program) ? false : "skipped: the program is not built");

const NEVER = 255; // a cutoff that no mean is above, so that the ring is never cleared
const WINDOW = 5;
const models = ["alexa", "computer", "hey_jarvis", "hey_mycroft", "okay_nabu", "okay_computer", "vad"];
const read = (...path: string[]) => new Uint8Array(readFileSync(join(golden, ...path)));
const wavNames = () => readdirSync(join(golden, "wav")).map(name => name.replace(/\.wav$/, ""));

function* chunksOf(samples: Int16Array, size: number) {
    for (let at = 0; at < samples.length; at += size) yield samples.subarray(at, at + size);
}

// Noise that rises and falls, from a fixed seed: something for every part of the chain to do.
function synthetic(seconds: number): Int16Array {
    let seed = 1;
    const samples = new Float32Array(seconds * RATE);
    for (let i = 0; i < samples.length; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        const loud = 0.5 * Math.sin(i / 3000) ** 4;
        samples[i] = loud * (seed / 2 ** 31 - 1 + Math.sin(i * i / 4e5)) / 2;
    }
    return toInt16(samples);
}

function run(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return { status, stdout, stderr };
}

test("features are the device's, byte for byte, in chunks of any size", { skip: noGolden }, () => {
    const device = new Device(module!);
    const names = wavNames();
    assert.equal(names.length, 21);
    for (const [i, name] of names.entries()) {
        const samples = samplesOf(read("wav", `${name}.wav`));
        const size = [1, 160, 161, 1001, 1 << 20][i % 5]!;
        device.reset();
        const rows = [...chunksOf(samples, size)].map(chunk => device.features(chunk));
        const bytes = Buffer.concat(rows.map(part => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
        assert.ok(bytes.equals(read("features", `${name}.u16`)), `features of ${name}`);
    }
    device.close();
});

test("output bytes are the device's, for all published models and recordings", { skip: noGolden }, () => {
    const device = new Device(module!);
    const chunks = [160, 128, 1001, 1, 1 << 20];
    let seconds = 0, inferences = 0;
    const began = performance.now();
    for (const [m, model] of models.entries()) {
        device.load(read("models", `${model}.tflite`), NEVER, WINDOW);
        for (const [i, name] of wavNames().entries()) {
            const samples = samplesOf(read("wav", `${name}.wav`));
            device.reset();
            const bytes: number[] = [];
            for (const chunk of chunksOf(samples, chunks[(m + i) % chunks.length]!))
                for (const row of device.push(chunk)) if (row.byte >= 0) bytes.push(row.byte);
            assert.ok(Buffer.from(bytes).equals(read("outputs", `${name}.${model}.u8`)), `${name} heard by ${model}`);
            seconds += samples.length / RATE;
            inferences += bytes.length;
        }
    }
    const took = (performance.now() - began) / 1000;
    console.log(`    ${inferences} inferences, ${(seconds / took).toFixed(0)} x real time`);
    device.close();
});

test("detections are those of the program, to the row", { skip: noGolden || noProgram }, () => {
    const device = new Device(module!);
    for (const model of models) {
        const file = join(golden, "models", `${model}.tflite`);
        const micro = JSON.parse(readFileSync(file.replace(/tflite$/, "json"), "utf8")).micro;
        const wavs = wavNames().map(name => join(golden, "wav", `${name}.wav`));
        const answer = JSON.parse(run("detect", file, ...wavs, "--json").stdout);
        device.load(new Uint8Array(readFileSync(file)), Math.floor(micro.probability_cutoff * 255),
                    micro.sliding_window_size ?? micro.sliding_window_average_size);
        for (const [i, wav] of wavs.entries()) {
            device.reset();
            const rows = device.push(samplesOf(new Uint8Array(readFileSync(wav))));
            const fired = rows.flatMap((row, at) => row.fired ? [at] : []);
            const expected = answer.files[i].detections.map((hit: { row: number }) => hit.row);
            assert.deepEqual(fired, expected, `${wav} heard by ${model}`);
        }
    }
    device.close();
});

test("small and broken models: the same bytes or the same sentence as the program", { skip: noProgram }, () => {
    const corpus = "../fuzz/corpus/tflite";
    const samples = synthetic(4);
    const wav = join(folder, "synthetic.wav"), npy = join(folder, "synthetic.npy");
    writeFileSync(wav, wavOf(samples));
    assert.equal(run("features", wav, "--output", npy).status, 0);
    const device = new Device(module!);
    const rows = device.features(samples);
    assert.equal(rows.length, (samples.length / 160 - 2) * CHANNELS);
    const npyBytes = readFileSync(npy);
    assert.ok(npyBytes.subarray(npyBytes.length - rows.byteLength).equals(Buffer.from(rows.buffer)), "features");
    let ran = 0, refused = 0;
    for (const name of readdirSync(corpus)) {
        const { status, stdout, stderr } = run("infer", join(corpus, name), npy);
        let sentence = "";
        try {
            device.load(new Uint8Array(readFileSync(join(corpus, name))), NEVER, WINDOW);
        } catch (error) {
            sentence = (error as Error).message;
        }
        assert.equal(sentence === "", status === 0, `${name}: ${sentence || "loaded"}; the program: ${stderr}`);
        if (sentence) {
            assert.ok(stderr.includes(sentence), `${name}: "${sentence}" is not in "${stderr}"`);
            refused++;
        } else {
            const bytes = device.push(samples).flatMap(row => row.byte >= 0 ? [row.byte] : []);
            assert.deepEqual(bytes, stdout.trim().split("\n").map(Number), name);
            ran++;
        }
    }
    assert.ok(ran >= 1 && refused >= 5, `${ran} ran, ${refused} were refused`);
    device.close();
});

test("the file is small", { skip: noModule }, () => {
    assert.ok(readFileSync(wasm).length < 150_000);
});

test("another cutoff counts from the next row on; a reset begins afresh", { skip: noGolden }, () => {
    const device = new Device(module!);
    const samples = samplesOf(read("wav", "alexa_1.wav"));
    device.load(read("models", "alexa.tflite"), NEVER, WINDOW);
    const fires = () => device.push(samples).some(row => row.fired);
    assert.equal(fires(), false);
    device.tune(Math.floor(0.9 * 255), WINDOW);
    device.reset();
    assert.equal(fires(), true);
    device.tune(Math.floor(0.9 * 255), 3);
    device.reset();
    const means = device.push(samples).map(row => row.mean);
    assert.ok(means.every(mean => mean >= 0 && mean <= 1) && means.some(mean => mean > 0.9));
    device.close();
});

test("samples keep their values on the way through floats", () => {
    const all = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
    assert.deepEqual(toInt16(Float32Array.from(all, value => value / 32768)), all);
    assert.deepEqual([...toInt16(Float32Array.of(1, -1, 2, -2))], [32767, -32768, 32767, -32768]);
});
