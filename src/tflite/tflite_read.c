// SPDX-License-Identifier: GPL-3.0-or-later
// Reader of .tflite files, which are FlatBuffers (spec quantization-and-tflite 5, 6, 10). The bytes are not trusted:
// every position is checked before it is read, and the bytes visited are bounded, since offsets may alias.
// The first fault sticks in the reader; from then on every access answers "absent".
#include "tflite/tflite_format.h"
#include "tflite/tflite_internal.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    const uint8_t *data;
    uint64_t size, budget; // budget: bytes that tables and vectors may still cover
    struct arena *arena;
    struct error *error;
    int code;
};
struct table {
    uint64_t at, vtable; // at 0: absent
    unsigned vtable_size, size;
};
struct vector {
    uint64_t at; // of the first element; 0: absent
    uint32_t count;
};

#define FAIL(reader, ...)                                                                                              \
    ((reader)->code ? 0 : ((reader)->code = error_set((reader)->error, ERROR_FORMAT, __VA_ARGS__)))

static bool inside(const struct reader *r, uint64_t at, uint64_t size)
{
    return at <= r->size && size <= r->size - at;
}

static uint64_t load(const struct reader *r, uint64_t at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)r->data[at + i] << (8 * i);
    return value;
}

static bool spend(struct reader *r, uint64_t bytes)
{
    if (bytes > r->budget) {
        FAIL(r, "the file points at the same data again and again");
        return false;
    }
    r->budget -= bytes;
    return true;
}

static void *take(struct reader *r, size_t count, size_t size)
{
    void *data = r->code ? NULL : arena_alloc(r->arena, (count ? count : 1) * size, 8);
    if (!data && !r->code)
        r->code = error_memory(r->error, "a model");
    return data;
}

// Position of field `id`, `size` bytes wide; 0 when it is absent.
static uint64_t field_at(struct reader *r, const struct table *table, unsigned id, unsigned size)
{
    unsigned entry = 4 + 2 * id;
    if (r->code || !table->at || entry + 2 > table->vtable_size)
        return 0;
    uint64_t offset = load(r, table->vtable + entry, 2);
    if (!offset)
        return 0;
    if (offset < 4 || offset + size > table->size || (table->at + offset) % size) {
        FAIL(r, "field %u of the table at byte %llu lies outside it or is not aligned", id,
             (unsigned long long)table->at);
        return 0;
    }
    return table->at + offset;
}

static int64_t scalar(struct reader *r, const struct table *table, unsigned id, unsigned size, bool is_signed,
                      int64_t fallback)
{
    uint64_t at = field_at(r, table, id, size);
    if (!at)
        return fallback;
    uint64_t value = load(r, at, size), sign = 1ull << (8 * size - 1);
    return is_signed ? (int64_t)((value ^ sign) - sign) : (int64_t)value;
}

static int read_i32(struct reader *r, const struct table *table, unsigned id, int fallback)
{
    return (int)scalar(r, table, id, 4, true, fallback);
}

// Where the offset stored at `at` points.
static uint64_t target(struct reader *r, uint64_t at)
{
    uint64_t value = load(r, at, 4);
    if (!value || !inside(r, at + value, 4) || (at + value) % 4) {
        FAIL(r, "the offset at byte %llu points outside the file or is not aligned", (unsigned long long)at);
        return 0;
    }
    return at + value;
}

static struct table table_at(struct reader *r, uint64_t at)
{
    struct table none = {0}, table = {.at = at};
    if (r->code || !at)
        return none;
    int64_t vtable = (int64_t)at - (int32_t)(uint32_t)load(r, at, 4);
    if (vtable < 0 || vtable % 2 || !inside(r, (uint64_t)vtable, 4))
        return FAIL(r, "the table at byte %llu has its field list outside the file", (unsigned long long)at), none;
    table.vtable = (uint64_t)vtable;
    table.vtable_size = (unsigned)load(r, table.vtable, 2);
    table.size = (unsigned)load(r, table.vtable + 2, 2);
    if (table.vtable_size % 2 || table.vtable_size < 4 || !inside(r, table.vtable, table.vtable_size) ||
        table.size < 4 || !inside(r, at, table.size))
        return FAIL(r, "the table at byte %llu has impossible sizes", (unsigned long long)at), none;
    return spend(r, table.size) ? table : none;
}

static struct table child(struct reader *r, const struct table *table, unsigned id)
{
    uint64_t at = field_at(r, table, id, 4);
    return table_at(r, at ? target(r, at) : 0);
}

