// SPDX-License-Identifier: GPL-3.0-or-later
// The framework's validation: windows, figures and the choice of weights, each against the plainest computation.
// tests/referee/test_fit.py computes the figures once more with numpy.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "train/train_internal.h"
#include "test_folder.h"

enum { C = FRONTEND_CHANNELS };

// ---- figures ----

static struct validation_scores make_scores(uint64_t seed, size_t clips, size_t ambient, double hours)
{
    struct rng rng = rng_make(seed, 0);
    struct validation_scores scores = {array_alloc(clips, sizeof(float)),
                                       array_alloc(clips, sizeof(bool)),
                                       clips,
                                       array_alloc(ambient, sizeof(float)),
                                       ambient,
                                       hours};
    for (size_t i = 0; i < clips; i++) {
        scores.truths[i] = rng_chance(&rng, .8);
        scores.clips[i] = (float)(scores.truths[i] ? 1 - pow(rng_unit(&rng), 3) : pow(rng_unit(&rng), 4));
    }
    for (size_t i = 0; i < ambient; i++) // some exactly on a cutoff: those are not above it
        scores.ambient[i] = i % 7 ? (float)pow(rng_unit(&rng), 12) : .25f;
    return scores;
}

// As the framework does it: one cutoff after the other.
static void expect_figures(const struct validation_scores *scores, double out[METRIC_COUNT])
{
    double recall[101], per_hour[101], tp[101] = {0}, fn[101] = {0}, fp[101] = {0}, right = 0, clip_fp = 0, tp5 = 0,
                                       fn5 = 0;
    for (int i = 0; i <= 100; i++) {
        for (size_t k = 0; k < scores->clip_count; k++)
            if (scores->truths[k])
                *((double)scores->clips[k] > i / 100.0 ? &tp[i] : &fn[i]) += 1;
        for (size_t k = 0; k < scores->ambient_count; k++)
            fp[i] += (double)scores->ambient[k] > i / 100.0;
        recall[i] = tp[i] / (tp[i] + fn[i]);
        per_hour[i] = fp[i] / scores->hours;
    }
    for (size_t k = 0; k < scores->clip_count; k++) {
        bool yes = scores->clips[k] > .5f;
        right += yes == scores->truths[k];
        clip_fp += yes && !scores->truths[k];
        tp5 += yes && scores->truths[k];
        fn5 += !yes && scores->truths[k];
    }
    out[METRIC_ACCURACY] = right / (double)scores->clip_count;
    out[METRIC_RECALL] = tp5 / (tp5 + fn5);
    out[METRIC_PRECISION] = tp5 / (tp5 + clip_fp);
    int quiet = 0;
    while (per_hour[quiet] > 0)
        quiet++;
    out[METRIC_RECALL_AT_NO_FAPH] = recall[quiet];
    out[METRIC_CUTOFF_FOR_NO_FAPH] = quiet / 100.0;
    out[METRIC_AMBIENT_FALSE_POSITIVES] = fp[50];
    out[METRIC_AMBIENT_FALSE_POSITIVES_PER_HOUR] = per_hour[50];
    double xs[102], ys[102], r2 = recall[0], sum = 0;
    int count = 0, v = 0;
    if (per_hour[0] > 2) {
        for (v = 1; per_hour[v] > 2;)
            v++;
        r2 = (recall[v - 1] * (per_hour[v] - 2) + recall[v] * (2 - per_hour[v - 1])) / (per_hour[v] - per_hour[v - 1]);
    }
    xs[count] = 2, ys[count++] = r2;
    for (; v <= 100; v++)
        if (per_hour[v] != xs[count - 1])
            xs[count] = per_hour[v], ys[count++] = recall[v];
    for (int i = 0; i + 1 < count; i++)
        sum += (xs[i] - xs[i + 1]) * (ys[i] + ys[i + 1]) / 2;
    out[METRIC_AVERAGE_VIABLE_RECALL] = sum / 2;
}

static void test_figures(void **state)
{
    (void)state;
    static const double hours[] = {.01, .5, 9.67, 400}; // from never viable at 0 to always viable
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct validation_scores scores = make_scores(seed, 50 + seed * 5, 1000, hours[seed % 4]);
        double ours[METRIC_COUNT], expected[METRIC_COUNT];
        validation_measure(&scores, ours);
        expect_figures(&scores, expected);
        for (int m = 0; m < METRIC_COUNT; m++)
            if (m != METRIC_AUC && m != METRIC_LOSS && !(fabs(ours[m] - expected[m]) < 1e-12))
                fail_msg("%s: %.12g, not %.12g (seed %d)", metric_names[m], ours[m], expected[m], (int)seed);
        assert_true(ours[METRIC_AVERAGE_VIABLE_RECALL] > 0 && ours[METRIC_AVERAGE_VIABLE_RECALL] <= 1);
        validation_scores_free(&scores);
    }
}

