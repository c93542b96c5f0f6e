// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "train": the mix of feature sets, and several seeds side by side.
#include "pipeline/pipeline_internal.h"
#include "pipeline/pipeline_features.h"

#include <stdlib.h>
#include <string.h>

// Shares of the draws (docs/accuracy.md). `offline`: when no recordings were given. Words of each condition are a
// source of their own.
struct mix_row {
    enum set_name set;
    bool truth;
    float share, offline, weight;
};
static const struct mix_row mix[] = {
    {SET_WORDS, true, 38, 38, 1},       {SET_PERSONAL, true, 12, 12, 1},  {SET_SPEECH, false, 16, 0, 1},
    {SET_SPEECH_HEARD, false, 8, 0, 1}, {SET_SENTENCES, false, 8, 40, 1}, {SET_MUSIC, false, 8, 0, 1},
    {SET_NOISE, false, 4, 0, 1},        {SET_HUSH, false, 2, 6, 1},       {SET_NEAR, false, 7, 7, 1},
    {SET_REVIEWED, false, 8, 8, 1},
};
enum { MAX_SOURCES = COUNT_OF(mix) * CONDITION_COUNT };

// The share of reviewed negatives grows with their number n as n / (n + REVIEWED_HALF): a handful must not fill an
// eighth of all negative draws, where the network would learn them by heart instead of speech.
enum { REVIEWED_HALF = 20 };
static float share_of(const struct walk *walk, const struct mix_row *row, bool offline)
{
    float share = offline ? row->offline : row->share, reviewed = (float)walk->people.reviewed.count;
    return row->set == SET_REVIEWED ? share * reviewed / (reviewed + REVIEWED_HALF) : share;
}

// Near misses at full weight destroy recall, and how much of it a word can bear is its own (docs/accuracy.md). So the
// seeds are rungs of a ladder, and train_worth on near misses that nobody trained on tells which is the word's.
// Hours of real speech leave room for heavier near misses.
enum { MUCH_SPEECH_HOURS = 3 };
static const double near_ladders[2][2] = {{.1, .3}, {.3, .6}};
double near_weight(const struct walk *walk, int seed)
{
    double given = walk->options->near_weight;
    const double *ladder = near_ladders[recorded_speech(walk, NULL) >= MUCH_SPEECH_HOURS];
    return given >= 0 ? given : ladder[seed % 2];
}

// sources[MAX_SOURCES + those of the ready-made sets], which come first.
static size_t plan_sources(const struct walk *walk, int seed, struct source *sources)
{
    bool offline = walk->sets[SET_SPEECH].row_count == 0 && !ready_made_speech(walk);
    size_t count = ready_made_sources(walk, NULL);
    ready_made_sources(walk, sources);
    for (size_t i = 0; i < COUNT_OF(mix); i++) {
        const struct mix_row *row = &mix[i];
        const struct feature_set *set = &walk->sets[row->set];
        float share = share_of(walk, row, offline);
        struct source source = {.set = set, .truth = row->truth, .share = share, .weight = row->weight};
        if (row->set == SET_NEAR)
            source.weight = (float)near_weight(walk, seed);
        if (set->item_count == 0 || share <= 0)
            continue;
        if (!walk->items[row->set][0]) {
            sources[count++] = source;
            continue;
        }
        for (int c = 0; c < CONDITION_COUNT; c++) {
            source.items = walk->items[row->set][c];
            source.item_count = walk->item_counts[row->set][c];
            source.share = share * (float)train_shares[c];
            source.slide = SLIDE;
            if (source.item_count)
                sources[count++] = source;
        }
    }
    return count;
}

