// SPDX-License-Identifier: GPL-3.0-or-later
// What is found in a recording: where the word is, levels, badges.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "take_store.h"

// ---- quality and the bounds of speech ---------------------------------------------------------------------------

static struct take_quality judged(const int16_t *samples, size_t count)
{
    struct take_quality quality;
    assert_int_equal(recordings_judge(samples, count, &quality, &error), 0);
    return quality;
}

// Lesson B7: the same word with any silence behind it ends at the same place.
static void end_is_found(const int16_t *samples, size_t count, double noise)
{
    static const int after_ms[] = {0, 300, 900, 2000};
    struct rng rng = rng_make(9, 9);
    double first = 0, latest = 0, earliest = 1e9;
    for (size_t i = 0; i < COUNT_OF(after_ms); i++) {
        size_t longer = count + (size_t)after_ms[i] * AUDIO_RATE / 1000;
        int16_t *padded = calloc(longer + 1, sizeof *padded);
        memcpy(padded, samples, count * sizeof *padded);
        for (size_t k = count; k < longer; k++)
            padded[k] = (int16_t)lrint(noise * rng_normal(&rng));
        struct take_quality quality = judged(padded, longer);
        free(padded);
        first = i ? first : quality.speech_end;
        latest = fmax(latest, quality.speech_end);
        earliest = fmin(earliest, quality.speech_end);
    }
    if (latest - earliest > 0.0201 || first < 0.1)
        fail_msg("the end of speech moves from %.3f to %.3f s", earliest, latest);
}

static void test_the_end_of_speech_does_not_depend_on_the_silence_behind_it(void **state)
{
    (void)state;
    size_t count;
    int16_t *samples = word(0, 0.6, 0, 0.2, 0, &count);
    end_is_found(samples, count, 0);
    end_is_found(samples, count, 3);
    struct take_quality quality = judged(samples, count);
    assert_true(fabs(quality.speech_end - 0.6) < 0.03);
    free(samples);
}

static int shared_words(struct text_list *files)
{
    const char *shared = getenv("WAKESMITH_SHARED");
    char folder[512];
    snprintf(folder, sizeof folder, "%s/data/positives", shared ? shared : "");
    if (!shared || !folder_exists(folder)) {
        print_message("skipped: no ../shared\n");
        return -1;
    }
    must(folder_list(folder, audio_endings, files, &error));
    return 0;
}

static void test_real_words_end_where_they_end_and_are_good(void **state)
{
    (void)state;
    struct text_list files = {0};
    if (shared_words(&files) < 0)
        skip();
    size_t good = 0, heard = 0;
    for (size_t i = 0; i < files.count; i += 5, heard++) {
        struct pcm pcm;
        must(audio_read(files.items[i], 0, 0, &pcm, &error));
        struct take_quality quality = judged(pcm.samples, pcm.count);
        good += quality.faults == 0;
        assert_false(quality.faults & (FAULT_NO_SPEECH | FAULT_TOO_SHORT | FAULT_TOO_QUIET | FAULT_NOISY));
        size_t begin = (size_t)(quality.speech_start * AUDIO_RATE), end = (size_t)(quality.speech_end * AUDIO_RATE);
        assert_true(end > begin && end <= pcm.count);
        if (i % 10 == 0)
            end_is_found(pcm.samples + begin, end - begin, i % 20 ? 0 : 2);
        free(pcm.samples);
    }
    assert_true(good * 100 >= heard * 95);
    text_list_free(&files);
}

static void test_badges(void **state)
{
    (void)state;
    enum { SECONDS_3 = 3 * AUDIO_RATE };
    static const struct {
        const char *name;
        double before, seconds, after, level, noise;
        unsigned faults, allowed; // must have, may have
    } cases[] = {
        {"a good take", .4, .6, .9, .2, .0005, 0, 0},
        {"the same, quiet", .4, .6, .9, .002, .00002, FAULT_TOO_QUIET, 0},
        {"shouted", .4, .6, .9, 3, .0005, FAULT_CLIPPED, 0},
        {"a burst of 80 ms", .4, .08, .9, .2, .0005, FAULT_TOO_SHORT, FAULT_NO_SPEECH},
        {"in loud noise", .4, .6, .9, .2, .03, FAULT_NOISY, 0},
        {"noise alone", 1, 0, 1, 0, .05, FAULT_NO_SPEECH, FAULT_TOO_SHORT},
        {"silence", 1, 0, 1, 0, 0, FAULT_NO_SPEECH, FAULT_TOO_QUIET},
        {"the rounding of silence", 1, 0, 1, 0, .00002, FAULT_NO_SPEECH, FAULT_TOO_QUIET | FAULT_TOO_SHORT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t count;
        int16_t *samples =
            word(cases[i].before, cases[i].seconds, cases[i].after, cases[i].level, cases[i].noise, &count);
        struct take_quality quality = judged(samples, count);
        free(samples);
        if ((quality.faults & cases[i].faults) != cases[i].faults ||
            (quality.faults & ~(cases[i].faults | cases[i].allowed)))
            fail_msg("%s: faults %u, rms %.1f dB, snr %.1f dB, %.2f to %.2f s", cases[i].name, quality.faults,
                     quality.rms_db, quality.snr_db, quality.speech_start, quality.speech_end);
    }
    struct take_quality quality = judged(NULL, 0);
    assert_true(quality.faults & FAULT_NO_SPEECH);
    int16_t *click = calloc(SECONDS_3, sizeof *click); // a click, and a cough without voice
    struct rng rng = rng_make(4, 4);
    for (int i = 0; i < 80 * AUDIO_RATE / 1000; i++)
        click[AUDIO_RATE + i] = (int16_t)lrint(6000 * rng_normal(&rng));
    assert_true(judged(click, SECONDS_3).faults & FAULT_TOO_SHORT);
    free(click);
    json_t *badges = recordings_badges(FAULT_CLIPPED | FAULT_NOISY);
    assert_int_equal(json_array_size(badges), 2);
    assert_string_equal(json_string_value(json_array_get(badges, 0)), "clipped");
    json_decref(badges);
}

static void test_levels_are_those_of_a_tone(void **state)
{
    (void)state;
    int16_t tone[AUDIO_RATE];
    for (int i = 0; i < AUDIO_RATE; i++) // -40 dB RMS
        tone[i] = (int16_t)lrint(32768 * 0.01 * M_SQRT2 * sin(2 * M_PI * 1000 * i / AUDIO_RATE));
    struct take_quality quality = judged(tone, AUDIO_RATE);
    assert_true(fabs(quality.rms_db + 40) < 0.3);
    assert_true(fabs(quality.peak_db + 37) < 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_end_of_speech_does_not_depend_on_the_silence_behind_it, make_store,
                                        drop_store),
        cmocka_unit_test_setup_teardown(test_real_words_end_where_they_end_and_are_good, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_badges, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_levels_are_those_of_a_tone, make_store, drop_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
