// SPDX-License-Identifier: GPL-3.0-or-later
#include "quantize/quantize.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TRACKS = 3, ROWS = 1500 };

static uint16_t rows[TRACKS][ROWS * NN_FEATURES];
static struct quantize_track tracks[TRACKS];

// Bands that swell and fade each on its own, and silence: a random network answers to it in all its channels.
static int make_tracks(void **state)
{
    (void)state;
    for (int t = 0; t < TRACKS; t++) {
        struct rng rng = rng_make(11, (uint64_t)t);
        double level[NN_FEATURES] = {0}, target[NN_FEATURES] = {0};
        for (int i = 0; i < ROWS; i++) {
            for (int c = 0; c < NN_FEATURES; c++) {
                if (rng_chance(&rng, .03))
                    target[c] = rng_chance(&rng, .5) ? 0 : rng_range(&rng, 100, 660);
                level[c] += .3 * (target[c] - level[c]);
                rows[t][i * NN_FEATURES + c] = (uint16_t)level[c];
            }
        }
        tracks[t] = (struct quantize_track){rows[t], (size_t)(ROWS - 7 * t)};
    }
    return 0;
}

static const struct quantize_options usual = {.logit_scale = 1, .percentile = .9999};

// Logits of the float network over the tracks, one after the other; their number.
static size_t float_logits(const struct nn_weights *weights, float *logits)
{
    struct error error = {0};
    struct nn_stream *stream;
    struct nn_stream_scratch *scratch;
    size_t count = 0;
    assert_int_equal(nn_stream_open(&stream, weights, CPU_PLAIN, &error), 0);
    assert_int_equal(nn_stream_scratch_open(&scratch, stream, &error), 0);
    for (int t = 0; t < TRACKS; t++) {
        nn_stream_run(stream, scratch, tracks[t].rows, tracks[t].row_count, logits + count);
        count += tracks[t].row_count / (size_t)weights->config.stride;
    }
    nn_stream_scratch_close(scratch);
    nn_stream_close(stream);
    return count;
}

static float logits[TRACKS * ROWS];

// Batch norms know the statistics of the data, as after training: one step on windows of the tracks moves the moving
// statistics by a hundredth of the way.
static void settle_batch_norms(struct nn_weights *weights)
{
    enum { BATCH = 64 };
    const struct nn_config *config = &weights->config;
    struct error error = {0};
    struct nn *nn;
    float labels[BATCH] = {0}, ones[BATCH];
    size_t window = (size_t)nn_window(config) * NN_FEATURES;
    assert_int_equal(nn_open(&nn, config, BATCH, NULL, CPU_PLAIN, &error), 0);
    struct nn_weights *inside = nn_weights_of(nn);
    memcpy(inside->data, weights->data, weights->count * sizeof *weights->data);
    for (size_t i = 0; i < BATCH; i++) {
        const uint16_t *from = rows[i % TRACKS] + i * 20 * NN_FEATURES;
        ones[i] = 1;
        for (size_t k = 0; k < window; k++)
            nn_input(nn, (int)i)[k] = (float)(frontend_int8(from[k]) + 128) * 26.0f / 255.0f;
    }
    nn_step(nn, BATCH, labels, ones, NULL);
    for (size_t i = weights->trainable; i < weights->count; i++)
        weights->data[i] = (inside->data[i] - .99f * weights->data[i]) / .01f;
    nn_close(nn);
}

// Random weights whose logits look like a trained network's: mean -1, deviation 2. (Noise of int8 is
// louder in them than in trained ones, whose logits are mostly far from 0.)
static void random_network(struct nn_weights *weights, const struct nn_config *config, uint64_t seed)
{
    struct error error = {0};
    struct rng rng = rng_make(seed, 0);
    if (nn_weights_open(weights, config, &error) < 0)
        fail_msg("%s", error.message);
    nn_weights_init(weights, &rng);
    for (int i = 0; i < config->blocks; i++) {
        for (int g = 0; g < config->kernel_count[i]; g++) {
            int channels = nn_block_channels(config, i) / config->kernel_count[i]; // at least
            for (int k = 0; k < config->kernels[i][g] * channels; k++)
                weights->depthwise[i][g][k] += .1f; // not only differences of neighbours
        }
        for (int c = 0; c < config->filters[i]; c++) {
            weights->gamma[i][c] = (float)rng_range(&rng, .4, 1.6);
            weights->beta[i][c] = (float)rng_range(&rng, 0, 1);
        }
    }
    settle_batch_norms(weights);
    double sum = 0, squares = 0;
    size_t count = float_logits(weights, logits);
    for (size_t i = 0; i < count; i++) {
        sum += (double)logits[i];
        squares += (double)logits[i] * (double)logits[i];
    }
    double mean = sum / (double)count, deviation = sqrt(squares / (double)count - mean * mean);
    assert_true(deviation > 1e-3);
    for (int i = 0; i < config->tail * config->filters[config->blocks - 1]; i++)
        weights->dense[i] *= (float)(2 / deviation);
    *weights->dense_bias = (float)((*weights->dense_bias - mean) * 2 / deviation - 1);
}