static void sign_training(struct walk *walk, const struct train_plan *plan)
{
    const struct spec_augment *masks = &plan->phases[0].masks;
    struct signature signature;
    walk_signature(walk, &signature, "train");
    signature_add(&signature, "features", "%s", walk->features_signature);
    signature_add(&signature, "plan", "%d %llu %g %llu %d %g %d %d %d %d %llu %llu %zu %g %g %g %llu", plan->batch,
                  (unsigned long long)plan->phases[0].steps, (double)plan->phases[0].rate,
                  (unsigned long long)plan->warm_up, plan->cosine, (double)plan->final_rate, masks->time_masks,
                  masks->time_size, masks->channel_masks, masks->channel_size,
                  (unsigned long long)plan->mine_from, (unsigned long long)plan->mine_every, plan->mine_keep,
                  (double)plan->mine_floor, (double)plan->mine_share, (double)plan->mine_weight,
                  (unsigned long long)plan->seed);
    for (size_t i = 0; i < COUNT_OF(mix); i++)
        signature_add(&signature, "mix", "%s %g %g %g", set_names[mix[i].set], (double)mix[i].share,
                      (double)mix[i].offline, (double)mix[i].weight);
    for (int i = 0; i < walk->preset.seeds; i++)
        signature_add(&signature, "near", "%g %g", near_weight(walk, i), TRAIN_NEAR_COST);
    signature_add(&signature, "reviewed", "%d", REVIEWED_HALF);
    for (size_t i = 0; i < READY_COUNT; i++)
        if (walk->ready[i].identity[0])
            signature_add(&signature, "ready", "%s %g %s", walk->ready[i].name, (double)walk->ready[i].share,
                          walk->ready[i].identity);
    struct sha256 shape;
    char hex[65];
    sha256_init(&shape);
    sha256_add(&shape, &plan->config, sizeof plan->config);
    sha256_hex(&shape, hex);
    signature_add(&signature, "network", "%s", hex);
    walk_signed(walk, &signature, walk->train_signature);
}

// ---- the curves of the report ----

struct recorder { // stands between the training and who watches it
    struct progress *outer; // may be NULL
    json_t *curves;         // a list of points for each seed
};

static void pass_on(void *context, const struct progress_event *event)
{
    struct recorder *recorder = context;
    recorder->outer->sink(recorder->outer->context, event);
}

static void record(void *context, const struct progress_metric *metric)
{
    struct recorder *recorder = context;
    json_t *point = json_pack("{s:I, s:f}", "step", (json_int_t)metric->step, "loss", metric->loss);
    if (metric->judged && metric->recall >= 0)
        json_object_set_new(point, "recall", json_real(metric->recall));
    if (metric->judged && metric->per_hour >= 0)
        json_object_set_new(point, "per_hour", json_real(metric->per_hour));
    json_array_append_new(json_array_get(recorder->curves, (size_t)metric->seed), point);
    progress_metric(recorder->outer, metric);
}

static struct progress recorded(struct recorder *recorder)
{
    struct progress progress = recorder->outer ? *recorder->outer : (struct progress){0};
    progress.sink = progress.sink ? pass_on : NULL;
    progress.metric = record;
    progress.notice = progress.debug = NULL; // a training has none to give
    progress.context = recorder;
    return progress;
}

static void tell_mix(struct walk *walk)
{
    bool offline = walk->sets[SET_SPEECH].row_count == 0 && !ready_made_speech(walk);
    walk_debug(walk, offline ? "mix: no recorded speech was given, so synthetic sentences have its share"
                             : "mix: recorded speech has its share");
    for (size_t i = 0; i < COUNT_OF(mix); i++) {
        const struct feature_set *set = &walk->sets[mix[i].set];
        double share = (double)share_of(walk, &mix[i], offline);
        if (set->item_count && share > 0)
            walk_debug(walk, "mix: %s has %g parts of the draws, from %zu items", set_names[mix[i].set], share,
                       set->item_count);
        else
            walk_debug(walk, "mix: %s is left out: %s", set_names[mix[i].set],
                       set->item_count ? "it has no share here" : "there is none");
    }
    for (int i = 0; i < walk->preset.seeds; i++)
        walk_debug(walk, "mix: in the loss of seed %d near misses weigh %g: %s", i, near_weight(walk, i),
                   walk->options->near_weight >= 0 ? "--near-weight" : "a rung of the ladder");
    for (size_t i = 0; i < READY_COUNT; i++)
        if (walk->ready[i].hours > 0)
            walk_debug(walk, "mix: ready-made %s has %g parts of the draws, from %.2f h", walk->ready[i].name,
                       (double)walk->ready[i].share, walk->ready[i].hours);
}

