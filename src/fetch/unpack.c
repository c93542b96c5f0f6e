// SPDX-License-Identifier: GPL-3.0-or-later
// Whole archives. Only regular files come out, below the folder that we say; what an archive claims about sizes, links
// and paths is not believed.
#include "fetch/fetch_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16, TOLD = 20, NAME_MAXIMUM = 1024, DEPTH_MAXIMUM = 32 };

struct unpacking {
    const char *path, *folder;
    const struct fetch_unpack *how;
    struct fetch_unpacked *done;
    uint64_t members; // looked at
    struct error *error;
};

static int damaged_archive(struct archive *archive, const char *path, struct error *error)
{
    const char *reason = archive_error_string(archive);
    return error_set(error, ERROR_FORMAT, "%s cannot be unpacked: %.200s", path, reason ? reason : "it is damaged");
}

// A relative path of plain parts: not "..", no control characters, not absurdly long or deep.
static bool name_is_safe(const char *name)
{
    size_t depth = 0;
    if (!*name || *name == '/' || strlen(name) > NAME_MAXIMUM)
        return false;
    for (const char *at = name; *at; depth++) {
        size_t length = strcspn(at, "/");
        if ((length == 2 && memcmp(at, "..", 2) == 0) || length > 255)
            return false;
        at += length + (at[length] == '/');
    }
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 32 || *at == 127 || *at == '\\')
            return false;
    return depth <= DEPTH_MAXIMUM;
}

static int leave_out(struct unpacking *work, const char *name, const char *reason)
{
    work->done->refused++;
    if (work->done->sentences.count >= TOLD)
        return 0;
    char *sentence = text_print("%s: %.200s %s", path_name(work->path), name, reason);
    int code = sentence ? text_list_add(&work->done->sentences, sentence, work->error)
                        : error_memory(work->error, "a sentence");
    free(sentence);
    return code;
}

// 1: the member's data is damaged, which its neighbours may survive.
static int copy_data(struct unpacking *work, struct archive *archive, FILE *out, const char *to)
{
    char block[BLOCK];
    for (;;) {
        la_ssize_t got = archive_read_data(archive, block, sizeof block);
        if (got == 0)
            return 0;
        if (got < 0)
            return got == ARCHIVE_FATAL ? damaged_archive(archive, work->path, work->error) : 1;
        work->done->bytes += (uint64_t)got;
        if (work->done->bytes > work->how->most_bytes)
            return error_set(work->error, ERROR_FORMAT, "%s unpacks to more than %.1f GB, which is too much",
                             work->path, (double)work->how->most_bytes / 1e9);
        if (fwrite(block, 1, (size_t)got, out) != (size_t)got)
            return error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    }
}

static char *folder_of(const char *path)
{
    const char *name = path_name(path);
    return text_print("%.*s", (int)(name - path - 1), path);
}

static int write_member(struct unpacking *work, struct archive *archive, const char *name)
{
    char *to = text_print("%s/%s", work->folder, name), *part = text_print("%s/%s.part", work->folder, name);
    char *above = to ? folder_of(to) : NULL;
    int code = to && part && above ? folder_make(above, work->error) : error_memory(work->error, "a path");
    FILE *out = code == 0 ? fopen(part, "wb") : NULL;
    if (code == 0 && !out)
        code = error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    if (code == 0)
        code = copy_data(work, archive, out, to);
    if (out && fclose(out) != 0 && code >= 0)
        code = error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    if (code == 0 && rename(part, to) != 0)
        code = error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    if (code == 0)
        work->done->files++;
    else if (part)
        remove(part);
    free(to);
    free(part);
    free(above);
    return code > 0 ? leave_out(work, name, "is damaged and was left out") : code;
}

