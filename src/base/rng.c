// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t rotate_left(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

struct rng rng_make(uint64_t seed, uint64_t stream)
{
    struct rng rng;
    uint64_t x = seed;
    uint64_t mixed = splitmix(&x) ^ rotate_left(stream * 0xd1342543de82ef95u + 0x632be59bd9b4e019u, 23);
    for (int i = 0; i < 4; i++)
        rng.state[i] = splitmix(&mixed);
    return rng;
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t rng_below(struct rng *rng, uint32_t limit)
{
    return (uint32_t)((rng_next(rng) >> 32) * limit >> 32);
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

double rng_range(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_unit(rng);
}

double rng_log_range(struct rng *rng, double low, double high)
{
    return exp(rng_range(rng, log(low), log(high)));
}

double rng_normal(struct rng *rng)
{
    double radius = sqrt(-2 * log(1 - rng_unit(rng)));
    return radius * cos(2 * M_PI * rng_unit(rng));
}

bool rng_chance(struct rng *rng, double probability)
{
    return rng_unit(rng) < probability;
}

uint64_t seed_mix(uint64_t seed, const char *label)
{
    uint64_t hash = 0xcbf29ce484222325u ^ seed * 0x9e3779b97f4a7c15u; // FNV-1a over the label
    for (; *label; label++)
        hash = (hash ^ (unsigned char)*label) * 0x100000001b3u;
    return splitmix(&hash);
}
