// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "known_network.h"
#include "train/train_internal.h"
#include "test_folder.h"

enum { C = FRONTEND_CHANNELS };

// ---- a small problem: a word is a rise in the low channels followed by one in the high channels, in noise; the
// negatives are noise with rises that come alone or in the wrong order ----

enum { WORDS = 60, WORD_ROWS_ = 60, WORD_END = 44, TRACKS = 4, TRACK_ROWS = 6000 };

struct world {
    struct feature_item words[WORDS], tracks[TRACKS];
    struct feature_set word_set, track_set, held_words, held_tracks;
    const struct feature_set *negatives[1];
    struct source sources[2];
    struct train_data data;
};

static void rise(uint16_t *rows, int channel, uint16_t level)
{
    for (int t = 0; t < 6; t++)
        for (int c = channel; c < channel + 10; c++)
            rows[t * C + c] = (uint16_t)(rows[t * C + c] + level);
}

static const uint16_t *make_rows(const struct feature_item *items, size_t count, uint64_t seed)
{
    const struct feature_item *last = &items[count - 1];
    uint64_t rows = last->first_row + last->rows;
    uint16_t *data = array_alloc(rows * C, sizeof *data);
    struct rng rng = rng_make(seed, 0);
    assert_non_null(data);
    for (uint64_t i = 0; i < rows * C; i++)
        data[i] = (uint16_t)rng_below(&rng, 200);
    for (size_t i = 0; i < count; i++) {
        uint16_t *at = data + items[i].first_row * C;
        if (items[i].word_end) {
            rise(at + (WORD_END - 11) * C, 4, (uint16_t)(150 + rng_below(&rng, 200)));
            rise(at + (WORD_END - 5) * C, 24, (uint16_t)(150 + rng_below(&rng, 200)));
            continue;
        }
        for (uint32_t t = 20; t + 20 < items[i].rows; t += 40)
            rise(at + t * C, rng_chance(&rng, .5) ? 4 : 24, (uint16_t)(150 + rng_below(&rng, 200)));
    }
    return data;
}

static void open_world(struct world *world)
{
    *world = (struct world){0};
    for (uint32_t i = 0; i < WORDS; i++)
        world->words[i] =
            (struct feature_item){.first_row = i * WORD_ROWS_, .rows = WORD_ROWS_, .word_end = WORD_END, .weight = 1};
    for (uint32_t i = 0; i < TRACKS; i++)
        world->tracks[i] = (struct feature_item){.first_row = i * TRACK_ROWS, .rows = TRACK_ROWS, .weight = 1};
    world->word_set = (struct feature_set){.rows = make_rows(world->words, WORDS, 1),
                                           .row_count = WORDS * WORD_ROWS_,
                                           .items = world->words,
                                           .item_count = WORDS};
    world->track_set = (struct feature_set){.rows = make_rows(world->tracks, TRACKS, 2),
                                            .row_count = TRACKS * TRACK_ROWS,
                                            .items = world->tracks,
                                            .item_count = TRACKS};
    world->held_words = world->word_set;
    world->held_words.rows = make_rows(world->words, WORDS, 3);
    world->held_tracks = world->track_set;
    world->held_tracks.rows = make_rows(world->tracks, TRACKS, 4);
    world->negatives[0] = &world->held_tracks;
    world->sources[0] = (struct source){.set = &world->word_set, .truth = true, .share = 1, .weight = 1, .slide = 10};
    world->sources[1] = (struct source){.set = &world->track_set, .share = 1, .weight = 1};
    world->data = (struct train_data){.sources = world->sources,
                                      .source_count = 2,
                                      .held_words = &world->held_words,
                                      .held_negatives = world->negatives,
                                      .held_negative_count = 1};
}

static void close_world(struct world *world)
{
    free((void *)(uintptr_t)world->word_set.rows);
    free((void *)(uintptr_t)world->track_set.rows);
    free((void *)(uintptr_t)world->held_words.rows);
    free((void *)(uintptr_t)world->held_tracks.rows);
}

static struct train_plan small_plan(void)
{
    struct train_plan plan;
    train_plan_default(&plan);
    plan.config = (struct nn_config){.stride = 2,
                                     .first_filters = 16,
                                     .first_kernel = 3,
                                     .blocks = 2,
                                     .filters = {16, 16},
                                     .kernel_count = {1, 1},
                                     .kernels = {{3}, {5}},
                                     .tail = 3};
    plan.batch = 16;
    plan.phases[0] = (struct train_phase){250, 5e-3f, {1, 3, 1, 4}, 1, 1};
    plan.warm_up = 20;
    plan.mine_from = 100;
    plan.mine_every = 50;
    plan.mine_floor = -4;
    plan.mine_keep = 200;
    return plan;
}

