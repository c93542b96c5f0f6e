// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts takes out of a microphone's stream, hands-free: waits for a voice, follows it, stops after a silence.
//
//        quiet for a moment        level >= start                  silence >= stop
//   settling ───────────────▶ waiting ───────────▶ recording ───────────────────────▶ a take, or rejected; waiting
//       ▲                                               │ longer than the maximum
//       └───────────────────────────────────────────────┘ rejected: "too_long"
//
// The stream is kept in a ring all the time, so a take begins before its trigger and a soft "h" or "s" is in it.
// There is no clock in here: time is counted in samples, so the same samples always give the same takes.
import { NoiseFloor, rms } from "./level";
import { Ring } from "./ring";

export interface TakeSettings {
    startLevel: number; // RMS that starts a take, in a quiet room
    silenceMs: number;  // ends it
    minimumMs: number;  // of the voice together with MARGINS_MS: what would be left after trimming
    maximumMs: number;  // of the voice
}
export const DEFAULT_SETTINGS: TakeSettings = { startLevel: 0.02, silenceMs: 900, minimumMs: 650, maximumMs: 5000 };
export const LONGEST_MS = 10_000; // that maximumMs and silenceMs may be, together

export const FRAME_MS = 20;
export const PRE_ROLL_MS = 600;    // before the trigger: a soft onset of up to 300 ms, and LEAD_MS before that
export const LEAD_MS = 300;        // of room before the first sound
export const MARGINS_MS = 400;     // of room that belong to a word: LEAD_MS before it, 100 ms after it
export const TAIL_MS = 400;        // kept of the silence at the end: a soft "s" fades below the silence level
export const NOISE_SPAN_MS = 3000; // over which the room is measured
const OVER_NOISE = 3;              // a voice is this much louder than the room
const OVER_NOISE_LIMIT = 0.25;     // what a raised voice always reaches
const HYSTERESIS = 0.65;           // of the start level: below it is silence
const CLICK_MS = 100;              // a sound shorter than this, then CLICK_SILENCE_MS of nothing, was no voice
const CLICK_SILENCE_MS = 300;
const SOFT_MS = 240;               // of a voice below the start level, before a person is told to come closer
const SOFT_AGAIN_MS = 3000;        // more of it, before that is told again

export interface Take {
    samples: Float32Array;
    rate: number;
    start: number;    // position of samples[0] in the stream
    trigger: number;  // of the frame that reached the start level
    voicedMs: number; // how long it was louder than silence
}
export type Rejection = "click" | "too_short" | "too_long";
export type TakeEvent =
    | { kind: "waiting" } // settled: speak now
    | { kind: "recording" }
    | { kind: "take"; take: Take }
    | { kind: "rejected"; reason: Rejection }
    | { kind: "too_soft" }; // somebody speaks, and does not reach the start level
export type TakeState = "settling" | "waiting" | "recording";

export class TakeMachine {
    state: TakeState = "settling";
    level = 0; // RMS of the last frame
    settings: TakeSettings;

    private readonly frame: Float32Array;
    private readonly ring: Ring;
    private readonly floor: NoiseFloor;
    private filled = 0;     // samples of `frame`
    private quietMs = 0;    // below the start level, while settling; below the silence level, while recording
    private softMs = 0;
    private voicedMs = 0;
    private trigger = 0;
    private triggerLevel = 0; // the start level when the take began; it stays for the take

    constructor(readonly rate: number, settings: TakeSettings = DEFAULT_SETTINGS) {
        this.settings = settings;
        this.frame = new Float32Array(this.samplesOf(FRAME_MS));
        this.ring = new Ring(this.samplesOf(PRE_ROLL_MS + LONGEST_MS + 2 * FRAME_MS));
        this.floor = new NoiseFloor(NOISE_SPAN_MS / FRAME_MS);
    }

    // The level that starts a take now: the slider's, or more where the room is noisy.
    get startLevel(): number {
        return Math.max(this.settings.startLevel, Math.min(OVER_NOISE * this.floor.level, OVER_NOISE_LIMIT));
    }

