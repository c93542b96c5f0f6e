// SPDX-License-Identifier: GPL-3.0-or-later
// Phonemes in espeak-ng's mnemonics: asking for them, reading, writing and comparing them.
#include "speech/speech_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- asking espeak-ng -----------------------------------------------------------------------------------

struct question {
    const struct text_list *texts;
    const struct language *language;
    bool ipa;
};

static int answer_phonemes(void *context, int output)
{
    const struct question *question = context;
    if (espeak_open() != 0)
        return 0;
    for (size_t i = 0; i < question->texts->count; i++) {
        const char *text = question->texts->items[i];
        struct buffer line;
        buffer_init(&line, 1 << 20);
        if (is_phonemes(text))
            buffer_print(&line, "%s", text);
        else if (espeak_phonemes(text, question->language, question->ipa, &line) != 0)
            return 0; // too few answers: no voice for the language
        buffer_append(&line, "\n", 1);
        if (line.failed || !child_write(output, line.data, line.size))
            return -1;
        buffer_free(&line);
    }
    return 0;
}

static int ask(const struct question *question, struct text_list *lines, struct error *error)
{
    const struct text_list *texts = question->texts;
    const struct language *language = question->language;
    struct buffer answer = {0};
    char what[80];
    snprintf(what, sizeof what, "the phonemes of a text in %s", language->name);
    int code = child_call(answer_phonemes, (void *)(uintptr_t)question, &answer, what, error);
    char *rest = answer.data;
    while (code == 0 && rest && *rest)
        code = text_list_add(lines, strsep(&rest, "\n"), error);
    if (code == 0 && lines->count != texts->count)
        code = error_set(error, ERROR_MISSING,
                         "no voice reads %s (%s): install espeak-ng-data, or choose another language with --lang",
                         language->name, language->code);
    buffer_free(&answer);
    return code;
}

int phoneme_lines(const struct text_list *texts, const struct language *language, struct text_list *lines,
                  struct error *error)
{
    return ask(&(struct question){texts, language, false}, lines, error);
}

static int ask_one(const char *text, const struct language *language, bool ipa, char **phonemes, struct error *error)
{
    char *items[] = {(char *)(uintptr_t)text};
    struct text_list texts = {items, 1, 1}, lines = {0};
    *phonemes = NULL;
    int code = ask(&(struct question){&texts, language, ipa}, &lines, error);
    if (code == 0 && !(*phonemes = strdup(lines.items[0])))
        code = error_memory(error, "the phonemes of a text");
    text_list_free(&lines);
    return code;
}

int speech_phonemes(const char *text, const struct language *language, char **phonemes, struct error *error)
{
    return ask_one(text, language, false, phonemes, error);
}

// ---- reading and writing --------------------------------------------------------------------------------

// "ja" of Russian and "?a" of Danish are vowels with what comes before them.
static bool is_vowel(const char *name)
{
    static const char vowels[] = "aAeEiIoOuU@3V0yYW8&";
    return strchr(vowels, *name) || (strchr("j?", *name) && name[1] && strchr(vowels, name[1]));
}

static void put_phoneme(struct phonemes *phonemes, const char *name, size_t length, char stress, bool starts)
{
    struct phoneme *phoneme = &phonemes->items[phonemes->count];
    if (length == 0 || length >= sizeof phoneme->name || phonemes->count == PHONEMES_MAXIMUM)
        return;
    *phoneme = (struct phoneme){.stress = stress, .starts = starts};
    memcpy(phoneme->name, name, length);
    phoneme->vowel = is_vowel(phoneme->name);
    phonemes->count++;
}

// Length of the mnemonic that `text` begins with, where nothing separates them: a pair, or a letter and its marks.
static size_t mnemonic_length(const char *text)
{
    static const char *const pairs[] = {"tS", "dZ", "ts", "aI", "eI", "OI", "oU", "aU",
                                        "A@", "O@", "o@", "e@", "i@", "U@", "@L", "aa"};
    size_t length = *text != 0;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (strncmp(text, pairs[i], 2) == 0)
            length = 2;
    return length + strspn(text + length, ":#-;~^234567890");
}

