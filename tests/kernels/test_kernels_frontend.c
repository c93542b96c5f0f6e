// SPDX-License-Identifier: GPL-3.0-or-later
// The fast bodies of the front end against the plain one: same rows and same noise estimates, bit for bit.
// With --bench it prints the time of a row instead.
#include "frontend/frontend_internal.h"
#include "frontend/fast_tables.h"

#include "base/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef __x86_64__
static frontend_body *const bodies[CPU_LEVELS] = {NULL, frontend_row_avx2, frontend_row_avx512};

static void check_window(const uint32_t *estimate, const int16_t *window, const char *what)
{
    uint32_t plain_estimate[FRONTEND_CHANNELS], fast_estimate[FRONTEND_CHANNELS];
    uint16_t plain_row[FRONTEND_CHANNELS], fast_row[FRONTEND_CHANNELS];
    memcpy(plain_estimate, estimate, sizeof(plain_estimate));
    frontend_row_plain(plain_estimate, window, plain_row);
    for (int level = CPU_AVX2; level <= (int)cpu_level(); level++) {
        memcpy(fast_estimate, estimate, sizeof(fast_estimate));
        bodies[level](fast_estimate, window, fast_row);
        if (memcmp(plain_row, fast_row, sizeof(plain_row)) ||
            memcmp(plain_estimate, fast_estimate, sizeof(plain_estimate)))
            fail_msg("%s differs from plain: %s", cpu_level_name((enum cpu_level)level), what);
    }
}

// Uniform in the number of bits, so that every branch of the gain and every shift is met.
static uint32_t any_size(struct rng *rng)
{
    uint32_t bits = rng_below(rng, 33);
    return bits ? (uint32_t)(rng_next(rng) >> 32) >> (32 - bits) : 0;
}

