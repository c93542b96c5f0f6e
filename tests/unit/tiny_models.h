// SPDX-License-Identifier: GPL-3.0-or-later
// Small models built by hand, with weights from a seed, for tests of reader, writer and interpreter.
#ifndef WAKESMITH_TINY_MODELS_H
#define WAKESMITH_TINY_MODELS_H

#include "tflite/tflite.h"

#include <math.h>
#include <string.h>

enum { TINY_TENSORS = 128, TINY_OPS = 64, TINY_STRIDE = 2 };

struct tiny {
    struct tflite_model *model;
    struct subgraph *graph; // that parts are added to
    struct rng rng;
};

static inline void *tiny_copy(struct tiny *tiny, const void *data, size_t size)
{
    void *copy = arena_alloc(&tiny->model->arena, size + 1, 16);
    return size ? memcpy(copy, data, size) : copy;
}

static inline int tiny_tensor(struct tiny *tiny, int type, int rank, const int *shape, float scale, int zero)
{
    struct tensor *tensor = &tiny->graph->tensors[tiny->graph->tensor_count];
    *tensor = (struct tensor){.name = "t", .type = type, .rank = rank};
    for (int d = 0; d < rank; d++)
        tensor->shape[d] = shape[d];
    if (scale > 0) {
        int64_t zero_point = zero;
        tensor->scales = tiny_copy(tiny, &scale, sizeof scale);
        tensor->zero_points = tiny_copy(tiny, &zero_point, sizeof zero_point);
        tensor->scale_count = tensor->zero_point_count = 1;
    }
    return tiny->graph->tensor_count++;
}

static inline int tiny_size(const struct tiny *tiny, int tensor)
{
    int size = 1;
    for (int d = 0; d < tiny->graph->tensors[tensor].rank; d++)
        size *= tiny->graph->tensors[tensor].shape[d];
    return size;
}

#define TINY_SHAPE(...) (int)COUNT_OF(((int[]){__VA_ARGS__})), (const int[]){__VA_ARGS__}

static inline int tiny_ints(struct tiny *tiny, int count, const int *values)
{
    int index = tiny_tensor(tiny, TENSOR_INT32, 1, &count, 0, 0);
    tiny->graph->tensors[index].data = tiny_copy(tiny, values, (size_t)count * sizeof *values);
    tiny->graph->tensors[index].data_size = (size_t)count * sizeof *values;
    return index;
}

static inline struct op *tiny_op(struct tiny *tiny, int code, int input_count, const int *inputs, int output_count,
                                 const int *outputs)
{
    struct op *op = &tiny->graph->ops[tiny->graph->op_count++];
    *op = (struct op){.code = code, .input_count = input_count, .output_count = output_count, .has_options = true};
    op->inputs = tiny_copy(tiny, inputs, (size_t)input_count * sizeof *inputs);
    op->outputs = tiny_copy(tiny, outputs, (size_t)output_count * sizeof *outputs);
    return op;
}

#define TINY_OP(tiny, code, output, ...) \
    tiny_op(tiny, code, (int)COUNT_OF(((int[]){__VA_ARGS__})), (const int[]){__VA_ARGS__}, 1, (const int[]){output})

