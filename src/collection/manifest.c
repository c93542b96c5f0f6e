// SPDX-License-Identifier: GPL-3.0-or-later
// Manifests: what a set is made of, written when all of it is there.
#include "collection/collection_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANIFEST_MAXIMUM = 64 << 20 };

const char *const collection_kind_names[COLLECTION_KINDS] = {"speech", "music", "noise", "rirs"};

int collection_kind_named(const char *name, enum collection_kind *kind, struct error *error)
{
    for (int i = 0; i < COLLECTION_KINDS; i++)
        if (strcmp(name, collection_kind_names[i]) == 0) {
            *kind = (enum collection_kind)i;
            return 0;
        }
    return error_set(error, ERROR_USAGE, "there is no kind \"%.40s\": speech, music, noise or rirs", name);
}

enum collection_kind collection_kind_told(const char *path)
{
    static const struct {
        const char *word;
        enum collection_kind kind;
    } words[] = {{"rir", COLLECTION_RIRS},       {"impulse", COLLECTION_RIRS}, {"speech", COLLECTION_SPEECH},
                 {"voice", COLLECTION_SPEECH},   {"talk", COLLECTION_SPEECH},  {"dinner", COLLECTION_SPEECH},
                 {"podcast", COLLECTION_SPEECH}, {"music", COLLECTION_MUSIC},  {"song", COLLECTION_MUSIC},
                 {"fma", COLLECTION_MUSIC}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcasestr(path, words[i].word))
            return words[i].kind;
    return COLLECTION_NOISE;
}

void files_free(struct collection_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(files[i].path);
        free(files[i].source);
    }
    free(files);
}

void collection_close(struct collection *set)
{
    files_free(set->files, set->count);
    free(set->name);
    free(set->folder);
    text_list_free(&set->missing);
    *set = (struct collection){0};
}

// "<kind>/<language>/<name>" of a whole path.
static const char *inside(const char *path)
{
    const char *at = path + strlen(path);
    for (int parts = 0; at > path; at--)
        if (at[-1] == '/' && ++parts == 3)
            break;
    return at;
}

json_t *files_json(const struct collection_file *files, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct collection_file *file = &files[i];
        json_t *row = json_pack("{s:s, s:s, s:s, s:f, s:I, s:I, s:s}", "path", inside(file->path), "source",
                                file->source, "language", file->language, "seconds", file->seconds, "clips",
                                (json_int_t)file->clips, "bytes", (json_int_t)file->size, "sha256", file->sha256);
        if (!row || json_array_append_new(list, row) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

// A name of ours: "speech/en/name.flac", nothing that leads elsewhere.
static bool path_is_ours(const char *path, enum collection_kind *kind)
{
    size_t parts = 1;
    struct error ignored;
    char first[16];
    for (const char *at = path; *at; at++) {
        if (*at == '/')
            parts++;
        if ((unsigned char)*at < 32 || (*at == '.' && at[1] == '.'))
            return false;
    }
    snprintf(first, sizeof first, "%.*s", (int)strcspn(path, "/"), path);
    return parts == 3 && collection_kind_named(first, kind, &ignored) == 0;
}

static bool read_file(const json_t *row, const char *folder, struct collection_file *file)
{
    const char *path, *source, *language, *sha256;
    json_int_t clips, bytes;
    if (json_unpack((json_t *)(uintptr_t)row, "{s:s, s:s, s:s, s:F, s:I, s:I, s:s}", "path", &path, "source", &source,
                    "language", &language, "seconds", &file->seconds, "clips", &clips, "bytes", &bytes, "sha256",
                    &sha256) != 0 ||
        !path_is_ours(path, &file->kind) || strlen(language) >= sizeof file->language || strlen(sha256) != 64 ||
        clips < 0 || bytes < 0 || !(file->seconds >= 0 && file->seconds < 1e6))
        return false;
    strcpy(file->language, language);
    strcpy(file->sha256, sha256);
    file->clips = (uint64_t)clips;
    file->size = (uint64_t)bytes;
    file->path = path_join(folder, path);
    file->source = strdup(source);
    return true;
}

int files_read(const json_t *list, const char *folder, const char *manifest, struct collection_file **files,
               size_t *count, struct error *error)
{
    size_t rows = json_array_size(list);
    *count = 0;
    *files = array_alloc(rows + 1, sizeof **files);
    if (!*files)
        return error_memory(error, manifest);
    for (size_t i = 0; i < rows; i++) {
        struct collection_file *file = &(*files)[i];
        bool good = read_file(json_array_get(list, i), folder, file);
        *count = i + 1;
        if (!good || !file->path || !file->source) {
            files_free(*files, *count);
            *files = NULL;
            *count = 0;
            return good ? error_memory(error, "a path")
                        : error_set(error, ERROR_FORMAT,
                                    "%s is not a manifest of this version; fetch or import the set "
                                    "again",
                                    manifest);
        }
    }
    return 0;
}

int set_write(const char *folder, const json_t *value, const char *name, struct error *error)
{
    char *path = path_join(folder, name);
    char *text = value ? json_dumps(value, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9)) : NULL;
    int code = path && text ? file_write(path, text, strlen(text), error) : error_memory(error, "a manifest");
    free(path);
    free(text);
    return code;
}

bool files_lie_there(const struct collection_file *files, size_t count)
{
    struct stat status;
    for (size_t i = 0; i < count; i++)
        if (stat(files[i].path, &status) != 0 || (uint64_t)status.st_size != files[i].size)
            return false;
    return true;
}

static int read_set(struct collection *set, const json_t *root, const char *path, struct error *error)
{
    size_t i;
    json_t *name;
    TRY(files_read(json_object_get(root, "files"), set->folder, path, &set->files, &set->count, error));
    set->damaged = (size_t)json_integer_value(json_object_get(root, "damaged"));
    json_array_foreach(json_object_get(root, "missing"), i, name) if (json_is_string(name))
        TRY(text_list_add(&set->missing, json_string_value(name), error));
    return 0;
}

// "debian" or "imported/<name>".
static bool name_is_ours(const char *name)
{
    static const char imported[] = "imported/";
    if (strcmp(name, "debian") == 0)
        return true;
    return strncmp(name, imported, sizeof imported - 1) == 0 && name[sizeof imported - 1] &&
           name[sizeof imported - 1] != '.' && !strchr(name + sizeof imported - 1, '/');
}

int collection_open(struct collection *set, const char *data, const char *name, struct error *error)
{
    *set = (struct collection){.name = strdup(name), .folder = text_print("%s/" COLLECTION_ROOT "/%s", data, name)};
    char *path = set->folder ? path_join(set->folder, "manifest.json") : NULL;
    void *text = NULL;
    size_t size = 0;
    json_error_t at;
    int code = path && set->name ? 0 : error_memory(error, "a path");
    if (code == 0 && !file_exists(path))
        code = error_set(error, ERROR_MISSING, "%s has no manifest: wakesmith datasets fetch or import makes it whole",
                         set->folder);
    if (code == 0)
        code = file_read(path, MANIFEST_MAXIMUM, &text, &size, error);
    json_t *root = code == 0 ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &at) : NULL;
    if (code == 0 && (!root || json_integer_value(json_object_get(root, "version")) != COLLECTION_VERSION))
        code =
            error_set(error, ERROR_FORMAT, "%s is not a manifest of this version; fetch or import the set again", path);
    if (code == 0)
        code = read_set(set, root, path, error);
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, text, size);
    sha256_hex(&hash, set->identity);
    json_decref(root);
    free(text);
    free(path);
    if (code < 0)
        collection_close(set);
    return code;
}

