// SPDX-License-Identifier: GPL-3.0-or-later
// Engines that speak when the user has installed them: RHVoice, here with a library of our own (fake_rhvoice.c,
// $WAKESMITH_FAKE), and mbrola.
#include "speech/speech.h"
#include "speech/speech_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct error error;
static char names[64][64]; // of the voices that were found last

static size_t voices_of(const char *engine, const char *code, struct voice found[], size_t most)
{
    const struct language *language;
    struct voice *voices;
    size_t count, n = 0;
    assert_int_equal(text_language_named(code, &language, &error), 0);
    assert_int_equal(speech_voices(language, &voices, &count, &error), 0);
    for (size_t i = 0; i < count; i++)
        if (strcmp(voices[i].engine, engine) == 0 && n < most && n < COUNT_OF(names)) {
            found[n] = voices[i];
            found[n].name = strncpy(names[n], voices[i].name, sizeof names[n] - 1);
            n++;
        }
    free(voices);
    return n;
}

static void test_rhvoice(void **state)
{
    (void)state;
    struct voice found[8];
    setenv("WAKESMITH_RHVOICE", getenv("WAKESMITH_FAKE"), 1);
    assert_int_equal(voices_of("rhvoice", "ru", found, COUNT_OF(found)), 1);
    assert_string_equal(found[0].name, "Ivan");
    assert_int_equal(voices_of("rhvoice", "de", found, COUNT_OF(found)), 0);
    assert_int_equal(voices_of("rhvoice", "en", found, COUNT_OF(found)), 2);
    assert_string_equal(found[0].name, "Ada");
    assert_int_equal(found[0].group, found[1].group); // "-hq" is the same person
    assert_false(found[0].neural);
}

// Lengths as asked, the same bytes for any number of processes, and no [[phonemes]].
static void test_rhvoice_speaks(void **state)
{
    (void)state;
    static const char *const texts[] = {"hello computer"}, *const phonemes[] = {"[[h@l'oU]]"};
    struct voice found[8];
    void *bytes[2];
    size_t sizes[2];
    char path[] = "/tmp/test_installed_XXXXXX";
    assert_true(close(mkstemp(path)) == 0);
    struct speech_request request = {.texts = texts,
                                     .text_count = 1,
                                     .language = text_language_of("english"),
                                     .clips = 40,
                                     .duration_median = .9,
                                     .duration_sigma = .1,
                                     .seed = 7,
                                     .voices = found,
                                     .voice_count = voices_of("rhvoice", "en", found, COUNT_OF(found))};
    for (int i = 0; i < 2; i++) {
        struct corpus corpus;
        request.threads = 1 + 2 * i;
        if (speech_generate(&request, path, NULL, NULL, &error) < 0)
            fail_msg("%s", error.message);
        assert_int_equal(file_read(path, 1 << 28, &bytes[i], &sizes[i], &error), 0);
        assert_int_equal(corpus_open(&corpus, path, &error), 0);
        double sum = 0;
        for (size_t k = 0; k < corpus.clip_count; k++)
            sum += corpus.clips[k].count;
        assert_true(fabs(sum / 40 / AUDIO_RATE - .9) < .1);
        corpus_close(&corpus);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    request.texts = phonemes;
    assert_int_equal(speech_generate(&request, path, NULL, NULL, &error), ERROR_USAGE);
    remove(path);
    free(bytes[0]);
    free(bytes[1]);
}

static void test_a_library_that_is_none(void **state)
{
    (void)state;
    const char *const others[] = {"/nonexistent.so", "libz.so.1", getenv("WAKESMITH_OLDER")};
    struct voice found[8];
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        setenv("WAKESMITH_RHVOICE", others[i], 1);
        assert_int_equal(voices_of("rhvoice", "en", found, COUNT_OF(found)), 0);
    }
}

// Each speaker is a timbre of its own, also in other languages; without the program nobody is promised.
static void test_mbrola(void **state)
{
    (void)state;
    struct voice found[64];
    size_t count = voices_of("mbrola", "en", found, COUNT_OF(found));
    if (system("command -v mbrola >/dev/null") != 0)
        assert_int_equal(count, 0);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            bool same = strncmp(found[i].name, found[k].name, strlen("mb/mb-us1")) == 0;
            assert_int_equal(found[i].group == found[k].group, same);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rhvoice),
        cmocka_unit_test(test_rhvoice_speaks),
        cmocka_unit_test(test_a_library_that_is_none),
        cmocka_unit_test(test_mbrola),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