// Area and loss of scores that can be worked out by hand, and what is 0 where there is nothing.
static void test_figures_by_hand(void **state)
{
    (void)state;
    double figures[METRIC_COUNT];
    float clips[] = {.9f, .6f, .4f}, ambient[] = {.7f, .1f};
    bool truths[] = {true, true, true}, none[] = {false, false, false};
    struct validation_scores scores = {clips, truths, 3, ambient, 2, 1};
    validation_measure(&scores, figures);
    assert_true(fabs(figures[METRIC_AUC] - 4.0 / 6) < 1e-9); // pairs in the right order
    double loss = -(log(.9) + log(.6) + log(.4) + log(.3) + log(.9)) / 5;
    assert_true(fabs(figures[METRIC_LOSS] - loss) < 1e-6);
    assert_true(figures[METRIC_AMBIENT_FALSE_POSITIVES] == 1 && figures[METRIC_CUTOFF_FOR_NO_FAPH] == .7);
    clips[0] = 1, clips[1] = 0; // sure answers, one of them wrong
    scores = (struct validation_scores){clips, truths, 2, NULL, 0, 0};
    validation_measure(&scores, figures);
    assert_true(fabs(figures[METRIC_LOSS] - (-log(1e-7) - log(1 - 1e-7)) / 2) < 1e-6);
    assert_true(figures[METRIC_AVERAGE_VIABLE_RECALL] == 0 && figures[METRIC_RECALL_AT_NO_FAPH] == 0);
    scores.truths = none;
    validation_measure(&scores, figures);
    assert_true(figures[METRIC_RECALL] == 0 && figures[METRIC_PRECISION] == 0 && figures[METRIC_AUC] == 0);
    validation_measure(&(struct validation_scores){0}, figures);
    for (int m = 0; m < METRIC_COUNT; m++)
        assert_true(figures[m] == 0);
}

static void test_best_weights(void **state)
{
    (void)state;
    static const struct { // one evaluation after the other, target .9
        double minimum, maximum;
        bool better;
    } null_metric[] = {{0, 0, true}, {0, 0, false}, {0, .3, true}, {0, .3, false}, {0, .2, false}, {0, .31, true}},
      with_metric[] = {{5, .9, true},   {6, .99, false},  {5, .95, true}, {5, .95, false}, {2, .1, true},
                       {.8, .05, true}, {.1, .05, false}, {.9, .2, true}, {1, .9, false},  {.5, .3, true}};
    struct validation_best best = validation_best_none;
    for (size_t i = 0; i < COUNT_OF(null_metric); i++) {
        assert_int_equal(validation_better(&best, null_metric[i].minimum, null_metric[i].maximum, .9),
                         null_metric[i].better);
        if (null_metric[i].better)
            best = (struct validation_best){null_metric[i].minimum, null_metric[i].maximum, 0};
    }
    best = validation_best_none;
    for (size_t i = 0; i < COUNT_OF(with_metric); i++) {
        if (validation_better(&best, with_metric[i].minimum, with_metric[i].maximum, .9) != with_metric[i].better)
            fail_msg("evaluation %zu", i);
        if (with_metric[i].better)
            best = (struct validation_best){with_metric[i].minimum, with_metric[i].maximum, 0};
    }
}

// ---- windows ----

static const struct nn_config configs[] = {
    {2, 16, 3, 2, {16, 16}, {1, 2}, {{3}, {5, 9}}, 3}, // the window has an unused row
    {3, 16, 5, 2, {16, 24}, {1, 1}, {{5}, {4}}, 4},
    {1, 8, 3, 1, {8}, {1}, {{5}}, 2},
};

static uint16_t *random_rows(size_t rows, uint64_t seed)
{
    uint16_t *data = array_alloc(rows * C, sizeof *data);
    struct rng rng = rng_make(seed, 1);
    for (size_t i = 0; i < rows * C; i++)
        data[i] = (uint16_t)rng_below(&rng, 666);
    return data;
}

