// SPDX-License-Identifier: GPL-3.0-or-later
// The recordings that models are judged on, as evaluate and compare get them.
#ifndef WAKESMITH_CLI_TEST_SET_H
#define WAKESMITH_CLI_TEST_SET_H

#include "cli/cli_internal.h"
#include "evaluate/evaluate.h"

struct test_set {
    // options
    const char *positives, *negatives, *babble; // folders; NULL: none
    struct text_list condition_names;
    int64_t threads;
    // what test_set_open finds there
    struct condition *conditions; // [condition_count]; clean when none was named
    size_t condition_count;
    struct text_list positive_files, negative_files, talker_files;
    struct pcm *talker_audio;
    struct sound *talkers;
    struct pool *pool;
    struct watch watch;
    int pass, passes; // over the recordings: those begun, and all
};
// Rows of the table of options.
#define TEST_SET_OPTIONS(set)                                                                                          \
    {"positives", 0, OPTION_TEXT, &(set)->positives, 0, 0, "DIR", "recordings of the wake word, one a file"},          \
        {"negatives", 0, OPTION_TEXT, &(set)->negatives, 0, 0, "DIR",                                                  \
         "audio without the wake word; each file is a stream of its own"},                                             \
        {"condition", 0, OPTION_LIST, &(set)->condition_names, 0, 0, "C",                                              \
         "clean, pink:DB, babble:DB or far:DB (some metres away) for the positives; repeatable (clean)"},                                         \
        {"babble", 0, OPTION_TEXT, &(set)->babble, 0, 0, "DIR", "talkers for --condition babble:DB"},                  \
        {"threads", 0, OPTION_INTEGER, &(set)->threads, 0, 256, "N", "threads (default: all processors)"}

// Finds the recordings for so many models; the listening is watched, and stopped by Ctrl-C and SIGTERM. Errors name the
// option. `command`: its name, for the events of `json`.
int test_set_open(struct test_set *set, const char *command, int models, bool json, struct error *error);
void test_set_close(struct test_set *set); // also after a failed open
// Output bytes of a model over the recordings; `tracks` is zeroed before the first call.
int test_set_negatives(struct test_set *set, const struct tflite_model *model, struct track_list *tracks,
                       struct error *error);
int test_set_positives(struct test_set *set, const struct tflite_model *model, const struct condition *condition,
                       struct track_list *tracks, struct error *error);

#endif
