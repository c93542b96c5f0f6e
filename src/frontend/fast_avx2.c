// SPDX-License-Identifier: GPL-3.0-or-later
// The fast body on 256 bits: 8 complex values a vector.
#ifndef __AVX2__
#error "compile with -mavx2 -mfma"
#endif
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m256i vec;
enum { LANES = 8 };

static inline vec v_load(const void *from)
{
    return _mm256_loadu_si256(from);
}

static inline void v_store(void *to, vec a)
{
    _mm256_storeu_si256(to, a);
}

static inline vec v_set16(int16_t value)
{
    return _mm256_set1_epi16(value);
}

static inline vec v_spread(const void *word)
{
    return _mm256_castps_si256(_mm256_broadcast_ss(word));
}

static inline vec v_add16(vec a, vec b)
{
    return _mm256_add_epi16(a, b);
}

static inline vec v_sub16(vec a, vec b)
{
    return _mm256_sub_epi16(a, b);
}

static inline vec v_max16(vec a, vec b)
{
    return _mm256_max_epi16(a, b);
}

static inline vec v_abs16(vec a)
{
    return _mm256_abs_epi16(a);
}

static inline vec v_average16(vec a, vec b)
{
    return _mm256_avg_epu16(a, b);
}

static inline vec v_xor(vec a, vec b)
{
    return _mm256_xor_si256(a, b);
}

static inline vec v_left16(vec a, __m128i count)
{
    return _mm256_sll_epi16(a, count);
}

static inline vec v_multiply_round15(vec a, vec b)
{
    return _mm256_mulhrs_epi16(a, b);
}

static inline vec v_multiply_shift12(vec a, vec b)
{
    vec high = _mm256_slli_epi16(_mm256_mulhi_epi16(a, b), 4);
    return _mm256_or_si256(high, _mm256_srli_epi16(_mm256_mullo_epi16(a, b), 12));
}

static inline vec v_dot(vec a, vec b)
{
    return _mm256_madd_epi16(a, b);
}

static inline vec v_dot_plus(vec a, vec b, vec sum)
{
    return _mm256_add_epi32(_mm256_madd_epi16(a, b), sum);
}

static inline vec v_pick(vec re, vec im)
{
    return _mm256_blend_epi16(re, im, 0xAA);
}

static inline vec v_swap(vec a)
{
    return _mm256_or_si256(_mm256_slli_epi32(a, 16), _mm256_srli_epi32(a, 16));
}

static inline vec v_pack15(vec re, vec im)
{
    return v_pick(_mm256_srli_epi32(re, 15), _mm256_slli_epi32(im, 1));
}

static inline vec v_reverse(vec a)
{
    return _mm256_permutevar8x32_epi32(a, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
}

static inline void v_store_doubles(double *to, vec a)
{
    _mm256_storeu_pd(to, _mm256_cvtepi32_pd(_mm256_castsi256_si128(a)));
    _mm256_storeu_pd(to + 4, _mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1)));
}

static inline __m128i v_fold_max16(vec a)
{
    return _mm_max_epi16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}

#define FRONTEND_BODY frontend_row_avx2
#include "frontend/fast_body.h"
