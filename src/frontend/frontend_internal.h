// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the front end: one body makes one row from one window. The plain body is the reference; the fast ones
// (fast_body.h, compiled per instruction set) give the same bits.
#ifndef WAKESMITH_FRONTEND_INTERNAL_H
#define WAKESMITH_FRONTEND_INTERNAL_H

#include "frontend/frontend.h"

enum {
    FFT_SIZE = 256,                // complex points: 512 real ones in pairs
    BANDS = FRONTEND_CHANNELS + 1, // mel bands; what falls into the first one's lower half is dropped
    FIRST_BIN = 5,
    LAST_BIN = 240,
    LOG_SEGMENTS = 128,
};

// Fixed-point parameters, all as the device's defaults.
enum {
    NOISE_BITS = 14,        // 1.0 of the three shares below
    NOISE_SHARE_EVEN = 409, // 0.025: how fast the estimate follows, even channels
    NOISE_SHARE_ODD = 983,  // 0.06: odd channels
    NOISE_KEEP = 819,       // 0.05: share of the signal that noise reduction never takes away
    NOISE_SMOOTHING_BITS = 10,
    GAIN_FRACTION_BITS = 10,
    SNR_SHIFT = 6,
    SNR_SQUARE_LIMIT = 8192, // below: square law; above: linear
    LOG_CORRECTION_BITS = 3,
    LOG_LN2 = 45426, // ln 2, 65536 = 1
    LOG_SCALE_SHIFT = 6,
};

struct complex16 {
    int16_t re, im;
};
struct gain_octave { // gain = base + slope * t + curve * t^2, t in [0, 1) over the octave
    int16_t base, slope, curve;
};

extern const int16_t frontend_window[FRONTEND_WINDOW];
extern const uint8_t frontend_band[BANDS + 1];
extern const int16_t frontend_weight[LAST_BIN - FIRST_BIN + 1];
extern const struct complex16 frontend_twiddle[FFT_SIZE];
extern const struct complex16 frontend_real_twiddle[FFT_SIZE / 2];
extern const struct gain_octave frontend_gain[33];
extern const int16_t frontend_log[LOG_SEGMENTS + 1];

// One window of FRONTEND_WINDOW samples to one row of FRONTEND_CHANNELS; updates the noise estimate.
typedef void frontend_body(uint32_t *estimate, const int16_t *window, uint16_t *row);
frontend_body frontend_row_plain, frontend_row_avx2, frontend_row_avx512;
// Cuts samples into windows and gives each to `body`.
size_t frontend_push_body(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows,
                          frontend_body *body);

#endif