static struct tflite_model *model_of(const struct nn_weights *weights, const struct quantize_options *options,
                                     struct quantize_report *report, size_t *size)
{
    void *data;
    struct error error = {0};
    struct tflite_model *model;
    if (quantize_model(weights, tracks, TRACKS, options, NULL, &data, size, report, &error) < 0)
        fail_msg("%s", error.message);
    if (tflite_read(&model, data, *size, &error) < 0)
        fail_msg("%s", error.message);
    free(data);
    return model;
}

// Mean |p - byte / 256| of a model over the tracks; p from `exact` logits, shifted.
static double difference(const struct tflite_model *model, const float *exact, double shift)
{
    struct error error = {0};
    struct tflite_runtime *runtime;
    double sum = 0;
    size_t count = 0;
    assert_int_equal(tflite_runtime_open(&runtime, model, CPU_PLAIN, &error), 0);
    size_t row = (size_t)tflite_runtime_stride(runtime) * NN_FEATURES;
    for (int t = 0; t < TRACKS; t++) {
        tflite_runtime_reset(runtime);
        for (size_t i = 0; i + row <= tracks[t].row_count * NN_FEATURES; i += row) {
            int8_t bytes[16 * NN_FEATURES];
            frontend_quantize(tracks[t].rows + i, row, bytes);
            sum += fabs(1 / (1 + exp(shift - (double)exact[count++])) - tflite_runtime_step(runtime, bytes) / 256.);
        }
    }
    tflite_runtime_close(runtime);
    return sum / (double)count;
}

static const struct tensor *tensor_at(const struct subgraph *graph, const struct op *op, int input)
{
    return &graph->tensors[op->inputs[input]];
}

// The device's 32-bit sums cannot overflow, every weight channel uses its range, biases have their exact scale.
static void check_layers(const struct tflite_model *model)
{
    const struct subgraph *graph = &model->subgraphs[0];
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code != OP_CONV_2D && op->code != OP_DEPTHWISE_CONV_2D && op->code != OP_FULLY_CONNECTED)
            continue;
        const struct tensor *in = tensor_at(graph, op, 0), *weights = tensor_at(graph, op, 1), *bias = tensor_at(graph, op, 2);
        const struct tensor *out = &graph->tensors[op->outputs[0]];
        int channels = weights->scale_count;
        bool last = op->code == OP_DEPTHWISE_CONV_2D;
        size_t each = weights->data_size / (size_t)channels;
        assert_int_equal(weights->zero_point_count, channels);
        assert_int_equal(bias->scale_count, channels);
        for (int c = 0; c < channels; c++) {
            int64_t sum = 0, most = 0;
            for (size_t k = 0; k < each; k++) {
                int q = (int8_t)weights->data[last ? k * (size_t)channels + (size_t)c : (size_t)c * each + k];
                sum += llabs(q) * 255;
                most = llabs(q) > most ? llabs(q) : most;
            }
            int32_t b;
            memcpy(&b, bias->data + 4 * c, sizeof b);
            assert_true(most <= 127);
            assert_true(sum + llabs((int64_t)b) < INT32_MAX);
            assert_true((double)in->scales[0] * (double)weights->scales[c] / (double)out->scales[0] < 1);
            assert_true(bias->scales[c] == in->scales[0] * weights->scales[c]);
        }
    }
}