static void random_weights(struct nn_weights *weights, const struct nn_config *config)
{
    struct rng rng = rng_make(3, 3);
    assert_int_equal(nn_weights_open(weights, config, &error), 0);
    nn_weights_init(weights, &rng);
    for (int i = 0; i < config->blocks; i++)
        for (int c = 0; c < config->filters[i]; c++) {
            weights->beta[i][c] = (float)rng_range(&rng, -.5, .5);
            weights->mean[i][c] = (float)rng_range(&rng, -1, 1);
            weights->variance[i][c] = (float)rng_range(&rng, .5, 4);
        }
}

// The network over one window alone: [unused] zeros, then the rows that it reads.
static float score_alone(const struct nn_weights *weights, const uint16_t *rows, int64_t start, size_t row_count)
{
    const struct nn_config *config = &weights->config;
    int window = nn_window(config), used = nn_window_used(config);
    uint16_t *padded = array_alloc((size_t)window * C, sizeof *padded);
    float logits[64];
    struct nn_stream *stream;
    struct nn_stream_scratch *scratch;
    for (int t = 0; t < used; t++)
        if (start + t >= 0 && start + t < (int64_t)row_count)
            memcpy(padded + (window - used + t) * C, rows + (start + t) * C, C * sizeof *rows);
    assert_int_equal(nn_stream_open(&stream, weights, cpu_level(), &error), 0);
    assert_int_equal(nn_stream_scratch_open(&scratch, stream, &error), 0);
    nn_stream_run(stream, scratch, padded, (size_t)window, logits);
    nn_stream_scratch_close(scratch);
    nn_stream_close(stream);
    free(padded);
    return 1 / (1 + expf(-logits[window / config->stride - 1]));
}

static void check_windows(const struct nn_config *config)
{
    uint32_t window = (uint32_t)nn_window(config), apart = 10 * (uint32_t)config->stride;
    struct nn_weights weights;
    // Clips: longer, equal, shorter, a single row; tracks: none, none, one, two windows, and more than a chunk of them.
    struct feature_item clips[] = {{.rows = window + 9}, {.rows = window}, {.rows = window - 7}, {.rows = 1}};
    struct feature_item tracks[] = {{.rows = window - 1},
                                    {.rows = window},
                                    {.rows = window + 1},
                                    {.rows = window + apart + 1},
                                    {.rows = window + 700 * apart}};
    struct feature_set sets[2] = {{.items = clips, .item_count = 4}, {.items = tracks, .item_count = 5}};
    for (int s = 0; s < 2; s++) {
        struct feature_item *items = s ? tracks : clips;
        for (size_t i = 0; i < sets[s].item_count; sets[s].row_count += items[i++].rows)
            items[i].first_row = sets[s].row_count;
        sets[s].rows = random_rows(sets[s].row_count, (uint64_t)s);
    }
    random_weights(&weights, config);
    struct source clip_sources[] = {{.set = &sets[0], .truth = true}, {.set = &sets[0]}};
    const struct feature_set *ambient[] = {&sets[1]};
    struct validation_data data = {clip_sources, 2, ambient, 1};
    struct validation_scores scores, threaded;
    struct pool *pool;
    assert_int_equal(validation_score(&weights, &data, NULL, NULL, &scores, &error), 0);
    assert_int_equal(scores.clip_count, 8);
    assert_int_equal(scores.ambient_count, 0 + 0 + 1 + 2 + 700);
    assert_true(fabs(scores.hours * 360000 - (double)sets[1].row_count) < 1e-6);
    for (size_t i = 0; i < 8; i++) {
        const struct feature_item *item = &clips[i % 4];
        float expected =
            score_alone(&weights, sets[0].rows + item->first_row * C, (int64_t)item->rows - window, item->rows);
        assert_true(scores.truths[i] == (i < 4) && fabsf(scores.clips[i] - expected) < 2e-5f);
    }
    size_t at = 0;
    for (size_t i = 0; i < 5; i++)
        for (uint32_t k = 0; (int64_t)k * apart < (int64_t)tracks[i].rows - window; k++, at++) {
            bool looked = k % 97 == 0 || (k >= 510 && k < 515);
            float expected = looked ? score_alone(&weights, sets[1].rows + tracks[i].first_row * C, (int64_t)k * apart,
                                                  tracks[i].rows)
                                    : 0;
            assert_true(!looked || fabsf(scores.ambient[at] - expected) < 2e-5f);
        }
    assert_int_equal(at, scores.ambient_count);
    assert_int_equal(pool_open(&pool, 3, &error), 0);
    assert_int_equal(validation_score(&weights, &data, pool, NULL, &threaded, &error), 0);
    assert_memory_equal(scores.ambient, threaded.ambient, scores.ambient_count * sizeof(float));
    assert_memory_equal(scores.clips, threaded.clips, scores.clip_count * sizeof(float));
    pool_close(pool);
    validation_scores_free(&scores);
    validation_scores_free(&threaded);
    nn_weights_close(&weights);
    for (int s = 0; s < 2; s++)
        free((void *)(uintptr_t)sets[s].rows);
}

