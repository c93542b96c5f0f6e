// SPDX-License-Identifier: GPL-3.0-or-later
#include "walking.h"

#include "audio/audio.h"

#include <sys/statvfs.h>

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

// ---- the disk ----

static uint64_t room = UINT64_MAX; // in place of the disk's own

int statvfs(const char *path, struct statvfs *disk)
{
    (void)path;
    *disk = (struct statvfs){.f_frsize = 1, .f_bavail = room};
    return 0;
}

// What a walk says that it needs, with too little room.
static double needed_megabytes(const struct pipeline_options *options, const char *data)
{
    struct watch watch = {0};
    struct pipeline_result result;
    double needed = 0;
    room = 3000000;
    assert_int_equal(walk(options, &watch, &result), ERROR_IO);
    room = UINT64_MAX;
    pipeline_result_close(&result);
    assert_int_equal(watch.stages_done, 0);
    assert_non_null(strstr(error.message, data));
    assert_non_null(strstr(error.message, " 3 MB are free"));
    assert_int_equal(sscanf(strstr(error.message, "needs about"), "needs about %lf MB", &needed), 1);
    return needed;
}

static void a_full_disk_is_found_before_any_work(void **state)
{
    (void)state;
    struct pipeline_options options;
    struct watch watch = {0};
    struct pipeline_result result;
    char data[512], takes[512];
    snprintf(data, sizeof data, "%s", in_folder("full"));
    snprintf(takes, sizeof takes, "%s", in_folder("noise"));
    tiny_options(&options, data);
    options.extent = PIPELINE_FEATURES;
    double before = needed_megabytes(&options, data), whole;

    // Recordings count: a minute decoded and as features.
    enum { SAMPLES = 60 * 16000 };
    int16_t *samples = array_alloc(SAMPLES, sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (int16_t)(i * 7919 % 2000);
    assert_int_equal(folder_make(takes, &error), 0);
    assert_int_equal(audio_write_wav(in_folder("noise/long.wav"), samples, SAMPLES, &error), 0);
    free(samples);
    assert_int_equal(text_list_add(&options.negatives, takes, &error), 0);
    whole = needed_megabytes(&options, data);
    assert_in_range(whole - before, 2, 4);

    // What it really takes is less, but not by far; what is made is not needed again.
    if (walk(&options, &watch, &result) != 0)
        fail_msg("%s", error.message);
    pipeline_result_close(&result);
    double made = (double)folder_bytes(data) / 1e6;
    assert_true(made <= whole && whole <= 2 * made + 10);
    double after = needed_megabytes(&options, data);
    assert_true(after < whole - made / 2);
    text_list_free(&options.negatives);
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

// The closer looks add up to the figures of the published operating point.
static void check_figures(const json_t *report, const struct pipeline_result *result)
{
    const struct operating_point *point = &result->levels[1].calibration.point;
    const json_t *hearing = json_object_get(report, "hearing"), *waking = json_object_get(report, "waking"),
                 *near = json_object_get(waking, "near_misses"), *scores = json_object_get(report, "scores"),
                 *curve = json_object_get(json_array_get(json_object_get(report, "training"), 0), "curve");
    static const char *const groups[] = {"conditions", "voices"};
    json_t *conditions = json_object_get(hearing, "conditions");
    size_t last = json_array_size(conditions) - 1;
    json_t *far = json_incref(json_array_get(conditions, last)); // heard besides: it chooses nothing
    assert_string_equal(json_string_value(json_object_get(far, "name")), "far");
    assert_int_equal(json_integer_value(json_object_get(far, "clips")), (long)point->clips / 4);
    json_decref(far);
    json_array_remove(conditions, last);
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
    // held-out speech slower and faster, which calibrates with it
    json_t *sets = json_object_get(report, "features");
    double spoken = json_real_value(json_object_get(json_object_get(sets, "held_sentences"), "hours")),
           varied = json_real_value(json_object_get(json_object_get(sets, "held_varied"), "hours"));
    assert_true(spoken > 0 && fabs(varied / (spoken * (1 / .93 + 1 / 1.07)) - 1) < .01);
    json_decref(report);
}

// Everything that was asked for and how long it took.
static void check_record(const struct pipeline_result *result)
{
    char path[700];
    snprintf(path, sizeof path, "%s/logs/run.json", result->folder);
    json_error_t where;
    json_t *record = json_load_file(path, JSON_REJECT_DUPLICATES, &where), *options = json_object_get(record, "options"),
           *stages = json_object_get(record, "stages");
    if (!record)
        fail_msg("%s", where.text);
    double sum = 0, whole = json_real_value(json_object_get(record, "seconds"));
    assert_string_equal(json_string_value(json_object_get(options, "phrase")), "hey jarvis");
    assert_string_equal(json_string_value(json_object_get(options, "author")), "Somebody");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(record, "preset"), "steps")), 20);
    assert_true(json_integer_value(json_object_get(json_object_get(record, "machine"), "memory_bytes")) > 1 << 20);
    for (size_t i = 0; i < json_array_size(stages); i++)
        sum += json_real_value(json_object_get(json_array_get(stages, i), "seconds"));
    assert_true(json_array_size(stages) >= 2 && sum > .5 * whole && sum <= whole);
    json_decref(record);
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
    check_record(&result);

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_sane),
        cmocka_unit_test(the_data_directory_has_an_order),
        cmocka_unit_test(bad_options_are_named_before_any_work),
        cmocka_unit_test(missing_folders_are_named),
        cmocka_unit_test(a_full_disk_is_found_before_any_work),
        cmocka_unit_test(a_stopped_walk_goes_on_to_a_pair),
    };
    return cmocka_run_group_tests(tests, begin_walks, end_walks);
}
