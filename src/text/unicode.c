// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text_internal.h"

#include <utf8proc.h>

int32_t text_next(const char **at)
{
    if (!**at)
        return 0;
    utf8proc_int32_t character;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &character);
    *at += size > 0 ? size : 1;
    return size > 0 ? character : TEXT_INVALID;
}

enum text_class text_class_of(int32_t character)
{
    if ((character >= '\t' && character <= '\r') || character == 0x85)
        return TEXT_SPACE; // control characters by category, white space by use
    utf8proc_category_t category = utf8proc_category(character);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
        return TEXT_LETTER;
    if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME)
        return TEXT_MARK;
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO)
        return TEXT_NUMBER;
    if (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP)
        return TEXT_SPACE;
    return category == UTF8PROC_CATEGORY_CC ? TEXT_CONTROL : TEXT_OTHER;
}

void text_trimmed(const char *text, const char **begin, const char **end)
{
    *begin = *end = NULL;
    for (const char *at = text, *here = text; *at; here = at) {
        if (text_class_of(text_next(&at)) == TEXT_SPACE)
            continue;
        if (!*begin)
            *begin = here;
        *end = at;
    }
    if (!*begin)
        *begin = *end = text;
}
