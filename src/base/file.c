// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(struct error *error, const char *verb, const char *path)
{
    int reason = errno;
    return error_set(error, reason == ENOENT ? ERROR_MISSING : ERROR_IO, "cannot %s %s: %s", verb, path,
                     strerror(reason));
}

int file_read(const char *path, size_t maximum, void **data, size_t *size, struct error *error)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return cannot(error, "open", path);
    struct buffer content;
    buffer_init(&content, maximum);
    char piece[65536];
    size_t got = 0;
    while (!content.failed && (got = fread(piece, 1, sizeof piece, stream)) > 0)
        buffer_append(&content, piece, got);
    bool broken = ferror(stream) != 0;
    if (broken)
        cannot(error, "read", path);
    fclose(stream);
    if (!broken && !content.failed && !content.data)
        buffer_append(&content, "", 0);
    if (content.failed || broken) {
        bool full = content.failed, large = full && content.size + got > maximum;
        buffer_free(&content);
        if (full && !large)
            return error_memory(error, path_name(path));
        return large ? error_set(error, ERROR_FORMAT, "%s is larger than the %zu bytes that such a file may have", path,
                                 maximum)
                     : error->code;
    }
    *data = content.data;
    *size = content.size;
    return 0;
}

int file_write(const char *path, const void *data, size_t size, struct error *error)
{
    struct atomic_file file;
    TRY(atomic_open(&file, path, error));
    if (size && fwrite(data, 1, size, file.stream) != size) {
        cannot(error, "write", path);
        atomic_abort(&file);
        return error->code;
    }
    return atomic_commit(&file, error);
}

int atomic_open(struct atomic_file *file, const char *path, struct error *error)
{
    *file = (struct atomic_file){.path = strdup(path), .temporary = text_print("%s.tmp%ld", path, (long)getpid())};
    if (!file->path || !file->temporary) {
        atomic_abort(file);
        return error_memory(error, "a file name");
    }
    file->stream = fopen(file->temporary, "wb");
    if (!file->stream) {
        cannot(error, "write", path);
        atomic_abort(file);
        return error->code;
    }
    return 0;
}

bool file_is_unfinished(const char *path)
{
    static const char mark[] = ".tmp";
    size_t end = strlen(path), at = end;
    while (at > 0 && path[at - 1] >= '0' && path[at - 1] <= '9')
        at--;
    return at < end && at >= strlen(mark) && memcmp(path + at - strlen(mark), mark, strlen(mark)) == 0;
}

// The rename itself lives in the folder: sync that too.
static void sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder)
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    int handle = open(slash ? (*folder ? folder : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        fsync(handle);
        close(handle);
    }
    free(folder);
}

int atomic_commit(struct atomic_file *file, struct error *error)
{
    FILE *stream = file->stream;
    bool good = fflush(stream) == 0 && fsync(fileno(stream)) == 0;
    if (!good)
        cannot(error, "write", file->path);
    file->stream = NULL;
    if (fclose(stream) != 0 && good) {
        cannot(error, "write", file->path);
        good = false;
    }
    if (good && rename(file->temporary, file->path) != 0) {
        cannot(error, "rename a finished file to", file->path);
        good = false;
    }
    if (!good) {
        atomic_abort(file);
        return error->code;
    }
    sync_folder(file->path);
    free(file->path);
    free(file->temporary);
    *file = (struct atomic_file){0};
    return 0;
}

void atomic_abort(struct atomic_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    free(file->path);
    free(file->temporary);
    *file = (struct atomic_file){0};
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int mapping_open(struct mapping *mapping, const char *path, struct error *error)
{
    *mapping = (struct mapping){0};
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return cannot(error, "open", path);
    struct stat info;
    if (fstat(handle, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(handle);
        return error_set(error, ERROR_IO, "%s is not a regular file", path);
    }
    if (info.st_size > 0) {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, handle, 0);
        if (data == MAP_FAILED) {
            cannot(error, "map", path);
            close(handle);
            return error->code;
        }
        *mapping = (struct mapping){data, (size_t)info.st_size};
    }
    close(handle);
    return 0;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->data)
        munmap((void *)(uintptr_t)mapping->data, mapping->size);
    *mapping = (struct mapping){0};
}

char *path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder);
    return text_print(size && folder[size - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool text_ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text), end = strlen(ending);
    return size >= end && strcasecmp(text + size - end, ending) == 0;
}
