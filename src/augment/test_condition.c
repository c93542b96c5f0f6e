// SPDX-License-Identifier: GPL-3.0-or-later
// The noisy test sets of the protocol: fixed definitions, so that figures of different times can be compared.
#include "augment/augment_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOUDEST_WINDOW = 8000, PINK_RUN_IN = 8000, TALKERS = 3 };

// RMS of the loudest LOUDEST_WINDOW samples in a row, of all if there are fewer.
static double loudest_rms(const int16_t *clip, size_t count)
{
    size_t window = count < LOUDEST_WINDOW ? count : LOUDEST_WINDOW;
    int64_t energy = 0, best = 0;
    for (size_t i = 0; i < count; i++) {
        energy += clip[i] * clip[i];
        if (i >= window)
            energy -= clip[i - window] * clip[i - window];
        best = energy > best ? energy : best;
    }
    return window ? sqrt((double)best / (double)window) : 0;
}

static void draw_white(struct rng *rng, float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int k = 0; k < 12; k++)
            sum += rng_unit(rng);
        x[i] = (float)(sum - 6);
    }
}

static void make_pink(struct rng *rng, float *noise, size_t count)
{
    float run_in[PINK_RUN_IN];
    struct pink pink = {0};
    draw_white(rng, run_in, PINK_RUN_IN);
    pink_run(&pink, run_in, PINK_RUN_IN);
    draw_white(rng, noise, count);
    pink_run(&pink, noise, count);
}

// Chains of random clips, each brought to RMS 1, the first one entered at a random point of its first half.
static void make_babble(struct rng *rng, const struct sound *talkers, size_t talker_count, float *noise, size_t count)
{
    memset(noise, 0, count * sizeof *noise);
    for (int talker = 0; talker < TALKERS; talker++) {
        bool first = true;
        for (size_t at = 0; at < count; first = false) {
            const struct sound *sound = &talkers[rng_below(rng, (uint32_t)talker_count)];
            size_t from = first ? rng_below(rng, (uint32_t)(sound->count / 2)) : 0;
            double energy = 1; // silent clips stay silent
            for (size_t i = 0; i < sound->count; i++)
                energy += (double)(sound->samples[i] * sound->samples[i]);
            float gain = (float)(1 / sqrt(energy / (double)sound->count));
            for (; from < sound->count && at < count; from++, at++)
                noise[at] += gain * sound->samples[from];
        }
    }
}

static bool can_babble(const struct sound *talkers, size_t talker_count)
{
    for (size_t i = 0; i < talker_count; i++)
        if (talkers[i].count == 0)
            return false;
    return talker_count > 0 && talker_count <= UINT32_MAX;
}

int augment_test_condition(enum test_noise noise, double snr_db, uint64_t seed, const int16_t *clip, size_t count,
                           const struct sound *talkers, size_t talker_count, int16_t *pcm, struct error *error)
{
    size_t samples = count + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER;
    if (noise == TEST_BABBLE && !can_babble(talkers, talker_count))
        return error_set(error, ERROR_USAGE, "babble needs recordings of talkers, none of them empty");
    float *mixed = array_alloc(samples, sizeof *mixed);
    if (!mixed)
        return error_memory(error, "a test clip");
    struct rng rng = rng_make(seed, 0);
    if (noise == TEST_PINK)
        make_pink(&rng, mixed, samples);
    else if (noise == TEST_BABBLE)
        make_babble(&rng, talkers, talker_count, mixed, samples);
    double level = level_rms(mixed, samples);
    double gain = level > 0 ? loudest_rms(clip, count) / level * from_db(-snr_db) : 0;
    for (size_t i = 0; i < samples; i++)
        mixed[i] *= (float)gain;
    for (size_t i = 0; i < count; i++)
        mixed[AUGMENT_PAD_BEFORE + i] += clip[i];
    float peak = level_peak(mixed, samples), scale = 1;
    if (noise != TEST_CLEAN && peak > (float)INT16_PEAK)
        scale = (float)INT16_PEAK / peak;
    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)lrintf(mixed[i] * scale);
    free(mixed);
    return 0;
}
