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

static const struct option_row *find_name(const struct option_row *rows, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0)
            return &rows[i];
    return NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, size_t count, char letter)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].letter == letter)
            return &rows[i];
    return NULL;
}

// The row that `argument` (which begins with a dash) names, and the value that stands in it, if any.
static const struct option_row *find_row(const struct option_row *rows, size_t count, const char *argument,
                                         const char **value)
{
    *value = NULL;
    if (argument[1] != '-')
        return argument[2] ? NULL : find_letter(rows, count, argument[1]);
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = find_name(rows, count, name, size);
    if (equals)
        *value = equals + 1;
    else if (!row && strncmp(name, "no-", 3) == 0) {
        row = find_name(rows, count, name + 3, size - 3);
        *value = "false";
        if (row && row->kind != OPTION_FLAG)
            return NULL;
    }
    return row;
}

int options_parse(const struct option_row *rows, size_t row_count, int argc, char **argv,
                  struct positionals *positionals, bool *help, struct error *error)
{
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
        const struct option_row *row = find_row(rows, row_count, argument, &value);
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
