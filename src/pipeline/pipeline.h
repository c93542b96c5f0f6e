// SPDX-License-Identifier: GPL-3.0-or-later
// pipeline: walks the stages from a phrase to a published model. It knows what is fresh and what is stale (a
// stage runs again when the signature of its inputs differs, and only then), resumes, reports progress, and lets
// one run at a time into a data directory, where there are
//
//   personal_samples/<id>/                    recordings of people, taken when no others are named
//   work/<id>/wake_word_samples/              clips
//   work/<id>/wake_word_samples_augmented/    feature sets
//   work/<id>/trained_models/                 checkpoints
//   work/.sounds/                              decoded negatives and backgrounds, shared by all wake words
//   output/<time>-<id>-<samples>-<steps>/     <id>.tflite, <id>.json, <id>.report.json, <id>.report.html,
//                                             <id>.yaml, training_parameters.yaml, logs/training.log,
//                                             logs/model_summary.txt, logs/run.json
#ifndef WAKESMITH_PIPELINE_H
#define WAKESMITH_PIPELINE_H

#include "base/base.h"
#include "evaluate/evaluate.h"
#include "manifest/manifest.h"
#include "nn/nn.h"
#include "speech/speech.h"

// How much work a preset does. Adding one is adding a row.
struct pipeline_preset {
    const char *name, *summary;
    size_t clips;          // spoken clips of the wake word
    size_t neural;         // further ones by neural voices, where there are any
    size_t accents;        // further ones by neural voices with accents
    size_t near;           // spoken near misses
    size_t near_neural;    // further ones by neural voices
    size_t sentences;      // spoken sentences
    size_t held_sentences; // by held-out voices
    size_t examples;       // augmented words (training)
    size_t held;           // augmented words of held-out voices, for choosing and calibrating
    uint64_t steps;        // of 128 examples
    int seeds;
};
extern const struct pipeline_preset pipeline_presets[];
extern const size_t pipeline_preset_count;
// How long a training of this preset takes without recordings, with neural voices when some are installed, on cores like
// those of docs/benchmarks.md (which make PIPELINE_KNOWN_STEPS steps of `bench train` a second each: network official, batches
// of 128, one thread).
enum { PIPELINE_KNOWN_STEPS = 116 };
double pipeline_expected_seconds(const struct pipeline_preset *preset, int threads);

// What the walk ends after.
enum pipeline_extent { PIPELINE_WHOLE, PIPELINE_SPEECH, PIPELINE_FEATURES };

struct pipeline_options {
    const char *phrase;
    const char *phonemes;                          // how the phrase is said, "/IPA/" or "[[...]]"; NULL: as it is read
    struct text_list also;                         // other spellings (or phonemes) of the same word
    const char *lang, *id, *title;                 // NULL: found from the phrase
    const char *data_dir;                          // NULL: pipeline_data_dir
    const char *preset;                            // NULL: "standard"
    int64_t samples, training_steps, seeds;        // 0: the preset's
    int64_t seed, threads;                         // threads 0: all processors
    const char *positives_real;                    // folder of personal recordings, NULL for none
    struct text_list negatives, backgrounds, rirs; // folders (or files) of audio
    const char *model, *filters, *kernels;         // "official", "seed", "alexa"; shape like the framework's options
    int64_t stride, first_filters, first_kernel;   // 0: the model's
    int64_t clip_ms;                               // decides the steps that the dense layer sees; 0: the model's
    int64_t neural, accents, near_neural;          // clips by neural voices; -1: the preset's
    double near_weight;                            // of near misses in the loss; < 0: the recipe's
    const char *augmentation; // NULL or "wakesmith"; "reference"; a file with a chain of transforms (docs/augmentation.md)
    double target_per_hour;                        // of the published cutoff
    const char *author, *website;
    const char *device; // where neural voices compute, as speech_choose_device was told; for the record of the run
    bool no_datasets; // sets of recordings in the data directory (datasets fetch, import) are not used
    bool debug;   // the log, and progress->debug, say what was decided and why
    bool restart; // what earlier runs left of this wake word (clips, features, checkpoints) is made again
    bool cleanup; // a whole walk that succeeds leaves nothing in work/: neither of this wake word nor in .sounds
    enum pipeline_extent extent;
};
// The public ready-made negative sets that are used where they lie in <data>/PIPELINE_READY_MADE/; NULL ends them.
#define PIPELINE_READY_MADE "training_datasets/negative_datasets"
extern const char *const pipeline_ready_made[];

