// SPDX-License-Identifier: GPL-3.0-or-later
// evaluate: recall on positives, false accepts per hour on negatives, intervals, curves, calibration of cutoff
// and window. It judges the bytes that ship, never the float model.
#ifndef WAKESMITH_EVALUATE_H
#define WAKESMITH_EVALUATE_H

#include "audio/audio.h"
#include "augment/augment.h"
#include "base/base.h"
#include "dataset/dataset.h"
#include "detect/detect.h"
#include "tflite/tflite.h"

struct interval {
    double low, high;
};
struct interval wilson_interval(size_t hits, size_t trials);            // 95 %, of a share
struct interval poisson_interval(size_t events, double hours);          // 95 %, events per hour (exact)

struct condition { // "clean", "pink:10", "babble:10"
    enum test_noise noise;
    double snr_db;
    char name[32];
};
int condition_parse(const char *text, struct condition *condition, struct error *error);

// Output bytes of one track (a clip or a long recording).
struct track {
    char *name;      // file name, or NULL
    uint8_t *bytes;  // one per inference
    size_t count;
    size_t rows;     // feature rows
    uint32_t tag;    // free: condition, kind
};
struct track_list {
    struct track *items;
    size_t count, capacity;
    int stride;
};
void track_list_free(struct track_list *list);
// Runs the model over audio files (each from a fresh state), in parallel; condition NULL or clean: as recorded.
int evaluate_files(const struct tflite_model *model, const struct text_list *files, const struct condition *condition,
                   const struct sound *talkers, size_t talker_count, struct pool *pool, struct progress *progress,
                   struct track_list *tracks, struct error *error);
// The same over features that are there already. Words are run up to `after` rows past their end.
int evaluate_features(const struct tflite_model *model, const struct feature_set *set, const uint32_t *items, size_t item_count,
                      struct pool *pool, struct track_list *tracks, struct error *error);

struct operating_point {
    uint8_t cutoff;
    int window;
    size_t detected, clips, false_accepts;
    double hours, recall, per_hour;
    struct interval recall_interval, per_hour_interval;
};
// Both at one point.
void evaluate_point(const struct track_list *positives, const struct track_list *negatives, uint8_t cutoff, int window,
                    struct operating_point *point);
// For every cutoff byte low..high (step `step`): points[..]; returns their number.
size_t evaluate_curve(const struct track_list *positives, const struct track_list *negatives, int window, int low, int high, int step,
                      struct operating_point *points);

// Calibration by the device's rule on bytes (spec beyond 4.1): cutoff 26..252, window 3..10: highest recall with
// at most `per_hour` false accepts, then fewest false accepts within .5 points, then the middle of the plateau.
// Never a point with recall 0. `met` is false when no point meets the target: the best trade-off is given then.
struct calibration {
    struct operating_point point;
    double cutoff; // for the manifest: gives point.cutoff by the device's rule
    double target_per_hour;
    bool met;
};
int evaluate_calibrate(const struct track_list *positives, const struct track_list *negatives, double target_per_hour, int fixed_window,
                       struct calibration *calibration, struct error *error);

#endif
