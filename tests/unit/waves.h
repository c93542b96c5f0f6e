// SPDX-License-Identifier: GPL-3.0-or-later
// Tones made and measured, for tests.
#ifndef WAVES_H
#define WAVES_H

#include "audio/audio.h"

#include <math.h>

static inline void tone(int16_t *samples, size_t count, double hertz, double rms)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)lrint(rms * sqrt(2) * sin(2 * M_PI * hertz * (double)i / AUDIO_RATE));
}

// Amplitude of a sine of `hertz` in x by least squares; rest[count]: x without it (NULL: not wanted).
static inline double fit_sine(const float *x, size_t count, double hertz, float *rest)
{
    double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, w = 2 * M_PI * hertz / AUDIO_RATE;
    for (size_t i = 0; i < count; i++) {
        double s = sin(w * (double)i), c = cos(w * (double)i);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x[i] * s;
        xc += x[i] * c;
    }
    double det = ss * cc - sc * sc, a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    for (size_t i = 0; rest && i < count; i++)
        rest[i] = (float)(x[i] - a * sin(w * (double)i) - b * cos(w * (double)i));
    return hypot(a, b);
}

#endif
