// SPDX-License-Identifier: GPL-3.0-or-later
// What lies in the data directory: the rows of "Data".
#ifndef WAKESMITH_DATA_INTERNAL_H
#define WAKESMITH_DATA_INTERNAL_H

#include "server/server_internal.h"

enum { DATA_MAX_PATHS = 4 };
struct data_entry {
    const char *id, *label, *category, *description;
    const char *paths[DATA_MAX_PATHS]; // below the data directory; a part may hold *
    bool irreplaceable;                // no program can make it again
    bool deletable;                    // as a whole; the rest goes one by one and can be undone
};
extern const struct data_entry data_entries[];
extern const size_t data_entry_count;

struct data_size {
    uint64_t bytes, files; // allocated blocks; regular files
};
// Links are counted as links, never followed.
void data_measure(const char *path, struct data_size *size);
int data_measure_entry(const char *data_dir, const struct data_entry *entry, struct data_size *size,
                       struct error *error);
// Deletes what the row names. ERROR_STATE while a training runs, here or in a terminal.
int data_remove_entry(struct server *server, const struct data_entry *entry, struct data_size *released,
                      struct error *error);

#endif
