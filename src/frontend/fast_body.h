// SPDX-License-Identifier: GPL-3.0-or-later
// The body of the fast front ends. The file that includes it defines FRONTEND_BODY (the function's name), `vec` (a
// vector of LANES complex int16) and the v_ functions on it; the 40 channels behind the filters are 256 bits wide
// everywhere. Every step gives exactly what plain.c gives; where that is not plain to see, the comment says why.
#include "frontend/fast_tables.h"

#include <stdalign.h>

struct rotation { // a complex factor as two dot products
    vec re, im;
};

static inline vec times(vec a, struct rotation w)
{
    const vec round = v_spread(&(const int32_t){1 << 14});
    return v_pack15(v_dot_plus(a, w.re, round), v_dot_plus(a, w.im, round));
}

static inline vec quarter(vec a)
{
    return v_multiply_round15(a, v_set16(8191));
}

static inline vec half(vec a)
{
    return v_multiply_round15(a, v_set16(16383));
}

// ---- window ----

// Windowed samples as complex values; returns the shift that justifies them.
static inline int window_samples(const int16_t *samples, struct complex16 *windowed)
{
    vec loudest = v_set16(0);
    for (int i = 0; i < FRONTEND_WINDOW / 2; i += LANES) {
        vec product = v_multiply_shift12(v_load(samples + 2 * i), v_load(frontend_window + 2 * i));
        loudest = v_max16(loudest, v_abs16(product)); // |-32768| stays negative
        v_store(windowed + i, product);
    }
    for (int i = FRONTEND_WINDOW / 2; i < FFT_SIZE; i += LANES)
        v_store(windowed + i, v_set16(0));
    // The only horizontal extreme of the instruction set is the smallest of eight uint16.
    __m128i distance = _mm_sub_epi16(_mm_set1_epi16(INT16_MAX), v_fold_max16(loudest));
    unsigned maximum = INT16_MAX - (unsigned)(_mm_cvtsi128_si32(_mm_minpos_epu16(distance)) & 0xffff);
    return maximum ? __builtin_clz(maximum) - 17 : 15;
}

// ---- transform ----
// The butterflies of plain.c in another order, so that neighbours in memory are neighbours in a vector: the 256
// points are a 16 x 16 matrix; two passes go down its columns, the matrix is transposed, two more passes follow.
// The first pass has only factors of 1 (32767), which change no value below 2^14, and quarters are below 2^13.

static inline void butterfly(vec a, vec b, vec c, vec d, struct complex16 *out, int step)
{
    vec even = v_add16(a, c), rest = v_sub16(a, c);
    vec odd = v_add16(b, d), turn = v_swap(v_sub16(b, d));
    vec plus = v_add16(rest, turn), minus = v_sub16(rest, turn);
    v_store(out, v_add16(even, odd));
    v_store(out + step, v_pick(plus, minus));
    v_store(out + 2 * step, v_sub16(even, odd));
    v_store(out + 3 * step, v_pick(minus, plus));
}

static inline void turned_butterfly(const struct complex16 *in, int step_in, const struct rotation w[3],
                                    struct complex16 *out, int step_out)
{
    butterfly(quarter(v_load(in)), times(quarter(v_load(in + step_in)), w[0]),
              times(quarter(v_load(in + 2 * step_in)), w[1]), times(quarter(v_load(in + 3 * step_in)), w[2]), out,
              step_out);
}

