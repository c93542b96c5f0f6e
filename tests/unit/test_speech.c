// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/speech.h"
#include "speech/speech_internal.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <espeak-ng/speak_lib.h>

static const struct language english = {.code = "en", .other_code = "", .name = "English", .espeak = "gmw/en-US"};
static const struct language german = {.code = "de", .other_code = "", .name = "German", .espeak = "de"};
static const struct language unknown = {.code = "xx", .other_code = "", .name = "Nowhereish", .espeak = "xx"};

static char folder[] = "/tmp/test_speech_XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    struct error error;
    return folder_remove(folder, &error);
}

static const char *const jarvis[] = {"jarvis"};

static struct speech_request request_for(const struct language *language, size_t clips)
{
    return (struct speech_request){.texts = jarvis,
                                   .text_count = 1,
                                   .language = language,
                                   .clips = clips,
                                   .duration_median = .67,
                                   .duration_sigma = .2,
                                   .units = 1.2,
                                   .seed = 7,
                                   .threads = 2};
}

static struct speech_report speak(const struct speech_request *request, const char *path)
{
    struct error error = {0};
    struct speech_report report;
    if (speech_generate(request, path, NULL, &report, &error) < 0)
        fail_msg("%s", error.message);
    return report;
}

static char *file_bytes(const char *path, size_t *size)
{
    struct error error;
    void *data = NULL;
    assert_int_equal(file_read(path, 1 << 28, &data, size, &error), 0);
    return data;
}

