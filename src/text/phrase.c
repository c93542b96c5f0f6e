// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text_internal.h"

#include <stdlib.h>
#include <utf8proc.h>

int text_check(const char *text, const char *what, struct error *error)
{
    int count = 0;
    for (int32_t character; (character = text_next(&text)) != 0; count++) {
        if (character == TEXT_INVALID)
            return error_set(error, ERROR_USAGE, "%s is not valid UTF-8", what);
        if (utf8proc_category(character) == UTF8PROC_CATEGORY_CC)
            return error_set(error, ERROR_USAGE, "%s has a control character (U+%04X)", what, (unsigned)character);
        if (count == TEXT_MOST_CHARACTERS)
            return error_set(error, ERROR_USAGE, "%s is longer than %d characters", what, TEXT_MOST_CHARACTERS);
    }
    return 0;
}

int text_check_phrase(const char *phrase, struct error *error)
{
    TRY(text_check(phrase, "the phrase", error));
    for (int32_t character; (character = text_next(&phrase)) != 0;) {
        enum text_class class = text_class_of(character);
        if (class == TEXT_LETTER || class == TEXT_NUMBER)
            return 0;
    }
    return error_set(error, ERROR_USAGE, "the phrase has no letter and no digit, so nothing could be spoken");
}

int text_spoken(const char *phrase, char **spoken, struct error *error)
{
    *spoken = NULL;
    for (const char *at = phrase; *at;)
        if (text_next(&at) == TEXT_INVALID)
            return error_set(error, ERROR_USAGE, "the phrase is not valid UTF-8");
    char *text = (char *)utf8proc_NFC((const utf8proc_uint8_t *)phrase);
    if (!text)
        return error_memory(error, "a phrase");

    char *to = text;
    bool gap = false; // white space since the last character that was kept
    for (const char *at = text, *here = text; *at; here = at) {
        enum text_class class = text_class_of(text_next(&at));
        if (class == TEXT_SPACE || class == TEXT_CONTROL) {
            gap = true;
            continue;
        }
        if (gap && to > text)
            *to++ = ' ';
        gap = false;
        while (here < at)
            *to++ = *here++;
    }
    *to = 0;
    *spoken = text;
    return 0;
}
