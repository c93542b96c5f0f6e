// SPDX-License-Identifier: GPL-3.0-or-later
// The loop of one seed: mine, draw, step, and leave a checkpoint now and then.
#include "train/train_internal.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_MINED = 20 }; // fewer windows than this would be learnt by heart
#define CHECKPOINT_SECONDS 30.0
#define LOSS_MOMENTUM 0.01

void train_plan_default(struct train_plan *plan)
{
    struct error never;
    *plan = (struct train_plan){
        .batch = 128,
        .phases = {{4000, 1e-3f, {2, 20, 2, 8}, 1, 1}},
        .phase_count = 1,
        .warm_up = 300,
        .cosine = true,
        .mine_from = 1500,
        .mine_every = 500,
        .mine_keep = 3000,
        .mine_floor = -2,
        .mine_share = 0.25f,
        .mine_weight = 1,
        .mine_jitter = 6,
        .checkpoint_every = 500,
        .judge_per_hour = 0.5,
        .minimize = METRIC_COUNT,
        .maximize = METRIC_AVERAGE_VIABLE_RECALL,
        .seed = 1,
    };
    nn_preset("alexa", &plan->config, &never);
}

static uint64_t total_steps(const struct train_plan *plan)
{
    uint64_t total = 0;
    for (int i = 0; i < plan->phase_count; i++)
        total += plan->phases[i].steps;
    return total;
}

const struct train_phase *phase_of(const struct train_plan *plan, uint64_t step, uint64_t *within)
{
    int p = 0;
    for (*within = step; p + 1 < plan->phase_count && *within >= plan->phases[p].steps; p++)
        *within -= plan->phases[p].steps;
    return &plan->phases[p];
}

double learning_rate(const struct train_plan *plan, uint64_t step)
{
    uint64_t within;
    const struct train_phase *phase = phase_of(plan, step, &within);
    double rate = (double)phase->rate;
    if (plan->cosine) {
        double fall = 0.5 + 0.5 * cos(M_PI * (double)within / (double)phase->steps);
        rate *= (double)plan->final_rate + (1 - (double)plan->final_rate) * fall;
    }
    return step < plan->warm_up ? rate * (double)(step + 1) / (double)plan->warm_up : rate;
}

static int check(const struct train_plan *plan, const struct train_data *data, struct error *error)
{
    if (plan->phase_count < 1 || plan->phase_count > TRAIN_MAX_PHASES || total_steps(plan) < 1 ||
        total_steps(plan) >= UINT32_MAX)
        return error_set(error, ERROR_USAGE, "a training needs 1 to %d phases with steps", TRAIN_MAX_PHASES);
    if (plan->batch < 1 || plan->mine_keep > UINT32_MAX / sizeof(struct mined))
        return error_set(error, ERROR_USAGE, "a training needs a batch of at least one example");
    bool drawn[2] = {false, false};
    for (size_t i = 0; i < data->source_count; i++)
        drawn[data->sources[i].truth] |= data->sources[i].share > 0 && source_item_count(&data->sources[i]) > 0;
    if (!drawn[0] || !drawn[1])
        return error_set(error, ERROR_USAGE, "a training needs %s", drawn[1] ? "negatives" : "examples of the word");
    return 0;
}

// ---- one step ----

struct draw {
    struct sampler sampler;
    struct training *training;
};

static void draw_example(void *context, size_t index, int worker)
{
    (void)worker;
    const struct draw *draw = context;
    const struct training *training = draw->training;
    sampler_draw(&draw->sampler, training->step, (uint32_t)index, nn_input(training->nn, (int)index),
                 &training->labels[index], &training->weights[index]);
}

static void weigh_classes(const struct train_phase *phase, enum class_weights rule, const float *labels, float *weights,
                          int batch)
{
    double sum = 0;
    for (int i = 0; i < batch; i++)
        sum += (double)(labels[i] > 0 ? phase->positive_weight : phase->negative_weight);
    for (int i = 0; i < batch; i++)
        weights[i] *= rule == CLASS_WEIGHTS_EFFECTIVE ? (float)(sum / batch)
                      : labels[i] > 0                 ? phase->positive_weight
                                                      : phase->negative_weight;
}

