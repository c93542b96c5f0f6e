// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_flag(const struct option_row *row, const char *text, struct error *error)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"1", true}, {"yes", true}, {"false", false}, {"0", false}, {"no", false}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!text || strcmp(text, words[i].word) == 0) {
            *(bool *)row->value = !text || words[i].value;
            return 0;
        }
    return error_set(error, ERROR_USAGE, "--%s is a switch: say --%s, --no-%s or --%s=true|false, not \"%s\"",
                     row->name, row->name, row->name, row->name, text);
}

static int parse_number(const struct option_row *row, const char *text, struct error *error)
{
    bool integer = row->kind == OPTION_INTEGER;
    char *end;
    errno = 0;
    long long whole = integer ? strtoll(text, &end, 10) : 0;
    double real = integer ? (double)whole : strtod(text, &end);
    if (end == text || *end || errno || real != real)
        return error_set(error, ERROR_USAGE, "--%s needs a %s, not \"%s\"", row->name,
                         integer ? "whole number" : "number", text);
    if (real < row->low || real > row->high)
        return error_set(error, ERROR_USAGE, "--%s must be between %.10g and %.10g, not %s", row->name, row->low,
                         row->high, text);
    if (integer)
        *(int64_t *)row->value = whole;
    else
        *(double *)row->value = real;
    return 0;
}

int option_read(const struct option_row *row, const char *text, struct error *error)
{
    switch (row->kind) {
    case OPTION_FLAG:
        return parse_flag(row, text, error);
    case OPTION_INTEGER:
    case OPTION_REAL:
        return parse_number(row, text, error);
    case OPTION_TEXT:
        *(const char **)row->value = text;
        return 0;
    case OPTION_LIST:
        return text_list_add(row->value, text, error);
    }
    return 0;
}

struct option_search {
    const struct option_row *rows;
    size_t count;
    bool prefixes;
};

// A whole name comes before those that only begin so. *others: how many begin so as well; then it is none of them.
static const struct option_row *find_name(const struct option_search *search, const char *name, size_t size,
                                          size_t *others)
{
    const struct option_row *found = NULL;
    size_t begin = 0;
    *others = 0;
    for (size_t i = 0; i < search->count; i++) {
        const struct option_row *row = &search->rows[i];
        if (strncmp(row->name, name, size) != 0)
            continue;
        if (!row->name[size])
            return row;
        begin++;
        found = row;
    }
    if (!search->prefixes || size == 0)
        return NULL;
    *others = begin > 1 ? begin : 0;
    return begin == 1 ? found : NULL;
}

// Which options a beginning may mean.
static int tell_ambiguous(const struct option_search *search, const char *argument, struct error *error)
{
    struct buffer names;
    size_t skipped = strncmp(argument, "--no-", 5) == 0 ? 5 : 2, size = strcspn(argument + skipped, "=");
    buffer_init(&names, 400);
    for (size_t i = 0; i < search->count; i++)
        if (strncmp(search->rows[i].name, argument + skipped, size) == 0)
            buffer_print(&names, "%s%.*s%s", names.size ? ", " : "", (int)skipped, argument, search->rows[i].name);
    int code = error_set(error, ERROR_USAGE, "%.*s could be %s; write more of it", (int)(skipped + size), argument,
                         names.data ? names.data : "several options");
    buffer_free(&names);
    return code;
}

static const struct option_row *find_letter(const struct option_row *rows, size_t count, char letter)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].letter == letter)
            return &rows[i];
    return NULL;
}

// The row that `argument` (which begins with a dash) names, and the value that stands in it, if any.
static const struct option_row *find_row(const struct option_search *search, const char *argument, const char **value,
                                         size_t *others)
{
    *value = NULL;
    *others = 0;
    if (argument[1] != '-')
        return argument[2] ? NULL : find_letter(search->rows, search->count, argument[1]);
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = find_name(search, name, size, others);
    if (equals)
        *value = equals + 1;
    else if (!row && *others == 0 && strncmp(name, "no-", 3) == 0) {
        row = find_name(search, name + 3, size - 3, others);
        *value = "false";
        if (row && row->kind != OPTION_FLAG)
            return NULL;
    }
    return row;
}

int options_parse(const struct option_row *rows, size_t row_count, bool prefixes, int argc, char **argv,
                  struct positionals *positionals, bool *help, struct error *error)
{
    const struct option_search search = {rows, row_count, prefixes};
    size_t others;
    const char *seen[OPTIONS_MOST] = {0};
    *help = false;
    positionals->count = 0;
    memset(positionals->given, 0, sizeof positionals->given);
    bool over = false;
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i], *value;
        if (!over && strcmp(argument, "--") == 0) {
            over = true;
            continue;
        }
        if (over || argument[0] != '-' || !argument[1]) {
            if (positionals->count == (int)COUNT_OF(positionals->items))
                return error_set(error, ERROR_USAGE, "more than %zu arguments; name a folder instead",
                                 COUNT_OF(positionals->items));
            positionals->items[positionals->count++] = argument;
            continue;
        }
        if (strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0) {
            *help = true;
            return 0;
        }
        const struct option_row *row = find_row(&search, argument, &value, &others);
        if (others)
            return tell_ambiguous(&search, argument, error);
        if (!row)
            return error_set(error, ERROR_USAGE, "unknown option %s; --help lists the options", argument);
        if (row->kind != OPTION_FLAG && !value) {
            if (i + 1 >= argc || (argv[i + 1][0] == '-' && argv[i + 1][1]))
                return error_set(error, ERROR_USAGE, "--%s needs a value: --%s=%s", row->name, row->name,
                                 row->argument);
            value = argv[++i];
        }
        if (row->kind != OPTION_FLAG && !*value)
            return error_set(error, ERROR_USAGE, "--%s has an empty value", row->name);
        const char **before = &seen[row - rows], *now = value ? value : "true";
        if (*before && row->kind != OPTION_LIST && strcmp(*before, now) != 0)
            return error_set(error, ERROR_USAGE, "--%s is given twice, as %s and as %s", row->name, *before, now);
        *before = now;
        positionals->given[row - rows] = true;
        TRY(option_read(row, value, error));
    }
    return 0;
}

void options_print(FILE *stream, const struct option_row *rows, size_t row_count)
{
    for (size_t i = 0; i < row_count; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].argument ? "=" : "",
                 rows[i].argument ? rows[i].argument : "");
        fprintf(stream, "  %-28s %s\n", left, rows[i].help);
    }
    fprintf(stream, "  %-28s %s\n", "--help", "this text");
}
