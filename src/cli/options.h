// SPDX-License-Identifier: GPL-3.0-or-later
// One parser for all subcommands, driven by a table of options that also prints the help.
//   values: --key=value and --key value (a value that begins with a dash only in the = form); never empty, so that
//           --data-dir=$UNSET does not mean the root folder
//   flags:  --flag, --no-flag, --flag=true|false|1|0|yes|no; a flag never takes the next argument
//   "--" ends the options; "-" is a positional argument (standard input)
//   prefixes: --train for --training-steps, when nothing else begins so (programs that others know with argparse)
#ifndef WAKESMITH_CLI_OPTIONS_H
#define WAKESMITH_CLI_OPTIONS_H

#include "base/base.h"

enum option_kind {
    OPTION_FLAG,    // value: bool *
    OPTION_INTEGER, // value: int64_t *, low <= x <= high
    OPTION_REAL,    // value: double *, low <= x <= high
    OPTION_TEXT,    // value: const char **, points into argv
    OPTION_LIST     // value: struct text_list *, repeatable
};

struct option_row {
    const char *name; // without dashes
    char letter;      // short form, 0 for none
    enum option_kind kind;
    void *value;
    double low, high;     // numbers only
    const char *argument; // "N", "DIR"; NULL for flags
    const char *help;     // one line; the default is told there
};

enum { OPTIONS_MOST = 64 }; // rows of one command
struct positionals {
    const char *items[1024];
    int count;
    bool given[OPTIONS_MOST]; // the options that stand on the command line, by row
};

// Fills the values and the positional arguments. *help becomes true for -h and --help.
int options_parse(const struct option_row *rows, size_t row_count, bool prefixes, int argc, char **argv,
                  struct positionals *positionals, bool *help, struct error *error);
// The value of one option from elsewhere (an environment variable, a file): as in --key=text. `text` must live as long
// as the values.
int option_read(const struct option_row *row, const char *text, struct error *error);
void options_print(FILE *stream, const struct option_row *rows, size_t row_count);

#endif
