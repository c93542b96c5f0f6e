// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes that several routes share.
#include "server/server_internal.h"

const struct shape_name shape_names[] = {
    {"Error", "{ok: bool, error: text, code: text}", "What a refused request gets: a sentence, and a word for programs."},
    {"Recording",
     "{bucket: \"personal\" | \"negative\" | \"captured\", saved_as: text, wake_word: text, speaker: text,"
     " speaker_index: int, take_index: int, seconds: number, size_bytes: int, created_at: text, badges: [text],"
     " rms_db: number, peak_db: number, snr_db: number, speech_start_s: number, speech_end_s: number,"
     " trim_start_s: number, trim_end_s: number, trimmed: bool, sha256: text, audio_url: text, original_name?: text,"
     " converted: bool, detected_format: text, final_format: text, message: text, review_status?: text,"
     " event_type?: text, source_device?: text, max_probability?: number | null, playback_gain?: number}",
     "A take, an upload or a capture. `badges` is empty when it is good."},
    {"Training",
     "{state: \"idle\" | \"queued\" | \"running\" | \"cancelling\" | \"finished\" | \"failed\" | \"cancelled\","
     " running: bool, exit_code: int | null, safe_word: text | null, phrase: text | null, lang: text | null,"
     " preset: text | null, stage: \"datasets\" | \"generate\" | \"augment\" | \"train\" | \"export\" | null,"
     " note: text, progress: number(0..1), stage_progress: number(0..1), eta_s: number | null, elapsed_s: number,"
     " metrics: {loss: number | null, recall: number | null, per_hour: number | null, step: int, steps: int},"
     " reason: text, run: text | null, started_at: text | null, log_path: text, log_size: int,"
     " by: \"server\" | \"command line\", resumable: bool, job: text | null, process: int | null}",
     "The training that runs, or the last one. `process`: of one in a terminal."},
    {"Session",
     "{ok: bool, raw_phrase: text | null, safe_word: text | null, title: text | null, lang: text | null,"
     " lang_auto: bool, phonemes: text | null, also: [text], speakers_total: int | null,"
     " takes_per_speaker: int | null, takes_total: int, takes_received: int, takes: [text], items: [Recording], samples_total: int, loose_samples: int,"
     " training: Training, personal_dir?: text, data_dir?: text}",
     "What is recorded for which phrase. `takes`: those that were planned; `items`: all that a training uses."},
    {"Level",
     "{cutoff: number, cutoff_byte: int, window: int, recall: number, recall_interval: [number], per_hour: number,"
     " per_hour_interval: [number | null], target_per_hour: number, target_met: bool, clips: int, detected: int,"
     " false_accepts: int}",
     "What was measured at one sensitivity."},
    {"Model",
     "{run: text, id: text, title: text, phrase: text, language: text, created_at: text, preset: text, seconds: number,"
     " size_bytes: int, arena: int, json_url: text, model_url: text, run_json_url: text, run_model_url: text,"
     " published: bool, levels: {*: Level}, held_out: {*: any}, caveats: [text]}",
     "A finished run. `published`: the newest of its id, which /models/<id>.json serves."},
};
const size_t shape_name_count = COUNT_OF(shape_names);
