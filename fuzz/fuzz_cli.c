// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a command line: arguments end at line feeds. No crash, a failure has its sentence, numbers keep to their
// ranges, what is positional was given.
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 64 };
    bool flag = false, help = false;
    int64_t whole = 5;
    double real = .5;
    const char *text = NULL;
    struct text_list list = {0};
    const struct option_row rows[] = {{"flag", 'f', OPTION_FLAG, &flag, 0, 0, NULL, "a switch"},
                                      {"whole", 'w', OPTION_INTEGER, &whole, -3, 9, "N", "a whole number"},
                                      {"real", 0, OPTION_REAL, &real, 0, 1, "X", "a number"},
                                      {"text", 't', OPTION_TEXT, &text, 0, 0, "TEXT", "a text"},
                                      {"list", 0, OPTION_LIST, &list, 0, 0, "DIR", "texts"}};
    static struct positionals positionals;
    struct error error = {0};
    char *copy = malloc(size + 1), *argv[MOST];
    int argc = 0;
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy[size] = 0;
    for (char *rest = copy, *argument; argc < MOST && (argument = strsep(&rest, "\n"));)
        argv[argc++] = argument;
    if (options_parse(rows, COUNT_OF(rows), argc, argv, &positionals, &help, &error) < 0)
        check(error.message[0] != 0);
    else
        check(positionals.count >= 0 && positionals.count <= argc && (!text || *text));
    check(whole >= -3 && whole <= 9 && real >= 0 && real <= 1);
    text_list_free(&list);
    free(copy);
    return 0;
}