static void assert_same_weights(const struct nn_weights *a, const struct nn_weights *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->data, b->data, a->count * sizeof *a->data);
}

static void test_learns(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights weights;
    struct train_score score;
    struct train_plan plan = small_plan();
    open_world(&world);
    assert_int_equal(train_seed(&plan, &world.data, in_folder("learn"), "x", NULL, NULL, &weights, &score, &error), 0);
    assert_true(score.recall > 0.9); // 60 held-out words, no accept among 550 rises that are no words
    assert_true(score.loss < 0.3);
    assert_true(fabs(score.hours - TRACKS * TRACK_ROWS / 360000.0) < 1e-9);
    nn_weights_close(&weights);
    // After one step the loss is still that of guessing.
    plan.phases[0].steps = 1;
    assert_int_equal(train_seed(&plan, &world.data, in_folder("short"), "x", NULL, NULL, &weights, &score, &error), 0);
    assert_true(score.loss > 0.5);
    nn_weights_close(&weights);
    close_world(&world);
}

// ---- resume ----

struct stopper {
    int stop;
    int reports;
};

// The first step of every run is reported at once.
static void stop_at_once(void *context, const struct progress_event *event)
{
    struct stopper *stopper = context;
    (void)event;
    stopper->stop = 1;
    stopper->reports++;
}

static struct train_plan short_plan(void)
{
    struct train_plan plan = small_plan();
    plan.phases[0].steps = 14;
    plan.mine_from = 4;
    plan.mine_every = 4;
    plan.mine_floor = -100;
    plan.warm_up = 3;
    return plan;
}

// Stopped after every single step, also before and after mining: the same bytes as in one go.
static void test_resume_is_exact(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights whole, pieces;
    struct train_score whole_score, score;
    struct train_plan plan = short_plan();
    open_world(&world);
    assert_int_equal(train_seed(&plan, &world.data, in_folder("whole"), "x", NULL, NULL, &whole, &whole_score, &error),
                     0);
    int runs = 0, code = ERROR_CANCELLED;
    while (code == ERROR_CANCELLED) {
        struct stopper stopper = {0};
        struct progress progress = {.sink = stop_at_once, .context = &stopper, .stop = &stopper.stop};
        code = train_seed(&plan, &world.data, in_folder("pieces"), "x", NULL, &progress, &pieces, &score, &error);
        assert_true(stopper.reports == 1 && runs++ < 20);
    }
    assert_int_equal(code, 0);
    assert_int_equal(runs, 14);
    assert_same_weights(&whole, &pieces);
    assert_memory_equal(&whole_score, &score, sizeof score);
    nn_weights_close(&whole);
    nn_weights_close(&pieces);
    close_world(&world);
}

struct drawing { // what one run tells of its curves
    struct stopper stopper;
    struct progress_metric points[32];
    size_t count;
};

static void draw(void *context, const struct progress_metric *metric)
{
    struct drawing *drawing = context;
    assert_true(drawing->count < COUNT_OF(drawing->points));
    drawing->points[drawing->count++] = *metric;
}

static void count_only(void *context, const struct progress_event *event)
{
    (void)context, (void)event;
}

// Whoever goes on with a stopped run is told the points of the runs before, too.
static void test_curves_are_whole_after_a_resume(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights weights;
    struct train_score score;
    struct train_plan plan = short_plan();
    plan.watch_every = 5;
    open_world(&world);
    struct drawing whole = {0}, last = {0};
    struct progress progress = {.sink = count_only, .metric = draw, .context = &whole};
    assert_int_equal(train_seed(&plan, &world.data, in_folder("drawn"), "x", NULL, &progress, &weights, &score, &error), 0);
    nn_weights_close(&weights);
    assert_int_equal(whole.count, 14);
    assert_true(whole.points[4].judged && whole.points[4].recall >= 0 && !whole.points[5].judged);
    int code = ERROR_CANCELLED, runs = 0;
    for (; code == ERROR_CANCELLED && runs < 20; runs++) {
        last = (struct drawing){0};
        progress = (struct progress){
            .sink = stop_at_once, .metric = draw, .context = &last, .stop = &last.stopper.stop};
        code = train_seed(&plan, &world.data, in_folder("drawn in pieces"), "x", NULL, &progress, &weights, &score, &error);
    }
    assert_int_equal(code, 0);
    assert_int_equal(runs, 14);
    nn_weights_close(&weights);
    assert_int_equal(last.count, whole.count);
    for (size_t i = 0; i < last.count; i++) {
        const struct progress_metric *a = &last.points[i], *b = &whole.points[i];
        assert_true(a->step == b->step && a->steps == b->steps && a->judged == b->judged);
        assert_true(a->loss == b->loss && a->recall == b->recall && a->per_hour == b->per_hour);
    }
    close_world(&world);
}

