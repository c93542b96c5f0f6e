// SPDX-License-Identifier: GPL-3.0-or-later
// The promises of src/collection/collection.h; tests/e2e/test_datasets.py fetches and imports as a user does.
#include "audio/audio.h"
#include "collection/collection_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/wakesmith-collection-XXXXXX";

static void patterns_find_languages(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path, *language; // NULL: it does not fit
    } rows[] = {{"*/{}/a.ogg", "x/y/en/a.ogg", "en"},
                {"*/{}/*.ogg", "x/pt_BR/d/a.ogg", "pt"},
                {"*/{}/*.ogg", "x/sr@latin/a.ogg", "sr"},
                {"*_desc_{}.ogg", "cow_desc_zh_tw.ogg", "zh"},
                {"*_desc_{}.ogg", "cow_desc.ogg", NULL},
                {"*/{}/*", "x/male1/a", NULL},
                {"{}", "nds", "nds"},
                {"{}", "e", NULL},
                {"*", "", ""},
                {"a*c", "abd", NULL},
                {"*{}*{}*", "1en2de3", "en"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char language[8] = "";
        bool fits = pattern_fits(rows[i].pattern, rows[i].path, language);
        assert_int_equal(fits, rows[i].language != NULL);
        if (fits)
            assert_string_equal(language, rows[i].language);
    }
}

static void packages_are_known_by_their_paths(void **state)
{
    (void)state;
    char language[8];
    const struct package_rule *rule =
        package_rule_for("tuxpaint-stamps-default", "usr/share/x/cow_desc_el.ogg", language);
    assert_true(rule && rule->kind == COLLECTION_SPEECH);
    assert_string_equal(language, "el");
    rule = package_rule_for("tuxpaint-stamps-default", "usr/share/x/cow.ogg", language);
    assert_true(rule && rule->kind == COLLECTION_NOISE);
    assert_null(package_rule_for("asterisk-core-sounds-ru-wav", "usr/share/x/silence/1.wav", language));
    assert_null(package_rule_for("bash", "usr/share/x/1.wav", language));
}

// Packages that measure must never train: the list of index.tsv, by source package, and two that the issue names.
static void what_measures_is_in_no_package(void **state)
{
    (void)state;
    static const char *const never[] = {"asc-music",
                                        "asterisk-moh-opsound",
                                        "hedgewars",
                                        "hyperrogue",
                                        "librosa",
                                        "naev",
                                        "openarena-088",
                                        "ufoai",
                                        "endless-sky",
                                        "kanagram",
                                        "openarena-081",
                                        "arabic-speech",
                                        "fillets-ng-data-cs",
                                        "asterisk-core-sounds-en",
                                        "asterisk-core-sounds-fr",
                                        "asterisk-core-sounds-it",
                                        "asterisk-prompt-it-menardi",
                                        "festvox-ru",
                                        "pocketsphinx",
                                        "wesnoth",
                                        "planetblupi"};
    for (size_t i = 0; i < package_rule_count; i++)
        for (size_t k = 0; k < COUNT_OF(never); k++)
            assert_int_not_equal(strncmp(package_rules[i].package, never[k], strlen(never[k])), 0);
}

static void put(unsigned char **at, uint32_t value, int bytes)
{
    while (bytes--)
        *(*at)++ = (unsigned char)(value >> 8 * bytes);
}

static int talkie(const char *name, uint32_t offset, uint32_t size, struct error *error)
{
    unsigned char bytes[64] = "QTBLCEM10", *at = bytes + 12;
    char *path = path_join(folder, "queen.1c"), *below = path_join(folder, "talkie");
    put(&at, 1, 1);
    put(&at, 1, 2);
    memcpy(at, name, strlen(name));
    at += 12;
    put(&at, 1, 1);
    put(&at, offset, 4);
    put(&at, size, 4);
    memcpy(at, "sound", 5);
    assert_int_equal(file_write(path, bytes, (size_t)(at - bytes) + 5, error), 0);
    int code = talkie_unpack(path, below, error);
    free(path);
    free(below);
    return code;
}

