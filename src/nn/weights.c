// SPDX-License-Identifier: GPL-3.0-or-later
// One flat array of weights: what is trained first, then the moving statistics of the batch norms.
#include "nn/nn_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Walks over all tensors in the order of the array and sets the pointers (meaningless while `data` is NULL); counts the
// floats.
static void lay_out(struct nn_weights *weights, float *data)
{
    const struct nn_config *config = &weights->config;
    size_t at = 0;
#define TENSOR(pointer, size)                                                                                          \
    do {                                                                                                               \
        (pointer) = data ? data + at : NULL;                                                                           \
        at += (size_t)(size);                                                                                          \
    } while (0)
    TENSOR(weights->first, config->first_kernel * NN_FEATURES * config->first_filters);
    for (int i = 0; i < config->blocks; i++) {
        for (int g = 0; g < config->kernel_count[i]; g++)
            TENSOR(weights->depthwise[i][g], config->kernels[i][g] * nn_group_channels(config, i, g));
        TENSOR(weights->pointwise[i], nn_block_channels(config, i) * config->filters[i]);
        TENSOR(weights->gamma[i], config->filters[i]);
        TENSOR(weights->beta[i], config->filters[i]);
    }
    TENSOR(weights->dense, config->tail * config->filters[config->blocks - 1]);
    TENSOR(weights->dense_bias, 1);
    weights->trainable = at;
    for (int i = 0; i < config->blocks; i++) {
        TENSOR(weights->mean[i], config->filters[i]);
        TENSOR(weights->variance[i], config->filters[i]);
    }
#undef TENSOR
    weights->count = at;
    weights->data = data;
}

int nn_weights_open(struct nn_weights *weights, const struct nn_config *config, struct error *error)
{
    *weights = (struct nn_weights){0};
    TRY(nn_check(config, error));
    weights->config = *config;
    lay_out(weights, NULL);
    float *data = array_alloc(weights->count, sizeof *data);
    if (!data)
        return error_memory(error, "the weights of a network");
    lay_out(weights, data);
    return 0;
}

int nn_weights_copy(struct nn_weights *copy, const struct nn_weights *weights, struct error *error)
{
    TRY(nn_weights_open(copy, &weights->config, error));
    memcpy(copy->data, weights->data, weights->count * sizeof *copy->data);
    return 0;
}

void nn_weights_close(struct nn_weights *weights)
{
    if (!weights)
        return;
    free(weights->data);
    *weights = (struct nn_weights){0};
}

// Glorot and Bengio 2010: U(-l, l), l = sqrt(6 / (fan_in + fan_out)).
static void glorot(float *kernel, int count, int fan_in, int fan_out, struct rng *rng)
{
    double limit = sqrt(6.0 / (fan_in + fan_out));
    for (int i = 0; i < count; i++)
        kernel[i] = (float)rng_range(rng, -limit, limit);
}

static void fill(float *data, int count, float value)
{
    for (int i = 0; i < count; i++)
        data[i] = value;
}

void nn_weights_init(struct nn_weights *weights, struct rng *rng)
{
    const struct nn_config *config = &weights->config;
    memset(weights->data, 0, weights->count * sizeof *weights->data);
    int rows = config->first_kernel;
    glorot(weights->first, rows * NN_FEATURES * config->first_filters, rows * NN_FEATURES, rows * config->first_filters,
           rng);
    for (int i = 0; i < config->blocks; i++) {
        int in = nn_block_channels(config, i), out = config->filters[i];
        for (int g = 0; g < config->kernel_count[i]; g++) {
            int reach = config->kernels[i][g], channels = nn_group_channels(config, i, g);
            glorot(weights->depthwise[i][g], reach * channels, reach * channels, reach, rng);
        }
        glorot(weights->pointwise[i], in * out, in, out, rng);
        fill(weights->gamma[i], out, 1);
        fill(weights->variance[i], out, 1);
    }
    int flat = config->tail * config->filters[config->blocks - 1];
    glorot(weights->dense, flat, flat, 1, rng);
}
