// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/pipeline_internal.h"

#include "pipeline/pipeline_features.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

const struct pipeline_preset pipeline_presets[] = {
    {"draft", "a model in about a minute, to try a phrase", 900, 60, 30, 225, 30, 600, 400, 5000, 300, 1600, 1},
    {"standard", "three seeds, the best one is published", 4000, 400, 160, 1500, 160, 4000, 3000, 24000, 1000, 4000, 3},
    {"thorough", "five seeds and twice the examples", 8000, 600, 300, 3000, 300, 8000, 4000, 48000, 1500, 6000, 5},
};
const size_t pipeline_preset_count = COUNT_OF(pipeline_presets);

void pipeline_options_default(struct pipeline_options *options)
{
    *options = (struct pipeline_options){.preset = "standard", .model = "official", .seed = 1, .target_per_hour = 0.5,
                                         .neural = -1, .accents = -1, .near_neural = -1, .near_weight = -1};
}

void pipeline_result_close(struct pipeline_result *result)
{
    free(result->folder);
    free(result->model);
    free(result->manifest);
    free(result->report);
    free(result->card);
    free(result->yaml);
    *result = (struct pipeline_result){0};
}

char *pipeline_data_dir(void)
{
    const char *named = getenv("DATA_DIR"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (named && *named)
        return strdup(named);
    if (file_exists(".mww-data-dir"))
        return strdup(".");
    if (folder_exists("/data") && access("/data", W_OK) == 0)
        return strdup("/data");
    return xdg && *xdg ? path_join(xdg, "wakesmith")
                       : text_print("%s/.local/share/wakesmith", home && *home ? home : ".");
}

char *pipeline_events_path(const struct pipeline_options *options)
{
    char *data = options->data_dir ? strdup(options->data_dir) : pipeline_data_dir();
    char *path = data ? path_join(data, "work/.events") : NULL;
    free(data);
    return path;
}

int walk_leave_out(struct walk *walk, const struct error *reason, struct error *error)
{
    if (reason->code == ERROR_MEMORY)
        *error = *reason;
    else
        walk_log(walk, "left out: %s", reason->message);
    return reason->code == ERROR_MEMORY ? ERROR_MEMORY : 0;
}

char *walk_path(const struct walk *walk, const char *folder, const char *name)
{
    return *name ? text_print("%s/%s/%s", walk->work, folder, name) : text_print("%s/%s", walk->work, folder);
}

// Fewer samples make everything smaller; more samples make more words only.
static void scale_preset(struct pipeline_preset *preset, size_t samples)
{
    enum { LEAST = 40 };
    size_t *const counts[] = {&preset->near, &preset->sentences, &preset->held_sentences, &preset->held,
                              &preset->examples};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        size_t scaled = *counts[i] * samples / preset->clips;
        if (samples < preset->clips || counts[i] == &preset->examples)
            *counts[i] = scaled < LEAST ? LEAST : scaled;
    }
    preset->clips = samples;
}

static int find_preset(struct walk *walk, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    const char *name = options->preset ? options->preset : "standard";
    struct buffer names;
    buffer_init(&names, 256);
    for (size_t i = 0; i < pipeline_preset_count; i++) {
        if (strcmp(pipeline_presets[i].name, name) == 0)
            walk->preset = pipeline_presets[i];
        buffer_print(&names, "%s%s", i ? ", " : "", pipeline_presets[i].name);
    }
    int code = walk->preset.name
                   ? 0
                   : error_set(error, ERROR_USAGE, "--preset %s is not known; there are %s", name, names.data);
    buffer_free(&names);
    TRY(code);
    if (options->samples)
        scale_preset(&walk->preset, (size_t)options->samples);
    if (options->training_steps)
        walk->preset.steps = (uint64_t)options->training_steps;
    if (options->seeds)
        walk->preset.seeds = (int)options->seeds;
    size_t *const counts[] = {&walk->preset.neural, &walk->preset.accents, &walk->preset.near_neural};
    const int64_t wishes[] = {options->neural, options->accents, options->near_neural};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        if (wishes[i] >= 0)
            *counts[i] = (size_t)wishes[i];
    return 0;
}

