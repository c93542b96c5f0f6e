// SPDX-License-Identifier: GPL-3.0-or-later
// The framework's test of the quantised streaming model (kahrendt/microWakeWord, test.py), on the bytes that ship.
// Unlike there, every item begins from a fresh state, and the figure at 2 false accepts an hour is interpolated where
// it belongs.
#include "fit/fit_internal.h"

#include "evaluate/evaluate.h"

enum { MEAN = 5, QUIET = 25 };
#define VIABLE 2.0

// The mean of the MEAN probabilities up to step t, of bytes / 256.
static double mean_at(const struct track *track, size_t t)
{
    int sum = 0;
    for (size_t i = 0; i < MEAN; i++)
        sum += track->bytes[t - i];
    return sum / (256.0 * MEAN);
}

// Accepts at a cutoff: after one, the next may come QUIET steps later. A fresh stream is quiet, too.
static size_t accepts(const struct track *track, double cutoff)
{
    size_t count = 0, quiet = QUIET;
    for (size_t t = MEAN - 1; t < track->count; t++) {
        quiet -= quiet > 0;
        if (quiet == 0 && mean_at(track, t) > cutoff) {
            count++;
            quiet = QUIET;
        }
    }
    return count;
}

static double highest(const struct track *track)
{
    double best = 0;
    for (size_t t = QUIET + MEAN - 1; t < track->count; t++) {
        double mean = mean_at(track, t);
        best = mean > best ? mean : best;
    }
    return best;
}

static double rejects_area(const struct roc *roc)
{
    double x = VIABLE, y = roc->rejects[0], sum = 0;
    int v = 0;
    while (v < ROC_CUTOFFS && roc->per_hour[v] > VIABLE)
        v++;
    if (v == ROC_CUTOFFS)
        return 1;
    if (v > 0) {
        double x0 = roc->per_hour[v - 1], x1 = roc->per_hour[v];
        y = (roc->rejects[v - 1] * (x1 - VIABLE) + roc->rejects[v] * (VIABLE - x0)) / (x1 - x0);
    }
    for (int i = v; i < ROC_CUTOFFS; i++) {
        sum += (x - roc->per_hour[i]) * (y + roc->rejects[i]) / 2;
        x = roc->per_hour[i];
        y = roc->rejects[i];
    }
    return (sum + x * (y + 1) / 2) / VIABLE; // no cutoff reaches 0: everything is rejected there
}

static void measure(const struct track_list *clips, const struct track_list *ambient, struct roc *roc)
{
    uint64_t rows = 0;
    for (size_t k = 0; k < ambient->count; k++)
        rows += ambient->items[k].rows;
    roc->hours = (double)rows / 360000;
    roc->clips = clips->count;
    if (!rows || !clips->count)
        return;
    for (int i = 0; i < ROC_CUTOFFS; i++) {
        size_t count = 0, missed = 0;
        for (size_t k = 0; k < ambient->count; k++)
            count += accepts(&ambient->items[k], i / 100.0);
        for (size_t k = 0; k < clips->count; k++)
            missed += !(highest(&clips->items[k]) > i / 100.0);
        roc->per_hour[i] = (double)count / roc->hours;
        roc->rejects[i] = (double)missed / (double)clips->count;
    }
    roc->area = rejects_area(roc);
}

int roc_measure(const void *data, size_t size, const struct fit_data *sets, struct pool *pool, struct roc *roc,
                struct error *error)
{
    struct tflite_model *model = NULL;
    struct track_list clips = {0}, ambient = {0};
    *roc = (struct roc){0};
    int code = tflite_read(&model, data, size, error);
    for (size_t i = 0; i < sets->testing_count && code == 0; i++)
        if (sets->testing[i].truth)
            code = evaluate_features(model, sets->testing[i].set, NULL, 0, pool, &clips, error);
    for (size_t i = 0; i < sets->testing_ambient_count && code == 0; i++)
        code = evaluate_features(model, sets->testing_ambient[i], NULL, 0, pool, &ambient, error);
    if (code == 0)
        measure(&clips, &ambient, roc);
    track_list_free(&clips);
    track_list_free(&ambient);
    tflite_close(model);
    return code;
}
