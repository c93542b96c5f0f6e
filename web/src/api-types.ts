// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of the server's answers.
export type Badge = "too_quiet" | "clipped" | "too_short" | "noisy" | "no_speech";
export type Bucket = "personal" | "negative" | "captured";
export interface Recording {
    bucket: Bucket;
    saved_as: string;
    wake_word: string;
    speaker: string;
    speaker_index: number;
    take_index: number;
    seconds: number;
    size_bytes: number;
    created_at: string;
    badges: string[];
    rms_db: number;
    peak_db: number;
    snr_db: number;
    speech_start_s: number;
    speech_end_s: number;
    trim_start_s: number;
    trim_end_s: number;
    trimmed: boolean;
    sha256: string;
    audio_url: string;
    original_name?: string;
    converted: boolean;
    detected_format: string;
    final_format: string;
    message: string;
    review_status?: string;
    event_type?: string;
    source_device?: string;
    max_probability?: number | null;
    playback_gain?: number; // of captures: how much louder they are played
}
export type TrainingState = "idle" | "queued" | "running" | "cancelling" | "finished" | "failed" | "cancelled";
export type Stage = "datasets" | "generate" | "augment" | "train" | "export";
export interface Training {
    state: TrainingState;
    running: boolean;
    exit_code: number | null;
    safe_word: string | null;
    phrase: string | null;
    lang: string | null;
    preset: string | null;
    stage: Stage | null;
    note: string;
    progress: number;
    stage_progress: number;
    eta_s: number | null;
    elapsed_s: number;
    metrics: { loss: number | null; recall: number | null; per_hour: number | null; step: number; steps: number };
    reason: string;
    run: string | null;
    started_at: string | null;
    log_path: string;
    log_size: number;
    by: "server" | "command line";
    resumable: boolean;
    job: string | null; // the name of its log
}
export interface Session {
    raw_phrase: string | null;
    safe_word: string | null;
    title: string | null;
    lang: string | null;
    lang_auto: boolean; // the language was found, not chosen
    also: string[];
    speakers_total: number | null;
    takes_per_speaker: number | null;
    takes_total: number;
    takes_received: number;
    takes: string[];       // those that were planned
    items: Recording[];    // all that a training uses
    samples_total: number; // how many those are
    loose_samples: number;
    training: Training;
}
export interface Level {
    cutoff: number;
    cutoff_byte: number;
    window: number;
    recall: number;
    recall_interval: [number, number];
    per_hour: number;
    per_hour_interval: [number, number | null];
    target_per_hour: number;
    target_met: boolean;
    clips: number;
    detected: number;
    false_accepts: number;
}
export type Sensitivity = "slightly" | "moderately" | "very";
export interface Model {
    run: string;
    id: string;
    title: string;
    phrase: string;
    language: string;
    created_at: string;
    preset: string;
    seconds: number;
    size_bytes: number;
    arena: number;
    json_url: string;
    model_url: string;
    run_json_url: string;
    run_model_url: string;
    published: boolean;
    levels: Partial<Record<Sensitivity, Level>>;
    held_out: { hours: number; real_hours: number; clips: number };
    caveats: string[];
}
// A folder of the output that is no model.
export interface DamagedRun {
    run: string;
    created_at: string;
    fault: string;
}
export interface Samples {
    personal: Recording[];
    negative: Recording[];
    personal_count: number;
    negative_count: number;
    captured_count: number;
}
export interface Hints {
    language: string;
    language_name: string;
    id: string;
    title: string;
    phonemes: string;
    espeak: string;
    syllables: number;
    seconds: number;
    words: number;
    verdicts: { level: "good" | "fair" | "poor"; code: string; text: string }[];
    missing: string | null;
}
export interface SpokenLanguage {
    code: string;
    name: string;
    script: string;
}
export interface PreviewClip {
    url: string;
    voice: string;
    engine: string;
    text: string;
    seconds: number;
}
export interface Preset {
    name: string;
    summary: string;
    clips: number;
    steps: number;
    seeds: number;
    seconds: number;
    measured: boolean;
}
export interface Curves {
    steps: number;
    loss: [number, number][];
    judged: [number, number, number][];
}
export interface DataEntry {
    id: string;
    label: string;
    category: string;
    description: string;
    bytes: number;
    files: number;
    irreplaceable: boolean;
    deletable: boolean;
}
export interface About {
    version: string;
    lan: boolean;
    secure: boolean;
    url: string;
    device_url: string | null;
    data_dir: string;
    ffmpeg: boolean;
    paired: boolean;
}
export interface TrashItem {
    ticket: string;
    [key: string]: unknown;
}
export interface LogChunk {
    job: string | null;
    offset: number;
    next: number;
    text: string;
}
