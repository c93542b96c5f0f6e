// SPDX-License-Identifier: GPL-3.0-or-later
// What a model is and costs, and what would keep a device from loading it. Of one that a device refuses there are its
// parts and the reasons, and no costs.
#include "cli/cli_internal.h"

#include <stdlib.h>

struct inspection {
    const char *path;
    const struct tflite_model *model;
    const struct tflite_facts *facts; // NULL: a device would refuse it
    const struct text_list *faults;
    bool tensors; // each of them, too
};

static const char *type_name(int type)
{
    static const struct {
        int type;
        const char *name;
    } names[] = {{TENSOR_FLOAT32, "float32"}, {TENSOR_INT32, "int32"},      {TENSOR_UINT8, "uint8"},
                 {TENSOR_INT64, "int64"},     {TENSOR_BOOL, "bool"},        {TENSOR_INT16, "int16"},
                 {TENSOR_INT8, "int8"},       {TENSOR_RESOURCE, "resource"}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return "other";
}

static int constants_of(const struct subgraph *graph)
{
    int count = 0;
    for (int i = 0; i < graph->tensor_count; i++)
        count += graph->tensors[i].data != NULL;
    return count;
}

// A state variable: operator `index` reads it. *handle: what it is called by. NULL: the operator reads none.
static const struct tensor *state_of(const struct subgraph *graph, int index, const char **name)
{
    const struct op *read = &graph->ops[index];
    if (read->code != OP_READ_VARIABLE || read->input_count != 1 || read->output_count != 1)
        return NULL;
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code == OP_VAR_HANDLE && op->output_count == 1 && op->outputs[0] == read->inputs[0]) {
            *name = op->options.variable.shared_name ? op->options.variable.shared_name : "";
            return &graph->tensors[read->outputs[0]];
        }
    }
    return NULL;
}

static double macs_per_second(const struct tflite_facts *facts)
{
    return (double)facts->macs_per_step * 100 / facts->stride; // a stride is rows of 10 ms
}

// ---- JSON ----

static json_t *numbers_json(const int *numbers, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_integer(numbers[i]));
    return list;
}

static json_t *tensor_json(const struct tensor *tensor)
{
    json_t *row = json_pack("{s:o, s:s, s:o, s:I, s:b}", "name", json_name(tensor->name), "type",
                            type_name(tensor->type), "shape", numbers_json(tensor->shape, tensor->rank), "bytes",
                            (json_int_t)tensor->data_size, "constant", tensor->data != NULL);
    if (row && tensor->scale_count > 0)
        json_object_set_new(row, "scale", json_real((double)tensor->scales[0]));
    if (row && tensor->scale_count > 1) { // per channel
        json_t *scales = json_array();
        for (int i = 0; i < tensor->scale_count; i++)
            json_array_append_new(scales, json_real((double)tensor->scales[i]));
        json_object_set_new(row, "scales", scales);
        json_object_set_new(row, "quantized_dimension", json_integer(tensor->quantized_dimension));
    }
    if (row && tensor->zero_point_count > 0)
        json_object_set_new(row, "zero_point", json_integer(tensor->zero_points[0]));
    return row;
}

static json_t *ops_json(const struct subgraph *graph)
{
    json_t *ops = json_array();
    for (int i = 0; i < graph->op_count; i++) {
        const char *name = op_name(graph->ops[i].code);
        char number[32];
        snprintf(number, sizeof number, "builtin %d", graph->ops[i].code);
        json_array_append_new(ops, json_string(name ? name : number));
    }
    return ops;
}

static json_t *graphs_json(const struct tflite_model *model)
{
    json_t *graphs = json_array();
    for (int g = 0; g < model->subgraph_count; g++) {
        const struct subgraph *graph = &model->subgraphs[g];
        json_t *tensors = json_array();
        for (int t = 0; t < graph->tensor_count; t++)
            json_array_append_new(tensors, tensor_json(&graph->tensors[t]));
        json_array_append_new(graphs, json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", json_name(graph->name),
                                                "operators", ops_json(graph), "tensors", tensors, "inputs",
                                                numbers_json(graph->inputs, graph->input_count), "outputs",
                                                numbers_json(graph->outputs, graph->output_count)));
    }
    return graphs;
}

static json_t *states_json(const struct subgraph *graph)
{
    json_t *states = json_array();
    for (int i = 0; i < graph->op_count; i++) {
        const char *name;
        const struct tensor *tensor = state_of(graph, i, &name);
        json_t *row = tensor ? tensor_json(tensor) : NULL;
        if (row)
            json_object_set_new(row, "name", json_name(name));
        if (row)
            json_array_append_new(states, row);
    }
    return states;
}

static void add_costs(json_t *document, const struct tflite_facts *facts)
{
    json_t *costs =
        json_pack("{s:i, s:i, s:i, s:I, s:f, s:I, s:I, s:{s:I, s:I, s:I}, s:I}", "stride", facts->stride, "operators",
                  facts->ops, "variables", facts->variables, "macs_per_step", (json_int_t)facts->macs_per_step,
                  "macs_per_second", macs_per_second(facts), "constant_bytes", (json_int_t)facts->constant_bytes,
                  "state_bytes", (json_int_t)facts->state_bytes, "arena", "none", (json_int_t)facts->arena[ESP_NN_NONE],
                  "esp_nn_1_1", (json_int_t)facts->arena[ESP_NN_1_1], "esp_nn_1_2",
                  (json_int_t)facts->arena[ESP_NN_1_2], "arena_recommended", (json_int_t)facts->arena_recommended);
    json_object_update(document, costs);
    json_decref(costs);
}

