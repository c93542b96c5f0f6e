// SPDX-License-Identifier: GPL-3.0-or-later
// Writer of .tflite files in the strict form that the device and desktop runtimes both load (spec
// quantization-and-tflite 5, 7.3, 8). The file grows from its end to its start, children before parents, so that all
// offsets point forward. An object is known by its distance from the end: `used` right after it was put.
#include "tflite/tflite_format.h"
#include "tflite/tflite_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_ALIGNMENT = 16, MAX_KNOWN_LISTS = 64 };

typedef size_t distance; // from the end of the file; 0: no object

struct writer {
    uint8_t *data; // the last `used` of `capacity` bytes are the file so far
    size_t used, capacity;
    bool failed;   // no memory, or larger than a model may be
    distance lists[MAX_KNOWN_LISTS]; // field lists so far, for tables of the same shape
    int list_count;
};

static uint8_t *grow(struct writer *w, size_t size)
{
    if (w->failed || size > TFLITE_MAX_FILE - w->used) {
        w->failed = true;
        return NULL;
    }
    if (w->used + size > w->capacity) {
        size_t capacity = 2 * (w->used + size) + 4096;
        uint8_t *data = malloc(capacity);
        if (!data) {
            w->failed = true;
            return NULL;
        }
        if (w->used)
            memcpy(data + capacity - w->used, w->data + w->capacity - w->used, w->used);
        free(w->data);
        w->data = data;
        w->capacity = capacity;
    }
    w->used += size;
    return w->data + w->capacity - w->used;
}

// Zeros until an object of `size` bytes, put next, starts at a multiple of `align`.
static void pad(struct writer *w, size_t size, size_t align)
{
    size_t zeros = (align - (w->used + size) % align) % align;
    uint8_t *at = grow(w, zeros);
    if (at)
        memset(at, 0, zeros);
}

