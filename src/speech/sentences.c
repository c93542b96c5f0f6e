// SPDX-License-Identifier: GPL-3.0-or-later
// Sentences for negatives: English ones from patterns and word lists, in other languages rows of words and numbers.
#include "speech/speech_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// N noun, V verb, A adjective, D adverb, P person, L place, T day or month, X any word, 0 number. Other capitals would
// be taken for these, so patterns are written in small letters; the case makes no difference to the ear.
static const char *const patterns[] = {
    "the A N is on the N.",
    "can you V the N before T?",
    "P and P want to V the N.",
    "please V the N in the N.",
    "there are 0 Ns in the A N.",
    "we D V the N on T.",
    "why did P V the A N?",
    "turn on the N in the N.",
    "turn off the A N please.",
    "set a timer for 0 minutes.",
    "play some A music in the N.",
    "what is the weather like in L on T?",
    "remind me to V the N at 0 o'clock.",
    "my N is more A than your N.",
    "P lives in L with a A N.",
    "they will V to L in T.",
    "could you D V that N for me?",
    "i don't think the N is A enough.",
    "it was a A and A N.",
    "the N and the N D V each other.",
    "who left the N near the A N?",
    "if you V the N, i will V the N.",
    "P said that the N would be A.",
    "add N, N and N to the shopping list.",
    "he had 0 Ns and only one N.",
    "how many Ns do we need for the N?",
    "the train to L leaves at 0 15.",
    "i like A Ns but not A Ns.",
    "where did you put the A N?",
    "let us V to the N after T.",
    "nobody can V a N as D as P.",
    "is it A in L today?",
    "she opened the N and looked at the A N.",
    "the A N next to the N belongs to P.",
    "D, the N was not A at all.",
    "call P and ask about the N.",
    "the news from L was A this T.",
    "volume 0 percent.",
    "next N, please.",
    "stop the N and V the N.",
    "we need a A N, a N and 0 Ns.",
    "have you ever seen a A N in L?",
    "the price of the N is 0 dollars.",
    "good evening P, how is the N?",
    "it takes 0 hours to V from L to L.",
    "P bought a A N for the N.",
    "every T we V the N together.",
    "that N is too A to V.",
    "make the N a little more A.",
    "X X X.",
    "X X X X X.",
    "X X X X X X X.",
    "X, X and X.",
    "X X?",
    "A N.",
    "P, V the N!",
    "which N do you want, the A one or the A one?",
    "in the N there was a N, and in the N there was a A N.",
    "the doctor told P to V more Ns and fewer Ns.",
    "most Ns in L are A, but some are D A.",
};

enum { SENTENCE_SIZE = 160, LIST_WORDS = 7 };

struct words {
    struct text_list kinds[WORD_KINDS], all;
};

// ---- words ----------------------------------------------------------------------------------------------

int words_split(const char *text, struct text_list *words, struct error *error)
{
    char *copy = strdup(text), *rest = copy, *word;
    int code = copy ? 0 : error_memory(error, "a list of words");
    while (code == 0 && (word = strsep(&rest, " ")))
        if (*word)
            code = text_list_add(words, word, error);
    free(copy);
    return code;
}

static bool is_english(const struct language *language)
{
    return strcmp(language->code, "en") == 0;
}

int speech_words(const struct language *language, struct text_list *words, struct error *error)
{
    for (int kind = 0; kind < WORD_KINDS && is_english(language); kind++)
        TRY(words_split(speech_english[kind], words, error));
    TRY(words_split(speech_word_list(language->code), words, error));
    int numbers = words->count ? 20 : 100; // where nothing else is known, numbers are the language
    for (int number = 0; number < numbers; number++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", number);
        TRY(text_list_add(words, digits, error));
    }
    return 0;
}

bool text_contains_phrase(const char *text, const char *phrase)
{
    for (; *text; text++) {
        const char *a = text, *b = phrase;
        while (*a && *b) {
            if (isspace((unsigned char)*a))
                a++;
            else if (isspace((unsigned char)*b))
                b++;
            else if (tolower((unsigned char)*a) == tolower((unsigned char)*b))
                a++, b++;
            else
                break;
        }
        if (!*b)
            return true;
    }
    return false;
}

void text_list_shuffle(struct text_list *list, struct rng *rng)
{
    for (size_t i = list->count; i > 1; i--) {
        size_t k = rng_below(rng, (uint32_t)i);
        char *swap = list->items[i - 1];
        list->items[i - 1] = list->items[k];
        list->items[k] = swap;
    }
}

// ---- sentences ------------------------------------------------------------------------------------------

static const char *draw(const struct text_list *list, struct rng *rng)
{
    return list->count ? list->items[rng_below(rng, (uint32_t)list->count)] : "";
}

// Which list a capital of a pattern stands for; NULL: the letter itself.
static const struct text_list *slot(const struct words *words, char letter)
{
    static const char letters[] = "NVADPLT"; // in the order of enum word_kind
    const char *at = letter ? strchr(letters, letter) : NULL;
    return letter == 'X' ? &words->all : at ? &words->kinds[at - letters] : NULL;
}

static void fill_pattern(const char *pattern, const struct words *words, struct rng *rng, struct buffer *sentence)
{
    for (const char *c = pattern; *c; c++) {
        const struct text_list *list = slot(words, *c);
        if (list)
            buffer_print(sentence, "%s", draw(list, rng));
        else if (*c == '0')
            buffer_print(sentence, "%u", 2 + rng_below(rng, rng_chance(rng, .7) ? 60 : 2000));
        else
            buffer_print(sentence, "%c", *c);
    }
}

// Words and numbers in a row: not grammar, but the language's sounds in ever new neighbourhoods.
static void fill_row(const struct words *words, struct rng *rng, struct buffer *sentence)
{
    uint32_t count = 2 + rng_below(rng, LIST_WORDS - 1);
    for (uint32_t i = 0; i < count; i++) {
        const char *space = i ? " " : "";
        if (rng_chance(rng, .08))
            buffer_print(sentence, "%s%u", space, rng_below(rng, 10000));
        else
            buffer_print(sentence, "%s%s", space, draw(&words->all, rng));
    }
    buffer_print(sentence, "%c", ".?!."[rng_below(rng, 4)]);
}

static int words_open(struct words *words, const struct language *language, struct error *error)
{
    for (int kind = 0; kind < WORD_KINDS && is_english(language); kind++)
        TRY(words_split(speech_english[kind], &words->kinds[kind], error));
    return speech_words(language, &words->all, error);
}

static void words_close(struct words *words)
{
    for (int kind = 0; kind < WORD_KINDS; kind++)
        text_list_free(&words->kinds[kind]);
    text_list_free(&words->all);
}

int speech_sentences(const struct language *language, size_t wanted, uint64_t seed, struct text_list *texts,
                     struct error *error)
{
    struct words words = {0};
    struct rng rng = rng_make(seed_mix(seed, "sentences"), 0);
    *texts = (struct text_list){0};
    int code = words_open(&words, language, error);
    while (texts->count < wanted && code == 0) {
        struct buffer sentence;
        buffer_init(&sentence, SENTENCE_SIZE);
        if (is_english(language))
            fill_pattern(patterns[rng_below(&rng, COUNT_OF(patterns))], &words, &rng, &sentence);
        else
            fill_row(&words, &rng, &sentence);
        if (memory_was_lost())
            code = error_memory(error, "a sentence");
        else if (!sentence.failed && sentence.data)
            code = text_list_add(texts, sentence.data, error);
        buffer_free(&sentence);
    }
    if (code < 0)
        text_list_free(texts);
    words_close(&words);
    return code;
}
