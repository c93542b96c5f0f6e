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

// ---- which lists apt reads ----

struct apt {
    const char *words[10]; // the program and what is said to it first; NULL ends them
    size_t count;
    char *state, *cache; // owned
};

static void apt_close(struct apt *apt)
{
    free(apt->state);
    free(apt->cache);
}

static int apt_open(struct apt *apt, const char *program, const char *lists, struct error *error)
{
    *apt = (struct apt){.words = {program}, .count = 1};
    if (!lists)
        return 0;
    TRY(folder_make(lists, error));
    char *whole = realpath(lists, NULL); // it works in other folders, too
    apt->state = whole ? text_print("Dir::State::lists=%s/lists", whole) : NULL;
    apt->cache = whole ? text_print("Dir::Cache=%s/cache", whole) : NULL;
    free(whole);
    if (!apt->state || !apt->cache)
        return error_memory(error, "a path");
    const char *own[] = {"-o", apt->state, "-o", apt->cache, "-o", "Acquire::Languages=none"};
    memcpy(apt->words + 1, own, sizeof own);
    apt->count += COUNT_OF(own);
    return 0;
}

// ---- what it knows ----

static int read_all(const char *const *line, struct buffer *text, struct error *error)
{
    int output;
    pid_t child;
    TRY(start(line, NULL, &output, &child, error));
    char block[1 << 14];
    ssize_t got;
    while ((got = read(output, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            buffer_append(text, block, (size_t)got);
    close(output);
    program_ended_well(child); // it fails when it does not know one of them, and tells of the others
    return text->failed ? error_set(error, ERROR_FORMAT, "%s says too much", line[0]) : 0;
}

int fetch_debian_known(struct fetch_debian *packages, size_t count, const char *lists, struct error *error)
{
    static const char *const show[] = {"show", "--no-all-versions", "--"};
    struct apt apt;
    struct buffer text;
    buffer_init(&text, OUTPUT_MAXIMUM);
    int code = apt_open(&apt, "apt-cache", lists, error);
    const char **line = array_alloc(apt.count + COUNT_OF(show) + count + 1, sizeof *line);
    if (code == 0 && !line)
        code = error_memory(error, "a list of packages");
    if (code == 0) {
        memcpy(line, apt.words, apt.count * sizeof *line);
        memcpy(line + apt.count, show, sizeof show);
        for (size_t i = 0; i < count; i++)
            line[apt.count + COUNT_OF(show) + i] = packages[i].name;
        code = read_all(line, &text, error);
    }
    if (code == 0 && text.data)
        read_records(text.data, packages, count);
    buffer_free(&text);
    free(line);
    apt_close(&apt);
    return code;
}

// ---- what it brings ----

// Waits for the child, tells how far it is (without a total: nothing), and ends it when the user asks to stop.
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
        if (total)
            progress_step(progress, (double)(done + folder_bytes(folder)), (double)total, "%s", name);
        poll(NULL, 0, PATIENCE_MS);
    }
}

// apt makes these folders for root only.
static int make_partial(const char *lists, struct error *error)
{
    static const char *const names[] = {"lists/partial", "cache/archives/partial"};
    int code = 0;
    for (size_t i = 0; i < COUNT_OF(names) && code == 0; i++) {
        char *path = path_join(lists, names[i]);
        code = path ? folder_make(path, error) : error_memory(error, "a path");
        free(path);
    }
    return code;
}

int fetch_debian_update(const char *lists, struct progress *progress, struct error *error)
{
    struct apt apt;
    pid_t child;
    bool well = false;
    TRY(make_partial(lists, error));
    int code = apt_open(&apt, "apt-get", lists, error);
    if (code == 0) {
        apt.words[apt.count] = "update";
        code = start(apt.words, NULL, NULL, &child, error);
    }
    if (code == 0)
        code = watch(child, lists, "apt's lists of packages", progress, 0, 0, &well, error);
    if (code == 0 && !well)
        code = error_set(error, ERROR_MISSING, "apt-get could not bring its lists of packages (is the network there?)");
    apt_close(&apt);
    return code;
}

static int run_download(const struct fetch_debian *package, const char *lists, const char *folder,
                        struct progress *progress, uint64_t done, uint64_t total, bool *well, struct error *error)
{
    struct apt apt;
    pid_t child;
    int code = apt_open(&apt, "apt-get", lists, error);
    const char *line[COUNT_OF(apt.words) + 4] = {NULL};
    memcpy(line, apt.words, sizeof apt.words);
    const char *wish[] = {"download", "--quiet", "--", package->name};
    memcpy(line + apt.count, wish, sizeof wish);
    if (code == 0)
        code = start(line, folder, NULL, &child, error);
    apt_close(&apt);
    return code == 0 ? watch(child, folder, package->name, progress, done, total, well, error) : code;
}

int fetch_debian_download(const struct fetch_debian *package, const char *lists, const char *folder,
                          struct progress *progress, uint64_t done, uint64_t total, char **archive,
                          struct error *error)
{
    static const char *const endings[] = {".deb", NULL};
    struct text_list files = {0};
    bool well = false;
    *archive = NULL;
    TRY(folder_make(folder, error));
    TRY(run_download(package, lists, folder, progress, done, total, &well, error));
    int code = well ? folder_list(folder, endings, &files, error)
                    : error_set(error, ERROR_MISSING, "apt-get could not bring %s (is the network there?)", package->name);
    if (code == 0 && files.count != 1)
        code = error_set(error, ERROR_MISSING, "apt-get left %zu files for %s", files.count, package->name);
    if (code == 0 && !(*archive = strdup(files.items[0])))
        code = error_memory(error, "a path");
    text_list_free(&files);
    return code;
}
