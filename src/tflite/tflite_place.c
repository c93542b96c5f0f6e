// SPDX-License-Identifier: GPL-3.0-or-later
// Where tensors live. A tensor is written once a step, so several may share memory: the parts of a concatenation are
// written where they will lie, a slice or a split is a view. A state that the graph reads, extends by new rows and
// stores again lies at the head of its concatenation, and storing it is one move by the new rows at the end of the
// step. Sharing only chooses addresses; copies whose source is their target then vanish (tflite_bind.c).
#include "tflite/tflite_internal.h"

#include <string.h>

enum { SLACK = 64 }; // fast kernels read whole vectors, up to this many bytes past a tensor's end

static struct variable *find_variable(struct plan *plan, const char *name)
{
    for (int i = 0; i < plan->variable_count; i++)
        if (strcmp(plan->variables[i].name, name) == 0)
            return &plan->variables[i];
    return NULL;
}

int plan_variable_index(const struct plan *plan, int handle)
{
    const char *name = variable_name(plan->graph, handle);
    for (int i = 0; i < plan->variable_count; i++)
        if (strcmp(plan->variables[i].name, name) == 0)
            return i;
    return -1;
}

static bool same_bytes(const struct tensor *a, const struct tensor *b)
{
    return a->type == b->type && tensor_bytes(a) == tensor_bytes(b) && tensor_zero_point(a) == tensor_zero_point(b);
}

int plan_variables(struct plan *plan)
{
    const struct subgraph *graph = plan->graph, *init = tflite_init_subgraph(plan->model);
    plan->variable_count = 0;
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code != OP_ASSIGN_VARIABLE && op->code != OP_READ_VARIABLE)
            continue;
        bool assign = op->code == OP_ASSIGN_VARIABLE;
        const char *name = variable_name(graph, op->inputs[0]);
        const struct tensor *value = &graph->tensors[assign ? op->inputs[1] : op->outputs[0]];
        struct variable *variable = find_variable(plan, name);
        if (!variable) {
            if (plan->variable_count == TFLITE_MAX_VARIABLES)
                return error_set(plan->error, ERROR_FORMAT, "the model has more than %d variables",
                                 TFLITE_MAX_VARIABLES);
            variable = &plan->variables[plan->variable_count++];
            *variable = (struct variable){.name = name, .value = value, .first_assign = -1, .last_read = -1};
        }
        if (!same_bytes(variable->value, value))
            return error_set(plan->error, ERROR_FORMAT, "variable %s is used with different sizes or zero points",
                             name);
        if (assign && !variable->assigns++)
            variable->first_assign = i;
        if (!assign)
            variable->last_read = i;
    }
    for (int i = 0; init && i < init->op_count; i++) {
        const struct op *op = &init->ops[i];
        if (op->code != OP_ASSIGN_VARIABLE)
            continue;
        if (op->input_count != 2 || op->output_count || op->inputs[0] < 0 || op->inputs[1] < 0)
            return error_set(plan->error, ERROR_FORMAT,
                             "the init subgraph has an ASSIGN_VARIABLE without its two inputs");
        struct variable *variable = find_variable(plan, variable_name(init, op->inputs[0]));
        const struct tensor *value = &init->tensors[op->inputs[1]];
        if (variable && (!value->data || !same_bytes(variable->value, value)))
            return error_set(plan->error, ERROR_FORMAT, "variable %s is initialised with another size or zero point",
                             variable->name);
        if (variable)
            variable->initial = value;
    }
    for (int i = 0; i < plan->variable_count; i++) {
        struct variable *variable = &plan->variables[i];
        if (!variable->assigns && !variable->initial)
            return error_set(plan->error, ERROR_FORMAT, "variable %s is read and never set", variable->name);
        variable->deferred = plan->share && variable->assigns == 1 && variable->last_read < variable->first_assign;
    }
    return 0;
}

static bool dense(const struct slot *slot)
{
    return slot->pitch == slot->width;
}

static int root_of(const struct plan *plan, int slot, size_t *offset)
{
    *offset = 0;
    for (; plan->slots[slot].parent >= 0; slot = plan->slots[slot].parent)
        *offset += plan->slots[slot].offset;
    return slot;
}

static void make_view(struct plan *plan, int slot, int parent, size_t offset)
{
    plan->slots[slot].parent = parent;
    plan->slots[slot].offset = offset;
}

// Kernels that can step over foreign bytes between pixels.
static bool takes_pitch(int code)
{
    return code == OP_CONV_2D || code == OP_DEPTHWISE_CONV_2D || code == OP_STRIDED_SLICE || code == OP_SPLIT_V;
}

static bool may_have_pitch(const struct plan *plan, int tensor)
{
    for (int i = 0; i < plan->graph->op_count; i++) {
        const struct op *op = &plan->graph->ops[i];
        for (int k = 0; k < op->input_count; k++)
            if (op->inputs[k] == tensor && (k > 0 || !takes_pitch(op->code)))
                return false;
    }
    for (int i = 0; i < plan->graph->output_count; i++)
        if (plan->graph->outputs[i] == tensor)
            return false;
    return true;
}

