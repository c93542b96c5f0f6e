// SPDX-License-Identifier: GPL-3.0-or-later
// What each operator demands of its tensors before it may run, as the device's runtime demands it: one row each.
#include "tflite/tflite_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CONCAT_INPUTS = 10, MAX_SLICE_RANK = 4, MAX_EXPONENT = 30 };

struct check {
    const struct tflite_model *model;
    const struct subgraph *graph;
    const struct op *op;
    int index;
    double work; // of this operator
    struct error *error;
};

#define BAD(c, ...) (error_set((c)->error, ERROR_FORMAT, __VA_ARGS__))
#define DEMAND(c, condition, ...)           \
    do {                                    \
        if (!(condition))                   \
            return BAD(c, __VA_ARGS__);     \
    } while (0)

static const struct tensor *input(const struct check *c, int i)
{
    return i < c->op->input_count && c->op->inputs[i] >= 0 ? &c->graph->tensors[c->op->inputs[i]] : NULL;
}

static const struct tensor *output(const struct check *c, int i)
{
    return &c->graph->tensors[c->op->outputs[i]];
}

static bool same_quantization(const struct tensor *a, const struct tensor *b)
{
    return a->scale_count == b->scale_count && (!a->scale_count || a->scales[0] == b->scales[0]) &&
           tensor_zero_point(a) == tensor_zero_point(b);
}

static bool same_shape(const struct tensor *a, const struct tensor *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) == 0;
}

static bool is_int8(const struct tensor *t)
{
    return t && t->type == TENSOR_INT8 && t->scale_count == 1;
}

// A constant int32 list of `count` values.
static bool is_list(const struct tensor *t, int count)
{
    return t && t->type == TENSOR_INT32 && t->data && tensor_elements(t) == count;
}

static int list_value(const struct tensor *t, int i)
{
    int32_t value;
    memcpy(&value, t->data + 4 * (size_t)i, sizeof value);
    return value;
}

int axis_from_zero(int axis, int rank)
{
    if (axis < 0)
        axis += rank;
    return axis >= 0 && axis < rank ? axis : -1;
}

struct window window_of(int padding, int input_size, int kernel, int stride, int dilation)
{
    int reach = (kernel - 1) * dilation + 1;
    int size = padding == PADDING_SAME ? (input_size + stride - 1) / stride : (input_size - reach + stride) / stride;
    int missing = (size - 1) * stride + reach - input_size;
    return (struct window){size, padding == PADDING_SAME && missing > 0 ? missing / 2 : 0};
}

int activation_limits(int activation, const struct tensor *out, int *low, int *high)
{
    int zero = tensor_zero_point(out);
    *low = INT8_MIN;
    *high = INT8_MAX;
    if (activation == ACTIVATION_RELU || activation == ACTIVATION_RELU6)
        *low = zero;
    if (activation == ACTIVATION_RELU6) {
        float six = 6.0f / out->scales[0];
        int top = zero + (six > 255 ? 255 : (int)(six + 0.5f));
        *high = top < INT8_MAX ? top : INT8_MAX;
    }
    return activation == ACTIVATION_NONE || activation == ACTIVATION_RELU || activation == ACTIVATION_RELU6 ? 0 : -1;
}

int slice_range(const struct subgraph *graph, const struct op *op, int d, struct range *range)
{
    int size = graph->tensors[op->inputs[0]].shape[d], bit = 1 << d;
    int64_t begin = list_value(&graph->tensors[op->inputs[1]], d), end = list_value(&graph->tensors[op->inputs[2]], d);
    int64_t step = list_value(&graph->tensors[op->inputs[3]], d);
    if (!step || step > TFLITE_MAX_ELEMENTS || step < -TFLITE_MAX_ELEMENTS)
        return -1;
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    begin = op->options.slice.begin_mask & bit ? (step > 0 ? 0 : size - 1) : begin < 0 ? begin + size : begin;
    begin = begin < low ? low : begin > high ? high : begin;
    end = op->options.slice.end_mask & bit ? (step > 0 ? size : -1) : end < 0 ? end + size : end;
    end = end < low ? low : end > high ? high : end;
    bool shrink = op->options.slice.shrink_axis_mask & bit;
    int64_t count = shrink ? 1 : step > 0 ? (end - begin + step - 1) / step : (end - begin + step + 1) / step;
    if (count < 1 || begin < 0 || begin >= size)
        return -1;
    *range = (struct range){(int)begin, (int)step, (int)count};
    return 0;
}

