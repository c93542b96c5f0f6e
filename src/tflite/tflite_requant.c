// SPDX-License-Identifier: GPL-3.0-or-later
// The device's integer arithmetic (spec quantization-and-tflite 3): requantisation with double rounding and the
// fixed-point logistic function.
#include "tflite/tflite_internal.h"

#include <math.h>

void requant_multiplier(double real, int32_t *multiplier, int *exponent)
{
    *multiplier = 0;
    *exponent = 0;
    if (real == 0)
        return;
    int e;
    int64_t q = (int64_t)round(frexp(real, &e) * 0x1p31);
    if (q == INT64_C(1) << 31) {
        q /= 2;
        e++;
    }
    if (e < -31)
        return;
    *multiplier = (int32_t)q;
    *exponent = e;
}

// round(a * b / 2^31), halves towards +infinity, saturated in the one case that overflows.
static int32_t high_product(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

// x / 2^e, halves away from zero.
static int32_t rounding_shift(int32_t x, int e)
{
    int64_t mask = (INT64_C(1) << e) - 1, rest = x & mask, threshold = (mask >> 1) + (x < 0);
    return (x >> e) + (rest > threshold);
}

int32_t requant(int32_t accumulator, int32_t multiplier, int exponent)
{
    int left = exponent > 0 ? exponent : 0, right = exponent > 0 ? 0 : -exponent;
    return rounding_shift(high_product((int32_t)((uint32_t)accumulator << left), multiplier), right);
}

static int32_t saturate(int64_t value)
{
    return (int32_t)(value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value);
}

// exp(a) for a <= 0: argument with 27 fraction bits, result with 31. A Taylor series for the last quarter, then
// one factor exp(-2^i / 4) for each bit of the rest.
static int32_t exp_negative(int32_t a)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401};
    if (a == 0)
        return INT32_MAX;
    int32_t quarter = (a & ((1 << 25) - 1)) - (1 << 25), rest = quarter - a;
    int32_t x = quarter * 16 + (1 << 28);
    int32_t x2 = high_product(x, x), x3 = high_product(x2, x), x4 = high_product(x2, x2);
    int32_t t = rounding_shift(high_product(rounding_shift(x4, 2) + x3, 715827883) + x2, 1);
    int32_t result = 1895147668 + high_product(1895147668, x + t);
    for (int i = 0; i < (int)COUNT_OF(factors); i++)
        if (rest & (1 << (25 + i)))
            result = high_product(result, factors[i]);
    return result;
}

// 1 / (1 + exp(-x)): argument with 27 fraction bits, result with 31. Three Newton steps for the division.
static int32_t logistic_fixed(int32_t x)
{
    if (x == 0)
        return 1 << 30;
    int32_t half = (int32_t)(((int64_t)exp_negative(x > 0 ? -x : x) + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + high_product(half, -1010580540);
    for (int i = 0; i < 3; i++)
        y += saturate(4 * (int64_t)high_product(y, (1 << 29) - high_product(half, y)));
    int32_t result = saturate(2 * (int64_t)y);
    return x > 0 ? result : INT32_MAX - result;
}

void logistic_table(double scale, int zero_point, uint8_t table[256])
{
    int32_t multiplier;
    int exponent;
    requant_multiplier(scale * 0x1p27, &multiplier, &exponent);
    double radius = floor(15 * 0x1p27 / ldexp(1, exponent));
    for (int q = INT8_MIN; q <= INT8_MAX; q++) {
        int d = q - zero_point, out;
        if (d <= -radius)
            out = INT8_MIN;
        else if (d >= radius)
            out = INT8_MAX;
        else
            out = rounding_shift(logistic_fixed(requant(d, multiplier, exponent)), 23) - 128;
        table[(uint8_t)q] = (uint8_t)(int8_t)(out > INT8_MAX ? INT8_MAX : out);
    }
}
