// SPDX-License-Identifier: GPL-3.0-or-later
// Transforms that shape the spectrum: seven bands, band stop, pitch.
#include "augment/chain_internal.h"

#include <complex.h>
#include <math.h>
#include <string.h>

#define HIGHEST 7999.2 // Hz; just below half the sample rate

void biquad_run_settled(const struct biquad *f, float *x, size_t count)
{
    if (!count)
        return;
    double first = (double)x[0], settled = (f->b0 + f->b1 + f->b2) / (1 + f->a1 + f->a2) * first;
    double z1 = settled - f->b0 * first, z2 = f->b2 * first - f->a2 * settled;
    for (size_t i = 0; i < count; i++) { // transposed direct form II
        double in = (double)x[i], out = f->b0 * in + z1;
        z1 = f->b1 * in - f->a1 * out + z2;
        z2 = f->b2 * in - f->a2 * out;
        x[i] = (float)out;
    }
}

// Uniform in mel, 2595 log10(1 + f / 700).
static double mel_range(struct rng *rng, double low, double high)
{
    double mel = rng_range(rng, 2595 * log10(1 + low / 700), 2595 * log10(1 + high / 700));
    return 700 * (pow(10, mel / 2595) - 1);
}

bool chain_seven_bands(const struct chain_context *c, float *x, size_t count)
{
    static const struct {
        enum filter_kind kind;
        double low, high, low_q, high_q;
    } bands[] = {{LOW_SHELF, 42, 95, .1, .999},     {PEAKING, 91, 204, .5, 5},   {PEAKING, 196, 441, .5, 5},
                 {PEAKING, 421, 948, .5, 5},        {PEAKING, 909, 2045, .5, 5}, {PEAKING, 1957, 4404, .5, 5},
                 {HIGH_SHELF, 4216, 9486, .1, .999}};
    for (size_t i = 0; i < COUNT_OF(bands); i++) {
        double hertz = fmin(mel_range(c->rng, bands[i].low, bands[i].high), HIGHEST);
        double gain_db = rng_range(c->rng, c->values[0], c->values[1]);
        struct biquad biquad =
            biquad_design(bands[i].kind, hertz, gain_db, rng_range(c->rng, bands[i].low_q, bands[i].high_q));
        biquad_run_settled(&biquad, x, count);
    }
    return true;
}

// A pole pair of the band stop and its zeros on the unit circle, with a gain of 1 at 0 Hz.
static struct biquad stop_section(double complex pole, double zero_angle)
{
    struct biquad f = {.b0 = 1,
                       .b1 = -2 * cos(zero_angle),
                       .b2 = 1,
                       .a1 = -2 * creal(pole),
                       .a2 = creal(pole) * creal(pole) + cimag(pole) * cimag(pole)};
    double gain = (1 + f.a1 + f.a2) / (f.b0 + f.b1 + f.b2);
    f.b0 *= gain;
    f.b1 *= gain;
    f.b2 *= gain;
    return f;
}

