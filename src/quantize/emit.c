// SPDX-License-Identifier: GPL-3.0-or-later
// The graph: each stage reads its ring from a variable just before it is needed, appends the new rows, stores the
// last rows again and convolves. A second subgraph sets the variables to real 0.
#include "quantize/quantize_internal.h"

#include <string.h>

enum { MOST_STATES = NN_MAX_BLOCKS + 2 };
#define LIST(...)                                                                                                      \
    (const int[])                                                                                                      \
    {                                                                                                                  \
        __VA_ARGS__, NO_TENSOR                                                                                         \
    }
#define NONE                                                                                                           \
    (const int[])                                                                                                      \
    {                                                                                                                  \
        NO_TENSOR                                                                                                      \
    }
#define SHAPE(...)                                                                                                     \
    (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[])                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

struct state { // of one ring
    int rows, channels;
    struct quant quant;
    int handle;
};
struct emitter {
    const struct nn_config *config;
    const struct integer_network *integers;
    struct graph main, init;
    struct state states[MOST_STATES];
    int state_count, used; // rings emitted so far
};

static void add_state(struct emitter *emitter, int rows, int channels, struct quant quant)
{
    if (rows > 0)
        emitter->states[emitter->state_count++] = (struct state){rows, channels, quant, 0};
}

static struct quant stage_quant(const struct emitter *emitter, int stage)
{
    return emitter->integers->activations[stage ? block_output(stage - 1) : FIRST_OUTPUT];
}

// In the order of the graph; a stage that keeps no rows has no ring.
static void plan_states(struct emitter *emitter)
{
    const struct nn_config *config = emitter->config;
    add_state(emitter, config->first_kernel - config->stride, NN_FEATURES, emitter->integers->input);
    for (int i = 0; i < config->blocks; i++)
        add_state(emitter, nn_block_reach(config, i) - 1, nn_block_channels(config, i), stage_quant(emitter, i));
    add_state(emitter, config->tail - 1, last_channels(config), stage_quant(emitter, config->blocks));
}

static int emit_handle(struct graph *graph, int number)
{
    char name[16];
    snprintf(name, sizeof name, "s%d", number);
    int handle = graph_tensor(graph, name, TENSOR_RESOURCE, 0, NULL, NULL);
    struct op *op = graph_op(graph, OP_VAR_HANDLE, NONE, LIST(handle));
    op->has_options = true;
    op->options.variable.container = "";
    op->options.variable.shared_name = graph->failed ? "" : graph->subgraph->tensors[handle].name;
    return handle;
}

// Every variable starts as real 0: its zero point.
static int emit_init(struct emitter *emitter, struct error *error)
{
    struct graph *graph = &emitter->init;
    for (int i = 0; i < emitter->state_count; i++) {
        const struct state *state = &emitter->states[i];
        size_t size = (size_t)state->rows * (size_t)state->channels;
        void *zeros = arena_alloc(&graph->model->arena, size, 1);
        if (!zeros)
            return error_memory(error, "the int8 graph");
        memset(zeros, state->quant.zero_point, size);
        int handle = emit_handle(graph, i);
        int value = graph_constant(graph, "zero", TENSOR_INT8, SHAPE(1, state->rows, 1, state->channels), zeros);
        graph_scales(graph, value, 1, &state->quant.scale, 0);
        if (!graph->failed)
            *(int64_t *)(uintptr_t)graph->subgraph->tensors[value].zero_points = state->quant.zero_point;
        graph_op(graph, OP_ASSIGN_VARIABLE, LIST(handle, value), NONE);
    }
    return 0;
}

static int emit_concat(struct graph *graph, const char *name, const int *inputs, int axis, int rows, int channels,
                       const struct quant *quant)
{
    int out = graph_tensor(graph, name, TENSOR_INT8, SHAPE(1, rows, 1, channels), quant);
    struct op *op = graph_op(graph, OP_CONCATENATION, inputs, LIST(out));
    op->has_options = true;
    op->options.concat.axis = axis;
    return out;
}

// The last `rows` rows of `in`, channels from .. from+count-1; `all` when these are all channels.
static int emit_slice(struct graph *graph, int in, int rows, int from, int count, bool all, const struct quant *quant)
{
    int begin = graph_integers(graph, 4, (const int32_t[]){0, -rows, 0, from});
    int end = graph_integers(graph, 4, (const int32_t[]){0, 0, 0, from + count});
    int strides = graph_integers(graph, 4, (const int32_t[]){1, 1, 1, 1});
    int out = graph_tensor(graph, "rows", TENSOR_INT8, SHAPE(1, rows, 1, count), quant);
    struct op *op = graph_op(graph, OP_STRIDED_SLICE, LIST(in, begin, end, strides), LIST(out));
    op->has_options = true;
    op->options.slice.begin_mask = all ? 13 : 5; // a set bit: the whole dimension
    op->options.slice.end_mask = all ? 15 : 7;
    return out;
}

