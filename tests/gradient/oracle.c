// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int channels_into(const struct nn_config *config, int block)
{
    return block ? config->filters[block - 1] : config->first_filters;
}

static int longest(const struct nn_config *config, int block)
{
    return config->kernels[block][config->kernel_count[block] - 1];
}

static int rows_into(const struct nn_config *config, int block)
{
    int rows = config->tail;
    for (int i = block; i < config->blocks; i++)
        rows += longest(config, i) - 1;
    return rows;
}

int oracle_open(struct oracle *oracle, const struct nn_weights *weights, int count, const float *const *inputs, const float *labels,
                const float *sample_weights)
{
    *oracle = (struct oracle){.shape = *weights, .count = count, .inputs = inputs, .labels = labels, .sample_weights = sample_weights};
    int widest = weights->config.first_filters;
    for (int i = 0; i < weights->config.blocks; i++)
        widest = weights->config.filters[i] > widest ? weights->config.filters[i] : widest;
    size_t size = (size_t)count * (size_t)rows_into(&weights->config, 0) * (size_t)widest;
    oracle->weights = calloc(weights->count, sizeof(double));
    oracle->rows = calloc(size, sizeof(double));
    oracle->next = calloc(size, sizeof(double));
    oracle->logits = calloc((size_t)count, sizeof(double));
    if (!oracle->weights || !oracle->rows || !oracle->next || !oracle->logits)
        return -1;
    for (int i = 0; i < weights->config.blocks; i++) {
        oracle->mean[i] = calloc((size_t)weights->config.filters[i], sizeof(double));
        oracle->variance[i] = calloc((size_t)weights->config.filters[i], sizeof(double));
        if (!oracle->mean[i] || !oracle->variance[i])
            return -1;
    }
    for (size_t i = 0; i < weights->count; i++)
        oracle->weights[i] = (double)weights->data[i];
    return 0;
}

void oracle_close(struct oracle *oracle)
{
    free(oracle->weights);
    free(oracle->rows);
    free(oracle->next);
    free(oracle->logits);
    for (int i = 0; i < NN_MAX_BLOCKS; i++) {
        free(oracle->mean[i]);
        free(oracle->variance[i]);
    }
}

static const double *tensor(const struct oracle *oracle, const float *place)
{
    return oracle->weights + (place - oracle->shape.data);
}

static void first_convolution(struct oracle *oracle)
{
    const struct nn_config *config = &oracle->shape.config;
    const double *w = tensor(oracle, oracle->shape.first);
    int rows = rows_into(config, 0), filters = config->first_filters;
    for (int n = 0; n < oracle->count; n++) {
        for (int t = 0; t < rows; t++) {
            for (int o = 0; o < filters; o++) {
                double sum = 0;
                for (int k = 0; k < config->first_kernel; k++) {
                    for (int f = 0; f < NN_FEATURES; f++)
                        sum += w[(k * NN_FEATURES + f) * filters + o] * (double)oracle->inputs[n][(config->stride * t + k) * NN_FEATURES + f];
                }
                oracle->rows[(n * rows + t) * filters + o] = fmax(0, sum);
            }
        }
    }
}

// Depthwise (each group aligned at the end) and 1x1 of one position.
static void position(const struct oracle *oracle, int block, const double *in, double *out)
{
    const struct nn_config *config = &oracle->shape.config;
    int channels = channels_into(config, block), groups = config->kernel_count[block], filters = config->filters[block];
    const double *pointwise = tensor(oracle, oracle->shape.pointwise[block]);
    memset(out, 0, (size_t)filters * sizeof *out);
    for (int c = 0; c < channels; c++) {
        int size = channels / groups, rest = channels % groups;
        int group = c < size + rest ? 0 : (c - rest) / size;
        int inside = group == 0 ? c : (c - rest) % size, width = group == 0 ? size + rest : size;
        int length = config->kernels[block][group], lead = longest(config, block) - length;
        const double *w = tensor(oracle, oracle->shape.depthwise[block][group]);
        double z = 0;
        for (int i = 0; i < length; i++)
            z += w[i * width + inside] * in[(lead + i) * channels + c];
        for (int o = 0; o < filters; o++)
            out[o] += pointwise[c * filters + o] * z;
    }
}

static void batch_statistics(struct oracle *oracle, int block, int positions)
{
    int filters = oracle->shape.config.filters[block];
    for (int o = 0; o < filters; o++) {
        double mean = 0, variance = 0;
        for (int p = 0; p < positions; p++)
            mean += oracle->next[p * filters + o] / positions;
        for (int p = 0; p < positions; p++)
            variance += pow(oracle->next[p * filters + o] - mean, 2) / positions;
        oracle->mean[block][o] = mean;
        oracle->variance[block][o] = variance;
    }
}