// As it is said: phonemes become [[mnemonics]] of the language, all else is a text to read.
static int add_spelling(struct walk *walk, const char *text, bool phonemes, struct error *error)
{
    char *spoken = NULL, *ipa = NULL;
    int code = phonemes ? speech_read_phonemes(text, walk->language, &spoken, &ipa, error)
                        : text_spoken(text, &spoken, error);
    if (code == 0)
        code = text_list_add(&walk->spellings, spoken, error);
    free(spoken);
    free(ipa);
    return code;
}

static int find_spellings(struct walk *walk, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    if (!options->phonemes)
        TRY(add_spelling(walk, options->phrase, false, error));
    else if (text_check_phrase(options->phonemes, error) < 0 || add_spelling(walk, options->phonemes, true, error) < 0)
        return error_prefix(error, "--phonemes");
    for (size_t i = 0; i < options->also.count; i++) {
        const char *text = options->also.items[i];
        if (text_check_phrase(text, error) < 0 || add_spelling(walk, text, speech_is_phonemes(text), error) < 0)
            return error_prefix(error, "--also");
    }
    walk->word_seconds = speech_expected_seconds(walk->spellings.items[0], walk->language);
    return 0;
}

int walk_find_names(struct walk *walk, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    memory_watch();
    TRY(text_check_phrase(options->phrase, error));
    TRY(text_language_named(options->lang ? options->lang : "auto", &walk->language, error));
    if (!walk->language)
        walk->language = text_language_of(options->phrase);
    if (options->id && text_check_phrase(options->id, error) < 0)
        return error_prefix(error, "--id");
    text_safe_id(options->id ? options->id : options->phrase, walk->id);
    if (memory_was_lost()) // then it is another id
        return error_memory(error, "the id of the phrase");
    TRY(text_title(options->phrase, options->title, walk->language, &walk->title, error));
    return find_spellings(walk, error);
}