static int take_member(struct unpacking *work, struct archive *archive, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    while (name && strncmp(name, "./", 2) == 0)
        name += 2;
    if (!name || !*name || archive_entry_filetype(entry) == AE_IFDIR)
        return 0;
    if (!name_is_safe(name))
        return leave_out(work, "a member", "has a name that leads elsewhere, and was left out");
    if (work->how->wanted && !work->how->wanted(work->how->context, name))
        return 0;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
        return leave_out(work, name, "is not a plain file and was left out");
    if (work->done->files >= work->how->most_files)
        return error_set(work->error, ERROR_FORMAT, "%s has more than %llu files, which is too much", work->path,
                         (unsigned long long)work->how->most_files);
    return write_member(work, archive, name);
}

static struct archive *open_archive(const char *path, struct error *error)
{
    struct archive *archive = archive_read_new();
    if (!archive) {
        error_memory(error, "an archive");
        return NULL;
    }
    archive_read_support_filter_all(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_7zip(archive);
    archive_read_support_format_ar(archive);
    if (archive_read_open_filename(archive, path, BLOCK) == ARCHIVE_OK)
        return archive;
    damaged_archive(archive, path, error);
    archive_read_free(archive);
    return NULL;
}

// Members are looked at up to a hundred times the files that may come out: names cost time, too.
static int walk_members(struct unpacking *work, struct archive *archive)
{
    struct archive_entry *entry;
    for (;;) {
        int status = archive_read_next_header(archive, &entry);
        if (status == ARCHIVE_EOF)
            return 0;
        if (status < ARCHIVE_WARN)
            return damaged_archive(archive, work->path, work->error);
        if (++work->members / 100 > work->how->most_files)
            return error_set(work->error, ERROR_FORMAT, "%s has too many members", work->path);
        if (progress_stopped(work->how->progress))
            return progress_cancelled(work->error);
        TRY(take_member(work, archive, entry));
    }
}

static bool is_package_data(void *context, const char *name)
{
    (void)context;
    return strncmp(name, "data.tar", 8) == 0 && !strchr(name, '/');
}

static int unpack_plain(const char *path, const char *folder, const struct fetch_unpack *how,
                        struct fetch_unpacked *done, struct error *error)
{
    struct unpacking work = {path, folder, how, done, 0, error};
    struct archive *archive = open_archive(path, error);
    if (!archive)
        return error->code;
    int code = walk_members(&work, archive);
    archive_read_free(archive);
    return code;
}

// A Debian package is an ar archive with the files in one member, data.tar.*.
static int unpack_package(const char *path, const char *folder, const struct fetch_unpack *how,
                          struct fetch_unpacked *done, struct error *error)
{
    struct fetch_unpack outer = {is_package_data, NULL, 1, how->most_bytes, how->progress};
    struct fetch_unpacked inside = {0};
    struct text_list files = {0};
    char *between = text_print("%s/.package", folder);
    int code = between ? folder_remove(between, error) : error_memory(error, "a path");
    if (code == 0)
        code = unpack_plain(path, between, &outer, &inside, error);
    if (code == 0 && folder_exists(between))
        code = folder_list(between, NULL, &files, error);
    if (code == 0 && files.count != 1)
        code = error_set(error, ERROR_FORMAT, "%s is not a Debian package", path);
    if (code == 0 && (code = unpack_plain(files.items[0], folder, how, done, error)) < 0 && code != ERROR_CANCELLED)
        error_prefix(error, "%s", path_name(path));
    if (between) {
        struct error ignored;
        folder_remove(between, &ignored);
    }
    fetch_unpacked_free(&inside);
    text_list_free(&files);
    free(between);
    return code;
}

int fetch_unpack(const char *archive, const char *folder, const struct fetch_unpack *how, struct fetch_unpacked *done,
                 struct error *error)
{
    TRY(folder_make(folder, error));
    return (text_ends_with(archive, ".deb") ? unpack_package : unpack_plain)(archive, folder, how, done, error);
}

void fetch_unpacked_free(struct fetch_unpacked *done)
{
    text_list_free(&done->sentences);
    *done = (struct fetch_unpacked){0};
}
