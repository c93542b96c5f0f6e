// SPDX-License-Identifier: GPL-3.0-or-later
// Is a take usable, and where is the word in it?
//
// The limits come from 750 recordings of real people (three words, 250 each), 126 of them mixed with white and brown
// noise, music, sounds and speech at 30 to 5 dB, and from noise, music and silence alone. All are of one recording and
// measured relative to it: neither a device's gain nor the silence around the word moves them.
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME = AUDIO_RATE / 100, // 10 ms
    PITCH_WINDOW = 3 * FRAME, // two periods of 70 Hz
    LEAST_LAG = AUDIO_RATE / 400,
    MOST_LAG = AUDIO_RATE / 70,
    MARGIN = 15,       // frames around the loud part of a word that may still be the word
    LEAST_OUTSIDE = 40 // frames that tell what the noise is like: more than a long "s" has
};

#define FLOOR_DB -120.0
#define SILENCE_DB -85.0 // below: the rounding of 16 bit
#define HIGH_PASS 250.0  // Hz: hum, wind and rumble lie below, and words are told by what lies above

// The word ends where it falls 26 dB below its loudest 30 ms: rooms and breath go on below that, and at 32 dB the end
// of one real word in five moves by more than 60 ms when noise of 20 dB is added.
#define BELOW_PEAK_DB 26.0
// Steady noise is louder than that in poor rooms: then the word ends 4 dB above it. Noise counts as steady when what
// lies around the word stays within 6 dB; the quiet end of a word does not, so the end of speech does not depend on
// how much silence was recorded.
#define CORE_DB 12.0
#define ABOVE_NOISE_DB 4.0
#define STEADY_DB 6.0
#define LEAST_RANGE_DB 8.0
#define PAUSE_SECONDS 0.3 // within a phrase

// A voiced frame is like itself one period later. Speech has voiced frames; clicks, bangs, breath and noise do not. All
// 750 words have 5 of 0.55 when pitches down to 70 Hz count (with 80 Hz, creaking voices fail); white and brown noise
// never has, a quarter of the sounds from games has not. A whisper has none either; it would not train well.
enum { LEAST_VOICED = 5 };
#define PITCH_LIKENESS 0.55

// The shortest of the 750 words has 0.30 s; a click or cough of 80 ms comes to 0.11 s.
#define LEAST_ACTIVE 0.18
// The quietest real word has -30 dB. 15 dB less leaves 7 bits to the microphone's own noise.
#define QUIET_DB -45.0
// At 15 dB of white noise the end of half the words moves by more than 50 ms; at 20 dB of one in six. Estimated from
// the quietest frames: a clip without a pause tells nothing of noise, and no word is longer than 1.5 s (the longest of
// 750 has 1.3 s).
#define NOISY_DB 15.0
#define LEAST_PAUSE 0.2
#define LONGEST_WORD 1.5
// Of the samples of the word. 14 of the 750 have more, and are audibly distorted.
#define CLIPPED_SHARE 0.002

static double decibel(double power)
{
    return power > 1e-12 ? 10 * log10(power) : FLOOR_DB;
}

static double power_of(double db)
{
    return pow(10, db / 10);
}

// What all measures look at: the samples above HIGH_PASS and their power in 10 ms frames.
struct view {
    float *samples;
    double *powers, *smooth, *sorted; // [frames]; smooth: over 30 ms
    size_t count, frames;
};

static void view_close(struct view *view)
{
    free(view->samples);
    free(view->powers);
    free(view->smooth);
    free(view->sorted);
}

// Butterworth high-pass of second order.
static void high_pass(const int16_t *samples, size_t count, float *out)
{
    double k = tan(M_PI * HIGH_PASS / AUDIO_RATE), norm = 1 / (1 + M_SQRT2 * k + k * k);
    double a1 = 2 * (k * k - 1) * norm, a2 = (1 - M_SQRT2 * k + k * k) * norm;
    double x1 = count ? samples[0] / 32768.0 : 0, x2 = x1, y1 = 0, y2 = 0;
    for (size_t i = 0; i < count; i++) {
        double x = samples[i] / 32768.0, y = norm * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
        x2 = x1;
        x1 = x;
        y2 = y1;
        y1 = y;
        out[i] = (float)y;
    }
}

