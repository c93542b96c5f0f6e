// SPDX-License-Identifier: GPL-3.0-or-later
// What a voice of one language makes of phonemes of another, as its speakers do: each sound that its language does not
// have becomes the one of its own that comes closest. A Piper voice has ids for most of IPA, but it has heard only what
// espeak-ng reads in its language.
#include "speech/speech_internal.h"

#include <math.h>
#include <string.h>

enum { SIGNS_MAXIMUM = 160, WORDS_READ = 300 };

struct sign {
    char text[8];
    struct phone phone;
    bool sounds; // not only a mark of stress or length
};
static struct { // of the language that was asked for last; in a child process, which ends with it
    const struct language *language;
    struct sign signs[SIGNS_MAXIMUM];
    size_t count;
} known;

static const char *next_sign(const char *at, char sign[8])
{
    size_t length = 1;
    while ((at[length] & 0xc0) == 0x80 && length < 6)
        length++;
    memset(sign, 0, 8);
    memcpy(sign, at, length);
    return at + length;
}

static const struct sign *find_sign(const char *text)
{
    for (size_t i = 0; i < known.count; i++)
        if (strcmp(known.signs[i].text, text) == 0)
            return &known.signs[i];
    return NULL;
}

static void learn_signs(const char *ipa)
{
    char text[8];
    while (*ipa) {
        ipa = next_sign(ipa, text);
        if (find_sign(text) || known.count == SIGNS_MAXIMUM)
            continue;
        struct sign *sign = &known.signs[known.count++];
        struct phones phones;
        phones_read(text, &phones);
        *sign = (struct sign){.sounds = phones.count > 0};
        memcpy(sign->text, text, sizeof text);
        if (phones.count)
            sign->phone = phones.items[0];
    }
}

// The sounds of the language: those of its everyday words.
static int learn(const char *reader, const struct language *language)
{
    struct text_list words = {0};
    struct error ignored;
    if (known.language == language)
        return 0;
    known.language = NULL;
    known.count = 0;
    int code = speech_words(language, &words, &ignored);
    size_t read = words.count < WORDS_READ ? words.count : WORDS_READ;
    for (size_t i = 0; i < read && code == 0; i++) {
        struct buffer ipa;
        buffer_init(&ipa, 1 << 16);
        code = espeak_ipa(reader, words.items[i * words.count / read], &ipa);
        if (code == 0 && ipa.data && !strchr(ipa.data, '(')) // not what is read as another language
            learn_signs(ipa.data);
        buffer_free(&ipa);
    }
    text_list_free(&words);
    if (code == 0)
        known.language = language;
    return code;
}

int foreign_ipa(const char *ipa, const char *reader, const struct language *language, struct buffer *out)
{
    char text[8];
    if (learn(reader, language) != 0 || known.count == 0)
        return -1;
    for (const char *at = ipa; *at;) {
        struct phones phones;
        const struct sign *best = NULL;
        double least = INFINITY;
        at = next_sign(at, text);
        if (find_sign(text)) {
            buffer_append(out, text, strlen(text));
            continue;
        }
        phones_read(text, &phones);
        for (size_t i = 0; i < known.count && phones.count; i++) {
            double cost = known.signs[i].sounds ? phone_change(&phones.items[0], &known.signs[i].phone) : INFINITY;
            best = cost < least ? &known.signs[i] : best;
            least = fmin(cost, least);
        }
        if (best)
            buffer_append(out, best->text, strlen(best->text));
    }
    return out->failed ? -1 : 0;
}