void phonemes_read(const char *line, struct phonemes *phonemes)
{
    bool written = is_phonemes(line), starts = true;
    bool separated = strpbrk(line, "_|") != NULL;
    char stress = 0;
    phonemes->count = 0;
    for (const char *at = written ? line + 2 : line; *at && *at != ']';) {
        if (*at == '(') { // "(en)": the reading goes on in another language
            size_t length = strcspn(at, ")");
            at += length + (at[length] == ')');
        } else if (*at == ' ') {
            starts = true;
            at++;
        } else if (*at == '\'' || *at == ',') {
            stress = *at++;
        } else if (strchr("_|=%!", *at)) {
            at++;
        } else {
            size_t length = separated ? strcspn(at, "_| ])") : mnemonic_length(at), before = phonemes->count;
            if (*at == ';' && before) // Slavic palatalisation: a mark of the consonant before
                strncat(phonemes->items[before - 1].name, ";",
                        sizeof phonemes->items->name - strlen(phonemes->items[before - 1].name) - 1);
            else {
                put_phoneme(phonemes, at, length, stress, starts);
                starts = starts && phonemes->count == before;
                stress = 0;
            }
            at += length ? length : 1;
        }
    }
}

bool phonemes_print(const struct phonemes *phonemes, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "[[");
    for (size_t i = 0; i < phonemes->count && used < size; i++) {
        const struct phoneme *phoneme = &phonemes->items[i];
        const char *separator = i == 0 ? "" : phoneme->starts ? " " : "|", stress[2] = {phoneme->stress, 0};
        used += (size_t)snprintf(text + used, size - used, "%s%s%s", separator, stress, phoneme->name);
    }
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "]]");
    return used < size;
}

// ---- comparing ------------------------------------------------------------------------------------------

#define CHANGE_LENGTH .8 // a phoneme more or less

// Consonants of one place of articulation are easily taken for each other.
static const char *const similar[] = {" p b ",
                                      " t d t# d# ? ",
                                      " k g x ",
                                      " f v ",
                                      " s z ",
                                      " S Z s; z; ",
                                      " tS dZ ts ts; tS; ",
                                      " T D ",
                                      " m n N n^ m; n; ",
                                      " l r L R l; r; r- ",
                                      " p; b; ",
                                      " t; d; ",
                                      " k; g; ",
                                      " f; v; "};

static bool in_row(const char *row, const char *name)
{
    char padded[sizeof(struct phoneme) + 2];
    snprintf(padded, sizeof padded, " %s ", name);
    return strstr(row, padded) != NULL;
}

static double change(const struct phoneme *a, const struct phoneme *b)
{
    static const char central[] = "@3IVa";
    if (strcmp(a->name, b->name) == 0)
        return 0;
    if (a->vowel != b->vowel)
        return 1.6;
    if (a->vowel) {
        bool close = tolower((unsigned char)*a->name) == tolower((unsigned char)*b->name) ||
                     (strchr(central, *a->name) && strchr(central, *b->name));
        return close ? .45 : .8;
    }
    for (size_t i = 0; i < COUNT_OF(similar); i++)
        if (in_row(similar[i], a->name) && in_row(similar[i], b->name))
            return .4;
    return 1;
}