static int check_call_once(struct check *c)
{
    for (int i = 0; i < c->index; i++)
        DEMAND(c, c->graph->ops[i].code != OP_READ_VARIABLE && c->graph->ops[i].code != OP_ASSIGN_VARIABLE,
               "variables are used before they are initialised");
    return 0;
}

static int check_handle(struct check *c)
{
    DEMAND(c, output(c, 0)->type == TENSOR_RESOURCE, "its output is not a resource");
    return 0;
}

static int check_read(struct check *c)
{
    DEMAND(c, input(c, 0) && input(c, 0)->type == TENSOR_RESOURCE, "it does not read a variable");
    DEMAND(c, is_int8(output(c, 0)), "the variable is not int8");
    return 0;
}

static int check_assign(struct check *c)
{
    DEMAND(c, input(c, 0) && input(c, 0)->type == TENSOR_RESOURCE, "it does not write a variable");
    DEMAND(c, is_int8(input(c, 1)), "the variable is not int8");
    return 0;
}

static int check_reshape(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, c->op->input_count <= 2 && in && in->type == out->type && in->type != TENSOR_RESOURCE,
           "its types do not match");
    DEMAND(c, tensor_elements(in) == tensor_elements(out), "it reshapes %d values to %d", tensor_elements(in),
           tensor_elements(out));
    DEMAND(c, same_quantization(in, out), "scale or zero point change in a copy");
    c->work = tensor_elements(out);
    return 0;
}

static int check_slice(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out) && same_quantization(in, out),
           "it needs int8 with the same scale on both sides");
    DEMAND(c, in->rank <= MAX_SLICE_RANK, "its input has more than 4 dimensions");
    for (int i = 1; i < 4; i++)
        DEMAND(c, is_list(input(c, i), in->rank), "begin, end and strides must be constants, one value a dimension");
    DEMAND(c,
           !c->op->options.slice.ellipsis_mask && !c->op->options.slice.new_axis_mask && !c->op->options.slice.offset,
           "ellipsis, new axis and offset are not supported");
    int rank = 0;
    for (int d = 0; d < in->rank; d++) {
        struct range range;
        DEMAND(c, slice_range(c->graph, c->op, d, &range) == 0, "dimension %d of the slice is empty", d);
        if (c->op->options.slice.shrink_axis_mask & (1 << d))
            continue;
        DEMAND(c, rank < out->rank && out->shape[rank] == range.count,
               "its declared shape is not the shape of the slice");
        rank++;
    }
    DEMAND(c, rank == out->rank, "its declared shape is not the shape of the slice");
    c->work = tensor_elements(out);
    return 0;
}

// All dimensions but `axis` are equal.
static bool equal_beside(const struct tensor *a, const struct tensor *b, int axis)
{
    for (int d = 0; a->rank == b->rank && d < a->rank; d++)
        if (d != axis && a->shape[d] != b->shape[d])
            return false;
    return a->rank == b->rank;
}

static int check_concat(struct check *c)
{
    const struct tensor *out = output(c, 0);
    int axis = axis_from_zero(c->op->options.concat.axis, out->rank), sum = 0;
    DEMAND(c, axis >= 0 && is_int8(out), "it needs int8 and an axis within %d dimensions", out->rank);
    DEMAND(c, c->op->input_count <= MAX_CONCAT_INPUTS, "it has %d inputs, the device takes 10", c->op->input_count);
    DEMAND(c, c->op->options.concat.activation == ACTIVATION_NONE, "it has an activation");
    for (int i = 0; i < c->op->input_count; i++) {
        const struct tensor *in = input(c, i);
        DEMAND(c, is_int8(in) && same_quantization(in, out), "input %d has another scale or zero point than the output",
               i);
        DEMAND(c, equal_beside(in, out, axis), "input %d does not fit the output's shape", i);
        sum += in->shape[axis];
    }
    DEMAND(c, sum == out->shape[axis], "its inputs have %d rows, the output %d", sum, out->shape[axis]);
    c->work = tensor_elements(out);
    return 0;
}

