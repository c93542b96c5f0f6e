// SPDX-License-Identifier: GPL-3.0-or-later
// The log view shows exactly the bytes of the file, however its pieces come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_LINES, LogFollower, blocksOf, isNearEnd, wholeLines } from "../src/train/log";
import type { LogFile } from "../src/train/log";

const bytes = (text: string) => new TextEncoder().encode(text).length;

// A log file, the pieces that a server would send of it, and what a view shows.
class Bench {
    job = "a";
    file = "";
    shown = "";
    reads = 0;
    slow: Promise<void> = Promise.resolve();
    readonly follower = new LogFollower(
        { clear: () => void (this.shown = ""), append: text => void (this.shown += text) },
        async (): Promise<LogFile> => {
            this.reads++;
            const { job, file } = this;
            await this.slow;
            return { job, text: file, size: bytes(file) };
        },
    );
    piece(text: string) {
        const offset = bytes(this.file);
        this.file += text;
        return { job: this.job, offset, next: bytes(this.file), text };
    }
    write(text: string) {
        this.follower.take(this.piece(text));
    }
}
const settle = () => new Promise(resolve => setTimeout(resolve, 5));

test("a thousand identical lines are a thousand lines", async () => {
    const bench = new Bench();
    await bench.follower.load();
    for (let i = 0; i < 1000; i++) bench.write("the same\n");
    assert.equal(bench.shown, "the same\n".repeat(1000));
    assert.equal(bench.reads, 1);
});

test("a piece that comes twice is shown once", async () => {
    const bench = new Bench();
    await bench.follower.load();
    const piece = bench.piece("once\n");
    bench.follower.take(piece);
    bench.follower.take(piece);
    assert.equal(bench.shown, "once\n");
});

test("pieces that come while the file is read are neither lost nor doubled", async () => {
    const bench = new Bench();
    bench.file = "before\n";
    let go = () => {};
    bench.slow = new Promise(resolve => (go = resolve));
    const loaded = bench.follower.load();
    const inFile = bench.piece("in the file or not\n"); // the file was read before it
    bench.follower.take(inFile);
    bench.write("after\n");
    go();
    await loaded;
    await settle();
    assert.equal(bench.shown, bench.file);
});

test("a lost piece makes the file be read again", async () => {
    const bench = new Bench();
    await bench.follower.load();
    bench.piece("lost\n");
    bench.write("seen ё\n");
    await settle();
    bench.write("and on\n");
    assert.equal(bench.shown, "lost\nseen ё\nand on\n");
    assert.equal(bench.reads, 2);
});

test("another training's log takes the place of the last one", async () => {
    const bench = new Bench();
    await bench.follower.load();
    bench.write("first run\n");
    bench.job = "b";
    bench.file = "";
    bench.write("second run\n");
    assert.equal(bench.shown, "second run\n");
    bench.job = "c"; // one whose beginning was missed
    bench.file = "third run\n";
    bench.write("goes on\n");
    await settle();
    assert.equal(bench.shown, "third run\ngoes on\n");
});

test("a log that cannot be read is read with the next piece", async () => {
    let fails = true,
        shown = "";
    const follower = new LogFollower({ clear: () => void (shown = ""), append: text => void (shown += text) }, () =>
        fails ? Promise.reject(new Error("no")) : Promise.resolve({ job: "a", text: "one\ntwo\n", size: 8 }),
    );
    await assert.rejects(follower.load());
    fails = false;
    follower.take({ job: "a", offset: 4, next: 8, text: "two\n" });
    await settle();
    assert.equal(shown, "one\ntwo\n");
});

test("an unfinished last line waits while the training runs", () => {
    const text = new TextEncoder().encode("whole\nhal");
    assert.equal(wholeLines(text, true).length, 6);
    assert.equal(wholeLines(text, false).length, 9);
    assert.equal(wholeLines(new TextEncoder().encode("hal"), true).length, 0);
});

test("blocks hold all of the text, in whole lines", () => {
    const lines = Array.from({ length: 3 * BLOCK_LINES + 7 }, (_, i) => `line ${i}\n`).join("");
    const blocks = blocksOf(lines, 100);
    assert.equal(blocks.map(block => block.text).join(""), lines);
    assert.equal(blocks[0]!.lines, 100);
    assert.ok(blocks.slice(1).every(block => block.lines <= BLOCK_LINES && block.text.endsWith("\n")));
    assert.deepEqual(blocksOf("", 10), []);
    assert.deepEqual(blocksOf("no end", 0), [{ text: "no end", lines: 1 }]);
});

test("the view goes along only within 40 px of the end", () => {
    const view = (scrollTop: number) => ({ scrollTop, clientHeight: 300, scrollHeight: 1000 });
    assert.ok(isNearEnd(view(700)));
    assert.ok(isNearEnd(view(660)));
    assert.ok(!isNearEnd(view(659)));
});
