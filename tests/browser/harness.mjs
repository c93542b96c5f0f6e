// SPDX-License-Identifier: GPL-3.0-or-later
// A server with an empty data directory, a Chromium whose microphone is a file, and named checks printed like cmocka's.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
export const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const PATIENCE_MS = 60_000; // for anything that takes a moment, on a machine that is busy

export const folder = mkdtempSync(join(tmpdir(), "wakesmith browser "));
const pictures = join(process.env.WAKESMITH_BUILD ?? folder, "screenshots");
mkdirSync(pictures, { recursive: true });
for (const name of readdirSync(pictures)) if (name.startsWith("failed-")) rmSync(join(pictures, name));

// ---- checks
let failed = 0;
const open = []; // pages that are open: what they show when a check fails
export async function check(name, work) {
    const began = Date.now();
    try {
        const detail = await work();
        console.log(`[       OK ] ${name}${detail ? ` (${detail})` : ""} ${Date.now() - began} ms`);
        return true;
    } catch (error) {
        failed++;
        console.log(`[  FAILED  ] ${name}`);
        console.log(`    ${error.stack ?? error}`.replaceAll("\n", "\n    "));
        for (const [i, page] of open.entries()) await page.screenshot({ path: join(pictures, `failed-${failed}-${i}.png`) }).catch(() => {});
        return false;
    }
}
// A check without which nothing after it makes sense.
export async function must(name, work) {
    if (!await check(name, work)) throw new Error(`the walk ends at "${name}"`);
}
export const failures = () => failed;

// ---- the server
export async function serve() {
    const data = join(folder, "data");
    mkdirSync(data);
    const said = join(folder, "server.log"), log = openSync(said, "w");
    const child = spawn(process.env.WAKESMITH_PROGRAM, ["serve", "--port=0", "--offline", `--data-dir=${data}`], { stdio: ["ignore", log, log] });
    const stopped = new Promise(resolve => child.once("exit", resolve));
    for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
        const url = /http:\/\/localhost:\d+/.exec(readFileSync(said, "utf8"))?.[0];
        if (url) return { url, data, stop: () => (child.kill(), stopped) };
        await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error(`the server does not start: ${readFileSync(said, "utf8")}`);
}

// ---- the browser
export const strays = []; // requests to anywhere else
export const complaints = []; // errors in the console, exceptions, violations of the security policy

const WATCH = () => {
    document.addEventListener("securitypolicyviolation", event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    const play = HTMLMediaElement.prototype.play;
    window.played = []; // every clip that was started
    HTMLMediaElement.prototype.play = function () {
        const one = { url: this.src, seconds: 0 };
        window.played.push(one);
        this.addEventListener("timeupdate", () => one.seconds = Math.max(one.seconds, this.currentTime));
        return play.call(this);
    };
};

// The microphone hears the file from its beginning whenever it is opened, again and again.
export function launch(microphone) {
    return chromium.launch({ executablePath: process.env.CHROMIUM, args: [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}`] : [])] });
}

export async function visitor(browser, server, { language = "en-US", width = 1200, height = 800, dark = false } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: dark ? "dark" : "light",
        hasTouch: width < 500, isMobile: width < 500, permissions: ["microphone", "clipboard-read", "clipboard-write"], reducedMotion: "reduce" });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(WATCH);
    context.on("request", request => {
        const url = request.url();
        if (!url.startsWith(`${server.url}/`) && !/^(blob|data):/.test(url)) strays.push(url);
    });
    context.on("console", message => {
        if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
    });
    context.on("weberror", error => complaints.push(String(error.error().stack)));
    context.on("page", page => open.push(page));
    return context;
}

// The whole screen, in a window as high as it: what is drawn only when it comes into sight is drawn.
export async function picture(page, name) {
    const usual = page.viewportSize(), height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ ...usual, height: Math.max(height, usual.height) });
    for (const wave of await page.locator(".wave:visible").all()) await wave.locator("path[d^=M]").first().waitFor({ state: "attached" });
    await page.evaluate(() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    await page.setViewportSize(usual);
}
export const shut = () => rmSync(folder, { recursive: true, force: true });

// How many pixels of the drawings within have the colour that the style sheet calls `name`.
export const inked = (drawing, name) => drawing.evaluate((root, name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    probe.remove();
    let count = 0;
    for (const canvas of root.querySelectorAll("canvas")) {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 128 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24) count++;
    }
    return count;
}, name);

// ---- what the server says, beside the page
export const asker = server => async path => {
    const answer = await fetch(server.url + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.headers.get("content-type").includes("json") ? answer.json() : Buffer.from(await answer.arrayBuffer());
};
export async function until(what, test) {
    for (const began = Date.now(); Date.now() - began < PATIENCE_MS;) {
        const value = await test();
        if (value) return value;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`never came: ${what}`);
}
