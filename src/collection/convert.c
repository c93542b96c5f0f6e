// SPDX-License-Identifier: GPL-3.0-or-later
// Thousands of short recordings become a few long files: clips of one kind, language and source behind each other.
#include "audio/audio.h"
#include "collection/collection_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { GAP = AUDIO_RATE / 5, FILE_SAMPLES = 600 * AUDIO_RATE, TOLD = 10, MOST_CLIPS = 1000000 };

int clip_list_add(struct clip_list *list, const struct clip *clip, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 256;
        if (list->count >= MOST_CLIPS)
            return error_set(error, ERROR_FORMAT, 
                             "more than a million recordings are too many for one set: import them in parts");
        struct clip *grown = realloc(list->items, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, "a list of recordings");
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count] = *clip;
    if (!(list->items[list->count].path = strdup(clip->path)))
        return error_memory(error, "a path");
    list->count++;
    return 0;
}

void clip_list_free(struct clip_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct clip_list){0};
}

void converted_free(struct converted *converted)
{
    files_free(converted->files, converted->count);
    text_list_free(&converted->sentences);
    *converted = (struct converted){0};
}

// The files that belong together stand together.
static int compare_groups(const struct clip *a, const struct clip *b)
{
    int order = (a->kind > b->kind) - (a->kind < b->kind);
    order = order ? order : strcmp(a->language, b->language);
    return order ? order : strcmp(a->source, b->source);
}

static int compare_clips(const void *a, const void *b)
{
    const struct clip *left = a, *right = b;
    int order = compare_groups(left, right);
    return order ? order : strcmp(left->path, right->path);
}

struct conversion {
    const char *folder;
    struct converted *converted;
    struct flac_writer *writer; // of the last file of the list, while it grows
    size_t samples, number;     // of that file
    struct error *error;
};

// An impulse response stays alone; of everything else there are long files.
static int begin_file(struct conversion *work, const struct clip *clip)
{
    struct converted *converted = work->converted;
    struct error *error = work->error;
    if (converted->count == converted->capacity) {
        size_t capacity = converted->capacity ? converted->capacity * 2 : 16;
        struct collection_file *grown = realloc(converted->files, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, "a list of files");
        converted->files = grown;
        converted->capacity = capacity;
    }
    struct collection_file *file = &converted->files[converted->count];
    *file = (struct collection_file){.kind = clip->kind, .source = strdup(clip->source)};
    memcpy(file->language, clip->language, sizeof file->language);
    char *above = text_print("%s/%s/%s", work->folder, collection_kind_names[clip->kind], clip->language);
    file->path = above && file->source ? text_print("%s/%s-%02zu.flac", above, clip->source, work->number++) : NULL;
    int code = file->path ? folder_make(above, error) : error_memory(error, "a path");
    if (code == 0)
        code = flac_open(&work->writer, file->path, error);
    free(above);
    if (code < 0) {
        free(file->path);
        free(file->source);
        return code;
    }
    converted->count++;
    work->samples = 0;
    return 0;
}

static int end_file(struct conversion *work)
{
    if (!work->writer)
        return 0;
    struct collection_file *file = &work->converted->files[work->converted->count - 1];
    struct stat status;
    int code = flac_close(work->writer, work->error);
    work->writer = NULL;
    if (code == 0)
        code = sha256_file(file->path, file->sha256, work->error);
    file->seconds = (double)work->samples / AUDIO_RATE;
    file->size = code == 0 && stat(file->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    return code;
}

static int append_clip(struct conversion *work, const struct clip *clip, const struct pcm *pcm)
{
    static const int16_t silence[GAP];
    bool alone = clip->kind == COLLECTION_RIRS;
    if (work->writer && (alone || work->samples + GAP + pcm->count > FILE_SAMPLES))
        TRY(end_file(work));
    if (!work->writer)
        TRY(begin_file(work, clip));
    if (work->samples) {
        TRY(flac_append(work->writer, silence, GAP, work->error));
        work->samples += GAP;
    }
    TRY(flac_append(work->writer, pcm->samples, pcm->count, work->error));
    work->samples += pcm->count;
    work->converted->files[work->converted->count - 1].clips++;
    return 0;
}

// One damaged recording among thousands is counted and told, not fatal.
static int leave_out(struct conversion *work, const struct error *reason)
{
    if (reason->code == ERROR_MEMORY) {
        *work->error = *reason;
        return reason->code;
    }
    work->converted->damaged++;
    return work->converted->sentences.count < TOLD
               ? text_list_add(&work->converted->sentences, reason->message, work->error)
               : 0;
}

static int convert_one(struct conversion *work, const struct clip *clip)
{
    struct pcm pcm;
    struct error reason;
    if (audio_read(clip->path, 0, clip->most, &pcm, &reason) < 0)
        return leave_out(work, &reason);
    int code = append_clip(work, clip, &pcm);
    free(pcm.samples);
    return code;
}

int convert_clips(struct clip_list *clips, const char *folder, const struct progress *progress,
                  struct converted *converted, struct error *error)
{
    struct conversion work = {.folder = folder, .converted = converted, .error = error};
    int code = 0;
    if (clips->count)
        qsort(clips->items, clips->count, sizeof *clips->items, compare_clips);
    for (size_t i = 0; i < clips->count && code == 0; i++) {
        if (i && compare_groups(&clips->items[i - 1], &clips->items[i]) != 0) {
            code = end_file(&work);
            work.number = 0;
        }
        if (code == 0)
            code = progress_stopped(progress) ? progress_cancelled(error) : convert_one(&work, &clips->items[i]);
    }
    if (code == 0)
        code = end_file(&work);
    flac_abort(work.writer);
    return code;
}
