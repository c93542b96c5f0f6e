// SPDX-License-Identifier: GPL-3.0-or-later
// Written by scripts/types.mjs from `wakesmith serve --openapi`; change the shapes in src/server instead.
export type ErrorAnswer = {
    ok: boolean;
    error: string;
    code: string;
};

export type Recording = {
    bucket: "personal" | "negative" | "captured";
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
    playback_gain?: number;
};

export type Training = {
    state: "idle" | "queued" | "running" | "cancelling" | "finished" | "failed" | "cancelled";
    running: boolean;
    exit_code: number | null;
    safe_word: string | null;
    phrase: string | null;
    lang: string | null;
    preset: string | null;
    stage: "datasets" | "generate" | "augment" | "train" | "export" | null;
    note: string;
    progress: number;
    stage_progress: number;
    eta_s: number | null;
    elapsed_s: number;
    metrics: {
        loss: number | null;
        recall: number | null;
        per_hour: number | null;
        step: number;
        steps: number;
    };
    reason: string;
    run: string | null;
    started_at: string | null;
    log_path: string;
    log_size: number;
    by: "server" | "command line";
    resumable: boolean;
    job: string | null;
    process: number | null;
};

export type Session = {
    ok: boolean;
    raw_phrase: string | null;
    safe_word: string | null;
    title: string | null;
    lang: string | null;
    lang_auto: boolean;
    phonemes: string | null;
    also: string[];
    speakers_total: number | null;
    takes_per_speaker: number | null;
    takes_total: number;
    takes_received: number;
    takes: string[];
    items: Recording[];
    samples_total: number;
    loose_samples: number;
    training: Training;
    personal_dir?: string;
    data_dir?: string;
};

export type Level = {
    cutoff: number;
    cutoff_byte: number;
    window: number;
    recall: number;
    recall_interval: number[];
    per_hour: number;
    per_hour_interval: (number | null)[];
    target_per_hour: number;
    target_met: boolean;
    clips: number;
    detected: number;
    false_accepts: number;
};

export type Model = {
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
    levels: Record<string, Level>;
    held_out: Record<string, unknown>;
    caveats: string[];
};

