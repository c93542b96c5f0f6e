// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { backOff, type PendingTake, UploadError, Uploader } from "../src/recorder/uploader";

const settle = () => new Promise<void>(done => setImmediate(done));

// An uploader against a server that answers each attempt as `answers` says, then always well.
function rig(...answers: (Error | null)[]) {
    const sent: string[] = [], saved: string[] = [], waits: number[] = [];
    let due: (() => void) | null = null;
    const name = (take: PendingTake) => `${take.speaker}/${take.take}`;
    const uploader = new Uploader<string>({
        send: async take => {
            sent.push(name(take));
            const failure = answers.shift();
            if (failure) throw failure;
            return name(take);
        },
        saved: (_take, answer) => saved.push(answer),
        changed: () => {},
        later: (milliseconds, action) => {
            waits.push(milliseconds);
            due = action;
            return () => { due = null; };
        },
    });
    const add = (take: number) => uploader.add({ speaker: 1, take }, "jarvis", new ArrayBuffer(8), {});
    return { uploader, sent, saved, waits, add, pass: async () => { due?.(); await settle(); } };
}

test("B9: the server answers 500 once: the take keeps its place and its audio, and arrives at the second attempt", async () => {
    const { uploader, sent, saved, add, pass } = rig(new UploadError("Disk is full", 500));
    add(3);
    await settle();
    assert.deepEqual(saved, []);
    assert.equal(uploader.failing, true);
    assert.equal(uploader.pending[0]?.failure, "Disk is full");
    assert.equal(uploader.pending[0]?.wav.byteLength, 8);
    await pass();
    assert.deepEqual([sent, saved, uploader.pending.length, uploader.failing], [["1/3", "1/3"], ["1/3"], 0, false]);
});

test("B9: nothing is lost while the network is away, and the order stays", async () => {
    const { uploader, saved, waits, add, pass } = rig(...Array.from({ length: 8 }, () => new TypeError("Failed to fetch")));
    add(1);
    await settle();
    add(2);
    add(3);
    await settle();
    for (let i = 0; i < 8; i++) await pass();
    assert.deepEqual(saved, ["1/1", "1/2", "1/3"]);
    assert.equal(uploader.pending.length, 0);
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    assert.equal(backOff(1), 1000);
});

test("the button tries at once", async () => {
    const { uploader, saved, add } = rig(new TypeError("Failed to fetch"));
    add(1);
    await settle();
    uploader.retry();
    await settle();
    assert.deepEqual(saved, ["1/1"]);
});

test("what the server refuses is not sent again by itself, holds nothing up, and can be retried or thrown away", async () => {
    const refusal = () => new UploadError("Empty/invalid file", 400);
    const { uploader, sent, saved, waits, add } = rig(refusal(), null, refusal());
    add(1);
    add(2);
    await settle();
    assert.deepEqual([sent, saved, waits], [["1/1", "1/2"], ["1/2"], []]);
    assert.equal(uploader.failing, true);
    uploader.retry();
    await settle();
    assert.equal(sent.length, 3);
    uploader.discard(uploader.pending[0]!);
    assert.deepEqual([uploader.pending.length, uploader.failing], [0, false]);
});

test("too many requests is not a refusal", async () => {
    const { saved, add, pass } = rig(new UploadError("Later, please", 429));
    add(1);
    await settle();
    await pass();
    assert.deepEqual(saved, ["1/1"]);
});
