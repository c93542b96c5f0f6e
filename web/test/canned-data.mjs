// SPDX-License-Identifier: GPL-3.0-or-later
// What the server that pretends (canned.mjs) knows.
export const idle = {
    state: "idle",
    running: false,
    exit_code: null,
    safe_word: null,
    phrase: null,
    lang: null,
    preset: null,
    stage: null,
    note: "",
    progress: 0,
    stage_progress: 0,
    eta_s: null,
    elapsed_s: 0,
    metrics: { loss: null, recall: null, per_hour: null, step: 0, steps: 0 },
    reason: "",
    run: null,
    started_at: null,
    log_path: "",
    log_size: 0,
    by: "server",
    resumable: false,
    job: null,
    process: null,
};
export const recording = (speaker, take) => ({
    bucket: "personal",
    saved_as: `speaker0${speaker}_take0${take}.wav`,
    wake_word: "hey_jarvis",
    speaker: `speaker0${speaker}`,
    speaker_index: speaker,
    take_index: take,
    seconds: 1.4,
    size_bytes: 44844,
    created_at: "2026-05-05T10:00:00Z",
    badges: take === 2 ? ["too_quiet"] : [],
    rms_db: -28,
    peak_db: -9,
    snr_db: 31,
    speech_start_s: 0.31,
    speech_end_s: 1.12,
    trim_start_s: 0,
    trim_end_s: 1.4,
    trimmed: false,
    sha256: "0".repeat(64),
    audio_url: `/api/audio/personal/speaker0${speaker}_take0${take}.wav`,
    converted: true,
    detected_format: "wav",
    final_format: "wav",
    message: "",
});
export const level = (cutoff, recall, per_hour) => ({
    cutoff,
    cutoff_byte: Math.round(cutoff * 255),
    window: 5,
    recall,
    recall_interval: [recall - 0.02, recall + 0.01],
    per_hour,
    per_hour_interval: [0, per_hour + 0.3],
    target_per_hour: 0.5,
    target_met: true,
    clips: 400,
    detected: Math.round(400 * recall),
    false_accepts: 1,
});
export const model = {
    run: "hey_jarvis-20260505-101500",
    id: "hey_jarvis",
    title: "hey jarvis",
    phrase: "hey jarvis",
    language: "en",
    created_at: "2026-05-05T10:15:00Z",
    preset: "standard",
    seconds: 412,
    size_bytes: 61520,
    arena: 28160,
    json_url: "/models/hey_jarvis.json",
    model_url: "/models/hey_jarvis.tflite",
    run_json_url: "/models/r/hey_jarvis.json",
    run_model_url: "/models/r/hey_jarvis.tflite",
    published: true,
    levels: { slightly: level(0.97, 0.93, 0), moderately: level(0.9, 0.965, 0.2), very: level(0.72, 0.985, 1.1) },
    held_out: { hours: 5, real_hours: 2.1, clips: 400 },
    caveats: [],
};
export const presets = [
    ["draft", "a first try", 1000, 2000, 1, 75],
    ["standard", "good for every day", 5000, 10000, 1, 420],
    ["thorough", "the best there is", 20000, 30000, 3, 4900],
].map(([name, summary, clips, steps, seeds, seconds]) => ({
    name,
    summary,
    clips,
    steps,
    seeds,
    seconds,
    measured: name === "draft",
}));
export const languages = [
    ["en", "English", "English", "Latin"],
    ["ru", "Russian", "Русский", "Cyrillic"],
    ["de", "German", "Deutsch", "Latin"],
    ["fr", "French", "Français", "Latin"],
].map(([code, name, own_name, script]) => ({ code, name, own_name, script }));

// A second of a tone that swells, 16 kHz mono.
export function tone(hertz) {
    const count = 16000,
        bytes = Buffer.alloc(44 + 2 * count);
    (bytes.write("RIFF", 0),
        bytes.writeUInt32LE(36 + 2 * count, 4),
        bytes.write("WAVEfmt ", 8),
        bytes.writeUInt32LE(16, 16));
    (bytes.writeUInt16LE(1, 20),
        bytes.writeUInt16LE(1, 22),
        bytes.writeUInt32LE(16000, 24),
        bytes.writeUInt32LE(32000, 28));
    (bytes.writeUInt16LE(2, 32),
        bytes.writeUInt16LE(16, 34),
        bytes.write("data", 36),
        bytes.writeUInt32LE(2 * count, 40));
    for (let i = 0; i < count; i++)
        bytes.writeInt16LE(
            Math.round(8000 * Math.sin((Math.PI * i) / count) * Math.sin((2 * Math.PI * hertz * i) / 16000)),
            44 + 2 * i,
        );
    return bytes;
}
