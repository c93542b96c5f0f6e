// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_AUDIO_INTERNAL_H
#define WAKESMITH_AUDIO_INTERNAL_H

#include "audio/audio.h"

enum { AUDIO_CONVERTER = 1 }; // SRC_SINC_MEDIUM_QUALITY: flat to 90 % of the band, images below -120 dB

// A frame (10 or 20 ms) whose RMS stays below this, a third of one int16 step, is digital silence.
#define AUDIO_SILENCE 1e-5

// Mean square of `count` samples from `begin` on; the last frame may be shorter than `frame`.
double audio_frame_power(const float *samples, size_t count, size_t begin, size_t frame);
// Mean square of the loudest of all frames.
double audio_loudest_power(const float *samples, size_t count, size_t frame);

#endif
