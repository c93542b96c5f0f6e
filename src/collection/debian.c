// SPDX-License-Identifier: GPL-3.0-or-later
// The set "debian": packages are brought one after the other, converted side by side, and remembered one by one, so
// that a call that is interrupted costs the packages it was at.
#include "collection/collection_internal.h"
#include "fetch/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PACKAGES = 64, MOST_FILES = 100000 };
#define MOST_BYTES (4ull << 30) // that come out of one package
#define UNPACKED 3              // times the package: what lies on the disk while it is converted, at most

struct package {
    struct fetch_debian known;
    const char *from; // folder with archives, or NULL
    char *archive, *temporary;
    bool whole; // lies there already
    bool failed;
    struct collection_file *files;
    size_t count, damaged;
    struct text_list sentences;
    struct error error;
};
struct visit {
    char *root, *folder, *downloads; // training_datasets, training_datasets/debian, training_datasets/downloads
    char *lists;                     // downloads/.apt, for lists of our own
    bool own_lists, updated;         // they are read; they were asked for
    const struct collection_fetching *how;
    struct package packages[MOST_PACKAGES];
    size_t count;
    uint64_t total;             // bytes of the archives that are converted
    _Atomic uint64_t converted; // of them
};

// ---- what there is ----

static int read_package(const struct visit *visit, struct package *package, struct error *error)
{
    char *path = text_print("%s/packages/%s.json", visit->folder, package->known.name);
    void *text = NULL;
    size_t size = 0;
    if (!path)
        return error_memory(error, "a path");
    struct error ignored;
    json_t *root = NULL;
    if (file_read(path, 16 << 20, &text, &size, &ignored) == 0)
        root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    if (root && json_integer_value(json_object_get(root, "version")) == COLLECTION_VERSION &&
        files_read(json_object_get(root, "files"), visit->folder, path, &package->files, &package->count, &ignored) ==
            0)
        package->whole = files_lie_there(package->files, package->count);
    package->damaged = (size_t)json_integer_value(json_object_get(root, "damaged"));
    json_decref(root);
    free(text);
    free(path);
    if (package->whole)
        return 0;
    files_free(package->files, package->count);
    package->files = NULL;
    package->count = package->damaged = 0;
    return 0;
}

static void visit_close(struct visit *visit)
{
    for (size_t i = 0; i < visit->count; i++) {
        struct package *package = &visit->packages[i];
        files_free(package->files, package->count);
        text_list_free(&package->sentences);
        free(package->archive);
        free(package->temporary);
    }
    free(visit->root);
    free(visit->folder);
    free(visit->downloads);
    free(visit->lists);
}

static int visit_open(struct visit *visit, const char *data, struct error *error)
{
    *visit = (struct visit){.root = text_print("%s/" COLLECTION_ROOT, data)};
    visit->folder = visit->root ? path_join(visit->root, "debian") : NULL;
    visit->downloads = visit->root ? path_join(visit->root, "downloads") : NULL;
    visit->lists = visit->downloads ? path_join(visit->downloads, ".apt") : NULL;
    if (!visit->folder || !visit->lists)
        return error_memory(error, "a path");
    for (size_t i = 0; i < package_rule_count; i++) {
        const char *name = package_rules[i].package;
        if (i && strcmp(name, package_rules[i - 1].package) == 0)
            continue;
        if (visit->count == MOST_PACKAGES)
            return error_set(error, ERROR_STATE, "too many packages");
        struct package *package = &visit->packages[visit->count++];
        package->known.name = name;
        TRY(read_package(visit, package, error));
    }
    return 0;
}

static size_t still_missing(const struct visit *visit)
{
    size_t count = 0;
    for (size_t i = 0; i < visit->count; i++)
        count += !visit->packages[i].whole;
    return count;
}

// ---- where they come from ----

