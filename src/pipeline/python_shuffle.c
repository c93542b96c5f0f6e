// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/pipeline_internal.h"

// MT19937 (M. Matsumoto and T. Nishimura, 1998) with the seeding by an array that Python uses for integers.
enum { STATE = 624, MIDDLE = 397 };
struct twister {
    uint32_t state[STATE];
    int at;
};

static void seed_plain(struct twister *t, uint32_t seed)
{
    t->state[0] = seed;
    for (uint32_t i = 1; i < STATE; i++)
        t->state[i] = 1812433253u * (t->state[i - 1] ^ t->state[i - 1] >> 30) + i;
    t->at = STATE;
}

static void seed_integer(struct twister *t, uint32_t key)
{
    seed_plain(t, 19650218u);
    uint32_t *s = t->state, i = 1;
    for (int k = STATE; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + key;
        if (++i == STATE) {
            s[0] = s[STATE - 1];
            i = 1;
        }
    }
    for (int k = STATE - 1; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - i;
        if (++i == STATE) {
            s[0] = s[STATE - 1];
            i = 1;
        }
    }
    s[0] = 0x80000000u;
}

static uint32_t draw(struct twister *t)
{
    uint32_t *s = t->state;
    if (t->at == STATE) {
        for (int i = 0; i < STATE; i++) {
            uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % STATE] & 0x7fffffffu);
            s[i] = s[(i + MIDDLE) % STATE] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
        }
        t->at = 0;
    }
    uint32_t y = s[t->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

void python_shuffle(uint32_t seed, size_t *indices, size_t count)
{
    struct twister twister;
    seed_integer(&twister, seed);
    for (size_t i = 0; i < count; i++)
        indices[i] = i;
    for (size_t i = count; i-- > 1;) { // below i + 1, by as many bits as it has, again until it is below
        int bits = 0;
        while (bits < 32 && (i + 1) >> bits)
            bits++;
        size_t k;
        do
            k = draw(&twister) >> (32 - bits);
        while (k > i);
        size_t swap = indices[i];
        indices[i] = indices[k];
        indices[k] = swap;
    }
}
