// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

enum { SIMILAR_SHOWN = 4 };

struct word { // what is known of it
    const struct language *language;
    struct speech_facts facts;
    struct text_list similar;
    char mute[64]; // engines that cannot say the phonemes given
};

struct verdict {
    const char *code, *level;
    bool (*holds)(const struct word *word);
    const char *text;
};

static bool is_one_syllable(const struct word *word)
{
    return word->facts.syllables < 2;
}
static bool is_short(const struct word *word)
{
    return word->facts.syllables == 2;
}
static bool is_of_good_length(const struct word *word)
{
    return word->facts.syllables >= 3 && word->facts.syllables <= 5;
}
static bool is_long(const struct word *word)
{
    return word->facts.syllables >= 6 && word->facts.seconds <= 1.3;
}
static bool is_too_long(const struct word *word)
{
    return word->facts.syllables >= 6 && word->facts.seconds > 1.3; // a network sees the last 1.5 s
}
static bool has_few_sounds(const struct word *word)
{
    const struct speech_facts *facts = &word->facts;
    return facts->phonemes >= 3 && (facts->distinct < 4 || 2 * facts->distinct <= facts->phonemes);
}
static bool has_similar_words(const struct word *word)
{
    return word->similar.count > 0;
}

static bool has_mute_engines(const struct word *word)
{
    return *word->mute != 0;
}

static const struct verdict verdicts[] = {
    {"too_short", "poor", is_one_syllable,
     "One syllable turns up in other words all the time: it would wake by mistake. Take two to five, like \"hey "
     "...\"."},
    {"short", "fair", is_short, "Two syllables work, three to five are safer against false wakes."},
    {"good_length", "good", is_of_good_length, "A good length."},
    {"long", "fair", is_long, "Rather long: it is tiring to say often."},
    {"too_long", "poor", is_too_long, "Too long: the device listens to the last second and a half only."},
    {"few_sounds", "fair", has_few_sounds, "Few different sounds: words with more variety are told apart better."},
    {"similar_words", "fair", has_similar_words,
     "It sounds like words that people say every day, which may wake it by mistake"},
    {"mute_engines", "fair", has_mute_engines, "Cannot say these phonemes and leaves them to the other voices"},
};

// The verdict's sentence; "similar_words" and "mute_engines" name them. The caller frees it.
static char *verdict_text(const struct verdict *verdict, const struct word *word)
{
    struct buffer text;
    buffer_init(&text, 4096);
    buffer_print(&text, "%s", verdict->text);
    for (size_t i = 0; verdict->holds == has_similar_words && i < word->similar.count; i++)
        buffer_print(&text, "%s\"%s\"%s", i ? ", " : ": ", word->similar.items[i],
                     i + 1 == word->similar.count ? "." : "");
    if (verdict->holds == has_mute_engines)
        buffer_print(&text, ": %s.", word->mute);
    return text.data;
}

static json_t *verdicts_json(const struct word *word)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (verdicts[i].holds(word)) {
            char *text = verdict_text(&verdicts[i], word);
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:s}", "level", verdicts[i].level, "code", verdicts[i].code, "text", text));
            free(text);
        }
    return list;
}

static json_t *similar_json(const struct word *word)
{
    json_t *list = json_array();
    for (size_t i = 0; i < word->similar.count; i++)
        json_array_append_new(list, json_string(word->similar.items[i]));
    return list;
}

static int print_check_json(const char *phrase, const char *id, const char *title, const struct word *word,
                            const char *missing, struct error *error)
{
    const struct speech_facts *facts = &word->facts;
    return print_json(json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:o, s:o, s:s, s:s?}", "phrase",
                                json_name(phrase), "language", word->language->code, "language_name",
                                word->language->name, "id", id, "title", title, "phonemes",
                                facts->ipa ? facts->ipa : "", "espeak", facts->mnemonics ? facts->mnemonics : "",
                                "words", (json_int_t)facts->words, "syllables", (json_int_t)facts->syllables, "seconds",
                                facts->seconds, "verdicts", missing ? json_array() : verdicts_json(word), "similar",
                                similar_json(word), "mute", word->mute, "missing", missing),
                      error);
}

static int print_check(const char *phrase, const char *id, const char *title, const struct word *word,
                       struct error *error)
{
    const struct speech_facts *facts = &word->facts;
    printf("%s: %s, file name %s, title \"%s\"\n", phrase, word->language->name, id, title);
    printf("  spoken /%s/: %zu word%s, %zu syllable%s, about %.1f s\n", facts->ipa, facts->words,
           facts->words == 1 ? "" : "s", facts->syllables, facts->syllables == 1 ? "" : "s", facts->seconds);
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (verdicts[i].holds(word)) {
            char *text = verdict_text(&verdicts[i], word);
            printf("  %s: %s\n", verdicts[i].level, text ? text : verdicts[i].text);
            free(text);
        }
    return print_done(error);
}

// What is known of the word as it is read, or as `phonemes` say it.
static int describe(const char *spoken, const char *phonemes, struct word *word, struct error *error)
{
    char *mnemonics = NULL, *ipa = NULL;
    int code = 0;
    if (phonemes) {
        TRY(text_check(phonemes, "--phonemes", error));
        TRY(speech_read_phonemes(phonemes, word->language, &mnemonics, &ipa, error));
        code = speech_mute_engines(mnemonics, word->language, word->mute, error);
    }
    const char *said = mnemonics ? mnemonics : spoken;
    if (code == 0)
        code = speech_describe(said, word->language, &word->facts, error);
    if (code == 0)
        code = speech_similar_words(said, word->language, SIMILAR_SHOWN, &word->similar, error);
    if (code == 0 && ipa) {
        free(word->facts.ipa);
        word->facts.ipa = ipa;
        ipa = NULL;
    }
    free(mnemonics);
    free(ipa);
    return code;
}

int command_check(int argc, char **argv, struct error *error)
{
    const char *lang = "auto", *phonemes = NULL;
    bool json = false, done;
    const struct option_row rows[] = {
        {"lang", 0, OPTION_TEXT, &lang, 0, 0, "LANG", "language (auto: by the script of the phrase)"},
        {"phonemes", 0, OPTION_TEXT, &phonemes, 0, 0, "TEXT",
         "how it is said instead of how it is read, /IPA/ or [[espeak-ng's]]"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, "one JSON document; what cannot be spoken is told in \"missing\""},
    };
    struct positionals words;
    TRY(command_parse("check", rows, COUNT_OF(rows), argc, argv, 1, 1, &words, &done, error));
    if (done)
        return 0;
    const char *phrase = words.items[0];
    struct word word = {0};
    TRY(text_check_phrase(phrase, error));
    TRY(text_language_named(lang, &word.language, error));
    if (!word.language)
        word.language = text_language_of(phrase);
    char id[TEXT_ID_SIZE], *title = NULL, *spoken = NULL;
    text_safe_id(phrase, id);
    int code;
    TRY_GOTO(text_title(phrase, NULL, word.language, &title, error), end);
    TRY_GOTO(text_spoken(phrase, &spoken, error), end);
    code = describe(spoken, phonemes, &word, error);
    if (json && (code == 0 || code == ERROR_USAGE || code == ERROR_MISSING))
        code = print_check_json(phrase, id, title, &word, code < 0 ? error->message : NULL, error);
    else if (code == 0)
        code = print_check(phrase, id, title, &word, error);
end:
    speech_facts_close(&word.facts);
    text_list_free(&word.similar);
    free(title);
    free(spoken);
    return code;
}
