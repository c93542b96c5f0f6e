// SPDX-License-Identifier: GPL-3.0-or-later
// The constants of the front end in the order in which vectors read them.
#ifndef WAKESMITH_FRONTEND_FAST_TABLES_H
#define WAKESMITH_FRONTEND_FAST_TABLES_H

#include "frontend/frontend_internal.h"

#include <stdalign.h>

enum { FILTER_GROUPS = FRONTEND_CHANNELS / 4, FILTER_STEPS = 35 };

// A factor w of a complex product is stored as its two dot products with (re, im): {{w.re, -w.im}, {w.im, w.re}}.
// [q - 1] is the factor of the butterfly's input q = 1, 2, 3; the last dimension is the position within the pass.
extern alignas(64) const struct complex16 frontend_pass2[4][3][2]; // [position][q - 1][re, im]
extern alignas(64) const struct complex16 frontend_pass3[3][2][16];
extern alignas(64) const struct complex16 frontend_pass4[3][2][64];
extern alignas(64) const struct complex16 frontend_real_pass[2][128];

// Channels in groups of 4; each group takes frontend_filter_steps[group] steps of 4 bins, which start at
// frontend_band[channel] for each of its channels: frontend_filters[step of all][channel in group][bin].
extern const uint8_t frontend_filter_steps[FILTER_GROUPS];
extern alignas(64) const double frontend_filters[FILTER_STEPS][4][4];

struct word_pair { // one 32-bit word of a vector
    int16_t low, high;
};
extern alignas(64) const struct word_pair frontend_gain_line[32]; // base, slope for 1 .. 32 significant bits
extern alignas(64) const int32_t frontend_gain_curve[32];
extern alignas(64) const struct word_pair frontend_log_line[LOG_SEGMENTS]; // value, rise to the next

#endif
