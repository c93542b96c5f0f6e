// SPDX-License-Identifier: GPL-3.0-or-later
// train: the loop. Schedule, mining, metrics, checkpoints, resume, several seeds side by side.
#ifndef WAKESMITH_TRAIN_H
#define WAKESMITH_TRAIN_H

#include "base/base.h"
#include "dataset/dataset.h"
#include "nn/nn.h"

enum { TRAIN_MAX_PHASES = 8 };

struct train_phase {
    uint64_t steps;
    float rate;
};

struct train_plan {
    struct nn_config config;
    int batch;
    struct train_phase phases[TRAIN_MAX_PHASES];
    int phase_count;
    uint64_t warm_up; // steps of linear warm-up
    bool cosine;      // inside each phase, from rate to `final_rate` times it
    float final_rate;
    struct spec_augment masks;
    // Mining: every `mine_every` steps (0: never) from `mine_from` on, the current net runs over the running
    // negatives as streams; peaks at least 1 s apart and above `mine_floor` (logit) are taken, the `mine_keep`
    // highest kept. A share of the negative draws comes from them (when there are 20 or more), jittered by
    // +- `mine_jitter` rows.
    uint64_t mine_from, mine_every;
    size_t mine_keep;
    float mine_floor, mine_share, mine_weight;
    uint32_t mine_jitter;
    uint64_t checkpoint_every; // steps; besides, every half minute
    double judge_per_hour;     // false accepts an hour at which seeds are compared
    uint64_t watch_every;      // steps between measurements for the curves of progress; 0: none. Decides nothing
    uint64_t seed;
};
void train_plan_default(struct train_plan *plan); // the recipe of docs/accuracy.md

struct train_data {
    const struct source *sources; // training
    size_t source_count;
    // Held-out: words by voices that were not trained on, and running negatives.
    const struct feature_set *held_words; // may be NULL
    const uint32_t *held_items;           // NULL: all of the set; held_count is not read then
    size_t held_count;
    const struct feature_set *const *held_negatives;
    size_t held_negative_count;
};

// Figures of one seed on the held-out data, float network.
struct train_score {
    double recall, threshold, hours; // threshold: logit
    double loss;                     // of the training batches, running mean over about 100 steps; 0 from train_judge
};

// Trains one seed from `checkpoint` (a file; made every plan->checkpoint_every steps, resumed when it fits the plan
// and `signature`, which stands for the data; else begun anew) to the end. Same plan, same data, same kind of CPU: same
// bytes, resumed or not, on any threads. ERROR_CANCELLED after the progress' stop, with the checkpoint written.
// `weights` is made here on success (nn_weights_close frees it). `progress` has been begun by the caller; may be NULL.
int train_seed(const struct train_plan *plan, const struct train_data *data, const char *checkpoint,
               const char *signature, struct pool *pool, struct progress *progress, struct nn_weights *weights,
               struct train_score *score, struct error *error);
// Seeds plan->seed + 0 .. seeds-1 side by side, at most `threads` at a time (threads that are left over help inside
// the seeds); checkpoints "<folder>/seed-<n>.ckpt". Fills weights[seeds], scores[seeds]; on failure all weights
// are closed. *best is the one with the highest recall on held-out words, of equals the one with the lowest threshold.
int train_seeds(const struct train_plan *plan, int seeds, int threads, const struct train_data *data,
                const char *folder, const char *signature, struct progress *progress, struct nn_weights *weights,
                struct train_score *scores, int *best, struct error *error);

// Recall of `weights` on held-out words at the lowest threshold that gives at most `per_hour` false accepts on the
// held-out negatives. Every item is a stream of its own from a fresh state. An accept: the mean probability of 5 steps
// is above the threshold, 1 s or more after the stream's beginning and the accept before. A word counts as found when
// the mean is above the threshold at any step from about its beginning to the end of its item.
int train_judge(const struct nn_weights *weights, const struct train_data *data, double per_hour, struct pool *pool,
                struct train_score *score, struct error *error);

// Weights file: written atomically, read with checks. After weights_read the caller closes `weights`.
int weights_write(const char *path, const struct nn_weights *weights, struct error *error);
int weights_read(const char *path, struct nn_weights *weights, struct error *error);

#endif