static void draw_batch(struct training *training)
{
    const struct train_plan *plan = training->plan;
    uint64_t within;
    const struct train_phase *phase = phase_of(plan, training->step, &within);
    struct draw draw = {
        .sampler = {.sources = training->data->sources,
                    .source_count = training->data->source_count,
                    .window = (uint32_t)nn_window(&plan->config),
                    .masks = phase->masks,
                    .mined = training->mined,
                    .mined_count = training->mined_count < LEAST_MINED ? 0 : training->mined_count,
                    .mined_share = (double)plan->mine_share,
                    .mined_weight = plan->mine_weight,
                    .mined_jitter = plan->mine_jitter,
                    .seed = plan->seed},
        .training = training,
    };
    pool_run(training->pool, (size_t)plan->batch, draw_example, &draw);
    weigh_classes(phase, plan->class_weights, training->labels, training->weights, plan->batch);
}

static bool is_mining_step(const struct train_plan *plan, uint64_t step)
{
    return plan->mine_every && plan->mine_keep && step >= plan->mine_from &&
           (step - plan->mine_from) % plan->mine_every == 0;
}

static int make_step(struct training *training, const struct progress *progress, struct error *error)
{
    const struct train_plan *plan = training->plan;
    if (is_mining_step(plan, training->step))
        TRY(mine_windows(nn_weights_of(training->nn), plan, training->data, training->pool, progress, training->mined,
                         &training->mined_count, error));
    draw_batch(training);
    double loss = (double)nn_step(training->nn, plan->batch, training->labels, training->weights, NULL);
    nn_adam(training->nn, (float)learning_rate(plan, training->step));
    training->loss += training->step ? LOSS_MOMENTUM * (loss - training->loss) : loss;
    training->step++;
    return isfinite(loss)
               ? 0
               : error_set(error, ERROR_STATE, "the training diverged at step %llu: try a lower learning rate",
                           (unsigned long long)training->step);
}

// ---- curves ----

enum { CURVE_POINTS = 200 };

int curve_reserve(struct training *training, size_t count, struct error *error)
{
    if (count <= training->point_capacity)
        return 0;
    size_t capacity = 2 * count + CURVE_POINTS;
    struct curve_point *points = realloc(training->points, capacity * sizeof *points);
    if (!points)
        return error_memory(error, "the curves");
    training->points = points;
    training->point_capacity = capacity;
    return 0;
}

static void tell_point(const struct curve_point *point, uint64_t total, struct progress *progress)
{
    progress_metric(progress, &(struct progress_metric){.step = point->step,
                                                        .steps = total,
                                                        .loss = point->loss,
                                                        .judged = point->judged,
                                                        .recall = point->recall,
                                                        .per_hour = point->per_hour});
}

// A run that nobody watches is not judged on its way; its losses are kept for who resumes it.
static int draw_curves(struct training *training, uint64_t total, struct progress *progress, struct error *error)
{
    const struct train_plan *plan = training->plan;
    uint64_t step = training->step, every = total / CURVE_POINTS + 1;
    bool watched = progress && progress->metric && plan->watch_every &&
                   (step % plan->watch_every == 0 || step == total);
    struct curve_point point = {.step = step, .loss = training->loss, .judged = watched};
    if ((step % every && !watched) || training->point_count == CURVE_MOST)
        return 0;
    if (watched)
        TRY(watch_judge(nn_weights_of(training->nn), training->data, training->pool, &point.recall, &point.per_hour,
                        error));
    TRY(curve_reserve(training, training->point_count + 1, error));
    training->points[training->point_count++] = point;
    tell_point(&point, total, progress);
    return 0;
}

// ---- validation ----