static void test_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(configs); i++)
        check_windows(&configs[i]);
}

// ---- training with validation ----

enum { ITEMS = 40, ROWS = 60 };

struct world {
    struct feature_item items[ITEMS], track;
    struct feature_set words, noise, ambient;
    struct source sources[2], clips;
    const struct feature_set *tracks[1];
    struct validation_data validation;
    struct train_data data;
    struct train_plan plan;
    struct train_validation told[32];
    size_t told_count;
};

static void note(void *context, const struct train_validation *validation)
{
    struct world *world = context;
    assert_true(world->told_count < COUNT_OF(world->told));
    world->told[world->told_count++] = *validation;
}

static void open_world(struct world *world)
{
    *world = (struct world){.track = {.rows = 3000, .weight = 1}};
    for (uint32_t i = 0; i < ITEMS; i++)
        world->items[i] = (struct feature_item){.first_row = i * ROWS, .rows = ROWS, .weight = 1};
    struct feature_set *sets[] = {&world->words, &world->noise, &world->ambient};
    for (size_t s = 0; s < 3; s++)
        *sets[s] = (struct feature_set){
            .rows = random_rows(3000, 10 + s), .row_count = 3000, .items = world->items, .item_count = ITEMS};
    for (size_t i = 0; i < ITEMS; i++) // a word is loud at its end
        for (int k = (ROWS - 6) * C; k < ROWS * C; k++)
            ((uint16_t *)(uintptr_t)world->words.rows)[i * ROWS * C + (size_t)k] += 400;
    world->ambient.items = &world->track;
    world->ambient.item_count = 1;
    world->sources[0] =
        (struct source){.set = &world->words, .truth = true, .share = 1, .weight = 1, .truncation = TRUNCATE_START};
    world->sources[1] = (struct source){.set = &world->noise, .share = 2, .weight = 1, .truncation = TRUNCATE_RANDOM};
    world->clips = world->sources[0];
    world->tracks[0] = &world->ambient;
    world->validation = (struct validation_data){&world->clips, 1, world->tracks, 1};
    world->data = (struct train_data){.sources = world->sources,
                                      .source_count = 2,
                                      .validation = &world->validation,
                                      .validated = note,
                                      .context = world};
    train_plan_default(&world->plan);
    world->plan.config = configs[0];
    world->plan.batch = 16;
    world->plan.phase_count = 2;
    world->plan.phases[0] = (struct train_phase){7, 5e-3f, {0}, 1, 20};
    world->plan.phases[1] = (struct train_phase){6, 1e-3f, {1, 3, 1, 4}, 1, 1};
    world->plan.warm_up = 0;
    world->plan.cosine = false;
    world->plan.mine_every = 0;
    world->plan.validate_every = 3;
    world->plan.minimize_target = .9;
}

static void close_world(struct world *world)
{
    free((void *)(uintptr_t)world->words.rows);
    free((void *)(uintptr_t)world->noise.rows);
    free((void *)(uintptr_t)world->ambient.rows);
}

static void train(struct world *world, const char *name, struct progress *progress, struct nn_weights *weights)
{
    struct train_score score;
    world->told_count = 0;
    assert_int_equal(
        train_seed(&world->plan, &world->data, in_folder(name), "x", NULL, progress, weights, &score, &error), 0);
}

