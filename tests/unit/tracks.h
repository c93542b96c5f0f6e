// SPDX-License-Identifier: GPL-3.0-or-later
// Tracks of known bytes, for the tests of evaluate; after cmocka.h.
#ifndef WAKESMITH_TESTS_TRACKS_H
#define WAKESMITH_TESTS_TRACKS_H

#include "evaluate/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.6f is not %.6f", value, expected);
}

// A track of `count` bytes that the caller fills.
static inline uint8_t *add_track(struct track_list *list, size_t count)
{
    list->items = realloc(list->items, (list->count + 1) * sizeof *list->items);
    struct track *track = &list->items[list->count++];
    *track = (struct track){.bytes = calloc(count + 1, 1), .count = count, .rows = count * (size_t)list->stride};
    return track->bytes;
}

static inline void add_clips(struct track_list *list, int clips, uint8_t byte)
{
    for (int i = 0; i < clips; i++)
        memset(add_track(list, 60) + 20, byte, 20);
}

// Bytes that wander, so that every cutoff sees bursts of all lengths.
static inline void wander(struct rng *rng, uint8_t *bytes, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        int step = rng_chance(rng, .03) ? 300 : 40;
        value += (int)rng_below(rng, (uint32_t)(2 * step + 1)) - step;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        bytes[i] = (uint8_t)value;
    }
}

#endif
