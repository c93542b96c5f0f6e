// SPDX-License-Identifier: GPL-3.0-or-later
// logs/run.json: what somebody needs to know who wants to do a run again, or to find out why it was slow.
#include "pipeline/pipeline_internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

enum kind { TEXT, INTEGER, REAL, FLAG, LIST };
static const struct {
    const char *name; // of the command line
    enum kind kind;
    size_t offset; // in struct pipeline_options
} fields[] = {
#define FIELD(name, kind, member)                                                                                      \
    {                                                                                                                  \
        name, kind, offsetof(struct pipeline_options, member)                                                          \
    }
    FIELD("phrase", TEXT, phrase),
    FIELD("phonemes", TEXT, phonemes),
    FIELD("also", LIST, also),
    FIELD("lang", TEXT, lang),
    FIELD("id", TEXT, id),
    FIELD("title", TEXT, title),
    FIELD("data-dir", TEXT, data_dir),
    FIELD("preset", TEXT, preset),
    FIELD("samples", INTEGER, samples),
    FIELD("training-steps", INTEGER, training_steps),
    FIELD("seeds", INTEGER, seeds),
    FIELD("seed", INTEGER, seed),
    FIELD("threads", INTEGER, threads),
    FIELD("positives-real", TEXT, positives_real),
    FIELD("negatives", LIST, negatives),
    FIELD("no-datasets", FLAG, no_datasets),
    FIELD("backgrounds", LIST, backgrounds),
    FIELD("rirs", LIST, rirs),
    FIELD("model", TEXT, model),
    FIELD("filters", TEXT, filters),
    FIELD("kernels", TEXT, kernels),
    FIELD("stride", INTEGER, stride),
    FIELD("first-conv-filters", INTEGER, first_filters),
    FIELD("first-conv-kernel-size", INTEGER, first_kernel),
    FIELD("clip-duration-ms", INTEGER, clip_ms),
    FIELD("neural", INTEGER, neural),
    FIELD("accents", INTEGER, accents),
    FIELD("near-neural", INTEGER, near_neural),
    FIELD("near-weight", REAL, near_weight),
    FIELD("augmentation", TEXT, augmentation),
    FIELD("false-accepts", REAL, target_per_hour),
    FIELD("device", TEXT, device),
    FIELD("author", TEXT, author),
    FIELD("website", TEXT, website),
    FIELD("restart", FLAG, restart),
    FIELD("debug", FLAG, debug),
    FIELD("cleanup-work-dir", FLAG, cleanup),
#undef FIELD
};

static json_t *value_json(const void *value, enum kind kind)
{
    const char *text = kind == TEXT ? *(const char *const *)value : NULL;
    switch (kind) {
    case TEXT:
        return text ? json_string(text) : json_null();
    case INTEGER:
        return json_integer(*(const int64_t *)value);
    case REAL:
        return json_real(*(const double *)value);
    case FLAG:
        return json_boolean(*(const bool *)value);
    default:
        return texts_json(value);
    }
}

// As they were given; 0 or -1 stands for what the preset or the network has.
static json_t *options_json(const struct pipeline_options *options)
{
    json_t *object = json_object();
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        json_object_set_new(object, fields[i].name,
                            value_json((const char *)options + fields[i].offset, fields[i].kind));
    return object;
}

static json_t *preset_json(const struct pipeline_preset *preset)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i}", "name", preset->name, "clips",
                     (json_int_t)preset->clips, "neural", (json_int_t)preset->neural, "accents",
                     (json_int_t)preset->accents, "near", (json_int_t)preset->near, "near_neural",
                     (json_int_t)preset->near_neural, "sentences", (json_int_t)preset->sentences, "held_sentences",
                     (json_int_t)preset->held_sentences, "examples", (json_int_t)preset->examples, "held",
                     (json_int_t)preset->held, "steps", (json_int_t)preset->steps, "seeds", preset->seeds);
}

static json_t *machine_json(const struct walk *walk)
{
    struct utsname system = {0};
    char processor[128];
    uname(&system);
    cpu_name(processor, sizeof processor);
    return json_pack("{s:s, s:i, s:i, s:s, s:I, s:s, s:s, s:s}", "processor", processor, "processors", cpu_count(),
                     "threads", pool_threads(walk->pool), "kernels", cpu_level_name(cpu_level()), "memory_bytes",
                     (json_int_t)memory_total(), "system", system.sysname, "release",
                     system.release, "architecture", system.machine);
}

// The stage of a part, and what of it: a corpus, a feature set.
static const char *stage_of(int part, const char **what)
{
    if (part >= PART_SPEECH && part < PART_FEATURES) {
        *what = corpus_names[part - PART_SPEECH];
        return "speech";
    }
    if (part >= PART_FEATURES && part < PART_TRAIN) {
        *what = set_names[part - PART_FEATURES];
        return "features";
    }
    return *what = part == PART_SOUNDS ? "sounds" : part == PART_TRAIN ? "train" : "export";
}

static json_t *stages_json(const struct walk *walk)
{
    json_t *stages = json_array();
    for (int part = 0; part < PART_COUNT; part++) {
        const char *what, *stage = stage_of(part, &what);
        if (walk->part_seconds[part] > 0) // what was found fresh took no time
            json_array_append_new(stages, json_pack("{s:s, s:s, s:f}", "stage", stage, "what", what, "seconds",
                                                    walk->part_seconds[part]));
    }
    return stages;
}

int run_record_write(struct walk *walk, const char *path, struct error *error)
{
    char now[32] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    walk_part_end(walk);
    json_t *record = json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o}", "wakesmith", WAKESMITH_VERSION, "ended", now,
                               "seconds", time_now() - walk->started, "options", options_json(walk->options), "preset",
                               preset_json(&walk->preset), "machine", machine_json(walk), "stages", stages_json(walk),
                               "kept", texts_json(&walk->kept));
    char *text = record ? json_dumps(record, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    int code = text ? file_write(path, text, strlen(text), error) : error_memory(error, "the record of the run");
    free(text);
    json_decref(record);
    return code;
}