// Every variable begins as real 0, its zero point, and is read directly before its concatenation.
static void check_states(const struct tflite_model *model)
{
    const struct subgraph *graph = &model->subgraphs[0], *init = &model->subgraphs[1];
    int reads = 0, zeros = 0;
    for (int i = 0; i < graph->op_count; i++) {
        if (graph->ops[i].code != OP_READ_VARIABLE)
            continue;
        assert_int_equal(graph->ops[i + 1].code, OP_CONCATENATION);
        assert_int_equal(graph->ops[i + 1].inputs[0], graph->ops[i].outputs[0]);
        reads++;
    }
    for (int i = 0; i < init->op_count; i++) {
        if (init->ops[i].code != OP_ASSIGN_VARIABLE)
            continue;
        const struct tensor *value = tensor_at(init, &init->ops[i], 1);
        for (size_t k = 0; k < value->data_size; k++)
            assert_int_equal((int8_t)value->data[k], value->zero_points[0]);
        assert_int_equal(value->zero_points[0], -128); // inputs and ReLU outputs begin at 0
        zeros++;
    }
    assert_int_equal(reads, zeros);
}

static void check_model(const struct tflite_model *model, const struct nn_config *config)
{
    const struct subgraph *graph = &model->subgraphs[0];
    const struct tensor *in = &graph->tensors[graph->inputs[0]], *out = &graph->tensors[graph->outputs[0]];
    assert_int_equal(in->type, TENSOR_INT8);
    assert_int_equal(in->rank, 3);
    assert_int_equal(in->shape[1], config->stride);
    assert_int_equal(in->shape[2], NN_FEATURES);
    assert_true(in->scales[0] == 26.0f / 255.0f);
    assert_int_equal(in->zero_points[0], -128);
    assert_int_equal(out->type, TENSOR_UINT8);
    assert_true(out->scales[0] == 1.0f / 256);
    assert_int_equal(out->zero_points[0], 0);
    check_layers(model);
    check_states(model);
    struct text_list faults = {0};
    struct error error = {0};
    assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
    for (size_t i = 0; i < faults.count; i++)
        fail_msg("%s", faults.items[i]);
    text_list_free(&faults);
}

static void presets_survive_int8(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int ops;
        size_t bytes;
    } presets[] = {{"official", 53, 60200}, {"seed", 53, 62800}, {"alexa", 45, 55500}};
    for (size_t i = 0; i < COUNT_OF(presets); i++) {
        struct nn_config config;
        struct nn_weights weights;
        struct quantize_report report;
        struct error error = {0};
        size_t size;
        assert_int_equal(nn_preset(presets[i].name, &config, &error), 0);
        random_network(&weights, &config, i + 1);
        struct tflite_model *model = model_of(&weights, &usual, &report, &size);
        print_message("%s: %zu bytes, mean |dp| %.4f, largest %.3f, saturated", presets[i].name, size, report.float_difference,
                      report.float_difference_max);
        for (int a = 0; a < 2 * config.blocks + 2; a++)
            print_message(" %.5f", report.saturated[a]);
        print_message("\n");
        check_model(model, &config);
        assert_int_equal(model->subgraphs[0].op_count, presets[i].ops);
        assert_int_equal(model->subgraphs[1].op_count, 12);
        assert_true(size < presets[i].bytes);
        assert_true(report.float_difference < .02);
        assert_true(report.float_difference_max < .25);
        for (int a = 0; a < 2 * config.blocks + 1; a++)
            assert_true(report.saturated[a] <= 1.5e-4);
        float_logits(&weights, logits);
        assert_true(fabs(difference(model, logits, 0) - report.float_difference) < .004); // the report clips p at 255/256
        tflite_close(model);
        nn_weights_close(&weights);
    }
}

static const struct nn_config odd_shapes[] = {
    {.stride = 1, .first_filters = 5, .first_kernel = 1, .blocks = 1, .filters = {3}, .kernel_count = {1}, .kernels = {{2}}, .tail = 1},
    {.stride = 3, .first_filters = 30, .first_kernel = 3, .blocks = 2, .filters = {60, 17}, .kernel_count = {4, 3},
     .kernels = {{1, 3, 5, 7}, {2, 9, 9}}, .tail = 1},
    {.stride = 2, .first_filters = 31, .first_kernel = 4, .blocks = 3, .filters = {33, 9, 13}, .kernel_count = {2, 4, 1},
     .kernels = {{7, 11}, {3, 5, 8, 23}, {6}}, .tail = 8},
    {.stride = 3, .first_filters = 32, .first_kernel = 7, .blocks = 8, .filters = {32, 32, 31, 32, 32, 30, 32, 24},
     .kernel_count = {4, 4, 4, 4, 4, 4, 4, 4},
     .kernels = {{1, 2, 2, 2}, {2, 2, 2, 3}, {1, 1, 1, 2}, {2, 2, 2, 2}, {1, 2, 2, 3}, {2, 2, 2, 2}, {1, 1, 2, 2}, {1, 2, 2, 4}}, .tail = 2},
};

