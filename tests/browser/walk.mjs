// SPDX-License-Identifier: GPL-3.0-or-later
// The walk: type a word, hear it, record it, train it, try it, take it to the device; then what holds on every screen.
import assert from "node:assert/strict";
import { join } from "node:path";
import { asker, check, complaints, failures, folder, launch, serve, shut, strays, visitor } from "./harness.mjs";
import { accessible, firstPaint, keyboard, russian } from "./looks.mjs";
import { decoded, saidWord, writeSaid } from "./sounds.mjs";
import { followTraining, report, startTraining } from "./training.mjs";
import { library, takeToDevice, tryLive } from "./use.mjs";
import { changeTakes, recordTakes } from "./voices.mjs";
import { changeSpoken, goOn, hearWord, typeWord } from "./word.mjs";

const microphone = join(folder, "microphone.wav"), recording = join(folder, "recording.wav");
const IN_TAKES = 3;

async function sounds() {
    const browser = await launch(), page = await browser.newPage(), words = [];
    for (const file of saidWord(process.env.WAKESMITH_PROGRAM, process.env.WAKESMITH_SHARED, join(folder, "said")))
        words.push(await decoded(page, file));
    await browser.close();
    writeSaid(microphone, words.slice(0, IN_TAKES));
    return { words: words.slice(0, IN_TAKES), places: writeSaid(recording, words.slice(IN_TAKES)) };
}

async function walk(browser, server, { words, places }) {
    const ask = asker(server);
    await firstPaint(browser, server);
    await keyboard(browser, server, ask);
    await changeSpoken(browser, server, ask);

    const context = await visitor(browser, server), page = await context.newPage();
    await typeWord(page, server);
    await hearWord(page);
    await goOn(page);
    await recordTakes(page, ask, words);
    await changeTakes(page, ask);
    await startTraining(page);
    await followTraining(page, context, ask);
    await report(page);
    await tryLive(page, recording, places);
    await takeToDevice(page, server);
    await library(page, server, ask);
    await context.close();

    await accessible(browser, server);
    await russian(browser, server);
    await check("page_no_request_leaves_the_origin", () => assert.deepEqual(strays, []));
    await check("page_nothing_complains_in_the_console", () => {
        const own = complaints.findIndex(text => text.includes("status of 500") && text.includes("/api/upload_take")); // answered by the test
        assert.ok(own >= 0, "the one complaint that must be there");
        complaints.splice(own, 1);
        assert.deepEqual(complaints, []);
    });
}

let server, browser;
try {
    const prepared = await sounds();
    server = await serve();
    browser = await launch(microphone);
    await walk(browser, server, prepared);
} catch (error) {
    console.log(`[  FAILED  ] walk\n    ${error.stack}`);
    process.exitCode = 1;
} finally {
    await browser?.close();
    await server?.stop();
    shut();
}
if (failures()) process.exitCode = 1;
