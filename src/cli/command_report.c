// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"

#include <stdlib.h>
#include <string.h>

int command_report(int argc, char **argv, struct error *error)
{
    const char *output = NULL;
    bool done;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &output, 0, 0, "FILE", "the page (default: <id>.report.html beside the report)"}};
    struct positionals files;
    TRY(command_parse("report", rows, COUNT_OF(rows), argc, argv, 1, 1, &files, &done, error));
    if (done)
        return 0;
    char *path = output ? strdup(output) : card_path_for(files.items[0]);
    int code = !path                               ? error_memory(error, "a path")
               : strcmp(path, files.items[0]) == 0 ? error_set(error, ERROR_USAGE, "-o names the report itself")
                                                   : card_write(files.items[0], path, error);
    if (code == 0) {
        puts(path);
        code = print_done(error);
    }
    free(path);
    return code;
}
