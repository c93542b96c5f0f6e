// SPDX-License-Identifier: GPL-3.0-or-later
// <id>.report.json: everything that the manifest has no key for. Figures come from the published bytes.
#include "pipeline/pipeline_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *point_json(const struct calibration *calibration)
{
    const struct operating_point *point = &calibration->point;
    return json_pack("{s:f, s:i, s:i, s:f, s:b, s:f, s:o, s:I, s:I, s:f, s:o, s:I}", "cutoff", calibration->cutoff,
                     "cutoff_byte", point->cutoff, "window", point->window, "target_per_hour",
                     calibration->target_per_hour, "target_met", calibration->met, "recall", point->recall,
                     "recall_interval", interval_json(point->recall_interval), "clips", (json_int_t)point->clips,
                     "detected", (json_int_t)point->detected, "per_hour", point->per_hour, "per_hour_interval",
                     interval_json(point->per_hour_interval), "false_accepts", (json_int_t)point->false_accepts);
}

static json_t *levels_json(const struct pipeline_result *result)
{
    json_t *levels = json_object();
    for (size_t i = 0; i < COUNT_OF(result->levels); i++)
        json_object_set_new(levels, result->levels[i].name, point_json(&result->levels[i].calibration));
    return levels;
}

static json_t *curve_json(const struct track_list *positives, const struct track_list *negatives, int window)
{
    struct operating_point points[128];
    size_t count = evaluate_curve(positives, negatives, window, 2, 254, 4, points);
    json_t *curve = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(curve, json_pack("{s:i, s:f, s:f, s:I}", "cutoff_byte", points[i].cutoff, "recall",
                                               points[i].recall, "per_hour", points[i].per_hour, "false_accepts",
                                               (json_int_t)points[i].false_accepts));
    return curve;
}

static json_t *seeds_json(const struct walk *walk)
{
    json_t *seeds = json_array();
    for (int i = 0; i < walk->preset.seeds; i++)
        json_array_append_new(seeds,
                              json_pack("{s:f, s:f, s:f, s:f, s:f, s:b, s:O?}", "near_weight",
                                        near_weight(walk, i), "held_recall", walk->scores[i].recall, "near_accepted",
                                        walk->scores[i].near, "threshold_logit", walk->scores[i].threshold, "loss",
                                        walk->scores[i].loss, "chosen", i == walk->best, "curve",
                                        json_array_get(walk->curves, (size_t)i)));
    return seeds;
}

// The mix: who spoke what, and how often the network hears it.
static json_t *speech_json(const struct walk *walk)
{
    json_t *speech = json_object();
    for (int i = 0; i < CORPUS_COUNT; i++) {
        const struct speech_report *report = &walk->speech_reports[i];
        if (walk->clip_counts[i] == 0)
            continue;
        json_t *one = json_pack("{s:I, s:I, s:f, s:O}", "clips", (json_int_t)walk->clip_counts[i], "voice_groups",
                                (json_int_t)walk->group_counts[i], "share", corpus_share(walk, (enum corpus_name)i),
                                "engines", walk->voices[i]);
        json_t *rejected = json_object();
        for (int fault = 1; fault < AUDIO_FAULTS; fault++)
            if (report->rejected[fault])
                json_object_set_new(rejected, audio_fault_names[fault],
                                    json_integer((json_int_t)report->rejected[fault]));
        if (report->duplicates)
            json_object_set_new(rejected, "the same sound again", json_integer((json_int_t)report->duplicates));
        json_object_set_new(one, "rejected", rejected);
        json_object_set_new(speech, corpus_names[i], one);
    }
    return speech;
}

static json_t *sets_json(const struct walk *walk)
{
    json_t *sets = json_object();
    for (int i = 0; i < SET_COUNT; i++)
        json_object_set_new(sets, set_names[i],
                            json_pack("{s:I, s:f}", "items", (json_int_t)walk->sets[i].item_count, "hours",
                                      (double)walk->sets[i].row_count / 360000));
    return sets;
}

json_t *texts_json(const struct text_list *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(list, json_string(texts->items[i]));
    return list;
}

// The languages that people around the device speak most likely are missed by name.
static void add_missing_speech(const struct walk *walk, json_t *caveats)
{
    const char *const codes[] = {"en", walk->language->code};
    size_t most = strcmp(codes[0], codes[1]) == 0 ? 1 : 2;
    for (size_t i = 0; i < most; i++) {
        struct error ignored;
        const struct language *language = NULL;
        if (text_language_named(codes[i], &language, &ignored) < 0 || recorded_speech(walk, codes[i]) > 0)
            continue;
        json_array_append_new(caveats, json_sprintf("No recordings are known to be of people speaking %s: how often such "
                                                    "speech wakes it is a guess.", language->name));
    }
}