static struct vector vector_at(struct reader *r, const struct table *table, unsigned id, unsigned size)
{
    struct vector none = {0};
    uint64_t at = field_at(r, table, id, 4);
    at = at ? target(r, at) : 0;
    if (!at || r->code)
        return none;
    struct vector vector = {at + 4, (uint32_t)load(r, at, 4)};
    uint64_t bytes = (uint64_t)vector.count * size;
    if (!inside(r, vector.at, bytes) || (vector.count && vector.at % size))
        return FAIL(r, "the list at byte %llu ends outside the file or is not aligned", (unsigned long long)at), none;
    return spend(r, bytes + 4) ? vector : none;
}

// The tables of a list, at most `limit` of them.
static struct vector tables(struct reader *r, const struct table *table, unsigned id, uint32_t limit, const char *what)
{
    struct vector vector = vector_at(r, table, id, 4);
    if (vector.count > limit) {
        FAIL(r, "the file has %u %s, more than %u", vector.count, what, limit);
        vector.count = 0;
    }
    return vector;
}

static struct table element(struct reader *r, const struct vector *vector, uint32_t index)
{
    return table_at(r, r->code ? 0 : target(r, vector->at + 4ull * index));
}

static const char *read_text(struct reader *r, const struct table *table, unsigned id)
{
    struct vector vector = vector_at(r, table, id, 1);
    if (!vector.at)
        return NULL;
    if (vector.count > TFLITE_MAX_TEXT || !inside(r, vector.at, vector.count + 1ull) ||
        r->data[vector.at + vector.count]) {
        FAIL(r, "the text at byte %llu is too long or has no end", (unsigned long long)vector.at);
        return NULL;
    }
    char *text = take(r, vector.count + 1u, 1);
    return text ? memcpy(text, r->data + vector.at, vector.count) : NULL;
}

static int *read_ints(struct reader *r, const struct table *table, unsigned id, int *count)
{
    struct vector vector = vector_at(r, table, id, 4);
    int *items = vector.at ? take(r, vector.count, sizeof *items) : NULL;
    *count = items ? (int)vector.count : 0;
    for (int i = 0; i < *count; i++)
        items[i] = (int32_t)(uint32_t)load(r, vector.at + 4ull * (unsigned)i, 4);
    return items;
}

static void read_quantization(struct reader *r, const struct table *table, struct tensor *tensor)
{
    struct table quant = child(r, table, TENSOR_QUANTIZATION);
    if (scalar(r, &quant, QUANT_DETAILS, 1, false, 0))
        FAIL(r, "tensor %s has a custom quantisation, which the device does not know", tensor->name);
    struct vector scales = vector_at(r, &quant, QUANT_SCALE, 4), zeros = vector_at(r, &quant, QUANT_ZERO_POINT, 8);
    float *scale = take(r, scales.count, sizeof *scale);
    int64_t *zero = take(r, zeros.count, sizeof *zero);
    if (!scale || !zero)
        return;
    for (uint32_t i = 0; i < scales.count; i++) {
        uint32_t bits = (uint32_t)load(r, scales.at + 4ull * i, 4);
        memcpy(&scale[i], &bits, sizeof bits);
    }
    for (uint32_t i = 0; i < zeros.count; i++)
        zero[i] = (int64_t)load(r, zeros.at + 8ull * i, 8);
    tensor->scales = scale;
    tensor->scale_count = (int)scales.count;
    tensor->zero_points = zero;
    tensor->zero_point_count = (int)zeros.count;
    tensor->quantized_dimension = read_i32(r, &quant, QUANT_DIMENSION, 0);
}

struct content {
    const uint8_t *data;
    size_t size;
};

static void read_tensor(struct reader *r, const struct table *table, const struct content *buffers,
                        uint32_t buffer_count, struct tensor *tensor)
{
    const char *name = read_text(r, table, TENSOR_NAME);
    tensor->name = name ? name : "";
    if (field_at(r, table, TENSOR_SPARSITY, 4) || field_at(r, table, TENSOR_VARIANT, 4) ||
        field_at(r, table, TENSOR_EXTERNAL, 4))
        FAIL(r, "tensor %s is sparse, variant or stored outside the file, which the device does not know",
             tensor->name);
    tensor->type = (int)scalar(r, table, TENSOR_TYPE, 1, true, 0);
    int rank;
    const int *shape = read_ints(r, table, TENSOR_SHAPE, &rank);
    if (rank > TFLITE_MAX_RANK) {
        FAIL(r, "tensor %s has %d dimensions, more than %d", tensor->name, rank, TFLITE_MAX_RANK);
        return;
    }
    tensor->rank = rank;
    for (int d = 0; d < rank; d++)
        tensor->shape[d] = shape[d];
    read_quantization(r, table, tensor);
    int64_t buffer = scalar(r, table, TENSOR_BUFFER, 4, false, 0);
    if (buffer >= buffer_count && (buffer || buffer_count)) {
        FAIL(r, "tensor %s takes its data from buffer %lld of %u", tensor->name, (long long)buffer, buffer_count);
    } else if (buffer) {
        tensor->data = buffers[buffer].data;
        tensor->data_size = buffers[buffer].size;
    }
}

