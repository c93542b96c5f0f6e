// SPDX-License-Identifier: GPL-3.0-or-later
// The second screen: three takes hands-free, one of which the server refuses at first; delete and trim with undo.
import assert from "node:assert/strict";
import { check, must, picture, until } from "./harness.mjs";
import { likeness, samplesOfWav } from "./sounds.mjs";
import { en } from "./texts.mjs";

const TAKES = 3;
const take = n => en("voices.take", { n });
const cards = page => page.locator("li.take");

export async function recordTakes(page, ask, words) {
    await must("voices_one_speaker_three_takes_can_be_chosen", async () => {
        const field = page.getByLabel(en("reference.label_takes_per_speaker"), { exact: true });
        await field.fill(String(TAKES));
        await field.press("Enter");
        await field.blur();
        const session = await until("three takes", async () => {
            const session = await ask("/api/session");
            return session.takes_total === TAKES && session;
        });
        assert.deepEqual([session.speakers_total, session.takes_per_speaker], [1, TAKES]);
    });

    let tries = 0, let_through;
    const seen = new Promise(resolve => let_through = resolve);
    await page.route("**/api/upload_take", async route => {
        tries++;
        if (tries === 1) return route.fulfill({ status: 500, contentType: "application/json",
                                                body: JSON.stringify({ ok: false, error: "The disk is full.", code: "IO" }) });
        await seen; // what the page shows meanwhile is looked at first
        return route.continue();
    });
    await page.getByRole("button", { name: en("voices.start", { name: en("voices.speaker", { n: 1 }) }) }).first().click();
    await must("voices_a_refused_take_is_kept_and_does_not_count", async () => {
        await page.getByText("The disk is full.").waitFor();
        await page.getByText(en("voices.of", { n: 0, total: TAKES })).first().waitFor();
        assert.equal((await ask("/api/session")).takes_received, 0);
        await picture(page, "en-light-2-voices-unsaved");
    });
    let_through();
    await must("voices_three_takes_reach_the_server_hands_free", async () => {
        await page.locator("main").getByText(en("voices.all_done"), { exact: true }).waitFor();
        await page.getByText(en("voices.of", { n: TAKES, total: TAKES })).first().waitFor();
        const { takes_received, takes } = await ask("/api/session");
        assert.equal(takes_received, TAKES, takes.join());
        assert.equal(tries, TAKES + 1, "one more upload than takes");
    });
    await page.unroute("**/api/upload_take");

    await check("voices_every_take_is_trimmed_and_badged", async () => {
        const { items } = await ask("/api/session");
        for (const item of items) assert.ok(item.seconds > 0.3 && item.seconds < 2.5, `${item.saved_as}: ${item.seconds} s`);
        assert.equal(await cards(page).count(), TAKES);
        for (const card of await cards(page).all()) await card.locator(".badge").first().waitFor();
        return items.map(item => `${item.seconds.toFixed(2)} s ${item.badges.join()}`).join(", ");
    });
    await check("voices_the_takes_sound_like_the_three_words", async () => {
        const { items } = await ask("/api/session"), found = [];
        for (const item of [...items].sort((a, b) => a.take_index - b.take_index)) {
            const heard = samplesOfWav(await ask(item.audio_url));
            found.push(words.map(word => likeness(heard, word)));
        }
        const shown = found.map(row => row.map(value => value.toFixed(2)).join(" ")).join(" | ");
        for (const row of found) { // usually in their order; one may pass while a slow machine saves
            const [best, second] = [...row].sort((a, b) => b - a);
            assert.ok(best > 0.8 && second < 0.6, shown);
        }
        return shown;
    });
    await picture(page, "en-light-2-voices");
}

export async function changeTakes(page, ask) {
    const count = n => until(`${n} takes`, async () => (await ask("/api/session")).takes_received === n);
    const undo = page.getByRole("button", { name: en("app.undo"), exact: true });
    await check("voices_a_take_is_played_as_a_device_hears_it", async () => {
        await page.getByRole("button", { name: en("voices.play", { title: take(1) }) }).click();
        await until("sound", () => page.evaluate(() => window.played.some(({ url, seconds }) => url.includes("/api/audio/personal/") && seconds > 0.2)));
    });
    await check("voices_delete_and_undo", async () => {
        await page.getByRole("button", { name: en("voices.delete", { title: take(2) }) }).click();
        await page.getByText(en("voices.deleted", { title: take(2) })).first().waitFor();
        await count(TAKES - 1);
        await undo.click();
        await count(TAKES);
        await page.getByRole("button", { name: en("voices.delete", { title: take(2) }) }).waitFor();
    });
    await check("voices_trim_and_undo", async () => {
        const third = async () => (await ask("/api/session")).items.find(item => item.take_index === 3);
        const before = await third();
        await page.getByRole("button", { name: en("voices.trim", { title: take(3) }) }).click();
        const start = page.getByRole("slider", { name: en("voices.trim_start") });
        const from = Number(await start.inputValue());
        await start.focus();
        for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
        await page.getByRole("button", { name: en("voices.trim_save"), exact: true }).click();
        const trimmed = await until("the trim", async () => {
            const item = await third();
            return item.trimmed && item;
        });
        assert.ok(Math.abs(trimmed.trim_start_s - (from + 0.05)) < 0.005, `${from} ${trimmed.trim_start_s}`);
        const heard = samplesOfWav(await ask(trimmed.audio_url));
        assert.ok(Math.abs(heard.samples.length / heard.rate - (trimmed.trim_end_s - trimmed.trim_start_s)) < 0.02, "its sound is the part");
        await undo.click();
        await until("the whole take", async () => !(await third()).trimmed);
        assert.equal((await third()).sha256, before.sha256);
    });
}