// What a reader must know before believing the figures.
static json_t *caveats_json(const struct walk *walk, const struct pipeline_result *result)
{
    json_t *caveats = json_array();
    json_array_append_new(
        caveats, json_string("Recall here is of synthetic voices that were not trained on, half of them with people "
                             "talking in the background; measure real people with wakesmith evaluate."));
    if (strcmp(walk->language->code, "en") != 0)
        json_array_append_new(
            caveats, json_string("Wakesmith was measured on real people in English only: in this language nothing but "
                                 "synthetic voices has judged it."));
    if (result->real_hours < 0.01)
        json_array_append_new(
            caveats, json_string("No real recordings were given as negatives: false accepts per hour are of synthetic "
                                 "speech, and real speech, music and noise will differ."));
    else
        add_missing_speech(walk, caveats);
    if (result->held_hours < 3)
        json_array_append_new(
            caveats, json_string("Less than 3 hours of held-out negatives: the rate of false accepts is known only "
                                 "roughly; see its interval."));
    if (walk->people.words.count == 0)
        json_array_append_new(caveats, json_string("No recordings of people were used in training."));
    for (size_t i = 0; i < walk->caveats.count; i++)
        json_array_append_new(caveats, json_string(walk->caveats.items[i]));
    return caveats;
}

int report_write(const struct walk *walk, const struct pipeline_result *result, const struct held_tracks *held,
                 const char *model_hash, size_t model_bytes, const char *path, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    const struct operating_point *point = &result->levels[1].calibration.point;
    json_t *report = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I, s:I, s:i, s:I, s:s}, s:o, s:o, s:o, s:o, s:o, s:{s:f, s:f, s:I}, s:f, "
        "s:f, s:I, s:I, s:I, s:f, s:o, "
        "s:{s:s, s:s, s:s, s:s}}",
        "wakesmith", WAKESMITH_VERSION, "phrase", options->phrase, "id", walk->id, "language", walk->language->code,
        "model_sha256", model_hash, "options", "preset", walk->preset.name, "samples", (json_int_t)walk->preset.clips,
        "training_steps", (json_int_t)walk->preset.steps, "seeds", walk->preset.seeds, "seed",
        (json_int_t)options->seed, "network", options->model ? options->model : "official", "sensitivities",
        levels_json(result), "curve", curve_json(&held->words, &held->negatives, result->written.window), "training",
        seeds_json(walk), "speech", speech_json(walk), "features", sets_json(walk), "held_out", "hours",
        result->held_hours, "real_hours", result->real_hours, "clips", (json_int_t)result->held_clips,
        "int8_mean_difference", result->int8_difference, "float_recall", result->float_recall, "arena",
        (json_int_t)result->facts.arena_recommended, "macs_per_step", (json_int_t)result->facts.macs_per_step,
        "personal_clips", (json_int_t)(walk->people.words.count - people_held(&walk->people)), "seconds",
        result->seconds, "caveats", caveats_json(walk, result), "signatures", "speech", walk->speech_signature,
        "sounds", walk->sounds_signature, "features", walk->features_signature, "training", walk->train_signature);
    bool whole = report && json_object_set_new(report, "model_bytes", json_integer((json_int_t)model_bytes)) == 0 &&
                 json_object_set_new(report, "people", people_json(&walk->people)) == 0 &&
                 json_object_set_new(report, "ready_made", ready_made_json(walk)) == 0 &&
                 json_object_set_new(report, "augmentation", augmentation_json(walk)) == 0 &&
                 json_object_set_new(report, "recordings", recordings_json(walk)) == 0 &&
                 json_object_set_new(report, "spellings", texts_json(&walk->spellings)) == 0 &&
                 json_object_set_new(report, "hearing", hearing_json(walk, held, point)) == 0 &&
                 json_object_set_new(report, "waking", waking_json(walk, held, point)) == 0 &&
                 json_object_set_new(report, "scores", scores_json(held, point)) == 0;
    char *text = whole ? json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    int code = text ? file_write(path, text, strlen(text), error) : error_memory(error, "the report");
    free(text);
    json_decref(report);
    return code;
}
