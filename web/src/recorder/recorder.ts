// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder: microphone → take machine → uploader, for one speaker at a time. Knows what happens, not how it looks.
import { encodeWav } from "./wav";
import { type Microphone, type MicrophoneEvents, type MicrophoneFault, faultOf } from "./microphone";
import { nextSlot, type TakePlan } from "./plan";
import { type Rejection, type Take, type TakeEvent, TakeMachine, type TakeSettings } from "./take-machine";
import { type PendingTake, type Slot, Uploader } from "./uploader";

// resting: a take could not be saved; listening goes on when it is.
export type Phase = "off" | "opening" | "settling" | "waiting" | "recording" | "resting";
export type Notice =
    | { kind: "saved"; slot: Slot }
    | { kind: "rejected"; reason: Rejection }
    | { kind: "too_soft" }
    | { kind: "fault"; fault: MicrophoneFault }
    | { kind: "speaker_done"; speaker: number };

export interface Meter {
    level: number;      // RMS now
    startLevel: number; // what starts a take
    noiseLevel: number;
}

export interface RecorderOptions<Item> {
    word(): string;         // id of the wake word
    plan(): TakePlan<Item>; // of what the server has of it
    send(take: PendingTake): Promise<Item>;
    saved(item: Item): void; // before `plan` is asked again
    changed(): void;
    meter(meter: Meter): void; // about 50 times a second while the microphone is on
    microphone(events: MicrophoneEvents): Pick<Microphone, "start" | "stop" | "rate" | "settings">;
    settings: TakeSettings;
}

export class Recorder<Item> {
    phase: Phase = "off";
    speaker = 1;
    target: Slot | null = null; // a place to record (again) once, instead of the next free one
    notice: Notice | null = null;
    readonly uploader: Uploader<Item>;

    private readonly microphone: ReturnType<RecorderOptions<Item>["microphone"]>;
    private machine: TakeMachine | null = null;
    private settings: TakeSettings;

    constructor(private readonly options: RecorderOptions<Item>) {
        this.settings = options.settings;
        this.uploader = new Uploader({
            send: take => options.send(take),
            saved: (take, item) => this.saved(take, item),
            changed: () => this.uploadsChanged(),
        });
        this.microphone = options.microphone({ block: samples => this.hear(samples), lost: () => this.fail("lost") });
    }

    // The place that the next take goes to. Null: nothing is left for this speaker.
    get slot(): Slot | null {
        return this.target ?? nextSlot(this.options.plan(), this.speaker, this.onTheirWay);
    }

    private get onTheirWay(): PendingTake[] {
        return this.uploader.pending.filter(take => take.word === this.options.word());
    }

    async begin(speaker: number, device: string, target: Slot | null = null): Promise<void> {
        this.stop();
        this.speaker = speaker;
        this.target = target;
        this.notice = null;
        if (!this.slot) return this.options.changed();
        this.enter("opening");
        try {
            if (!await this.microphone.start(device)) return;
            this.machine = new TakeMachine(this.microphone.rate, this.settings);
            this.enter(this.uploader.failing ? "resting" : "settling");
        } catch (error) {
            this.fail(faultOf(error));
        }
    }

    stop(): void {
        this.microphone.stop();
        this.machine = null;
        this.target = null;
        if (this.phase !== "off") this.enter("off");
    }

    adjust(settings: TakeSettings): void {
        this.settings = settings;
        if (this.machine) this.machine.settings = settings;
    }

    private hear(samples: Float32Array): void {
        const machine = this.machine;
        if (!machine) return;
        const events = machine.push(samples);
        if (this.phase === "resting") machine.rest();
        else for (const event of events) this.follow(event);
        this.options.meter({ level: machine.level, startLevel: machine.startLevel, noiseLevel: machine.noiseLevel });
    }

    private follow(event: TakeEvent): void {
        if (this.phase === "off") return; // the last take ended it
        if (event.kind === "waiting") return this.enter("waiting");
        if (event.kind === "recording") {
            this.notice = null;
            return this.enter("recording");
        }
        if (event.kind === "take") return this.keep(event.take);
        this.notice = event;
        this.enter(this.machine!.state);
    }

    private keep(take: Take): void {
        const slot = this.slot;
        if (!slot) return this.stop();
        const again = this.target !== null;
        this.target = null;
        this.uploader.add(slot, this.options.word(), encodeWav(take.samples, take.rate), this.microphone.settings);
        if (again || !this.slot) this.stop();
    }

    private saved(take: PendingTake, item: Item): void {
        this.options.saved(item);
        const done = this.options.plan().speakers[take.speaker - 1]?.every(Boolean) ?? false;
        this.notice = done ? { kind: "speaker_done", speaker: take.speaker } : { kind: "saved", slot: take };
    }

    private uploadsChanged(): void {
        if (this.phase === "resting" && !this.uploader.failing) this.phase = "settling";
        else if (this.machine && this.uploader.failing) this.phase = "resting";
        this.options.changed();
    }

    private fail(fault: MicrophoneFault): void {
        this.stop();
        this.notice = { kind: "fault", fault };
        this.options.changed();
    }

    private enter(phase: Phase): void {
        this.phase = phase;
        this.options.changed();
    }
}
