// SPDX-License-Identifier: GPL-3.0-or-later
// The parts behind augment.h. Samples are float in whatever scale the caller keeps; nothing here allocates
// while clips are rendered.
#ifndef WAKESMITH_AUGMENT_INTERNAL_H
#define WAKESMITH_AUGMENT_INTERNAL_H

#include "augment/augment.h"

#include <fftw3.h>

#define SAMPLE_RATE 16000.0
#define INT16_PEAK 32767.0

static inline double from_db(double db) // amplitude
{
    return __builtin_exp2(db * 0.16609640474436813); // 10^(db/20)
}

double sum_squares(const float *x, size_t count);
double level_rms(const float *x, size_t count); // over everything; 0 for nothing
float level_peak(const float *x, size_t count);

// ---- resampling: speed, pitch and formants together --------------------------------------------------------

// Windowed sinc, RESAMPLING_TAPS inputs an output. One kernel for each cutoff in steps of 1/50 of the band.
enum { RESAMPLING_TAPS = 24, RESAMPLING_PHASES = 512, RESAMPLING_CUTOFFS = 48 };
#define RESAMPLING_MAX_STEP 1.25 // clips' buffers are made for it
struct resampling {
    float kernel[RESAMPLING_CUTOFFS][RESAMPLING_PHASES + 1][RESAMPLING_TAPS];
};
void resampling_init(struct resampling *resampling);
// y[i] = x(i * step), 0.8 <= step <= RESAMPLING_MAX_STEP; returns how many, at most `limit`.
// x must be readable, and 0, RESAMPLING_TAPS samples before its start and after its end.
size_t resampling_run(const struct resampling *resampling, const float *x, size_t count, double step, float *y,
                      size_t limit);

// ---- equaliser ------------------------------------------------------------------------------------------

enum filter_kind { LOW_SHELF, HIGH_SHELF, PEAKING, HIGH_PASS, LOW_PASS };
struct biquad {
    double b0, b1, b2, a1, a2; // a0 = 1
};
struct biquad biquad_design(enum filter_kind kind, double hertz, double gain_db, double q); // Audio EQ Cookbook
enum { EQUALISER_SECTIONS = 8 };
struct equaliser {
    struct biquad sections[EQUALISER_SECTIONS];
    int count;
};
void equaliser_draw(struct equaliser *equaliser, struct rng *rng, double strength); // strength scales all gains
void equaliser_run(const struct equaliser *equaliser, float *x, size_t count);

// ---- noise ------------------------------------------------------------------------------------------------

// White, variance 1, nearly Gaussian.
void noise_white(struct rng *rng, float *x, size_t count);
enum noise_colour { NOISE_WHITE, NOISE_PINK, NOISE_BROWN, NOISE_COLOURS };
void noise_colour(enum noise_colour colour, struct rng *rng, float *x, size_t count); // RMS 1
void noise_any(struct rng *rng, float *x, size_t count);                              // a random colour, RMS 1
// White noise to pink, in place, -3 dB an octave; state zero at the start of a signal.
struct pink {
    float pole[6], delayed;
};
void pink_run(struct pink *pink, float *x, size_t count);

// ---- rooms --------------------------------------------------------------------------------------------

enum {
    ROOM_SAMPLES = 14400,            // longest impulse response, .9 s
    ROOM_FFT = 32768,                // overlap-add in blocks of this size
    ROOM_BINS = ROOM_FFT / 2 + 1,
    ROOM_STRIDE = (ROOM_BINS + 7) / 8 * 8 // keeps every spectrum aligned as the plans want it
};
// A shoebox room by the image method, with a diffuse tail; direct sound at sample 0 with height 1.
// Returns the length; *rt60 is the reverberation time drawn, in seconds.
size_t room_simulate(struct rng *rng, float response[ROOM_SAMPLES], double *rt60);
// The same of a large room, with the microphone at one wall and the mouth 3 to 5 m away.
size_t room_simulate_far(struct rng *rng, float response[ROOM_SAMPLES], double *rt60);
// Moves the direct sound of a recorded response to sample 0 and cuts its end; returns the length, 0 for silence.
size_t room_trim(const int16_t *samples, size_t count, float response[ROOM_SAMPLES]);
// Convolves x[0 .. inputs) with room `index`, in place; x[inputs .. outputs) must be 0 and takes the tail.
void room_convolve(const struct augment_bank *bank, struct augment_scratch *scratch, size_t index, float *x,
                   size_t inputs, size_t outputs);

// ---- sounds -------------------------------------------------------------------------------------------

struct sound_shelf { // all sounds of one kind; ends[i]: samples up to the end of sound i
    struct sound *sounds;
    uint64_t *ends;
    size_t count;
};
// Random stretches, each brought to RMS 1, until x is full. The shelf must not be empty.
void sounds_fill(const struct sound_shelf *shelf, struct rng *rng, float *x, size_t count);
// 3-6 talkers, each with an equaliser and a gain of its own. `talker` is scratch of `count` samples.
void sounds_babble(const struct sound_shelf *speech, struct rng *rng, float *x, float *talker, size_t count);

// ---- bank and scratch -------------------------------------------------------------------------------

struct augment_bank {
    struct resampling *resampling;
    fftwf_plan forward, inverse;
    fftwf_complex *spectra; // [room_count + AUGMENT_FAR_ROOMS][ROOM_STRIDE], already divided by ROOM_FFT
    size_t *room_lengths;
    size_t room_count; // without the far ones, which come last
    struct sound_shelf shelves[SOUND_KINDS];
};

struct augment_scratch {
    size_t max_samples;
    float *clip;  // the clip as it came, with room for the resampler's zeros
    float *word;  // the clip while it is alone
    float *scene; // what the microphone hears
    float *behind, *talker;
    float *tail;  // [max_samples + ROOM_SAMPLES]
    float *block; // [ROOM_FFT]
    fftwf_complex *spectrum; // [ROOM_BINS]
};

#endif