static int check_split(struct check *c)
{
    const struct tensor *in = input(c, 0);
    DEMAND(c, is_int8(in) && is_list(input(c, 1), c->op->output_count) && is_list(input(c, 2), 1),
           "it needs an int8 input and constant sizes and axis");
    int axis = axis_from_zero(list_value(input(c, 2), 0), in->rank), sum = 0;
    DEMAND(c, axis >= 0, "its axis is outside %d dimensions", in->rank);
    for (int i = 0; i < c->op->output_count; i++) {
        const struct tensor *out = output(c, i);
        int size = list_value(input(c, 1), i);
        DEMAND(c, is_int8(out) && same_quantization(in, out),
               "output %d has another scale or zero point than the input", i);
        DEMAND(c, equal_beside(in, out, axis) && (size == -1 || size == out->shape[axis]),
               "output %d has another shape than its part", i);
        sum += out->shape[axis];
    }
    DEMAND(c, sum == in->shape[axis], "its parts have %d rows, the input %d", sum, in->shape[axis]);
    c->work = tensor_elements(in);
    return 0;
}

static int check_pack(struct check *c)
{
    const struct tensor *out = output(c, 0);
    int axis = axis_from_zero(c->op->options.pack.axis, out->rank);
    DEMAND(c, is_int8(out) && axis >= 0 && out->shape[axis] == c->op->input_count &&
              c->op->options.pack.values_count == c->op->input_count, "its output does not hold all inputs");
    for (int i = 0; i < c->op->input_count; i++) {
        const struct tensor *in = input(c, i);
        DEMAND(c, is_int8(in) && same_quantization(in, out) && in->rank == out->rank - 1,
               "input %d has another type or rank", i);
        for (int d = 0; d < in->rank; d++)
            DEMAND(c, in->shape[d] == out->shape[d < axis ? d : d + 1], "input %d has another shape", i);
    }
    c->work = tensor_elements(out);
    return 0;
}

static int check_pad(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out) && same_quantization(in, out) && in->rank == out->rank && in->rank <= 4,
           "it needs int8 with the same scale and at most 4 dimensions on both sides");
    DEMAND(c, is_list(input(c, 1), 2 * in->rank) && input(c, 1)->rank == 2,
           "paddings must be constant, two a dimension");
    for (int d = 0; d < in->rank; d++) {
        int before = list_value(input(c, 1), 2 * d), after = list_value(input(c, 1), 2 * d + 1);
        DEMAND(c, before >= 0 && after >= 0 && before <= TFLITE_MAX_ELEMENTS && after <= TFLITE_MAX_ELEMENTS &&
                  out->shape[d] == in->shape[d] + before + after, "dimension %d does not have its padded size", d);
    }
    c->work = tensor_elements(out);
    return 0;
}

// Scale of channel `o` of a weight tensor.
static double channel_scale(const struct tensor *weights, int o)
{
    return (double)weights->scales[weights->scale_count > 1 ? o : 0];
}

// The accumulator of every output channel must stay inside 32 bits and its factor inside the arithmetic of the device.
static int check_channels(struct check *c, int channels, int inputs, size_t channel_step, size_t input_step)
{
    const struct tensor *in = input(c, 0), *weights = input(c, 1), *bias = input(c, 2), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out), "input and output must be int8 with one scale");
    DEMAND(c, weights->type == TENSOR_INT8 && weights->scale_count && weights->data,
           "weights must be constant int8 with scales");
    for (int i = 0; i < weights->zero_point_count; i++)
        DEMAND(c, weights->zero_points[i] == 0, "weights must have zero point 0");
    DEMAND(c, !bias || is_list(bias, channels), "the bias must be %d constant int32 values", channels);
    const int8_t *w = (const int8_t *)weights->data;
    for (int o = 0; o < channels; o++) {
        int64_t sum = bias ? llabs((int64_t)list_value(bias, o)) : 0;
        for (int i = 0; i < inputs; i++)
            sum += 255 * (int64_t)abs(w[(size_t)o * channel_step + (size_t)i * input_step]);
        DEMAND(c, sum <= INT32_MAX, "channel %d can overflow its 32-bit sum", o);
        int32_t multiplier;
        int exponent;
        requant_multiplier((double)in->scales[0] * channel_scale(weights, o) / (double)out->scales[0], &multiplier,
                           &exponent);
        DEMAND(c, exponent <= MAX_EXPONENT, "channel %d has an output scale that is too small", o);
    }
    return 0;
}

static int check_activation(struct check *c, int activation)
{
    int low, high;
    DEMAND(c, activation_limits(activation, output(c, 0), &low, &high) == 0,
           "it has activation %d, which is not supported", activation);
    return 0;
}

static bool sane(int value)
{
    return value >= 1 && value <= 4096;
}

