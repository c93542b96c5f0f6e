// SPDX-License-Identifier: GPL-3.0-or-later
// All texts, each under "<file>.<key>".
import enApp from "../i18n/en/app.json";
import enData from "../i18n/en/data.json";
import enLive from "../i18n/en/live.json";
import enModels from "../i18n/en/models.json";
import enReference from "../i18n/en/reference.json";
import enSamples from "../i18n/en/samples.json";
import enTrain from "../i18n/en/train.json";
import enUse from "../i18n/en/use.json";
import enVoices from "../i18n/en/voices.json";
import enWord from "../i18n/en/word.json";
import ruApp from "../i18n/ru/app.json";
import ruData from "../i18n/ru/data.json";
import ruLive from "../i18n/ru/live.json";
import ruModels from "../i18n/ru/models.json";
import ruReference from "../i18n/ru/reference.json";
import ruSamples from "../i18n/ru/samples.json";
import ruTrain from "../i18n/ru/train.json";
import ruUse from "../i18n/ru/use.json";
import ruVoices from "../i18n/ru/voices.json";
import ruWord from "../i18n/ru/word.json";

const en = { app: enApp, data: enData, live: enLive, models: enModels, reference: enReference, samples: enSamples, train: enTrain,
             use: enUse, voices: enVoices, word: enWord };
const ru = { app: ruApp, data: ruData, live: ruLive, models: ruModels, reference: ruReference, samples: ruSamples, train: ruTrain,
             use: ruUse, voices: ruVoices, word: ruWord };

type Files = typeof en;
export type Key = { [File in keyof Files]: `${File}.${keyof Files[File] & string}` }[keyof Files];
type Texts = Record<Key, string | Record<string, string>>;

const flat = (files: Record<string, object>): Texts => Object.fromEntries(Object.entries(files).flatMap(
    ([file, texts]) => Object.entries(texts).map(([key, value]) => [`${file}.${key}`, value]))) as Texts;
export const english = flat(en);
export const russian = flat(ru);