static void a_talkie_gives_its_speech(void **state)
{
    (void)state;
    struct error error;
    void *data;
    size_t size;
    char *path = path_join(folder, "talkie/0100J1.mp3");
    assert_int_equal(talkie("0100J1.SB", 36, 5, &error), 0);
    assert_int_equal(file_read(path, 100, &data, &size, &error), 0);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "sound", 5);
    free(data);
    remove(path);
    assert_int_equal(talkie("0100J1.SB", 36, 6, &error), ERROR_FORMAT);
    assert_int_equal(talkie("0100J1.SB", UINT32_MAX, 5, &error), ERROR_FORMAT);
    assert_int_equal(talkie("../../x.SB", 36, 5, &error), 0); // no name of ours: left out
    assert_int_equal(talkie("0100J1.PCX", 36, 5, &error), 0);
    char *below = path_join(folder, "talkie");
    assert_int_equal(folder_count(below, NULL), 0);
    free(below);
    free(path);
}

static void clips_become_long_files(void **state)
{
    (void)state;
    static int16_t samples[AUDIO_RATE];
    struct error error;
    struct clip_list clips = {0};
    struct converted converted = {0};
    struct pcm pcm;
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        samples[i] = (int16_t)lrint(9000 * sin((double)i * 0.05));
    for (int i = 0; i < 4; i++) {
        char *path = text_print("%s/%d.wav", folder, i);
        assert_int_equal(i == 2 ? file_write(path, "RIFF", 4, &error)
                                : audio_write_wav(path, samples, COUNT_OF(samples), &error),
                         0);
        struct clip clip = {
            .path = path, .kind = i == 3 ? COLLECTION_MUSIC : COLLECTION_SPEECH, .language = "en", .source = "tests"};
        assert_int_equal(clip_list_add(&clips, &clip, &error), 0);
        free(path);
    }
    char *made = path_join(folder, "made");
    assert_int_equal(convert_clips(&clips, made, NULL, &converted, &error), 0);
    assert_int_equal(converted.count, 2);
    assert_int_equal(converted.damaged, 1);
    assert_int_equal(converted.sentences.count, 1);
    assert_int_equal(converted.files[0].clips, 2);
    assert_true(text_ends_with(converted.files[0].path, "made/speech/en/tests-00.flac"));
    assert_true(fabs(converted.files[0].seconds - 2.2) < 1e-9); // two of a second and a gap
    assert_int_equal(audio_read(converted.files[0].path, 0, 0, &pcm, &error), 0);
    assert_int_equal(pcm.count, 2 * AUDIO_RATE + AUDIO_RATE / 5);
    assert_memory_equal(pcm.samples, samples, sizeof samples);
    assert_memory_equal(pcm.samples + pcm.count - AUDIO_RATE, samples, sizeof samples);
    free(pcm.samples);
    assert_true(files_lie_there(converted.files, converted.count));
    remove(converted.files[1].path);
    assert_false(files_lie_there(converted.files, converted.count));
    converted_free(&converted);
    clip_list_free(&clips);
    free(made);
}

static void manifests_of_others_are_refused(void **state)
{
    (void)state;
    static const char elsewhere[] = "{\"version\": 1, \"files\": [{\"path\": \"../../x/y.flac\", \"source\": \"a\", "
                                    "\"language\": \"en\", \"seconds\": 1.0, "
                                    "\"clips\": 1, \"bytes\": 1, \"sha256\": "
                                    "\"0000000000000000000000000000000000000000000000000000000000000000\"}]}";
    static const char *const texts[] = {
        "", "{}", "{\"version\": 2, \"files\": []}", "[1]", "{\"version\": 1, \"files\": [{}]}", elsewhere};
    struct collection set;
    struct error error;
    char *path = text_print("%s/training_datasets/debian/manifest.json", folder);
    char *above = text_print("%s/training_datasets/debian", folder);
    assert_int_equal(collection_open(&set, folder, "debian", &error), ERROR_MISSING);
    assert_int_equal(folder_make(above, &error), 0);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(file_write(path, texts[i], strlen(texts[i]), &error), 0);
        assert_int_equal(collection_open(&set, folder, "debian", &error), ERROR_FORMAT);
        assert_non_null(strstr(error.message, "manifest.json"));
    }
    free(path);
    free(above);
}

int main(void)
{
    struct error error;
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_find_languages),        cmocka_unit_test(packages_are_known_by_their_paths),
        cmocka_unit_test(what_measures_is_in_no_package), cmocka_unit_test(a_talkie_gives_its_speech),
        cmocka_unit_test(clips_become_long_files),        cmocka_unit_test(manifests_of_others_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    folder_remove(folder, &error);
    return failed;
}
