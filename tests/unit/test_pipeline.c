// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/pipeline.h"
#include "recordings/recordings.h"
#include "tflite/tflite.h"

static char folder[] = "/tmp/wakesmith_pipeline_XXXXXX";
static char first_folder[4096];
static struct error error;

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return getcwd(first_folder, sizeof first_folder) && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return chdir(first_folder) || folder_remove(folder, &error);
}

// ---- presets ----

static void presets_are_sane(void **state)
{
    (void)state;
    struct pipeline_options options;
    const struct pipeline_preset *chosen = NULL, *small = NULL;
    pipeline_options_default(&options);
    for (size_t i = 0; i < pipeline_preset_count; i++) {
        const struct pipeline_preset *preset = &pipeline_presets[i];
        assert_true(preset->name[0] && preset->summary[0]);
        assert_true(preset->clips && preset->near && preset->sentences && preset->examples && preset->held && preset->steps);
        assert_in_range(preset->seeds, 1, 16);
        assert_true(preset->examples >= preset->clips); // every clip can be heard
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(preset->name, pipeline_presets[k].name);
        if (strcmp(preset->name, options.preset) == 0)
            chosen = preset;
        if (strcmp(preset->name, "draft") == 0)
            small = preset;
    }
    assert_non_null(chosen);
    assert_non_null(small);
    assert_true(small->clips < chosen->clips && small->steps < chosen->steps && small->seeds <= chosen->seeds);
}

// ---- the data directory ----

static void assert_data_dir(const char *expected)
{
    char *path = pipeline_data_dir();
    assert_string_equal(path, expected);
    free(path);
}

static void the_data_directory_has_an_order(void **state)
{
    (void)state;
    static const char *const names[] = {"DATA_DIR", "XDG_DATA_HOME", "HOME"};
    char *before[COUNT_OF(names)];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        before[i] = getenv(names[i]) ? strdup(getenv(names[i])) : NULL;
        unsetenv(names[i]);
    }
    assert_int_equal(chdir(folder), 0);
    bool data = folder_exists("/data") && access("/data", W_OK) == 0; // in a container

    assert_data_dir(data ? "/data" : "./.local/share/wakesmith");
    setenv("HOME", "/home/somebody", 1);
    assert_data_dir(data ? "/data" : "/home/somebody/.local/share/wakesmith");
    setenv("XDG_DATA_HOME", "/home/somebody/xdg", 1);
    assert_data_dir(data ? "/data" : "/home/somebody/xdg/wakesmith");
    assert_int_equal(file_write(".mww-data-dir", "", 0, &error), 0);
    assert_data_dir(".");
    setenv("DATA_DIR", "/elsewhere", 1);
    assert_data_dir("/elsewhere");
    setenv("DATA_DIR", "", 1); // as if it were not there
    assert_data_dir(".");
    unlink(".mww-data-dir");
    setenv("XDG_DATA_HOME", "", 1);
    assert_data_dir(data ? "/data" : "/home/somebody/.local/share/wakesmith");

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (before[i])
            setenv(names[i], before[i], 1);
        else
            unsetenv(names[i]);
        free(before[i]);
    }
    assert_int_equal(chdir(first_folder), 0);
}

// ---- options ----

static void tiny_options(struct pipeline_options *options, const char *data)
{
    pipeline_options_default(options);
    options->phrase = "hey jarvis";
    options->preset = "draft";
    options->data_dir = data;
    options->samples = 50;
    options->training_steps = 20;
    options->seeds = 1;
    options->threads = 2;
}

// Runs a walk that must fail at once with one sentence that has `says` in it.
static void refuse(const struct pipeline_options *options, const char *says)
{
    struct pipeline_result result;
    error = (struct error){0};
    int code = pipeline_train(options, NULL, &result, &error);
    pipeline_result_close(&result);
    if (code >= 0)
        fail_msg("accepted, although %s is wrong", says);
    assert_int_equal(code, error.code);
    if (!strstr(error.message, says) || strchr(error.message, '\n'))
        fail_msg("\"%s\" does not name %s", error.message, says);
}

