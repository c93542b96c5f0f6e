// SPDX-License-Identifier: GPL-3.0-or-later
// Lets a Piper voice with several speakers mix two of them. Its graph makes a speaker of a number, the input "sid", in
// one place:  Gather(table, sid) -> row.  There it gets instead
//
//   Gather(table, sid) -> first;  Gather(table, sid2) -> second
//   Sub(second, first) -> way;  Mul(way, share) -> part;  Add(first, part) -> row
//
// and two more inputs: sid2, like sid, and share, one float. A share of 0 gives the row of sid, bit for bit.
#include "speech/onnx.h"
#include "speech/speech_internal.h"

#include <string.h>

#define SPEAKER "sid"
#define SECOND_SPEAKER "sid2"
#define SHARE "share"
#define FIRST_ROW "mix_first"
#define SECOND_ROW "mix_second"

enum { NODE_NAME = 3, INPUT_NAME = 1, INPUT_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEMENT = 1, TENSOR_SHAPE = 2, FLOAT = 1 };
enum { SHAPE_DIMENSION = 1, DIMENSION_VALUE = 1 };

// What a walk through the graph finds.
struct place {
    struct onnx_field gather, row, input; // the node, the name of its output, the input "sid"
    size_t uses, inputs;                  // nodes that take "sid"; inputs of this name
};

static bool is_node(const struct onnx_field *field)
{
    return field->number == ONNX_GRAPH_NODE && field->kind == ONNX_BYTES;
}

static void look_at_node(const struct onnx_field *node, struct place *place)
{
    const uint8_t *at = node->content, *end = at + node->size;
    struct onnx_field field, row = {0};
    size_t inputs = 0, outputs = 0, speaker_at = 0;
    bool gather = false;
    while (onnx_next_field(&at, end, &field)) {
        gather |= onnx_is_text(&field, ONNX_NODE_OP, "Gather");
        inputs += field.number == ONNX_NODE_INPUT;
        if (onnx_is_text(&field, ONNX_NODE_INPUT, SPEAKER))
            speaker_at = inputs;
        if (field.number == ONNX_NODE_OUTPUT && field.kind == ONNX_BYTES) {
            row = field;
            outputs++;
        }
    }
    place->uses += speaker_at > 0;
    if (gather && speaker_at == 2 && inputs == 2 && outputs == 1) {
        place->gather = *node;
        place->row = row;
    }
}

static void look_at_input(const struct onnx_field *input, struct place *place)
{
    const uint8_t *at = input->content, *end = at + input->size;
    struct onnx_field field;
    while (onnx_next_field(&at, end, &field))
        if (onnx_is_text(&field, INPUT_NAME, SPEAKER)) {
            place->input = *input;
            place->inputs++;
        }
}

// Whether "sid" goes through one Gather and nowhere else.
static bool find_place(const struct onnx_field *graph, struct place *place)
{
    const uint8_t *at = graph->content, *end = at + graph->size;
    struct onnx_field field;
    *place = (struct place){0};
    while (onnx_next_field(&at, end, &field)) {
        if (is_node(&field))
            look_at_node(&field, place);
        else if (field.number == ONNX_GRAPH_INPUT && field.kind == ONNX_BYTES)
            look_at_input(&field, place);
    }
    return at == end && place->gather.content && place->uses == 1 && place->inputs == 1;
}

// The Gather again, of another speaker and into another row.
static void put_gather(struct buffer *graph, const struct onnx_field *gather, const char *speaker, const char *row)
{
    const uint8_t *at = gather->content, *end = at + gather->size;
    struct onnx_field field;
    struct buffer node;
    buffer_init(&node, gather->size + 256);
    while (onnx_next_field(&at, end, &field))
        if (onnx_is_text(&field, ONNX_NODE_INPUT, SPEAKER))
            onnx_put_text(&node, ONNX_NODE_INPUT, speaker);
        else if (field.number == ONNX_NODE_OUTPUT || field.number == NODE_NAME)
            onnx_put_text(&node, field.number, row);
        else
            buffer_append(&node, field.start, (size_t)(at - field.start));
    onnx_put_bytes(graph, ONNX_GRAPH_NODE, node.data, node.size);
    graph->failed |= node.failed;
    buffer_free(&node);
}

