// SPDX-License-Identifier: GPL-3.0-or-later
// ONNX files are protobuf messages: rows of fields, each a tag (number and kind) and its content. What is needed to read
// them and to write them with changes: ModelProto.graph = 7, GraphProto.node = 1, NodeProto.op_type = 4.
#ifndef WAKESMITH_SPEECH_ONNX_H
#define WAKESMITH_SPEECH_ONNX_H

#include "base/base.h"

enum onnx_number { // of the fields that changes need
    ONNX_MODEL_GRAPH = 7,
    ONNX_GRAPH_NODE = 1,
    ONNX_GRAPH_INITIALIZER = 5,
    ONNX_GRAPH_INPUT = 11,
    ONNX_NODE_INPUT = 1,
    ONNX_NODE_OUTPUT = 2,
    ONNX_NODE_OP = 4,
    ONNX_NODE_ATTRIBUTE = 5,
};
enum onnx_kind { ONNX_VARINT = 0, ONNX_EIGHT_BYTES = 1, ONNX_BYTES = 2, ONNX_FOUR_BYTES = 5 };

struct onnx_field {
    uint32_t number, kind;
    const uint8_t *start;   // of the tag
    const uint8_t *content; // of ONNX_BYTES and of fixed sizes
    size_t size;
    uint64_t value; // of ONNX_VARINT
};

// The field at *at, which moves behind it. False at the end, and before what is no field: *at stays there.
bool onnx_next_field(const uint8_t **at, const uint8_t *end, struct onnx_field *field);
bool onnx_is_text(const struct onnx_field *field, uint32_t number, const char *text);

void onnx_put_varint(struct buffer *out, uint64_t value);
void onnx_put_number(struct buffer *out, uint32_t number, uint64_t value);
void onnx_put_text(struct buffer *out, uint32_t number, const char *text);
void onnx_put_bytes(struct buffer *out, uint32_t number, const void *data, size_t size);

// Writes the content of a graph, changed, to `out`; 0 or -1.
typedef int onnx_change(void *context, const struct onnx_field *graph, struct buffer *out);
// The model with its graph as `change` writes it, all else as it is. 0, or -1 for what is no ONNX file. The caller frees
// `out`.
int onnx_rewrite(const void *model, size_t size, onnx_change *change, void *context, struct buffer *out);

#endif