static void test_same_clips_for_any_number_of_processes(void **state)
{
    (void)state;
    char *paths[2] = {path_join(folder, "one"), path_join(folder, "three")};
    struct speech_request request = request_for(&english, 120);
    size_t sizes[2];
    char *bytes[2];
    for (int i = 0; i < 2; i++) {
        request.threads = i ? 3 : 1;
        speak(&request, paths[i]);
        bytes[i] = file_bytes(paths[i], &sizes[i]);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    request.seed++;
    speak(&request, paths[1]);
    free(bytes[1]);
    bytes[1] = file_bytes(paths[1], &sizes[1]);
    assert_true(sizes[0] != sizes[1] || memcmp(bytes[0], bytes[1], sizes[0]) != 0);
    for (int i = 0; i < 2; i++) {
        free(bytes[i]);
        free(paths[i]);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Durations as asked, level as promised, the engines' shares, several groups.
static void test_clips_are_as_requested(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    struct speech_request request = request_for(&english, 160);
    char *path = path_join(folder, "clips");
    struct speech_report report = speak(&request, path);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    assert_int_equal(corpus.clip_count, 160);
    assert_true(report.groups >= 20 && corpus.groups >= (int)report.groups);
    double seconds[160], logs = 0, squares = 0;
    size_t engines[8] = {0};
    for (size_t i = 0; i < 160; i++) {
        const struct spoken *clip = &corpus.clips[i];
        int peak = 0;
        for (size_t k = 0; k < clip->count; k++)
            peak = abs(corpus.samples[clip->start + k]) > peak ? abs(corpus.samples[clip->start + k]) : peak;
        assert_in_range(peak, 19990, 20010);
        seconds[i] = clip->count / 16000.0;
        logs += log(seconds[i]) / 160;
        squares += log(seconds[i]) * log(seconds[i]) / 160;
        engines[clip->engine]++;
    }
    qsort(seconds, 160, sizeof *seconds, by_size);
    assert_true(seconds[80] > .62 && seconds[80] < .74);
    double sigma = sqrt(squares - logs * logs);
    assert_true(sigma > .14 && sigma < .26);
    for (size_t i = 0, used = engines[1] ? 2 : 1; i < used; i++)
        assert_true(engines[i] * used > 110 && engines[i] * used < 210);
    corpus_close(&corpus);
    free(path);
}

// A text that no voice can say in the judged length costs its takes, and the others fill up.
static void test_refill(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    const char *texts[] = {"jarvis", "."};
    struct speech_request request = request_for(&german, 60);
    request.texts = texts;
    request.text_count = 2;
    char *path = path_join(folder, "refill");
    struct speech_report report = speak(&request, path);
    assert_true(report.tried > 100);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    assert_int_equal(corpus.clip_count, 60);
    for (size_t i = 0; i < corpus.clip_count; i++)
        assert_int_equal(corpus.clips[i].text, 0);
    corpus_close(&corpus);
    request.texts = texts + 1; // nothing at all can be said
    request.text_count = 1;
    assert_int_equal(speech_generate(&request, path, NULL, &report, &error), ERROR_STATE);
    assert_non_null(strstr(error.message, "none was good"));
    free(path);
}

static void test_texts_are_said_equally_often(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    const char *texts[] = {"computer", "[[dZ'A@vIs]]", "snowboy"};
    struct speech_request request = request_for(&german, 90);
    request.texts = texts;
    request.text_count = 3;
    char *path = path_join(folder, "texts");
    speak(&request, path);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    size_t counts[3] = {0};
    for (size_t i = 0; i < corpus.clip_count; i++)
        counts[corpus.clips[i].text]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 27, 33);
    corpus_close(&corpus);
    free(path);
}

static void test_voices(void **state)
{
    (void)state;
    struct error error = {0};
    struct voice *voices;
    size_t count;
    assert_int_equal(speech_voices(&english, &voices, &count, &error), 0);
    int groups = 0;
    double shares[2] = {0, 0}; // of espeak-ng, and of flite where it is: equal
    for (size_t i = 0; i < count; i++) {
        assert_true(voices[i].group >= 0 && voices[i].share > 0);
        groups = voices[i].group >= groups ? voices[i].group + 1 : groups;
        shares[strcmp(voices[i].engine, "flite") == 0] += voices[i].share;
        // One variant is one speaker, whichever dialect it speaks.
        for (size_t k = 0; k < i; k++) {
            const char *a = strchr(voices[i].name, '+'), *b = strchr(voices[k].name, '+');
            if (a && b && strcmp(a, b) == 0)
                assert_int_equal(voices[i].group, voices[k].group);
        }
    }
    assert_true(groups >= 50);
    assert_true(shares[1] == 0 || fabs(shares[0] - shares[1]) < 1e-9);

    char one[65], again[65], other[65];
    assert_int_equal(speech_signature(voices, count, one, &error), 0);
    assert_int_equal(speech_signature(voices, count, again, &error), 0);
    assert_int_equal(speech_signature(voices, count - 1, other, &error), 0);
    free(voices);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);

    assert_int_equal(speech_voices(&unknown, &voices, &count, &error), ERROR_MISSING);
    assert_non_null(strstr(error.message, "Nowhereish"));
    struct speech_request request = request_for(&unknown, 10);
    char *path = path_join(folder, "none");
    assert_int_equal(speech_generate(&request, path, NULL, NULL, &error), ERROR_MISSING);
    assert_false(file_exists(path));
    free(path);
}

// Only the voices that the caller names speak.
static void test_chosen_voices(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    struct voice chosen[] = {{"espeak-ng", "gmw/de+f2", 3, .5, false, 0}, {"espeak-ng", "gmw/de+m3", 5, .5, false, 0}};
    struct speech_request request = request_for(&german, 40);
    request.voices = chosen;
    request.voice_count = 2;
    char *path = path_join(folder, "chosen");
    struct speech_report report = speak(&request, path);
    assert_int_equal(report.voices, 2);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    assert_int_equal(corpus.groups, 6);
    for (size_t i = 0; i < corpus.clip_count; i++)
        assert_true(corpus.clips[i].group == 3 || corpus.clips[i].group == 5);
    corpus_close(&corpus);
    chosen[1].engine = "nobody";
    assert_int_equal(speech_generate(&request, path, NULL, NULL, &error), ERROR_MISSING);
    free(path);
}

static void test_damaged_corpus_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    struct speech_request request = request_for(&german, 2);
    char *path = path_join(folder, "damaged");
    speak(&request, path);
    size_t size;
    char *bytes = file_bytes(path, &size);
    // Every byte of header and index, and a walk through the samples.
    for (size_t at = 0; at < size; at += at < 64 || at + 128 > size ? 1 : 97) {
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        FILE *file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        fclose(file);
        assert_int_equal(corpus_open(&corpus, path, &error), ERROR_FORMAT);
        assert_non_null(strstr(error.message, path));
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
    }
    for (size_t cut = 0; cut < size; cut += 1 + cut / 3) {
        assert_int_equal(file_write(path, bytes, cut, &error), 0);
        assert_int_equal(corpus_open(&corpus, path, &error), ERROR_FORMAT);
    }
    assert_int_equal(file_write(path, bytes, size, &error), 0);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    corpus_close(&corpus);
    corpus_close(NULL);
    free(bytes);
    free(path);
}

