// SPDX-License-Identifier: GPL-3.0-or-later
// The recipe: one table of transforms, in the order in which sound meets them. First the mouth (resampling,
// equaliser), then the room, then what sounds besides, then gain and the microphone.
#include "augment/augment_internal.h"

#include "audio/audio.h"

#include <math.h>
#include <string.h>

const char *const augment_condition_names[CONDITION_COUNT] = {"base", "babble", "quiet", "noise", "far"};
static const double condition_shares[CONDITION_TRAINED] = {0.5, 0.2, 0.15, 0.15};

enum { STREAM = CONDITION_COUNT, RECIPES }; // running audio has a recipe of its own ...
enum { STRETCH = 48000 };                    // ... and a new place every 3 s

// One example on its way through the table.
struct example {
    const struct augment_bank *bank;
    struct augment_scratch *scratch;
    struct rng *rng;
    const int16_t *clip;
    size_t clip_count;
    size_t word_count; // of scratch->word after resampling
    size_t begin, end; // the word in the scene
    size_t samples;    // the scene
    bool running;      // a stretch of running audio that fills the scene
    double mildness;   // scales resampling
    double equaliser;  // scales its gains
    int16_t *pcm;
    struct augment_trace *trace;
};

// A transform gets the value drawn for it and returns whether it did anything.
typedef bool transform(struct example *example, double value);

static void scale(float *x, size_t count, double gain)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= (float)gain;
}

static void add(float *x, const float *other, size_t count, double gain)
{
    for (size_t i = 0; i < count; i++)
        x[i] += (float)gain * other[i];
}

// value: natural logarithm of the speed. What would land before the scene is left out; running audio that gets
// shorter goes on with its end in front.
static bool resample(struct example *e, double value)
{
    double step = exp(value * e->mildness);
    size_t count = (size_t)((double)e->end * step) + 1;
    if (e->clip_count == 0 || (!e->running && e->clip_count < count))
        count = e->clip_count;
    float *clip = e->scratch->clip + RESAMPLING_TAPS;
    memset(e->scratch->clip, 0, RESAMPLING_TAPS * sizeof *clip);
    memset(clip + count, 0, RESAMPLING_TAPS * sizeof *clip);
    for (size_t i = count, from = e->clip_count; i-- > 0;) {
        from = from > 0 ? from - 1 : e->clip_count - 1;
        clip[i] = e->clip[from];
    }
    e->word_count = resampling_run(e->bank->resampling, clip, count, step, e->scratch->word, e->end);
    e->trace->resampling = step;
    return true;
}

static bool equalise(struct example *e, double value)
{
    (void)value;
    struct equaliser equaliser;
    equaliser_draw(&equaliser, e->rng, e->equaliser);
    equaliser_run(&equaliser, e->scratch->word, e->word_count);
    return equaliser.count > 0;
}

// Puts the word where it ends, with an active level of 1: from here on levels are relative to speech.
static bool place(struct example *e, double value)
{
    (void)value;
    const float *word = e->scratch->word;
    double level = fmax(audio_active_rms(word, e->word_count), 1); // an int16 step: silence stays silence
    e->begin = e->end - e->word_count;
    memset(e->scratch->scene, 0, e->samples * sizeof(float));
    add(e->scratch->scene + e->begin, word, e->word_count, 1 / level);
    e->trace->word_begin = e->begin;
    return true;
}

// value: 0, or FAR for the rooms in which the speaker is far away.
static bool room(struct example *e, double value)
{
    size_t first = value > 0 ? e->bank->room_count : 0, choice = value > 0 ? AUGMENT_FAR_ROOMS : e->bank->room_count;
    if (choice == 0 || e->word_count == 0)
        return false;
    size_t index = first + rng_below(e->rng, (uint32_t)choice);
    float *heard = e->scratch->scene + e->begin;
    size_t count = e->samples - e->begin;
    room_convolve(e->bank, e->scratch, index, heard, e->word_count, count);
    double level = audio_active_rms(heard, count);
    if (level > 0)
        scale(heard, count, 1 / level);
    e->trace->room = (int)index;
    return true;
}