static void norm_and_relu(struct oracle *oracle, int block, int positions, const double *mean, const double *variance)
{
    int filters = oracle->shape.config.filters[block];
    const double *gamma = tensor(oracle, oracle->shape.gamma[block]), *beta = tensor(oracle, oracle->shape.beta[block]);
    for (int o = 0; o < filters; o++) {
        for (int p = 0; p < positions; p++) {
            double r = gamma[o] * (oracle->next[p * filters + o] - mean[o]) / sqrt(variance[o] + 1e-3) + beta[o];
            oracle->rows[p * filters + o] = fmax(0, r);
        }
    }
}

static void forward(struct oracle *oracle, bool training)
{
    const struct nn_config *config = &oracle->shape.config;
    first_convolution(oracle);
    for (int block = 0; block < config->blocks; block++) {
        int channels = channels_into(config, block), filters = config->filters[block];
        int before = rows_into(config, block), after = rows_into(config, block + 1);
        for (int n = 0; n < oracle->count; n++) {
            for (int t = 0; t < after; t++)
                position(oracle, block, oracle->rows + (n * before + t) * channels, oracle->next + (n * after + t) * filters);
        }
        int positions = oracle->count * after;
        if (training) {
            batch_statistics(oracle, block, positions);
            norm_and_relu(oracle, block, positions, oracle->mean[block], oracle->variance[block]);
        } else {
            norm_and_relu(oracle, block, positions, tensor(oracle, oracle->shape.mean[block]), tensor(oracle, oracle->shape.variance[block]));
        }
    }
    int flat = config->tail * config->filters[config->blocks - 1];
    for (int n = 0; n < oracle->count; n++) {
        oracle->logits[n] = *tensor(oracle, oracle->shape.dense_bias);
        for (int i = 0; i < flat; i++)
            oracle->logits[n] += tensor(oracle, oracle->shape.dense)[i] * oracle->rows[n * flat + i];
    }
}

double oracle_loss(struct oracle *oracle)
{
    forward(oracle, true);
    double loss = 0;
    for (int n = 0; n < oracle->count; n++) {
        double l = oracle->logits[n], y = (double)oracle->labels[n];
        loss += (double)oracle->sample_weights[n] * (fmax(l, 0) - l * y + log1p(exp(-fabs(l)))) / oracle->count;
    }
    return loss;
}

void oracle_infer(struct oracle *oracle)
{
    forward(oracle, false);
}

static void stream_first(const struct oracle *oracle, const float *rows, int steps, double *out)
{
    const struct nn_config *config = &oracle->shape.config;
    const double *w = tensor(oracle, oracle->shape.first);
    int filters = config->first_filters;
    for (int t = 0; t < steps; t++) {
        for (int o = 0; o < filters; o++) {
            double sum = 0;
            for (int k = 0; k < config->first_kernel; k++) {
                int row = config->stride * (t + 1) - config->first_kernel + k;
                for (int f = 0; f < NN_FEATURES && row >= 0; f++)
                    sum += w[(k * NN_FEATURES + f) * filters + o] * (double)rows[row * NN_FEATURES + f];
            }
            out[t * filters + o] = fmax(0, sum);
        }
    }
}

int oracle_stream(struct oracle *oracle, const float *rows, int steps, double *logits)
{
    enum { WIDEST = 128, STATE = 128 };
    const struct nn_config *config = &oracle->shape.config;
    // in: STATE rows of zeros, then the stage's input; out likewise.
    double *in = calloc((size_t)(STATE + steps) * WIDEST, sizeof *in), *out = calloc((size_t)(STATE + steps) * WIDEST, sizeof *out);
    if (!in || !out) {
        free(in);
        free(out);
        return -1;
    }
    stream_first(oracle, rows, steps, in + STATE * config->first_filters);
    int channels = config->first_filters;
    for (int block = 0; block < config->blocks; block++) {
        int filters = config->filters[block];
        memset(out, 0, STATE * (size_t)filters * sizeof *out);
        for (int t = 0; t < steps; t++) {
            double *v = out + (STATE + t) * filters;
            position(oracle, block, in + (STATE + t - (longest(config, block) - 1)) * channels, v);
            for (int o = 0; o < filters; o++) {
                double mean = tensor(oracle, oracle->shape.mean[block])[o], variance = tensor(oracle, oracle->shape.variance[block])[o];
                double gamma = tensor(oracle, oracle->shape.gamma[block])[o], beta = tensor(oracle, oracle->shape.beta[block])[o];
                v[o] = fmax(0, gamma * (v[o] - mean) / sqrt(variance + 1e-3) + beta);
            }
        }
        double *swap = in;
        in = out;
        out = swap;
        channels = filters;
    }
    for (int t = 0; t < steps; t++) {
        logits[t] = *tensor(oracle, oracle->shape.dense_bias);
        for (int i = 0; i < config->tail * channels; i++)
            logits[t] += tensor(oracle, oracle->shape.dense)[i] * in[(STATE + t - (config->tail - 1)) * channels + i];
    }
    free(in);
    free(out);
    return 0;
}