// Appends `fresh` new rows to the next ring and stores what the next step needs; the tensor of all rows.
static int emit_ring(struct emitter *emitter, int rows, int fresh, int in)
{
    if (rows == 0)
        return in;
    struct graph *graph = &emitter->main;
    const struct state *state = &emitter->states[emitter->used++];
    int old = graph_tensor(graph, "old", TENSOR_INT8, SHAPE(1, rows, 1, state->channels), &state->quant);
    graph_op(graph, OP_READ_VARIABLE, LIST(state->handle), LIST(old));
    int all = emit_concat(graph, "ring", LIST(old, in), 1, rows + fresh, state->channels, &state->quant);
    int kept = emit_slice(graph, all, rows, 0, state->channels, true, &state->quant);
    graph_op(graph, OP_ASSIGN_VARIABLE, LIST(state->handle, kept), NONE);
    return all;
}

// Weights and bias as constants, then the operator. `shape` of the weights, `dimension`: that of the channels.
static struct op *emit_layer(struct graph *graph, int code, const char *name, const struct layer *layer, int rank,
                             const int *shape, int dimension, int in, int out_rank, const struct quant *quant, int *out)
{
    int weights = graph_constant(graph, "w", TENSOR_INT8, rank, shape, layer->weights);
    graph_scales(graph, weights, layer->out, layer->scales, dimension);
    int bias = graph_constant(graph, "b", TENSOR_INT32, SHAPE(layer->out), layer->biases);
    graph_scales(graph, bias, layer->out, layer->bias_scales, 0);
    int row[4] = {1, 1, 1, layer->out};
    *out = graph_tensor(graph, name, TENSOR_INT8, out_rank, row + 4 - out_rank, quant);
    struct op *op = graph_op(graph, code, LIST(in, weights, bias), LIST(*out));
    op->has_options = true;
    return op;
}

static int emit_conv(struct graph *graph, const char *name, const struct layer *layer, int rows, int padding,
                     int stride, int in, const struct quant *quant)
{
    int out, shape[4] = {layer->out, rows, 1, layer->in / rows};
    struct op *op = emit_layer(graph, OP_CONV_2D, name, layer, 4, shape, 0, in, 4, quant, &out);
    op->options.conv.padding = padding;
    op->options.conv.stride_w = 1;
    op->options.conv.stride_h = stride;
    op->options.conv.activation = ACTIVATION_RELU;
    op->options.conv.dilation_w = op->options.conv.dilation_h = 1;
    return out;
}

static int emit_depthwise(struct graph *graph, const struct layer *layer, int in, const struct quant *quant)
{
    int out, shape[4] = {1, layer->in, 1, layer->out};
    struct op *op = emit_layer(graph, OP_DEPTHWISE_CONV_2D, "depthwise", layer, 4, shape, 3, in, 4, quant, &out);
    op->options.conv.padding = PADDING_VALID;
    op->options.conv.stride_w = op->options.conv.stride_h = op->options.conv.multiplier = 1;
    op->options.conv.dilation_w = op->options.conv.dilation_h = 1;
    return out;
}

static int emit_block(struct emitter *emitter, int block, int in)
{
    struct graph *graph = &emitter->main;
    const struct nn_config *config = emitter->config;
    const struct layer *layers = emitter->integers->depthwise[block];
    const struct quant input = stage_quant(emitter, block),
                       *middle = &emitter->integers->activations[depthwise_output(block)];
    int groups = config->kernel_count[block], channels = nn_block_channels(config, block), from = 0;
    int all = emit_ring(emitter, nn_block_reach(config, block) - 1, 1, in), out;
    if (groups == 1) {
        out = emit_depthwise(graph, &layers[0], all, middle);
    } else {
        int parts[NN_MAX_KERNELS + 1];
        for (int g = 0; g < groups; g++) {
            int rows = emit_slice(graph, all, layers[g].in, from, layers[g].out, false, &input);
            parts[g] = emit_depthwise(graph, &layers[g], rows, middle);
            from += layers[g].out;
        }
        parts[groups] = NO_TENSOR;
        out = emit_concat(graph, "mixed", parts, 3, 1, channels, middle);
    }
    const struct quant output = stage_quant(emitter, block + 1);
    return emit_conv(graph, "block", &emitter->integers->pointwise[block], 1, PADDING_SAME, 1, out, &output);
}

