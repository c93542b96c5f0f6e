// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

// One option of each kind. Every test begins with flag off, number 1, real 1, text "none" and an empty list.
struct values {
    bool flag;
    int64_t number;
    double real;
    const char *text;
    struct text_list list;
    struct positionals positionals;
    bool help;
};

enum { ROWS = 5, MOST_ARGUMENTS = 32 };

static void fill_rows(struct option_row rows[ROWS], struct values *values)
{
    *values = (struct values){.number = 1, .real = 1, .text = "none"};
    const struct option_row all[ROWS] = {
        {"flag", 'f', OPTION_FLAG, &values->flag, 0, 0, NULL, "a switch"},
        {"number", 'n', OPTION_INTEGER, &values->number, -10, 1e15, "N", "a whole number"},
        {"real", 0, OPTION_REAL, &values->real, 0, 1.5, "X", "a number"},
        {"text", 't', OPTION_TEXT, &values->text, 0, 0, "TEXT", "a text"},
        {"list", 0, OPTION_LIST, &values->list, 0, 0, "DIR", "texts"},
    };
    memcpy(rows, all, sizeof all);
}

// Splits `line` (a copy that the values point into) at spaces; '' is an empty argument.
static int parse_as(char *line, bool prefixes, struct values *values, struct error *error)
{
    struct option_row rows[ROWS];
    char *argv[MOST_ARGUMENTS], *rest = line;
    int argc = 0;
    fill_rows(rows, values);
    for (char *word; (word = strsep(&rest, " ")) && argc < MOST_ARGUMENTS;)
        if (*word)
            argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    return options_parse(rows, ROWS, prefixes, argc, argv, &values->positionals, &values->help, error);
}

static int parse(char *line, struct values *values, struct error *error)
{
    return parse_as(line, false, values, error);
}

// "flag number real text list-items | positionals", which a table can hold in one line.
static void print_values(const struct values *values, char *out, size_t size)
{
    int at = snprintf(out, size, "%s %lld %g %s", values->flag ? "on" : "off", (long long)values->number, values->real, values->text);
    for (size_t i = 0; i < values->list.count; i++)
        at += snprintf(out + at, size - (size_t)at, "%c%s", i ? ',' : ' ', values->list.items[i]);
    at += snprintf(out + at, size - (size_t)at, " |");
    for (int i = 0; i < values->positionals.count; i++)
        at += snprintf(out + at, size - (size_t)at, " %s", values->positionals.items[i]);
}

