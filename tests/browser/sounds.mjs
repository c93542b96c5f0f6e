// SPDX-License-Identifier: GPL-3.0-or-later
// The sounds of the walk: people who say the word, the file that stands in for a microphone, and whether a take is what was said.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const RATE = 48000;
const QUIET_S = 2;
const AFTER_FIRST_S = 5; // the first take is refused: the page rests until the server has it
const PEOPLE = ["000", "017", "042", "101", "200", "060", "061", "004"]; // three for the microphone, the others for a file

// Files in which the word is said: by people where the project's data is there, else by the program itself.
export function saidWord(program, shared, folder) {
    const people = join(shared, "data/positives/jarvis");
    if (existsSync(people)) return PEOPLE.map(name => join(people, `${name}.flac`));
    mkdirSync(folder);
    execFileSync(program, ["say", "jarvis", "-o", folder, `--samples=${PEOPLE.length}`], { stdio: "ignore" });
    return readdirSync(folder).filter(name => name.endsWith(".wav")).sort().map(name => join(folder, name));
}

// Samples of any sound file, as a page decodes it; only the word, with a little room around it.
export async function decoded(page, file) {
    const text = await page.evaluate(async ([bytes, rate]) => {
        const file = Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0));
        const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(file.buffer);
        const view = new Uint8Array(sound.getChannelData(0).buffer);
        let text = "";
        for (let at = 0; at < view.length; at += 8192) text += String.fromCharCode(...view.subarray(at, at + 8192));
        return btoa(text);
    }, [readFileSync(file).toString("base64"), RATE]);
    const bytes = Buffer.from(text, "base64");
    const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const loud = (_, i) => i % 480 === 0 && Math.hypot(...samples.subarray(i, i + 480)) > 0.01 * Math.sqrt(480);
    const frames = [...samples.keys()].filter(loud);
    return samples.subarray(Math.max(0, frames[0] - RATE * 0.05), frames.at(-1) + RATE * 0.1);
}

// Quiet, word, quiet, word ... quiet; gives where each word lies, in seconds.
export function writeSaid(path, words) {
    const quiet = RATE * QUIET_S, longer = RATE * AFTER_FIRST_S;
    const length = words.reduce((sum, word) => sum + word.length + quiet, longer);
    const file = Buffer.alloc(44 + 2 * length);
    file.write("RIFF", 0);
    file.writeUInt32LE(36 + 2 * length, 4);
    file.write("WAVEfmt ", 8);
    file.writeUInt32LE(16, 16);
    file.writeUInt16LE(1, 20);
    file.writeUInt16LE(1, 22);
    file.writeUInt32LE(RATE, 24);
    file.writeUInt32LE(2 * RATE, 28);
    file.writeUInt16LE(2, 32);
    file.writeUInt16LE(16, 34);
    file.write("data", 36);
    file.writeUInt32LE(2 * length, 40);
    let seed = 1; // no microphone is quite silent
    for (let i = 0; i < length; i++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        file.writeInt16LE(Math.round(10 * (seed / 1073741824 - 1)), 44 + 2 * i);
    }
    const places = [];
    let at = quiet;
    for (const [i, word] of words.entries()) {
        word.forEach((sample, i) => file.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, sample))), 44 + 2 * (at + i)));
        places.push({ start: at / RATE, end: (at + word.length) / RATE });
        at += word.length + (i === 0 ? longer : quiet);
    }
    writeFileSync(path, file);
    return places;
}

export function samplesOfWav(file) {
    let at = 12;
    while (file.toString("latin1", at, at + 4) !== "data") at += 8 + ((file.readUInt32LE(at + 4) + 1) & ~1);
    const rate = file.readUInt32LE(24);
    const samples = new Float32Array(file.readUInt32LE(at + 4) / 2);
    samples.forEach((_, i) => samples[i] = file.readInt16LE(at + 8 + 2 * i) / 32768);
    return { rate, samples };
}

// At 4 kHz: enough to know a word by, and quick.
function coarse(samples, rate) {
    const step = rate / 4000, out = new Float32Array(Math.floor(samples.length / step));
    for (let i = 0; i < out.length; i++) {
        let sum = 0;
        for (let k = 0; k < step; k++) sum += samples[i * step + k];
        out[i] = sum / step;
    }
    return out;
}

// How much of `word` (RATE) lies in the take, wherever in it: 1 is the very same sound, 0 another.
export function likeness(take, word) {
    const a = coarse(take.samples, take.rate), b = coarse(word, RATE);
    const length = Math.min(a.length, b.length);
    const energy = samples => samples.reduce((sum, x) => sum + x * x, 0);
    let best = 0;
    for (let lag = -Math.floor(b.length / 2); lag < a.length - length / 2; lag++) {
        let product = 0;
        for (let i = Math.max(0, -lag); i < b.length && i + lag < a.length; i++) product += a[i + lag] * b[i];
        best = Math.max(best, Math.abs(product));
    }
    return best / Math.sqrt(energy(a) * energy(b));
}
