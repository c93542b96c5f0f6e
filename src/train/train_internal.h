// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_TRAIN_INTERNAL_H
#define WAKESMITH_TRAIN_INTERNAL_H

#include "train/train.h"

enum { ROWS_PER_SECOND = 100 };

// ---- streams: the network over many items -----------------------------------------------------------------

struct stream_job {
    const struct feature_set *set;
    uint32_t item;
};
// Gets the logits of one item; called in any order, from any thread of the pool. Step t has seen the item's rows up
// to stream_row(item, t, stride).
typedef void stream_visit(void *context, size_t job, const float *logits, size_t steps);
uint32_t stream_row(const struct feature_item *item, size_t step, int stride);
// Every item from a fresh state at its first valid row. `progress` (may be NULL) is only asked whether to stop.
int stream_items(const struct nn_weights *weights, const struct stream_job *jobs, size_t count, struct pool *pool,
                 const struct progress *progress, stream_visit *visit, void *context, struct error *error);

// ---- mining -------------------------------------------------------------------------------------------------

// Fills mined[plan->mine_keep], highest score first.
int mine_windows(const struct nn_weights *weights, const struct train_plan *plan, const struct train_data *data,
                 struct pool *pool, const struct progress *progress, struct mined *mined, size_t *count,
                 struct error *error);

// ---- curves ---------------------------------------------------------------------------------------------------

// Recall and false accepts per hour on a part of the held-out data, at a fixed cutoff: seconds of work, not minutes.
// Negative figures where there is no such data.
int watch_judge(const struct nn_weights *weights, const struct train_data *data, struct pool *pool, double *recall,
                double *per_hour, struct error *error);

// ---- the state of a training run ------------------------------------------------------------------------------

// What the curves show, kept with the run so that they are whole after a resume.
struct curve_point {
    uint64_t step, judged; // judged: 0 or 1, the figures below were measured
    double loss, recall, per_hour;
};
enum { CURVE_MOST = 1 << 16 };

struct training {
    const struct train_plan *plan;
    const struct train_data *data;
    struct pool *pool;
    struct nn *nn;
    struct mined *mined; // [plan->mine_keep]
    size_t mined_count;
    uint64_t step;           // steps made
    double loss;             // running mean
    float *labels, *weights; // [batch]
    struct nn_weights best; // by validation; without data: none yet
    struct validation_best best_figures;
    struct curve_point *points;
    size_t point_count, point_capacity;
};

int curve_reserve(struct training *training, size_t count, struct error *error);

// The phase of a step (from 0), and how many steps of it were before.
const struct train_phase *phase_of(const struct train_plan *plan, uint64_t step, uint64_t *within);
double learning_rate(const struct train_plan *plan, uint64_t step); // step from 0

int checkpoint_write(const char *path, const char *signature, const struct training *training, struct error *error);
// True when the checkpoint fits and `training` goes on from it; else `training` is as it was.
bool checkpoint_read(const char *path, const char *signature, struct training *training);

#endif
