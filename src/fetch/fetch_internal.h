// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_FETCH_INTERNAL_H
#define WAKESMITH_FETCH_INTERNAL_H

#include "fetch/fetch.h"

// Is the file at `path` what `file` says? Then it takes its place, synced; else it is deleted and the sentence says
// what is wrong with what `source` gave.
int settle(const char *path, const struct fetch_file *file, const char *source, struct error *error);

// Of libarchive, for zip, tar.* and 7z; caller opens and frees it. NULL: no memory.
struct archive *archive_reader(void);
// ERROR_FORMAT with libarchive's reason.
int archive_failed(struct archive *archive, const char *path, struct error *error);
enum { ARCHIVE_BLOCK = 1 << 16 }; // bytes read at once

int md5_file(const char *path, char hex[33], struct error *error);

#endif
