// SPDX-License-Identifier: GPL-3.0-or-later
// Facts about a model: what it costs on a device, and what would keep a device from loading it.
#include "tflite/tflite_internal.h"

#include <stdlib.h>
#include <string.h>

// Terms of the arena estimate (spec device 7.2), fitted to measured models: bookkeeping of one operator, and
// multiplier and shift of one output channel.
enum { ARENA_PER_OP = 102, ARENA_PER_CHANNEL = 8, ARENA_UNIT = 1024 };

static size_t round_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static const struct tensor *tensor_of(const struct subgraph *graph, const struct op *op, int input)
{
    return input < op->input_count && op->inputs[input] >= 0 ? &graph->tensors[op->inputs[input]] : NULL;
}

static bool is_weighted(const struct op *op)
{
    return op->code == OP_CONV_2D || op->code == OP_DEPTHWISE_CONV_2D || op->code == OP_FULLY_CONNECTED;
}

static size_t macs(const struct subgraph *graph, const struct op *op)
{
    const struct tensor *weights = tensor_of(graph, op, 1);
    if (!is_weighted(op) || !weights || !weights->rank || op->output_count != 1)
        return 0;
    size_t outputs = (size_t)tensor_elements(&graph->tensors[op->outputs[0]]);
    size_t channels = (size_t)weights->shape[op->code == OP_DEPTHWISE_CONV_2D ? weights->rank - 1 : 0];
    return outputs * ((size_t)tensor_elements(weights) / channels);
}

// Scratch memory of esp-nn's kernels for the ESP32-S3.
static size_t scratch(const struct subgraph *graph, const struct op *op, enum esp_nn generation)
{
    const struct tensor *in = tensor_of(graph, op, 0), *weights = tensor_of(graph, op, 1);
    bool depthwise = op->code == OP_DEPTHWISE_CONV_2D;
    if (generation == ESP_NN_NONE || (op->code != OP_CONV_2D && !depthwise) || !in || !weights || in->rank != 4 ||
        weights->rank != 4)
        return 0;
    size_t taps = (size_t)(weights->shape[1] * weights->shape[2]), rows = (size_t)(in->shape[1] * in->shape[2]);
    size_t inputs = (size_t)in->shape[3], filters = (size_t)weights->shape[0], up8 = round_up(inputs, 8),
           up16 = round_up(inputs, 16);
    if (depthwise && inputs % 8 == 0)
        return 2 * (taps + rows) * inputs + 32;
    if (depthwise)
        return round_up(2 * taps * up8, 16) + round_up(2 * rows * up8, 16) + round_up(up8, 16) + 12 * up8 + 16;
    if (taps == 1)
        return up8 * filters + 64 + (inputs % 8 ? up8 : 0);
    if (generation == ESP_NN_1_1)
        return taps * up16 * filters + 32 + 4 * filters;
    size_t stride = op->options.conv.stride_h > 1 ? (size_t)op->options.conv.stride_h : 0;
    return 2 * taps * up16 * filters + 64 + 4 * filters + (stride ? (taps + stride - 1) * inputs : 0);
}

// First and last operator that needs tensor `t` in memory; constants and handles need none.
static bool lifetime(const struct subgraph *graph, int t, int *first, int *last)
{
    *first = *last = -1;
    if (graph->tensors[t].data || graph->tensors[t].type == TENSOR_RESOURCE)
        return false;
    for (int i = 0; i < graph->input_count; i++)
        if (graph->inputs[i] == t)
            *first = *last = 0;
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        for (int k = 0; k < op->output_count; k++)
            if (op->outputs[k] == t)
                *first = *last = i;
        for (int k = 0; k < op->input_count; k++)
            if (op->inputs[k] == t)
                *last = i;
    }
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == t)
            *last = graph->op_count - 1;
    return *first >= 0;
}

