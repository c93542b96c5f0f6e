// SPDX-License-Identifier: GPL-3.0-or-later
// The streaming interpreter: a model becomes a list of nodes over fixed memory; a step runs the list.
#include "tflite/tflite_internal.h"

#include <stdlib.h>
#include <string.h>

// A model that needs more than this is no wake word model; the limits keep hostile files from costing time or memory.
enum { MAX_WORK = 1 << 26, MAX_ACTIVATION_BYTES = 1 << 20, MAX_CONSTANT_BYTES = 4 * TFLITE_MAX_FILE };

struct state {
    uint8_t *data;
    const uint8_t *initial; // bytes at the start
    size_t bytes;
};
struct tflite_runtime {
    struct arena arena;
    struct node *nodes;
    int node_count, stride, state_count;
    uint8_t *input;
    const uint8_t *output, *logit;
    struct state states[TFLITE_MAX_VARIABLES];
};

// Every operator, and what they ask for together.
static int check_size(const struct tflite_model *model, struct error *error)
{
    const struct subgraph *graph = &model->subgraphs[0];
    double constants = 0, activations = 0, work = 0;
    for (int i = 0; i < graph->tensor_count; i++)
        *(graph->tensors[i].data ? &constants : &activations) += (double)tensor_bytes(&graph->tensors[i]);
    if (constants > MAX_CONSTANT_BYTES || activations > MAX_ACTIVATION_BYTES)
        return error_set(error, ERROR_FORMAT, "the model needs %.0f bytes for its tensors, far more than a device has",
                         constants + activations);
    for (int i = 0; i < graph->op_count; i++) {
        double more;
        TRY(tflite_check_op(model, i, &more, error));
        work += more;
    }
    if (work > MAX_WORK)
        return error_set(error, ERROR_FORMAT, "the model needs %.0f operations a step, far more than a device can do",
                         work);
    return 0;
}

// A step stores all deferred variables one after the other: storing one must not change what a later one stores.
static bool stores_collide(const struct plan *plan)
{
    const struct subgraph *graph = plan->graph;
    for (int i = 0; i < graph->op_count; i++) {
        for (int k = i + 1; k < graph->op_count; k++) {
            const struct op *first = &graph->ops[i], *later = &graph->ops[k];
            if (first->code != OP_ASSIGN_VARIABLE || later->code != OP_ASSIGN_VARIABLE)
                continue;
            const struct slot *to = &plan->slots[graph->tensor_count + plan_variable_index(plan, first->inputs[0])];
            const struct slot *from = &plan->slots[later->inputs[1]];
            if (to->data < from->data + from->bytes && from->data < to->data + to->bytes)
                return true;
        }
    }
    return false;
}

static int add_states(struct tflite_runtime *runtime, const struct plan *plan)
{
    runtime->state_count = plan->variable_count;
    for (int i = 0; i < plan->variable_count; i++) {
        const struct slot *slot = &plan->slots[plan->graph->tensor_count + i];
        const struct variable *variable = &plan->variables[i];
        uint8_t *initial = arena_alloc(&runtime->arena, slot->bytes, 1);
        if (!initial)
            return error_memory(plan->error, "a model");
        if (variable->initial)
            memcpy(initial, variable->initial->data, slot->bytes);
        else
            memset(initial, (uint8_t)tensor_zero_point(variable->value), slot->bytes);
        runtime->states[i] = (struct state){slot->data, initial, slot->bytes};
    }
    return 0;
}

static int build(struct tflite_runtime *runtime, const struct tflite_model *model, enum cpu_level level, bool share,
                 struct error *error)
{
    TRY(tflite_verify(model, error));
    TRY(tflite_check_interface(model, error));
    TRY(check_size(model, error));
    const struct subgraph *graph = &model->subgraphs[0];
    struct plan plan = {
        .model = model, .graph = graph, .arena = &runtime->arena, .error = error, .level = level, .share = share};
    TRY(plan_variables(&plan));
    TRY(plan_place(&plan));
    if (share && stores_collide(&plan)) {
        plan.share = false;
        TRY(plan_variables(&plan));
        TRY(plan_place(&plan));
    }
    TRY(plan_bind(&plan));
    TRY(add_states(runtime, &plan));
    runtime->nodes = plan.nodes;
    runtime->node_count = plan.node_count;
    runtime->stride = graph->tensors[graph->inputs[0]].shape[1];
    runtime->input = plan.slots[graph->inputs[0]].data;
    runtime->output = plan.slots[graph->outputs[0]].data;
    for (int i = 0; i < graph->op_count; i++)
        if (graph->ops[i].code == OP_LOGISTIC)
            runtime->logit = plan.slots[graph->ops[i].inputs[0]].data;
    return 0;
}

int runtime_open(struct tflite_runtime **runtime, const struct tflite_model *model, enum cpu_level level, bool share,
                 struct error *error)
{
    struct tflite_runtime *result = calloc(1, sizeof *result);
    if (!result)
        return error_memory(error, "a model");
    int code = build(result, model, level, share, error);
    if (code < 0) {
        tflite_runtime_close(result);
        return code;
    }
    tflite_runtime_reset(result);
    *runtime = result;
    return 0;
}

int tflite_runtime_open(struct tflite_runtime **runtime, const struct tflite_model *model, enum cpu_level level,
                        struct error *error)
{
    return runtime_open(runtime, model, level, true, error);
}

void tflite_runtime_close(struct tflite_runtime *runtime)
{
    if (!runtime)
        return;
    arena_free(&runtime->arena);
    free(runtime);
}

int tflite_runtime_stride(const struct tflite_runtime *runtime)
{
    return runtime->stride;
}

void tflite_runtime_reset(struct tflite_runtime *runtime)
{
    for (int i = 0; i < runtime->state_count; i++)
        memcpy(runtime->states[i].data, runtime->states[i].initial, runtime->states[i].bytes);
}

uint8_t tflite_runtime_step(struct tflite_runtime *runtime, const int8_t *rows)
{
    memcpy(runtime->input, rows, (size_t)runtime->stride * TFLITE_FEATURES);
    for (int i = 0; i < runtime->node_count; i++)
        runtime->nodes[i].run(runtime->nodes[i].params);
    return *runtime->output;
}

uint8_t tflite_runtime_step_logit(struct tflite_runtime *runtime, const int8_t *rows, int8_t *logit)
{
    uint8_t byte = tflite_runtime_step(runtime, rows);
    *logit = runtime->logit ? (int8_t)*runtime->logit : (int8_t)(byte - 128);
    return byte;
}
