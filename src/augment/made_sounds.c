// SPDX-License-Identifier: GPL-3.0-or-later
// What beeps, rings, clicks and knocks in a home, from formulas: a wake word must not wake on it.
#include "augment/augment_internal.h"

#include <math.h>
#include <string.h>

enum { LONGEST = 24000, PARTIALS = 4 };

// Attack and decay without clicks of their own: 5 ms each.
static double envelope(size_t i, size_t count)
{
    double edge = fmin((double)i, (double)(count - 1 - i)) / 80;
    return fmin(1, edge);
}

// One tone or a chord, steady or gliding; with a decay it rings like a bell.
static size_t tone(struct rng *rng, float *x)
{
    size_t count = (size_t)(rng_log_range(rng, 0.05, 1.5) * SAMPLE_RATE);
    int partials = 1 + (int)rng_below(rng, PARTIALS);
    double decay = rng_chance(rng, 0.4) ? rng_log_range(rng, 2, 20) / SAMPLE_RATE : 0;
    double glide = rng_chance(rng, 0.4) ? rng_range(rng, -1.5, 1.5) : 0; // octaves
    memset(x, 0, count * sizeof *x);
    for (int p = 0; p < partials; p++) {
        double hertz = rng_log_range(rng, 120, 4500), phase = 0, level = rng_range(rng, 0.2, 1);
        for (size_t i = 0; i < count; i++) {
            double now = hertz * exp2(glide * (double)i / (double)count);
            phase += 2 * M_PI * fmin(now, 7500) / SAMPLE_RATE;
            x[i] += (float)(level * sin(phase) * exp(-decay * (double)i) * envelope(i, count));
        }
    }
    return count;
}

// A few beeps of one pitch, as of a microwave oven or an alarm.
static size_t beeps(struct rng *rng, float *x)
{
    size_t on = (size_t)(rng_range(rng, 0.04, 0.25) * SAMPLE_RATE),
           off = (size_t)(rng_range(rng, 0.04, 0.25) * SAMPLE_RATE);
    double hertz = rng_log_range(rng, 600, 4200), square = rng_range(rng, 0.5, 6);
    size_t count = 0;
    for (uint32_t i = 1 + rng_below(rng, 4); i > 0 && count + on + off <= LONGEST; i--) {
        for (size_t k = 0; k < on; k++)
            x[count + k] = (float)(tanh(square * sin(2 * M_PI * hertz * (double)k / SAMPLE_RATE)) * envelope(k, on));
        memset(x + count + on, 0, off * sizeof *x);
        count += on + off;
    }
    return count;
}

// A blow on something that resonates: a click when it is short and high, a knock when it is low.
static size_t knock(struct rng *rng, float *x, size_t begin)
{
    size_t count = (size_t)(rng_log_range(rng, 0.005, 0.25) * SAMPLE_RATE);
    double hertz = rng_log_range(rng, 80, 5000), decay = 6.9 / (double)count, noise = rng_unit(rng), state = 0;
    for (size_t i = 0; i < count && begin + i < LONGEST; i++) {
        state += 0.5 * (rng_range(rng, -1, 1) - state);
        double ring = sin(2 * M_PI * hertz * (double)i / SAMPLE_RATE);
        x[begin + i] += (float)(exp(-decay * (double)i) * (noise * state + (1 - noise) * ring));
    }
    return begin + count < LONGEST ? begin + count : LONGEST;
}

// One or several blows, in a rhythm or not: fingers on a table, keys, cutlery.
static size_t knocks(struct rng *rng, float *x)
{
    size_t begin = 0, end = 0;
    double pause = rng_log_range(rng, 0.03, 0.4);
    memset(x, 0, LONGEST * sizeof *x);
    for (uint32_t i = 1 + rng_below(rng, 8); i > 0 && begin < LONGEST; i--) {
        size_t here = knock(rng, x, begin);
        end = here > end ? here : end;
        begin += (size_t)(pause * rng_range(rng, 0.7, 1.3) * SAMPLE_RATE);
    }
    return end;
}

void augment_made_sounds(struct rng *rng, int16_t *samples, size_t count)
{
    static size_t (*const makers[])(struct rng * rng, float *x) = {tone, beeps, knocks};
    float x[LONGEST];
    memset(samples, 0, count * sizeof *samples);
    for (size_t at = 0;;) {
        size_t length = makers[rng_below(rng, COUNT_OF(makers))](rng, x);
        double peak = (double)level_peak(x, length);
        double gain = peak > 0 ? INT16_PEAK * from_db(rng_range(rng, -30, -3)) / peak : 0;
        if (at + length > count)
            return;
        for (size_t i = 0; i < length; i++)
            samples[at + i] = (int16_t)lrint(gain * (double)x[i]);
        at += length + (size_t)(rng_log_range(rng, 0.05, 1.5) * SAMPLE_RATE);
    }
}
