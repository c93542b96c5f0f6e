// SPDX-License-Identifier: GPL-3.0-or-later
// The float network streams over the calibration tracks; every activation is counted in a histogram. Counts are
// integers and added up at the end, so the result does not depend on the threads.
//
// A stage works on a chunk of many steps at once: the rows kept from before (its ring), then the chunk's rows.
#include "quantize/quantize_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 128, BINS = 1 << 16 }; // steps; bins by the upper 16 bits of a float: under 1 % wide

struct spread {
    uint64_t counts[BINS];
    float low, high; // smallest and largest value
};

// Floats in the order of their values as unsigned integers.
static uint32_t order_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | 1u << 31;
}

static float value_of(uint32_t order)
{
    uint32_t bits = order >> 31 ? order & ~(1u << 31) : ~order;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void spread_add(struct spread *spread, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        spread->counts[order_of(values[i]) >> 16]++;
        spread->low = values[i] < spread->low ? values[i] : spread->low;
        spread->high = values[i] > spread->high ? values[i] : spread->high;
    }
}

static uint64_t spread_total(const struct spread *spread)
{
    uint64_t total = 0;
    for (size_t i = 0; i < BINS; i++)
        total += spread->counts[i];
    return total;
}

void spread_range(const struct spreads *spreads, int activation, double keep, bool both, float *low, float *high)
{
    const struct spread *spread = &spreads->of[activation];
    double lose = (1 - keep) * (double)spread_total(spread) / (both ? 2 : 1);
    *low = spread->low;
    *high = spread->high;
    uint32_t bin = BINS - 1;
    for (double above = 0; bin > 0 && (above += (double)spread->counts[bin]) <= lose; bin--)
        ;
    *high = fminf(*high, value_of(bin << 16 | 0xffff));
    if (!both)
        return;
    bin = 0;
    for (double below = 0; bin < BINS - 1 && (below += (double)spread->counts[bin]) <= lose; bin++)
        ;
    *low = fmaxf(*low, value_of(bin << 16));
}

double spread_outside(const struct spreads *spreads, int activation, float low, float high)
{
    const struct spread *spread = &spreads->of[activation];
    uint64_t outside = 0;
    for (uint32_t i = 0; i < BINS; i++)
        if (i < order_of(low) >> 16 || i > order_of(high) >> 16)
            outside += spread->counts[i];
    uint64_t total = spread_total(spread);
    return total ? (double)outside / (double)total : 0;
}

void spreads_free(struct spreads *spreads)
{
    free(spreads->of);
    *spreads = (struct spreads){0};
}

// ---- one worker ----

struct worker {
    struct arena arena;
    struct spread *spreads;
    float *features;                 // [K0 - stride + CHUNK*stride][40]
    float *stage[NN_MAX_BLOCKS + 1]; // input of block i: [ring + CHUNK][channels]; of the dense layer
    float *depthwise;                // [CHUNK][most channels]
    float logits[CHUNK];
};

struct job {
    const struct network *network;
    const struct quantize_track *tracks;
    struct worker *workers;
    float real[256]; // feature value of int8 byte + 128
};

// Rows that a stage keeps: block i, or `blocks` for the dense layer.
static int ring_rows(const struct nn_config *config, int stage)
{
    return (stage < config->blocks ? nn_block_reach(config, stage) : config->tail) - 1;
}

static int stage_channels(const struct nn_config *config, int stage)
{
    return stage ? config->filters[stage - 1] : config->first_filters;
}

static float *rows_alloc(struct worker *worker, int rows, int columns)
{
    return arena_alloc(&worker->arena, (size_t)rows * (size_t)columns * sizeof(float), 64);
}

static int worker_open(struct worker *worker, const struct nn_config *config, struct error *error)
{
    int most = config->first_filters;
    bool failed = false;
    for (int i = 0; i <= config->blocks; i++) {
        worker->stage[i] = rows_alloc(worker, ring_rows(config, i) + CHUNK, stage_channels(config, i));
        failed |= !worker->stage[i];
        most = stage_channels(config, i) > most ? stage_channels(config, i) : most;
    }
    worker->features = rows_alloc(worker, config->first_kernel + CHUNK * config->stride, NN_FEATURES);
    worker->depthwise = rows_alloc(worker, CHUNK, most);
    size_t activations = (size_t)logit_output(config) + 1;
    worker->spreads = array_alloc(activations, sizeof *worker->spreads);
    if (failed || !worker->features || !worker->depthwise || !worker->spreads)
        return error_memory(error, "calibration");
    for (size_t i = 0; i < activations; i++) {
        worker->spreads[i].low = INFINITY;
        worker->spreads[i].high = -INFINITY;
    }
    return 0;
}