static void odd_shapes_survive_int8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(odd_shapes); i++) {
        struct nn_weights weights;
        struct quantize_report report;
        size_t size;
        random_network(&weights, &odd_shapes[i], 40 + i);
        struct tflite_model *model = model_of(&weights, &usual, &report, &size);
        print_message("shape %zu: %zu bytes, mean |dp| %.4f, largest %.3f\n", i, size, report.float_difference, report.float_difference_max);
        check_model(model, &odd_shapes[i]);
        assert_true(report.float_difference < .04);
        tflite_close(model);
        nn_weights_close(&weights);
    }
}

static void bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    struct nn_weights weights;
    struct error error = {0};
    struct pool *pool;
    struct quantize_report first_report, report;
    void *first, *data;
    size_t first_size, size;
    random_network(&weights, &odd_shapes[2], 7);
    assert_int_equal(quantize_model(&weights, tracks, TRACKS, &usual, NULL, &first, &first_size, &first_report, &error), 0);
    for (int threads = 2; threads <= 3; threads++) {
        assert_int_equal(pool_open(&pool, threads, &error), 0);
        assert_int_equal(quantize_model(&weights, tracks, TRACKS, &usual, pool, &data, &size, &report, &error), 0);
        assert_int_equal(size, first_size);
        assert_memory_equal(data, first, size);
        assert_memory_equal(&report, &first_report, sizeof report);
        free(data);
        pool_close(pool);
    }
    free(first);
    nn_weights_close(&weights);
}

static void logits_are_scaled_and_shifted(void **state)
{
    (void)state;
    struct nn_weights weights;
    struct quantize_report report;
    struct quantize_options options = usual;
    size_t size;
    random_network(&weights, &odd_shapes[2], 8);
    options.logit_shift = 1.5f;
    struct tflite_model *model = model_of(&weights, &options, &report, &size);
    float_logits(&weights, logits);
    assert_true(difference(model, logits, 1.5) < .02);
    assert_true(difference(model, logits, 0) > .03);
    tflite_close(model);

    options.logit_scale = .5f;
    model = model_of(&weights, &options, &report, &size);
    for (size_t i = 0; i < COUNT_OF(logits); i++)
        logits[i] *= .5f;
    assert_true(difference(model, logits, 1.5) < .02);
    tflite_close(model);
    nn_weights_close(&weights);
}

static void silent_and_dead_channels_are_harmless(void **state)
{
    (void)state;
    const struct nn_config *config = &odd_shapes[2];
    struct nn_weights weights;
    struct quantize_report report;
    size_t size;
    random_network(&weights, config, 9);
    for (int k = 0; k < config->first_kernel * NN_FEATURES; k++)
        weights.first[k * config->first_filters] = 0;
    for (int k = 0; k < 7; k++)
        weights.depthwise[0][0][k * 16 + 3] = k ? 0 : 1e-30f; // 16 channels in group 0
    weights.gamma[0][1] = 0; // a constant channel
    weights.beta[0][1] = .7f;
    weights.gamma[1][2] = 1e-12f;
    weights.beta[1][2] = 3;
    weights.beta[0][4] = -1e6f; // never above 0
    for (int i = 0; i < 3; i++)
        weights.gamma[2][i] = weights.beta[2][i] = 0;
    struct tflite_model *model = model_of(&weights, &usual, &report, &size);
    check_model(model, config);
    assert_true(report.float_difference < .04);
    tflite_close(model);

    memset(weights.first, 0, (size_t)(config->first_kernel * NN_FEATURES * config->first_filters) * sizeof(float)); // all dead
    model = model_of(&weights, &usual, &report, &size);
    check_model(model, config);
    tflite_close(model);
    nn_weights_close(&weights);
}