static void bad_options_are_named_before_any_work(void **state)
{
    (void)state;
    char wide[601] = "", words[402] = "", long_text[301]; // 200 and 201 characters
    for (int i = 0; i < 200; i++)
        strcat(wide, "\xe4\xbd\xa0");
    for (int i = 0; i < 201; i++)
        strcat(words, "a");
    memset(long_text, 'x', 300);
    long_text[300] = 0;
    const struct {
        size_t field;
        const char *value, *says;
    } table[] = {
        {offsetof(struct pipeline_options, phrase), "", "the phrase"},
        {offsetof(struct pipeline_options, phrase), "?!", "the phrase"},
        {offsetof(struct pipeline_options, phrase), "caf\xe9", "the phrase"},
        {offsetof(struct pipeline_options, phrase), "hey\njarvis", "the phrase"},
        {offsetof(struct pipeline_options, phrase), words, "the phrase"},
        {offsetof(struct pipeline_options, phrase), wide, "the phrase"}, // no manifest could hold it
        {offsetof(struct pipeline_options, preset), "best", "--preset"},
        {offsetof(struct pipeline_options, lang), "klingon", "--lang"},
        {offsetof(struct pipeline_options, id), "", "--id"},
        {offsetof(struct pipeline_options, id), "...", "--id"},
        {offsetof(struct pipeline_options, title), "", "--title"},
        {offsetof(struct pipeline_options, title), "vad", "--title"},
        {offsetof(struct pipeline_options, title), "caf\xe9", "--title"},
        {offsetof(struct pipeline_options, title), wide, "--title"},
        {offsetof(struct pipeline_options, author), "", "--author"},
        {offsetof(struct pipeline_options, author), "caf\xe9", "--author"},
        {offsetof(struct pipeline_options, author), wide, "--author"},
        {offsetof(struct pipeline_options, website), "caf\xe9", "--website"},
        {offsetof(struct pipeline_options, website), long_text, "--website"},
        {offsetof(struct pipeline_options, model), "big", "--model"},
        {offsetof(struct pipeline_options, filters), "", "--filters"},
        {offsetof(struct pipeline_options, filters), "64,64", "--filters"},
        {offsetof(struct pipeline_options, filters), "64,64,64,0", "--filters"},
        {offsetof(struct pipeline_options, kernels), "[5],[7]", "--kernels"},
        {offsetof(struct pipeline_options, kernels), "[5],[11,7],[9,15],[23]", "--kernels"},
        {offsetof(struct pipeline_options, kernels), "5,7,9,23", "--kernels"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct pipeline_options options;
        tiny_options(&options, in_folder("none"));
        *(const char **)((char *)&options + table[i].field) = table[i].value;
        refuse(&options, table[i].says);
    }
    assert_false(folder_exists(in_folder("none")));
}

static void missing_folders_are_named(void **state)
{
    (void)state;
    struct pipeline_options options;
    char data[512], empty[512], missing[512];
    snprintf(data, sizeof data, "%s", in_folder("bad"));
    snprintf(missing, sizeof missing, "%s", in_folder("not_there"));
    snprintf(empty, sizeof empty, "%s", in_folder("empty"));
    assert_int_equal(folder_make(empty, &error), 0);
    const struct {
        size_t list;
        const char *option;
    } lists[] = {{offsetof(struct pipeline_options, negatives), "--negatives"},
                 {offsetof(struct pipeline_options, backgrounds), "--backgrounds"},
                 {offsetof(struct pipeline_options, rirs), "--rirs"}};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (int k = 0; k < 2; k++) {
            tiny_options(&options, data);
            struct text_list *list = (struct text_list *)(void *)((char *)&options + lists[i].list);
            assert_int_equal(text_list_add(list, k ? empty : missing, &error), 0);
            refuse(&options, lists[i].option);
            assert_non_null(strstr(error.message, k ? empty : missing));
            text_list_free(list);
        }
    tiny_options(&options, data);
    options.positives_real = missing;
    refuse(&options, "--positives-real");
    options.positives_real = empty;
    refuse(&options, "--positives-real");
    tiny_options(&options, in_folder("file"));
    assert_int_equal(file_write(options.data_dir, "", 0, &error), 0);
    refuse(&options, "--data-dir");
}

// ---- a whole walk, so small that the model is worth nothing ----

struct watch {
    volatile int stop;
    const char *stop_at; // stage that sets `stop` when it begins
    int stages_done;
};

static void on_progress(void *context, const struct progress_event *event)
{
    struct watch *watch = context;
    assert_true(event->stage[0] && event->elapsed >= 0 && event->done >= 0);
    assert_true(event->total == 0 || event->done <= event->total);
    if (watch->stop_at && strcmp(event->stage, watch->stop_at) == 0)
        watch->stop = 1;
    watch->stages_done += event->last;
}

static int walk(const struct pipeline_options *options, struct watch *watch, struct pipeline_result *result)
{
    struct progress progress = {.sink = on_progress, .context = watch, .stop = &watch->stop};
    error = (struct error){0};
    return pipeline_train(options, &progress, result, &error);
}

static void check_pair(const struct pipeline_result *result)
{
    struct manifest manifest;
    struct tflite_model *model;
    struct text_list faults = {0};
    assert_int_equal(manifest_read(result->manifest, &manifest, &error), 0);
    assert_string_equal(manifest.wake_word, "Hey Jarvis");
    assert_string_equal(manifest.model, "hey_jarvis.tflite");
    assert_string_equal(manifest.author, "Somebody");
    assert_string_equal(manifest.languages[0], "en");
    assert_int_equal(manifest.window, result->levels[1].calibration.point.window);
    assert_int_equal((int)(manifest.cutoff * 255), result->levels[1].calibration.point.cutoff);
    assert_int_equal(manifest.arena, (long)result->facts.arena_recommended);
    assert_int_equal(tflite_open(&model, result->model, &error), 0);
    assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
    assert_int_equal(faults.count, 0);
    text_list_free(&faults);
    tflite_close(model);
    assert_true(file_exists(result->yaml));
    assert_true(result->held_clips > 0 && result->held_hours > 0 && result->real_hours == 0);
    assert_string_equal(result->title, "Hey Jarvis");
}

static json_int_t sum_of(const json_t *rows, const char *key)
{
    json_int_t sum = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        sum += key ? json_integer_value(json_object_get(json_array_get(rows, i), key)) : json_integer_value(json_array_get(rows, i));
    return sum;
}

// The closer looks add up to the figures of the published operating point.
static void check_figures(const json_t *report, const struct pipeline_result *result)
{
    const struct operating_point *point = &result->levels[1].calibration.point;
    const json_t *hearing = json_object_get(report, "hearing"), *waking = json_object_get(report, "waking"),
                 *near = json_object_get(waking, "near_misses"), *scores = json_object_get(report, "scores"),
                 *curve = json_object_get(json_array_get(json_object_get(report, "training"), 0), "curve");
    static const char *const groups[] = {"conditions", "voices"};
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        assert_int_equal(sum_of(json_object_get(hearing, groups[i]), "clips"), (long)point->clips);
        assert_int_equal(sum_of(json_object_get(hearing, groups[i]), "detected"), (long)point->detected);
    }
    assert_int_equal(sum_of(json_object_get(waking, "kinds"), "false_accepts"), (long)point->false_accepts);
    assert_int_equal(sum_of(json_object_get(scores, "words"), NULL), (long)point->clips);
    json_int_t clips = json_integer_value(json_object_get(near, "clips"));
    assert_true(clips > 0 && json_integer_value(json_object_get(near, "accepted")) <= clips);
    assert_int_equal(sum_of(json_object_get(scores, "near_misses"), NULL), clips);
    assert_true(sum_of(json_object_get(near, "worst"), "accepted") <= json_integer_value(json_object_get(near, "accepted")));
    assert_true(json_array_size(curve) > 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(curve, json_array_size(curve) - 1), "step")), 20);
}

