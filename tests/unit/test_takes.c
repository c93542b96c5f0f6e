// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn for takes before anything is spoken, and sounds that come twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "speech/speech_internal.h"

enum { PLANS = 5000 };
static const char *const jarvis[] = {"jarvis"};
static char folder[] = "/tmp/test_takes_XXXXXX";
static struct error error;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return folder_remove(folder, &error);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Kolmogorov-Smirnov: no value is farther from its place among uniform ones than chance explains (1 in 1,000).
static void assert_uniform(double *values, size_t count, double low, double high)
{
    qsort(values, count, sizeof *values, ascending);
    double farthest = 0;
    for (size_t i = 0; i < count; i++) {
        double place = (values[i] - low) / (high - low);
        assert_true(place >= 0 && place <= 1);
        farthest = fmax(farthest, fmax(fabs(place - (double)i / (double)count), fabs(place - (double)(i + 1) / (double)count)));
    }
    assert_true(farthest * sqrt((double)count) < 1.95);
}

// Pearson: counts follow the expected ones, as well as 1 in 1,000 of chance does. Sums of what is expected less than
// five times are one cell.
static void assert_follows(const double *counts, const double *expected, size_t cells)
{
    double chi = 0, rest[2] = {0, 0};
    size_t used = 0;
    for (size_t i = 0; i < cells; i++) {
        if (expected[i] < 5) {
            rest[0] += counts[i];
            rest[1] += expected[i];
            continue;
        }
        chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
        used++;
    }
    if (rest[1] >= 5) {
        chi += (rest[0] - rest[1]) * (rest[0] - rest[1]) / rest[1];
        used++;
    }
    assert_true(used > 1);
    double freedom = (double)used - 1, cube = 1 - 2 / (9 * freedom) + 3.09 * sqrt(2 / (9 * freedom));
    if (chi >= freedom * cube * cube * cube) // Wilson and Hilferty
        fail_msg("chi squared is %.1f with %.0f degrees of freedom", chi, freedom);
}

// PLANS takes of a training corpus, shard by shard, as the child processes draw them.
static void draw_plans(const struct speech_request *request, const int *rows, struct take_plan *plans)
{
    static const uint32_t text = 0;
    for (size_t i = 0; i < PLANS; i += SHARD_TAKES) {
        struct shard shard = {.request = request, .voices = request->voices, .rows = rows, .voice_count = request->voice_count,
                              .texts = &text, .text_count = 1, .number = i / SHARD_TAKES, .first = i,
                              .takes = PLANS - i < SHARD_TAKES ? PLANS - i : SHARD_TAKES};
        struct rng rng = shard_rng(&shard);
        for (size_t k = 0; k < shard.takes; k++)
            plans[i + k] = take_draw(&shard, shard_text(&shard, k), &rng);
    }
}

