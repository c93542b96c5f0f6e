// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as phrase, title and language code: no crash, and ids keep their promise.
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *result;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;

    char id[TEXT_ID_SIZE], again[TEXT_ID_SIZE];
    text_safe_id(text, id);
    text_safe_id(id, again);
    size_t length = strlen(id);
    if (strcmp(id, again) != 0 || length == 0 || id[0] == '_' || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
        abort();

    struct error error;
    const struct language *language;
    text_language_named(text, &language, &error);
    for (size_t i = 0; i < text_language_count; i++)
        if (text_title(text, i ? NULL : text, &text_languages[i], &result, &error) == 0)
            free(result);
    if (text_check_phrase(text, &error) == 0 && text_title(text, NULL, text_language_of(text), &result, &error) == 0)
        free(result);
    if (text_spoken(text, &result, &error) == 0)
        free(result);
    free(text);
    return 0;
}
