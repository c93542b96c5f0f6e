// SPDX-License-Identifier: GPL-3.0-or-later
// Streamed inference. Each stage keeps the last rows of its input (spec quantization-and-tflite 4) and works on a
// chunk of many steps at once, which is exact since nothing is padded: state rows, then the chunk's rows.
#include "nn/nn_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 128 }; // steps; the rows of a stage stay in the second-level cache

struct nn_stream {
    struct nn_plan plan;
    const struct nn_kernels *kernels;
    struct arena arena;
    float *packed;
    float *scale[NN_MAX_BLOCKS], *shift[NN_MAX_BLOCKS]; // batch norm with moving statistics, folded
    struct nn_taps dense_taps;
    float bias;
    int state[NN_MAX_BLOCKS + 1]; // rows kept before block i; before the dense layer
};

struct nn_stream_scratch {
    struct arena arena;
    float *features;             // [K0 - stride + CHUNK * stride][40]
    float *a[NN_MAX_BLOCKS + 1]; // [state + CHUNK][wide], input of block i; of the dense layer
    float *z, *v;                // [CHUNK][widest]
};

static float *floats(struct arena *arena, int rows, int columns)
{
    return arena_alloc(arena, (size_t)rows * (size_t)columns * sizeof(float), 64);
}

static int fold(struct nn_stream *stream, const struct nn_weights *weights, struct error *error)
{
    const struct nn_plan *plan = &stream->plan;
    for (int i = 0; i < plan->config.blocks; i++) {
        stream->scale[i] = floats(&stream->arena, 1, plan->wide[i + 1]);
        stream->shift[i] = floats(&stream->arena, 1, plan->wide[i + 1]);
        if (!stream->scale[i] || !stream->shift[i])
            return error_memory(error, "folded weights");
        for (int c = 0; c < plan->config.filters[i]; c++) {
            double scale = (double)weights->gamma[i][c] / sqrt((double)weights->variance[i][c] + NN_EPSILON);
            stream->scale[i][c] = (float)scale;
            stream->shift[i][c] = (float)((double)weights->beta[i][c] - (double)weights->mean[i][c] * scale);
        }
    }
    return 0;
}

int nn_stream_open(struct nn_stream **out, const struct nn_weights *weights, enum cpu_level level, struct error *error)
{
    *out = NULL;
    struct nn_stream *stream = array_alloc(1, sizeof *stream);
    if (!stream)
        return error_memory(error, "a network for streams");
    struct nn_plan *plan = &stream->plan;
    nn_plan_make(plan, weights);
    stream->kernels = nn_kernels_for(level);
    stream->bias = *weights->dense_bias;
    int last = plan->config.blocks;
    for (int i = 0; i < last; i++)
        stream->state[i] = plan->reach[i] - 1;
    stream->state[last] = plan->config.tail - 1;
    for (int lanes = 0; lanes < plan->wide[last] / LANE_BLOCK; lanes++)
        stream->dense_taps.count[lanes] = plan->config.tail;
    stream->packed = floats(&stream->arena, 1, (int)plan->size);
    int code = stream->packed ? fold(stream, weights, error) : error_memory(error, "folded weights");
    if (code < 0) {
        nn_stream_close(stream);
        return code;
    }
    nn_pack(plan, weights, stream->packed);
    *out = stream;
    return 0;
}

void nn_stream_close(struct nn_stream *stream)
{
    if (!stream)
        return;
    arena_free(&stream->arena);
    free(stream);
}

