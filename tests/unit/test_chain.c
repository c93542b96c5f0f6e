// SPDX-License-Identifier: GPL-3.0-or-later
// Chains of transforms: what is read from YAML, and what each transform makes of one signal (tests/referee/test_augment.py
// compares them with audiomentations).
#include "augment/augment.h"
#include "augment/chain_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 16000 };
static float signal[COUNT], x[COUNT];
static int16_t noise[COUNT / 2];
static struct augment_bank *bank;
static struct augment_scratch *scratch;
static struct error error;

static int open_studio(void **state)
{
    (void)state;
    struct sound sound = {noise, COUNT / 2, SOUND_NOISE};
    uint32_t draw = 1;
    for (size_t i = 0; i < COUNT; i++) { // a burst of two tones and noise between silences
        draw = draw * 1664525u + 1013904223u;
        float hiss = (float)(draw >> 16) / 65536 - 0.5f;
        signal[i] = i < 4000 || i >= 12000 ? 0
                                           : 0.3f * sinf(0.1f * (float)i) + 0.1f * sinf(0.9f * (float)i) + 0.02f * hiss;
        noise[i / 2] = (int16_t)(3000 * hiss);
    }
    return augment_bank_open(&bank, &sound, 1, 4, NULL, 3, NULL, &error) < 0 ||
           augment_scratch_open(&scratch, bank, COUNT, &error) < 0;
}

static int close_studio(void **state)
{
    (void)state;
    augment_scratch_close(scratch);
    augment_bank_close(bank);
    return 0;
}

static uint32_t run(const char *yaml, uint64_t seed)
{
    struct augment_chain chain;
    struct rng rng = rng_make(seed, 0);
    assert_int_equal(augment_chain_parse(yaml, strlen(yaml), "chain.yaml", &chain, &error), 0);
    memcpy(x, signal, sizeof x);
    return augment_chain_run(&chain, bank, scratch, &rng, x, COUNT);
}

// What came out when it had been compared with audiomentations: RMS, peak, and three samples.
static void each_transform_gives_what_it_gave(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        double rms, peak, samples[3]; // at 5000, 8000, 12500
    } golden[] = {
#include "chain_golden.h"
    };
    _Static_assert(COUNT_OF(golden) == CHAIN_KINDS, "one row a transform");
    for (size_t i = 0; i < COUNT_OF(golden); i++) {
        assert_int_equal(run(golden[i].yaml, 9), 1);
        const double values[] = {level_rms(x, COUNT), (double)level_peak(x, COUNT), (double)x[5000], (double)x[8000],
                                 (double)x[12500]};
        const double expected[] = {golden[i].rms, golden[i].peak, golden[i].samples[0], golden[i].samples[1],
                                   golden[i].samples[2]};
        for (size_t k = 0; k < COUNT_OF(values); k++)
            if (fabs(values[k] - expected[k]) > 2e-5)
                fail_msg("{\"%s\", %.6f, %.6f, {%.6f, %.6f, %.6f}}, // value %zu", golden[i].yaml, values[0], values[1],
                         values[2], values[3], values[4], k);
    }
}

static void steps_happen_in_the_order_of_the_file(void **state)
{
    (void)state;
    assert_int_equal(run("- Gain: {p: 1, min_gain_db: 40, max_gain_db: 40}\n- Normalize: {p: 1}\n", 1), 3);
    assert_true(fabsf(level_peak(x, COUNT) - 1) < 1e-6f);
    assert_int_equal(run("- Normalize: {p: 1}\n- Gain: {p: 1, min_gain_db: 40, max_gain_db: 40}\n", 1), 2);
    assert_true(level_peak(x, COUNT) > 30);
    assert_int_equal(run("- Gain: {p: 0}\n", 1), 0);
    assert_memory_equal(x, signal, sizeof x);
    assert_int_equal(run("[]", 1), 0);
}

static void the_reference_is_a_chain_that_reads_itself(void **state)
{
    (void)state;
    static const double chances[] = {.1, .05, .15, .1, .1, .7, .8, 0, .7, 1};
    struct augment_chain chain, again;
    struct buffer yaml;
    augment_chain_reference(&chain);
    assert_int_equal(chain.count, COUNT_OF(chances));
    for (size_t i = 0; i < chain.count; i++)
        assert_true(fabs(chain.steps[i].chance - chances[i]) < 1e-12);
    buffer_init(&yaml, 1 << 16);
    augment_chain_print(&chain, &yaml);
    assert_int_equal(augment_chain_parse(yaml.data, yaml.size, "itself", &again, &error), 0);
    assert_memory_equal(&chain, &again, sizeof chain);
    buffer_free(&yaml);
}

static void mistakes_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } table[] = {{"Gain: {p: 1}", "must be a list"},
                 {"", "must be a list"},
                 {"- Gain: {p: 1}\n- Gian: {p: 1}\n", "line 2: Gian is no transform"},
                 {"- Gain: {p: 2}\n", "line 1: p must be a number from 0 to 1"},
                 {"- Gain: {p: .nan}\n", "p must be a number"},
                 {"- Gain: {min_snr_db: 2}\n", "min_snr_db is no parameter of Gain"},
                 {"- Gain: {min_gain_db: 2, max_gain_db: 1}\n", "min_gain_db is larger than its max_"},
                 {"- Gain: 3\n", "Gain needs {p: chance"},
                 {"- Gain\n", "must be one transform"},
                 {"- {Gain: {}, Normalize: {}}\n", "must be one transform"},
                 {"- PitchShift: {max_semitones: 12}\n", "max_semitones must be a number from -3.5 to 3.5"},
                 {"- [\n", "it is no YAML"}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct augment_chain chain;
        assert_int_equal(augment_chain_parse(table[i].yaml, strlen(table[i].yaml), "f.yaml", &chain, &error), ERROR_FORMAT);
        if (!strstr(error.message, table[i].says) || !strstr(error.message, "f.yaml"))
            fail_msg("\"%s\" instead of \"%s\"", error.message, table[i].says);
    }
}

// The word lies before its end whatever the chain, and a scene that does not fit is refused.
static void a_scene_is_rendered(void **state)
{
    (void)state;
    static int16_t clip[6000], pcm[COUNT];
    struct augment_chain chain = {0};
    struct augment_trace trace;
    struct rng rng = rng_make(1, 1);
    struct augment_scene scene = {.samples = COUNT, .word_end = 10000};
    for (int i = 0; i < 6000; i++)
        clip[i] = (int16_t)(i - 3000);
    assert_int_equal(augment_chain_render(&chain, bank, scratch, &rng, &scene, clip, 6000, pcm, &trace, &error), 0);
    assert_int_equal(trace.word_begin, 4000);
    assert_memory_equal(pcm + 4000, clip, sizeof clip);
    scene.word_end = 2000; // the end of what is too long
    assert_int_equal(augment_chain_render(&chain, bank, scratch, &rng, &scene, clip, 6000, pcm, &trace, &error), 0);
    assert_memory_equal(pcm, clip + 4000, 2000 * sizeof *clip);
    scene.samples = COUNT + 1;
    assert_int_equal(augment_chain_render(&chain, bank, scratch, &rng, &scene, clip, 6000, pcm, &trace, &error),
                     ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_transform_gives_what_it_gave), cmocka_unit_test(steps_happen_in_the_order_of_the_file),
        cmocka_unit_test(the_reference_is_a_chain_that_reads_itself), cmocka_unit_test(mistakes_name_their_line),
        cmocka_unit_test(a_scene_is_rendered)};
    return cmocka_run_group_tests(tests, open_studio, close_studio);
}
