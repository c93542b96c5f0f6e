// SPDX-License-Identifier: GPL-3.0-or-later
// Rules of a sound graph (spec quantization-and-tflite 10, rules 6 and 7): indices, sizes, quantisation, order.
#include "tflite/tflite_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAD(error, ...) error_set(error, ERROR_FORMAT, __VA_ARGS__)

static bool zero_point_fits(int type, int64_t zero)
{
    switch (type) {
    case TENSOR_INT8:
        return zero >= INT8_MIN && zero <= INT8_MAX;
    case TENSOR_UINT8:
        return zero >= 0 && zero <= UINT8_MAX;
    case TENSOR_INT16:
        return zero >= INT16_MIN && zero <= INT16_MAX;
    default:
        return zero == 0;
    }
}

static int verify_quantization(const struct tensor *t, const char *name, struct error *error)
{
    int scales = t->scale_count, zeros = t->zero_point_count;
    if (scales < 0 || zeros < 0 || (scales && !t->scales) || (zeros && !t->zero_points))
        return BAD(error, "tensor %s has an impossible quantisation", name);
    if (zeros != scales && !(scales > 1 && zeros == 1))
        return BAD(error, "tensor %s has %d scales and %d zero points", name, scales, zeros);
    if (scales > 1 && (t->quantized_dimension < 0 || t->quantized_dimension >= t->rank ||
                       t->shape[t->quantized_dimension] != scales))
        return BAD(error, "tensor %s has %d scales, which no dimension of it matches", name, scales);
    for (int i = 0; i < scales; i++)
        if (!isfinite(t->scales[i]) || t->scales[i] <= 0)
            return BAD(error, "tensor %s has a scale that is not a positive number", name);
    for (int i = 0; i < zeros; i++)
        if (!zero_point_fits(t->type, t->zero_points[i]))
            return BAD(error, "tensor %s has the zero point %lld, outside its type", name,
                       (long long)t->zero_points[i]);
    return 0;
}

static int verify_tensor(const struct tensor *t, int index, struct error *error)
{
    char name[64];
    snprintf(name, sizeof name, "%d (%.40s)", index, t->name ? t->name : "");
    if (t->type != TENSOR_RESOURCE && !tensor_type_size(t->type))
        return BAD(error, "tensor %s has type %d, which no wake word model uses", name, t->type);
    if (t->rank < 0 || t->rank > TFLITE_MAX_RANK)
        return BAD(error, "tensor %s has %d dimensions", name, t->rank);
    int64_t elements = 1;
    for (int d = 0; d < t->rank; d++) {
        if (t->shape[d] < 1 || t->shape[d] > TFLITE_MAX_ELEMENTS || (elements *= t->shape[d]) > TFLITE_MAX_ELEMENTS)
            return BAD(error, "tensor %s has an impossible shape (dimension %d is %d)", name, d, t->shape[d]);
    }
    if (t->data && (t->type == TENSOR_RESOURCE || t->data_size != tensor_bytes(t)))
        return BAD(error, "tensor %s has %zu bytes of data, its shape asks for %zu", name, t->data_size,
                   tensor_bytes(t));
    return verify_quantization(t, name, error);
}

static const char *display_name(int code, char text[24])
{
    const char *name = op_name(code);
    if (name)
        return name;
    snprintf(text, 24, "code %d", code);
    return text;
}