int nn_stream_scratch_open(struct nn_stream_scratch **out, const struct nn_stream *stream, struct error *error)
{
    *out = NULL;
    const struct nn_plan *plan = &stream->plan;
    struct nn_stream_scratch *scratch = array_alloc(1, sizeof *scratch);
    if (!scratch)
        return error_memory(error, "rows of a stream");
    int widest = 0;
    bool failed = false;
    for (int i = 0; i <= plan->config.blocks; i++) {
        scratch->a[i] = floats(&scratch->arena, stream->state[i] + CHUNK, plan->wide[i]);
        widest = plan->wide[i] > widest ? plan->wide[i] : widest;
        failed |= !scratch->a[i];
    }
    scratch->features = floats(&scratch->arena, plan->config.first_kernel + CHUNK * plan->config.stride, NN_FEATURES);
    scratch->z = floats(&scratch->arena, CHUNK, widest);
    scratch->v = floats(&scratch->arena, CHUNK, widest);
    if (failed || !scratch->features || !scratch->z || !scratch->v) {
        nn_stream_scratch_close(scratch);
        return error_memory(error, "rows of a stream");
    }
    *out = scratch;
    return 0;
}

void nn_stream_scratch_close(struct nn_stream_scratch *scratch)
{
    if (!scratch)
        return;
    arena_free(&scratch->arena);
    free(scratch);
}

// Moves the last `state` rows to the front: they come before the next chunk.
static void keep_state(float *rows, int state, int steps, int wide)
{
    memmove(rows, rows + (size_t)steps * (size_t)wide, (size_t)state * (size_t)wide * sizeof *rows);
}

static void run_chunk(const struct nn_stream *stream, struct nn_stream_scratch *scratch, const uint16_t *rows,
                      int steps, float *logits)
{
    const struct nn_plan *plan = &stream->plan;
    const struct nn_config *config = &plan->config;
    const struct nn_kernels *k = stream->kernels;
    int wide = plan->wide[0], step = config->stride * NN_FEATURES, kept = config->first_kernel - config->stride;
    float *a = scratch->a[0] + stream->state[0] * wide;
    struct nn_ahead nothing = {(const char *)a, (const char *)a};
    k->features((size_t)(steps * step), rows, scratch->features + kept * NN_FEATURES);
    k->multiply(steps, wide, config->first_kernel * NN_FEATURES, scratch->features, (size_t)step,
                stream->packed + plan->first, a, &nothing);
    k->relu((size_t)(steps * wide), a);
    keep_state(scratch->features, kept, steps * config->stride, NN_FEATURES);
    for (int i = 0; i < config->blocks; i++) {
        int out = plan->wide[i + 1];
        k->depthwise(steps, wide, &plan->taps[i], scratch->a[i], stream->packed + plan->depthwise[i], scratch->z);
        k->multiply(steps, out, wide, scratch->z, (size_t)wide, stream->packed + plan->pointwise[i], scratch->v,
                    &nothing);
        k->scale_relu(steps, out, scratch->v, stream->scale[i], stream->shift[i],
                      scratch->a[i + 1] + stream->state[i + 1] * out);
        keep_state(scratch->a[i], stream->state[i], steps, wide);
        wide = out;
    }
    // The dense layer slides over T rows: a depthwise convolution with its weights, summed over channels.
    k->depthwise(steps, wide, &stream->dense_taps, scratch->a[config->blocks], stream->packed + plan->dense,
                 scratch->z);
    keep_state(scratch->a[config->blocks], config->tail - 1, steps, wide);
    k->sum_rows(steps, wide, scratch->z, logits);
    for (int i = 0; i < steps; i++)
        logits[i] += stream->bias;
}

void nn_stream_run(const struct nn_stream *stream, struct nn_stream_scratch *scratch, const uint16_t *rows,
                   size_t row_count, float *logits)
{
    const struct nn_config *config = &stream->plan.config;
    memset(scratch->features, 0, (size_t)((config->first_kernel - config->stride) * NN_FEATURES) * sizeof(float));
    for (int i = 0; i <= config->blocks; i++)
        memset(scratch->a[i], 0, (size_t)(stream->state[i] * stream->plan.wide[i]) * sizeof(float));
    size_t steps = row_count / (size_t)config->stride;
    for (size_t at = 0; at < steps; at += CHUNK) {
        int count = steps - at < CHUNK ? (int)(steps - at) : CHUNK;
        run_chunk(stream, scratch, rows + at * (size_t)(config->stride * NN_FEATURES), count, logits + at);
    }
}
