// SPDX-License-Identifier: GPL-3.0-or-later
#include "nn/nn.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct nn_config preset(const char *name)
{
    struct nn_config config;
    struct error error;
    assert_int_equal(nn_preset(name, &config, &error), 0);
    assert_int_equal(nn_check(&config, &error), 0);
    return config;
}

// ---- shapes ---------------------------------------------------------------------------------------------

static void presets_have_the_known_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int window;
        size_t macs, trainable, statistics;
    } known[] = {
        // Parameters without the depthwise biases of the original (224), which change nothing before a batch norm.
        {"seed", 178, 26080, 26817 - 224, 512},
        {"official", 204, 24800, 25537 - 224, 512},
        {"alexa", 150, 23968, 24481, 512},
    };
    struct error error;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct nn_config config = preset(known[i].name);
        struct nn_weights weights;
        assert_int_equal(nn_window(&config), known[i].window);
        if (strcmp(known[i].name, "alexa") != 0)
            assert_int_equal(nn_tail_of_clip(&config, 1500), config.tail);
        assert_int_equal(nn_macs_per_step(&config), known[i].macs);
        assert_int_equal(nn_weights_open(&weights, &config, &error), 0);
        assert_int_equal(weights.trainable, known[i].trainable);
        assert_int_equal(weights.count, known[i].trainable + known[i].statistics);
        nn_weights_close(&weights);
    }
    struct nn_config config;
    assert_int_equal(nn_preset("huge", &config, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "huge"));
}

static void shapes_are_parsed(void **state)
{
    (void)state;
    struct error error;
    struct nn_config config = preset("official"), same = config;
    assert_int_equal(nn_parse_shape(&config, " 64, 64,64 ,64", "[5], [7,11],[ 9, 15 ] ,[23] ", &error), 0);
    assert_memory_equal(&config, &same, sizeof config);
    assert_int_equal(nn_parse_shape(&config, "48,48,48,32", NULL, &error), 0);
    assert_int_equal(config.filters[3], 32);
    assert_memory_equal(config.kernels, same.kernels, sizeof same.kernels);
    assert_int_equal(nn_parse_shape(&config, NULL, "[5],[6],[7],[8]", &error), 0);
    assert_int_equal(config.kernels[3][0], 8);
    assert_int_equal(config.filters[3], 32);
    assert_int_equal(nn_parse_shape(&config, "48,48,48", NULL, &error), ERROR_USAGE);
    assert_int_equal(nn_parse_shape(&config, NULL, "[5],[8],[13]", &error), ERROR_USAGE);
    assert_int_equal(nn_parse_shape(&config, "48,48,48", "[5],[8],[13]", &error), 0);
    config.tail = 1;
    assert_int_equal(nn_check(&config, &error), 0);
    assert_int_equal(config.blocks, 3);
    assert_int_equal(nn_block_channels(&config, 0), 32);
    assert_int_equal(nn_block_channels(&config, 1), 48);
    assert_int_equal(nn_block_reach(&config, 2), 13);
    assert_int_equal(nn_window(&config), 75); // 5 + 3 * (4 + 7 + 12) = 74 rows, in whole strides
}

static void wrong_shapes_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"", ""}, {"64", ""}, {"64", "5"}, {"64", "[5"}, {"64", "[5]]"}, {"64", "[5],"}, {"64,", "[5]"}, {"64,64", "[5]"}, {"64", "[5],[7]"},
        {"64", "[]"}, {"-3", "[5]"}, {"0", "[5]"}, {"64", "[0]"}, {"999999999999", "[5]"}, {"64x", "[5]"}, {"64", "[1,2,3,4,5]"},
        {"1,1,1,1,1,1,1,1,1", "[5],[5],[5],[5],[5],[5],[5],[5],[5]"},
    };
    struct error error;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct nn_config config = preset("seed"), before = config;
        assert_int_equal(nn_parse_shape(&config, wrong[i][0], wrong[i][1], &error), ERROR_USAGE);
        assert_memory_equal(&config, &before, sizeof config);
    }
    struct nn_config config = preset("seed");
    config.kernels[1][0] = 12; // does not ascend
    assert_int_equal(nn_check(&config, &error), ERROR_USAGE);
    config = preset("seed");
    config.first_kernel = 1; // shorter than the stride
    assert_int_equal(nn_check(&config, &error), ERROR_USAGE);
    config = preset("seed");
    config.blocks = NN_MAX_BLOCKS + 1;
    assert_int_equal(nn_check(&config, &error), ERROR_USAGE);
    struct nn *nn;
    assert_int_equal(nn_open(&nn, &config, 4, NULL, CPU_PLAIN, &error), ERROR_USAGE);
    assert_null(nn);
}

// ---- weights --------------------------------------------------------------------------------------------

