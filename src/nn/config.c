// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes of networks: presets, the framework's command-line notation, limits and derived sizes.
#include "nn/nn_internal.h"

#include <stdlib.h>
#include <string.h>

struct preset {
    const char *name;
    struct nn_config config;
};

#define FOUR_BLOCKS_OF_64 .first_filters = 32, .first_kernel = 5, .blocks = 4, .filters = {64, 64, 64, 64}
#define MIXED_KERNELS .kernel_count = {1, 2, 2, 1}, .kernels = {{5}, {7, 11}, {9, 15}, {23}}

static const struct preset presets[] = {
    {"official", {.stride = 3, FOUR_BLOCKS_OF_64, MIXED_KERNELS, .tail = 17}},
    {"seed", {.stride = 2, FOUR_BLOCKS_OF_64, MIXED_KERNELS, .tail = 37}},
    {"alexa",
     {.stride = 3, FOUR_BLOCKS_OF_64, .kernel_count = {1, 1, 1, 1}, .kernels = {{5}, {9}, {13}, {21}}, .tail = 5}},
};

int nn_preset(const char *name, struct nn_config *config, struct error *error)
{
    for (size_t i = 0; i < COUNT_OF(presets); i++) {
        if (strcmp(presets[i].name, name) == 0) {
            *config = presets[i].config;
            return 0;
        }
    }
    return error_set(error, ERROR_USAGE, "there is no network preset \"%s\"; choose official, seed or alexa", name);
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " \t");
}

// Reads "a, b, c" up to `maximum` positive numbers; returns how many, 0 on any other text. *end: first unread
// character.
static int parse_numbers(const char *text, int maximum, int *numbers, const char **end)
{
    for (int count = 0; count < maximum;) {
        char *after;
        text = skip_spaces(text);
        long value = strtol(text, &after, 10);
        if (after == text || value < 1 || value > NN_MAX_CHANNELS)
            return 0;
        numbers[count++] = (int)value;
        text = skip_spaces(after);
        *end = text;
        if (*text != ',')
            return count;
        text++;
    }
    return 0;
}

int nn_parse_shape(struct nn_config *config, const char *filters, const char *kernels, struct error *error)
{
    struct nn_config shape = *config;
    const char *end = "";
    shape.blocks = filters ? parse_numbers(filters, NN_MAX_BLOCKS, shape.filters, &end) : config->blocks;
    if (shape.blocks == 0 || *end)
        return error_set(
            error, ERROR_USAGE,
            "filters \"%s\" must be 1 to %d numbers from 1 to %d separated by commas, as in \"64,64,64,64\"", filters,
            NN_MAX_BLOCKS, NN_MAX_CHANNELS);
    if (!kernels && shape.blocks != config->blocks)
        return error_set(error, ERROR_USAGE, "filters \"%s\" are of %d blocks, but the kernels are of %d; give both",
                         filters, shape.blocks, config->blocks);
    if (!kernels) {
        *config = shape;
        return 0;
    }
    const char *text = skip_spaces(kernels);
    for (int i = 0; i < shape.blocks; i++) {
        bool last = i == shape.blocks - 1;
        shape.kernel_count[i] = *text == '[' ? parse_numbers(text + 1, NN_MAX_KERNELS, shape.kernels[i], &end) : 0;
        if (shape.kernel_count[i] == 0 || *end != ']')
            goto wrong;
        text = skip_spaces(end + 1);
        if (*text != (last ? '\0' : ','))
            goto wrong;
        if (!last)
            text = skip_spaces(text + 1);
    }
    *config = shape;
    return 0;
wrong:
    return error_set(error, ERROR_USAGE,
                     "kernels \"%s\" must be %d lists of 1 to %d kernel lengths, as in \"[5],[7,11],[9,15],[23]\"",
                     kernels, shape.blocks, NN_MAX_KERNELS);
}

static bool within(int value, int low, int high)
{
    return value >= low && value <= high;
}

int nn_tail_of_clip(const struct nn_config *config, int clip_ms)
{
    enum { ROW_MS = 10, WINDOW_MS = 30 };
    int dropped = 0;
    for (int i = 0; i < config->blocks; i++)
        dropped += nn_block_reach(config, i) - 1;
    int steps = clip_ms < WINDOW_MS ? 0 : 1 + (clip_ms - WINDOW_MS) / (config->stride * ROW_MS);
    int rows = steps + config->first_kernel - 1 + dropped * config->stride;
    return (rows - config->first_kernel) / config->stride + 1 - dropped;
}

