// SPDX-License-Identifier: GPL-3.0-or-later
// Counting: one operating point by the detector itself, all cutoffs of a window by one sweep.
//
// The sweep computes the ring sums of a window once. A device that waits for nothing fires at the next inference
// whose sum passes the cutoff, so only the inferences that pass ("candidates") and the waits are looked at.
#include "evaluate/evaluate_internal.h"

#include <stdlib.h>
#include <string.h>

static const double rows_per_hour = 100 * 3600;

double evaluate_hours(const struct track_list *tracks)
{
    double rows = 0;
    for (size_t i = 0; i < tracks->count; i++)
        rows += (double)tracks->items[i].rows;
    return rows / rows_per_hour;
}

void evaluate_fill_point(size_t detected, size_t clips, size_t accepts, double hours, struct operating_point *point)
{
    point->detected = detected;
    point->clips = clips;
    point->false_accepts = accepts;
    point->hours = hours;
    point->recall = clips ? (double)detected / (double)clips : 0;
    point->per_hour = hours > 0 ? (double)accepts / hours : 0;
    point->recall_interval = wilson_interval(detected, clips);
    point->per_hour_interval = poisson_interval(accepts, hours);
}

void evaluate_point(const struct track_list *positives, const struct track_list *negatives, uint8_t cutoff, int window,
                    struct operating_point *point)
{
    *point = (struct operating_point){.cutoff = cutoff, .window = window};
    size_t detected = 0, accepts = 0;
    for (size_t i = 0; i < positives->count; i++)
        detected += detect_max_sum(positives->items[i].bytes, positives->items[i].count, window) > cutoff * window;
    for (size_t i = 0; i < negatives->count; i++)
        accepts += detect_count(negatives->items[i].bytes, negatives->items[i].count, negatives->stride, cutoff, window,
                                NULL, 0);
    evaluate_fill_point(detected, positives->count, accepts, evaluate_hours(negatives), point);
}

// One negative track under the sweep.
struct scan {
    const uint8_t *bytes;
    size_t count;
    int stride, window;
    uint16_t *sums;     // [count] of the last `window` bytes, zeros before the track
    size_t *candidates; // inferences whose sum passes the cutoff, ascending
    size_t candidate_count;
    int lowest; // of the bytes
};

static void scan_begin(struct scan *scan, const struct track *track, int low)
{
    scan->bytes = track->bytes;
    scan->count = track->count;
    scan->candidate_count = 0;
    scan->lowest = UINT8_MAX;
    int sum = 0;
    size_t window = (size_t)scan->window;
    for (size_t i = 0; i < scan->count; i++) {
        sum += scan->bytes[i] - (i >= window ? scan->bytes[i - window] : 0);
        scan->sums[i] = (uint16_t)sum;
        scan->lowest = scan->bytes[i] < scan->lowest ? scan->bytes[i] : scan->lowest;
        if (sum > low * scan->window)
            scan->candidates[scan->candidate_count++] = i;
    }
}

static void scan_raise(struct scan *scan, int cutoff)
{
    size_t kept = 0;
    for (size_t i = 0; i < scan->candidate_count; i++)
        if (scan->sums[scan->candidates[i]] > cutoff * scan->window)
            scan->candidates[kept++] = scan->candidates[i];
    scan->candidate_count = kept;
}

// Sum of a ring that was emptied before inference `begin`.
static int ring_sum(const struct scan *scan, size_t begin, size_t i)
{
    if (i - begin + 1 >= (size_t)scan->window)
        return scan->sums[i];
    int sum = 0;
    for (size_t k = begin; k <= i; k++)
        sum += scan->bytes[k];
    return sum;
}

static int at_least_0(int value)
{
    return value < 0 ? 0 : value;
}

// The device's detections at one cutoff; the same as detect_count. `wait`: rows with a newest byte below the
// cutoff that are missing until the device may fire.
static size_t scan_count(const struct scan *scan, int cutoff)
{
    size_t hits = 0, begin = 0, next = 0;
    if (cutoff > 0 && cutoff <= scan->lowest && scan->stride <= DETECT_COOL_DOWN)
        return 0; // the first waiting time never ends
    int wait = at_least_0(DETECT_COOL_DOWN - (cutoff > 0 ? scan->stride - 1 : 0)); // rows before the first inference
    for (size_t i = 0; i < scan->count; i++) {
        if (wait == 0 && i - begin >= (size_t)scan->window) {
            while (next < scan->candidate_count && scan->candidates[next] < i)
                next++;
            if (next == scan->candidate_count)
                break;
            i = scan->candidates[next];
        }
        // The inference's row and those up to the next one; `open`: the row at which the ring is read, or -1.
        bool below = scan->bytes[i] < cutoff;
        int rows = i + 1 < scan->count ? scan->stride : 1;
        int open = wait == 0 ? 0 : below && wait <= rows ? wait - 1 : -1;
        if (open >= 0 && ring_sum(scan, begin, i) > cutoff * scan->window) {
            hits++;
            begin = i + 1;
            wait = at_least_0(DETECT_COOL_DOWN - (cutoff > 0 ? rows - 1 - open : 0));
        } else if (below) {
            wait = at_least_0(wait - rows);
        }
    }
    return hits;
}

static size_t longest(const struct track_list *tracks)
{
    size_t count = 0;
    for (size_t i = 0; i < tracks->count; i++)
        if (tracks->items[i].count > count)
            count = tracks->items[i].count;
    return count;
}

int evaluate_sweep(const struct track_list *positives, const struct track_list *negatives, int window, int low,
                   int high, int step, struct tally *tally, struct error *error)
{
    size_t most = longest(negatives);
    struct scan scan = {.stride = negatives->stride, .window = window};
    scan.sums = array_alloc(most, sizeof *scan.sums);
    scan.candidates = array_alloc(most, sizeof *scan.candidates);
    int code = scan.sums && scan.candidates ? 0 : error_memory(error, "ring sums");
    for (int cutoff = low; code == 0 && cutoff <= high; cutoff++)
        tally->detected[cutoff] = tally->accepts[cutoff] = 0;
    for (size_t i = 0; code == 0 && i < positives->count; i++) {
        int best = detect_max_sum(positives->items[i].bytes, positives->items[i].count, window);
        for (int cutoff = low; cutoff <= high && best > cutoff * window; cutoff++)
            tally->detected[cutoff]++;
    }
    for (size_t i = 0; code == 0 && i < negatives->count; i++) {
        scan_begin(&scan, &negatives->items[i], low);
        for (int cutoff = low; cutoff <= high && scan.candidate_count; cutoff += step) {
            scan_raise(&scan, cutoff);
            if (scan.candidate_count)
                tally->accepts[cutoff] += scan_count(&scan, cutoff);
        }
    }
    free(scan.sums);
    free(scan.candidates);
    return code;
}

size_t evaluate_curve(const struct track_list *positives, const struct track_list *negatives, int window, int low,
                      int high, int step, struct operating_point *points)
{
    struct tally tally;
    struct error error;
    if (low < 0 || high >= CUTOFFS || step < 1 ||
        evaluate_sweep(positives, negatives, window, low, high, step, &tally, &error) < 0)
        return 0;
    double hours = evaluate_hours(negatives);
    size_t count = 0;
    for (int cutoff = low; cutoff <= high; cutoff += step) {
        points[count] = (struct operating_point){.cutoff = (uint8_t)cutoff, .window = window};
        evaluate_fill_point(tally.detected[cutoff], positives->count, tally.accepts[cutoff], hours, &points[count]);
        count++;
    }
    return count;
}
