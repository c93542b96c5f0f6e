// SPDX-License-Identifier: GPL-3.0-or-later
// Scores of many windows. Nothing is padded inside the network, so one strided pass over a track gives the score of
// every window exactly; tracks are cut into chunks of windows, which threads share.
#include "train/train_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_WINDOWS = 512, APART = 10 }; // windows of ambient tracks begin APART steps apart

struct chunk { // windows of one item that begin at rows start, start + apart, ...
    const struct feature_set *set;
    uint32_t item, count;
    int64_t start; // below 0: rows of zeros come before the item
    float *scores; // [count]
};

struct scoring {
    const struct chunk *chunks;
    const struct progress *progress;
    const struct nn_stream *stream;
    struct nn_stream_scratch **scratch; // [threads]
    uint16_t **rows;                    // [threads][rows of the longest chunk][40]
    float **logits;                     // [threads][steps of it]
    int stride, window, unused;         // unused: last rows of the window, which the network does not read
};

static size_t chunk_rows(const struct scoring *scoring, size_t windows)
{
    return (windows - 1) * APART * (size_t)scoring->stride + (size_t)scoring->window;
}

// The rows that are read lie at the end of what is streamed: as many rows of zeros come first as the window has unused
// ones, so that steps fall where windows end.
static void score_chunk(void *context, size_t index, int worker)
{
    const struct scoring *scoring = context;
    const struct chunk *chunk = &scoring->chunks[index];
    const struct feature_item *item = &chunk->set->items[chunk->item];
    uint16_t *rows = scoring->rows[worker];
    float *logits = scoring->logits[worker];
    size_t total = chunk_rows(scoring, chunk->count), unused = (size_t)scoring->unused;
    size_t zeros = unused + (chunk->start < 0 ? (size_t)-chunk->start : 0);
    zeros = zeros < total ? zeros : total;
    size_t content = total - zeros;
    uint64_t first = item->first_row + (chunk->start < 0 ? 0 : (uint64_t)chunk->start);
    if (progress_stopped(scoring->progress))
        return;
    memset(rows, 0, zeros * NN_FEATURES * sizeof *rows);
    feature_rows_copy(chunk->set, first, content, rows + zeros * NN_FEATURES);
    feature_rows_release(chunk->set, first, content);
    nn_stream_run(scoring->stream, scoring->scratch[worker], rows, total, logits);
    for (size_t i = 0; i < chunk->count; i++) {
        float logit = logits[((size_t)scoring->window / (size_t)scoring->stride) - 1 + i * APART];
        chunk->scores[i] = 1 / (1 + expf(-logit));
    }
}

static int score_chunks(const struct nn_weights *weights, const struct chunk *chunks, size_t count, struct pool *pool,
                        const struct progress *progress, struct error *error)
{
    const struct nn_config *config = &weights->config;
    size_t threads = (size_t)pool_threads(pool), longest = 1;
    for (size_t i = 0; i < count; i++)
        longest = chunks[i].count > longest ? chunks[i].count : longest;
    struct nn_stream *stream = NULL;
    struct scoring scoring = {.chunks = chunks,
                              .progress = progress,
                              .scratch = array_alloc(threads, sizeof *scoring.scratch),
                              .rows = array_alloc(threads, sizeof *scoring.rows),
                              .logits = array_alloc(threads, sizeof *scoring.logits),
                              .stride = config->stride,
                              .window = nn_window(config),
                              .unused = nn_window(config) - nn_window_used(config)};
    int code = scoring.scratch && scoring.rows && scoring.logits ? 0 : error_memory(error, "a validation");
    if (code == 0)
        code = nn_stream_open(&stream, weights, cpu_level(), error);
    scoring.stream = stream;
    for (size_t i = 0; i < threads && code == 0; i++) {
        size_t rows = chunk_rows(&scoring, longest);
        code = nn_stream_scratch_open(&scoring.scratch[i], stream, error);
        scoring.rows[i] = array_alloc(rows, NN_FEATURES * sizeof **scoring.rows);
        scoring.logits[i] = array_alloc(rows, sizeof **scoring.logits);
        if (code == 0 && (!scoring.rows[i] || !scoring.logits[i]))
            code = error_memory(error, "a validation");
    }
    if (code == 0)
        pool_run(pool, count, score_chunk, &scoring);
    if (code == 0 && progress_stopped(progress))
        code = progress_cancelled(error);
    for (size_t i = 0; i < threads; i++) {
        if (scoring.scratch)
            nn_stream_scratch_close(scoring.scratch[i]);
        if (scoring.rows)
            free(scoring.rows[i]);
        if (scoring.logits)
            free(scoring.logits[i]);
    }
    free(scoring.scratch);
    free(scoring.rows);
    free(scoring.logits);
    nn_stream_close(stream);
    return code;
}