// The archive of a package in a folder: "<name>_<version>_<architecture>.deb".
static int find_archive(struct package *package, const char *from, struct error *error)
{
    static const char *const endings[] = {".deb", NULL};
    struct text_list files = {0};
    size_t length = strlen(package->known.name);
    struct stat status;
    int code = folder_list(from, endings, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        const char *name = path_name(files.items[i]);
        if (strncmp(name, package->known.name, length) != 0 || name[length] != '_' || package->archive)
            continue;
        snprintf(package->known.version, sizeof package->known.version, "%.*s", (int)strcspn(name + length + 1, "_"),
                 name + length + 1);
        package->known.size = stat(files.items[i], &status) == 0 ? (uint64_t)status.st_size : 0;
        package->archive = strdup(files.items[i]);
        code = package->archive ? sha256_file(package->archive, package->known.sha256, error)
                                : error_memory(error, "a path");
    }
    text_list_free(&files);
    return code;
}

static int ask_apt(struct visit *visit, struct error *error)
{
    struct fetch_debian known[MOST_PACKAGES];
    size_t count = 0;
    for (size_t i = 0; i < visit->count; i++)
        if (!visit->packages[i].whole)
            known[count++] = (struct fetch_debian){.name = visit->packages[i].known.name};
    TRY(fetch_debian_known(known, count, visit->own_lists ? visit->lists : NULL, error));
    for (size_t i = 0, k = 0; i < visit->count; i++)
        if (!visit->packages[i].whole)
            visit->packages[i].known = known[k++];
    return 0;
}

static int ask(struct visit *visit, const char *from, struct error *error)
{
    if (!still_missing(visit))
        return 0;
    if (!from)
        return ask_apt(visit, error);
    if (!folder_exists(from))
        return error_set(error, ERROR_MISSING, "--from: there is no folder %s", from);
    for (size_t i = 0; i < visit->count; i++)
        if (!visit->packages[i].whole)
            TRY(find_archive(&visit->packages[i], from, error));
    return 0;
}

static uint64_t to_download(const struct visit *visit)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < visit->count; i++)
        bytes += visit->packages[i].whole || !*visit->packages[i].known.version ? 0 : visit->packages[i].known.size;
    return bytes;
}

// The machine's lists may be deleted, as in images of containers, or so old that their packages are gone: then lists of
// our own are brought, once. True when they are read now.
static int refresh(struct visit *visit, bool *fresh, struct error *error)
{
    struct error reason;
    *fresh = false;
    if (visit->updated)
        return 0;
    visit->updated = true;
    progress_notice(visit->how->progress, "apt's lists of packages are deleted or old: fresh lists are brought");
    int code = fetch_debian_update(visit->lists, visit->how->progress, &reason);
    if (code == ERROR_MISSING) { // what the machine's lists know may still come
        progress_notice(visit->how->progress, reason.message);
        return 0;
    }
    if (code < 0) {
        *error = reason;
        return code;
    }
    *fresh = visit->own_lists = true;
    return ask_apt(visit, error);
}

static uint64_t disk_needed(const struct visit *visit, const char *from)
{
    uint64_t largest = 0, all = to_download(visit);
    for (size_t i = 0; i < visit->count; i++)
        if (!visit->packages[i].whole && visit->packages[i].known.size > largest)
            largest = visit->packages[i].known.size;
    return (from ? all : 2 * all) + UNPACKED * largest; // archives, what is made of them, what is being unpacked
}

int collection_debian_size(const char *data, const char *from, uint64_t *download, uint64_t *disk, struct error *error)
{
    struct visit visit;
    int code = visit_open(&visit, data, error);
    if (code == 0)
        code = ask(&visit, from, error);
    *download = code == 0 ? to_download(&visit) : 0;
    *disk = code == 0 ? disk_needed(&visit, from) : 0;
    visit_close(&visit);
    return code;
}

// ---- bringing ----

static int notice(const struct visit *visit, const char *sentence, struct error *error)
{
    char *text = text_print("%s; the set goes on without it", sentence);
    if (!text)
        return error_memory(error, "a sentence");
    progress_notice(visit->how->progress, text);
    free(text);
    return 0;
}

