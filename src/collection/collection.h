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
// What the words of a path say, those of the reference's sets among them; noise when none does.
enum collection_kind collection_kind_told(const char *path);

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
    size_t count;
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
    const char *language; // "en": two or three small letters; NULL: not known
    struct pool *pool;
    struct progress *progress;
};
int collection_import(const char *data, const struct collection_import *wish, struct collection *set,
                      struct error *error);

// ---- the public sets that the reference trains with ----
// Negatives as features, rooms, sounds, music, in the reference's layout below <data>/training_datasets (spec of
// setup_training_datasets). How many files a set has stands in downloads/<marker> as lines "name:count", where the
// reference looks; which files with which sizes, in downloads/<name>.manifest.json.

struct published_set {
    const char *group; // the headline that it stands under; NULL: as the one before
    const char *name;  // "speech"; as it is told
    const char *folder, *ending;
    const char *marker, *key;
    const char *archive, *archive_ending; // names in downloads/ begin and end so
    const char *source;                   // what is unpacked and then converted to `folder`; NULL: it is the set itself
    const char *const *addresses;         // of the archives: where "%d" stands there are several, numbered from 0
    int archives;
};
extern const struct published_set published_sets[];
extern const size_t published_set_count;
const struct published_set *published_set_named(const char *name); // without case; NULL: none

// The count in a "<name>_filecount" file: lines "key:count", where `key` may be followed by "_16k". -1: there is none.
int64_t filecount_find(const char *text, size_t size, const char *key);

struct published_state {
    size_t count;     // files that lie there
    int64_t expected; // -1: not known
    bool valid;       // it has all its files
    bool unfinished;  // it was being brought when that ended
};
int published_look(const char *root, const struct published_set *set, struct published_state *state,
                   struct error *error);

struct published_fetching {
    const char *mirror; // instead of the known addresses: "<mirror>/<archive>"; NULL: those
    void (*tell)(void *context, const char *line);
    void *context;
    struct pool *pool;
    struct progress *progress; // not begun
};
// Downloads, unpacks, converts. An archive's hash is noted at its first arrival in downloads/trusted.json; other bytes of
// the same name are refused later. ERROR_MISSING: no address gave it.
int published_fetch(const char *root, const struct published_set *set, const struct published_fetching *how,
                    struct error *error);

#endif
