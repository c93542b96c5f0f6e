// SPDX-License-Identifier: GPL-3.0-or-later
#include "evaluate/evaluate.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tracks.h"

static void intervals_match_known_values(void **state)
{
    (void)state;
    static const struct {
        size_t hits, trials;
        double low, high;
    } wilson[] = {{307, 315, .951, .987}, {253, 315, .756, .843}, {212, 315, .619, .722}, {0, 10, 0, .2775}, {10, 10, .7225, 1}};
    for (size_t i = 0; i < COUNT_OF(wilson); i++) {
        struct interval interval = wilson_interval(wilson[i].hits, wilson[i].trials);
        assert_near(interval.low, wilson[i].low, 6e-4);
        assert_near(interval.high, wilson[i].high, 6e-4);
    }
    static const struct { // Garwood's limits
        size_t events;
        double low, high;
    } poisson[] = {{0, 0, 3.68888}, {1, .02532, 5.57164}, {2, .24221, 7.22469}, {5, 1.62349, 11.66833}, {10, 4.79539, 18.39036}, {100, 81.3640, 121.6273}};
    for (size_t i = 0; i < COUNT_OF(poisson); i++) {
        struct interval interval = poisson_interval(poisson[i].events, 7);
        assert_near(interval.low * 7, poisson[i].low, 1e-3);
        assert_near(interval.high * 7, poisson[i].high, 1e-3);
    }
    struct interval paired = paired_interval(5, 15, 100), mirrored = paired_interval(15, 5, 100);
    assert_near(paired.low, .01206, 1e-4); // (10 +- 1.96 sqrt(21 - 100/102)) / 102
    assert_near(paired.high, .18402, 1e-4);
    assert_near(mirrored.low, -paired.high, 1e-12);
    assert_near(paired_interval(0, 0, 0).low, -1, 0);
    struct interval rates = rate_difference_interval(0, 0, 7), more = rate_difference_interval(1, 12, 7);
    assert_near(rates.low, -3.68888 / 7, 1e-4);
    assert_near(rates.high, 3.68888 / 7, 1e-4);
    assert_true(more.low > 0 && more.low < 11 / 7. && more.high > 11 / 7.);
    struct interval many = poisson_interval(1000000, 1);
    assert_near(many.low, 1e6 - 1960, 5);
    assert_near(many.high, 1e6 + 1960, 5);
    assert_true(isinf(poisson_interval(0, 0).high));
}

