// SPDX-License-Identifier: GPL-3.0-or-later
// A fault in the texts is found by the build, not by the reader.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkTexts } from "../scripts/texts.mjs";

// A copy of the page's texts, in which one file is changed.
function faultsAfter(file: string, change: (texts: Record<string, unknown>) => void): string[] {
    const web = mkdtempSync(join(tmpdir(), "wakesmith-texts-"));
    try {
        cpSync("i18n", join(web, "i18n"), { recursive: true });
        cpSync("src", join(web, "src"), { recursive: true });
        const path = join(web, "i18n", file),
            texts = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
        change(texts);
        writeFileSync(path, JSON.stringify(texts));
        return checkTexts(web);
    } finally {
        rmSync(web, { recursive: true });
    }
}

test("the texts as they are have no fault", () => assert.deepEqual(checkTexts("."), []));

const faults: [string, string, (texts: Record<string, unknown>) => void, RegExp][] = [
    ["a text that one language lacks", "ru/app.json", texts => delete texts["undo"], /i18n\/ru: "app.undo" is missing/],
    [
        "a text that only one language has",
        "ru/app.json",
        texts => (texts["more"] = "ещё"),
        /i18n\/en: "app.more" is missing/,
    ],
    ["another placeholder", "ru/app.json", texts => (texts["go_on_with"] = "{слово} {wort}"), /other placeholders/],
    [
        "a plural form that Russian needs",
        "ru/app.json",
        texts => (texts["minutes"] = { one: "{n}", other: "{n}" }),
        /lacks the plural form "few"/,
    ],
    ["an empty text", "en/app.json", texts => (texts["undo"] = " "), /"app.undo" has no text/],
];
for (const [name, file, change, expected] of faults)
    test(`the build finds ${name}`, () => assert.match(faultsAfter(file, change).join("\n"), expected));

test("the build finds a use of a text that is not there", () => {
    const found = faultsAfter("en/app.json", texts => delete texts["undo"]);
    assert.match(found.join("\n"), /there is no text "app.undo"/);
});
