// SPDX-License-Identifier: GPL-3.0-or-later
// Equaliser: what microphones, mouths and walls do to the spectrum. Second-order sections in series.
#include "augment/augment_internal.h"

#include <math.h>

#define BUTTERWORTH_Q 0.7

// Formulas: R. Bristow-Johnson, "Audio EQ Cookbook".
struct biquad biquad_design(enum filter_kind kind, double hertz, double gain_db, double q)
{
    double a = pow(10, gain_db / 40), w = 2 * M_PI * hertz / SAMPLE_RATE, c = cos(w), alpha = sin(w) / (2 * q);
    double slope = 2 * sqrt(a) * alpha, b0, b1, b2, a0, a1, a2;
    switch (kind) {
    case LOW_SHELF:
    case HIGH_SHELF: { // the high shelf is the low shelf with the frequency axis turned round: c becomes -c
        double turn = kind == LOW_SHELF ? 1 : -1, d = turn * c;
        b0 = a * (a + 1 - (a - 1) * d + slope);
        b1 = turn * 2 * a * (a - 1 - (a + 1) * d);
        b2 = a * (a + 1 - (a - 1) * d - slope);
        a0 = a + 1 + (a - 1) * d + slope;
        a1 = turn * -2 * (a - 1 + (a + 1) * d);
        a2 = a + 1 + (a - 1) * d - slope;
        break;
    }
    case PEAKING:
        b0 = 1 + alpha * a;
        b1 = a1 = -2 * c;
        b2 = 1 - alpha * a;
        a0 = 1 + alpha / a;
        a2 = 1 - alpha / a;
        break;
    default: { // HIGH_PASS, LOW_PASS
        double sign = kind == HIGH_PASS ? 1 : -1;
        b0 = b2 = (1 + sign * c) / 2;
        b1 = -sign * (1 + sign * c);
        a0 = 1 + alpha;
        a1 = -2 * c;
        a2 = 1 - alpha;
    }
    }
    return (struct biquad){b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

// A section in transposed direct form II, out = b0 in + z1, with `out` put into the equations of its state: a sample
// then waits for one multiplication and one addition of the sample before, not for two of each.
struct section {
    double b0, c1, c2, a1, a2, z1, z2;
};

static struct section section_of(const struct biquad *f)
{
    return (struct section){f->b0, f->b1 - f->a1 * f->b0, f->b2 - f->a2 * f->b0, f->a1, f->a2, 0, 0};
}

static inline double section_step(struct section *s, double in)
{
    double out = s->b0 * in + s->z1, z1 = s->z1;
    s->z1 = s->c1 * in + s->z2 - s->a1 * z1;
    s->z2 = s->c2 * in - s->a2 * z1;
    return out;
}

// Two sections in one pass take hardly longer than one.
static void run_pair(const struct biquad *first, const struct biquad *second, float *x, size_t count)
{
    struct section f = section_of(first), g = section_of(second);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)section_step(&g, section_step(&f, (double)x[i]));
}

// The filters that may be drawn: frequency uniform in the logarithm, gain and Q uniform.
struct band {
    enum filter_kind kind;
    double low_hertz, high_hertz, low_db, high_db, low_q, high_q;
};
static const struct band shelf_bands[] = {
    {LOW_SHELF, 100, 400, -8, 6, BUTTERWORTH_Q, BUTTERWORTH_Q},
    {HIGH_SHELF, 2000, 6000, -10, 8, BUTTERWORTH_Q, BUTTERWORTH_Q},
};
static const struct band peaking_band = {PEAKING, 150, 6500, -7, 7, 0.6, 3};
enum { MAX_PEAKS = 3 };
#define SHELVES_CHANCE 0.8 // both shelves and 0-3 peaks
#define HIGH_PASS_CHANCE 0.2
#define LOW_PASS_CHANCE 0.15

static void add_section(struct equaliser *equaliser, enum filter_kind kind, double hertz, double gain_db, double q)
{
    equaliser->sections[equaliser->count++] = biquad_design(kind, hertz, gain_db, q);
}

static void add_band(struct equaliser *equaliser, struct rng *rng, const struct band *band, double strength)
{
    double hertz = rng_log_range(rng, band->low_hertz, band->high_hertz);
    double gain_db = rng_range(rng, band->low_db, band->high_db) * strength;
    add_section(equaliser, band->kind, hertz, gain_db, rng_range(rng, band->low_q, band->high_q));
}

void equaliser_draw(struct equaliser *equaliser, struct rng *rng, double strength)
{
    equaliser->count = 0;
    if (rng_chance(rng, SHELVES_CHANCE)) {
        for (size_t i = 0; i < COUNT_OF(shelf_bands); i++)
            add_band(equaliser, rng, &shelf_bands[i], strength);
        for (uint32_t peaks = rng_below(rng, MAX_PEAKS + 1); peaks > 0; peaks--)
            add_band(equaliser, rng, &peaking_band, strength);
    }
    if (rng_chance(rng, HIGH_PASS_CHANCE))
        add_section(equaliser, HIGH_PASS, rng_range(rng, 80, 350), 0, BUTTERWORTH_Q);
    if (rng_chance(rng, LOW_PASS_CHANCE))
        add_section(equaliser, LOW_PASS, rng_range(rng, 3000, 7000), 0, BUTTERWORTH_Q);
}

void equaliser_run(const struct equaliser *equaliser, float *x, size_t count)
{
    static const struct biquad nothing = {.b0 = 1};
    for (int i = 0; i < equaliser->count; i += 2)
        run_pair(&equaliser->sections[i], i + 1 < equaliser->count ? &equaliser->sections[i + 1] : &nothing, x, count);
}
