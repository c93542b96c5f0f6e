// SPDX-License-Identifier: GPL-3.0-or-later
// The feature sets that a file of training parameters names, mapped, by what they are for.
#include "fit/fit_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SLIDE = 30 };
static const char *const folders[SPLIT_COUNT] = {"training", "validation", "validation_ambient", "testing",
                                            "testing_ambient"};

static const enum truncation truncations[RULE_COUNT] = {
    [RULE_RANDOM] = TRUNCATE_RANDOM, [RULE_START] = TRUNCATE_START, [RULE_END] = TRUNCATE_END,
    [RULE_FIXED] = TRUNCATE_FIXED,   [RULE_NONE] = TRUNCATE_NONE,   [RULE_SPLIT] = TRUNCATE_NONE,
    [RULE_WAKESMITH] = TRUNCATE_NONE};

// A file of ours is a list of one set in one split.
static int open_file(const struct parameters_set *set, struct feature_list lists[SPLIT_COUNT],
                     const struct feature_set **opened, struct error *error)
{
    int split = SPLIT_TRAINING;
    while (strcmp(folders[split], set->split) != 0)
        split++;
    struct feature_list *list = &lists[split];
    list->sets = array_alloc(1, sizeof *list->sets);
    if (!list->sets)
        return error_memory(error, "a list of feature sets");
    TRY(feature_set_open(list->sets, set->path, error));
    list->count = 1;
    *opened = list->sets;
    return 0;
}

static int open_set(const struct parameters_set *set, struct feature_list lists[SPLIT_COUNT], struct sha256 *identity,
                    struct error *error)
{
    char hex[65] = "";
    if (set->form == FORM_WAKESMITH) {
        const struct feature_set *opened = NULL;
        TRY(open_file(set, lists, &opened, error));
        snprintf(hex, sizeof hex, "%s %llu %016llx", set->split, (unsigned long long)opened->file.size,
                 (unsigned long long)opened->checksum);
    } else {
        if (!folder_exists(set->path))
            return error_set(error, ERROR_MISSING, "features_dir %s is no folder", set->path);
        for (int split = 0; split < SPLIT_COUNT; split++)
            TRY(feature_folder_map(set->path, folders[split], &lists[split], error));
        TRY(feature_folder_identity(set->path, hex, error));
    }
    sha256_add(identity, hex, sizeof hex);
    sha256_add(identity, &set->truth, sizeof set->truth);
    sha256_add(identity, &set->sampling, sizeof set->sampling);
    sha256_add(identity, &set->penalty, sizeof set->penalty);
    sha256_add(identity, &set->truncation, sizeof set->truncation);
    sha256_add(identity, set->cutoffs, set->cutoff_count * sizeof *set->cutoffs);
    bool drawn = set->sampling > 0 && feature_list_items(&lists[SPLIT_TRAINING]) > 0;
    if (drawn && (set->truncation == RULE_NONE || set->truncation == RULE_SPLIT))
        return error_set(error, ERROR_USAGE,
                         "%s: truncation_strategy %s leaves no window of one length to train with; choose random, "
                         "truncate_start, truncate_end or fixed_right_cutoff",
                         set->path, truncation_names[set->truncation]);
    return 0;
}

// A source a file. Files share the draws of their set by their items: the framework chooses among all of them.
static size_t add_sources(const struct parameters_set *set, const struct feature_list *list, struct source *sources)
{
    size_t all = feature_list_items(list);
    for (size_t i = 0; i < list->count; i++) {
        double share = all ? set->sampling * (double)list->sets[i].item_count / (double)all : 0;
        sources[i] = (struct source){.set = &list->sets[i],
                                     .truth = set->truth,
                                     .share = (float)share,
                                     .weight = (float)set->penalty,
                                     .slide = SLIDE,
                                     .truncation = truncations[set->truncation],
                                     .cutoffs = set->cutoffs,
                                     .cutoff_count = set->cutoff_count};
    }
    return list->count;
}

static size_t add_sets(const struct feature_list *list, const struct feature_set **sets)
{
    for (size_t i = 0; i < list->count; i++)
        sets[i] = &list->sets[i];
    return list->count;
}

int fit_data_open(struct fit_data *data, const struct parameters *parameters, struct error *error)
{
    struct sha256 identity;
    size_t counts[SPLIT_COUNT] = {0};
    int code = 0;
    sha256_init(&identity);
    *data = (struct fit_data){.list_count = parameters->set_count * SPLIT_COUNT};
    data->lists = array_alloc(data->list_count, sizeof *data->lists);
    if (!data->lists)
        return error_memory(error, "the feature sets");
    for (size_t i = 0; i < parameters->set_count && code == 0; i++) {
        code = open_set(&parameters->sets[i], data->lists + i * SPLIT_COUNT, &identity, error);
        for (int split = 0; split < SPLIT_COUNT; split++)
            counts[split] += data->lists[i * SPLIT_COUNT + (size_t)split].count;
    }
    sha256_hex(&identity, data->identity);
    data->training = array_alloc(counts[SPLIT_TRAINING], sizeof *data->training);
    data->validation = array_alloc(counts[SPLIT_VALIDATION], sizeof *data->validation);
    data->testing = array_alloc(counts[SPLIT_TESTING], sizeof *data->testing);
    data->ambient = array_alloc(counts[SPLIT_VALIDATION_AMBIENT], sizeof *data->ambient);
    data->testing_ambient = array_alloc(counts[SPLIT_TESTING_AMBIENT], sizeof *data->testing_ambient);
    if (code == 0 && !(data->training && data->validation && data->testing && data->ambient && data->testing_ambient))
        code = error_memory(error, "the feature sets");
    for (size_t i = 0; i < parameters->set_count && code == 0; i++) {
        const struct parameters_set *set = &parameters->sets[i];
        const struct feature_list *lists = data->lists + i * SPLIT_COUNT;
        data->training_count += add_sources(set, &lists[SPLIT_TRAINING], data->training + data->training_count);
        data->validation_count += add_sources(set, &lists[SPLIT_VALIDATION], data->validation + data->validation_count);
        data->testing_count += add_sources(set, &lists[SPLIT_TESTING], data->testing + data->testing_count);
        data->ambient_count += add_sets(&lists[SPLIT_VALIDATION_AMBIENT], data->ambient + data->ambient_count);
        data->testing_ambient_count +=
            add_sets(&lists[SPLIT_TESTING_AMBIENT], data->testing_ambient + data->testing_ambient_count);
    }
    if (code < 0)
        fit_data_close(data);
    return code;
}

void fit_data_close(struct fit_data *data)
{
    for (size_t i = 0; data->lists && i < data->list_count; i++)
        feature_list_close(&data->lists[i]);
    free(data->lists);
    free(data->training);
    free(data->validation);
    free(data->testing);
    free(data->ambient);
    free(data->testing_ambient);
    *data = (struct fit_data){0};
}
