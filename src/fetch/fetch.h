// SPDX-License-Identifier: GPL-3.0-or-later
// fetch: from a catalogue row to verified files on disk. Downloads with resume, size and hash; members of archives;
// packages that the user's own pip or npm brings.
#ifndef WAKESMITH_FETCH_H
#define WAKESMITH_FETCH_H

#include "base/base.h"

// One file to have. It is complete when it is at `path`: there is no other mark, and nothing is at `path` before size
// and hash are right.
struct fetch_file {
    const char *path;
    uint64_t size;      // bytes; 0: not known, at most 64 MB
    const char *sha256; // hex; NULL: not known
    const char *md5;    // the same; Piper's catalogue has no better
};
// True when a file of that size lies there; with `hash` its content is checked as well.
bool fetch_have(const struct fetch_file *file, bool hash);

// Downloads from the first address that gives the right bytes: to "<path>.part", which a later call goes on with if a
// hash will tell whether both halves are of one file, then checked, synced and renamed. https and http only, at most 8
// redirects, none from https to http. A few tries with growing pauses; one that brought a good piece does not count.
// ERROR_MISSING: no address gave it; ERROR_FORMAT: other bytes than expected; ERROR_CANCELLED. The caller sees to it
// that nobody else downloads to `path`. `progress` has been begun by the caller; may be NULL.
int fetch_download(const char *const *urls, size_t url_count, const struct fetch_file *file, struct progress *progress,
                   struct error *error);

// Unpacks the one member `member` of an archive (zip, tar.*) to file->path, checked.
int fetch_member(const char *archive, const char *member, const struct fetch_file *file, struct error *error);
// Joins the members of several archives to one file (members[i] of archives[i]), checked.
int fetch_join(const char *const *archives, const char *const *members, size_t count, const struct fetch_file *file,
               struct error *error);

// Lets `pip download --no-deps` or `npm pack` bring a package ("name==1.2", "name@1.2") into an empty `folder`; *archive
// (caller frees) is its file. ERROR_MISSING when the program is not installed.
enum fetch_manager { FETCH_PIP, FETCH_NPM };
int fetch_package(enum fetch_manager manager, const char *package, const char *folder, char **archive,
                  struct error *error);

#endif