static void percentiles_clip_outliers_only_where_asked(void **state)
{
    (void)state;
    struct nn_weights weights;
    struct quantize_report report;
    struct quantize_options options = usual;
    size_t size;
    random_network(&weights, &odd_shapes[2], 10);
    options.percentile = 1;
    tflite_close(model_of(&weights, &options, &report, &size));
    for (int i = 0; i < 7; i++)
        assert_true(report.saturated[i] == 0);
    options.percentile = .998;
    tflite_close(model_of(&weights, &options, &report, &size));
    for (int i = 0; i < 7; i++) {
        bool clipped = i == 0 || i % 2 == 1;
        assert_true(clipped ? report.saturated[i] > .0005 && report.saturated[i] <= .00201 : report.saturated[i] == 0);
    }
    nn_weights_close(&weights);
}

static void what_cannot_work_is_told(void **state)
{
    (void)state;
    const struct nn_config *config = &odd_shapes[2];
    struct nn_weights weights;
    struct quantize_report report;
    struct quantize_options options = usual;
    struct error error = {0};
    void *data;
    size_t size;
    random_network(&weights, config, 12);
    assert_int_equal(quantize_model(&weights, tracks, 0, &usual, NULL, &data, &size, &report, &error), ERROR_USAGE);
    assert_null(data);
    options.logit_scale = 0;
    assert_int_equal(quantize_model(&weights, tracks, TRACKS, &options, NULL, &data, &size, &report, &error), ERROR_USAGE);
    options = usual;
    options.percentile = 0;
    assert_int_equal(quantize_model(&weights, tracks, TRACKS, &options, NULL, &data, &size, &report, &error), ERROR_USAGE);

    // One filter a thousand times louder than all others, which nothing listens to: int8 has no steps left for them.
    for (int k = 0; k < config->first_kernel * NN_FEATURES; k++)
        weights.first[k * config->first_filters] = 1000;
    for (int k = 0; k < 7; k++)
        weights.depthwise[0][0][k * 16] = 0;
    options.percentile = 1;
    assert_int_equal(quantize_model(&weights, tracks, TRACKS, &options, NULL, &data, &size, &report, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "float"));
    assert_null(data);

    weights.gamma[1][0] = NAN;
    assert_int_equal(quantize_model(&weights, tracks, TRACKS, &usual, NULL, &data, &size, &report, &error), ERROR_FORMAT);
    nn_weights_close(&weights);
}

// ---- the official models, made float again ----

static float constant(const struct tensor *tensor, size_t index, size_t channel)
{
    return (float)(int8_t)tensor->data[index] * tensor->scales[tensor->scale_count > 1 ? channel : 0];
}

static float bias_of(const struct tensor *tensor, size_t channel)
{
    int32_t value;
    memcpy(&value, tensor->data + 4 * channel, sizeof value);
    return (float)value * tensor->scales[tensor->scale_count > 1 ? channel : 0];
}

// The weights of a published model of this shape; its layers come in the order of ours.
static void weights_of(struct nn_weights *weights, const struct nn_config *config, const struct tflite_model *model)
{
    struct error error = {0};
    assert_int_equal(nn_weights_open(weights, config, &error), 0);
    const struct subgraph *graph = &model->subgraphs[0];
    int block = 0, group = 0;
    size_t from = 0; // first channel of the group
    float shift[64]; // depthwise biases of the block
    bool first = true;
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code != OP_CONV_2D && op->code != OP_DEPTHWISE_CONV_2D && op->code != OP_FULLY_CONNECTED)
            continue;
        const struct tensor *w = tensor_at(graph, op, 1), *b = tensor_at(graph, op, 2);
        if (op->code == OP_DEPTHWISE_CONV_2D) {
            size_t channels = (size_t)w->shape[3];
            assert_int_equal(w->shape[1], config->kernels[block][group]);
            for (size_t k = 0; k < w->data_size; k++)
                weights->depthwise[block][group][k] = constant(w, k, k % channels);
            for (size_t c = 0; c < channels; c++)
                shift[from + c] = bias_of(b, c);
            from += channels;
            group++;
        } else if (op->code == OP_FULLY_CONNECTED) {
            assert_int_equal(w->data_size, config->tail * config->filters[config->blocks - 1]);
            for (size_t k = 0; k < w->data_size; k++)
                weights->dense[k] = constant(w, k, 0);
            *weights->dense_bias = bias_of(b, 0);
        } else {
            size_t out = (size_t)w->shape[0], in = w->data_size / out;
            float *target = first ? weights->first : weights->pointwise[block];
            for (size_t o = 0; o < out; o++)
                for (size_t k = 0; k < in; k++)
                    target[k * out + o] = constant(w, o * in + k, o);
            for (size_t o = 0; o < out && !first; o++) {
                weights->gamma[block][o] = sqrtf(1.001f);
                weights->variance[block][o] = 1;
                weights->beta[block][o] = bias_of(b, o);
                for (size_t c = 0; c < in; c++)
                    weights->beta[block][o] += target[c * out + o] * shift[c];
            }
            block += !first;
            first = false;
            group = 0;
            from = 0;
        }
    }
    assert_int_equal(block, config->blocks);
}

