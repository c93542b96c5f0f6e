// SPDX-License-Identifier: GPL-3.0-or-later
// What is held out, and the batches that are drawn from feature sets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature_sets.h"

// ---- splits ----

static void B18_the_split_of_a_group_follows_from_the_seed_alone(void **state)
{
    (void)state;
    int validate = 0, changed = 0;
    for (int32_t group = -5000; group < 5000; group++) {
        enum split split = split_of(1, group, 0.2);
        assert_int_equal(split, split_of(1, group, 0.2));
        if (split == SPLIT_VALIDATE)
            assert_int_equal(split_of(1, group, 0.3), SPLIT_VALIDATE); // a larger share keeps what was held out
        validate += split == SPLIT_VALIDATE;
        changed += split != split_of(2, group, 0.2);
    }
    assert_in_range(validate, 1850, 2150);
    assert_in_range(changed, 2900, 3500); // 2 * .2 * .8
}

// ---- batches ----

enum { WINDOW = 50, SLIDE = 30, DRAWS = 20000 };

// Row i of the set is marked in channel 0 (i / 200) and channel 1 (i % 200), which survive the int8 rule as
// steps of three; all else is the highest feature.
static void mark(struct feature_set *set)
{
    uint16_t *rows = (uint16_t *)(uintptr_t)set->rows;
    for (uint64_t i = 0; i < set->row_count; i++) {
        rows[i * C] = (uint16_t)(i / 200 * 3 + 3);
        rows[i * C + 1] = (uint16_t)(i % 200 * 3 + 3);
    }
}

static float real(uint32_t v)
{
    uint32_t byte = (v * 256 + 333) / 666;
    return (float)(byte > 255 ? 255 : byte) * 26 / 255;
}

// The set's row that lies at x, or -1 for a missing one.
static int row_of(const float *x)
{
    int found[2];
    if (x[2] == 0)
        return -1;
    for (int k = 0; k < 2; k++)
        for (found[k] = 0; fabsf(real((uint32_t)found[k] * 3 + 3) - x[k]) > 1e-4f; found[k]++)
            assert_true(found[k] < 200);
    return found[0] * 200 + found[1];
}

struct world {
    struct feature_item words[3], tracks[3];
    struct feature_set word_set, track_set, empty_set;
    struct source sources[3];
    struct sampler sampler;
};

static void open_world(struct world *world)
{
    *world = (struct world){
        .words = {{.rows = 100, .word_end = 60, .weight = 1},
                  {.rows = 80, .word_end = 70, .weight = .5f, .valid_from = 55},
                  {.rows = 90, .word_end = 20, .weight = 1}},
        .tracks = {{.rows = 1000, .weight = 1}, {.rows = 20, .weight = 1}, {.rows = 3000, .weight = 1}},
    };
    world->word_set = make_set(world->words, 3);
    world->track_set = make_set(world->tracks, 3);
    mark(&world->word_set);
    mark(&world->track_set);
    world->sources[0] =
        (struct source){.set = &world->word_set, .truth = true, .share = 3, .weight = 2, .slide = SLIDE};
    world->sources[1] = (struct source){.set = &world->track_set, .share = 1, .weight = .25f};
    world->sources[2] = (struct source){.set = &world->empty_set, .share = 100};
    world->sampler = (struct sampler){.sources = world->sources, .source_count = 3, .window = WINDOW, .seed = 5};
}

static void close_world(struct world *world)
{
    free((void *)(uintptr_t)world->word_set.rows);
    free((void *)(uintptr_t)world->track_set.rows);
}

static uint32_t item_of(const struct feature_set *set, int row)
{
    uint32_t item = 0;
    while (item + 1 < set->item_count && set->items[item + 1].first_row <= (uint64_t)row)
        item++;
    return item;
}

// Every window holds consecutive rows of one item up to its last row; missing rows come first and are right.
static int check_window(const struct feature_set *set, const float *x, uint32_t *item)
{
    int last = row_of(x + (WINDOW - 1) * C);
    assert_true(last >= 0);
    *item = item_of(set, last);
    const struct feature_item *it = &set->items[*item];
    assert_true((uint64_t)last < it->first_row + it->rows);
    for (int k = 0; k < WINDOW; k++) {
        int want = last - (WINDOW - 1) + k;
        if (want < (int)(it->first_row + it->valid_from)) {
            for (int c = 0; c < C; c++)
                assert_true(x[k * C + c] == 0);
        } else {
            assert_int_equal(row_of(x + k * C), want);
        }
    }
    return last - (int)it->first_row;
}

