// SPDX-License-Identifier: GPL-3.0-or-later
// The live test's logic: resampling, near misses, reasons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RATE, WINDOW, HOP } from "../device/device";
import type { Row } from "../device/device";
import { choiceOfManifest, choicesOf, chosenOf, fileOf } from "../src/live/choices";
import { columnsOf } from "../src/live/draw";
import { measure, reasonsOf } from "../src/live/explain";
import { Resampler } from "../src/live/resample";
import { Session, highestMean } from "../src/live/session";
import type { Choice } from "../src/live/session";
import { Watcher } from "../src/live/watch";
import type { Found } from "../src/live/watch";

const sine = (rate: number, hertz: number, seconds: number, loud = 0.5) =>
    Float32Array.from({ length: rate * seconds }, (_, i) => loud * Math.sin(2 * Math.PI * hertz * i / rate));
const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
const db = (ratio: number) => 20 * Math.log10(ratio);
let seed = 1;
const noise = (seconds: number, loud: number) => Float32Array.from({ length: seconds * RATE }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return loud * (seed / 2 ** 31 - 1);
});

test("resampling keeps what the front end hears: no delay, no change up to 7 kHz", () => {
    for (const rate of [8000, 11025, 22050, 32000, 44100, 48000, 96000])
        for (const hertz of [100, 1000, 3500, 7000].filter(each => each < 0.44 * rate)) {
            const made = new Resampler(rate).push(sine(rate, hertz, 0.5));
            const wanted = sine(RATE, hertz, 0.5).subarray(0, made.length);
            assert.ok(made.length > 0.48 * RATE && made.length <= 0.5 * RATE, `${rate} Hz gives ${made.length}`);
            const middle = (samples: Float32Array) => samples.subarray(1000, made.length - 1000);
            const wrong = rms(middle(made).map((sample, i) => sample - middle(wanted)[i]!)) / rms(middle(wanted));
            assert.ok(db(wrong) < -70, `${hertz} Hz from ${rate}: error ${db(wrong).toFixed(1)} dB`);
        }
});

test("resampling folds nothing back into the band", () => {
    for (const rate of [44100, 48000, 96000])
        for (const hertz of [8600, 12000, 15500, 20000]) {
            const made = new Resampler(rate).push(sine(rate, hertz, 0.5)).subarray(1000);
            assert.ok(db(rms(made) / (0.5 / Math.SQRT2)) < -75, `${hertz} Hz at ${rate}: ${db(rms(made)).toFixed(1)} dB`);
        }
});

test("resampling in chunks of any size is the same; 16 kHz passes as it is", () => {
    for (const rate of [11025, 44100, 48000]) {
        const input = noise(1, 0.5);
        const whole = new Resampler(rate).push(input);
        for (const size of [1, 128, 441, 1000]) {
            const resampler = new Resampler(rate), parts: number[] = [];
            for (let at = 0; at < input.length; at += size) parts.push(...resampler.push(input.subarray(at, at + size)));
            assert.deepEqual(Float32Array.from(parts), whole, `${rate} in chunks of ${size}`);
        }
    }
    const input = noise(0.1, 0.5);
    assert.deepEqual(new Resampler(RATE).push(input), input);
});

const row = (share: number, fired = false): Row => ({ byte: Math.round(255 * share), mean: share, fired });
const watch = (shares: (number | "fires")[], cutoff = 204): Found[] => {
    const watcher = new Watcher(cutoff);
    const found = shares.map(share => watcher.push(share === "fires" ? row(0.9, true) : row(share)));
    return [...found, watcher.finish()].filter(each => each !== null);
};
const still = (rows: number) => new Array<number>(rows).fill(0);

test("a near miss is a word that came to half of the cutoff: once, at its top", () => {
    assert.deepEqual(watch([0, 0.3, 0.39, 0.3, 0]), []);
    assert.deepEqual(watch([0, 0.41, 0.6, 0.7, 0.65, 0.3, 0.5, 0.1, 0]), [{ kind: "near", row: 3, mean: 0.7 }]);
    assert.deepEqual(watch([0.5, 0.1, 0.1, 0.6, 0]).map(each => each.row), [0, 3]);
    assert.deepEqual(watch([0, 0.5]), [{ kind: "near", row: 1, mean: 0.5 }], "cut off by the end of the file");
});

