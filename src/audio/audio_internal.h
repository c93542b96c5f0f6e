// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_AUDIO_INTERNAL_H
#define WAKESMITH_AUDIO_INTERNAL_H

#include "audio/audio.h"

// SOXR_HQ: flat to 91 % of the lower rate's band, images below -120 dB. On one core a second of 22,050 Hz takes
// 0.2 ms; libsamplerate's medium sinc, which is flat to 90 %, took 3.6 ms.
enum { AUDIO_RESAMPLING = 4 };

// A frame (10 or 20 ms) whose RMS stays below this, a third of one int16 step, is digital silence.
#define AUDIO_SILENCE 1e-5

// Mean square of `count` samples from `begin` on; the last frame may be shorter than `frame`.
double audio_frame_power(const float *samples, size_t count, size_t begin, size_t frame);
// Mean square of the loudest of all frames.
double audio_loudest_power(const float *samples, size_t count, size_t frame);

#endif
