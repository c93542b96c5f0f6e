// SPDX-License-Identifier: GPL-3.0-or-later
// What was decided from the file of training parameters, and why: for --debug.
#include "fit/fit_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fit_tell(struct progress *progress, const char *format, ...)
{
    char sentence[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    progress_debug(progress, sentence);
}

static void tell_set(struct progress *progress, const struct parameters_set *set, const struct feature_list *lists,
                     double sampling)
{
    const bool drawn = set->sampling > 0 && feature_list_items(&lists[SPLIT_TRAINING]) > 0;
    fit_tell(progress, "%s: %s, %.1f %% of the draws from %zu arrays (%s, penalty %g); %zu validate, %zu test",
             set->path, set->truth ? "the wake word" : "negatives", drawn ? 100 * set->sampling / sampling : 0,
             feature_list_items(&lists[SPLIT_TRAINING]), truncation_names[set->truncation], set->penalty,
             feature_list_items(&lists[SPLIT_VALIDATION]), feature_list_items(&lists[SPLIT_TESTING]));
    double ambient = feature_list_hours(&lists[SPLIT_VALIDATION_AMBIENT]),
           testing = feature_list_hours(&lists[SPLIT_TESTING_AMBIENT]);
    if (ambient > 0 || testing > 0)
        fit_tell(progress, "%s: %.2f h of ambient audio validate, %.2f h test", set->path, ambient, testing);
}

static void tell_phases(struct progress *progress, const struct train_plan *plan)
{
    for (int i = 0; i < plan->phase_count; i++) {
        const struct train_phase *phase = &plan->phases[i];
        fit_tell(progress,
                 "phase %d: %llu steps of %d windows at rate %g, classes weigh %g and %g; masks: %d of up to %d rows, "
                 "%d of up to %d channels",
                 i + 1, (unsigned long long)phase->steps, plan->batch, (double)phase->rate,
                 (double)phase->positive_weight, (double)phase->negative_weight, phase->masks.time_masks,
                 phase->masks.time_size, phase->masks.channel_masks, phase->masks.channel_size);
    }
    fit_tell(progress, plan->class_weights == CLASS_WEIGHTS_INTENDED
                           ? "class weights: intended, each multiplies the windows of its class"
                           : "class weights: effective, the batch's mean of them multiplies every window");
}

static void tell_choice(struct progress *progress, const struct train_plan *plan)
{
    const bool minimized = plan->minimize < METRIC_COUNT, maximized = plan->maximize < METRIC_COUNT;
    if (plan->use_last)
        fit_tell(progress, "the last weights are exported: --use_weights=last_weights");
    else
        fit_tell(progress, "the best weights are exported: measured every %llu steps and at the end",
                 (unsigned long long)plan->validate_every);
    if (!plan->use_last && minimized)
        fit_tell(progress, "the best have the lowest %s, until it is at most %g", metric_names[plan->minimize],
                 plan->minimize_target);
    if (!plan->use_last && maximized)
        fit_tell(progress, "the best have the highest %s%s", metric_names[plan->maximize], minimized ? " from then on" : "");
}

void fit_decisions(struct progress *progress, const struct fit_options *options, const struct parameters *parameters,
                   const struct fit_data *data, const struct train_plan *plan, const char *checkpoint)
{
    double sampling = 0;
    for (size_t i = 0; i < parameters->set_count; i++)
        if (feature_list_items(&data->lists[i * SPLIT_COUNT + SPLIT_TRAINING]))
            sampling += parameters->sets[i].sampling;
    fit_tell(progress, "%s: clips of %lld ms, a window of %d rows of 10 ms, a step every %d", options->parameters,
             (long long)parameters->clip_ms, nn_window(&plan->config), plan->config.stride);
    for (size_t i = 0; i < parameters->set_count; i++)
        tell_set(progress, &parameters->sets[i], data->lists + i * SPLIT_COUNT, sampling);
    tell_phases(progress, plan);
    tell_choice(progress, plan);
    fit_tell(progress, "checkpoint %s: %s", checkpoint,
             !options->restore         ? "begun anew, since --restore_checkpoint is 0"
             : file_exists(checkpoint) ? "gone on from, if it is of these parameters and features"
                                       : "there is none to go on from");
}
