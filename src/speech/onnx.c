// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/onnx.h"

#include <string.h>

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

static bool read_field(const uint8_t **at, const uint8_t *end, struct onnx_field *field)
{
    static const uint64_t sizes[] = {0, 8, 0, 0, 0, 4}; // of the kinds
    uint64_t tag, size;
    *field = (struct onnx_field){.start = *at};
    if (!read_varint(at, end, &tag))
        return false;
    field->number = (uint32_t)(tag >> 3);
    field->kind = tag & 7;
    if (field->kind == 3 || field->kind == 4 || field->kind > 5) // groups, and what is no kind
        return false;
    if ((field->kind == ONNX_VARINT || field->kind == ONNX_BYTES) && !read_varint(at, end, &field->value))
        return false;
    size = field->kind == ONNX_BYTES ? field->value : sizes[field->kind];
    if (size > (uint64_t)(end - *at))
        return false;
    field->content = *at;
    field->size = (size_t)size;
    *at += size;
    return true;
}

bool onnx_next_field(const uint8_t **at, const uint8_t *end, struct onnx_field *field)
{
    const uint8_t *start = *at;
    if (start < end && read_field(at, end, field))
        return true;
    *at = start;
    return false;
}

bool onnx_is_text(const struct onnx_field *field, uint32_t number, const char *text)
{
    return field->number == number && field->kind == ONNX_BYTES && field->size == strlen(text) &&
           memcmp(field->content, text, field->size) == 0;
}

void onnx_put_varint(struct buffer *out, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        buffer_append(out, &byte, 1);
        value >>= 7;
    } while (value);
}

void onnx_put_bytes(struct buffer *out, uint32_t number, const void *data, size_t size)
{
    onnx_put_varint(out, (uint64_t)number << 3 | ONNX_BYTES);
    onnx_put_varint(out, size);
    buffer_append(out, data, size);
}

void onnx_put_number(struct buffer *out, uint32_t number, uint64_t value)
{
    onnx_put_varint(out, (uint64_t)number << 3 | ONNX_VARINT);
    onnx_put_varint(out, value);
}

void onnx_put_text(struct buffer *out, uint32_t number, const char *text)
{
    onnx_put_bytes(out, number, text, strlen(text));
}

int onnx_rewrite(const void *model, size_t size, onnx_change *change, void *context, struct buffer *out)
{
    enum { GROWTH = 1 << 20 };
    const uint8_t *at = model, *end = at + size;
    struct onnx_field field;
    buffer_init(out, size + 2 * GROWTH);
    while (onnx_next_field(&at, end, &field)) {
        if (field.number != ONNX_MODEL_GRAPH || field.kind != ONNX_BYTES) {
            buffer_append(out, field.start, (size_t)(at - field.start));
            continue;
        }
        struct buffer graph;
        buffer_init(&graph, field.size + GROWTH);
        int code = change(context, &field, &graph);
        if (code == 0 && !graph.failed)
            onnx_put_bytes(out, ONNX_MODEL_GRAPH, graph.data, graph.size);
        out->failed |= graph.failed;
        buffer_free(&graph);
        if (code != 0)
            return -1;
    }
    return at == end && !out->failed ? 0 : -1;
}