static int inspect_json(const struct inspection *inspection, struct error *error)
{
    const struct tflite_model *model = inspection->model;
    json_t *wrong = json_array();
    for (size_t i = 0; i < inspection->faults->count; i++)
        json_array_append_new(wrong, json_name(inspection->faults->items[i]));
    json_t *document = json_pack("{s:o, s:o, s:o, s:o, s:o}", "model", json_name(inspection->path), "description",
                                 json_name(model->description), "faults", wrong, "states",
                                 states_json(&model->subgraphs[0]), "subgraphs", graphs_json(model));
    if (inspection->facts)
        add_costs(document, inspection->facts);
    return print_json(document, error);
}

// ---- text ----

static void print_tensor(const struct tensor *tensor)
{
    printf(" %s [", type_name(tensor->type));
    for (int d = 0; d < tensor->rank; d++)
        printf("%s%d", d ? "," : "", tensor->shape[d]);
    putchar(']');
    if (tensor->scale_count)
        printf(" scale %.6g zero %lld", (double)tensor->scales[0],
               tensor->zero_point_count ? (long long)tensor->zero_points[0] : 0);
    if (tensor->scale_count > 1)
        printf(" and %d more channels'", tensor->scale_count - 1);
}

static void print_costs(const struct tflite_facts *facts)
{
    static const char *const generations[ESP_NN_COUNT] = {"without esp-nn", "esp-nn 1.1", "esp-nn 1.2 and newer"};
    printf("%d state variables, a step every %d ms\n", facts->variables, facts->stride * 10);
    printf("%zu multiplications a step, %.2f million a second\n", facts->macs_per_step, macs_per_second(facts) / 1e6);
    printf("%zu bytes of constants, %zu bytes of state\n", facts->constant_bytes, facts->state_bytes);
    for (int i = 0; i < ESP_NN_COUNT; i++)
        printf("tensor arena %s: %zu bytes\n", generations[i], facts->arena[i]);
    printf("tensor arena for the manifest: %zu bytes\n", facts->arena_recommended);
}

static void print_operators(const struct subgraph *graph)
{
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        const char *name = op_name(op->code);
        printf("%3d %-18s", i, name ? name : "(not on the device)");
        for (int o = 0; o < op->output_count; o++)
            print_tensor(&graph->tensors[op->outputs[o]]);
        putchar('\n');
    }
}

static void print_ends(const char *what, const struct subgraph *graph, const int *tensors, int count)
{
    for (int i = 0; i < count; i++) {
        printf("%s:", what);
        print_tensor(&graph->tensors[tensors[i]]);
        putchar('\n');
    }
}

static int inspect_text(const struct inspection *inspection, struct error *error)
{
    const struct subgraph *graph = &inspection->model->subgraphs[0];
    printf("%d operators, %d tensors, of which %d are constants\n",
           inspection->facts ? inspection->facts->ops : graph->op_count, graph->tensor_count, constants_of(graph));
    if (inspection->facts)
        print_costs(inspection->facts);
    print_ends("input", graph, graph->inputs, graph->input_count);
    print_ends("output", graph, graph->outputs, graph->output_count);
    for (int i = 0; i < graph->op_count; i++) {
        const char *name;
        const struct tensor *tensor = state_of(graph, i, &name);
        if (tensor) {
            printf("state %s:", name);
            print_tensor(tensor);
            putchar('\n');
        }
    }
    print_operators(graph);
    for (int i = 0; i < graph->tensor_count && inspection->tensors; i++) {
        const struct tensor *tensor = &graph->tensors[i];
        printf("tensor %d %s:", i, tensor->name ? tensor->name : "");
        print_tensor(tensor);
        printf(tensor->data ? ", constant, %zu bytes\n" : "\n", tensor->data_size);
    }
    for (size_t i = 0; i < inspection->faults->count; i++)
        printf("a device would refuse it: %s\n", inspection->faults->items[i]);
    if (inspection->faults->count == 0)
        puts("nothing here keeps a device from loading it");
    return print_done(error);
}

int command_inspect(int argc, char **argv, struct error *error)
{
    struct inspection inspection = {0};
    bool json = false, done;
    const struct option_row rows[] = {
        {"tensors", 0, OPTION_FLAG, &inspection.tensors, 0, 0, NULL, "each tensor, too (with --json always so)"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, "one JSON document on standard output"}};
    struct positionals files;
    TRY(command_parse("inspect", rows, COUNT_OF(rows), argc, argv, 1, 1, &files, &done, error));
    if (done)
        return 0;
    struct tflite_model *model = NULL;
    struct tflite_facts facts;
    struct text_list faults = {0};
    int code;
    TRY_GOTO(tflite_open(&model, files.items[0], error), end);
    TRY_GOTO(tflite_device_faults(model, &faults, error), end);
    if (faults.count == 0)
        TRY_GOTO(tflite_describe(model, &facts, error), end);
    inspection.path = files.items[0];
    inspection.model = model;
    inspection.facts = faults.count ? NULL : &facts;
    inspection.faults = &faults;
    TRY_GOTO((json ? inspect_json : inspect_text)(&inspection, error), end);
    if (faults.count)
        code = error_set(error, ERROR_FORMAT, "%s: a device would refuse it: %s%s", inspection.path, faults.items[0],
                         faults.count > 1 ? ", and more" : "");
end:
    text_list_free(&faults);
    tflite_close(model);
    return code;
}
