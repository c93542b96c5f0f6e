// SPDX-License-Identifier: GPL-3.0-or-later
// Folding: batch norm into the 1x1 convolutions, the logit's scale and shift into the dense layer.
#include "quantize/quantize_internal.h"

#include <math.h>

static const double epsilon = 1e-3; // of the batch norm

int group_channels(const struct nn_config *config, int block, int group)
{
    int channels = nn_block_channels(config, block), groups = config->kernel_count[block];
    return channels / groups + (group == 0 ? channels % groups : 0);
}

int last_channels(const struct nn_config *config)
{
    return config->filters[config->blocks - 1];
}

static int fold_block(struct network *network, const struct nn_weights *weights, int block, struct error *error)
{
    int in = nn_block_channels(&network->config, block), out = network->config.filters[block];
    float *pointwise = arena_alloc(&network->arena, (size_t)in * (size_t)out * sizeof *pointwise, 64);
    float *bias = arena_alloc(&network->arena, (size_t)out * sizeof *bias, 64);
    if (!pointwise || !bias)
        return error_memory(error, "the folded network");
    for (int o = 0; o < out; o++) {
        double gain = (double)weights->gamma[block][o] / sqrt((double)weights->variance[block][o] + epsilon);
        for (int c = 0; c < in; c++)
            pointwise[c * out + o] = (float)((double)weights->pointwise[block][c * out + o] * gain);
        bias[o] = (float)((double)weights->beta[block][o] - (double)weights->mean[block][o] * gain);
    }
    network->pointwise[block] = pointwise;
    network->bias[block] = bias;
    return 0;
}

static int fold_dense(struct network *network, const struct nn_weights *weights, const struct quantize_options *options,
                      struct error *error)
{
    int count = network->config.tail * last_channels(&network->config);
    network->dense = arena_alloc(&network->arena, (size_t)count * sizeof *network->dense, 64);
    if (!network->dense)
        return error_memory(error, "the folded network");
    for (int i = 0; i < count; i++)
        network->dense[i] = weights->dense[i] * options->logit_scale;
    network->dense_bias = *weights->dense_bias * options->logit_scale - options->logit_shift;
    return 0;
}

int network_fold(struct network *network, const struct nn_weights *weights, const struct quantize_options *options,
                 struct error *error)
{
    *network = (struct network){.config = weights->config, .first = weights->first};
    for (size_t i = 0; i < weights->count; i++)
        if (!isfinite(weights->data[i]))
            return error_set(error, ERROR_FORMAT,
                             "the trained weights hold values that are no numbers: the training diverged, "
                             "train again with a lower learning rate");
    for (int i = 0; i < network->config.blocks; i++) {
        for (int g = 0; g < network->config.kernel_count[i]; g++)
            network->depthwise[i][g] = weights->depthwise[i][g];
        TRY(fold_block(network, weights, i, error));
    }
    return fold_dense(network, weights, options, error);
}

void network_free(struct network *network)
{
    arena_free(&network->arena);
}