static void weights_start_by_glorot(void **state)
{
    (void)state;
    struct error error;
    struct nn_config config = preset("seed");
    struct nn_weights weights, copy;
    struct rng rng = rng_make(1, 2);
    assert_int_equal(nn_weights_open(&weights, &config, &error), 0);
    nn_weights_init(&weights, &rng);
    const struct {
        const float *data;
        int count;
        double limit;
    } tensors[] = {
        {weights.first, 5 * 40 * 32, 0.1291}, {weights.depthwise[1][1], 11 * 32, sqrt(6.0 / (11 * 33))}, {weights.pointwise[0], 32 * 64, 0.25},
        {weights.pointwise[3], 64 * 64, 0.2165}, {weights.dense, 37 * 64, 0.0503},
    };
    for (size_t i = 0; i < COUNT_OF(tensors); i++) {
        double largest = 0, sum = 0;
        for (int k = 0; k < tensors[i].count; k++) {
            largest = fmax(largest, fabs((double)tensors[i].data[k]));
            sum += (double)tensors[i].data[k] / tensors[i].count;
        }
        assert_true(largest <= tensors[i].limit * 1.001 && largest > tensors[i].limit * 0.97);
        assert_true(fabs(sum) < tensors[i].limit * 0.1);
    }
    assert_true(weights.gamma[2][63] == 1 && weights.beta[2][0] == 0 && weights.mean[0][0] == 0 && weights.variance[3][63] == 1);
    assert_int_equal(nn_weights_copy(&copy, &weights, &error), 0);
    assert_ptr_not_equal(copy.data, weights.data);
    assert_memory_equal(copy.data, weights.data, weights.count * sizeof(float));
    assert_int_equal(copy.pointwise[2] - copy.data, weights.pointwise[2] - weights.data);
    nn_weights_close(&copy);
    nn_weights_close(&weights);
}

// ---- training -------------------------------------------------------------------------------------------

// Rows whose level says the class, in noise: a problem that a network learns within a few steps.
static void fill_batch(struct nn *nn, int count, uint64_t seed, float *labels, float *weights)
{
    const struct nn_config *config = &nn_weights_of(nn)->config;
    for (int n = 0; n < count; n++) {
        struct rng rng = rng_make(seed, (uint64_t)n);
        labels[n] = (float)rng_below(&rng, 2);
        weights[n] = 1 + (float)rng_below(&rng, 3);
        for (int i = 0; i < nn_window(config) * NN_FEATURES; i++)
            nn_input(nn, n)[i] = (float)rng_range(&rng, 0, 26) * ((i / 7) % 5 == 0 ? 0.4f + 0.6f * labels[n] : 1);
    }
}

enum { BATCH = 37 };

static struct nn *trained(const struct nn_config *config, struct pool *pool, enum cpu_level level, int steps, float *losses)
{
    struct error error;
    struct nn *nn;
    struct rng rng = rng_make(5, 0);
    float labels[BATCH], weights[BATCH];
    assert_int_equal(nn_open(&nn, config, BATCH, pool, level, &error), 0);
    nn_weights_init(nn_weights_of(nn), &rng);
    for (int i = 0; i < steps; i++) {
        fill_batch(nn, BATCH, (uint64_t)i, labels, weights);
        float loss = nn_step(nn, BATCH, labels, weights, NULL);
        if (losses)
            losses[i] = loss;
        nn_adam(nn, 0.002f);
    }
    return nn;
}

static void results_do_not_depend_on_threads(void **state)
{
    (void)state;
    struct error error;
    struct nn_config config = preset("official");
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        struct nn *one = trained(&config, NULL, (enum cpu_level)level, 3, NULL);
        size_t count = nn_weights_of(one)->count;
        for (int threads = 1; threads <= 5; threads += 2) {
            struct pool *pool;
            assert_int_equal(pool_open(&pool, threads, &error), 0);
            struct nn *many = trained(&config, pool, (enum cpu_level)level, 3, NULL);
            assert_memory_equal(nn_weights_of(one)->data, nn_weights_of(many)->data, count * sizeof(float));
            nn_close(many);
            pool_close(pool);
        }
        nn_close(one);
    }
}

static void a_network_learns(void **state)
{
    (void)state;
    struct nn_config config = preset("alexa");
    float losses[40];
    struct nn *nn = trained(&config, NULL, cpu_level(), COUNT_OF(losses), losses);
    assert_true(losses[0] > 0.8f);
    assert_true(losses[COUNT_OF(losses) - 1] < 0.25f * losses[0]);
    nn_close(nn);
}

// A part of a batch is a batch: neither the examples that lie beyond nor the capacity matter.
static void a_smaller_count_ignores_the_rest(void **state)
{
    (void)state;
    struct error error;
    struct nn_config config = preset("alexa");
    struct nn *nns[2];
    float loss[2], labels[BATCH], weights[BATCH], logits[2][BATCH];
    for (int i = 0; i < 2; i++) {
        struct rng rng = rng_make(3, 0);
        assert_int_equal(nn_open(&nns[i], &config, i ? BATCH : 9, NULL, cpu_level(), &error), 0);
        nn_weights_init(nn_weights_of(nns[i]), &rng);
        if (i)
            fill_batch(nns[i], BATCH, 99, labels, weights);
        fill_batch(nns[i], 9, 1, labels, weights);
        loss[i] = nn_step(nns[i], 9, labels, weights, logits[i]);
    }
    assert_memory_equal(&loss[0], &loss[1], sizeof loss[0]);
    assert_memory_equal(logits[0], logits[1], 9 * sizeof(float));
    assert_memory_equal(nn_gradients(nns[0]), nn_gradients(nns[1]), nn_weights_of(nns[0])->trainable * sizeof(float));
    nn_close(nns[0]);
    nn_close(nns[1]);
}