static void conditions_are_understood(void **state)
{
    (void)state;
    struct condition condition;
    struct error error;
    assert_int_equal(condition_parse("clean", &condition, &error), 0);
    assert_int_equal(condition.noise, TEST_CLEAN);
    assert_int_equal(condition_parse("pink:10", &condition, &error), 0);
    assert_int_equal(condition.noise, TEST_PINK);
    assert_true(condition.snr_db == 10);
    assert_int_equal(condition_parse("babble:-2.5", &condition, &error), 0);
    assert_int_equal(condition.noise, TEST_BABBLE);
    assert_true(condition.snr_db == -2.5);
    assert_string_equal(condition.name, "babble:-2.5");
    assert_int_equal(condition_parse("far:10", &condition, &error), 0);
    assert_int_equal(condition.noise, TEST_FAR);
    static const char *const wrong[] = {"", "pink", "pink:", "pink:x", "pink:10dB", "white:3", "clean:3", "pink:nan", "pink:1e9",
                                        "pink:0000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(condition_parse(wrong[i], &condition, &error), ERROR_USAGE);
}

static void clip_scores_match_a_hand_computation(void **state)
{
    (void)state;
    struct track_list positives = {.stride = 3}, negatives = {.stride = 3};
    memcpy(add_track(&positives, 8), ((uint8_t[]){0, 250, 251, 252, 253, 254, 9, 0}), 8); // 1260 = 252 * 5
    memcpy(add_track(&positives, 3), ((uint8_t[]){255, 255, 255}), 3);                    // zeros of the start count
    add_track(&negatives, 10);
    struct operating_point point;
    evaluate_point(&positives, &negatives, 251, 5, &point);
    assert_int_equal(point.detected, 1);
    assert_int_equal(point.clips, 2);
    assert_true(point.recall == .5);
    evaluate_point(&positives, &negatives, 252, 5, &point); // 1260 is not greater than 1260
    assert_int_equal(point.detected, 0);
    evaluate_point(&positives, &negatives, 252, 3, &point); // 765 and 759
    assert_int_equal(point.detected, 2);
    evaluate_point(&positives, &negatives, 254, 3, &point);
    assert_int_equal(point.detected, 1);
    assert_near(point.hours, 30. / 360000, 1e-12);
    track_list_free(&positives);
    track_list_free(&negatives);
}

static void negatives_wait_after_a_detection(void **state)
{
    (void)state;
    struct track_list positives = {.stride = 1}, negatives = {.stride = 1};
    static const struct {
        size_t first, count;
    } bursts[] = {{50, 10},   // inside the first second: no detection
                  {200, 10},  // counts
                  {260, 10},  // inside the second after it
                  {500, 300}, // counts once: the counter only rises while the byte is low
                  {950, 10}}; // counts
    uint8_t *bytes = add_track(&negatives, 1000);
    for (size_t i = 0; i < COUNT_OF(bursts); i++)
        memset(bytes + bursts[i].first, 255, bursts[i].count);
    struct operating_point point;
    evaluate_point(&positives, &negatives, 200, 5, &point);
    assert_int_equal(point.false_accepts, 3);
    assert_int_equal(evaluate_curve(&positives, &negatives, 5, 200, 200, 1, &point), 1);
    assert_int_equal(point.false_accepts, 3);
    track_list_free(&negatives);
}

// The curve's sweep is only a fast form of the detector.
static void curves_equal_single_points(void **state)
{
    (void)state;
    static const int strides[] = {1, 2, 3, 7, 40, 120}, windows[] = {1, 3, 5, 10, 64};
    struct rng rng = rng_make(5, 0);
    for (size_t s = 0; s < COUNT_OF(strides); s++) {
        struct track_list positives = {.stride = strides[s]}, negatives = {.stride = strides[s]};
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t count = i ? rng_below(&rng, 100 + 1000 / (uint32_t)strides[s]) : 0;
            wander(&rng, add_track(&positives, count), count);
            uint8_t *bytes = add_track(&negatives, count * 2);
            wander(&rng, bytes, count * 2);
            for (uint32_t k = 0; k < count * 2 && i % 2; k++) // some are never quiet
                bytes[k] |= 64;
        }
        for (size_t w = 0; w < COUNT_OF(windows); w++) {
            struct operating_point points[256], point;
            assert_int_equal(evaluate_curve(&positives, &negatives, windows[w], 0, 255, 1, points), 256);
            for (int cutoff = 0; cutoff < 256; cutoff++) {
                evaluate_point(&positives, &negatives, (uint8_t)cutoff, windows[w], &point);
                if (points[cutoff].detected != point.detected || points[cutoff].false_accepts != point.false_accepts)
                    fail_msg("stride %d window %d cutoff %d: %zu %zu, detector %zu %zu", strides[s], windows[w], cutoff,
                             points[cutoff].detected, points[cutoff].false_accepts, point.detected, point.false_accepts);
                assert_memory_equal(&points[cutoff].per_hour_interval, &point.per_hour_interval, sizeof(struct interval));
            }
        }
        struct operating_point few[6];
        assert_int_equal(evaluate_curve(&positives, &negatives, 5, 100, 250, 30, few), 6);
        assert_int_equal(few[5].cutoff, 250);
        track_list_free(&positives);
        track_list_free(&negatives);
    }
}

static const char *golden(void)
{
    static char path[512];
    const char *shared = getenv("WAKESMITH_SHARED");
    if (!shared || !folder_exists(shared)) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/data/golden", shared);
    return path;
}

static struct tflite_model *open_model(const char *name)
{
    char path[640];
    struct error error = {0};
    struct tflite_model *model = NULL;
    snprintf(path, sizeof path, "%s/models/%s.tflite", golden(), name);
    if (tflite_open(&model, path, &error) < 0)
        fail_msg("%s", error.message);
    return model;
}

static void *read_golden(const char *folder, const char *wav, const char *ending, size_t *size)
{
    char path[1024];
    struct error error = {0};
    void *data = NULL;
    const char *name = path_name(wav);
    snprintf(path, sizeof path, "%s/%s/%.*s%s", golden(), folder, (int)(strlen(name) - strlen(".wav")), name, ending);
    if (file_read(path, 1 << 20, &data, size, &error) < 0)
        fail_msg("%s", error.message);
    return data;
}

static void list_wavs(struct text_list *files)
{
    char path[640];
    struct error error = {0};
    snprintf(path, sizeof path, "%s/wav", golden());
    assert_int_equal(folder_list(path, audio_endings, files, &error), 0);
    assert_int_equal(files->count, 21);
}

