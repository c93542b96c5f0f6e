// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import test from "node:test";
import type { Recording } from "../src/api-types";
import { PAGE_SIZE, heard, lengthOf, newestDeleted, ordered, pageOf, scoreOf, tabOf, wordsOf } from "../src/screens/samples/list";

const recording = (name: string, given: Partial<Recording> = {}): Recording =>
    ({ saved_as: name, wake_word: "jarvis", created_at: "2026-05-05T10:00:00Z", seconds: 2, trim_start_s: 0, trim_end_s: 2, trimmed: false,
       audio_url: `/api/audio/captured/${name}`, ...given }) as Recording;

test("fifty are shown at a time, and every one of them once", () => {
    const all = Array.from({ length: 123 }, (_, index) => index);
    assert.equal(PAGE_SIZE, 50);
    assert.deepEqual([0, 1, 2].flatMap(page => pageOf(all, page).items), all);
    assert.equal(pageOf(all, 2).pages, 3);
    assert.equal(pageOf(all, 2).first, 101);
});

test("a page that is no longer there is the last one", () => {
    assert.deepEqual(pageOf([1, 2, 3], 7), { items: [1, 2, 3], page: 0, pages: 1, first: 1 });
    assert.deepEqual(pageOf([], 3), { items: [], page: 0, pages: 1, first: 1 });
});

test("the surest come first, those without a score last and newest first", () => {
    const items = [recording("none_old", { created_at: "2026-05-01T10:00:00Z" }), recording("low", { max_probability: 0.2 }), recording("none_new"),
                   recording("byte", { max_probability: 250 }), recording("high", { max_probability: 0.99 })];
    assert.deepEqual(ordered(items, "score").map(item => item.saved_as), ["high", "byte", "low", "none_new", "none_old"]);
    assert.equal(ordered(items, "newest").at(-1)!.saved_as, "none_old");
    assert.equal(items[0]!.saved_as, "none_old", "the given list stays as it is");
});

test("a score is a share, whatever the device calls it", () => {
    assert.equal(scoreOf({ max_probability: 0.5 }), 0.5);
    assert.equal(scoreOf({ max_probability: 255 }), 1);
    assert.equal(scoreOf({ max_probability: null }), null);
    assert.equal(scoreOf({}), null);
});

test("words, tabs, trash", () => {
    assert.deepEqual(wordsOf([recording("a"), recording("b", { wake_word: "" }), recording("c", { wake_word: "computer" })]), ["computer", "jarvis"]);
    assert.deepEqual([tabOf(null), tabOf("inbox"), tabOf("negative"), tabOf("x")], ["personal", "inbox", "negative", "personal"]);
    assert.deepEqual(newestDeleted([{ ticket: "a" }, { ticket: "b", deleted_at: "2026-01-01" }, { ticket: "c", deleted_at: "2026-02-01" }])
        .map(item => item.ticket), ["c", "b", "a"]);
});

test("a trimmed clip is asked for by another address, so that no old one is heard", () => {
    const whole = recording("a"), cut = recording("a", { trimmed: true, trim_start_s: 0.5, trim_end_s: 1.25 });
    assert.notEqual(heard(whole), heard(cut));
    assert.equal(heard(cut), "/api/audio/captured/a?part=0.5-1.25");
    assert.equal(lengthOf(cut), 0.75);
});