// Weights and bias of `channels` outputs, one scale a channel along `dimension`, or one in all (dimension -1).
static inline void tiny_weights(struct tiny *tiny, int rank, const int *shape, int dimension, float in_scale,
                                int *weights, int *bias)
{
    int channels = shape[dimension < 0 ? 0 : dimension], count = dimension < 0 ? 1 : channels;
    float scales[256], bias_scales[256];
    int64_t zeros[256] = {0};
    for (int c = 0; c < count; c++) {
        scales[c] = .002f + .004f * (float)rng_unit(&tiny->rng);
        bias_scales[c] = in_scale * scales[c];
    }
    *weights = tiny_tensor(tiny, TENSOR_INT8, rank, shape, 1, 0);
    int size = tiny_size(tiny, *weights);
    int8_t *data = arena_alloc(&tiny->model->arena, (size_t)size, 16);
    for (int i = 0; i < size; i++)
        data[i] = (int8_t)((int)rng_below(&tiny->rng, 255) - 127);
    struct tensor *w = &tiny->graph->tensors[*weights];
    w->data = (const uint8_t *)data;
    w->data_size = (size_t)size;
    w->scales = tiny_copy(tiny, scales, (size_t)count * sizeof *scales);
    w->zero_points = tiny_copy(tiny, zeros, (size_t)count * sizeof *zeros);
    w->scale_count = w->zero_point_count = count;
    w->quantized_dimension = dimension < 0 ? 0 : dimension;
    int values[256];
    for (int c = 0; c < channels; c++)
        values[c] = (int)rng_below(&tiny->rng, 20001) - 10000;
    *bias = tiny_ints(tiny, channels, values);
    struct tensor *b = &tiny->graph->tensors[*bias];
    b->scales = tiny_copy(tiny, bias_scales, (size_t)count * sizeof *bias_scales);
    b->zero_points = w->zero_points;
    b->scale_count = b->zero_point_count = count;
}

static inline float tiny_scale(const struct tiny *tiny, int tensor)
{
    return tiny->graph->tensors[tensor].scales[0];
}

// An output scale that uses the range for sums of `inputs` random products.
static inline float tiny_out_scale(const struct tiny *tiny, int in, int inputs)
{
    return tiny_scale(tiny, in) * .004f * 90 * sqrtf((float)inputs);
}

static inline int tiny_conv(struct tiny *tiny, int in, int k, int stride, int channels, int activation)
{
    int rows = tiny->graph->tensors[in].shape[1], inputs = tiny->graph->tensors[in].shape[3], weights, bias;
    tiny_weights(tiny, TINY_SHAPE(channels, k, 1, inputs), 0, tiny_scale(tiny, in), &weights, &bias);
    int out =
        tiny_tensor(tiny, TENSOR_INT8, TINY_SHAPE(1, (rows - k) / stride + 1, 1, channels),
                    tiny_out_scale(tiny, in, k * inputs), activation ? -128 : (int)rng_below(&tiny->rng, 40) - 20);
    struct op *op = TINY_OP(tiny, OP_CONV_2D, out, in, weights, bias);
    op->options.conv.padding = PADDING_VALID;
    op->options.conv.stride_h = stride;
    op->options.conv.stride_w = op->options.conv.dilation_h = op->options.conv.dilation_w = 1;
    op->options.conv.activation = activation;
    return out;
}

// All channels of all rows of `in`, as many taps as it has rows. `like`: tensor whose scale the output takes, -1: own.
static inline int tiny_depthwise(struct tiny *tiny, int in, int like)
{
    int k = tiny->graph->tensors[in].shape[1], channels = tiny->graph->tensors[in].shape[3], weights, bias;
    tiny_weights(tiny, TINY_SHAPE(1, k, 1, channels), 3, tiny_scale(tiny, in), &weights, &bias);
    float scale = like < 0 ? tiny_out_scale(tiny, in, k) : tiny_scale(tiny, like);
    int out = tiny_tensor(tiny, TENSOR_INT8, TINY_SHAPE(1, 1, 1, channels), scale, 7);
    struct op *op = TINY_OP(tiny, OP_DEPTHWISE_CONV_2D, out, in, weights, bias);
    op->options.conv.padding = PADDING_VALID;
    op->options.conv.stride_h = op->options.conv.stride_w = op->options.conv.dilation_h = op->options.conv.dilation_w =
        1;
    op->options.conv.multiplier = 1;
    return out;
}

static inline int tiny_same(struct tiny *tiny, int like, int rank, const int *shape)
{
    const struct tensor *tensor = &tiny->graph->tensors[like];
    return tiny_tensor(tiny, TENSOR_INT8, rank, shape, tensor->scales[0], (int)tensor->zero_points[0]);
}

static inline int tiny_concat(struct tiny *tiny, int axis, int a, int b)
{
    const struct tensor *first = &tiny->graph->tensors[a], *second = &tiny->graph->tensors[b];
    int shape[4];
    memcpy(shape, first->shape, sizeof shape);
    shape[axis] += second->shape[axis];
    int out = tiny_same(tiny, a, first->rank, shape);
    TINY_OP(tiny, OP_CONCATENATION, out, a, b)->options.concat.axis = axis;
    return out;
}

