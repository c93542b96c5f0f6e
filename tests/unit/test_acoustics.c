// SPDX-License-Identifier: GPL-3.0-or-later
// The physics in augment, measured: rooms, filters, noise, and the conditions that models are judged in.
#include "augment/augment.h"
#include "augment/augment_internal.h"
#include "waves.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TALK = 160000 };

static int16_t talk[3][TALK];  // steady "speech": tones of 300, 500, 700 Hz
static const struct sound talkers[] = {
    {talk[0], TALK, SOUND_SPEECH}, {talk[1], TALK, SOUND_SPEECH}, {talk[2], TALK, SOUND_SPEECH}};

// ISO 3382: the decay of the energy that is left, from -5 to -25 dB, extended to 60 dB.
static double schroeder(const float *response, size_t count)
{
    static double left[ROOM_SAMPLES + 1];
    left[count] = 0;
    for (size_t i = count; i-- > 0;)
        left[i] = left[i + 1] + (double)response[i] * (double)response[i];
    size_t from = 0, to = 0;
    while (from < count && left[from] > left[0] * pow(10, -0.5))
        from++;
    while (to < count && left[to] > left[0] * pow(10, -2.5))
        to++;
    return (double)(to - from) / AUDIO_RATE * 3;
}

static void simulated_rooms_have_the_drawn_reverberation(void **state)
{
    (void)state;
    int measured = 0, shortest = 0, longest = 0;
    for (uint64_t i = 0; i < 200; i++) {
        float response[ROOM_SAMPLES];
        struct rng rng = rng_make(2, i);
        double rt60;
        size_t length = room_simulate(&rng, response, &rt60);
        assert_true(rt60 >= 0.1 && rt60 <= 0.8 && length <= ROOM_SAMPLES);
        assert_true(response[0] > 0.99f); // direct sound at once
        shortest += rt60 < 0.2;
        longest += rt60 > 0.4;
        if (rt60 < 0.25)
            continue; // the direct sound and a few echoes are too much of these
        double ratio = schroeder(response, length) / rt60;
        if (ratio < 0.8 || ratio > 1.25)
            fail_msg("room %d: drawn %.3f s, %.2f times that measured", (int)i, rt60, ratio);
        measured++;
    }
    assert_true(measured > 80 && shortest > 40 && longest > 40); // uniform in the logarithm
}

// Gain at a frequency, of one section, measured with a sine.
static double gain_db(struct biquad biquad, double hertz)
{
    static float x[16000];
    for (size_t i = 0; i < COUNT_OF(x); i++)
        x[i] = (float)sin(2 * M_PI * hertz * (double)i / AUDIO_RATE);
    equaliser_run(&(struct equaliser){{biquad}, 1}, x, COUNT_OF(x));
    return 20 * log10(fit_sine(x + 8000, 8000, hertz, NULL));
}

static void filters_have_their_gain(void **state)
{
    (void)state;
    for (double db = -9; db <= 9; db += 3) {
        for (double hertz = 200; hertz < 6500; hertz *= 2) {
            assert_true(fabs(gain_db(biquad_design(PEAKING, hertz, db, 1.5), hertz) - db) < 0.01);
            assert_true(fabs(gain_db(biquad_design(PEAKING, hertz, db, 3), hertz / 20)) < 0.1);
        }
        assert_true(fabs(gain_db(biquad_design(LOW_SHELF, 400, db, 0.7), 20) - db) < 0.1);
        assert_true(fabs(gain_db(biquad_design(LOW_SHELF, 400, db, 0.7), 400) - db / 2) < 0.01);
        assert_true(fabs(gain_db(biquad_design(LOW_SHELF, 400, db, 0.7), 6000)) < 0.1);
        assert_true(fabs(gain_db(biquad_design(HIGH_SHELF, 2000, db, 0.7), 7600) - db) < 0.1);
        assert_true(fabs(gain_db(biquad_design(HIGH_SHELF, 2000, db, 0.7), 2000) - db / 2) < 0.01);
        assert_true(fabs(gain_db(biquad_design(HIGH_SHELF, 2000, db, 0.7), 60)) < 0.1);
    }
    assert_true(fabs(gain_db(biquad_design(HIGH_PASS, 300, 0, 0.7), 300) + 3.1) < 0.02); // Q .7 at the edge
    assert_true(gain_db(biquad_design(HIGH_PASS, 300, 0, 0.7), 75) < -23);
    assert_true(fabs(gain_db(biquad_design(LOW_PASS, 3000, 0, 0.7), 3000) + 3.1) < 0.02);
    assert_true(gain_db(biquad_design(LOW_PASS, 3000, 0, 0.7), 7500) < -23);
}

