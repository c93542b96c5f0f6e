// SPDX-License-Identifier: GPL-3.0-or-later
// Accents: IPA phones, how far one word is from another, and how other voices read a text.
#include "speech/onnx.h"
#include "speech/speech_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct language english = {.code = "en", .other_code = "", .name = "English", .espeak = "gmw/en-US"};
static const struct language german = {.code = "de", .other_code = "", .name = "German", .espeak = "gmw/de"};
static const struct language russian = {.code = "ru", .other_code = "", .name = "Russian", .espeak = "zle/ru"};

static struct phones phones_of(const char *ipa)
{
    struct phones phones;
    phones_read(ipa, &phones);
    return phones;
}

static void test_phones_are_read(void **state)
{
    (void)state;
    struct phones phones = phones_of("hˈe^ɪ d^ʒˈɑː^ɹvɪs");
    assert_int_equal(phones.count, 9); // d and ʒ are one sound
    assert_true(phones.items[0].starts && phones.items[3].starts);
    assert_false(phones.items[1].starts || phones.items[4].starts);
    assert_true(phones.items[1].vowel && phones.items[4].vowel && !phones.items[3].vowel);
    assert_int_equal(phones_of("tʃ").count, 1);
    assert_int_equal(phones_of("t ʃ").count, 2); // of two words
    assert_int_equal(phones_of("ɚ").count, 2);
    assert_int_equal(phones_of("ˈː 123 %").count, 0);
    char many[3 * PHONES_MAXIMUM];
    memset(many, 'a', sizeof many - 1);
    many[sizeof many - 1] = 0;
    assert_int_equal(phones_of(many).count, PHONES_MAXIMUM);
}