// A published model, made float and quantised again by us, answers like itself.
static void official_models_come_back(void **state)
{
    (void)state;
    const char *shared = getenv("WAKESMITH_SHARED");
    if (!shared || !folder_exists(shared)) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    static const struct {
        const char *model, *preset;
    } pairs[] = {{"okay_computer", "official"}, {"computer", "seed"}, {"alexa", "alexa"}};
    struct error error = {0};
    char *folder = text_print("%s/data/golden/features", shared);
    struct text_list files = {0};
    struct quantize_track real[32];
    assert_int_equal(folder_list(folder, (const char *const[]){".u16", NULL}, &files, &error), 0);
    assert_true(files.count > 10 && files.count <= COUNT_OF(real));
    for (size_t i = 0; i < files.count; i++) {
        void *data;
        size_t size;
        assert_int_equal(file_read(files.items[i], 1 << 20, &data, &size, &error), 0);
        real[i] = (struct quantize_track){data, size / (2 * NN_FEATURES)};
    }
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct nn_config config;
        struct nn_weights weights;
        struct tflite_model *model, *again;
        struct quantize_report report;
        void *data;
        size_t size;
        char *path = text_print("%s/data/golden/models/%s.tflite", shared, pairs[i].model);
        assert_int_equal(nn_preset(pairs[i].preset, &config, &error), 0);
        assert_int_equal(tflite_open(&model, path, &error), 0);
        weights_of(&weights, &config, model);
        if (quantize_model(&weights, real, files.count, &usual, NULL, &data, &size, &report, &error) < 0)
            fail_msg("%s: %s", path, error.message);
        assert_int_equal(tflite_read(&again, data, size, &error), 0);
        print_message("%s: %zu bytes, float against int8: mean |dp| %.4f, largest %.3f\n", pairs[i].model, size, report.float_difference,
                      report.float_difference_max);
        assert_true(report.float_difference < .01);
        struct tflite_runtime *theirs, *ours;
        assert_int_equal(tflite_runtime_open(&theirs, model, CPU_PLAIN, &error), 0);
        assert_int_equal(tflite_runtime_open(&ours, again, CPU_PLAIN, &error), 0);
        size_t row = (size_t)config.stride * NN_FEATURES, steps = 0;
        double sum = 0;
        for (size_t t = 0; t < files.count; t++) {
            tflite_runtime_reset(theirs);
            tflite_runtime_reset(ours);
            for (size_t k = 0; k + row <= real[t].row_count * NN_FEATURES; k += row, steps++) {
                int8_t bytes[3 * NN_FEATURES];
                frontend_quantize(real[t].rows + k, row, bytes);
                sum += abs(tflite_runtime_step(theirs, bytes) - tflite_runtime_step(ours, bytes)) / 256.;
            }
        }
        print_message("%s: published int8 against ours: mean |dp| %.4f\n", pairs[i].model, sum / (double)steps);
        assert_true(sum / (double)steps < .015);
        tflite_runtime_close(theirs);
        tflite_runtime_close(ours);
        tflite_close(model);
        tflite_close(again);
        nn_weights_close(&weights);
        free(data);
        free(path);
    }
    for (size_t i = 0; i < files.count; i++)
        free((void *)(uintptr_t)real[i].rows);
    text_list_free(&files);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_survive_int8),
        cmocka_unit_test(odd_shapes_survive_int8),
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(logits_are_scaled_and_shifted),
        cmocka_unit_test(silent_and_dead_channels_are_harmless),
        cmocka_unit_test(percentiles_clip_outliers_only_where_asked),
        cmocka_unit_test(what_cannot_work_is_told),
        cmocka_unit_test(official_models_come_back),
    };
    return cmocka_run_group_tests(tests, make_tracks, NULL);
}
