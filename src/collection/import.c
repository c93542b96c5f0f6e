// SPDX-License-Identifier: GPL-3.0-or-later
// The user's own recordings and other people's sets: a file, a folder or an archive in any layout.
#include "audio/audio.h"
#include "collection/collection_internal.h"
#include "fetch/fetch.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 1000000, NAME_MAXIMUM = 60 };
#define MOST_BYTES (200ull << 30)

static const char *const archive_endings[] = {".zip",     ".tar",     ".tar.gz", ".tgz", ".tar.xz",
                                              ".tar.bz2", ".tar.zst", ".7z",     ".deb", NULL};

// Letters, digits, "-", "_" of a name, without the ending of an archive or recording.
static char *plain_name(const char *path)
{
    char name[NAME_MAXIMUM + 1];
    size_t length = 0, end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin && path[begin - 1] != '/')
        begin--;
    for (size_t i = begin; i < end && length < NAME_MAXIMUM && !(path[i] == '.' && i > begin); i++)
        name[length++] = isalnum((unsigned char)path[i]) || (unsigned char)path[i] > 127 ? path[i] : '-';
    name[length] = 0;
    while (length && name[length - 1] == '-')
        name[--length] = 0;
    return strdup(length ? name : "recordings");
}

// It becomes the name of a folder.
static int check_language(const char *language, struct error *error)
{
    size_t letters = language ? strspn(language, "abcdefghijklmnopqrstuvwxyz") : 2;
    return letters >= 2 && letters <= 3 && (!language || !language[letters])
               ? 0
               : error_set(error, ERROR_USAGE, "--lang: a language is two or three small letters (en), not \"%.20s\"",
                           language);
}

struct import {
    const struct collection_import *wish;
    char *name, *root, *final, *folder, *unpacked; // folder: where it is made; final: where it goes
    struct fetch_unpacked from_archive;
    struct converted *parts; // one for every piece
    struct clip_list *pieces;
    size_t piece_count;
    struct text_list sources;
    struct error *errors;
};

static void import_close(struct import *import)
{
    for (size_t i = 0; i < import->piece_count; i++) {
        clip_list_free(&import->pieces[i]);
        converted_free(&import->parts[i]);
    }
    free(import->pieces);
    free(import->parts);
    free(import->errors);
    text_list_free(&import->sources);
    fetch_unpacked_free(&import->from_archive);
    free(import->name);
    free(import->root);
    free(import->final);
    free(import->folder);
    free(import->unpacked);
}

static bool has_ending(const char *path, const char *const *endings)
{
    for (; *endings; endings++)
        if (text_ends_with(path, *endings))
            return true;
    return false;
}

// The first folder below the root, or nothing: recordings below it are of one source.
static char *source_of(const struct import *import, const char *below)
{
    size_t length = strcspn(below, "/");
    char *part = below[length] ? text_print("%.*s", (int)length, below) : strdup("");
    char *plain = part && *part ? plain_name(part) : part ? strdup(import->name) : NULL;
    free(part);
    return plain;
}

static int add_clip(struct import *import, const char *root, const char *path, struct clip_list *clips,
                    struct error *error)
{
    const struct collection_import *wish = import->wish;
    const char *below = path + strlen(root) + (path[strlen(root)] == '/');
    struct clip clip = {.path = (char *)(uintptr_t)path, .kind = wish->kind};
    if (clip.kind == COLLECTION_KINDS)
        clip.kind = collection_kind_told(*below ? below : path_name(path));
    if (wish->kind == COLLECTION_KINDS && clip.kind == COLLECTION_NOISE)
        clip.kind = collection_kind_told(import->name);
    snprintf(clip.language, sizeof clip.language, "%.7s", wish->language ? wish->language : "-");
    char *source = source_of(import, below);
    if (!source)
        return error_memory(error, "a name");
    int code = text_list_has(&import->sources, source) ? 0 : text_list_add(&import->sources, source, error);
    for (size_t i = 0; i < import->sources.count; i++)
        if (strcmp(import->sources.items[i], source) == 0)
            clip.source = import->sources.items[i];
    free(source);
    return code < 0 ? code : clip_list_add(clips, &clip, error);
}

static int list_clips(struct import *import, const char *root, struct clip_list *clips, struct error *error)
{
    struct text_list files = {0};
    int code = folder_list(root, audio_endings, &files, error);
    if (code == 0 && !files.count)
        code = error_set(error, ERROR_MISSING, "there is no audio in %s", import->wish->path);
    for (size_t i = 0; i < files.count && code == 0; i++)
        code = add_clip(import, root, files.items[i], clips, error);
    text_list_free(&files);
    return code;
}

// One piece for every kind and source, so that pieces are converted side by side.
static int cut_pieces(struct import *import, struct clip_list *clips, struct error *error)
{
    size_t most = import->sources.count * COLLECTION_KINDS;
    import->pieces = array_alloc(most, sizeof *import->pieces);
    import->parts = array_alloc(most, sizeof *import->parts);
    import->errors = array_alloc(most, sizeof *import->errors);
    if (!import->pieces || !import->parts || !import->errors)
        return error_memory(error, "a list of recordings");
    import->piece_count = most;
    for (size_t i = 0; i < clips->count; i++) {
        size_t source = 0;
        while (import->sources.items[source] != clips->items[i].source)
            source++;
        TRY(clip_list_add(&import->pieces[source * COLLECTION_KINDS + clips->items[i].kind], &clips->items[i], error));
    }
    return 0;
}

