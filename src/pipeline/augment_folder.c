// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings of any origin become the framework's feature sets, through the reference's chain of transforms or another.
#include "pipeline/pipeline_internal.h"

#include "audio/audio.h"
#include "augment/augment.h"
#include "dataset/dataset.h"
#include "frontend/frontend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Of the reference: 3.2 s that end 200 to 300 ms after the recording does; what it calls slide, ten views of every
// spectrogram a row apart, is here one of the ten, drawn for each example, so that a set is a tenth as large.
enum { SCENE = 51200, JITTER_LEAST = 3200, JITTER_MOST = 4800, VIEWS = 10, SHUFFLE_SEED = 10, BATCH = 64 };

// Backgrounds lie in memory: of more than two hours (AudioSet and FMA have 60) this much is drawn, 230 MB.
enum { BACKGROUND_SECONDS = 60 };
#define BACKGROUND_SAMPLES ((size_t)2 * 3600 * AUDIO_RATE)

static const struct portion {
    const char *name;
    int repetitions, views;
} splits[] = {{"training", 2, VIEWS}, {"validation", 1, VIEWS}, {"testing", 1, 1}};

struct studio {
    const struct pipeline_augmenting *how;
    struct augment_chain chain;
    struct augment_bank *bank;
    struct augment_scratch **scratches; // one a worker
    struct pool *pool;
    struct sound *sounds;
    struct pcm *pcm; // behind `sounds`
    size_t sound_count;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct studio *studio, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (studio->how->tell)
        studio->how->tell(studio->how->context, line);
}

// ---- what sounds behind, and in which rooms ----

static int load_sounds(struct studio *studio, struct error *error)
{
    const struct text_list *folders = studio->how->backgrounds;
    struct text_list files = {0};
    size_t samples = 0;
    int code = 0;
    for (size_t i = 0; i < folders->count && code == 0; i++)
        code = folder_list(folders->items[i], audio_endings, &files, error);
    size_t *order = array_alloc(files.count + 1, sizeof *order);
    studio->sounds = array_alloc(files.count + 1, sizeof *studio->sounds);
    studio->pcm = array_alloc(files.count + 1, sizeof *studio->pcm);
    if (code == 0 && (!order || !studio->sounds || !studio->pcm))
        code = error_memory(error, "the backgrounds");
    if (code == 0)
        python_shuffle((uint32_t)studio->how->seed, order, files.count);
    for (size_t i = 0; i < files.count && code == 0 && samples < BACKGROUND_SAMPLES; i++) {
        struct pcm *pcm = &studio->pcm[studio->sound_count];
        struct error ignored; // one damaged recording among many
        if (audio_read(files.items[order[i]], 0, BACKGROUND_SECONDS, pcm, &ignored) < 0)
            continue;
        studio->sounds[studio->sound_count++] = (struct sound){pcm->samples, pcm->count, SOUND_NOISE};
        samples += pcm->count;
        if (progress_stopped(studio->how->progress))
            code = progress_cancelled(error);
    }
    free(order);
    text_list_free(&files);
    return code;
}

static int studio_open(struct studio *studio, struct error *error)
{
    enum { ROOMS = 160 };
    const struct pipeline_augmenting *how = studio->how;
    if (how->augmentation && strcmp(how->augmentation, "wakesmith") == 0)
        return error_set(error, ERROR_USAGE,
                         "--augmentation: wakesmith's own conditions train a wake word; for a folder choose reference or "
                         "a file");
    TRY(chain_named(how->augmentation ? how->augmentation : "reference", &studio->chain, error));
    TRY(load_sounds(studio, error));
    TRY(pool_open(&studio->pool, (int)how->threads, error));
    TRY(augment_bank_open(&studio->bank, studio->sounds, studio->sound_count, how->rirs->count ? 0 : ROOMS, how->rirs,
                          (uint64_t)how->seed, studio->pool, error));
    studio->scratches = array_alloc((size_t)pool_threads(studio->pool), sizeof *studio->scratches);
    if (!studio->scratches)
        return error_memory(error, "the scenes");
    for (int i = 0; i < pool_threads(studio->pool); i++)
        TRY(augment_scratch_open(&studio->scratches[i], studio->bank, SCENE, error));
    return 0;
}

static void studio_close(struct studio *studio)
{
    for (int i = 0; studio->scratches && i < pool_threads(studio->pool); i++)
        augment_scratch_close(studio->scratches[i]);
    free(studio->scratches);
    augment_bank_close(studio->bank);
    while (studio->sound_count)
        free(studio->pcm[--studio->sound_count].samples);
    free(studio->sounds);
    free(studio->pcm);
    pool_close(studio->pool);
}

// ---- one split ----

struct job {
    const struct studio *studio;
    const struct text_list *files;
    const size_t *order; // of the files of this split
    const struct portion *split;
    size_t first; // example of the batch
    uint64_t seed;
    struct example {
        uint16_t rows[(SCENE / FRONTEND_STEP) * FRONTEND_CHANNELS];
        uint32_t count;
        struct error error;
    } * examples; // [BATCH]
};

