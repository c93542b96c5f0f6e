// SPDX-License-Identifier: GPL-3.0-or-later
// Mining of hard negatives (Hou et al. 2020): the places where the current network is most wrong.
#include "train/train_internal.h"

#include <stdlib.h>

struct vein { // what one item yields
    struct mined *peaks;
    size_t count;
    bool failed;
};

struct mining {
    const struct train_data *data;
    const struct stream_job *jobs;
    const uint32_t *sources; // of each job
    struct vein *veins;
    float floor;
    int stride;
    uint32_t window;
};

static int compare_mined(const void *left, const void *right)
{
    const struct mined *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    return (a->end_row > b->end_row) - (a->end_row < b->end_row);
}

// Highest step of the peak that begins at `step`: climbs on until nothing higher comes for a second. *next is the
// first step after it.
static size_t climb(const float *logits, size_t steps, size_t step, size_t second, size_t *next)
{
    size_t peak = step, t = step;
    while (t + 1 < steps && t < peak + second) {
        t++;
        if (logits[t] > logits[peak])
            peak = t;
    }
    *next = t + 1;
    return peak;
}

static void find_peaks(void *context, size_t job, const float *logits, size_t steps)
{
    const struct mining *mining = context;
    struct vein *vein = &mining->veins[job];
    const struct feature_item *item = &mining->jobs[job].set->items[mining->jobs[job].item];
    size_t second = (ROWS_PER_SECOND + (size_t)mining->stride - 1) / (size_t)mining->stride, next;
    vein->peaks = array_alloc(steps / second + 1, sizeof *vein->peaks);
    vein->failed = !vein->peaks;
    // A window that lies wholly inside the item: earlier scores come from a network that has not heard enough.
    for (size_t t = (mining->window - 1) / (size_t)mining->stride; t < steps && !vein->failed; t = next) {
        next = t + 1;
        if (!(logits[t] > mining->floor))
            continue;
        size_t peak = climb(logits, steps, t, second, &next);
        vein->peaks[vein->count++] = (struct mined){mining->sources[job], mining->jobs[job].item,
                                                    stream_row(item, peak, mining->stride), logits[peak]};
    }
}

// One job for every item of every running source.
static size_t list_jobs(const struct train_data *data, struct stream_job *jobs, uint32_t *sources)
{
    size_t count = 0;
    for (uint32_t s = 0; s < data->source_count; s++) {
        const struct source *source = &data->sources[s];
        size_t items = source_is_running(source) && source->share > 0 ? source_item_count(source) : 0;
        for (size_t i = 0; i < items; i++, count++) {
            if (!jobs)
                continue;
            jobs[count] = (struct stream_job){source->set, source_item_index(source, i)};
            sources[count] = s;
        }
    }
    return count;
}

static int keep_highest(const struct vein *veins, size_t vein_count, size_t keep, struct mined *mined, size_t *count,
                        struct error *error)
{
    size_t total = 0;
    for (size_t i = 0; i < vein_count; i++) {
        if (veins[i].failed)
            return error_memory(error, "the mined windows");
        total += veins[i].count;
    }
    struct mined *all = array_alloc(total, sizeof *all);
    if (!all)
        return error_memory(error, "the mined windows");
    total = 0;
    for (size_t i = 0; i < vein_count; i++)
        for (size_t k = 0; k < veins[i].count; k++)
            all[total++] = veins[i].peaks[k];
    qsort(all, total, sizeof *all, compare_mined);
    *count = total < keep ? total : keep;
    for (size_t i = 0; i < *count; i++)
        mined[i] = all[i];
    free(all);
    return 0;
}

int mine_windows(const struct nn_weights *weights, const struct train_plan *plan, const struct train_data *data,
                 struct pool *pool, const struct progress *progress, struct mined *mined, size_t *count,
                 struct error *error)
{
    size_t job_count = list_jobs(data, NULL, NULL);
    struct stream_job *jobs = array_alloc(job_count, sizeof *jobs);
    uint32_t *sources = array_alloc(job_count, sizeof *sources);
    struct vein *veins = array_alloc(job_count, sizeof *veins);
    int code = 0;
    if (!jobs || !sources || !veins) {
        code = error_memory(error, "the mined windows");
        goto done;
    }
    list_jobs(data, jobs, sources);
    struct mining mining = {
        data, jobs, sources, veins, plan->mine_floor, plan->config.stride, (uint32_t)nn_window(&plan->config)};
    TRY_GOTO(stream_items(weights, jobs, job_count, pool, progress, find_peaks, &mining, error), done);
    TRY_GOTO(keep_highest(veins, job_count, plan->mine_keep, mined, count, error), done);
done:
    for (size_t i = 0; veins && i < job_count; i++)
        free(veins[i].peaks);
    free(jobs);
    free(sources);
    free(veins);
    return code;
}
