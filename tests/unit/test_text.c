// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// One rule for the page, the program, its options and files (the reference has four that differ): phrases of all kinds.
static void lesson_ids_one_rule_for_the_whole_table(void **state)
{
    (void)state;
    const struct {
        const char *phrase, *id;
    } rows[] = {
        {"Hey, Jarvis!", "hey_jarvis"},
        {"привет дом", "privet_dom"},
        {"Ёжик щука подъезд объявление", "yozhik_shchuka_podezd_obyavlenie"},
        {"grüß dich", "gruss_dich"},
        {"café", "cafe"},
        {"cafe\u0301", "cafe"},
        {"你好小智", "wakeword_a6fc3478"},
        {"hey-jarvis_2", "hey_jarvis_2"},
        {"!!!", "wakeword_9a7b006d"},
        {"приве\u0301т", "privet"},
        {"Привіт", "privit"},
        {"hey 小智", "hey_89d299be"},
        {" \t hey 小智\u3000\n", "hey_89d299be"},
        {"", "wakeword_da39a3ee"},
        {"  ", "wakeword_da39a3ee"},
        {"абвгдеёжзийклмнопрстуфх", "abvgdeyozhziyklmnoprstufkh"},
        {"цчшщъыьэюя", "tschshshchyeyuya"},
        {"АБВГДЕЁЖЗИЙКЛМНОПРСТУФХ", "abvgdeyozhziyklmnoprstufkh"},
        {"ЦЧШЩЪЫЬЭЮЯ", "tschshshchyeyuya"},
        {"и\u0306", "y"}, // й and ё in two parts
        {"е\u0308", "yo"},
        {"іїєґў ІЇЄҐЎ", "iyiyegu_iyiyegu"},
        {"ß æ œ ø ł đ ð þ ı", "ss_ae_oe_o_l_d_d_th_i"},
        {"Æ Œ Ø Ł Đ Ð Þ", "ae_oe_o_l_d_d_th"},
        {"İstanbul", "istanbul"},
        {"Çağrı Ñandú Åse Żółć", "cagri_nandu_ase_zolc"},
        {"___a__b___", "a_b"},
        {"vad", "vad"},
        {"a;b|c&d$(e)`f'\"\\%\n@#", "a_b_c_d_e_f"},
        {"../../etc/passwd", "etc_passwd"},
        {"012345678901234567890123456789012345678901234567890123456789", "012345678901234567890123456789012345678901234567890123456"},
        {"01234567890123456789012345678901234567890123456789012345 789", "01234567890123456789012345678901234567890123456789012345"},
        {"\xff\xfe", "wakeword_d62636d8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char id[TEXT_ID_SIZE];
        text_safe_id(rows[i].phrase, id);
        assert_string_equal(id, rows[i].id);
    }
}

static bool is_id(const char *id)
{
    size_t size = strlen(id);
    return size > 0 && size <= 57 && id[0] != '_' && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

static size_t put_character(char *to, uint32_t c)
{
    if (c < 0x80)
        return (size_t)sprintf(to, "%c", (int)c);
    if (c < 0x800)
        return (size_t)sprintf(to, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
    if (c < 0x10000)
        return (size_t)sprintf(to, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
    return (size_t)sprintf(to, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)), (int)(0x80 | (c >> 6 & 63)),
                           (int)(0x80 | (c & 63)));
}

// Random phrases: plain letters, one script, all of Unicode (surrogates too, which are invalid), random bytes.
static void random_phrase(struct rng *rng, char text[1024])
{
    const uint32_t blocks[][2] = {{1, 0x7f}, {0x80, 0x24f}, {0x300, 0x52f}, {0x590, 0x97f}, {0x1e00, 0x20ff},
                                  {0x3000, 0x9fff}, {0xac00, 0xdfff}, {1, 0x10ffff}};
    size_t block = rng_below(rng, COUNT_OF(blocks) + 1), count = rng_below(rng, rng_chance(rng, 0.5) ? 12 : 90), size = 0;
    for (size_t i = 0; i < count; i++) {
        size_t from = rng_chance(rng, 0.4) ? 0 : block;
        if (from < COUNT_OF(blocks))
            size += put_character(text + size, blocks[from][0] + rng_below(rng, blocks[from][1] - blocks[from][0] + 1));
        else
            text[size++] = (char)(1 + rng_below(rng, 255));
    }
    text[size] = 0;
}

static void ids_are_safe_and_stable(void **state)
{
    (void)state;
    struct rng rng = rng_make(11, 0);
    int hashed = 0, plain = 0, full = 0;
    for (int i = 0; i < 100000; i++) {
        char phrase[1024], id[TEXT_ID_SIZE], again[TEXT_ID_SIZE];
        random_phrase(&rng, phrase);
        text_safe_id(phrase, id);
        if (!is_id(id))
            fail_msg("'%s' gives '%s'", phrase, id);
        text_safe_id(id, again);
        assert_string_equal(again, id);
        hashed += strncmp(id, "wakeword_", 9) == 0;
        plain += strlen(id) < 12;
        full += strlen(id) == 57;
    }
    assert_true(hashed > 1000 && plain > 1000 && full > 100); // all branches were visited
}

static void titles_of_the_specification(void **state)
{
    (void)state;
    const struct {
        const char *phrase, *given, *lang, *title;
    } rows[] = {
        {"hey jarvis", NULL, "en", "Hey Jarvis"},
        {"hey_jarvis", NULL, "en", "Hey Jarvis"},
        {"  hey,  jarvis! ", NULL, "en", "Hey Jarvis"},
        {"okay NABU 2", NULL, "en", "Okay NABU 2"},
        {"привет дом", NULL, "ru", "привет дом"},
        {" привет, дом! ", NULL, "ru", "привет, дом!"},
        {"привет дом", NULL, "en", "Привет Дом"},
        {"grüß dich, öl", NULL, "de", "Grüß Dich Öl"},
        {"e\u0301clair", NULL, "fr", "E\u0301clair"},
        {"γεια σου", NULL, "el", "Γεια Σου"},
        {"नमस्ते घर", NULL, "hi", "नमस्ते घर"},
        {"你好，小智", NULL, "zh", "你好，小智"},
        {"你好", NULL, NULL, "你好"},
        {"hey jarvis", NULL, NULL, "Hey Jarvis"},
        {"!!!", NULL, "en", "!!!"},
        {"hey jarvis", "a \"b\" \\ ё 🙂", "en", "a \"b\" \\ ё 🙂"},
        {"vad", NULL, "en", "Vad"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error error = {0};
        const struct language *language = NULL;
        char *title;
        if (rows[i].lang)
            assert_int_equal(text_language_named(rows[i].lang, &language, &error), 0);
        assert_int_equal(text_title(rows[i].phrase, rows[i].given, language, &title, &error), 0);
        assert_string_equal(title, rows[i].title);
        free(title);
    }
}

static void impossible_titles_are_refused(void **state)
{
    (void)state;
    const char *const given[] = {"vad", "", "   ", "a\nb", "\xff", "a\x01"};
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        struct error error = {0};
        char *title = (char *)1;
        assert_int_equal(text_title("hey", given[i], NULL, &title, &error), ERROR_USAGE);
        assert_non_null(strstr(error.message, "--title"));
        assert_null(title);
    }
    struct error error = {0};
    const struct language *russian;
    char *title;
    assert_int_equal(text_language_named("ru", &russian, &error), 0);
    assert_int_equal(text_title("vad", NULL, russian, &title, &error), ERROR_USAGE);
}

static void language_follows_the_script(void **state)
{
    (void)state;
    const struct {
        const char *phrase, *code;
    } rows[] = {
        {"hey jarvis", "en"}, {"grüß dich", "en"}, {"!!!", "en"},      {"", "en"},         {"привет дом", "ru"}, {"А", "ru"},
        {"Я", "ru"},          {"а", "ru"},         {"я", "ru"},        {"Ё", "ru"},        {"ё", "ru"},          {"hey дом", "ru"},
        {"Привіт", "uk"},     {"їжак", "uk"},      {"Єва", "uk"},      {"ґ", "uk"},        {"你好小智", "zh"},   {"hey 小智", "zh"},
        {"日本語の犬", "ja"}, {"ハロー", "ja"},    {"안녕", "ko"},     {"مرحبا", "ar"},    {"שלום", "he"},       {"γεια σου", "el"},
        {"नमस्ते", "hi"},       {"\xff", "en"},
        {"джарвіс", "uk"},    {"добры дзень ў", "be"}, {"здраво ђак", "sr"}, {"سلام پدر", "fa"}, {"گھر ہے", "ur"}, {"สวัสดี", "th"},
        {"გამარჯობა", "ka"},  {"բարև", "hy"},      {"வணக்கம்", "ta"},  {"ሰላም", "am"},      {"হ্যালো", "bn"},     {"hyvää huomenta", "en"},
        {"\u3400", "zh"},      {"\U00020000", "zh"},{"犬の", "ja"},      {"ﷺ", "ar"},        {"ᄀ", "ko"},
             {"\xff привет", "ru"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(text_language_of(rows[i].phrase)->code, rows[i].code);
}

static void languages_are_named_by_code(void **state)
{
    (void)state;
    struct error error = {0};
    const struct language *language = &text_languages[0];
    assert_int_equal(text_language_named("AUTO", &language, &error), 0);
    assert_null(language);
    for (size_t i = 0; i < text_language_count; i++) {
        assert_int_equal(text_language_named(text_languages[i].code, &language, &error), 0);
        assert_ptr_equal(language, &text_languages[i]); // no code twice
        assert_true(language->name[0] && language->own_name[0] && language->script[0] && language->espeak[0]);
        assert_int_equal(text_check_phrase(language->own_name, &error), 0);
        assert_int_equal(text_check(language->letters, "letters", &error), 0);
        assert_int_equal(strlen(language->code) > 1 && strlen(language->code) <= 4, 1);
    }
    assert_int_equal(text_language_named("Ru", &language, &error), 0);
    assert_string_equal(language->code, "ru");
    assert_int_equal(text_language_named("no", &language, &error), 0);
    assert_string_equal(language->code, "nb");
    const char *const wrong[] = {"true", "", "e", "english", "xx"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(text_language_named(wrong[i], &language, &error), ERROR_USAGE);
        assert_null(language);
        assert_non_null(strstr(error.message, "--lang"));
        assert_non_null(strstr(error.message, "auto en ru"));
        assert_non_null(strstr(error.message, text_languages[text_language_count - 1].code));
    }
}

static void phrases_are_checked(void **state)
{
    (void)state;
    struct error error = {0};
    char letters[202] = {0};
    memset(letters, 'a', 200);
    const char *const good[] = {"hey jarvis", "привет", "你好", "7", " a ", "🙂a", letters};
    const char *const bad[] = {"", " ", "!!!", "🙂", "\u0301", "a\tb", "a\n", "a\x7f", "a\xc2\x85", "\xff", "a\xc3", "\xed\xa0\x80",
                               "\xc0\xaf"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_int_equal(text_check_phrase(good[i], &error), 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        error.message[0] = 0;
        assert_int_equal(text_check_phrase(bad[i], &error), ERROR_USAGE);
        assert_non_null(strstr(error.message, "phrase"));
    }
    letters[200] = 'a';
    assert_int_equal(text_check_phrase(letters, &error), ERROR_USAGE);
}

static void spoken_text_is_composed_and_tidy(void **state)
{
    (void)state;
    const char *const rows[][2] = {{"  hey \t\n jarvis\u3000", "hey jarvis"}, {"приве\u0301т  дом", "приве\u0301т дом"},
                                   {"cafe\u0301", "café"}, {"и\u0306", "й"}, {"", ""}, {" \u00a0 ", ""}, {"Hey, Jarvis!", "Hey, Jarvis!"}};
    struct error error = {0};
    char *spoken;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(text_spoken(rows[i][0], &spoken, &error), 0);
        assert_string_equal(spoken, rows[i][1]);
        free(spoken);
    }
    assert_int_equal(text_spoken("a\xff", &spoken, &error), ERROR_USAGE);
    assert_null(spoken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lesson_ids_one_rule_for_the_whole_table),      cmocka_unit_test(ids_are_safe_and_stable),
        cmocka_unit_test(titles_of_the_specification),   cmocka_unit_test(impossible_titles_are_refused),
        cmocka_unit_test(language_follows_the_script),   cmocka_unit_test(languages_are_named_by_code),
        cmocka_unit_test(phrases_are_checked),           cmocka_unit_test(spoken_text_is_composed_and_tidy),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