// Common part of the convolutions: weights [a][k_h][k_w][b].
static int check_window(struct check *c, int padding, int k_h, int k_w, int stride_h, int stride_w, int dilation_h,
                        int dilation_w)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, in->rank == 4 && out->rank == 4 && in->shape[0] == out->shape[0],
           "input and output must have 4 dimensions");
    DEMAND(c, padding == PADDING_SAME || padding == PADDING_VALID, "it has padding %d", padding);
    DEMAND(c, sane(k_h) && sane(k_w) && sane(stride_h) && sane(stride_w) && sane(dilation_h) && sane(dilation_w) &&
              in->shape[1] <= 1 << 20 && in->shape[2] <= 1 << 20, "its sizes, strides or dilations are impossible");
    struct window h = window_of(padding, in->shape[1], k_h, stride_h, dilation_h);
    struct window w = window_of(padding, in->shape[2], k_w, stride_w, dilation_w);
    DEMAND(c, h.size == out->shape[1] && w.size == out->shape[2],
           "its output is declared as %d x %d and would be %d x %d", out->shape[1], out->shape[2], h.size, w.size);
    return 0;
}

static int check_conv(struct check *c)
{
    const struct tensor *in = input(c, 0), *weights = input(c, 1), *out = output(c, 0);
    DEMAND(c, in && weights && c->op->has_options && in->rank == 4 && weights->rank == 4 && out->rank == 4,
           "it needs 4-dimensional tensors and its options");
    TRY(check_window(c, c->op->options.conv.padding, weights->shape[1], weights->shape[2], c->op->options.conv.stride_h,
                     c->op->options.conv.stride_w, c->op->options.conv.dilation_h, c->op->options.conv.dilation_w));
    DEMAND(c, weights->shape[3] == in->shape[3] && weights->shape[0] == out->shape[3],
           "its weights do not fit its channels");
    DEMAND(c, weights->scale_count <= 1 || weights->quantized_dimension == 0,
           "its weights are scaled along the wrong dimension");
    int inputs = tensor_elements(weights) / weights->shape[0];
    TRY(check_channels(c, weights->shape[0], inputs, (size_t)inputs, 1));
    TRY(check_activation(c, c->op->options.conv.activation));
    c->work = (double)tensor_elements(out) * inputs;
    return 0;
}

static int check_depthwise(struct check *c)
{
    const struct tensor *in = input(c, 0), *weights = input(c, 1), *out = output(c, 0);
    DEMAND(c, in && weights && c->op->has_options && in->rank == 4 && weights->rank == 4 && out->rank == 4,
           "it needs 4-dimensional tensors and its options");
    TRY(check_window(c, c->op->options.conv.padding, weights->shape[1], weights->shape[2], c->op->options.conv.stride_h,
                     c->op->options.conv.stride_w, c->op->options.conv.dilation_h, c->op->options.conv.dilation_w));
    int channels = weights->shape[3], taps = weights->shape[1] * weights->shape[2];
    DEMAND(c, weights->shape[0] == 1 && channels == out->shape[3] && channels % in->shape[3] == 0 &&
              channels / in->shape[3] == c->op->options.conv.multiplier, "its weights do not fit its channels");
    DEMAND(c, weights->scale_count <= 1 || weights->quantized_dimension == 3,
           "its weights are scaled along the wrong dimension");
    TRY(check_channels(c, channels, taps, 1, (size_t)channels));
    TRY(check_activation(c, c->op->options.conv.activation));
    c->work = (double)tensor_elements(out) * taps;
    return 0;
}

static int check_dense(struct check *c)
{
    const struct tensor *in = input(c, 0), *weights = input(c, 1), *bias = input(c, 2), *out = output(c, 0);
    DEMAND(c, in && weights && weights->rank == 2 && c->op->options.dense.weights_format == 0,
           "its weights must have 2 dimensions");
    int inputs = weights->shape[1], outputs = weights->shape[0];
    DEMAND(c,
           tensor_elements(in) % inputs == 0 && out->rank >= 1 && out->shape[out->rank - 1] == outputs &&
               tensor_elements(out) / outputs == tensor_elements(in) / inputs,
           "its weights do not fit input and output");
    DEMAND(c, weights->scale_count == 1, "its weights must have one scale");
    TRY(check_channels(c, outputs, inputs, (size_t)inputs, 1));
    if (bias && bias->scale_count) {
        double scale = (double)in->scales[0] * (double)weights->scales[0];
        double difference = (scale - (double)bias->scales[0]) / (double)out->scales[0];
        DEMAND(c, difference <= .02 && difference >= -.02, "its bias has another scale than input times weights");
    }
    TRY(check_activation(c, c->op->options.dense.activation));
    c->work = (double)tensor_elements(out) * inputs;
    return 0;
}

