// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the page: checks the texts and the types, bundles into web/dist, and refuses a page that grew too large.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { checkTexts } from "./scripts/texts.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");
const fresh = join(web, "dist.new"); // becomes dist only when everything is well
const LARGEST_PAGE = 250_000; // bytes, compressed
const FILES = ["index.html", "icon.svg"];

function fail(sentences) {
    for (const sentence of [sentences].flat()) console.error(sentence);
    rmSync(fresh, { recursive: true, force: true });
    process.exit(1);
}

const filesBelow = folder =>
    readdirSync(folder, { recursive: true })
        .map(name => join(folder, name))
        .sort();

function texts() {
    const faults = checkTexts(web);
    if (faults.length) fail(faults);
}

function types() {
    const tsc = join(web, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", web], { encoding: "utf8" });
    if (status !== 0) fail(stdout.trim());
}

// app.js with app.css, and every audio worklet as a file of its own, named like its source.
async function bundle() {
    const worklets = filesBelow(join(web, "src")).filter(file => file.endsWith("-worklet.ts"));
    const common = {
        bundle: true,
        minify: true,
        target: "es2022",
        format: "esm",
        logLevel: "error",
        charset: "utf8",
        define: { "process.env.NODE_ENV": '"production"' },
        legalComments: "none",
    };
    await esbuild
        .build({ ...common, entryPoints: { app: join(web, "src/main.tsx") }, outdir: fresh })
        .catch(() => fail("The page could not be bundled."));
    if (worklets.length)
        await esbuild
            .build({ ...common, entryPoints: worklets, outdir: fresh, entryNames: "[name]" })
            .catch(() => fail("The audio worklets could not be bundled."));
}

// The chain of the device, for the live test.
function device() {
    const { status, error, stderr } = spawnSync(join(web, "device/build.sh"), [join(fresh, "device.wasm")], {
        encoding: "utf8",
    });
    if (error || status !== 0)
        fail([
            stderr?.trim() ?? "",
            "The device chain could not be compiled: are clang, lld, wasi-libc and libclang-rt-*-dev-wasm32 installed?",
        ]);
}

function plainFiles() {
    for (const name of FILES) copyFileSync(join(web, name), join(fresh, name));
}

function size() {
    let total = 0;
    for (const file of filesBelow(fresh)) {
        const bytes = gzipSync(readFileSync(file), { level: 9 }).length;
        total += bytes;
        console.log(`${relative(fresh, file).padEnd(24)} ${(bytes / 1000).toFixed(1).padStart(7)} kB compressed`);
    }
    console.log(
        `${"together".padEnd(24)} ${(total / 1000).toFixed(1).padStart(7)} kB of at most ${LARGEST_PAGE / 1000} kB`,
    );
    if (total > LARGEST_PAGE) fail(`The page is larger than ${LARGEST_PAGE / 1000} kB compressed.`);
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh);
texts();
if (!process.argv.includes("--no-types")) types();
plainFiles();
device();
await bundle();
size();
if (existsSync(dist)) rmSync(dist, { recursive: true });
renameSync(fresh, dist);
