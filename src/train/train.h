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
    struct spec_augment masks;
    float positive_weight, negative_weight; // of the classes in the loss
};

// What the class weights do. INTENDED: each multiplies the examples of its class. EFFECTIVE, what the framework
// computes since a port went wrong: the batch's mean of them multiplies every example, a factor that Adam does not mind
// (kahrendt/microWakeWord, train.py).
enum class_weights { CLASS_WEIGHTS_INTENDED, CLASS_WEIGHTS_EFFECTIVE };

// ---- the framework's validation (train.py) ------------------------------------------------------------------

enum metric {
    METRIC_ACCURACY, // this and the next two: of the clips, at .5
    METRIC_RECALL,
    METRIC_PRECISION,
    METRIC_AUC,  // of clips and ambient windows together
    METRIC_LOSS, // likewise
    METRIC_RECALL_AT_NO_FAPH,
    METRIC_CUTOFF_FOR_NO_FAPH,
    METRIC_AMBIENT_FALSE_POSITIVES, // at .5
    METRIC_AMBIENT_FALSE_POSITIVES_PER_HOUR,
    METRIC_AVERAGE_VIABLE_RECALL, // mean recall for 0 to 2 false accepts an hour
    METRIC_COUNT
};
extern const char *const metric_names[METRIC_COUNT]; // as the framework spells them

struct validation_data {
    const struct source *clips; // the last window of every item counts; share and weight are not read
    size_t clip_count;
    const struct feature_set *const *ambient; // running negatives: windows every 10 * stride rows, but for the last
    size_t ambient_count;
};
struct validation_scores { // probabilities
    float *clips;
    bool *truths;
    size_t clip_count;
    float *ambient;
    size_t ambient_count;
    double hours; // of the ambient tracks
};
// Scores every window by `weights` with moving statistics. Memory of mapped sets is let go of on the way.
int validation_score(const struct nn_weights *weights, const struct validation_data *data, struct pool *pool,
                     const struct progress *progress, struct validation_scores *scores, struct error *error);
void validation_scores_free(struct validation_scores *scores);
// Without ambient hours the figures that need them are 0.
void validation_measure(const struct validation_scores *scores, double metrics[METRIC_COUNT]);

// The best weights so far; begins with validation_best_none.
struct validation_best {
    double minimum, maximum, cutoff; // cutoff: at no false accept
};
extern const struct validation_best validation_best_none;
// The framework's rule: below `target` the higher maximum wins, above it the lower minimum.
bool validation_better(const struct validation_best *best, double minimum, double maximum, double target);

// ---- training -------------------------------------------------------------------------------------------------

struct train_plan {
    struct nn_config config;
    int batch;
    struct train_phase phases[TRAIN_MAX_PHASES];
    int phase_count;
    uint64_t warm_up; // steps of linear warm-up
    bool cosine;      // inside each phase, from rate to `final_rate` times it
    float final_rate;
    enum class_weights class_weights;
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
    // Every `validate_every` steps (0: never) and at the end the network is measured; the weights that
    // validation_better likes most are the result, or the last ones with `use_last`.
    uint64_t validate_every;
    int minimize, maximize; // enum metric; METRIC_COUNT: none
    double minimize_target;
    bool use_last;
    uint64_t seed;
};
void train_plan_default(struct train_plan *plan); // the recipe of docs/accuracy.md

struct train_validation {
    uint64_t step;
    double metrics[METRIC_COUNT];
    bool better; // than all before
    struct validation_best best;
};
typedef void validation_sink(void *context, const struct train_validation *validation);

struct train_data {
    const struct source *sources; // training
    size_t source_count;
    // Held-out: words by voices that were not trained on, and running negatives.
    const struct feature_set *held_words; // may be NULL
    const uint32_t *held_items;           // NULL: all of the set; held_count is not read then
    size_t held_count;
    const struct feature_set *const *held_negatives;
    size_t held_negative_count;
    const struct feature_set *held_near; // isolated words that are nearly the wake word; may be NULL
    const struct validation_data *validation; // where the plan validates
    validation_sink *validated;               // NULL: nobody reads
    void *context;                            // of `validated`
};

// Figures of one seed on the held-out data, float network.
struct train_score {
    double recall, threshold, hours; // threshold: logit
    double near;                     // share of the held-out near misses accepted at the threshold; 0 without any
    double loss;                     // of the training batches, running mean over about 100 steps; 0 from train_judge
};

// Trains one seed from `checkpoint` (a file; made every plan->checkpoint_every steps, resumed when it fits the plan
// and `signature`, which stands for the data; else begun anew) to the end. Same plan, same data, same kind of CPU: same
// bytes, resumed or not, on any threads. ERROR_CANCELLED after the progress' stop, with the checkpoint written.
// `weights` is made here on success (nn_weights_close frees it). `progress` has been begun by the caller; may be NULL.
int train_seed(const struct train_plan *plan, const struct train_data *data, const char *checkpoint,
               const char *signature, struct pool *pool, struct progress *progress, struct nn_weights *weights,
               struct train_score *score, struct error *error);
// Seeds plan->seed + 0 .. seeds-1, each with its data[seed], side by side, at most `threads` at a time (threads that are left over help inside
// the seeds); checkpoints "<folder>/seed-<n>.ckpt". Fills weights[seeds], scores[seeds]; on failure all weights
// are closed. *best is the one with the highest train_worth, of equals the one with the lowest threshold.
int train_seeds(const struct train_plan *plan, int seeds, int threads, const struct train_data *data,
                const char *folder, const char *signature, struct progress *progress, struct nn_weights *weights,
                struct train_score *scores, int *best, struct error *error);

// What ranks networks: recall of held-out words, less TRAIN_NEAR_COST of the share of near misses that wake it.
#define TRAIN_NEAR_COST .5
double train_worth(const struct train_score *score);

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