// value: dB of speech above steady noise.
static bool ambience(struct example *e, double value)
{
    noise_any(e->rng, e->scratch->behind, e->samples);
    add(e->scratch->scene, e->scratch->behind, e->samples, from_db(-value));
    return true;
}

// What sounds besides is first made alone, in `behind`, then heard through a room, then mixed. value: 0 for any
// colour, or PINK.
static bool coloured_noise(struct example *e, double value)
{
    if (value > 0)
        noise_colour(NOISE_PINK, e->rng, e->scratch->behind, e->samples);
    else
        noise_any(e->rng, e->scratch->behind, e->samples);
    return true;
}

static bool babble(struct example *e, double value)
{
    const struct sound_shelf *speech = &e->bank->shelves[SOUND_SPEECH];
    (void)value;
    if (speech->count == 0)
        return coloured_noise(e, 0);
    sounds_babble(speech, e->rng, e->scratch->behind, e->scratch->talker, e->samples);
    return true;
}

static bool background(struct example *e, double value)
{
    enum sound_kind kind = SOUND_SPEECH;
    if (!rng_chance(e->rng, 0.35))
        kind = rng_chance(e->rng, 0.5) ? SOUND_MUSIC : SOUND_NOISE;
    const struct sound_shelf *shelf = &e->bank->shelves[kind];
    (void)value;
    if (shelf->count == 0)
        return coloured_noise(e, 0);
    sounds_fill(shelf, e->rng, e->scratch->behind, e->samples);
    return true;
}

static bool room_behind(struct example *e, double value)
{
    (void)value;
    if (e->bank->room_count == 0)
        return false;
    uint32_t index = rng_below(e->rng, (uint32_t)e->bank->room_count);
    room_convolve(e->bank, e->scratch, index, e->scratch->behind, e->samples, e->samples);
    return true;
}

// value: dB of active speech above the active level of what sounds besides.
static bool mix(struct example *e, double value)
{
    double level = audio_active_rms(e->scratch->behind, e->samples);
    if (level == 0)
        return false;
    add(e->scratch->scene, e->scratch->behind, e->samples, from_db(-value) / level);
    e->trace->snr_db = value;
    return true;
}

// value: the peak in dB below full scale.
static bool gain(struct example *e, double value)
{
    float peak = level_peak(e->scratch->scene, e->samples);
    if (peak > 0)
        scale(e->scratch->scene, e->samples, from_db(value) * INT16_PEAK / (double)peak);
    e->trace->level_db = value;
    return true;
}

// value: natural logarithm of the noise in int16 steps.
static bool microphone_noise(struct example *e, double value)
{
    if (rng_chance(e->rng, 0.5))
        noise_colour(NOISE_WHITE, e->rng, e->scratch->behind, e->samples);
    else
        noise_any(e->rng, e->scratch->behind, e->samples);
    add(e->scratch->scene, e->scratch->behind, e->samples, exp(value));
    return true;
}

static bool quantise(struct example *e, double value)
{
    (void)value;
    for (size_t i = 0; i < e->samples; i++) {
        float x = e->scratch->scene[i];
        x = x > 32767.0f ? 32767.0f : x < -32768.0f ? -32768.0f : x;
        e->pcm[i] = (int16_t)lrintf(x);
    }
    return true;
}

