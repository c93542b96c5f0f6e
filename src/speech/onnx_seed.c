// SPDX-License-Identifier: GPL-3.0-or-later
// Gives the random nodes of an ONNX model a seed, so that the same text gives the same bytes: one more attribute,
// AttributeProto.name = 1, .f = 2, .type = 20 (1: float). Only the lengths around the random nodes change.
#include "speech/onnx.h"
#include "speech/speech_internal.h"

static bool is_random(const struct onnx_field *node)
{
    static const char *const names[] = {"RandomNormalLike", "RandomNormal", "RandomUniformLike", "RandomUniform"};
    const uint8_t *at = node->content, *end = at + node->size;
    struct onnx_field field;
    while (onnx_next_field(&at, end, &field))
        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (onnx_is_text(&field, ONNX_NODE_OP, names[i]))
                return true;
    return false;
}

static void put_node(struct buffer *out, const struct onnx_field *node, float seed)
{
    static const uint8_t name[] = {0x0a, 4, 's', 'e', 'e', 'd', 0x15}, type[] = {0xa0, 0x01, 1};
    struct buffer longer, attribute;
    buffer_init(&longer, node->size + 64);
    buffer_init(&attribute, 64);
    buffer_append(&attribute, name, sizeof name);
    buffer_append(&attribute, &seed, sizeof seed);
    buffer_append(&attribute, type, sizeof type);
    buffer_append(&longer, node->content, node->size);
    onnx_put_bytes(&longer, ONNX_NODE_ATTRIBUTE, attribute.data, attribute.size);
    onnx_put_bytes(out, ONNX_GRAPH_NODE, longer.data, longer.size);
    out->failed |= longer.failed || attribute.failed;
    buffer_free(&attribute);
    buffer_free(&longer);
}

static int seed_graph(void *context, const struct onnx_field *graph, struct buffer *out)
{
    size_t *seeded = context;
    const uint8_t *at = graph->content, *end = at + graph->size;
    struct onnx_field field;
    while (onnx_next_field(&at, end, &field))
        if (field.number == ONNX_GRAPH_NODE && field.kind == ONNX_BYTES && is_random(&field))
            put_node(out, &field, (float)++*seeded);
        else
            buffer_append(out, field.start, (size_t)(at - field.start));
    return at == end ? 0 : -1;
}

int onnx_seed(const void *model, size_t size, struct buffer *out, size_t *seeded)
{
    *seeded = 0;
    return onnx_rewrite(model, size, seed_graph, seeded, out);
}
