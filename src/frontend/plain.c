// SPDX-License-Identifier: GPL-3.0-or-later
// The front end in plain C, step by step. All values are integers of stated width; sums of int16 wrap as on the
// device. The only state from row to row is the noise estimate.
#include "frontend/frontend_internal.h"

#include <stdbool.h>
#include <string.h>

// Significant bits: index of the highest set bit + 1; 0 for 0.
static int significant_bits(uint32_t value)
{
    int bits = 0;
    for (; value; value >>= 1)
        bits++;
    return bits;
}

// ---- int16 fixed point: 15 fraction bits, rounded ----

static int16_t round15(int32_t product)
{
    return (int16_t)((product + (1 << 14)) >> 15);
}

static struct complex16 quarter(struct complex16 a)
{
    return (struct complex16){round15(a.re * 8191), round15(a.im * 8191)};
}

static struct complex16 half(struct complex16 a)
{
    return (struct complex16){round15(a.re * 16383), round15(a.im * 16383)};
}

static struct complex16 add(struct complex16 a, struct complex16 b)
{
    return (struct complex16){(int16_t)(a.re + b.re), (int16_t)(a.im + b.im)};
}

static struct complex16 subtract(struct complex16 a, struct complex16 b)
{
    return (struct complex16){(int16_t)(a.re - b.re), (int16_t)(a.im - b.im)};
}

static struct complex16 multiply(struct complex16 a, struct complex16 b)
{
    return (struct complex16){round15(a.re * b.re - a.im * b.im), round15(a.re * b.im + a.im * b.re)};
}

// ---- the stages ----

// Windowed samples, shifted left until the loudest fills 15 bits, as FFT_SIZE complex values (the end is 0).
// Returns the shift.
static int window_and_justify(const int16_t *samples, struct complex16 *packed)
{
    int16_t windowed[2 * FFT_SIZE] = {0};
    int loudest = 0;
    for (int i = 0; i < FRONTEND_WINDOW; i++) {
        windowed[i] = (int16_t)((samples[i] * frontend_window[i]) >> 12);
        int magnitude = windowed[i] < 0 ? (int16_t)-windowed[i] : windowed[i]; // that of -32768 stays negative
        loudest = magnitude > loudest ? magnitude : loudest;
    }
    int shift = 15 - significant_bits((uint32_t)loudest);
    for (int i = 0; i < 2 * FFT_SIZE; i++)
        windowed[i] = (int16_t)((uint16_t)windowed[i] << shift);
    memcpy(packed, windowed, sizeof(windowed));
    return shift;
}

// Radix 4, decimation in time, divided by 4 in each of the four passes.
static void fft(const struct complex16 *in, struct complex16 *out)
{
    for (int i = 0; i < FFT_SIZE; i++) // base-4 digits of the index reversed
        out[i] = in[(i & 3) << 6 | (i & 12) << 2 | (i & 48) >> 2 | i >> 6];
    for (int m = 1, step = FFT_SIZE / 4; m < FFT_SIZE; m *= 4, step /= 4) {
        for (int block = 0; block < FFT_SIZE; block += 4 * m) {
            for (int k = 0; k < m; k++) {
                struct complex16 *f = out + block + k;
                struct complex16 a = quarter(f[0]);
                struct complex16 b = multiply(quarter(f[m]), frontend_twiddle[k * step]);
                struct complex16 c = multiply(quarter(f[2 * m]), frontend_twiddle[2 * k * step]);
                struct complex16 d = multiply(quarter(f[3 * m]), frontend_twiddle[3 * k * step]);
                struct complex16 even = add(a, c), odd = add(b, d);
                struct complex16 rest = subtract(a, c), turn = subtract(b, d);
                turn = (struct complex16){turn.im, (int16_t)-turn.re}; // times -i
                f[0] = add(even, odd);
                f[m] = add(rest, turn);
                f[2 * m] = subtract(even, odd);
                f[3 * m] = subtract(rest, turn);
            }
        }
    }
}

static uint32_t power(int32_t re, int32_t im)
{
    re >>= 1;
    im >>= 1;
    return (uint32_t)(re * re + im * im); // each part is within +-32767
}

// Energy of bins 1 .. 255 of the 512 real points from the transform of the 256 pairs.
static void real_energy(const struct complex16 *z, uint32_t *energy)
{
    for (int k = 1; k <= FFT_SIZE / 2; k++) {
        struct complex16 mirrored = z[FFT_SIZE - k];
        struct complex16 p = half(z[k]);
        struct complex16 q = half((struct complex16){mirrored.re, (int16_t)-mirrored.im});
        struct complex16 sum = add(p, q);
        struct complex16 turned = multiply(subtract(p, q), frontend_real_twiddle[k - 1]);
        energy[k] = power(sum.re + turned.re, sum.im + turned.im);
        energy[FFT_SIZE - k] = power(sum.re - turned.re, turned.im - sum.im); // at k = 128 this one stays
    }
}