static void convert_task(void *context, size_t index, int worker)
{
    struct import *import = context;
    if (worker == 0)
        progress_step(import->wish->progress, (double)index, (double)import->piece_count, "%s",
                      import->sources.items[index / COLLECTION_KINDS]);
    convert_clips(&import->pieces[index], import->folder, import->wish->progress, &import->parts[index],
                  &import->errors[index]);
}

static int convert(struct import *import, struct error *error)
{
    progress_begin(import->wish->progress, "convert");
    pool_run(import->wish->pool, import->piece_count, convert_task, import);
    for (size_t i = 0; i < import->piece_count; i++)
        if (import->errors[i].code < 0) {
            *error = import->errors[i];
            return error->code;
        }
    progress_end(import->wish->progress, "%s", import->name);
    return 0;
}

static int write_set(const struct import *import, struct error *error)
{
    json_t *files = json_array(), *sentences = json_array();
    size_t damaged = import->from_archive.refused;
    for (size_t i = 0; i < import->from_archive.sentences.count; i++)
        json_array_append_new(sentences, json_string(import->from_archive.sentences.items[i]));
    for (size_t i = 0; i < import->piece_count; i++) {
        json_t *more = files_json(import->parts[i].files, import->parts[i].count);
        json_array_extend(files, more);
        json_decref(more);
        damaged += import->parts[i].damaged;
        for (size_t k = 0; k < import->parts[i].sentences.count; k++)
            json_array_append_new(sentences, json_string(import->parts[i].sentences.items[k]));
    }
    if (!json_array_size(files)) {
        json_decref(files);
        json_decref(sentences);
        return error_set(error, ERROR_FORMAT, "none of the recordings in %s could be read", import->wish->path);
    }
    json_t *value = json_pack("{s:i, s:s, s:I, s:o, s:o}", "version", COLLECTION_VERSION, "set", import->name,
                              "damaged", (json_int_t)damaged, "left_out", sentences, "files", files);
    int code = value ? set_write(import->folder, value, "manifest.json", error) : error_memory(error, "a manifest");
    json_decref(value);
    return code;
}

static bool is_audio(void *context, const char *member)
{
    (void)context;
    return has_ending(member, audio_endings);
}

static int unpack(struct import *import, struct error *error)
{
    struct fetch_unpack how = {is_audio, NULL, MOST_FILES, MOST_BYTES, import->wish->progress};
    return fetch_unpack(import->wish->path, import->unpacked, &how, &import->from_archive, error);
}

static int make(struct import *import, struct error *error)
{
    const char *path = import->wish->path;
    struct clip_list clips = {0};
    bool archive = !folder_exists(path) && has_ending(path, archive_endings);
    if (!folder_exists(path) && !file_exists(path))
        return error_set(error, ERROR_MISSING, "there is no file or folder %s", path);
    TRY(folder_remove(import->folder, error));
    TRY(folder_remove(import->unpacked, error));
    TRY(folder_make(import->folder, error));
    int code = archive ? unpack(import, error) : 0;
    if (code == 0)
        code = list_clips(import, archive ? import->unpacked : path, &clips, error);
    if (code == 0)
        code = cut_pieces(import, &clips, error);
    clip_list_free(&clips);
    if (code == 0)
        code = convert(import, error);
    return code == 0 ? write_set(import, error) : code;
}

// An import of the same name makes way.
static int take_place(const struct import *import, struct error *error)
{
    char *old = text_print("%s/imported/.old", import->root);
    int code = old ? folder_remove(old, error) : error_memory(error, "a path");
    if (code == 0 && folder_exists(import->final) && rename(import->final, old) != 0)
        code = error_set(error, ERROR_IO, "cannot move %s: %s", import->final, strerror(errno));
    if (code == 0 && rename(import->folder, import->final) != 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", import->final, strerror(errno));
    if (code == 0)
        code = folder_remove(old, error);
    free(old);
    return code;
}

int collection_import(const char *data, const struct collection_import *wish, struct collection *set,
                      struct error *error)
{
    struct import import = {.wish = wish};
    struct error ignored;
    int lock = -1;
    *set = (struct collection){0};
    TRY(check_language(wish->language, error));
    import.name = plain_name(wish->name ? wish->name : wish->path);
    import.root = text_print("%s/" COLLECTION_ROOT, data);
    import.final = import.name ? text_print("%s/" COLLECTION_ROOT "/imported/%s", data, import.name) : NULL;
    import.folder = import.name ? text_print("%s/" COLLECTION_ROOT "/imported/.%s", data, import.name) : NULL;
    import.unpacked = text_print("%s/" COLLECTION_ROOT "/imported/.unpacked", data);
    int code = import.name && import.root && import.final && import.folder && import.unpacked
                   ? collection_lock(import.root, &lock, error)
                   : error_memory(error, "a path");
    if (code == 0 && (code = make(&import, error)) == 0)
        code = take_place(&import, error);
    if (code < 0 && import.folder && lock >= 0)
        folder_remove(import.folder, &ignored);
    if (import.unpacked && lock >= 0)
        folder_remove(import.unpacked, &ignored);
    if (lock >= 0)
        close(lock);
    char *name = text_print("imported/%s", import.name ? import.name : "");
    if (code == 0)
        code = name ? collection_open(set, data, name, error) : error_memory(error, "a path");
    free(name);
    import_close(&import);
    return code;
}
