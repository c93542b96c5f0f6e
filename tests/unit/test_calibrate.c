// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing a cutoff and a window.
#include "evaluate/evaluate.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tracks.h"

// Two hours: one noise reaches 149, one 89. 100 clips reach 199, 10 reach 119.
static void known_optimum(struct track_list *positives, struct track_list *negatives)
{
    *positives = *negatives = (struct track_list){.stride = 3};
    add_clips(positives, 100, 199);
    add_clips(positives, 10, 119);
    uint8_t *bytes = add_track(negatives, 120000);
    negatives->items[0].rows = 2 * 360000;
    memset(bytes + 5000, 149, 40);
    memset(bytes + 60000, 89, 40);
}

// A grid that is asked often gives what each question alone gives, on any number of threads.
static void a_grid_answers_as_each_question_alone(void **state)
{
    (void)state;
    static const double targets[] = {.25, .5, 5};
    struct track_list positives, negatives;
    struct calibration asked, alone;
    struct cutoff_grid *grid;
    struct pool *pool;
    struct error error;
    known_optimum(&positives, &negatives);
    assert_int_equal(pool_open(&pool, 3, &error), 0);
    assert_int_equal(cutoff_grid_open(&grid, &positives, &negatives, 0, pool, &error), 0);
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        for (int window = 0; window <= 10; window += window ? 1 : 3) {
            assert_int_equal(evaluate_calibrate(&positives, &negatives, targets[i], window, &alone, &error), 0);
            assert_int_equal(cutoff_grid_choose(grid, targets[i], window, &asked, &error), 0);
            assert_memory_equal(&asked, &alone, sizeof alone);
        }
    cutoff_grid_close(grid);
    pool_close(pool);
    track_list_free(&positives);
    track_list_free(&negatives);
}

// One false accept more than were seen is expected: the wish of one in 2 h allows none, .25 an hour not even that.
static void a_cutoff_expects_one_more_than_were_seen(void **state)
{
    (void)state;
    static const struct {
        double wish;
        size_t accepts, detected;
    } rows[] = {{1, 1, 110}, {.5, 0, 100}, {.25, 0, 100}};
    struct track_list positives, negatives;
    struct cutoff_grid *grid;
    struct calibration expected;
    struct error error;
    known_optimum(&positives, &negatives);
    assert_int_equal(cutoff_grid_open(&grid, &positives, &negatives, 0, NULL, &error), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(cutoff_grid_expect(grid, rows[i].wish, 2, 0, &expected, &error), 0);
        assert_true(expected.met);
        assert_int_equal(expected.point.false_accepts, rows[i].accepts);
        assert_int_equal(expected.point.detected, rows[i].detected);
        assert_near(expected.target_per_hour, rows[i].wish, 0);
    }
    cutoff_grid_close(grid);
    track_list_free(&positives);
    track_list_free(&negatives);
}

// Where false accepts cannot be had rarer, the target is that of what was seen.
static void a_wish_that_leaves_no_room_is_taken_as_it_is(void **state)
{
    (void)state;
    struct track_list positives = {.stride = 3}, negatives = {.stride = 3};
    struct cutoff_grid *grid;
    struct calibration expected;
    struct error error;
    add_clips(&positives, 50, 100);
    uint8_t *bytes = add_track(&negatives, 120000); // one false accept at every cutoff that hears the word
    memset(bytes + 1000, 150, 40);
    negatives.items[0].rows = 2 * 360000;
    assert_int_equal(cutoff_grid_open(&grid, &positives, &negatives, 0, NULL, &error), 0);
    assert_int_equal(cutoff_grid_expect(grid, .5, 2, 0, &expected, &error), 0);
    assert_true(expected.met);
    assert_int_equal(expected.point.false_accepts, 1);
    assert_int_equal(cutoff_grid_expect(grid, .25, 2, 0, &expected, &error), 0);
    assert_false(expected.met);
    cutoff_grid_close(grid);
    track_list_free(&positives);
    track_list_free(&negatives);
}