int collection_verify(const struct collection *set, bool hash, struct progress *progress, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct collection_file *file = &set->files[i];
        struct stat status;
        char here[65];
        if (stat(file->path, &status) != 0)
            return error_set(error, ERROR_FORMAT, "%s: %s", file->path, strerror(errno));
        if ((uint64_t)status.st_size != file->size)
            return error_set(error, ERROR_FORMAT, "%s has %llu bytes instead of %llu", file->path,
                             (unsigned long long)status.st_size, (unsigned long long)file->size);
        if (hash)
            TRY(sha256_file(file->path, here, error));
        if (hash && strcmp(here, file->sha256) != 0)
            return error_set(error, ERROR_FORMAT, "%s has not the content that it was made with", file->path);
        progress_step(progress, (double)(i + 1), (double)set->count, "%s", path_name(file->path));
        if (progress_stopped(progress))
            return progress_cancelled(error);
    }
    return 0;
}

double collection_hours(const struct collection *set, enum collection_kind kind, const char *language)
{
    double seconds = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].kind == kind && (!language || strcmp(set->files[i].language, language) == 0))
            seconds += set->files[i].seconds;
    return seconds / 3600;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int collection_names(const char *data, struct text_list *names, struct error *error)
{
    char *imported = text_print("%s/" COLLECTION_ROOT "/imported", data);
    char *debian = text_print("%s/" COLLECTION_ROOT "/debian", data);
    int code = imported && debian ? 0 : error_memory(error, "a path");
    if (code == 0 && folder_exists(debian))
        code = text_list_add(names, "debian", error);
    size_t first = names->count;
    DIR *stream = code == 0 ? opendir(imported) : NULL;
    for (const struct dirent *entry; code == 0 && stream && (entry = readdir(stream));) {
        char *name = *entry->d_name == '.' ? NULL : text_print("imported/%s", entry->d_name);
        if (name)
            code = text_list_add(names, name, error);
        free(name);
    }
    if (stream)
        closedir(stream);
    if (names->count > first)
        qsort(names->items + first, names->count - first, sizeof *names->items, compare_texts);
    free(imported);
    free(debian);
    return code;
}

int collection_lock(const char *root, int *lock, struct error *error)
{
    TRY(folder_make(root, error));
    char *path = path_join(root, ".lock");
    int code = path ? 0 : error_memory(error, "a path");
    *lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (path && *lock < 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    else if (path && flock(*lock, LOCK_EX | LOCK_NB) != 0)
        code = error_set(error, ERROR_STATE, "another wakesmith is changing the data sets in %s; wait until it is done",
                         root);
    if (code < 0 && *lock >= 0)
        close(*lock);
    free(path);
    return code;
}

int collection_remove(const char *data, const char *name, struct error *error)
{
    int lock;
    char *root = text_print("%s/" COLLECTION_ROOT, data), *folder = root ? path_join(root, name) : NULL;
    char *manifest = folder ? path_join(folder, "manifest.json") : NULL;
    int code = manifest ? 0 : error_memory(error, "a path");
    if (code == 0 && (!name_is_ours(name) || !folder_exists(folder)))
        code = error_set(error, ERROR_MISSING, "there is no data set %s in %s; wakesmith datasets list names them",
                         name, root);
    if (code == 0 && (code = collection_lock(root, &lock, error)) == 0) {
        remove(manifest); // what is left after a kill is no set
        code = folder_remove(folder, error);
        close(lock);
    }
    free(manifest);
    free(folder);
    free(root);
    return code;
}