// 0 when a finished checkpoint was taken, ERROR_CANCELLED when the run had to begin anew.
static int try_finished(const struct train_plan *plan, const struct world *world, const char *name,
                        const char *signature)
{
    struct nn_weights weights;
    struct train_score score;
    int stop = 1;
    struct progress progress = {.stop = &stop};
    int code = train_seed(plan, &world->data, in_folder(name), signature, NULL, &progress, &weights, &score, &error);
    nn_weights_close(&weights);
    return code;
}

static void test_checkpoint_must_fit(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights weights;
    struct train_score score;
    struct train_plan plan = short_plan(), other = plan;
    void *data;
    size_t size;
    open_world(&world);
    assert_int_equal(train_seed(&plan, &world.data, in_folder("fit"), "x", NULL, NULL, &weights, &score, &error), 0);
    nn_weights_close(&weights);
    assert_int_equal(file_read(in_folder("fit"), 1 << 24, &data, &size, &error), 0);
    assert_int_equal(try_finished(&plan, &world, "fit", "x"), 0);
    assert_int_equal(try_finished(&plan, &world, "fit", "y"), ERROR_CANCELLED); // leaves a checkpoint of its own
    other.seed++;
    assert_int_equal(file_write(in_folder("fit"), data, size, &error), 0);
    assert_int_equal(try_finished(&other, &world, "fit", "x"), ERROR_CANCELLED);
    other = plan;
    other.config.tail++;
    assert_int_equal(file_write(in_folder("fit"), data, size, &error), 0);
    assert_int_equal(try_finished(&other, &world, "fit", "x"), ERROR_CANCELLED);
    unsigned char *bytes = data;
    for (size_t at = 0; at < size; at += size / 37) {
        bytes[at] ^= 4;
        assert_int_equal(file_write(in_folder("fit"), bytes, size, &error), 0);
        bytes[at] ^= 4;
        assert_int_equal(try_finished(&plan, &world, "fit", "x"), ERROR_CANCELLED);
        assert_int_equal(file_write(in_folder("fit"), bytes, at, &error), 0);
        assert_int_equal(try_finished(&plan, &world, "fit", "x"), ERROR_CANCELLED);
    }
    free(data);
    close_world(&world);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights one, two;
    struct train_score score_one, score_two;
    struct train_plan plan = short_plan();
    struct pool *pool;
    open_world(&world);
    assert_int_equal(pool_open(&pool, 2, &error), 0);
    assert_int_equal(train_seed(&plan, &world.data, in_folder("one"), "x", NULL, NULL, &one, &score_one, &error), 0);
    assert_int_equal(train_seed(&plan, &world.data, in_folder("two"), "x", pool, NULL, &two, &score_two, &error), 0);
    assert_same_weights(&one, &two);
    assert_memory_equal(&score_one, &score_two, sizeof score_one);
    pool_close(pool);
    nn_weights_close(&one);
    nn_weights_close(&two);
    close_world(&world);
}

struct seen {
    double done, total;
    int reports;
};

static void watch(void *context, const struct progress_event *event)
{
    struct seen *seen = context;
    assert_true(event->done >= 0 && event->done <= event->total);
    seen->done = event->done;
    seen->total = event->total;
    seen->reports++;
}

static void test_seeds(void **state)
{
    (void)state;
    enum { SEEDS = 3 };
    struct world world;
    struct nn_weights weights[SEEDS], alone;
    struct train_score scores[SEEDS], score;
    struct train_plan plan = short_plan();
    struct seen seen = {0};
    struct progress progress = {.sink = watch, .context = &seen};
    int best = -1;
    open_world(&world);
    const struct train_data data[SEEDS] = {world.data, world.data, world.data};
    assert_int_equal(
        train_seeds(&plan, SEEDS, 2, data, in_folder("a/b"), "x", &progress, weights, scores, &best, &error), 0);
    assert_true(seen.reports > 0 && seen.total == 3 * 14);
    for (int i = 0; i < SEEDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "a/b/seed-%d.ckpt", i);
        assert_true(file_exists(in_folder(name)));
        assert_true(scores[i].recall <= scores[best].recall);
        assert_int_equal(train_seed(&plan, &world.data, in_folder("alone"), "x", NULL, NULL, &alone, &score, &error),
                         0);
        assert_same_weights(&alone, &weights[i]);
        nn_weights_close(&alone);
        nn_weights_close(&weights[i]);
        plan.seed++;
    }
    int stop = 1;
    progress.stop = &stop;
    assert_int_equal(
        train_seeds(&plan, SEEDS, 2, data, in_folder("a/b"), "z", &progress, weights, scores, &best, &error),
        ERROR_CANCELLED);
    close_world(&world);
}

