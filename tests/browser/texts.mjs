// SPDX-License-Identifier: GPL-3.0-or-later
// The page's texts, so that a test names what a person reads and no class of a style sheet.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../web/i18n/", import.meta.url));
const read = language => Object.fromEntries(readdirSync(folder + language).flatMap(name => {
    const texts = JSON.parse(readFileSync(`${folder}${language}/${name}`, "utf8"));
    return Object.entries(texts).map(([key, value]) => [`${name.replace(".json", "")}.${key}`, value]);
}));

function reader(language) {
    const texts = read(language);
    const text = (key, params = {}) => {
        const value = texts[key];
        if (value === undefined) throw new Error(`no text "${key}"`);
        const form = typeof value === "string" ? value : value[new Intl.PluralRules(language).select(params.n ?? 0)] ?? value.other;
        return form.replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
    };
    // A text with anything in the place of its parameters that are not given.
    text.like = (key, params = {}) => new RegExp(`^${text(key, params).replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, ".*")}$`);
    text.all = texts;
    return text;
}
export const en = reader("en");
export const ru = reader("ru");
