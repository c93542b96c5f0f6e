// SPDX-License-Identifier: GPL-3.0-or-later
// Runs on the audio thread: hands the microphone's samples to the page, mono, in blocks of about 20 ms.
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => unknown): void;
declare class AudioWorkletProcessor {
    readonly port: MessagePort;
}

const BLOCK = Math.round(sampleRate / 50);

class Capture extends AudioWorkletProcessor {
    private block = new Float32Array(BLOCK);
    private filled = 0;
    private running = true;

    constructor() {
        super();
        this.port.onmessage = () => { this.running = false; };
    }

    process(inputs: Float32Array[][]): boolean {
        const channels = inputs[0] ?? [];
        for (let i = 0; i < (channels[0]?.length ?? 0); i++) {
            let sum = 0;
            for (const channel of channels) sum += channel[i]!;
            this.block[this.filled++] = sum / channels.length;
            if (this.filled === BLOCK) this.hand();
        }
        return this.running;
    }

    private hand(): void {
        this.port.postMessage(this.block, [this.block.buffer]);
        this.block = new Float32Array(BLOCK); // the other one is the page's now
        this.filled = 0;
    }
}

registerProcessor("capture", Capture);

export {};