static void random_signals(void **state)
{
    (void)state;
    for (uint64_t run = 0; run < 20000; run++) {
        struct rng rng = rng_make(3, run);
        int16_t window[FRONTEND_WINDOW];
        uint32_t estimate[FRONTEND_CHANNELS];
        double loudness = rng_log_range(&rng, 0.3, 60000), tone = rng_range(&rng, 0, M_PI), share = rng_unit(&rng);
        for (int i = 0; i < FRONTEND_WINDOW; i++) {
            double value = loudness * (share * sin(tone * i) + (1 - share) * rng_normal(&rng));
            window[i] = (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
        }
        for (int i = 0; i < FRONTEND_CHANNELS; i++)
            estimate[i] = any_size(&rng);
        check_window(estimate, window, "random signal");
    }
}

// The worst that int16 samples can do. Undoing the window makes all windowed samples about `limit`, which is justified
// to nearly full scale; with the signs that line up in one bin of the transform, sums of int16 then wrap.
static void extreme_signals(void **state)
{
    (void)state;
    const uint32_t fresh[FRONTEND_CHANNELS] = {0};
    for (uint64_t run = 0; run < 30000; run++) {
        struct rng rng = rng_make(4, run);
        int16_t window[FRONTEND_WINDOW];
        int kind = (int)rng_below(&rng, 6), bin = (int)rng_below(&rng, 256), limit = (1 << rng_below(&rng, 16)) - 1;
        double start = rng_range(&rng, 0, 2 * M_PI);
        for (int i = 0; i < FRONTEND_WINDOW; i++) {
            int undone = (limit * 4096 + 4095) / (frontend_window[i] + 1);
            undone = undone < 32767 ? undone : 32767;
            double phase = 2 * M_PI * bin * i / 512 + start, pair_phase = 2 * M_PI * bin * (i / 2) / 256 + start;
            double aligned = i % 2 ? sin(pair_phase) : cos(pair_phase);
            const int values[] = {
                rng_chance(&rng, 0.5) ? 32767 : -32768,
                cos(phase) >= 0 ? 32767 : -32768,
                cos(phase) >= 0 ? undone : -undone,
                aligned >= 0 ? undone : -undone,
                i == 239 || (i == 240 && run % 2) ? -32768 : 0,
                i == (int)(run % FRONTEND_WINDOW) ? -32768 : 0,
            };
            window[i] = (int16_t)values[kind];
        }
        check_window(fresh, window, "extreme signal");
    }
}

static void silence_and_loud_estimates(void **state)
{
    (void)state;
    int16_t window[FRONTEND_WINDOW] = {0};
    uint32_t estimate[FRONTEND_CHANNELS];
    for (int bits = 0; bits < 32; bits++) {
        for (int offset = -2; offset <= 2; offset++) {
            for (int i = 0; i < FRONTEND_CHANNELS; i++)
                estimate[i] = (1u << bits) + (uint32_t)offset + (uint32_t)i / 2 * 0x1000001u;
            window[200] = (int16_t)(offset * 1000);
            check_window(estimate, window, "estimates at powers of two");
        }
    }
}

// ---- the tables of the fast bodies are those of tables.c in another order ----

static void check_factor(struct complex16 re, struct complex16 im, struct complex16 w)
{
    assert_int_equal(re.re, w.re);
    assert_int_equal(re.im, -w.im);
    assert_int_equal(im.re, w.im);
    assert_int_equal(im.im, w.re);
}

static void fast_tables_equal_the_plain_ones(void **state)
{
    (void)state;
    for (int q = 1; q <= 3; q++) {
        for (int k = 0; k < 4; k++)
            check_factor(frontend_pass2[k][q - 1][0], frontend_pass2[k][q - 1][1], frontend_twiddle[16 * k * q]);
        for (int k = 0; k < 16; k++)
            check_factor(frontend_pass3[q - 1][0][k], frontend_pass3[q - 1][1][k], frontend_twiddle[4 * k * q]);
        for (int k = 0; k < 64; k++)
            check_factor(frontend_pass4[q - 1][0][k], frontend_pass4[q - 1][1][k], frontend_twiddle[k * q]);
    }
    for (int k = 0; k < 128; k++)
        check_factor(frontend_real_pass[0][k], frontend_real_pass[1][k], frontend_real_twiddle[k]);
    for (int i = 0; i < 32; i++) {
        assert_int_equal(frontend_gain_line[i].low, frontend_gain[i + 1].base);
        assert_int_equal(frontend_gain_line[i].high, frontend_gain[i + 1].slope);
        assert_int_equal(frontend_gain_curve[i], frontend_gain[i + 1].curve);
    }
    for (int j = 0; j < LOG_SEGMENTS; j++) {
        assert_int_equal(frontend_log_line[j].low, frontend_log[j]);
        assert_int_equal(frontend_log_line[j].high, frontend_log[j + 1] - frontend_log[j]);
    }
    int step = 0;
    for (int group = 0; group < FILTER_GROUPS; group++) {
        for (int i = 0; i < 4; i++) {
            const uint8_t *band = frontend_band + 4 * group + i;
            assert_true(band[0] + 4 * frontend_filter_steps[group] >= band[2]); // no bin is left out
            for (int k = 0; k < 4 * frontend_filter_steps[group]; k++) {
                int bin = band[0] + k;
                int weight = bin < band[2] ? frontend_weight[bin - FIRST_BIN] : 0;
                assert_true(bin < FFT_SIZE);
                assert_true(frontend_filters[step + k / 4][i][k % 4] == (bin < band[1] ? 4096 - weight : weight));
            }
        }
        step += frontend_filter_steps[group];
    }
    assert_int_equal(step, FILTER_STEPS);
}

// The fast gain adds without wrapping to int16; that is the same, because no gain leaves 0 .. 32767.
static void gains_fit_15_bits(void **state)
{
    (void)state;
    for (int bits = 2; bits <= 32; bits++) {
        const struct gain_octave *octave = &frontend_gain[bits];
        for (int t = 0; t < 1 << GAIN_FRACTION_BITS; t++) {
            int rise = ((octave->curve * t) >> 5) + octave->slope * 32;
            assert_in_range(octave->base + ((rise * t + (1 << 14)) >> 15), 0, INT16_MAX);
        }
    }
}

// Best of many runs over a minute of noise in pieces of 10 ms, CPU time of one thread.
static void bench(const char *name, size_t (*push)(struct frontend *, const int16_t *, size_t, uint16_t *))
{
    enum { ROWS = 6000, RUNS = 40 };
    static int16_t samples[FRONTEND_STEP * ROWS];
    static uint16_t row[FRONTEND_CHANNELS];
    struct rng rng = rng_make(5, 0);
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        samples[i] = (int16_t)(3000 * rng_normal(&rng) * sin((double)i / 3000));
    double best = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        struct frontend frontend;
        frontend_reset(&frontend);
        double start = time_cpu_thread();
        for (size_t at = 0; at < COUNT_OF(samples); at += FRONTEND_STEP)
            push(&frontend, samples + at, FRONTEND_STEP, row);
        best = fmin(best, time_cpu_thread() - start);
    }
    printf("%-7s %6.3f us a row, %6.0f times real time\n", name, best / ROWS * 1e6, ROWS * 0.01 / best);
}

static void bench_all(void)
{
    int best = (int)cpu_level();
    bench("plain", frontend_push_plain);
    for (int level = CPU_AVX2; level <= best; level++) {
        setenv("WAKESMITH_CPU", cpu_level_name((enum cpu_level)level), 1);
        bench(cpu_level_name((enum cpu_level)level), frontend_push);
    }
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "--bench") == 0) {
        bench_all();
        return 0;
    }
    printf("levels: plain to %s\n", cpu_level_name(cpu_level()));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_signals),
        cmocka_unit_test(extreme_signals),
        cmocka_unit_test(silence_and_loud_estimates),
        cmocka_unit_test(fast_tables_equal_the_plain_ones),
        cmocka_unit_test(gains_fit_15_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    printf("this architecture has only the plain body\n");
    return 77; // skipped
}
#endif
