// SPDX-License-Identifier: GPL-3.0-or-later
// Packed convolutions for AVX-512 with VNNI. VPDPBUSD sums 4 products of unsigned by signed bytes in each of 16 lanes;
// inputs become unsigned by adding 128, which the bias takes back.
#include "tflite/tflite_kernels.h"

#include <immintrin.h>
#include <string.h>

#if !defined(__AVX512VNNI__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
#error "compile this file for AVX-512 with VNNI"
#endif

// clamp(requantised sums + zero) of one block, stored as bytes. For exact halves see high_product and rounding_shift
// in tflite_requant.c.
static inline void finish(const struct packed *p, int block, __m512i sum, int8_t *output)
{
    __m512i multiplier = _mm512_load_si512(p->multiplier + block * BLOCK);
    __m512i round = _mm512_set1_epi64(INT64_C(1) << 30);
    __m512i even = _mm512_add_epi64(_mm512_mul_epi32(sum, multiplier), round);
    __m512i odd =
        _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(sum, 32), _mm512_srli_epi64(multiplier, 32)), round);
    __m512i high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
    __m512i half = _mm512_load_si512(p->half + block * BLOCK), shift = _mm512_load_si512(p->shift + block * BLOCK);
    __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(high, half), _mm512_srai_epi32(high, 31));
    __m512i y = _mm512_add_epi32(_mm512_srav_epi32(rounded, shift), _mm512_set1_epi32(p->zero));
    y = _mm512_min_epi32(_mm512_max_epi32(y, _mm512_set1_epi32(p->low)), _mm512_set1_epi32(p->high));
    int left = p->channels - block * BLOCK;
    __mmask16 valid = (__mmask16)(left >= BLOCK ? 0xffffu : (1u << left) - 1);
    _mm512_mask_cvtepi32_storeu_epi8(output + block * BLOCK, valid, y);
}

// `count` (a constant where it is inlined) blocks of channels at once.
static inline __attribute__((always_inline)) void sum_blocks(const struct packed *p, int first, const int count,
                                                              const int8_t *input, int8_t *output)
{
    const int8_t *weights = (const int8_t *)p->weights + (size_t)first * (size_t)p->groups * 64;
    size_t block_size = (size_t)p->groups * 64;
    __m512i sums[4];
    for (int b = 0; b < count; b++)
        sums[b] = _mm512_load_si512(p->bias + (first + b) * BLOCK);
    for (int g = 0; g < p->groups; g++) {
        int32_t four;
        memcpy(&four, input + 4 * g, sizeof four);
        __m512i x = _mm512_set1_epi32(four ^ (int32_t)0x80808080);
        for (int b = 0; b < count; b++)
            sums[b] =
                _mm512_dpbusd_epi32(sums[b], x, _mm512_load_si512(weights + (size_t)b * block_size + (size_t)g * 64));
    }
    for (int b = 0; b < count; b++)
        finish(p, first + b, sums[b], output);
}

static void many_avx512(const void *params)
{
    const struct packed *p = params;
    for (int i = 0; i < p->pixels; i++) {
        const int8_t *input = p->input + (size_t)i * (size_t)p->pitch;
        int8_t *output = p->output + (size_t)i * (size_t)p->channels;
        int block = 0;
        for (; block + 4 <= p->blocks; block += 4)
            sum_blocks(p, block, 4, input, output);
        for (; block + 2 <= p->blocks; block += 2)
            sum_blocks(p, block, 2, input, output);
        if (block < p->blocks)
            sum_blocks(p, block, 1, input, output);
    }
}

static void few_avx512(const void *params)
{
    const struct packed *p = params;
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    for (int i = 0; i < p->pixels; i++) {
        const int8_t *input = p->input + (size_t)i * (size_t)p->pitch, *weights = p->weights;
        _Alignas(64) int32_t sums[BLOCK] = {0};
        for (int c = 0; c < p->channels; c++) {
            __m512i sum = _mm512_setzero_si512();
            for (int g = 0; g < p->groups; g++, weights += 64) {
                __m512i x = _mm512_xor_si512(_mm512_loadu_si512(input + 64 * g), flip);
                sum = _mm512_dpbusd_epi32(sum, x, _mm512_load_si512(weights));
            }
            sums[c] = _mm512_reduce_add_epi32(sum) + p->bias[c];
        }
        finish(p, 0, _mm512_load_si512(sums), p->output + (size_t)i * (size_t)p->channels);
    }
}

// Rows two by two: bytes of two rows side by side become pairs of int16, one VPDPWSSD sums them.
static void depthwise_avx512(const void *params)
{
    const struct packed *p = params;
    for (int b = 0; b < p->blocks; b++) {
        const int8_t *row = p->input + b * BLOCK;
        const int16_t *weights = (const int16_t *)p->weights + (size_t)b * (size_t)p->groups * 32;
        __m512i sum = _mm512_load_si512(p->bias + b * BLOCK);
        for (int g = 0; g < p->groups; g++, row += 2 * p->pitch, weights += 32) {
            const int8_t *next = 2 * g + 1 < p->taps ? row + p->pitch : row;
            __m128i x0 = _mm_loadu_si128((const __m128i *)(const void *)row);
            __m128i x1 = _mm_loadu_si128((const __m128i *)(const void *)next);
            __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi8(x0, x1), _mm_unpacklo_epi8(x0, x1));
            sum = _mm512_dpwssd_epi32(sum, _mm512_cvtepi8_epi16(pairs), _mm512_load_si512(weights));
        }
        finish(p, b, sum, p->output);
    }
}

const struct kernel_set tflite_kernels_avx512 = {
    .many = {{BLOCK, 4, 1, true}, many_avx512},
    .few = {{1, 64, 1, true}, few_avx512},
    .depthwise = {{BLOCK, 2, 1, false}, depthwise_avx512},
};