static int emit_reshape(struct graph *graph, int in, int rank, const int *shape, const struct quant *quant)
{
    int32_t values[TFLITE_MAX_RANK];
    for (int i = 0; i < rank; i++)
        values[i] = shape[i];
    int wanted = graph_integers(graph, rank, values);
    int out = graph_tensor(graph, "shaped", TENSOR_INT8, rank, shape, quant);
    graph_op(graph, OP_RESHAPE, LIST(in, wanted), LIST(out));
    return out;
}

static int emit_head(struct emitter *emitter, int in)
{
    struct graph *graph = &emitter->main;
    const struct integer_network *integers = emitter->integers;
    const struct layer *layer = &integers->dense;
    const struct quant input = stage_quant(emitter, emitter->config->blocks);
    if (emitter->config->tail > 1)
        in = emit_reshape(graph, emit_ring(emitter, emitter->config->tail - 1, 1, in), SHAPE(1, layer->in), &input);
    int logit, shape[2] = {1, layer->in};
    emit_layer(graph, OP_FULLY_CONNECTED, "logit", layer, 2, shape, 0, in, 2,
               &integers->activations[logit_output(emitter->config)], &logit);
    int logistic = graph_tensor(graph, "probability", TENSOR_INT8, SHAPE(1, 1), &integers->logistic);
    graph_op(graph, OP_LOGISTIC, LIST(logit), LIST(logistic));
    int out = graph_tensor(graph, "dense", TENSOR_UINT8, SHAPE(1, 1), &integers->output);
    graph_op(graph, OP_QUANTIZE, LIST(logistic), LIST(out));
    return out;
}

static void emit_main(struct emitter *emitter, int *inputs, int *outputs)
{
    struct graph *graph = &emitter->main;
    const struct nn_config *config = emitter->config;
    const struct integer_network *integers = emitter->integers;
    inputs[0] =
        graph_tensor(graph, "input_audio", TENSOR_INT8, SHAPE(1, config->stride, NN_FEATURES), &integers->input);
    struct op *once = graph_op(graph, OP_CALL_ONCE, NONE, NONE);
    once->has_options = true;
    once->options.call_once.subgraph = 1;
    for (int i = 0; i < emitter->state_count; i++)
        emitter->states[i].handle = emit_handle(graph, i);
    int at = emit_reshape(graph, inputs[0], SHAPE(1, config->stride, 1, NN_FEATURES), &integers->input);
    at = emit_ring(emitter, config->first_kernel - config->stride, config->stride, at);
    at = emit_conv(graph, "conv1", &integers->first, config->first_kernel, PADDING_VALID, config->stride, at,
                   &integers->activations[FIRST_OUTPUT]);
    for (int i = 0; i < config->blocks; i++)
        at = emit_block(emitter, i, at);
    outputs[0] = emit_head(emitter, at);
}

int emit_model(const struct nn_config *config, const struct integer_network *integers, const char *description,
               struct tflite_model **out, struct error *error)
{
    struct emitter emitter = {.config = config, .integers = integers};
    struct tflite_model *model = tflite_new();
    if (!model)
        return error_memory(error, "the int8 graph");
    model->version = 3;
    model->has_signature = true;
    model->description = arena_text(&model->arena, description);
    model->subgraph_count = 2;
    model->subgraphs = arena_alloc(&model->arena, 2 * sizeof *model->subgraphs, 16);
    int *ends = arena_alloc(&model->arena, 2 * sizeof *ends, sizeof *ends);
    int code = model->description && model->subgraphs && ends ? 0 : error_memory(error, "the int8 graph");
    if (code == 0) {
        graph_begin(&emitter.main, model, &model->subgraphs[0], "main");
        graph_begin(&emitter.init, model, &model->subgraphs[1], "NoOp");
        plan_states(&emitter);
        emit_main(&emitter, &ends[0], &ends[1]);
        model->subgraphs[0].inputs = &ends[0];
        model->subgraphs[0].outputs = &ends[1];
        model->subgraphs[0].input_count = model->subgraphs[0].output_count = 1;
        code = emit_init(&emitter, error);
    }
    if (code == 0 && (emitter.main.failed || emitter.init.failed))
        code = error_memory(error, "the int8 graph");
    if (code < 0)
        tflite_close(model);
    else
        *out = model;
    return code;
}
