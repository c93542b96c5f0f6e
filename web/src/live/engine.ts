// SPDX-License-Identifier: GPL-3.0-or-later
// The device chain in the page: fetched once, given to the microphone's worklet, and run over files here.
import { Device, RATE, toInt16 } from "../../device/device";
import { Microphone, browserWorld, openWorklet } from "../recorder/microphone";
import { decodeWav } from "../recorder/wav";
import type { LiveBlock, LiveOptions, LiveOrder } from "./live-worklet";
import type { Choice, Session } from "./session";

async function bytesOf(url: string): Promise<ArrayBuffer> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
    return answer.arrayBuffer();
}

let chain: Promise<{ wasm: ArrayBuffer; module: WebAssembly.Module }> | undefined;
async function fetchChain() {
    const wasm = await bytesOf("device.wasm");
    return { wasm, module: await WebAssembly.compile(wasm) };
}

export interface Engine {
    wasm: ArrayBuffer;
    module: WebAssembly.Module;
    model: Uint8Array;
}
// Throws a sentence when the model is not there or not one that a device runs.
export async function openEngine(modelUrl: string): Promise<Engine> {
    chain ??= fetchChain().catch(error => {
        chain = undefined; // the next try may have more luck
        throw error;
    });
    const [{ wasm, module }, model] = await Promise.all([chain, bytesOf(modelUrl)]);
    const engine = { wasm, module, model: new Uint8Array(model) };
    deviceOf(engine, { name: "", cutoff: 255, window: 1 }).close();
    return engine;
}

function deviceOf({ module, model }: Engine, { cutoff, window }: Choice): Device {
    const device = new Device(module);
    device.load(model, cutoff, window);
    return device;
}

// The microphone, heard by the chain on the audio thread.
export class Ears {
    private readonly microphone: Microphone<LiveBlock>;
    private port: MessagePort | null = null;

    constructor(engine: Engine, choice: Choice, events: { block(block: LiveBlock): void; lost(): void }) {
        const options: LiveOptions = { wasm: engine.wasm, model: engine.model, cutoff: choice.cutoff, window: choice.window };
        this.microphone = new Microphone<LiveBlock>(events, {
            ...browserWorld(),
            worklet: async context => {
                const node = await openWorklet(context, "live", options);
                this.port = node.port;
                return node;
            },
        });
    }

    // Throws MicrophoneError. False: it was stopped while it started.
    start(): Promise<boolean> {
        return this.microphone.start();
    }

    stop(): void {
        this.microphone.stop();
    }

    tune({ cutoff, window }: Choice): void {
        const order: LiveOrder = { tune: { cutoff, window } };
        this.port?.postMessage(order);
    }
}

// Any file that the browser decodes, as a device would hear it: 16 kHz, channels mixed. A plain 16 kHz wav is read here,
// because browsers do not keep its samples to the last bit.
export async function decodeFile(file: Blob): Promise<Float32Array> {
    const bytes = await file.arrayBuffer(), plain = decodeWav(bytes);
    if (plain?.rate === RATE) return plain.samples;
    const audio = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
    const mono = new Float32Array(audio.length);
    for (let channel = 0; channel < audio.numberOfChannels; channel++)
        audio.getChannelData(channel).forEach((sample, i) => { mono[i]! += sample; });
    return mono.map(sample => sample / audio.numberOfChannels);
}

const BUSY_MS = 30; // then the page may draw
const pause = () => new Promise(resolve => setTimeout(resolve));

// Runs a whole recording through a fresh chain, much faster than it lasts. `stopped` is asked between pieces.
export async function hearFile(engine: Engine, samples: Float32Array, choice: Choice, session: Session,
                               stopped: () => boolean): Promise<void> {
    const device = deviceOf(engine, choice);
    let rested = performance.now();
    for (let at = 0; at < samples.length && !stopped(); at += RATE) {
        const piece = samples.subarray(at, at + RATE);
        session.take(piece, device.push(toInt16(piece)));
        if (performance.now() - rested > BUSY_MS) {
            await pause();
            rested = performance.now();
        }
    }
    session.finish();
    device.close();
}