// Rows [start, end) (negative: from the end; end 0: to the end) and channels [c0, c1) of [1, rows, 1, channels].
static inline int tiny_slice(struct tiny *tiny, int in, int start, int c0, int c1)
{
    int rows = tiny->graph->tensors[in].shape[1], all = c0 == 0 && c1 == tiny->graph->tensors[in].shape[3];
    int begin = tiny_ints(tiny, 4, (int[]){0, start, 0, c0}), end = tiny_ints(tiny, 4, (int[]){0, 0, 0, c1});
    int strides = tiny_ints(tiny, 4, (int[]){1, 1, 1, 1});
    int out = tiny_same(tiny, in, TINY_SHAPE(1, start < 0 ? -start : rows - start, 1, c1 - c0));
    struct op *op = TINY_OP(tiny, OP_STRIDED_SLICE, out, in, begin, end, strides);
    op->options.slice.begin_mask = all ? 13 : 5;
    op->options.slice.end_mask = all ? 15 : 7;
    return out;
}

static inline struct tiny tiny_begin(uint64_t seed)
{
    struct tiny tiny = {.model = tflite_new(), .rng = rng_make(seed, 0)};
    struct arena *arena = &tiny.model->arena;
    tiny.model->description = "tiny";
    tiny.model->subgraphs = arena_alloc(arena, 2 * sizeof *tiny.model->subgraphs, 16);
    tiny.model->subgraph_count = 2;
    for (int g = 0; g < 2; g++) {
        struct subgraph *graph = &tiny.model->subgraphs[g];
        graph->name = g ? "NoOp" : "main";
        graph->tensors = arena_alloc(arena, TINY_TENSORS * sizeof *graph->tensors, 16);
        graph->ops = arena_alloc(arena, TINY_OPS * sizeof *graph->ops, 16);
        graph->inputs = arena_alloc(arena, sizeof(int), 16);
        graph->outputs = arena_alloc(arena, sizeof(int), 16);
    }
    tiny.graph = &tiny.model->subgraphs[0];
    tiny.graph->input_count = 1;
    tiny.graph->inputs[0] = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(1, TINY_STRIDE, 40), 26.0f / 255, -128);
    tiny_op(&tiny, OP_CALL_ONCE, 0, NULL, 0, NULL)->options.call_once.subgraph = 1;
    return tiny;
}

static inline int tiny_reshape(struct tiny *tiny, int in, int rank, const int *shape)
{
    int sizes = tiny_ints(tiny, rank, shape), out = tiny_same(tiny, in, rank, shape);
    TINY_OP(tiny, OP_RESHAPE, out, in, sizes);
    return out;
}

static inline int tiny_handle(struct tiny *tiny, const char *name)
{
    int handle = tiny_tensor(tiny, TENSOR_RESOURCE, 0, NULL, 0, 0);
    struct op *op = tiny_op(tiny, OP_VAR_HANDLE, 0, NULL, 1, &handle);
    op->options.variable.container = "";
    op->options.variable.shared_name = tiny_copy(tiny, name, strlen(name) + 1);
    return handle;
}

// The last `rows` rows and the new ones: reads, extends, stores; sets the state to its zero point in the init subgraph.
static inline int tiny_ring(struct tiny *tiny, const char *name, int in, int rows)
{
    int channels = tiny->graph->tensors[in].shape[3], handle = tiny_handle(tiny, name);
    int state = tiny_same(tiny, in, TINY_SHAPE(1, rows, 1, channels));
    TINY_OP(tiny, OP_READ_VARIABLE, state, handle);
    int all = tiny_concat(tiny, 1, state, in), kept = tiny_slice(tiny, all, -rows, 0, channels);
    tiny_op(tiny, OP_ASSIGN_VARIABLE, 2, (int[]){handle, kept}, 0, NULL);
    struct tensor initial = tiny->graph->tensors[state];
    struct subgraph *main_graph = tiny->graph;
    initial.data_size = (size_t)(rows * channels);
    uint8_t *data = arena_alloc(&tiny->model->arena, initial.data_size, 16);
    memset(data, (int)initial.zero_points[0], initial.data_size);
    initial.data = data;
    tiny->graph = &tiny->model->subgraphs[1];
    int again = tiny_handle(tiny, name), value = tiny->graph->tensor_count++;
    tiny->graph->tensors[value] = initial;
    tiny_op(tiny, OP_ASSIGN_VARIABLE, 2, (int[]){again, value}, 0, NULL);
    tiny->graph = main_graph;
    return all;
}

