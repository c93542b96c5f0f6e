// SPDX-License-Identifier: GPL-3.0-or-later
#include "frontend/frontend_internal.h"

#include "base/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// ---- the shipped constants against their formulas ----
// Tables of sines and logarithms in double must be equal. The mel weights and the gains come from single precision
// log1pf and powf, which C libraries round differently: one unit in at most 1 % of the entries is accepted.

static void sines_are_their_formulas(void **state)
{
    (void)state;
    for (int i = 0; i < FRONTEND_WINDOW; i++) {
        float angle = (float)M_PI * 2.0f / 480.0f;
        float value = 0.5f - (0.5f * cosf(angle * ((float)i + 0.5f)));
        assert_int_equal(frontend_window[i], (int)floorf(value * 4096.0f + 0.5f));
    }
    for (int i = 0; i < FFT_SIZE; i++) {
        double phase = -2 * M_PI * i / FFT_SIZE;
        assert_int_equal(frontend_twiddle[i].re, (int)floor(0.5 + 32767 * cos(phase)));
        assert_int_equal(frontend_twiddle[i].im, (int)floor(0.5 + 32767 * sin(phase)));
    }
    for (int k = 1; k <= FFT_SIZE / 2; k++) {
        double phase = -M_PI * (k / 256.0 + 0.5);
        assert_int_equal(frontend_real_twiddle[k - 1].re, (int)floor(0.5 + 32767 * cos(phase)));
        assert_int_equal(frontend_real_twiddle[k - 1].im, (int)floor(0.5 + 32767 * sin(phase)));
    }
}

static void logarithms_are_their_formula(void **state)
{
    (void)state;
    for (int j = 0; j <= LOG_SEGMENTS; j++)
        assert_int_equal(frontend_log[j], (int)floor(65536 * (log2(1 + j / 128.0) - j / 128.0) + 0.5));
}

static float mel(float hz)
{
    return 1127.0f * log1pf(hz / 700.0f);
}

static void mel_weights_are_their_formula(void **state)
{
    (void)state;
    volatile float low_hz = 125.0f, high_hz = 7500.0f; // volatile: log1pf at run time, as the device's build does
    float low = mel(low_hz), spacing = (mel(high_hz) - low) / 41.0f;
    int bin = FIRST_BIN, off_by_one = 0;
    for (int band = 0; band < BANDS; band++) {
        float centre = low + (spacing * (float)(band + 1));
        float left = band == 0 ? low : low + (spacing * (float)band);
        assert_int_equal(frontend_band[band], bin);
        for (; bin < frontend_band[band + 1]; bin++) {
            float here = mel((float)bin * 31.25f);
            assert_true(here <= centre + 1e-3f);
            int weight = (int)floorf((centre - here) / (centre - left) * 4096.0f + 0.5f);
            assert_in_range(weight - frontend_weight[bin - FIRST_BIN] + 1, 0, 2);
            off_by_one += weight != frontend_weight[bin - FIRST_BIN];
        }
        assert_true(band == BANDS - 1 || mel((float)bin * 31.25f) > centre);
    }
    assert_int_equal(bin, LAST_BIN + 1);
    assert_in_range(off_by_one, 0, 2);
}

static int gain_formula(double estimate)
{
    float gain = 2097152.0f * powf((float)estimate / 128 + 80.0f, -0.95f);
    return gain > 32767 ? 32767 : (int)(gain + 0.5f);
}

static void gains_are_their_formula(void **state)
{
    (void)state;
    int wrong = 0;
    for (int bits = 0; bits <= 32; bits++) {
        double start = bits < 2 ? bits : ldexp(1, bits - 1), end = bits == 32 ? UINT32_MAX : 2 * start;
        int base = gain_formula(start);
        int middle = gain_formula(1.5 * start) - base, last = gain_formula(end) - base;
        int slope = bits < 2 ? 0 : 4 * middle - last;
        int curve = bits < 2 ? 0 : last - slope;
        const struct gain_octave *octave = &frontend_gain[bits];
        wrong += base != octave->base || slope != octave->slope || curve != octave->curve;
        assert_in_range(base - octave->base + 1, 0, 2);
        assert_in_range(slope - octave->slope + 8, 0, 16);
        assert_in_range(curve - octave->curve + 8, 0, 16);
    }
    assert_in_range(wrong, 0, 1);
}

