// SPDX-License-Identifier: GPL-3.0-or-later
// The page in a browser, against the server that pretends: what the Word and Train screens promise.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { pageServer } from "../scripts/serve.mjs";
import { cannedServer } from "./canned.mjs";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const skip = !existsSync(chromium)
    ? "skipped: no chromium"
    : !existsSync("dist/app.js")
      ? "skipped: the page is not built"
      : false;
let browser: Browser;

before(async () => {
    if (skip) return;
    const { chromium: driver } = await import("playwright-core");
    const args = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    browser = await driver.launch({ executablePath: chromium, args });
});
after(() => browser?.close());

interface Visit {
    page: Page;
    url: string;
    open: (hash: string, options?: BrowserContextOptions) => Promise<Page>;
    tell: (name: string, body: unknown) => Promise<unknown>;
}
async function visit(
    work: (visit: Visit) => Promise<void>,
    options: BrowserContextOptions = {},
    takes = 0,
): Promise<void> {
    const server = pageServer(".", cannedServer({ seconds: 20, takes }));
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    const context = await browser.newContext({ locale: "en", ...options });
    const faults: string[] = [];
    const open = async (hash: string) => {
        const page = await context.newPage();
        page.on("pageerror", error => faults.push(error.message));
        page.on("console", message => /Content Security Policy/.test(message.text()) && faults.push(message.text()));
        page.on(
            "request",
            request =>
                request.url().startsWith(url) || /^(blob|data):/.test(request.url()) || faults.push(request.url()),
        );
        await page.goto(`${url}/${hash}`);
        return page;
    };
    const tell = (name: string, body: unknown) =>
        fetch(`${url}/api/${name}`, { method: "POST", body: JSON.stringify(body) });
    try {
        await work({ page: await open(""), url, open, tell });
        assert.deepEqual(faults, []);
    } finally {
        await context.close();
        server.closeAllConnections();
        server.close();
    }
}
const word = async ({ tell }: Visit, phrase = "hey jarvis") => void (await tell("start_session", { phrase }));
// The view of a page comes to hold the log's file, no more and no less. (Pages behind others do not draw.)
async function showsTheLog({ url }: Visit, page: Page): Promise<void> {
    const file = await (await fetch(`${url}/api/training/log`)).text();
    await page.bringToFront();
    const shown = () => page.locator(".log pre").evaluate(element => element.textContent ?? "");
    for (let i = 0; i < 40 && (await shown()) !== file; i++) await page.waitForTimeout(50);
    assert.equal(await shown(), file);
}

