// SPDX-License-Identifier: GPL-3.0-or-later
// Choosing cutoff and window: recall first, then few false accepts, then the middle of what is equally good.
#include "evaluate/evaluate_internal.h"

#include <math.h>
#include <stdlib.h>

enum { LOWEST_CUTOFF = 26, HIGHEST_CUTOFF = 252 };
static const int windows[] = {5, 4, 6, 3, 7, 8, 9, 10}; // the official window first: it wins ties
static const double equal_recall = .005;

struct grid {
    const int *windows;
    size_t window_count, clips;
    const struct tally *tallies; // [window_count]
};

// Calls a point acceptable or not; `context` belongs to the rule.
typedef bool point_rule(size_t detected, size_t accepts, const void *context);

struct span { // the longest run of neighbouring cutoffs that a rule accepts
    int window, first, last;
};

static struct span longest_span(const struct grid *grid, point_rule *rule, const void *context)
{
    struct span best = {0, 0, -1};
    for (size_t w = 0; w < grid->window_count; w++) {
        const struct tally *tally = &grid->tallies[w];
        int first = LOWEST_CUTOFF;
        for (int cutoff = LOWEST_CUTOFF; cutoff <= HIGHEST_CUTOFF; cutoff++) {
            if (!rule(tally->detected[cutoff], tally->accepts[cutoff], context))
                first = cutoff + 1;
            else if (cutoff - first > best.last - best.first)
                best = (struct span){grid->windows[w], first, cutoff};
        }
    }
    return best;
}

struct wanted {
    double detected; // at least
    double accepts;  // at most
};

static bool is_wanted(size_t detected, size_t accepts, const void *context)
{
    const struct wanted *wanted = context;
    return detected > 0 && (double)detected >= wanted->detected && (double)accepts <= wanted->accepts;
}

static struct span best_within(const struct grid *grid, double most_accepts)
{
    struct wanted wanted = {0, most_accepts};
    double recall = 0;
    for (size_t w = 0; w < grid->window_count; w++)
        for (int c = LOWEST_CUTOFF; c <= HIGHEST_CUTOFF; c++)
            if (is_wanted(grid->tallies[w].detected[c], grid->tallies[w].accepts[c], &wanted))
                recall = fmax(recall, (double)grid->tallies[w].detected[c]);
    wanted.detected = recall - equal_recall * (double)grid->clips;
    for (size_t w = 0; w < grid->window_count; w++)
        for (int c = LOWEST_CUTOFF; c <= HIGHEST_CUTOFF; c++)
            if (is_wanted(grid->tallies[w].detected[c], grid->tallies[w].accepts[c], &wanted))
                wanted.accepts = fmin(wanted.accepts, (double)grid->tallies[w].accepts[c]);
    return longest_span(grid, is_wanted, &wanted);
}

static bool is_same(size_t detected, size_t accepts, const void *context)
{
    const size_t *same = context;
    return detected == same[0] && accepts == same[1];
}

// No point meets the target: the most detections for each false accept. Every point here has false accepts, or it
// would have met the target.
static struct span best_trade(const struct grid *grid)
{
    size_t best[2] = {0, 1};
    for (size_t w = 0; w < grid->window_count; w++)
        for (int c = LOWEST_CUTOFF; c <= HIGHEST_CUTOFF; c++) {
            size_t detected = grid->tallies[w].detected[c], accepts = grid->tallies[w].accepts[c];
            size_t here = detected * best[1], there = best[0] * accepts;
            if (here > there || (here == there && detected > best[0])) {
                best[0] = detected;
                best[1] = accepts;
            }
        }
    return best[0] ? longest_span(grid, is_same, best) : (struct span){0, 0, -1};
}

// (byte + .5) / 255, three decimals: the device's (int)(cutoff * 255) gives the byte again.
static double manifest_cutoff(int byte)
{
    double exact = (byte + .5) / 255, rounded = round(exact * 1000) / 1000;
    return detect_cutoff_byte(rounded) == byte ? rounded : exact;
}

