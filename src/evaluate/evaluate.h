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

#include <jansson.h>

struct interval {
    double low, high;
};
struct interval wilson_interval(size_t hits, size_t trials);   // 95 %, of a share; no trials: 0 to 1
struct interval poisson_interval(size_t events, double hours); // 95 %, events per hour (exact); no hours: 0 to infinity
// 95 %, of the second share minus the first on the same trials, of which `first_only` and `second_only` are hits of one
// of them: A. Agresti and Y. Min, Simple improved confidence intervals for comparing matched proportions, 2005 (half a
// trial is added to each of the four cells). No trials: -1 to 1.
struct interval paired_interval(size_t first_only, size_t second_only, size_t trials);
// 95 %, of the second rate minus the first in the same hours, from the exact interval of each (G. Y. Zou and A. Donner,
// Construction of confidence limits about effect measures, 2008). Wider than it must be where both err together.
struct interval rate_difference_interval(size_t first, size_t second, double hours);
json_t *interval_json(struct interval interval); // [low, high]; JSON has no infinity: [low, null]

struct condition { // "clean", "pink:10", "babble:10", "far:10"
    enum test_noise noise;
    double snr_db;
    char name[32];
};
int condition_parse(const char *text, struct condition *condition, struct error *error);

// Output bytes of one track (a clip or a long recording).
struct track {
    char *name;     // file name, or NULL
    uint8_t *bytes; // one per inference
    size_t count;
    size_t rows;  // feature rows
    uint32_t tag; // free: condition, kind
};
struct track_list {
    struct track *items;
    size_t count, capacity;
    int stride;
};
void track_list_free(struct track_list *list);
// Runs the model over audio files (each from a fresh state), in parallel, and appends their tracks to the list (zeroed
// before the first call) in the order of the files. Recordings may last hours: they are read in parts. Condition NULL
// or clean: as recorded; else the noise is seeded by the file's index. Errors name the file; then no track is added.
int evaluate_files(const struct tflite_model *model, const struct text_list *files, const struct condition *condition,
                   const struct sound *talkers, size_t talker_count, struct pool *pool, struct progress *progress,
                   struct track_list *tracks, struct error *error);
// The same over features that are there already: all rows of each item from its first valid one on. items NULL: all
// items of the set. A track's tag is the item's; names are NULL.
int evaluate_features(const struct tflite_model *model, const struct feature_set *set, const uint32_t *items,
                      size_t item_count, struct pool *pool, struct track_list *tracks, struct error *error);

struct operating_point {
    uint8_t cutoff;
    int window;
    size_t detected, clips, false_accepts;
    double hours, recall, per_hour;
    struct interval recall_interval, per_hour_interval;
};
// Both at one point, by the detector's own rule: clips from a fresh state without waiting time, negative tracks as
// streams with the cool-down. Hours are feature rows of 10 ms.
void evaluate_point(const struct track_list *positives, const struct track_list *negatives, uint8_t cutoff, int window,
                    struct operating_point *point);
// For every cutoff byte low..high (step `step`): points[..]; returns their number (0: no memory).
size_t evaluate_curve(const struct track_list *positives, const struct track_list *negatives, int window, int low,
                      int high, int step, struct operating_point *points);

// Calibration by the device's rule on bytes: cutoff 26..252, window 3..10 (or fixed_window, when not 0): highest recall
// with at most `target_per_hour` false accepts, then the fewest false accepts within .5 points of that recall, then the
// middle of the longest run of cutoffs that are equal by this. When no point meets the target, `met` is false and the
// point with the most detections per false accept is given. Never a point with recall 0: that is an error, as are
// missing positives or negatives.
struct calibration {
    struct operating_point point;
    double cutoff; // for the manifest: gives point.cutoff by the device's rule
    int first, last; // cutoff bytes of that window that are as good; the middle was taken
    double target_per_hour;
    bool met;
};
int evaluate_calibrate(const struct track_list *positives, const struct track_list *negatives, double target_per_hour,
                       int fixed_window, struct calibration *calibration, struct error *error);
// The same in steps, for several targets over the same tracks, which must outlive the grid: opened once (the windows side
// by side), asked often, each time about all windows (0) or about one of those that were opened.
struct cutoff_grid;
int cutoff_grid_open(struct cutoff_grid **grid, const struct track_list *positives, const struct track_list *negatives,
                     int fixed_window, struct pool *pool, struct error *error);
int cutoff_grid_choose(const struct cutoff_grid *grid, double target_per_hour, int window,
                       struct calibration *calibration, struct error *error);
// As cutoff_grid_choose, for a rate to be expected on other recordings: after k false accepts in h hours, (k + 1) / h
// (Laplace's rule of succession), for the cutoff is taken where few were seen. `hours`: of recordings that are no
// variants of each other. Where no point gives that, the target is that of what was seen.
int cutoff_grid_expect(const struct cutoff_grid *grid, double target_per_hour, double hours, int window,
                       struct calibration *calibration, struct error *error);
double evaluate_hours(const struct track_list *tracks); // of all of them
void cutoff_grid_close(struct cutoff_grid *grid);

#endif
