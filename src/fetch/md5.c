// SPDX-License-Identifier: GPL-3.0-or-later
// MD5 (RFC 1321), because Piper's catalogue names nothing better: it tells a damaged file, not a forged one.
#include "fetch/fetch_internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 64, READ_BLOCK = 1 << 16 };

static uint32_t rotate(uint32_t x, unsigned bits)
{
    return x << bits | x >> (32 - bits);
}

static void mix(uint32_t state[4], const uint32_t sines[BLOCK], const uint8_t *data)
{
    static const unsigned char shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const unsigned char steps[4][2] = {{1, 0}, {5, 1}, {3, 5}, {7, 0}}; // word = (factor * i + offset) mod 16
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (size_t i = 0; i < 16; i++)
        words[i] = data[4 * i] | (uint32_t)data[4 * i + 1] << 8 | (uint32_t)data[4 * i + 2] << 16 |
                   (uint32_t)data[4 * i + 3] << 24;
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned round = i / 16;
        uint32_t f = round == 0   ? (b & c) | (~b & d)
                     : round == 1 ? (d & b) | (~d & c)
                     : round == 2 ? b ^ c ^ d
                                  : c ^ (b | ~d);
        uint32_t sum = a + f + sines[i] + words[(steps[round][0] * i + steps[round][1]) % 16];
        a = d, d = c, c = b;
        b += rotate(sum, shifts[round][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

int md5_file(const char *path, char hex[33], struct error *error)
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}, sines[BLOCK];
    uint8_t block[READ_BLOCK + BLOCK];
    uint64_t size = 0;
    size_t got;
    for (size_t i = 0; i < BLOCK; i++)
        sines[i] = (uint32_t)(fabs(sin((double)i + 1)) * 4294967296.0);
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
    while ((got = fread(block, 1, READ_BLOCK, file)) == READ_BLOCK) {
        for (size_t at = 0; at < got; at += BLOCK)
            mix(state, sines, block + at);
        size += got;
    }
    bool failed = ferror(file);
    fclose(file);
    if (failed)
        return error_set(error, ERROR_IO, "cannot read %s", path);
    size = (size + got) * 8;
    block[got++] = 0x80;
    while (got % BLOCK != BLOCK - 8)
        block[got++] = 0;
    for (unsigned i = 0; i < 8; i++)
        block[got++] = (uint8_t)(size >> 8 * i);
    for (size_t at = 0; at < got; at += BLOCK)
        mix(state, sines, block + at);
    for (unsigned i = 0; i < 16; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", state[i / 4] >> 8 * (i % 4) & 0xff);
    return 0;
}