static void read_options(struct reader *r, const struct table *table, struct op *op)
{
    op_options_default(op);
    int64_t type = scalar(r, table, OP_OPTIONS_TYPE, 1, false, 0);
    const struct op_schema *schema = op_schema(op->code);
    if (!schema || !type)
        return;
    if (type != schema->options_type) {
        FAIL(r, "an operator %s carries the options of another operator", schema->name);
        return;
    }
    struct table options = child(r, table, OP_OPTIONS);
    op->has_options = options.at != 0;
    for (int i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        unsigned char *member = (unsigned char *)op + field->at;
        const char *text;
        switch (field->kind) {
        case FIELD_TEXT:
            text = read_text(r, &options, field->id);
            *(const char **)(void *)member = text ? text : "";
            break;
        case FIELD_BOOL:
            *(bool *)(void *)member = scalar(r, &options, field->id, 1, false, field->fallback) != 0;
            break;
        default:
            *(int *)(void *)member =
                (int)scalar(r, &options, field->id, field->kind == FIELD_I8 ? 1 : 4, true, field->fallback);
        }
    }
}

struct op_code_entry {
    int code, version;
};

static void read_op(struct reader *r, const struct table *table, const struct op_code_entry *codes, uint32_t code_count,
                    struct op *op)
{
    int64_t index = scalar(r, table, OP_CODE_INDEX, 4, false, 0);
    if (index >= code_count) {
        FAIL(r, "an operator has code %lld of %u", (long long)index, code_count);
        return;
    }
    op->code = codes[index].code;
    op->version = codes[index].version;
    op->inputs = read_ints(r, table, OP_INPUTS, &op->input_count);
    op->outputs = read_ints(r, table, OP_OUTPUTS, &op->output_count);
    if (!op->inputs || !op->outputs)
        FAIL(r, "an operator has no list of inputs or outputs, which the device needs even when it is empty");
    if (scalar(r, table, OP_OPTIONS_2, 1, false, 0) || scalar(r, table, OP_LARGE_OFFSET, 8, false, 0))
        FAIL(r, "an operator has options that the device does not know");
    read_options(r, table, op);
}

static void read_subgraph(struct reader *r, const struct table *table, const struct content *buffers,
                          uint32_t buffer_count, const struct op_code_entry *codes, uint32_t code_count,
                          struct subgraph *graph)
{
    const char *name = read_text(r, table, GRAPH_NAME);
    graph->name = name ? name : "";
    struct vector tensors = tables(r, table, GRAPH_TENSORS, TFLITE_MAX_TENSORS, "tensors");
    struct vector ops = tables(r, table, GRAPH_OPS, TFLITE_MAX_OPS, "operators");
    graph->inputs = read_ints(r, table, GRAPH_INPUTS, &graph->input_count);
    graph->outputs = read_ints(r, table, GRAPH_OUTPUTS, &graph->output_count);
    if (!graph->inputs || !graph->outputs)
        FAIL(r, "a subgraph has no list of inputs or outputs, which the device needs even when it is empty");
    graph->tensors = take(r, tensors.count, sizeof *graph->tensors);
    graph->ops = take(r, ops.count, sizeof *graph->ops);
    for (uint32_t i = 0; i < tensors.count && !r->code; i++) {
        struct table tensor = element(r, &tensors, i);
        read_tensor(r, &tensor, buffers, buffer_count, &graph->tensors[graph->tensor_count++]);
    }
    for (uint32_t i = 0; i < ops.count && !r->code; i++) {
        struct table op = element(r, &ops, i);
        read_op(r, &op, codes, code_count, &graph->ops[graph->op_count++]);
    }
}

