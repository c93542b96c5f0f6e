// SPDX-License-Identifier: GPL-3.0-or-later
// detect: what the device decides. Sliding window over output bytes, cutoff, cool-down (ESPHome 2025.5 and later).
#ifndef WAKESMITH_DETECT_H
#define WAKESMITH_DETECT_H

#include "base/base.h"
#include "frontend/frontend.h"
#include "tflite/tflite.h"

enum { DETECT_MAX_WINDOW = 64, DETECT_COOL_DOWN = 100 };

// Source of the rule: ESPHome's micro_wake_word/streaming_model.cpp.
struct detector {
    uint8_t ring[DETECT_MAX_WINDOW]; // the last `window` output bytes; zeros at start and after a detection
    int window, next, sum;           // next: where the next byte goes; sum of the ring
    uint8_t cutoff, newest;          // newest: last byte in the ring
    int counter;                     // fires only at 0; -100 at start and after a detection
    bool unread;                     // the ring has a byte that step 3 has not looked at
    int fired_sum;                   // sum of the ring at the last detection
};
// (int)(cutoff * 255), as the firmware is built; outside [0, 1] the nearest of 0 and 255, which never fires.
uint8_t detect_cutoff_byte(double cutoff);
// A fresh detector. `window` is taken into 1 .. DETECT_MAX_WINDOW.
void detector_init(struct detector *detector, uint8_t cutoff, int window);
// One feature row. `fresh`: an inference was made with this row and gave `byte`. True: the device fires here.
bool detector_row(struct detector *detector, bool fresh, uint8_t byte);

// The whole chain on live PCM: front end, model, detector. `model` must outlive the stream. ERROR_USAGE for a
// window outside 1 .. DETECT_MAX_WINDOW, ERROR_MEMORY, or what tflite_runtime_open says of the model.
struct detect_stream;
int detect_stream_open(struct detect_stream **stream, const struct tflite_model *model, uint8_t cutoff, int window,
                       struct error *error);
void detect_stream_close(struct detect_stream *stream);
void detect_stream_reset(struct detect_stream *stream);        // as just opened
// Another cutoff from the next row on; another window (taken into range), too, begins with an empty ring.
void detect_stream_tune(struct detect_stream *stream, uint8_t cutoff, int window);
int detect_stream_stride(const struct detect_stream *stream);  // feature rows per inference
typedef void detect_hit(void *context, uint64_t row, int sum); // feature row (from 0) at which the device fires
// Takes samples in any chunks; calls `hit` for every detection (NULL: none).
void detect_stream_push(struct detect_stream *stream, const int16_t *samples, size_t count, detect_hit *hit,
                        void *context);
uint64_t detect_stream_rows(const struct detect_stream *stream); // feature rows made so far
// Newest output byte (0 before the first inference) and ring sum over 255 * window: what a live meter shows.
uint8_t detect_stream_newest(const struct detect_stream *stream);
double detect_stream_mean(const struct detect_stream *stream);

// Output bytes of a fresh model over whole features rows[row_count][40]: bytes[row_count / stride], for rows left
// over none. Resets the runtime first. Returns their number.
size_t detect_bytes(struct tflite_runtime *runtime, const int8_t *rows, size_t row_count, uint8_t *bytes);
// Largest ring sum over a clip from a fresh state, without waiting time (the clip score).
int detect_max_sum(const uint8_t *bytes, size_t count, int window);
// Detections of a fresh detector over one stream of bytes with the device's cool-down; stride rows per byte. The
// feature rows of the first max_hits of them go to rows_hit, which may be NULL. Returns how many there are in all.
size_t detect_count(const uint8_t *bytes, size_t count, int stride, uint8_t cutoff, int window, uint64_t *rows_hit,
                    size_t max_hits);

#endif