static void render(void *context, size_t index, int worker)
{
    const struct job *job = context;
    struct example *example = &job->examples[index];
    size_t number = job->first + index;
    const char *path = job->files->items[job->order[number / (size_t)job->split->repetitions]];
    struct rng rng = rng_make(job->seed, number);
    struct pcm clip;
    int16_t pcm[SCENE];
    example->error.code = 0;
    example->count = 0;
    if (audio_read(path, 0, 0, &clip, &example->error) < 0)
        return;
    struct augment_scene scene = {.samples = SCENE,
                                  .word_end = SCENE - JITTER_LEAST - rng_below(&rng, JITTER_MOST - JITTER_LEAST)};
    int code = augment_chain_render(&job->studio->chain, job->studio->bank, job->studio->scratches[worker], &rng,
                                    &scene, clip.samples, clip.count, pcm, NULL, &example->error);
    free(clip.samples);
    if (code < 0)
        return;
    struct frontend frontend;
    frontend_reset(&frontend);
    // The last whole step is never fed: 317 rows (spec of the reference's features).
    size_t rows = frontend_push(&frontend, pcm, SCENE - FRONTEND_STEP, example->rows);
    uint32_t from = rng_below(&rng, (uint32_t)job->split->views);
    example->count = (uint32_t)rows - (uint32_t)job->split->views + 1;
    memmove(example->rows, example->rows + from * FRONTEND_CHANNELS,
            example->count * FRONTEND_CHANNELS * sizeof *example->rows);
}

static int write_examples(struct job *job, size_t files, struct feature_writer *writer, struct error *error)
{
    struct progress *progress = job->studio->how->progress;
    size_t wanted = files * (size_t)job->split->repetitions;
    for (size_t i = 0; i < wanted; i += BATCH) {
        size_t here = wanted - i < BATCH ? wanted - i : BATCH;
        job->first = i;
        pool_run(job->studio->pool, here, render, job);
        for (size_t k = 0; k < here; k++) {
            struct example *example = &job->examples[k];
            if (example->error.code < 0) {
                *error = example->error;
                return error->code;
            }
            TRY(feature_writer_add(writer, example->rows, &(struct feature_item){.rows = example->count, .weight = 1},
                                   error));
        }
        progress_step(progress, (double)(i + here), (double)wanted, "%s", job->split->name);
        if (progress_stopped(progress))
            return progress_cancelled(error);
    }
    return 0;
}

static int make_split(struct job *job, size_t files, const char *output, struct error *error)
{
    struct feature_writer *writer = NULL;
    struct feature_set set = {0};
    char *folder = text_print("%s/%s", output, job->split->name),
         *path = text_print("%s/.features", folder ? folder : "");
    char *mmap = text_print("%s/wakeword_mmap", folder ? folder : "");
    int code = folder && path && mmap ? folder_make(folder, error) : error_memory(error, "a path");
    if (code == 0)
        code = feature_writer_open(&writer, path, error);
    if (code == 0)
        code = write_examples(job, files, writer, error);
    if (code == 0) {
        code = feature_writer_close(writer, error);
        writer = NULL;
    }
    if (writer)
        feature_writer_abort(writer);
    if (code == 0)
        code = feature_set_open(&set, path, error);
    if (code == 0)
        code = ragged_write(mmap, &set, error);
    feature_set_close(&set);
    if (path)
        remove(path);
    free(folder);
    free(path);
    free(mmap);
    return code;
}

// ---- one folder ----

static int make_splits(struct job *job, size_t *order, const struct pipeline_recordings *folder, struct error *error)
{
    size_t count = job->files->count, tenth = count / 10 ? count / 10 : 1, at = 0;
    const size_t most[COUNT_OF(splits)] = {count > 2 * tenth ? count - 2 * tenth : 0, tenth, tenth};
    python_shuffle(SHUFFLE_SEED, order, count);
    tell(job->studio, "===== Augmenting %zu wake word samples (%s) =====", count, folder->label);
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        size_t here = count - at < most[i] ? count - at : most[i];
        job->split = &splits[i];
        job->order = order + at;
        job->seed = seed_mix(seed_mix((uint64_t)job->studio->how->seed, folder->label), splits[i].name);
        at += here;
        if (!here)
            continue;
        tell(job->studio, "   Augmenting %s (%s)", splits[i].name, folder->label);
        TRY(make_split(job, here, folder->output, error));
        tell(job->studio, "      %s augmentation complete (%s)", splits[i].name, folder->label);
    }
    tell(job->studio, "✅ Features ready: %s/*/wakeword_mmap", folder->output);
    return 0;
}

static int augment_folder(const struct studio *studio, const struct pipeline_recordings *folder, struct error *error)
{
    struct text_list files = {0};
    struct job job = {.studio = studio, .files = &files};
    int code = folder_list(folder->input, audio_endings, &files, error);
    if (code == 0 && !files.count)
        code = error_set(error, ERROR_MISSING, "there is no audio in %s", folder->input);
    size_t *order = array_alloc(files.count + 1, sizeof *order);
    job.examples = array_alloc(BATCH, sizeof *job.examples);
    if (code == 0 && (!order || !job.examples))
        code = error_memory(error, "the recordings");
    if (code == 0)
        code = make_splits(&job, order, folder, error);
    free(order);
    free(job.examples);
    text_list_free(&files);
    return code;
}

int pipeline_augment(const struct pipeline_recordings *folders, size_t count, const struct pipeline_augmenting *how,
                     struct error *error)
{
    struct studio studio = {.how = how};
    int code = studio_open(&studio, error);
    progress_begin(how->progress, "features");
    for (size_t i = 0; i < count && code == 0; i++)
        code = augment_folder(&studio, &folders[i], error);
    studio_close(&studio);
    return code;
}
