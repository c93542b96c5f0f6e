// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of whole walks share: a folder, options so small that the model is worth nothing, a walk that can be stopped.
#ifndef WAKESMITH_TESTS_WALKING_H
#define WAKESMITH_TESTS_WALKING_H

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
#include "test_folder.h"
#include "tflite/tflite.h"

static char first_folder[4096];

// As set_up and tear_down, for tests that go into other folders.
static int begin_walks(void **state)
{
    return getcwd(first_folder, sizeof first_folder) ? set_up(state) : -1;
}

static int end_walks(void **state)
{
    return chdir(first_folder) || tear_down(state);
}

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

static json_int_t sum_of(const json_t *rows, const char *key)
{
    json_int_t sum = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        sum += key ? json_integer_value(json_object_get(json_array_get(rows, i), key)) : json_integer_value(json_array_get(rows, i));
    return sum;
}

#endif
