// SPDX-License-Identifier: GPL-3.0-or-later
// Fast convolutions against plain ones, whole outputs of random shapes; shared memory against separate memory.
#include "tflite/tflite_internal.h"
#include "tflite/tflite_kernels.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../unit/tiny_models.h"

enum { INPUT = 1 << 15, OUTPUT = 1 << 12, WEIGHTS = 1 << 17, CHANNELS = 160, GUARD = 0x5a };

struct case_data {
    int8_t input[INPUT + 64], weights[WEIGHTS], output[OUTPUT];
    int32_t bias[CHANNELS], multipliers[CHANNELS], exponents[CHANNELS];
    struct conv conv;
    bool depthwise;
};

static int between(struct rng *rng, int low, int high)
{
    return low + (int)rng_below(rng, (uint32_t)(high - low + 1));
}

// A window over one column, a window over whole rows, or pixel by pixel; sometimes foreign channels between pixels.
static void random_conv(struct rng *rng, struct case_data *data)
{
    struct conv *conv = &data->conv;
    int kind = between(rng, 0, 2);
    data->depthwise = kind == 0;
    *conv = (struct conv){
        .batches = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1, .depth_multiplier = 1};
    conv->in_c = between(rng, 1, 96);
    conv->in_h = between(rng, 1, 25);
    conv->in_w = kind == 1 ? between(rng, 1, 3) : 1;
    conv->k_h = kind == 2 ? 1 : between(rng, 1, conv->in_h);
    conv->k_w = kind == 1 ? conv->in_w : 1;
    conv->out_h = kind == 2 ? conv->in_h : 1;
    conv->out_w = 1;
    conv->stride_h = kind == 2 ? 1 : between(rng, 1, 3);
    conv->out_c = data->depthwise ? conv->in_c : between(rng, 1, 100);
    conv->pitch = conv->in_c + (kind == 1 ? 0 : between(rng, 0, 1) * between(rng, 0, 40));
    conv->in_zero = between(rng, -128, 127);
    conv->out_zero = between(rng, -128, 127);
    conv->low = between(rng, 0, 1) ? conv->out_zero : -128;
    conv->high = 127;
    int inputs = conv->k_h * conv->k_w * (data->depthwise ? 1 : conv->in_c);
    while (inputs * conv->out_c > WEIGHTS) {
        conv->out_c = (conv->out_c + 1) / 2;
    }
    for (int i = 0; i < INPUT; i++)
        data->input[i] = (int8_t)rng_next(rng);
    for (int i = 0; i < WEIGHTS; i++)
        data->weights[i] = (int8_t)between(rng, -128, 127);
    for (int c = 0; c < CHANNELS; c++) {
        int exponent;
        data->bias[c] = between(rng, -200000, 200000);
        requant_multiplier(rng_log_range(rng, 1e-5, .4), &data->multipliers[c], &exponent);
        data->exponents[c] = exponent;
    }
    conv->input = data->input;
    conv->weights = data->weights;
    conv->output = data->output;
    conv->bias = data->bias;
    conv->multipliers = data->multipliers;
    conv->exponents = data->exponents;
}

// Runs the node that `level` chooses; true when it is a fast one.
static bool run_level(struct case_data *data, enum cpu_level level, int8_t output[OUTPUT])
{
    struct arena arena = {0};
    struct error error;
    struct node node;
    struct plan plan = {.arena = &arena, .error = &error, .level = level, .nodes = &node, .node_capacity = 1};
    memset(data->output, GUARD, OUTPUT);
    assert_int_equal(bind_kernel(&plan, &data->conv, data->depthwise), 0);
    node.run(node.params);
    memcpy(output, data->output, OUTPUT);
    arena_free(&arena);
    return node.run != run_conv && node.run != run_depthwise;
}

static void fast_convolutions_equal_plain_ones(void **state)
{
    (void)state;
    struct case_data *data = array_alloc(1, sizeof *data);
    static int8_t expected[OUTPUT], output[OUTPUT];
    for (int level = CPU_AVX2; level <= (int)cpu_level(); level++) {
        struct rng rng = rng_make(1, (uint64_t)level);
        int fast = 0, cases = 400;
        for (int i = 0; i < cases; i++) {
            random_conv(&rng, data);
            run_level(data, CPU_PLAIN, expected);
            fast += run_level(data, (enum cpu_level)level, output);
            if (memcmp(expected, output, OUTPUT) != 0)
                fail_msg("%s differs: case %d", cpu_level_name((enum cpu_level)level), i);
        }
        assert_true(fast > cases * 9 / 10);
    }
    free(data);
}

static void shared_memory_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct tflite_model *model =
            seed % 4 == 3 ? tiny_rare(seed) : tiny_streaming(seed, 7 + (int)(seed * 3), seed % 2);
        struct error error;
        struct tflite_runtime *plain, *fast;
        if (runtime_open(&plain, model, CPU_PLAIN, false, &error) ||
            runtime_open(&fast, model, cpu_level(), true, &error))
            fail_msg("%s", error.message);
        struct rng rng = rng_make(2, seed);
        for (int step = 0; step < 100; step++) {
            int8_t rows[TINY_STRIDE * 40], a, b;
            for (size_t i = 0; i < sizeof rows; i++)
                rows[i] = (int8_t)rng_next(&rng);
            assert_int_equal(tflite_runtime_step_logit(plain, rows, &a), tflite_runtime_step_logit(fast, rows, &b));
            assert_int_equal(a, b);
        }
        tflite_runtime_close(plain);
        tflite_runtime_close(fast);
        tflite_close(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_convolutions_equal_plain_ones),
        cmocka_unit_test(shared_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
