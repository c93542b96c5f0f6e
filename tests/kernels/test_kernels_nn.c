// SPDX-License-Identifier: GPL-3.0-or-later
// Every body of the network's kernels that this machine can run against the reference, on random shapes and numbers.
#include "nn/nn_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ARRAYS = 8, SIZE = 24 * 1024, TRIALS = 60 };

// Two copies of some random arrays: the reference works on one, the body under test on the other.
struct bench {
    const struct nn_kernels *body;
    struct rng rng;
    float *expected[ARRAYS], *got[ARRAYS];
};

static void refill(struct bench *bench)
{
    for (int a = 0; a < ARRAYS; a++) {
        for (size_t i = 0; i < SIZE; i++)
            bench->expected[a][i] = (float)rng_range(&bench->rng, -1, 1);
        memcpy(bench->got[a], bench->expected[a], SIZE * sizeof(float));
    }
}

static int between(struct bench *bench, int low, int high)
{
    return low + (int)rng_below(&bench->rng, (uint32_t)(high - low + 1));
}

static int some_channels(struct bench *bench)
{
    return LANE_BLOCK * between(bench, 1, 7);
}

// All arrays agree everywhere, also where nothing should have been written. Makes them equal for the next kernel.
static void compare(struct bench *bench, const char *kernel, float scale)
{
    for (int a = 0; a < ARRAYS; a++) {
        for (size_t i = 0; i < SIZE; i++) {
            float expected = bench->expected[a][i], got = bench->got[a][i];
            if (!(fabsf(got - expected) <= 3e-6f * scale * (1 + fabsf(expected))))
                fail_msg("%s of %s: array %d, element %zu is %.9g, not %.9g", kernel, bench->body->name, a, i, (double)got, (double)expected);
        }
        memcpy(bench->got[a], bench->expected[a], SIZE * sizeof(float));
    }
}

// Runs the same call on both copies: x(0), x(1), ... are the arrays.
#define BOTH(call)                                            \
    do {                                                      \
        for (int side_ = 0; side_ < 2; side_++) {             \
            float **x = side_ ? bench->got : bench->expected; \
            const struct nn_kernels *k = side_ ? bench->body : &nn_kernels_reference; \
            call;                                             \
        }                                                     \
    } while (0)

static void products(struct bench *bench)
{
    int rows = between(bench, 1, 40), columns = some_channels(bench), depth = between(bench, 1, 200);
    size_t lda = (size_t)between(bench, 1, depth + 40); // overlapping rows when below depth
    struct nn_ahead ahead = {(const char *)bench->got[7], (const char *)(bench->got[7] + between(bench, 0, 4000))};
    bool add = between(bench, 0, 1);
    refill(bench);
    BOTH(k->multiply(rows, columns, depth, x[0] + 3, lda, x[1], x[2], &ahead));
    compare(bench, "multiply", sqrtf((float)depth));
    BOTH(k->multiply_transposed(rows, columns, depth, x[0] + 5, lda, x[3], x[4], add, &ahead));
    compare(bench, "multiply_transposed", sqrtf((float)depth));
}

static void depthwise_kernels(struct bench *bench)
{
    int rows = between(bench, 1, 60), channels = some_channels(bench), reach = between(bench, 1, 33);
    struct nn_taps taps = {0};
    for (int i = 0; i < channels / LANE_BLOCK; i++) {
        taps.count[i] = between(bench, 1, reach);
        taps.first[i] = between(bench, 0, reach - taps.count[i]);
    }
    refill(bench);
    BOTH(k->depthwise(rows, channels, &taps, x[0], x[1], x[2]));
    compare(bench, "depthwise", 4);
    BOTH(k->depthwise_weights(rows, channels, &taps, x[3], x[4], x[5]));
    compare(bench, "depthwise_weights", 4);
}

static void norm_kernels(struct bench *bench)
{
    int rows = between(bench, 1, 90), channels = some_channels(bench);
    refill(bench);
    BOTH(k->moments(rows, channels, x[0], x[1], x[2]));
    compare(bench, "moments", 4);
    BOTH(k->scale_relu(rows, channels, x[0], x[1], x[2], x[3]));
    compare(bench, "scale_relu", 1);
    BOTH(k->mask(rows, channels, x[3], x[0], x[1], x[4], x[5], x[6]));
    compare(bench, "mask", 8);
    BOTH(k->norm_backward(rows, channels, x[4], x[0], x[1], x[2], x[5], x[6], x[7]));
    compare(bench, "norm_backward", 64);
    BOTH(k->relu((size_t)(rows * channels), x[7]));
    compare(bench, "relu", 64);
}

static void dense_kernels(struct bench *bench)
{
    int rows = between(bench, 1, 40), channels = some_channels(bench);
    size_t count = (size_t)(rows * channels);
    refill(bench);
    BOTH(x[2][0] = k->dot(count, x[0], x[1]));
    compare(bench, "dot", sqrtf((float)count));
    BOTH(k->dense_backward(count, 0.37f, x[0], x[1], x[3], x[4]));
    compare(bench, "dense_backward", 1);
    BOTH(k->sum_rows(rows, channels, x[0], x[5]));
    compare(bench, "sum_rows", 4);
}

static void optimiser_kernels(struct bench *bench)
{
    size_t count = (size_t)between(bench, 1, 500), stride = count + (size_t)between(bench, 0, 30);
    int parts = between(bench, 1, 20);
    refill(bench);
    BOTH(k->sum_parts(count, x[0] + 1, stride, parts, x[1] + 3));
    compare(bench, "sum_parts", 0);
    for (size_t i = 0; i < count; i++)
        bench->expected[4][i] = bench->got[4][i] = fabsf(bench->got[4][i]) * 1e-3f;
    BOTH(k->adam(count, 0.01f, x[2], x[3], x[4], x[5]));
    compare(bench, "adam", 1);
}

static void feature_kernel(struct bench *bench)
{
    enum { VALUES = 65536 / 4 };
    static uint16_t values[65536]; // every value there is
    for (int i = 0; i < 65536; i++)
        values[i] = (uint16_t)i;
    refill(bench);
    for (int a = 0; a < 4; a++)
        BOTH(k->features(VALUES, values + a * VALUES, x[a]));
    for (int v = 0; v < 65536; v++) {
        int q = (v * 256 + 333) / 666 - 128;
        q = q > 127 ? 127 : q;
        assert_true(bench->got[v / VALUES][v % VALUES] == (float)(q + 128) * (26.0f / 255.0f));
    }
    compare(bench, "features", 0);
}

static void bodies_equal_the_reference(void **state)
{
    (void)state;
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        struct bench bench = {.body = nn_kernels_for((enum cpu_level)level), .rng = rng_make(77, (uint64_t)level)};
        for (int a = 0; a < ARRAYS; a++) {
            bench.expected[a] = array_alloc(SIZE, sizeof(float));
            bench.got[a] = array_alloc(SIZE, sizeof(float));
            assert_non_null(bench.expected[a]);
            assert_non_null(bench.got[a]);
        }
        for (int i = 0; i < TRIALS; i++) {
            products(&bench);
            depthwise_kernels(&bench);
            norm_kernels(&bench);
            dense_kernels(&bench);
            optimiser_kernels(&bench);
        }
        feature_kernel(&bench);
        for (int a = 0; a < ARRAYS; a++) {
            free(bench.expected[a]);
            free(bench.got[a]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bodies_equal_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
