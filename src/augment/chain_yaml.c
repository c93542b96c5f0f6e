// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a chain of transforms from YAML: a list of "Name: {p: chance, parameter: value}" in the order of application.
#include "augment/chain_internal.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    yaml_document_t document;
    const char *name; // of the file
    struct error *error;
};

static int fault(struct reader *reader, const yaml_node_t *node, const char *key, const char *what)
{
    return error_set(reader->error, ERROR_FORMAT, "%s, line %zu: %.60s %s", reader->name, node->start_mark.line + 1,
                     key, what);
}

static const char *text_of(const yaml_node_t *node)
{
    if (!node || node->type != YAML_SCALAR_NODE ||
        strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
        return "";
    return (const char *)node->data.scalar.value;
}

static int read_number(struct reader *reader, const yaml_node_t *node, const char *key, double low, double high,
                       double *value)
{
    const char *text = text_of(node);
    char *end, what[96];
    *value = strtod(text, &end);
    snprintf(what, sizeof what, "must be a number from %.6g to %.6g", low, high);
    return *text && !*end && *value >= low && *value <= high ? 0 : fault(reader, node, key, what);
}

static int read_parameter(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
                          struct augment_step *step)
{
    const struct chain_kind *kind = &chain_kinds[step->kind];
    const char *name = text_of(key);
    if (strcmp(name, "p") == 0)
        return read_number(reader, value, "p", 0, 1, &step->chance);
    for (int i = 0; i < chain_parameters(kind); i++)
        if (strcmp(name, kind->parameters[i].name) == 0)
            return read_number(reader, value, name, kind->parameters[i].low, kind->parameters[i].high,
                               &step->values[i]);
    char what[96];
    snprintf(what, sizeof what, "is no parameter of %s", kind->name);
    return fault(reader, key, name, what);
}

// "min_x" and the "max_x" behind it.
static int check_ranges(struct reader *reader, const yaml_node_t *node, const struct augment_step *step)
{
    const struct chain_kind *kind = &chain_kinds[step->kind];
    for (int i = 0; i + 1 < chain_parameters(kind); i++)
        if (strncmp(kind->parameters[i].name, "min_", 4) == 0 && step->values[i] > step->values[i + 1])
            return fault(reader, node, kind->parameters[i].name, "is larger than its max_");
    return 0;
}

static int read_step(struct reader *reader, const yaml_node_t *node, struct augment_step *step)
{
    if (node->type != YAML_MAPPING_NODE || node->data.mapping.pairs.top - node->data.mapping.pairs.start != 1)
        return fault(reader, node, "each entry", "must be one transform, such as \"- Gain: {p: 0.8}\"");
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    const yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
    *step = (struct augment_step){.kind = 0};
    while (step->kind < CHAIN_KINDS && strcmp(chain_kinds[step->kind].name, text_of(key)) != 0)
        step->kind++;
    if (step->kind == CHAIN_KINDS)
        return fault(reader, node, text_of(key), "is no transform; docs/augmentation.md lists them");
    const struct chain_kind *kind = &chain_kinds[step->kind];
    step->chance = kind->chance;
    for (int i = 0; i < CHAIN_PARAMETERS; i++)
        step->values[i] = kind->parameters[i].usual;
    if (value->type == YAML_SCALAR_NODE && !*text_of(value))
        return 0;
    if (value->type != YAML_MAPPING_NODE)
        return fault(reader, value, kind->name, "needs {p: chance, parameter: value}");
    for (pair = value->data.mapping.pairs.start; pair < value->data.mapping.pairs.top; pair++)
        TRY(read_parameter(reader, yaml_document_get_node(&reader->document, pair->key),
                           yaml_document_get_node(&reader->document, pair->value), step));
    return check_ranges(reader, value, step);
}

static int read_chain(struct reader *reader, struct augment_chain *chain)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    if (!root || root->type != YAML_SEQUENCE_NODE)
        return error_set(reader->error, ERROR_FORMAT,
                         "%s must be a list of transforms, such as \"- Gain: {p: 0.8, min_gain_db: -45}\"",
                         reader->name);
    for (yaml_node_item_t *item = root->data.sequence.items.start; item < root->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&reader->document, *item);
        if (chain->count == AUGMENT_CHAIN_STEPS)
            return fault(reader, node, "the list", "has too many transforms");
        TRY(read_step(reader, node, &chain->steps[chain->count]));
        chain->count++;
    }
    return 0;
}

int augment_chain_parse(const char *text, size_t size, const char *name, struct augment_chain *chain,
                        struct error *error)
{
    struct reader reader = {.name = name, .error = error};
    yaml_parser_t parser;
    *chain = (struct augment_chain){0};
    if (!yaml_parser_initialize(&parser))
        return error_memory(error, name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int code;
    if (!yaml_parser_load(&parser, &reader.document)) {
        code = error_set(error, ERROR_FORMAT, "%s, line %zu: it is no YAML (%s)", name, parser.problem_mark.line + 1,
                         parser.problem ? parser.problem : "no memory");
    } else {
        code = read_chain(&reader, chain);
        yaml_document_delete(&reader.document);
    }
    yaml_parser_delete(&parser);
    return code;
}
