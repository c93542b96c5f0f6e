// SPDX-License-Identifier: GPL-3.0-or-later
// The texts of the page: web/i18n/<language>/<screen>.json, where key "word.continue" is "continue" in word.json.
// A value is a text with {placeholders}, or an object of plural forms chosen by the parameter {n}.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const LANGUAGES = ["en", "ru"];
const formsOf = language => new Intl.PluralRules(language).resolvedOptions().pluralCategories;
const variants = value => (typeof value === "string" ? [value] : Object.values(value));
export const placeholdersOf = value =>
    [...new Set(variants(value).flatMap(text => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1])))].sort();

// {key: value} of one language.
export function readTexts(web, language) {
    const texts = {};
    for (const file of readdirSync(join(web, "i18n", language)).filter(name => name.endsWith(".json")))
        for (const [key, value] of Object.entries(JSON.parse(readFileSync(join(web, "i18n", language, file), "utf8"))))
            texts[`${file.slice(0, -5)}.${key}`] = value;
    return texts;
}

function checkValue(language, key, value) {
    if (variants(value).some(text => typeof text !== "string" || text.trim() === ""))
        return [`i18n/${language}: "${key}" has no text`];
    if (typeof value === "string") return [];
    const missing = formsOf(language).filter(form => !(form in value));
    return missing.map(form => `i18n/${language}: "${key}" lacks the plural form "${form}"`);
}

// Keys written out in the code, t("word.continue"), exist. (Keys put together from parts are checked by their types.)
function checkUses(web, texts) {
    const faults = [];
    for (const name of readdirSync(join(web, "src"), { recursive: true }).filter(file => /\.tsx?$/.test(file)))
        for (const [, key] of readFileSync(join(web, "src", name), "utf8").matchAll(/\bt\(\s*"([^"]+)"/g))
            if (!(key in texts)) faults.push(`src/${name}: there is no text "${key}"`);
    return faults;
}

export function checkTexts(web) {
    const [first, ...others] = LANGUAGES.map(language => [language, readTexts(web, language)]);
    const faults = Object.entries(first[1]).flatMap(([key, value]) => checkValue(first[0], key, value));
    for (const [language, texts] of others) {
        for (const key of new Set([...Object.keys(first[1]), ...Object.keys(texts)]))
            if (!(key in texts)) faults.push(`i18n/${language}: "${key}" is missing`);
            else if (!(key in first[1])) faults.push(`i18n/${first[0]}: "${key}" is missing`);
            else if (String(placeholdersOf(texts[key])) !== String(placeholdersOf(first[1][key])))
                faults.push(`i18n: "${key}" has other placeholders in ${language} than in ${first[0]}`);
            else faults.push(...checkValue(language, key, texts[key]));
    }
    return [...faults, ...checkUses(web, first[1])];
}
