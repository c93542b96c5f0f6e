// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/augment_folder.h"

#include "audio/audio.h"
#include "augment/augment.h"
#include "cli/cli_internal.h"
#include "cli/console.h"
#include "dataset/dataset.h"
#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of the reference: 3.2 s that end 200 to 300 ms after the recording does; what it calls slide, ten views of every
// spectrogram a row apart, is here one of the ten, drawn for each example, so that a set is a tenth as large.
enum { SCENE = 51200, JITTER_LEAST = 3200, JITTER_MOST = 4800, VIEWS = 10, SHUFFLE_SEED = 10, BATCH = 64 };

static const struct portion {
    const char *name;
    int repetitions, views;
} splits[] = {{"training", 2, VIEWS}, {"validation", 1, VIEWS}, {"testing", 1, 1}};

struct studio {
    struct augment_chain chain;
    struct augment_bank *bank;
    struct augment_scratch **scratches; // one a worker
    struct pool *pool;
    struct sound *sounds;
    struct pcm *pcm; // behind `sounds`
    size_t sound_count;
    uint64_t seed;
};

// ---- what sounds behind, and in which rooms ----

static int load_sounds(struct studio *studio, const struct text_list *folders, struct error *error)
{
    struct text_list files = {0};
    int code = 0;
    for (size_t i = 0; i < folders->count && code == 0; i++)
        code = folder_list(folders->items[i], audio_endings, &files, error);
    studio->sounds = array_alloc(files.count + 1, sizeof *studio->sounds);
    studio->pcm = array_alloc(files.count + 1, sizeof *studio->pcm);
    if (code == 0 && (!studio->sounds || !studio->pcm))
        code = error_memory(error, "the backgrounds");
    for (size_t i = 0; i < files.count && code == 0; i++) {
        struct pcm *pcm = &studio->pcm[studio->sound_count];
        struct error ignored; // one damaged recording among many
        if (audio_read(files.items[i], 0, 60, pcm, &ignored) == 0)
            studio->sounds[studio->sound_count++] = (struct sound){pcm->samples, pcm->count, SOUND_NOISE};
    }
    text_list_free(&files);
    return code;
}

static int read_chain(struct studio *studio, const char *name, struct error *error)
{
    void *text;
    size_t size;
    if (!name || strcmp(name, "reference") == 0) {
        augment_chain_reference(&studio->chain);
        return 0;
    }
    TRY(file_read(name, 1 << 20, &text, &size, error));
    int code = augment_chain_parse(text, size, name, &studio->chain, error);
    free(text);
    return code;
}

static int studio_open(struct studio *studio, const struct reference_wish *wish, const struct pipeline_options *options,
                       struct error *error)
{
    enum { ROOMS = 160 };
    studio->seed = (uint64_t)options->seed;
    TRY(read_chain(studio, wish->augmentation, error));
    TRY(load_sounds(studio, &options->backgrounds, error));
    TRY(pool_open(&studio->pool, (int)wish->threads, error));
    TRY(augment_bank_open(&studio->bank, studio->sounds, studio->sound_count, options->rirs.count ? 0 : ROOMS,
                          &options->rirs, studio->seed, studio->pool, error));
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

static int write_examples(struct job *job, size_t files, struct feature_writer *writer, struct progress *progress,
                          struct error *error)
{
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

static int make_split(struct job *job, size_t files, const char *output, struct progress *progress, struct error *error)
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
        code = write_examples(job, files, writer, progress, error);
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

static int augment_folder(const struct studio *studio, const char *input, const char *output, const char *label,
                          bool quiet, struct progress *progress, struct error *error)
{
    struct text_list files = {0};
    struct job job = {.studio = studio, .files = &files};
    size_t *order = NULL;
    int code = folder_list(input, audio_endings, &files, error);
    if (code == 0 && !files.count)
        code = error_set(error, ERROR_MISSING, "there is no audio in %s", input);
    order = array_alloc(files.count + 1, sizeof *order);
    job.examples = array_alloc(BATCH, sizeof *job.examples);
    if (code == 0 && (!order || !job.examples))
        code = error_memory(error, "the recordings");
    size_t tenth = files.count / 10 ? files.count / 10 : 1, most[] = {0, tenth, tenth};
    most[0] = files.count > 2 * tenth ? files.count - 2 * tenth : 0;
    if (code == 0) {
        python_shuffle(SHUFFLE_SEED, order, files.count);
        if (!quiet)
            printf("===== Augmenting %zu wake word samples (%s) =====\n", files.count, label);
    }
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(splits) && code == 0; i++) {
        size_t here = files.count - at < most[i] ? files.count - at : most[i];
        job.split = &splits[i];
        job.order = order + at;
        job.seed = seed_mix(seed_mix(studio->seed, label), splits[i].name);
        at += here;
        if (!here)
            continue;
        if (!quiet)
            printf("   Augmenting %s (%s)\n", splits[i].name, label);
        code = make_split(&job, here, output, progress, error);
        if (code == 0 && !quiet)
            printf("      %s augmentation complete (%s)\n", splits[i].name, label);
    }
    if (code == 0 && !quiet)
        printf("✅ Features ready: %s/*/wakeword_mmap\n", output);
    free(order);
    free(job.examples);
    text_list_free(&files);
    return code;
}

static int need_folder(const char *folder, struct error *error)
{
    return folder_exists(folder)
               ? 0
               : error_set(error, ERROR_MISSING,
                           "Directory %s does not exist. Please ensure preprocessing is complete.", folder);
}

int augment_folders(const struct reference_wish *wish, struct error *error)
{
    struct pipeline_options options;
    struct studio studio = {0};
    struct watch watch;
    double began = time_now();
    char *output = NULL, *personal = NULL;
    watch_open(&watch, "wake_word_sample_augmenter", wish->json);
    pipeline_options_default(&options);
    options.seed = wish->seed ? wish->seed : options.seed;
    int code = need_folder(wish->input_dir, error);
    if (code == 0 && wish->personal_dir)
        code = need_folder(wish->personal_dir, error);
    if (code == 0)
        code = reference_sounds(wish, &options, error);
    output = wish->output_dir ? strdup(wish->output_dir) : text_print("%s_augmented", wish->input_dir);
    personal = wish->personal_output_dir ? strdup(wish->personal_output_dir)
                                         : text_print("%s/work/personal_augmented_features", wish->data);
    if (code == 0 && (!output || !personal))
        code = error_memory(error, "a path");
    if (code == 0)
        code = studio_open(&studio, wish, &options, error);
    progress_begin(&watch.progress, "features");
    if (code == 0)
        code = augment_folder(&studio, wish->input_dir, output, "generated", wish->quiet, &watch.progress, error);
    if (code == 0 && wish->personal_dir)
        code = augment_folder(&studio, wish->personal_dir, personal, "personal", wish->quiet, &watch.progress, error);
    else if (code == 0 && !wish->quiet)
        puts("ℹ️  No personal recordings");
    if (code == 0 && !wish->quiet)
        console_elapsed("Augmentation completed.", time_now() - began, true);
    studio_close(&studio);
    reference_options_close(&options);
    free(output);
    free(personal);
    return watch_close(&watch, code);
}