static inline void transpose_8x8(const struct complex16 *in, struct complex16 *out)
{
    __m256i row[8], pair[8], quad[8];
    for (int i = 0; i < 8; i++)
        row[i] = _mm256_load_si256((const void *)(in + 16 * i));
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quad[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
        quad[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
        quad[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
        quad[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_store_si256((void *)(out + 16 * i), _mm256_permute2x128_si256(quad[i], quad[i + 4], 0x20));
        _mm256_store_si256((void *)(out + 16 * (i + 4)), _mm256_permute2x128_si256(quad[i], quad[i + 4], 0x31));
    }
}

// In place, shifted left by `shift` first; `other` is room for as much.
static inline void fft(struct complex16 *data, struct complex16 *other, int shift)
{
    const __m128i count = _mm_cvtsi32_si128(shift);
    for (int n = 0; n < 64; n += LANES) { // 64 columns of 4 to other[4][64]
        vec x[4];
        for (int q = 0; q < 4; q++)
            x[q] = quarter(v_left16(v_load(data + n + 64 * q), count));
        butterfly(x[0], x[1], x[2], x[3], other + n, 64);
    }
    for (int k = 0; k < 4; k++) { // to data[16][16]
        struct rotation w[3];
        for (int q = 0; q < 3; q++)
            w[q] = (struct rotation){v_spread(&frontend_pass2[k][q][0]), v_spread(&frontend_pass2[k][q][1])};
        for (int n = 0; n < 16; n += LANES)
            turned_butterfly(other + 64 * k + n, 16, w, data + 16 * k + n, 64);
    }
    for (int i = 0; i < 16; i += 8)
        for (int k = 0; k < 16; k += 8)
            transpose_8x8(data + 16 * i + k, other + 16 * k + i);
    for (int k = 0; k < 16; k += LANES) { // to data[4][64]
        struct rotation w[3];
        for (int q = 0; q < 3; q++)
            w[q] = (struct rotation){v_load(&frontend_pass3[q][0][k]), v_load(&frontend_pass3[q][1][k])};
        for (int n = 0; n < 4; n++)
            turned_butterfly(other + 16 * n + k, 64, w, data + 64 * n + k, 16);
    }
    for (int k = 0; k < 64; k += LANES) { // to other[256]
        struct rotation w[3];
        for (int q = 0; q < 3; q++)
            w[q] = (struct rotation){v_load(&frontend_pass4[q][0][k]), v_load(&frontend_pass4[q][1][k])};
        turned_butterfly(data + k, 64, w, other + k, 64);
    }
}

// (a + b) >> 1 without overflow: the rounding average of the complements rounds down.
static inline vec half_sum(vec a, vec b)
{
    const vec mirror = v_set16(0x7fff);
    return v_xor(v_average16(v_xor(a, mirror), v_xor(b, mirror)), mirror);
}

// (a - b) >> 1 without overflow: the complement of b is -b - 1, and the rounding average adds the 1 again.
static inline vec half_difference(vec a, vec b)
{
    const vec sign = v_set16(INT16_MIN), mirror = v_set16(0x7fff);
    return v_xor(v_average16(v_xor(a, sign), v_xor(b, mirror)), sign);
}

// Energies of bins 1 .. 255, below 2^31, as doubles.
static inline void real_energy(const struct complex16 *z, double *energy)
{
    for (int k = 1; k <= FFT_SIZE / 2; k += LANES) {
        int mirrored = FFT_SIZE - k - (LANES - 1);
        vec m = v_reverse(v_load(z + mirrored));
        vec p = half(v_load(z + k)), q = half(v_pick(m, v_sub16(v_set16(0), m)));
        vec f = v_add16(p, q);
        struct rotation w = {v_load(&frontend_real_pass[0][k - 1]), v_load(&frontend_real_pass[1][k - 1])};
        vec t = times(v_sub16(p, q), w);
        vec low = half_sum(f, t);
        vec high = half_difference(v_pick(f, t), v_pick(t, f)); // (f.re - t.re, t.im - f.im)
        v_store_doubles(energy + k, v_dot(low, low));
        v_store_doubles(energy + mirrored, v_reverse(v_dot(high, high))); // the last one overwrites bin 128, as it must
    }
}

// ---- filters ----

// Nearest integer to the square root, before the shift is undone. The sums are integers below 2^49, so the doubles
// are exact; no root is nearer to a half than 2^-28, which is more than the rounding of the root, so that it never
// rounds across. A sum of 32 bits gives at most 16.
static inline __m128i square_roots(__m256d sums)
{
    __m256d narrow = _mm256_cmp_pd(sums, _mm256_set1_pd(0x1p32), _CMP_LT_OQ);
    __m256d limit = _mm256_blendv_pd(_mm256_set1_pd(0x1p31), _mm256_set1_pd(UINT16_MAX), narrow);
    __m256d roots = _mm256_round_pd(_mm256_sqrt_pd(sums), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return _mm256_cvtpd_epi32(_mm256_min_pd(roots, limit));
}

static inline __m256d multiply_add(const double *energy, const double *weights, __m256d sum)
{
    return _mm256_fmadd_pd(_mm256_loadu_pd(energy), _mm256_load_pd(weights), sum);
}

static inline void filter(const double *energy, int shift, uint32_t *signal)
{
    const __m128i count = _mm_cvtsi32_si128(shift);
    const double(*weights)[4][4] = frontend_filters;
    for (int group = 0; group < FILTER_GROUPS; group++) {
        const uint8_t *start = frontend_band + 4 * group;
        __m256d sum[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd()};
        for (int bin = 0; bin < 4 * frontend_filter_steps[group]; bin += 4, weights++) {
            sum[0] = multiply_add(energy + start[0] + bin, (*weights)[0], sum[0]);
            sum[1] = multiply_add(energy + start[1] + bin, (*weights)[1], sum[1]);
            sum[2] = multiply_add(energy + start[2] + bin, (*weights)[2], sum[2]);
            sum[3] = multiply_add(energy + start[3] + bin, (*weights)[3], sum[3]);
        }
        __m256d ab = _mm256_hadd_pd(sum[0], sum[1]), cd = _mm256_hadd_pd(sum[2], sum[3]);
        __m256d crossed = _mm256_permute2f128_pd(ab, cd, 0x21);
        __m256d sums = _mm256_add_pd(crossed, _mm256_blend_pd(ab, cd, 0xC));
        _mm_store_si128((void *)(signal + 4 * group), _mm_srl_epi32(square_roots(sums), count));
    }
}

// ---- channels: 8 uint32 at a time ----

// Products of unsigned words and their sums in 64 bits, as the even and the odd words' results.
struct wide {
    __m256i even, odd;
};

static inline struct wide wide_multiply(__m256i a, __m256i b)
{
    return (struct wide){_mm256_mul_epu32(a, b), _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32))};
}

static inline struct wide wide_add(struct wide a, struct wide b)
{
    return (struct wide){_mm256_add_epi64(a.even, b.even), _mm256_add_epi64(a.odd, b.odd)};
}

// The low words after a shift right by `bits` of 0 .. 32.
static inline __m256i wide_shift(struct wide a, int bits)
{
    return _mm256_blend_epi32(_mm256_srli_epi64(a.even, bits), _mm256_slli_epi64(a.odd, 32 - bits), 0xAA);
}

// Significant bits of values other than 0. Clearing what stands below a leading one with a one behind it keeps the
// conversion to float from rounding up to the next power of 2. Bit 31 becomes the float's sign: then 32.
static inline __m256i significant_bits(__m256i a)
{
    __m256 rounded_down = _mm256_cvtepi32_ps(_mm256_andnot_si256(_mm256_srli_epi32(a, 1), a));
    __m256i exponent = _mm256_srli_epi32(_mm256_castps_si256(rounded_down), 23);
    return _mm256_min_epi32(_mm256_sub_epi32(exponent, _mm256_set1_epi32(126)), _mm256_set1_epi32(32));
}

// `bits` bits below the leading one. A shift by a count that is negative, as unsigned, gives 0.
static inline __m256i below_leading_one(__m256i a, __m256i significant, int bits)
{
    __m256i up = _mm256_sub_epi32(_mm256_set1_epi32(bits + 1), significant);
    __m256i down = _mm256_sub_epi32(significant, _mm256_set1_epi32(bits + 1));
    __m256i shifted = _mm256_or_si256(_mm256_sllv_epi32(a, up), _mm256_srlv_epi32(a, down));
    return _mm256_and_si256(shifted, _mm256_set1_epi32((1 << bits) - 1));
}

static inline __m256i reduce_noise(__m256i signal, uint32_t *estimate)
{
    const __m256i share = _mm256_setr_epi32(NOISE_SHARE_EVEN, NOISE_SHARE_ODD, NOISE_SHARE_EVEN, NOISE_SHARE_ODD,
                                            NOISE_SHARE_EVEN, NOISE_SHARE_ODD, NOISE_SHARE_EVEN, NOISE_SHARE_ODD);
    __m256i keep = _mm256_sub_epi32(_mm256_set1_epi32(1 << NOISE_BITS), share);
    __m256i scaled = _mm256_slli_epi32(signal, NOISE_SMOOTHING_BITS);
    __m256i last = _mm256_loadu_si256((const void *)estimate);
    __m256i mixed = wide_shift(wide_add(wide_multiply(scaled, share), wide_multiply(last, keep)), NOISE_BITS);
    _mm256_storeu_si256((void *)estimate, mixed);
    __m256i rest = _mm256_srli_epi32(_mm256_sub_epi32(scaled, _mm256_min_epu32(mixed, scaled)), NOISE_SMOOTHING_BITS);
    __m256i kept = wide_shift(wide_multiply(signal, _mm256_set1_epi32(NOISE_KEEP)), NOISE_BITS);
    return _mm256_max_epu32(rest, kept);
}

// table[index] for index 0 .. 31.
static inline __m256i look_up_32(const void *table, __m256i index)
{
    __m256 part[4];
    for (int i = 0; i < 4; i++)
        part[i] =
            _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(_mm256_loadu_si256((const __m256i *)table + i), index));
    __m256 bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)),
           bit4 = _mm256_castsi256_ps(_mm256_slli_epi32(index, 27));
    __m256 low = _mm256_blendv_ps(part[0], part[1], bit3), high = _mm256_blendv_ps(part[2], part[3], bit3);
    return _mm256_castps_si256(_mm256_blendv_ps(low, high, bit4));
}

