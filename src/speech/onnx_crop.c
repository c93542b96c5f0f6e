// SPDX-License-Identifier: GPL-3.0-or-later
// Makes Kokoro's graph crop the silence before and after speech where it is predicted, so that the decoder, which takes
// nearly all of the time, does not render it. Between encoder and decoder stand three tensors; the nodes that make
// them get outputs of other names, and new nodes make the old names from those. Frames of 25 ms:
//
//   encoded [.., 2 frames wide]  aligned text: cut along its third axis
//   energy, pitch [1, 2 frames]  two values a frame: cut along the second
//
// Speech is from the first to the last value of energy above -3, with 4 frames before it and 5 behind.
#include "speech/onnx.h"
#include "speech/speech_internal.h"

#include <string.h>

#define ENCODED "/encoder/MatMul_1_output_0"
#define PITCH "/encoder/Reshape_output_0"
#define ENERGY "/encoder/Reshape_1_output_0"
#define WHOLE_ENCODED "/encoder/MatMul_1_output_Z"
#define WHOLE_PITCH "/encoder/Reshape_output_Z"
#define WHOLE_ENERGY "/encoder/Reshape_1_output_Z"

static const struct {
    const char *operation, *inputs[4], *output, *attribute;
    int value;
} nodes[] = {
    {"Greater", {WHOLE_ENERGY, "crop_floor"}, "crop_speech", NULL, 0},
    {"NonZero", {"crop_speech"}, "crop_places", NULL, 0}, // rows: axis; columns: values above
    {"Gather", {"crop_places", "crop_axis"}, "crop_values", "axis", 0},
    {"ReduceMin", {"crop_values"}, "crop_first", "keepdims", 1},
    {"ReduceMax", {"crop_values"}, "crop_last", "keepdims", 1},
    {"Div", {"crop_first", "crop_two"}, "crop_first_frame", NULL, 0},
    {"Sub", {"crop_first_frame", "crop_before"}, "crop_early", NULL, 0},
    {"Max", {"crop_early", "crop_zero"}, "crop_begin", NULL, 0},
    {"Div", {"crop_last", "crop_two"}, "crop_last_frame", NULL, 0},
    {"Add", {"crop_last_frame", "crop_after"}, "crop_end", NULL, 0},
    {"Mul", {"crop_begin", "crop_two"}, "crop_begin_value", NULL, 0},
    {"Mul", {"crop_end", "crop_two"}, "crop_end_value", NULL, 0},
    {"Slice", {WHOLE_ENCODED, "crop_begin", "crop_end", "crop_two"}, ENCODED, NULL, 0},
    {"Slice", {WHOLE_PITCH, "crop_begin_value", "crop_end_value", "crop_one"}, PITCH, NULL, 0},
    {"Slice", {WHOLE_ENERGY, "crop_begin_value", "crop_end_value", "crop_one"}, ENERGY, NULL, 0},
};
static const struct {
    const char *name;
    int64_t value;
} integers[] = {{"crop_zero", 0}, {"crop_one", 1}, {"crop_two", 2}, {"crop_before", 4}, {"crop_after", 6}};

static const char *const cut[] = {ENCODED, PITCH, ENERGY};

// Numbers of fields in an attribute of an integer, and in a constant.
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INTEGER = 3, ATTRIBUTE_TYPE = 20, TYPE_INTEGER = 2 };
enum { TENSOR_SHAPE = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_DATA = 9, TYPE_FLOAT = 1, TYPE_INT64 = 7 };

static void put_node(struct buffer *graph, size_t index)
{
    struct buffer node, attribute;
    buffer_init(&node, 1 << 12);
    buffer_init(&attribute, 1 << 10);
    for (size_t i = 0; i < COUNT_OF(nodes[index].inputs) && nodes[index].inputs[i]; i++)
        onnx_put_text(&node, ONNX_NODE_INPUT, nodes[index].inputs[i]);
    onnx_put_text(&node, ONNX_NODE_OUTPUT, nodes[index].output);
    onnx_put_text(&node, ONNX_NODE_OP, nodes[index].operation);
    if (nodes[index].attribute) {
        onnx_put_text(&attribute, ATTRIBUTE_NAME, nodes[index].attribute);
        onnx_put_number(&attribute, ATTRIBUTE_INTEGER, (uint64_t)nodes[index].value);
        onnx_put_number(&attribute, ATTRIBUTE_TYPE, TYPE_INTEGER);
        onnx_put_bytes(&node, ONNX_NODE_ATTRIBUTE, attribute.data, attribute.size);
    }
    onnx_put_bytes(graph, ONNX_GRAPH_NODE, node.data, node.size);
    graph->failed |= node.failed || attribute.failed;
    buffer_free(&attribute);
    buffer_free(&node);
}

// `rank` 0: a scalar; 1: a row of one.
static void put_constant(struct buffer *graph, const char *name, unsigned type, int rank, const void *value,
                         size_t size)
{
    struct buffer tensor;
    buffer_init(&tensor, 1 << 10);
    if (rank == 1)
        onnx_put_number(&tensor, TENSOR_SHAPE, 1);
    onnx_put_number(&tensor, TENSOR_TYPE, type);
    onnx_put_text(&tensor, TENSOR_NAME, name);
    onnx_put_bytes(&tensor, TENSOR_DATA, value, size);
    onnx_put_bytes(graph, ONNX_GRAPH_INITIALIZER, tensor.data, tensor.size);
    graph->failed |= tensor.failed;
    buffer_free(&tensor);
}

// Renames what a node puts out when it is one of the three: the last character. The copy in `out` has no other
// change, so its places are those of the original.
static size_t rename_outputs(const struct onnx_field *node, const uint8_t *original, struct buffer *out)
{
    const uint8_t *at = node->content, *end = at + node->size;
    struct onnx_field field;
    size_t renamed = 0;
    while (onnx_next_field(&at, end, &field))
        for (size_t i = 0; i < COUNT_OF(cut); i++)
            if (onnx_is_text(&field, ONNX_NODE_OUTPUT, cut[i])) {
                out->data[field.content + field.size - 1 - original] = 'Z';
                renamed++;
            }
    return renamed;
}

static int crop_graph(void *context, const struct onnx_field *graph, struct buffer *out)
{
    static const float energy_floor = -3;
    static const int64_t value_axis = 1; // of the places
    const uint8_t *at = graph->content, *end = at + graph->size;
    size_t *renamed = context;
    struct onnx_field node;
    buffer_append(out, graph->content, graph->size);
    if (out->failed)
        return -1;
    while (onnx_next_field(&at, end, &node))
        if (node.number == ONNX_GRAPH_NODE && node.kind == ONNX_BYTES)
            *renamed += rename_outputs(&node, graph->content, out);
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        put_node(out, i);
    put_constant(out, "crop_floor", TYPE_FLOAT, 0, &energy_floor, sizeof energy_floor);
    put_constant(out, "crop_axis", TYPE_INT64, 0, &value_axis, sizeof value_axis);
    for (size_t i = 0; i < COUNT_OF(integers); i++)
        put_constant(out, integers[i].name, TYPE_INT64, 1, &integers[i].value, sizeof integers[i].value);
    return at == end ? 0 : -1;
}

int onnx_crop(const void *model, size_t size, struct buffer *out)
{
    size_t renamed = 0;
    int code = onnx_rewrite(model, size, crop_graph, &renamed, out);
    return renamed == COUNT_OF(cut) ? code : -1;
}
