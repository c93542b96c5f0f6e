// SPDX-License-Identifier: GPL-3.0-or-later
// Reads training_parameters.yaml: keys are rows of tables. libyaml makes the document; what an alias names is looked at
// as deep as the keys ask, so that a document without end has one here.
#include "fit/fit_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAXIMUM_FILE = 1 << 20, MAXIMUM_SETS = 1000, MAXIMUM_TEXT = 4096 };

const char *const truncation_names[RULE_COUNT] = {"random", "truncate_start", "truncate_end", "fixed_right_cutoff",
                                                  "none",   "split",          "wakesmith"};
const char *const form_names[2] = {"mmap", "wakesmith"};
const char *const split_names[3] = {"training", "validation", "validation_ambient"};

#define PHASE(field) offsetof(struct train_phase, field)
const struct phase_key phase_keys[] = {
    {"training_steps", PHASE_STEPS, PHASE(steps), 20000, 0, 1e9},
    {"learning_rates", PHASE_REAL, PHASE(rate), .001, 0, 10},
    {"positive_class_weight", PHASE_REAL, PHASE(positive_weight), 1, 0, 1e6},
    {"negative_class_weight", PHASE_REAL, PHASE(negative_weight), 1, 0, 1e6},
    {"time_mask_count", PHASE_COUNT, PHASE(masks.time_masks), 2, 0, 100},
    {"time_mask_max_size", PHASE_COUNT, PHASE(masks.time_size), 5, 0, 10000},
    {"freq_mask_count", PHASE_COUNT, PHASE(masks.channel_masks), 2, 0, 100},
    {"freq_mask_max_size", PHASE_COUNT, PHASE(masks.channel_size), 5, 0, 10000},
};
const size_t phase_key_count = COUNT_OF(phase_keys);

// ---- the document ----

struct reader {
    yaml_document_t document;
    const char *name;
    struct error *error;
};

static int fault(struct reader *reader, const yaml_node_t *node, const char *key, const char *what)
{
    return error_set(reader->error, ERROR_FORMAT, "%s, line %zu: %s %s", reader->name, node->start_mark.line + 1, key,
                     what);
}

// The value of a key of a mapping; of several the last, as PyYAML does. NULL when it is not there.
static yaml_node_t *find(struct reader *reader, const yaml_node_t *mapping, const char *key)
{
    yaml_node_t *found = NULL;
    if (mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
        yaml_node_t *name = yaml_document_get_node(&reader->document, pair->key);
        if (name && name->type == YAML_SCALAR_NODE && name->data.scalar.length == strlen(key) &&
            memcmp(name->data.scalar.value, key, strlen(key)) == 0)
            found = yaml_document_get_node(&reader->document, pair->value);
    }
    return found;
}

// The text of a scalar, NULL of anything else and where a 0 byte is in it.
static const char *text_of(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.length > MAXIMUM_TEXT ||
        strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
        return NULL;
    return (const char *)node->data.scalar.value;
}

static bool is_null(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    const char *text = text_of(node);
    for (size_t i = 0; text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && i < COUNT_OF(words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static int read_real(struct reader *reader, const yaml_node_t *node, const char *key, double low, double high,
                     bool whole, double *value)
{
    const char *text = text_of(node);
    char *end = NULL, what[96];
    double number = text ? strtod(text, &end) : 0;
    snprintf(what, sizeof what, "must be a %snumber from %.10g to %.10g", whole ? "whole " : "", low, high);
    if (!text || end == text || *end || !(number >= low && number <= high) || (whole && number != floor(number)))
        return fault(reader, node, key, what);
    *value = number;
    return 0;
}

static int read_flag(struct reader *reader, const yaml_node_t *node, const char *key, bool *value)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};
    const char *text = text_of(node);
    for (size_t i = 0; text && i < COUNT_OF(words); i++)
        for (int k = 0; k < 2; k++)
            if (strcasecmp(text, words[i][k]) == 0) {
                *value = k;
                return 0;
            }
    return fault(reader, node, key, "must be true or false");
}

static int read_text(struct reader *reader, const yaml_node_t *node, const char *key, char **value)
{
    const char *text = text_of(node);
    if (!text || !*text)
        return fault(reader, node, key, "must be a text");
    free(*value);
    *value = strdup(text);
    return *value ? 0 : error_memory(reader->error, "the training parameters");
}

// Which of `names` a text is.
static int read_name(struct reader *reader, const yaml_node_t *node, const char *key, const char *const *names,
                     size_t count, int *value)
{
    const char *text = text_of(node);
    struct buffer list;
    buffer_init(&list, 1024);
    for (size_t i = 0; i < count; i++) {
        buffer_print(&list, "%s%s", i ? ", " : "must be one of ", names[i]);
        if (text && strcmp(text, names[i]) == 0) {
            *value = (int)i;
            buffer_free(&list);
            return 0;
        }
    }
    fault(reader, node, key, list.data ? list.data : "is not known");
    buffer_free(&list);
    return reader->error->code;
}

// Item i of a list; a lone value is a list of one. NULL past its end.
static yaml_node_t *item(struct reader *reader, yaml_node_t *node, size_t i)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return i == 0 ? node : NULL;
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return i < count ? yaml_document_get_node(&reader->document, node->data.sequence.items.start[i]) : NULL;
}