// Lets `out` be the part `ranges` of `in` when that is one run of pixels: only one dimension beside the innermost is
// cut, and all before it have size 1.
static void share_part(struct plan *plan, int in, int out, const struct range *ranges)
{
    const struct tensor *whole = &plan->graph->tensors[in], *part = &plan->graph->tensors[out];
    int last = whole->rank - 1, cut = 0;
    if (whole->rank < 1 || part->rank != whole->rank)
        return;
    while (cut < last && ranges[cut].count == whole->shape[cut])
        cut++;
    size_t pixels = 1, count = 1;
    for (int d = 0; d <= last; d++) {
        if (ranges[d].step != 1 && ranges[d].count > 1)
            return;
        if (d < last)
            count *= (size_t)ranges[d].count;
        if (cut < last && d < cut && whole->shape[d] != 1)
            return;
        if (d > cut && d < last && ranges[d].count != whole->shape[d])
            return;
        if (d > cut && d < last)
            pixels *= (size_t)whole->shape[d];
    }
    const struct slot *source = &plan->slots[in];
    int pitch = count == 1 ? plan->slots[out].width : source->pitch;
    if (pitch != plan->slots[out].width && !may_have_pitch(plan, out))
        return;
    size_t skip = cut < last ? (size_t)ranges[cut].start * pixels : 0;
    make_view(plan, out, in, skip * (size_t)source->pitch + (size_t)ranges[last].start);
    plan->slots[out].pitch = pitch;
}

static void share_slice(struct plan *plan, const struct op *op)
{
    struct range ranges[TFLITE_MAX_RANK];
    for (int d = 0; d < plan->graph->tensors[op->inputs[0]].rank; d++)
        slice_range(plan->graph, op, d, &ranges[d]);
    if (!op->options.slice.shrink_axis_mask)
        share_part(plan, op->inputs[0], op->outputs[0], ranges);
}

static void share_split(struct plan *plan, const struct op *op)
{
    const struct tensor *in = &plan->graph->tensors[op->inputs[0]];
    int32_t axis;
    memcpy(&axis, plan->graph->tensors[op->inputs[2]].data, sizeof axis);
    axis = axis_from_zero(axis, in->rank);
    for (int i = 0, start = 0; i < op->output_count; i++) {
        int size = plan->graph->tensors[op->outputs[i]].shape[axis];
        struct range ranges[TFLITE_MAX_RANK];
        for (int d = 0; d < in->rank; d++)
            ranges[d] = d == axis ? (struct range){start, 1, size} : (struct range){0, 1, in->shape[d]};
        share_part(plan, op->inputs[0], op->outputs[i], ranges);
        start += size;
    }
}

// Puts the memory of every input inside the output's, if the input is the whole of its memory.
static void share_concat(struct plan *plan, const struct op *op)
{
    int out = op->outputs[0], axis = axis_from_zero(op->options.concat.axis, plan->graph->tensors[out].rank);
    for (int d = 0; d < axis; d++)
        if (plan->graph->tensors[out].shape[d] != 1)
            return;
    size_t at = 0;
    for (int i = 0; i < op->input_count; i++) {
        size_t offset, bytes = plan->slots[op->inputs[i]].bytes;
        int root = root_of(plan, op->inputs[i], &offset);
        bool constant = root < plan->graph->tensor_count && plan->graph->tensors[root].data;
        if (root != out && !constant && !offset && bytes == plan->slots[root].bytes &&
            dense(&plan->slots[op->inputs[i]]))
            make_view(plan, root, out, at);
        at += bytes;
    }
}

static void share_memory(struct plan *plan)
{
    for (int i = 0; i < plan->graph->op_count; i++) {
        const struct op *op = &plan->graph->ops[i];
        int variable;
        switch (op->code) {
        case OP_RESHAPE:
            if (dense(&plan->slots[op->inputs[0]]))
                make_view(plan, op->outputs[0], op->inputs[0], 0);
            break;
        case OP_READ_VARIABLE:
            variable = plan_variable_index(plan, op->inputs[0]);
            if (plan->variables[variable].deferred)
                make_view(plan, op->outputs[0], plan->graph->tensor_count + variable, 0);
            break;
        case OP_STRIDED_SLICE:
            share_slice(plan, op);
            break;
        case OP_SPLIT_V:
            share_split(plan, op);
            break;
        case OP_CONCATENATION:
            share_concat(plan, op);
            break;
        default:
            break;
        }
    }
}

static void describe_slot(struct slot *slot, const struct tensor *tensor)
{
    int element = (int)tensor_type_size(tensor->type);
    *slot = (struct slot){.parent = -1, .bytes = tensor_bytes(tensor)};
    slot->width = slot->pitch = (tensor->rank ? tensor->shape[tensor->rank - 1] : 1) * element;
}

int plan_place(struct plan *plan)
{
    const struct subgraph *graph = plan->graph;
    plan->slot_count = graph->tensor_count + plan->variable_count;
    plan->slots = arena_alloc(plan->arena, (size_t)plan->slot_count * sizeof *plan->slots, _Alignof(struct slot));
    if (!plan->slots)
        return error_memory(plan->error, "a model");
    for (int i = 0; i < plan->slot_count; i++)
        describe_slot(&plan->slots[i],
                      i < graph->tensor_count ? &graph->tensors[i] : plan->variables[i - graph->tensor_count].value);
    if (plan->share)
        share_memory(plan);
    for (int i = 0; i < plan->slot_count; i++) {
        struct slot *slot = &plan->slots[i];
        if (slot->parent >= 0)
            continue;
        slot->data = arena_alloc(plan->arena, slot->bytes + SLACK, SLACK);
        if (!slot->data)
            return error_memory(plan->error, "a model");
        if (i < graph->tensor_count && graph->tensors[i].data)
            memcpy(slot->data, graph->tensors[i].data, slot->bytes);
    }
    for (int i = 0; i < plan->slot_count; i++) {
        size_t offset;
        uint8_t *data = plan->slots[root_of(plan, i, &offset)].data;
        plan->slots[i].data = data + offset;
    }
    return 0;
}
