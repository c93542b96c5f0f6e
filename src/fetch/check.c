// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetch/fetch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool right_size(const char *path, uint64_t size)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && (!size || (uint64_t)facts.st_size == size);
}

static bool right_hash(const char *path, const struct fetch_file *file)
{
    struct error ignored;
    char sha256[65], md5[33];
    return (!file->sha256 || (sha256_file(path, sha256, &ignored) == 0 && strcasecmp(sha256, file->sha256) == 0)) &&
           (!file->md5 || (md5_file(path, md5, &ignored) == 0 && strcasecmp(md5, file->md5) == 0));
}

bool fetch_have(const struct fetch_file *file, bool hash)
{
    return right_size(file->path, file->size) && (!hash || right_hash(file->path, file));
}

static int sync_file(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC), result = descriptor < 0 ? -1 : fsync(descriptor);
    if (descriptor >= 0)
        close(descriptor);
    return result == 0 ? 0 : error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
}

int settle(const char *path, const struct fetch_file *file, const char *source, struct error *error)
{
    if (!right_size(path, file->size) || !right_hash(path, file)) {
        unlink(path);
        return error_set(error, ERROR_FORMAT, "%s gave other bytes than expected for %s", source,
                         path_name(file->path));
    }
    TRY(sync_file(path, error));
    return rename(path, file->path) == 0
               ? 0
               : error_set(error, ERROR_IO, "cannot write %s: %s", file->path, strerror(errno));
}
