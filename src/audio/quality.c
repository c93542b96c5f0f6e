// SPDX-License-Identifier: GPL-3.0-or-later
// Is a clip usable speech? The measures and their order are those of spec beyond 5.1.
#include "audio/audio_internal.h"

#include <math.h>
#include <string.h>

enum {
    FFT_SIZE = 512, // 32 ms
    FFT_BITS = 9,
    HOP = FFT_SIZE / 2,
    BINS = FFT_SIZE / 2 + 1, // 31.25 Hz each
    BIN_80_HZ = 3,           // the first bin at or above
    BIN_4000_HZ = 128,
    VOICE_FRAME = AUDIO_RATE / 50
};

// Measured: 750 recordings of real people ("jarvis", "snowboy", "view glass", silence cut off) reach flatness
// 0.234, high ratio 0.481, zero crossing 0.369; 1,887 clips of espeak-ng (26 variants, whispers included, 110 to
// 260 words a minute) and flite reach 0.455, 0.297, 0.431. White noise has 0.95, 0.50, 0.50.
#define MOST_FLATNESS 0.50
#define MOST_HIGH 0.55
#define MOST_CROSSING 0.46
#define LEAST_SPEECH 0.18 // real recordings with 2 s of silence around the word have 0.12 at least
#define NO_SPEECH_FLATNESS 0.10

// Shortest clip as a share of the expected duration. The fastest of 250 real "jarvis" lasts 0.38 s; espeak-ng at
// 210 words a minute also 0.38 s, at 260 0.31 s, which nobody says. 0.30 puts the limit for it at 0.34 s.
#define LEAST_OF_TARGET 0.30
#define MOST_OF_TARGET 1.8

const char *const audio_fault_names[AUDIO_FAULTS] = {"good",
                                                     "too_short",
                                                     "too_long_or_rambling",
                                                     "too_quiet",
                                                     "clipped_or_overdriven",
                                                     "dc_offset",
                                                     "static_or_broadband_noise",
                                                     "high_frequency_noise",
                                                     "noise_like_waveform",
                                                     "no_speech_detected"};

struct complex_value {
    float re, im;
};
struct transform {
    float window[FFT_SIZE];                  // Hann
    struct complex_value turn[FFT_SIZE / 2]; // e^(-2 pi i k / FFT_SIZE)
};

static void transform_init(struct transform *transform)
{
    for (int i = 0; i < FFT_SIZE; i++)
        transform->window[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / FFT_SIZE));
    for (int k = 0; k < FFT_SIZE / 2; k++)
        transform->turn[k] =
            (struct complex_value){(float)cos(2 * M_PI * k / FFT_SIZE), (float)-sin(2 * M_PI * k / FFT_SIZE)};
}

// In place, radix 2, decimation in time.
static void fft(const struct transform *transform, struct complex_value *data)
{
    for (unsigned i = 0; i < FFT_SIZE; i++) {
        unsigned mirror = 0;
        for (int bit = 0; bit < FFT_BITS; bit++)
            mirror |= (i >> bit & 1u) << (FFT_BITS - 1 - bit);
        if (mirror > i) {
            struct complex_value swap = data[i];
            data[i] = data[mirror];
            data[mirror] = swap;
        }
    }
    for (int half = 1; half < FFT_SIZE; half *= 2)
        for (int block = 0; block < FFT_SIZE; block += 2 * half)
            for (int k = 0; k < half; k++) {
                struct complex_value *a = &data[block + k], *b = a + half,
                                     w = transform->turn[k * (FFT_SIZE / 2 / half)];
                struct complex_value t = {b->re * w.re - b->im * w.im, b->re * w.im + b->im * w.re};
                *b = (struct complex_value){a->re - t.re, a->im - t.im};
                *a = (struct complex_value){a->re + t.re, a->im + t.im};
            }
}

// Adds the power of the two real frames that `pair` holds as real and imaginary part:
// |A(k)|^2 + |B(k)|^2 = (|Z(k)|^2 + |Z(N-k)|^2) / 2.
static void add_power(const struct transform *transform, struct complex_value *pair, double power[BINS])
{
    fft(transform, pair);
    for (int k = 0; k < BINS; k++) {
        struct complex_value z = pair[k], mirror = pair[(FFT_SIZE - k) % FFT_SIZE];
        power[k] += 0.5 * ((double)z.re * z.re + (double)z.im * z.im + (double)mirror.re * mirror.re +
                           (double)mirror.im * mirror.im);
    }
}