test("a word that fires is no near miss, nor is what is left of it afterwards", () => {
    assert.deepEqual(watch([0, 0.5, 0.7, "fires", 0.2, 0.6, 0.79, 0.3, 0]).map(each => each.kind), ["detection"]);
    assert.deepEqual(watch(["fires", ...still(50), 0.6, ...new Array<number>(80).fill(0.7), 0]).map(each => each.kind), ["detection"]);
    assert.deepEqual(watch(["fires", ...still(80), 0.6, 0]).map(each => each.kind), ["detection", "near"]);
});

test("reasons: what the sound lacks comes first, the model's doubt last", () => {
    const room = noise(10, 0.0005), word = sine(RATE, 300, 1);
    const reasons = (clip: Float32Array, around: Float32Array, share: number) => reasonsOf(measure(clip, around), share);
    assert.deepEqual(reasons(word, room, 0.1), ["unlike"]);
    assert.deepEqual(reasons(word, room, 0.8), ["close"]);
    assert.deepEqual(reasons(word, room, 1.1), ["waiting"]);
    assert.deepEqual(reasons(room.subarray(0, 2 * RATE), room, 0), ["silence"]);
    assert.deepEqual(reasons(new Float32Array(2 * RATE), new Float32Array(10 * RATE), 0), ["silence"]);
    assert.deepEqual(reasons(word.map(x => x / 100), room.map(x => x / 100), 0.1), ["quiet"]);
    assert.deepEqual(reasons(word.map(x => Math.max(-1, Math.min(1, 5 * x))), room, 0.1), ["clipped"]);
    const loud = noise(10, 0.2);
    assert.deepEqual(reasons(word.map((x, i) => x / 2 + loud[i]!), loud, 0.8), ["noisy", "close"]);
});

test("the highest mean of a window starts with zeros", () => {
    assert.equal(highestMean([255], 1), 1);
    assert.equal(highestMean([255], 5), 0.2);
    assert.equal(highestMean([0, 255, 255, 0, 0, 255], 2), 1);
    assert.equal(highestMean([], 5), 0);
});

const choices: Choice[] = [{ name: "slightly", cutoff: 240, window: 5 }, { name: "moderately", cutoff: 200, window: 5 },
                           { name: "very", cutoff: 100, window: 5 }];
// Feeds blocks of 40 ms whose rows have these means; three rows make an inference.
function listen(session: Session, sound: Float32Array, meanAt: (row: number) => number, firesAt = -1) {
    const found = [];
    let row = 0;
    for (let at = 0; at < sound.length; at += 640) {
        const end = Math.min(at + 640, sound.length), rows: Row[] = [];
        for (; row * HOP + WINDOW <= end; row++) {
            const mean = meanAt(row);
            rows.push({ byte: row % 3 === 2 ? Math.round(255 * mean) : -1, mean, fired: row === firesAt });
        }
        found.push(...session.take(sound.subarray(at, end), rows));
    }
    return found;
}
const bump = (top: number) => (row: number) => row >= 300 && row < 340 ? top : 0;

test("a session keeps two seconds for every finding, with the end of the word", () => {
    const session = new Session(choices, choices[1]!);
    const sound = Float32Array.from(noise(6, 0.1), (x, i) => Math.fround(x + i / 1e6));
    const found = listen(session, sound, bump(0.9), 310);
    assert.deepEqual(found.map(({ kind, row, mean }) => ({ kind, row, mean })), [{ kind: "detection", row: 310, mean: 0.9 }]);
    assert.equal(found[0]!.seconds, (310 * HOP + WINDOW) / RATE);
    const end = 310 * HOP + WINDOW + 4800;
    assert.deepEqual(found[0]!.clip, sound.slice(end - 2 * RATE, end));
    assert.deepEqual(found[0]!.reasons, []);
    assert.equal(session.rows, 598);
    assert.deepEqual(session.curve(309, 312), { first: 309, means: Float32Array.of(0.9, 0.9, 0.9) });
});

