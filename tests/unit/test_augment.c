// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "augment/augment.h"
#include "augment/augment_internal.h"
#include "waves.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { SCENE = 48000, WORD = 19200, WORD_END = 40000, TALK = 160000 };

static int16_t word[WORD];     // .4 s of silence, .8 s of a 1 kHz tone of RMS 5000
static int16_t talk[3][TALK];  // steady "speech": tones of 300, 500, 700 Hz
static const struct sound talkers[] = {
    {talk[0], TALK, SOUND_SPEECH}, {talk[1], TALK, SOUND_SPEECH}, {talk[2], TALK, SOUND_SPEECH}};

struct studio {
    struct augment_bank *bank;
    struct augment_scratch *scratch;
    struct error error;
};

static void studio_open(struct studio *studio, const struct sound *sounds, size_t count, int rooms, struct pool *pool)
{
    assert_int_equal(augment_bank_open(&studio->bank, sounds, count, rooms, NULL, 5, pool, &studio->error), 0);
    assert_int_equal(augment_scratch_open(&studio->scratch, studio->bank, SCENE, &studio->error), 0);
}

static void studio_close(struct studio *studio)
{
    augment_scratch_close(studio->scratch);
    augment_bank_close(studio->bank);
}

static struct augment_trace render(struct studio *studio, uint64_t index, enum augment_condition condition,
                                   const int16_t *clip, size_t count, int16_t pcm[SCENE])
{
    struct rng rng = rng_make(11, index);
    struct augment_scene scene = {SCENE, WORD_END, condition, false};
    struct augment_trace trace;
    struct error error;
    assert_int_equal(augment_render(studio->bank, studio->scratch, &rng, &scene, clip, count, pcm, &trace, &error), 0);
    return trace;
}

static bool used(const struct augment_trace *trace, const char *name)
{
    for (int row = 0; augment_transform_name(row); row++)
        if (strcmp(augment_transform_name(row), name) == 0)
            return trace->transforms >> row & 1;
    fail_msg("no transform is called %s", name);
    return false;
}

