// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_AUGMENT_CHAIN_INTERNAL_H
#define WAKESMITH_AUGMENT_CHAIN_INTERNAL_H

#include "augment/augment_internal.h"

enum {
    CHAIN_EQ,
    CHAIN_TANH,
    CHAIN_PITCH,
    CHAIN_BAND_STOP,
    CHAIN_COLOUR,
    CHAIN_BACKGROUND,
    CHAIN_GAIN,
    CHAIN_TRANSITION,
    CHAIN_RIR,
    CHAIN_NORMALIZE,
    CHAIN_KINDS
};
_Static_assert((int)CHAIN_KINDS <= (int)AUGMENT_CHAIN_STEPS, "the reference's chain has one step of each kind");
enum { CHAIN_PARAMETERS = AUGMENT_CHAIN_VALUES };

struct chain_context {
    const struct augment_bank *bank;
    struct augment_scratch *scratch; // `scene` holds x; everything else is free
    struct rng *rng;
    const double *values; // in the order of the kind's parameters
};
// x[count], in place; returns whether it did anything.
typedef bool chain_transform(const struct chain_context *context, float *x, size_t count);
chain_transform chain_seven_bands, chain_tanh, chain_pitch, chain_band_stop, chain_colour_noise, chain_background,
    chain_gain, chain_gain_transition, chain_impulse_response, chain_normalize;

struct chain_kind {
    const char *name;
    chain_transform *apply;
    double chance; // of the reference
    struct {
        const char *name; // "min_...": the next one is its "max_...", which is not below it
        double usual, low, high;
    } parameters[CHAIN_PARAMETERS];
};
extern const struct chain_kind chain_kinds[CHAIN_KINDS];
int chain_parameters(const struct chain_kind *kind); // how many

// y = x through a section that has heard x[0] for ever.
void biquad_run_settled(const struct biquad *biquad, float *x, size_t count);

#endif
