// SPDX-License-Identifier: GPL-3.0-or-later
// The 81 texts of the reference, with their placeholders, in both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { placeholdersOf } from "../scripts/texts.mjs";

const KEYS = `
title page_title page_subtitle phrase_placeholder phrase_hint phrase_warn
lang_title lang_auto lang_en lang_ru
start_session_btn tts_btn session_none session_ok{safe_word} session_starting session_failed
label_speakers label_takes_per_speaker advanced_summary label_start_sensitivity label_silence_stop label_min_take_length unit_ms
begin_recording_btn reset_recordings_btn start_training_btn
meter_level meter_level_rms{rms} mic_stopped error_mic_not_available
speaker_label speaker_pill{current,total} speaker_pill_empty speaker_state_waiting speaker_state_current{current,total}
speaker_state_complete{speaker} speaker_state_all_done
take_label takes_summary{recorded,total} take_state_not_recording take_state_ready take_state_listening take_state_recording
take_state_processing take_state_paused take_state_done take_state_error takes_list_existing{recorded,total}
takes_list_saved{take,takeTotal,speaker,speakerTotal}
status_idle status_ready status_starting_session status_session_failed status_listening_say status_uploading{speaker,take}
status_saved{speaker,take,total} status_upload_failed status_all_takes_recorded status_ready_for_speaker{speaker}
status_loaded_existing status_recordings_reset status_auto_training_start status_training_preparing status_training_running
status_training_finished status_training_ended{code} status_auto_train_failed status_train_failed
training_log training_none training_preparing training_waiting
alert_phrase_required alert_upload_failed{message} alert_start_session_failed{message} alert_mic_permission_failed{message}
alert_reset_failed{message} alert_train_failed{message} alert_auto_train_failed{message} alert_start_session_first
confirm_no_personal_samples{total}`.trim().split(/\s+/);

for (const language of ["en", "ru"])
    test(`reference texts in ${language}`, () => {
        const texts = JSON.parse(readFileSync(`i18n/${language}/reference.json`, "utf8")) as Record<string, string>;
        assert.equal(KEYS.length, 81);
        for (const entry of KEYS) {
            const [, key, names] = /^(\w+)(?:\{(.*)\})?$/.exec(entry)!;
            assert.ok(texts[key!], `${key} is missing`);
            assert.deepEqual(placeholdersOf(texts[key!]), names ? names.split(",").sort() : [], key);
        }
        assert.equal(Object.keys(texts).length, 81);
    });
