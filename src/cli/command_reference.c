// SPDX-License-Identifier: GPL-3.0-or-later
// The programs of microWakeWord Trainer that make something of a wake word.
#include "audio/audio.h"
#include "cli/console.h"
#include "cli/reference.h"
#include "speech/speech.h"

#include <stdlib.h>
#include <string.h>

// One clip, as the first of a training is spoken.
static int preview(const struct reference_wish *wish, const struct pipeline_options *options, struct error *error)
{
    const struct pipeline_saying saying = {.clips = 1};
    char *folder = path_join(wish->data, "work/test_sample");
    char *wav = folder ? text_print("%s/%s.wav", folder, wish->safe_id) : NULL;
    char *path = folder ? text_print("%s/.%s.corpus", folder, wish->safe_id) : NULL;
    struct voice *voices = NULL;
    struct text_list texts = {0};
    struct corpus corpus = {0};
    int code = wav && path ? 0 : error_memory(error, "a path");
    struct watch watch;
    watch_open(&watch, "wake_word_sample_generator", wish->json);
    bool told = !wish->quiet && !wish->json;
    if (told)
        printf("===== Generating 1 sample of '%s' =====\n", wish->phrase);
    if (code == 0)
        code = folder_make(folder, error);
    if (code == 0)
        code = pipeline_speak(options, &saying, path, &voices, &texts, error);
    if (code == 0)
        code = corpus_open(&corpus, path, error);
    if (code == 0)
        code = audio_write_wav(wav, corpus.samples + corpus.clips[0].start, corpus.clips[0].count, error);
    if (code == 0 && wish->json)
        code = print_json(json_pack("{s:o}", "sample", json_name(wav)), error);
    if (code == 0 && told)
        printf("Sample available at %s\nPlay it from your host.\n", wav);
    corpus_close(&corpus);
    if (path)
        remove(path);
    free(voices);
    text_list_free(&texts);
    free(folder);
    free(wav);
    free(path);
    return watch_close(&watch, code < 0 ? code : print_done(error));
}

// Recordings of the reference belong to no wake word; they are told and never used by themselves.
static void tell_flat_recordings(const struct reference_wish *wish)
{
    char *folder = path_join(wish->data, "personal_samples");
    struct text_list files = {0};
    struct error none;
    size_t count = 0;
    if (folder && folder_exists(folder) && folder_list(folder, audio_endings, &files, &none) == 0)
        for (size_t i = 0; i < files.count; i++)
            count += !strchr(files.items[i] + strlen(folder) + 1, '/');
    if (count && !wish->quiet)
        printf(
            "ℹ️  %zu recordings lie in %s itself and belong to no wake word; those of this one belong into %s/%s\n",
            count, folder, folder, wish->safe_id);
    text_list_free(&files);
    free(folder);
}

static int console_of(const struct reference_wish *wish, const struct pipeline_options *options,
                      struct console *console, struct error *error)
{
    const struct pipeline_preset *preset = pipeline_presets;
    while (preset < pipeline_presets + pipeline_preset_count - 1 && strcmp(preset->name, options->preset) != 0)
        preset++;
    *console = (struct console){.phrase = wish->phrase,
                                .folder = text_print("%s/work/%s", wish->data, wish->safe_id),
                                .personal = wish->personal_dir
                                                ? strdup(wish->personal_dir)
                                                : text_print("%s/personal_samples/%s", wish->data, wish->safe_id),
                                .samples = wish->samples ? wish->samples : (int64_t)preset->clips,
                                .batch = wish->batch_size ? wish->batch_size : 100,
                                .steps = options->training_steps ? options->training_steps : (int64_t)preset->steps,
                                .steps_asked = wish->training_steps,
                                .networks = preset->seeds,
                                .quiet = wish->quiet,
                                .verbose = wish->verbose,
                                .extent = options->extent};
    if (!console->folder || !console->personal)
        return error_memory(error, "a path");
    console->recordings = folder_count(console->personal, audio_endings);
    return 0;
}

// The trainer of the reference begins with what the two before it have left.
static int check_augmented(const struct reference_wish *wish, struct error *error)
{
    char *folder = text_print("%s/work/%s/wake_word_samples_augmented", wish->data, wish->safe_id);
    int code = !folder                 ? error_memory(error, "a path")
               : folder_exists(folder) ? 0
                                       : error_set(error, ERROR_MISSING,
                                                   "Directory %s not found; wake_word_sample_generator and "
                                                   "wake_word_sample_augmenter make it",
                                                   folder);
    free(folder);
    return code;
}

