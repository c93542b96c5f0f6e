// SPDX-License-Identifier: GPL-3.0-or-later
// Packages by the user's own package programs, which know where to look on this machine. They are only unpacked.
#include "fetch/fetch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

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
    char *arguments[MOST] = {NULL};
    for (size_t i = 0; line[i] && i + 1 < MOST; i++) {
        const char *word = strcmp(line[i], "<folder>") == 0    ? folder
                           : strcmp(line[i], "<package>") == 0 ? package
                                                               : line[i];
        arguments[i] = (char *)(uintptr_t)word;
    }
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    pid_t child;
    int fault = posix_spawnp(&child, arguments[0], &files, NULL, arguments, environ), status = 0;
    posix_spawn_file_actions_destroy(&files);
    if (fault != 0)
        return error_set(error, ERROR_MISSING, "%s brings %s and is not installed: apt-get install %s", arguments[0],
                         package, install);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
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
