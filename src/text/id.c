// SPDX-License-Identifier: GPL-3.0-or-later
// The safe id of a phrase: used for file names, folders and the model's name, always by this one function.
#include "text/text_internal.h"

#include <stdlib.h>
#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

enum { HASH_DIGITS = 8, MOST_BYTES = TEXT_ID_SIZE - 1, MOST_BYTES_BEFORE_HASH = MOST_BYTES - 1 - HASH_DIGITS };

// Transliteration of lower case letters that do not decompose to ASCII.
static const struct {
    char32_t letter;
    const char *latin;
} transliteration[] = {
    {U'а', "a"},  {U'б', "b"},  {U'в', "v"},    {U'г', "g"},  {U'д', "d"}, {U'е', "e"},  {U'ё', "yo"}, {U'ж', "zh"},
    {U'з', "z"},  {U'и', "i"},  {U'й', "y"},    {U'к', "k"},  {U'л', "l"}, {U'м', "m"},  {U'н', "n"},  {U'о', "o"},
    {U'п', "p"},  {U'р', "r"},  {U'с', "s"},    {U'т', "t"},  {U'у', "u"}, {U'ф', "f"},  {U'х', "kh"}, {U'ц', "ts"},
    {U'ч', "ch"}, {U'ш', "sh"}, {U'щ', "shch"}, {U'ъ', ""},   {U'ы', "y"}, {U'ь', ""},   {U'э', "e"},  {U'ю', "yu"},
    {U'я', "ya"}, {U'і', "i"},  {U'ї', "yi"},   {U'є', "ye"}, {U'ґ', "g"}, {U'ў', "u"},  {U'ß', "ss"}, {U'æ', "ae"},
    {U'œ', "oe"}, {U'ø', "o"},  {U'ł', "l"},    {U'đ', "d"},  {U'ð', "d"}, {U'þ', "th"}, {U'ı', "i"},
};

struct id {
    char text[MOST_BYTES + 1];
    size_t size;
    bool lost; // a letter or number had no equivalent
};

static const char *latin_of(int32_t letter)
{
    for (size_t i = 0; i < COUNT_OF(transliteration); i++)
        if (transliteration[i].letter == (char32_t)letter)
            return transliteration[i].latin;
    return NULL;
}

// No '_' in front or twice; what does not fit is cut off.
static void add(struct id *id, char letter)
{
    bool needless = letter == '_' && (id->size == 0 || id->text[id->size - 1] == '_');
    if (!needless && id->size < MOST_BYTES)
        id->text[id->size++] = letter;
}

static void cut(struct id *id, size_t most)
{
    if (id->size > most)
        id->size = most;
    while (id->size > 0 && id->text[id->size - 1] == '_')
        id->size--;
}

static void add_decomposed(struct id *id, int32_t character)
{
    utf8proc_int32_t parts[32];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(character, parts, COUNT_OF(parts), UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        enum text_class class = text_class_of(parts[i]);
        if ((parts[i] >= 'a' && parts[i] <= 'z') || (parts[i] >= '0' && parts[i] <= '9'))
            add(id, (char)parts[i]);
        else if (class == TEXT_LETTER || class == TEXT_NUMBER)
            id->lost = true;
        else if (class != TEXT_MARK)
            add(id, '_');
    }
}

static void add_lower(struct id *id, int32_t character)
{
    const char *latin = latin_of(character);
    if (!latin)
        add_decomposed(id, character);
    for (; latin && *latin; latin++)
        add(id, *latin);
}

// [begin, end) as NFC, bytes that are no UTF-8 left out; NULL without memory.
static char *composed(const char *begin, const char *end, bool *lost)
{
    char *clean = memory_or_lost((size_t)(end - begin) + 1), *to = clean;
    if (!clean)
        return NULL;
    for (const char *at = begin, *here = begin; at < end; here = at) {
        bool valid = text_next(&at) != TEXT_INVALID;
        *lost |= !valid;
        while (valid && here < at)
            *to++ = *here++;
    }
    *to = 0;
    char *text = (char *)utf8proc_NFC((const utf8proc_uint8_t *)clean);
    free(clean);
    return text;
}

void text_safe_id(const char *phrase, char id[TEXT_ID_SIZE])
{
    struct id safe = {.size = 0};
    const char *begin, *end;
    text_trimmed(phrase, &begin, &end);
    char *text = composed(begin, end, &safe.lost);
    if (text)
        for (const char *at = text; *at;)
            add_lower(&safe, utf8proc_tolower(text_next(&at)));
    free(text);

    char hash[41];
    sha1_hex(begin, (size_t)(end - begin), hash);
    cut(&safe, safe.lost ? MOST_BYTES_BEFORE_HASH : MOST_BYTES);
    safe.text[safe.size] = 0;
    if (safe.size == 0)
        snprintf(id, TEXT_ID_SIZE, "wakeword_%.*s", HASH_DIGITS, hash);
    else if (safe.lost)
        snprintf(id, TEXT_ID_SIZE, "%.*s_%.*s", MOST_BYTES_BEFORE_HASH, safe.text, HASH_DIGITS, hash);
    else
        memcpy(id, safe.text, safe.size + 1);
}