static void check_report(const struct pipeline_result *result)
{
    static const char *const keys[] = {"wakesmith", "phrase", "id", "language", "options", "curve", "training", "speech", "features",
                                       "held_out", "seconds", "caveats", "signatures", "int8_mean_difference", "arena"};
    static const char *const levels[] = {"slightly", "moderately", "very"};
    json_error_t where;
    json_t *report = json_load_file(result->report, JSON_REJECT_DUPLICATES, &where), *curve;
    if (!report)
        fail_msg("line %d: %s", where.line, where.text);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (!json_object_get(report, keys[i]))
            fail_msg("the report has no %s", keys[i]);
    char hash[65];
    assert_int_equal(sha256_file(result->model, hash, &error), 0);
    assert_string_equal(json_string_value(json_object_get(report, "model_sha256")), hash);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(report, "options"), "training_steps")), 20);
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        json_t *level = json_object_get(json_object_get(report, "sensitivities"), levels[i]);
        const struct operating_point *point = &result->levels[i].calibration.point;
        assert_string_equal(result->levels[i].name, levels[i]);
        assert_int_equal(json_integer_value(json_object_get(level, "cutoff_byte")), point->cutoff);
        assert_int_equal(json_integer_value(json_object_get(level, "detected")), (long)point->detected);
        assert_int_equal(json_integer_value(json_object_get(level, "window")), result->written.window);
        double recall = json_real_value(json_object_get(level, "recall"));
        json_t *interval = json_object_get(level, "recall_interval");
        assert_true(json_real_value(json_array_get(interval, 0)) <= recall);
        assert_true(json_real_value(json_array_get(interval, 1)) >= recall);
    }
    curve = json_object_get(report, "curve");
    assert_true(json_array_size(curve) > 20);
    for (size_t i = 1; i < json_array_size(curve); i++) // a higher cutoff never hears more
        assert_true(json_real_value(json_object_get(json_array_get(curve, i), "recall")) <=
                    json_real_value(json_object_get(json_array_get(curve, i - 1), "recall")));
    assert_true(json_array_size(json_object_get(report, "caveats")) >= 2);
    check_figures(report, result);
    json_decref(report);
}