void pipeline_options_default(struct pipeline_options *options);

struct pipeline_result {
    char *folder, *model, *manifest, *report, *card, *yaml; // paths; owned
    char title[256], language[16];
    struct manifest written;
    struct sensitivity levels[3];
    struct tflite_facts facts;
    double seconds;
    size_t held_clips;
    size_t people_clips, people_heard; // recordings of people that only measure, each in several scenes; 0: none
    double held_hours, real_hours; // real_hours: of them recordings (not synthetic speech)
    double float_recall;           // of the float network at the published cutoff and window
    double int8_difference;        // mean |p float - p int8|
    int best_seed, seeds;
};
void pipeline_result_close(struct pipeline_result *result);

// The data directory when none is named: $DATA_DIR; the current folder if it holds .mww-data-dir; /data if it can be
// written; $XDG_DATA_HOME/wakesmith or ~/.local/share/wakesmith. Caller frees.
char *pipeline_data_dir(void);

// Where a run of these options tells of itself when nothing else is asked for; it may, from its first progress on.
// Caller frees; NULL without memory.
char *pipeline_events_path(const struct pipeline_options *options);

// The walk; of one that ends early the result is empty. ERROR_CANCELLED after a stop: the next call goes on from there.
int pipeline_train(const struct pipeline_options *options, struct progress *progress, struct pipeline_result *result,
                   struct error *error);

// ---- recordings of any origin as the framework's feature sets ----

struct pipeline_recordings {
    const char *label;         // seed of the draws, and what lines call it: "generated"
    const char *input;         // a folder of recordings, one word each
    const char *output;        // <output>/{training,validation,testing}/wakeword_mmap is made; folders below may be there
};
struct pipeline_augmenting {
    const char *augmentation;  // NULL or "reference"; a file with a chain of transforms
    const struct text_list *backgrounds; // folders; two hours of them are drawn
    const struct text_list *rirs;        // folders; empty: rooms are computed
    int64_t seed, threads;               // threads 0: all processors
    void (*tell)(void *context, const char *line); // a line as the reference prints it; NULL: nobody reads
    void *context;
    struct progress *progress;
};
// The reference's wake_word_sample_augmenter: each folder is split as it does (a tenth validates, a tenth tests), each
// recording ends 200 to 300 ms before the end of 3.2 s, training and validation with one of ten views drawn.
// ERROR_MISSING: a folder has no audio.
int pipeline_augment(const struct pipeline_recordings *folders, size_t count, const struct pipeline_augmenting *how,
                     struct error *error);

// What pipeline_speak is asked for.
struct pipeline_saying {
    size_t clips;
    const struct text_list *voices; // "kokoro:af_heart" or "af_heart", drawn equally often; empty: those that train
    bool neural;                    // what neural voices say in the training, not what the others say
    bool accents;                   // what is said with accents in the training
    struct progress *progress;      // gets notices; NULL: nobody reads
};
// Speaks into the corpus file `path`: without voices the first clips that the training of `options` would
// be made of. *voices (caller frees): who their `voice` numbers mean. *texts: what their `text` numbers mean.
// ERROR_MISSING: neural voices or accents are asked for and nothing speaks them.
int pipeline_speak(const struct pipeline_options *options, const struct pipeline_saying *saying, const char *path,
                   struct voice **voices, struct text_list *texts, struct error *error);

#endif