// A noise gate as in headsets and calls; value: dB below the loudest 10 ms where it closes. It stays open for 30 ms
// more and moves with a time constant of 50 samples.
static bool gate(struct example *e, double value)
{
    enum { FRAME = 160, HOLD = 4 };
    int64_t loudest = 1;
    for (int pass = 0; pass < 2; pass++) {
        double threshold = (double)loudest * pow(10, -value / 10), openness = 0;
        int open = 0;
        for (size_t at = 0; at < e->samples; at += FRAME) {
            size_t end = e->samples - at < FRAME ? e->samples : at + FRAME;
            int64_t energy = 0;
            for (size_t i = at; i < end; i++)
                energy += (int64_t)e->pcm[i] * e->pcm[i];
            if (pass == 0) {
                loudest = energy > loudest ? energy : loudest;
                continue;
            }
            open = (double)energy > threshold ? HOLD : open - 1;
            for (size_t i = at; i < end; i++) {
                openness += ((open > 0) - openness) * 0.02;
                e->pcm[i] = (int16_t)(e->pcm[i] * openness);
            }
        }
    }
    return true;
}

enum row {
    RESAMPLING, EQUALISER, PLACE, ROOM, AMBIENCE, BABBLE, COLOURED_NOISE, BACKGROUND, ROOM_BEHIND, MIX, GAIN,
    MICROPHONE_NOISE, QUANTISE, GATE, ROWS
};
#define BIT(row) (1u << (row))
#define SOMETHING_BEHIND (BIT(BABBLE) | BIT(COLOURED_NOISE) | BIT(BACKGROUND))

// A transform happens with `chance`, given that a row of `needs` happened and none of `unless`; its value is uniform
// in low .. high. Chances are conditional: base hears something behind the speaker with p = .6, of this a fifth is
// coloured noise (.12; .48 / .88 = .5455 for the rest); quiet has p = .4 microphone noise, .25 ambience, .35 nothing.
#define LN_LOW_STEPS -1.2040 // ln(.3) int16 steps
#define LN_HIGH_STEPS 1.7918 // ln(6)
#define ALWAYS {1, 0, 0}
#define NEVER {0, 0, 0}
#define FAR 1  // the value of a room
#define PINK 1 // the value of coloured noise
static const struct transform_row {
    const char *name;
    transform *apply;
    uint32_t needs, unless;
    struct {
        double chance, low, high;
    } cells[RECIPES];
} transforms[ROWS] = {
    //    base            babble          quiet           noise           far             stream
    [RESAMPLING] = {"resampling", resample, 0, 0,
        {{1, -.2, .2},   {1, -.2, .2},   {1, -.2, .2},   {1, -.2, .2},   {1, -.2, .2},   {1, -.1, .1}}},
    [EQUALISER] = {"equaliser", equalise, 0, 0,
        {ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS}},
    [PLACE] = {"place", place, 0, 0,
        {ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS}},
    [ROOM] = {"room", room, 0, 0,
        {{.7, 0, 0},     {.7, 0, 0},     {.45, 0, 0},    {.7, 0, 0},     {1, FAR, FAR},  {.6, 0, 0}}},
    [AMBIENCE] = {"ambience", ambience, 0, 0,
        {{.85, 15, 85},  {.85, 15, 85},  {.25, 55, 80},  {.85, 15, 85},  NEVER,          {.85, 15, 80}}},
    [BABBLE] = {"babble", babble, 0, 0,
        {NEVER,          ALWAYS,         NEVER,          NEVER,          NEVER,          {.2, 0, 0}}},
    [COLOURED_NOISE] = {"coloured noise", coloured_noise, 0, 0,
        {{.12, 0, 0},    NEVER,          NEVER,          ALWAYS,         {1, PINK, PINK},NEVER}},
    [BACKGROUND] = {"background", background, 0, SOMETHING_BEHIND,
        {{.5455, 0, 0},  NEVER,          NEVER,          NEVER,          NEVER,          {.5, 0, 0}}},
    [ROOM_BEHIND] = {"room behind", room_behind, SOMETHING_BEHIND, 0,
        {{.3, 0, 0},     {.3, 0, 0},     NEVER,          NEVER,          NEVER,          NEVER}},
    [MIX] = {"mix", mix, SOMETHING_BEHIND, 0,
        {{1, -3, 35},    {1, -3, 15},    NEVER,          {1, 0, 20},     {1, 10, 10},    {1, -3, 25}}},
    [GAIN] = {"gain", gain, 0, 0,
        {{1, -32, -.5},  {1, -32, -.5},  {1, -24, -.5},  {1, -32, -.5},  {1, -32, -.5},  {1, -32, -1}}},
    [MICROPHONE_NOISE] = {"microphone noise", microphone_noise, 0, BIT(AMBIENCE),
        {NEVER,          NEVER,          {.5333, LN_LOW_STEPS, LN_HIGH_STEPS}, NEVER, NEVER,          NEVER}},
    [QUANTISE] = {"quantise", quantise, 0, 0,
        {ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS,         ALWAYS}},
    [GATE] = {"gate", gate, 0, 0,
        {NEVER,          NEVER,          {.3, 35, 60},   NEVER,          NEVER,          NEVER}},
};

