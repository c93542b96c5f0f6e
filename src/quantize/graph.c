// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors and operators are appended to a subgraph; a failed allocation is remembered and told once at the end.
#include "quantize/quantize_internal.h"

#include <string.h>

enum { MOST_TENSORS = 512, MOST_OPS = 256 }; // the largest legal network needs about 310 and 180

static void *take(struct graph *graph, size_t count, size_t size)
{
    void *memory = graph->failed ? NULL : arena_alloc(&graph->model->arena, count * size, 16);
    graph->failed |= !memory;
    return memory;
}

static void *copy_of(struct graph *graph, const void *data, size_t count, size_t size)
{
    void *copy = take(graph, count, size);
    return copy && count ? memcpy(copy, data, count * size) : copy;
}

void graph_begin(struct graph *graph, struct tflite_model *model, struct subgraph *subgraph, const char *name)
{
    *graph = (struct graph){.model = model, .subgraph = subgraph};
    *subgraph = (struct subgraph){.name = copy_of(graph, name, strlen(name) + 1, 1)};
    subgraph->tensors = take(graph, MOST_TENSORS, sizeof *subgraph->tensors);
    subgraph->ops = take(graph, MOST_OPS, sizeof *subgraph->ops);
}

int graph_tensor(struct graph *graph, const char *name, int type, int rank, const int *shape, const struct quant *quant)
{
    struct subgraph *subgraph = graph->subgraph;
    char *own_name = copy_of(graph, name, strlen(name) + 1, 1);
    graph->failed |= subgraph->tensor_count == MOST_TENSORS;
    if (graph->failed)
        return 0;
    struct tensor *tensor = &subgraph->tensors[subgraph->tensor_count];
    *tensor = (struct tensor){.name = own_name, .type = type, .rank = rank};
    for (int i = 0; i < rank; i++)
        tensor->shape[i] = shape[i];
    if (quant) {
        int64_t zero_point = quant->zero_point;
        tensor->scale_count = tensor->zero_point_count = 1;
        tensor->scales = copy_of(graph, &quant->scale, 1, sizeof quant->scale);
        tensor->zero_points = copy_of(graph, &zero_point, 1, sizeof zero_point);
    }
    return subgraph->tensor_count++;
}

int graph_constant(struct graph *graph, const char *name, int type, int rank, const int *shape, const void *data)
{
    int index = graph_tensor(graph, name, type, rank, shape, NULL);
    size_t count = 1, size = type == TENSOR_INT32 ? sizeof(int32_t) : 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)shape[i];
    void *copy = copy_of(graph, data, count, size);
    if (!graph->failed) {
        graph->subgraph->tensors[index].data = copy;
        graph->subgraph->tensors[index].data_size = count * size;
    }
    return index;
}

int graph_integers(struct graph *graph, int count, const int32_t *values)
{
    size_t size = (size_t)count * sizeof *values;
    for (int i = 0; i < graph->subgraph->tensor_count && !graph->failed; i++) {
        const struct tensor *tensor = &graph->subgraph->tensors[i];
        if (tensor->type == TENSOR_INT32 && tensor->rank == 1 && !tensor->scale_count && tensor->data_size == size &&
            memcmp(tensor->data, values, size) == 0)
            return i;
    }
    return graph_constant(graph, "i", TENSOR_INT32, 1, &count, values);
}

void graph_scales(struct graph *graph, int index, int count, const float *scales, int dimension)
{
    float *own_scales = copy_of(graph, scales, (size_t)count, sizeof *scales);
    int64_t *zeros = take(graph, (size_t)count, sizeof *zeros);
    if (graph->failed)
        return;
    struct tensor *tensor = &graph->subgraph->tensors[index];
    tensor->scale_count = tensor->zero_point_count = count;
    tensor->scales = own_scales;
    tensor->zero_points = zeros;
    tensor->quantized_dimension = dimension;
}

static int length(const int *list)
{
    int count = 0;
    while (list[count] != NO_TENSOR)
        count++;
    return count;
}

// The versions that the official files carry.
static int op_version(int code)
{
    switch (code) {
    case OP_CONCATENATION:
    case OP_STRIDED_SLICE:
    case OP_LOGISTIC:
        return 2;
    case OP_CONV_2D:
    case OP_DEPTHWISE_CONV_2D:
        return 3;
    case OP_FULLY_CONNECTED:
        return 4;
    default:
        return 1;
    }
}

struct op *graph_op(struct graph *graph, int code, const int *inputs, const int *outputs)
{
    struct subgraph *subgraph = graph->subgraph;
    int input_count = length(inputs), output_count = length(outputs);
    int *own_inputs = copy_of(graph, inputs, (size_t)input_count, sizeof *inputs);
    int *own_outputs = copy_of(graph, outputs, (size_t)output_count, sizeof *outputs);
    graph->failed |= subgraph->op_count == MOST_OPS;
    if (graph->failed)
        return &graph->nowhere;
    struct op *op = &subgraph->ops[subgraph->op_count++];
    *op = (struct op){.code = code,
                      .version = op_version(code),
                      .input_count = input_count,
                      .output_count = output_count,
                      .inputs = own_inputs,
                      .outputs = own_outputs};
    return op;
}
