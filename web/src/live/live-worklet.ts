// SPDX-License-Identifier: GPL-3.0-or-later
// Runs on the audio thread: the microphone's samples go through the device chain as they come, as on a device. One
// inference takes a small part of the time of its 30 ms; what the page does meanwhile cannot make the chain late.
import { Device, toInt16 } from "../../device/device";
import type { Row } from "../../device/device";
import { Resampler } from "./resample";

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new (options: { processorOptions: LiveOptions }) => unknown): void;
declare class AudioWorkletProcessor {
    readonly port: MessagePort;
}

export interface LiveOptions {
    wasm: ArrayBuffer;
    model: Uint8Array;
    cutoff: number; // 0..255
    window: number;
}
export type LiveOrder = { tune: { cutoff: number; window: number } } | "stop";
export interface LiveBlock {
    samples: Float32Array; // 16 kHz, as the chain heard them
    rows: Row[];           // that they completed
}

const BLOCK = 640; // 40 ms

class Live extends AudioWorkletProcessor {
    private readonly device: Device;
    private readonly resampler = new Resampler(sampleRate);
    private block = new Float32Array(BLOCK);
    private filled = 0;
    private rows: Row[] = [];
    private running = true;

    constructor({ processorOptions: { wasm, model, cutoff, window } }: { processorOptions: LiveOptions }) {
        super();
        this.device = new Device(new WebAssembly.Module(wasm));
        this.device.load(model, cutoff, window);
        this.port.onmessage = ({ data }: { data: LiveOrder }) => {
            if (data === "stop") this.running = false;
            else this.device.tune(data.tune.cutoff, data.tune.window);
        };
    }

    process(inputs: Float32Array[][]): boolean {
        const channels = inputs[0] ?? [];
        const count = channels[0]?.length ?? 0;
        const mono = new Float32Array(count);
        for (let i = 0; i < count; i++) {
            let sum = 0;
            for (const channel of channels) sum += channel[i]!;
            mono[i] = sum / channels.length;
        }
        const pcm = toInt16(this.resampler.push(mono));
        this.rows.push(...this.device.push(pcm));
        for (const sample of pcm) {
            this.block[this.filled++] = sample / 32768;
            if (this.filled === BLOCK) this.hand();
        }
        return this.running;
    }

    // Rows may be one ahead of the samples handed out: those follow in the next block.
    private hand(): void {
        const block: LiveBlock = { samples: this.block, rows: this.rows };
        this.port.postMessage(block, [this.block.buffer]);
        this.block = new Float32Array(BLOCK);
        this.filled = 0;
        this.rows = [];
    }
}

registerProcessor("live", Live);
