// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes: an error with a sentence, or training parameters whose values are in their ranges.
#include "fit/fit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parameters parameters;
    struct error error = {0};
    int code = parameters_parse((const char *)data, size, "fuzz.yaml", &parameters, &error);
    if (code < 0 && !error.message[0])
        abort();
    if (code < 0)
        return 0;
    if (parameters.batch < 1 || parameters.phase_count < 1 || parameters.phase_count > TRAIN_MAX_PHASES ||
        !parameters.train_dir || parameters.maximize >= METRIC_COUNT || parameters.eval_interval < 1)
        abort();
    for (int i = 0; i < parameters.phase_count; i++)
        if (!(parameters.phases[i].rate >= 0 && parameters.phases[i].rate <= 10) ||
            parameters.phases[i].masks.time_size < 0)
            abort();
    for (size_t i = 0; i < parameters.set_count; i++) {
        const struct parameters_set *set = &parameters.sets[i];
        if (!set->path || !*set->path || !set->split || set->truncation >= RULE_COUNT || !(set->sampling >= 0) ||
            set->cutoff_count > PARAMETERS_MAX_CUTOFFS)
            abort();
    }
    parameters_free(&parameters);
    return 0;
}
