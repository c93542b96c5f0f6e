// SPDX-License-Identifier: GPL-3.0-or-later
// Is a take usable, and where is the word in it?
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = AUDIO_RATE / 100, LONG = 2 }; // 10 ms; noise and levels by pairs of frames

#define FLOOR_DB -120.0
#define BELOW_PEAK_DB 32.0
#define ABOVE_NOISE_DB 6.0
#define LEAST_RANGE_DB 12.0
#define JOIN_SECONDS 0.35
#define LEAST_VOICED 0.18
#define QUIET_DB -45.0
#define NOISY_DB 12.0
#define NO_SPEECH_DB 5.0
#define CLIPPED_SHARE 0.002

static double decibel(double power)
{
    return power > 1e-12 ? 10 * log10(power) : FLOOR_DB;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Power of each 10 ms frame above about 80 Hz: hum and offset are no speech.
static double *frame_powers(const int16_t *samples, size_t count, size_t frames)
{
    double *powers = array_alloc(frames + 1, sizeof *powers);
    const double keep = exp(-2 * M_PI * 80 / AUDIO_RATE);
    double before = count ? samples[0] / 32768.0 : 0, high = 0;
    for (size_t f = 0; powers && f < frames; f++) {
        for (size_t i = f * FRAME; i < (f + 1) * FRAME && i < count; i++) {
            double sample = samples[i] / 32768.0;
            high = keep * (high + sample - before);
            before = sample;
            powers[f] += high * high / FRAME;
        }
    }
    return powers;
}

// Mean of the quietest tenth of 20 ms frames.
static double noise_power(const double *powers, size_t frames)
{
    size_t pairs = frames / LONG;
    double *sorted = array_alloc(pairs + 1, sizeof *sorted), sum = 0;
    if (!sorted || !pairs) {
        free(sorted);
        return 0;
    }
    for (size_t i = 0; i < pairs; i++)
        sorted[i] = (powers[LONG * i] + powers[LONG * i + 1]) / LONG;
    qsort(sorted, pairs, sizeof *sorted, ascending);
    size_t tenth = (pairs + 9) / 10;
    for (size_t i = 0; i < tenth; i++)
        sum += sorted[i];
    free(sorted);
    return sum / (double)tenth;
}

// The stretch of frames above `level` that carries most power; pauses up to JOIN_SECONDS belong to it.
static void find_word(const double *powers, size_t frames, double level, size_t *begin, size_t *end)
{
    size_t join = (size_t)(JOIN_SECONDS * AUDIO_RATE / FRAME), start = 0, last = 0;
    double best = 0, sum = 0;
    *begin = *end = 0;
    for (size_t f = 0; f < frames; f++) {
        if (powers[f] < level)
            continue;
        if (sum == 0 || f - last > join) {
            start = f;
            sum = 0;
        }
        last = f;
        sum += powers[f];
        if (sum > best) {
            best = sum;
            *begin = start;
            *end = f + 1;
        }
    }
}

void recordings_judge(const int16_t *samples, size_t count, struct take_quality *quality)
{
    *quality = (struct take_quality){.seconds = (double)count / AUDIO_RATE,
                                     .rms_db = FLOOR_DB,
                                     .peak_db = FLOOR_DB,
                                     .noise_db = FLOOR_DB};
    size_t frames = (count + FRAME - 1) / FRAME, begin = 0, end = 0, clipped = 0, active = 0;
    double *powers = frame_powers(samples, count, frames), loudest = 0, sum = 0;
    int peak = 0;
    if (!powers)
        return;
    for (size_t i = 0; i < count; i++) {
        int size = samples[i] < 0 ? -(int)samples[i] : samples[i];
        peak = size > peak ? size : peak;
        clipped += size >= 32760;
    }
    for (size_t f = 0; f < frames; f++)
        loudest = fmax(loudest, powers[f]);
    double noise = noise_power(powers, frames);
    double level = fmax(loudest * pow(10, -BELOW_PEAK_DB / 10),
                        fmin(noise * pow(10, ABOVE_NOISE_DB / 10), loudest * pow(10, -LEAST_RANGE_DB / 10)));
    if (loudest > 1e-10)
        find_word(powers, frames, level, &begin, &end);
    for (size_t f = begin; f < end; f++)
        if (powers[f] >= level) {
            sum += powers[f];
            active++;
        }
    quality->peak_db = decibel((double)peak * peak / (32768.0 * 32768.0));
    quality->noise_db = decibel(noise);
    quality->rms_db = decibel(active ? sum / (double)active : 0);
    quality->snr_db = quality->rms_db - quality->noise_db;
    bool silent = !active || quality->snr_db < NO_SPEECH_DB;
    if (!silent) {
        quality->speech_start = (double)(begin * FRAME) / AUDIO_RATE;
        quality->speech_end = fmin((double)(end * FRAME) / AUDIO_RATE, quality->seconds);
    }
    const struct {
        enum recordings_fault fault;
        bool found;
    } rules[] = {
        {FAULT_NO_SPEECH, silent},
        {FAULT_TOO_QUIET, quality->rms_db < QUIET_DB},
        {FAULT_CLIPPED, active && (double)clipped > CLIPPED_SHARE * (double)(active * FRAME)},
        {FAULT_TOO_SHORT, !silent && (double)(active * FRAME) / AUDIO_RATE < LEAST_VOICED},
        {FAULT_NOISY, !silent && quality->snr_db < NOISY_DB},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        quality->faults |= rules[i].found ? (unsigned)rules[i].fault : 0;
    free(powers);
}

json_t *recordings_badges(unsigned faults)
{
    static const struct {
        enum recordings_fault fault;
        const char *name;
    } names[] = {{FAULT_TOO_QUIET, "too_quiet"},
                 {FAULT_CLIPPED, "clipped"},
                 {FAULT_TOO_SHORT, "too_short"},
                 {FAULT_NOISY, "noisy"},
                 {FAULT_NO_SPEECH, "no_speech"}};
    json_t *badges = json_array();
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (faults & (unsigned)names[i].fault)
            json_array_append_new(badges, json_string(names[i].name));
    return badges;
}
