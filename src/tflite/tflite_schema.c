// SPDX-License-Identifier: GPL-3.0-or-later
// The schema of the device's 20 operators: one row each, read by the reader and by the writer.
#include "tflite/tflite_internal.h"

#include <stddef.h>
#include <string.h>

#define FIELD(id_, kind_, member, fallback_) {id_, kind_, offsetof(struct op, options.member), fallback_}

static const struct field conv_fields[] = {
    FIELD(0, FIELD_I8, conv.padding, 0),     FIELD(1, FIELD_I32, conv.stride_w, 0),
    FIELD(2, FIELD_I32, conv.stride_h, 0),   FIELD(3, FIELD_I8, conv.activation, 0),
    FIELD(4, FIELD_I32, conv.dilation_w, 1), FIELD(5, FIELD_I32, conv.dilation_h, 1),
};
static const struct field depthwise_fields[] = {
    FIELD(0, FIELD_I8, conv.padding, 0), FIELD(1, FIELD_I32, conv.stride_w, 0), FIELD(2, FIELD_I32, conv.stride_h, 0),
    FIELD(3, FIELD_I32, conv.multiplier, 0), FIELD(4, FIELD_I8, conv.activation, 0),
    FIELD(5, FIELD_I32, conv.dilation_w, 1), FIELD(6, FIELD_I32, conv.dilation_h, 1),
};
static const struct field pool_fields[] = {
    FIELD(0, FIELD_I8, pool.padding, 0),   FIELD(1, FIELD_I32, pool.stride_w, 0),
    FIELD(2, FIELD_I32, pool.stride_h, 0), FIELD(3, FIELD_I32, pool.filter_w, 0),
    FIELD(4, FIELD_I32, pool.filter_h, 0), FIELD(5, FIELD_I8, pool.activation, 0),
};
static const struct field concat_fields[] = {
    FIELD(0, FIELD_I32, concat.axis, 0), FIELD(1, FIELD_I8, concat.activation, 0),
};
static const struct field slice_fields[] = {
    FIELD(0, FIELD_I32, slice.begin_mask, 0), FIELD(1, FIELD_I32, slice.end_mask, 0),
    FIELD(2, FIELD_I32, slice.ellipsis_mask, 0), FIELD(3, FIELD_I32, slice.new_axis_mask, 0),
    FIELD(4, FIELD_I32, slice.shrink_axis_mask, 0), FIELD(5, FIELD_BOOL, slice.offset, 0),
};
static const struct field dense_fields[] = {
    FIELD(0, FIELD_I8, dense.activation, 0), FIELD(1, FIELD_I8, dense.weights_format, 0),
    FIELD(2, FIELD_BOOL, dense.keep_num_dims, 0), FIELD(3, FIELD_BOOL, dense.asymmetric_quantize_inputs, 0),
};
static const struct field add_fields[] = {
    FIELD(0, FIELD_I8, binary.activation, 0), FIELD(1, FIELD_BOOL, binary.pot_scale_int16, 1),
};
static const struct field mul_fields[] = {FIELD(0, FIELD_I8, binary.activation, 0)};
static const struct field pack_fields[] = {FIELD(0, FIELD_I32, pack.values_count, 0),
                                           FIELD(1, FIELD_I32, pack.axis, 0)};
static const struct field split_fields[] = {FIELD(0, FIELD_I32, split.splits, 0)};
static const struct field reduce_fields[] = {FIELD(0, FIELD_BOOL, reduce.keep_dims, 0)};
static const struct field once_fields[] = {FIELD(0, FIELD_I32, call_once.subgraph, 0)};
static const struct field handle_fields[] = {
    FIELD(0, FIELD_TEXT, variable.container, 0), FIELD(1, FIELD_TEXT, variable.shared_name, 0),
};