static inline __m256i gain(__m256i estimate)
{
    __m256i significant = significant_bits(estimate);
    __m256i index = _mm256_sub_epi32(significant, _mm256_set1_epi32(1));
    __m256i line = look_up_32(frontend_gain_line, index), curve = look_up_32(frontend_gain_curve, index);
    __m256i t = below_leading_one(estimate, significant, GAIN_FRACTION_BITS);
    __m256i bend = _mm256_srai_epi32(_mm256_madd_epi16(curve, t), 5); // t has no high word, so that this is curve * t
    __m256i rise = _mm256_add_epi32(bend, _mm256_slli_epi32(_mm256_srai_epi32(line, 16), 5));
    __m256i rounded = _mm256_add_epi32(_mm256_mullo_epi32(rise, t), _mm256_set1_epi32(1 << 14));
    __m256i base = _mm256_and_si256(line, _mm256_set1_epi32(0xffff));
    __m256i value = _mm256_add_epi32(base, _mm256_srai_epi32(rounded, 15));
    __m256i none = _mm256_cmpeq_epi32(estimate, _mm256_setzero_si256());
    return _mm256_blendv_epi8(value, _mm256_set1_epi32(frontend_gain[0].base), none);
}

static inline __m256i apply_gain(__m256i signal, __m256i estimate)
{
    __m256i snr = wide_shift(wide_multiply(signal, gain(estimate)), SNR_SHIFT);
    __m256i small = _mm256_cmpeq_epi32(_mm256_srli_epi32(snr, 13), _mm256_setzero_si256());
    __m256i square = _mm256_srli_epi32(_mm256_madd_epi16(snr, snr), 20);
    __m256i linear = _mm256_sub_epi32(_mm256_srli_epi32(snr, 6), _mm256_set1_epi32(64));
    return _mm256_blendv_epi8(linear, square, small);
}

