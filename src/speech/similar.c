// SPDX-License-Identifier: GPL-3.0-or-later
// Everyday words that sound like a phrase: people will say them in front of a device that waits for the phrase.
#include "speech/speech_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// Of the distance to the closest part of a word, per phoneme of the phrase: "jarvis" is .36 from "service".
#define SIMILAR_MOST .37

struct ranked {
    const char *word;
    double distance;
};

static int by_distance(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->distance < y->distance ? -1 : x->distance > y->distance ? 1 : strcmp(x->word, y->word);
}

// Digits stand for words, but no one looks for them in a list.
static bool is_number(const char *word)
{
    return isdigit((unsigned char)*word);
}

static bool is_listed(const struct text_list *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcasecmp(words->items[i], word) == 0)
            return true;
    return false;
}

// `words` begins with the phrase, whose own words are none of the others; `lines` are the phonemes of each.
static size_t rank(const struct text_list *words, const struct text_list *own, const struct text_list *lines,
                   struct ranked *ranked)
{
    struct phonemes phrase, sound;
    size_t count = 0;
    phonemes_read(lines->items[0], &phrase);
    for (size_t i = 1; i < words->count; i++) {
        const char *word = words->items[i];
        if (is_number(word) || is_listed(own, word))
            continue;
        phonemes_read(lines->items[i], &sound);
        double distance = phonemes_distance_inside(&phrase, &sound);
        if (distance <= SIMILAR_MOST * (double)phrase.count)
            ranked[count++] = (struct ranked){word, distance};
    }
    qsort(ranked, count, sizeof *ranked, by_distance);
    return count;
}

int speech_similar_words(const char *phrase, const struct language *language, size_t most, struct text_list *words,
                         struct error *error)
{
    struct text_list known = {0}, own = {0}, lines = {0};
    struct ranked *ranked = NULL;
    size_t count = 0;
    int code;
    *words = (struct text_list){0};
    TRY_GOTO(text_list_add(&known, phrase, error), end);
    TRY_GOTO(words_split(phrase, &own, error), end);
    TRY_GOTO(speech_words(language, &known, error), end);
    TRY_GOTO(phoneme_lines(&known, language, &lines, error), end);
    ranked = array_alloc(known.count, sizeof *ranked);
    if (!ranked) {
        code = error_memory(error, "similar words");
        goto end;
    }
    count = rank(&known, &own, &lines, ranked);
    for (size_t i = 0; i < count && words->count < most && code == 0; i++)
        if (!is_listed(words, ranked[i].word)) // a word may be a noun and a verb
            code = text_list_add(words, ranked[i].word, error);
end:
    if (code < 0)
        text_list_free(words);
    text_list_free(&known);
    text_list_free(&own);
    text_list_free(&lines);
    free(ranked);
    return code;
}
