// SPDX-License-Identifier: GPL-3.0-or-later
// The device chain for the page: the rooms frontend, tflite and detect, unchanged, behind a few functions that
// WebAssembly exports (device.ts calls them). Samples go in and results come out through memory inside the handle.
#include "detect/detect.h"

#include <stdlib.h>
#include <string.h>

#define EXPORT(type, name) __attribute__((export_name(#name))) type name

enum { MOST_ROWS = 100, MOST_SAMPLES = MOST_ROWS * FRONTEND_STEP };

// What one feature row brought.
struct heard {
    int32_t byte;      // output byte of the inference made with this row; -1: none was made
    int32_t sum;       // of the ring
    int32_t fired_sum; // sum at which the device fires here; 0: it does not
};

struct device {
    struct tflite_model *model;
    struct detect_stream *stream;
    int window;
    struct error error;
    struct frontend frontend; // of device_features alone
    int16_t samples[MOST_SAMPLES];
    struct heard heard[MOST_ROWS + 1];
    uint16_t features[(MOST_ROWS + 1) * FRONTEND_CHANNELS];
};

EXPORT(struct device *, device_new)(void)
{
    return array_alloc(1, sizeof(struct device));
}

static void unload(struct device *device)
{
    detect_stream_close(device->stream);
    tflite_close(device->model);
    device->stream = NULL;
    device->model = NULL;
}

EXPORT(void, device_close)(struct device *device)
{
    unload(device);
    free(device);
}

// Verifies the model in `bytes` and makes it ready; below 0: device_error says why, and nothing is loaded.
EXPORT(int, device_load)(struct device *device, const void *bytes, size_t size, int cutoff, int window)
{
    unload(device);
    int code = tflite_read(&device->model, bytes, size, &device->error);
    if (code == 0)
        code = detect_stream_open(&device->stream, device->model, (uint8_t)cutoff, window, &device->error);
    if (code < 0)
        unload(device);
    device->window = window;
    return code;
}

EXPORT(const char *, device_error)(const struct device *device)
{
    return device->error.message;
}

EXPORT(int, device_stride)(const struct device *device)
{
    return detect_stream_stride(device->stream);
}

EXPORT(void, device_tune)(struct device *device, int cutoff, int window)
{
    device->window = window < 1 ? 1 : window > DETECT_MAX_WINDOW ? DETECT_MAX_WINDOW : window;
    detect_stream_tune(device->stream, (uint8_t)cutoff, device->window);
}

EXPORT(void, device_reset)(struct device *device)
{
    if (device->stream)
        detect_stream_reset(device->stream);
    frontend_reset(&device->frontend);
}

EXPORT(int16_t *, device_samples)(struct device *device)
{
    return device->samples;
}

EXPORT(int, device_most_samples)(void)
{
    return MOST_SAMPLES;
}

EXPORT(const struct heard *, device_heard)(const struct device *device)
{
    return device->heard;
}

static void note_hit(void *context, uint64_t row, int sum)
{
    (void)row;
    struct heard *heard = context;
    heard->fired_sum = sum;
}

// `count` samples of device_samples; returns the number of rows in device_heard. A hop of samples gives at most one
// row, so that hop by hop every row is seen.
EXPORT(int, device_push)(struct device *device, int count)
{
    int rows = 0, stride = detect_stream_stride(device->stream);
    for (int at = 0; at < count; at += FRONTEND_STEP) {
        int piece = count - at < FRONTEND_STEP ? count - at : FRONTEND_STEP;
        uint64_t before = detect_stream_rows(device->stream);
        struct heard *heard = &device->heard[rows];
        *heard = (struct heard){.byte = -1};
        detect_stream_push(device->stream, device->samples + at, (size_t)piece, note_hit, heard);
        if (detect_stream_rows(device->stream) == before)
            continue;
        if ((before + 1) % (uint64_t)stride == 0)
            heard->byte = detect_stream_newest(device->stream);
        heard->sum = (int32_t)(detect_stream_mean(device->stream) * 255 * device->window + 0.5);
        rows++;
    }
    return rows;
}

EXPORT(const uint16_t *, device_feature_rows)(const struct device *device)
{
    return device->features;
}

// The front end alone: rows of 40 in device_feature_rows; needs no model.
EXPORT(int, device_features)(struct device *device, int count)
{
    return (int)frontend_push(&device->frontend, device->samples, (size_t)count, device->features);
}