static void store(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void put_scalar(struct writer *w, uint64_t value, size_t size)
{
    pad(w, size, size);
    uint8_t *at = grow(w, size);
    if (at)
        store(at, value, size);
}

static void put_offset(struct writer *w, distance child)
{
    pad(w, 4, 4);
    put_scalar(w, w->used + 4 - child, 4);
}

static distance put_bytes(struct writer *w, const void *data, size_t count, size_t align)
{
    pad(w, count, align);
    uint8_t *at = grow(w, count);
    if (at && count)
        memcpy(at, data, count);
    put_scalar(w, count, 4);
    return w->used;
}

static distance put_text(struct writer *w, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    pad(w, size + 1, 4);
    uint8_t *at = grow(w, size + 1);
    if (at)
        memcpy(at, size ? text : "", size + 1);
    put_scalar(w, size, 4);
    return w->used;
}

static distance put_ints(struct writer *w, const int *items, int count)
{
    pad(w, 0, 4);
    for (int i = count - 1; i >= 0; i--)
        put_scalar(w, (uint32_t)items[i], 4);
    put_scalar(w, (uint32_t)count, 4);
    return w->used;
}

static distance put_list(struct writer *w, const distance *items, int count)
{
    pad(w, 0, 4);
    for (int i = count - 1; i >= 0; i--)
        put_offset(w, items[i]);
    put_scalar(w, (uint32_t)count, 4);
    return w->used;
}

// A table under construction: where each field was put, 0 for absent.
struct fields {
    size_t start;
    distance at[MAX_FIELD_ID + 1];
};

static struct fields table_begin(const struct writer *w)
{
    return (struct fields){.start = w->used};
}

static void put_field(struct writer *w, struct fields *table, int id, uint64_t value, size_t size)
{
    put_scalar(w, value, size);
    table->at[id] = w->used;
}

static void put_child(struct writer *w, struct fields *table, int id, distance child)
{
    put_offset(w, child);
    table->at[id] = w->used;
}

// A field list that equals the one just put, or that one itself.
static distance same_list(struct writer *w, size_t size)
{
    const uint8_t *end = w->data + w->capacity;
    for (int i = 0; i < w->list_count && !w->failed; i++)
        if (w->lists[i] + size <= w->used && memcmp(end - w->lists[i], end - w->used, size) == 0)
            return w->lists[i];
    if (w->list_count < MAX_KNOWN_LISTS)
        w->lists[w->list_count++] = w->used;
    return w->used;
}

// The table's own start (a signed offset to its field list), then the field list before it unless there is one like it.
static distance table_end(struct writer *w, const struct fields *table)
{
    put_scalar(w, 0, 4);
    distance result = w->used;
    size_t size = result - table->start;
    int count = MAX_FIELD_ID + 1;
    while (count && !table->at[count - 1])
        count--;
    for (int id = count - 1; id >= 0; id--)
        put_scalar(w, table->at[id] ? result - table->at[id] : 0, 2);
    put_scalar(w, size, 2);
    put_scalar(w, 4 + 2 * (size_t)count, 2);
    distance list = same_list(w, 4 + 2 * (size_t)count);
    if (!w->failed)
        store(w->data + w->capacity - result, list - result, 4);
    if (list != w->used)
        w->used = result;
    return result;
}

// ---- the parts of a model ---------------------------------------------------------------------------------

struct plan_of_file {
    struct content {
        const void *data;
        size_t size;
        int type;
    } *buffers; // [0] is the empty one
    int buffer_count;
    struct {
        int code, version;
    } op_codes[TFLITE_MAX_OP_CODES];
    int op_code_count;
    bool too_many;
};

// Index of the buffer with the tensor's data; equal int32 constants share one.
static int buffer_of(struct plan_of_file *file, const struct tensor *tensor)
{
    if (!tensor->data)
        return 0;
    for (int i = 1; i < file->buffer_count; i++) {
        const struct content *buffer = &file->buffers[i];
        bool same = buffer->data == tensor->data ||
                    (tensor->type == TENSOR_INT32 && memcmp(buffer->data, tensor->data, tensor->data_size) == 0);
        if (buffer->type == tensor->type && buffer->size == tensor->data_size && same)
            return i;
    }
    file->buffers[file->buffer_count] = (struct content){tensor->data, tensor->data_size, tensor->type};
    return file->buffer_count++;
}

static int op_code_of(struct plan_of_file *file, const struct op *op)
{
    int version = op->version > 0 ? op->version : op_schema(op->code)->version, i;
    for (i = 0; i < file->op_code_count; i++)
        if (file->op_codes[i].code == op->code && file->op_codes[i].version == version)
            return i;
    if (i == TFLITE_MAX_OP_CODES) {
        file->too_many = true;
        return 0;
    }
    file->op_codes[i].code = op->code;
    file->op_codes[i].version = version;
    return file->op_code_count++;
}

static distance write_quantization(struct writer *w, const struct tensor *tensor)
{
    int count = tensor->scale_count;
    pad(w, 8 * (size_t)count, 8);
    for (int i = count - 1; i >= 0; i--)
        put_scalar(w, (uint64_t)tensor->zero_points[tensor->zero_point_count == count ? i : 0], 8);
    put_scalar(w, (uint32_t)count, 4);
    distance zeros = w->used;
    for (int i = count - 1; i >= 0; i--) {
        uint32_t bits;
        memcpy(&bits, &tensor->scales[i], sizeof bits);
        put_scalar(w, bits, 4);
    }
    put_scalar(w, (uint32_t)count, 4);
    distance scales = w->used;
    struct fields table = table_begin(w);
    put_child(w, &table, QUANT_SCALE, scales);
    put_child(w, &table, QUANT_ZERO_POINT, zeros);
    if (tensor->quantized_dimension)
        put_field(w, &table, QUANT_DIMENSION, (uint32_t)tensor->quantized_dimension, 4);
    return table_end(w, &table);
}

static distance write_tensor(struct writer *w, struct plan_of_file *file, const struct tensor *tensor)
{
    distance name = put_text(w, tensor->name), shape = put_ints(w, tensor->shape, tensor->rank);
    distance quantization = tensor->scale_count ? write_quantization(w, tensor) : 0;
    struct fields table = table_begin(w);
    put_child(w, &table, TENSOR_SHAPE, shape);
    put_field(w, &table, TENSOR_BUFFER, (uint32_t)buffer_of(file, tensor), 4);
    put_child(w, &table, TENSOR_NAME, name);
    if (quantization)
        put_child(w, &table, TENSOR_QUANTIZATION, quantization);
    put_field(w, &table, TENSOR_TYPE, (uint8_t)tensor->type, 1);
    return table_end(w, &table);
}

static distance write_options(struct writer *w, const struct op *op, const struct op_schema *schema)
{
    distance texts[2] = {0};
    const unsigned char *base = (const unsigned char *)op;
    for (int i = 0; i < schema->field_count; i++)
        if (schema->fields[i].kind == FIELD_TEXT)
            texts[schema->fields[i].id] =
                put_text(w, *(const char *const *)(const void *)(base + schema->fields[i].at));
    struct fields table = table_begin(w);
    for (int i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const void *member = base + field->at;
        if (field->kind == FIELD_TEXT) {
            put_child(w, &table, field->id, texts[field->id]);
            continue;
        }
        int value = field->kind == FIELD_BOOL ? *(const bool *)member : *(const int *)member;
        if (value != field->fallback)
            put_field(w, &table, field->id, (uint32_t)value, field->kind == FIELD_I32 ? 4 : 1);
    }
    return table_end(w, &table);
}

static distance write_op(struct writer *w, struct plan_of_file *file, const struct op *op)
{
    const struct op_schema *schema = op_schema(op->code);
    distance inputs = put_ints(w, op->inputs, op->input_count), outputs = put_ints(w, op->outputs, op->output_count);
    distance options = schema->write_options ? write_options(w, op, schema) : 0;
    struct fields table = table_begin(w);
    put_field(w, &table, OP_CODE_INDEX, (uint32_t)op_code_of(file, op), 4);
    put_child(w, &table, OP_INPUTS, inputs);
    put_child(w, &table, OP_OUTPUTS, outputs);
    if (options) {
        put_child(w, &table, OP_OPTIONS, options);
        put_field(w, &table, OP_OPTIONS_TYPE, (uint8_t)schema->options_type, 1);
    }
    return table_end(w, &table);
}

static distance write_subgraph(struct writer *w, struct plan_of_file *file, const struct subgraph *graph,
                               distance *scratch)
{
    for (int i = graph->op_count - 1; i >= 0; i--)
        scratch[i] = write_op(w, file, &graph->ops[i]);
    distance ops = put_list(w, scratch, graph->op_count);
    for (int i = graph->tensor_count - 1; i >= 0; i--)
        scratch[i] = write_tensor(w, file, &graph->tensors[i]);
    distance tensors = put_list(w, scratch, graph->tensor_count);
    distance inputs = put_ints(w, graph->inputs, graph->input_count),
             outputs = put_ints(w, graph->outputs, graph->output_count);
    distance name = put_text(w, graph->name);
    struct fields table = table_begin(w);
    put_child(w, &table, GRAPH_TENSORS, tensors);
    put_child(w, &table, GRAPH_INPUTS, inputs);
    put_child(w, &table, GRAPH_OUTPUTS, outputs);
    put_child(w, &table, GRAPH_OPS, ops);
    put_child(w, &table, GRAPH_NAME, name);
    return table_end(w, &table);
}

static distance write_op_codes(struct writer *w, const struct plan_of_file *file)
{
    distance items[TFLITE_MAX_OP_CODES];
    for (int i = file->op_code_count - 1; i >= 0; i--) {
        int code = file->op_codes[i].code;
        struct fields table = table_begin(w);
        put_field(w, &table, CODE_BUILTIN, (uint32_t)code, 4);
        put_field(w, &table, CODE_VERSION, (uint32_t)file->op_codes[i].version, 4);
        put_field(w, &table, CODE_DEPRECATED, (uint8_t)(code < 127 ? code : 127), 1);
        items[i] = table_end(w, &table);
    }
    return put_list(w, items, file->op_code_count);
}

static distance write_buffers(struct writer *w, const struct plan_of_file *file, distance *scratch)
{
    for (int i = file->buffer_count - 1; i >= 0; i--) {
        distance data =
            file->buffers[i].data ? put_bytes(w, file->buffers[i].data, file->buffers[i].size, BUFFER_ALIGNMENT) : 0;
        struct fields table = table_begin(w);
        if (data)
            put_child(w, &table, BUFFER_DATA, data);
        scratch[i] = table_end(w, &table);
    }
    return put_list(w, scratch, file->buffer_count);
}

static distance write_metadata(struct writer *w, int buffer)
{
    distance name = put_text(w, "min_runtime_version");
    struct fields table = table_begin(w);
    put_child(w, &table, METADATA_NAME, name);
    put_field(w, &table, METADATA_BUFFER, (uint32_t)buffer, 4);
    distance entry = table_end(w, &table);
    return put_list(w, &entry, 1);
}

static distance write_name(struct writer *w, const char *text, int tensor)
{
    distance name = put_text(w, text);
    struct fields table = table_begin(w);
    put_child(w, &table, MAP_NAME, name);
    put_field(w, &table, MAP_TENSOR, (uint32_t)tensor, 4);
    distance entry = table_end(w, &table);
    return put_list(w, &entry, 1);
}

static distance write_signature(struct writer *w, const struct subgraph *graph)
{
    distance key = put_text(w, "serving_default");
    distance outputs = write_name(w, "dense", graph->outputs[0]),
             inputs = write_name(w, "input_audio", graph->inputs[0]);
    struct fields table = table_begin(w);
    put_child(w, &table, SIGNATURE_INPUTS, inputs);
    put_child(w, &table, SIGNATURE_OUTPUTS, outputs);
    put_child(w, &table, SIGNATURE_KEY, key);
    distance entry = table_end(w, &table);
    return put_list(w, &entry, 1);
}

static void write_model(struct writer *w, const struct tflite_model *model, struct plan_of_file *file,
                        distance *scratch)
{
    static const char runtime_version[16] = "2.6.0";
    // Op codes and buffers are numbered in the order of the graph, which is written backwards.
    for (int g = 0; g < model->subgraph_count; g++) {
        for (int i = 0; i < model->subgraphs[g].op_count; i++)
            op_code_of(file, &model->subgraphs[g].ops[i]);
        for (int i = 0; i < model->subgraphs[g].tensor_count; i++)
            buffer_of(file, &model->subgraphs[g].tensors[i]);
    }
    int version_buffer = file->buffer_count++;
    file->buffers[version_buffer] = (struct content){runtime_version, sizeof runtime_version, -1};
    distance buffers = write_buffers(w, file, scratch), metadata = write_metadata(w, version_buffer);
    distance signature = write_signature(w, &model->subgraphs[0]), description = put_text(w, model->description);
    distance graphs[TFLITE_MAX_SUBGRAPHS];
    for (int g = model->subgraph_count - 1; g >= 0; g--)
        graphs[g] = write_subgraph(w, file, &model->subgraphs[g], scratch);
    distance subgraphs = put_list(w, graphs, model->subgraph_count), codes = write_op_codes(w, file);
    struct fields table = table_begin(w);
    put_field(w, &table, MODEL_VERSION, 3, 4);
    put_child(w, &table, MODEL_OP_CODES, codes);
    put_child(w, &table, MODEL_SUBGRAPHS, subgraphs);
    put_child(w, &table, MODEL_DESCRIPTION, description);
    put_child(w, &table, MODEL_BUFFERS, buffers);
    put_child(w, &table, MODEL_METADATA, metadata);
    put_child(w, &table, MODEL_SIGNATURES, signature);
    distance root = table_end(w, &table);
    pad(w, 8, BUFFER_ALIGNMENT);
    uint8_t *mark = grow(w, 4);
    if (mark)
        memcpy(mark, "TFL3", 4);
    put_offset(w, root);
}

// What only the strict form demands: desktop runtimes refuse, or worse compute nonsense, without it.
static int check_strict(const struct tflite_model *model, struct error *error)
{
    const struct subgraph *graph = &model->subgraphs[0], *init = tflite_init_subgraph(model);
    if (graph->input_count != 1 || graph->output_count != 1)
        return error_set(error, ERROR_FORMAT, "a model to write must have one input and one output");
    for (int g = 0; g < model->subgraph_count; g++)
        for (int i = 0; i < model->subgraphs[g].op_count; i++)
            if (!op_schema(model->subgraphs[g].ops[i].code))
                return error_set(error, ERROR_FORMAT, "operator %d has code %d, which the device does not have", i,
                                 model->subgraphs[g].ops[i].code);
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        bool weighted = op->code == OP_CONV_2D || op->code == OP_DEPTHWISE_CONV_2D || op->code == OP_FULLY_CONNECTED;
        if (weighted && (op->input_count < 3 || op->inputs[2] < 0))
            return error_set(error, ERROR_FORMAT, "operator %d (%s) has no bias, which desktop runtimes need", i,
                             op_name(op->code));
        if (op->code != OP_READ_VARIABLE)
            continue;
        const char *name = variable_name(graph, op->input_count ? op->inputs[0] : -1);
        bool set = false;
        for (int k = 0; init && k < init->op_count; k++)
            set |= init->ops[k].code == OP_ASSIGN_VARIABLE && init->ops[k].input_count &&
                   strcmp(variable_name(init, init->ops[k].inputs[0]), name) == 0;
        if (!set)
            return error_set(error, ERROR_FORMAT,
                             "variable \"%s\" has no initial value in an init subgraph, which desktop runtimes need",
                             name);
    }
    return 0;
}

