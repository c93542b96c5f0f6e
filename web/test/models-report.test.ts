// SPDX-License-Identifier: GPL-3.0-or-later
// The sentences about a model: never better than what was measured, never without its doubt, in both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import type { Level, Model } from "../src/api-types";
import { language } from "../src/i18n";
import { caveatText, comparable, doubtOfHearing, doubtOfMistakes, headline, heardFrom, heardOf100, isKnownCaveat, isRough, levelsDiffer,
         rate, rocPoints, stretch } from "../src/models/report";

const level = (recall: number, accepts: number, hours: number, change: Partial<Level> = {}): Level => ({
    cutoff: 0.7, cutoff_byte: 178, window: 5, recall, recall_interval: [recall - 0.02, recall + 0.01], per_hour: hours ? accepts / hours : 0,
    per_hour_interval: [accepts ? accepts / hours / 3 : 0, (accepts + 3.7) / hours], target_per_hour: 0.5, target_met: true, clips: 500,
    detected: Math.round(500 * recall), false_accepts: accepts, ...change });
const model = (hours: number, realHours = 0): Model => ({ held_out: { hours, real_hours: realHours, clips: 500 }, levels: {} }) as Model;
afterEach(() => language.set("en"));

test("the headline says how often it hears and how often it errs", () => {
    assert.equal(headline(level(0.96, 2, 10), model(10)), "Hears 96 of 100 calls and wakes by mistake about once in 5 hours.");
    assert.equal(headline(level(0.8, 0, 0.3), model(0.3)), "Hears 80 of 100 calls and did not wake by mistake in 18 minutes of listening.");
    assert.equal(headline(level(0.5, 9, 3), model(3)), "Hears 50 of 100 calls and wakes by mistake about 3 times an hour.");
    language.set("ru");
    assert.equal(headline(level(0.96, 2, 10), model(10)), "Слышит 96 из 100 обращений и срабатывает по ошибке примерно раз в 5 часов.");
    assert.equal(headline(level(0.8, 0, 0.35), model(0.35)), "Слышит 80 из 100 обращений и ни разу не срабатывает по ошибке за 20 минут проверки.");
    assert.equal(headline(level(0.5, 6, 3), model(3)), "Слышит 50 из 100 обращений и срабатывает по ошибке примерно 2 раза в час.");
});

test("no figure is rounded to perfection", () => {
    assert.deepEqual([1, 0.999, 0.996, 0.994, 0.5, 0.004, 0.001, 0].map(heardOf100), [100, 99, 99, 99, 50, 1, 1, 0]);
});

test("stretches of time are as exact as the measurement", () => {
    assert.deepEqual([0.001, 0.3, 0.62, 0.99, 1.2, 1.5, 2.4, 30, 100].map(stretch),
        ["1 minute", "18 minutes", "35 minutes", "1 hour", "1 hour", "an hour and a half", "2 hours", "30 hours", "4 days"]);
    assert.deepEqual([0, 0.2, 0.95, 1.6, 12].map(rate), ["never", "once in 5 hours", "1 time an hour", "2 times an hour", "12 times an hour"]);
});

test("the doubt is told in plain words", () => {
    assert.match(doubtOfHearing(level(0.96, 0, 1)), /480 of 500 test clips.*between 94 and 97 of 100/);
    assert.match(doubtOfMistakes(level(0.9, 0, 0.3), model(0.3)), /Not one mistake in 18 minutes\..*not more often than 12 times an hour/);
    assert.match(doubtOfMistakes(level(0.9, 2, 10), model(10)), /^2 mistakes in 10 hours\. .*between once in 15 hours and once in 2 hours/);
    assert.match(doubtOfMistakes(level(0.9, 0, 0, { per_hour_interval: [0, null] }), model(0)), /not measured/);
    assert.ok(isRough(level(0.9, 0, 0.3)) && !isRough(level(0.9, 2, 10)) && isRough(level(0.9, 0, 0, { per_hour_interval: [0, null] })));
});

test("it is said what was listened to", () => {
    assert.match(heardFrom(model(2)), /2 hours of synthetic speech/);
    assert.match(heardFrom(model(10, 8)), /10 hours of sound.*8 hours of that are real recordings/);
});

test("levels that the test could not tell apart are not called different", () => {
    const of = (slightly: Level, very: Level) => levelsDiffer({ levels: { slightly, very } });
    assert.equal(of(level(0.847, 0, 0.3, { cutoff_byte: 182 }), level(0.847, 0, 0.3, { cutoff_byte: 180 })), false);
    assert.equal(of(level(0.9, 0, 3), level(0.93, 0, 3)), true);
    assert.equal(of(level(0.9, 0, 3), level(0.9, 2, 3)), true);
    assert.equal(levelsDiffer({ levels: {} }), false);
});

test("every caveat that the program writes has a text in both languages", () => {
    const source = readFileSync("../src/pipeline/report.c", "utf8");
    const body = source.slice(source.indexOf("caveats_json("), source.indexOf("int report_write("));
    const sentences = [...body.matchAll(/json_string\(((?:\s*"[^"]*")+)\)/g)].map(([, parts]) => parts!.replace(/"\s*"/g, "").trim().slice(1, -1));
    assert.ok(sentences.length >= 4);
    for (const sentence of sentences) {
        assert.ok(isKnownCaveat(sentence), sentence);
        language.set("ru");
        assert.match(caveatText(sentence), /^[А-ЯЁ]/);
    }
    assert.equal(caveatText("Something new."), "Something new.");
});

test("the curve is the best recall at each rate and never falls", () => {
    const point = (cutoff_byte: number, recall: number, per_hour: number) => ({ cutoff_byte, recall, per_hour, false_accepts: per_hour });
    assert.deepEqual(rocPoints([point(2, 1, 100), point(50, 0.9, 5), point(60, 0.88, 5), point(100, 0.8, 0), point(200, 0.5, 0), point(40, 0.7, 9)]),
                     { perHour: [0, 5, 9, 100], recall: [80, 90, 90, 100] });
    assert.deepEqual(rocPoints([]), { perHour: [], recall: [] });
});

test("only runs that were judged by the same clips are compared without a note", () => {
    const report = (id: string, features?: string) => ({ id, ...(features ? { signatures: { features } } : {}) });
    assert.equal(comparable(report("a", "1"), report("a", "1")), "same");
    assert.equal(comparable(report("a", "1"), report("a", "2")), "other_data");
    assert.equal(comparable(report("a", "1"), report("b", "1")), "other_word");
    assert.equal(comparable(report("a"), report("a")), "other_data");
});