static void worker_close(struct worker *worker)
{
    arena_free(&worker->arena);
    free(worker->spreads);
}

static void worker_reset(struct worker *worker, const struct nn_config *config)
{
    memset(worker->features, 0, (size_t)(config->first_kernel - config->stride) * NN_FEATURES * sizeof(float));
    for (int i = 0; i <= config->blocks; i++)
        memset(worker->stage[i], 0, (size_t)ring_rows(config, i) * (size_t)stage_channels(config, i) * sizeof(float));
}

// Sums of LANES neighbours side by side, so that the compiler keeps them in vectors; each is added up in the same order
// as alone.
enum { LANES = 16 };

// sums[o] += sum over i of factors[i] * weights[i][o], o < width <= LANES. A row of weights has `columns`.
static void add_products(const float *factors, int count, const float *weights, int columns, int width, float sums[LANES])
{
    if (width < LANES) {
        for (int i = 0; i < count; i++, weights += columns)
            for (int o = 0; o < width; o++)
                sums[o] += factors[i] * weights[o];
        return;
    }
    float own[LANES]; // of which the compiler knows that nothing else is there
    memcpy(own, sums, sizeof own);
    for (int i = 0; i < count; i++, weights += columns) {
        const float factor = factors[i];
        for (int o = 0; o < LANES; o++)
            own[o] += factor * weights[o];
    }
    memcpy(sums, own, sizeof own);
}

// out[o] = relu(bias[o] + sum over i of in[i] * weights[i][o])
static void dense_relu(const float *in, int inputs, const float *weights, const float *bias, int outputs, float *out)
{
    for (int at = 0; at < outputs; at += LANES) {
        const int width = outputs - at < LANES ? outputs - at : LANES;
        float sums[LANES] = {0};
        for (int o = 0; o < width && bias; o++)
            sums[o] = bias[at + o];
        add_products(in, inputs, weights + at, outputs, width, sums);
        for (int o = 0; o < width; o++)
            out[at + o] = sums[o] > 0 ? sums[o] : 0;
    }
}

// out[c] = sum over k of weights[k][c] * in[k][c], c < width <= LANES.
static void add_taps(const float *weights, int weight_columns, const float *in, int in_columns, int rows, int width,
                     float *out)
{
    float own[LANES] = {0};
    for (int k = 0; k < rows; k++, weights += weight_columns, in += in_columns)
        if (width == LANES)
            for (int c = 0; c < LANES; c++)
                own[c] += weights[c] * in[c];
        else
            for (int c = 0; c < width; c++)
                own[c] += weights[c] * in[c];
    memcpy(out, own, (size_t)width * sizeof *out);
}

// One output row of a MixConv; `in` is the oldest of `reach` rows. Group g uses the last kernels[g] of them.
static void mixconv(const struct network *network, int block, const float *in, float *out)
{
    const struct nn_config *config = &network->config;
    int channels = nn_block_channels(config, block), reach = nn_block_reach(config, block), at = 0;
    for (int g = 0; g < config->kernel_count[block]; g++) {
        int width = group_channels(config, block, g), rows = config->kernels[block][g];
        const float *weights = network->depthwise[block][g], *row = in + (reach - rows) * channels + at;
        for (int c = 0; c < width; c += LANES)
            add_taps(weights + c, width, row + c, channels, rows, width - c < LANES ? width - c : LANES, out + at + c);
        at += width;
    }
}

static void keep_ring(float *rows, int ring, int steps, int columns)
{
    memmove(rows, rows + (size_t)steps * (size_t)columns, (size_t)ring * (size_t)columns * sizeof *rows);
}

