// SPDX-License-Identifier: GPL-3.0-or-later
// What a user may write for phonemes, and how many syllables words have.
#include "speech/speech_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct language *language_of(const char *code)
{
    const struct language *language = NULL;
    struct error error;
    assert_int_equal(text_language_named(code, &language, &error), 0);
    return language;
}

// Words whose syllables any speaker of the language counts alike.
static void test_syllables(void **state)
{
    (void)state;
    static const struct {
        const char *language, *word;
        size_t syllables;
    } rows[] = {
        {"ru", "слушай", 2},   {"ru", "слушай робот", 4}, {"ru", "привет компьютер", 5}, {"ru", "мой", 1},
        {"ru", "умный дом", 3}, {"ru", "район", 2},        {"ru", "яблоко", 3},           {"ru", "поезд", 2},
        {"de", "Häuser", 2},   {"de", "guten Morgen", 4}, {"de", "Eier", 2},             {"de", "Familie", 4},
        {"de", "Europa", 3},   {"fr", "maison", 2},       {"fr", "oui", 1},              {"fr", "soleil", 2},
        {"fr", "ordinateur", 4}, {"fr", "oreille", 2},    {"es", "agua", 2},             {"es", "ciudad", 2},
        {"es", "causa", 2},    {"es", "ordenador", 4},    {"pl", "dzień", 1},            {"pl", "witaj komputer", 5},
        {"pl", "auto", 2},     {"pl", "nie", 1},          {"en", "jarvis", 2},           {"en", "idea", 3},
        {"en", "computer", 3}, {"en", "little", 2},       {"en", "science", 2},          {"en", "hey jarvis", 3},
        {"cs", "bratr", 2},      {"uk", "привіт", 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct speech_facts facts;
        struct error error = {0};
        if (speech_describe(rows[i].word, language_of(rows[i].language), &facts, &error) != 0)
            fail_msg("%s: %s", rows[i].word, error.message);
        if (facts.syllables != rows[i].syllables)
            fail_msg("%s has %zu syllables, not %zu (%s)", rows[i].word, rows[i].syllables, facts.syllables,
                     facts.mnemonics);
        speech_facts_close(&facts);
    }
}

// What espeak-ng says of a text and what it says of that IPA given back are the same, but for its own finesse.
static void test_ipa_of_languages(void **state)
{
    (void)state;
    static const struct {
        const char *language, *given, *mnemonics, *ipa;
    } rows[] = {
        {"en", "/dʒˈɑːɹvɪs/", "[[dZ|'A@|v|I|s]]", "dʒˈɑːɹvɪs"},
        {"en", "/ˈdʒɑːvɪs/", "[[dZ|'A:|v|I|s]]", "dʒˈɑːvɪs"},         // as dictionaries write it
        {"en", "/red/", "[[r|E|d]]", "ɹɛd"},
        {"en", "/heɪ ˈd͡ʒɑːvɪs/", "[[h|eI dZ|'A:|v|I|s]]", "heɪ dʒˈɑːvɪs"},
        {"en", "/kəmˈpjuːtə(r)/", NULL, "\"(\" in /kəmˈpjuːtə(r)/ is no sign of IPA"},
        {"en", "/☃/", NULL, "\"☃\" in /☃/ is no sign of IPA"},
        {"en", "/ˈ/", NULL, "/ˈ/ has no sound in it"},
        {"ru", "/prʲivʲˈet/", "[[p|r;|i|v;|'e|t]]", "prʲivʲˈet"},
        {"de", "/haʊs ˈtyːɾə/", "[[h|aU|s t|'y:|*|@]]", "haʊs tˈyːɾə"},
        {"fr", "/bɔ̃ʒˈuʁ/", "[[b|O~|Z|'u|r]]", "bɔ̃ʒˈuʁ"},
        {"es", "/ˈaɣwa/", "[['a|Q|w|a]]", "ˈaɣwa"},
        {"it", "/tʃˈao/", "[[tS|'a|o]]", "tʃˈao"},
        {"pl", "/dʑˈɛɲ/", "[[dz;|'E|n^]]", "dʑˈɛɲ"},
        {"fr", "[[dZ|'A@|v|I|s]]", NULL, "only as far as /dʒ/ in French"},
        {"en", "[[]]", NULL, "phonemes stand between"},
        {"en", "jarvis", NULL, "phonemes stand between"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *mnemonics = NULL, *ipa = NULL;
        struct error error = {0};
        int code = speech_read_phonemes(rows[i].given, language_of(rows[i].language), &mnemonics, &ipa, &error);
        if (!rows[i].mnemonics) {
            if (code != ERROR_USAGE || !strstr(error.message, rows[i].ipa))
                fail_msg("%s: %d %s", rows[i].given, code, error.message);
        } else if (code != 0)
            fail_msg("%s: %s", rows[i].given, error.message);
        else {
            assert_string_equal(mnemonics, rows[i].mnemonics);
            assert_string_equal(ipa, rows[i].ipa);
        }
        free(mnemonics);
        free(ipa);
    }
}

// An English word in the IPA of any dictionary is something that each language can say in its own sounds.
static void test_foreign_sounds(void **state)
{
    (void)state;
    static const char *const codes[] = {"en", "ru", "de", "fr", "es", "it", "pl", "uk", "zh", "ar"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char *mnemonics = NULL, *ipa = NULL;
        struct error error = {0};
        struct phonemes phonemes;
        if (speech_read_phonemes("/dʒˈɑːɹvɪs/", language_of(codes[i]), &mnemonics, &ipa, &error) != 0)
            fail_msg("%s: %s", codes[i], error.message);
        phonemes_read(mnemonics, &phonemes);
        assert_in_range(phonemes.count, 5, 8);
        free(mnemonics);
        free(ipa);
    }
}

// A list is written as each of its texts is, in one question.
static void test_written(void **state)
{
    (void)state;
    static const char *const texts[] = {"[[dZ'A@|v|I|s]]", "service", "[[s'O@|v|I|s]]", "[[dZ'A@|v|I|s]]", "harvest"};
    struct text_list list = {0}, written;
    struct error error = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(text_list_add(&list, texts[i], &error), 0);
    assert_int_equal(speech_written(&list, language_of("en"), &written, &error), 0);
    assert_int_equal(written.count, COUNT_OF(texts));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char *mnemonics = NULL, *ipa = NULL, expected[64];
        snprintf(expected, sizeof expected, "%s", texts[i]);
        if (speech_is_phonemes(texts[i])) {
            assert_int_equal(speech_read_phonemes(texts[i], language_of("en"), &mnemonics, &ipa, &error), 0);
            snprintf(expected, sizeof expected, "/%s/", ipa);
        }
        assert_string_equal(written.items[i], expected);
        free(mnemonics);
        free(ipa);
    }
    text_list_free(&list);
    text_list_free(&written);
}

static void test_mute_engines(void **state)
{
    (void)state;
    char names[64];
    struct error error = {0};
    assert_int_equal(speech_mute_engines("[[dZ|'A:|v|I|s]]", language_of("en"), names, &error), 0);
    assert_string_equal(names, "");
    assert_int_equal(speech_mute_engines("[[b|O~|Z|'u|r]]", language_of("fr"), names, &error), 0);
    assert_string_equal(names, "");
#ifdef HAVE_FLITE
    assert_int_equal(speech_mute_engines("[[x|'O|x]]", language_of("en"), names, &error), 0);
    assert_string_equal(names, "flite");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syllables),
        cmocka_unit_test(test_ipa_of_languages),
        cmocka_unit_test(test_foreign_sounds),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_mute_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