static bool view_open(struct view *view, const int16_t *samples, size_t count)
{
    size_t frames = (count + FRAME - 1) / FRAME;
    *view = (struct view){array_alloc(count + 1, sizeof(float)),
                          array_alloc(frames + 1, sizeof(double)),
                          array_alloc(frames + 1, sizeof(double)),
                          array_alloc(frames + 1, sizeof(double)),
                          count,
                          frames};
    if (!view->samples || !view->powers || !view->smooth || !view->sorted)
        return false;
    high_pass(samples, count, view->samples);
    for (size_t i = 0; i < count; i++)
        view->powers[i / FRAME] += (double)view->samples[i] * view->samples[i] / FRAME;
    for (size_t f = 0; f < frames; f++) {
        double before = f ? view->powers[f - 1] : 0, after = f + 1 < frames ? view->powers[f + 1] : 0;
        view->smooth[f] = (before + view->powers[f] + after) / 3;
    }
    return true;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Mean of the quietest tenth of 20 ms frames.
static double quiet_power(struct view *view)
{
    size_t pairs = view->frames / 2, tenth = (pairs + 9) / 10;
    double sum = 0;
    for (size_t i = 0; i < pairs; i++)
        view->sorted[i] = (view->powers[2 * i] + view->powers[2 * i + 1]) / 2;
    qsort(view->sorted, pairs, sizeof *view->sorted, ascending);
    for (size_t i = 0; i < tenth; i++)
        sum += view->sorted[i];
    return tenth ? sum / (double)tenth : 0;
}

// The stretch of frames at or above `level` that carries most power; pauses of PAUSE_SECONDS belong to it.
static void find_stretch(const struct view *view, double level, size_t *begin, size_t *end)
{
    const size_t pause = (size_t)(PAUSE_SECONDS * AUDIO_RATE / FRAME);
    size_t start = 0, last = 0;
    double best = 0, sum = 0;
    *begin = *end = 0;
    for (size_t f = 0; f < view->frames; f++) {
        if (view->smooth[f] < level)
            continue;
        if (sum == 0 || f - last > pause) {
            start = f;
            sum = 0;
        }
        last = f;
        sum += view->smooth[f];
        if (sum > best) {
            best = sum;
            *begin = start;
            *end = f + 1;
        }
    }
}

// The power from which on a frame belongs to the word.
static double word_level(struct view *view, double loudest)
{
    size_t begin, end, outside = 0;
    find_stretch(view, loudest * power_of(-CORE_DB), &begin, &end);
    for (size_t f = 0; f < view->frames; f++)
        if (f + MARGIN < begin || f >= end + MARGIN)
            view->sorted[outside++] = view->smooth[f];
    double level = loudest * power_of(-BELOW_PEAK_DB);
    if (outside < LEAST_OUTSIDE)
        return level;
    qsort(view->sorted, outside, sizeof *view->sorted, ascending);
    double low = view->sorted[outside * 15 / 100], high = view->sorted[outside * 85 / 100];
    if (high > low * power_of(STEADY_DB))
        return level;
    return fmax(level, fmin(high * power_of(ABOVE_NOISE_DB), loudest * power_of(-LEAST_RANGE_DB)));
}

// Does the signal repeat itself 70 to 400 times a second here, as a voice does?
static bool is_voiced(const struct view *view, size_t at)
{
    const float *x = view->samples + at;
    double own = 0, other = 0;
    for (size_t i = 0; i < PITCH_WINDOW; i++) {
        own += (double)x[i] * x[i];
        other += (double)x[i + LEAST_LAG] * x[i + LEAST_LAG];
    }
    for (size_t lag = LEAST_LAG; lag <= MOST_LAG; lag++) {
        double product = 0;
        for (size_t i = 0; i < PITCH_WINDOW; i++)
            product += (double)x[i] * x[i + lag];
        if (product > 0 && product * product > PITCH_LIKENESS * PITCH_LIKENESS * own * other)
            return true;
        other += (double)x[lag + PITCH_WINDOW] * x[lag + PITCH_WINDOW] - (double)x[lag] * x[lag];
    }
    return false;
}

// Voiced frames among those of the word; enough is enough.
static size_t count_voiced(const struct view *view, size_t begin, size_t end, double level, size_t enough)
{
    size_t voiced = 0;
    for (size_t f = begin; f < end && voiced < enough; f++)
        if (view->smooth[f] >= level && f * FRAME + PITCH_WINDOW + MOST_LAG < view->count)
            voiced += is_voiced(view, f * FRAME);
    return voiced;
}

static size_t count_clipped(const int16_t *samples, size_t count, int *peak)
{
    size_t clipped = 0;
    *peak = 0;
    for (size_t i = 0; i < count; i++) {
        int size = samples[i] < 0 ? -(int)samples[i] : samples[i];
        *peak = size > *peak ? size : *peak;
        clipped += size >= 32760;
    }
    return clipped;
}

int recordings_judge(const int16_t *samples, size_t count, struct take_quality *quality, struct error *error)
{
    *quality = (struct take_quality){.faults = FAULT_NO_SPEECH,
                                     .seconds = (double)count / AUDIO_RATE,
                                     .rms_db = FLOOR_DB,
                                     .peak_db = FLOOR_DB,
                                     .noise_db = FLOOR_DB};
    struct view view;
    size_t begin = 0, end = 0, active = 0;
    double loudest = 0, level = 0, sum = 0;
    int peak;
    if (!view_open(&view, samples, count)) {
        view_close(&view);
        return error_memory(error, "a look at a recording");
    }
    size_t clipped = count_clipped(samples, count, &peak);
    for (size_t f = 0; f < view.frames; f++)
        loudest = fmax(loudest, view.smooth[f]);
    if (loudest > power_of(SILENCE_DB)) {
        level = word_level(&view, loudest);
        find_stretch(&view, level, &begin, &end);
    }
    for (size_t f = begin; f < end; f++)
        if (view.smooth[f] >= level) {
            sum += view.powers[f];
            active++;
        }
    quality->peak_db = decibel((double)peak * peak / (32768.0 * 32768.0));
    quality->noise_db = decibel(quiet_power(&view));
    quality->rms_db = decibel(active ? sum / (double)active : 0);
    quality->snr_db = quality->rms_db - quality->noise_db;
    bool speech = count_voiced(&view, begin, end, level, LEAST_VOICED) >= LEAST_VOICED;
    bool sound = active > 0;
    double active_seconds = (double)(active * FRAME) / AUDIO_RATE, whole = quality->seconds;
    bool paused = whole - (double)((end - begin) * FRAME) / AUDIO_RATE >= LEAST_PAUSE || whole > LONGEST_WORD;
    if (speech) {
        quality->speech_start = (double)(begin * FRAME) / AUDIO_RATE;
        quality->speech_end = fmin((double)(end * FRAME) / AUDIO_RATE, quality->seconds);
    }
    const struct {
        enum recordings_fault fault;
        bool found;
    } rules[] = {
        {FAULT_NO_SPEECH, !speech},
        {FAULT_TOO_QUIET, quality->rms_db < QUIET_DB},
        {FAULT_CLIPPED, clipped > 0 && (double)clipped > CLIPPED_SHARE * (double)(active * FRAME)},
        {FAULT_TOO_SHORT, sound && active_seconds < LEAST_ACTIVE},
        {FAULT_NOISY, speech && paused && quality->snr_db < NOISY_DB},
    };
    quality->faults = 0;
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        quality->faults |= rules[i].found ? (unsigned)rules[i].fault : 0;
    view_close(&view);
    return 0;
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
