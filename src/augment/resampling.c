// SPDX-License-Identifier: GPL-3.0-or-later
// Resampling by a table of windowed sincs: 24 taps are plenty for speech that is made worse anyway, and ten
// times faster than a mastering-grade resampler.
#include "augment/augment_internal.h"

#include <math.h>
#include <string.h>

#define PASSBAND 0.95 // of the lower one of both Nyquist frequencies

static int cutoff_index(double step)
{
    return (int)(PASSBAND / fmax(step, 1) * 50);
}

void resampling_init(struct resampling *resampling)
{
    const double half = RESAMPLING_TAPS / 2;
    for (int c = cutoff_index(RESAMPLING_MAX_STEP); c < RESAMPLING_CUTOFFS; c++)
        for (int phase = 0; phase <= RESAMPLING_PHASES; phase++)
            for (int k = 0; k < RESAMPLING_TAPS; k++) {
                double t = k - half + 1 - (double)phase / RESAMPLING_PHASES, cutoff = c / 50.0;
                double window = fabs(t) < half ? 0.5 + 0.5 * cos(M_PI * t / half) : 0;
                double sinc = fabs(t) < 1e-9 ? cutoff : sin(M_PI * t * cutoff) / (M_PI * t);
                resampling->kernel[c][phase][k] = (float)(sinc * window);
            }
}

typedef float vector __attribute__((vector_size(16)));

static inline vector load(const float *x)
{
    vector v;
    memcpy(&v, x, sizeof v);
    return v;
}

size_t resampling_run(const struct resampling *resampling, const float *x, size_t count, double step, float *y,
                      size_t limit)
{
    const float(*kernel)[RESAMPLING_TAPS] = resampling->kernel[cutoff_index(step)];
    size_t outputs = (size_t)((double)count / step);
    if (outputs > limit)
        outputs = limit;
    for (size_t i = 0; i < outputs; i++) {
        double at = (double)i * step;
        size_t whole = (size_t)at;
        const float *taps = kernel[(int)((at - (double)whole) * RESAMPLING_PHASES + 0.5)];
        const float *from = x + whole - (RESAMPLING_TAPS / 2 - 1);
        vector sum = {0};
        for (int k = 0; k < RESAMPLING_TAPS; k += 4)
            sum += load(from + k) * load(taps + k);
        y[i] = sum[0] + sum[1] + (sum[2] + sum[3]);
    }
    return outputs;
}