static int validate(struct training *training, struct error *error)
{
    const struct train_plan *plan = training->plan;
    const struct train_data *data = training->data;
    const struct nn_weights *weights = nn_weights_of(training->nn);
    struct train_validation told = {.step = training->step};
    struct validation_scores scores;
    TRY(validation_score(weights, data->validation, training->pool, NULL, &scores, error));
    validation_measure(&scores, told.metrics);
    validation_scores_free(&scores);
    double minimum = plan->minimize < METRIC_COUNT ? told.metrics[plan->minimize] : 0;
    double maximum = plan->maximize < METRIC_COUNT ? told.metrics[plan->maximize] : 0;
    told.better = validation_better(&training->best_figures, minimum, maximum, plan->minimize_target);
    if (told.better) {
        nn_weights_close(&training->best);
        TRY(nn_weights_copy(&training->best, weights, error));
        training->best_figures =
            (struct validation_best){minimum, maximum, told.metrics[METRIC_CUTOFF_FOR_NO_FAPH]};
    }
    told.best = training->best_figures;
    if (data->validated)
        data->validated(data->context, &told);
    return 0;
}

static bool is_validating_step(const struct training *training, uint64_t total)
{
    uint64_t every = training->data->validation ? training->plan->validate_every : 0;
    return every && (training->step % every == 0 || training->step == total);
}

// ---- the loop ----

static int run(struct training *training, const char *checkpoint, const char *signature, struct progress *progress,
               struct error *error)
{
    const struct train_plan *plan = training->plan;
    uint64_t total = total_steps(plan), begun = training->step;
    double saved = time_now();
    for (size_t i = 0; i < training->point_count; i++) // of the runs that this one goes on from
        tell_point(&training->points[i], total, progress);
    while (training->step < total) {
        int code = progress_stopped(progress) ? progress_cancelled(error) : make_step(training, progress, error);
        if (code == ERROR_CANCELLED) {
            TRY(checkpoint_write(checkpoint, signature, training, error));
            return progress_cancelled(error);
        }
        TRY(code);
        if (is_validating_step(training, total))
            TRY(validate(training, error));
        TRY(draw_curves(training, total, progress, error));
        bool due = training->step == total || (plan->checkpoint_every && training->step % plan->checkpoint_every == 0);
        if (due || time_now() - saved > CHECKPOINT_SECONDS) {
            TRY(checkpoint_write(checkpoint, signature, training, error));
            saved = time_now();
        }
        // Counted from where this run began, so that the time to go is right after a resume.
        progress_step(progress, (double)(training->step - begun), (double)(total - begun),
                      "step %llu of %llu, loss %.4f", (unsigned long long)training->step, (unsigned long long)total,
                      training->loss);
    }
    return 0;
}

static int open_training(struct training *training, struct error *error)
{
    const struct train_plan *plan = training->plan;
    TRY(nn_open(&training->nn, &plan->config, plan->batch, training->pool, cpu_level(), error));
    training->mined = array_alloc(plan->mine_keep, sizeof *training->mined);
    training->labels = array_alloc((size_t)plan->batch, sizeof *training->labels);
    training->weights = array_alloc((size_t)plan->batch, sizeof *training->weights);
    if (!training->mined || !training->labels || !training->weights)
        return error_memory(error, "a training");
    struct rng rng = rng_make(seed_mix(plan->seed, "weights"), 0);
    nn_weights_init(nn_weights_of(training->nn), &rng);
    return 0;
}

static void close_training(struct training *training)
{
    nn_close(training->nn);
    nn_weights_close(&training->best);
    free(training->mined);
    free(training->labels);
    free(training->weights);
    free(training->points);
}

int train_seed(const struct train_plan *plan, const struct train_data *data, const char *checkpoint,
               const char *signature, struct pool *pool, struct progress *progress, struct nn_weights *weights,
               struct train_score *score, struct error *error)
{
    struct training training = {.plan = plan, .data = data, .pool = pool, .best_figures = validation_best_none};
    int code;
    *weights = (struct nn_weights){0};
    *score = (struct train_score){0};
    TRY(check(plan, data, error));
    TRY_GOTO(open_training(&training, error), done);
    checkpoint_read(checkpoint, signature, &training); // one that does not fit is no error: the run begins anew
    TRY_GOTO(run(&training, checkpoint, signature, progress, error), done);
    bool best = training.best.data && !plan->use_last;
    TRY_GOTO(nn_weights_copy(weights, best ? &training.best : nn_weights_of(training.nn), error), done);
    code = train_judge(weights, data, plan->judge_per_hour, pool, score, error);
    score->loss = training.loss;
    if (code < 0)
        nn_weights_close(weights);
done:
    close_training(&training);
    return code;
}
