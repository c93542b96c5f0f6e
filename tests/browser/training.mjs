// SPDX-License-Identifier: GPL-3.0-or-later
// The third screen: a draft is trained to its end, through a reload and beside a second tab.
import assert from "node:assert/strict";
import { check, inked, must, picture, until } from "./harness.mjs";
import { en } from "./texts.mjs";

const TRAINING_MS = 600_000; // a draft takes about a minute; a busy machine may take ten
const bar = page => page.getByRole("progressbar", { name: en("train.progress") });
const progressOf = async page => Number(await bar(page).getAttribute("aria-valuenow"));
const log = page => page.getByRole("region", { name: en("reference.training_log"), exact: true }).locator("pre");
const textOf = page => log(page).textContent();
const curve = (page, key) => page.getByRole("img", { name: new RegExp(`^${en(key)}`) });

async function openLog(page) {
    await page.locator("summary", { hasText: en("reference.training_log") }).click();
    await until("lines in the log", async () => (await textOf(page)).includes("\n"));
}

// Where Debian's packages can be had, a training fetches them first unless that is unticked; the choice is remembered.
async function offersToFetch(page) {
    const asked = [];
    await page.route("**/api/datasets", route => route.fulfill({
        json: { ok: true, sets: [], debian: { download_bytes: 1238684436, disk_bytes: 3203443536 } } }));
    await page.route("**/api/train", route => (asked.push(route.request().postDataJSON()), route.fulfill({
        json: { ok: true, started: true, safe_word: "jarvis", personal_samples_used: true, allow_no_personal: false } })));
    const offer = page.getByRole("checkbox", { name: en("train.in_sounds_fetch", { size: "1.2 GB" }) });
    const press = () => page.getByRole("button", { name: en("train.start"), exact: true }).click();
    await page.reload();
    await offer.waitFor();
    assert.ok(await offer.isChecked());
    await picture(page, "en-light-3-train-fetch");
    await press();
    await until("the first answer", () => asked.length === 1);
    await offer.uncheck();
    await press();
    await until("the second answer", () => asked.length === 2);
    await page.reload();
    await offer.waitFor();
    assert.ok(!await offer.isChecked());
    assert.deepEqual(asked.map(body => body.fetch), [true, undefined]);
    await page.unroute("**/api/datasets");
    await page.unroute("**/api/train");
    await page.reload();
}

export async function startTraining(page) {
    await check("train_offers_to_fetch_real_sounds", async () => {
        await page.getByRole("link", { name: en("voices.to_train") }).click();
        await page.getByRole("heading", { level: 1, name: en("train.title", { word: "Jarvis" }) }).waitFor();
        await offersToFetch(page);
    });
    await must("train_a_draft_starts", async () => {
        await page.getByRole("heading", { level: 1, name: en("train.title", { word: "Jarvis" }) }).waitFor();
        assert.equal(new URL(page.url()).hash, "#/jarvis/train");
        await page.getByText(en("train.in_takes", { n: 3 }), { exact: true }).waitFor();
        await page.getByText(en("train.in_sounds_none"), { exact: true }).waitFor(); // the server is offline: nothing is offered
        assert.equal(await page.getByRole("checkbox").count(), 0);
        await page.getByRole("radio", { name: new RegExp(`^${en("train.preset_draft")}`) }).check();
        await picture(page, "en-light-3-train-start");
        await page.getByRole("button", { name: en("train.start"), exact: true }).click();
        await bar(page).waitFor();
    });
}

// Whatever a reader of the server sees while it trains: the log only grows, and never begins anew.
function watchSize(ask) {
    const sizes = [];
    let watching = true;
    const ended = (async () => {
        while (watching) {
            sizes.push((await ask("/api/train_status")).training.log_size);
            await new Promise(resolve => setTimeout(resolve, 300));
        }
    })();
    return async () => {
        watching = false;
        await ended;
        return sizes;
    };
}

export async function followTraining(page, context, ask) {
    const sizes = watchSize(ask);
    await openLog(page);
    await check("train_progress_moves_and_the_log_grows", async () => {
        const progress = await progressOf(page), text = await textOf(page);
        await until("progress", async () => await progressOf(page) > progress);
        await until("more lines", async () => (await textOf(page)).length > text.length);
        assert.ok((await textOf(page)).startsWith(text));
    });
    await check("train_curves_have_points_while_it_learns", async () => {
        await curve(page, "train.curve_loss").locator("canvas").waitFor({ timeout: TRAINING_MS });
        await until("the loss", async () => await inked(curve(page, "train.curve_loss"), "--accent") > 20);
    });
    let before;
    await check("train_a_reload_keeps_progress_log_and_curves", async () => {
        const started = [];
        page.on("request", request => request.method() === "POST" && started.push(request.url()));
        const progress = await progressOf(page), size = (await ask("/api/train_status")).training.log_size;
        before = await textOf(page);
        await page.reload();
        await bar(page).waitFor();
        assert.ok(await progressOf(page) >= progress, "the progress");
        await openLog(page);
        assert.ok((await textOf(page)).startsWith(before), "what was there before");
        await until("the loss", async () => await inked(curve(page, "train.curve_loss"), "--accent") > 20);
        assert.ok((await ask("/api/train_status")).training.log_size >= size, "the file");
        assert.deepEqual(started, [], "a reload changes nothing on the server");
        return `at ${progress} %`;
    });
    const second = await context.newPage();
    await check("train_a_second_tab_shows_the_same", async () => {
        await second.goto(page.url());
        await bar(second).waitFor();
        await openLog(second);
        assert.ok((await textOf(second)).startsWith(before));
        await until("the same log in both", async () => await textOf(page) === await textOf(second));
        assert.ok(Math.abs(await progressOf(page) - await progressOf(second)) <= 5);
    });
    await page.bringToFront();
    await picture(page, "en-light-3-train-running");
    await must("train_goes_to_its_end", async () => {
        await page.getByText(en("train.finished", { word: "jarvis" }), { exact: true }).waitFor({ timeout: TRAINING_MS });
        await until("recall and false accepts", async () => await inked(curve(page, "train.curve_judged"), "--good") > 0);
    });
    await check("train_both_tabs_have_the_whole_log", async () => {
        const whole = (await ask("/api/training/log")).toString();
        for (const tab of [page, second]) await until("the last line", async () => await textOf(tab) === whole);
        assert.ok(whole.startsWith(before) && whole.length > before.length);
        return `${whole.split("\n").length} lines`;
    });
    await check("train_the_log_never_shrinks", async () => {
        const seen = await sizes();
        assert.ok(seen.length > 5 && seen.every((size, i) => i === 0 || size >= seen[i - 1]), seen.join());
    });
    await picture(page, "en-light-3-train-finished");
    await second.close();
}

export async function report(page) {
    await must("use_the_report_card_says_how_good_it_is", async () => {
        await page.getByRole("link", { name: en("train.to_use"), exact: true }).click();
        await page.getByRole("heading", { level: 1, name: en("use.title") }).waitFor();
        const headline = page.getByText(/^Hears \d+ of 100/).first();
        await headline.waitFor();
        assert.ok(Number(/\d+/.exec(await headline.textContent())) > 50);
        await picture(page, "en-light-4-use");
        return headline.textContent();
    });
}
