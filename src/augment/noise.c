// SPDX-License-Identifier: GPL-3.0-or-later
// Noise that needs no recordings, and how loud signals are.
#include "augment/augment_internal.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 }; // independent partial sums: the compiler keeps them in vector registers

double sum_squares(const float *x, size_t count)
{
    double sum = 0;
    for (size_t at = 0; at < count;) { // float sums over short blocks, double over blocks
        size_t end = count - at > 1024 ? at + 1024 : count;
        float lanes[LANES] = {0};
        for (; at + LANES <= end; at += LANES)
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += x[at + (size_t)lane] * x[at + (size_t)lane];
        for (; at < end; at++)
            lanes[0] += x[at] * x[at];
        for (int lane = 0; lane < LANES; lane++)
            sum += (double)lanes[lane];
    }
    return sum;
}

double level_rms(const float *x, size_t count)
{
    return count ? sqrt(sum_squares(x, count) / (double)count) : 0;
}

float level_peak(const float *x, size_t count)
{
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            float height = fabsf(x[i + (size_t)lane]);
            lanes[lane] = height > lanes[lane] ? height : lanes[lane];
        }
    for (; i < count; i++)
        lanes[0] = fmaxf(lanes[0], fabsf(x[i]));
    for (int lane = 1; lane < LANES; lane++)
        lanes[0] = fmaxf(lanes[0], lanes[lane]);
    return lanes[0];
}

// A sample is the sum of four 16-bit uniform numbers out of one 64-bit draw: variance 4 * 65536^2 / 12, kurtosis
// -0.3, highest value 3.46 deviations. The draws are splitmix64 from a start that `rng` gives: it counts, so that
// samples do not wait for each other.
void noise_white(struct rng *rng, float *x, size_t count)
{
    const uint64_t start = rng_next(rng), halves = 0x0000ffff0000ffffu;
    const float scale = (float)(sqrt(3) / 65536);
    for (size_t i = 0; i < count; i++) {
        uint64_t z = start + i * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        uint64_t pairs = (z & halves) + (z >> 16 & halves);
        int32_t sum = (int32_t)(pairs & 0xffffffff) + (int32_t)(pairs >> 32) - 2 * 65535;
        x[i] = (float)sum * scale;
    }
}

// P. Kellet's sum of six first-order poles, a delay and a direct path.
void pink_run(struct pink *pink, float *x, size_t count)
{
    float p0 = pink->pole[0], p1 = pink->pole[1], p2 = pink->pole[2], p3 = pink->pole[3], p4 = pink->pole[4],
          p5 = pink->pole[5], delayed = pink->delayed;
    for (size_t i = 0; i < count; i++) {
        float white = x[i];
        p0 = 0.99886f * p0 + 0.0555179f * white;
        p1 = 0.99332f * p1 + 0.0750759f * white;
        p2 = 0.96900f * p2 + 0.1538520f * white;
        p3 = 0.86650f * p3 + 0.3104856f * white;
        p4 = 0.55000f * p4 + 0.5329522f * white;
        p5 = -0.7616f * p5 - 0.0168980f * white;
        x[i] = (p0 + p1) + (p2 + p3) + (p4 + p5) + (delayed + 0.5362f * white);
        delayed = 0.115926f * white;
    }
    *pink = (struct pink){{p0, p1, p2, p3, p4, p5}, delayed};
}

void noise_colour(enum noise_colour colour, struct rng *rng, float *x, size_t count)
{
    noise_white(rng, x, count);
    if (colour != NOISE_WHITE)
        pink_run(&(struct pink){0}, x, count);
    if (colour == NOISE_BROWN) { // pink through one more pole at 51 Hz
        float low = 0;
        for (size_t i = 0; i < count; i++)
            x[i] = low = 0.98f * low + 0.02f * x[i];
    }
    double rms = level_rms(x, count);
    float gain = rms > 0 ? (float)(1 / rms) : 0;
    for (size_t i = 0; i < count; i++)
        x[i] *= gain;
}

void noise_any(struct rng *rng, float *x, size_t count)
{
    noise_colour((enum noise_colour)rng_below(rng, NOISE_COLOURS), rng, x, count);
}