static inline __m256i log_features(__m256i value)
{
    const __m256i half_unit = _mm256_set1_epi64x(32768);
    value = _mm256_slli_epi32(value, LOG_CORRECTION_BITS);
    __m256i significant = significant_bits(value);
    __m256i whole = _mm256_sub_epi32(significant, _mm256_set1_epi32(1));
    __m256i fraction = below_leading_one(value, significant, 16);
    __m256i line =
        _mm256_i32gather_epi32((const int *)(const void *)frontend_log_line, _mm256_srli_epi32(fraction, 9), 4);
    __m256i within = _mm256_slli_epi32(_mm256_and_si256(fraction, _mm256_set1_epi32(511)), 16);
    __m256i correction = _mm256_srai_epi32(_mm256_madd_epi16(line, within), 16);
    correction = _mm256_add_epi32(correction, _mm256_and_si256(line, _mm256_set1_epi32(0xffff)));
    __m256i log2 = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(whole, 16), fraction), correction);
    struct wide product = wide_multiply(log2, _mm256_set1_epi32(LOG_LN2));
    __m256i ln = wide_shift(wide_add(product, (struct wide){half_unit, half_unit}), 16);
    __m256i feature = _mm256_add_epi32(_mm256_slli_epi32(ln, LOG_SCALE_SHIFT), _mm256_set1_epi32(32768));
    __m256i none = _mm256_cmpeq_epi32(value, _mm256_setzero_si256()); // never 1: it is a multiple of 8
    return _mm256_andnot_si256(none, _mm256_srli_epi32(feature, 16));
}

void FRONTEND_BODY(uint32_t *estimate, const int16_t *window, uint16_t *row)
{
    alignas(64) struct complex16 data[FFT_SIZE], transformed[FFT_SIZE];
    alignas(64) double energy[FFT_SIZE];
    alignas(32) uint32_t signal[FRONTEND_CHANNELS];
    int shift = window_samples(window, data);
    fft(data, transformed, shift);
    real_energy(transformed, energy);
    filter(energy, shift, signal);
    for (int i = 0; i < FRONTEND_CHANNELS; i += 8) {
        __m256i rest = reduce_noise(_mm256_load_si256((const void *)(signal + i)), estimate + i);
        __m256i value = apply_gain(rest, _mm256_loadu_si256((const void *)(estimate + i)));
        __m256i feature = log_features(value);
        __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(feature), _mm256_extracti128_si256(feature, 1));
        _mm_storeu_si128((void *)(row + i), packed);
    }
}
