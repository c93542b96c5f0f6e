// SPDX-License-Identifier: GPL-3.0-or-later
// Transforms of levels, noise and rooms.
#include "augment/chain_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE 1e-9 // RMS below which nothing is scaled

static void scale(float *x, size_t count, double gain)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (float)((double)x[i] * gain);
}

static int compare_floats(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

// Linear interpolation between order statistics. `sorted` is scratch of `count`.
static double percentile_of_size(const float *x, size_t count, double percent, float *sorted)
{
    for (size_t i = 0; i < count; i++)
        sorted[i] = fabsf(x[i]);
    qsort(sorted, count, sizeof *sorted, compare_floats);
    double at = percent / 100 * (double)(count - 1);
    size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
    return (double)sorted[low] + (at - (double)low) * ((double)sorted[high] - (double)sorted[low]);
}

bool chain_tanh(const struct chain_context *c, float *x, size_t count)
{
    double distortion = rng_range(c->rng, c->values[0], c->values[1]), before = level_rms(x, count);
    double threshold = percentile_of_size(x, count, 100 - 99 * distortion, c->scratch->word);
    double factor = 0.5 / (threshold + 1e-6);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)tanh((double)x[i] * factor);
    double after = level_rms(x, count);
    if (before > SILENCE && after > 0)
        scale(x, count, before / after);
    return true;
}

// Noise through a filter of 128 taps with the spectrum sqrt(1 / f^beta), beta from dB an octave, and random phases.
enum { TAPS = 128, BINS = TAPS / 2 + 1 };

static void colour_taps(struct rng *rng, double decay, float taps[TAPS])
{
    double real[BINS], imaginary[BINS], beta = -decay / 3.0103; // 10 log10 2
    for (int k = 0; k < BINS; k++) {
        double hertz = k ? SAMPLE_RATE / TAPS * k : 1, size = sqrt(pow(hertz, -beta)),
               phase = rng_range(rng, 0, 2 * M_PI);
        real[k] = size * cos(phase);
        imaginary[k] = size * sin(phase);
    }
    for (int i = 0; i < TAPS; i++) { // inverse transform of a real signal; the ends have no imaginary part
        double sum = real[0] + real[BINS - 1] * (i & 1 ? -1 : 1);
        for (int k = 1; k < BINS - 1; k++)
            sum += 2 * (real[k] * cos(2 * M_PI * k * i / TAPS) - imaginary[k] * sin(2 * M_PI * k * i / TAPS));
        taps[i] = (float)(sum / TAPS);
    }
}

bool chain_colour_noise(const struct chain_context *c, float *x, size_t count)
{
    double snr_db = rng_range(c->rng, c->values[0], c->values[1]);
    float taps[TAPS], *white = c->scratch->behind, *noise = c->scratch->word;
    colour_taps(c->rng, rng_range(c->rng, c->values[2], c->values[3]), taps);
    noise_white(c->rng, white, count);
    for (size_t i = 0; i < count; i++) { // the middle part of the convolution
        float sum = 0;
        for (size_t k = 0; k < TAPS; k++) {
            size_t at = i + TAPS / 2 - 1 - k; // wraps below 0
            sum += at < count ? taps[k] * white[at] : 0;
        }
        noise[i] = sum;
    }
    double rms = level_rms(noise, count), gain = rms > 0 ? level_rms(x, count) * from_db(-snr_db) / rms : 0;
    for (size_t i = 0; i < count; i++)
        x[i] += (float)(gain * (double)noise[i]);
    return true;
}

// Every recording is as likely as any other; what is too short sounds again.
bool chain_background(const struct chain_context *c, float *x, size_t count)
{
    size_t all = 0, pick;
    for (int kind = 0; kind < SOUND_KINDS; kind++)
        all += c->bank->shelves[kind].count;
    double snr_db = rng_range(c->rng, c->values[0], c->values[1]);
    if (!all)
        return false;
    pick = (size_t)(rng_unit(c->rng) * (double)all);
    const struct sound_shelf *shelf = c->bank->shelves;
    while (pick >= shelf->count)
        pick -= shelf++->count;
    const struct sound *sound = &shelf->sounds[pick];
    size_t room = sound->count > count ? sound->count - count : 0;
    size_t begin = (size_t)(rng_unit(c->rng) * (double)(room + 1)),
           length = sound->count < count ? sound->count : count;
    float *noise = c->scratch->behind;
    for (size_t i = 0; i < length; i++)
        noise[i] = (float)sound->samples[begin + i] / 32768.0f;
    double rms = level_rms(noise, length);
    if (rms < SILENCE)
        return false;
    double gain = level_rms(x, count) * from_db(-snr_db) / rms;
    for (size_t i = 0; i < count; i++)
        x[i] += (float)(gain * (double)noise[i % length]);
    return true;
}

bool chain_gain(const struct chain_context *c, float *x, size_t count)
{
    scale(x, count, from_db(rng_range(c->rng, c->values[0], c->values[1])));
    return true;
}

// From one gain to another, linear in dB, over a time that overlaps the clip somewhere.
bool chain_gain_transition(const struct chain_context *c, float *x, size_t count)
{
    double from = rng_range(c->rng, c->values[0], c->values[1]), to = rng_range(c->rng, c->values[0], c->values[1]);
    double length = fmax(1, rng_range(c->rng, c->values[2], c->values[3]) * SAMPLE_RATE);
    double begin = rng_range(c->rng, 1 - length, (double)count - 1);
    for (size_t i = 0; i < count; i++) {
        double along = fmin(1, fmax(0, ((double)i - begin) / length));
        x[i] = (float)((double)x[i] * from_db(from + along * (to - from)));
    }
    return true;
}

// The whole of the convolution decides the level: its highest sample is brought to the peak, then the end is cut.
bool chain_impulse_response(const struct chain_context *c, float *x, size_t count)
{
    if (!c->bank->room_count)
        return false;
    size_t room = rng_below(c->rng, (uint32_t)c->bank->room_count);
    float *whole = c->scratch->tail;
    memcpy(whole, x, count * sizeof *x);
    memset(whole + count, 0, ROOM_SAMPLES * sizeof *x);
    room_convolve(c->bank, c->scratch, room, whole, count, count + ROOM_SAMPLES);
    double peak = (double)level_peak(whole, count + ROOM_SAMPLES);
    if (!(peak > 0))
        return false;
    memcpy(x, whole, count * sizeof *x);
    scale(x, count, c->values[0] / peak);
    return true;
}

bool chain_normalize(const struct chain_context *c, float *x, size_t count)
{
    double peak = (double)level_peak(x, count);
    if (peak < c->values[0])
        return false;
    scale(x, count, 1 / peak);
    return true;
}
