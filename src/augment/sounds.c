// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded or synthesised sounds behind the speaker: stretches of one kind, and babble of several talkers.
#include "augment/augment_internal.h"

#include <math.h>

#define HISS_RMS 20.0 // int16 steps: nearly silent stretches are not blown up beyond this

// Index of a sound, long ones more often.
static size_t pick(const struct sound_shelf *shelf, struct rng *rng)
{
    uint64_t at = (uint64_t)(rng_unit(rng) * (double)shelf->ends[shelf->count - 1]);
    size_t low = 0, high = shelf->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (shelf->ends[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void sounds_fill(const struct sound_shelf *shelf, struct rng *rng, float *x, size_t count)
{
    for (size_t done = 0; done < count;) {
        const struct sound *sound = &shelf->sounds[pick(shelf, rng)];
        size_t length = sound->count, space = count - done;
        const int16_t *from = sound->samples;
        if (length > space) {
            from += (size_t)(rng_unit(rng) * (double)(length - space + 1));
            length = space;
        }
        int64_t energy = 0;
        for (size_t i = 0; i < length; i++)
            energy += (int64_t)((int32_t)from[i] * from[i]);
        float gain = (float)(1 / (sqrt((double)energy / (double)length) + HISS_RMS));
        for (size_t i = 0; i < length; i++)
            x[done + i] = from[i] * gain;
        done += length;
    }
}

void sounds_babble(const struct sound_shelf *speech, struct rng *rng, float *x, float *talker, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = 0;
    for (uint32_t talkers = 3 + rng_below(rng, 4); talkers > 0; talkers--) {
        sounds_fill(speech, rng, talker, count);
        float gain = (float)from_db(rng_range(rng, -4, 4));
        if (rng_chance(rng, 0.4)) {
            struct equaliser equaliser;
            equaliser_draw(&equaliser, rng, 0.6);
            equaliser_run(&equaliser, talker, count);
        }
        for (size_t i = 0; i < count; i++)
            x[i] += gain * talker[i];
    }
}
