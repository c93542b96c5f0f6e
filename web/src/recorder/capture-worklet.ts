// SPDX-License-Identifier: GPL-3.0-or-later
// Runs on the audio thread: hands the microphone's samples to the page, mono, in blocks of about 20 ms.
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => unknown): void;
declare class AudioWorkletProcessor {
    readonly port: MessagePort;
}

class Capture extends AudioWorkletProcessor {
    private block = new Float32Array(Math.round(sampleRate / 50));
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
            if (this.filled === this.block.length) this.hand();
        }
        return this.running;
    }

    private hand(): void {
        this.port.postMessage(this.block, [this.block.buffer]);
        this.block = new Float32Array(this.block.length);
        this.filled = 0;
    }
}

registerProcessor("capture", Capture);
