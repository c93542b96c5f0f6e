// SPDX-License-Identifier: GPL-3.0-or-later
// frontend: the device's fixed-point front end, bit for bit. 16 kHz mono int16 in; 40 uint16 channels per 10 ms
// out. Source of every formula: TFLite's microfrontend with kissfft in 16 bit, as ESPHome uses it.
#ifndef WAKESMITH_FRONTEND_H
#define WAKESMITH_FRONTEND_H

#include <stddef.h>
#include <stdint.h>

enum { FRONTEND_CHANNELS = 40, FRONTEND_WINDOW = 480, FRONTEND_STEP = 160 };

// State is explicit and small; all zero (frontend_reset) is a fresh front end. No allocation, no failure.
struct frontend {
    uint32_t estimate[FRONTEND_CHANNELS]; // noise estimate
    int16_t held[FRONTEND_WINDOW];        // samples that wait for a whole window
    size_t held_count;
};

void frontend_reset(struct frontend *frontend);
// Rows that `count` more samples will give. A fresh front end: floor(count / 160) - 2, or 0.
size_t frontend_rows(const struct frontend *frontend, size_t count);
// Takes `count` samples in any chunks, writes frontend_rows() rows of 40 to `rows`, returns their number.
size_t frontend_push(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows);

// The model's input byte: (v*256 + 333) / 666 - 128, clamped.
int8_t frontend_int8(uint16_t feature);
void frontend_quantize(const uint16_t *features, size_t count, int8_t *bytes);

// The plain C body, for tests and benchmarks; frontend_push chooses the best body of this CPU.
size_t frontend_push_plain(struct frontend *frontend, const int16_t *samples, size_t count, uint16_t *rows);

#endif
