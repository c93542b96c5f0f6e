// SPDX-License-Identifier: GPL-3.0-or-later
// training_parameters.yaml of a run: what was trained on and how, in the framework's keys. `wakesmith fit` trains from
// it; what the framework has no key for stands in two mappings that it leaves alone.
#include "pipeline/pipeline_internal.h"

#include "fit/fit.h"

#include <stdlib.h>
#include <string.h>

static char *feature_path(const struct walk *walk, enum set_name name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.features", set_names[name]);
    return walk_path(walk, FOLDER_FEATURES, file);
}

// One entry a set of ours that is drawn: its sources, one a condition, together.
static size_t add_drawn(const struct walk *walk, const struct train_data *data, struct parameters_set *sets)
{
    size_t count = 0;
    for (int name = 0; name < SET_COUNT; name++) {
        struct parameters_set set = {.form = FORM_WAKESMITH, .split = "training", .truncation = RULE_WAKESMITH};
        for (size_t i = 0; i < data->source_count; i++) {
            const struct source *source = &data->sources[i];
            if (source->set != &walk->sets[name])
                continue;
            set.truth = source->truth;
            set.sampling += (double)source->share;
            set.penalty = (double)source->weight;
        }
        if (set.sampling > 0) {
            set.path = feature_path(walk, (enum set_name)name);
            sets[count++] = set;
        }
    }
    return count;
}

static size_t add_held(const struct walk *walk, struct parameters_set *sets)
{
    static const struct {
        enum set_name set;
        const char *split;
        bool truth;
    } held[] = {{SET_HELD_WORDS, "validation", true},
                {SET_HELD_REAL, "validation_ambient", false},
                {SET_HELD_SENTENCES, "validation_ambient", false}};
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(held); i++)
        if (walk->sets[held[i].set].item_count)
            sets[count++] = (struct parameters_set){.path = feature_path(walk, held[i].set),
                                                    .form = FORM_WAKESMITH,
                                                    .split = held[i].split,
                                                    .truth = held[i].truth,
                                                    .penalty = 1,
                                                    .truncation = RULE_WAKESMITH};
    return count;
}

static size_t add_ready(const struct walk *walk, struct parameters_set *sets)
{
    size_t count = 0;
    for (size_t i = 0; i < READY_COUNT; i++) {
        const struct ready_made *ready = &walk->ready[i];
        if (ready->hours + ready->ambient_hours > 0)
            sets[count++] = (struct parameters_set){
                .path = text_print("%s/training_datasets/negative_datasets/%s", walk->data, ready->name),
                .form = FORM_MMAP,
                .sampling = ready->hours > 0 ? (double)ready->share : 0,
                .penalty = 1,
                .truncation = ready->hours > 0 ? RULE_RANDOM : RULE_SPLIT};
    }
    return count;
}

// A clip_duration_ms that gives the network its last layer: a round one, else the shortest.
static int clip_ms(const struct nn_config *config)
{
    static const int roundness[] = {100, 10};
    for (size_t i = 0; i < COUNT_OF(roundness); i++)
        for (int ms = 0; ms <= 20000; ms += roundness[i])
            if (nn_tail_of_clip(config, ms) == config->tail)
                return ms;
    return 0;
}

struct facts { // texts of what has no key in the framework's file
    char stride[16], filters[128], kernels[256], first_filters[16], first_kernel[16];
    char warm_up[24], final_rate[24], mine_from[24], mine_every[24], mine_share[24], seeds[16], seed[24];
};

static void tell_network(const struct nn_config *config, struct facts *facts)
{
    size_t filters = 0, kernels = 0;
    for (int i = 0; i < config->blocks; i++) {
        const char *comma = i ? "," : "";
        filters += (size_t)snprintf(facts->filters + filters, sizeof facts->filters - filters, "%s%d", comma,
                                    config->filters[i]);
        for (int g = 0; g < config->kernel_count[i]; g++)
            kernels += (size_t)snprintf(facts->kernels + kernels, sizeof facts->kernels - kernels, "%s%s%d",
                                        g ? "" : comma, g ? "," : "[", config->kernels[i][g]);
        kernels += (size_t)snprintf(facts->kernels + kernels, sizeof facts->kernels - kernels, "]");
    }
    snprintf(facts->stride, sizeof facts->stride, "%d", config->stride);
    snprintf(facts->first_filters, sizeof facts->first_filters, "%d", config->first_filters);
    snprintf(facts->first_kernel, sizeof facts->first_kernel, "%d", config->first_kernel);
}