static void every_form_is_understood(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", "off 1 1 none |"},
        {"a b", "off 1 1 none | a b"},
        // values, in both forms
        {"--number=7", "off 7 1 none |"},
        {"--number 7", "off 7 1 none |"},
        {"a --number 7 b", "off 7 1 none | a b"},
        {"--number=-10", "off -10 1 none |"},
        {"--number=+3", "off 3 1 none |"},
        {"--number=1000000000000000", "off 1000000000000000 1 none |"},
        {"--real=.25", "off 1 0.25 none |"},
        {"--real 1e-3", "off 1 0.001 none |"},
        {"--real=1.5", "off 1 1.5 none |"},
        {"--real=0", "off 1 0 none |"},
        {"--text=x", "off 1 1 x |"},
        {"--text x", "off 1 1 x |"},
        {"--text=a=b", "off 1 1 a=b |"},
        {"--text=--flag", "off 1 1 --flag |"},
        {"--text=-x", "off 1 1 -x |"},
        {"--text - a", "off 1 1 - | a"},
        // switches
        {"--flag", "on 1 1 none |"},
        {"--no-flag", "off 1 1 none |"},
        {"--flag yes", "on 1 1 none | yes"},
        {"--flag=true", "on 1 1 none |"},
        {"--flag=1", "on 1 1 none |"},
        {"--flag=yes", "on 1 1 none |"},
        {"--flag=false", "off 1 1 none |"},
        {"--flag=0", "off 1 1 none |"},
        {"--flag=no", "off 1 1 none |"},
        {"--flag --flag", "on 1 1 none |"},
        {"--no-flag --no-flag", "off 1 1 none |"},
        // letters
        {"-f", "on 1 1 none |"},
        {"-n 5", "off 5 1 none |"},
        {"-t x a", "off 1 1 x | a"},
        // repeated
        {"--list a --list=b --list a", "off 1 1 none a,b,a |"},
        {"--text x --text=x", "off 1 1 x |"},
        {"-n 5 --number=5", "off 5 1 none |"},
        // dashes
        {"-", "off 1 1 none | -"},
        {"a - b", "off 1 1 none | a - b"},
        {"-- --flag", "off 1 1 none | --flag"},
        {"--flag -- -f -- --help", "on 1 1 none | -f -- --help"},
        {"--text=-- a", "off 1 1 -- | a"},
        {"''", "off 1 1 none | "},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct values values;
        struct error error = {0};
        char line[256], seen[256];
        snprintf(line, sizeof line, "%s", table[i][0]);
        if (parse(line, &values, &error) != 0)
            fail_msg("%s: %s", table[i][0], error.message);
        assert_false(values.help);
        print_values(&values, seen, sizeof seen);
        if (strcmp(seen, table[i][1]) != 0)
            fail_msg("%s: %s, not %s", table[i][0], seen, table[i][1]);
        text_list_free(&values.list);
    }
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says[2];
    } table[] = {
        {"--numbers=3", {"--numbers=3"}},
        {"--num=3", {"--num"}},
        {"-x", {"-x"}},
        {"-n5", {"-n5"}},
        {"-ft", {"-ft"}},
        {"--=3", {"--=3"}},
        {"--no-number", {"--no-number"}},
        {"--no-flag=true", {"--no-flag"}},
        {"--no-such", {"--no-such"}},
        // no value
        {"--number", {"--number", "needs a value"}},
        {"-n", {"--number", "needs a value"}},
        {"--text --flag", {"--text", "--text=TEXT"}},
        {"--number -5", {"--number", "--number=N"}},
        {"--text --", {"--text", "needs a value"}},
        {"--text=", {"--text", "empty"}},
        {"--text ''", {"--text", "empty"}},
        {"--list=", {"--list", "empty"}},
        {"--number=", {"--number", "empty"}},
        // no number, out of range
        {"--number=many", {"--number", "\"many\""}},
        {"--number=5x", {"--number", "whole number"}},
        {"--number=1.5", {"--number", "whole number"}},
        {"--number=1e3", {"--number", "whole number"}},
        {"--number=99999999999999999999", {"--number"}},
        {"--number=-11", {"--number", "-10"}},
        {"--number=1000000000000001", {"--number", "between"}},
        {"--real=one", {"--real", "\"one\""}},
        {"--real=1,5", {"--real"}},
        {"--real=nan", {"--real"}},
        {"--real=inf", {"--real"}},
        {"--real=1e999", {"--real"}},
        {"--real=-0.1", {"--real", "between 0 and 1.5"}},
        {"--real=1.51", {"--real", "1.51"}},
        // switches
        {"--flag=maybe", {"--flag", "\"maybe\""}},
        {"--flag=", {"--flag"}},
        // given twice
        {"--flag --no-flag", {"--flag", "twice"}},
        {"--text=a --text=b", {"--text", "twice"}},
        {"--number=3 -n 4", {"--number", "twice"}},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct values values;
        struct error error = {0};
        char line[256];
        snprintf(line, sizeof line, "%s", table[i].line);
        if (parse(line, &values, &error) != ERROR_USAGE)
            fail_msg("%s is accepted", table[i].line);
        for (size_t k = 0; k < COUNT_OF(table[i].says) && table[i].says[k]; k++)
            if (!strstr(error.message, table[i].says[k]))
                fail_msg("%s: %s", table[i].line, error.message);
        assert_null(strchr(error.message, '\n'));
        text_list_free(&values.list);
    }
}

static void help_wins_over_what_follows(void **state)
{
    (void)state;
    static const char *const lines[] = {"--help", "-h", "a --flag --help --wrong", "-h --number=many"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct values values;
        struct error error = {0};
        char line[64];
        snprintf(line, sizeof line, "%s", lines[i]);
        assert_int_equal(parse(line, &values, &error), 0);
        assert_true(values.help);
    }
}

