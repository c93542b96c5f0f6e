// SPDX-License-Identifier: GPL-3.0-or-later
// How good a float network is on held-out data, by the device's own rule: the mean probability of the last 5 steps
// against a threshold, and a waiting time after each accept.
#include "train/train_internal.h"

#include <math.h>
#include <stdlib.h>

enum {
    MEAN_STEPS = 5,
    WAIT_ROWS = 100, // of the device
    WORD_ROWS = 100, // before a word's end: where it may begin
};
#define LOGIT_LIMIT 30.0 // beyond, a probability is 0 or 1
#define BISECTIONS 40

// The logit of the mean probability of the last steps. Before the stream begins, the probability is 0.
struct smoother {
    double yes[MEAN_STEPS], no[MEAN_STEPS]; // p and 1 - p, each exact near 0
    size_t step;
};

static struct smoother smoother_make(void)
{
    struct smoother smoother = {.step = 0};
    for (int i = 0; i < MEAN_STEPS; i++)
        smoother.no[i] = 1;
    return smoother;
}

static float smooth(struct smoother *smoother, float logit)
{
    double z = fmin(fmax((double)logit, -LOGIT_LIMIT), LOGIT_LIMIT), yes = 0, no = 0;
    size_t slot = smoother->step++ % MEAN_STEPS;
    smoother->yes[slot] = 1 / (1 + exp(-z));
    smoother->no[slot] = 1 / (1 + exp(z));
    for (int i = 0; i < MEAN_STEPS; i++) {
        yes += smoother->yes[i];
        no += smoother->no[i];
    }
    return (float)log(yes / no);
}

// ---- words ----

struct words {
    const struct stream_job *jobs;
    float *best; // of each job
    int stride;
};

static void judge_word(void *context, size_t job, const float *logits, size_t steps)
{
    const struct words *words = context;
    const struct feature_item *item = &words->jobs[job].set->items[words->jobs[job].item];
    uint32_t begin = item->word_end > WORD_ROWS ? item->word_end - WORD_ROWS : 0;
    struct smoother smoother = smoother_make();
    float best = -INFINITY;
    for (size_t t = 0; t < steps; t++) {
        float score = smooth(&smoother, logits[t]);
        if (stream_row(item, t, words->stride) >= begin)
            best = fmaxf(best, score);
    }
    words->best[job] = best;
}

static struct source held_words(const struct train_data *data)
{
    return (struct source){.set = data->held_words, .items = data->held_items, .item_count = data->held_count};
}

// The share of every `every`-th word that is heard.
static int judge_words(const struct nn_weights *weights, const struct source *held, double threshold, size_t every,
                       struct pool *pool, double *recall, struct error *error)
{
    size_t count = held->set ? (source_item_count(held) + every - 1) / every : 0, found = 0;
    struct stream_job *jobs = array_alloc(count, sizeof *jobs);
    float *best = array_alloc(count, sizeof *best);
    int code = 0;
    if (!jobs || !best) {
        code = error_memory(error, "the scores of held-out words");
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        jobs[i] = (struct stream_job){held->set, source_item_index(held, i * every)};
    struct words words = {jobs, best, weights->config.stride};
    TRY_GOTO(stream_items(weights, jobs, count, pool, NULL, judge_word, &words, error), done);
    for (size_t i = 0; i < count; i++)
        found += (double)best[i] > threshold;
    *recall = count ? (double)found / (double)count : 0;
done:
    free(jobs);
    free(best);
    return code;
}

// ---- negatives ----

struct heard {     // one held-out stream
    float *scores; // [steps]
    size_t steps;
    bool failed;
};

static void hear(void *context, size_t job, const float *logits, size_t steps)
{
    struct heard *heard = (struct heard *)context + job;
    heard->scores = array_alloc(steps, sizeof *heard->scores);
    heard->failed = !heard->scores;
    struct smoother smoother = smoother_make();
    for (size_t t = 0; t < steps && !heard->failed; t++)
        heard->scores[t] = smooth(&smoother, logits[t]);
    heard->steps = steps;
}

// A fresh device waits too. Unlike the device's, this waiting time also passes while the probability stays high: so
// the count never falls when the threshold does (it is the largest number of places so far apart), and no network
// passes for a good one because it never falls silent.
static size_t count_accepts(const struct heard *heard, double threshold, size_t wait)
{
    size_t accepts = 0;
    for (size_t t = wait; t < heard->steps; t++) {
        if ((double)heard->scores[t] > threshold) {
            accepts++;
            t += wait - 1;
        }
    }
    return accepts;
}

// The lowest threshold with at most `allowed` accepts.
static double find_threshold(const struct heard *heard, size_t count, double allowed, size_t wait)
{
    double low = -LOGIT_LIMIT, high = -LOGIT_LIMIT; // at the highest score there is no accept
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < heard[i].steps; t++)
            high = fmax(high, (double)heard[i].scores[t]);
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        size_t accepts = 0;
        for (size_t k = 0; k < count; k++)
            accepts += count_accepts(&heard[k], middle, wait);
        if ((double)accepts <= allowed)
            high = middle;
        else
            low = middle;
    }
    return high;
}