static int write_file(const struct walk *walk, const struct train_plan *plan, const struct parameters *parameters,
                      const char *path, struct error *error)
{
    struct facts facts;
    tell_network(&plan->config, &facts);
    snprintf(facts.warm_up, sizeof facts.warm_up, "%llu", (unsigned long long)plan->warm_up);
    snprintf(facts.final_rate, sizeof facts.final_rate, "%g", (double)plan->final_rate);
    snprintf(facts.mine_from, sizeof facts.mine_from, "%llu", (unsigned long long)plan->mine_from);
    snprintf(facts.mine_every, sizeof facts.mine_every, "%llu", (unsigned long long)plan->mine_every);
    snprintf(facts.mine_share, sizeof facts.mine_share, "%g", (double)plan->mine_share);
    snprintf(facts.seeds, sizeof facts.seeds, "%d", walk->preset.seeds);
    snprintf(facts.seed, sizeof facts.seed, "%lld", (long long)walk->options->seed);
    const struct parameters_extra extras[] = {{"network", "stride", facts.stride, false},
                                              {"network", "first_conv_filters", facts.first_filters, false},
                                              {"network", "first_conv_kernel_size", facts.first_kernel, false},
                                              {"network", "pointwise_filters", facts.filters, false},
                                              {"network", "mixconv_kernel_sizes", facts.kernels, false},
                                              {"wakesmith", "warm_up", facts.warm_up, false},
                                              {"wakesmith", "cosine", plan->cosine ? "true" : "false", false},
                                              {"wakesmith", "final_rate", facts.final_rate, false},
                                              {"wakesmith", "mine_from", facts.mine_from, false},
                                              {"wakesmith", "mine_every", facts.mine_every, false},
                                              {"wakesmith", "mine_share", facts.mine_share, false},
                                              {"wakesmith", "seeds", facts.seeds, false},
                                              {"wakesmith", "seed", facts.seed, false}};
    return parameters_write(path, parameters, extras, COUNT_OF(extras), error);
}

int training_file_publish(const struct walk *walk, const char *folder, struct error *error)
{
    char *path = walk_path(walk, FOLDER_TRAIN, TRAINING_FILE), *copy = path_join(folder, TRAINING_FILE);
    void *text = NULL;
    size_t size = 0;
    int code = path && copy ? 0 : error_memory(error, "a path");
    if (code == 0 && file_exists(path)) {
        code = file_read(path, (size_t)16 << 20, &text, &size, error);
        if (code == 0)
            code = file_write(copy, text, size, error);
    }
    free(text);
    free(path);
    free(copy);
    return code;
}

int training_file_write(const struct walk *walk, const struct train_plan *plan, const struct train_data *data,
                        struct error *error)
{
    enum { HELD_MOST = 3 };
    char *path = walk_path(walk, FOLDER_TRAIN, TRAINING_FILE);
    struct parameters parameters = {.batch = plan->batch,
                                    .clip_ms = clip_ms(&plan->config),
                                    .step_ms = 10,
                                    .eval_interval = (int64_t)plan->watch_every,
                                    .phase_count = plan->phase_count,
                                    .minimize = METRIC_COUNT,
                                    .maximize = METRIC_AVERAGE_VIABLE_RECALL,
                                    .minimize_target = .9,
                                    .train_dir = walk_path(walk, FOLDER_TRAIN, "wakeword"),
                                    .sets = array_alloc(SET_COUNT + HELD_MOST + READY_COUNT, sizeof *parameters.sets)};
    bool whole = path && parameters.train_dir && parameters.sets;
    memcpy(parameters.phases, plan->phases, sizeof parameters.phases);
    if (whole) {
        parameters.set_count = add_drawn(walk, data, parameters.sets);
        parameters.set_count += add_ready(walk, parameters.sets + parameters.set_count);
        parameters.set_count += add_held(walk, parameters.sets + parameters.set_count);
    }
    for (size_t i = 0; i < parameters.set_count; i++)
        whole = whole && parameters.sets[i].path;
    int code =
        whole ? write_file(walk, plan, &parameters, path, error) : error_memory(error, "the training parameters");
    if (code < 0 && path)
        remove(path); // that of an earlier run would be published
    parameters_free(&parameters);
    free(path);
    return code;
}
