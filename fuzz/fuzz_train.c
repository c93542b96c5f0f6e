// SPDX-License-Identifier: GPL-3.0-or-later
// A file of weights (first byte even) or the checkpoint of a run (odd) with bytes changed: the others are triples of
// place (2 bytes) and value; 0xffff cuts the file at 16 times the value. The checksum is made right again, so that the
// checks behind it are reached. No crash; what is accepted can be gone on from.
#include "train/train_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEX = 64, ITEM_ROWS = 40, MINED = 4 };

static char path[64];
static uint16_t rows[ITEM_ROWS * FRONTEND_CHANNELS];
static const struct feature_item items[] = {{.rows = ITEM_ROWS, .word_end = ITEM_ROWS - 1}};
static const struct feature_set set = {.rows = rows, .row_count = ITEM_ROWS, .items = items, .item_count = 1};
static const struct source sources[] = {{.set = &set, .share = 1, .weight = 1}};
static const struct train_data held = {.sources = sources, .source_count = COUNT_OF(sources)};

static void remove_file(void)
{
    unlink(path);
}

static void check(bool good)
{
    if (!good)
        abort();
}

static struct train_plan small_plan(void)
{
    static const struct nn_config config = {.stride = 2, .first_filters = 1, .first_kernel = 3, .blocks = 1, .filters = {1},
                                            .kernel_count = {1}, .kernels = {{2}}, .tail = 1};
    struct train_plan plan;
    train_plan_default(&plan);
    plan.config = config;
    plan.batch = 2;
    plan.mine_keep = MINED;
    return plan;
}

static void open_training(struct training *training, const struct train_plan *plan)
{
    struct error error;
    *training = (struct training){.plan = plan, .data = &held, .mined = calloc(MINED, sizeof *training->mined)};
    check(training->mined && nn_open(&training->nn, &plan->config, plan->batch, NULL, CPU_PLAIN, &error) == 0);
}

static void close_training(struct training *training)
{
    nn_close(training->nn);
    nn_weights_close(&training->best);
    free(training->mined);
    free(training->points);
}

// The two files as they should be, made once.
static const struct buffer *whole_file(bool checkpoint, const struct train_plan *plan)
{
    static struct buffer files[2];
    struct buffer *file = &files[checkpoint];
    struct training training;
    struct error error;
    void *data;
    size_t size;
    if (file->data)
        return file;
    snprintf(path, sizeof path, "/tmp/fuzz_train_%ld", (long)getpid());
    atexit(remove_file);
    open_training(&training, plan);
    training.mined_count = 2;
    training.step = 5;
    check(curve_reserve(&training, 2, &error) == 0);
    training.points[0] = (struct curve_point){.step = 2, .loss = 1};
    training.points[1] = (struct curve_point){.step = 4, .loss = 1};
    training.point_count = 2;
    check((checkpoint ? checkpoint_write(path, "x", &training, &error)
                      : weights_write(path, nn_weights_of(training.nn), &error)) == 0);
    close_training(&training);
    check(file_read(path, 1 << 24, &data, &size, &error) == 0 && size > HEX);
    *file = (struct buffer){.data = data, .size = size - HEX};
    return file;
}

static void write_changed(const struct buffer *file, const uint8_t *edits, size_t size)
{
    struct sha256 hash;
    char hex[HEX + 1];
    size_t end = file->size;
    uint8_t *copy = malloc(file->size);
    check(copy != NULL);
    memcpy(copy, file->data, file->size);
    for (; size >= 3; edits += 3, size -= 3) {
        size_t place = (size_t)edits[0] | (size_t)edits[1] << 8;
        if (place < file->size)
            copy[place] = edits[2];
        else if (place == 0xffff && 16u * edits[2] < end)
            end = 16u * edits[2];
    }
    sha256_init(&hash);
    sha256_add(&hash, copy, end);
    sha256_hex(&hash, hex);
    FILE *stream = fopen(path, "wb"); // file_write would wait for the disk
    check(stream && fwrite(copy, 1, end, stream) == end && fwrite(hex, 1, HEX, stream) == HEX && fclose(stream) == 0);
    free(copy);
}

static void read_weights(void)
{
    struct nn_weights weights;
    struct error error = {0};
    int code = weights_read(path, &weights, &error);
    check(code < 0 ? error.message[0] != 0 : nn_check(&weights.config, &error) == 0);
    nn_weights_close(&weights);
}

static void read_checkpoint(const struct train_plan *plan)
{
    struct training training;
    open_training(&training, plan);
    if (checkpoint_read(path, "x", &training)) {
        check(training.mined_count <= MINED);
        for (size_t i = 0; i < training.mined_count; i++)
            check(training.mined[i].source == 0 && training.mined[i].item == 0 && training.mined[i].end_row < ITEM_ROWS);
    }
    close_training(&training);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct train_plan plan = small_plan();
    bool checkpoint = size && data[0] % 2;
    if (!size)
        return 0;
    write_changed(whole_file(checkpoint, &plan), data + 1, size - 1);
    if (checkpoint)
        read_checkpoint(&plan);
    else
        read_weights();
    return 0;
}
