// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 and SHA-1 (FIPS 180-4). Small enough to be ours; a library would be the only use of it here.
#include "base/base.h"

#include <errno.h>
#include <string.h>

static uint32_t rotate_right(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load_big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void sha256_block(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = load_big(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                      ((e & s[5]) ^ (~e & s[6])) + round_constants[i] + w[i];
        uint32_t t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_init(struct sha256 *hash)
{
    *hash = (struct sha256){
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *hash, const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size) {
        size_t held = hash->bytes % 64, take = 64 - held < size ? 64 - held : size;
        memcpy(hash->block + held, at, take);
        hash->bytes += take;
        at += take;
        size -= take;
        if (hash->bytes % 64 == 0)
            sha256_block(hash->state, hash->block);
    }
}

// The closing bytes that both hashes share: 0x80, zeros, the length in bits.
static size_t closing_bytes(uint64_t bytes, uint8_t tail[72])
{
    size_t zeros = (size_t)((119 - bytes % 64) % 64);
    memset(tail, 0, 72);
    tail[0] = 0x80;
    for (int i = 0; i < 8; i++)
        tail[1 + zeros + (size_t)i] = (uint8_t)(bytes * 8 >> (56 - 8 * i));
    return 9 + zeros;
}

static void print_words(const uint32_t *words, int count, char *hex)
{
    for (int i = 0; i < count; i++)
        snprintf(hex + 8 * i, 9, "%08x", words[i]);
}

void sha256_hex(struct sha256 *hash, char hex[65])
{
    uint8_t tail[72];
    size_t size = closing_bytes(hash->bytes, tail);
    sha256_add(hash, tail, size);
    print_words(hash->state, 8, hex);
}

int sha256_file(const char *path, char hex[65], struct error *error)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return error_set(error, ERROR_IO, "cannot open %s: %s", path, strerror(errno));
    struct sha256 hash;
    sha256_init(&hash);
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, stream)) > 0)
        sha256_add(&hash, piece, got);
    bool broken = ferror(stream) != 0;
    fclose(stream);
    if (broken)
        return error_set(error, ERROR_IO, "cannot read %s", path);
    sha256_hex(&hash, hex);
    return 0;
}

static void sha1_block(uint32_t state[5], const uint8_t block[64])
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = load_big(block + 4 * i);
    for (int i = 16; i < 80; i++)
        w[i] = rotate_right(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 31);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t t = rotate_right(a, 27) + f + e + constants[i / 20] + w[i];
        e = d;
        d = c;
        c = rotate_right(b, 2);
        b = a;
        a = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void sha1_hex(const void *data, size_t size, char hex[41])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const uint8_t *at = data;
    size_t whole = size / 64, rest = size % 64;
    for (size_t i = 0; i < whole; i++)
        sha1_block(state, at + 64 * i);
    uint8_t tail[136], close[72];
    if (rest)
        memcpy(tail, at + 64 * whole, rest);
    size_t more = closing_bytes(size, close);
    memcpy(tail + rest, close, more);
    for (size_t i = 0; i < (rest + more) / 64; i++)
        sha1_block(state, tail + 64 * i);
    print_words(state, 5, hex);
}
