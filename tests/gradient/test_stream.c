// SPDX-License-Identifier: GPL-3.0-or-later
// Streamed inference against the double-precision oracle: from the first step (zero states), and against windows once
// the states are full.
#include "nn/nn.h"
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { STEPS = 300, WINDOWS = 6 };

static void fill_statistics(struct nn_weights *weights, struct rng *rng)
{
    for (int i = 0; i < weights->config.blocks; i++) {
        for (int c = 0; c < weights->config.filters[i]; c++) {
            weights->gamma[i][c] = (float)rng_range(rng, 0.5, 1.5);
            weights->beta[i][c] = (float)rng_range(rng, -0.5, 0.5);
            weights->mean[i][c] = (float)rng_range(rng, -1, 1);
            weights->variance[i][c] = (float)rng_range(rng, 0.3, 6);
        }
    }
    *weights->dense_bias = -0.7f;
}

static void assert_close(double got, double expected)
{
    if (fabs(got - expected) > 2e-5 * (1 + fabs(expected)))
        fail_msg("logit %.8g, expected %.8g", got, expected);
}

static void check_stream(const struct nn_config *config, enum cpu_level level)
{
    struct error error;
    struct nn_weights weights;
    struct nn_stream *stream;
    struct nn_stream_scratch *scratch;
    struct rng rng = rng_make(17, 0);
    assert_int_equal(nn_weights_open(&weights, config, &error), 0);
    nn_weights_init(&weights, &rng);
    fill_statistics(&weights, &rng);
    int rows = STEPS * config->stride;
    uint16_t *track = calloc((size_t)rows * NN_FEATURES, sizeof *track);
    float *features = calloc((size_t)rows * NN_FEATURES, sizeof *features), logits[STEPS];
    for (int i = 0; i < rows * NN_FEATURES; i++) {
        track[i] = (uint16_t)rng_below(&rng, i % 41 ? 670 : 65536);
        int q = (track[i] * 256 + 333) / 666 - 128; // the device's formula
        features[i] = (float)((q > 127 ? 127 : q) + 128) * 26 / 255;
    }
    assert_int_equal(nn_stream_open(&stream, &weights, level, &error), 0);
    assert_int_equal(nn_stream_scratch_open(&scratch, stream, &error), 0);
    nn_stream_run(stream, scratch, track, (size_t)rows, logits);

    // Step j ends with row stride*(j+1) - 1; a window of which `span` rows are used ends there.
    struct oracle oracle;
    const float *inputs[WINDOWS];
    float labels[WINDOWS] = {0}, ones[WINDOWS] = {0};
    int window = nn_window(config), span = window - (window - config->first_kernel) % config->stride, ends[WINDOWS];
    for (int n = 0; n < WINDOWS; n++) {
        ends[n] = window / config->stride + n * 29;
        inputs[n] = features + (config->stride * (ends[n] + 1) - span) * NN_FEATURES;
    }
    double expected[STEPS];
    assert_int_equal(oracle_open(&oracle, &weights, WINDOWS, inputs, labels, ones), 0);
    assert_int_equal(oracle_stream(&oracle, features, STEPS, expected), 0);
    for (int j = 0; j < STEPS; j++)
        assert_close((double)logits[j], expected[j]);
    oracle_infer(&oracle);
    for (int n = 0; n < WINDOWS; n++)
        assert_close((double)logits[ends[n]], oracle.logits[n]);
    oracle_close(&oracle);
    nn_stream_scratch_close(scratch);
    nn_stream_close(stream);
    nn_weights_close(&weights);
    free(track);
    free(features);
}

static void streams_equal_the_oracle(void **state)
{
    (void)state;
    struct error error;
    struct nn_config configs[4] = {
        [3] = {.stride = 1, .first_filters = 30, .first_kernel = 3, .blocks = 2, .filters = {60, 48}, .kernel_count = {3, 2},
               .kernels = {{2, 5, 9}, {4, 21}}, .tail = 1}};
    static const char *const names[] = {"official", "seed", "alexa"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(nn_preset(names[i], &configs[i], &error), 0);
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        for (size_t i = 0; i < COUNT_OF(configs); i++)
            check_stream(&configs[i], (enum cpu_level)level);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(streams_equal_the_oracle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
