// SPDX-License-Identifier: GPL-3.0-or-later
// collection: sets of recordings in the data directory, each a folder with a manifest that is written last:
//
//   training_datasets/debian/            what packages of Debian hold: speech, music, sounds
//   training_datasets/imported/<name>/   what the user brought: recordings of the own home, archives
//     manifest.json                      every file with kind, language, source, size and hash
//     <kind>/<language>/<source>-NN.flac 16 kHz mono, clips of one source behind each other, at most ten minutes
//     packages/<package>.json, .copyright   where it came from, under which licence
//
// A set without a manifest is not there; one whose files are not those of its manifest is damaged.
#ifndef WAKESMITH_COLLECTION_H
#define WAKESMITH_COLLECTION_H

#include "base/base.h"

enum collection_kind { COLLECTION_SPEECH, COLLECTION_MUSIC, COLLECTION_NOISE, COLLECTION_RIRS, COLLECTION_KINDS };
extern const char *const collection_kind_names[COLLECTION_KINDS]; // also the folders
int collection_kind_named(const char *name, enum collection_kind *kind, struct error *error);

struct collection_file {
    char *path; // whole
    enum collection_kind kind;
    char language[8]; // "en"; "-": none or not known
    char *source;     // recordings of one source are alike: a package, a folder
    double seconds;
    uint64_t clips, size; // bytes
    char sha256[65];
};
struct collection {
    char *name, *folder; // "debian", "imported/home"
    struct collection_file *files;
    size_t count, capacity;
    size_t damaged;           // recordings that could not be read when it was made
    struct text_list missing; // packages that could not be brought
    char identity[65];        // hash of the manifest: two sets of the same identity hold the same files
};
void collection_close(struct collection *set);
// Reads the manifest of `<data>/training_datasets/<name>`. ERROR_MISSING: there is none; ERROR_FORMAT: not one of ours.
int collection_open(struct collection *set, const char *data, const char *name, struct error *error);
// Do its files lie there with their sizes, and with `hash` their contents? ERROR_FORMAT names the first that does not.
int collection_verify(const struct collection *set, bool hash, struct progress *progress, struct error *error);
// Names of the sets that are there, whole or not, added to the list.
int collection_names(const char *data, struct text_list *names, struct error *error);
double collection_hours(const struct collection *set, enum collection_kind kind, const char *language); // NULL: all
// Deletes a set. ERROR_MISSING: it is not there.
int collection_remove(const char *data, const char *name, struct error *error);

// ---- making them ----

// Speech, music and sounds out of packages of Debian main, by the machine's own apt-get: nothing is installed, no root.
// Packages that lie there whole are not brought again; one that cannot be brought is told by a notice and stands in
// `missing`. ERROR_MISSING: none could. `from`: a folder with the .deb files, NULL: apt-get. `keep`: archives stay in
// downloads/.
struct collection_fetching {
    const char *from;
    bool keep;
    struct pool *pool;
    struct progress *progress; // not begun
};
int collection_fetch_debian(const char *data, const struct collection_fetching *how, struct collection *set,
                            struct error *error);
// What fetching would bring: bytes to download, 0 when everything is there; bytes of disk that are needed for a while.
int collection_debian_size(const char *data, const char *from, uint64_t *download, uint64_t *disk, struct error *error);

// Takes a file, a folder or an archive of audio in any layout. Kind and language are the user's word; without a kind
// (COLLECTION_KINDS) names of files and folders say it, and noise is what says nothing.
struct collection_import {
    const char *path, *name; // name NULL: that of the path
    enum collection_kind kind;
    const char *language; // NULL: not known
    struct pool *pool;
    struct progress *progress;
};
int collection_import(const char *data, const struct collection_import *wish, struct collection *set,
                      struct error *error);

#endif
