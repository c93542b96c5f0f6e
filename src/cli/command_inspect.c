// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"

#include <stdlib.h>

static const char *const generation_names[ESP_NN_COUNT] = {"without esp-nn", "esp-nn 1.1", "esp-nn 1.2 and newer"};

static json_t *shape_json(const struct tensor *tensor)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        json_array_append_new(shape, json_integer(tensor->shape[i]));
    return shape;
}

static json_t *tensor_json(const struct tensor *tensor)
{
    json_t *row = json_pack("{s:o, s:i, s:o, s:I}", "name", json_name(tensor->name), "type", tensor->type, "shape",
                            shape_json(tensor), "bytes", (json_int_t)tensor->data_size);
    if (row && tensor->scale_count > 0)
        json_object_set_new(row, "scale", json_real((double)tensor->scales[0]));
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

static int inspect_json(const struct tflite_model *model, const struct tflite_facts *facts,
                        const struct text_list *faults, struct error *error)
{
    json_t *graphs = json_array(), *wrong = json_array();
    for (int g = 0; g < model->subgraph_count; g++) {
        const struct subgraph *graph = &model->subgraphs[g];
        json_t *tensors = json_array();
        for (int t = 0; t < graph->tensor_count; t++)
            json_array_append_new(tensors, tensor_json(&graph->tensors[t]));
        json_array_append_new(graphs, json_pack("{s:o, s:o, s:o}", "name", json_name(graph->name), "operators",
                                                ops_json(graph), "tensors", tensors));
    }
    for (size_t i = 0; i < faults->count; i++)
        json_array_append_new(wrong, json_name(faults->items[i]));
    return print_json(
        json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:o, s:o}", "stride", facts->stride,
                  "operators", facts->ops, "variables", facts->variables, "macs_per_step",
                  (json_int_t)facts->macs_per_step, "constant_bytes", (json_int_t)facts->constant_bytes, "state_bytes",
                  (json_int_t)facts->state_bytes, "arena", "none", (json_int_t)facts->arena[ESP_NN_NONE], "esp_nn_1_1",
                  (json_int_t)facts->arena[ESP_NN_1_1], "esp_nn_1_2", (json_int_t)facts->arena[ESP_NN_1_2],
                  "arena_recommended", (json_int_t)facts->arena_recommended, "faults", wrong, "subgraphs", graphs),
        error);
}

static int inspect_text(const struct tflite_model *model, const struct tflite_facts *facts,
                        const struct text_list *faults, struct error *error)
{
    printf("%d operators, %d state variables, a step every %d ms\n", facts->ops, facts->variables, facts->stride * 10);
    printf("%zu multiplications a step, %.2f million a second\n", facts->macs_per_step,
           (double)facts->macs_per_step * 100 / facts->stride / 1e6);
    printf("%zu bytes of constants, %zu bytes of state\n", facts->constant_bytes, facts->state_bytes);
    for (int i = 0; i < ESP_NN_COUNT; i++)
        printf("tensor arena %s: %zu bytes\n", generation_names[i], facts->arena[i]);
    printf("tensor arena for the manifest: %zu bytes\n", facts->arena_recommended);
    const struct subgraph *main_graph = &model->subgraphs[0];
    for (int i = 0; i < main_graph->op_count; i++) {
        const struct op *op = &main_graph->ops[i];
        const char *name = op_name(op->code);
        printf("%3d %-18s", i, name ? name : "(not on the device)");
        for (int o = 0; o < op->output_count; o++) {
            const struct tensor *tensor = &main_graph->tensors[op->outputs[o]];
            printf(" [");
            for (int d = 0; d < tensor->rank; d++)
                printf("%s%d", d ? "," : "", tensor->shape[d]);
            printf("]");
            if (tensor->scale_count)
                printf(" scale %.6g zero %lld", (double)tensor->scales[0],
                       tensor->zero_point_count ? (long long)tensor->zero_points[0] : 0);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < faults->count; i++)
        printf("a device would refuse it: %s\n", faults->items[i]);
    if (faults->count == 0)
        puts("nothing here keeps a device from loading it");
    return print_done(error);
}

int command_inspect(int argc, char **argv, struct error *error)
{
    bool json = false, done;
    const struct option_row rows[] = {
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
    TRY_GOTO(tflite_describe(model, &facts, error), end);
    TRY_GOTO(tflite_device_faults(model, &faults, error), end);
    code = (json ? inspect_json : inspect_text)(model, &facts, &faults, error);
end:
    text_list_free(&faults);
    tflite_close(model);
    return code;
}
