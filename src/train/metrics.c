// SPDX-License-Identifier: GPL-3.0-or-later
// The framework's figures from scores: cutoffs of 0, .01, ... 1; every ambient window above one is a false accept.
#include "train/train_internal.h"

#include <math.h>

enum { CUTOFFS = 101, HALF = 50, THRESHOLDS = 200 };
#define VIABLE 2.0 // false accepts an hour: the bound of the average viable recall
#define CLIP 1e-7  // of probabilities in the loss (Keras)

const char *const metric_names[METRIC_COUNT] = {
    [METRIC_ACCURACY] = "accuracy",
    [METRIC_RECALL] = "recall",
    [METRIC_PRECISION] = "precision",
    [METRIC_AUC] = "auc",
    [METRIC_LOSS] = "loss",
    [METRIC_RECALL_AT_NO_FAPH] = "recall_at_no_faph",
    [METRIC_CUTOFF_FOR_NO_FAPH] = "cutoff_for_no_faph",
    [METRIC_AMBIENT_FALSE_POSITIVES] = "ambient_false_positives",
    [METRIC_AMBIENT_FALSE_POSITIVES_PER_HOUR] = "ambient_false_positives_per_hour",
    [METRIC_AVERAGE_VIABLE_RECALL] = "average_viable_recall",
};

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

// How many scores of a class lie above each threshold; truths NULL: all are negatives.
static void count_above(const float *scores, const bool *truths, size_t count, bool truth, const double *thresholds,
                        int threshold_count, double *above)
{
    for (size_t i = 0; i < count; i++) {
        int low = 0, high = threshold_count; // thresholds ascend: the first `low` of them lie below the score
        if ((truths && truths[i]) != truth)
            continue;
        while (low < high) {
            int middle = (low + high) / 2;
            if ((double)scores[i] > thresholds[middle])
                low = middle + 1;
            else
                high = middle;
        }
        for (int t = 0; t < low; t++)
            above[t]++;
    }
}

static void count_both(const struct validation_scores *scores, const double *thresholds, int count, double *positives,
                       double *negatives)
{
    count_above(scores->clips, scores->truths, scores->clip_count, true, thresholds, count, positives);
    count_above(scores->clips, scores->truths, scores->clip_count, false, thresholds, count, negatives);
    count_above(scores->ambient, NULL, scores->ambient_count, false, thresholds, count, negatives);
}

// Area under the ROC curve by trapezoids over 200 thresholds, the outer ones just outside 0 and 1.
static double area(const struct validation_scores *scores)
{
    double thresholds[THRESHOLDS], hits[THRESHOLDS] = {0}, accepts[THRESHOLDS] = {0}, sum = 0, positives = 0;
    for (int i = 0; i < THRESHOLDS; i++)
        thresholds[i] = (double)i / (THRESHOLDS - 1);
    thresholds[0] = -CLIP;
    thresholds[THRESHOLDS - 1] = 1 + CLIP;
    count_both(scores, thresholds, THRESHOLDS, hits, accepts);
    for (size_t i = 0; i < scores->clip_count; i++)
        positives += scores->truths[i];
    double negatives = (double)(scores->clip_count + scores->ambient_count) - positives;
    for (int i = 0; i + 1 < THRESHOLDS; i++)
        sum += share(accepts[i] - accepts[i + 1], negatives) *
               (share(hits[i], positives) + share(hits[i + 1], positives)) / 2;
    return sum;
}

static double cross_entropy(const float *scores, const bool *truths, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double p = fmin(fmax((double)scores[i], CLIP), 1 - CLIP);
        sum -= log(truths && truths[i] ? p : 1 - p);
    }
    return sum;
}

static double average_viable_recall(const double per_hour[CUTOFFS], const double recall[CUTOFFS])
{
    int v = 0;
    double x = VIABLE, y = recall[0], sum = 0;
    if (per_hour[0] > VIABLE) {
        while (per_hour[v] > VIABLE) // ends: no probability is above 1
            v++;
        double x0 = per_hour[v - 1], x1 = per_hour[v];
        y = (recall[v - 1] * (x1 - VIABLE) + recall[v] * (VIABLE - x0)) / (x1 - x0);
    }
    for (int i = v; i < CUTOFFS; i++) { // x falls to 0
        if (per_hour[i] == x)
            continue;
        sum += (x - per_hour[i]) * (y + recall[i]) / 2;
        x = per_hour[i];
        y = recall[i];
    }
    return sum / VIABLE;
}

void validation_measure(const struct validation_scores *scores, double metrics[METRIC_COUNT])
{
    double cutoffs[CUTOFFS], hits[CUTOFFS] = {0}, accepts[CUTOFFS] = {0}, clip_accepts[CUTOFFS] = {0};
    double recall[CUTOFFS], per_hour[CUTOFFS], positives = 0, clips = (double)scores->clip_count;
    for (int i = 0; i < CUTOFFS; i++)
        cutoffs[i] = i / 100.0;
    for (size_t i = 0; i < scores->clip_count; i++)
        positives += scores->truths[i];
    count_above(scores->clips, scores->truths, scores->clip_count, true, cutoffs, CUTOFFS, hits);
    count_above(scores->clips, scores->truths, scores->clip_count, false, cutoffs, CUTOFFS, clip_accepts);
    count_above(scores->ambient, NULL, scores->ambient_count, false, cutoffs, CUTOFFS, accepts);
    for (int i = 0; i < METRIC_COUNT; i++)
        metrics[i] = 0;
    metrics[METRIC_ACCURACY] = share(hits[HALF] + clips - positives - clip_accepts[HALF], clips);
    metrics[METRIC_RECALL] = share(hits[HALF], positives);
    metrics[METRIC_PRECISION] = share(hits[HALF], hits[HALF] + clip_accepts[HALF]);
    metrics[METRIC_AUC] = area(scores);
    metrics[METRIC_LOSS] = share(cross_entropy(scores->clips, scores->truths, scores->clip_count) +
                                     cross_entropy(scores->ambient, NULL, scores->ambient_count),
                                 clips + (double)scores->ambient_count);
    if (!(scores->hours > 0))
        return;
    int quiet = CUTOFFS;
    for (int i = CUTOFFS - 1; i >= 0; i--) {
        recall[i] = share(hits[i], positives);
        per_hour[i] = accepts[i] / scores->hours;
        quiet = accepts[i] > 0 ? quiet : i; // the first without false accepts: they fall with i
    }
    metrics[METRIC_RECALL_AT_NO_FAPH] = recall[quiet];
    metrics[METRIC_CUTOFF_FOR_NO_FAPH] = cutoffs[quiet];
    metrics[METRIC_AMBIENT_FALSE_POSITIVES] = accepts[HALF];
    metrics[METRIC_AMBIENT_FALSE_POSITIVES_PER_HOUR] = per_hour[HALF];
    metrics[METRIC_AVERAGE_VIABLE_RECALL] = average_viable_recall(per_hour, recall);
}

const struct validation_best validation_best_none = {.minimum = 10000};

bool validation_better(const struct validation_best *best, double minimum, double maximum, double target)
{
    if (minimum <= target && (maximum > best->maximum || best->minimum > target))
        return true;
    if (minimum > target && minimum < best->minimum)
        return true;
    return minimum == best->minimum && maximum > best->maximum;
}
