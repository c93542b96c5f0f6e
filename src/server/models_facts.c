// SPDX-License-Identifier: GPL-3.0-or-later
// What is told about a run: the shape Model, the catalogue, the YAML with the address it has here.
#include "server/models_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {"slightly", "moderately", "very"};

// ---- the report ------------------------------------------------------------------------------------------------

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

// [low, high]; a high of null has no bound.
static bool read_interval(const json_t *value, struct interval *interval)
{
    const json_t *low = json_array_get(value, 0), *high = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_number(low) || !(json_is_number(high) || json_is_null(high)))
        return false;
    *interval = (struct interval){json_number_value(low), json_is_null(high) ? INFINITY : json_number_value(high)};
    return true;
}

// One level of report["sensitivities"]; false when it is not as our reports are.
static bool read_level(const json_t *report, const char *name, struct calibration *level)
{
    static const char *const numbers[] = {"cutoff", "recall", "per_hour", "target_per_hour"};
    static const char *const counts[] = {"cutoff_byte", "window", "clips", "detected", "false_accepts"};
    const json_t *given = json_object_get(json_object_get(report, "sensitivities"), name);
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        good = good && json_is_number(json_object_get(given, numbers[i]));
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        const json_t *count = json_object_get(given, counts[i]);
        good = good && json_is_integer(count) && json_integer_value(count) >= 0;
    }
    good = good && json_is_boolean(json_object_get(given, "target_met")) &&
           json_integer_value(json_object_get(given, "cutoff_byte")) <= 255 &&
           json_integer_value(json_object_get(given, "window")) <= 255;
    if (!good)
        return false;
    struct operating_point *point = &level->point;
    *level = (struct calibration){.cutoff = number_of(given, "cutoff"),
                                  .target_per_hour = number_of(given, "target_per_hour"),
                                  .met = json_is_true(json_object_get(given, "target_met"))};
    point->cutoff = (uint8_t)json_integer_value(json_object_get(given, "cutoff_byte"));
    point->window = (int)json_integer_value(json_object_get(given, "window"));
    point->clips = (size_t)json_integer_value(json_object_get(given, "clips"));
    point->detected = (size_t)json_integer_value(json_object_get(given, "detected"));
    point->false_accepts = (size_t)json_integer_value(json_object_get(given, "false_accepts"));
    point->recall = number_of(given, "recall");
    point->per_hour = number_of(given, "per_hour");
    point->hours = number_of(json_object_get(report, "held_out"), "hours");
    return read_interval(json_object_get(given, "recall_interval"), &point->recall_interval) &&
           read_interval(json_object_get(given, "per_hour_interval"), &point->per_hour_interval);
}

static size_t read_levels(const struct run *run, struct sensitivity levels[COUNT_OF(level_names)])
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(level_names); i++) {
        levels[count].name = level_names[i];
        count += read_level(run->report, level_names[i], &levels[count].calibration);
    }
    return count;
}

void models_tell(const struct run *run, struct run_facts *facts)
{
    *facts = (struct run_facts){.name = run->name,
                                .folder = run->folder,
                                .id = run->id,
                                .title = run->manifest.wake_word,
                                .fault = run->fault,
                                .created = run->created.tv_sec,
                                .model_bytes = run->model_size,
                                .published = run->published,
                                .manifest = run->manifest};
    facts->level_count = read_levels(run, facts->levels);
}

// ---- addresses -------------------------------------------------------------------------------------------------

// A name as one part of an address.
static char *encode(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct buffer out;
    buffer_init(&out, 4096);
    for (; *name; name++)
        if (strchr(plain, *name))
            buffer_append(&out, name, 1);
        else
            buffer_print(&out, "%%%02X", (unsigned)(unsigned char)*name);
    if (out.failed)
        buffer_free(&out);
    return out.data;
}

char *models_run_url(const struct run *run, const char *base_url, const char *file)
{
    char *name = encode(run->name);
    char *url = name ? text_print("%s/models/%s/%s", base_url, name, file) : NULL;
    free(name);
    return url;
}

// Sets key to a text that is freed here; NULL sets nothing.
static void set_text(json_t *object, const char *key, char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
    free(text);
}

