// SPDX-License-Identifier: GPL-3.0-or-later
// Near misses: what sounds like the phrase and is not it. Real words and other orders of the phrase's words where
// there are any, and phoneme strings made from the phrase and the language's words, which every language has.
#include "speech/speech_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MADE_UP_LEAST 1.2   // made-up strings must differ more than real words: nobody meant to say them
#define NEAR_WORD_MOST .58  // distance of a near word, per phoneme of the phrase
enum { TRIES_PER_TEXT = 40, EDGE = 2 /* phonemes that a word shares at its beginning or end */ };

struct near {
    const char *phrase;
    struct phonemes target;
    struct text_list words;  // of the language; then the phrase's own
    struct phonemes *sounds; // of the words
    size_t own;              // where the phrase's words begin
    struct rng rng;
    uint64_t *seen;          // hashes of what was taken: an open-addressed table
    size_t slots;
    struct text_list *texts;
    struct error *error;
};

// ---- taking ---------------------------------------------------------------------------------------------

// True once for each row of phonemes.
static bool is_new(struct near *near, const struct phonemes *sound)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sound->count; i++)
        for (const char *c = sound->items[i].name; c == sound->items[i].name || c[-1]; c++)
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    size_t at = hash % near->slots;
    for (; near->seen[at]; at = (at + 1) % near->slots)
        if (near->seen[at] == hash)
            return false;
    near->seen[at] = hash ? hash : 1;
    return true;
}

// Adds `text` (NULL: the phonemes themselves) unless it is or contains what sounds like the phrase.
static int take(struct near *near, const char *text, const struct phonemes *sound, double least)
{
    char written[PHONEMES_MAXIMUM * 12];
    size_t vowels = 0;
    for (size_t i = 0; i < sound->count; i++)
        vowels += sound->items[i].vowel;
    if (vowels == 0 || phonemes_distance_inside(&near->target, sound) < least ||
        (text && text_contains_phrase(text, near->phrase)))
        return 0;
    if (!text && !phonemes_print(sound, written, sizeof written))
        return 0;
    return is_new(near, sound) ? text_list_add(near->texts, text ? text : written, near->error) : 0;
}

// ---- real words -----------------------------------------------------------------------------------------

struct ranked {
    size_t word;
    double distance;
};

static int by_distance(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->distance < y->distance ? -1 : x->distance > y->distance ? 1 : x->word < y->word ? -1 : 1;
}

static bool same_edge(const struct phonemes *a, const struct phonemes *b, bool end)
{
    if (a->count < EDGE || b->count < EDGE)
        return false;
    const struct phoneme *x = a->items + (end ? a->count - EDGE : 0), *y = b->items + (end ? b->count - EDGE : 0);
    return strcmp(x[0].name, y[0].name) == 0 && strcmp(x[1].name, y[1].name) == 0;
}

// The words that sound most like the phrase, and those that begin or end like it.
static int take_words(struct near *near, size_t most)
{
    struct ranked *ranked = array_alloc(near->own + 1, sizeof *ranked);
    if (!ranked)
        return error_memory(near->error, "near misses");
    size_t count = 0;
    for (size_t i = 0; i < near->own; i++) {
        double distance = phonemes_distance(&near->target, &near->sounds[i]);
        bool edge =
            same_edge(&near->target, &near->sounds[i], false) || same_edge(&near->target, &near->sounds[i], true);
        if (edge || distance <= NEAR_WORD_MOST * (double)near->target.count)
            ranked[count++] = (struct ranked){i, distance};
    }
    qsort(ranked, count, sizeof *ranked, by_distance);
    int code = 0;
    for (size_t i = 0; i < count && near->texts->count < most && code == 0; i++)
        code = take(near, near->words.items[ranked[i].word], &near->sounds[ranked[i].word], SAME_SOUND);
    free(ranked);
    return code;
}

static void append(struct phonemes *sound, const struct phonemes *more, size_t from, size_t to)
{
    for (size_t i = from; i < to && sound->count < PHONEMES_MAXIMUM; i++)
        sound->items[sound->count++] = more->items[i];
}