// An archive that an earlier call left is taken when it is the one that apt knows.
static int lies_there(const struct visit *visit, struct package *package, struct error *error)
{
    struct error ignored;
    char *folder = path_join(visit->downloads, package->known.name);
    struct fetch_debian known = package->known;
    if (!folder)
        return error_memory(error, "a path");
    int code = folder_exists(folder) ? find_archive(package, folder, error) : 0;
    bool same = package->archive && strcmp(known.sha256, package->known.sha256) == 0;
    package->known = known;
    if (!same) {
        free(package->archive);
        package->archive = NULL;
        folder_remove(folder, &ignored);
    }
    free(folder);
    return code;
}

static int download(struct visit *visit, struct package *package, uint64_t done, uint64_t total)
{
    char *folder = path_join(visit->downloads, package->known.name);
    int code = folder ? fetch_debian_download(&package->known, visit->own_lists ? visit->lists : NULL, folder,
                                              visit->how->progress, done, total, &package->archive, &package->error)
                      : error_memory(&package->error, "a path");
    free(folder);
    return code;
}

static int bring(struct visit *visit, struct package *package, uint64_t done, uint64_t total, struct error *error)
{
    bool fresh = false;
    if (visit->how->from || !*package->known.version)
        return 0;
    TRY(lies_there(visit, package, error));
    int code = package->archive ? 0 : download(visit, package, done, total);
    if (code == ERROR_MISSING)
        TRY(refresh(visit, &fresh, error));
    if (fresh && *package->known.version)
        code = download(visit, package, done, total);
    if (code == ERROR_MISSING) // the others may come
        return notice(visit, package->error.message, error);
    if (code < 0)
        *error = package->error;
    return code;
}

static int bring_all(struct visit *visit, struct error *error)
{
    uint64_t done = 0, total = to_download(visit);
    if (!total)
        return 0;
    progress_part(visit->how->progress, 0, visit->how->from ? 0.01 : 0.5, 0);
    progress_begin(visit->how->progress, "downloads");
    for (size_t i = 0; i < visit->count; i++) {
        struct package *package = &visit->packages[i];
        if (package->whole)
            continue;
        progress_step(visit->how->progress, (double)done, (double)total, "%s", package->known.name);
        TRY(bring(visit, package, done, total, error));
        done += package->known.size;
    }
    progress_end(visit->how->progress, "%.0f MB", (double)done / 1e6);
    return 0;
}

// ---- converting ----

static bool is_wanted(void *context, const char *member)
{
    const struct package *package = context;
    char language[8];
    return package_rule_for(package->known.name, member, language) || text_ends_with(member, "/copyright") ||
           text_ends_with(member, ".pk3") || text_ends_with(member, "/queen.1c");
}

// Archives inside: games keep their music in zip files of another name, their speech in one container.
static int unpack_inner(const struct package *package, const struct fetch_unpack *how, struct fetch_unpacked *unpacked,
                        struct error *error)
{
    static const char *const endings[] = {".pk3", "queen.1c", NULL};
    struct text_list files = {0};
    int code = folder_list(package->temporary, endings, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        bool talkie = text_ends_with(files.items[i], "queen.1c");
        char *folder = text_print("%s.%s", files.items[i], talkie ? "talkie" : "unpacked");
        code = !folder  ? error_memory(error, "a path")
               : talkie ? talkie_unpack(files.items[i], folder, error)
                        : fetch_unpack(files.items[i], folder, how, unpacked, error);
        free(folder);
    }
    text_list_free(&files);
    return code;
}

static int list_clips(const struct package *package, struct clip_list *clips, struct error *error)
{
    struct text_list files = {0};
    size_t skip = strlen(package->temporary) + 1;
    int code = folder_list(package->temporary, NULL, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        struct clip clip = {.path = files.items[i], .source = package->known.name};
        const struct package_rule *rule = package_rule_for(package->known.name, files.items[i] + skip, clip.language);
        if (!rule)
            continue;
        clip.kind = rule->kind;
        clip.most = rule->most;
        code = clip_list_add(clips, &clip, error);
    }
    text_list_free(&files);
    return code;
}

