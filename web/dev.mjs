// SPDX-License-Identifier: GPL-3.0-or-later
// For work on the page: serves web/dist, built anew when a source changes.
//   node dev.mjs [--port 5173] [--server 2704]    the API of a running `wakesmith serve`
//   node dev.mjs [--port 5173] --canned           answers of test/canned.mjs, without any server
import { spawnSync } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pageServer } from "./scripts/serve.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
    options: {
        port: { type: "string", default: "5173" },
        server: { type: "string", default: "2704" },
        canned: { type: "boolean", default: false },
    },
});

const build = () => spawnSync(process.execPath, [join(web, "build.mjs"), "--no-types"], { stdio: "inherit" });
let waiting;
for (const folder of ["src", "i18n"])
    watch(join(web, folder), { recursive: true }, () => {
        clearTimeout(waiting);
        waiting = setTimeout(build, 100);
    });
if (!existsSync(join(web, "dist"))) build();

function proxy(incoming, outgoing) {
    const host = `localhost:${values.server}`; // the program answers only to its own names
    const options = {
        host: "127.0.0.1",
        port: values.server,
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, host, origin: `http://${host}` },
    };
    const onward = request(options, answer => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
    });
    onward.on("error", () =>
        outgoing
            .writeHead(502, { "Content-Type": "application/json" })
            .end(JSON.stringify({ ok: false, error: `nothing listens on port ${values.server}`, code: "NO_SERVER" })),
    );
    incoming.pipe(onward);
}

const api = values.canned ? (await import("./test/canned.mjs")).cannedServer() : proxy;
pageServer(web, api).listen(Number(values.port), "127.0.0.1", () => console.log(`http://localhost:${values.port}`));
