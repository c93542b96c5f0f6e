// SPDX-License-Identifier: GPL-3.0-or-later
// Scales, zero points and int8 weights. The limits keep every product of the device's arithmetic inside 32 bits:
// a requantisation multiplier below 1, biases below 2^30, and their sum with all weights below 2^31.
#include "quantize/quantize_internal.h"

#include <math.h>
#include <stdlib.h>

static const double most_bias = 1 << 30;
static const float weakest_channel = 1e-6f; // of the strongest: a channel below it is silent
// The logit's range: sigmoid gives the bytes 0 and 255 at its ends, and a step in the middle is 1.8 % of p.
static const float lowest_logit = -10, highest_logit = 8;

// Ranges hold real 0 exactly (it fills the states), and are never empty.
static struct quant quant_of(float low, float high)
{
    low = fminf(low, 0);
    high = fmaxf(high, 0);
    if (!(high > low))
        high = low + 1;
    float scale = (high - low) / 255;
    long zero = lround(-128 - (double)low / (double)scale);
    return (struct quant){scale, (int)(zero < -128 ? -128 : zero > 127 ? 127 : zero)};
}

// Widens an output's range, both ends alike, until the layer's largest multiplier, input * weight / output, is below 1.
static void widen(struct quant *quant, float input_scale, const struct layer *layer)
{
    for (int c = 0; c < layer->out; c++)
        quant->scale = fmaxf(quant->scale, input_scale * layer->scales[c] * 1.001f);
}

static int layer_alloc(struct integer_network *integers, struct layer *layer, int in, int out, struct error *error)
{
    size_t count = (size_t)out;
    layer->in = in;
    layer->out = out;
    layer->weights = arena_alloc(&integers->arena, (size_t)in * count, 64);
    layer->biases = arena_alloc(&integers->arena, count * sizeof *layer->biases, 64);
    layer->scales = arena_alloc(&integers->arena, count * sizeof *layer->scales, 64);
    layer->bias_scales = arena_alloc(&integers->arena, count * sizeof *layer->bias_scales, 64);
    bool lacking = !layer->weights || !layer->biases || !layer->scales || !layer->bias_scales;
    return lacking ? error_memory(error, "int8 weights") : 0;
}

// Largest |weight| / 127 of a channel; more where the bias would not fit, or where a channel is silent.
static void choose_scales(struct layer *layer, const float *weights, const float *biases, float input_scale)
{
    float strongest = 0;
    for (int o = 0; o < layer->out; o++) {
        float most = 0;
        for (int i = 0; i < layer->in; i++)
            most = fmaxf(most, fabsf(weights[i * layer->out + o]));
        layer->scales[o] = most / 127;
        strongest = fmaxf(strongest, layer->scales[o]);
    }
    if (strongest == 0)
        strongest = 1.0f / 127;
    for (int o = 0; o < layer->out; o++) {
        float bias_needs = biases ? (float)(fabs((double)biases[o]) / (double)input_scale / most_bias * 1.01) : 0;
        layer->scales[o] = fmaxf(fmaxf(layer->scales[o], strongest * weakest_channel), bias_needs);
    }
}

// `weights` [in][out] of the network; `biases` [out] or NULL for zeros. In the file depthwise weights keep that
// order (`channel_last`), the others are [out][in].
static int layer_make(struct integer_network *integers, struct layer *layer, int in, int out, const float *weights,
                      const float *biases, float input_scale, bool channel_last, struct error *error)
{
    TRY(layer_alloc(integers, layer, in, out, error));
    choose_scales(layer, weights, biases, input_scale);
    for (int o = 0; o < out; o++) {
        int64_t reach = 0; // largest |sum| that the inputs can make
        for (int i = 0; i < in; i++) {
            long q = lroundf(weights[i * out + o] / layer->scales[o]);
            q = q < -127 ? -127 : q > 127 ? 127 : q;
            layer->weights[channel_last ? i * out + o : o * in + i] = (int8_t)q;
            reach += labs(q) * 255;
        }
        layer->bias_scales[o] = input_scale * layer->scales[o];
        double bias = biases ? round((double)biases[o] / (double)layer->bias_scales[o]) : 0;
        if (!(fabs(bias) <= most_bias) || reach + (int64_t)fabs(bias) > INT32_MAX)
            return error_set(error, ERROR_FORMAT,
                             "the network's weights do not fit the device's 32-bit sums: train a smaller network, "
                             "or again with a lower learning rate");
        layer->biases[o] = (int32_t)bias;
    }
    return 0;
}