static void files_give_the_devices_bytes(void **state)
{
    (void)state;
    struct text_list files = {0};
    list_wavs(&files);
    static const char *const names[] = {"alexa", "computer", "okay_nabu"};
    for (size_t m = 0; m < COUNT_OF(names); m++) {
        struct tflite_model *model = open_model(names[m]);
        char ending[64];
        snprintf(ending, sizeof ending, ".%s.u8", names[m]);
        for (int threads = 1; threads <= 3; threads += 2) {
            struct pool *pool;
            struct error error = {0};
            struct track_list tracks = {0};
            assert_int_equal(pool_open(&pool, threads, &error), 0);
            if (evaluate_files(model, &files, NULL, NULL, 0, pool, NULL, &tracks, &error) < 0)
                fail_msg("%s", error.message);
            assert_int_equal(tracks.count, files.count);
            assert_int_equal(tracks.stride, m == 1 ? 2 : 3);
            for (size_t i = 0; i < files.count; i++) {
                size_t size;
                uint8_t *bytes = read_golden("outputs", files.items[i], ending, &size);
                assert_string_equal(tracks.items[i].name, files.items[i]);
                assert_int_equal(tracks.items[i].count, size);
                assert_memory_equal(tracks.items[i].bytes, bytes, size);
                assert_int_equal(tracks.items[i].rows / (size_t)tracks.stride, size);
                free(bytes);
            }
            track_list_free(&tracks);
            pool_close(pool);
        }
        tflite_close(model);
    }
    text_list_free(&files);
}

static void features_give_the_same_bytes(void **state)
{
    (void)state;
    struct text_list files = {0};
    list_wavs(&files);
    struct tflite_model *model = open_model("alexa");
    struct feature_item items[32] = {0};
    uint16_t *rows = NULL;
    uint64_t row_count = 0;
    for (size_t i = 0; i < files.count; i++) {
        size_t size;
        void *features = read_golden("features", files.items[i], ".u16", &size);
        rows = realloc(rows, row_count * 80 + size);
        memcpy(rows + row_count * 40, features, size);
        items[i] = (struct feature_item){.first_row = row_count, .rows = (uint32_t)(size / 80), .tag = (uint32_t)i};
        row_count += size / 80;
        free(features);
    }
    struct feature_set set = {.rows = rows, .row_count = row_count, .items = items, .item_count = files.count};
    static const uint32_t chosen[] = {3, 0, 17};
    struct track_list tracks = {0};
    struct error error = {0};
    assert_int_equal(evaluate_features(model, &set, NULL, 0, NULL, &tracks, &error), 0);
    assert_int_equal(tracks.count, files.count);
    assert_int_equal(evaluate_features(model, &set, chosen, COUNT_OF(chosen), NULL, &tracks, &error), 0); // appends
    assert_int_equal(tracks.count, files.count + COUNT_OF(chosen));
    for (size_t i = 0; i < tracks.count; i++) {
        size_t size, file = i < files.count ? i : chosen[i - files.count];
        uint8_t *bytes = read_golden("outputs", files.items[file], ".alexa.u8", &size);
        assert_int_equal(tracks.items[i].tag, file);
        assert_int_equal(tracks.items[i].count, size);
        assert_memory_equal(tracks.items[i].bytes, bytes, size);
        free(bytes);
    }
    track_list_free(&tracks);
    text_list_free(&files);
    tflite_close(model);
    free(rows);
}

