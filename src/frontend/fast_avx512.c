// SPDX-License-Identifier: GPL-3.0-or-later
// The fast body on 512 bits: 16 complex values a vector.
#ifndef __AVX512VNNI__
#error "compile with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma"
#endif
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m512i vec;
enum { LANES = 16 };

static inline vec v_load(const void *from)
{
    return _mm512_loadu_si512(from);
}

static inline void v_store(void *to, vec a)
{
    _mm512_storeu_si512(to, a);
}

static inline vec v_set16(int16_t value)
{
    return _mm512_set1_epi16(value);
}

static inline vec v_spread(const void *word)
{
    return _mm512_broadcastd_epi32(_mm_loadu_si32(word));
}

static inline vec v_add16(vec a, vec b)
{
    return _mm512_add_epi16(a, b);
}

static inline vec v_sub16(vec a, vec b)
{
    return _mm512_sub_epi16(a, b);
}

static inline vec v_max16(vec a, vec b)
{
    return _mm512_max_epi16(a, b);
}

static inline vec v_abs16(vec a)
{
    return _mm512_abs_epi16(a);
}

static inline vec v_average16(vec a, vec b)
{
    return _mm512_avg_epu16(a, b);
}

static inline vec v_xor(vec a, vec b)
{
    return _mm512_xor_si512(a, b);
}

static inline vec v_left16(vec a, __m128i count)
{
    return _mm512_sll_epi16(a, count);
}

static inline vec v_multiply_round15(vec a, vec b)
{
    return _mm512_mulhrs_epi16(a, b);
}

static inline vec v_multiply_shift12(vec a, vec b)
{
    vec high = _mm512_slli_epi16(_mm512_mulhi_epi16(a, b), 4);
    return _mm512_or_si512(high, _mm512_srli_epi16(_mm512_mullo_epi16(a, b), 12));
}

static inline vec v_dot(vec a, vec b)
{
    return _mm512_madd_epi16(a, b);
}

static inline vec v_dot_plus(vec a, vec b, vec sum)
{
    return _mm512_dpwssd_epi32(sum, a, b);
}

static inline vec v_pick(vec re, vec im)
{
    return _mm512_mask_blend_epi16(0xAAAAAAAA, re, im);
}

static inline vec v_swap(vec a)
{
    return _mm512_rol_epi32(a, 16);
}

static inline vec v_pack15(vec re, vec im)
{
    return v_pick(_mm512_srli_epi32(re, 15), _mm512_slli_epi32(im, 1));
}

static inline vec v_reverse(vec a)
{
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), a);
}

static inline void v_store_doubles(double *to, vec a)
{
    _mm512_storeu_pd(to, _mm512_cvtepi32_pd(_mm512_castsi512_si256(a)));
    _mm512_storeu_pd(to + 8, _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a, 1)));
}

static inline __m128i v_fold_max16(vec a)
{
    __m256i half = _mm256_max_epi16(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    return _mm_max_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

#define FRONTEND_BODY frontend_row_avx512
#include "frontend/fast_body.h"