// An activation's scale from its spread; `keep` of the values stay inside.
static struct quant calibrated(const struct spreads *spreads, int activation, double keep, bool both)
{
    float low, high;
    spread_range(spreads, activation, keep, both, &low, &high);
    return quant_of(both ? low : 0, high);
}

// All groups of a MixConv share one output scale: their concatenation copies bytes.
static int make_block(struct integer_network *integers, const struct network *network, const struct spreads *spreads,
                      int block, double percentile, struct quant input, struct error *error)
{
    const struct nn_config *config = &network->config;
    struct quant *middle = &integers->activations[depthwise_output(block)],
                 *output = &integers->activations[block_output(block)];
    *middle = calibrated(spreads, depthwise_output(block), percentile, true);
    for (int g = 0; g < config->kernel_count[block]; g++) {
        struct layer *layer = &integers->depthwise[block][g];
        TRY(layer_make(integers, layer, config->kernels[block][g], group_channels(config, block, g),
                       network->depthwise[block][g], NULL, input.scale, true, error));
        widen(middle, input.scale, layer);
    }
    TRY(layer_make(integers, &integers->pointwise[block], nn_block_channels(config, block), config->filters[block],
                   network->pointwise[block], network->bias[block], middle->scale, false, error));
    *output = calibrated(spreads, block_output(block), 1, false);
    widen(output, middle->scale, &integers->pointwise[block]);
    return 0;
}

static void report_saturation(const struct integer_network *integers, const struct nn_config *config,
                              const struct spreads *spreads, struct quantize_report *report)
{
    for (int i = 0; i <= logit_output(config); i++) {
        const struct quant *quant = &integers->activations[i];
        report->saturated[i] = spread_outside(spreads, i, ((float)(-128 - quant->zero_point) - .5f) * quant->scale,
                                              ((float)(127 - quant->zero_point) + .5f) * quant->scale);
    }
}

int integer_network_make(struct integer_network *integers, const struct network *network, const struct spreads *spreads,
                         double percentile, struct quantize_report *report, struct error *error)
{
    const struct nn_config *config = &network->config;
    *integers = (struct integer_network){
        .input = {26.0f / 255.0f, -128}, .logistic = {1.0f / 256, -128}, .output = {1.0f / 256, 0}};
    struct quant *first = &integers->activations[FIRST_OUTPUT], *logit = &integers->activations[logit_output(config)];
    TRY(layer_make(integers, &integers->first, config->first_kernel * NN_FEATURES, config->first_filters,
                   network->first, NULL, integers->input.scale, false, error));
    *first = calibrated(spreads, FIRST_OUTPUT, percentile, false);
    widen(first, integers->input.scale, &integers->first);

    struct quant input = *first;
    for (int i = 0; i < config->blocks; i++) {
        TRY(make_block(integers, network, spreads, i, percentile, input, error));
        input = integers->activations[block_output(i)];
    }
    TRY(layer_make(integers, &integers->dense, config->tail * last_channels(config), 1, network->dense,
                   &network->dense_bias, input.scale, false, error));
    *logit = quant_of(lowest_logit, highest_logit);
    widen(logit, input.scale, &integers->dense);
    report_saturation(integers, config, spreads, report);
    return 0;
}

void integer_network_free(struct integer_network *integers)
{
    arena_free(&integers->arena);
}
