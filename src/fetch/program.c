// SPDX-License-Identifier: GPL-3.0-or-later
// The machine's own programs, run without a shell.
#include "fetch/fetch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int program_start(const char *const *line, const char *folder, int *output, pid_t *child, struct error *error)
{
    int ends[2] = {-1, -1};
    if (output && pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_IO, "cannot start %s: %s", line[0], strerror(errno));
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (output)
        posix_spawn_file_actions_adddup2(&files, ends[1], 1);
    else
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (folder)
        posix_spawn_file_actions_addchdir_np(&files, folder);
    int fault = posix_spawnp(child, line[0], &files, NULL, (char *const *)(uintptr_t)line, environ);
    posix_spawn_file_actions_destroy(&files);
    if (output) {
        close(ends[1]);
        *output = ends[0];
    }
    if (fault == 0)
        return 0;
    if (output)
        close(ends[0]);
    return error_set(error, ERROR_MISSING, "%s is not on this machine", line[0]);
}

bool program_ended_well(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
