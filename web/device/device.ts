// SPDX-License-Identifier: GPL-3.0-or-later
// The device chain (front end, int8 model, detector) as it runs on a satellite, from the same C (device.c). Plain
// memory and numbers only, so that it runs in a page, in an audio worklet and in node.

export const RATE = 16000;
export const HOP = 160; // samples per feature row
export const WINDOW = 480; // samples that a row looks at
export const CHANNELS = 40;

// What one feature row brought.
export interface Row {
    byte: number; // output byte of the inference made with this row; -1: none was made
    mean: number; // mean of the last `window` bytes, 0..1; where the device fires: the mean that made it fire
    fired: boolean;
}

// When a row is known, in seconds of the stream.
export const rowSeconds = (row: number): number => (row * HOP + WINDOW) / RATE;

interface Exports {
    memory: WebAssembly.Memory;
    _initialize(): void;
    malloc(size: number): number;
    free(at: number): void;
    device_new(): number;
    device_close(device: number): void;
    device_load(device: number, bytes: number, size: number, cutoff: number, window: number): number;
    device_error(device: number): number;
    device_stride(device: number): number;
    device_tune(device: number, cutoff: number, window: number): void;
    device_reset(device: number): void;
    device_samples(device: number): number;
    device_most_samples(): number;
    device_heard(device: number): number;
    device_push(device: number, count: number): number;
    device_feature_rows(device: number): number;
    device_features(device: number, count: number): number;
}

const SUCCESS = 0;
const BAD_FILE = 8; // __WASI_ERRNO_BADF

// wasi-libc asks for these. There is no environment and no file.
function system(memory: () => DataView): WebAssembly.ModuleImports {
    return {
        environ_sizes_get(count: number, size: number) {
            memory().setUint32(count, 0, true);
            memory().setUint32(size, 0, true);
            return SUCCESS;
        },
        environ_get: () => SUCCESS,
        fd_close: () => BAD_FILE,
        fd_seek: () => BAD_FILE,
        fd_write: () => BAD_FILE,
        proc_exit(code: number) {
            throw new Error(`the device chain ended with ${code}`);
        },
    };
}

export class Device {
    private readonly c: Exports;
    private readonly handle: number;
    private window = 1;

    // Instantiating from a compiled module is synchronous, which a worklet needs.
    constructor(module: WebAssembly.Module) {
        const imports = { wasi_snapshot_preview1: system(() => this.view()) };
        this.c = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
        this.c._initialize();
        this.handle = this.c.device_new();
        if (!this.handle) throw new Error("not enough memory for the device chain");
    }

    close(): void {
        this.c.device_close(this.handle);
    }

    // The memory may have grown since the last look, so every look makes a view.
    private view(): DataView {
        return new DataView(this.c.memory.buffer);
    }

    private text(at: number): string {
        const bytes = new Uint8Array(this.c.memory.buffer, at);
        let text = ""; // worklets have no TextDecoder
        for (let i = 0; bytes[i]; i++) text += String.fromCharCode(bytes[i]!);
        return text;
    }

    // Verifies a model and starts afresh with it. Throws one sentence when it is not a model that a device runs.
    load(model: Uint8Array, cutoff: number, window: number): void {
        const at = this.c.malloc(model.length || 1);
        if (!at) throw new Error("not enough memory for the model");
        new Uint8Array(this.c.memory.buffer).set(model, at);
        const code = this.c.device_load(this.handle, at, model.length, cutoff, window);
        this.c.free(at);
        if (code < 0) throw new Error(this.text(this.c.device_error(this.handle)));
        this.window = window;
    }

    // Feature rows per inference.
    get stride(): number {
        return this.c.device_stride(this.handle);
    }

    // From the next row on: fires when the mean of `window` bytes is above cutoff (0..255).
    tune(cutoff: number, window: number): void {
        this.c.device_tune(this.handle, cutoff, window);
        this.window = window;
    }

    reset(): void {
        this.c.device_reset(this.handle);
    }

    // Calls `use` with pieces that fit; they lie in the chain's memory.
    private pieces(samples: Int16Array, use: (count: number) => void): void {
        const most = this.c.device_most_samples();
        for (let at = 0; at < samples.length; at += most) {
            const piece = samples.subarray(at, at + most);
            new Int16Array(this.c.memory.buffer, this.c.device_samples(this.handle), most).set(piece);
            use(piece.length);
        }
    }

    // Takes samples in any chunks; what every row that they complete brought.
    push(samples: Int16Array): Row[] {
        const rows: Row[] = [];
        this.pieces(samples, (count) => {
            const made = this.c.device_push(this.handle, count);
            const heard = new Int32Array(this.c.memory.buffer, this.c.device_heard(this.handle), 3 * made);
            for (let i = 0; i < heard.length; i += 3) {
                const fired = heard[i + 2]! > 0;
                const sum = fired ? heard[i + 2]! : heard[i + 1]!;
                rows.push({ byte: heard[i]!, mean: sum / (255 * this.window), fired });
            }
        });
        return rows;
    }

    // The front end alone, with a state of its own: rows of 40 channels.
    features(samples: Int16Array): Uint16Array {
        const parts: Uint16Array[] = [];
        this.pieces(samples, (count) => {
            const made = this.c.device_features(this.handle, count);
            parts.push(new Uint16Array(this.c.memory.buffer, this.c.device_feature_rows(this.handle), made * CHANNELS).slice());
        });
        const all = new Uint16Array(parts.reduce((sum, part) => sum + part.length, 0));
        let at = 0;
        for (const part of parts) {
            all.set(part, at);
            at += part.length;
        }
        return all;
    }
}

// Full scale is 32768, so that 16-bit recordings come back as they were.
export function toInt16(samples: Float32Array): Int16Array {
    const pcm = new Int16Array(samples.length);
    for (let i = 0; i < samples.length; i++)
        pcm[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768)));
    return pcm;
}