static void run_chunk(const struct job *job, struct worker *worker, const uint16_t *rows, int steps)
{
    const struct network *network = job->network;
    const struct nn_config *config = &network->config;
    int fresh = steps * config->stride * NN_FEATURES, kept = config->first_kernel - config->stride;
    for (int i = 0; i < fresh; i++)
        worker->features[kept * NN_FEATURES + i] = job->real[frontend_int8(rows[i]) + 128];
    int channels = config->first_filters;
    float *out = worker->stage[0] + ring_rows(config, 0) * channels;
    for (int t = 0; t < steps; t++)
        dense_relu(worker->features + t * config->stride * NN_FEATURES, config->first_kernel * NN_FEATURES,
                   network->first, NULL, channels, out + t * channels);
    spread_add(&worker->spreads[FIRST_OUTPUT], out, (size_t)(steps * channels));
    keep_ring(worker->features, kept, steps * config->stride, NN_FEATURES);

    for (int i = 0; i < config->blocks; i++) {
        int outputs = config->filters[i];
        out = worker->stage[i + 1] + ring_rows(config, i + 1) * outputs;
        for (int t = 0; t < steps; t++) {
            float *z = worker->depthwise + t * channels;
            mixconv(network, i, worker->stage[i] + t * channels, z);
            dense_relu(z, channels, network->pointwise[i], network->bias[i], outputs, out + t * outputs);
        }
        spread_add(&worker->spreads[depthwise_output(i)], worker->depthwise, (size_t)(steps * channels));
        spread_add(&worker->spreads[block_output(i)], out, (size_t)(steps * outputs));
        keep_ring(worker->stage[i], ring_rows(config, i), steps, channels);
        channels = outputs;
    }

    for (int t = 0; t < steps; t++) {
        const float *in = worker->stage[config->blocks] + t * channels;
        float sum = network->dense_bias;
        for (int i = 0; i < config->tail * channels; i++)
            sum += network->dense[i] * in[i];
        worker->logits[t] = sum;
    }
    spread_add(&worker->spreads[logit_output(config)], worker->logits, (size_t)steps);
    keep_ring(worker->stage[config->blocks], config->tail - 1, steps, channels);
}

static void run_track(void *context, size_t index, int number)
{
    struct job *job = context;
    struct worker *worker = &job->workers[number];
    const struct nn_config *config = &job->network->config;
    const struct quantize_track *track = &job->tracks[index];
    worker_reset(worker, config);
    size_t row = (size_t)config->stride * NN_FEATURES, steps = track->row_count / (size_t)config->stride;
    for (size_t at = 0; at < steps; at += CHUNK)
        run_chunk(job, worker, track->rows + at * row, (int)(steps - at < CHUNK ? steps - at : CHUNK));
}

static void add_up(const struct worker *workers, int worker_count, int activations, struct spreads *spreads)
{
    for (int a = 0; a < activations; a++) {
        struct spread *sum = &spreads->of[a];
        sum->low = INFINITY;
        sum->high = -INFINITY;
        for (int w = 0; w < worker_count; w++) {
            const struct spread *part = &workers[w].spreads[a];
            for (size_t i = 0; i < BINS; i++)
                sum->counts[i] += part->counts[i];
            sum->low = fminf(sum->low, part->low);
            sum->high = fmaxf(sum->high, part->high);
        }
    }
    spreads->steps = (size_t)spread_total(&spreads->of[activations - 1]);
}

int calibrate(const struct network *network, const struct quantize_track *tracks, size_t track_count, struct pool *pool,
              struct spreads *spreads, struct error *error)
{
    const struct nn_config *config = &network->config;
    int code = 0, threads = pool_threads(pool), activations = logit_output(config) + 1;
    struct job job = {.network = network, .tracks = tracks};
    for (int i = 0; i < 256; i++)
        job.real[i] = (float)i * 26.0f / 255.0f;
    spreads->of = array_alloc((size_t)activations, sizeof *spreads->of);
    job.workers = array_alloc((size_t)threads, sizeof *job.workers);
    if (!spreads->of || !job.workers) {
        code = error_memory(error, "calibration");
        goto done;
    }
    for (int i = 0; i < threads; i++)
        TRY_GOTO(worker_open(&job.workers[i], config, error), done);
    pool_run(pool, track_count, run_track, &job);
    add_up(job.workers, threads, activations, spreads);
    if (spreads->steps == 0)
        code = error_set(error, ERROR_USAGE, "quantising needs features to calibrate with, and there are none");
done:
    for (int i = 0; job.workers && i < threads; i++)
        worker_close(&job.workers[i]);
    free(job.workers);
    return code;
}