// The result is the network of the evaluation that was best: training until just there gives the same bytes.
static void test_best_weights_are_the_result(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights best, last, until;
    open_world(&world);
    train(&world, "best", NULL, &best);
    assert_int_equal(world.told_count, 5); // steps 3, 6, 9, 12 and the last
    assert_int_equal(world.told[4].step, 13);
    uint64_t step = 0;
    double maximum = 0;
    for (size_t i = 0; i < 5; i++) {
        double recall = world.told[i].metrics[METRIC_AVERAGE_VIABLE_RECALL];
        bool better = i == 0 || recall > maximum;
        assert_true(world.told[i].better == better);
        maximum = better ? recall : maximum;
        step = better ? world.told[i].step : step;
        assert_true(world.told[i].best.maximum == maximum);
    }
    world.plan.use_last = true;
    train(&world, "last", NULL, &last);
    assert_true(step < 13 || memcmp(best.data, last.data, best.count * sizeof(float)) == 0);
    world.plan.phase_count = step > 7 ? 2 : 1;
    world.plan.phases[step > 7].steps = step > 7 ? step - 7 : step;
    train(&world, "until", NULL, &until);
    assert_memory_equal(best.data, until.data, best.count * sizeof(float));
    nn_weights_close(&best);
    nn_weights_close(&last);
    nn_weights_close(&until);
    close_world(&world);
}

static void stop_at_once(void *context, const struct progress_event *event)
{
    (void)event;
    *(int *)context = 1;
}

static void test_best_weights_survive_a_stop(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights whole, pieces;
    struct train_score score;
    open_world(&world);
    train(&world, "in_one_go", NULL, &whole);
    int code = ERROR_CANCELLED, runs = 0;
    for (; code == ERROR_CANCELLED && runs < 20; runs++) {
        int stop = 0;
        struct progress progress = {.sink = stop_at_once, .context = &stop, .stop = &stop};
        world.told_count = 0;
        code =
            train_seed(&world.plan, &world.data, in_folder("stopped"), "x", NULL, &progress, &pieces, &score, &error);
    }
    assert_int_equal(code, 0);
    assert_true(runs > 5);
    assert_memory_equal(whole.data, pieces.data, whole.count * sizeof(float));
    nn_weights_close(&whole);
    nn_weights_close(&pieces);
    close_world(&world);
}

// ---- class weights ----

// Adam's first step goes by the sign of the gradient alone, so the second one tells how classes weigh.
static double difference_after(struct world *world, enum class_weights rule, float positive, float negative,
                               const struct nn_weights *other, struct nn_weights *weights)
{
    char name[64];
    double sum = 0;
    snprintf(name, sizeof name, "w%d-%g-%g", (int)rule, (double)positive, (double)negative);
    world->plan.class_weights = rule;
    world->plan.phases[0].positive_weight = positive;
    world->plan.phases[0].negative_weight = negative;
    train(world, name, NULL, weights);
    for (size_t i = 0; other && i < weights->trainable; i++)
        sum += fabs((double)weights->data[i] - (double)other->data[i]);
    return sum;
}

static void B45_class_weights_count_where_they_are_asked_for(void **state)
{
    (void)state;
    struct world world;
    struct nn_weights plain, effective, intended, scaled;
    open_world(&world);
    world.plan.phase_count = 1;
    world.plan.phases[0].steps = 2;
    world.plan.validate_every = 0;
    difference_after(&world, CLASS_WEIGHTS_INTENDED, 1, 1, NULL, &plain);
    double of_effective = difference_after(&world, CLASS_WEIGHTS_EFFECTIVE, 1, 20, &plain, &effective);
    double of_intended = difference_after(&world, CLASS_WEIGHTS_INTENDED, 1, 20, &plain, &intended);
    double of_both = difference_after(&world, CLASS_WEIGHTS_INTENDED, 20, 20, &plain, &scaled);
    assert_true(of_intended > 5 * of_effective); // a factor of the batch changes next to nothing
    assert_true(of_intended > 20 * of_both);
    struct nn_weights *all[] = {&plain, &effective, &intended, &scaled};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        nn_weights_close(all[i]);
    close_world(&world);
}

static void test_phases(void **state)
{
    (void)state;
    struct train_plan plan = {.phases = {{.steps = 5}, {.steps = 1}, {.steps = 3}}, .phase_count = 3};
    static const int expected[] = {0, 0, 0, 0, 0, 1, 2, 2, 2};
    uint64_t within;
    for (uint64_t step = 0; step < COUNT_OF(expected); step++)
        assert_ptr_equal(phase_of(&plan, step, &within), &plan.phases[expected[step]]);
    assert_int_equal(within, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_figures_by_hand),
        cmocka_unit_test(test_best_weights),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_best_weights_are_the_result),
        cmocka_unit_test(test_best_weights_survive_a_stop),
        cmocka_unit_test(B45_class_weights_count_where_they_are_asked_for),
        cmocka_unit_test(test_phases),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