// Every input was written before, every tensor is written at most once.
static int verify_order(const struct subgraph *graph, bool *ready, struct error *error)
{
    char text[24];
    for (int i = 0; i < graph->tensor_count; i++)
        ready[i] = graph->tensors[i].data != NULL;
    for (int i = 0; i < graph->input_count; i++) {
        int t = graph->inputs[i];
        if (t < 0 || t >= graph->tensor_count || ready[t])
            return BAD(error, "subgraph %s has an impossible input %d", graph->name, t);
        ready[t] = true;
    }
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        const char *name = display_name(op->code, text);
        if (op->input_count < 0 || op->output_count < 0 || (op->input_count && !op->inputs) ||
            (op->output_count && !op->outputs))
            return BAD(error, "operator %d (%s) has no list of inputs or outputs", i, name);
        for (int k = 0; k < op->input_count; k++) {
            int t = op->inputs[k];
            if (t < -1 || t >= graph->tensor_count)
                return BAD(error, "operator %d (%s) takes tensor %d, which does not exist", i, name, t);
            if (t >= 0 && !ready[t])
                return BAD(error, "operator %d (%s) takes tensor %d before it is computed", i, name, t);
        }
        for (int k = 0; k < op->output_count; k++) {
            int t = op->outputs[k];
            if (t < 0 || t >= graph->tensor_count)
                return BAD(error, "operator %d (%s) writes tensor %d, which does not exist", i, name, t);
            if (ready[t])
                return BAD(error, "operator %d (%s) writes tensor %d, which has its value already", i, name, t);
            ready[t] = true;
        }
    }
    for (int i = 0; i < graph->output_count; i++) {
        int t = graph->outputs[i];
        if (t < 0 || t >= graph->tensor_count || !ready[t])
            return BAD(error, "subgraph %s has an impossible output %d", graph->name, t);
    }
    return 0;
}

// CALL_ONCE may call only another subgraph that does nothing but set variables.
static int verify_calls(const struct tflite_model *model, int caller, struct error *error)
{
    const struct subgraph *graph = &model->subgraphs[caller];
    for (int i = 0; i < graph->op_count; i++) {
        if (graph->ops[i].code != OP_CALL_ONCE)
            continue;
        int called = graph->ops[i].options.call_once.subgraph;
        if (called < 0 || called >= model->subgraph_count || called == caller)
            return BAD(error, "operator %d (CALL_ONCE) calls subgraph %d of %d", i, called, model->subgraph_count);
        const struct subgraph *init = &model->subgraphs[called];
        bool plain =
            !init->input_count && !init->output_count && !graph->ops[i].input_count && !graph->ops[i].output_count;
        for (int k = 0; plain && k < init->op_count; k++)
            plain = init->ops[k].code == OP_VAR_HANDLE || init->ops[k].code == OP_ASSIGN_VARIABLE;
        if (!plain)
            return BAD(error, "the subgraph that CALL_ONCE calls does more than set variables");
    }
    return 0;
}

int tflite_verify(const struct tflite_model *model, struct error *error)
{
    if (model->version != 3)
        return BAD(error, "the model has schema version %d, the device takes 3", model->version);
    if (model->subgraph_count < 1 || model->subgraph_count > TFLITE_MAX_SUBGRAPHS)
        return BAD(error, "the model has %d subgraphs, it needs 1 to %d", model->subgraph_count, TFLITE_MAX_SUBGRAPHS);
    for (int g = 0; g < model->subgraph_count; g++) {
        const struct subgraph *graph = &model->subgraphs[g];
        if (graph->tensor_count < 0 || graph->tensor_count > TFLITE_MAX_TENSORS || graph->op_count < 0 ||
            graph->op_count > TFLITE_MAX_OPS)
            return BAD(error, "subgraph %d has %d tensors and %d operators, too many", g, graph->tensor_count,
                       graph->op_count);
        for (int i = 0; i < graph->tensor_count; i++)
            TRY(verify_tensor(&graph->tensors[i], i, error));
        bool *ready = array_alloc((size_t)graph->tensor_count, sizeof *ready);
        if (!ready)
            return error_memory(error, "a model");
        int code = verify_order(graph, ready, error);
        free(ready);
        TRY(code);
    }
    for (int g = 0; g < model->subgraph_count; g++)
        TRY(verify_calls(model, g, error));
    return 0;
}

const struct subgraph *tflite_init_subgraph(const struct tflite_model *model)
{
    const struct subgraph *main_graph = &model->subgraphs[0];
    for (int i = 0; i < main_graph->op_count; i++)
        if (main_graph->ops[i].code == OP_CALL_ONCE)
            return &model->subgraphs[main_graph->ops[i].options.call_once.subgraph];
    return NULL;
}

const char *variable_name(const struct subgraph *graph, int handle)
{
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code == OP_VAR_HANDLE && op->output_count == 1 && op->outputs[0] == handle)
            return op->options.variable.shared_name ? op->options.variable.shared_name : "";
    }
    return "";
}
