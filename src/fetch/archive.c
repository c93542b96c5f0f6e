// SPDX-License-Identifier: GPL-3.0-or-later
// Members of archives are written where we say, never where the archive says.
#include "fetch/fetch_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MEMBERS = 1000000 };
#define MEMBER_MAXIMUM (4ull << 30) // bytes of one unpacked member

int archive_failed(struct archive *archive, const char *path, struct error *error)
{
    const char *reason = archive_error_string(archive);
    return error_set(error, ERROR_FORMAT, "%s cannot be unpacked: %.200s", path, reason ? reason : "it is damaged");
}

// No formats or filters for which libarchive would start a program; zip by its directory, which a cut one lacks.
struct archive *archive_reader(void)
{
    struct archive *archive = archive_read_new();
    if (!archive)
        return NULL;
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_lzma(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_format_zip_seekable(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_7zip(archive);
    return archive;
}

static int copy_data(struct archive *archive, const char *path, FILE *out, struct error *error)
{
    char block[ARCHIVE_BLOCK];
    uint64_t size = 0;
    for (;;) {
        la_ssize_t got = archive_read_data(archive, block, sizeof block);
        if (got == 0)
            return 0;
        if (got < 0)
            return archive_failed(archive, path, error);
        size += (uint64_t)got;
        if (size > MEMBER_MAXIMUM)
            return error_set(error, ERROR_FORMAT, "%s unpacks to more than 4 GB", path);
        if (fwrite(block, 1, (size_t)got, out) != (size_t)got)
            return error_set(error, ERROR_IO, "cannot unpack %s: %s", path, strerror(errno));
    }
}

// Appends the member to `out`.
static int copy_member(const char *path, const char *member, FILE *out, struct error *error)
{
    struct archive *archive = archive_reader();
    struct archive_entry *entry;
    if (!archive)
        return error_memory(error, "an archive");
    int code = archive_read_open_filename(archive, path, ARCHIVE_BLOCK) == ARCHIVE_OK ? 0 : archive_failed(archive, path, error);
    bool found = false;
    for (size_t i = 0; code == 0 && !found && i < MOST_MEMBERS; i++) {
        int status = archive_read_next_header(archive, &entry);
        if (status == ARCHIVE_EOF)
            break;
        if (status < ARCHIVE_WARN)
            code = archive_failed(archive, path, error);
        else if (strcmp(archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "", member) == 0) {
            found = true;
            code = copy_data(archive, path, out, error);
        }
    }
    archive_read_free(archive);
    return code < 0 || found ? code : error_set(error, ERROR_FORMAT, "%s has no %s inside", path_name(path), member);
}

int fetch_join(const char *const *archives, const char *const *members, size_t count, const struct fetch_file *file,
               struct error *error)
{
    char *part = text_print("%s.part", file->path);
    FILE *out = part ? fopen(part, "wb") : NULL;
    int code = part ? 0 : error_memory(error, "a path");
    if (part && !out)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
    for (size_t i = 0; i < count && code == 0; i++)
        code = copy_member(archives[i], members[i], out, error);
    if (out && fclose(out) != 0 && code == 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
    if (code == 0)
        code = settle(part, file, path_name(archives[0]), error);
    else if (part)
        remove(part);
    free(part);
    return code;
}

int fetch_member(const char *archive, const char *member, const struct fetch_file *file, struct error *error)
{
    return fetch_join(&archive, &member, 1, file, error);
}