// The checkpoints know by themselves whether they are of these inputs; the file beside says which.
static int sign_checkpoints(struct walk *walk, struct error *error)
{
    char *path = walk_path(walk, FOLDER_TRAIN, "seed-0.ckpt");
    if (!path)
        return error_memory(error, "a path");
    int code = walk_fresh(walk, path, walk->train_signature) ? 0 : walk_sign(walk, path, walk->train_signature, error);
    free(path);
    return code;
}

// Runs the seeds of a plan over what the walk has.
static int train(struct walk *walk, const struct train_plan *plan, struct error *error)
{
    static const enum set_name held[] = {SET_HELD_REAL, SET_HELD_SENTENCES};
    size_t ambient = ready_made_ambient(walk, NULL);
    const size_t seeds = (size_t)walk->preset.seeds, most = MAX_SOURCES + ready_made_sources(walk, NULL);
    struct source *sources = array_alloc(seeds * most, sizeof *sources); // [seeds][most]
    struct train_data *data = array_alloc(seeds, sizeof *data);
    const struct feature_set **negatives = array_alloc(COUNT_OF(held) + ambient, sizeof *negatives);
    char *folder = walk_path(walk, FOLDER_TRAIN, "");
    int code;
    if (!sources || !data || !negatives || !folder) {
        code = error_memory(error, "the mix of a training");
        goto end;
    }
    size_t negative_count = ready_made_ambient(walk, negatives);
    for (size_t i = 0; i < COUNT_OF(held); i++)
        if (walk->sets[held[i]].row_count)
            negatives[negative_count++] = &walk->sets[held[i]];
    for (size_t i = 0; i < seeds; i++)
        data[i] = (struct train_data){.sources = sources + i * most,
                                      .source_count = plan_sources(walk, (int)i, sources + i * most),
                                      .held_words = &walk->sets[SET_HELD_WORDS],
                                      .held_count = walk->sets[SET_HELD_WORDS].item_count,
                                      .held_negatives = negatives,
                                      .held_negative_count = negative_count,
                                      .held_near = &walk->sets[SET_HELD_NEAR]};
    struct error reason; // without the file there is a model all the same
    if (training_file_write(walk, plan, data, &reason) < 0)
        walk_log(walk, "left out: %s", reason.message);
    walk->curves = json_array();
    for (int i = 0; i < walk->preset.seeds; i++)
        json_array_append_new(walk->curves, json_array());
    struct recorder recorder = {walk->progress, walk->curves};
    struct progress progress = recorded(&recorder);
    code = train_seeds(plan, walk->preset.seeds, pool_threads(walk->pool), data, folder, walk->train_signature,
                       &progress, walk->weights, walk->scores, &walk->best, error);
end:
    free(sources);
    free(data);
    free(negatives);
    free(folder);
    return code;
}

int stage_train(struct walk *walk, struct error *error)
{
    struct train_plan plan;
    train_plan_default(&plan);
    plan.config = walk->config;
    plan.phase_count = 1;
    plan.phases[0].steps = walk->preset.steps;
    plan.warm_up = walk->preset.steps < 3000 ? walk->preset.steps / 10 : 300;
    plan.mine_from = walk->preset.steps * 3 / 8;
    plan.watch_every = walk->preset.steps / 16 + 1;
    plan.seed = seed_mix((uint64_t)walk->options->seed, "train");
    sign_training(walk, &plan);
    tell_mix(walk);
    TRY(sign_checkpoints(walk, error));

    double started = time_now();
    walk_part(walk, PART_TRAIN);
    progress_begin(walk->progress, "train");
    TRY(train(walk, &plan, error));
    progress_end(walk->progress, "%llu steps, %d seed%s", (unsigned long long)walk->preset.steps, walk->preset.seeds,
                 walk->preset.seeds == 1 ? "" : "s");
    for (int i = 0; i < walk->preset.seeds; i++)
        walk_log(walk, "seed %d, near misses at %g: recall %.3f of held-out words at logit %.2f, %.2f h of held-out "
                 "negatives, %.3f of near misses accepted%s", i, near_weight(walk, i), walk->scores[i].recall,
                 walk->scores[i].threshold, walk->scores[i].hours, walk->scores[i].near,
                 i == walk->best ? " (chosen)" : "");
    walk_log(walk, "trained in %.1f s", time_now() - started);
    return 0;
}
