// SPDX-License-Identifier: GPL-3.0-or-later
// The microphone as a stream of float blocks, with all of the browser's processing off: a device does none.

// Why there is no microphone. "lost": it was there, and went (unplugged, or taken away by the system).
export type MicrophoneFault = "insecure" | "refused" | "none" | "in_use" | "lost";

export class MicrophoneError extends Error {
    constructor(readonly fault: MicrophoneFault) {
        super(fault);
    }
}

const FAULTS: Record<string, MicrophoneFault> = {
    NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", OverconstrainedError: "none",
    NotReadableError: "in_use", AbortError: "in_use",
};
export const faultOf = (error: unknown): MicrophoneFault =>
    error instanceof MicrophoneError ? error.fault : FAULTS[(error as DOMException | null)?.name ?? ""] ?? "in_use";

export const constraints = (device: string): MediaStreamConstraints => ({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 },
             ...(device === "" ? {} : { deviceId: { exact: device } }) },
});

// What was granted, to be kept with each take.
const KEPT = ["echoCancellation", "noiseSuppression", "autoGainControl", "channelCount", "sampleRate"] as const;
export function grantedSettings(track: MediaStreamTrack, contextRate: number): Record<string, unknown> {
    const granted = track.getSettings() as Record<string, unknown>;
    const kept = Object.fromEntries(KEPT.filter(key => key in granted).map(key => [key, granted[key]]));
    return { ...kept, contextRate, microphone: track.label };
}

// What of the browser a microphone needs; tests put their own in its place.
export interface AudioWorld {
    secure: boolean;
    devices: Pick<MediaDevices, "getUserMedia" | "enumerateDevices"> | undefined;
    context(): AudioContext;
    worklet(context: AudioContext): Promise<AudioWorkletNode>; // what it posts are the blocks; "stop" ends it
}
export async function openWorklet(context: AudioContext, name: string, processorOptions?: unknown): Promise<AudioWorkletNode> {
    await context.audioWorklet.addModule(`${name}-worklet.js`);
    return new AudioWorkletNode(context, name, { numberOfInputs: 1, numberOfOutputs: 0, processorOptions });
}
export const browserWorld = (): AudioWorld => ({
    secure: window.isSecureContext,
    devices: navigator.mediaDevices as MediaDevices | undefined,
    context: () => new AudioContext({ latencyHint: "interactive" }),
    worklet: context => openWorklet(context, "capture"),
});

export interface MicrophoneEvents<Block = Float32Array> {
    block(block: Block): void;
    lost(): void;
}

export class Microphone<Block = Float32Array> {
    rate = 0;
    settings: Record<string, unknown> = {};
    private stop_: (() => void) | null = null;
    private opening = 0; // counts starts and stops: a start that was overtaken lets go of what it got

    constructor(private readonly events: MicrophoneEvents<Block>, private readonly world: AudioWorld = browserWorld()) {}

    get running(): boolean {
        return this.stop_ !== null;
    }

    // Throws MicrophoneError. False: it was stopped while it started.
    async start(device = ""): Promise<boolean> {
        this.stop();
        const opening = ++this.opening;
        const { devices, secure } = this.world;
        if (!secure || !devices?.getUserMedia) throw new MicrophoneError("insecure");
        let release = () => {};
        try {
            const stream = await this.open(devices, device);
            const track = stream.getAudioTracks()[0]!;
            release = () => stream.getTracks().forEach(each => each.stop());
            const context = this.world.context();
            release = () => {
                stream.getTracks().forEach(each => each.stop());
                void context.close();
            };
            const worklet = await this.world.worklet(context);
            await context.resume();
            if (opening !== this.opening) {
                release();
                return false;
            }
            this.rate = context.sampleRate;
            this.settings = grantedSettings(track, context.sampleRate);
            this.connect(context.createMediaStreamSource(stream), track, worklet, release);
            return true;
        } catch (error) {
            release();
            throw new MicrophoneError(faultOf(error));
        }
    }

    stop(): void {
        this.opening++;
        this.stop_?.();
        this.stop_ = null;
    }

    // The chosen microphone may be gone since: then any other.
    private async open(devices: NonNullable<AudioWorld["devices"]>, device: string): Promise<MediaStream> {
        try {
            return await devices.getUserMedia(constraints(device));
        } catch (error) {
            if (device === "" || faultOf(error) !== "none") throw error;
            return devices.getUserMedia(constraints(""));
        }
    }

    private connect(source: AudioNode, track: MediaStreamTrack, worklet: AudioWorkletNode, release: () => void): void {
        worklet.port.onmessage = ({ data }) => this.events.block(data as Block);
        source.connect(worklet);
        track.onended = () => {
            this.stop();
            this.events.lost();
        };
        this.stop_ = () => {
            track.onended = null;
            worklet.port.onmessage = null;
            worklet.port.postMessage("stop");
            source.disconnect();
            release();
        };
    }
}

export interface InputDevice {
    id: string;
    label: string;
}

// The microphones there are; names are known only once one was allowed.
export async function inputDevices(world: AudioWorld = browserWorld()): Promise<InputDevice[]> {
    const all = await world.devices?.enumerateDevices().catch(() => []) ?? [];
    return all.filter(device => device.kind === "audioinput" && device.deviceId !== "" && device.label !== "")
        .map(device => ({ id: device.deviceId, label: device.label }));
}