// ---- which windows ----

// Windows of an ambient track: they begin before its last possible place.
static size_t ambient_windows(const struct feature_item *item, const struct nn_config *config)
{
    size_t window = (size_t)nn_window(config), apart = APART * (size_t)config->stride;
    return item->rows > window ? (item->rows - window + apart - 1) / apart : 0;
}

struct plan {
    size_t clips, ambient, chunks;
    uint64_t ambient_rows;
};

// Counts; fills chunks where they are given.
static struct plan list_chunks(const struct validation_data *data, const struct nn_config *config,
                               struct validation_scores *scores, struct chunk *chunks)
{
    struct plan plan = {0};
    int64_t apart = APART * config->stride;
    for (size_t s = 0; s < data->clip_count; s++) {
        const struct source *source = &data->clips[s];
        for (size_t i = 0; i < source_item_count(source); i++, plan.clips++, plan.chunks++) {
            uint32_t item = source_item_index(source, i);
            if (!chunks)
                continue;
            scores->truths[plan.clips] = source->truth;
            chunks[plan.chunks] =
                (struct chunk){source->set, item, 1, (int64_t)source->set->items[item].rows - nn_window(config),
                               scores->clips + plan.clips};
        }
    }
    for (size_t s = 0; s < data->ambient_count; s++) {
        const struct feature_set *set = data->ambient[s];
        for (uint32_t item = 0; item < set->item_count; item++) {
            size_t windows = ambient_windows(&set->items[item], config);
            plan.ambient_rows += set->items[item].rows;
            for (size_t at = 0; at < windows; at += CHUNK_WINDOWS, plan.chunks++) {
                size_t count = windows - at < CHUNK_WINDOWS ? windows - at : CHUNK_WINDOWS;
                if (chunks)
                    chunks[plan.chunks] = (struct chunk){set, item, (uint32_t)count, (int64_t)at * apart,
                                                         scores->ambient + plan.ambient + at};
            }
            plan.ambient += windows;
        }
    }
    return plan;
}

int validation_score(const struct nn_weights *weights, const struct validation_data *data, struct pool *pool,
                     const struct progress *progress, struct validation_scores *scores, struct error *error)
{
    struct plan plan = list_chunks(data, &weights->config, NULL, NULL);
    *scores = (struct validation_scores){.clips = array_alloc(plan.clips, sizeof *scores->clips),
                                         .truths = array_alloc(plan.clips, sizeof *scores->truths),
                                         .clip_count = plan.clips,
                                         .ambient = array_alloc(plan.ambient, sizeof *scores->ambient),
                                         .ambient_count = plan.ambient,
                                         .hours = (double)plan.ambient_rows / ROWS_PER_SECOND / 3600};
    struct chunk *chunks = array_alloc(plan.chunks, sizeof *chunks);
    int code = scores->clips && scores->truths && scores->ambient && chunks ? 0 : error_memory(error, "a validation");
    if (code == 0) {
        list_chunks(data, &weights->config, scores, chunks);
        code = score_chunks(weights, chunks, plan.chunks, pool, progress, error);
    }
    free(chunks);
    if (code < 0)
        validation_scores_free(scores);
    return code;
}

void validation_scores_free(struct validation_scores *scores)
{
    free(scores->clips);
    free(scores->truths);
    free(scores->ambient);
    *scores = (struct validation_scores){0};
}