static void B19_calibration_finds_the_middle_of_the_best_plateau(void **state)
{
    (void)state;
    struct track_list positives, negatives;
    struct calibration calibration;
    struct error error;
    known_optimum(&positives, &negatives);
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .25, 0, &calibration, &error), 0);
    assert_true(calibration.met);
    assert_int_equal(calibration.point.cutoff, (149 + 198) / 2); // none may pass: 149 .. 198 are equal
    assert_int_equal(calibration.point.detected, 100);
    assert_int_equal(calibration.point.false_accepts, 0);
    assert_int_equal(calibration.point.window, 5);
    assert_int_equal((int)(calibration.cutoff * 255), calibration.point.cutoff);
    assert_near(calibration.cutoff * 1000, round(calibration.cutoff * 1000), 1e-9);
    assert_near(calibration.point.hours, 2, 1e-9);
    assert_near(calibration.point.per_hour_interval.high, 3.68888 / 2, 1e-4);

    assert_int_equal(evaluate_calibrate(&positives, &negatives, .5, 7, &calibration, &error), 0);
    assert_true(calibration.met);
    assert_int_equal(calibration.point.cutoff, (89 + 118) / 2); // one may pass: all 110 clips
    assert_int_equal(calibration.point.detected, 110);
    assert_int_equal(calibration.point.false_accepts, 1);
    assert_int_equal(calibration.point.window, 7);
    track_list_free(&positives);
    track_list_free(&negatives);
}

// Half a point of recall is worth fewer false accepts; more is not.
static void few_accepts_win_within_half_a_point(void **state)
{
    (void)state;
    for (int lost = 1; lost <= 2; lost++) {
        struct track_list positives = {.stride = 3}, negatives = {.stride = 3};
        add_clips(&positives, 300 - lost, 200);
        add_clips(&positives, lost, 120);
        memset(add_track(&negatives, 120000) + 5000, 149, 40);
        struct calibration calibration;
        struct error error;
        assert_int_equal(evaluate_calibrate(&positives, &negatives, 5, 0, &calibration, &error), 0);
        assert_int_equal(calibration.point.false_accepts, lost == 1 ? 0 : 1);
        assert_int_equal(calibration.point.detected, lost == 1 ? 299 : 300);
        track_list_free(&positives);
        track_list_free(&negatives);
    }
}

static void recall_0_is_never_chosen(void **state)
{
    (void)state;
    struct track_list positives = {.stride = 3}, negatives = {.stride = 3};
    struct calibration calibration;
    struct error error;
    add_clips(&positives, 50, 100);
    uint8_t *bytes = add_track(&negatives, 120000);
    for (size_t i = 1000; i < 119000; i += 500)
        memset(bytes + i, 150, 20);
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .25, 0, &calibration, &error), 0);
    assert_false(calibration.met);
    assert_int_equal(calibration.point.detected, 50);
    assert_true(calibration.point.false_accepts > 100);
    track_list_free(&positives);

    positives.stride = 3;
    add_clips(&positives, 50, 10);
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .25, 0, &calibration, &error), ERROR_FORMAT);
    track_list_free(&positives);
    positives.stride = 3;
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .25, 0, &calibration, &error), ERROR_USAGE);
    track_list_free(&negatives);
    add_clips(&positives, 5, 200);
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .25, 0, &calibration, &error), ERROR_USAGE);
    track_list_free(&positives);
}

static void eight_hours_calibrate_in_a_moment(void **state)
{
    (void)state;
    struct rng rng = rng_make(9, 0);
    struct track_list positives = {.stride = 3}, negatives = {.stride = 3};
    add_clips(&positives, 500, 230);
    for (int hour = 0; hour < 8; hour++) {
        uint8_t *bytes = add_track(&negatives, 120000);
        for (size_t i = 0; i < 120000; i += 200) // a hundredth of it is not quiet
            if (rng_chance(&rng, .05))
                wander(&rng, bytes + i, 40);
    }
    struct calibration calibration;
    struct error error;
    double begin = time_cpu_thread();
    assert_int_equal(evaluate_calibrate(&positives, &negatives, .5, 0, &calibration, &error), 0);
    double seconds = time_cpu_thread() - begin;
    print_message("calibration over 8 h: %.3f s\n", seconds);
    assert_true(seconds < 20); // the promise is 2 s; sanitizers are slower
    track_list_free(&positives);
    track_list_free(&negatives);
}

// ---- with a model ----

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grid_answers_as_each_question_alone),
        cmocka_unit_test(a_cutoff_expects_one_more_than_were_seen),
        cmocka_unit_test(a_wish_that_leaves_no_room_is_taken_as_it_is),
        cmocka_unit_test(B19_calibration_finds_the_middle_of_the_best_plateau),
        cmocka_unit_test(few_accepts_win_within_half_a_point),
        cmocka_unit_test(recall_0_is_never_chosen),
        cmocka_unit_test(eight_hours_calibrate_in_a_moment),
    };
    return cmocka_run_group_tests_name("calibrate", tests, NULL, NULL);
}
