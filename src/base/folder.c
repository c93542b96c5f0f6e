// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int folder_make(const char *path, struct error *error)
{
    char *part = strdup(path);
    if (!part)
        return error_memory(error, "a path");
    for (char *at = part + (*part == '/');; at++) {
        if (*at && *at != '/')
            continue;
        char keep = *at;
        *at = 0;
        if (*part && mkdir(part, 0777) != 0 && !folder_exists(part)) {
            error_set(error, ERROR_IO, "cannot create the folder %s: %s", part, strerror(errno));
            free(part);
            return error->code;
        }
        *at = keep;
        if (!keep)
            break;
    }
    free(part);
    return 0;
}

int folder_remove(const char *path, struct error *error)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk)
        return error_set(error, ERROR_IO, "cannot open the folder %s: %s", path, strerror(errno));
    int code = 0;
    for (FTSENT *entry; (entry = fts_read(walk));) {
        bool leave = entry->fts_info == FTS_D || entry->fts_info == FTS_DOT || entry->fts_info == FTS_NS;
        if (!leave && remove(entry->fts_accpath) != 0 && errno != ENOENT)
            code = error_set(error, ERROR_IO, "cannot delete %s: %s", entry->fts_path, strerror(errno));
    }
    fts_close(walk);
    return code;
}

size_t folder_count(const char *folder, const char *const *endings)
{
    struct text_list files = {0};
    struct error ignored;
    size_t count = folder_exists(folder) && folder_list(folder, endings, &files, &ignored) == 0 ? files.count : 0;
    text_list_free(&files);
    return count;
}

int folder_room(const char *folder, uint64_t *bytes, struct error *error)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return error_set(error, ERROR_IO, "cannot tell how much room is left in %s: %s", folder, strerror(errno));
    *bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return 0;
}

uint64_t folder_bytes(const char *path)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    uint64_t bytes = 0;
    for (FTSENT *entry; walk && (entry = fts_read(walk));)
        bytes += entry->fts_info == FTS_F ? (uint64_t)entry->fts_statp->st_size : 0;
    if (walk)
        fts_close(walk);
    return bytes;
}

static bool wanted(const char *name, const char *const *endings)
{
    if (name[0] == '.')
        return false;
    if (!endings)
        return true;
    for (; *endings; endings++)
        if (text_ends_with(name, *endings))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int folder_list(const char *folder, const char *const *endings, struct text_list *files, struct error *error)
{
    char *roots[] = {(char *)(uintptr_t)folder, NULL};
    if (!file_exists(folder) && !folder_exists(folder))
        return error_set(error, ERROR_MISSING, "there is no folder or file %s", folder);
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (!walk)
        return error_set(error, ERROR_IO, "cannot open the folder %s: %s", folder, strerror(errno));
    int code = 0;
    size_t first = files->count;
    for (FTSENT *entry; code == 0 && (entry = fts_read(walk));) {
        if (entry->fts_info == FTS_D && entry->fts_level > 0 && entry->fts_name[0] == '.')
            fts_set(walk, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_F && wanted(path_name(entry->fts_path), endings))
            code = text_list_add(files, entry->fts_path, error);
        else if (entry->fts_info == FTS_DNR)
            code = error_set(error, ERROR_IO, "cannot read the folder %s: %s", entry->fts_path,
                             strerror(entry->fts_errno));
    }
    fts_close(walk);
    if (files->count > first)
        qsort(files->items + first, files->count - first, sizeof *files->items, by_name);
    return code;
}

void folder_remove_unfinished(const char *folder)
{
    struct text_list files = {0};
    struct error ignored;
    folder_list(folder, NULL, &files, &ignored);
    for (size_t i = 0; i < files.count; i++)
        if (file_is_unfinished(files.items[i]))
            remove(files.items[i]);
    text_list_free(&files);
}
