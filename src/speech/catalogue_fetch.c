// SPDX-License-Identifier: GPL-3.0-or-later
// Bringing the voices of the catalogue, removing them, and taking in a user's own.
#include "speech/catalogue_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PARTS_MAXIMUM = 8, PACKAGES_MAXIMUM = 16, CATALOGUE_AGE = 24 * 3600 };

// ---- fetching ---------------------------------------------------------------------------------------------

// One at a time writes into the folder; the lock ends with the process.
static int lock_folder(const struct catalogue *catalogue, int *lock, struct error *error)
{
    TRY(folder_make(catalogue->folder, error));
    char *path = path_join(catalogue->folder, ".lock");
    int code = path ? 0 : error_memory(error, "a path");
    *lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (path && *lock < 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    else if (path && flock(*lock, LOCK_EX | LOCK_NB) != 0)
        code = error_set(error, ERROR_STATE, "another wakesmith is bringing voices into %s; wait until it is done",
                         catalogue->folder);
    if (code < 0 && *lock >= 0)
        close(*lock);
    free(path);
    return code;
}

// Packages that were brought in this call: many files come from one.
struct visit {
    const struct catalogue *catalogue;
    const char *from; // a local folder that mirrors ours; NULL
    struct progress *progress;
    char *temporary;
    struct {
        char *name, *archive; // no archive: it could not be brought, which is not tried again
    } packages[PACKAGES_MAXIMUM];
    size_t package_count;
};

static int bring_package(struct visit *visit, enum fetch_manager manager, const char *name, const char **archive,
                         struct error *error)
{
    for (size_t i = 0; i < visit->package_count; i++)
        if (strcmp(visit->packages[i].name, name) == 0) {
            *archive = visit->packages[i].archive;
            return *archive ? 0 : error_set(error, ERROR_MISSING, "%s could not be brought", name);
        }
    if (visit->package_count == PACKAGES_MAXIMUM)
        return error_set(error, ERROR_STATE, "too many packages at once");
    progress_step(visit->progress, 0, 0, "%s", name);
    char *folder = text_print("%s/%zu", visit->temporary, visit->package_count), *file = NULL;
    char *copy = strdup(name);
    int code = folder && copy ? fetch_package(manager, name, folder, &file, error) : error_memory(error, "a path");
    free(folder);
    if (!copy)
        return code;
    *archive = visit->packages[visit->package_count].archive = file;
    visit->packages[visit->package_count++].name = copy;
    return code;
}

static const char *part_of(const json_t *value, size_t index)
{
    return json_string_value(json_is_array(value) ? json_array_get(value, index) : index ? NULL : value);
}

static int from_packages(struct visit *visit, enum fetch_manager manager, const json_t *packages,
                         const json_t *members, const struct fetch_file *file, struct error *error)
{
    const char *archives[PARTS_MAXIMUM], *names[PARTS_MAXIMUM];
    size_t count = 0;
    for (; count < PARTS_MAXIMUM && part_of(packages, count) && part_of(members, count); count++) {
        TRY(bring_package(visit, manager, part_of(packages, count), &archives[count], error));
        names[count] = part_of(members, count);
    }
    return fetch_join(archives, names, count, file, error);
}

static int from_source(struct visit *visit, const json_t *source, const struct fetch_file *file, struct error *error)
{
    const json_t *pip = json_object_get(source, "pip"), *npm = json_object_get(source, "npm"),
                 *member = json_object_get(source, "member");
    if (pip)
        return from_packages(visit, FETCH_PIP, pip, member, file, error);
    if (npm)
        return from_packages(visit, FETCH_NPM, npm, member, file, error);
    const char *url = catalogue_text(source, "url");
    return fetch_download(&url, 1, file, visit->progress, error);
}

static int from_folder(const struct visit *visit, const char *path, const struct fetch_file *file, struct error *error)
{
    struct error ignored;
    char hex[65];
    void *data = NULL;
    size_t size = 0;
    char *source = path_join(visit->from, path);
    int code = source ? file_read(source, (size_t)2 << 30, &data, &size, error) : error_memory(error, "a path");
    if (code == 0 && ((file->size && size != file->size) ||
                      (file->sha256 && (sha256_file(source, hex, &ignored) < 0 || strcmp(hex, file->sha256) != 0))))
        code = error_set(error, ERROR_FORMAT, "%s is another file than the catalogue's", source);
    if (code == 0)
        code = file_write(file->path, data, size, error);
    free(data);
    free(source);
    return code;
}

static int fetch_one(struct visit *visit, const json_t *entry, struct error *error)
{
    size_t i;
    const json_t *source;
    const char *name = catalogue_text(entry, "path");
    char *path = path_join(visit->catalogue->folder, name), *folder = path ? strdup(path) : NULL;
    int code = folder ? 0 : error_memory(error, "a path");
    if (code == 0 && catalogue_file_there(visit->catalogue, entry))
        goto end;
    if (code == 0) {
        folder[path_name(path) - path] = 0;
        code = folder_make(folder, error);
    }
    const char *hash = json_string_value(json_object_get(entry, "sha256"));
    const struct fetch_file file = {.path = path,
                                    .size = catalogue_size(entry),
                                    .sha256 = hash,
                                    .md5 = json_string_value(json_object_get(entry, "md5"))};
    if (code == 0 && visit->from) {
        code = from_folder(visit, name, &file, error);
        goto end;
    }
    if (code == 0)
        code = error_set(error, ERROR_MISSING, "no source has %s", name);
    json_array_foreach(json_object_get(entry, "sources"), i, source)
    {
        struct fetch_file other = file;
        if (code == 0 || code == ERROR_CANCELLED || code == ERROR_IO)
            break;
        if (json_object_get(source, "sha256")) {
            other.size = catalogue_size(source);
            other.sha256 = catalogue_text(source, "sha256");
        }
        code = from_source(visit, source, &other, error);
    }
end:
    free(folder);
    free(path);
    return code;
}

static int fetch_pack(struct visit *visit, const json_t *pack, struct error *error)
{
    const json_t *files = json_object_get(pack, "files");
    int code = 0;
    for (size_t i = 0; i < json_array_size(files) && code == 0; i++) {
        const json_t *file = json_array_get(files, i);
        if (progress_stopped(visit->progress))
            return progress_cancelled(error);
        if (catalogue_for_machine(visit->catalogue, file))
            code = fetch_one(visit, file, error);
        if (code == 0)
            progress_step(visit->progress, (double)(i + 1), (double)json_array_size(files), "%s",
                          catalogue_text(file, "path"));
    }
    return code;
}

int catalogue_fetch(struct catalogue *catalogue, const char *id, const char *from, struct progress *progress,
                    struct error *error)
{
    const json_t *pack = catalogue_pack(catalogue, id, error);
    struct error ignored;
    int lock;
    if (!pack)
        return error->code;
    TRY(lock_folder(catalogue, &lock, error));
    struct visit visit = {.catalogue = catalogue, .from = from, .progress = progress};
    visit.temporary = path_join(catalogue->folder, ".fetching");
    int code = visit.temporary ? folder_remove(visit.temporary, error) : error_memory(error, "a path");
    progress_begin(progress, "voices");
    if (code == 0)
        code = fetch_pack(&visit, pack, error);
    if (code == 0)
        progress_end(progress, "%s", catalogue_text(pack, "name"));
    if (visit.temporary)
        folder_remove(visit.temporary, &ignored);
    close(lock);
    for (size_t i = 0; i < visit.package_count; i++) {
        free(visit.packages[i].name);
        free(visit.packages[i].archive);
    }
    free(visit.temporary);
    return code < 0 ? code : catalogue_list(catalogue, error);
}

static bool is_old(const char *path)
{
    struct stat facts;
    return stat(path, &facts) != 0 || time(NULL) - facts.st_mtime > CATALOGUE_AGE;
}

// An error page is no catalogue: what arrived takes its place only when it can be read.
static int bring_piper(struct catalogue *catalogue, const char *url, const char *path, struct progress *progress,
                       struct error *error)
{
    void *data = NULL;
    size_t size = 0;
    char *fresh = text_print("%s.new", path);
    const struct fetch_file file = {.path = fresh};
    progress_begin(progress, "voices");
    if (fresh)
        remove(fresh);
    int code = fresh ? fetch_download(&url, 1, &file, progress, error) : error_memory(error, "a path");
    if (code == 0)
        code = file_read(fresh, CATALOGUE_MAXIMUM, &data, &size, error);
    if (code == 0 && catalogue_add_piper(catalogue, data, size, error) < 0)
        code = error_prefix(error, "%s", url);
    if (code == 0 && rename(fresh, path) != 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
    if (code < 0 && fresh)
        remove(fresh);
    free(data);
    free(fresh);
    return code;
}

int catalogue_refresh(struct catalogue *catalogue, struct progress *progress, struct error *error)
{
    int lock;
    TRY(lock_folder(catalogue, &lock, error));
    char *path = path_join(catalogue->folder, "piper-catalogue.json");
    char *url = text_print("%s/voices.json", catalogue_text(catalogue->document, "piper_hub"));
    int code = path && url ? 0 : error_memory(error, "a path");
    if (code == 0 && is_old(path))
        code = bring_piper(catalogue, url, path, progress, error);
    if (code < 0 && code != ERROR_CANCELLED && path && file_exists(path))
        code = 0; // an old catalogue is better than none
    close(lock);
    free(path);
    free(url);
    return code < 0 ? code : catalogue_list(catalogue, error);
}

// ---- removing and importing -------------------------------------------------------------------------------

int catalogue_remove(struct catalogue *catalogue, const char *id, struct error *error)
{
    const json_t *pack = catalogue_pack(catalogue, id, error), *file;
    size_t i;
    int lock;
    if (!pack)
        return error->code;
    TRY(lock_folder(catalogue, &lock, error));
    json_array_foreach(json_object_get(pack, "files"), i, file)
    {
        static const char *const endings[] = {"", ".part"};
        for (size_t k = 0; k < COUNT_OF(endings); k++) {
            char *path = text_print("%s/%s%s", catalogue->folder, catalogue_text(file, "path"), endings[k]);
            if (path)
                remove(path);
            free(path);
        }
    }
    close(lock);
    return catalogue_list(catalogue, error);
}

static int copy_file(const char *from, const char *to, struct error *error)
{
    struct mapping file;
    TRY(mapping_open(&file, from, error));
    int code = file_write(to, file.data, file.size, error);
    mapping_close(&file);
    return code;
}

// Would the engine Piper speak with it? It has random nodes, and settings beside it.
static int check_voice(const char *path, struct error *error)
{
    struct buffer seeded;
    struct mapping model;
    struct piper_facts facts;
    size_t nodes;
    TRY(mapping_open(&model, path, error));
    int code = onnx_seed(model.data, model.size, &seeded, &nodes) == 0 && nodes > 0
                   ? 0
                   : error_set(error, ERROR_FORMAT, "%s is no voice of Piper", path);
    buffer_free(&seeded);
    mapping_close(&model);
    if (code == 0 && piper_describe(path, &facts) != 0)
        code = error_set(error, ERROR_FORMAT, "%s.json beside it does not say how %s speaks", path, path_name(path));
    return code;
}

int catalogue_import(struct catalogue *catalogue, const char *path, struct error *error)
{
    int lock;
    if (!text_ends_with(path, ".onnx"))
        return error_set(error, ERROR_USAGE, "%s: a Piper voice is a file .onnx with its .onnx.json beside it", path);
    TRY(check_voice(path, error));
    TRY(lock_folder(catalogue, &lock, error));
    char *settings = text_print("%s.json", path), *folder = path_join(catalogue->folder, "piper");
    char *target = folder ? path_join(folder, path_name(path)) : NULL;
    char *beside = target ? text_print("%s.json", target) : NULL;
    int code = settings && beside ? folder_make(folder, error) : error_memory(error, "a path");
    if (code == 0)
        code = copy_file(settings, beside, error);
    if (code == 0)
        code = copy_file(path, target, error);
    close(lock);
    free(beside);
    free(target);
    free(folder);
    free(settings);
    return code < 0 ? code : catalogue_list(catalogue, error);
}