#define FIELDS(array) true, COUNT_OF(array), array
static const struct op_schema schemas[] = {
    {OP_CALL_ONCE, "CALL_ONCE", 1, 103, FIELDS(once_fields)},
    {OP_VAR_HANDLE, "VAR_HANDLE", 1, 111, FIELDS(handle_fields)},
    {OP_RESHAPE, "RESHAPE", 1, 17, false, 0, NULL},
    {OP_READ_VARIABLE, "READ_VARIABLE", 1, 112, false, 0, NULL},
    {OP_STRIDED_SLICE, "STRIDED_SLICE", 2, 32, FIELDS(slice_fields)},
    {OP_CONCATENATION, "CONCATENATION", 2, 10, FIELDS(concat_fields)},
    {OP_ASSIGN_VARIABLE, "ASSIGN_VARIABLE", 1, 113, false, 0, NULL},
    {OP_CONV_2D, "CONV_2D", 3, 1, FIELDS(conv_fields)},
    {OP_MUL, "MUL", 2, 21, FIELDS(mul_fields)},
    {OP_ADD, "ADD", 2, 11, FIELDS(add_fields)},
    {OP_MEAN, "MEAN", 2, 27, FIELDS(reduce_fields)},
    {OP_FULLY_CONNECTED, "FULLY_CONNECTED", 4, 8, FIELDS(dense_fields)},
    {OP_LOGISTIC, "LOGISTIC", 2, 0, false, 0, NULL},
    {OP_QUANTIZE, "QUANTIZE", 1, 89, false, 0, NULL},
    {OP_DEPTHWISE_CONV_2D, "DEPTHWISE_CONV_2D", 3, 2, FIELDS(depthwise_fields)},
    {OP_AVERAGE_POOL_2D, "AVERAGE_POOL_2D", 2, 5, FIELDS(pool_fields)},
    {OP_MAX_POOL_2D, "MAX_POOL_2D", 2, 5, FIELDS(pool_fields)},
    {OP_PAD, "PAD", 2, 22, true, 0, NULL},
    {OP_PACK, "PACK", 2, 59, FIELDS(pack_fields)},
    {OP_SPLIT_V, "SPLIT_V", 2, 79, FIELDS(split_fields)},
};

const struct op_schema *op_schema(int code)
{
    for (size_t i = 0; i < COUNT_OF(schemas); i++)
        if (schemas[i].code == code)
            return &schemas[i];
    return NULL;
}

const char *op_name(int code)
{
    const struct op_schema *schema = op_schema(code);
    return schema ? schema->name : NULL;
}

void op_options_default(struct op *op)
{
    const struct op_schema *schema = op_schema(op->code);
    for (int i = 0; schema && i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        unsigned char *member = (unsigned char *)op + field->at;
        if (field->kind == FIELD_TEXT)
            *(const char **)(void *)member = "";
        else if (field->kind == FIELD_BOOL)
            *(bool *)(void *)member = field->fallback != 0;
        else
            *(int *)(void *)member = field->fallback;
    }
}

size_t tensor_type_size(int type)
{
    static const struct { int type; size_t size; } sizes[] = {
        {TENSOR_FLOAT32, 4}, {TENSOR_INT32, 4}, {TENSOR_UINT8, 1}, {TENSOR_INT64, 8},
        {TENSOR_BOOL, 1}, {TENSOR_INT16, 2}, {TENSOR_INT8, 1},
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (sizes[i].type == type)
            return sizes[i].size;
    return 0;
}

int tensor_elements(const struct tensor *tensor)
{
    int count = 1;
    for (int d = 0; d < tensor->rank; d++)
        count *= tensor->shape[d];
    return count;
}

size_t tensor_bytes(const struct tensor *tensor)
{
    return (size_t)tensor_elements(tensor) * tensor_type_size(tensor->type);
}

int tensor_zero_point(const struct tensor *tensor)
{
    return tensor->zero_point_count ? (int)tensor->zero_points[0] : 0;
}
