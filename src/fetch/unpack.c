// SPDX-License-Identifier: GPL-3.0-or-later
// Whole archives. Only regular files come out, below the folder that we say; what an archive claims about sizes, links
// and paths is not believed.
#include "fetch/fetch_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD = 20, NAME_MAXIMUM = 1024, DEPTH_MAXIMUM = 32 };
static const char temporary[] = ".part"; // of the member that is being written, in the folder

struct unpacking {
    const char *path, *folder;
    const struct fetch_unpack *how;
    struct fetch_unpacked *done;
    uint64_t members; // looked at
    struct error *error;
};

// A relative path of plain parts: no "." or "..", no control characters, not absurdly long or deep.
static bool name_is_safe(const char *name)
{
    size_t depth = 0, size = strlen(name);
    if (!size || *name == '/' || name[size - 1] == '/' || size > NAME_MAXIMUM || strcmp(name, temporary) == 0)
        return false;
    for (const char *at = name; *at; depth++) {
        size_t length = strcspn(at, "/");
        if ((*at == '.' && length == 1) || (length == 2 && memcmp(at, "..", 2) == 0) || length > 255)
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
    char *sentence = text_print("%s: %.200s was left out: %.200s", path_name(work->path), name, reason);
    int code = sentence ? text_list_add(&work->done->sentences, sentence, work->error)
                        : error_memory(work->error, "a sentence");
    free(sentence);
    return code;
}

// ---- one member ----

static int too_large(struct unpacking *work)
{
    return error_set(work->error, ERROR_FORMAT, "%s unpacks to more than %.1f GB, which is too much", work->path,
                     (double)work->how->most_bytes / 1e9);
}

// What the member claims is enough to refuse it, never to believe that it fits.
static int check_size(struct unpacking *work, struct archive_entry *entry)
{
    uint64_t room, size = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0;
    if (size > work->how->most_bytes || work->done->bytes > work->how->most_bytes - size)
        return too_large(work);
    TRY(folder_room(work->folder, &room, work->error));
    return size <= room ? 0
                        : error_set(work->error, ERROR_IO,
                                    "the disk with %s lacks %.2f GB for what is in %s; make room and run the command "
                                    "again",
                                    work->folder, (double)(size - room) / 1e9, path_name(work->path));
}

// 1: the member's data is damaged, which its neighbours may survive.
static int copy_data(struct unpacking *work, struct archive *archive, FILE *out, const char *to)
{
    char block[ARCHIVE_BLOCK];
    for (;;) {
        la_ssize_t got = archive_read_data(archive, block, sizeof block);
        if (got <= 0)
            return got < 0;
        if (progress_stopped(work->how->progress))
            return progress_cancelled(work->error);
        work->done->bytes += (uint64_t)got;
        if (work->done->bytes > work->how->most_bytes)
            return too_large(work);
        if (fwrite(block, 1, (size_t)got, out) != (size_t)got)
            return error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    }
}

// A file cannot lie where a folder is, nor below another file.
static bool something_is_in_the_way(const struct unpacking *work, char *to)
{
    bool found = folder_exists(to);
    for (char *at = to + strlen(work->folder) + 1; !found && (at = strchr(at, '/')); at++) {
        *at = 0;
        found = file_exists(to);
        *at = '/';
    }
    return found;
}

static int make_folder_of(char *to, struct error *error)
{
    char *slash = strrchr(to, '/');
    *slash = 0;
    int code = folder_exists(to) ? 0 : folder_make(to, error);
    *slash = '/';
    return code;
}

static int write_member(struct unpacking *work, struct archive *archive, char *to, const char *part)
{
    TRY(make_folder_of(to, work->error));
    FILE *out = fopen(part, "wb");
    int code = out ? copy_data(work, archive, out, to) : 0;
    bool written = out && fclose(out) == 0;
    if (code == 0 && (!written || rename(part, to) != 0))
        code = error_set(work->error, ERROR_IO, "cannot write %s: %s", to, strerror(errno));
    if (code != 0)
        remove(part);
    return code;
}

static int unpack_member(struct unpacking *work, struct archive *archive, const char *name)
{
    char *to = path_join(work->folder, name), *part = path_join(work->folder, temporary);
    int code = 0;
    if (!to || !part)
        code = error_memory(work->error, "a path");
    else if (something_is_in_the_way(work, to))
        code = leave_out(work, name, "another member has its place");
    else if ((code = write_member(work, archive, to, part)) > 0)
        code = leave_out(work, name, archive_error_string(archive) ? archive_error_string(archive) : "it is damaged");
    else if (code == 0)
        work->done->files++;
    free(to);
    free(part);
    return code;
}

static int take_member(struct unpacking *work, struct archive *archive, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return 0;
    while (name && strncmp(name, "./", 2) == 0)
        name += 2;
    if (!name || !name_is_safe(name))
        return leave_out(work, "a member", "its name leads elsewhere");
    if (work->how->wanted && !work->how->wanted(work->how->context, name))
        return 0;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
        return leave_out(work, name, "it is not a plain file");
    if (work->done->files >= work->how->most_files)
        return error_set(work->error, ERROR_FORMAT, "%s has more than %llu files, which is too much", work->path,
                         (unsigned long long)work->how->most_files);
    TRY(check_size(work, entry));
    return unpack_member(work, archive, name);
}

// ---- all members ----

// A tar ends with a block of zeros; libarchive takes one that was cut between two members for whole.
static bool was_cut(struct archive *archive)
{
    return (archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR &&
           archive_filter_bytes(archive, 0) <= archive_read_header_position(archive);
}

// Members are looked at up to a hundred times the files that may come out: names cost time, too.
static int walk_members(struct unpacking *work, struct archive *archive)
{
    struct archive_entry *entry;
    for (bool lost = false;;) {
        int status = archive_read_next_header(archive, &entry);
        if (status == ARCHIVE_EOF && was_cut(archive))
            return error_set(work->error, ERROR_FORMAT, "%s was cut off", work->path);
        if (status == ARCHIVE_EOF)
            return 0;
        if (progress_stopped(work->how->progress))
            return progress_cancelled(work->error);
        if (status == ARCHIVE_RETRY) { // no header of a member: the next one is looked for, block by block
            if (!lost)
                TRY(leave_out(work, "a member", "its header is damaged"));
            lost = true;
            continue;
        }
        lost = false;
        if (status < ARCHIVE_WARN)
            return archive_failed(archive, work->path, work->error);
        if (++work->members / 100 > work->how->most_files)
            return error_set(work->error, ERROR_FORMAT, "%s has too many members", work->path);
        TRY(take_member(work, archive, entry));
    }
}

static int unpack_plain(struct unpacking *work)
{
    struct archive *archive = archive_reader();
    if (!archive)
        return error_memory(work->error, "an archive");
    int code = archive_read_open_filename(archive, work->path, ARCHIVE_BLOCK) == ARCHIVE_OK
                   ? walk_members(work, archive)
                   : archive_failed(archive, work->path, work->error);
    archive_read_free(archive);
    return code;
}

// ---- a Debian package: an ar archive with the files in one member, data.tar.*, which is read through ----

struct package {
    struct archive *outer;
    char block[ARCHIVE_BLOCK];
};

static la_ssize_t read_through(struct archive *inner, void *context, const void **block)
{
    struct package *package = context;
    la_ssize_t got = archive_read_data(package->outer, package->block, sizeof package->block);
    *block = package->block;
    if (got < 0)
        archive_set_error(inner, EIO, "%s", archive_error_string(package->outer));
    return got;
}

static bool find_data(struct archive *outer)
{
    enum { MOST_MEMBERS = 10 };
    struct archive_entry *entry;
    for (int i = 0; i < MOST_MEMBERS && archive_read_next_header(outer, &entry) == ARCHIVE_OK; i++) {
        const char *name = archive_entry_pathname(entry);
        if (name && strncmp(name, "data.tar", 8) == 0)
            return true;
    }
    return false;
}

static int unpack_package(struct unpacking *work)
{
    struct package *package = array_alloc(1, sizeof *package);
    struct archive *inner = archive_reader();
    int code = 0;
    if (package)
        package->outer = archive_read_new();
    if (!inner || !package || !package->outer)
        code = error_memory(work->error, "an archive");
    else if (archive_read_support_format_ar(package->outer) != ARCHIVE_OK ||
             archive_read_open_filename(package->outer, work->path, ARCHIVE_BLOCK) != ARCHIVE_OK ||
             !find_data(package->outer))
        code = error_set(work->error, ERROR_FORMAT, "%s is not a Debian package", work->path);
    else if (archive_read_open(inner, package, NULL, read_through, NULL) != ARCHIVE_OK)
        code = archive_failed(inner, work->path, work->error);
    else
        code = walk_members(work, inner);
    archive_read_free(inner);
    if (package)
        archive_read_free(package->outer);
    free(package);
    return code;
}

int fetch_unpack(const char *archive, const char *folder, const struct fetch_unpack *how, struct fetch_unpacked *done,
                 struct error *error)
{
    struct unpacking work = {archive, folder, how, done, 0, error};
    TRY(folder_make(folder, error));
    // Names in UTF-8 are lost to libarchive in the C locale.
    locale_t names = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = uselocale(names);
    int code = (text_ends_with(archive, ".deb") ? unpack_package : unpack_plain)(&work);
    uselocale(before);
    if (names)
        freelocale(names);
    return code;
}

void fetch_unpacked_free(struct fetch_unpacked *done)
{
    text_list_free(&done->sentences);
    *done = (struct fetch_unpacked){0};
}