// ---- the promises of frontend.h ----

static void rows_follow_the_samples(void **state)
{
    (void)state;
    struct frontend frontend;
    frontend_reset(&frontend);
    for (size_t count = 0; count < 2000; count++)
        assert_int_equal(frontend_rows(&frontend, count), count < 480 ? 0 : count / 160 - 2);
    int16_t samples[1000] = {0};
    uint16_t rows[4 * FRONTEND_CHANNELS];
    assert_int_equal(frontend_push(&frontend, samples, 479, rows), 0);
    assert_int_equal(frontend_rows(&frontend, 0), 0);
    assert_int_equal(frontend_rows(&frontend, 1), 1);
    assert_int_equal(frontend_push(&frontend, samples, 161, rows), 2);
    assert_int_equal(frontend_push(&frontend, samples, 0, rows), 0);
    assert_int_equal(frontend_rows(&frontend, 159), 0);
    assert_int_equal(frontend_rows(&frontend, 160), 1);
}

static void chunks_change_nothing(void **state)
{
    (void)state;
    enum { SECONDS = 2, SAMPLES = SECONDS * 16000, ROWS = SECONDS * 100 - 2 };
    static int16_t samples[SAMPLES];
    static uint16_t whole[ROWS * FRONTEND_CHANNELS], pieces[ROWS * FRONTEND_CHANNELS];
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < SAMPLES; i++)
        samples[i] = (int16_t)(rng_normal(&rng) * 1000);
    struct frontend frontend;
    frontend_reset(&frontend);
    assert_int_equal(frontend_push(&frontend, samples, SAMPLES, whole), ROWS);
    for (int run = 0; run < 20; run++) {
        frontend_reset(&frontend);
        memset(pieces, 0, sizeof(pieces));
        size_t made = 0;
        for (size_t at = 0; at < SAMPLES;) {
            size_t chunk = rng_below(&rng, 1500);
            chunk = chunk < SAMPLES - at ? chunk : SAMPLES - at;
            made += frontend_push(&frontend, samples + at, chunk, pieces + made * FRONTEND_CHANNELS);
            at += chunk;
        }
        assert_int_equal(made, ROWS);
        assert_memory_equal(pieces, whole, sizeof(whole));
    }
}

// A tone must be loudest in the channel whose mel triangle holds it, 16 dB above the channels far away.
static void a_tone_is_heard_in_its_channel(void **state)
{
    (void)state;
    for (int channel = 4; channel < FRONTEND_CHANNELS - 1; channel += 5) {
        double hz = frontend_band[channel + 1] * 31.25;
        int16_t samples[FRONTEND_WINDOW];
        uint16_t row[FRONTEND_CHANNELS];
        for (int i = 0; i < FRONTEND_WINDOW; i++)
            samples[i] = (int16_t)(3000 * sin(2 * M_PI * hz * i / 16000));
        struct frontend frontend;
        frontend_reset(&frontend);
        assert_int_equal(frontend_push(&frontend, samples, FRONTEND_WINDOW, row), 1);
        for (int i = 0; i < FRONTEND_CHANNELS; i++)
            assert_true(abs(i - channel) <= 3 || row[i] + 64 * log(6.3) / 2 < row[channel]);
    }
}

static void feature_bytes_follow_the_device(void **state)
{
    (void)state;
    for (int feature = 0; feature <= UINT16_MAX; feature++) {
        int byte = (feature * 256 + 333) / 666 - 128;
        assert_int_equal(frontend_int8((uint16_t)feature), byte < 127 ? byte : 127);
        int8_t quantized;
        uint16_t one = (uint16_t)feature;
        frontend_quantize(&one, 1, &quantized);
        assert_int_equal(quantized, frontend_int8(one));
    }
    assert_int_equal(frontend_int8(0), -128);
    assert_int_equal(frontend_int8(662), 126);
    assert_int_equal(frontend_int8(663), 127);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sines_are_their_formulas),       cmocka_unit_test(logarithms_are_their_formula),
        cmocka_unit_test(mel_weights_are_their_formula),  cmocka_unit_test(gains_are_their_formula),
        cmocka_unit_test(rows_follow_the_samples),        cmocka_unit_test(chunks_change_nothing),
        cmocka_unit_test(a_tone_is_heard_in_its_channel), cmocka_unit_test(feature_bytes_follow_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