static void set_urls(json_t *model, const struct run *run, const char *base_url)
{
    char json[TEXT_ID_SIZE + 16], tflite[TEXT_ID_SIZE + 16];
    snprintf(json, sizeof json, "%s.json", run->id);
    snprintf(tflite, sizeof tflite, "%s.tflite", run->id);
    set_text(model, "json_url", text_print("%s/models/%s", base_url, json));
    set_text(model, "model_url", text_print("%s/models/%s", base_url, tflite));
    set_text(model, "run_json_url", models_run_url(run, base_url, json));
    set_text(model, "run_model_url", models_run_url(run, base_url, tflite));
}

// ---- shapes ----------------------------------------------------------------------------------------------------

static json_t *time_json(const struct timespec *when)
{
    char text[32];
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when->tv_sec, &utc));
    return json_string(text);
}

static json_t *levels_json(const struct run *run)
{
    json_t *levels = json_object(), *given = json_object_get(run->report, "sensitivities");
    struct calibration checked;
    for (size_t i = 0; i < COUNT_OF(level_names); i++)
        if (read_level(run->report, level_names[i], &checked))
            json_object_set(levels, level_names[i], json_object_get(given, level_names[i]));
    return levels;
}

static json_t *caveats_json(const struct run *run)
{
    json_t *caveats = json_array(), *given = json_object_get(run->report, "caveats"), *one;
    size_t i;
    json_array_foreach(given, i, one) if (json_is_string(one)) json_array_append(caveats, one);
    if (run->report_fault[0])
        json_array_append_new(caveats, json_string(run->report_fault));
    return caveats;
}

json_t *models_describe(const struct run *run, const char *base_url)
{
    const json_t *report = run->report, *held = json_object_get(report, "held_out");
    const json_t *options = json_object_get(report, "options");
    json_t *model = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:f, s:I, s:I, s:b, s:o, s:{s:f, s:f, s:I}, s:o}", "run", run->name, "id",
        run->id, "title", run->manifest.wake_word, "phrase", text_of(report, "phrase", run->manifest.wake_word),
        "language", run->manifest.languages[0], "created_at", time_json(&run->created), "preset",
        text_of(options, "preset", ""), "seconds", number_of(report, "seconds"), "size_bytes",
        (json_int_t)run->model_size, "arena", (json_int_t)run->manifest.arena, "published", run->published, "levels",
        levels_json(run), "held_out", "hours", number_of(held, "hours"), "real_hours", number_of(held, "real_hours"),
        "clips", (json_int_t)number_of(held, "clips"), "caveats", caveats_json(run));
    if (model)
        set_urls(model, run, base_url);
    return model;
}

json_t *models_describe_fault(const struct run *run)
{
    return json_pack("{s:s, s:o, s:s}", "run", run->name, "created_at", time_json(&run->created), "fault", run->fault);
}

json_t *models_catalogue_entry(const struct run *run, const char *base_url)
{
    struct calibration level;
    bool measured = read_level(run->report, "moderately", &level);
    const char *title = run->manifest.wake_word;
    json_t *entry = json_pack(
        "{s:s, s:s, s:s, s:s, s:f, s:i, s:s, s:s, s:i, s:o?, s:o?, s:o}", "key", run->id, "label", title,
        "wake_word_name", title, "wake_word", run->id, "threshold", run->manifest.cutoff, "sliding_window",
        run->manifest.window, "quantization", "int8", "model_format", "tflite", "sample_rate", 16000,
        "calibration_recall", measured ? json_real(level.point.recall) : json_null(),
        "calibration_false_accepts_per_hour", measured ? json_real(level.point.per_hour) : json_null(),
        "calibration_generated_at", time_json(&run->created));
    if (!entry)
        return NULL;
    set_text(entry, "url", text_print("%s/models/%s.json", base_url, run->id));
    set_text(entry, "json_url", text_print("%s/models/%s.json", base_url, run->id));
    set_text(entry, "model_url", text_print("%s/models/%s.tflite", base_url, run->id));
    set_text(entry, "esphome_json_url", text_print("%s/api/trained_wake_words/%s.esphome.json", base_url, run->id));
    set_text(entry, "json_file", text_print("%s.json", run->id));
    set_text(entry, "model_file", text_print("%s.tflite", run->id));
    return entry;
}

char *models_yaml(const struct run *run, const char *url, const char *level)
{
    struct sensitivity levels[COUNT_OF(level_names)];
    size_t count = read_levels(run, levels);
    struct manifest manifest = run->manifest;
    for (size_t i = 0; i < count && level; i++)
        if (strcmp(levels[i].name, level) == 0)
            manifest.cutoff = levels[i].calibration.cutoff;
    return manifest_yaml(&manifest, url, levels, count);
}