static int check_logistic(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out) && same_shape(in, out), "it needs int8 tensors of one shape");
    DEMAND(c, out->scales[0] == 0x1p-8f && tensor_zero_point(out) == -128,
           "its output must have scale 1/256 and zero point -128");
    DEMAND(c, in->scales[0] < 16, "its input scale is too large");
    c->work = tensor_elements(out);
    return 0;
}

static int check_quantize(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    bool known = in && ((in->type == TENSOR_INT8 && (out->type == TENSOR_INT8 || out->type == TENSOR_UINT8)) ||
                        (in->type == TENSOR_UINT8 && out->type == TENSOR_INT8));
    DEMAND(c, known && in->scale_count == 1 && out->scale_count == 1 && tensor_elements(in) == tensor_elements(out),
           "it needs 8-bit tensors of one size with one scale each");
    DEMAND(c, in->scales[0] / out->scales[0] < 0x1p20f, "its output scale is too small");
    c->work = tensor_elements(out);
    return 0;
}

// numpy's broadcasting of two operands to the output, ranks aligned at the end.
static int check_binary(struct check *c)
{
    const struct tensor *out = output(c, 0);
    DEMAND(c, is_int8(out) && out->rank <= MAX_SLICE_RANK, "it needs int8 and at most 4 dimensions");
    TRY(check_activation(c, c->op->options.binary.activation));
    for (int i = 0; i < 2; i++)
        DEMAND(c, is_int8(input(c, i)) && input(c, i)->rank <= out->rank, "operand %d must be int8 and fit the output",
               i);
    for (int d = 0; d < out->rank; d++) {
        int sizes[2];
        for (int i = 0; i < 2; i++) {
            int at = d - (out->rank - input(c, i)->rank);
            sizes[i] = at < 0 ? 1 : input(c, i)->shape[at];
            DEMAND(c, sizes[i] == 1 || sizes[i] == out->shape[d], "operand %d does not fit the output's shape", i);
        }
        DEMAND(c, sizes[0] == out->shape[d] || sizes[1] == out->shape[d], "the output is larger than its operands");
    }
    double a = (double)input(c, 0)->scales[0], b = (double)input(c, 1)->scales[0], y = (double)out->scales[0];
    if (c->op->code == OP_ADD)
        DEMAND(c, 2 * (a > b ? a : b) < 0x1p20 * y, "its output scale is too small");
    else
        DEMAND(c, a * b < 0x1p14 * y, "its output scale is too small");
    c->work = 4.0 * tensor_elements(out);
    return 0;
}

static int check_mean(struct check *c)
{
    const struct tensor *in = input(c, 0), *axes = input(c, 1), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out) && axes && is_list(axes, tensor_elements(axes)) && in->rank <= MAX_SLICE_RANK,
           "it needs int8 tensors of at most 4 dimensions and constant axes");
    bool reduced[TFLITE_MAX_RANK] = {false};
    for (int i = 0; i < tensor_elements(axes); i++) {
        int axis = axis_from_zero(list_value(axes, i), in->rank);
        DEMAND(c, axis >= 0, "an axis is outside %d dimensions", in->rank);
        reduced[axis] = true;
    }
    int rank = 0;
    for (int d = 0; d < in->rank; d++) {
        if (reduced[d] && !c->op->options.reduce.keep_dims)
            continue;
        DEMAND(c, rank < out->rank && out->shape[rank] == (reduced[d] ? 1 : in->shape[d]),
               "its declared shape is not the reduced one");
        rank++;
    }
    DEMAND(c, rank == out->rank, "its declared shape is not the reduced one");
    DEMAND(c, tensor_elements(in) <= 1 << 20 && in->scales[0] / out->scales[0] < 0x1p10f,
           "its input is too large or its output scale too small");
    c->work = tensor_elements(in);
    return 0;
}