// The licence goes with the recordings.
static int keep_copyright(const struct visit *visit, const struct package *package, struct error *error)
{
    char *from = text_print("%s/usr/share/doc/%s/copyright", package->temporary, package->known.name);
    char *to = text_print("%s/packages/%s.copyright", visit->folder, package->known.name);
    void *text = NULL;
    size_t size;
    int code = from && to ? 0 : error_memory(error, "a path");
    if (code == 0 && file_exists(from) && (code = file_read(from, 8 << 20, &text, &size, error)) == 0)
        code = file_write(to, text, size, error);
    free(text);
    free(from);
    free(to);
    return code;
}

// A sentence that begins with a path, from below the folder that will be gone.
static const char *without_folder(const struct package *package, const char *sentence)
{
    size_t length = strlen(package->temporary);
    return strncmp(sentence, package->temporary, length) == 0 ? sentence + length + 1 : sentence;
}

static int remember(const struct visit *visit, const struct package *package, const struct fetch_unpacked *unpacked,
                    struct error *error)
{
    char *name = text_print("packages/%s.json", package->known.name);
    json_t *sentences = json_array();
    for (size_t i = 0; i < unpacked->sentences.count; i++)
        json_array_append_new(sentences, json_string(unpacked->sentences.items[i]));
    for (size_t i = 0; i < package->sentences.count; i++)
        json_array_append_new(sentences, json_string(without_folder(package, package->sentences.items[i])));
    json_t *value = json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "version", COLLECTION_VERSION, "package",
                              package->known.name, "package_version", package->known.version, "archive_sha256",
                              package->known.sha256, "archive_bytes", (json_int_t)package->known.size, "damaged",
                              (json_int_t)package->damaged, "refused", (json_int_t)unpacked->refused, "left_out", sentences,
                              "files", files_json(package->files, package->count));
    int code = name && value ? set_write(visit->folder, value, name, error) : error_memory(error, "a manifest");
    json_decref(value);
    free(name);
    return code;
}

static int convert_package(const struct visit *visit, struct package *package, struct error *error)
{
    struct fetch_unpack how = {is_wanted, package, MOST_FILES, MOST_BYTES, visit->how->progress};
    struct fetch_unpacked unpacked = {0};
    struct clip_list clips = {0};
    struct converted converted = {0};
    int code = folder_remove(package->temporary, error);
    if (code == 0)
        code = fetch_unpack(package->archive, package->temporary, &how, &unpacked, error);
    if (code == 0)
        code = unpack_inner(package, &how, &unpacked, error);
    if (code == 0)
        code = list_clips(package, &clips, error);
    if (code == 0)
        code = convert_clips(&clips, visit->folder, visit->how->progress, &converted, error);
    if (code == 0)
        code = keep_copyright(visit, package, error);
    if (code == 0) {
        package->files = converted.files;
        package->count = converted.count;
        package->damaged = converted.damaged;
        package->sentences = converted.sentences;
        converted = (struct converted){0};
        code = remember(visit, package, &unpacked, error);
    }
    fetch_unpacked_free(&unpacked);
    clip_list_free(&clips);
    converted_free(&converted);
    return code;
}

// Worker 0 is the thread that began, which may tell progress.
static void convert_task(void *context, size_t index, int worker)
{
    struct visit *visit = context;
    struct package *package = &visit->packages[index];
    struct error ignored;
    if (package->whole || !package->archive || progress_stopped(visit->how->progress))
        return;
    if (worker == 0)
        progress_step(visit->how->progress, (double)visit->converted, (double)visit->total, "%s", package->known.name);
    package->temporary = text_print("%s/.unpacked/%s", visit->folder, package->known.name);
    if (!package->temporary)
        error_memory(&package->error, "a path");
    package->failed = !package->temporary || convert_package(visit, package, &package->error) < 0;
    package->whole = !package->failed;
    visit->converted += package->known.size;
    if (package->temporary)
        folder_remove(package->temporary, &ignored);
    if (package->whole && !visit->how->from && !visit->how->keep)
        remove(package->archive);
}

