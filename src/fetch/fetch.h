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
    uint64_t size;      // bytes; 0: not known, at most `most`
    uint64_t most;      // 0: 64 MB
    const char *sha256; // hex; NULL: not known
    const char *md5;    // the same; Piper's catalogue has no better
};
// True when a file of that size lies there; with `hash` its content is checked as well.
bool fetch_have(const struct fetch_file *file, bool hash);

// Downloads from the first address that gives the right bytes: to "<path>.part", which a later call goes on with if a
// hash will tell whether both halves are of one file, or the server does (its ETag is kept in "<path>.etag"), then
// checked, synced and renamed. Pieces count only where the server says they belong. What the disk cannot hold is not
// begun (ERROR_IO). https and http only, at most 8
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

// Unpacks a whole archive (zip, tar.*, 7z, a Debian package) below `folder`, which is made. Only regular files come out:
// links, devices, and names that lead elsewhere are left out, as are members that are damaged; each is counted. Nothing
// that comes out is larger or more than the limits. ERROR_FORMAT: damaged as a whole, cut off, or beyond the limits;
// ERROR_IO: the disk lacks room, which is seen before a member is written. What came out before stays. `done` adds up
// over calls; freed with fetch_unpacked_free.
struct fetch_unpack {
    bool (*wanted)(void *context, const char *member); // NULL: all
    void *context;
    uint64_t most_files, most_bytes;
    const struct progress *progress; // asked whether to stop; NULL: nobody stops it
};
struct fetch_unpacked {
    uint64_t files, bytes;
    uint64_t refused;           // members that were left out
    struct text_list sentences; // about the first of them
};
int fetch_unpack(const char *archive, const char *folder, const struct fetch_unpack *how, struct fetch_unpacked *done,
                 struct error *error);
void fetch_unpacked_free(struct fetch_unpacked *done);

// Lets `pip download --no-deps` or `npm pack` bring a package ("name==1.2", "name@1.2") into an empty `folder`; *archive
// (caller frees) is its file. ERROR_MISSING when the program is not installed.
enum fetch_manager { FETCH_PIP, FETCH_NPM };
int fetch_package(enum fetch_manager manager, const char *package, const char *folder, char **archive,
                  struct error *error);

// What the machine's own apt knows of a package of Debian. Unknown: version "".
struct fetch_debian {
    const char *name;
    char version[64];
    char sha256[65];
    uint64_t size; // bytes of the .deb
};
// What apt knows of them; of others the version stays "". `lists`: a folder that fetch_debian_update has filled, NULL: the
// machine's lists. ERROR_MISSING: this machine has no apt.
int fetch_debian_known(struct fetch_debian *packages, size_t count, const char *lists, struct error *error);
// Brings fresh lists into a folder of our own, which needs no root: the machine's may be old or deleted.
int fetch_debian_update(const char *lists, struct progress *progress, struct error *error);
// Lets `apt-get download` bring a package into an empty `folder`, checked by apt against Debian's signatures; *archive
// (caller frees) is its file. Steps of `progress` are bytes on top of `done` of `total`.
int fetch_debian_download(const struct fetch_debian *package, const char *lists, const char *folder,
                          struct progress *progress, uint64_t done, uint64_t total, char **archive,
                          struct error *error);

#endif