static void test_stop(void **state)
{
    (void)state;
    struct error error = {0};
    volatile int stop = 1;
    struct progress progress = {.stop = &stop};
    struct speech_request request = request_for(&english, 500);
    char *path = path_join(folder, "stopped");
    assert_int_equal(speech_generate(&request, path, &progress, NULL, &error), ERROR_CANCELLED);
    assert_false(file_exists(path));
    free(path);
}

static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static void test_near_misses(void **state)
{
    (void)state;
    struct error error = {0};
    static const struct {
        const struct language *language;
        const char *phrase, *phonemes;
    } rows[] = {{&english, "hey jarvis", "dZ|'A@|v|I|s"},
                {&english, "computer", "k|@|m|p|j|'u:|t#|3"},
                {&german, "hallo haus", "h|'aU|s"}};
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        struct text_list texts, again, other;
        assert_int_equal(speech_near_misses(rows[row].phrase, rows[row].language, 300, 1, &texts, &error), 0);
        assert_int_equal(speech_near_misses(rows[row].phrase, rows[row].language, 300, 1, &again, &error), 0);
        assert_int_equal(speech_near_misses(rows[row].phrase, rows[row].language, 300, 2, &other, &error), 0);
        assert_int_equal(texts.count, 300);
        size_t words = 0, changed = 0;
        for (size_t i = 0; i < texts.count; i++) {
            assert_string_equal(texts.items[i], again.items[i]);
            changed += strcmp(texts.items[i], other.items[i]) != 0;
            assert_false(contains(texts.items[i], rows[row].phrase));
            if (strchr(rows[row].phrase, ' ') == NULL)
                assert_false(contains(texts.items[i], rows[row].phonemes));
            words += texts.items[i][0] != '[';
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(texts.items[i], texts.items[k]);
        }
        assert_true(words >= 20 && words <= 230);
        assert_true(changed > 200);
        text_list_free(&texts);
        text_list_free(&again);
        text_list_free(&other);
    }
    struct text_list texts;
    assert_int_equal(speech_near_misses("jarvis", &unknown, 10, 1, &texts, &error), ERROR_MISSING);
    assert_non_null(strstr(error.message, "Nowhereish"));
}

// Every engine must be able to say every near miss.
static void test_near_misses_can_be_spoken(void **state)
{
    (void)state;
    struct error error = {0};
    struct corpus corpus;
    struct text_list texts;
    assert_int_equal(speech_near_misses("jarvis", &english, 120, 1, &texts, &error), 0);
    struct speech_request request = request_for(&english, 120);
    request.texts = (const char *const *)texts.items;
    request.text_count = texts.count;
    char *path = path_join(folder, "near");
    struct speech_report report = speak(&request, path);
    assert_true(report.tried < 150);
    assert_int_equal(corpus_open(&corpus, path, &error), 0);
    struct voice *voices;
    size_t count;
    assert_int_equal(speech_voices(&english, &voices, &count, &error), 0);
    bool flite = strcmp(voices[count - 1].engine, "flite") == 0;
    size_t by_flite = 0;
    for (size_t i = 0; i < corpus.clip_count; i++)
        by_flite += corpus.clips[i].engine == 1;
    assert_true(!flite || by_flite > 40);
    free(voices);
    corpus_close(&corpus);
    text_list_free(&texts);
    free(path);
}

static void test_sentences(void **state)
{
    (void)state;
    struct error error = {0};
    static const struct {
        const struct language *language;
        const char *phrase;
    } rows[] = {{&english, "computer"}, {&english, "okay"}, {&german, "Computer"}, {&german, "bitte"}};
    size_t all_found = 0;
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        struct text_list texts, again;
        bool found[400] = {false};
        assert_int_equal(speech_sentences(rows[row].language, 400, 5, &texts, &error), 0);
        assert_int_equal(speech_sentences(rows[row].language, 400, 5, &again, &error), 0);
        assert_int_equal(texts.count, 400);
        assert_int_equal(speech_find(rows[row].phrase, rows[row].language, &texts, found, &error), 0);
        size_t spaces = 0, left = 0;
        for (size_t i = 0; i < texts.count; i++) {
            assert_string_equal(texts.items[i], again.items[i]);
            assert_true(found[i] || !contains(texts.items[i], rows[row].phrase));
            for (const char *c = texts.items[i]; *c; c++)
                spaces += *c == ' ';
            left += !found[i];
        }
        assert_true(left > 350);
        all_found += 400 - left;
        assert_true(spaces > 2 * texts.count);
        text_list_free(&texts);
        text_list_free(&again);
    }
    assert_true(all_found > 0);
    struct text_list texts;
    assert_int_equal(speech_sentences(&unknown, 10, 1, &texts, &error), 0); // numbers only
    text_list_free(&texts);
}