test("type, hear, go on, train without recordings, use", { skip }, () =>
    visit(async ({ page }) => {
        await page.fill(".phrase", "hey jarvis");
        await page.getByText("A good length").waitFor();
        await page.getByRole("button", { name: "Play five voices" }).click();
        await page.locator(".clip").nth(4).waitFor();
        await page.getByRole("button", { name: "Continue" }).click();
        await page.waitForURL(/#\/hey_jarvis\/voices/);
        await page.getByRole("link", { name: /^Train/ }).click();
        await page.getByRole("button", { name: "Train without recordings" }).click();
        await page.getByRole("progressbar").waitFor();
        await page.getByRole("link", { name: "Test and use it" }).click({ timeout: 40_000 });
        await page.waitForURL(/#\/hey_jarvis\/use/);
    }),
);

test("a reload and a second tab show the same training", { skip }, () =>
    visit(async stage => {
        await word(stage);
        await stage.tell("train", { allow_no_personal: true });
        const first = await stage.open("#/hey_jarvis/train"),
            second = await stage.open("#/hey_jarvis/train");
        for (const page of [first, second]) await page.locator(".log-card summary").click();
        await first.waitForFunction(() => Number.parseInt(document.querySelector(".percent")?.textContent ?? "0") > 5);
        await first.reload();
        await first.getByRole("progressbar").waitFor();
        await first.locator(".log-card summary").click();
        assert.ok(Number.parseInt(await first.locator(".percent").innerText()) > 5);
        await stage.tell("train/cancel", {});
        for (const page of [first, second]) await page.getByText("What it had done is kept").waitFor();
        for (const page of [first, second]) await showsTheLog(stage, page);
        await first.getByRole("button", { name: "Go on where it stopped" }).waitFor();
    }),
);

test("the log shows every byte, does not fight the reader, and bears a hundred thousand lines", { skip }, () =>
    visit(async stage => {
        await word(stage);
        await stage.tell("train", { allow_no_personal: true });
        const page = await stage.open("#/train");
        await page.locator(".log-card summary").click();
        await page.locator(".log pre span").first().waitFor();
        await stage.tell("canned/log", { text: "the same line\n".repeat(1000) });
        await page.waitForFunction(
            () => (document.querySelector(".log pre")?.textContent ?? "").split("the same line\n").length === 1001,
        );
        const log = page.locator(".log");
        const distance = () => log.evaluate(view => view.scrollHeight - view.clientHeight - view.scrollTop);
        assert.ok((await distance()) <= 40, "follows while the end is in sight");
        await log.evaluate(view => void (view.scrollTop = 500));
        await page.waitForTimeout(100);
        await stage.tell("canned/log", { text: "more\n".repeat(50) });
        await page.waitForTimeout(300);
        assert.equal(await log.evaluate(view => view.scrollTop), 500, "stays where the reader is");
        await page.getByRole("button", { name: "To the end" }).click();
        assert.ok((await distance()) <= 40);
        for (let i = 0; i < 10; i++)
            // 100,000 lines
            await stage.tell("canned/log", {
                text: Array.from({ length: 10_000 }, (_, line) => `${i} ${line} clips spoken, about 3 s left\n`).join(
                    "",
                ),
            });
        await page.waitForFunction(
            () => document.querySelector(".log pre")?.textContent?.includes("9 9999 clips"),
            undefined,
            { timeout: 10_000 },
        );
        const longest = await page.evaluate(
            () =>
                new Promise<number>(resolve => {
                    // between frames, while it is scrolled
                    let last = performance.now(),
                        most = 0,
                        frames = 0;
                    const view = document.querySelector(".log")!;
                    const step = (now: number) => {
                        most = Math.max(most, now - last);
                        last = now;
                        view.scrollTop = view.scrollHeight * Math.random();
                        if (++frames < 30) requestAnimationFrame(step);
                        else resolve(most);
                    };
                    requestAnimationFrame(step);
                }),
        );
        assert.ok(longest < 1000, `a frame took ${longest} ms`);
        await stage.tell("train/cancel", {});
        await page.getByText("What it had done is kept").waitFor();
        await showsTheLog(stage, page);
    }),
);

test("too few takes, and a server that asks back, are told in the page", { skip }, () =>
    visit(
        async stage => {
            await word(stage);
            const page = await stage.open("#/train");
            page.on("dialog", () => assert.fail("an alert box"));
            await page.getByRole("button", { name: "Train", exact: true }).click();
            await page.getByText("2 of the 3 recordings that a training needs").waitFor();
            await stage.tell("canned/takes", { count: 3 });
            await page.getByText("3 recordings of your home").waitFor();
            await stage.tell("canned/forget", {}); // the takes go behind the page's back
            await page.getByRole("button", { name: "Train", exact: true }).click();
            await page.getByText("None of your 10 planned takes is recorded").waitFor();
            await page.getByRole("button", { name: "Train without recordings" }).click();
            await page.getByRole("progressbar").waitFor();
            await stage.tell("canned/fail", { reason: "the disk is full: free 2 GB" });
            await page.getByText("the disk is full: free 2 GB").waitFor();
        },
        {},
        2,
    ),
);

const axe = createRequire(`${process.cwd()}/package.json`).resolve("axe-core/axe.min.js");
for (const [width, colorScheme, locale] of [
    [360, "dark", "ru"],
    [1200, "light", "en"],
] as const)
    test(`Word and Train at ${width} px, ${colorScheme}, ${locale}: nothing serious, nothing cut off`, { skip }, () =>
        visit(
            async stage => {
                const check = async (page: Page, name: string) => {
                    await page.waitForTimeout(400);
                    await page.evaluate(readFileSync(axe, "utf8"));
                    const found = (await page.evaluate("axe.run()")) as {
                        violations: { id: string; impact: string; nodes: { html: string }[] }[];
                    };
                    const serious = found.violations.filter(
                        ({ impact }) => impact === "serious" || impact === "critical",
                    );
                    assert.deepEqual(
                        serious.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`),
                        [],
                    );
                    assert.ok(
                        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
                        `${name} is wider than the window`,
                    );
                };
                await check(stage.page, "an empty Word");
                await stage.page.fill(".phrase", "окно, jarvis!");
                await stage.page.locator(".verdict").first().waitFor();
                await check(stage.page, "Word");
                await word(stage);
                const page = await stage.open("#/train");
                await page.locator(".preset").first().waitFor();
                await check(page, "Train");
                await stage.tell("train", { allow_no_personal: true });
                await page.locator(".log-card summary").click();
                await page.locator(".curve").first().waitFor({ timeout: 30_000 });
                await check(page, "a running training");
            },
            { viewport: { width, height: 800 }, colorScheme, locale },
        ),
    );