static void test_draw_statistics(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    float x[WINDOW * C], label, weight;
    int positives = 0, items[3] = {0}, tracks[3] = {0}, ends[3][SLIDE] = {{0}}, halves[2] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, i / 128, i % 128, x, &label, &weight);
        if (label == 1) {
            int last = check_window(&world.word_set, x, &item), offset = last - (int)world.words[item].word_end;
            assert_in_range(offset, 0, SLIDE - 1);
            assert_true(weight == 2 * world.words[item].weight);
            ends[item][offset]++;
            items[item]++;
            positives++;
        } else {
            int last = check_window(&world.track_set, x, &item);
            assert_true(label == 0 && weight == .25f);
            if (item != 1)
                assert_true(last >= WINDOW - 1); // no zeros where the track is long enough
            tracks[item]++;
            if (item == 2)
                halves[last - (WINDOW - 1) > (3000 - WINDOW) / 2]++;
        }
    }
    assert_in_range(positives, 14600, 15400); // share 3 of 4; deviation 61
    for (int i = 0; i < 3; i++)
        assert_in_range(items[i], positives / 3 - 300, positives / 3 + 300);
    // Windows end anywhere in the slide, as far as the item goes: 30, 10 and 30 rows.
    for (int k = 0; k < SLIDE; k++) {
        assert_in_range(ends[0][k], 115, 220);
        assert_in_range(ends[1][k], k < 10 ? 400 : 0, k < 10 ? 600 : 0);
        assert_in_range(ends[2][k], 115, 220);
    }
    int negatives = DRAWS - positives; // tracks by rows: 1000, 20, 3000 of 4020
    assert_in_range(tracks[0], negatives * 1000 / 4020 - 150, negatives * 1000 / 4020 + 150);
    assert_in_range(tracks[1], 5, 50);
    assert_in_range(halves[0], halves[1] - 250, halves[1] + 250);
    close_world(&world);
}

// A split draws only its own items, by their rows.
static void test_draw_subset(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    static const uint32_t own[] = {0, 1};
    world.sources[0].share = 0;
    world.sources[1].items = own;
    world.sources[1].item_count = 2;
    float x[WINDOW * C], label, weight;
    int tracks[3] = {0};
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, 0, i, x, &label, &weight);
        check_window(&world.track_set, x, &item);
        tracks[item]++;
    }
    assert_int_equal(tracks[2], 0);
    assert_in_range(tracks[1], 20, 110); // 20 rows of 1020: 59
    close_world(&world);
}

static void test_draw_is_reproducible(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.sampler.masks = (struct spec_augment){2, 20, 2, 8};
    float a[WINDOW * C], b[WINDOW * C], label[2], weight[2];
    int same_seed = 0, same_step = 0;
    for (uint32_t i = 0; i < 300; i++) {
        sampler_draw(&world.sampler, 7, i, a, &label[0], &weight[0]);
        sampler_draw(&world.sampler, 7, i + 1, b, &label[1], &weight[1]);
        sampler_draw(&world.sampler, 7, i, b, &label[1], &weight[1]);
        assert_memory_equal(a, b, sizeof a);
        assert_true(label[0] == label[1] && weight[0] == weight[1]);
        sampler_draw(&world.sampler, 8, i, b, &label[1], &weight[1]);
        same_step += memcmp(a, b, sizeof a) == 0;
        world.sampler.seed = 6;
        sampler_draw(&world.sampler, 7, i, b, &label[1], &weight[1]);
        same_seed += memcmp(a, b, sizeof a) == 0;
        world.sampler.seed = 5;
    }
    assert_true(same_step < 5 && same_seed < 5);
    close_world(&world);
}

static void test_draw_mined(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    const struct mined mined[] = {{.source = 1, .item = 2, .end_row = 2000}, {.source = 1, .item = 0, .end_row = 998}};
    world.sampler.mined = mined;
    world.sampler.mined_count = 2;
    world.sampler.mined_share = .25;
    world.sampler.mined_weight = 7;
    world.sampler.mined_jitter = 6;
    float x[WINDOW * C], label, weight;
    int negatives = 0, hits = 0, jitter[13] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, i, 3, x, &label, &weight);
        negatives += label == 0;
        if (label == 1 || weight != 7)
            continue;
        hits++;
        int last = check_window(&world.track_set, x, &item);
        if (item == 2)
            jitter[last - 2000 + 6]++;
        else
            assert_in_range(last, 992, 999);
    }
    assert_in_range(hits, negatives / 4 - 150, negatives / 4 + 150);
    for (int k = 0; k < 13; k++)
        assert_in_range(jitter[k], 20, 80); // about 48 each
    close_world(&world);
}

