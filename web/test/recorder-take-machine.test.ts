// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_SETTINGS, type Take, type TakeEvent, TakeMachine, type TakeSettings } from "../src/recorder/take-machine";

const RATE = 48_000;
const at = (milliseconds: number) => Math.round(RATE * milliseconds / 1000);

// Noise that is the same every time.
function noise(length: number, level: number, seed = 1): Float32Array {
    let state = seed;
    return Float32Array.from({ length }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state / 2 ** 31 - 1) * Math.sqrt(3) * level;
    });
}

// A room of the given length and level with bursts of [from ms, to ms, level].
function scene(milliseconds: number, room: number, ...bursts: [number, number, number][]): Float32Array {
    const samples = noise(at(milliseconds), room);
    for (const [from, to, level] of bursts) samples.set(noise(at(to) - at(from), level, 7), at(from));
    return samples;
}

function hear(samples: Float32Array, settings: Partial<TakeSettings> = {}, block = 1024): TakeEvent[] {
    const machine = new TakeMachine(RATE, { ...DEFAULT_SETTINGS, ...settings });
    const events: TakeEvent[] = [];
    for (let i = 0; i < samples.length; i += block) events.push(...machine.push(samples.subarray(i, i + block)));
    return events;
}
const takesIn = (events: TakeEvent[]): Take[] => events.flatMap(event => event.kind === "take" ? [event.take] : []);
const reasonsIn = (events: TakeEvent[]) => events.flatMap(event => event.kind === "rejected" ? [event.reason] : []);

test("B8: a take holds all of the word, and at least 300 ms before its first sample", () => {
    const samples = scene(4000, 0.0005, [1500, 1700, 0.012], [1700, 2300, 0.2]); // a soft "s", then the voice
    const [take, ...more] = takesIn(hear(samples));
    assert.ok(take);
    assert.equal(more.length, 0);
    assert.ok(take.start <= at(1500) - at(300), `begins ${(take.start - at(1500)) / 48} ms from the onset`);
    assert.ok(take.start + take.samples.length >= at(2300));
    assert.deepEqual(take.samples, samples.slice(take.start, take.start + take.samples.length));
    const first = take.samples.findIndex(sample => Math.abs(sample) > 0.002);
    assert.ok(Math.abs(take.start + first - at(1500)) < 100, "the first sample above the noise is the onset");
});

test("B8: the lead holds when the word comes as early as it may", () => {
    const events = hear(scene(3000, 0.0005, [640, 1300, 0.2]));
    assert.equal(events[0]?.kind, "waiting");
    const [take] = takesIn(events);
    assert.ok(take && take.trigger - take.start >= at(300));
});

test("B7: what is kept after the word does not depend on the silence that ended it", () => {
    const samples = scene(6000, 0.0005, [1500, 2100, 0.2]);
    for (const silenceMs of [500, 900, 2000]) {
        const [take] = takesIn(hear(samples, { silenceMs }));
        const tail = (take!.start + take!.samples.length - at(2100)) / 48;
        assert.ok(Math.abs(tail - 400) <= 20, `${tail} ms`);
    }
});

test("takes follow each other, each with its own word", () => {
    const words: [number, number, number][] = [[1000, 1600, 0.2], [3600, 4300, 0.1], [6300, 6900, 0.3]];
    const takes = takesIn(hear(scene(9000, 0.001, ...words)));
    assert.equal(takes.length, 3);
    takes.forEach((take, i) => {
        const [from, to] = words[i]!;
        assert.ok(take.start <= at(from) - at(300) && take.start + take.samples.length >= at(to));
        assert.ok(Math.abs(take.voicedMs - (to - from)) <= 40);
    });
});

