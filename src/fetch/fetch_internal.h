// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_FETCH_INTERNAL_H
#define WAKESMITH_FETCH_INTERNAL_H

#include "fetch/fetch.h"

// Is the file at `path` what `file` says? Then it takes its place, synced; else it is deleted and the sentence says
// what is wrong with what `source` gave.
int settle(const char *path, const struct fetch_file *file, const char *source, struct error *error);

int md5_file(const char *path, char hex[33], struct error *error);

#endif