static void test_the_same_word_or_another(void **state)
{
    (void)state;
    static const struct {
        const char *word, *heard;
        bool same;
    } rows[] = {
        {"d^ʒˈɑː^ɹvɪs", "d^ʒˈɑː^ɹvɪs", true}, {"d^ʒˈɑː^ɹvɪs", "ʒarvˈɪs", true},
        {"d^ʒˈɑː^ɹvɪs", "d^ʒˈɑːvɪs", true},   {"d^ʒˈɑː^ɹvɪs", "xˈaɾβis", false}, // as Spanish reads the letters
        {"d^ʒˈɑː^ɹvɪs", "sˈɜːvɪs", false},    {"d^ʒˈɑː^ɹvɪs", "t^ʃˈɑːmɪŋ", false},
        {"kəmpjˈuːtɚ", "kompjˈuter", true},   {"kəmpjˈuːtɚ", "kɔmpjˈuːtɜ", true},
        {"kəmpjˈuːtɚ", "kəmjˈuːnɪti", false}, {"kəmpjˈuːtɚ", "ɕˈɛmpjuːtər", false},
        {"ɐlˈɛksə", "alˈeksa", true},         {"ɐlˈɛksə", "ɪlˈɛvən", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct phones word = phones_of(rows[i].word), heard = phones_of(rows[i].heard);
        if (phones_same_word(&word, &heard) != rows[i].same)
            fail_msg("%s and %s: %g", rows[i].word, rows[i].heard, phones_distance(&word, &heard));
        assert_true(phones_distance(&word, &word) == 0);
    }
    struct phones nothing = {0}, word = phones_of("a");
    assert_true(phones_same_word(&nothing, &nothing));
    assert_false(phones_same_word(&word, &nothing));
}

static struct text_list accents_of(const char *text, const struct language *language, const char *avoid, size_t each)
{
    struct text_list texts = {0}, avoided = {0}, list;
    struct error error = {0};
    assert_int_equal(text_list_add(&texts, text, &error), 0);
    if (avoid)
        assert_int_equal(text_list_add(&avoided, avoid, &error), 0);
    if (speech_accents(&texts, language, &avoided, each, 1, &list, &error) < 0)
        fail_msg("%s", error.message);
    text_list_free(&texts);
    text_list_free(&avoided);
    return list;
}

static size_t count_of(const struct text_list *list, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += strcmp(list->items[i], text) == 0;
    return count;
}

static void test_accents(void **state)
{
    (void)state;
    struct text_list jarvis = accents_of("jarvis", &english, NULL, 0);
    assert_true(jarvis.count >= 20);
    assert_int_equal(count_of(&jarvis, "[/d^ʒˈarvis/]"), 1);   // Italian, spelt "giarvis"
    assert_int_equal(count_of(&jarvis, "[/xˈaɾβis/]"), 0);     // Spanish, spelt "jarvis"
    assert_int_equal(count_of(&jarvis, "[/d^ʒˈɑːvɪs/]"), 2);   // the language's own dialects twice
    struct phones own = phones_of("d^ʒˈɑː^ɹvɪs");
    for (size_t i = 0; i < jarvis.count; i++) {
        struct phones heard = phones_of(jarvis.items[i]);
        assert_true(is_ipa(jarvis.items[i]) && phones_same_word(&own, &heard));
        assert_null(strchr(jarvis.items[i], '(')); // no change of language inside
    }
    struct text_list again = accents_of("jarvis", &english, NULL, 0), few = accents_of("jarvis", &english, NULL, 3);
    assert_int_equal(again.count, jarvis.count);
    assert_int_equal(few.count, 3);
    text_list_free(&again);
    text_list_free(&few);

    // Other scripts and languages; phonemes instead of letters; what sounds like the word is no near miss of it.
    struct text_list home = accents_of("привет дом", &russian, NULL, 0), world = accents_of("hallo welt", &german, NULL, 0),
                     phonemes = accents_of("[[dZ'A@vIs]]", &english, NULL, 0),
                     near = accents_of("jarvis", &english, "jarvis", 0), nonsense = accents_of("...", &english, NULL, 0);
    assert_true(home.count >= 8 && world.count >= 20 && phonemes.count >= 8);
    assert_int_equal(near.count, 0);
    assert_int_equal(nonsense.count, 0);
    struct text_list *const lists[] = {&jarvis, &home, &world, &phonemes, &near, &nonsense};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        text_list_free(lists[i]);
}

// Kokoro is told IPA as it is, other than what espeak-ng reads for English.
static void test_kokoro_reads_ipa_and_phonemes(void **state)
{
    (void)state;
    static const struct {
        const char *ipa, *tokens;
        bool american, english;
    } rows[] = {{"jˈaɾvɪs", "jˈaɾvɪs", false, false},   {"d^ʒˈarvʲis", "ʤˈarvʲis", false, false},
                {"t^sˈe^ɪɫ", "ʦˈAl", false, false},     {"vjˈʉː", "vjˈuː", false, false},
                {"ʃˈuːr", "ʃˈuɹ", true, true},          {"ʃˈuːr", "ʃˈuːɹ", false, true},
                {"ˈe^ɪ e", "ˈA A", false, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        kokoro_rewrite(rows[i].ipa, rows[i].american, rows[i].english, &out);
        assert_string_equal(out.data, rows[i].tokens);
        buffer_free(&out);
    }
    assert_true(is_ipa("[/a/]") && !is_ipa("[/]") && !is_ipa("/a/") && !is_ipa("[[a]]") && !is_ipa(""));
    for (size_t i = 0; i < speech_engine_count; i++) {
        const struct engine *engine = &speech_engines[i];
        bool reads = !engine->reads || engine->reads("[/jˈaɾvɪs/]");
        assert_int_equal(reads, engine->foreign > 0);
    }
}

static int read_phonemes(void *context, int output)
{
    struct buffer ipa;
    (void)context;
    buffer_init(&ipa, 1000);
    if (espeak_open() != 0)
        return -1;
    for (int i = 0; i < 2; i++) // the second reading is of letters again
        if (espeak_tied_ipa("gmw/en-US", i == 0 ? "[[dZ'u:b@]]" : "computer", &ipa) != 0)
            return -1;
    return child_write(output, ipa.data, ipa.size) ? 0 : -1;
}

static int tied_ipa(void *context, int output)
{
    struct buffer ipa, kokoro;
    const char *const *question = context; // voice, text
    buffer_init(&ipa, 1000);
    buffer_init(&kokoro, 1000);
    if (espeak_open() != 0 || espeak_tied_ipa(question[0], question[1], &ipa) != 0)
        return -1;
    kokoro_rewrite(ipa.data, strcmp(question[0], "gmw/en-US") == 0, true, &kokoro);
    return child_write(output, kokoro.data, kokoro.size) ? 0 : -1;
}

static void test_kokoro_phonemes(void **state)
{
    (void)state;
    static const char *const rows[][3] = {{"gmw/en-US", "hey jarvis", "hˈA ʤˈɑɹvɪs"},
                                          {"gmw/en-US", "church", "ʧˈɜɹʧ"},
                                          {"gmw/en-US", "my boat", "mI bˈOt"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error error = {0};
        struct buffer answer;
        assert_int_equal(child_call(tied_ipa, (void *)(uintptr_t)rows[i], &answer, "phonemes", &error), 0);
        assert_string_equal(answer.data, rows[i][2]);
        buffer_free(&answer);
    }
    int64_t ids[8];
    assert_int_equal(kokoro_tokens("hˈA", ids, 8), 5);
    const int64_t wanted[] = {0, 50, 156, 24, 0};
    assert_memory_equal(ids, wanted, sizeof wanted);
    assert_int_equal(kokoro_tokens("h\xcb\x88"
                                   "A%A",
                                   ids, 8),
                     6); // what has no id is left out
    assert_int_equal(kokoro_tokens("AAAAAAAAAAAAAAAA", ids, 8), 8);
}

static int read_foreign(void *context, int output)
{
    struct buffer ipa;
    buffer_init(&ipa, 1000);
    if (espeak_open() != 0 || foreign_ipa(context, "gmw/en-US", &english, &ipa) != 0)
        return -1;
    return child_write(output, ipa.data, ipa.size) ? 0 : -1;
}

// English voices say the closest sounds that they have.
static void test_foreign_sounds(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"d^ʒˈarvis", "dʒˈaɹvis"}, {"ʝˈaɾβis", "ʒˈaɾvis"}, {"hˈe^ɪ", "hˈeɪ"}, {"kompjˈyter", "kompjˈiteɹ"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error error = {0};
        struct buffer answer;
        assert_int_equal(child_call(read_foreign, (void *)(uintptr_t)rows[i][0], &answer, "sounds", &error), 0);
        assert_string_equal(answer.data, rows[i][1]);
        buffer_free(&answer);
    }
}

static void test_phonemes_become_ipa(void **state)
{
    (void)state;
    struct error error = {0};
    struct buffer answer;
    assert_int_equal(child_call(read_phonemes, NULL, &answer, "phonemes", &error), 0);
    assert_string_equal(answer.data, "d^ʒˈuːbəkəmpjˈuːɾɚ");
    buffer_free(&answer);
}

// A graph whose three nodes make what is cut, and one without them.
static void put_node(struct buffer *graph, const char *output)
{
    struct buffer node;
    buffer_init(&node, 1000);
    onnx_put_bytes(&node, ONNX_NODE_OUTPUT, output, strlen(output));
    onnx_put_bytes(graph, ONNX_GRAPH_NODE, node.data, node.size);
    buffer_free(&node);
}

static void test_silence_is_cropped_in_a_graph_that_has_it(void **state)
{
    (void)state;
    static const char *const outputs[] = {"/encoder/MatMul_1_output_0", "/encoder/Reshape_output_0",
                                          "/encoder/Reshape_1_output_0"};
    for (size_t count = 0; count <= COUNT_OF(outputs); count++) {
        struct buffer graph, model, cropped;
        buffer_init(&graph, 10000);
        buffer_init(&model, 10000);
        put_node(&graph, "another");
        for (size_t i = 0; i < count; i++)
            put_node(&graph, outputs[i]);
        onnx_put_bytes(&model, ONNX_MODEL_GRAPH, graph.data, graph.size);
        int code = onnx_crop(model.data, model.size, &cropped);
        assert_int_equal(code, count == COUNT_OF(outputs) ? 0 : -1);
        if (code == 0) {
            assert_non_null(memmem(cropped.data, cropped.size, "/encoder/Reshape_1_output_Z", 27));
            assert_non_null(memmem(cropped.data, cropped.size, "NonZero", 7));
            assert_true(cropped.size > model.size + 500);
        }
        buffer_free(&cropped);
        for (size_t size = 0; size < model.size; size++) { // no model: cut short anywhere
            onnx_crop(model.data, size, &cropped);
            buffer_free(&cropped);
        }
        buffer_free(&graph);
        buffer_free(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phones_are_read),
        cmocka_unit_test(test_the_same_word_or_another),
        cmocka_unit_test(test_accents),
        cmocka_unit_test(test_kokoro_reads_ipa_and_phonemes),
        cmocka_unit_test(test_kokoro_phonemes),
        cmocka_unit_test(test_phonemes_become_ipa),
        cmocka_unit_test(test_foreign_sounds),
        cmocka_unit_test(test_silence_is_cropped_in_a_graph_that_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
