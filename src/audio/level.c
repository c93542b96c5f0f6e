// SPDX-License-Identifier: GPL-3.0-or-later
// Where speech is in a clip, and how loud it is.
#include "audio/audio_internal.h"

#include <math.h>

enum { FRAME_10_MS = AUDIO_RATE / 100, FRAME_20_MS = AUDIO_RATE / 50 };
#define ACTIVE_RANGE_DB 25.0

double audio_frame_power(const float *samples, size_t count, size_t begin, size_t frame)
{
    size_t end = count - begin < frame ? count : begin + frame;
    double sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += (double)samples[i] * samples[i];
    return end > begin ? sum / (double)(end - begin) : 0;
}

double audio_loudest_power(const float *samples, size_t count, size_t frame)
{
    double loudest = 0;
    for (size_t at = 0; at < count; at += frame)
        loudest = fmax(loudest, audio_frame_power(samples, count, at, frame));
    return loudest;
}

void audio_speech_bounds(const float *samples, size_t count, double below_peak_db, size_t *begin, size_t *end)
{
    double loudest = audio_loudest_power(samples, count, FRAME_10_MS);
    double floor = loudest * pow(10, -below_peak_db / 10);
    *begin = *end = 0;
    if (loudest < AUDIO_SILENCE * AUDIO_SILENCE)
        return;
    for (size_t at = 0; at < count; at += FRAME_10_MS) {
        if (audio_frame_power(samples, count, at, FRAME_10_MS) < floor)
            continue;
        if (*end == 0)
            *begin = at;
        *end = at + FRAME_10_MS < count ? at + FRAME_10_MS : count;
    }
}

double audio_active_rms(const float *samples, size_t count)
{
    double loudest = audio_loudest_power(samples, count, FRAME_20_MS), sum = 0;
    double floor = loudest * pow(10, -ACTIVE_RANGE_DB / 10);
    size_t active = 0;
    if (loudest < AUDIO_SILENCE * AUDIO_SILENCE)
        return 0;
    for (size_t at = 0; at < count; at += FRAME_20_MS) {
        double power = audio_frame_power(samples, count, at, FRAME_20_MS);
        if (power < floor)
            continue;
        sum += power;
        active++;
    }
    return sqrt(sum / (double)active);
}