int nn_check(const struct nn_config *config, struct error *error)
{
    if (!within(config->stride, 1, NN_MAX_STRIDE))
        return error_set(error, ERROR_USAGE, "stride %d is not from 1 to %d", config->stride, NN_MAX_STRIDE);
    if (!within(config->first_filters, 1, NN_MAX_CHANNELS))
        return error_set(error, ERROR_USAGE, "%d filters of the first convolution are not from 1 to %d",
                         config->first_filters, NN_MAX_CHANNELS);
    if (!within(config->first_kernel, config->stride, NN_MAX_REACH))
        return error_set(error, ERROR_USAGE,
                         "the first convolution's kernel of %d rows is not from %d (the stride) to %d",
                         config->first_kernel, config->stride, NN_MAX_REACH);
    if (!within(config->blocks, 1, NN_MAX_BLOCKS))
        return error_set(error, ERROR_USAGE, "%d blocks are not from 1 to %d", config->blocks, NN_MAX_BLOCKS);
    if (!within(config->tail, 1, NN_MAX_TAIL))
        return error_set(error, ERROR_USAGE, "%d steps before the dense layer are not from 1 to %d", config->tail,
                         NN_MAX_TAIL);
    for (int i = 0; i < config->blocks; i++) {
        int count = config->kernel_count[i];
        if (!within(config->filters[i], 1, NN_MAX_CHANNELS))
            return error_set(error, ERROR_USAGE, "block %d: %d filters are not from 1 to %d", i + 1, config->filters[i],
                             NN_MAX_CHANNELS);
        if (!within(count, 1, NN_MAX_KERNELS) || count > nn_block_channels(config, i))
            return error_set(error, ERROR_USAGE,
                             "block %d: %d kernels do not divide its %d channels into groups (at most %d)", i + 1,
                             count, nn_block_channels(config, i), NN_MAX_KERNELS);
        for (int g = 0; g < count; g++) {
            if (!within(config->kernels[i][g], g ? config->kernels[i][g - 1] : 1, NN_MAX_REACH))
                return error_set(error, ERROR_USAGE, "block %d: kernel lengths must ascend and be from 1 to %d", i + 1,
                                 NN_MAX_REACH);
        }
        if (nn_block_reach(config, i) < 2)
            return error_set(error, ERROR_USAGE, "block %d: the longest kernel must have 2 rows or more", i + 1);
    }
    return 0;
}

int nn_block_channels(const struct nn_config *config, int block)
{
    return block ? config->filters[block - 1] : config->first_filters;
}

int nn_block_reach(const struct nn_config *config, int block)
{
    return config->kernels[block][config->kernel_count[block] - 1];
}

int nn_group_channels(const struct nn_config *config, int block, int group)
{
    int channels = nn_block_channels(config, block), count = config->kernel_count[block];
    return channels / count + (group == 0 ? channels % count : 0);
}

int nn_first_rows(const struct nn_config *config)
{
    int rows = config->tail;
    for (int i = 0; i < config->blocks; i++)
        rows += nn_block_reach(config, i) - 1;
    return rows;
}

int nn_window_used(const struct nn_config *config)
{
    return config->first_kernel + config->stride * (nn_first_rows(config) - 1);
}

int nn_window(const struct nn_config *config)
{
    return (nn_window_used(config) + config->stride - 1) / config->stride * config->stride;
}

size_t nn_macs_per_step(const struct nn_config *config)
{
    size_t macs = (size_t)config->first_kernel * NN_FEATURES * (size_t)config->first_filters;
    for (int i = 0; i < config->blocks; i++) {
        for (int g = 0; g < config->kernel_count[i]; g++)
            macs += (size_t)config->kernels[i][g] * (size_t)nn_group_channels(config, i, g);
        macs += (size_t)nn_block_channels(config, i) * (size_t)config->filters[i];
    }
    return macs + (size_t)config->tail * (size_t)config->filters[config->blocks - 1];
}
