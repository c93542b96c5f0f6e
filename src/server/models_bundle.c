// SPDX-License-Identifier: GPL-3.0-or-later
// <id>.zip: a run as one file to give away. Order, times and owners come from the run, so the bytes are the same for
// everybody who asks.
#include "server/models_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILE = 64 << 20, MAX_BUNDLE = 80 << 20 };

static la_ssize_t append(struct archive *archive, void *context, const void *data, size_t size)
{
    (void)archive;
    struct buffer *out = context;
    buffer_append(out, data, size);
    return out->failed ? -1 : (la_ssize_t)size;
}

static int add_file(struct archive *archive, const struct run *run, const char *path, struct error *error)
{
    void *data = NULL;
    size_t size = 0;
    TRY(file_read(path, MAX_FILE, &data, &size, error));
    struct archive_entry *entry = archive_entry_new();
    char *name = text_print("%s%s", run->id, path + strlen(run->folder));
    bool good = entry && name;
    if (good) {
        archive_entry_set_pathname_utf8(entry, name);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_mtime(entry, run->created.tv_sec, 0);
        good = archive_write_header(archive, entry) == ARCHIVE_OK &&
               archive_write_data(archive, data, size) == (la_ssize_t)size;
    }
    archive_entry_free(entry);
    free(name);
    free(data);
    return good ? 0 : error_set(error, ERROR_IO, "cannot pack %s into the zip file", path);
}

static const char *const parts[] = {"%s.tflite", "%s.json",           "%s.report.json",        "%s.report.html",
                                    "%s.yaml",   "logs/training.log", "logs/model_summary.txt"};

// NULL: the run has no such file (the report of a run of the reference).
static char *part_path(const struct run *run, const char *part)
{
    bool named = strncmp(part, "%s", 2) == 0;
    char *path = text_print("%s/%s%s", run->folder, named ? run->id : "", named ? part + 2 : part);
    struct stat about;
    if (path && lstat(path, &about) == 0 && S_ISREG(about.st_mode))
        return path;
    free(path);
    return NULL;
}

int models_bundle(const struct run *run, void **data, size_t *size, struct error *error)
{
    struct buffer out;
    buffer_init(&out, MAX_BUNDLE);
    struct archive *archive = archive_write_new();
    int code = archive ? 0 : error_memory(error, "a zip file");
    if (code == 0 && (archive_write_set_format_zip(archive) != ARCHIVE_OK ||
                      archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
                      archive_write_open(archive, &out, NULL, append, NULL) != ARCHIVE_OK))
        code = error_set(error, ERROR_IO, "cannot begin a zip file: %s", archive_error_string(archive));
    for (size_t i = 0; i < COUNT_OF(parts) && code == 0; i++) {
        char *path = part_path(run, parts[i]);
        if (path)
            code = add_file(archive, run, path, error);
        free(path);
    }
    if (code == 0 && archive_write_close(archive) != ARCHIVE_OK)
        code = error_set(error, ERROR_IO, "cannot end a zip file: %s", archive_error_string(archive));
    if (archive)
        archive_write_free(archive);
    if (code < 0 || out.failed) {
        buffer_free(&out);
        return code < 0 ? code : error_memory(error, "a zip file");
    }
    *data = out.data;
    *size = out.size;
    return 0;
}