    get noiseLevel(): number {
        return this.floor.level;
    }

    push(block: Float32Array): TakeEvent[] {
        const events: TakeEvent[] = [];
        for (let at = 0; at < block.length;) {
            const part = block.subarray(at, at + this.frame.length - this.filled);
            this.frame.set(part, this.filled);
            this.filled += part.length;
            at += part.length;
            if (this.filled < this.frame.length) break;
            this.filled = 0;
            this.ring.push(this.frame);
            this.hear(rms(this.frame), events);
        }
        return events;
    }

    // Forgets a take that has begun.
    rest(): void {
        this.state = "settling";
        this.quietMs = 0;
    }

    private hear(level: number, events: TakeEvent[]): void {
        this.level = level;
        this.floor.add(level);
        if (this.state === "settling") this.settle(events);
        else if (this.state === "waiting") this.listen(events);
        else this.follow(events);
    }

    private settle(events: TakeEvent[]): void {
        this.quietMs = this.level < this.startLevel ? this.quietMs + FRAME_MS : 0;
        if (this.quietMs < LEAD_MS || this.ring.end < this.samplesOf(PRE_ROLL_MS)) return;
        this.wait(events);
    }

    private wait(events: TakeEvent[]): void {
        this.state = "waiting";
        this.softMs = 0;
        events.push({ kind: "waiting" });
    }

    private listen(events: TakeEvent[]): void {
        const startLevel = this.startLevel;
        if (this.level >= startLevel) {
            this.state = "recording";
            this.trigger = this.ring.end - this.frame.length;
            this.triggerLevel = startLevel;
            this.voicedMs = FRAME_MS;
            this.quietMs = 0;
            events.push({ kind: "recording" });
            return;
        }
        const soft = this.level >= Math.max(OVER_NOISE * this.floor.level, 0.2 * startLevel);
        if (soft) this.softMs += FRAME_MS;
        else if (this.softMs > 0) this.softMs -= FRAME_MS / 4;
        if (this.softMs < SOFT_MS) return;
        this.softMs = -SOFT_AGAIN_MS;
        events.push({ kind: "too_soft" });
    }

    private follow(events: TakeEvent[]): void {
        const silent = this.level < HYSTERESIS * this.triggerLevel;
        if (silent) this.quietMs += FRAME_MS;
        else {
            this.quietMs = 0;
            this.voicedMs += FRAME_MS;
        }
        const { silenceMs, minimumMs, maximumMs } = this.settings;
        const voice = this.ring.end - this.trigger - this.samplesOf(this.quietMs); // from its first to its last sound
        if (this.quietMs >= silenceMs) {
            if (voice < this.samplesOf(minimumMs - MARGINS_MS) || this.voicedMs < CLICK_MS) this.reject("too_short", events);
            else this.finish(events);
        } else if (this.quietMs >= CLICK_SILENCE_MS && this.voicedMs < CLICK_MS) this.reject("click", events);
        else if (voice >= this.samplesOf(maximumMs)) this.reject("too_long", events);
    }

    private finish(events: TakeEvent[]): void {
        const first = Math.max(this.trigger - this.samplesOf(PRE_ROLL_MS), this.ring.begin);
        const last = this.ring.end - this.samplesOf(Math.max(this.quietMs - TAIL_MS, 0));
        events.push({ kind: "take", take: { samples: this.ring.slice(first, last), rate: this.rate, start: first,
                                            trigger: this.trigger, voicedMs: this.voicedMs } });
        this.wait(events);
    }

    private reject(reason: Rejection, events: TakeEvent[]): void {
        events.push({ kind: "rejected", reason });
        if (reason === "too_long") this.rest(); // it is still loud: what comes next would begin in its middle
        else this.wait(events);
    }

    private samplesOf(milliseconds: number): number {
        return Math.round(this.rate * milliseconds / 1000);
    }
}