static void a_stopped_walk_goes_on_to_a_pair(void **state)
{
    (void)state;
    struct pipeline_options options;
    struct pipeline_result result;
    char data[512], speech[600];
    struct stat before, after;
    snprintf(data, sizeof data, "%s", in_folder("data"));
    snprintf(speech, sizeof speech, "%s/work/hey_jarvis/wake_word_samples/words.corpus", data);
    tiny_options(&options, data);
    options.author = "Somebody";

    struct watch watch = {.stop = 1};
    assert_int_equal(walk(&options, &watch, &result), ERROR_CANCELLED);
    assert_true(error.message[0]);
    assert_int_equal(watch.stages_done, 0);
    pipeline_result_close(&result);

    watch = (struct watch){.stop_at = "features"};
    assert_int_equal(walk(&options, &watch, &result), ERROR_CANCELLED);
    pipeline_result_close(&result);
    assert_int_equal(stat(speech, &before), 0);

    watch = (struct watch){0};
    if (walk(&options, &watch, &result) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(stat(speech, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); // spoken once
    check_pair(&result);
    check_report(&result);

    // Everything is fresh: the same bytes in another folder.
    struct pipeline_result again;
    char hash[2][65];
    if (walk(&options, &watch, &again) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(sha256_file(result.model, hash[0], &error), 0);
    assert_int_equal(sha256_file(again.model, hash[1], &error), 0);
    assert_string_equal(hash[0], hash[1]);
    assert_string_not_equal(result.folder, again.folder);
    pipeline_result_close(&again);
    pipeline_result_close(&result);
}

// ---- recordings of people ----

// Something like a word, or noise: harmonics of a falling pitch between 0.3 s of silence.
static void record(struct recordings *store, enum recordings_bucket bucket, const char *id, double pitch, double noise,
                   double seconds, struct recording *item)
{
    size_t count = (size_t)((seconds + .6) * AUDIO_RATE), size = (size_t)(seconds * AUDIO_RATE);
    int16_t *samples = calloc(count, sizeof *samples);
    struct rng rng = rng_make((uint64_t)pitch, 0);
    for (size_t i = 0; i < count; i++) {
        size_t lead = 3 * AUDIO_RATE / 10;
        double value = noise * rng_normal(&rng), t = ((double)i - (double)lead) / (double)size;
        for (int k = 1; k <= 12 && pitch > 0 && t >= 0 && t < 1; k++)
            value += 3000 / k * fmin(1, 20 * t) * fmin(1, 20 * (1 - t)) * sin(2 * M_PI * k * pitch * (1 - .1 * t) * t * seconds);
        samples[i] = (int16_t)lrint(value);
    }
    char file[512];
    snprintf(file, sizeof file, "%s", in_folder("upload.wav"));
    struct recordings_add add = {.bucket = bucket, .wake_word = id, .file = file, .speaker = pitch > 150 ? "Anna" : NULL};
    if (audio_write_wav(file, samples, count, &error) < 0 || recordings_add(store, &add, item, &error) < 0)
        fail_msg("%s", error.message);
    free(samples);
}

static struct pipeline_options people_options(const char *data, const char *phrase)
{
    struct pipeline_options options;
    tiny_options(&options, data);
    options.phrase = phrase;
    return options;
}

// Walks until training begins; what the features are made from, and how many there are of a set.
static void features_of(const struct pipeline_options *options, const char *id, char signature[65], const char *set, off_t *size)
{
    struct pipeline_result result;
    struct watch watch = {.stop_at = "train"};
    char path[600];
    struct stat info;
    void *text;
    size_t length;
    assert_int_equal(walk(options, &watch, &result), ERROR_CANCELLED);
    pipeline_result_close(&result);
    snprintf(path, sizeof path, "%s/work/%s/wake_word_samples_augmented/%s.features", options->data_dir, id, set);
    assert_int_equal(stat(path, &info), 0);
    *size = info.st_size;
    strcat(path, ".signature");
    assert_int_equal(file_read(path, 100, &text, &length, &error), 0);
    snprintf(signature, 65, "%.64s", (char *)text);
    free(text);
}

// What trains is what is there now, of this word, as it is trimmed now.
static void B2_B3_B4_recordings_of_people_make_features_anew(void **state)
{
    (void)state;
    struct recordings *store;
    struct recording first, second, noise, negative, back;
    char data[512], before[65], now[65], whole[65], *ticket;
    off_t size, more;
    snprintf(data, sizeof data, "%s", in_folder("people"));
    struct pipeline_options jarvis = people_options(data, "hey jarvis"), computer = people_options(data, "computer");
    assert_int_equal(recordings_open(&store, data, &error), 0);
    features_of(&jarvis, "hey_jarvis", before, "personal", &size);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 120, 3, .7, &first);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(before, now); // a take: made again, with it
    assert_true(more > size + 1000);
    memcpy(whole, now, sizeof whole);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 0, 2000, .7, &noise);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_equal(now, whole); // noise is left out, and told
    char log[600];
    void *text;
    size_t length;
    snprintf(log, sizeof log, "%s/work/hey_jarvis/training.log", data);
    assert_int_equal(file_read(log, 1 << 20, &text, &length, &error), 0);
    assert_non_null(strstr(text, "left out, no speech found"));
    assert_non_null(strstr(text, noise.name));
    free(text);

    assert_int_equal(recordings_trim(store, &first, .2, .7, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(now, whole);
    assert_int_equal(recordings_trim(store, &first, 0, 0, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_equal(now, whole);

    features_of(&computer, "computer", now, "personal", &more); // of another word: none
    assert_int_equal(more, size);

    assert_int_equal(recordings_remove(store, &first, &ticket, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more); // deleted: none is used
    assert_string_equal(now, before);
    assert_int_equal(recordings_restore(store, ticket, &back, &error), 0);
    recording_close(&back);
    free(ticket);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 200, 3, .6, &second);
    assert_int_equal(recordings_remove(store, &first, &ticket, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(now, whole);
    assert_int_equal(recordings_restore(store, ticket, &back, &error), 0);
    record(store, BUCKET_NEGATIVE, "hey_jarvis", 110, 3, 3, &negative);

    struct pipeline_result result;
    struct watch watch = {0};
    if (walk(&jarvis, &watch, &result) != 0)
        fail_msg("%s", error.message);
    json_error_t where;
    json_t *report = json_load_file(result.report, 0, &where), *people = json_object_get(report, "people"),
           *features = json_object_get(report, "features");
    assert_int_equal(json_integer_value(json_object_get(people, "clips")), 2);
    assert_int_equal(json_integer_value(json_object_get(people, "left_out")), 1);
    assert_int_equal(json_integer_value(json_object_get(people, "reviewed_negatives")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(people, "clips_by_speaker"), "Anna")), 1);
    assert_true(json_integer_value(json_object_get(json_object_get(features, "reviewed"), "items")) > 20);
    json_decref(report);
    pipeline_result_close(&result);

    free(ticket);
    recording_close(&first);
    recording_close(&second);
    recording_close(&noise);
    recording_close(&negative);
    recording_close(&back);
    recordings_close(store);
}

// ---- walks that end early, and what they leave ----

static void speech_of(const struct pipeline_options *options, char signature[65], struct timespec *made)
{
    struct pipeline_result result;
    struct watch watch = {0};
    char path[600];
    struct stat info;
    void *text;
    size_t length;
    if (walk(options, &watch, &result) != 0)
        fail_msg("%s", error.message);
    assert_null(result.folder);
    pipeline_result_close(&result);
    snprintf(path, sizeof path, "%s/work/jarvis/wake_word_samples/words.corpus", options->data_dir);
    assert_int_equal(stat(path, &info), 0);
    *made = info.st_mtim;
    strcat(path, ".signature");
    assert_int_equal(file_read(path, 100, &text, &length, &error), 0);
    snprintf(signature, 65, "%.64s", (char *)text);
    free(text);
}

// Fresh is what has the very same inputs: "jarvis" is no part of "hey jarvis", and 50 clips are not 60.
static void B5_another_phrase_of_an_id_is_spoken_anew(void **state)
{
    (void)state;
    char data[512], first[65], second[65];
    struct timespec made, then;
    snprintf(data, sizeof data, "%s", in_folder("phrases"));
    struct pipeline_options options = people_options(data, "hey jarvis");
    options.id = "jarvis";
    options.extent = PIPELINE_SPEECH;
    speech_of(&options, first, &made);
    speech_of(&options, second, &then);
    assert_string_equal(first, second);
    assert_true(made.tv_sec == then.tv_sec && made.tv_nsec == then.tv_nsec);
    options.phrase = "jarvis";
    speech_of(&options, second, &then);
    assert_string_not_equal(first, second);
    assert_true(made.tv_sec != then.tv_sec || made.tv_nsec != then.tv_nsec);
    options.phrase = "hey jarvis";
    options.samples = 60;
    speech_of(&options, second, &then);
    assert_string_not_equal(first, second);
    char path[600];
    snprintf(path, sizeof path, "%s/output", data);
    assert_false(folder_exists(path));
    snprintf(path, sizeof path, "%s/work/jarvis/wake_word_samples_augmented/words.features", data);
    assert_false(file_exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_sane),
        cmocka_unit_test(the_data_directory_has_an_order),
        cmocka_unit_test(bad_options_are_named_before_any_work),
        cmocka_unit_test(missing_folders_are_named),
        cmocka_unit_test(a_stopped_walk_goes_on_to_a_pair),
        cmocka_unit_test(B5_another_phrase_of_an_id_is_spoken_anew),
        cmocka_unit_test(B2_B3_B4_recordings_of_people_make_features_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
