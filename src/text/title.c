// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

// "hey, jarvis!" -> "Hey Jarvis": what is neither letter nor number separates words; each begins with a capital.
static void capitalised(const char *phrase, struct buffer *title)
{
    bool inside = false;
    for (const char *at = phrase; *at;) {
        int32_t character = text_next(&at);
        enum text_class class = text_class_of(character);
        bool part = class == TEXT_LETTER || class == TEXT_NUMBER || (inside && class == TEXT_MARK);
        if (part) {
            if (!inside && title->size)
                buffer_append(title, " ", 1);
            utf8proc_uint8_t bytes[4];
            utf8proc_ssize_t size = utf8proc_encode_char(inside ? character : utf8proc_totitle(character), bytes);
            buffer_append(title, bytes, (size_t)size);
        }
        inside = part;
    }
}

int text_title(const char *phrase, const char *given, const struct language *language, char **title,
               struct error *error)
{
    *title = NULL;
    const char *what = given ? "--title" : "the phrase", *begin, *end;
    TRY(text_check(given ? given : phrase, what, error));
    text_trimmed(given ? given : phrase, &begin, &end);
    if (begin == end)
        return error_set(error, ERROR_USAGE, "%s is empty", what);

    struct buffer text;
    buffer_init(&text, 1 << 16);
    if (!language)
        language = text_language_of(phrase);
    if (!given && !language->keep_title)
        capitalised(phrase, &text);
    if (text.size == 0)
        buffer_append(&text, given ? given : begin, given ? strlen(given) : (size_t)(end - begin));
    if (text.failed) {
        buffer_free(&text);
        return error_memory(error, "a title");
    }
    if (strcmp(text.data, "vad") == 0) {
        buffer_free(&text);
        return error_set(
            error, ERROR_USAGE,
            "the title \"vad\" is reserved by ESPHome for voice activity models; give another one with --title");
    }
    *title = text.data;
    return 0;
}
