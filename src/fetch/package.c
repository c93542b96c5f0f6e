// SPDX-License-Identifier: GPL-3.0-or-later
// Packages by the user's own package programs, which know where to look on this machine. They are only unpacked.
#include "fetch/fetch_internal.h"

#include <string.h>

static const char *const pip_line[] = {"pip3", "download", "--quiet", "--no-deps", "--disable-pip-version-check",
                                       "--no-cache-dir", "--only-binary", ":all:", "-d", "<folder>", "<package>", NULL};
static const char *const npm_line[] = {"npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", "<folder>",
                                       "<package>", NULL};
static const struct {
    const char *const *line;
    const char *install; // what to install when it is missing
} managers[] = {[FETCH_PIP] = {pip_line, "python3-pip"}, [FETCH_NPM] = {npm_line, "npm"}};

// The program's output goes nowhere: what counts is the file that it leaves.
static int run(const char *const *line, const char *install, const char *folder, const char *package,
               struct error *error)
{
    enum { MOST = 16 };
    const char *arguments[MOST] = {NULL};
    for (size_t i = 0; line[i] && i + 1 < MOST; i++)
        arguments[i] = strcmp(line[i], "<folder>") == 0    ? folder
                       : strcmp(line[i], "<package>") == 0 ? package
                                                           : line[i];
    pid_t child;
    if (program_start(arguments, NULL, NULL, &child, error) != 0)
        return error_set(error, ERROR_MISSING, "%s brings %s and is not installed: apt-get install %s", arguments[0],
                         package, install);
    return program_ended_well(child)
               ? 0
               : error_set(error, ERROR_MISSING, "%s could not bring %s; is the network there?", arguments[0], package);
}

int fetch_package(enum fetch_manager manager, const char *package, const char *folder, char **archive,
                  struct error *error)
{
    static const char *const endings[] = {".whl", ".zip", ".tgz", ".tar.gz", NULL};
    struct text_list files = {0};
    *archive = NULL;
    TRY(folder_make(folder, error));
    if (run(managers[manager].line, managers[manager].install, folder, package, error) < 0)
        return error->code;
    int code = folder_list(folder, endings, &files, error);
    if (code == 0 && files.count != 1)
        code = error_set(error, ERROR_MISSING, "%s left %zu files for %s", managers[manager].line[0], files.count,
                         package);
    if (code == 0 && !(*archive = strdup(files.items[0])))
        code = error_memory(error, "a path");
    text_list_free(&files);
    return code;
}