static void put_sum(struct buffer *graph, const char *operation, const char *first, const char *second,
                    const void *output, size_t output_size)
{
    struct buffer node;
    buffer_init(&node, output_size + 256);
    onnx_put_text(&node, ONNX_NODE_INPUT, first);
    onnx_put_text(&node, ONNX_NODE_INPUT, second);
    onnx_put_bytes(&node, ONNX_NODE_OUTPUT, output, output_size);
    onnx_put_text(&node, ONNX_NODE_OP, operation);
    onnx_put_bytes(graph, ONNX_GRAPH_NODE, node.data, node.size);
    graph->failed |= node.failed;
    buffer_free(&node);
}

static void put_mix(struct buffer *graph, const struct place *place)
{
    static const char way[] = "mix_way", part[] = "mix_part";
    put_gather(graph, &place->gather, SPEAKER, FIRST_ROW);
    put_gather(graph, &place->gather, SECOND_SPEAKER, SECOND_ROW);
    put_sum(graph, "Sub", SECOND_ROW, FIRST_ROW, way, strlen(way));
    put_sum(graph, "Mul", way, SHARE, part, strlen(part));
    put_sum(graph, "Add", FIRST_ROW, part, place->row.content, place->row.size);
}

static void put_second_speaker(struct buffer *graph, const struct onnx_field *input)
{
    const uint8_t *at = input->content, *end = at + input->size;
    struct onnx_field field;
    struct buffer second;
    buffer_init(&second, input->size + 64);
    onnx_put_text(&second, INPUT_NAME, SECOND_SPEAKER);
    while (onnx_next_field(&at, end, &field))
        if (field.number != INPUT_NAME)
            buffer_append(&second, field.start, (size_t)(at - field.start));
    onnx_put_bytes(graph, ONNX_GRAPH_INPUT, second.data, second.size);
    graph->failed |= second.failed;
    buffer_free(&second);
}

// Closes `inside` as the field `number` of `outside`.
static void put_message(struct buffer *outside, uint32_t number, struct buffer *inside)
{
    onnx_put_bytes(outside, number, inside->data, inside->size);
    outside->failed |= inside->failed;
    buffer_free(inside);
}

static void put_share(struct buffer *graph)
{
    struct buffer dimension, shape, tensor, type, input;
    struct buffer *const all[] = {&dimension, &shape, &tensor, &type, &input};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buffer_init(all[i], 256);
    onnx_put_number(&dimension, DIMENSION_VALUE, 1);
    put_message(&shape, SHAPE_DIMENSION, &dimension);
    onnx_put_number(&tensor, TENSOR_ELEMENT, FLOAT);
    put_message(&tensor, TENSOR_SHAPE, &shape);
    put_message(&type, TYPE_TENSOR, &tensor);
    onnx_put_text(&input, INPUT_NAME, SHARE);
    put_message(&input, INPUT_TYPE, &type);
    put_message(graph, ONNX_GRAPH_INPUT, &input);
}

static int mix_graph(void *context, const struct onnx_field *graph, struct buffer *out)
{
    const uint8_t *at = graph->content, *end = at + graph->size;
    bool *mixes = context;
    struct onnx_field field;
    struct place place;
    if (!find_place(graph, &place))
        return -1;
    *mixes = true;
    while (onnx_next_field(&at, end, &field))
        if (field.start == place.gather.start)
            put_mix(out, &place);
        else
            buffer_append(out, field.start, (size_t)(at - field.start));
    put_second_speaker(out, &place.input);
    put_share(out);
    return 0;
}

int onnx_mix(const void *model, size_t size, struct buffer *out)
{
    bool mixes = false;
    int code = onnx_rewrite(model, size, mix_graph, &mixes, out);
    return mixes ? code : -1;
}

bool onnx_mixes(const void *model, size_t size)
{
    const uint8_t *at = model, *end = at + size;
    struct onnx_field field;
    struct place place;
    size_t graphs = 0, places = 0;
    while (onnx_next_field(&at, end, &field))
        if (field.number == ONNX_MODEL_GRAPH && field.kind == ONNX_BYTES) {
            graphs++;
            places += find_place(&field, &place);
        }
    return graphs == 1 && places == 1 && at == end;
}
