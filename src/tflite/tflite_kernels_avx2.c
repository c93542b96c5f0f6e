// SPDX-License-Identifier: GPL-3.0-or-later
// Packed convolutions for AVX2: VPMADDWD sums 2 products of int16 in each of 8 lanes; a block is two vectors.
#include "tflite/tflite_kernels.h"

#include <immintrin.h>
#include <string.h>

#if !defined(__AVX2__)
#error "compile this file for AVX2"
#endif

static inline __m256i load(const void *data)
{
    return _mm256_load_si256((const __m256i *)data);
}

// Sums of 8 channels, requantised, + zero, clamped. For exact halves see tflite_requant.c.
static inline __m256i requantised(const struct packed *p, int channel, __m256i sum)
{
    __m256i multiplier = load(p->multiplier + channel), round = _mm256_set1_epi64x(INT64_C(1) << 30);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(sum, multiplier), round);
    __m256i odd =
        _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(sum, 32), _mm256_srli_epi64(multiplier, 32)), round);
    __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
    __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(high, load(p->half + channel)), _mm256_srai_epi32(high, 31));
    __m256i y = _mm256_add_epi32(_mm256_srav_epi32(rounded, load(p->shift + channel)), _mm256_set1_epi32(p->zero));
    return _mm256_min_epi32(_mm256_max_epi32(y, _mm256_set1_epi32(p->low)), _mm256_set1_epi32(p->high));
}

static inline void finish(const struct packed *p, int block, __m256i low, __m256i high, int8_t *output)
{
    low = requantised(p, block * BLOCK, low);
    high = requantised(p, block * BLOCK + BLOCK / 2, high);
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    int left = p->channels - block * BLOCK;
    if (left >= BLOCK) {
        _mm_storeu_si128((__m128i *)(void *)(output + block * BLOCK), bytes);
    } else {
        int8_t tail[BLOCK];
        _mm_storeu_si128((__m128i *)(void *)tail, bytes);
        memcpy(output + block * BLOCK, tail, (size_t)left);
    }
}

static inline __m256i load_words(const int8_t *bytes)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

// `count` (a constant where it is inlined) blocks of channels at once, 16 inputs a turn.
static inline __attribute__((always_inline)) void sum_blocks(const struct packed *p, int first, const int count,
                                                              const int8_t *input, int8_t *output)
{
    size_t block_size = (size_t)p->groups * 32;
    const int16_t *weights = (const int16_t *)p->weights + (size_t)first * block_size;
    __m256i sums[4][2];
    for (int b = 0; b < count; b++)
        for (int h = 0; h < 2; h++)
            sums[b][h] = load(p->bias + (first + b) * BLOCK + h * BLOCK / 2);
    for (int g = 0; g < p->groups; g += 8, input += 16) {
        __m256i words = load_words(input);
        for (int pair = 0; pair < 8; pair++, weights += 32) {
            __m256i x = _mm256_permutevar8x32_epi32(words, _mm256_set1_epi32(pair));
            for (int b = 0; b < count; b++)
                for (int h = 0; h < 2; h++)
                    sums[b][h] = _mm256_add_epi32(
                        sums[b][h], _mm256_madd_epi16(x, load(weights + (size_t)b * block_size + h * 16)));
        }
    }
    for (int b = 0; b < count; b++)
        finish(p, first + b, sums[b][0], sums[b][1], output);
}

static void many_avx2(const void *params)
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

static int32_t lane_sum(__m256i x)
{
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

static void few_avx2(const void *params)
{
    const struct packed *p = params;
    for (int i = 0; i < p->pixels; i++) {
        const int8_t *input = p->input + (size_t)i * (size_t)p->pitch;
        const int16_t *weights = p->weights;
        _Alignas(32) int32_t sums[BLOCK] = {0};
        for (int c = 0; c < p->channels; c++) {
            __m256i sum = _mm256_setzero_si256();
            for (int g = 0; g < p->groups; g++, weights += 16)
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_words(input + 16 * g), load(weights)));
            sums[c] = lane_sum(sum) + p->bias[c];
        }
        finish(p, 0, load(sums), load(sums + 8), p->output + (size_t)i * (size_t)p->channels);
    }
}

// Rows two by two: bytes of two rows side by side become pairs of int16.
static void depthwise_avx2(const void *params)
{
    const struct packed *p = params;
    for (int b = 0; b < p->blocks; b++) {
        const int8_t *row = p->input + b * BLOCK;
        const int16_t *weights = (const int16_t *)p->weights + (size_t)b * (size_t)p->groups * 32;
        __m256i low = load(p->bias + b * BLOCK), high = load(p->bias + b * BLOCK + 8);
        for (int g = 0; g < p->groups; g++, row += 2 * p->pitch, weights += 32) {
            const int8_t *next = 2 * g + 1 < p->taps ? row + p->pitch : row;
            __m128i x0 = _mm_loadu_si128((const __m128i *)(const void *)row);
            __m128i x1 = _mm_loadu_si128((const __m128i *)(const void *)next);
            __m256i first = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(x0, x1)),
                    second = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(x0, x1));
            low = _mm256_add_epi32(low, _mm256_madd_epi16(first, load(weights)));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(second, load(weights + 16)));
        }
        finish(p, b, low, high, p->output);
    }
}

const struct kernel_set tflite_kernels_avx2 = {
    .many = {{BLOCK, 2, 8, false}, many_avx2},
    .few = {{1, 16, 1, false}, few_avx2},
    .depthwise = {{BLOCK, 2, 1, false}, depthwise_avx2},
};