// Dense layer, logistic, byte.
static inline struct tflite_model *tiny_end(struct tiny *tiny, int in)
{
    int size = tiny_size(tiny, in), flat = tiny_reshape(tiny, in, TINY_SHAPE(1, size)), weights, bias;
    tiny_weights(tiny, TINY_SHAPE(1, size), -1, tiny_scale(tiny, in), &weights, &bias);
    int logit = tiny_tensor(tiny, TENSOR_INT8, TINY_SHAPE(1, 1), tiny_out_scale(tiny, in, size), 5);
    tiny->graph->tensors[logit].scales = tiny_copy(tiny, &(float){.06f}, sizeof(float));
    float fit = tiny_out_scale(tiny, in, size) / .06f;
    tiny->graph->tensors[weights].scales =
        tiny_copy(tiny, &(float){tiny->graph->tensors[weights].scales[0] / fit}, sizeof(float));
    tiny->graph->tensors[bias].scales =
        tiny_copy(tiny, &(float){tiny_scale(tiny, in) * tiny->graph->tensors[weights].scales[0]}, sizeof(float));
    TINY_OP(tiny, OP_FULLY_CONNECTED, logit, flat, weights, bias);
    int probability = tiny_tensor(tiny, TENSOR_INT8, TINY_SHAPE(1, 1), 0x1p-8f, -128);
    TINY_OP(tiny, OP_LOGISTIC, probability, logit);
    int byte = tiny_tensor(tiny, TENSOR_UINT8, TINY_SHAPE(1, 1), 0x1p-8f, 0);
    TINY_OP(tiny, OP_QUANTIZE, byte, probability);
    tiny->graph->output_count = 1;
    tiny->graph->outputs[0] = byte;
    return tiny->model;
}

// A streaming model of the usual kind, with two kernel sizes in its second block.
// `split`: channels are parted by SPLIT_V, as converters do it, else by slices.
static inline struct tflite_model *tiny_streaming(uint64_t seed, int channels, bool split)
{
    struct tiny tiny = tiny_begin(seed);
    int rows = tiny_reshape(&tiny, tiny.graph->inputs[0], TINY_SHAPE(1, TINY_STRIDE, 1, 40)), half = channels / 2;
    int x = tiny_conv(&tiny, tiny_ring(&tiny, "a", rows, 3), 5, TINY_STRIDE, channels, ACTIVATION_RELU);
    x = tiny_conv(&tiny, tiny_depthwise(&tiny, tiny_ring(&tiny, "b", x, 4), -1), 1, 1, channels, ACTIVATION_RELU);
    int all = tiny_ring(&tiny, "c", x, 6), first, second;
    if (split) {
        int sizes = tiny_ints(&tiny, 2, (int[]){half, channels - half}), axis = tiny_ints(&tiny, 1, (int[]){-1}),
            parts[2];
        parts[0] = tiny_same(&tiny, all, TINY_SHAPE(1, 7, 1, half));
        parts[1] = tiny_same(&tiny, all, TINY_SHAPE(1, 7, 1, channels - half));
        tiny_op(&tiny, OP_SPLIT_V, 3, (int[]){all, sizes, axis}, 2, parts)->options.split.splits = 2;
        first = tiny_slice(&tiny, parts[0], -4, 0, half);
        second = tiny_slice(&tiny, parts[1], -7, 0, channels - half);
    } else {
        first = tiny_slice(&tiny, all, -4, 0, half);
        second = tiny_slice(&tiny, all, -7, half, channels);
    }
    first = tiny_depthwise(&tiny, first, -1);
    x = tiny_concat(&tiny, 3, first, tiny_depthwise(&tiny, second, first));
    x = tiny_conv(&tiny, x, 1, 1, channels, ACTIVATION_RELU);
    return tiny_end(&tiny, tiny_ring(&tiny, "d", x, 5));
}