// Contents of all buffers, copied once each.
static struct content *read_buffers(struct reader *r, const struct table *root, uint32_t *count)
{
    struct vector list = tables(r, root, MODEL_BUFFERS, TFLITE_MAX_BUFFERS, "buffers");
    struct content *buffers = take(r, list.count, sizeof *buffers);
    for (uint32_t i = 0; i < list.count && !r->code; i++) {
        struct table table = element(r, &list, i);
        if (scalar(r, &table, BUFFER_OFFSET, 8, false, 0) || scalar(r, &table, BUFFER_SIZE, 8, false, 0))
            FAIL(r, "buffer %u lies outside the model", i);
        struct vector data = vector_at(r, &table, BUFFER_DATA, 1);
        uint8_t *copy = data.count ? arena_alloc(r->arena, data.count, 16) : NULL;
        if (!data.count)
            continue;
        if (!copy) {
            r->code = error_memory(r->error, "a model");
            break;
        }
        buffers[i] = (struct content){memcpy(copy, r->data + data.at, data.count), data.count};
    }
    *count = r->code ? 0 : list.count;
    return buffers;
}

static struct op_code_entry *read_op_codes(struct reader *r, const struct table *root, uint32_t *count)
{
    struct vector list = tables(r, root, MODEL_OP_CODES, TFLITE_MAX_OP_CODES, "operator codes");
    struct op_code_entry *codes = take(r, list.count, sizeof *codes);
    for (uint32_t i = 0; i < list.count && !r->code; i++) {
        struct table table = element(r, &list, i);
        int old = (int)scalar(r, &table, CODE_DEPRECATED, 1, true, 0), code = read_i32(r, &table, CODE_BUILTIN, 0);
        codes[i] = (struct op_code_entry){old > code ? old : code, read_i32(r, &table, CODE_VERSION, 1)};
    }
    *count = r->code ? 0 : list.count;
    return codes;
}

static void read_model(struct reader *r, struct tflite_model *model)
{
    if (r->size < 8 || memcmp(r->data + 4, "TFL3", 4) != 0) {
        FAIL(r, "this is not a TensorFlow Lite model (no TFL3 mark)");
        return;
    }
    struct table root = table_at(r, target(r, 0));
    int64_t version = scalar(r, &root, MODEL_VERSION, 4, false, 0);
    if (version != 3)
        FAIL(r, "the model has schema version %lld, the device takes 3", (long long)version);
    model->version = 3;
    const char *description = read_text(r, &root, MODEL_DESCRIPTION);
    model->description = description ? description : "";
    uint32_t buffer_count, code_count;
    struct content *buffers = read_buffers(r, &root, &buffer_count);
    struct op_code_entry *codes = read_op_codes(r, &root, &code_count);
    struct vector graphs = tables(r, &root, MODEL_SUBGRAPHS, TFLITE_MAX_SUBGRAPHS, "subgraphs");
    model->has_signature = vector_at(r, &root, MODEL_SIGNATURES, 4).count > 0;
    model->subgraphs = take(r, graphs.count, sizeof *model->subgraphs);
    for (uint32_t i = 0; i < graphs.count && !r->code; i++) {
        struct table graph = element(r, &graphs, i);
        read_subgraph(r, &graph, buffers, buffer_count, codes, code_count, &model->subgraphs[model->subgraph_count++]);
    }
}

int tflite_read(struct tflite_model **model, const void *data, size_t size, struct error *error)
{
    if (size > TFLITE_MAX_FILE)
        return error_set(error, ERROR_FORMAT, "the model has %zu bytes, more than %d", size, TFLITE_MAX_FILE);
    struct tflite_model *result = tflite_new();
    if (!result)
        return error_memory(error, "a model");
    struct reader reader = {.data = data, .size = size, .budget = 8ull * size, .arena = &result->arena, .error = error};
    read_model(&reader, result);
    if (!reader.code)
        reader.code = tflite_verify(result, error);
    if (reader.code) {
        tflite_close(result);
        return reader.code;
    }
    *model = result;
    return 0;
}

int tflite_open(struct tflite_model **model, const char *path, struct error *error)
{
    void *data;
    size_t size;
    TRY(file_read(path, TFLITE_MAX_FILE, &data, &size, error));
    int code = tflite_read(model, data, size, error);
    free(data);
    return code < 0 ? error_prefix(error, "%s", path) : 0;
}

struct tflite_model *tflite_new(void)
{
    struct tflite_model *model = calloc(1, sizeof *model);
    if (model) {
        model->version = 3;
        model->description = "";
    }
    return model;
}

void tflite_close(struct tflite_model *model)
{
    if (!model)
        return;
    arena_free(&model->arena);
    free(model);
}