// A recording longer than one part gives the bytes of one uncut pass, and stops when it is told to.
static void long_recordings_are_heard_without_seams(void **state)
{
    (void)state;
    struct tflite_model *model = open_model("alexa");
    const size_t count = 603 * AUDIO_RATE + 77;
    int16_t *samples = malloc(count * sizeof *samples);
    struct rng rng = rng_make(3, 0);
    double level = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 1600 == 0)
            level = rng_log_range(&rng, 1, 8000);
        samples[i] = (int16_t)rng_range(&rng, -level, level);
    }
    char folder[] = "/tmp/wakesmith_evaluate_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/long.wav", folder);
    struct error error = {0};
    assert_int_equal(audio_write_wav(path, samples, count, &error), 0);

    struct frontend frontend;
    frontend_reset(&frontend);
    size_t row_count = frontend_rows(&frontend, count);
    uint16_t *rows = malloc(row_count * 80);
    int8_t *quantized = malloc(row_count * 40);
    uint8_t *bytes = malloc(row_count);
    assert_int_equal(frontend_push(&frontend, samples, count, rows), row_count);
    frontend_quantize(rows, row_count * 40, quantized);
    struct tflite_runtime *runtime;
    assert_int_equal(tflite_runtime_open(&runtime, model, cpu_level(), &error), 0);
    size_t expected = detect_bytes(runtime, quantized, row_count, bytes);

    struct text_list files = {0};
    struct track_list tracks = {0};
    assert_int_equal(text_list_add(&files, path, &error), 0);
    if (evaluate_files(model, &files, NULL, NULL, 0, NULL, NULL, &tracks, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(tracks.items[0].rows, row_count);
    assert_int_equal(tracks.items[0].count, expected);
    assert_memory_equal(tracks.items[0].bytes, bytes, expected);

    int stop = 1;
    struct progress progress = {.stop = &stop};
    assert_int_equal(evaluate_files(model, &files, NULL, NULL, 0, NULL, &progress, &tracks, &error), ERROR_CANCELLED);
    free(files.items[0]);
    files.items[0] = strdup("/nowhere/x.wav");
    assert_true(evaluate_files(model, &files, NULL, NULL, 0, NULL, NULL, &tracks, &error) < 0);
    assert_non_null(strstr(error.message, "/nowhere/x.wav"));
    assert_int_equal(tracks.count, 1); // failures add nothing

    track_list_free(&tracks);
    text_list_free(&files);
    tflite_runtime_close(runtime);
    tflite_close(model);
    free(samples);
    free(rows);
    free(quantized);
    free(bytes);
    assert_int_equal(folder_remove(folder, &error), 0);
}

static void noise_is_added_by_the_file_not_the_thread(void **state)
{
    (void)state;
    struct text_list files = {0};
    list_wavs(&files);
    struct tflite_model *model = open_model("alexa");
    struct condition condition;
    struct error error = {0};
    struct pool *pool;
    struct track_list one = {0}, three = {0};
    assert_int_equal(pool_open(&pool, 3, &error), 0);
    assert_int_equal(condition_parse("pink:10", &condition, &error), 0);
    if (evaluate_files(model, &files, &condition, NULL, 0, NULL, NULL, &one, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(evaluate_files(model, &files, &condition, NULL, 0, pool, NULL, &three, &error), 0);
    size_t heard = 0;
    for (size_t i = 0; i < files.count; i++) {
        assert_int_equal(one.items[i].count, three.items[i].count);
        assert_memory_equal(one.items[i].bytes, three.items[i].bytes, one.items[i].count);
        struct pcm pcm;
        assert_int_equal(audio_read(files.items[i], 0, 0, &pcm, &error), 0);
        assert_int_equal(one.items[i].rows, (pcm.count + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER) / FRONTEND_STEP - 2);
        free(pcm.samples);
        if (strncmp(path_name(files.items[i]), "alexa_", 6) == 0)
            heard += detect_max_sum(one.items[i].bytes, one.items[i].count, 5) > 5 * 200;
    }
    assert_true(heard >= 2); // of three clear recordings at 10 dB
    assert_int_equal(condition_parse("babble:10", &condition, &error), 0);
    assert_int_equal(evaluate_files(model, &files, &condition, NULL, 0, NULL, NULL, &one, &error), ERROR_USAGE);
    track_list_free(&one);
    track_list_free(&three);
    text_list_free(&files);
    tflite_close(model);
    pool_close(pool);
}

// A 95 % interval holds the truth in about 95 of 100 experiments; both are made to be wide rather than narrow.
static void intervals_of_differences_hold_the_truth(void **state)
{
    (void)state;
    enum { EXPERIMENTS = 2000, TRIALS = 250 };
    static const double shares[][2] = {{.02, .02}, {.03, .1}, {.2, .15}, {.01, .3}}; // only the first, only the second
    for (size_t s = 0; s < COUNT_OF(shares); s++) {
        double truth = shares[s][1] - shares[s][0];
        int held = 0, rates = 0;
        for (int e = 0; e < EXPERIMENTS; e++) {
            struct rng rng = rng_make(s, (uint64_t)e);
            size_t only[2] = {0, 0};
            for (int t = 0; t < TRIALS; t++) {
                double at = rng_unit(&rng);
                only[0] += at < shares[s][0];
                only[1] += at >= shares[s][0] && at < shares[s][0] + shares[s][1];
            }
            struct interval paired = paired_interval(only[0], only[1], TRIALS),
                            rate = rate_difference_interval(only[0], only[1], TRIALS);
            held += paired.low <= truth && truth <= paired.high;
            rates += rate.low <= truth && truth <= rate.high;
        }
        assert_true(held > .93 * EXPERIMENTS);
        assert_true(rates > .94 * EXPERIMENTS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_match_known_values),
        cmocka_unit_test(intervals_of_differences_hold_the_truth),
        cmocka_unit_test(conditions_are_understood),
        cmocka_unit_test(clip_scores_match_a_hand_computation),
        cmocka_unit_test(negatives_wait_after_a_detection),
        cmocka_unit_test(curves_equal_single_points),
        cmocka_unit_test(files_give_the_devices_bytes),
        cmocka_unit_test(features_give_the_same_bytes),
        cmocka_unit_test(long_recordings_are_heard_without_seams),
        cmocka_unit_test(noise_is_added_by_the_file_not_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
