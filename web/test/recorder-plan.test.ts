// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { nextSlot, nextSpeaker, planTakes, takesOf } from "../src/recorder/plan";

const item = (speaker_index: number, take_index: number) => ({ speaker_index, take_index });

test("counters come from one list: a session of 1 x 5 with files of 2 x 10", () => {
    const items = [1, 2].flatMap(speaker => Array.from({ length: 10 }, (_, i) => item(speaker, i + 1)));
    const plan = planTakes([...items, item(0, 0)], 1, 5);
    assert.deepEqual([plan.recorded, plan.total, plan.outside.length, plan.others.length], [5, 5, 15, 1]);
    assert.equal(takesOf(plan.speakers[0]!), 5);
    assert.equal(nextSpeaker(plan, []), null);
});

test("the next take is the first gap that is not already on its way", () => {
    const plan = planTakes([item(1, 1), item(1, 3)], 2, 3);
    assert.deepEqual(nextSlot(plan, 1, []), { speaker: 1, take: 2 });
    assert.equal(nextSlot(plan, 1, [{ speaker: 1, take: 2 }]), null);
    assert.equal(nextSpeaker(plan, [{ speaker: 1, take: 2 }]), 2);
    assert.equal(nextSpeaker(plan, [], 2), 2);
    assert.equal(nextSlot(plan, 3, []), null);
});