// Sum of the power spectra of all frames with an RMS of at least 0.001, the mean removed; false without one.
static bool spectrum(const float *samples, size_t count, float mean, double power[BINS])
{
    struct transform transform;
    transform_init(&transform);
    struct complex_value pair[FFT_SIZE];
    memset(power, 0, BINS * sizeof *power);
    int frames = 0;
    for (size_t at = 0; at + FFT_SIZE <= count; at += HOP) {
        double sum = 0;
        for (size_t i = 0; i < FFT_SIZE; i++)
            sum += (double)(samples[at + i] - mean) * (samples[at + i] - mean);
        if (sqrt(sum / FFT_SIZE) < 0.001)
            continue;
        bool second = frames++ % 2;
        for (size_t i = 0; i < FFT_SIZE; i++) {
            float value = (samples[at + i] - mean) * transform.window[i];
            pair[i] = second ? (struct complex_value){pair[i].re, value} : (struct complex_value){value, 0};
        }
        if (second)
            add_power(&transform, pair, power);
    }
    if (frames % 2)
        add_power(&transform, pair, power);
    return frames > 0;
}

static double band(const double power[BINS], int from)
{
    double sum = 0;
    for (int k = from; k < BINS; k++)
        sum += power[k];
    return sum;
}

static double flatness(const double power[BINS])
{
    double logs = 0;
    for (int k = BIN_80_HZ; k < BINS; k++)
        logs += log(power[k] + 1e-20);
    return exp(logs / (BINS - BIN_80_HZ)) / (band(power, BIN_80_HZ) / (BINS - BIN_80_HZ) + 1e-20);
}

// A stand-in for voice activity: the share of 20 ms frames within 30 dB of the loudest.
static double speech_share(const float *samples, size_t count)
{
    double loudest = audio_loudest_power(samples, count, VOICE_FRAME);
    size_t active = 0, frames = 0;
    if (loudest < AUDIO_SILENCE * AUDIO_SILENCE)
        return 0;
    for (size_t at = 0; at < count; at += VOICE_FRAME, frames++)
        active += audio_frame_power(samples, count, at, VOICE_FRAME) >= loudest * 1e-3;
    return (double)active / (double)frames;
}

void audio_measure(const float *samples, size_t count, struct audio_measure *measure)
{
    *measure = (struct audio_measure){.seconds = (double)count / AUDIO_RATE, .flatness = 1, .high_ratio = 1};
    if (count == 0)
        return;
    double sum = 0, squares = 0;
    size_t clipped = 0, crossings = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i];
    double mean = sum / (double)count;
    bool below = samples[0] < mean;
    for (size_t i = 0; i < count; i++) {
        double size = fabs((double)samples[i]), centred = samples[i] - mean;
        squares += centred * centred;
        measure->peak = fmax(measure->peak, size);
        clipped += size >= 0.999;
        crossings += (centred < 0) != below;
        below = centred < 0;
    }
    measure->mean = mean;
    measure->rms = sqrt(squares / (double)count);
    measure->clipped_share = (double)clipped / (double)count;
    measure->zero_crossing = (double)crossings / (double)count;
    measure->speech_ratio = speech_share(samples, count);
    double power[BINS];
    if (spectrum(samples, count, (float)mean, power)) {
        measure->flatness = flatness(power);
        measure->high_ratio = band(power, BIN_4000_HZ) / (band(power, BIN_80_HZ) + 1e-20);
    }
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

enum audio_fault audio_judge(const struct audio_measure *measure, double units)
{
    double target = clamp(0.55 + 0.48 * units, 0.9, 3.2);
    const struct {
        enum audio_fault fault;
        bool found;
    } rules[] = {
        {AUDIO_TOO_SHORT, measure->seconds < clamp(LEAST_OF_TARGET * target, 0.25, 0.65)},
        {AUDIO_TOO_LONG, measure->seconds > clamp(MOST_OF_TARGET * target, 1.8, 5)},
        {AUDIO_TOO_QUIET, measure->rms < 0.004},
        {AUDIO_CLIPPED, measure->rms > 0.55 || measure->clipped_share > 0.01},
        {AUDIO_DC_OFFSET, fabs(measure->mean) > 0.05},
        {AUDIO_STATIC, measure->flatness > MOST_FLATNESS},
        {AUDIO_HIGH_NOISE, measure->high_ratio > MOST_HIGH},
        {AUDIO_NOISE_LIKE, measure->zero_crossing > MOST_CROSSING},
        {AUDIO_NO_SPEECH, measure->speech_ratio < LEAST_SPEECH && measure->flatness > NO_SPEECH_FLATNESS},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].found)
            return rules[i].fault;
    return AUDIO_GOOD;
}