static int check_pool(struct check *c)
{
    const struct tensor *in = input(c, 0), *out = output(c, 0);
    DEMAND(c, is_int8(in) && is_int8(out) && same_quantization(in, out),
           "it needs int8 with the same scale on both sides");
    DEMAND(c, in->rank == 4 && out->rank == 4 && in->shape[3] == out->shape[3] && c->op->has_options,
           "it needs 4-dimensional tensors");
    TRY(check_window(c, c->op->options.pool.padding, c->op->options.pool.filter_h, c->op->options.pool.filter_w,
                     c->op->options.pool.stride_h, c->op->options.pool.stride_w, 1, 1));
    TRY(check_activation(c, c->op->options.pool.activation));
    c->work = (double)tensor_elements(out) * c->op->options.pool.filter_h * c->op->options.pool.filter_w;
    return 0;
}

static const struct rule {
    int code, min_inputs, max_inputs, min_outputs, max_outputs;
    int (*check)(struct check *c);
} rules[] = {
    {OP_CALL_ONCE, 0, 0, 0, 0, check_call_once},
    {OP_VAR_HANDLE, 0, 0, 1, 1, check_handle},
    {OP_RESHAPE, 1, 2, 1, 1, check_reshape},
    {OP_READ_VARIABLE, 1, 1, 1, 1, check_read},
    {OP_STRIDED_SLICE, 4, 4, 1, 1, check_slice},
    {OP_CONCATENATION, 1, MAX_CONCAT_INPUTS, 1, 1, check_concat},
    {OP_ASSIGN_VARIABLE, 2, 2, 0, 0, check_assign},
    {OP_CONV_2D, 2, 3, 1, 1, check_conv},
    {OP_MUL, 2, 2, 1, 1, check_binary},
    {OP_ADD, 2, 2, 1, 1, check_binary},
    {OP_MEAN, 2, 2, 1, 1, check_mean},
    {OP_FULLY_CONNECTED, 2, 3, 1, 1, check_dense},
    {OP_LOGISTIC, 1, 1, 1, 1, check_logistic},
    {OP_QUANTIZE, 1, 1, 1, 1, check_quantize},
    {OP_DEPTHWISE_CONV_2D, 2, 3, 1, 1, check_depthwise},
    {OP_AVERAGE_POOL_2D, 1, 1, 1, 1, check_pool},
    {OP_MAX_POOL_2D, 1, 1, 1, 1, check_pool},
    {OP_PAD, 2, 2, 1, 1, check_pad},
    {OP_PACK, 1, TFLITE_MAX_OPS, 1, 1, check_pack},
    {OP_SPLIT_V, 3, 3, 1, TFLITE_MAX_OPS, check_split},
};

static int check_op(struct check *c)
{
    const struct rule *rule = NULL;
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].code == c->op->code)
            rule = &rules[i];
    DEMAND(c, rule, "the device does not have this operator");
    DEMAND(c, c->op->input_count >= rule->min_inputs && c->op->input_count <= rule->max_inputs &&
              c->op->output_count >= rule->min_outputs && c->op->output_count <= rule->max_outputs,
           "it has %d inputs and %d outputs", c->op->input_count, c->op->output_count);
    return rule->check(c);
}

int tflite_check_op(const struct tflite_model *model, int index, double *work, struct error *error)
{
    const struct subgraph *graph = &model->subgraphs[0];
    struct check c = {model, graph, &graph->ops[index], index, 0, error};
    int code = check_op(&c);
    if (code < 0) {
        const char *name = op_name(c.op->code);
        return name ? error_prefix(error, "operator %d (%s)", index, name)
                    : error_prefix(error, "operator %d (code %d)", index, c.op->code);
    }
    *work = c.work;
    return 0;
}

int tflite_check_interface(const struct tflite_model *model, struct error *error)
{
    const struct subgraph *graph = &model->subgraphs[0];
    if (graph->input_count != 1 || graph->output_count != 1)
        return error_set(error, ERROR_FORMAT,
                         "the model has %d inputs and %d outputs, a wake word model has one of each",
                         graph->input_count, graph->output_count);
    const struct tensor *in = &graph->tensors[graph->inputs[0]], *out = &graph->tensors[graph->outputs[0]];
    if (in->type != TENSOR_INT8 || in->rank != 3 || in->shape[0] != 1 || in->shape[2] != TFLITE_FEATURES)
        return error_set(error, ERROR_FORMAT, "the model's input is not int8 [1, rows, %d]", TFLITE_FEATURES);
    if (out->type != TENSOR_UINT8 || out->rank != 2 || tensor_elements(out) != 1)
        return error_set(error, ERROR_FORMAT, "the model's output is not uint8 [1, 1]");
    return 0;
}
