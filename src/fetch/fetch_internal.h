// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_FETCH_INTERNAL_H
#define WAKESMITH_FETCH_INTERNAL_H

#include "fetch/fetch.h"

#include <sys/types.h>

// Is the file at `path` what `file` says? Then it takes its place, synced; else it is deleted and the sentence says
// what is wrong with what `source` gave.
int settle(const char *path, const struct fetch_file *file, const char *source, struct error *error);

// Of libarchive, for zip, tar.* and 7z; caller opens and frees it. NULL: no memory.
struct archive *archive_reader(void);
// ERROR_FORMAT with libarchive's reason.
int archive_failed(struct archive *archive, const char *path, struct error *error);
enum { ARCHIVE_BLOCK = 1 << 16 }; // bytes read at once

// Starts the program line[0] with the words of `line`, which ends with NULL, in `folder` (NULL: here). *output, the
// caller's to close, is what it prints; without `output`, and on stderr, that is thrown away. ERROR_MISSING: there is no
// such program.
int program_start(const char *const *line, const char *folder, int *output, pid_t *child, struct error *error);
// Waits for it to end: with status 0?
bool program_ended_well(pid_t child);

int md5_file(const char *path, char hex[33], struct error *error);

#endif
