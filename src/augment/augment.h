// SPDX-License-Identifier: GPL-3.0-or-later
// augment: from a clip and a seed to a clip heard in a room: resampled, equalised, reverberated, with other
// people talking, noise at an SNR over active speech, a level, a quantised microphone. One table row a transform.
#ifndef WAKESMITH_AUGMENT_H
#define WAKESMITH_AUGMENT_H

#include "base/base.h"

// Audio that may be put behind speech. Segments point into memory (often a mapped file) that outlives the bank.
enum sound_kind { SOUND_SPEECH, SOUND_MUSIC, SOUND_NOISE, SOUND_KINDS };
struct sound {
    const int16_t *samples;
    size_t count;
    enum sound_kind kind;
};

// Impulse responses and sounds, read-only while clips are rendered, so that threads share it.
struct augment_bank;
// `simulated_rooms` impulse responses by the image method, RT60 .1 - .8 s, plus recorded ones from the audio files
// of the folders `rirs` (NULL: none; direct sound found and moved to sample 0). Sounds are copied as descriptors.
// A folder without audio is ERROR_MISSING, a silent file ERROR_FORMAT. One bank is opened or closed at a time:
// FFTW's planner is not thread-safe.
int augment_bank_open(struct augment_bank **bank, const struct sound *sounds, size_t sound_count, int simulated_rooms,
                      const struct text_list *rirs, uint64_t seed, struct pool *pool, struct error *error);
void augment_bank_close(struct augment_bank *bank);
enum {
    AUGMENT_ROOMS = 160,    // simulated rooms that experiments used
    AUGMENT_FAR_ROOMS = 16, // every bank has them: the speaker is 3 to 5 m away, RT60 .5 - .8 s
    AUGMENT_VERSION = 2     // raised when the same inputs give other samples
};

// The conditions that positives (and isolated negatives) are heard in. All have resampling, EQ, and a room in 70 %
// (quiet: 45 %); the table in render.c is the whole recipe.
enum augment_condition {
    CONDITION_BASE,   // 15 % no ambience, else 15..85 dB; background p .6 at -3..35 dB
    CONDITION_BABBLE, // 3-6 talkers, -3..15 dB; without any SOUND_SPEECH in the bank the same as base
    CONDITION_QUIET,  // digital zero, or .3-6 LSB of noise, or 55-80 dB; a gate in 30 %
    CONDITION_NOISE,  // coloured noise 0..20 dB
    CONDITION_FAR,    // a far room, pink noise 10 dB below: it only measures
    CONDITION_COUNT,
    CONDITION_TRAINED = CONDITION_FAR // those before this one train
};
extern const char *const augment_condition_names[CONDITION_COUNT];
enum augment_condition augment_draw_condition(struct rng *rng); // base 50 %, babble 20 %, quiet 15 %, noise 15 %

struct augment_scene {
    size_t samples;  // length of the output, warm-up of the front end included
    size_t word_end; // the clip takes the samples before this one, cut at its beginning if it is too long; <= samples
    enum augment_condition condition;
    bool gentle;     // real recordings: resampling .3 and EQ .5 as strong
};
// What was done, for the report, for tests, and for the features' start.
struct augment_trace {
    size_t word_begin;   // first sample of the word
    double resampling;   // speed: 1.1 is shorter and higher
    double snr_db;       // active speech above active background; HUGE_VAL: no background
    double level_db;     // peak below full scale
    int room;            // -1: none
    uint32_t transforms; // bit i: transform i did something
};
const char *augment_transform_name(int row); // name of bit `row`, NULL after the last one
// Renders one example into pcm[scene->samples]. `scratch` from augment_scratch_open, one per thread. The result
// depends on the bank, rng, scene and clip only. `trace` may be NULL. ERROR_USAGE: the scene does not fit.
struct augment_scratch;
int augment_scratch_open(struct augment_scratch **scratch, const struct augment_bank *bank, size_t max_samples,
                         struct error *error);
void augment_scratch_close(struct augment_scratch *scratch);
int augment_render(const struct augment_bank *bank, struct augment_scratch *scratch, struct rng *rng,
                   const struct augment_scene *scene, const int16_t *clip, size_t count, int16_t *pcm,
                   struct augment_trace *trace, struct error *error);
// ---- a chain of transforms, as the reference augments ----
// Names and parameters are those of audiomentations, defaults those of the reference's training (docs/augmentation.md).
enum { AUGMENT_CHAIN_STEPS = 32, AUGMENT_CHAIN_VALUES = 6 };
struct augment_chain {
    struct augment_step {
        int kind;
        double chance, values[AUGMENT_CHAIN_VALUES];
    } steps[AUGMENT_CHAIN_STEPS];
    size_t count;
};
void augment_chain_reference(struct augment_chain *chain);
// From YAML. ERROR_FORMAT names `name`, the line and what is wrong.
int augment_chain_parse(const char *text, size_t size, const char *name, struct augment_chain *chain, struct error *error);
void augment_chain_print(const struct augment_chain *chain, struct buffer *yaml); // which gives the same chain
// x[count], float in [-1, 1], in place; count <= the scratch's. Bit i of what comes back: step i did something. Sounds of
// the bank are backgrounds, its rooms impulse responses.
uint32_t augment_chain_run(const struct augment_chain *chain, const struct augment_bank *bank,
                           struct augment_scratch *scratch, struct rng *rng, float *x, size_t count);
// As augment_render, by a chain: the scene's condition is not looked at; bits of the trace are those of the steps.
int augment_chain_render(const struct augment_chain *chain, const struct augment_bank *bank,
                         struct augment_scratch *scratch, struct rng *rng, const struct augment_scene *scene,
                         const int16_t *clip, size_t count, int16_t *pcm, struct augment_trace *trace,
                         struct error *error);

// Running negative audio (speech, music, sentences), degraded in place of being clean: rooms, EQ, babble, noise,
// level, drawn anew for every stretch of 3 s (or of the scratch's size). In place, of any length.
int augment_stream(const struct augment_bank *bank, struct augment_scratch *scratch, struct rng *rng, int16_t *pcm,
                   size_t samples, struct error *error);

// Sounds of a home that need no recordings: beeps, chirps and chords, clicks, knocks, rattles, between pauses. `samples`
// is filled; peaks vary from -30 to -3 dB of full scale.
void augment_made_sounds(struct rng *rng, int16_t *samples, size_t count);

// Test conditions of the protocol (spec baselines 2.6), also used by `evaluate --condition`. The SNR compares the
// loudest contiguous 500 ms of the clip with the noise over the whole file; what would clip is scaled down. TEST_FAR is
// ours: the clip is heard in a far room of the bank, as loud as it was, and the SNR is that of what is heard.
enum { AUGMENT_PAD_BEFORE = 16000, AUGMENT_PAD_AFTER = 8000 };
enum test_noise {
    TEST_CLEAN, // the clip between digital zeros (the protocol's clean set is the clip alone, without padding)
    TEST_PINK,
    TEST_BABBLE,
    TEST_FAR // pink noise, too
};
struct test_props { // what the conditions need besides the clip
    const struct sound *talkers; // TEST_BABBLE: clips for 3 chains
    size_t talker_count;
    const struct augment_bank *bank; // TEST_FAR
    struct augment_scratch *scratch; // TEST_FAR: one a thread, of any size
};
// pcm has count + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER samples. ERROR_USAGE: the props are missing.
int augment_test_condition(enum test_noise noise, double snr_db, uint64_t seed, const int16_t *clip, size_t count,
                           const struct test_props *props, int16_t *pcm, struct error *error);

#endif
