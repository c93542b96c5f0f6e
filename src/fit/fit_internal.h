// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_FIT_INTERNAL_H
#define WAKESMITH_FIT_INTERNAL_H

#include "fit/fit.h"

extern const char *const truncation_names[RULE_COUNT];
extern const char *const form_names[2];
extern const char *const split_names[3];

// The lists of phases: how the file calls each, and where it lies in a phase.
enum phase_kind { PHASE_STEPS, PHASE_REAL, PHASE_COUNT };
struct phase_key {
    const char *name;
    enum phase_kind kind; // uint64_t, float, int
    size_t offset;        // in struct train_phase
    double absent, low, high;
};
extern const struct phase_key phase_keys[];
extern const size_t phase_key_count;

// ---- the sets of a file, open ----

enum { SPLIT_TRAINING, SPLIT_VALIDATION, SPLIT_VALIDATION_AMBIENT, SPLIT_TESTING, SPLIT_TESTING_AMBIENT, SPLIT_COUNT };
struct fit_data {
    struct feature_list *lists; // [set_count * SPLIT_COUNT]
    size_t list_count;
    struct source *training, *validation, *testing;
    const struct feature_set **ambient, **testing_ambient;
    size_t training_count, validation_count, testing_count, ambient_count, testing_ambient_count;
    char identity[65]; // of everything that trains or measures
};
int fit_data_open(struct fit_data *data, const struct parameters *parameters, struct error *error);
void fit_data_close(struct fit_data *data);

// decisions.c: sentences for progress->debug. `checkpoint`: its path.
void fit_tell(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fit_decisions(struct progress *progress, const struct fit_options *options, const struct parameters *parameters,
                   const struct fit_data *data, const struct train_plan *plan, const char *checkpoint);

int roc_measure(const void *model, size_t size, const struct fit_data *data, struct pool *pool, struct roc *roc,
                struct error *error);

#endif