// As argparse does it, for those who know a program so: options here are flag, number, real, text and list.
static void a_beginning_means_its_option_where_that_is_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t number; // 0: refused
        const char *says;
    } table[] = {{"--number=7", 7, NULL}, {"--num=7", 7, NULL},   {"--n 7", 7, NULL},         {"--num=7 --n=7", 7, NULL},
                 {"--f --n=7", 7, NULL},  {"--no-fl --n=7", 7, NULL}, {"--=7", 0, "unknown"}, {"--numbers=7", 0, "unknown"},
                 {"--x=7", 0, "unknown"}, {"--num=7 --n=8", 0, "twice"}, {"--no-n=7", 0, "unknown"}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct values values;
        struct error error = {0};
        char line[64];
        snprintf(line, sizeof line, "%s", table[i].line);
        int code = parse_as(line, true, &values, &error);
        assert_int_equal(code, table[i].says ? ERROR_USAGE : 0);
        if (table[i].says)
            assert_non_null(strstr(error.message, table[i].says));
        else
            assert_int_equal(values.number, table[i].number);
        snprintf(line, sizeof line, "%s", table[i].line);
        assert_int_equal(parse(line, &values, &error), i == 0 ? 0 : ERROR_USAGE); // the same, where it is not wanted
    }
    bool flags[3], help;
    const struct option_row rows[] = {{"clean", 0, OPTION_FLAG, &flags[0], 0, 0, NULL, ""},
                                      {"clean-up", 0, OPTION_FLAG, &flags[1], 0, 0, NULL, ""},
                                      {"clear", 0, OPTION_FLAG, &flags[2], 0, 0, NULL, ""}};
    static struct positionals positionals;
    struct error error = {0};
    assert_int_equal(options_parse(rows, 3, true, 2, (char *[]){"--clean", "--clean-"}, &positionals, &help, &error), 0);
    assert_true(positionals.given[0] && positionals.given[1] && !positionals.given[2]);
    assert_int_equal(options_parse(rows, 3, true, 1, (char *[]){"--no-cle"}, &positionals, &help, &error), ERROR_USAGE);
    assert_string_equal(error.message, "--no-cle could be --no-clean, --no-clean-up, --no-clear; write more of it");
}

static void arguments_have_a_limit(void **state)
{
    (void)state;
    enum { MOST = COUNT_OF(((struct positionals *)NULL)->items) };
    static char *many[MOST + 1];
    static struct positionals positionals;
    struct error error = {0};
    bool help;
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = "a";
    assert_int_equal(options_parse(NULL, 0, false, MOST, many, &positionals, &help, &error), 0);
    assert_int_equal(positionals.count, MOST);
    assert_int_equal(options_parse(NULL, 0, false, MOST + 1, many, &positionals, &help, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "1024"));
}

static void commands_want_their_arguments(void **state)
{
    (void)state;
    struct values values;
    struct option_row rows[ROWS];
    struct error error = {0};
    bool done;
    char *argv[] = {"a", "b", "c"};
    fill_rows(rows, &values);
    assert_int_equal(command_parse("infer", rows, ROWS, 1, argv, 2, 2, &values.positionals, &done, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "too few arguments: usage is wakesmith infer MODEL.tflite"));
    assert_int_equal(command_parse("infer", rows, ROWS, 3, argv, 2, 2, &values.positionals, &done, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "too many"));
    assert_int_equal(command_parse("infer", rows, ROWS, 2, argv, 2, 2, &values.positionals, &done, &error), 0);
    assert_false(done);
    assert_string_equal(values.positionals.items[1], "b");
}

static void the_help_shows_every_option(void **state)
{
    (void)state;
    struct values values;
    struct option_row rows[ROWS];
    char *text = NULL;
    size_t size;
    fill_rows(rows, &values);
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    options_print(stream, rows, ROWS);
    fclose(stream);
    static const char *const lines[] = {"  --flag ", "  --number=N ", " a whole number\n", "  --real=X ", "  --text=TEXT ", "  --list=DIR ",
                                        "  --help "};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (!strstr(text, lines[i]))
            fail_msg("\"%s\" is not in\n%s", lines[i], text);
    free(text);
}

static void names_become_json_whatever_their_bytes(void **state)
{
    (void)state;
    static const char *const table[][2] = {{"a.wav", "a.wav"}, {"caf\xc3\xa9.wav", "caf\xc3\xa9.wav"}, {"caf\xe9.wav", "caf?.wav"},
                                           {"\xff\xfe", "??"}, {"", ""},                               {NULL, ""}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        json_t *name = json_name(table[i][0]);
        assert_string_equal(json_string_value(name), table[i][1]);
        json_decref(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_understood),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(help_wins_over_what_follows),
        cmocka_unit_test(a_beginning_means_its_option_where_that_is_wanted),
        cmocka_unit_test(arguments_have_a_limit),
        cmocka_unit_test(commands_want_their_arguments),
        cmocka_unit_test(the_help_shows_every_option),
        cmocka_unit_test(names_become_json_whatever_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
