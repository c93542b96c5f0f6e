// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { FileQueue, isSound } from "../src/recorder/file-queue";

const file = (name: string, size = 100) => ({ name, size, type: "" }) as File;
const settle = () => new Promise<void>(done => setImmediate(done));

test("each file has its row; one that fails holds no other up and can be tried again; two go at once", async () => {
    let together = 0, most = 0, broken = true;
    const queue = new FileQueue(async ({ name }) => {
        most = Math.max(most, ++together);
        await settle();
        together--;
        if (name === "b.wav" && broken) throw new Error("b.wav is not a sound file");
        return { message: "", badges: name === "c.wav" ? ["noisy"] : [] };
    }, () => {}, () => "too large");
    queue.add(["a.wav", "b.wav", "c.wav", "d.wav"].map(name => file(name)).concat(file("e.wav", 11e6)));
    assert.equal(queue.busy, true);
    for (let i = 0; i < 10; i++) await settle();
    assert.deepEqual(queue.rows.map(row => row.state), ["done", "failed", "done", "done", "failed"]);
    assert.deepEqual(queue.rows.map(row => row.note), ["", "b.wav is not a sound file", "", "", "too large"]);
    assert.deepEqual(queue.rows[2]!.faults, ["noisy"]);
    assert.deepEqual([queue.done, queue.busy, most], [5, false, 2]);
    broken = false;
    queue.retry();
    for (let i = 0; i < 5; i++) await settle();
    assert.equal(queue.rows[1]!.state, "done");
    assert.equal(queue.rows[1]!.note, "");
    assert.equal(queue.rows[4]!.state, "failed");
    queue.add([file("f.wav")]);
    assert.deepEqual(queue.rows.map(row => row.file.name), ["f.wav"]);
});

test("sounds are known by their type or their name", () => {
    for (const name of ["a.wav", "B.FLAC", "c.m4a", "d.webm"]) assert.ok(isSound({ name, type: "" }), name);
    assert.ok(isSound({ name: "noname", type: "audio/x-wav" }));
    for (const name of ["readme.txt", "wav", ".DS_Store"]) assert.ok(!isSound({ name, type: "" }), name);
});
