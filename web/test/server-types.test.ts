// SPDX-License-Identifier: GPL-3.0-or-later
// The page's types are the server's shapes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { typesOf } from "../scripts/types.mjs";

const program = process.env["WAKESMITH_PROGRAM"] ?? "../build/wakesmith";
const described = existsSync(program) ? spawnSync(program, ["serve", "--openapi"], { encoding: "utf8" }) : null;
const skip = described?.status === 0 ? false : "skipped: the program is not built, or has no server";

test("src/server-types.ts is what the server describes", { skip }, () =>
    assert.equal(
        readFileSync("src/server-types.ts", "utf8"),
        typesOf(JSON.parse(described!.stdout)),
        "write it anew: build/wakesmith serve --openapi | node web/scripts/types.mjs > web/src/server-types.ts",
    ));
