// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/test_set.h"

#include <stdlib.h>

static int load_talkers(struct test_set *set, struct error *error)
{
    if (!set->babble)
        return 0;
    TRY(folder_list(set->babble, audio_endings, &set->talker_files, error));
    size_t count = set->talker_files.count;
    set->talker_audio = array_alloc(count + 1, sizeof *set->talker_audio);
    set->talkers = array_alloc(count + 1, sizeof *set->talkers);
    if (!set->talker_audio || !set->talkers)
        return error_memory(error, "the babble recordings");
    for (size_t i = 0; i < count; i++) {
        TRY(audio_read(set->talker_files.items[i], 0, 60, &set->talker_audio[i], error));
        set->talkers[i] = (struct sound){set->talker_audio[i].samples, set->talker_audio[i].count, SOUND_SPEECH};
    }
    return 0;
}

static int find_conditions(struct test_set *set, struct error *error)
{
    size_t named = set->condition_names.count;
    set->condition_count = named ? named : 1;
    set->conditions = array_alloc(set->condition_count, sizeof *set->conditions);
    if (!set->conditions)
        return error_memory(error, "the conditions");
    for (size_t i = 0; i < set->condition_count; i++) {
        TRY(condition_parse(named ? set->condition_names.items[i] : "clean", &set->conditions[i], error));
        if (set->conditions[i].noise == TEST_BABBLE && !set->babble)
            return error_set(error, ERROR_USAGE, "--condition %s needs --babble DIR with recordings of other talkers",
                             set->conditions[i].name);
    }
    return 0;
}

int test_set_open(struct test_set *set, const char *command, int models, bool json, struct error *error)
{
    if (!set->positives && !set->negatives)
        return error_set(error, ERROR_USAGE, "nothing to measure: give --positives DIR, --negatives DIR or both");
    if (set->positives)
        TRY(folder_list(set->positives, audio_endings, &set->positive_files, error));
    if (set->negatives)
        TRY(folder_list(set->negatives, audio_endings, &set->negative_files, error));
    if (set->positives && set->positive_files.count == 0)
        return error_set(error, ERROR_MISSING, "--positives: there is no audio in %s", set->positives);
    if (set->negatives && set->negative_files.count == 0)
        return error_set(error, ERROR_MISSING, "--negatives: there is no audio in %s", set->negatives);
    TRY(find_conditions(set, error));
    TRY(load_talkers(set, error));
    TRY(pool_open(&set->pool, (int)set->threads, error));
    watch_open(&set->watch, command, json);
    if (!json && !set->watch.terminal.live)
        set->watch.progress.sink = NULL;
    set->passes = models * ((set->negatives != NULL) + (set->positives ? (int)set->condition_count : 0));
    return 0;
}

static struct progress *begin_pass(struct test_set *set, const char *name)
{
    double passes = set->passes;
    progress_part(&set->watch.progress, set->pass / passes, (set->pass + 1) / passes, 0);
    set->pass++;
    progress_begin(&set->watch.progress, name);
    return &set->watch.progress;
}

void test_set_close(struct test_set *set)
{
    for (size_t i = 0; set->talker_audio && i < set->talker_files.count; i++)
        free(set->talker_audio[i].samples);
    free(set->talker_audio);
    free(set->talkers);
    free(set->conditions);
    text_list_free(&set->positive_files);
    text_list_free(&set->negative_files);
    text_list_free(&set->talker_files);
    text_list_free(&set->condition_names);
    pool_close(set->pool);
}

int test_set_negatives(struct test_set *set, const struct tflite_model *model, struct track_list *tracks,
                       struct error *error)
{
    if (!set->negatives)
        return 0;
    struct progress *progress = begin_pass(set, "negatives");
    TRY(evaluate_files(model, &set->negative_files, NULL, NULL, 0, set->pool, progress, tracks, error));
    progress_end(progress, "%zu recordings", set->negative_files.count);
    return 0;
}

int test_set_positives(struct test_set *set, const struct tflite_model *model, const struct condition *condition,
                       struct track_list *tracks, struct error *error)
{
    struct progress *progress = begin_pass(set, condition->name);
    TRY(evaluate_files(model, &set->positive_files, condition, set->talkers, set->talker_files.count, set->pool, progress,
                       tracks, error));
    progress_end(progress, "%zu recordings", set->positive_files.count);
    return 0;
}