export interface Answers {
    "GET /api/session": Session;
    "POST /api/start_session": Session;
    "POST /api/upload_take": {
        ok: boolean;
        saved_as: string;
        takes_received: number;
        converted: boolean;
        detected_format: string;
        final_format: string;
        message: string;
        item: Recording;
    };
    "POST /api/upload-sample": {
        ok: boolean;
        saved_as: string;
        takes_received: number;
        converted: boolean;
        detected_format: string;
        final_format: string;
        message: string;
        item: Recording;
    };
    "POST /api/upload_personal_sample": {
        ok: boolean;
        saved_as: string;
        converted: boolean;
        detected_format: string;
        final_format: string;
        message: string;
        item: Recording;
    };
    "POST /api/upload_negative_sample": {
        ok: boolean;
        saved_as: string;
        converted: boolean;
        detected_format: string;
        final_format: string;
        message: string;
        item: Recording;
    };
    "POST /api/reset_recordings": {
        ok: boolean;
        tickets: string[];
        moved: number;
    };
    "POST /api/reset_negative_samples": {
        ok: boolean;
        tickets: string[];
        moved: number;
    };
    "POST /api/import_loose": {
        ok: boolean;
        moved: number;
    };
    "GET /api/samples": {
        ok: boolean;
        personal: Recording[];
        negative: Recording[];
        personal_count: number;
        negative_count: number;
        captured_count: number;
    };
    "POST /api/samples/{bucket}/{file}/vad": {
        ok: boolean;
        segment_count: number;
        segments: {
            start: number;
            end: number;
        }[];
    };
    "POST /api/samples/trim": {
        ok: boolean;
        item: Recording;
    };
    "POST /api/samples/revert": {
        ok: boolean;
        item: Recording;
    };
    "DELETE /api/samples/{bucket}/{file}": {
        ok: boolean;
        ticket: string;
    };
    "GET /api/trash": {
        ok: boolean;
        items: Record<string, unknown>[];
    };
    "POST /api/trash/{ticket}/restore": {
        ok: boolean;
        item?: Recording;
        run?: string;
    };
    "GET /api/captured_audio": {
        ok: boolean;
        items: Recording[];
        captured_count: number;
    };
    "POST /api/upload_captured_audio": {
        ok: boolean;
        saved_as: string;
        item: Recording;
        captured_count: number;
        removed?: number;
    };
    "POST /api/upload_captured_audio_raw": {
        ok: boolean;
        saved_as: string;
        item: Recording;
        captured_count: number;
        removed?: number;
    };
    "POST /api/captured_audio/{file}/{verdict}": {
        ok: boolean;
        item?: Recording;
        ticket?: string;
    };
    "GET /api/hints": {
        ok: boolean;
        language: string;
        language_name: string;
        id: string;
        title: string;
        phonemes: string;
        espeak: string;
        syllables: number;
        seconds: number;
        words: number;
        verdicts: ({
            level: "good" | "fair" | "poor";
            code: string;
            text: string;
        })[];
        similar: string[];
        mute: string;
        missing?: string | null;
    };
    "GET /api/languages": {
        ok: boolean;
        languages: {
            code: string;
            name: string;
            own_name: string;
            script: string;
        }[];
    };
    "POST /api/preview": {
        ok: boolean;
        clips: {
            url: string;
            voice: string;
            engine: string;
            text: string;
            seconds: number;
        }[];
        notice?: string | null;
    };
    "GET /api/presets": {
        ok: boolean;
        presets: {
            name: string;
            summary: string;
            clips: number;
            steps: number;
            seeds: number;
            seconds: number;
            measured: boolean;
        }[];
        threads: number;
    };
    "POST /api/train": {
        ok: boolean;
        started: boolean;
        safe_word: string;
        personal_samples_used: boolean;
        allow_no_personal: boolean;
    };
    "POST /api/train/cancel": {
        ok: boolean;
        state: string;
    };
    "POST /api/stop_session": {
        ok: boolean;
        state: string;
    };
    "GET /api/train_status": {
        ok: boolean;
        training: Training;
    };
    "GET /api/training/log-tail": {
        ok: boolean;
        lines: string[];
        log_text: string;
        running: boolean;
        exit_code: number | null;
    };
    "GET /api/training/curves": {
        ok: boolean;
        steps: number;
        loss: number[][];
        judged: number[][];
    };
    "GET /api/models": {
        ok: boolean;
        base_url: string;
        models: Model[];
        damaged: {
            run: string;
            created_at: string;
            fault: string;
        }[];
    };
    "GET /api/models/{run}": {
        ok: boolean;
        model: Model;
        manifest: unknown;
        report: unknown;
        yaml: string;
    };
    "DELETE /api/models/{run}": {
        ok: boolean;
        ticket: string;
    };
    "GET /api/trained_wake_words/catalog": {
        ok: boolean;
        base_url: string;
        wake_words: ({
            key: string;
            label: string;
            wake_word_name: string;
            wake_word: string;
            url: string;
            json_url: string;
            esphome_json_url: string;
            model_url: string;
            json_file: string;
            model_file: string;
            threshold: number;
            sliding_window: number;
            quantization: string;
            model_format: string;
            sample_rate: number;
            calibration_recall: number | null;
            calibration_false_accepts_per_hour: number | null;
            calibration_generated_at: string;
        })[];
    };
    "GET /api/data": {
        ok: boolean;
        entries: {
            id: string;
            label: string;
            category: string;
            description: string;
            bytes: number;
            files: number;
            irreplaceable: boolean;
            deletable: boolean;
        }[];
        total_bytes: number;
        free_bytes: number;
    };
    "DELETE /api/data/{id}": {
        ok: boolean;
        released_bytes: number;
    };
    "GET /api/datasets": {
        ok: boolean;
        sets: {
            name: string;
            hours: number;
            speech_hours: number;
        }[];
        debian: {
            download_bytes: number | null;
            disk_bytes: number | null;
        } | null;
    };
    "GET /api/about": {
        ok: boolean;
        version: string;
        lan: boolean;
        secure: boolean;
        url: string;
        device_url: string | null;
        data_dir: string;
        ffmpeg: boolean;
        paired: boolean;
    };
    "POST /api/pairing": {
        ok: boolean;
        url: string;
        qr_svg: string;
        expires_s: number;
    };
    "GET /api/openapi.json": {
        openapi: string;
        info: Record<string, unknown>;
        paths: Record<string, unknown>;
        components: Record<string, unknown>;
    };
}
