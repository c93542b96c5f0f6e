// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles web/test/*.test.ts and runs them with node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv[2] ?? "";
const sources = readdirSync(join(web, "test")).filter(name => name.endsWith(".test.ts") && name.includes(wanted));
const folder = mkdtempSync(join(web, "node_modules/.tests-"));
process.chdir(web); // tests name files from here
try {
    await esbuild.build({ entryPoints: sources.map(name => join(web, "test", name)), outdir: folder, bundle: true,
                          platform: "node", format: "esm", target: "node18", outExtension: { ".js": ".mjs" },
                          sourcemap: "inline", logLevel: "error", external: ["playwright-core", "axe-core"] });
    const built = readdirSync(folder).filter(name => name.endsWith(".mjs")).map(name => join(folder, name));
    process.exitCode = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built],
                                 { stdio: "inherit" }).status ?? 1;
} finally {
    rmSync(folder, { recursive: true });
}