static void test_masks(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.sources[0].share = 0;
    world.sampler.masks = (struct spec_augment){1, 20, 1, 8};
    static const uint32_t own[] = {2};
    world.sources[1].items = own;
    world.sources[1].item_count = 1;
    float x[WINDOW * C], label, weight;
    int rows[20] = {0}, channels[8] = {0}, first = 0, last = 0;
    for (uint32_t i = 0; i < 8000; i++) {
        sampler_draw(&world.sampler, i, 0, x, &label, &weight);
        int masked_rows = 0, masked_channels = 0;
        bool row_masked[WINDOW], channel_masked[C];
        for (int k = 0; k < WINDOW; k++) {
            float sum = 0;
            for (int c = 0; c < C; c++)
                sum += x[k * C + c];
            row_masked[k] = sum == 0;
            masked_rows += row_masked[k];
        }
        for (int c = 0; c < C; c++) {
            float sum = 0;
            for (int k = 0; k < WINDOW; k++)
                sum += x[k * C + c];
            channel_masked[c] = sum == 0;
            masked_channels += channel_masked[c];
        }
        for (int k = 0; k < WINDOW; k++)
            for (int c = 0; c < C; c++)
                assert_true((x[k * C + c] == 0) == (row_masked[k] || channel_masked[c]));
        assert_true(masked_rows < 20 && masked_channels < 8);
        rows[masked_rows]++;
        channels[masked_channels]++;
        first += row_masked[0];
        last += row_masked[WINDOW - 1];
    }
    for (int k = 0; k < 20; k++)
        assert_in_range(rows[k], 320, 480);
    for (int k = 0; k < 8; k++)
        assert_in_range(channels[k], 880, 1120);
    assert_true(first > 100 && last > 100); // masks reach both edges
    close_world(&world);
}

// Words as negatives are drawn as words, positives without a word end at their item's end, and without anything
// to draw the example is empty.
static void test_draw_other_sources(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    float x[WINDOW * C], label, weight;
    uint32_t item;
    world.sources[0].truth = false;
    world.sources[1].truth = true;
    assert_false(source_is_running(&world.sources[0]));
    assert_false(source_is_running(&world.sources[1]));
    assert_false(source_is_running(&world.sources[2]));
    for (uint32_t i = 0; i < 500; i++) {
        sampler_draw(&world.sampler, i, 0, x, &label, &weight);
        int last = check_window(label == 1 ? &world.track_set : &world.word_set, x, &item);
        if (label == 1)
            assert_int_equal(last, world.tracks[item].rows - 1);
        else
            assert_true(last >= (int)world.words[item].word_end);
    }
    world.sampler.source_count = 0;
    sampler_draw(&world.sampler, 0, 0, x, &label, &weight);
    assert_true(weight == 0 && x[5] == 0);
    close_world(&world);
}

// ---- the framework's truncation, computed anew as numpy would slice ----