// Power density at `hertz`, averaged over windows and neighbouring frequencies.
static double density_db(const float *x, size_t count, double hertz)
{
    double sum = 0;
    for (size_t at = 0; at + 2048 <= count; at += 2048) {
        float window[2048];
        for (size_t i = 0; i < 2048; i++) // Hann
            window[i] = x[at + i] * (float)(0.5 - 0.5 * cos(2 * M_PI * (double)i / 2048));
        for (int step = -1; step <= 1; step++) {
            double amplitude = fit_sine(window, 2048, hertz + 15.625 * step, NULL);
            sum += amplitude * amplitude;
        }
    }
    return 10 * log10(sum);
}

static void noise_has_its_colour(void **state)
{
    (void)state;
    enum { COUNT = 1 << 18 };
    static float x[COUNT];
    static const double slopes[NOISE_COLOURS] = {0, -3.01, -9.03}; // dB an octave, from 200 Hz to 3.2 kHz
    for (int colour = 0; colour < NOISE_COLOURS; colour++) {
        struct rng rng = rng_make(1, (uint64_t)colour);
        noise_colour((enum noise_colour)colour, &rng, x, COUNT);
        assert_true(fabs(level_rms(x, COUNT) - 1) < 1e-4);
        double start = density_db(x, COUNT, 200);
        for (int octaves = 1; octaves <= 4; octaves++) {
            double fall = density_db(x, COUNT, 200 << octaves) - start;
            if (fabs(fall - slopes[colour] * octaves) > 1)
                fail_msg("colour %d: %.2f dB in %d octaves", colour, fall, octaves);
        }
    }
    memset(x, 0, sizeof x); // pink exactly: the spectrum of its impulse response
    x[0] = 1;
    pink_run(&(struct pink){0}, x, COUNT);
    double start = 0;
    for (int octaves = 0; octaves <= 9; octaves++) {
        double real = 0, imaginary = 0, w = 2 * M_PI * 10 * (1 << octaves) / AUDIO_RATE;
        for (size_t i = 0; i < COUNT / 8; i++) {
            real += (double)x[i] * cos(w * (double)i);
            imaginary += (double)x[i] * sin(w * (double)i);
        }
        double level = 20 * log10(hypot(real, imaginary));
        start = octaves ? start : level;
        if (fabs(level - start + 3.0103 * octaves) > 0.2)
            fail_msg("pink falls by %.3f dB in %d octaves", start - level, octaves);
    }
    struct rng rng = rng_make(1, 7);
    double fourth = 0, mean = 0;
    noise_white(&rng, x, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        mean += (double)x[i] / COUNT;
        fourth += pow((double)x[i], 4) / COUNT;
    }
    assert_true(fabs(mean) < 0.01 && fabs(level_rms(x, COUNT) - 1) < 0.005);
    assert_true(fabs(fourth - 2.7) < 0.03); // 3 - 1.2 / 4: sum of four uniform numbers
}

static void test_conditions_follow_the_protocol(void **state)
{
    (void)state;
    enum { COUNT = 24000, ALL = COUNT + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER };
    static int16_t clip[COUNT], pcm[ALL], same[ALL], other[ALL];
    static float noise[ALL];
    const struct test_props company = {talkers, 3, NULL, NULL}, nothing = {0};
    struct error error;
    tone(clip + 4000, 4000, 700, 3000); // half of the loudest 500 ms
    tone(clip + 8000, 4000, 900, 1000);
    double loudest = sqrt((3000.0 * 3000 + 1000.0 * 1000) / 2);
    for (int kind = TEST_PINK; kind <= TEST_BABBLE; kind++)
        for (double snr = 5; snr <= 20; snr += 5) {
            enum test_noise test = (enum test_noise)kind;
            assert_int_equal(augment_test_condition(test, snr, 7, clip, COUNT, &company, pcm, &error), 0);
            for (size_t i = 0; i < ALL; i++) {
                bool inside = i >= AUGMENT_PAD_BEFORE && i < AUGMENT_PAD_BEFORE + COUNT;
                noise[i] = (float)(pcm[i] - (inside ? clip[i - AUGMENT_PAD_BEFORE] : 0));
            }
            double measured = 20 * log10(loudest / level_rms(noise, ALL));
            if (fabs(measured - snr) > 0.01)
                fail_msg("test noise %d: %.3f dB instead of %.3f", kind, measured, snr);
            if (kind == TEST_PINK)
                assert_true(fabs((density_db(noise, ALL, 3200) - density_db(noise, ALL, 200)) / 4 + 3.01) < 0.8);
        }
    assert_int_equal(augment_test_condition(TEST_BABBLE, 20, 7, clip, COUNT, &company, same, &error), 0);
    assert_memory_equal(pcm, same, sizeof pcm);
    assert_int_equal(augment_test_condition(TEST_BABBLE, 20, 8, clip, COUNT, &company, other, &error), 0);
    assert_memory_not_equal(pcm, other, sizeof pcm);
    // What would clip is scaled down as a whole.
    for (size_t i = 0; i < COUNT; i++)
        clip[i] = i % 2 ? 32767 : -32768;
    assert_int_equal(augment_test_condition(TEST_PINK, 0, 7, clip, COUNT, &nothing, pcm, &error), 0);
    int highest = 0, clipped = 0;
    for (size_t i = 0; i < ALL; i++) {
        highest = abs(pcm[i]) > highest ? abs(pcm[i]) : highest;
        clipped += abs(pcm[i]) >= 32767;
    }
    assert_int_equal(highest, 32767);
    assert_int_equal(clipped, 1);
    assert_int_equal(augment_test_condition(TEST_CLEAN, 0, 7, clip, COUNT, &nothing, pcm, &error), 0);
    assert_memory_equal(pcm + AUGMENT_PAD_BEFORE + 1, clip + 1, 100);
    assert_int_equal(pcm[0] | pcm[AUGMENT_PAD_BEFORE - 1] | pcm[ALL - 1], 0);
    assert_int_equal(augment_test_condition(TEST_PINK, 10, 7, NULL, 0, &nothing, pcm, &error), 0);
    assert_int_equal(augment_test_condition(TEST_BABBLE, 10, 7, clip, COUNT, &nothing, pcm, &error), ERROR_USAGE);
    assert_int_equal(augment_test_condition(TEST_FAR, 10, 7, clip, COUNT, &nothing, pcm, &error), ERROR_USAGE);
}