static void test_phonemes_and_lengths(void **state)
{
    (void)state;
    struct error error = {0};
    char *phonemes;
    assert_int_equal(speech_phonemes("jarvis", &english, &phonemes, &error), 0);
    assert_string_equal(phonemes, "dZ_'A@_v_I_s");
    free(phonemes);
    double jarvis_seconds = speech_expected_seconds("jarvis", &english),
           stop = speech_expected_seconds("stop", &english);
    double long_phrase = speech_expected_seconds("hey wonderful refrigerator", &english);
    assert_true(jarvis_seconds > .6 && jarvis_seconds < .75);
    assert_true(stop < jarvis_seconds && jarvis_seconds + .3 < long_phrase && long_phrase < 2);
    assert_int_equal(speech_phonemes("jarvis", &unknown, &phonemes, &error), ERROR_MISSING);
}

// Signs that the engine spells out in English would train on "Chinese letter".
static void test_unreadable_text(void **state)
{
    (void)state;
    struct error error = {0};
    const struct language *japanese;
    assert_int_equal(text_language_named("ja", &japanese, &error), 0);
    const char *texts[] = {"\xe6\x9d\xb1\xe4\xba\xac"};
    struct speech_request request = request_for(japanese, 10);
    request.texts = texts;
    char *path = path_join(folder, "unreadable");
    assert_int_equal(speech_generate(&request, path, NULL, NULL, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, texts[0]));
    free(path);
}

// Writes espeak-ng's languages that no row of the table has, and rows whose voice espeak-ng has not.
static int say_unnamed_languages(void *context, int output)
{
    (void)context;
    if (espeak_open() != 0)
        return -1;
    const espeak_VOICE **voices = espeak_ListVoices(NULL);
    bool found[256] = {false};
    for (const espeak_VOICE **at = voices; *at; at++) {
        const char *name = (*at)->identifier, *slash = strrchr(name, '/'), *tag = slash ? slash + 1 : name;
        bool named = strncmp(name, "mb/", 3) == 0;
        for (size_t i = 0; i < text_language_count; i++) {
            const char *own = strrchr(text_languages[i].espeak, '/');
            own = own ? own + 1 : text_languages[i].espeak;
            named |= strcspn(own, "-") == strcspn(tag, "-") && strncmp(own, tag, strcspn(own, "-")) == 0;
            found[i] |= strcmp(text_languages[i].espeak, name) == 0;
        }
        if (!named)
            dprintf(output, "%s ", name);
    }
    for (size_t i = 0; i < text_language_count; i++)
        if (!found[i])
            dprintf(output, "!%s ", text_languages[i].code);
    return 0;
}

static void test_every_language_of_espeak_has_a_row(void **state)
{
    (void)state;
    struct error error = {0};
    struct buffer answer = {0};
    assert_int_equal(child_call(say_unnamed_languages, NULL, &answer, "a test", &error), 0);
    if (answer.size)
        fail_msg("%.*s", (int)answer.size, (const char *)answer.data);
    buffer_free(&answer);
}

// Chinese is read from characters and from pinyin, with the same sounds.
static void test_chinese(void **state)
{
    (void)state;
    struct error error = {0};
    const struct language *chinese;
    char *characters, *pinyin;
    struct voice *voices;
    size_t count;
    assert_int_equal(text_language_named("zh", &chinese, &error), 0);
    assert_int_equal(speech_phonemes("你好小智", chinese, &characters, &error), 0);
    assert_int_equal(speech_phonemes("ni3 hao3 xiao3 zhi4", chinese, &pinyin, &error), 0);
    assert_string_equal(characters, pinyin);
    assert_null(strstr(characters, "(en)"));
    assert_int_equal(speech_voices(chinese, &voices, &count, &error), 0);
    for (size_t i = 0; i < count; i++)
        if (strcmp(voices[i].engine, "espeak-ng") == 0)
            assert_non_null(strstr(voices[i].name, "pinyin")); // the other voice spells the characters in English
    free(voices);
    free(characters);
    free(pinyin);
}