// Every `every`-th stream of the held-out negatives, heard by the network.
struct hearing {
    struct heard *heard;
    size_t count, wait; // wait: steps between accepts
    double hours;
};

static void hearing_close(struct hearing *hearing)
{
    for (size_t i = 0; hearing->heard && i < hearing->count; i++)
        free(hearing->heard[i].scores);
    free(hearing->heard);
}

static int hear_negatives(const struct nn_weights *weights, const struct train_data *data, size_t every,
                          struct pool *pool, struct hearing *hearing, struct error *error)
{
    size_t total = 0, seen = 0, stride = (size_t)weights->config.stride;
    uint64_t rows = 0;
    for (size_t s = 0; s < data->held_negative_count; s++)
        total += data->held_negatives[s]->item_count;
    struct stream_job *jobs = array_alloc(total, sizeof *jobs);
    *hearing = (struct hearing){.heard = array_alloc(total, sizeof *hearing->heard),
                                .wait = (WAIT_ROWS + stride - 1) / stride};
    int code = 0;
    if (!jobs || !hearing->heard) {
        code = error_memory(error, "the scores of held-out negatives");
        goto done;
    }
    for (size_t s = 0; s < data->held_negative_count; s++) {
        const struct feature_set *set = data->held_negatives[s];
        for (uint32_t i = 0; i < set->item_count; i++) {
            if (seen++ % every)
                continue;
            jobs[hearing->count++] = (struct stream_job){set, i};
            rows += set->items[i].rows;
        }
    }
    TRY_GOTO(stream_items(weights, jobs, hearing->count, pool, NULL, hear, hearing->heard, error), done);
    for (size_t i = 0; i < hearing->count; i++)
        if (hearing->heard[i].failed) {
            code = error_memory(error, "the scores of held-out negatives");
            goto done;
        }
    hearing->hours = (double)rows / ROWS_PER_SECOND / 3600;
done:
    free(jobs);
    if (code < 0)
        hearing_close(hearing);
    return code;
}

int train_judge(const struct nn_weights *weights, const struct train_data *data, double per_hour, struct pool *pool,
                struct train_score *score, struct error *error)
{
    struct hearing hearing;
    *score = (struct train_score){0};
    TRY(hear_negatives(weights, data, 1, pool, &hearing, error));
    score->hours = hearing.hours;
    if (hearing.hours > 0)
        score->threshold = find_threshold(hearing.heard, hearing.count, per_hour * hearing.hours, hearing.wait);
    hearing_close(&hearing);
    struct source words = held_words(data), near = {.set = data->held_near};
    TRY(judge_words(weights, &near, score->threshold, 1, pool, &score->near, error));
    return judge_words(weights, &words, score->threshold, 1, pool, &score->recall, error);
}

// ---- curves ----

// Where the operating point of finished networks was found: logit 2.6 to 3.7 in nine trainings.
#define WATCH_LOGIT 3.0

int watch_judge(const struct nn_weights *weights, const struct train_data *data, struct pool *pool, double *recall,
                double *per_hour, struct error *error)
{
    enum { WORDS = 250, STREAMS = 600 };
    struct source held = held_words(data);
    size_t words = held.set ? source_item_count(&held) : 0, streams = 0, accepts = 0;
    for (size_t s = 0; s < data->held_negative_count; s++)
        streams += data->held_negatives[s]->item_count;
    struct hearing hearing;
    TRY(hear_negatives(weights, data, streams / STREAMS + 1, pool, &hearing, error));
    for (size_t i = 0; i < hearing.count; i++)
        accepts += count_accepts(&hearing.heard[i], WATCH_LOGIT, hearing.wait);
    *per_hour = hearing.hours > 0 ? (double)accepts / hearing.hours : -1;
    hearing_close(&hearing);
    *recall = -1;
    return words ? judge_words(weights, &held, WATCH_LOGIT, words / WORDS + 1, pool, recall, error) : 0;
}