// A phrase of several words: each alone, all but one, two exchanged, one replaced by another word of the language.
static int take_recombined(struct near *near, size_t most)
{
    enum { WORDS_MAXIMUM = 16 };
    size_t own = near->words.count - near->own, tries = own < 2 || own > WORDS_MAXIMUM ? 0 : most * 2;
    int code = 0;
    for (size_t i = 0; i < tries && near->texts->count < most && code == 0; i++) {
        size_t order[WORDS_MAXIMUM], count = own, at = i % own;
        for (size_t k = 0; k < own; k++)
            order[k] = near->own + k;
        switch (i / own) { // the few systematic ones first
        case 0:
            order[0] = near->own + at;
            count = 1;
            break;
        case 1:
            memmove(order + at, order + at + 1, (own - at - 1) * sizeof *order);
            count = own - 1;
            break;
        case 2:
            order[at] = near->own + (at + 1) % own;
            order[(at + 1) % own] = near->own + at;
            break;
        default:
            order[at] = rng_below(&near->rng, (uint32_t)near->own);
        }
        struct phonemes sound = {0};
        struct buffer text;
        buffer_init(&text, 4096);
        for (size_t k = 0; k < count; k++) {
            buffer_print(&text, "%s%s", k ? " " : "", near->words.items[order[k]]);
            append(&sound, &near->sounds[order[k]], 0, near->sounds[order[k]].count);
        }
        if (!text.failed && text.data)
            code = take(near, text.data, &sound, SAME_SOUND);
        buffer_free(&text);
    }
    return code;
}

// ---- made-up phoneme strings ----------------------------------------------------------------------------

static const struct phonemes *draw_word(struct near *near)
{
    return &near->sounds[rng_below(&near->rng, (uint32_t)near->own)];
}

// A vowel or consonant of the language, as often as it occurs in its words.
static struct phoneme draw_phoneme(struct near *near, bool vowel)
{
    for (int i = 0; i < 100; i++) {
        const struct phonemes *word = draw_word(near);
        struct phoneme phoneme =
            word->count ? word->items[rng_below(&near->rng, (uint32_t)word->count)] : (struct phoneme){0};
        if (word->count && phoneme.vowel == vowel)
            return phoneme;
    }
    return near->target.items[0];
}

static void replace(struct near *near, struct phoneme *phoneme)
{
    struct phoneme other = draw_phoneme(near, phoneme->vowel);
    memcpy(phoneme->name, other.name, sizeof phoneme->name);
}

static void make_part(struct near *near, struct phonemes *sound)
{
    size_t n = near->target.count, keep = 2 + rng_below(&near->rng, (uint32_t)(n > 3 ? n - 3 : 1));
    if (rng_chance(&near->rng, .5))
        append(sound, &near->target, 0, keep < n ? keep : n);
    else
        append(sound, &near->target, keep < n ? n - keep : 0, n);
}

// The phrase's beginning with the end of another word, or the other way round.
static void make_splice(struct near *near, struct phonemes *sound)
{
    const struct phonemes *word = draw_word(near);
    size_t n = near->target.count, third = n / 3 ? n / 3 : 1;
    size_t cut = third + rng_below(&near->rng, (uint32_t)(n > third + 1 ? n - third - 1 : 1));
    if (rng_chance(&near->rng, .5)) {
        size_t rest = n - cut < word->count ? n - cut : word->count;
        append(sound, &near->target, 0, cut);
        append(sound, word, word->count - rest, word->count);
    } else {
        append(sound, word, 0, cut < word->count ? cut : word->count);
        append(sound, &near->target, cut, n);
    }
}

// Two phonemes left out, put in or replaced.
static void make_mutant(struct near *near, struct phonemes *sound)
{
    append(sound, &near->target, 0, near->target.count);
    for (int i = 0; i < 2; i++) {
        size_t at = rng_below(&near->rng, (uint32_t)sound->count);
        double kind = rng_unit(&near->rng);
        size_t after = sound->count - at - 1;
        if (kind < .2 && sound->count > 3) {
            memmove(&sound->items[at], &sound->items[at + 1], after * sizeof *sound->items);
            sound->count--;
        } else if (kind < .35 && sound->count < PHONEMES_MAXIMUM) {
            struct phoneme consonant = draw_phoneme(near, false);
            consonant.starts = false;
            memmove(&sound->items[at + 1], &sound->items[at], (after + 1) * sizeof *sound->items);
            sound->items[at] = consonant;
            sound->count++;
        } else
            replace(near, &sound->items[at]);
    }
}

// The phrase's rhythm with other phonemes throughout.
static void make_rhythm(struct near *near, struct phonemes *sound)
{
    append(sound, &near->target, 0, near->target.count);
    for (size_t i = 0; i < sound->count; i++)
        replace(near, &sound->items[i]);
}

static const struct {
    double share;
    void (*make)(struct near *near, struct phonemes *sound);
} kinds[] = {{.1, make_part}, {.45, make_splice}, {.35, make_mutant}, {.1, make_rhythm}};

// One main stress a word, on a vowel: pieces of words may have brought none or several.
static void settle_stress(struct phonemes *sound)
{
    for (size_t from = 0, to; from < sound->count; from = to) {
        for (to = from + 1; to < sound->count && !sound->items[to].starts;)
            to++;
        sound->items[from].starts = true;
        size_t main = to;
        for (size_t i = from; i < to; i++) {
            bool stressed = sound->items[i].vowel && sound->items[i].stress == '\'';
            main = stressed && main == to ? i : main;
            sound->items[i].stress = 0;
        }
        for (size_t i = from; i < to && main == to; i++)
            main = sound->items[i].vowel ? i : main;
        if (main < to)
            sound->items[main].stress = '\'';
    }
}

