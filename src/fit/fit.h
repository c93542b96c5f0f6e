// SPDX-License-Identifier: GPL-3.0-or-later
// fit: the framework's training as its users know it. A training_parameters.yaml names folders of features, phases and
// metrics; what comes out lies where the framework leaves it.
#ifndef WAKESMITH_FIT_H
#define WAKESMITH_FIT_H

#include "base/base.h"
#include "dataset/dataset.h"
#include "nn/nn.h"
#include "train/train.h"

// ---- training_parameters.yaml (kahrendt/microWakeWord) ------------------------------------------------------

enum { PARAMETERS_MAX_CUTOFFS = 32 };

enum feature_form {
    FORM_MMAP,     // the framework's folder of splits
    FORM_WAKESMITH // one file of ours, which is in one split
};
enum truncation_rule {
    RULE_RANDOM,
    RULE_START,
    RULE_END,
    RULE_FIXED,
    RULE_NONE,
    RULE_SPLIT,
    RULE_WAKESMITH,
    RULE_COUNT
};
struct parameters_set {
    char *path; // features_dir
    enum feature_form form;
    const char *split; // of FORM_WAKESMITH: "training", "validation" or "validation_ambient"
    bool truth;
    double sampling, penalty;
    enum truncation_rule truncation;
    uint32_t cutoffs[PARAMETERS_MAX_CUTOFFS];
    size_t cutoff_count;
};
struct parameters {
    int64_t batch, clip_ms, step_ms, eval_interval;
    struct train_phase phases[TRAIN_MAX_PHASES];
    int phase_count;
    int minimize, maximize; // enum metric; METRIC_COUNT: null
    double minimize_target;
    char *train_dir;
    struct parameters_set *sets; // owned, as all texts but `split`
    size_t set_count;
};
// `name` is for messages, which name the key and its line. Keys that nobody knows are left alone, as the framework
// does.
int parameters_parse(const char *text, size_t size, const char *name, struct parameters *parameters,
                     struct error *error);
int parameters_read(const char *path, struct parameters *parameters, struct error *error);
void parameters_free(struct parameters *parameters);

// What else goes into a file: `value` as it is, or the list of what stands between its commas.
struct parameters_extra {
    const char *group; // a mapping that holds the key; extras of a group follow each other. NULL: none
    const char *key, *value;
    bool list;
};
// YAML that the framework's own loader (PyYAML) reads with the same values. Atomic.
int parameters_write(const char *path, const struct parameters *parameters, const struct parameters_extra *extras,
                     size_t extra_count, struct error *error);

// ---- training -----------------------------------------------------------------------------------------------

struct fit_options {
    const char *parameters;  // path
    struct nn_config config; // but for `tail`, which clip_duration_ms decides
    bool train;              // else only what was trained before is converted
    bool restore;            // go on from the checkpoint of an earlier run
    bool use_last;           // the last weights instead of the best
    bool test;               // the quantised streaming model on testing/ and testing_ambient/
    enum class_weights class_weights;
    int64_t seed, threads;
    const char *scores; // NULL, or a file for the scores and figures of the final network, for who computes them anew
    validation_sink *validated; // NULL: nobody reads
    void *context;              // of `validated`
};

enum { ROC_CUTOFFS = 101 };
struct roc {            // the framework's test.py: of the shipped bytes, cutoffs 0, .01, ... 1
    double hours, area; // area: mean false rejects for 0 to 2 false accepts an hour
    double rejects[ROC_CUTOFFS], per_hour[ROC_CUTOFFS];
    size_t clips; // 0 or no hours: nothing was measured
};
struct fit_result {
    char *model; // path of the .tflite; owned
    struct nn_config config;
    struct train_validation last; // of the final network
    double seconds, validation_seconds;
    struct roc roc;
};
void fit_result_close(struct fit_result *result);
// Trains and converts. ERROR_CANCELLED after a stop: with `restore` the next call goes on from there.
int fit(const struct fit_options *options, struct progress *progress, struct fit_result *result, struct error *error);

#endif
