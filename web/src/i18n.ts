// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of the page in the language of the reader; a text with plural forms is chosen by its parameter {n}.
import { useStore, createStore } from "./store";
import { remember, remembered } from "./remember";
import { english, russian } from "./texts";
import type { Key } from "./texts";

export type { Key };
export type Language = "en" | "ru";
export type Params = Record<string, string | number>;
type Texts = Record<Key, string | Record<string, string>>;

export const LANGUAGES: { code: Language; name: string }[] = [
    { code: "en", name: "English" },
    { code: "ru", name: "Русский" },
];
const texts: Record<Language, Texts> = { en: english, ru: russian };

// As the reference: Russian when it is the browser's first language.
export function preferredLanguage(languages: readonly string[], chosen: string | null): Language {
    if (chosen === "en" || chosen === "ru") return chosen;
    return languages[0]?.toLowerCase().startsWith("ru") ? "ru" : "en";
}

const browserLanguages = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
export const language = createStore<Language>(preferredLanguage(browserLanguages, remembered("language")));

export function setLanguage(chosen: Language): void {
    remember("language", chosen);
    language.set(chosen);
}
// A component that calls it is drawn anew when the language changes.
export const useLanguage = (): Language => useStore(language);

// Unknown placeholders stay as they are.
export function fill(text: string, params: Params): string {
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = params[name];
        if (value === undefined) return whole;
        return typeof value === "number" ? formatNumber(value) : value;
    });
}

export function translate(code: Language, key: Key, params: Params = {}): string {
    const value = texts[code][key] ?? texts.en[key] ?? key;
    if (typeof value === "string") return fill(value, params);
    const form = new Intl.PluralRules(code).select(Number(params["n"] ?? 0));
    return fill(value[form] ?? value["other"] ?? key, params);
}
export const t = (key: Key, params?: Params): string => translate(language.get(), key, params);

// Text of a code that the server sends ("too_short"), or what the server says itself where the page has no text for it.
export function textOfCode(prefix: string, code: string, otherwise: string, params?: Params): string {
    const key = prefix + code;
    return key in texts.en ? t(key as Key, params) : otherwise;
}

// ---- numbers, times and sizes as people of the language write them
export const formatNumber = (value: number, digits = 2): string =>
    value.toLocaleString(language.get(), { maximumFractionDigits: digits });
export const formatPercent = (part: number, digits = 0): string =>
    part.toLocaleString(language.get(), { style: "percent", maximumFractionDigits: digits });

// "40 seconds", "6 minutes", "1 hour 20 minutes": as exact as one can promise.
export function formatDuration(seconds: number): string {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 90) return t("app.seconds", { n: whole < 20 ? whole : Math.round(whole / 5) * 5 });
    const minutes = Math.round(whole / 60);
    if (minutes < 60) return t("app.minutes", { n: minutes });
    const hours = t("app.hours", { n: Math.floor(minutes / 60) });
    return minutes % 60 === 0 ? hours : `${hours} ${t("app.minutes", { n: minutes % 60 })}`;
}
export function formatBytes(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    let unit = 0,
        value = bytes;
    while (value >= 1000 && unit < units.length - 1) ((value /= 1000), unit++);
    return value.toLocaleString(language.get(), {
        style: "unit",
        unit: units[unit]!,
        unitDisplay: unit === 0 ? "long" : "short",
        maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
    });
}
export const formatDate = (iso: string): string => {
    const date = new Date(iso);
    return Number.isNaN(date.getTime())
        ? iso
        : date.toLocaleString(language.get(), { dateStyle: "medium", timeStyle: "short" });
};