static int take_made_up(struct near *near, size_t most)
{
    int code = 0;
    for (size_t i = 0; i < most * TRIES_PER_TEXT && near->texts->count < most && code == 0; i++) {
        struct phonemes sound = {0};
        double left = rng_unit(&near->rng);
        size_t kind = 0;
        while (kind + 1 < COUNT_OF(kinds) && left >= kinds[kind].share)
            left -= kinds[kind++].share;
        kinds[kind].make(near, &sound);
        settle_stress(&sound);
        code = take(near, NULL, &sound, MADE_UP_LEAST);
    }
    return code;
}

// ---- the whole ------------------------------------------------------------------------------------------

static int near_open(struct near *near, const struct language *language, size_t wanted)
{
    struct text_list lines = {0};
    int code = speech_words(language, &near->words, near->error);
    near->own = near->words.count;
    if (code == 0 && !is_phonemes(near->phrase))
        code = words_split(near->phrase, &near->words, near->error);
    size_t count = near->words.count;
    if (code == 0)
        code = text_list_add(&near->words, near->phrase, near->error);
    if (code == 0)
        code = phoneme_lines(&near->words, language, &lines, near->error);
    near->slots = 2 * wanted + 1;
    near->sounds = array_alloc(near->words.count + 1, sizeof *near->sounds);
    near->seen = array_alloc(near->slots, sizeof *near->seen);
    if (code == 0 && (!near->sounds || !near->seen))
        code = error_memory(near->error, "near misses");
    if (code == 0) {
        for (size_t i = 0; i < lines.count; i++)
            phonemes_read(lines.items[i], &near->sounds[i]);
        near->target = near->sounds[count];
        free(near->words.items[count]); // the whole phrase was only there to be read
        near->words.count = count;
        if (near->target.count == 0)
            code = error_set(near->error, ERROR_USAGE,
                             "\"%.60s\" cannot be read aloud in %s; choose its language with --lang", near->phrase,
                             language->name);
    }
    text_list_free(&lines);
    return code;
}

int speech_near_misses(const char *phrase, const struct language *language, size_t wanted, uint64_t seed,
                       struct text_list *texts, struct error *error)
{
    struct near near = {
        .phrase = phrase, .rng = rng_make(seed_mix(seed, "near misses"), 0), .texts = texts, .error = error};
    *texts = (struct text_list){0};
    int code = near_open(&near, language, wanted);
    if (code == 0)
        code = take_recombined(&near, wanted / 4);
    if (code == 0)
        code = take_words(&near, wanted / 2);
    if (code == 0)
        code = take_made_up(&near, wanted);
    if (code == 0 && texts->count == 0 && wanted)
        code = error_set(error, ERROR_STATE, "no near miss of \"%.60s\" was found in %s", phrase, language->name);
    text_list_shuffle(texts, &near.rng);
    if (code < 0)
        text_list_free(texts);
    text_list_free(&near.words);
    free(near.sounds);
    free(near.seen);
    return code;
}

int speech_find(const char *phrase, const struct language *language, const struct text_list *texts, bool *found,
                struct error *error)
{
    struct text_list lines = {0}, phrases = {0};
    struct phonemes target, sound;
    int code = text_list_add(&phrases, phrase, error);
    for (size_t i = 0; i < texts->count && code == 0; i++)
        code = text_list_add(&phrases, texts->items[i], error);
    if (code == 0)
        code = phoneme_lines(&phrases, language, &lines, error);
    if (code == 0)
        phonemes_read(is_phonemes(phrase) ? phrase : lines.items[0], &target);
    for (size_t i = 0; i < texts->count && code == 0; i++) {
        const char *text = texts->items[i];
        phonemes_read(is_phonemes(text) ? text : lines.items[i + 1], &sound);
        if (phonemes_distance_inside(&target, &sound) < SAME_SOUND || text_contains_phrase(text, phrase))
            found[i] = true;
    }
    text_list_free(&lines);
    text_list_free(&phrases);
    return code;
}

int speech_leave_out(const char *phrase, const struct language *language, struct text_list *texts, struct error *error)
{
    bool *found = array_alloc(texts->count + 1, sizeof *found);
    size_t kept = 0;
    int code = found ? speech_find(phrase, language, texts, found, error) : error_memory(error, "a list of texts");
    for (size_t i = 0; i < texts->count && code == 0; i++)
        if (found[i])
            free(texts->items[i]);
        else
            texts->items[kept++] = texts->items[i];
    if (code == 0)
        texts->count = kept;
    free(found);
    return code;
}