static void to_float(const int16_t *from, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

// The word is a tone, so that speech and background can be told apart inside of it.
static void B22_snr_is_over_active_speech(void **state)
{
    (void)state;
    static int16_t pcm[SCENE];
    static float x[SCENE], behind[SCENE];
    const struct sound sounds[] = {
        talkers[0], talkers[1], talkers[2], {talk[0], TALK, SOUND_MUSIC}, {talk[1], TALK, SOUND_NOISE}};
    struct studio studio;
    studio_open(&studio, sounds, COUNT_OF(sounds), 0, NULL); // reverberation would hide what is measured
    int checked[CONDITION_TRAINED] = {0};
    for (uint64_t i = 0; i < 800; i++) {
        enum augment_condition condition = (enum augment_condition)(i % CONDITION_TRAINED);
        struct augment_trace trace = render(&studio, i, condition, word, WORD, pcm);
        if (used(&trace, "ambience") || !used(&trace, "mix") || trace.level_db < -20) // and so would int16 steps
            continue;
        const size_t edge = 800; // where filters settle
        size_t onset = WORD_END - (WORD_END - trace.word_begin) * 2 / 3, length = WORD_END - onset - 2 * edge;
        size_t quiet = onset - edge;
        to_float(pcm, x, SCENE);
        memcpy(behind, x, quiet * sizeof *x); // all of the background, but for the tone's edges
        double speech = fit_sine(x + onset + edge, length, 1000 * trace.resampling, behind + quiet) / sqrt(2);
        double under = level_rms(behind + quiet, length), before = level_rms(behind, quiet);
        memcpy(behind + quiet + length, x + WORD_END + edge, (SCENE - WORD_END - edge) * sizeof *x);
        size_t count = quiet + length + SCENE - WORD_END - edge;
        double snr = 20 * log10(speech / audio_active_rms(behind, count)), change = 0;
        for (size_t k = 1; k < count; k++)
            change += pow((double)(behind[k] - behind[k - 1]), 2);
        bool rumble = change < 0.02 * sum_squares(behind, count); // brown noise: the part left out may weigh more
        if (fabs(snr - trace.snr_db) > (rumble ? 1.2 : 0.5))
            fail_msg("%s: %.2f dB measured, %.2f drawn", augment_condition_names[condition], snr, trace.snr_db);
        assert_true(rumble || (under > before / 1.3 && under < before * 1.3)); // it goes on under the word
        checked[condition]++;
    }
    assert_true(checked[CONDITION_BASE] >= 4 && checked[CONDITION_BABBLE] >= 8 && checked[CONDITION_NOISE] >= 8);
    assert_int_equal(checked[CONDITION_QUIET], 0);
    studio_close(&studio);
}

static void word_ends_where_asked(void **state)
{
    (void)state;
    static int16_t click[4000], pcm[SCENE], long_clip[2 * SCENE];
    struct studio studio;
    studio_open(&studio, NULL, 0, 8, NULL);
    click[3999] = 20000;
    for (uint64_t i = 0; i < 200; i++) {
        struct augment_trace trace = render(&studio, i, CONDITION_QUIET, click, 4000, pcm);
        size_t loudest = 0;
        for (size_t k = 0; k < SCENE; k++)
            if (abs(pcm[k]) > abs(pcm[loudest]))
                loudest = k;
        assert_in_range(loudest, WORD_END - 24, WORD_END + 24); // filters and the resampler smear by a millisecond
        assert_int_equal(trace.word_begin, WORD_END - (size_t)(4000 / trace.resampling));
        assert_true(trace.resampling > 0.8 && trace.resampling < 1.25);
    }
    // Too long: cut at its beginning. The tone gets higher at its end, and that end is what is left.
    tone(long_clip, 2 * SCENE - 8000, 500, 5000);
    tone(long_clip + 2 * SCENE - 8000, 8000, 2000, 5000);
    for (uint64_t i = 0; i < 20; i++) {
        static float x[SCENE];
        struct augment_trace trace = render(&studio, i, CONDITION_QUIET, long_clip, 2 * SCENE, pcm);
        to_float(pcm, x, SCENE);
        assert_int_equal(trace.word_begin, 0);
        assert_true(fit_sine(x + WORD_END - 4000, 3000, 2000 * trace.resampling, NULL) >
                    4 * fit_sine(x + WORD_END - 4000, 3000, 500 * trace.resampling, NULL));
        assert_true(fit_sine(x + 1000, 8000, 500 * trace.resampling, NULL) > 50);
    }
    studio_close(&studio);
}

static void odd_clips_are_no_trouble(void **state)
{
    (void)state;
    static int16_t pcm[SCENE];
    int16_t one = -32768;
    struct studio studio;
    studio_open(&studio, talkers, COUNT_OF(talkers), 8, NULL);
    for (uint64_t i = 0; i < 200; i++) {
        enum augment_condition condition = (enum augment_condition)(i % CONDITION_COUNT);
        assert_int_equal(render(&studio, i, condition, NULL, 0, pcm).word_begin, WORD_END);
        assert_in_range(render(&studio, i, condition, &one, 1, pcm).word_begin, WORD_END - 1, WORD_END);
    }
    struct rng rng = rng_make(1, 1);
    const struct {
        struct augment_scene scene;
        int code;
    } scenes[] = {{{0}, 0}, {{SCENE, SCENE + 1, CONDITION_BASE, false}, ERROR_USAGE},
                  {{SCENE + 1, 9, CONDITION_BASE, false}, ERROR_USAGE}};
    for (size_t i = 0; i < COUNT_OF(scenes); i++)
        assert_int_equal(augment_render(studio.bank, studio.scratch, &rng, &scenes[i].scene, word, WORD, pcm, NULL,
                                        &studio.error), scenes[i].code);
    studio_close(&studio);
}

// What was drawn how often, and the peak level.
static void draws_follow_the_recipe(void **state)
{
    (void)state;
    enum { DRAWS = 600 };
    static const struct {
        enum augment_condition condition;
        const char *name;
        double share;
    } expected[] = {
        {CONDITION_BASE, "room", 0.7},           {CONDITION_BASE, "ambience", 0.85},
        {CONDITION_BASE, "babble", 0},           {CONDITION_BASE, "coloured noise", 0.12},
        {CONDITION_BASE, "mix", 0.6},            {CONDITION_BASE, "gate", 0},
        {CONDITION_BABBLE, "babble", 1},         {CONDITION_BABBLE, "room behind", 0.3},
        {CONDITION_BABBLE, "background", 0},     {CONDITION_NOISE, "room behind", 0},
        {CONDITION_NOISE, "coloured noise", 1},  {CONDITION_NOISE, "mix", 1},
        {CONDITION_QUIET, "room", 0.45},         {CONDITION_QUIET, "ambience", 0.25},
        {CONDITION_QUIET, "mix", 0},             {CONDITION_QUIET, "microphone noise", 0.4},
        {CONDITION_QUIET, "gate", 0.3},         {CONDITION_FAR, "room", 1},
        {CONDITION_FAR, "coloured noise", 1},   {CONDITION_FAR, "ambience", 0},
    };
    static int16_t pcm[SCENE];
    static struct augment_trace traces[CONDITION_COUNT][DRAWS];
    struct studio studio;
    studio_open(&studio, talkers, COUNT_OF(talkers), 4, NULL);
    for (int condition = 0; condition < CONDITION_COUNT; condition++)
        for (uint64_t i = 0; i < DRAWS; i++) {
            struct augment_trace *trace = &traces[condition][i];
            *trace = render(&studio, i, (enum augment_condition)condition, word + WORD - 1600, 1600, pcm);
            int peak = 0;
            for (size_t k = 0; k < SCENE; k++)
                peak = abs(pcm[k]) > peak ? abs(pcm[k]) : peak;
            double tolerance = used(trace, "microphone noise") ? 30 : 1;
            if (!used(trace, "gate"))
                assert_true(fabs(peak - 32767 * pow(10, trace->level_db / 20)) <= tolerance);
            assert_in_range(-10 * trace->level_db, 4, condition == CONDITION_QUIET ? 240 : 320);
            assert_int_equal(trace->room >= 0, used(trace, "room"));
            assert_int_equal(isfinite(trace->snr_db) != 0, used(trace, "mix"));
        }
    for (size_t row = 0; row < COUNT_OF(expected); row++) {
        double share = expected[row].share, count = 0;
        for (int i = 0; i < DRAWS; i++)
            count += used(&traces[expected[row].condition][i], expected[row].name);
        if (fabs(count / DRAWS - share) > 4 * sqrt(share * (1 - share) / DRAWS)) // four deviations
            fail_msg("%s, %s: %.3f of the draws instead of %.3f", augment_condition_names[expected[row].condition],
                     expected[row].name, count / DRAWS, share);
    }
    int counts[CONDITION_COUNT] = {0};
    struct rng rng = rng_make(3, 3);
    for (int i = 0; i < 10000; i++)
        counts[augment_draw_condition(&rng)]++;
    assert_in_range(counts[CONDITION_BASE], 4800, 5200);
    assert_in_range(counts[CONDITION_BABBLE], 1840, 2160);
    assert_in_range(counts[CONDITION_QUIET], 1350, 1650);
    assert_in_range(counts[CONDITION_NOISE], 1350, 1650);
    assert_int_equal(counts[CONDITION_FAR], 0);
    studio_close(&studio);
}

static void quiet_scenes_are_digital_zero_or_nearly(void **state)
{
    (void)state;
    static int16_t pcm[SCENE];
    struct studio studio;
    studio_open(&studio, NULL, 0, 0, NULL);
    int zero = 0, steps = 0, gated = 0, gated_zero = 0;
    for (uint64_t i = 0; i < 300; i++) {
        struct augment_trace trace = render(&studio, i, CONDITION_QUIET, word, WORD, pcm);
        double before = 0, speech = 0;
        for (size_t k = 0; k < 16000; k++)
            before += pcm[k] * pcm[k] / 16000.0;
        for (size_t k = WORD_END - 4000; k < WORD_END; k++)
            speech += pcm[k] * pcm[k] / 4000.0;
        assert_true(sqrt(speech) > 500);
        if (!used(&trace, "microphone noise") && !used(&trace, "ambience")) {
            assert_true(before == 0);
            zero++;
        } else if (used(&trace, "gate")) { // closed where the noise is below the threshold, as it mostly is
            gated++;
            gated_zero += before == 0;
        } else if (used(&trace, "microphone noise")) {
            assert_true(sqrt(before) > 0.05 && sqrt(before) < 7.5);
            steps++;
        }
    }
    assert_true(zero > 30 && steps > 30 && gated > 30 && gated_zero > gated * 3 / 4);
    studio_close(&studio);
}

struct batch {
    struct studio studio;
    struct augment_scratch *scratch[4];
    int16_t *pcm; // [24][SCENE]
};

static void render_task(void *context, size_t index, int worker)
{
    struct batch *batch = context;
    struct rng rng = rng_make(42, index);
    struct error error;
    int16_t *pcm = batch->pcm + index * SCENE;
    struct augment_scene scene = {SCENE, WORD_END, (enum augment_condition)(index % CONDITION_COUNT), index % 3 == 0};
    if (index < 20)
        augment_render(batch->studio.bank, batch->scratch[worker], &rng, &scene, word, WORD, pcm, NULL, &error);
    else {
        memcpy(pcm, talk[1], SCENE * sizeof *pcm);
        augment_stream(batch->studio.bank, batch->scratch[worker], &rng, pcm, SCENE, &error);
    }
}

static void same_bytes_for_any_number_of_threads(void **state)
{
    (void)state;
    enum { CLIPS = 24 };
    int16_t *first = NULL;
    for (int threads = 1; threads <= 4; threads += 3) {
        struct pool *pool;
        struct batch batch;
        struct error error;
        assert_int_equal(pool_open(&pool, threads, &error), 0);
        studio_open(&batch.studio, talkers, COUNT_OF(talkers), 12, pool);
        batch.pcm = array_alloc(CLIPS * SCENE, sizeof *batch.pcm);
        for (int i = 0; i < pool_threads(pool); i++)
            assert_int_equal(augment_scratch_open(&batch.scratch[i], batch.studio.bank, SCENE, &error), 0);
        pool_run(pool, CLIPS, render_task, &batch);
        if (first)
            assert_memory_equal(first, batch.pcm, CLIPS * SCENE * sizeof *first);
        else
            first = batch.pcm;
        if (first != batch.pcm)
            free(batch.pcm);
        for (int i = 0; i < pool_threads(pool); i++)
            augment_scratch_close(batch.scratch[i]);
        studio_close(&batch.studio);
        pool_close(pool);
    }
    assert_memory_not_equal(first, first + 4 * SCENE, SCENE * sizeof *first);
    free(first);
}

static void streams_are_degraded_everywhere(void **state)
{
    (void)state;
    enum { COUNT = 100001 };
    static int16_t pcm[COUNT + 1], again[COUNT + 1];
    struct studio studio;
    studio_open(&studio, talkers, COUNT_OF(talkers), 8, NULL);
    for (uint64_t i = 0; i < 10; i++) {
        struct rng rng = rng_make(9, i);
        memcpy(pcm, talk[0], sizeof pcm);
        assert_int_equal(augment_stream(studio.bank, studio.scratch, &rng, pcm, COUNT, &studio.error), 0);
        assert_int_equal(pcm[COUNT], talk[0][COUNT]); // not beyond the end
        for (size_t at = 0; at + 320 <= COUNT; at += 320) { // the tone has no gap and is not the one that came
            double energy = 0, change = 0;
            for (size_t k = at; k < at + 320; k++) {
                energy += pcm[k] * pcm[k];
                change += abs(pcm[k] - talk[0][k]);
            }
            assert_true(energy > 0 && change > 0);
        }
        memcpy(again, talk[0], sizeof again);
        rng = rng_make(9, i);
        assert_int_equal(augment_stream(studio.bank, studio.scratch, &rng, again, COUNT, &studio.error), 0);
        assert_memory_equal(pcm, again, sizeof pcm);
    }
    struct rng rng = rng_make(1, 1);
    for (size_t count = 0; count < 40; count++)
        assert_int_equal(augment_stream(studio.bank, studio.scratch, &rng, pcm, count, &studio.error), 0);
    studio_close(&studio);
}

// Against the sum that defines convolution.
static void convolution_is_convolution(void **state)
{
    (void)state;
    enum { IN = 40000, OUT = 45000 };
    static float x[OUT], in[OUT], response[ROOM_SAMPLES];
    struct studio studio;
    studio_open(&studio, NULL, 0, 6, NULL);
    for (uint64_t room = 0; room < 6; room++) {
        struct rng rng = rng_make(seed_mix(5, "rooms"), room), noise = rng_make(8, room);
        double rt60, worst = 0;
        size_t length = room_simulate(&rng, response, &rt60);
        memset(in, 0, sizeof in);
        noise_white(&noise, in, IN);
        memcpy(x, in, sizeof x);
        room_convolve(studio.bank, studio.scratch, room, x, IN, OUT);
        for (size_t i = 0; i < OUT; i += 997) {
            double sum = 0;
            for (size_t k = 0; k < length && k <= i; k++)
                sum += (double)in[i - k] * (double)response[k];
            worst = fmax(worst, fabs(sum - (double)x[i]));
        }
        assert_true(worst < 1e-4);
    }
    studio_close(&studio);
}

static void recorded_rooms(void **state)
{
    (void)state;
    struct error error;
    struct augment_bank *bank = NULL;
    struct text_list folders = {0};
    char folder[] = "/tmp/wakesmith-rooms-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(text_list_add(&folders, folder, &error), 0);
    char *path = path_join(folder, "notes.txt"), *wav = path_join(folder, "hall.wav");
    assert_int_equal(file_write(path, "no audio", 8, &error), 0);
    assert_int_equal(augment_bank_open(&bank, NULL, 0, 4, &folders, 1, NULL, &error), ERROR_MISSING);
    assert_non_null(strstr(error.message, folder));
    static int16_t response[20000];
    assert_int_equal(audio_write_wav(wav, response, 8000, &error), 0);
    assert_int_equal(augment_bank_open(&bank, NULL, 0, 4, &folders, 1, NULL, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "hall.wav"));
    // Direct sound after 50 ms and one echo: rendered, the word must not be 50 ms late.
    response[800] = -16000;
    response[1800] = 4000;
    assert_int_equal(audio_write_wav(wav, response, 20000, &error), 0);
    struct studio studio;
    assert_int_equal(augment_bank_open(&studio.bank, NULL, 0, 0, &folders, 1, NULL, &error), 0);
    assert_int_equal(augment_scratch_open(&studio.scratch, studio.bank, SCENE, &error), 0);
    static float x[4000];
    x[10] = 1;
    room_convolve(studio.bank, studio.scratch, 0, x, 20, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_true(fabs((double)x[i] - (i == 10 ? -1 : i == 1010 ? 0.25 : 0)) < 1e-3);
    int rooms = 0;
    for (uint64_t i = 0; i < 50; i++) {
        static int16_t pcm[SCENE];
        rooms += render(&studio, i, CONDITION_BASE, word, WORD, pcm).room == 0;
    }
    assert_in_range(rooms, 20, 48);
    studio_close(&studio);
    assert_int_equal(file_write(wav, "RIFFjunk", 8, &error), 0);
    assert_true(augment_bank_open(&bank, NULL, 0, 4, &folders, 1, NULL, &error) < 0);
    assert_int_equal(folder_remove(folder, &error), 0);
    assert_true(augment_bank_open(&bank, NULL, 0, 4, &folders, 1, NULL, &error) < 0);
    text_list_free(&folders);
    free(path);
    free(wav);
}

static void an_empty_bank_works(void **state)
{
    (void)state;
    static int16_t pcm[SCENE];
    struct studio studio;
    studio_open(&studio, NULL, 0, 0, NULL);
    int behind = 0;
    for (uint64_t i = 0; i < 100; i++) {
        struct augment_trace trace = render(&studio, i, CONDITION_BABBLE, word, WORD, pcm);
        assert_false(used(&trace, "babble") || used(&trace, "room"));
        assert_int_equal(trace.room, -1);
        behind += used(&trace, "mix");
    }
    assert_in_range(behind, 40, 80); // the base condition instead
    struct rng rng = rng_make(1, 1);
    assert_int_equal(augment_stream(studio.bank, studio.scratch, &rng, pcm, SCENE, &studio.error), 0);
    studio_close(&studio);
}

static void made_sounds_are_many_and_of_any_level(void **state)
{
    (void)state;
    enum { MINUTE = 960000, FRAME = 1600 };
    static int16_t sounds[MINUTE], again[MINUTE];
    struct rng rng = rng_make(1, 2);
    augment_made_sounds(&rng, sounds, MINUTE);
    rng = rng_make(1, 2);
    augment_made_sounds(&rng, again, MINUTE);
    assert_memory_equal(sounds, again, sizeof sounds); // same seed, same bytes
    int silent = 0, soft = 0, loud = 0;
    for (size_t at = 0; at < MINUTE; at += FRAME) {
        int peak = 0;
        for (size_t i = at; i < at + FRAME; i++)
            peak = abs(sounds[i]) > peak ? abs(sounds[i]) : peak;
        silent += peak == 0;
        soft += peak > 500 && peak < 4000;
        loud += peak > 10000;
        assert_true(peak <= 32767 * 0.71);
    }
    assert_true(silent > 60 && soft > 60 && loud > 40);
}

int main(void)
{
    tone(word + WORD / 3, WORD * 2 / 3, 1000, 5000);
    for (int i = 0; i < 3; i++)
        tone(talk[i], TALK, 300 + 200 * i, 4000);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B22_snr_is_over_active_speech),
        cmocka_unit_test(word_ends_where_asked),
        cmocka_unit_test(odd_clips_are_no_trouble),
        cmocka_unit_test(draws_follow_the_recipe),
        cmocka_unit_test(quiet_scenes_are_digital_zero_or_nearly),
        cmocka_unit_test(same_bytes_for_any_number_of_threads),
        cmocka_unit_test(streams_are_degraded_everywhere),
        cmocka_unit_test(convolution_is_convolution),
        cmocka_unit_test(recorded_rooms),
        cmocka_unit_test(an_empty_bank_works),
        cmocka_unit_test(made_sounds_are_many_and_of_any_level)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