// A far room has its reverberation, and more of that than of direct sound: the first 2 ms.
static void far_rooms_are_mostly_reverberation(void **state)
{
    (void)state;
    double ratios = 0;
    for (uint64_t i = 0; i < 40; i++) {
        static float response[ROOM_SAMPLES];
        struct rng rng = rng_make(3, i);
        double rt60;
        size_t length = room_simulate_far(&rng, response, &rt60);
        assert_true(rt60 >= 0.5 && rt60 <= 0.8 && (double)length > 0.4 * AUDIO_RATE && response[0] > 0.99f);
        assert_true(fabs(schroeder(response, length) / rt60 - 1) < 0.2);
        double ratio = 10 * log10(sum_squares(response, 32) / sum_squares(response + 32, length - 32));
        assert_true(ratio > -20 && ratio < -5);
        ratios += ratio / 40;
    }
    assert_true(ratios > -15 && ratios < -8);
}

// The clip is a burst: what is heard goes on after it, as loud as it was, in noise at the SNR.
static void far_condition_is_a_room_and_noise(void **state)
{
    (void)state;
    enum { COUNT = 16000, ALL = COUNT + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER };
    static int16_t clip[COUNT], quiet[ALL], noisy[ALL], other[ALL];
    static float heard[ALL], noise[ALL];
    struct test_props props = {0};
    struct augment_bank *bank;
    struct error error;
    assert_int_equal(augment_bank_open(&bank, NULL, 0, 0, NULL, 1, NULL, &error), 0);
    assert_int_equal(augment_scratch_open(&props.scratch, bank, 1, &error), 0);
    props.bank = bank;
    tone(clip + 4000, 8000, 700, 3000);
    assert_int_equal(augment_test_condition(TEST_FAR, 100, 7, clip, COUNT, &props, quiet, &error), 0);
    for (size_t i = 0; i < ALL; i++)
        heard[i] = quiet[i];
    double loudest = 0;
    for (size_t at = 0; at + 8000 <= ALL; at += 100)
        loudest = fmax(loudest, level_rms(heard + at, 8000));
    assert_true(fabs(loudest / 3000 - 1) < 0.01);
    double before = level_rms(heard, AUGMENT_PAD_BEFORE), after = level_rms(heard + AUGMENT_PAD_BEFORE + 12000, 1600);
    assert_true(before < 1 && after > 300);
    assert_int_equal(augment_test_condition(TEST_FAR, 10, 7, clip, COUNT, &props, noisy, &error), 0);
    for (size_t i = 0; i < ALL; i++)
        noise[i] = (float)(noisy[i] - quiet[i]);
    assert_true(fabs(20 * log10(loudest / level_rms(noise, ALL)) - 10) < 0.1);
    assert_true(fabs((density_db(noise, ALL, 3200) - density_db(noise, ALL, 200)) / 4 + 3.01) < 0.8);
    assert_int_equal(augment_test_condition(TEST_FAR, 10, 7, clip, COUNT, &props, other, &error), 0);
    assert_memory_equal(noisy, other, sizeof other);
    assert_int_equal(augment_test_condition(TEST_FAR, 10, 8, clip, COUNT, &props, other, &error), 0);
    assert_memory_not_equal(noisy, other, sizeof other);
    augment_scratch_close(props.scratch);
    augment_bank_close(bank);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        tone(talk[i], TALK, 300 + 200 * i, 4000);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulated_rooms_have_the_drawn_reverberation),
        cmocka_unit_test(filters_have_their_gain),
        cmocka_unit_test(noise_has_its_colour),
        cmocka_unit_test(test_conditions_follow_the_protocol),
        cmocka_unit_test(far_rooms_are_mostly_reverberation),
        cmocka_unit_test(far_condition_is_a_room_and_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