// Voices by their shares, timbres within an engine's dialects alike, prosody uniform; in languages with many voices and
// in those that one voice used to speak.
static void B17_voices_and_prosody_are_drawn_uniformly(void **state)
{
    (void)state;
    static const char *const languages[] = {"en", "ru", "de"};
    for (size_t l = 0; l < COUNT_OF(languages); l++) {
        const struct language *language;
        struct voice *voices;
        size_t count, distinct = 0;
        assert_int_equal(text_language_named(languages[l], &language, &error), 0);
        assert_int_equal(speech_voices(language, &voices, &count, &error), 0);
        struct speech_request request = {.texts = jarvis, .text_count = 1, .language = language, .clips = PLANS,
                                         .duration_median = .67, .duration_sigma = .2, .seed = 1, .voices = voices,
                                         .voice_count = count};
        int *rows = calloc(count, sizeof *rows), groups = 0;
        double total = 0, *spoke = calloc(count, sizeof *spoke), *share = calloc(count, sizeof *share);
        for (size_t i = 0; i < count; i++) {
            rows[i] = speech_engine_row(voices[i].engine);
            total += voices[i].share;
            groups = voices[i].group >= groups ? voices[i].group + 1 : groups;
        }
        struct take_plan *plans = calloc(PLANS, sizeof *plans);
        double *pitch = calloc(PLANS, sizeof *pitch), *range = calloc(PLANS, sizeof *range), *timbre = calloc(PLANS, sizeof *timbre),
               *grouped = calloc((size_t)groups, sizeof *grouped), *group_share = calloc((size_t)groups, sizeof *group_share);
        draw_plans(&request, rows, plans);
        for (size_t i = 0; i < PLANS; i++) {
            const double *bounds = speech_engines[rows[plans[i].voice]].timbre;
            pitch[i] = plans[i].prosody.pitch;
            range[i] = plans[i].prosody.range;
            timbre[i] = log(plans[i].timbre / bounds[0]) / log(bounds[1] / bounds[0]);
            distinct += spoke[plans[i].voice]++ == 0;
            grouped[voices[plans[i].voice].group]++;
        }
        for (size_t i = 0; i < count; i++) {
            share[i] = PLANS * voices[i].share / total;
            group_share[voices[i].group] += share[i];
        }
        assert_follows(spoke, share, count);
        assert_follows(grouped, group_share, (size_t)groups);
        assert_uniform(pitch, PLANS, -1, 1);
        assert_uniform(range, PLANS, 0, 1);
        assert_uniform(timbre, PLANS, 0, 1);
        assert_true(groups >= 50 && distinct >= 50);
        // No timbre is a favourite: with one dialect, each variant of espeak-ng has the same share. They stand together.
        for (size_t i = 1; i < count; i++) {
            size_t dialect = strcspn(voices[i].name, "+") + 1;
            if (strcmp(voices[i].engine, "espeak-ng") == 0 && strncmp(voices[i].name, voices[i - 1].name, dialect) == 0)
                assert_true(fabs(voices[i].share - voices[i - 1].share) < 1e-12);
        }
        void *const memory[] = {rows, spoke, share, plans, pitch, range, timbre, grouped, group_share, voices};
        for (size_t i = 0; i < COUNT_OF(memory); i++)
            free(memory[i]);
    }
}

// Two shards that answer the same sounds: they are in the corpus once, and what is missing is spoken anew.
static void B17_the_same_sound_again_is_left_out(void **state)
{
    (void)state;
    static const char key[65] = "0123456789012345678901234567890123456789012345678901234567890123";
    struct speech_request request = {.texts = jarvis, .text_count = 1, .clips = SHARD_TAKES, .duration_median = .67,
                                     .duration_sigma = .2, .units = 1.2, .seed = 3, .threads = 2, .key = key};
    struct speech_report report;
    struct journal journal;
    struct buffer answer;
    struct corpus corpus;
    char *path = path_join(folder, "corpus"), *kept = path_join(folder, "journal");
    request.journal = kept;
    assert_int_equal(text_language_named("de", &request.language, &error), 0);
    assert_int_equal(speech_generate(&request, path, NULL, &report, &error), 0);
    assert_int_equal(report.duplicates, 0);

    buffer_init(&answer, SIZE_MAX);
    assert_int_equal(journal_open(&journal, kept, key, &error), 0);
    assert_int_equal(journal_read(&journal, &answer, &error), 1);
    journal_close(&journal);
    size_t good = 0;
    for (size_t at = 0; at + sizeof(struct take) <= answer.size;) {
        struct take take;
        memcpy(&take, answer.data + at, sizeof take);
        good += take.fault == AUDIO_GOOD;
        at += sizeof take + take.count * sizeof(int16_t);
    }
    unlink(kept);
    assert_int_equal(journal_open(&journal, kept, key, &error), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(journal_append(&journal, answer.data, answer.size, &error), 0);
    journal_close(&journal);
    buffer_free(&answer);

    request.clips = 2 * SHARD_TAKES;
    assert_int_equal(speech_generate(&request, path, NULL, &report, &error), 0);
    assert_true(good > 0);
    assert_int_equal(report.duplicates, good);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    assert_int_equal(corpus.clip_count, 2 * SHARD_TAKES);
    for (size_t i = 0; i < corpus.clip_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct spoken *a = &corpus.clips[i], *b = &corpus.clips[k];
            assert_false(a->count == b->count && memcmp(corpus.samples + a->start, corpus.samples + b->start,
                                                        a->count * sizeof *corpus.samples) == 0);
        }
    corpus_close(&corpus);
    free(path);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B17_voices_and_prosody_are_drawn_uniformly),
        cmocka_unit_test(B17_the_same_sound_again_is_left_out),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