// Edit distance of `a` and `b`, or with `inside` of `a` and that part of `b` which is closest to it.
static double edit_distance(const struct phonemes *a, const struct phonemes *b, bool inside)
{
    double rows[2][PHONEMES_MAXIMUM + 1], *last = rows[0], *row = rows[1];
    for (size_t j = 0; j <= b->count; j++)
        last[j] = inside ? 0 : CHANGE_LENGTH * (double)j;
    for (size_t i = 0; i < a->count; i++) {
        row[0] = CHANGE_LENGTH * (double)(i + 1);
        for (size_t j = 0; j < b->count; j++)
            row[j + 1] = fmin(last[j] + change(&a->items[i], &b->items[j]), fmin(last[j + 1], row[j]) + CHANGE_LENGTH);
        double *swap = last;
        last = row;
        row = swap;
    }
    double best = last[b->count];
    for (size_t j = 0; inside && j <= b->count; j++)
        best = fmin(best, last[j]);
    return best;
}

double phonemes_distance(const struct phonemes *a, const struct phonemes *b)
{
    return edit_distance(a, b, false);
}

double phonemes_distance_inside(const struct phonemes *phrase, const struct phonemes *text)
{
    return edit_distance(phrase, text, true);
}

// ---- what a phrase is like, and how long people take for it ----------------------------------------------

// "@-" is no more than the breath between two consonants ("p@-riv;'et"); "i@" and "aI@" are two vowels in a row; the
// sonorants of "little" and "vlk" (l-) carry a syllable, Korean's tense stops (p-) do not.
static size_t syllables_of(const struct phoneme *phoneme)
{
    static const struct {
        const char *name;
        size_t syllables;
    } special[] = {{"@-", 0}, {"i@", 2}, {"aI@", 2}, {"aU@", 2}, {"l-", 1}, {"m-", 1}, {"n-", 1}, {"r-", 1}};
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (strcmp(phoneme->name, special[i].name) == 0)
            return special[i].syllables;
    return phoneme->vowel;
}

static void count_sounds(const struct phonemes *phonemes, struct speech_facts *facts)
{
    facts->phonemes = phonemes->count;
    for (size_t i = 0; i < phonemes->count; i++) {
        const struct phoneme *phoneme = &phonemes->items[i];
        size_t k = 0;
        while (strcmp(phonemes->items[k].name, phoneme->name) != 0)
            k++;
        facts->distinct += k == i;
        facts->syllables += syllables_of(phoneme);
        facts->words += phoneme->starts;
    }
}

static double expected_seconds(const struct speech_facts *facts)
{
    // Medians of 250 people a word, alone in a clip: "jarvis" .69 s, "snowboy" .73 s, "view glass" .91 s.
    static const double one_syllable = .52, few_syllables = .67, further_syllable = .13, further_word = .12;
    double seconds = facts->syllables == 1 ? one_syllable : few_syllables;
    if (facts->syllables > 4)
        seconds += further_syllable * (double)(facts->syllables - 4);
    if (facts->words > 1)
        seconds += further_word * (double)(facts->words - 1);
    return seconds;
}

double speech_expected_seconds(const char *phrase, const struct language *language)
{
    struct error ignored;
    struct phonemes phonemes = {0};
    struct speech_facts facts = {0};
    char *line;
    if (speech_phonemes(phrase, language, &line, &ignored) == 0) {
        phonemes_read(line, &phonemes);
        free(line);
    }
    count_sounds(&phonemes, &facts);
    return expected_seconds(&facts);
}

void speech_facts_close(struct speech_facts *facts)
{
    free(facts->ipa);
    free(facts->mnemonics);
    *facts = (struct speech_facts){0};
}

int speech_describe(const char *text, const struct language *language, struct speech_facts *facts, struct error *error)
{
    struct phonemes phonemes;
    *facts = (struct speech_facts){0};
    int code = texts_check(&text, 1, language, error);
    if (code == 0)
        code = ask_one(text, language, false, &facts->mnemonics, error);
    if (code == 0)
        code = ask_one(text, language, true, &facts->ipa, error);
    if (code < 0) {
        speech_facts_close(facts);
        return code;
    }
    phonemes_read(facts->mnemonics, &phonemes);
    count_sounds(&phonemes, facts);
    facts->seconds = expected_seconds(facts);
    return 0;
}
