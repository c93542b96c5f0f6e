// SPDX-License-Identifier: GPL-3.0-or-later
// Packages of Debian by the machine's own apt: it knows the mirrors, and checks what comes against the signed index.
// Nothing is installed and nobody needs to be root.
#include "fetch/fetch_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 250, OUTPUT_MAXIMUM = 8 << 20 };

static int start(const char *const *line, const char *folder, int *output, pid_t *child, struct error *error)
{
    int code = program_start(line, folder, output, child, error);
    return code != ERROR_MISSING ? code
                                 : error_set(error, code, "%s is not on this machine; Debian and its relatives have it",
                                             line[0]);
}

// "Key: value" of one line of apt-cache's records.
static bool field(const char *line, size_t length, const char *key, char *value, size_t size)
{
    size_t name = strlen(key);
    if (length < name || strncmp(line, key, name) != 0)
        return false;
    snprintf(value, size, "%.*s", (int)(length - name), line + name);
    return true;
}

static void read_records(const char *text, struct fetch_debian *packages, size_t count)
{
    struct fetch_debian *at = NULL;
    for (const char *line = text; line && *line;) {
        size_t length = strcspn(line, "\n");
        char value[96];
        if (field(line, length, "Package: ", value, sizeof value)) {
            at = NULL;
            for (size_t i = 0; i < count; i++)
                if (strcmp(packages[i].name, value) == 0 && !*packages[i].version) // the first record is the newest
                    at = &packages[i];
        } else if (at && field(line, length, "Version: ", value, sizeof value)) {
            snprintf(at->version, sizeof at->version, "%.63s", value);
        } else if (at && field(line, length, "Size: ", value, sizeof value)) {
            at->size = strtoull(value, NULL, 10);
        } else if (at && field(line, length, "SHA256: ", value, sizeof value)) {
            snprintf(at->sha256, sizeof at->sha256, "%.64s", value);
        }
        line += length + (line[length] == '\n');
    }
}

int fetch_debian_known(struct fetch_debian *packages, size_t count, struct error *error)
{
    struct buffer text;
    const char **line = array_alloc(count + 5, sizeof *line);
    if (!line)
        return error_memory(error, "a list of packages");
    static const char *const head[] = {"apt-cache", "show", "--no-all-versions", "--"};
    memcpy(line, head, sizeof head);
    for (size_t i = 0; i < count; i++)
        line[COUNT_OF(head) + i] = packages[i].name;
    int output;
    pid_t child;
    int code = start(line, NULL, &output, &child, error);
    free(line);
    TRY(code);
    buffer_init(&text, OUTPUT_MAXIMUM);
    char block[1 << 14];
    ssize_t got;
    while ((got = read(output, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            buffer_append(&text, block, (size_t)got);
    close(output);
    program_ended_well(child); // it fails when it does not know one of them, and tells of the others
    if (text.failed)
        code = error_set(error, ERROR_FORMAT, "apt-cache says too much about %s", packages[0].name);
    else
        read_records(text.data, packages, count);
    buffer_free(&text);
    return code;
}

// Waits for the child, tells how far it is, and ends it when the user asks to stop.
static int watch(pid_t child, const char *folder, const char *name, struct progress *progress, uint64_t done,
                 uint64_t total, bool *well, struct error *error)
{
    for (int status;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) {
            *well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            return 0;
        }
        if (ended < 0 && errno != EINTR) {
            *well = false;
            return 0;
        }
        if (progress_stopped(progress)) {
            kill(child, SIGTERM);
            program_ended_well(child);
            return progress_cancelled(error);
        }
        progress_step(progress, (double)(done + folder_bytes(folder)), (double)total, "%s", name);
        poll(NULL, 0, PATIENCE_MS);
    }
}

int fetch_debian_download(const struct fetch_debian *package, const char *folder, struct progress *progress,
                          uint64_t done, uint64_t total, char **archive, struct error *error)
{
    static const char *const endings[] = {".deb", NULL};
    const char *line[] = {"apt-get", "download", "--quiet", "--", package->name, NULL};
    struct text_list files = {0};
    pid_t child;
    bool well;
    *archive = NULL;
    TRY(folder_make(folder, error));
    TRY(start(line, folder, NULL, &child, error));
    TRY(watch(child, folder, package->name, progress, done, total, &well, error));
    int code = well ? folder_list(folder, endings, &files, error)
                    : error_set(error, ERROR_MISSING,
                                "apt-get could not bring %s; is the network there, and are apt's "
                                "lists fresh (apt-get update)?",
                                package->name);
    if (code == 0 && files.count != 1)
        code = error_set(error, ERROR_MISSING, "apt-get left %zu files for %s", files.count, package->name);
    if (code == 0 && !(*archive = strdup(files.items[0])))
        code = error_memory(error, "a path");
    text_list_free(&files);
    return code;
}
