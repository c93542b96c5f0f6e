// SPDX-License-Identifier: GPL-3.0-or-later
// For work on the page: serves web/dist, built anew when a source changes, as the program would.
//   node dev.mjs [--port 5173] [--server 2704]    the API of a running `wakesmith serve`
//   node dev.mjs [--port 5173] --canned           answers of test/canned.mjs, without any server
import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, watch } from "node:fs";
import { createServer, request } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const web = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
    options: {
        port: { type: "string", default: "5173" },
        server: { type: "string", default: "2704" },
        canned: { type: "boolean", default: false },
    },
});
const canned = values.canned ? (await import("./test/canned.mjs")).cannedServer() : null;
const POLICY =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; media-src 'self' blob:; img-src 'self' data:; object-src 'none'";
const types = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
};

const build = () => spawnSync(process.execPath, [join(web, "build.mjs"), "--no-types"], { stdio: "inherit" });
let waiting;
for (const folder of ["src", "i18n"])
    watch(join(web, folder), { recursive: true }, () => {
        clearTimeout(waiting);
        waiting = setTimeout(build, 100);
    });
if (!existsSync(join(web, "dist"))) build();

function proxy(incoming, outgoing) {
    const onward = request(
        {
            host: "127.0.0.1",
            port: values.server,
            path: incoming.url,
            method: incoming.method,
            headers: {
                ...incoming.headers,
                host: `localhost:${values.server}`,
                origin: `http://localhost:${values.server}`,
            },
        },
        answer => {
            outgoing.writeHead(answer.statusCode, answer.headers);
            answer.pipe(outgoing);
        },
    );
    onward.on("error", () =>
        outgoing
            .writeHead(502, { "Content-Type": "application/json" })
            .end(JSON.stringify({ ok: false, error: `nothing listens on port ${values.server}`, code: "NO_SERVER" })),
    );
    incoming.pipe(onward);
}

function file(path, outgoing) {
    const name = join(web, "dist", normalize(path === "/" ? "/index.html" : path));
    if (!name.startsWith(join(web, "dist")) || !existsSync(name)) return void outgoing.writeHead(404).end();
    outgoing.writeHead(200, {
        "Content-Type": types[extname(name)] ?? "application/octet-stream",
        "Content-Security-Policy": POLICY,
    });
    createReadStream(name).pipe(outgoing);
}

createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, "http://localhost");
    if (!/^\/(api|models|pair)(\/|$)/.test(pathname)) file(pathname, outgoing);
    else if (canned) canned(incoming, outgoing);
    else proxy(incoming, outgoing);
}).listen(Number(values.port), "127.0.0.1", () => console.log(`http://localhost:${values.port}`));
