// SPDX-License-Identifier: GPL-3.0-or-later
// Judging and mining, with a network whose scores are known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "known_network.h"
#include "train/train_internal.h"

enum { C = FRONTEND_CHANNELS };

static struct error error;

static double logit_of(uint32_t feature)
{
    return (feature * 256 + 333) / 666 * 26.0 / 255 - 10;
}

struct bump {
    uint32_t row, rows;
    uint16_t level;
};

static struct feature_set bumpy(struct feature_item *items, size_t count, const struct bump *bumps, size_t bump_count)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < count; rows += items[i++].rows)
        items[i].first_row = rows;
    uint16_t *data = array_alloc(rows * C, sizeof *data);
    for (size_t i = 0; i < bump_count; i++)
        for (uint32_t t = 0; t < bumps[i].rows; t++)
            data[(bumps[i].row + t) * C] = bumps[i].level;
    return (struct feature_set){.rows = data, .row_count = rows, .items = items, .item_count = count};
}

static void test_judge(void **state)
{
    (void)state;
    struct nn_weights weights = known_network();
    struct feature_item tracks[] = {{.rows = 90000}, {.rows = 10000}};
    static const struct bump sounds[] = {
        {40, 40, 665},                     // while a fresh device waits
        {1000, 20, 600},  {1060, 20, 550}, // one accept: the second falls into the waiting time
        {5000, 20, 500},  {9000, 4, 660},  // too short for the mean of 5 steps
        {95000, 20, 400}, {96000, 20, 395},
    };
    struct feature_item items[] = {
        {.rows = 300, .word_end = 200}, // found
        {.rows = 300, .word_end = 200}, // as loud as the threshold: not found
        {.rows = 300, .word_end = 200}, // only long before the word
        {.rows = 300, .word_end = 200}, // after the word, at the end of the item: found
        {.rows = 300, .word_end = 200}, // too short
    };
    static const struct bump words[] = {
        {180, 20, 405}, {480, 20, 400}, {650, 20, 665}, {1190, 10, 600}, {1380, 4, 665}};
    struct feature_set negatives = bumpy(tracks, COUNT_OF(tracks), sounds, COUNT_OF(sounds));
    struct feature_set held = bumpy(items, COUNT_OF(items), words, COUNT_OF(words));
    const struct feature_set *const sets[] = {&negatives};
    struct train_data data = {.held_words = &held, .held_negatives = sets, .held_negative_count = 1};
    struct train_score score;
    struct pool *pool;
    assert_int_equal(pool_open(&pool, 2, &error), 0);
    double hours = 100000 / 360000.0;
    assert_int_equal(train_judge(&weights, &data, 2.01 / hours, pool, &score, &error), 0);
    assert_true(fabs(score.hours - hours) < 1e-12);
    assert_true(fabs(score.threshold - logit_of(400)) < 1e-3);
    assert_true(fabs(score.recall - 2.0 / 5) < 1e-12);
    // No accept at all: above the loudest sound that is not waited out.
    assert_int_equal(train_judge(&weights, &data, 0, pool, &score, &error), 0);
    assert_true(fabs(score.threshold - logit_of(600)) < 1e-3);
    assert_true(score.recall == 0);
    // Three: the fourth sound decides.
    assert_int_equal(train_judge(&weights, &data, 3.01 / hours, NULL, &score, &error), 0);
    assert_true(fabs(score.threshold - logit_of(395)) < 1e-3);
    assert_true(fabs(score.recall - 3.0 / 5) < 1e-12);
    // The same as near misses, by which a network is worth less.
    data.held_near = &held;
    assert_int_equal(train_judge(&weights, &data, 3.01 / hours, NULL, &score, &error), 0);
    assert_true(fabs(score.near - 3.0 / 5) < 1e-12);
    assert_true(fabs(train_worth(&score) - (1 - TRAIN_NEAR_COST) * 3 / 5) < 1e-12);
    data.held_near = NULL;
    // A share of the words.
    static const uint32_t some[] = {0, 2};
    data.held_items = some;
    data.held_count = 2;
    assert_int_equal(train_judge(&weights, &data, 3.01 / hours, NULL, &score, &error), 0);
    assert_true(fabs(score.recall - 1.0 / 2) < 1e-12);
    pool_close(pool);
    free((void *)(uintptr_t)negatives.rows);
    free((void *)(uintptr_t)held.rows);
    nn_weights_close(&weights);
}

// Planted sounds are found at their place, loudest first; near ones count once, quiet ones and those of sources
// that are words or positives not at all.
static void test_mining(void **state)
{
    (void)state;
    struct nn_weights weights = known_network();
    struct feature_item tracks[] = {{.rows = 5000}, {.rows = 3000}, {.rows = 3000}};
    static const struct bump sounds[] = {
        {601, 1, 500},  {671, 1, 560},  {739, 1, 520}, // within a second of the one before: the loudest stands for all
        {2001, 1, 400}, {4999, 1, 450}, {3001, 1, 150}, {5001, 1, 665}, // before the window is full
        {6501, 1, 600}, {9001, 1, 665}, // the last one in a track that is not of this split
    };
    struct feature_set set = bumpy(tracks, COUNT_OF(tracks), sounds, COUNT_OF(sounds));
    static const uint32_t own[] = {0, 1};
    struct source sources[] = {{.set = &set, .truth = true, .share = 1},
                               {.set = &set, .items = own, .item_count = 2, .share = 1}};
    struct train_data data = {.sources = sources, .source_count = 2};
    struct train_plan plan;
    struct mined mined[10];
    size_t count;
    train_plan_default(&plan);
    plan.config = weights.config;
    plan.mine_floor = -2;
    plan.mine_keep = COUNT_OF(mined);
    struct pool *pool;
    assert_int_equal(pool_open(&pool, 2, &error), 0);
    assert_int_equal(mine_windows(&weights, &plan, &data, pool, NULL, mined, &count, &error), 0);
    static const struct mined want[] = {{1, 1, 1501, 0}, {1, 0, 671, 0}, {1, 0, 4999, 0}, {1, 0, 2001, 0}};
    static const uint32_t levels[] = {600, 560, 450, 400};
    assert_int_equal(count, COUNT_OF(want));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(mined[i].source, want[i].source);
        assert_int_equal(mined[i].item, want[i].item);
        assert_int_equal(mined[i].end_row, want[i].end_row);
        assert_true(fabs((double)mined[i].score - logit_of(levels[i])) < 1e-3);
    }
    plan.mine_keep = 2;
    assert_int_equal(mine_windows(&weights, &plan, &data, NULL, NULL, mined, &count, &error), 0);
    assert_int_equal(count, 2);
    assert_int_equal(mined[1].end_row, 671);
    pool_close(pool);
    free((void *)(uintptr_t)set.rows);
    nn_weights_close(&weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_judge), cmocka_unit_test(test_mining)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
