// SPDX-License-Identifier: GPL-3.0-or-later
// Every gradient of small networks against central differences of the double-precision oracle.
#include "nn/nn.h"
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { EXAMPLES = 5, SEED = 11 };

struct problem {
    struct nn *nn;
    const float *inputs[EXAMPLES];
    float labels[EXAMPLES], weights[EXAMPLES], logits[EXAMPLES];
};

// Random weights everywhere (also gamma, beta, bias), features as large as the front end's.
static void make(struct problem *problem, const struct nn_config *config, enum cpu_level level, uint64_t seed)
{
    struct error error;
    struct rng rng = rng_make(seed, 0);
    assert_int_equal(nn_open(&problem->nn, config, EXAMPLES, NULL, level, &error), 0);
    struct nn_weights *weights = nn_weights_of(problem->nn);
    nn_weights_init(weights, &rng);
    for (int i = 0; i < config->blocks; i++) {
        for (int c = 0; c < config->filters[i]; c++) {
            weights->gamma[i][c] = (float)rng_range(&rng, 0.5, 1.5);
            weights->beta[i][c] = (float)rng_range(&rng, -0.3, 0.7);
        }
    }
    *weights->dense_bias = 0.3f;
    for (int n = 0; n < EXAMPLES; n++) {
        float *input = nn_input(problem->nn, n);
        for (int i = 0; i < nn_window(config) * NN_FEATURES; i++)
            input[i] = (float)rng_range(&rng, 0, 26);
        problem->inputs[n] = input;
        problem->labels[n] = (float)(n % 3 == 0);
        problem->weights[n] = (float)rng_range(&rng, 0.5, 3);
    }
}

static double difference(struct oracle *oracle, size_t parameter)
{
    double h = 1e-6, *w = &oracle->weights[parameter], kept = *w;
    *w = kept + h;
    double above = oracle_loss(oracle);
    *w = kept - h;
    double below = oracle_loss(oracle);
    *w = kept;
    return (above - below) / (2 * h);
}

// Differences of all parameters, for the first convolution (most of them) of every 23rd; NAN elsewhere.
static double *differences(struct oracle *oracle)
{
    const struct nn_weights *weights = &oracle->shape;
    size_t first = (size_t)(weights->depthwise[0][0] - weights->data);
    double *values = calloc(weights->trainable, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < weights->trainable; i++)
        values[i] = i < first && i % 23 ? (double)NAN : difference(oracle, i);
    return values;
}

static void check_forward(const struct nn_weights *weights, const struct oracle *oracle, const float *logits)
{
    const struct nn_config *config = &weights->config;
    for (int n = 0; n < EXAMPLES; n++)
        assert_true(fabs((double)logits[n] - oracle->logits[n]) < 1e-5 * (1 + fabs(oracle->logits[n])));
    for (int i = 0; i < config->blocks; i++) {
        for (int c = 0; c < config->filters[i]; c++) {
            double mean = oracle->mean[i][c], variance = oracle->variance[i][c];
            assert_true(fabs((double)weights->mean[i][c] - 0.01 * mean) < 1e-6 * (1 + fabs(mean)));
            assert_true(fabs((double)weights->variance[i][c] - 0.99 - 0.01 * variance) < 1e-6 * (1 + variance));
        }
    }
}

static void check_level(const struct nn_config *config, enum cpu_level level, struct oracle *oracle, double loss, const double *expected)
{
    struct problem problem;
    make(&problem, config, level, SEED);
    struct nn_weights *weights = nn_weights_of(problem.nn);
    double got = (double)nn_step(problem.nn, EXAMPLES, problem.labels, problem.weights, problem.logits);
    assert_true(fabs(got - loss) < 2e-6 * (1 + loss));
    check_forward(weights, oracle, problem.logits);
    double largest = 0, worst = 0;
    for (size_t i = 0; i < weights->trainable; i++)
        largest = isnan(expected[i]) ? largest : fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < weights->trainable; i++) {
        // Floats: some digits of the value, and noise of sums whose parts are as large as the largest gradient.
        if (!isnan(expected[i]))
            worst = fmax(worst, fabs((double)nn_gradients(problem.nn)[i] - expected[i]) / (1e-4 * fabs(expected[i]) + 3e-6 * largest));
    }
    print_message("%s: gradients up to %.3g, worst error %.2g of the tolerance\n", cpu_level_name(level), largest, worst);
    assert_true(largest > 0.1);
    assert_true(worst < 1);
    nn_close(problem.nn);
}

static void check_config(const struct nn_config *config)
{
    struct problem problem;
    struct oracle oracle;
    make(&problem, config, CPU_PLAIN, SEED);
    assert_int_equal(oracle_open(&oracle, nn_weights_of(problem.nn), EXAMPLES, problem.inputs, problem.labels, problem.weights), 0);
    double *expected = differences(&oracle), loss = oracle_loss(&oracle);
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++)
        check_level(config, (enum cpu_level)level, &oracle, loss, expected);
    free(expected);
    oracle_close(&oracle);
    nn_close(problem.nn);
}

// One and several kernels per block, channels that fill no vector, rest channels in group 0, strides, one-row tails.
static const struct nn_config configs[] = {
    {.stride = 1, .first_filters = 4, .first_kernel = 3, .blocks = 1, .filters = {5}, .kernel_count = {1}, .kernels = {{2}}, .tail = 1},
    {.stride = 3, .first_filters = 6, .first_kernel = 5, .blocks = 2, .filters = {7, 8}, .kernel_count = {1, 2},
     .kernels = {{3}, {2, 4}}, .tail = 3},
    {.stride = 2, .first_filters = 18, .first_kernel = 2, .blocks = 2, .filters = {20, 17}, .kernel_count = {4, 3},
     .kernels = {{1, 2, 3, 5}, {3, 3, 4}}, .tail = 2},
    {.stride = 2, .first_filters = 33, .first_kernel = 5, .blocks = 3, .filters = {34, 16, 3}, .kernel_count = {1, 2, 1},
     .kernels = {{5}, {7, 13}, {17}}, .tail = 4},
};

static void gradients_equal_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(configs); i++)
        check_config(&configs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_equal_differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
