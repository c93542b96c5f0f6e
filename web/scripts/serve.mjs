// SPDX-License-Identifier: GPL-3.0-or-later
// Serves web/dist as the program does; `api` answers what belongs to the program. For work on the page and its tests.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const POLICY =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; " +
    "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'";
const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
};

function sendFile(dist, path, outgoing) {
    const name = join(dist, normalize(path === "/" ? "/index.html" : path));
    if (!name.startsWith(dist + sep) || !existsSync(name)) return void outgoing.writeHead(404).end();
    outgoing.writeHead(200, {
        "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
        "Content-Security-Policy": POLICY,
    });
    createReadStream(name).pipe(outgoing);
}

export const pageServer = (web, api) =>
    createServer((incoming, outgoing) => {
        const { pathname } = new URL(incoming.url, "http://localhost");
        if (/^\/(api|models|pair)(\/|$)/.test(pathname)) api(incoming, outgoing);
        else sendFile(join(web, "dist"), pathname, outgoing);
    });