static int convert_all(struct visit *visit, struct error *error)
{
    char *folder = path_join(visit->folder, "packages");
    int code = folder ? folder_make(folder, error) : error_memory(error, "a path");
    free(folder);
    TRY(code);
    if (!still_missing(visit))
        return 0;
    visit->total = to_download(visit);
    progress_part(visit->how->progress, visit->how->from ? 0.01 : 0.5, 1, 0);
    progress_begin(visit->how->progress, "convert");
    pool_run(visit->how->pool, visit->count, convert_task, visit);
    if (progress_stopped(visit->how->progress))
        return progress_cancelled(error);
    for (size_t i = 0; i < visit->count; i++) {
        struct package *package = &visit->packages[i];
        if (package->failed && package->error.code != ERROR_FORMAT) { // of the machine, not of the package
            *error = package->error;
            return error->code;
        }
        if (package->failed)
            TRY(notice(visit, package->error.message, error));
    }
    progress_end(visit->how->progress, "%zu of %zu packages", visit->count - still_missing(visit), visit->count);
    return 0;
}

// ---- the set ----

static int write_set(const struct visit *visit, struct error *error)
{
    json_t *files = json_array(), *missing = json_array();
    size_t damaged = 0;
    for (size_t i = 0; i < visit->count; i++) {
        const struct package *package = &visit->packages[i];
        json_t *more = package->whole ? files_json(package->files, package->count) : json_array();
        json_array_extend(files, more);
        json_decref(more);
        damaged += package->damaged;
        if (!package->whole)
            json_array_append_new(missing, json_string(package->known.name));
    }
    json_t *value = json_pack("{s:i, s:s, s:I, s:o, s:o}", "version", COLLECTION_VERSION, "set", "debian", "damaged",
                              (json_int_t)damaged, "missing", missing, "files", files);
    int code = value ? set_write(visit->folder, value, "manifest.json", error) : error_memory(error, "a manifest");
    json_decref(value);
    return code;
}

static int fetch(struct visit *visit, struct error *error)
{
    uint64_t room, needed;
    struct error ignored;
    bool fresh;
    TRY(ask(visit, visit->how->from, error));
    if (!visit->how->from && still_missing(visit) && !to_download(visit))
        TRY(refresh(visit, &fresh, error));
    TRY(folder_make(visit->folder, error));
    folder_remove_unfinished(visit->folder);
    needed = disk_needed(visit, visit->how->from);
    TRY(folder_room(visit->folder, &room, error));
    if (needed > room)
        return error_set(error, ERROR_IO,
                         "%s has %.1f GB free, and %.1f GB are needed for a while; make room, or choose "
                         "another --data-dir",
                         visit->folder, (double)room / 1e9, (double)needed / 1e9);
    TRY(bring_all(visit, error));
    TRY(convert_all(visit, error));
    char *left = path_join(visit->folder, ".unpacked");
    if (left)
        folder_remove(left, &ignored);
    free(left);
    if (still_missing(visit) == visit->count)
        return error_set(error, ERROR_MISSING,
                         "none of the %zu packages could be brought; is the network there, and do apt's sources name "
                         "Debian's main (apt-get update tells)?",
                         visit->count);
    return write_set(visit, error);
}

int collection_fetch_debian(const char *data, const struct collection_fetching *how, struct collection *set,
                            struct error *error)
{
    struct visit visit;
    struct error ignored;
    int lock = -1;
    *set = (struct collection){0};
    int code = visit_open(&visit, data, error);
    visit.how = how;
    if (code == 0)
        code = collection_lock(visit.root, &lock, error);
    if (code == 0)
        code = fetch(&visit, error);
    if (lock >= 0) {
        folder_remove(visit.lists, &ignored);
        close(lock);
    }
    visit_close(&visit);
    return code == 0 ? collection_open(set, data, "debian", error) : code;
}
