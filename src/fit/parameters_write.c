// SPDX-License-Identifier: GPL-3.0-or-later
// Writes training_parameters.yaml through libyaml's emitter, in block style as PyYAML does.
#include "fit/fit_internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAXIMUM_FILE = 4 << 20 };

// A document in the making; `failed` once memory ran out, then nothing more is added.
struct writer {
    yaml_document_t document;
    bool failed;
};

static int scalar(struct writer *writer, const char *text, bool quoted)
{
    int node = writer->failed
                   ? 0
                   : yaml_document_add_scalar(&writer->document, NULL, (const yaml_char_t *)text, -1,
                                              quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
    writer->failed |= !node;
    return node;
}

static void put_node(struct writer *writer, int mapping, const char *key, int node)
{
    int name = scalar(writer, key, false);
    if (!writer->failed)
        writer->failed = !yaml_document_append_mapping_pair(&writer->document, mapping, name, node);
}

static int mapping_in(struct writer *writer)
{
    int node = writer->failed ? 0 : yaml_document_add_mapping(&writer->document, NULL, YAML_BLOCK_MAPPING_STYLE);
    writer->failed |= !node;
    return node;
}

static int list_in(struct writer *writer, yaml_sequence_style_t style)
{
    int node = writer->failed ? 0 : yaml_document_add_sequence(&writer->document, NULL, style);
    writer->failed |= !node;
    return node;
}

static void append(struct writer *writer, int list, int node)
{
    if (!writer->failed)
        writer->failed = !yaml_document_append_sequence_item(&writer->document, list, node);
}

// Few digits that give the same float back. A float for PyYAML has a point: 1.0, 1.0e-05.
static int real(struct writer *writer, double value)
{
    char digits[40], text[48];
    int precision = 6;
    do
        snprintf(digits, sizeof digits, "%.*g", precision, value);
    while (++precision <= 9 && strtof(digits, NULL) != (float)value);
    size_t whole = strcspn(digits, "e");
    snprintf(text, sizeof text, "%.*s%s%s", (int)whole, digits, strchr(digits, '.') ? "" : ".0", digits + whole);
    return scalar(writer, text, false);
}

static int whole(struct writer *writer, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return scalar(writer, text, false);
}

static int phase_list(struct writer *writer, const struct parameters *parameters, const struct phase_key *key)
{
    int list = list_in(writer, YAML_BLOCK_SEQUENCE_STYLE);
    for (int i = 0; i < parameters->phase_count; i++) {
        const char *at = (const char *)&parameters->phases[i] + key->offset;
        append(writer, list,
               key->kind == PHASE_REAL    ? real(writer, (double)*(const float *)(const void *)at)
               : key->kind == PHASE_STEPS ? whole(writer, (int64_t) * (const uint64_t *)(const void *)at)
                                          : whole(writer, *(const int *)(const void *)at));
    }
    return list;
}

static int set_entry(struct writer *writer, const struct parameters_set *set)
{
    int entry = mapping_in(writer);
    put_node(writer, entry, "features_dir", scalar(writer, set->path, true));
    put_node(writer, entry, "penalty_weight", real(writer, set->penalty));
    put_node(writer, entry, "sampling_weight", real(writer, set->sampling));
    put_node(writer, entry, "truncation_strategy", scalar(writer, truncation_names[set->truncation], false));
    put_node(writer, entry, "truth", scalar(writer, set->truth ? "true" : "false", false));
    put_node(writer, entry, "type", scalar(writer, form_names[set->form], false));
    if (set->form == FORM_WAKESMITH)
        put_node(writer, entry, "split", scalar(writer, set->split, false));
    if (set->truncation == RULE_FIXED) {
        int list = list_in(writer, YAML_FLOW_SEQUENCE_STYLE);
        for (size_t i = 0; i < set->cutoff_count; i++)
            append(writer, list, whole(writer, set->cutoffs[i]));
        put_node(writer, entry, "fixed_right_cutoffs", list);
    }
    return entry;
}

static int extra_value(struct writer *writer, const struct parameters_extra *extra)
{
    if (!extra->list)
        return scalar(writer, extra->value, false);
    int list = list_in(writer, YAML_FLOW_SEQUENCE_STYLE);
    for (const char *at = extra->value; *at && !writer->failed;) {
        char text[64];
        size_t size = strcspn(at, ",");
        snprintf(text, sizeof text, "%.*s", (int)size, at);
        append(writer, list, scalar(writer, text, false));
        at += size + (at[size] == ',');
    }
    return list;
}

static void fill(struct writer *writer, const struct parameters *parameters, const struct parameters_extra *extras,
                 size_t extra_count)
{
    int root = mapping_in(writer), group = 0; // the first node is the root
    put_node(writer, root, "batch_size", whole(writer, parameters->batch));
    put_node(writer, root, "clip_duration_ms", whole(writer, parameters->clip_ms));
    put_node(writer, root, "eval_step_interval", whole(writer, parameters->eval_interval));
    int list = list_in(writer, YAML_BLOCK_SEQUENCE_STYLE);
    for (size_t i = 0; i < parameters->set_count; i++)
        append(writer, list, set_entry(writer, &parameters->sets[i]));
    put_node(writer, root, "features", list);
    for (size_t i = 0; i < phase_key_count; i++)
        put_node(writer, root, phase_keys[i].name, phase_list(writer, parameters, &phase_keys[i]));
    put_node(writer, root, "maximization_metric",
             scalar(writer, parameters->maximize < METRIC_COUNT ? metric_names[parameters->maximize] : "null", false));
    put_node(writer, root, "minimization_metric",
             scalar(writer, parameters->minimize < METRIC_COUNT ? metric_names[parameters->minimize] : "null", false));
    put_node(writer, root, "target_minimization", real(writer, parameters->minimize_target));
    put_node(writer, root, "train_dir", scalar(writer, parameters->train_dir, true));
    put_node(writer, root, "window_step_ms", whole(writer, parameters->step_ms));
    for (size_t i = 0; i < extra_count; i++) {
        const char *name = extras[i].group;
        if (name && (i == 0 || !extras[i - 1].group || strcmp(name, extras[i - 1].group) != 0)) {
            group = mapping_in(writer);
            put_node(writer, root, name, group);
        }
        put_node(writer, name ? group : root, extras[i].key, extra_value(writer, &extras[i]));
    }
}

static int keep(void *context, unsigned char *data, size_t size)
{
    struct buffer *out = context;
    buffer_append(out, data, size);
    return !out->failed;
}

// What stands there already stays as it is, and so does its time.
static int write_changed(const char *path, const struct buffer *text, struct error *error)
{
    void *there = NULL;
    size_t size = 0;
    struct error ignored;
    bool same = file_read(path, MAXIMUM_FILE, &there, &size, &ignored) == 0 && size == text->size &&
                memcmp(there, text->data, size) == 0;
    free(there);
    return same ? 0 : file_write(path, text->data, text->size, error);
}

int parameters_write(const char *path, const struct parameters *parameters, const struct parameters_extra *extras,
                     size_t extra_count, struct error *error)
{
    struct writer writer = {.failed = false};
    yaml_emitter_t emitter;
    struct buffer out;
    if (!yaml_emitter_initialize(&emitter))
        return error_memory(error, "the training parameters");
    if (!yaml_document_initialize(&writer.document, NULL, NULL, NULL, 1, 1)) {
        yaml_emitter_delete(&emitter);
        return error_memory(error, "the training parameters");
    }
    buffer_init(&out, MAXIMUM_FILE);
    yaml_emitter_set_output(&emitter, keep, &out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    fill(&writer, parameters, extras, extra_count);
    bool good = !writer.failed;
    if (good)
        good = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, &writer.document) && // frees the document
               yaml_emitter_close(&emitter);
    else
        yaml_document_delete(&writer.document);
    int code = good ? write_changed(path, &out, error)
                    : error_set(error, ERROR_FORMAT,
                                "%s cannot be written: a folder's name is not UTF-8, or memory ran out", path);
    yaml_emitter_delete(&emitter);
    buffer_free(&out);
    return code;
}