test("a near miss says which sensitivity would have woken, and a changed one counts from then on", () => {
    const session = new Session(choices, choices[1]!);
    const word = noise(6, 0.001);
    word.set(sine(RATE, 300, 0.5), 3 * RATE);
    const [near] = listen(session, word, bump(0.5));
    assert.equal(near!.kind, "near");
    assert.equal(near!.wouldWake, "very");
    assert.deepEqual(near!.reasons, ["close"]);
    const stricter = new Session(choices, choices[1]!);
    stricter.tune({ name: "own", cutoff: 255, window: 5 });
    assert.deepEqual(listen(stricter, word, bump(0.49)), []);
});

test("a miss that the person tells of has a clip and reasons at once", () => {
    const session = new Session(choices, choices[1]!);
    listen(session, noise(3, 0.0001), () => 0);
    const missed = session.missed();
    assert.deepEqual([missed.kind, missed.clip!.length, missed.reasons], ["missed", 2 * RATE, ["silence"]]);
    const heard = new Session(choices, choices[1]!);
    listen(heard, Float32Array.from([...noise(1, 0.0005), ...sine(RATE, 300, 2)]), row => row > 150 && row < 200 ? 0.9 : 0, 170);
    assert.equal(heard.findings.length, 1);
    assert.equal(heard.missed().mean, 0, "the word before, and what is left of it, is told already");
});

test("the end of a file completes what is open, and no clip is waited for", () => {
    const session = new Session(choices, choices[1]!);
    listen(session, noise(3.1, 0.1), row => row >= 290 ? 0.6 : 0);
    const [near] = session.finish();
    assert.equal(near!.kind, "near");
    assert.ok(near!.clip!.length > 1.7 * RATE && near!.clip!.length <= 2 * RATE);
});

test("sensitivities: the model's levels, or the cutoff of its manifest as the firmware makes it a byte", () => {
    const levels = choicesOf({ very: { cutoff_byte: 162, window: 5 }, slightly: { cutoff_byte: 240, window: 4 } });
    assert.deepEqual(levels, [{ name: "slightly", cutoff: 240, window: 4 }, { name: "very", cutoff: 162, window: 5 }]);
    assert.equal(chosenOf(levels, "very"), levels[1]);
    assert.equal(chosenOf(levels, "moderately"), levels[0]);
    assert.equal(chosenOf(choices, null)!.name, "moderately");
    assert.deepEqual(choiceOfManifest({ micro: { probability_cutoff: 0.97, sliding_window_size: 5 } }), { name: "own", cutoff: 247, window: 5 });
    assert.deepEqual(choiceOfManifest({ micro: { probability_cutoff: 0.5, sliding_window_average_size: 10 } })!.window, 10);
    for (const odd of [null, {}, { micro: { probability_cutoff: "1" } }, 5]) assert.equal(choiceOfManifest(odd), null);
    assert.equal(fileOf({ run: "2026 ä", id: "jarvis" }, "tflite"), "/models/2026%20%C3%A4/jarvis.tflite");
});

test("the curve shows the highest mean of each column, and a row over as many columns as it lasts", () => {
    const means = Float32Array.of(0.1, 0.9, 0.2, 0.3);
    assert.deepEqual([...columnsOf({ from: 0, to: 4, first: 0, means }, 2)], [0.9, 0.3].map(Math.fround));
    assert.deepEqual([...columnsOf({ from: 0, to: 2, first: 0, means: means.slice(0, 2) }, 4)], [0.1, 0.1, 0.9, 0.9].map(Math.fround));
    assert.deepEqual([...columnsOf({ from: -2, to: 2, first: 0, means: means.slice(0, 2) }, 4)], [NaN, NaN, ...[0.1, 0.9].map(Math.fround)]);
    assert.deepEqual([...columnsOf({ from: 1, to: 3, first: 0, means }, 2)], [0.9, 0.2].map(Math.fround), "rows outside are left out");
});
