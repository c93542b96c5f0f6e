// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses, languages, texts, the marks of the steps, and the decisions of the Word and Train screens.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hints, Preset, Training } from "../src/api-types";
import { urlOf } from "../src/api";
import { waitBefore } from "../src/events";
import { fill, preferredLanguage, translate } from "../src/i18n";
import { parseRoute, routeOf } from "../src/router";
import { IDLE, stepStates, store } from "../src/state";
import { pageTitle } from "../src/title";
import { chosenPreset, countOf, placesOf, remainingOf, viewOf } from "../src/train/plan";
import {
    draftOf,
    hasUnusualLetters,
    ipaOf,
    languageLabel,
    languageName,
    phonemesOf,
    sameDraft,
    sortedVerdicts,
    spellingsOf,
    spokenText,
    voiceName,
} from "../src/word/draft";

test("an address names the step and the word, and comes back as it was", () => {
    assert.deepEqual(parseRoute("#/hey_jarvis/train"), { screen: "train", id: "hey_jarvis" });
    assert.deepEqual(parseRoute("#/train"), { screen: "train", id: null });
    assert.deepEqual(parseRoute("#/models"), { screen: "models", item: null });
    assert.deepEqual(parseRoute("#/models/run-1"), { screen: "models", item: "run-1" });
    assert.deepEqual(parseRoute("#/models/use"), { screen: "use", id: "models" }); // a word may be called so
    for (const strange of ["", "#", "#/", "#/what/ever", "#/%E0%A4%A", "#//"])
        assert.equal(parseRoute(strange).screen, "word");
    for (const id of ["hey_jarvis", "train", "wakeword_440ee085", "a/b %"])
        assert.deepEqual(parseRoute(routeOf("use", id)), { screen: "use", id });
});

test("the language is the browser's first, until one is chosen", () => {
    assert.equal(preferredLanguage(["ru-RU", "en"], null), "ru");
    assert.equal(preferredLanguage(["en-GB", "ru"], null), "en");
    assert.equal(preferredLanguage(["de"], null), "en");
    assert.equal(preferredLanguage([], null), "en");
    assert.equal(preferredLanguage(["ru"], "en"), "en");
});

test("placeholders are filled, and plural forms chosen", () => {
    assert.equal(fill("{a} of {b} {c}", { a: "1", b: "2" }), "1 of 2 {c}");
    assert.equal(translate("en", "app.minutes", { n: 1 }), "1 minute");
    assert.equal(translate("en", "app.minutes", { n: 3 }), "3 minutes");
    const russian = [1, 2, 5, 11, 21, 104].map(n => translate("ru", "app.minutes", { n }));
    assert.deepEqual(russian, ["1 минута", "2 минуты", "5 минут", "11 минут", "21 минута", "104 минуты"]);
});

test("a query leaves out what is not given and quotes the rest", () => {
    assert.equal(
        urlOf("/api/hints", { phrase: "привет & co", lang: null }),
        "/api/hints?phrase=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82+%26+co",
    );
    assert.equal(urlOf("/api/session"), "/api/session");
    assert.equal(urlOf("/x", { since: 0, empty: "" }), "/x?since=0");
});

test("tries to connect become rarer, but never stop", () => {
    assert.deepEqual([0, 1, 2].map(waitBefore), [500, 1000, 2000]);
    assert.equal(waitBefore(100), 10_000);
});

const running: Training = {
    ...IDLE,
    state: "running",
    running: true,
    safe_word: "a",
    stage: "augment",
    progress: 0.507,
};
test("the steps show what is done, what runs, and what failed", () => {
    const { session } = store.get();
    const mine = { ...session, safe_word: "a", takes_total: 10 };
    const marks = (training: Training, takes = 0) =>
        stepStates({ session: { ...mine, takes_received: takes }, training, models: [] });
    assert.deepEqual(stepStates({ session, training: IDLE, models: null }), {
        word: "waiting",
        voices: "waiting",
        train: "waiting",
        use: "waiting",
    });
    assert.deepEqual(marks(IDLE, 10), { word: "done", voices: "done", train: "waiting", use: "waiting" });
    assert.equal(marks(running).train, "running");
    assert.equal(marks({ ...IDLE, state: "finished", safe_word: "a" }).use, "done");
    assert.equal(marks({ ...IDLE, state: "finished", safe_word: "other" }).use, "waiting");
    assert.equal(marks({ ...IDLE, state: "failed", safe_word: "a" }).train, "failed");
});

test("the tab tells how far a training is", () => {
    assert.equal(pageTitle("Wakesmith", "Word", IDLE), "Word · Wakesmith");
    assert.equal(pageTitle("Wakesmith", "Word", running), "50 % · Word · Wakesmith");
});