static inline int tiny_pool(struct tiny *tiny, int code, int in, int padding, int size, int out_rows, int activation)
{
    int out = tiny_same(tiny, in, TINY_SHAPE(1, out_rows, 1, tiny->graph->tensors[in].shape[3]));
    struct op *op = TINY_OP(tiny, code, out, in);
    op->options.pool.padding = padding;
    op->options.pool.filter_h = size;
    op->options.pool.stride_h = 2;
    op->options.pool.filter_w = op->options.pool.stride_w = 1;
    op->options.pool.activation = activation;
    return out;
}

// The operators that wake word models seldom have: PAD, both pools, ADD, MUL, MEAN, PACK.
static inline struct tflite_model *tiny_rare(uint64_t seed)
{
    struct tiny tiny = tiny_begin(seed);
    int rows = tiny_reshape(&tiny, tiny.graph->inputs[0], TINY_SHAPE(1, TINY_STRIDE, 1, 40)), channels = 12;
    int x = tiny_conv(&tiny, tiny_ring(&tiny, "a", rows, 3), 1, 1, channels, ACTIVATION_NONE); // [1,5,1,12]
    int around = tiny_ints(&tiny, 8, (int[]){0, 0, 1, 2, 0, 0, 0, 0}),
        padded = tiny_same(&tiny, x, TINY_SHAPE(1, 8, 1, channels));
    tiny.graph->tensors[around].rank = 2;
    memcpy(tiny.graph->tensors[around].shape, (int[]){4, 2}, 2 * sizeof(int));
    TINY_OP(&tiny, OP_PAD, padded, x, around);
    int average = tiny_pool(&tiny, OP_AVERAGE_POOL_2D, padded, PADDING_SAME, 3, 4, ACTIVATION_NONE);
    int largest = tiny_pool(&tiny, OP_MAX_POOL_2D, padded, PADDING_VALID, 2, 4, ACTIVATION_RELU);
    int sum = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(1, 4, 1, channels), tiny_scale(&tiny, x) * 1.3f, -9);
    TINY_OP(&tiny, OP_ADD, sum, average, largest)->options.binary.activation = ACTIVATION_NONE;
    int factors = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(channels), .01f, 3);
    int8_t *values = arena_alloc(&tiny.model->arena, (size_t)channels, 16);
    for (int c = 0; c < channels; c++)
        values[c] = (int8_t)((int)rng_below(&tiny.rng, 256) - 128);
    tiny.graph->tensors[factors].data = (const uint8_t *)values;
    tiny.graph->tensors[factors].data_size = (size_t)channels;
    int product = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(1, 4, 1, channels), tiny_scale(&tiny, sum) * .7f, 11);
    TINY_OP(&tiny, OP_MUL, product, sum, factors);
    int axes = tiny_ints(&tiny, 2, (int[]){1, 2});
    int mean = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(1, channels), tiny_scale(&tiny, product) * .5f, -3);
    TINY_OP(&tiny, OP_MEAN, mean, product, axes);
    int same = tiny_same(&tiny, product, TINY_SHAPE(1, 1, 1, channels));
    TINY_OP(&tiny, OP_MEAN, same, product, axes)->options.reduce.keep_dims = true;
    int flat = tiny_reshape(&tiny, same, TINY_SHAPE(1, channels));
    int shifted = tiny_tensor(&tiny, TENSOR_INT8, TINY_SHAPE(1, channels), tiny_scale(&tiny, mean), -3);
    TINY_OP(&tiny, OP_QUANTIZE, shifted, flat);
    int packed = tiny_same(&tiny, mean, TINY_SHAPE(1, 2, channels));
    struct op *op = TINY_OP(&tiny, OP_PACK, packed, mean, shifted);
    op->options.pack.values_count = 2;
    op->options.pack.axis = 1;
    return tiny_end(&tiny, packed);
}

#endif