// ---- phases ----

static void set_phase(struct train_phase *phase, const struct phase_key *key, double value)
{
    char *at = (char *)phase + key->offset;
    if (key->kind == PHASE_STEPS)
        *(uint64_t *)(void *)at = (uint64_t)value;
    else if (key->kind == PHASE_REAL)
        *(float *)(void *)at = (float)value;
    else
        *(int *)(void *)at = (int)value;
}

// A list has a value a phase; its last value stands for those that are missing. training_steps says how many phases
// there are.
static int read_phases(struct reader *reader, const yaml_node_t *root, const struct phase_key *key,
                       struct parameters *parameters)
{
    yaml_node_t *list = find(reader, root, key->name), *first = list ? item(reader, list, 0) : NULL, *one;
    bool leads = key == phase_keys;
    double value = key->absent;
    if (leads) {
        parameters->phase_count = 1;
        while (first && item(reader, list, (size_t)parameters->phase_count)) // ends: see below
            if (++parameters->phase_count > TRAIN_MAX_PHASES)
                return fault(reader, list, key->name, "has too many phases");
    }
    for (int i = 0; i < parameters->phase_count; i++) {
        one = first ? item(reader, list, (size_t)i) : NULL;
        if (one)
            TRY(read_real(reader, one, key->name, key->low, key->high, key->kind != PHASE_REAL, &value));
        set_phase(&parameters->phases[i], key, value);
    }
    return 0;
}

// ---- feature sets ----

static int read_cutoffs(struct reader *reader, yaml_node_t *node, struct parameters_set *set)
{
    yaml_node_t *one;
    set->cutoff_count = 0;
    for (size_t i = 0; (one = item(reader, node, i)); i++) {
        double value;
        if (i == PARAMETERS_MAX_CUTOFFS)
            return fault(reader, node, "fixed_right_cutoffs", "has too many entries");
        TRY(read_real(reader, one, "fixed_right_cutoffs", 0, 1e6, true, &value));
        set->cutoffs[set->cutoff_count++] = (uint32_t)value;
    }
    return 0;
}

static int need(struct reader *reader, const yaml_node_t *mapping, const char *key, yaml_node_t **node)
{
    *node = find(reader, mapping, key);
    return *node ? 0 : fault(reader, mapping, key, "is missing");
}

static int read_set(struct reader *reader, const yaml_node_t *mapping, struct parameters_set *set)
{
    yaml_node_t *node;
    int form = FORM_MMAP, rule = 0, split = 0;
    if (mapping->type != YAML_MAPPING_NODE)
        return fault(reader, mapping, "features", "must be a list of mappings");
    set->cutoff_count = 1; // [0]
    TRY(need(reader, mapping, "features_dir", &node));
    TRY(read_text(reader, node, "features_dir", &set->path));
    TRY(need(reader, mapping, "truth", &node));
    TRY(read_flag(reader, node, "truth", &set->truth));
    TRY(need(reader, mapping, "sampling_weight", &node));
    TRY(read_real(reader, node, "sampling_weight", 0, 1e6, false, &set->sampling));
    TRY(need(reader, mapping, "penalty_weight", &node));
    TRY(read_real(reader, node, "penalty_weight", 0, 1e6, false, &set->penalty));
    TRY(need(reader, mapping, "truncation_strategy", &node));
    TRY(read_name(reader, node, "truncation_strategy", truncation_names, RULE_COUNT, &rule));
    TRY(need(reader, mapping, "type", &node));
    if (text_of(node) && strcmp(text_of(node), "clips") == 0)
        return fault(reader, node, "type",
                     "clips (audio that is augmented while it trains) is not supported: write "
                     "features first and name them as type mmap");
    TRY(read_name(reader, node, "type", form_names, COUNT_OF(form_names), &form));
    if ((node = find(reader, mapping, "fixed_right_cutoffs")))
        TRY(read_cutoffs(reader, node, set));
    if (form == FORM_WAKESMITH) {
        TRY(need(reader, mapping, "split", &node));
        TRY(read_name(reader, node, "split", split_names, COUNT_OF(split_names), &split));
    }
    set->form = (enum feature_form)form;
    set->truncation = (enum truncation_rule)rule;
    set->split = split_names[split];
    return 0;
}

