// SPDX-License-Identifier: GPL-3.0-or-later
// What is being typed on the Word screen, before it becomes the session.
import type { Hints, Session } from "../api-types";

export interface Draft {
    phrase: string;
    lang: string; // "auto" or a code
    phonemes: string; // "/IPA/" or "[[...]]": how the phrase is said; "": as it is read
    also: string[];
}
export const SPELLINGS_MOST = 10;

export const draftOf = (session: Session): Draft => ({
    phrase: session.raw_phrase ?? "",
    lang: session.lang_auto ? "auto" : (session.lang ?? "auto"),
    phonemes: session.phonemes ?? "",
    also: session.also,
});

// IPA that keyboards lack, the most wanted first.
export const SIGNS = [..."ˈˌːəɪʊɑɔɛæʌɜɨøœʃʒθðŋɲʁɹʔʲ"];
// What is typed is IPA without its slashes, or espeak-ng's letters in their brackets.
export function phonemesOf(typed: string): string {
    const text = typed.trim().replace(/^\/|\/$/g, "").trim();
    return !text || text.startsWith("[[") ? text : `/${text}/`;
}
export const ipaOf = (phonemes: string): string => phonemes.replace(/^\/|\/$/g, "");

export const spellingsOf = (draft: Draft): string[] => draft.also.map(text => text.trim()).filter(Boolean);
export const sameDraft = (a: Draft, b: Draft): boolean =>
    a.phrase.trim() === b.phrase.trim() &&
    a.lang === b.lang &&
    a.phonemes === b.phonemes &&
    spellingsOf(a).join("\n") === spellingsOf(b).join("\n");

// What a clip says: the server tells phonemes in espeak-ng's letters, people know them as they typed them.
export const spokenText = (text: string, draft: Draft): string =>
    text.startsWith("[[") && draft.phonemes && !draft.also.some(other => /^(\/|\[\[)/.test(other.trim()))
        ? draft.phonemes
        : text;

// The reference's check: anything but Latin letters without marks, Russian letters, digits and white space.
export const hasUnusualLetters = (phrase: string): boolean => /[^A-Za-z0-9\sА-Яа-яЁё]/.test(phrase);

export type Verdict = Hints["verdicts"][number];
const worst = { poor: 0, fair: 1, good: 2 } as const;
// The worst comes first: it is what to act on. A good word that has a weakness is praised as well.
export const sortedVerdicts = (verdicts: Verdict[]): Verdict[] =>
    [...verdicts].sort((a, b) => worst[a.level] - worst[b.level]);

// A language by its name in the reader's language; what the browser does not know by the server's name.
export function languageName(code: string, reader: string, otherwise: string): string {
    try {
        const name = new Intl.DisplayNames([reader], { type: "language", fallback: "none" }).of(code);
        return name ? name[0]!.toLocaleUpperCase(reader) + name.slice(1) : otherwise;
    } catch {
        return otherwise;
    }
}

// Whoever does not read the page's language finds the own one by its own name.
export const languageLabel = (name: string, own: string): string =>
    name.toLocaleLowerCase() === own.toLocaleLowerCase() ? name : `${name} · ${own}`;

// "gmw/en-US+anika" of espeak-ng is Anika, who speaks en-US; flite's "awb" is AWB.
export function voiceName(voice: string): string {
    const [base = "", variant] = voice.replace(/^.*\//, "").split("+");
    if (!variant) return /^[a-z]{3}$/.test(base) ? base.toUpperCase() : base;
    return `${variant[0]!.toUpperCase()}${variant.slice(1)} · ${base}`;
}
