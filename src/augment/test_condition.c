// SPDX-License-Identifier: GPL-3.0-or-later
// The noisy test sets of the protocol: fixed definitions, so that figures of different times can be compared.
#include "augment/augment_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOUDEST_WINDOW = 8000, PINK_RUN_IN = 8000, TALKERS = 3 };

// RMS of the loudest LOUDEST_WINDOW samples in a row, of all if there are fewer. Sums of squared int16 are exact.
static double loudest_rms(const float *x, size_t count)
{
    size_t window = count < LOUDEST_WINDOW ? count : LOUDEST_WINDOW;
    double energy = 0, best = 0;
    for (size_t i = 0; i < count; i++) {
        energy += (double)x[i] * (double)x[i];
        if (i >= window)
            energy -= (double)x[i - window] * (double)x[i - window];
        best = energy > best ? energy : best;
    }
    return window ? sqrt(best / (double)window) : 0;
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

// x[count + more]: the clip, heard from afar, as loud as it was.
static void hear_far(const struct test_props *props, struct rng *rng, float *x, size_t count, size_t more)
{
    size_t room = props->bank->room_count + rng_below(rng, AUGMENT_FAR_ROOMS);
    double before = loudest_rms(x, count);
    room_convolve(props->bank, props->scratch, room, x, count, count + more);
    double after = loudest_rms(x, count + more);
    float gain = after > 0 ? (float)(before / after) : 0;
    for (size_t i = 0; i < count + more; i++)
        x[i] *= gain;
}

static int check_props(enum test_noise noise, const struct test_props *props, struct error *error)
{
    if (noise == TEST_BABBLE && !can_babble(props->talkers, props->talker_count))
        return error_set(error, ERROR_USAGE, "babble needs recordings of talkers, none of them empty");
    if (noise == TEST_FAR && !(props->bank && props->scratch))
        return error_set(error, ERROR_USAGE, "a far speaker needs a bank of rooms");
    return 0;
}

int augment_test_condition(enum test_noise noise, double snr_db, uint64_t seed, const int16_t *clip, size_t count,
                           const struct test_props *props, int16_t *pcm, struct error *error)
{
    size_t samples = count + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER;
    TRY(check_props(noise, props, error));
    float *speech = array_alloc(2 * samples, sizeof *speech);
    if (!speech)
        return error_memory(error, "a test clip");
    float *behind = speech + samples, *word = speech + AUGMENT_PAD_BEFORE;
    for (size_t i = 0; i < count; i++)
        word[i] = clip[i];
    struct rng rng = rng_make(seed, 0);
    if (noise == TEST_FAR)
        hear_far(props, &rng, word, count, AUGMENT_PAD_AFTER);
    if (noise == TEST_PINK || noise == TEST_FAR)
        make_pink(&rng, behind, samples);
    else if (noise == TEST_BABBLE)
        make_babble(&rng, props->talkers, props->talker_count, behind, samples);
    double level = level_rms(behind, samples);
    double gain = level > 0 ? loudest_rms(word, samples - AUGMENT_PAD_BEFORE) / level * from_db(-snr_db) : 0;
    for (size_t i = 0; i < samples; i++)
        speech[i] += behind[i] * (float)gain;
    float peak = level_peak(speech, samples), scale = 1;
    if (noise != TEST_CLEAN && peak > (float)INT16_PEAK)
        scale = (float)INT16_PEAK / peak;
    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)lrintf(speech[i] * scale);
    free(speech);
    return 0;
}
