// SPDX-License-Identifier: GPL-3.0-or-later
// Gives the random nodes of an ONNX model a seed, so that the same text gives the same bytes. The file is a protobuf
// message: ModelProto.graph = 7, GraphProto.node = 1, NodeProto.op_type = 4 and .attribute = 5, AttributeProto.name = 1,
// .f = 2, .type = 20 (1: float). Only the lengths around the random nodes change.
#include "speech/speech_internal.h"

#include <string.h>

enum { MODEL_GRAPH = 7, GRAPH_NODE = 1, NODE_OP = 4, NODE_ATTRIBUTE = 5, BYTES = 2 };

struct field {
    uint32_t number, kind;  // kind: 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
    const uint8_t *start;   // of the tag
    const uint8_t *content; // of BYTES
    size_t size;
};

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool read_field(const uint8_t **at, const uint8_t *end, struct field *field)
{
    static const uint64_t sizes[] = {0, 8, 0, 0, 0, 4}; // of the kinds
    uint64_t tag, size = 0;
    if (!read_varint(at, end, &tag))
        return false;
    field->number = (uint32_t)(tag >> 3);
    field->kind = tag & 7;
    if (field->kind == 3 || field->kind == 4 || field->kind > 5)
        return false;
    if ((field->kind == 0 || field->kind == BYTES) && !read_varint(at, end, &size))
        return false;
    size = field->kind == BYTES ? size : sizes[field->kind];
    if (size > (uint64_t)(end - *at))
        return false;
    field->content = *at;
    field->size = (size_t)size;
    *at += size;
    return true;
}

// False at the end, and before what is no field: *at stays there.
static bool next_field(const uint8_t **at, const uint8_t *end, struct field *field)
{
    field->start = *at;
    if (*at < end && read_field(at, end, field))
        return true;
    *at = field->start;
    return false;
}

static void put_varint(struct buffer *out, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        buffer_append(out, &byte, 1);
        value >>= 7;
    } while (value);
}

static void put_bytes(struct buffer *out, uint32_t number, const void *data, size_t size)
{
    put_varint(out, (uint64_t)number << 3 | BYTES);
    put_varint(out, size);
    buffer_append(out, data, size);
}

static bool is_random(const struct field *node)
{
    static const char *const names[] = {"RandomNormalLike", "RandomNormal", "RandomUniformLike", "RandomUniform"};
    const uint8_t *at = node->content, *end = at + node->size;
    struct field field;
    while (next_field(&at, end, &field))
        for (size_t i = 0; field.number == NODE_OP && field.kind == BYTES && i < COUNT_OF(names); i++)
            if (field.size == strlen(names[i]) && memcmp(field.content, names[i], field.size) == 0)
                return true;
    return false;
}

static void put_node(struct buffer *out, const struct field *node, float seed)
{
    static const uint8_t name[] = {0x0a, 4, 's', 'e', 'e', 'd', 0x15}, type[] = {0xa0, 0x01, 1};
    struct buffer longer, attribute;
    buffer_init(&longer, node->size + 64);
    buffer_init(&attribute, 64);
    buffer_append(&attribute, name, sizeof name);
    buffer_append(&attribute, &seed, sizeof seed);
    buffer_append(&attribute, type, sizeof type);
    buffer_append(&longer, node->content, node->size);
    put_bytes(&longer, NODE_ATTRIBUTE, attribute.data, attribute.size);
    put_bytes(out, GRAPH_NODE, longer.data, longer.size);
    out->failed |= longer.failed || attribute.failed;
    buffer_free(&attribute);
    buffer_free(&longer);
}

static int seed_graph(const struct field *graph, struct buffer *out, size_t *seeded)
{
    const uint8_t *at = graph->content, *end = at + graph->size;
    struct field field;
    while (next_field(&at, end, &field))
        if (field.number == GRAPH_NODE && field.kind == BYTES && is_random(&field))
            put_node(out, &field, (float)++*seeded);
        else
            buffer_append(out, field.start, (size_t)(at - field.start));
    return at == end && !out->failed ? 0 : -1;
}

int onnx_seed(const void *model, size_t size, struct buffer *out, size_t *seeded)
{
    const uint8_t *at = model, *end = at + size;
    struct field field;
    *seeded = 0;
    buffer_init(out, size + (1 << 20));
    while (next_field(&at, end, &field)) {
        if (field.number != MODEL_GRAPH || field.kind != BYTES) {
            buffer_append(out, field.start, (size_t)(at - field.start));
            continue;
        }
        struct buffer graph;
        buffer_init(&graph, field.size + (1 << 20));
        int code = seed_graph(&field, &graph, seeded);
        if (code == 0)
            put_bytes(out, MODEL_GRAPH, graph.data, graph.size);
        buffer_free(&graph);
        if (code != 0)
            return -1;
    }
    return at == end && !out->failed ? 0 : -1;
}