static int read_sets(struct reader *reader, yaml_node_t *list, struct parameters *parameters)
{
    if (list->type != YAML_SEQUENCE_NODE)
        return fault(reader, list, "features", "must be a list of feature sets");
    size_t count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
    if (count > MAXIMUM_SETS)
        return fault(reader, list, "features", "has too many sets");
    parameters->sets = array_alloc(count, sizeof *parameters->sets);
    if (!parameters->sets)
        return error_memory(reader->error, "the training parameters");
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *one = item(reader, list, i);
        parameters->set_count = i + 1;
        TRY(one ? read_set(reader, one, &parameters->sets[i]) : fault(reader, list, "features", "is damaged"));
    }
    return 0;
}

// ---- the whole ----

static int read_metric(struct reader *reader, const yaml_node_t *root, const char *key, bool null, int *metric)
{
    yaml_node_t *node;
    TRY(need(reader, root, key, &node));
    *metric = METRIC_COUNT;
    return null && is_null(node) ? 0 : read_name(reader, node, key, metric_names, METRIC_COUNT, metric);
}

static int read_root(struct reader *reader, const yaml_node_t *root, struct parameters *parameters)
{
    const struct {
        const char *name;
        int64_t *value;
        int64_t absent; // 0: the key is needed
        double low, high;
    } numbers[] = {{"batch_size", &parameters->batch, 0, 1, 4096},
                   {"clip_duration_ms", &parameters->clip_ms, 0, 0, 20000},
                   {"window_step_ms", &parameters->step_ms, 20, 1, 1000},
                   {"eval_step_interval", &parameters->eval_interval, 0, 1, 1e9}};
    yaml_node_t *node;
    double value;
    if (root->type != YAML_MAPPING_NODE)
        return error_set(reader->error, ERROR_FORMAT, "%s is no mapping of training parameters", reader->name);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        *numbers[i].value = numbers[i].absent;
        if (numbers[i].absent && !find(reader, root, numbers[i].name))
            continue;
        TRY(need(reader, root, numbers[i].name, &node));
        TRY(read_real(reader, node, numbers[i].name, numbers[i].low, numbers[i].high, true, &value));
        *numbers[i].value = (int64_t)value;
    }
    for (size_t i = 0; i < phase_key_count; i++)
        TRY(read_phases(reader, root, &phase_keys[i], parameters));
    TRY(read_metric(reader, root, "minimization_metric", true, &parameters->minimize));
    TRY(read_metric(reader, root, "maximization_metric", false, &parameters->maximize));
    TRY(need(reader, root, "target_minimization", &node));
    TRY(read_real(reader, node, "target_minimization", -1e9, 1e9, false, &parameters->minimize_target));
    TRY(need(reader, root, "train_dir", &node));
    TRY(read_text(reader, node, "train_dir", &parameters->train_dir));
    TRY(need(reader, root, "features", &node));
    return read_sets(reader, node, parameters);
}

int parameters_parse(const char *text, size_t size, const char *name, struct parameters *parameters,
                     struct error *error)
{
    struct reader reader = {.name = name, .error = error};
    yaml_parser_t parser;
    *parameters = (struct parameters){0};
    if (!yaml_parser_initialize(&parser))
        return error_memory(error, "the training parameters");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int code = 0;
    if (!yaml_parser_load(&parser, &reader.document)) {
        code = parser.error == YAML_MEMORY_ERROR
                   ? error_memory(error, "the training parameters")
                   : error_set(error, ERROR_FORMAT, "%s, line %zu: this is no YAML (%s)", name,
                               parser.problem_mark.line + 1, parser.problem ? parser.problem : "damaged");
        yaml_parser_delete(&parser);
        return code;
    }
    yaml_node_t *root = yaml_document_get_root_node(&reader.document);
    code = root ? read_root(&reader, root, parameters)
                : error_set(error, ERROR_FORMAT, "%s has no training parameters in it", name);
    if (code < 0)
        parameters_free(parameters);
    yaml_document_delete(&reader.document);
    yaml_parser_delete(&parser);
    return code;
}

int parameters_read(const char *path, struct parameters *parameters, struct error *error)
{
    void *text;
    size_t size;
    *parameters = (struct parameters){0};
    TRY(file_read(path, MAXIMUM_FILE, &text, &size, error));
    int code = parameters_parse(text, size, path, parameters, error);
    free(text);
    return code;
}

void parameters_free(struct parameters *parameters)
{
    for (size_t i = 0; i < parameters->set_count; i++)
        free(parameters->sets[i].path);
    free(parameters->sets);
    free(parameters->train_dir);
    *parameters = (struct parameters){0};
}