test("the Train screen knows what it is about", () => {
    const session = { safe_word: "a" };
    assert.equal(viewOf({ safe_word: null }, IDLE), "none");
    assert.equal(viewOf({ safe_word: null }, running), "running"); // also of a terminal
    assert.equal(viewOf(session, IDLE), "ready");
    assert.equal(viewOf(session, { ...IDLE, state: "cancelled", safe_word: "a" }), "ended");
    assert.equal(viewOf(session, { ...IDLE, state: "finished", safe_word: "b" }), "ready");
    const places = placesOf(running);
    assert.deepEqual([places.datasets, places.augment, places.export], ["done", "now", "later"]);
    assert.equal(placesOf({ state: "finished", stage: null }).export, "done");
    assert.equal(remainingOf({ eta_s: null, progress: 0 }).key, "train.eta_unknown");
    assert.deepEqual(remainingOf({ eta_s: 70, progress: 0.5 }), { key: "train.eta", seconds: 70 });
    assert.equal(remainingOf({ eta_s: 1, progress: 0.9 }).key, "train.eta_soon");
});

test("a stage tells how far it is where that can be said", () => {
    const metrics = { ...IDLE.metrics, step: 699, steps: 1600 };
    assert.deepEqual(countOf({ ...running, stage: "train", metrics }), { key: "train.at_step", n: 699, steps: 1600 });
    assert.deepEqual(countOf({ ...running, stage: "generate", note: "576 clips spoken" }), {
        key: "train.clips_spoken",
        n: 576,
    });
    assert.equal(countOf({ ...running, stage: "augment", note: "words" }), null);
});

test("the preset is the reader's last choice while there is one", () => {
    const preset = (name: string) => ({ name }) as Preset;
    const offered = [preset("draft"), preset("standard")];
    assert.equal(chosenPreset(offered, "draft")?.name, "draft");
    assert.equal(chosenPreset(offered, "thorough")?.name, "standard");
    assert.equal(chosenPreset([preset("x")], null)?.name, "x");
    assert.equal(chosenPreset([], null), null);
});

test("the reference's check of letters", () => {
    for (const phrase of ["hey jarvis", "привет дом", "Ёж 2"]) assert.ok(!hasUnusualLetters(phrase), phrase);
    for (const phrase of ["hey, jarvis", "café", "über", "你好", "a-b"]) assert.ok(hasUnusualLetters(phrase), phrase);
});

test("a draft is the session until it says something else", () => {
    const session = {
        ...store.get().session,
        raw_phrase: "hey jarvis",
        lang: "en",
        lang_auto: true,
        phonemes: null,
        also: ["hay jarvis"],
    };
    const draft = draftOf(session);
    assert.deepEqual(draft, { phrase: "hey jarvis", lang: "auto", phonemes: "", also: ["hay jarvis"] });
    assert.equal(draftOf({ ...session, lang_auto: false }).lang, "en");
    assert.ok(sameDraft(draft, { ...draft, phrase: " hey jarvis ", also: ["hay jarvis", " "] }));
    assert.ok(!sameDraft(draft, { ...draft, also: [] }));
    assert.ok(!sameDraft(draft, { ...draft, phonemes: "/heɪ/" }));
    assert.equal(draftOf({ ...session, phonemes: "/heɪ/" }).phonemes, "/heɪ/");
    assert.deepEqual(spellingsOf({ ...draft, also: [" a ", "", "b"] }), ["a", "b"]);
});

test("phonemes are typed without slashes and shown as they were typed", () => {
    for (const [typed, phonemes] of [
        [" dʒˈɑːvɪs ", "/dʒˈɑːvɪs/"],
        ["/dʒˈɑːvɪs/", "/dʒˈɑːvɪs/"],
        ["[[dZ'A:vIs]]", "[[dZ'A:vIs]]"],
        ["  ", ""],
    ] as const)
        assert.equal(phonemesOf(typed), phonemes);
    assert.equal(ipaOf("/dʒˈɑːvɪs/"), "dʒˈɑːvɪs");
    const draft = { phrase: "jarvis", lang: "en", phonemes: "/dʒˈɑːvɪs/", also: ["hay"] };
    assert.equal(spokenText("[[dZ|'A:|v|I|s]]", draft), "/dʒˈɑːvɪs/");
    assert.equal(spokenText("hay", draft), "hay");
    assert.equal(spokenText("[[h|eI]]", { ...draft, also: ["/heɪ/"] }), "[[h|eI]]"); // which of them, nobody can say
});

test("what to act on comes first; names are readable", () => {
    const verdict = (level: string) => ({ level, code: level, text: "" }) as Hints["verdicts"][number];
    assert.deepEqual(
        sortedVerdicts(["good", "fair", "poor"].map(verdict)).map(one => one.level),
        ["poor", "fair", "good"],
    );
    assert.equal(voiceName("gmw/en-US+anika"), "Anika · en-US");
    assert.equal(voiceName("awb"), "AWB");
    assert.equal(voiceName("kal16"), "kal16");
    assert.equal(languageName("ru", "en", "x"), "Russian");
    assert.equal(languageName("de", "ru", "x"), "Немецкий");
    assert.equal(languageName("not a code", "en", "as the server says"), "as the server says");
    assert.equal(languageLabel("German", "Deutsch"), "German · Deutsch");
    assert.equal(languageLabel("Русский", "русский"), "Русский"); // its own name is not said twice
});
