// SPDX-License-Identifier: GPL-3.0-or-later
// The fourth screen, and the library: the model hears the word in the page, and goes to the device.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { check, inked, picture, until } from "./harness.mjs";
import { en } from "./texts.mjs";

const found = page => page.getByRole("list", { name: en("live.rows") }).getByRole("listitem", { name: new RegExp(`^${en("live.kind_detection")}`) });

export async function tryLive(page, file, places) {
    await check("use_the_live_test_finds_the_word_in_a_file", async () => {
        const chooser = page.waitForEvent("filechooser");
        await page.getByRole("button", { name: en("live.choose_file"), exact: true }).click();
        await (await chooser).setFiles(file);
        await found(page).first().waitFor();
        await page.getByText(en("live.file", { file: basename(file) })).waitFor();
        await page.getByRole("button", { name: en("live.start"), exact: true }).waitFor(); // the file is heard
        const at = (await found(page).locator(".number").allTextContents()).map(text => /^([\d.]+) s$/.exec(text)?.[1]).filter(Boolean).map(Number);
        for (const seconds of at)
            assert.ok(places.some(({ start, end }) => seconds > start && seconds < end + 1.2), `${seconds} s is no word`);
        return `${at.length} of ${places.length}`;
    });
    await picture(page, "en-light-4-use-file");
    await check("use_the_live_test_hears_the_word_through_the_microphone", async () => {
        await page.getByRole("button", { name: en("live.start"), exact: true }).click();
        await page.getByRole("button", { name: en("live.stop"), exact: true }).waitFor();
        await found(page).first().waitFor();
        await picture(page, "en-light-4-use-microphone");
        await page.getByRole("button", { name: en("live.stop"), exact: true }).click();
    });
}

export async function takeToDevice(page, server) {
    let address;
    await check("use_copy_gives_lines_for_esphome", async () => {
        await page.getByRole("button", { name: en("use.copy_yaml"), exact: true }).click();
        await page.getByRole("button", { name: en("app.copied") }).waitFor();
        const yaml = await page.evaluate(() => navigator.clipboard.readText());
        assert.match(yaml, /^micro_wake_word:/m);
        address = /model: ["']?(http\S+?\/models\/jarvis\.json)/.exec(yaml)?.[1];
        assert.ok(address, yaml);
    });
    let model;
    await check("use_the_copied_address_gives_manifest_and_model", async () => {
        const at = address.replace(/^https?:\/\/[^/]+/, server.url);
        const manifest = await (await fetch(at)).json();
        assert.equal(manifest.type, "micro");
        assert.equal(manifest.wake_word, "Jarvis");
        model = Buffer.from(await (await fetch(new URL(manifest.model, at))).arrayBuffer());
        assert.equal(model.toString("latin1", 4, 8), "TFL3");
    });
    await check("use_the_model_can_be_downloaded", async () => {
        const download = page.waitForEvent("download");
        await page.getByRole("link", { name: en("use.download_model"), exact: true }).click();
        const file = await download;
        assert.equal(file.suggestedFilename(), "jarvis.tflite");
        assert.deepEqual(readFileSync(await file.path()), model);
        const zip = page.waitForEvent("download");
        await page.getByRole("link", { name: en("use.download_all"), exact: true }).click();
        assert.equal(readFileSync(await (await zip).path()).toString("latin1", 0, 2), "PK");
    });
}

export async function library(page, server, ask) {
    await check("models_the_run_is_listed_with_its_curve", async () => {
        await page.goto(`${server.url}/#/models`);
        const card = page.getByRole("region", { name: /^Jarvis/ });
        await card.getByText(en("models.published")).waitFor();
        await card.getByRole("button", { name: en("models.more"), exact: true }).click();
        const plot = page.getByRole("img", { name: en("models.roc_label") });
        await plot.locator("canvas").waitFor();
        await until("the line of the curve", async () => await inked(plot, "--accent") > 100);
    });
    await picture(page, "en-light-5-models");
    await check("samples_the_takes_are_listed", async () => {
        await page.goto(`${server.url}/#/samples`);
        const rows = page.getByRole("list", { name: en("samples.tab_personal") }).getByRole("listitem");
        await rows.first().waitFor();
        assert.equal(await rows.count(), (await ask("/api/samples")).personal_count);
    });
    await picture(page, "en-light-6-samples");
    await check("data_sizes_are_listed", async () => {
        await page.goto(`${server.url}/#/data`);
        const { entries, total_bytes } = await ask("/api/data");
        await page.getByText(en("data.total"), { exact: true }).waitFor();
        for (const { id } of entries)
            await page.getByRole("listitem").filter({ hasText: en(`data.label_${id}`) }).filter({ hasText: /\d\s(bytes?|kB|MB)/ }).first().waitFor();
        assert.ok(entries.find(({ id }) => id === "personal_samples").bytes > 30_000);
        const listed = entries.reduce((sum, { bytes }) => sum + bytes, 0);
        assert.ok(listed <= total_bytes && listed > 0.99 * total_bytes, `${listed} of ${total_bytes} bytes are listed`);
    });
    await picture(page, "en-light-7-data");
}
