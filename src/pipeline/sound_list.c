// SPDX-License-Identifier: GPL-3.0-or-later
// Which recordings a walk decodes: of --negatives and --backgrounds, and of the data directory's own sets.
#include "pipeline/pipeline_internal.h"
#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

static const enum sound_kind kinds[COLLECTION_KINDS] = {[COLLECTION_SPEECH] = SOUND_SPEECH,
                                                        [COLLECTION_MUSIC] = SOUND_MUSIC,
                                                        [COLLECTION_NOISE] = SOUND_NOISE,
                                                        [COLLECTION_RIRS] = SOUND_NOISE};

// The kind of a recording is said by its name or by one of the two folders above it.
static enum sound_kind kind_of(const char *path)
{
    const char *tail = path + strlen(path);
    for (int parts = 0; tail > path && parts < 3; parts += *tail == '/')
        tail--;
    return kinds[collection_kind_told(tail)];
}

static int32_t hash_of(const char *text, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (int32_t)(hash >> 33);
}

// Recordings of one source stay together: the path without the number at the end of the file's name.
static int32_t source_of(const char *path)
{
    const char *name = path_name(path), *dot = strrchr(name, '.');
    size_t size = dot ? (size_t)(dot - path) : strlen(path);
    while (size && path + size > name &&
           ((path[size - 1] >= '0' && path[size - 1] <= '9') || strchr("-_. ", path[size - 1])))
        size--;
    return hash_of(path, size);
}

static int add(struct sound_list *list, const struct sound_file *file, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct sound_file *grown = realloc(list->files, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, "the list of sounds");
        list->files = grown;
        list->capacity = capacity;
    }
    list->files[list->count] = *file;
    if (!(list->files[list->count].path = strdup(file->path)))
        return error_memory(error, "a path");
    list->count++;
    return 0;
}

void sound_list_free(struct sound_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->files[i].path);
    free(list->files);
    *list = (struct sound_list){0};
}

// ---- folders that the user names ----

static int list_folder(const char *folder, const char *option, struct text_list *files, struct error *error)
{
    size_t before = files->count;
    if (folder_list(folder, audio_endings, files, error) < 0)
        return error_prefix(error, "--%s", option);
    if (files->count == before)
        return error_set(error, ERROR_MISSING, "--%s: there is no audio in %s", option, folder);
    return 0;
}

static int list_roots(const struct text_list *roots, const char *option, struct text_list *files, struct error *error)
{
    for (size_t i = 0; i < roots->count; i++)
        TRY(list_folder(roots->items[i], option, files, error));
    return 0;
}

static int add_roots(const struct text_list *roots, const char *option, int32_t use, struct sound_list *list,
                     struct error *error)
{
    struct text_list files = {0};
    int code = list_roots(roots, option, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        struct sound_file file = {.path = files.items[i],
                                  .kind = kind_of(files.items[i]),
                                  .language = "-",
                                  .source = source_of(files.items[i]),
                                  .use = use};
        struct audio_format format;
        struct error ignored; // a file that cannot be read is told of when it is decoded
        file.seconds = audio_describe(file.path, &format, &ignored) == 0 ? format.seconds : 0;
        code = add(list, &file, error);
    }
    text_list_free(&files);
    return code;
}

// ---- sets of the data directory ----

static double seconds_of(const struct collection *set, enum collection_kind kind, const char *source)
{
    double seconds = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].kind == kind && (!source || strcmp(set->files[i].source, source) == 0))
            seconds += set->files[i].seconds;
    return seconds;
}

// A source that is more than a fifth of its kind could never be held back whole: each of its files is one.
static int32_t source_in_set(const struct collection *set, const struct collection_file *file)
{
    bool large = seconds_of(set, file->kind, file->source) * 5 > seconds_of(set, file->kind, NULL);
    const char *name = large ? path_name(file->path) : file->source;
    return hash_of(name, strlen(name));
}

static int add_set(struct walk *walk, const struct collection *set, struct sound_list *list, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct collection_file *from = &set->files[i];
        if (from->kind == COLLECTION_RIRS) {
            TRY(text_list_add(&walk->rirs, from->path, error));
            continue;
        }
        struct sound_file file = {.path = from->path,
                                  .kind = kinds[from->kind],
                                  .source = source_in_set(set, from),
                                  .use = USE_NEGATIVE,
                                  .seconds = from->seconds,
                                  .sha256 = from->sha256};
        snprintf(file.language, sizeof file.language, "%.3s", from->language);
        TRY(add(list, &file, error));
    }
    return 0;
}

// A set that is not whole is told of and left out: a training must not fail on what it can do without.
static int open_sets(struct walk *walk, struct error *error)
{
    struct text_list names = {0};
    int code = collection_names(walk->data, &names, error);
    walk->collections = code == 0 ? array_alloc(names.count + 1, sizeof *walk->collections) : NULL;
    if (code == 0 && !walk->collections)
        code = error_memory(error, "the data sets");
    for (size_t i = 0; i < names.count && code == 0; i++) {
        struct collection *set = &walk->collections[walk->collection_count];
        struct error reason;
        int bad = collection_open(set, walk->data, names.items[i], &reason);
        if (bad == 0)
            bad = collection_verify(set, false, NULL, &reason);
        if (bad == 0) {
            walk->collection_count++;
            continue;
        }
        collection_close(set);
        if (bad == ERROR_MEMORY) {
            *error = reason;
            code = bad;
            break;
        }
        char *sentence = text_print("the data set %s is not whole and is not used: %s", names.items[i], reason.message);
        if (sentence) {
            walk_log(walk, "%s", sentence);
            progress_notice(walk->progress, sentence);
            code = text_list_add(&walk->caveats, sentence, error);
        } else {
            code = error_memory(error, "a sentence");
        }
        free(sentence);
    }
    text_list_free(&names);
    return code;
}

int sound_list_make(struct walk *walk, struct sound_list *list, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    TRY(list_roots(&options->rirs, "rirs", &walk->rirs, error));
    TRY(add_roots(&options->negatives, "negatives", USE_NEGATIVE, list, error));
    if (!options->no_datasets)
        TRY(open_sets(walk, error));
    for (size_t i = 0; i < walk->collection_count; i++)
        TRY(add_set(walk, &walk->collections[i], list, error));
    for (size_t i = 0; i < list->count; i++)
        walk->heard_seconds += list->files[i].seconds;
    return add_roots(&options->backgrounds, "backgrounds", USE_BACKGROUND, list, error);
}
