// SPDX-License-Identifier: GPL-3.0-or-later
#include "train/train_internal.h"

#include <stdlib.h>

struct streaming {
    const struct nn_stream *stream;
    const struct stream_job *jobs;
    const struct progress *progress;
    int stride;
    struct nn_stream_scratch **scratch; // [threads]
    float **logits;                     // [threads][steps of the longest item]
    uint16_t **rows;                    // [threads][rows of the longest item that lies as floats on disk]
    stream_visit *visit;
    void *context;
};

static size_t steps_of(const struct feature_item *item, int stride)
{
    return (item->rows - item->valid_from) / (size_t)stride;
}

uint32_t stream_row(const struct feature_item *item, size_t step, int stride)
{
    return item->valid_from + (uint32_t)(step + 1) * (uint32_t)stride - 1;
}

static void run_job(void *context, size_t index, int worker)
{
    const struct streaming *streaming = context;
    const struct stream_job *job = &streaming->jobs[index];
    const struct feature_item *item = &job->set->items[job->item];
    size_t steps = steps_of(item, streaming->stride);
    float *logits = streaming->logits[worker];
    if (progress_stopped(streaming->progress))
        return;
    uint64_t first = item->first_row + item->valid_from;
    const uint16_t *rows = job->set->rows ? job->set->rows + first * NN_FEATURES : streaming->rows[worker];
    if (job->set->reals)
        feature_rows_copy(job->set, first, steps * (size_t)streaming->stride, streaming->rows[worker]);
    nn_stream_run(streaming->stream, streaming->scratch[worker], rows, steps * (size_t)streaming->stride, logits);
    streaming->visit(streaming->context, index, logits, steps);
}

int stream_items(const struct nn_weights *weights, const struct stream_job *jobs, size_t count, struct pool *pool,
                 const struct progress *progress, stream_visit *visit, void *context, struct error *error)
{
    size_t threads = (size_t)pool_threads(pool), longest = 0, longest_real = 0;
    struct nn_stream *stream = NULL;
    struct streaming streaming = {.jobs = jobs,
                                  .progress = progress,
                                  .stride = weights->config.stride,
                                  .visit = visit,
                                  .context = context,
                                  .scratch = array_alloc(threads, sizeof *streaming.scratch),
                                  .logits = array_alloc(threads, sizeof *streaming.logits),
                                  .rows = array_alloc(threads, sizeof *streaming.rows)};
    int code = 0;
    if (!streaming.scratch || !streaming.logits || !streaming.rows) {
        code = error_memory(error, "the network's streams");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        size_t steps = steps_of(&jobs[i].set->items[jobs[i].item], streaming.stride);
        longest = steps > longest ? steps : longest;
        longest_real = jobs[i].set->reals && steps > longest_real ? steps : longest_real;
    }
    TRY_GOTO(nn_stream_open(&stream, weights, cpu_level(), error), done);
    streaming.stream = stream;
    for (size_t i = 0; i < threads; i++) {
        TRY_GOTO(nn_stream_scratch_open(&streaming.scratch[i], stream, error), done);
        streaming.logits[i] = array_alloc(longest, sizeof **streaming.logits);
        streaming.rows[i] = array_alloc(longest_real * (size_t)streaming.stride, NN_FEATURES * sizeof **streaming.rows);
        if (!streaming.logits[i] || !streaming.rows[i]) {
            code = error_memory(error, "the network's streams");
            goto done;
        }
    }
    pool_run(pool, count, run_job, &streaming);
    if (progress_stopped(progress))
        code = progress_cancelled(error);
done:
    for (size_t i = 0; i < threads; i++) {
        if (streaming.scratch)
            nn_stream_scratch_close(streaming.scratch[i]);
        if (streaming.logits)
            free(streaming.logits[i]);
        if (streaming.rows)
            free(streaming.rows[i]);
    }
    free(streaming.scratch);
    free(streaming.logits);
    free(streaming.rows);
    nn_stream_close(stream);
    return code;
}