// The largest sum of live tensors and scratch over the operators. `live`: bytes of live tensors at each operator.
static size_t head(const struct subgraph *graph, const size_t *live, enum esp_nn generation)
{
    size_t most = 0;
    for (int i = 0; i < graph->op_count; i++) {
        size_t need = live[i] + round_up(scratch(graph, &graph->ops[i], generation), 16);
        most = need > most ? need : most;
    }
    return most;
}

static int live_bytes(const struct subgraph *graph, size_t **live, struct error *error)
{
    *live = calloc((size_t)graph->op_count + 1, sizeof **live);
    if (!*live)
        return error_memory(error, "facts of a model");
    for (int t = 0; t < graph->tensor_count; t++) {
        int first, last;
        if (!lifetime(graph, t, &first, &last))
            continue;
        for (int i = first; i <= last; i++)
            (*live)[i] += round_up(tensor_bytes(&graph->tensors[t]), 16);
    }
    return 0;
}

int tflite_describe(const struct tflite_model *model, struct tflite_facts *facts, struct error *error)
{
    TRY(tflite_verify(model, error));
    TRY(tflite_check_interface(model, error));
    const struct subgraph *graph = &model->subgraphs[0];
    struct plan plan = {.model = model, .graph = graph, .error = error};
    for (int i = 0; i < graph->op_count; i++) {
        double work;
        TRY(tflite_check_op(model, i, &work, error));
    }
    TRY(plan_variables(&plan));
    *facts =
        (struct tflite_facts){.stride = graph->tensors[graph->inputs[0]].shape[1], .variables = plan.variable_count};
    size_t channels = 0, states = 0, *live;
    for (int g = 0; g < model->subgraph_count; g++)
        facts->ops += model->subgraphs[g].op_count;
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        facts->macs_per_step += macs(graph, op);
        if (op->code == OP_CONV_2D || op->code == OP_DEPTHWISE_CONV_2D)
            channels += (size_t)graph->tensors[op->outputs[0]].shape[3];
    }
    for (int t = 0; t < graph->tensor_count; t++)
        facts->constant_bytes += graph->tensors[t].data ? graph->tensors[t].data_size : 0;
    for (int i = 0; i < plan.variable_count; i++) {
        facts->state_bytes += tensor_bytes(plan.variables[i].value);
        states += round_up(tensor_bytes(plan.variables[i].value), 16);
    }
    TRY(live_bytes(graph, &live, error));
    size_t largest = 0;
    for (int generation = 0; generation < ESP_NN_COUNT; generation++) {
        facts->arena[generation] = ARENA_PER_OP * (size_t)facts->ops + ARENA_PER_CHANNEL * channels + states +
                                   head(graph, live, (enum esp_nn)generation);
        largest = facts->arena[generation] > largest ? facts->arena[generation] : largest;
    }
    facts->arena_recommended = round_up((largest * 11 + 9) / 10, ARENA_UNIT);
    free(live);
    return 0;
}

static int add_fault(struct text_list *faults, const struct error *found, struct error *error)
{
    return found->code == ERROR_MEMORY ? error_set(error, ERROR_MEMORY, "%s", found->message)
                                       : text_list_add(faults, found->message, error);
}

int tflite_device_faults(const struct tflite_model *model, struct text_list *faults, struct error *error)
{
    struct error found;
    if (tflite_verify(model, &found) < 0)
        return add_fault(faults, &found, error);
    size_t before = faults->count;
    if (tflite_check_interface(model, &found) < 0)
        TRY(add_fault(faults, &found, error));
    for (int i = 0; i < model->subgraphs[0].op_count; i++) {
        double work;
        if (tflite_check_op(model, i, &work, &found) < 0)
            TRY(add_fault(faults, &found, error));
    }
    if (faults->count > before)
        return 0;
    struct tflite_runtime *runtime;
    if (tflite_runtime_open(&runtime, model, CPU_PLAIN, &found) < 0)
        return add_fault(faults, &found, error);
    tflite_runtime_close(runtime);
    return 0;
}
