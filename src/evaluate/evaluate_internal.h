// SPDX-License-Identifier: GPL-3.0-or-later
// The sweep over cutoffs that curves and calibration share.
#ifndef WAKESMITH_EVALUATE_INTERNAL_H
#define WAKESMITH_EVALUATE_INTERNAL_H

#include "evaluate/evaluate.h"

enum { CUTOFFS = 256 };

// Counts at every `step`-th cutoff byte of low .. high for one window; other entries mean nothing.
struct tally {
    size_t detected[CUTOFFS], accepts[CUTOFFS];
};
int evaluate_sweep(const struct track_list *positives, const struct track_list *negatives, int window, int low,
                   int high, int step, struct tally *tally, struct error *error);
void evaluate_fill_point(size_t detected, size_t clips, size_t accepts, double hours, struct operating_point *point);

#endif
