// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_COLLECTION_INTERNAL_H
#define WAKESMITH_COLLECTION_INTERNAL_H

#include "collection/collection.h"

#include <jansson.h>

#define COLLECTION_ROOT "training_datasets"
enum { COLLECTION_VERSION = 1 }; // of the manifest and of the table of packages: raised, packages are converted again

// ---- packages.c: which packages, and what in them is what ----

// The first row whose pattern fits decides. '*' stands for any text, "{}" for a language code with what may follow it
// ("en", "pt_BR", "sr@latin").
struct package_rule {
    const char *package, *pattern;
    enum collection_kind kind; // COLLECTION_KINDS: not taken
    const char *language;      // NULL: as the pattern says
    double most;               // seconds taken of one recording; 0: all
};
extern const struct package_rule package_rules[];
extern const size_t package_rule_count;
const struct package_rule *package_rule_for(const char *package, const char *path, char language[8]);
bool pattern_fits(const char *pattern, const char *path, char language[8]);

// ---- convert.c: recordings to files of a set ----

struct clip {
    char *path; // of the recording
    enum collection_kind kind;
    char language[8];
    const char *source; // not owned
    double most;        // seconds; 0: all
};
struct clip_list {
    struct clip *items;
    size_t count, capacity;
};
// A copy of *clip whose path becomes the list's own.
int clip_list_add(struct clip_list *list, const struct clip *clip, struct error *error);
void clip_list_free(struct clip_list *list);

// What came of it: files with paths relative to the folder, and a few sentences about recordings that could not be
// read.
struct converted {
    struct collection_file *files;
    size_t count, capacity;
    size_t damaged;
    struct text_list sentences;
};
// Reads the clips in the order of kind, language, source and path, and appends them to files below `folder`.
int convert_clips(struct clip_list *clips, const char *folder, const struct progress *progress,
                  struct converted *converted, struct error *error);
void converted_free(struct converted *converted);

// ---- manifest.c ----

json_t *files_json(const struct collection_file *files, size_t count); // NULL without memory
// Reads what files_json wrote; paths are made whole with `folder`. ERROR_FORMAT names `manifest`.
int files_read(const json_t *list, const char *folder, const char *manifest, struct collection_file **files,
               size_t *count, struct error *error);
int set_write(const char *folder, const json_t *value, const char *name, struct error *error);
void files_free(struct collection_file *files, size_t count);
bool files_lie_there(const struct collection_file *files, size_t count); // with their sizes

// ---- talkie.c ----

// Speech of the game Flight of the Amazon Queen: MP3 files in one container ("queen.1c"), written below `folder`.
// ERROR_FORMAT: it is not one, or cut off.
int talkie_unpack(const char *path, const char *folder, struct error *error);

// ---- published.c ----

// A file that lies there while a set is being brought. Caller frees; NULL without memory.
char *published_mark(const char *root, const struct published_set *set);

// ---- lock ----
// One process at a time changes the sets of a data directory. *lock: close() ends it.
int collection_lock(const char *root, int *lock, struct error *error);

#endif
