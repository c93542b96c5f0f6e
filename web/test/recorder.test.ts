// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MicrophoneEvents } from "../src/recorder/microphone";
import { planTakes } from "../src/recorder/plan";
import { Recorder } from "../src/recorder/recorder";
import { DEFAULT_SETTINGS } from "../src/recorder/take-machine";
import { UploadError } from "../src/recorder/uploader";

const RATE = 16_000;
const settle = () => new Promise<void>(done => setImmediate(done));
const silence = (ms: number) => new Float32Array(RATE * ms / 1000);
const word = (ms: number) => Float32Array.from({ length: RATE * ms / 1000 }, (_, i) => 0.3 * Math.sin(i / 5));

// A recorder for `speakers` x `takes` with a server that fails as `failures` says, and a microphone that is spoken to.
function rig(speakers: number, takes: number, ...failures: Error[]) {
    const items: { speaker_index: number; take_index: number }[] = [];
    let events: MicrophoneEvents | null = null, open = false;
    const recorder = new Recorder<(typeof items)[number]>({
        word: () => "jarvis",
        plan: () => planTakes(items, speakers, takes),
        send: async take => {
            const failure = failures.shift();
            if (failure) throw failure;
            return { speaker_index: take.speaker, take_index: take.take };
        },
        saved: item => items.push(item),
        changed() {},
        meter() {},
        microphone: given => {
            events = given;
            return { rate: RATE, settings: {}, start: async () => (open = true), stop: () => { open = false; } };
        },
        settings: DEFAULT_SETTINGS,
    });
    const hear = (samples: Float32Array) => { if (open) events!.block(samples); };
    const say = async (ms: number) => {
        for (const part of [silence(1000), word(ms), silence(1000)]) hear(part);
        await settle();
    };
    return { recorder, items, hear, say, isOpen: () => open, pull: () => events!.lost() };
}

test("takes follow each other until the speaker is done; then the microphone is off", async () => {
    const { recorder, items, say, isOpen } = rig(2, 3);
    await recorder.begin(1, "");
    for (let i = 1; i <= 3; i++) {
        assert.deepEqual(recorder.slot, { speaker: 1, take: i });
        await say(600);
    }
    assert.equal(items.length, 3);
    assert.deepEqual(recorder.notice, { kind: "speaker_done", speaker: 1 });
    assert.deepEqual([recorder.phase, isOpen()], ["off", false]);
    await recorder.begin(2, "");
    await say(600);
    assert.deepEqual(items.at(-1), { speaker_index: 2, take_index: 1 });
    assert.equal(recorder.notice?.kind, "saved");
});

test("B9: an upload that fails leaves the counter where it is, and recording rests until it is saved", async () => {
    const { recorder, items, say } = rig(1, 3, new UploadError("no room", 507));
    await recorder.begin(1, "");
    await say(600);
    assert.deepEqual([recorder.phase, items.length, recorder.notice], ["resting", 0, null]);
    await say(600); // not kept: it would be a take that nobody counts
    assert.equal(recorder.uploader.pending.length, 1);
    recorder.uploader.retry();
    await settle();
    assert.deepEqual(items, [{ speaker_index: 1, take_index: 1 }]);
    assert.deepEqual(recorder.slot, { speaker: 1, take: 2 });
    await say(600);
    assert.equal(items.length, 2);
});

test("one take can be recorded again, and nothing else with it", async () => {
    const { recorder, items, say } = rig(1, 3);
    items.push({ speaker_index: 1, take_index: 1 });
    await recorder.begin(1, "", { speaker: 1, take: 1 });
    await say(600);
    assert.deepEqual([items.length, items[1], recorder.phase], [2, { speaker_index: 1, take_index: 1 }, "off"]);
});

test("what was rejected is said and does not count", async () => {
    const { recorder, items, say } = rig(1, 3);
    await recorder.begin(1, "");
    await say(150);
    assert.deepEqual(recorder.notice, { kind: "rejected", reason: "too_short" });
    assert.deepEqual([items.length, recorder.phase], [0, "waiting"]);
});

test("a lost microphone ends recording with its reason", async () => {
    const { recorder, pull } = rig(1, 3);
    await recorder.begin(1, "");
    pull();
    assert.deepEqual([recorder.phase, recorder.notice], ["off", { kind: "fault", fault: "lost" }]);
});
