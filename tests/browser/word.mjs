// SPDX-License-Identifier: GPL-3.0-or-later
// The first screen: what is known about a phrase, how it sounds, and on to the next.
import assert from "node:assert/strict";
import { check, must, picture, until, visitor } from "./harness.mjs";
import { en } from "./texts.mjs";

const CLIPS = 5;

export async function typeWord(page, server) {
    await must("word_the_phrase_can_be_typed", async () => {
        await page.goto(server.url);
        await page.getByRole("heading", { level: 1, name: en("word.title") }).waitFor();
        await page.getByLabel(en("word.phrase"), { exact: true }).fill("jarvis");
    });
    await check("word_language_id_phonemes_and_verdict_are_shown", async () => {
        const known = name => page.locator("dl > div", { has: page.locator("dt", { hasText: en(`word.${name}`) }) }).locator("dd");
        await page.getByRole("list", { name: en("word.verdicts") }).getByRole("listitem").first().waitFor();
        assert.equal(await known("file").textContent(), "jarvis");
        assert.match(await known("spoken").textContent(), /dʒ.*ɑ.*v.*s/u);
        const chosen = page.getByLabel(en("word.language"), { exact: true }).locator("option:checked");
        assert.equal(await chosen.textContent(), en("word.auto_found", { language: "English" }));
        const verdicts = await page.getByRole("list", { name: en("word.verdicts") }).getByRole("listitem").allTextContents();
        assert.ok(verdicts.some(text => text.includes(en("word.verdict_short"))), verdicts.join()); // two syllables
    });
}

export async function hearWord(page) {
    const wanted = page.waitForResponse(answer => answer.url().endsWith("/api/preview"));
    await check("word_hear_it_shows_five_clips_of_five_voices", async () => {
        await page.getByRole("button", { name: en("word.hear_button") }).click();
        const { clips } = await (await wanted).json();
        assert.equal(clips.length, CLIPS);
        assert.equal(new Set(clips.map(({ voice }) => voice)).size, CLIPS, "five different voices");
        const shown = page.getByRole("region", { name: en("word.hear") }).getByRole("listitem").locator("strong");
        await shown.nth(CLIPS - 1).waitFor();
        const names = await shown.allTextContents();
        assert.equal(new Set(names).size, CLIPS, names.join());
        return names.join(", ");
    });
    await check("word_all_five_clips_play_one_after_the_other", async () => {
        const played = () => page.evaluate(() => window.played.filter(({ seconds }) => seconds > 0.2).map(({ url }) => url));
        await until("the end of the fifth clip", async () => new Set(await played()).size === CLIPS);
        await page.getByRole("button", { name: en("word.hear_again") }).waitFor();
    });
    await picture(page, "en-light-1-word");
}

// The phrase is said as somebody wrote it: heard, refused with a sentence, kept with the word, and given back.
export async function changeSpoken(browser, server, ask) {
    const context = await visitor(browser, server), page = await context.newPage();
    const field = page.getByLabel(en("word.spoken_field"), { exact: true });
    await typeWord(page, server);
    await check("spoken_is_changed_by_keyboard_and_by_signs", async () => {
        await page.getByRole("button", { name: en("word.spoken_change"), exact: true }).click();
        assert.match(await field.inputValue(), /^dʒ.*s$/u);
        await field.fill("hj");
        await page.getByRole("group", { name: en("word.spoken_signs") }).getByRole("button", { name: "ʊ", exact: true }).click();
        await page.keyboard.type("stan");
        assert.equal(await field.inputValue(), "hjʊstan");
        await page.getByText(en("word.spoken_changed"), { exact: true }).waitFor();
    });
    await check("spoken_is_what_the_voices_say", async () => {
        const wanted = page.waitForResponse(answer => answer.url().endsWith("/api/preview"));
        await page.getByRole("button", { name: en("word.hear_button") }).click();
        const answer = await wanted;
        assert.equal(answer.request().postDataJSON().phonemes, "/hjʊstan/");
        assert.deepEqual([...new Set((await answer.json()).clips.map(({ text }) => text))], ["[[h|j|U|s|t|a|n]]"]);
        await page.getByRole("region", { name: en("word.hear") }).getByText("/hjʊstan/").first().waitFor();
        await picture(page, "en-light-1-word-spoken");
        await page.setViewportSize({ width: 360, height: 740 });
        await picture(page, "en-phone-1-word-spoken");
        await page.setViewportSize({ width: 1280, height: 800 });
    });
    await check("spoken_that_is_no_ipa_gets_the_servers_sentence", async () => {
        await field.fill("hjʊ☃stan");
        await page.getByText("\"☃\" in /hjʊ☃stan/ is no sign of IPA").waitFor();
        assert.ok(await page.getByRole("button", { name: en("word.go_on"), exact: true }).isDisabled());
    });
    await check("spoken_is_kept_with_the_word", async () => {
        await field.fill("hjʊstən");
        await page.getByRole("button", { name: en("word.go_on"), exact: true }).click();
        await page.getByRole("heading", { level: 1, name: en("voices.title") }).waitFor();
        const { phonemes, safe_word } = await ask("/api/session");
        assert.deepEqual([phonemes, safe_word], ["/hjʊstən/", "jarvis"]);
        await page.goto(`${server.url}/#/jarvis/word`);
        await page.reload();
        assert.equal(await field.inputValue(), "hjʊstən");
    });
    await check("spoken_goes_back_to_how_it_is_read", async () => {
        await page.getByRole("button", { name: en("word.spoken_back"), exact: true }).click();
        await page.locator("dd .ipa", { hasText: /^dʒ.*s$/u }).waitFor();
        assert.equal(await field.count(), 0);
        await page.getByRole("button", { name: en("word.go_on"), exact: true }).click();
        await page.getByRole("heading", { level: 1, name: en("voices.title") }).waitFor();
        assert.equal((await ask("/api/session")).phonemes, null);
    });
    await context.close();
}

export async function goOn(page) {
    await must("word_continue_starts_the_session", async () => {
        await page.getByRole("button", { name: en("word.go_on"), exact: true }).click();
        await page.getByRole("heading", { level: 1, name: en("voices.title") }).waitFor();
        assert.equal(new URL(page.url()).hash, "#/jarvis/voices");
    });
}
