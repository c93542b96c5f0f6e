// SPDX-License-Identifier: GPL-3.0-or-later
#include "detect/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void cutoffs_are_truncated(void **state)
{
    (void)state;
    static const struct {
        double cutoff;
        int byte;
    } cases[] = {{0.50, 127}, {0.80, 204}, {0.85, 216}, {0.90, 229}, {0.95, 242}, {0.97, 247}, {0.98, 249},
                 {0.99, 252}, {1.00, 255}, {0.0, 0},    {-1.0, 0},   {7.0, 255},  {0.003, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(detect_cutoff_byte(cases[i].cutoff), cases[i].byte);
}

static void a_detector_waits_after_start(void **state)
{
    (void)state;
    struct detector detector;
    detector_init(&detector, 229, 5);
    for (int row = 0; row < 99; row++) // counter -99 .. -1
        assert_false(detector_row(&detector, row % 3 == 2, 0));
    for (int byte = 0; byte < 4; byte++) // the first row still counts: its newest byte is low
        assert_false(detector_row(&detector, byte > 0, 255));
    assert_false(detector_row(&detector, true, 255)); // sum 1020 of 1275 is no more than 1145
    assert_true(detector_row(&detector, true, 255));
    assert_int_equal(detector.fired_sum, 1275);
    assert_int_equal(detector.sum, 0);
    assert_int_equal(detector.counter, -100);
}

static void a_loud_model_holds_the_counter(void **state)
{
    (void)state;
    struct detector detector;
    detector_init(&detector, 229, 5);
    for (int row = 0; row < 1000; row++)
        assert_false(detector_row(&detector, true, 229)); // not below the cutoff byte: the counter stays
    assert_int_equal(detector.counter, -100);
    for (int row = 0; row < 100; row++)
        assert_false(detector_row(&detector, true, 228));
    assert_int_equal(detector.counter, 0);
    assert_false(detector_row(&detector, true, 229)); // the mean must pass the cutoff, not meet it
}

// Step 3 happens at every row: the counter can reach 0 between two inferences, with a ring nobody has read.
static void fires_between_two_inferences(void **state)
{
    (void)state;
    struct detector detector;
    detector_init(&detector, 100, 2);
    for (int row = 0; row < 97; row++)
        assert_false(detector_row(&detector, false, 0));
    assert_false(detector_row(&detector, true, 255)); // loud: the counter stays
    assert_int_equal(detector.counter, -3);
    assert_false(detector_row(&detector, true, 99)); // sum 354 > 200, but the counter is -2
    assert_false(detector_row(&detector, false, 0));
    assert_true(detector_row(&detector, false, 0));
    assert_int_equal(detector.fired_sum, 354);
}

static void a_read_ring_does_not_fire_again(void **state)
{
    (void)state;
    struct detector detector;
    detector_init(&detector, 100, 1);
    for (int row = 0; row < 100; row++)
        assert_false(detector_row(&detector, false, 0));
    assert_true(detector_row(&detector, true, 101));
    for (int row = 0; row < 300; row++) // the ring of zeros counts the wait down, and stays silent
        assert_false(detector_row(&detector, false, 0));
    assert_int_equal(detector.counter, 0);
    assert_false(detector_row(&detector, true, 100));
    assert_true(detector_row(&detector, true, 101));
}

static void the_clip_score_starts_with_zeros(void **state)
{
    (void)state;
    const uint8_t bytes[] = {200, 10, 255, 255, 255, 3};
    assert_int_equal(detect_max_sum(bytes, 0, 5), 0);
    assert_int_equal(detect_max_sum(bytes, 1, 5), 200);
    assert_int_equal(detect_max_sum(bytes, 6, 5), 975);
    assert_int_equal(detect_max_sum(bytes, 6, 3), 765);
    assert_int_equal(detect_max_sum(bytes, 6, 1), 255);
}

// A second, slow writing of the rule, for random streams.
static size_t count_slowly(const uint8_t *bytes, size_t count, int stride, int cutoff, int window, uint64_t *hits)
{
    int ring[DETECT_MAX_WINDOW] = {0}, counter = -100, newest = 0;
    bool unread = false;
    size_t found = 0, inference = 0;
    for (uint64_t row = 0; row < count * (uint64_t)stride; row++) {
        if ((row + 1) % (uint64_t)stride == 0) {
            memmove(ring + 1, ring, sizeof(ring) - sizeof(ring[0]));
            newest = ring[0] = bytes[inference++];
            unread = true;
        }
        if (newest < cutoff)
            counter = counter + 1 < 0 ? counter + 1 : 0;
        if (unread && counter == 0) {
            unread = false;
            int sum = 0;
            for (int i = 0; i < window; i++)
                sum += ring[i];
            if (sum > cutoff * window) {
                hits[found++] = row;
                memset(ring, 0, sizeof(ring));
                newest = 0;
                counter = -100;
            }
        }
    }
    return found;
}

static void counts_equal_a_second_writing(void **state)
{
    (void)state;
    enum { BYTES = 3000 };
    static uint8_t bytes[BYTES];
    static uint64_t hits[BYTES], expected[BYTES];
    size_t total = 0;
    for (uint64_t run = 0; run < 300; run++) {
        struct rng rng = rng_make(7, run);
        int level = 0;
        for (int i = 0; i < BYTES; i++) { // long stretches of quiet and of yes, with some flicker
            if (rng_chance(&rng, 0.03))
                level = rng_chance(&rng, 0.4) ? 255 : 0;
            bytes[i] = (uint8_t)(rng_chance(&rng, 0.1) ? rng_below(&rng, 256) : (uint32_t)level);
        }
        int stride = 1 + (int)rng_below(&rng, 4), window = 1 + (int)rng_below(&rng, 10);
        uint8_t cutoff = (uint8_t)rng_below(&rng, 256);
        size_t count = detect_count(bytes, BYTES, stride, cutoff, window, hits, BYTES);
        assert_int_equal(count, count_slowly(bytes, BYTES, stride, cutoff, window, expected));
        assert_memory_equal(hits, expected, count * sizeof(*hits));
        uint64_t first = 12345;
        assert_int_equal(detect_count(bytes, BYTES, stride, cutoff, window, &first, 1), count);
        assert_int_equal(first, count ? expected[0] : 12345);
        assert_int_equal(detect_count(bytes, BYTES, stride, cutoff, window, NULL, 0), count);
        total += count;
    }
    assert_true(total > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutoffs_are_truncated),           cmocka_unit_test(a_detector_waits_after_start),
        cmocka_unit_test(a_loud_model_holds_the_counter),  cmocka_unit_test(fires_between_two_inferences),
        cmocka_unit_test(a_read_ring_does_not_fire_again), cmocka_unit_test(the_clip_score_starts_with_zeros),
        cmocka_unit_test(counts_equal_a_second_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
