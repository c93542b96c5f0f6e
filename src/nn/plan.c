// SPDX-License-Identifier: GPL-3.0-or-later
// The padded layout: every row of channels begins on a cache line and ends in zeros. The zeros stay zero in
// forward and backward (their weights are zero), so the kernels never handle a rest of channels.
#include "nn/nn_internal.h"

#include <string.h>

int nn_pad(int channels)
{
    return (channels + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK;
}

static void add_tile(struct nn_plan *plan, size_t flat, size_t packed, int rows, int columns, int stride)
{
    plan->tiles[plan->tile_count++] = (struct nn_tile){flat, packed, rows, columns, stride};
}

// Groups of a MixConv become one kernel [reach][wide]: a group with a shorter kernel fills the last rows, the rest is
// 0.
static void plan_depthwise(struct nn_plan *plan, const struct nn_weights *weights, int block)
{
    const struct nn_config *config = &plan->config;
    int reach = plan->reach[block], wide = plan->wide[block];
    int longest[MAX_LANE_BLOCKS] = {0};
    for (int g = 0, channel = 0; g < config->kernel_count[block]; g++) {
        int rows = config->kernels[block][g], channels = nn_group_channels(config, block, g);
        size_t packed = plan->depthwise[block] + (size_t)((reach - rows) * wide + channel);
        add_tile(plan, (size_t)(weights->depthwise[block][g] - weights->data), packed, rows, channels, wide);
        for (int lanes = channel / LANE_BLOCK; lanes <= (channel + channels - 1) / LANE_BLOCK; lanes++)
            longest[lanes] = rows; // groups ascend, so the last one to touch these lanes is the longest
        channel += channels;
    }
    for (int lanes = 0; lanes < wide / LANE_BLOCK; lanes++) {
        plan->taps[block].first[lanes] = reach - longest[lanes];
        plan->taps[block].count[lanes] = plan->reversed[block].count[lanes] = longest[lanes];
    }
}

void nn_plan_make(struct nn_plan *plan, const struct nn_weights *weights)
{
    *plan = (struct nn_plan){.config = weights->config};
    const struct nn_config *config = &plan->config;
    plan->window = nn_window(config);
    plan->rows[0] = nn_first_rows(config);
    plan->wide[0] = nn_pad(config->first_filters);
    plan->size = (size_t)config->first_kernel * NN_FEATURES * (size_t)plan->wide[0];
    add_tile(plan, 0, 0, config->first_kernel * NN_FEATURES, config->first_filters, plan->wide[0]);
    for (int i = 0; i < config->blocks; i++) {
        plan->reach[i] = nn_block_reach(config, i);
        plan->rows[i + 1] = plan->rows[i] - (plan->reach[i] - 1);
        plan->wide[i + 1] = nn_pad(config->filters[i]);
        plan->depthwise[i] = plan->size;
        plan->size += (size_t)(plan->reach[i] * plan->wide[i]);
        plan_depthwise(plan, weights, i);
        plan->pointwise[i] = plan->size;
        plan->size += (size_t)(plan->wide[i] * plan->wide[i + 1]);
        add_tile(plan, (size_t)(weights->pointwise[i] - weights->data), plan->pointwise[i],
                 nn_block_channels(config, i), config->filters[i], plan->wide[i + 1]);
    }
    plan->dense = plan->size;
    plan->size += (size_t)(config->tail * plan->wide[config->blocks]);
    add_tile(plan, (size_t)(weights->dense - weights->data), plan->dense, config->tail,
             config->filters[config->blocks - 1], plan->wide[config->blocks]);
}

void nn_pack(const struct nn_plan *plan, const struct nn_weights *weights, float *packed)
{
    for (const struct nn_tile *tile = plan->tiles; tile < plan->tiles + plan->tile_count; tile++) {
        for (size_t row = 0; row < (size_t)tile->rows; row++)
            memcpy(packed + tile->packed + row * (size_t)tile->stride,
                   weights->data + tile->flat + row * (size_t)tile->columns, (size_t)tile->columns * sizeof *packed);
    }
}