static void test_truncation(void **state)
{
    (void)state;
    enum { S = WINDOW, ITEMS = 4, EACH = 3000 };
    static const uint32_t lengths[ITEMS] = {S - 8, S, S + 1, S + 7}, cutoffs[] = {0, 3, 5};
    struct feature_item items[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        items[i] = (struct feature_item){.rows = lengths[i], .weight = 1};
    struct feature_set set = make_set(items, ITEMS);
    mark(&set);
    float x[WINDOW * C], label, weight;
    for (int rule = TRUNCATE_RANDOM; rule <= TRUNCATE_FIXED; rule++)
        for (int truth = 0; truth < 2; truth++) {
            struct source source = {.set = &set, .truth = truth, .share = 1, .weight = 1.25f, .cutoffs = cutoffs,
                                    .truncation = (enum truncation)rule, .cutoff_count = COUNT_OF(cutoffs)};
            struct sampler sampler = {.sources = &source, .source_count = 1, .window = S, .seed = 9};
            int drawn[ITEMS] = {0}, starts[ITEMS][8] = {{0}};
            assert_false(source_is_running(&source)); // such sources are not mined
            for (uint32_t i = 0; i < ITEMS * EACH; i++) {
                sampler_draw(&sampler, i, 0, x, &label, &weight);
                assert_true(label == (float)truth && weight == 1.25f);
                uint32_t item, last = (uint32_t)row_of(x + (S - 1) * C);
                check_window(&set, x, &item);
                int start = (int)(last - items[item].first_row) - (S - 1); // below 0: zeros before it
                drawn[item]++;
                if (lengths[item] <= S)
                    assert_int_equal(start, (int)lengths[item] - S);
                else
                    starts[item][start]++;
            }
            for (int i = 0; i < ITEMS; i++)
                assert_in_range(drawn[i], EACH - 200, EACH + 200); // items have the same chance, whatever their length
            for (int i = 2; i < ITEMS; i++) {
                int room = (int)(lengths[i] - S), third = drawn[i] / 3;
                for (int start = 0; start <= room; start++) {
                    int n = starts[i][start];
                    if (rule == TRUNCATE_START || rule == TRUNCATE_END)
                        assert_int_equal(n, start == (rule == TRUNCATE_START ? room : 0) ? drawn[i] : 0);
                    else if (rule == TRUNCATE_RANDOM && start < room) // the last position is never used
                        assert_in_range(n, drawn[i] / room - 150, drawn[i] / room + 150);
                    else if (rule == TRUNCATE_FIXED && room == 7 && (start == 7 || start == 4 || start == 2))
                        assert_in_range(n, third - 150, third + 150);
                    else if (rule == TRUNCATE_RANDOM || room == 7)
                        assert_int_equal(n, 0);
                }
            }
        }
    free((void *)(uintptr_t)set.rows);
}

// Sets are chosen by their sampling weights alone, however many items they have; the penalty weight comes along.
static void test_sampling_weights(void **state)
{
    (void)state;
    enum { SETS = 5 };
    static const float shares[SETS] = {2, 12, 12, 5, 0}, penalties[SETS] = {1, 1.25f, 2, .5f, 9};
    struct feature_item items[SETS][3];
    struct feature_set sets[SETS];
    struct source sources[SETS];
    int drawn[SETS] = {0};
    for (int i = 0; i < SETS; i++) {
        for (int k = 0; k < 3; k++)
            items[i][k] = (struct feature_item){.rows = WINDOW + 10, .weight = 1};
        sets[i] = make_set(items[i], (size_t)(i % 3 + 1));
        sources[i] = (struct source){.set = &sets[i], .truth = i == 0, .share = shares[i], .weight = penalties[i],
                                     .truncation = TRUNCATE_RANDOM};
    }
    struct sampler sampler = {.sources = sources, .source_count = SETS, .window = WINDOW, .seed = 3};
    float x[WINDOW * C], label, weight;
    for (uint32_t i = 0; i < 31000; i++) {
        sampler_draw(&sampler, i / 16, i % 16, x, &label, &weight);
        int set = 0;
        while (set < SETS && weight != penalties[set])
            set++;
        assert_true(set < SETS && label == (set == 0));
        drawn[set]++;
    }
    for (int i = 0; i < SETS; i++)
        assert_in_range(drawn[i] + 1, (int)(shares[i] * 940) + 1, (int)(shares[i] * 1060) + 1);
    for (int i = 0; i < SETS; i++)
        free((void *)(uintptr_t)sets[i].rows);
}

static void test_real_features(void **state)
{
    (void)state;
    uint16_t rows[1700 * C] = {0};
    struct feature_item item = {.rows = 1700, .weight = 1};
    struct feature_set set = {.rows = rows, .row_count = 1700, .items = &item, .item_count = 1};
    struct source source = {.set = &set, .share = 1, .weight = 1, .truth = true};
    struct sampler sampler = {.sources = &source, .source_count = 1, .window = 1700};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = (uint16_t)i;
    float *x = malloc(sizeof(float) * COUNT_OF(rows)), label, weight;
    sampler_draw(&sampler, 0, 0, x, &label, &weight);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(fabsf(x[i] - real(rows[i])) <= 2e-6f);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B18_the_split_of_a_group_follows_from_the_seed_alone),
        cmocka_unit_test(test_draw_statistics),
        cmocka_unit_test(test_draw_subset),
        cmocka_unit_test(test_draw_is_reproducible),
        cmocka_unit_test(test_draw_mined),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_draw_other_sources),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_sampling_weights),
        cmocka_unit_test(test_real_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
