// SPDX-License-Identifier: GPL-3.0-or-later
// Any arguments, a 0 byte between each: what is understood stays inside its bounds and its own row, what is not is one
// sentence.
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

struct values {
    bool flag;
    int64_t number;
    int64_t guard; // no row's
    double real;
    const char *text;
    struct text_list list;
};

static void check(const struct values *values, const struct positionals *words, int argc)
{
    if (values->number < -10 || values->number > 1000 || !(values->real >= 0 && values->real <= 1.5))
        abort();
    if (values->guard != 42 || !values->text || !*values->text || words->count < 0 || words->count > argc)
        abort();
    for (size_t i = 0; i < values->list.count; i++)
        if (!*values->list.items[i])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 1100 };
    static char *argv[MOST];
    static struct positionals words;
    struct values values = {.number = 1, .guard = 42, .real = 1, .text = "none"};
    struct error error = {0};
    bool help = false;
    int argc = 0;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    for (size_t at = 0; at < size && argc < MOST; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    const struct option_row rows[] = {
        {"flag", 'f', OPTION_FLAG, &values.flag, 0, 0, NULL, "a switch"},
        {"number", 'n', OPTION_INTEGER, &values.number, -10, 1000, "N", "a whole number"},
        {"real", 0, OPTION_REAL, &values.real, 0, 1.5, "X", "a number"},
        {"text", 't', OPTION_TEXT, &values.text, 0, 0, "TEXT", "a text"},
        {"list", 0, OPTION_LIST, &values.list, 0, 0, "DIR", "texts"},
    };
    int code = options_parse(rows, COUNT_OF(rows), size % 2, argc, argv, &words, &help, &error);
    check(&values, &words, argc);
    if (code != 0 && (code != ERROR_USAGE || !*error.message))
        abort();
    text_list_free(&values.list);
    free(text);
    return 0;
}
