// SPDX-License-Identifier: GPL-3.0-or-later
// The programs of microWakeWord Trainer by their names: one table of their options, and what these mean here
// (docs/reference.md). A value comes from the command line, else from <data dir>/.defaults.env, else from the
// environment, else it is the default.
#ifndef WAKESMITH_CLI_REFERENCE_H
#define WAKESMITH_CLI_REFERENCE_H

#include "cli/settings.h"
#include "pipeline/pipeline.h"
#include "text/text.h"

enum reference_program { TRAIN_WAKE_WORD, SAMPLE_GENERATOR, SAMPLE_AUGMENTER, SAMPLE_TRAINER, SETUP_DATASETS };

enum { REFERENCE_SAMPLES = 200000, REFERENCE_STEPS = 8000000, REFERENCE_BATCH = 16 }; // its training batch

struct reference_wish {
    int64_t samples, batch_size, training_steps, seed, threads; // 0: not said
    const char *phrase, *id, *title, *lang, *data_dir, *preset; // NULL: not said
    const char *input_dir, *output_dir, *personal_dir, *personal_output_dir;
    const char *rirs, *music, *sounds; // --mit-rirs-16k-dir, --fma-16k-dir, --audioset-16k-dir
    const char *mirror, *augmentation;
    struct text_list negatives;
    bool cleanup_work_dir, cleanup_archives, cleanup_intermediate_files, verbose, quiet, restart, debug, json, offline;
    // worked out:
    bool help;                    // was asked for, and printed
    char *data;                   // the data directory
    char *made_phrase, *found_id; // the phrase when only an id is said; the id when none is
    char safe_id[TEXT_ID_SIZE];
    struct settings defaults, word; // .defaults.env; work/<id>/wake_word.env: what the generator was told
};

// From the arguments of a program (without its name) to what is wished.
int reference_read(enum reference_program program, int argc, char **argv, struct reference_wish *wish,
                   struct error *error);
// What that means for the pipeline. The options point into `wish`; free their lists with reference_options_close.
int reference_options(enum reference_program program, const struct reference_wish *wish,
                      struct pipeline_options *options, struct error *error);
// Of that, rooms and backgrounds: options->rirs and ->backgrounds.
int reference_sounds(const struct reference_wish *wish, struct pipeline_options *options, struct error *error);
// Writes work/<id>/wake_word.env, which the programs of the next stages read.
int reference_remember(enum reference_program program, struct reference_wish *wish, struct error *error);
void reference_options_close(struct pipeline_options *options);
void reference_close(struct reference_wish *wish);

#endif