static void adam_follows_the_formula(void **state)
{
    (void)state;
    struct error error;
    struct nn_config config = preset("alexa");
    struct nn *nn;
    struct rng rng = rng_make(8, 0);
    assert_int_equal(nn_open(&nn, &config, 1, NULL, cpu_level(), &error), 0);
    struct nn_weights *weights = nn_weights_of(nn);
    size_t count = weights->trainable;
    nn_weights_init(weights, &rng);
    double *w = calloc(count, sizeof *w), *m = calloc(count, sizeof *m), *v = calloc(count, sizeof *v);
    for (size_t i = 0; i < count; i++)
        w[i] = (double)weights->data[i];
    for (int step = 1; step <= 4; step++) {
        double rate = 0.01 * sqrt(1 - pow(0.999, step)) / (1 - pow(0.9, step));
        for (size_t i = 0; i < count; i++) {
            double g = rng_normal(&rng) * pow(10, rng_range(&rng, -6, 1));
            nn_gradients(nn)[i] = (float)g;
            m[i] += (g - m[i]) * 0.1;
            v[i] += (g * g - v[i]) * 0.001;
            w[i] -= rate * m[i] / (sqrt(v[i]) + 1e-7);
        }
        nn_adam(nn, 0.01f);
        for (size_t i = 0; i < count; i++)
            assert_true(fabs(w[i] - (double)weights->data[i]) < 2e-6);
    }
    float *m_state, *v_state;
    uint64_t *steps;
    nn_adam_state(nn, &m_state, &v_state, &steps);
    assert_int_equal(*steps, 4);
    assert_true(fabs((double)m_state[7] - m[7]) <= 1e-6 * fabs(m[7]) + 1e-12);
    assert_true(fabs((double)v_state[7] - v[7]) <= 1e-6 * fabs(v[7]) + 1e-12);
    free(w);
    free(m);
    free(v);
    nn_close(nn);
}

// ---- streams --------------------------------------------------------------------------------------------

// Prefixes of a track give prefixes of the logits, whatever its length; a scratch remembers nothing between tracks.
static void streams_start_anew(void **state)
{
    (void)state;
    enum { STEPS = 700 };
    struct error error;
    struct nn_config config = preset("seed");
    struct nn_weights weights;
    struct nn_stream *stream;
    struct nn_stream_scratch *scratch;
    struct rng rng = rng_make(4, 0);
    assert_int_equal(nn_weights_open(&weights, &config, &error), 0);
    nn_weights_init(&weights, &rng);
    size_t rows = (size_t)(STEPS * config.stride);
    uint16_t *track = calloc(rows * NN_FEATURES, sizeof *track);
    float *whole = calloc(STEPS, sizeof *whole), *part = calloc(STEPS, sizeof *part);
    for (size_t i = 0; i < rows * NN_FEATURES; i++)
        track[i] = (uint16_t)rng_below(&rng, 670);
    assert_int_equal(nn_stream_open(&stream, &weights, cpu_level(), &error), 0);
    assert_int_equal(nn_stream_scratch_open(&scratch, stream, &error), 0);
    nn_weights_close(&weights); // a stream keeps what it needs
    nn_stream_run(stream, scratch, track, rows, whole);
    static const size_t lengths[] = {0, 1, 2, 3, 255, 256, 257, 600, 1399};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memset(part, 0xff, STEPS * sizeof *part);
        nn_stream_run(stream, scratch, track, lengths[i], part);
        size_t steps = lengths[i] / (size_t)config.stride;
        for (size_t k = 0; k < steps; k++)
            assert_true(fabsf(part[k] - whole[k]) < 1e-4f * (1 + fabsf(whole[k])));
        for (size_t k = steps; k < STEPS; k++)
            assert_true(isnan(part[k])); // nothing is written behind the last step
    }
    free(track);
    free(whole);
    free(part);
    nn_stream_scratch_close(scratch);
    nn_stream_close(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_have_the_known_sizes),         cmocka_unit_test(shapes_are_parsed),
        cmocka_unit_test(wrong_shapes_are_refused),             cmocka_unit_test(weights_start_by_glorot),
        cmocka_unit_test(results_do_not_depend_on_threads),     cmocka_unit_test(a_network_learns),
        cmocka_unit_test(a_smaller_count_ignores_the_rest),     cmocka_unit_test(adam_follows_the_formula),
        cmocka_unit_test(streams_start_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
