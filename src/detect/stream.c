// SPDX-License-Identifier: GPL-3.0-or-later
#include "detect/detect.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 16 * FRONTEND_STEP, MAX_STRIDE = 16 }; // samples pushed at a time; rows that one inference may need

struct detect_stream {
    struct frontend frontend;
    struct tflite_runtime *runtime;
    struct detector detector;
    int stride, filled;                           // rows that an inference needs; rows that wait for one
    int8_t input[MAX_STRIDE * FRONTEND_CHANNELS]; // [stride][40]
    uint16_t rows[(PIECE / FRONTEND_STEP + 1) * FRONTEND_CHANNELS];
    uint64_t row_count;
};

int detect_stream_open(struct detect_stream **stream, const struct tflite_model *model, uint8_t cutoff, int window,
                       struct error *error)
{
    *stream = NULL;
    if (window < 1 || window > DETECT_MAX_WINDOW)
        return error_set(error, ERROR_USAGE, "the sliding window must be 1 to %d, not %d", DETECT_MAX_WINDOW, window);
    struct detect_stream *made = array_alloc(1, sizeof(*made));
    if (!made)
        return error_memory(error, "a detector");
    int code;
    TRY_GOTO(tflite_runtime_open(&made->runtime, model, cpu_level(), error), fail);
    made->stride = tflite_runtime_stride(made->runtime);
    if (made->stride < 1 || made->stride > MAX_STRIDE) {
        code = error_set(error, ERROR_FORMAT, "the model takes %d rows at a time; 1 to %d can be served", made->stride,
                         MAX_STRIDE);
        goto fail;
    }
    detector_init(&made->detector, cutoff, window);
    *stream = made;
    return 0;
fail:
    detect_stream_close(made);
    return code;
}

void detect_stream_close(struct detect_stream *stream)
{
    if (!stream)
        return;
    tflite_runtime_close(stream->runtime);
    free(stream);
}

void detect_stream_reset(struct detect_stream *stream)
{
    frontend_reset(&stream->frontend);
    tflite_runtime_reset(stream->runtime);
    detector_init(&stream->detector, stream->detector.cutoff, stream->detector.window);
    stream->filled = 0;
    stream->row_count = 0;
}

void detect_stream_tune(struct detect_stream *stream, uint8_t cutoff, int window)
{
    if (window == stream->detector.window)
        stream->detector.cutoff = cutoff;
    else
        detector_init(&stream->detector, cutoff, window);
}

int detect_stream_stride(const struct detect_stream *stream)
{
    return stream->stride;
}

// One feature row; true when the device fires at it.
static bool take_row(struct detect_stream *stream, const uint16_t *row)
{
    frontend_quantize(row, FRONTEND_CHANNELS, stream->input + stream->filled++ * FRONTEND_CHANNELS);
    stream->row_count++;
    if (stream->filled < stream->stride)
        return detector_row(&stream->detector, false, 0);
    stream->filled = 0;
    return detector_row(&stream->detector, true, tflite_runtime_step(stream->runtime, stream->input));
}

void detect_stream_push(struct detect_stream *stream, const int16_t *samples, size_t count, detect_hit *hit,
                        void *context)
{
    while (count > 0) {
        size_t piece = count < PIECE ? count : PIECE;
        size_t made = frontend_push(&stream->frontend, samples, piece, stream->rows);
        for (size_t i = 0; i < made; i++) {
            if (take_row(stream, stream->rows + i * FRONTEND_CHANNELS) && hit)
                hit(context, stream->row_count - 1, stream->detector.fired_sum);
        }
        samples += piece;
        count -= piece;
    }
}

uint64_t detect_stream_rows(const struct detect_stream *stream)
{
    return stream->row_count;
}

uint8_t detect_stream_newest(const struct detect_stream *stream)
{
    return stream->detector.newest;
}

double detect_stream_mean(const struct detect_stream *stream)
{
    return stream->detector.sum / (255.0 * stream->detector.window);
}

size_t detect_bytes(struct tflite_runtime *runtime, const int8_t *rows, size_t row_count, uint8_t *bytes)
{
    size_t stride = (size_t)tflite_runtime_stride(runtime);
    size_t steps = row_count / stride;
    tflite_runtime_reset(runtime);
    for (size_t i = 0; i < steps; i++)
        bytes[i] = tflite_runtime_step(runtime, rows + i * stride * FRONTEND_CHANNELS);
    return steps;
}