static int find_network(struct walk *walk, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    if (nn_preset(options->model ? options->model : "official", &walk->config, error) < 0)
        return error_prefix(error, "--model");
    if ((options->filters || options->kernels) &&
        (nn_parse_shape(&walk->config, options->filters, options->kernels, error) < 0 ||
         nn_check(&walk->config, error) < 0))
        return error_prefix(error, "--filters and --kernels");
    const struct {
        int64_t given;
        int *value;
    } numbers[] = {{options->stride, &walk->config.stride},
                   {options->first_filters, &walk->config.first_filters},
                   {options->first_kernel, &walk->config.first_kernel}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (numbers[i].given)
            *numbers[i].value = (int)numbers[i].given;
    if (options->clip_ms)
        walk->config.tail = nn_tail_of_clip(&walk->config, (int)options->clip_ms);
    if (nn_check(&walk->config, error) < 0)
        return error_prefix(error, "--stride, --first-conv-filters, --first-conv-kernel-size and --clip-duration-ms");
    if (nn_window(&walk->config) + SLIDE > MAX_ROWS - 8)
        return error_set(error, ERROR_USAGE,
                         "--kernels: the network looks at %d rows (%.1f s); at most %d are possible",
                         nn_window(&walk->config), nn_window(&walk->config) / 100.0, MAX_ROWS - 8 - SLIDE);
    return 0;
}

// Who holds the lock, as the lock file says; 0 when it does not.
static long lock_holder(int lock)
{
    char text[32] = "";
    ssize_t got = pread(lock, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return strtol(text, NULL, 10);
}

// The server looks at the lock for a moment now and then; a run that was killed may leave speech processes that end a
// moment later and hold it until then.
static bool take_lock(int lock)
{
    enum { LOOKS = 6, TRIES = 40 };
    static const struct timespec pause = {.tv_nsec = 50000000};
    for (int i = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; i++) {
        long holder = lock_holder(lock);
        bool gone = holder <= 0 || (kill((pid_t)holder, 0) != 0 && errno == ESRCH);
        if (i == (gone ? TRIES : LOOKS))
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

// One run at a time in a data directory: two at once would take twice as long and twice the memory, and those who
// watch (the page) have one run to show.
static int lock_folder(struct walk *walk, struct error *error)
{
    char *path = text_print("%s/work/.lock", walk->data);
    if (!path)
        return error_memory(error, "a path");
    walk->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int code = 0;
    if (walk->lock < 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    else if (!take_lock(walk->lock))
        code = error_set(error, ERROR_STATE,
                         "a training is already running in %s (process %ld); wait for it, stop it, or choose another "
                         "--data-dir",
                         walk->data, lock_holder(walk->lock));
    else {
        char self[32];
        int size = snprintf(self, sizeof self, "%ld\n", (long)getpid());
        if (ftruncate(walk->lock, 0) != 0 || pwrite(walk->lock, self, (size_t)size, 0) != size)
            code = error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    free(path);
    return code;
}

// `empty`: without what earlier runs left in them.
static int make_folders(const struct walk *walk, bool empty, struct error *error)
{
    static const char *const inside[] = {FOLDER_SPEECH, FOLDER_FEATURES, FOLDER_TRAIN};
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        char *path = walk_path(walk, inside[i], "");
        int code = !path ? error_memory(error, "a path") : empty ? folder_remove(path, error) : 0;
        if (code == 0)
            code = folder_make(path, error);
        free(path);
        TRY(code);
    }
    return 0;
}

static int open_folders(struct walk *walk, struct error *error)
{
    walk->data = walk->options->data_dir ? strdup(walk->options->data_dir) : pipeline_data_dir();
    walk->work = walk->data ? text_print("%s/work/%s", walk->data, walk->id) : NULL;
    walk->sounds_folder = walk->data ? text_print("%s/work/.sounds", walk->data) : NULL;
    walk->sentences_folder = walk->data ? text_print("%s/work/.sentences", walk->data) : NULL;
    if (!walk->work || !walk->sounds_folder || !walk->sentences_folder)
        return error_memory(error, "a path");
    if (make_folders(walk, false, error) < 0)
        return error_prefix(error, "--data-dir");
    TRY(folder_make(walk->sounds_folder, error));
    TRY(folder_make(walk->sentences_folder, error));
    TRY(lock_folder(walk, error));
    folder_remove_unfinished(walk->work);
    folder_remove_unfinished(walk->sounds_folder);
    folder_remove_unfinished(walk->sentences_folder);
    if (walk->options->restart)
        TRY(make_folders(walk, true, error));
    return run_log_open(walk, error);
}

static void tell_obstacle(struct walk *walk)
{
    char sentence[SPEECH_SENTENCE];
    speech_obstacle(sentence, sizeof sentence);
    if (!*sentence)
        return;
    walk_log(walk, "%s", sentence);
    progress_notice(walk->progress, sentence);
}

// Phonemes that are none of an engine's are left to the other voices: the log and the report say so.
static int tell_unspoken(struct walk *walk, struct error *error)
{
    for (size_t i = 0; i < walk->spellings.count; i++) {
        const char *text = walk->spellings.items[i];
        char names[64], sentence[256];
        if (!speech_is_phonemes(text))
            continue;
        TRY(speech_mute_engines(text, walk->language, names, error));
        snprintf(sentence, sizeof sentence, "The voices of %s cannot say %.100s: it is left to the others.", names, text);
        if (*names)
            TRY(text_list_add(&walk->caveats, sentence, error));
        if (*names)
            walk_log(walk, "%s", sentence);
    }
    return 0;
}

void walk_close_audio(struct walk *walk)
{
    sound_store_close(&walk->store);
    people_close_audio(&walk->people);
    for (int i = 0; i < CORPUS_COUNT; i++)
        corpus_close(&walk->corpora[i]);
}

static void walk_close(struct walk *walk)
{
    for (int s = 0; s < SET_COUNT; s++) {
        feature_set_close(&walk->sets[s]);
        for (int c = 0; c < CONDITION_COUNT; c++)
            free(walk->items[s][c]);
    }
    for (int i = 0; walk->weights && i < walk->preset.seeds; i++)
        nn_weights_close(&walk->weights[i]);
    free(walk->weights);
    free(walk->scores);
    walk_close_audio(walk);
    ready_made_close(walk);
    for (size_t i = 0; i < walk->collection_count; i++)
        collection_close(&walk->collections[i]);
    free(walk->collections);
    free(walk->recorded);
    buffer_free(&walk->chain_text);
    for (int i = 0; i < CORPUS_COUNT; i++) {
        json_decref(walk->voices[i]);
        free(walk->unfit[i]);
    }
    json_decref(walk->group_engines);
    json_decref(walk->curves);
    text_list_free(&walk->held_near);
    text_list_free(&walk->rirs);
    people_close(&walk->people);
    pool_close(walk->pool);
    if (walk->log)
        fclose(walk->log);
    if (walk->lock >= 0)
        close(walk->lock);
    free(walk->log_path);
    free(walk->title);
    text_list_free(&walk->spellings);
    text_list_free(&walk->caveats);
    text_list_free(&walk->signed_inputs);
    text_list_free(&walk->kept);
    buffer_free(&walk->inputs);
    free(walk->data);
    free(walk->work);
    free(walk->sounds_folder);
    free(walk->sentences_folder);
}

// While the data directory is still this run's own.
static int clean_up(const struct walk *walk, struct error *error)
{
    TRY(folder_remove(walk->work, error));
    TRY(folder_remove(walk->sentences_folder, error));
    return folder_remove(walk->sounds_folder, error);
}

int pipeline_train(const struct pipeline_options *options, struct progress *progress, struct pipeline_result *result,
                   struct error *error)
{
    struct walk walk = {.options = options, .progress = progress, .lock = -1, .started = time_now()};
    int code;
    *result = (struct pipeline_result){0};
    TRY_GOTO(find_preset(&walk, error), end);
    TRY_GOTO(walk_find_names(&walk, error), end);
    TRY_GOTO(export_name(&walk, &result->written, error), end);
    TRY_GOTO(find_network(&walk, error), end);
    TRY_GOTO(walk_find_chain(&walk, error), end);
    TRY_GOTO(pool_open(&walk.pool, (int)options->threads, error), end);
    TRY_GOTO(open_folders(&walk, error), end);
    walk.weights = array_alloc((size_t)walk.preset.seeds, sizeof *walk.weights);
    walk.scores = array_alloc((size_t)walk.preset.seeds, sizeof *walk.scores);
    if (!walk.weights || !walk.scores) {
        code = error_memory(error, "the networks");
        goto end;
    }
    run_log_begin(&walk);
    run_log_decisions(&walk);
    tell_obstacle(&walk);
    TRY_GOTO(tell_unspoken(&walk, error), end);
    TRY_GOTO(ready_made_open(&walk, error), end); // before any work: it may be damaged
    static int (*const stages[])(struct walk * walk, struct error * error) = {stage_sounds, stage_speech,
                                                                              stage_features, stage_train};
    static const size_t ends[] = {
        [PIPELINE_WHOLE] = COUNT_OF(stages), [PIPELINE_SPEECH] = 2, [PIPELINE_FEATURES] = 3};
    for (size_t i = 0; i < ends[options->extent]; i++) {
        TRY_GOTO(stages[i](&walk, error), end);
        if (stages[i] == stage_speech)
            run_log_voices(&walk);
    }
    if (options->extent == PIPELINE_WHOLE)
        TRY_GOTO(stage_export(&walk, result, error), end);
    else
        walk_log(&walk, "done: the run goes no further than asked");
    if (options->extent == PIPELINE_WHOLE && options->cleanup)
        code = clean_up(&walk, error);
end:
    if (code < 0)
        walk_log(&walk, "ended: %s", error->message);
    walk_close(&walk);
    return code;
}
