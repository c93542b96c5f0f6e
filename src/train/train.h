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
    uint64_t warm_up;      // steps of linear warm-up
    bool cosine;           // inside each phase, from rate to `final_rate` of it
    float final_rate;
    struct spec_augment masks;
    // Mining: every `mine_every` steps from `mine_from` on, the current net runs over the negative sources as
    // streams; peaks at least 1 s apart and above `mine_floor` (logit) are taken, the `mine_keep` highest kept.
    uint64_t mine_from, mine_every;
    size_t mine_keep;
    float mine_floor, mine_share, mine_weight;
    uint64_t checkpoint_every; // steps
    uint64_t seed;
};
void train_plan_default(struct train_plan *plan); // the recipe of docs/accuracy.md

struct train_data {
    const struct source *sources; // training
    size_t source_count;
    // Held-out: words by voices that were not trained on, and running negatives.
    const struct feature_set *held_words;
    const uint32_t *held_items;
    size_t held_count;
    const struct feature_set *const *held_negatives;
    size_t held_negative_count;
};

// Figures of one seed on the held-out data at `per_hour` false accepts an hour (float network, mean of 5 steps).
struct train_score {
    double recall, threshold, hours; // threshold: logit
    double loss;
};

// Trains one seed from `checkpoint` (a file; made every plan->checkpoint_every steps, resumed when it fits the
// plan's signature, else begun anew) to the end. Same plan, same data: same bytes, resumed or not, on any threads.
// ERROR_CANCELLED after the progress' stop, with the checkpoint written.
int train_seed(const struct train_plan *plan, const struct train_data *data, const char *checkpoint, const char *signature,
               struct pool *pool, struct progress *progress, struct nn_weights *weights, struct train_score *score, struct error *error);
// Several seeds side by side, one thread each; checkpoints "<folder>/seed-<n>.ckpt". weights[seeds], scores[seeds];
// *best is the row with the highest recall on held-out words.
int train_seeds(const struct train_plan *plan, int seeds, int threads, const struct train_data *data, const char *folder,
                const char *signature, struct progress *progress, struct nn_weights *weights, struct train_score *scores, int *best,
                struct error *error);

// Recall of `weights` on held-out words at the threshold that gives `per_hour` false accepts on held-out negatives.
int train_judge(const struct nn_weights *weights, const struct train_data *data, double per_hour, struct pool *pool,
                struct train_score *score, struct error *error);

// Weights file: written atomically, read with checks.
int weights_write(const char *path, const struct nn_weights *weights, struct error *error);
int weights_read(const char *path, struct nn_weights *weights, struct error *error);

#endif