static int choose(const struct grid *grid, double target, double hours, struct calibration *calibration,
                  struct span *span, struct error *error)
{
    *span = best_within(grid, target * hours + 1e-9); // 3 of .1 an hour in 30 h are allowed
    calibration->target_per_hour = target;
    calibration->met = span->last >= span->first;
    if (!calibration->met)
        *span = best_trade(grid);
    if (span->last < span->first)
        return error_set(
            error, ERROR_FORMAT,
            "the model hears none of the %zu clips of the word at any cutoff: it needs more or other training",
            grid->clips);
    return 0;
}

struct cutoff_grid {
    const struct track_list *positives, *negatives;
    double hours;
    size_t window_count;
    int windows[COUNT_OF(windows)];
    struct tally tallies[COUNT_OF(windows)];
    bool failed[COUNT_OF(windows)];
};

static void sweep_window(void *context, size_t w, int worker)
{
    (void)worker;
    struct cutoff_grid *grid = context;
    struct error ignored;
    grid->failed[w] = evaluate_sweep(grid->positives, grid->negatives, grid->windows[w], LOWEST_CUTOFF, HIGHEST_CUTOFF,
                                     1, &grid->tallies[w], &ignored) < 0;
}

int cutoff_grid_open(struct cutoff_grid **out, const struct track_list *positives, const struct track_list *negatives,
                     int fixed_window, struct pool *pool, struct error *error)
{
    *out = NULL;
    double hours = evaluate_hours(negatives);
    if (positives->count == 0 || !(hours > 0))
        return error_set(error, ERROR_USAGE, "a calibration needs clips of the word and recordings without it");
    if (fixed_window < 0 || fixed_window > DETECT_MAX_WINDOW)
        return error_set(error, ERROR_USAGE, "a window must be 1 to %d, or 0 to choose it", DETECT_MAX_WINDOW);
    struct cutoff_grid *grid = array_alloc(1, sizeof *grid);
    if (!grid)
        return error_memory(error, "a calibration");
    *grid = (struct cutoff_grid){.positives = positives, .negatives = negatives, .hours = hours,
                                 .window_count = fixed_window ? 1 : COUNT_OF(windows)};
    for (size_t w = 0; w < grid->window_count; w++)
        grid->windows[w] = fixed_window ? fixed_window : windows[w];
    pool_run(pool, grid->window_count, sweep_window, grid);
    for (size_t w = 0; w < grid->window_count; w++)
        if (grid->failed[w]) {
            cutoff_grid_close(grid);
            return error_memory(error, "a calibration");
        }
    *out = grid;
    return 0;
}

void cutoff_grid_close(struct cutoff_grid *grid)
{
    free(grid);
}

int cutoff_grid_choose(const struct cutoff_grid *all, double target_per_hour, int window,
                       struct calibration *calibration, struct error *error)
{
    struct grid grid = {all->windows, all->window_count, all->positives->count, all->tallies};
    *calibration = (struct calibration){0};
    while (window && grid.window_count && *grid.windows != window) {
        grid.windows++;
        grid.tallies++;
        grid.window_count--;
    }
    if (window)
        grid.window_count = grid.window_count > 0;
    struct span span = {0};
    TRY(choose(&grid, target_per_hour, all->hours, calibration, &span, error));
    int byte = (span.first + span.last) / 2;
    calibration->cutoff = manifest_cutoff(byte);
    calibration->first = span.first;
    calibration->last = span.last;
    evaluate_point(all->positives, all->negatives, (uint8_t)byte, span.window, &calibration->point);
    return 0;
}

int cutoff_grid_expect(const struct cutoff_grid *grid, double target_per_hour, double hours, int window,
                       struct calibration *calibration, struct error *error)
{
    TRY(cutoff_grid_choose(grid, fmax(0, target_per_hour - 1 / hours), window, calibration, error));
    if (!calibration->met)
        TRY(cutoff_grid_choose(grid, target_per_hour, window, calibration, error));
    calibration->target_per_hour = target_per_hour;
    return 0;
}

int evaluate_calibrate(const struct track_list *positives, const struct track_list *negatives, double target_per_hour,
                       int fixed_window, struct calibration *calibration, struct error *error)
{
    struct cutoff_grid *grid;
    *calibration = (struct calibration){0};
    TRY(cutoff_grid_open(&grid, positives, negatives, fixed_window, NULL, error));
    int code = cutoff_grid_choose(grid, target_per_hour, 0, calibration, error);
    cutoff_grid_close(grid);
    return code;
}