static int walk(enum reference_program program, struct reference_wish *wish, const struct pipeline_options *options,
                struct error *error)
{
    struct console console = {0};
    int code = wish->json ? train_watched(options, &(struct train_watch){.json = true}, error)
                          : console_of(wish, options, &console, error);
    if (code == 0 && !wish->json) {
        console_begin(&console, program == TRAIN_WAKE_WORD ? wish->safe_id : NULL);
        tell_flat_recordings(wish);
        code = train_watched(options, &(struct train_watch){.console = &console}, error);
    }
    if (code == 0 && !options->cleanup)
        code = reference_remember(program, wish, error);
    free(console.folder);
    free(console.personal);
    return code;
}

// ---- wake_word_sample_augmenter with folders of its own ----

static int need_folder(const char *folder, struct error *error)
{
    return folder_exists(folder)
               ? 0
               : error_set(error, ERROR_MISSING,
                           "Directory %s does not exist. Please ensure preprocessing is complete.", folder);
}

static void print_line(void *context, const char *line)
{
    (void)context;
    puts(line);
}

static int augment(const struct reference_wish *wish, const char *output, const char *personal,
                   struct progress *progress, struct error *error)
{
    struct pipeline_options sounds;
    double began = time_now();
    pipeline_options_default(&sounds);
    TRY(need_folder(wish->input_dir, error));
    if (wish->personal_dir)
        TRY(need_folder(wish->personal_dir, error));
    const struct pipeline_recordings folders[] = {{"generated", wish->input_dir, output},
                                                  {"personal", wish->personal_dir, personal}};
    int code = reference_sounds(wish, &sounds, error);
    const struct pipeline_augmenting how = {.augmentation = wish->augmentation,
                                            .backgrounds = &sounds.backgrounds,
                                            .rirs = &sounds.rirs,
                                            .seed = wish->seed ? wish->seed : sounds.seed,
                                            .threads = wish->threads,
                                            .tell = wish->quiet ? NULL : print_line,
                                            .progress = progress};
    if (code == 0)
        code = pipeline_augment(folders, wish->personal_dir ? 2 : 1, &how, error);
    if (code == 0 && !wish->quiet) {
        if (!wish->personal_dir)
            puts("ℹ️  No personal recordings");
        console_elapsed("Augmentation completed.", time_now() - began, true);
    }
    reference_options_close(&sounds);
    return code;
}

static int augment_folders(const struct reference_wish *wish, struct error *error)
{
    struct watch watch;
    char *output = wish->output_dir ? strdup(wish->output_dir) : text_print("%s_augmented", wish->input_dir);
    char *personal = wish->personal_output_dir ? strdup(wish->personal_output_dir)
                                               : text_print("%s/work/personal_augmented_features", wish->data);
    watch_open(&watch, "wake_word_sample_augmenter", wish->json);
    int code = output && personal ? augment(wish, output, personal, &watch.progress, error)
                                  : error_memory(error, "a path");
    free(output);
    free(personal);
    return watch_close(&watch, code);
}

// ---- the four programs ----

static int run(enum reference_program program, int argc, char **argv, struct error *error)
{
    struct reference_wish wish;
    struct pipeline_options options = {0};
    bool speaks = program == TRAIN_WAKE_WORD || program == SAMPLE_GENERATOR;
    int code = reference_read(program, argc, argv, &wish, error);
    bool folders = program == SAMPLE_AUGMENTER && wish.input_dir;
    if (code == 0 && !wish.help && folders)
        code = augment_folders(&wish, error);
    if (code == 0 && !wish.help && !folders)
        code = reference_options(program, &wish, &options, error);
    if (code == 0 && !wish.help && program == SAMPLE_TRAINER)
        code = check_augmented(&wish, error);
    if (code == 0 && !wish.help && !folders)
        code = speaks && wish.samples == 1 ? preview(&wish, &options, error) : walk(program, &wish, &options, error);
    reference_options_close(&options);
    reference_close(&wish);
    return code;
}

int command_train_wake_word(int argc, char **argv, struct error *error)
{
    return run(TRAIN_WAKE_WORD, argc, argv, error);
}

int command_sample_generator(int argc, char **argv, struct error *error)
{
    return run(SAMPLE_GENERATOR, argc, argv, error);
}

int command_sample_augmenter(int argc, char **argv, struct error *error)
{
    return run(SAMPLE_AUGMENTER, argc, argv, error);
}

int command_sample_trainer(int argc, char **argv, struct error *error)
{
    return run(SAMPLE_TRAINER, argc, argv, error);
}
