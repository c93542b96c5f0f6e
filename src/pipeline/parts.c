// SPDX-License-Identifier: GPL-3.0-or-later
// What the walk spends its time on, so that one bar can show the progress of the whole.
#include "pipeline/pipeline_features.h"
#include "pipeline/pipeline_internal.h"

// Seconds of one core for one unit of work, measured with the draft and the standard preset on a core with AVX-512.
static const double clip_cost[CORPUS_COUNT] = {
    [CORPUS_WORDS] = .008,      [CORPUS_NEURAL] = .45,      [CORPUS_ACCENTS] = .6,
    [CORPUS_NEAR] = .014,       [CORPUS_NEAR_NEURAL] = .45, [CORPUS_SENTENCES] = .03,
    [CORPUS_HELD_WORDS] = .004, [CORPUS_HELD_NEAR] = .1,    [CORPUS_HELD_SENTENCES] = .005};
static const double example_cost = .0025, step_cost = .011, export_cost = 2, decode_cost = .002, second_cost = .001;

static double feature_cost(const struct walk *walk, enum set_name set)
{
    const struct pipeline_preset *preset = &walk->preset;
    switch (set) {
    case SET_WORDS:
        return example_cost * (double)preset->examples;
    case SET_PERSONAL:
        return walk->people.words.count ? example_cost * (double)preset->examples / 3 : 0;
    case SET_REVIEWED:
        return walk->people.reviewed.count ? example_cost * (double)preset->examples / 6 : 0;
    case SET_NEAR:
        return example_cost * (double)preset->examples / 6;
    case SET_HELD_WORDS:
        return example_cost * (double)preset->held;
    case SET_HELD_FAR:
        return example_cost * (double)(preset->held / HELD_FAR_EACH);
    case SET_HELD_PEOPLE:
        return HELD_PEOPLE_SCENES * example_cost * (double)people_held(&walk->people);
    case SET_HELD_NEAR:
        return example_cost * (double)(preset->held * HELD_NEAR_CLIPS * HELD_NEAR_SCENES / HELD_NEAR_EACH);
    case SET_SENTENCES:
        return example_cost * (double)preset->sentences;
    case SET_HELD_SENTENCES:
        return example_cost * (double)preset->held_sentences;
    case SET_HELD_VARIED:
        return 2 * feature_cost(walk, SET_HELD_SENTENCES) + second_cost * walk->heard_seconds / 4;
    case SET_SPEECH:
    case SET_SPEECH_HEARD:
        return second_cost * walk->heard_seconds;
    default:
        return second_cost * walk->heard_seconds / 8;
    }
}

// Seeds are trained side by side, one core each; the last ones may leave cores without work.
static double train_cost(const struct pipeline_preset *preset, int threads)
{
    int side_by_side = threads < preset->seeds ? threads : preset->seeds;
    int rounds = (preset->seeds + side_by_side - 1) / side_by_side, each = threads / side_by_side;
    return step_cost * (double)preset->steps * rounds * threads / each;
}

// Seconds of one core, of `threads`, until part `last` begins.
static double costs_until(const struct walk *walk, int threads, int last)
{
    const struct pipeline_preset *preset = &walk->preset;
    const size_t clips[CORPUS_COUNT] = {[CORPUS_WORDS] = preset->clips,
                                        [CORPUS_NEURAL] = preset->neural,
                                        [CORPUS_ACCENTS] = preset->accents,
                                        [CORPUS_NEAR] = preset->near,
                                        [CORPUS_NEAR_NEURAL] = preset->near_neural,
                                        [CORPUS_SENTENCES] = preset->sentences,
                                        [CORPUS_HELD_WORDS] = preset->held / 3,
                                        [CORPUS_HELD_NEAR] = preset->held * HELD_NEAR_CLIPS / HELD_NEAR_EACH,
                                        [CORPUS_HELD_SENTENCES] = preset->held_sentences};
    double sum = 0;
    if (PART_SOUNDS < last && walk->options->negatives.count)
        sum += decode_cost * walk->heard_seconds;
    for (int i = 0; i < CORPUS_COUNT && PART_SPEECH + i < last; i++)
        sum += clip_cost[i] * (double)clips[i];
    for (int i = 0; i < SET_COUNT && PART_FEATURES + i < last; i++)
        sum += feature_cost(walk, (enum set_name)i);
    if (PART_TRAIN < last)
        sum += train_cost(preset, threads);
    if (PART_EXPORT < last)
        sum += export_cost;
    return sum;
}

void walk_part_end(struct walk *walk)
{
    if (walk->part > 0)
        walk->part_seconds[walk->part - 1] += time_now() - walk->part_started;
    walk->part = 0;
}

void walk_part(struct walk *walk, int part)
{
    walk_part_end(walk);
    walk->part = part + 1;
    walk->part_started = time_now();
    int threads = pool_threads(walk->pool);
    double whole = costs_until(walk, threads, PART_COUNT);
    progress_part(walk->progress, costs_until(walk, threads, part) / whole,
                  costs_until(walk, threads, part + 1) / whole, whole / threads);
}

double pipeline_expected_seconds(const struct pipeline_preset *preset, int threads)
{
    const struct pipeline_options options = {.seed = 0};
    struct walk walk = {.options = &options, .preset = *preset};
    if (!speech_neural_files())
        walk.preset.neural = walk.preset.accents = walk.preset.near_neural = 0;
    threads = threads > 0 ? threads : 1;
    return costs_until(&walk, threads, PART_COUNT) / threads;
}
