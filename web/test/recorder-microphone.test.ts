// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AudioWorld, constraints, faultOf, Microphone, MicrophoneError } from "../src/recorder/microphone";

// A browser with one microphone, that counts what is left running.
function world(refusal?: string) {
    const granted = { echoCancellation: false, noiseSuppression: true, autoGainControl: false, sampleRate: 48_000 };
    const asked: MediaStreamConstraints[] = [], ports: { onmessage: ((event: { data: unknown }) => void) | null }[] = [];
    const live = { tracks: 0, contexts: 0 };
    const tracks: { onended: (() => void) | null }[] = [];
    const fake = {
        secure: true,
        devices: {
            getUserMedia: async (wanted: MediaStreamConstraints) => {
                asked.push(wanted);
                if (refusal) throw new DOMException("no", refusal);
                live.tracks++;
                const track = { label: "Toy", onended: null, getSettings: () => granted, stop: () => { live.tracks--; } };
                tracks.push(track);
                return { getTracks: () => [track], getAudioTracks: () => [track] };
            },
            enumerateDevices: async () => [],
        },
        context: () => {
            live.contexts++;
            return { sampleRate: 48_000, audioWorklet: { addModule: async () => {} }, resume: async () => {},
                     close: async () => { live.contexts--; },
                     createMediaStreamSource: () => ({ connect() {}, disconnect() {} }) };
        },
        worklet: () => {
            const port = { onmessage: null, postMessage() {} };
            ports.push(port);
            return { port };
        },
    } as unknown as AudioWorld;
    return { fake, asked, live, ports, tracks, listening: () => ports.filter(port => port.onmessage).length };
}

test("B12: echo cancellation, noise suppression and gain control are asked off, and what was granted is kept", async () => {
    const { fake, asked } = world();
    const microphone = new Microphone({ block() {}, lost() {} }, fake);
    assert.equal(await microphone.start(), true);
    const audio = asked[0]!.audio as MediaTrackConstraints;
    assert.deepEqual([audio.echoCancellation, audio.noiseSuppression, audio.autoGainControl], [false, false, false]);
    assert.deepEqual(microphone.settings, { echoCancellation: false, noiseSuppression: true, autoGainControl: false,
                                            sampleRate: 48_000, contextRate: 48_000, microphone: "Toy" });
    assert.deepEqual((constraints("abc").audio as MediaTrackConstraints).deviceId, { exact: "abc" });
});

test("B44: after five restarts there is one callback, one track, one context; after the stop none", async () => {
    const { fake, live, ports, listening } = world();
    let blocks = 0;
    const microphone = new Microphone({ block: () => { blocks++; }, lost() {} }, fake);
    for (let i = 0; i < 6; i++) await microphone.start();
    assert.deepEqual([listening(), live.tracks, live.contexts], [1, 1, 1]);
    for (const port of ports) port.onmessage?.({ data: new Float32Array(1) });
    assert.equal(blocks, 1);
    microphone.stop();
    assert.deepEqual([listening(), live.tracks, live.contexts, microphone.running], [0, 0, 0, false]);
});

test("a start that is stopped, or started again, while the browser asks leaves nothing on", async () => {
    const { fake, live, listening } = world();
    const microphone = new Microphone({ block() {}, lost() {} }, fake);
    const first = microphone.start(), second = microphone.start();
    assert.deepEqual([await first, await second], [false, true]);
    assert.deepEqual([listening(), live.tracks, live.contexts], [1, 1, 1]);
    const third = microphone.start();
    microphone.stop();
    assert.equal(await third, false);
    assert.deepEqual([listening(), live.tracks, live.contexts], [0, 0, 0]);
});

test("each reason for no microphone is told apart", async () => {
    const reasons = { NotAllowedError: "refused", NotFoundError: "none", NotReadableError: "in_use" };
    for (const [name, fault] of Object.entries(reasons)) {
        const { fake, live } = world(name);
        await assert.rejects(new Microphone({ block() {}, lost() {} }, fake).start(),
                             (error: unknown) => error instanceof MicrophoneError && error.fault === fault);
        assert.equal(live.contexts, 0);
    }
    const { fake } = world();
    for (const page of [{ ...fake, secure: false }, { ...fake, devices: undefined }])
        await assert.rejects(new Microphone({ block() {}, lost() {} }, page).start(), (error: unknown) => faultOf(error) === "insecure");
});

test("a microphone that is pulled out is noticed", async () => {
    const { fake, tracks, live } = world();
    let lost = 0;
    const microphone = new Microphone({ block() {}, lost: () => { lost++; } }, fake);
    await microphone.start();
    tracks[0]!.onended?.();
    assert.deepEqual([lost, live.tracks, microphone.running], [1, 0, false]);
});