test("B10: a click and a cough of 80 ms are rejected, and soon enough not to swallow the word after", () => {
    assert.deepEqual(reasonsIn(hear(scene(3000, 0.0005, [1500, 1502, 0.9]))), ["click"]);
    assert.deepEqual(reasonsIn(hear(scene(3000, 0.0005, [1500, 1580, 0.5]))), ["click"]);
    assert.deepEqual(reasonsIn(hear(scene(4000, 0.0005, [1500, 1520, 0.9], [1780, 1800, 0.9]))), ["click"]);
    const events = hear(scene(5000, 0.0005, [1500, 1580, 0.5], [2000, 2600, 0.2]));
    assert.equal(reasonsIn(events).length, 1);
    assert.equal(takesIn(events).length, 1);
    assert.ok(takesIn(events)[0]!.trigger >= at(1980));
});

test("B10: the minimum counts the voice, not the silence after it", () => {
    const short = scene(4000, 0.0005, [1500, 1700, 0.2]);
    assert.deepEqual(reasonsIn(hear(short)), ["too_short"]);
    assert.deepEqual(reasonsIn(hear(short, { silenceMs: 2000 })), ["too_short"]);
    assert.equal(takesIn(hear(short, { minimumMs: 450 })).length, 1);
    assert.deepEqual(reasonsIn(hear(scene(4000, 0.0005, [1500, 1740, 0.2]))), ["too_short"]); // with 400 ms around it
    assert.equal(takesIn(hear(scene(4000, 0.0005, [1500, 1760, 0.2]))).length, 1);
    assert.deepEqual(reasonsIn(hear(scene(4000, 0.0005, [1500, 2200, 0.2]), { minimumMs: 1200 })), ["too_short"]);
});

test("B10: constant noise stops at the maximum and then no longer starts a take", () => {
    const samples = scene(20_000, 0.0005, [1500, 20_000, 0.1]);
    const events = hear(samples);
    assert.deepEqual(reasonsIn(events), ["too_long"]);
    assert.equal(takesIn(events).length, 0);
    assert.equal(events.filter(event => event.kind === "recording").length, 1);
    assert.equal(events.at(-1)?.kind, "waiting");
    assert.deepEqual(reasonsIn(hear(samples, { maximumMs: 2000 }))[0], "too_long");
});

test("the start level rises above the room's noise, where a voice still reaches it", () => {
    const room = scene(8000, 0.03, [4000, 4700, 0.3]); // louder than the slider's 0.02 all the time
    const events = hear(room);
    assert.equal(takesIn(events).length, 1);
    assert.deepEqual(reasonsIn(events), []);
    const machine = new TakeMachine(RATE);
    machine.push(noise(at(3000), 0.03));
    assert.ok(Math.abs(machine.startLevel - 0.09) < 0.01, `${machine.startLevel}`);
    machine.push(noise(at(3000), 0.0005));
    assert.ok(Math.abs(machine.startLevel - 0.02) < 1e-6);
});

test("a pause within the word does not end it; the silence that was chosen does", () => {
    const samples = scene(6000, 0.0005, [1500, 1800, 0.2], [2400, 2800, 0.2]);
    assert.equal(takesIn(hear(samples)).length, 1);
    assert.equal(takesIn(hear(samples, { silenceMs: 500, minimumMs: 500 })).length, 2);
});

test("a voice that stays below the start level is told to come closer", () => {
    const kinds = hear(scene(4000, 0.0005, [1500, 2200, 0.01])).map(event => event.kind);
    assert.deepEqual(kinds, ["waiting", "too_soft"]);
});

test("the size of the blocks changes nothing", () => {
    const samples = scene(9000, 0.001, [1000, 1600, 0.2], [3600, 3650, 0.4], [6300, 6900, 0.3]);
    const one = hear(samples, {}, 128);
    for (const block of [1, 997, 4096, samples.length]) assert.deepEqual(hear(samples, {}, block), one);
});

test("resting forgets the take that began", () => {
    const machine = new TakeMachine(RATE);
    machine.push(scene(2000, 0.0005, [1500, 2000, 0.2]));
    assert.equal(machine.state, "recording");
    machine.rest();
    assert.deepEqual(machine.push(scene(1500, 0.0005)).map(event => event.kind), ["waiting"]);
});
