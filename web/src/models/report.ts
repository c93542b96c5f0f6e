// SPDX-License-Identifier: GPL-3.0-or-later
// What a report says, in words: no DOM here. Never a better figure than was measured, never one without its doubt.
import type { Level, Model, Sensitivity } from "../api-types";
import { formatNumber, t, textOfCode } from "../i18n";
import type { Key } from "../i18n";

export const SENSITIVITIES: Sensitivity[] = ["slightly", "moderately", "very"];

export interface CurvePoint {
    cutoff_byte: number;
    recall: number;
    per_hour: number;
    false_accepts: number;
}
export interface Report {
    id?: string;
    curve?: CurvePoint[];
    personal_clips?: number;
    options?: { preset?: string; seed?: number };
    signatures?: { features?: string };
}

// ---- how often it hears ---------------------------------------------------------------------------------------
// Whole clips of 100; 100 only when none was missed, 0 only when none was heard.
export function heardOf100(recall: number): number {
    const rounded = Math.round(100 * recall);
    if (rounded >= 100 && recall < 1) return 99;
    return rounded <= 0 && recall > 0 ? 1 : rounded;
}

// ---- how often it wakes by mistake ----------------------------------------------------------------------------
// A stretch of time after "once in", "in": steps of a few minutes, as exact as the measurement is.
export function stretch(hours: number): string {
    const minutes = 60 * hours;
    if (minutes < 1.5) return t("use.stretch_minutes", { n: 1 });
    if (minutes < 20) return t("use.stretch_minutes", { n: Math.round(minutes) });
    if (minutes < 57.5) return t("use.stretch_minutes", { n: 5 * Math.round(minutes / 5) });
    if (hours < 1.25) return t("use.stretch_hours", { n: 1 });
    if (hours < 1.75) return t("use.stretch_hour_and_half");
    if (hours < 48) return t("use.stretch_hours", { n: Math.round(hours) });
    return t("use.stretch_days", { n: Math.round(hours / 24) });
}
// "about once in 5 hours", "about 3 times an hour".
export function rate(perHour: number): string {
    if (perHour <= 0) return t("use.rate_never");
    if (perHour < 0.9) return t("use.rate_once", { time: stretch(1 / perHour) });
    return t("use.rate_times", { n: Math.max(1, Math.round(perHour)) });
}
const listened = (level: Level, model: Model): number => model.held_out.hours || (level.per_hour > 0 ? level.false_accepts / level.per_hour : 0);

export function mistakes(level: Level, model: Model): string {
    if (level.false_accepts === 0) return t("use.mistakes_none", { time: stretch(listened(level, model)) });
    return t("use.mistakes_some", { rate: rate(level.per_hour) });
}
export function headline(level: Level, model: Model): string {
    return t("use.headline", { heard: heardOf100(level.recall), mistakes: mistakes(level, model) });
}

// ---- how sure that is -----------------------------------------------------------------------------------------
export function doubtOfHearing(level: Level): string {
    const [low, high] = level.recall_interval;
    return t("use.doubt_heard", { detected: level.detected, n: level.clips, low: heardOf100(low), high: heardOf100(high) });
}
export function doubtOfMistakes(level: Level, model: Model): string {
    const [low, high] = level.per_hour_interval, time = stretch(listened(level, model));
    if (listened(level, model) === 0 || high === null) return t("use.doubt_unknown");
    if (level.false_accepts === 0) return t("use.doubt_none", { time, high: rate(high) });
    return t("use.doubt_some", { n: level.false_accepts, time, low: rate(low), high: rate(high) });
}
export function heardFrom(model: Model): string {
    const { hours, real_hours } = model.held_out;
    if (real_hours < 0.01) return t("use.measured_synthetic", { time: stretch(hours) });
    return t("use.measured_real", { time: stretch(hours), real: stretch(real_hours) });
}
// So short a measurement that the rate of mistakes is little more than a guess.
export const isRough = (level: Level): boolean => level.per_hour_interval[1] === null || level.per_hour_interval[1] > 3;

// Does the most sensitive level hear more, or err more, than the least one? Else the test could not tell them apart.
export function levelsDiffer({ levels: { slightly, very } }: Pick<Model, "levels">): boolean {
    if (!slightly || !very) return false;
    return very.recall - slightly.recall >= 0.005 || very.false_accepts > slightly.false_accepts;
}
export const presetName = (preset: string): string => textOfCode("models.preset_", preset, preset);
export const percentPoints = (recall: number): string => formatNumber(100 * recall, 1);

// ---- caveats: the server's sentences, which are English, in the reader's language -----------------------------
const caveatKeys: [begins: string, key: Key][] = [
    ["Recall here is of synthetic voices", "use.caveat_synthetic_recall"],
    ["Wakesmith was measured on real people in English only", "use.caveat_language"],
    ["No real recordings were given as negatives", "use.caveat_synthetic_negatives"],
    ["Less than 3 hours of held-out negatives", "use.caveat_few_hours"],
    ["No recordings of people were used in training", "use.caveat_no_people"],
    ["This run has no report", "use.caveat_no_report"],
];
export function caveatText(sentence: string): string {
    const known = caveatKeys.find(([begins]) => sentence.startsWith(begins));
    return known ? t(known[1]) : sentence;
}
export const isKnownCaveat = (sentence: string): boolean => caveatKeys.some(([begins]) => sentence.startsWith(begins));

// ---- the curve ------------------------------------------------------------------------------------------------
// Recall (percent) against false accepts an hour: at each rate the best recall, rates ascending, recall never falling.
export function rocPoints(curve: CurvePoint[]): { perHour: number[]; recall: number[] } {
    const best = new Map<number, number>();
    for (const { per_hour, recall } of curve) best.set(per_hour, Math.max(best.get(per_hour) ?? 0, 100 * recall));
    const perHour = [...best.keys()].sort((a, b) => a - b);
    let top = 0;
    return { perHour, recall: perHour.map(rate => (top = Math.max(top, best.get(rate)!))) };
}

// Were two models judged by the same clips? Otherwise their figures may differ by luck.
export type Comparable = "same" | "other_word" | "other_data";
export function comparable(one: Report, other: Report): Comparable {
    if (one.id !== other.id) return "other_word";
    const features = one.signatures?.features;
    return features !== undefined && features === other.signatures?.features ? "same" : "other_data";
}