int tflite_write(const struct tflite_model *model, void **data, size_t *size, struct error *error)
{
    TRY(tflite_verify(model, error));
    TRY(check_strict(model, error));
    size_t parts = 2; // the empty buffer and the runtime version
    for (int g = 0; g < model->subgraph_count; g++)
        parts += (size_t)(model->subgraphs[g].tensor_count + model->subgraphs[g].op_count);
    struct writer writer = {0};
    struct plan_of_file file = {.buffers = calloc(parts, sizeof *file.buffers), .buffer_count = 1};
    distance *scratch = calloc(parts, sizeof *scratch);
    uint8_t *result = NULL;
    int code = 0;
    if (file.buffers && scratch)
        write_model(&writer, model, &file, scratch);
    if (!file.buffers || !scratch)
        code = error_memory(error, "a model file");
    else if (writer.failed || file.too_many || file.buffer_count > TFLITE_MAX_BUFFERS)
        code = error_set(error, ERROR_FORMAT, "the model does not fit into a file of %d bytes", TFLITE_MAX_FILE);
    else if (!(result = malloc(writer.used)))
        code = error_memory(error, "a model file");
    if (result) {
        *size = writer.used;
        *data = memcpy(result, writer.data + writer.capacity - writer.used, writer.used);
    }
    free(writer.data);
    free(file.buffers);
    free(scratch);
    return code;
}
