// SPDX-License-Identifier: GPL-3.0-or-later
// Several seeds side by side: on a busy machine better use of cores than several threads in one seed.
#include "train/train_internal.h"

#include <pthread.h>
#include <stdlib.h>

// One progress of many: the sum of what the seeds report.
struct crowd {
    pthread_mutex_t lock;
    struct progress *progress; // the caller's; may be NULL
    struct seed *seeds;
    int count;
};

struct seed {
    struct crowd *crowd;
    int number;
    double done, total; // steps
    int code;
    struct error error;
};

struct work {
    const struct train_plan *plan;
    const struct train_data *data; // [seeds]
    const char *folder, *signature;
    struct seed *seeds;
    struct crowd *crowd;
    int inner_threads;
    struct nn_weights *weights;
    struct train_score *scores;
};

static void report(void *context, const struct progress_event *event)
{
    struct seed *seed = context;
    struct crowd *crowd = seed->crowd;
    double done = 0, total = 0;
    pthread_mutex_lock(&crowd->lock);
    seed->done = event->done;
    seed->total = event->total;
    for (int i = 0; i < crowd->count; i++) {
        done += crowd->seeds[i].done;
        total += crowd->seeds[i].total;
    }
    progress_step(crowd->progress, done, total, "seed %d of %d: %s", seed->number + 1, crowd->count, event->note);
    pthread_mutex_unlock(&crowd->lock);
}

static void draw(void *context, const struct progress_metric *metric)
{
    struct seed *seed = context;
    struct progress_metric own = *metric;
    own.seed = seed->number;
    pthread_mutex_lock(&seed->crowd->lock);
    progress_metric(seed->crowd->progress, &own);
    pthread_mutex_unlock(&seed->crowd->lock);
}

static int train_one(const struct work *work, struct seed *seed)
{
    struct train_plan plan = *work->plan;
    struct progress *shared = work->crowd->progress;
    struct progress progress = {.sink = report,
                                .metric = shared && shared->metric ? draw : NULL,
                                .context = seed,
                                .stop = shared ? shared->stop : NULL,
                                .stage = "train",
                                .started = time_now()};
    struct pool *pool = NULL;
    char *checkpoint = text_print("%s/seed-%d.ckpt", work->folder, seed->number);
    if (!checkpoint)
        return error_memory(&seed->error, "a file name");
    plan.seed += (uint64_t)seed->number;
    if (seed->number > 0)
        plan.watch_every = 0; // one curve is enough to see how it goes
    int code = work->inner_threads > 1 ? pool_open(&pool, work->inner_threads, &seed->error) : 0;
    if (code == 0)
        code = train_seed(&plan, &work->data[seed->number], checkpoint, work->signature, pool, &progress, &work->weights[seed->number],
                          &work->scores[seed->number], &seed->error);
    pool_close(pool);
    free(checkpoint);
    return code;
}

static void train_task(void *context, size_t index, int worker)
{
    (void)worker;
    const struct work *work = context;
    struct seed *seed = &work->seeds[index];
    seed->code = train_one(work, seed);
}

double train_worth(const struct train_score *score)
{
    return score->recall - TRAIN_NEAR_COST * score->near;
}

static int choose(const struct train_score *scores, int seeds)
{
    int best = 0;
    for (int i = 1; i < seeds; i++) {
        double ahead = train_worth(&scores[i]) - train_worth(&scores[best]);
        if (ahead > 0 || (ahead == 0 && scores[i].threshold < scores[best].threshold))
            best = i;
    }
    return best;
}

static int first_failure(const struct seed *seeds, int count, struct error *error)
{
    for (int i = 0; i < count; i++)
        if (seeds[i].code < 0) {
            *error = seeds[i].error;
            return seeds[i].code;
        }
    return 0;
}

int train_seeds(const struct train_plan *plan, int seeds, int threads, const struct train_data *data,
                const char *folder, const char *signature, struct progress *progress, struct nn_weights *weights,
                struct train_score *scores, int *best, struct error *error)
{
    if (seeds < 1)
        return error_set(error, ERROR_USAGE, "a training needs at least one seed");
    for (int i = 0; i < seeds; i++)
        weights[i] = (struct nn_weights){0};
    TRY(folder_make(folder, error));
    if (threads < 1)
        threads = cpu_count();
    int side_by_side = threads < seeds ? threads : seeds, code;
    struct seed *list = array_alloc((size_t)seeds, sizeof *list);
    struct pool *pool = NULL;
    struct crowd crowd = {.progress = progress, .seeds = list, .count = seeds};
    struct work work = {plan, data, folder, signature, list, &crowd, threads / side_by_side, weights, scores};
    if (!list)
        return error_memory(error, "a training");
    pthread_mutex_init(&crowd.lock, NULL);
    double steps = 0;
    for (int i = 0; i < plan->phase_count && i < TRAIN_MAX_PHASES; i++)
        steps += (double)plan->phases[i].steps;
    for (int i = 0; i < seeds; i++)
        list[i] = (struct seed){.crowd = &crowd, .number = i, .total = steps};
    TRY_GOTO(pool_open(&pool, side_by_side, error), done);
    pool_run(pool, (size_t)seeds, train_task, &work);
    TRY_GOTO(first_failure(list, seeds, error), done);
    *best = choose(scores, seeds);
done:
    pool_close(pool);
    pthread_mutex_destroy(&crowd.lock);
    free(list);
    for (int i = 0; code < 0 && i < seeds; i++)
        nn_weights_close(&weights[i]);
    return code;
}
