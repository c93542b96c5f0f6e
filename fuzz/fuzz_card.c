// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a report: an error with a sentence, or a whole page that no value of the report broke.
#include "manifest/manifest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    char *page = NULL;
    size_t length = 0, open = 0;
    int code = card_page((const char *)data, size, &page, &length, &error);
    if (code < 0) {
        if (!error.message[0] || page)
            abort();
        return 0;
    }
    if (length != strlen(page) || !text_ends_with(page, "</html>\n") || strstr(page, "<script"))
        abort();
    for (const char *at = page; *at; at++) { // tags open and close in turn, nothing between them is a control character
        if ((*at == '<' && open++) || (*at == '>' && !open--) || ((unsigned char)*at < ' ' && *at != '\n'))
            abort();
    }
    if (open)
        abort();
    free(page);
    return 0;
}