// Butterworth of `order` as a low-pass, turned into a band stop of twice the order, then digital by the bilinear
// transform with both edges warped. A pole pair p of the low-pass gives s = b / p +- sqrt((b / p)^2 - w0^2), b half the
// bandwidth, w0 the geometric centre; each of those two and its conjugate is a section.
bool chain_band_stop(const struct chain_context *c, float *x, size_t count)
{
    double centre = mel_range(c->rng, c->values[0], c->values[1]);
    double width = centre * rng_range(c->rng, c->values[2], c->values[3]);
    int low_order = (int)c->values[4], high_order = (int)c->values[5];
    int order = low_order + (int)rng_below(c->rng, (uint32_t)(high_order - low_order + 1));
    double low = tan(M_PI * (centre - width / 2) / SAMPLE_RATE);
    double high = tan(M_PI * fmin(centre + width / 2, HIGHEST) / SAMPLE_RATE);
    double half = (high - low) / 2, middle = sqrt(low * high), zero = 2 * atan(middle);
    for (int k = 0; k < (order + 1) / 2; k++) {
        double complex pole = cexp(I * M_PI * (2.0 * k + order + 1) / (2.0 * order)); // upper left quarter
        double complex centre_part = half / pole, root = csqrt(centre_part * centre_part - middle * middle);
        for (int sign = -1; sign <= 1; sign += 2) {
            double complex s = centre_part + sign * root;
            bool real_pole = 2 * k + 1 == order; // its two solutions are each other's conjugates, or both real
            if (real_pole && sign > 0)
                break;
            struct biquad section;
            double complex z = (1 + s) / (1 - s);
            if (real_pole && fabs(cimag(s)) < 1e-12) { // two different real poles
                double other = creal((1 + (centre_part + root)) / (1 - (centre_part + root)));
                section = (struct biquad){
                    .a1 = -(creal(z) + other), .a2 = creal(z) * other, .b0 = 1, .b1 = -2 * cos(zero), .b2 = 1};
                double gain = (1 + section.a1 + section.a2) / (section.b0 + section.b1 + section.b2);
                section.b0 *= gain;
                section.b1 *= gain;
                section.b2 *= gain;
            } else {
                section = stop_section(z, zero);
            }
            biquad_run_settled(&section, x, count);
        }
    }
    return true;
}

// ---- pitch: stretched in time without changing the pitch, then played faster or slower by as much ----

enum { GRAIN = 512, HOP = GRAIN / 2, REACH = 160 }; // 32 ms; grains are looked for within +-10 ms

static float grain_at(const float *x, size_t count, ptrdiff_t at)
{
    return at >= 0 && (size_t)at < count ? x[at] : 0;
}

// Where, near `at`, x continues best what follows `last`: the highest normalised correlation over half a grain.
static ptrdiff_t best_grain(const float *x, size_t count, ptrdiff_t last, ptrdiff_t at)
{
    ptrdiff_t best = at;
    double most = -1;
    for (ptrdiff_t shift = -REACH; shift <= REACH; shift += 2) {
        double product = 0, energy = 1e-9;
        for (int i = 0; i < HOP; i += 2) {
            double here = (double)grain_at(x, count, at + shift + i);
            product += here * (double)grain_at(x, count, last + i);
            energy += here * here;
        }
        double score = product / sqrt(energy);
        if (score > most) {
            most = score;
            best = at + shift;
        }
    }
    return best;
}

// Waveform similarity overlap-add (W. Verhelst and M. Roelands, 1993): y is x, `factor` times as long.
static void stretch(const float *x, size_t count, double factor, float *y, size_t length)
{
    memset(y, 0, length * sizeof *y);
    ptrdiff_t next = 0; // what would follow the last grain in x
    for (size_t out = 0; out < length; out += HOP) {
        ptrdiff_t ideal = (ptrdiff_t)((double)out / factor), from = out ? best_grain(x, count, next, ideal) : 0;
        for (size_t i = 0; i < GRAIN && out + i < length; i++) {
            double window = 0.5 - 0.5 * cos(2 * M_PI * (double)i / GRAIN); // two of them, HOP apart, sum to 1
            if (out == 0 && i < HOP)
                window = 1;
            y[out + i] += (float)(window * (double)grain_at(x, count, from + (ptrdiff_t)i));
        }
        next = from + HOP;
    }
}

bool chain_pitch(const struct chain_context *c, float *x, size_t count)
{
    double step = pow(2, rng_range(c->rng, c->values[0], c->values[1]) / 12);
    size_t length = (size_t)((double)count * step);
    float *longer = c->scratch->clip + RESAMPLING_TAPS;
    memset(c->scratch->clip, 0, RESAMPLING_TAPS * sizeof *longer);
    stretch(x, count, step, longer, length);
    memset(longer + length, 0, RESAMPLING_TAPS * sizeof *longer);
    size_t made = resampling_run(c->bank->resampling, longer, length, step, c->scratch->word, count);
    memset(x, 0, count * sizeof *x);
    memcpy(x, c->scratch->word, made * sizeof *x);
    return true;
}