static int crash(void *context, int output)
{
    (void)context;
    child_write(output, "half", 4);
    raise(SIGSEGV);
    return 0;
}

static int say_pid(void *context, int output)
{
    (void)context;
    return dprintf(output, "%ld", (long)getpid()) > 0 ? 0 : -1;
}

// An engine that crashes costs a sentence, never the program.
static void test_crash_in_a_child(void **state)
{
    (void)state;
    struct error error = {0};
    struct buffer answer = {0};
    assert_int_equal(child_call(crash, NULL, &answer, "a test", &error), ERROR_STATE);
    assert_string_equal(error.message, "a test: the speech process crashed");
    assert_int_equal(child_call(say_pid, NULL, &answer, "a test", &error), 0);
    assert_true(atol(answer.data) > 0 && atol(answer.data) != getpid());
    buffer_free(&answer);
}

// ---- neural voices, without their files -------------------------------------------------------------------

// A model with one graph of two nodes: Add, and RandomNormalLike with a name.
static void test_random_nodes_get_a_seed(void **state)
{
    (void)state;
    static const uint8_t model[] = {0x08, 8,   0x3a, 33,  0x0a, 5,   0x22, 3,   'A', 'd', 'd', 0x0a, 24,
                                    0x1a, 4,   'n',  'o', 'd',  'e', 0x22, 16,  'R', 'a', 'n', 'd',  'o',
                                    'm',  'N', 'o',  'r', 'm',  'a', 'l',  'L', 'i', 'k', 'e'};
    struct buffer seeded;
    size_t count;
    assert_int_equal(onnx_seed(model, sizeof model, &seeded, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(seeded.size, sizeof model + 16);
    assert_memory_equal(seeded.data, model, 3);
    assert_int_equal(seeded.data[3], 33 + 16);
    assert_non_null(memmem(seeded.data, seeded.size, "seed", 4));
    buffer_free(&seeded);
    for (size_t size = 1; size < sizeof model; size++) // cut anywhere: no model, and nothing read beyond
        if (size != 2) {
            assert_int_not_equal(onnx_seed(model, size, &seeded, &count), 0);
            buffer_free(&seeded);
        }
}

static void test_catalogue(void **state)
{
    (void)state;
    struct error error = {0};
    struct catalogue *catalogue;
    size_t count, defaults = 0;
    setenv("WAKESMITH_VOICES", folder, 1);
    assert_int_equal(catalogue_open(&catalogue, &error), 0);
    const struct voice_pack *packs = catalogue_packs(catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        assert_true(packs[i].bytes > 1000000 && *packs[i].licence && !packs[i].installed);
        defaults += packs[i].by_default;
    }
    assert_int_equal(defaults, 3);
    assert_int_equal(catalogue_fetch(catalogue, "nobody", NULL, NULL, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "nobody"));
    assert_true(catalogue_fetch(catalogue, "kokoro", "/nonexistent", NULL, &error) < 0);
    assert_non_null(strstr(error.message, "/nonexistent"));
    assert_int_equal(catalogue_import(catalogue, "x.wav", &error), ERROR_USAGE);
    catalogue_close(catalogue);
    setenv("WAKESMITH_VOICES", "/nonexistent", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voices),
        cmocka_unit_test(test_random_nodes_get_a_seed),
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_same_clips_for_any_number_of_processes),
        cmocka_unit_test(test_clips_are_as_requested),
        cmocka_unit_test(test_texts_are_said_equally_often),
        cmocka_unit_test(test_refill),
        cmocka_unit_test(test_chosen_voices),
        cmocka_unit_test(test_damaged_corpus_is_refused),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_near_misses),
        cmocka_unit_test(test_near_misses_can_be_spoken),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_phonemes_and_lengths),
        cmocka_unit_test(test_unreadable_text),
        cmocka_unit_test(test_every_language_of_espeak_has_a_row),
        cmocka_unit_test(test_chinese),
        cmocka_unit_test(test_crash_in_a_child),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
