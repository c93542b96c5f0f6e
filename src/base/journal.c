// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of a long computation: a head that says of which, then records, each with its size and checksum. A record
// that a crash cut short, and all behind it, is dropped when the journal is read.
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_MAXIMUM = 1 << 30 };
static const double sync_seconds = 5;

struct head {
    char magic[8], key[64];
};
struct record {
    uint64_t size;
    char checksum[16]; // the first digits of the SHA-256 of the data
};
static const char magic[8] = "WSjourn1";

static int cannot(const struct journal *journal, const char *verb, struct error *error)
{
    return error_set(error, ERROR_IO, "cannot %s %s: %s", verb, journal->path, strerror(errno));
}

static void checksum_of(const void *data, size_t size, char checksum[16])
{
    struct sha256 hash;
    char hex[65];
    sha256_init(&hash);
    sha256_add(&hash, data, size);
    sha256_hex(&hash, hex);
    memcpy(checksum, hex, 16);
}

static bool read_whole(int file, void *data, size_t size)
{
    for (char *at = data; size;) {
        ssize_t got = read(file, at, size);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_whole(int file, const void *data, size_t size)
{
    for (const char *at = data; size;) {
        ssize_t wrote = write(file, at, size);
        if (wrote < 0 && errno != EINTR)
            return false;
        at += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

// From here on the journal is written.
static int cut_off(struct journal *journal, struct error *error)
{
    journal->written = true;
    return ftruncate(journal->file, (off_t)journal->end) == 0 && lseek(journal->file, (off_t)journal->end, SEEK_SET) >= 0
               ? 0
               : cannot(journal, "write", error);
}

int journal_open(struct journal *journal, const char *path, const char key[65], struct error *error)
{
    struct head wanted, found;
    memcpy(wanted.magic, magic, sizeof magic);
    memcpy(wanted.key, key, sizeof wanted.key);
    *journal = (struct journal){.path = strdup(path)};
    if (!journal->path)
        return error_memory(error, "a path");
    journal->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int code = journal->file < 0 ? cannot(journal, "write", error) : 0;
    if (code == 0 && (!read_whole(journal->file, &found, sizeof found) || memcmp(&found, &wanted, sizeof found) != 0)) {
        code = cut_off(journal, error);
        if (code == 0 && !write_whole(journal->file, &wanted, sizeof wanted))
            code = cannot(journal, "write", error);
    }
    journal->end = sizeof wanted;
    journal->synced = time_now();
    if (code < 0)
        journal_close(journal);
    return code;
}

int journal_read(struct journal *journal, struct buffer *data, struct error *error)
{
    struct record record;
    struct stat info;
    char checksum[16];
    if (journal->written)
        return 0;
    if (fstat(journal->file, &info) != 0)
        return cannot(journal, "read", error);
    if (!read_whole(journal->file, &record, sizeof record) || record.size > RECORD_MAXIMUM ||
        record.size > (uint64_t)info.st_size - journal->end - sizeof record)
        return cut_off(journal, error);
    char *content = malloc(record.size + 1);
    if (!content)
        return error_memory(error, "the journal of an earlier run");
    bool whole = read_whole(journal->file, content, record.size);
    checksum_of(content, whole ? record.size : 0, checksum);
    whole = whole && memcmp(checksum, record.checksum, sizeof checksum) == 0;
    if (whole) {
        journal->end += sizeof record + record.size;
        buffer_append(data, content, record.size);
    }
    free(content);
    if (!whole)
        return cut_off(journal, error);
    return data->failed ? error_memory(error, "the journal of an earlier run") : 1;
}

int journal_append(struct journal *journal, const void *data, size_t size, struct error *error)
{
    struct record record = {.size = size};
    if (!journal->written)
        TRY(cut_off(journal, error));
    checksum_of(data, size, record.checksum);
    if (!write_whole(journal->file, &record, sizeof record) || !write_whole(journal->file, data, size))
        return cannot(journal, "write", error);
    journal->end += sizeof record + size;
    if (time_now() - journal->synced >= sync_seconds) {
        if (fdatasync(journal->file) != 0)
            return cannot(journal, "write", error);
        journal->synced = time_now();
    }
    return 0;
}

void journal_close(struct journal *journal)
{
    if (journal->path && journal->file >= 0)
        close(journal->file);
    free(journal->path);
    *journal = (struct journal){0};
}