static void walk(struct example *example, int recipe)
{
    uint32_t done = 0;
    *example->trace = (struct augment_trace){.resampling = 1, .snr_db = HUGE_VAL, .room = -1};
    for (int row = 0; row < ROWS; row++) {
        const struct transform_row *t = &transforms[row];
        if ((t->needs && !(done & t->needs)) || done & t->unless || !rng_chance(example->rng, t->cells[recipe].chance))
            continue;
        if (t->apply(example, rng_range(example->rng, t->cells[recipe].low, t->cells[recipe].high)))
            done |= BIT(row);
    }
    example->trace->transforms = done;
}

const char *augment_transform_name(int row)
{
    return row >= 0 && row < ROWS ? transforms[row].name : NULL;
}

enum augment_condition augment_draw_condition(struct rng *rng)
{
    double at = rng_unit(rng);
    int condition = 0;
    while (condition < CONDITION_TRAINED - 1 && at >= condition_shares[condition])
        at -= condition_shares[condition++];
    return (enum augment_condition)condition;
}

int augment_render(const struct augment_bank *bank, struct augment_scratch *scratch, struct rng *rng,
                   const struct augment_scene *scene, const int16_t *clip, size_t count, int16_t *pcm,
                   struct augment_trace *trace, struct error *error)
{
    if (scene->samples > scratch->max_samples || scene->word_end > scene->samples)
        return error_set(error, ERROR_USAGE, "word end %zu does not fit into a scene of %zu samples, at most %zu",
                         scene->word_end, scene->samples, scratch->max_samples);
    struct augment_trace unused;
    struct example example = {
        .bank = bank, .scratch = scratch, .rng = rng, .trace = trace ? trace : &unused,
        .clip = clip, .clip_count = count, .end = scene->word_end, .samples = scene->samples, .pcm = pcm,
        .mildness = scene->gentle ? 0.3 : 1, .equaliser = scene->gentle ? 0.5 : 1,
    };
    bool no_talkers = scene->condition == CONDITION_BABBLE && bank->shelves[SOUND_SPEECH].count == 0;
    walk(&example, no_talkers ? CONDITION_BASE : (int)scene->condition);
    return 0;
}

int augment_stream(const struct augment_bank *bank, struct augment_scratch *scratch, struct rng *rng, int16_t *pcm,
                   size_t samples, struct error *error)
{
    size_t longest = scratch->max_samples < STRETCH ? scratch->max_samples : STRETCH;
    if (samples > 0 && longest == 0)
        return error_set(error, ERROR_USAGE, "running audio needs scratch memory of at least one sample");
    size_t stretches = samples ? (samples + longest - 1) / longest : 0;
    for (size_t i = 0; i < stretches; i++) {
        size_t begin = samples * i / stretches, count = samples * (i + 1) / stretches - begin;
        struct augment_trace trace;
        struct example example = {
            .bank = bank, .scratch = scratch, .rng = rng, .trace = &trace,
            .clip = pcm + begin, .clip_count = count, .end = count, .samples = count, .pcm = pcm + begin,
            .running = true, .mildness = 1, .equaliser = 1,
        };
        walk(&example, STREAM);
    }
    return 0;
}
