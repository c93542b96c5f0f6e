// SPDX-License-Identifier: GPL-3.0-or-later
// The float network judged by the device's rule, as if it shipped: what int8 costs in recall.
#include "pipeline/pipeline_internal.h"

#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>

struct parity_job {
    const struct feature_set *set;
    const struct nn_stream *stream;
    struct nn_stream_scratch **scratches; // one per worker
    struct track *tracks;
    float shift;
    bool failed;
};

static void run_track(void *context, size_t index, int worker)
{
    struct parity_job *job = context;
    const struct feature_item *item = &job->set->items[index];
    struct track *track = &job->tracks[index];
    float *logits = array_alloc(item->rows + 1, sizeof *logits);
    uint8_t *bytes = array_alloc(item->rows + 1, 1);
    if (!logits || !bytes) {
        free(logits);
        free(bytes);
        job->failed = true;
        return;
    }
    nn_stream_run(job->stream, job->scratches[worker], job->set->rows + item->first_row * FRONTEND_CHANNELS, item->rows,
                  logits);
    track->bytes = bytes;
    track->rows = item->rows;
    for (size_t i = 0; i < track->count; i++) {
        double byte = floor(256 / (1 + exp(-(double)(logits[i] - job->shift))) + 0.5);
        bytes[i] = (uint8_t)(byte > 255 ? 255 : byte);
    }
    free(logits);
}

// The tracks that the float network, its logit shifted as in the published model, gives over a set.
int parity_tracks(struct walk *walk, const struct feature_set *set, double shift, struct track_list *tracks,
                  struct error *error)
{
    const struct nn_weights *weights = &walk->weights[walk->best];
    struct parity_job job = {.set = set, .shift = (float)shift};
    struct nn_stream *stream = NULL;
    int threads = pool_threads(walk->pool), stride = weights->config.stride, code;
    tracks->items = array_alloc(set->item_count + 1, sizeof *tracks->items);
    job.scratches = array_alloc((size_t)threads, sizeof *job.scratches);
    if (!tracks->items || !job.scratches) {
        code = error_memory(error, "the float network's tracks");
        goto end;
    }
    tracks->count = tracks->capacity = set->item_count;
    tracks->stride = stride;
    for (size_t i = 0; i < set->item_count; i++)
        tracks->items[i].count = set->items[i].rows / (uint32_t)stride;
    TRY_GOTO(nn_stream_open(&stream, weights, cpu_level(), error), end);
    job.stream = stream;
    job.tracks = tracks->items;
    for (int i = 0; i < threads; i++)
        TRY_GOTO(nn_stream_scratch_open(&job.scratches[i], stream, error), end);
    pool_run(walk->pool, set->item_count, run_track, &job);
    if (job.failed)
        code = error_memory(error, "the float network's tracks");
end:
    for (int i = 0; job.scratches && i < threads; i++)
        nn_stream_scratch_close(job.scratches[i]);
    free(job.scratches);
    nn_stream_close(stream);
    return code;
}