static void test_impossible_plans(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights weights;
    struct train_score score;
    struct train_plan plan = short_plan();
    open_world(&world);
    world.sources[1].share = 0;
    assert_int_equal(train_seed(&plan, &world.data, in_folder("no"), "x", NULL, NULL, &weights, &score, &error),
                     ERROR_USAGE);
    world.sources[1].share = 1;
    plan.batch = 0;
    assert_int_equal(train_seed(&plan, &world.data, in_folder("no"), "x", NULL, NULL, &weights, &score, &error),
                     ERROR_USAGE);
    plan = short_plan();
    plan.phase_count = 0;
    assert_int_equal(train_seed(&plan, &world.data, in_folder("no"), "x", NULL, NULL, &weights, &score, &error),
                     ERROR_USAGE);
    plan = short_plan();
    plan.config.stride = 0;
    assert_int_equal(train_seed(&plan, &world.data, in_folder("no"), "x", NULL, NULL, &weights, &score, &error),
                     ERROR_USAGE);
    assert_null(weights.data);
    close_world(&world);
}

static void test_learning_rate(void **state)
{
    (void)state;
    struct train_plan plan = {.phases = {{.steps = 1000, .rate = 1e-3f}, {.steps = 500, .rate = 1e-4f}}, .phase_count = 2, .warm_up = 100};
    assert_true(fabs(learning_rate(&plan, 0) - 1e-5) < 1e-9);
    assert_true(fabs(learning_rate(&plan, 99) - 1e-3) < 1e-9);
    assert_true(fabs(learning_rate(&plan, 999) - 1e-3) < 1e-9);
    assert_true(fabs(learning_rate(&plan, 1000) - 1e-4) < 1e-9);
    plan.cosine = true;
    assert_true(fabs(learning_rate(&plan, 500) - 5e-4) < 1e-9);
    assert_true(learning_rate(&plan, 999) < 1e-8);
    assert_true(fabs(learning_rate(&plan, 1000) - 1e-4) < 1e-9);
    plan.final_rate = 0.1f;
    assert_true(fabs(learning_rate(&plan, 999) - 1e-4) < 1e-8);
}

// ---- weights ----

static void test_weights_file(void **state)
{
    (void)state;
    struct nn_weights weights = known_network(), back;
    void *data;
    size_t size;
    assert_int_equal(weights_write(in_folder("w"), &weights, &error), 0);
    assert_int_equal(weights_read(in_folder("w"), &back, &error), 0);
    assert_same_weights(&weights, &back);
    assert_memory_equal(&weights.config, &back.config, sizeof back.config);
    nn_weights_close(&back);
    assert_int_equal(file_read(in_folder("w"), 1 << 20, &data, &size, &error), 0);
    unsigned char *bytes = data;
    for (size_t at = 0; at < size; at += 7) {
        bytes[at] ^= 1;
        assert_int_equal(file_write(in_folder("v"), bytes, size, &error), 0);
        bytes[at] ^= 1;
        assert_int_equal(weights_read(in_folder("v"), &back, &error), ERROR_FORMAT);
        assert_int_equal(file_write(in_folder("v"), bytes, at, &error), 0);
        assert_int_equal(weights_read(in_folder("v"), &back, &error), ERROR_FORMAT);
    }
    // A good checksum over an impossible shape.
    struct nn_config config = weights.config;
    config.blocks = 1000000;
    memcpy(bytes + 8, &config, sizeof config);
    struct sha256 hash;
    char hex[65];
    sha256_init(&hash);
    sha256_add(&hash, bytes, size - 64);
    sha256_hex(&hash, hex);
    memcpy(bytes + size - 64, hex, 64);
    assert_int_equal(file_write(in_folder("v"), bytes, size, &error), 0);
    assert_true(weights_read(in_folder("v"), &back, &error) < 0);
    assert_int_equal(weights_read(in_folder("absent"), &back, &error), ERROR_MISSING);
    free(data);
    nn_weights_close(&weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_resume_is_exact),
        cmocka_unit_test(test_curves_are_whole_after_a_resume),
        cmocka_unit_test(test_checkpoint_must_fit),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_impossible_plans),
        cmocka_unit_test(test_learning_rate),
        cmocka_unit_test(test_weights_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