// Triangular mel filters: each bin gives one share to its band and the rest to the next.
static void filterbank(const uint32_t *energy, uint64_t *accumulators)
{
    memset(accumulators, 0, (BANDS + 1) * sizeof(*accumulators));
    for (int band = 0; band < BANDS; band++) {
        for (int bin = frontend_band[band]; bin < frontend_band[band + 1]; bin++) {
            int weight = frontend_weight[bin - FIRST_BIN];
            accumulators[band] += (uint64_t)weight * energy[bin];
            accumulators[band + 1] += (uint64_t)(4096 - weight) * energy[bin];
        }
    }
}

// Nearest integer to the square root; a value of 32 bits gives at most 16.
static uint32_t square_root(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= value)
            root += bit;
    bool at_limit = root == UINT32_MAX || (root == UINT16_MAX && value <= UINT32_MAX);
    return (uint32_t)(root + (value - root * root > root && !at_limit));
}

// Takes the slowly following noise estimate away, but always leaves a share of the signal.
static uint32_t reduce_noise(uint32_t signal, uint32_t *estimate, uint32_t share)
{
    uint32_t scaled = signal << NOISE_SMOOTHING_BITS;
    uint64_t mixed = (uint64_t)scaled * share + (uint64_t)*estimate * ((1u << NOISE_BITS) - share);
    *estimate = (uint32_t)(mixed >> NOISE_BITS);
    uint32_t noise = *estimate < scaled ? *estimate : scaled;
    uint32_t kept = (uint32_t)((uint64_t)signal * NOISE_KEEP >> NOISE_BITS);
    uint32_t rest = (scaled - noise) >> NOISE_SMOOTHING_BITS;
    return rest > kept ? rest : kept;
}

// Gain for a noise estimate, about 2^21 * (estimate / 128 + 80)^-0.95.
static uint32_t gain(uint32_t estimate)
{
    int bits = significant_bits(estimate);
    const struct gain_octave *octave = &frontend_gain[bits];
    int align = GAIN_FRACTION_BITS + 1 - bits;
    uint32_t below_leading_one = align > 0 ? estimate << align : estimate >> -align;
    int32_t t = (int32_t)(below_leading_one & ((1u << GAIN_FRACTION_BITS) - 1));
    int32_t rise = ((octave->curve * t) >> 5) + octave->slope * 32;
    return (uint32_t)(octave->base + ((rise * t + (1 << 14)) >> 15)); // 0 .. 32767 for every estimate
}

// Per-channel gain, then square law for what is quiet and linear for what is loud.
static uint32_t apply_gain(uint32_t signal, uint32_t estimate)
{
    uint32_t snr = (uint32_t)((uint64_t)signal * gain(estimate) >> SNR_SHIFT);
    return snr < SNR_SQUARE_LIMIT ? (snr * snr) >> 20 : (snr >> 6) - 64;
}

// 64 * ln(8 * value), from a table of what log2 has over the straight line between powers of two.
static uint16_t log_feature(uint32_t value)
{
    value <<= LOG_CORRECTION_BITS;
    if (value <= 1)
        return 0;
    int whole = significant_bits(value) - 1;
    uint32_t below_leading_one = value - (1u << whole);
    uint32_t fraction = whole < 16 ? below_leading_one << (16 - whole) : below_leading_one >> (whole - 16);
    const int16_t *segment = frontend_log + fraction / 512;
    int32_t within = ((segment[1] - segment[0]) * (int32_t)(fraction % 512)) >> 16; // sic: not 9, the bits of a segment
    uint32_t log2 = (uint32_t)(whole * 65536 + (int32_t)fraction + segment[0] + within);
    uint32_t ln = (uint32_t)(((uint64_t)LOG_LN2 * log2 + 32768) >> 16);
    uint32_t feature = ((ln << LOG_SCALE_SHIFT) + 32768) >> 16;
    return (uint16_t)(feature < UINT16_MAX ? feature : UINT16_MAX);
}

void frontend_row_plain(uint32_t *estimate, const int16_t *window, uint16_t *row)
{
    struct complex16 packed[FFT_SIZE], transformed[FFT_SIZE];
    uint32_t energy[FFT_SIZE];
    uint64_t accumulators[BANDS + 1];
    int shift = window_and_justify(window, packed);
    fft(packed, transformed);
    real_energy(transformed, energy);
    filterbank(energy, accumulators);
    for (int i = 0; i < FRONTEND_CHANNELS; i++) {
        uint32_t signal = square_root(accumulators[i + 1]) >> shift;
        signal = reduce_noise(signal, &estimate[i], i % 2 ? NOISE_SHARE_ODD : NOISE_SHARE_EVEN);
        row[i] = log_feature(apply_gain(signal, estimate[i]));
    }
}
