// SPDX-License-Identifier: GPL-3.0-or-later
// From checked operators and placed tensors to the list of nodes that a step runs.
#include "tflite/tflite_internal.h"
#include "tflite/tflite_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct tensor *tensor_of(const struct plan *plan, int index)
{
    return index >= 0 ? &plan->graph->tensors[index] : NULL;
}

static int input_index(const struct op *op, int i)
{
    return i < op->input_count ? op->inputs[i] : -1;
}

static int list_value(const struct tensor *tensor, int i)
{
    int32_t value;
    memcpy(&value, tensor->data + 4 * (size_t)i, sizeof value);
    return value;
}

static int no_memory(struct plan *plan)
{
    return error_memory(plan->error, "a model");
}

void *plan_alloc(struct plan *plan, size_t count, size_t size)
{
    return arena_alloc(plan->arena, (count ? count : 1) * size, 64);
}

int plan_node(struct plan *plan, void (*run)(const void *), const void *params)
{
    if (plan->node_count == plan->node_capacity)
        return error_set(plan->error, ERROR_FORMAT, "the model has too many operators");
    plan->nodes[plan->node_count++] = (struct node){run, params};
    return 0;
}

// ---- movements ----------------------------------------------------------------------------------------------

static uint8_t *byte_at(const struct slot *slot, size_t index)
{
    return slot->data + index / (size_t)slot->width * (size_t)slot->pitch + index % (size_t)slot->width;
}

// Adds one byte to the list: nothing when it lies where it belongs, and a longer copy when it continues the last one.
static int move_byte(struct copies *copies, uint8_t *to, const uint8_t *from)
{
    if (to == from)
        return 0;
    struct copy *last = copies->count ? &copies->items[copies->count - 1] : NULL;
    if (last && last->to + last->bytes == to && last->from + last->bytes == from) {
        last->bytes++;
        return 0;
    }
    if (copies->count == copies->capacity) {
        size_t capacity = copies->capacity ? 2 * copies->capacity : 64;
        struct copy *items = realloc(copies->items, capacity * sizeof *items);
        if (!items)
            return -1;
        copies->items = items;
        copies->capacity = capacity;
    }
    copies->items[copies->count++] = (struct copy){to, from, 1};
    return 0;
}

// Makes a node of what has been collected, if anything has to move.
static int bind_copies(struct plan *plan, struct copies *found, bool complete)
{
    int code = complete ? 0 : no_memory(plan);
    if (complete && found->count) {
        struct copies *copies = plan_alloc(plan, 1, sizeof *copies);
        struct copy *items = plan_alloc(plan, found->count, sizeof *items);
        if (copies && items) {
            memcpy(items, found->items, found->count * sizeof *items);
            *copies = (struct copies){.count = found->count, .items = items};
            code = plan_node(plan, run_copies, copies);
        } else {
            code = no_memory(plan);
        }
    }
    free(found->items);
    return code;
}

static int bind_whole(struct plan *plan, const struct slot *to, const struct slot *from)
{
    struct copies copies = {0};
    bool complete = true;
    for (size_t i = 0; i < to->bytes && complete; i++)
        complete = move_byte(&copies, byte_at(to, i), byte_at(from, i)) == 0;
    return bind_copies(plan, &copies, complete);
}

static int bind_reshape(struct plan *plan, const struct op *op)
{
    return bind_whole(plan, &plan->slots[op->outputs[0]], &plan->slots[op->inputs[0]]);
}

static struct slot *variable_slot(const struct plan *plan, const struct op *op)
{
    return &plan->slots[plan->graph->tensor_count + plan_variable_index(plan, op->inputs[0])];
}

static int bind_read(struct plan *plan, const struct op *op)
{
    return bind_whole(plan, &plan->slots[op->outputs[0]], variable_slot(plan, op));
}

static int bind_assign(struct plan *plan, const struct op *op)
{
    return bind_whole(plan, variable_slot(plan, op), &plan->slots[op->inputs[1]]);
}

static int bind_assign_now(struct plan *plan, const struct op *op)
{
    bool deferred = plan->variables[plan_variable_index(plan, op->inputs[0])].deferred;
    return deferred ? 0 : bind_assign(plan, op);
}

static int bind_slice(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]);
    const struct slot *from = &plan->slots[op->inputs[0]], *to = &plan->slots[op->outputs[0]];
    struct range ranges[TFLITE_MAX_RANK];
    for (int d = 0; d < in->rank; d++)
        slice_range(plan->graph, op, d, &ranges[d]);
    struct copies copies = {0};
    bool complete = true;
    for (size_t i = 0; i < to->bytes && complete; i++) {
        size_t rest = i, source = 0, stride = 1;
        for (int d = in->rank - 1; d >= 0; d--) {
            size_t at = rest % (size_t)ranges[d].count;
            rest /= (size_t)ranges[d].count;
            source += (size_t)(ranges[d].start + (int)at * ranges[d].step) * stride;
            stride *= (size_t)in->shape[d];
        }
        complete = move_byte(&copies, byte_at(to, i), byte_at(from, source)) == 0;
    }
    return bind_copies(plan, &copies, complete);
}

// Parts `parts` of `whole` : [outer][sum of their rows]. Joins them or, with `split`, takes them apart.
static int bind_parts(struct plan *plan, int whole, const int *parts, int count, size_t outer, bool split)
{
    const struct slot *all = &plan->slots[whole];
    struct copies copies = {0};
    bool complete = true;
    size_t row = all->bytes / outer, start = 0;
    for (int p = 0; p < count; p++) {
        const struct slot *part = &plan->slots[parts[p]];
        size_t run = part->bytes / outer;
        for (size_t i = 0; i < part->bytes && complete; i++) {
            uint8_t *a = byte_at(all, i / run * row + start + i % run), *b = byte_at(part, i);
            complete = move_byte(&copies, split ? b : a, split ? a : b) == 0;
        }
        start += run;
    }
    return bind_copies(plan, &copies, complete);
}

static size_t outer_size(const struct tensor *tensor, int axis)
{
    size_t outer = 1;
    for (int d = 0; d < axis; d++)
        outer *= (size_t)tensor->shape[d];
    return outer;
}

static int bind_concat(struct plan *plan, const struct op *op)
{
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    int axis = axis_from_zero(op->options.concat.axis, out->rank);
    return bind_parts(plan, op->outputs[0], op->inputs, op->input_count, outer_size(out, axis), false);
}

static int bind_pack(struct plan *plan, const struct op *op)
{
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    int axis = axis_from_zero(op->options.pack.axis, out->rank);
    return bind_parts(plan, op->outputs[0], op->inputs, op->input_count, outer_size(out, axis), false);
}

static int bind_split(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]);
    int axis = axis_from_zero(list_value(tensor_of(plan, op->inputs[2]), 0), in->rank);
    return bind_parts(plan, op->inputs[0], op->outputs, op->output_count, outer_size(in, axis), true);
}

// The padding never changes: it is filled here, and a step copies the inside.
static int bind_pad(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *out = tensor_of(plan, op->outputs[0]);
    const struct slot *from = &plan->slots[op->inputs[0]], *to = &plan->slots[op->outputs[0]];
    for (size_t i = 0; i < to->bytes; i++)
        *byte_at(to, i) = (uint8_t)tensor_zero_point(out);
    struct copies copies = {0};
    bool complete = true;
    for (size_t i = 0; i < from->bytes && complete; i++) {
        size_t rest = i, target = 0, stride = 1;
        for (int d = in->rank - 1; d >= 0; d--) {
            target +=
                (rest % (size_t)in->shape[d] + (size_t)list_value(tensor_of(plan, op->inputs[1]), 2 * d)) * stride;
            rest /= (size_t)in->shape[d];
            stride *= (size_t)out->shape[d];
        }
        complete = move_byte(&copies, byte_at(to, target), byte_at(from, i)) == 0;
    }
    return bind_copies(plan, &copies, complete);
}

// ---- arithmetic -----------------------------------------------------------------------------------------------

// Bias, multipliers and exponents of `channels` output channels; `factor` gives the real factor of one.
static int bind_channels(struct plan *plan, const struct op *op, struct conv *conv, bool dense)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *weights = tensor_of(plan, op->inputs[1]);
    const struct tensor *bias = tensor_of(plan, input_index(op, 2)), *out = tensor_of(plan, op->outputs[0]);
    size_t channels = (size_t)conv->out_c;
    int32_t *biases = plan_alloc(plan, channels, sizeof *biases);
    int32_t *multipliers = plan_alloc(plan, channels, sizeof *multipliers);
    int32_t *exponents = plan_alloc(plan, channels, sizeof *exponents);
    if (!biases || !multipliers || !exponents)
        return no_memory(plan);
    for (int o = 0; o < conv->out_c; o++) {
        float scale = weights->scales[weights->scale_count > 1 ? o : 0];
        // The device multiplies the two scales in double for convolutions and in float for FULLY_CONNECTED.
        double product = dense ? (double)(in->scales[0] * scale) : (double)in->scales[0] * (double)scale;
        int exponent;
        requant_multiplier(product / (double)out->scales[0], &multipliers[o], &exponent);
        exponents[o] = exponent;
        biases[o] = bias ? list_value(bias, o) : 0;
    }
    conv->bias = biases;
    conv->multipliers = multipliers;
    conv->exponents = exponents;
    conv->input = (const int8_t *)plan->slots[op->inputs[0]].data;
    conv->weights = (const int8_t *)plan->slots[op->inputs[1]].data;
    conv->output = (int8_t *)plan->slots[op->outputs[0]].data;
    conv->in_zero = tensor_zero_point(in);
    conv->out_zero = tensor_zero_point(out);
    return 0;
}

static int bind_conv(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *weights = tensor_of(plan, op->inputs[1]);
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    bool depthwise = op->code == OP_DEPTHWISE_CONV_2D;
    struct conv *conv = plan_alloc(plan, 1, sizeof *conv);
    if (!conv)
        return no_memory(plan);
    *conv = (struct conv){
        .batches = in->shape[0],
        .in_h = in->shape[1],
        .in_w = in->shape[2],
        .in_c = in->shape[3],
        .out_h = out->shape[1],
        .out_w = out->shape[2],
        .out_c = out->shape[3],
        .k_h = weights->shape[1],
        .k_w = weights->shape[2],
        .pitch = plan->slots[op->inputs[0]].pitch,
        .stride_h = op->options.conv.stride_h,
        .stride_w = op->options.conv.stride_w,
        .dilation_h = op->options.conv.dilation_h,
        .dilation_w = op->options.conv.dilation_w,
        .depth_multiplier = depthwise ? op->options.conv.multiplier : 1,
    };
    conv->pad_h = window_of(op->options.conv.padding, conv->in_h, conv->k_h, conv->stride_h, conv->dilation_h).pad;
    conv->pad_w = window_of(op->options.conv.padding, conv->in_w, conv->k_w, conv->stride_w, conv->dilation_w).pad;
    activation_limits(op->options.conv.activation, out, &conv->low, &conv->high);
    TRY(bind_channels(plan, op, conv, false));
    return bind_kernel(plan, conv, depthwise);
}

// FULLY_CONNECTED is a 1x1 convolution over a column of pixels.
static int bind_dense(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *weights = tensor_of(plan, op->inputs[1]);
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    struct conv *conv = plan_alloc(plan, 1, sizeof *conv);
    if (!conv)
        return no_memory(plan);
    int rows = tensor_elements(in) / weights->shape[1];
    *conv = (struct conv){
        .batches = 1, .in_h = rows, .in_w = 1, .in_c = weights->shape[1], .out_h = rows, .out_w = 1,
        .out_c = weights->shape[0], .k_h = 1, .k_w = 1, .pitch = weights->shape[1], .stride_h = 1, .stride_w = 1,
        .dilation_h = 1, .dilation_w = 1, .depth_multiplier = 1,
    };
    activation_limits(op->options.dense.activation, out, &conv->low, &conv->high);
    TRY(bind_channels(plan, op, conv, true));
    return bind_kernel(plan, conv, false);
}

static struct lookup *new_lookup(struct plan *plan, const struct op *op)
{
    struct lookup *lookup = plan_alloc(plan, 1, sizeof *lookup);
    if (lookup) {
        lookup->input = plan->slots[op->inputs[0]].data;
        lookup->output = plan->slots[op->outputs[0]].data;
        lookup->count = tensor_elements(tensor_of(plan, op->outputs[0]));
    }
    return lookup;
}

static int bind_logistic(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]);
    struct lookup *lookup = new_lookup(plan, op);
    if (!lookup)
        return no_memory(plan);
    logistic_table((double)in->scales[0], tensor_zero_point(in), lookup->table);
    return plan_node(plan, run_lookup, lookup);
}

static int clamp(int64_t value, int low, int high)
{
    return (int)(value < low ? low : value > high ? high : value);
}

static int bind_quantize(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *out = tensor_of(plan, op->outputs[0]);
    struct lookup *lookup = new_lookup(plan, op);
    if (!lookup)
        return no_memory(plan);
    int32_t multiplier;
    int exponent;
    requant_multiplier((double)in->scales[0] / (double)out->scales[0], &multiplier, &exponent);
    int low = out->type == TENSOR_UINT8 ? 0 : INT8_MIN, high = out->type == TENSOR_UINT8 ? UINT8_MAX : INT8_MAX;
    for (int i = 0; i < 256; i++) {
        int q = in->type == TENSOR_UINT8 ? i : (int8_t)(uint8_t)i;
        int64_t y = (int64_t)requant(q - tensor_zero_point(in), multiplier, exponent) + tensor_zero_point(out);
        lookup->table[i] = (uint8_t)clamp(y, low, high);
    }
    return plan_node(plan, run_lookup, lookup);
}

static int bind_binary(struct plan *plan, const struct op *op)
{
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    struct binary *binary = plan_alloc(plan, 1, sizeof *binary);
    if (!binary)
        return no_memory(plan);
    *binary = (struct binary){
        .output = (int8_t *)plan->slots[op->outputs[0]].data, .rank = out->rank, .out_zero = tensor_zero_point(out)};
    memcpy(binary->shape, out->shape, sizeof binary->shape);
    double scale[2], out_scale = (double)out->scales[0];
    for (int i = 0; i < 2; i++) {
        const struct tensor *in = tensor_of(plan, op->inputs[i]);
        binary->input[i] = (const int8_t *)plan->slots[op->inputs[i]].data;
        binary->zero[i] = tensor_zero_point(in);
        scale[i] = (double)in->scales[0];
        for (int d = in->rank - 1, step = 1; d >= 0; step *= in->shape[d--])
            binary->step[i][out->rank - in->rank + d] = in->shape[d] > 1 ? step : 0;
    }
    activation_limits(op->options.binary.activation, out, &binary->low, &binary->high);
    if (op->code == OP_MUL) {
        requant_multiplier(scale[0] * scale[1] / out_scale, &binary->multiplier[2], &binary->exponent[2]);
        return plan_node(plan, run_mul, binary);
    }
    double twice = 2 * fmax(scale[0], scale[1]);
    requant_multiplier(scale[0] / twice, &binary->multiplier[0], &binary->exponent[0]);
    requant_multiplier(scale[1] / twice, &binary->multiplier[1], &binary->exponent[1]);
    requant_multiplier(twice / (0x1p20 * out_scale), &binary->multiplier[2], &binary->exponent[2]);
    return plan_node(plan, run_add, binary);
}

static int bind_mean(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *axes = tensor_of(plan, op->inputs[1]);
    const struct tensor *out = tensor_of(plan, op->outputs[0]);
    struct mean *mean = plan_alloc(plan, 1, sizeof *mean);
    int outputs = tensor_elements(out);
    int32_t *sums = plan_alloc(plan, (size_t)outputs, sizeof *sums);
    if (!mean || !sums)
        return no_memory(plan);
    *mean = (struct mean){
        .input = (const int8_t *)plan->slots[op->inputs[0]].data, .output = (int8_t *)plan->slots[op->outputs[0]].data,
        .sums = sums, .rank = in->rank, .outputs = outputs, .divisor = 1, .in_zero = tensor_zero_point(in),
        .out_zero = tensor_zero_point(out),
    };
    memcpy(mean->shape, in->shape, sizeof mean->shape);
    bool reduced[TFLITE_MAX_RANK] = {false};
    for (int i = 0; i < tensor_elements(axes); i++)
        reduced[axis_from_zero(list_value(axes, i), in->rank)] = true;
    for (int d = in->rank - 1, step = 1; d >= 0; d--) {
        mean->step[d] = reduced[d] ? 0 : step;
        if (reduced[d])
            mean->divisor *= in->shape[d];
        else
            step *= in->shape[d];
    }
    requant_multiplier((double)in->scales[0] / (double)out->scales[0], &mean->multiplier, &mean->exponent);
    // The division by the count goes into the multiplier, with as many more bits as the count has.
    int shift = 31 - __builtin_clz((unsigned)mean->divisor);
    shift = shift < 31 + mean->exponent ? shift : 31 + mean->exponent;
    mean->multiplier = (int32_t)(((int64_t)mean->multiplier << shift) / mean->divisor);
    mean->exponent -= shift;
    return plan_node(plan, run_mean, mean);
}

static int bind_pool(struct plan *plan, const struct op *op)
{
    const struct tensor *in = tensor_of(plan, op->inputs[0]), *out = tensor_of(plan, op->outputs[0]);
    struct pool2d *pool = plan_alloc(plan, 1, sizeof *pool);
    if (!pool)
        return no_memory(plan);
    *pool = (struct pool2d){
        .input = (const int8_t *)plan->slots[op->inputs[0]].data,
        .output = (int8_t *)plan->slots[op->outputs[0]].data,
        .batches = in->shape[0],
        .in_h = in->shape[1],
        .in_w = in->shape[2],
        .channels = in->shape[3],
        .out_h = out->shape[1],
        .out_w = out->shape[2],
        .k_h = op->options.pool.filter_h,
        .k_w = op->options.pool.filter_w,
        .stride_h = op->options.pool.stride_h,
        .stride_w = op->options.pool.stride_w,
    };
    pool->pad_h = window_of(op->options.pool.padding, pool->in_h, pool->k_h, pool->stride_h, 1).pad;
    pool->pad_w = window_of(op->options.pool.padding, pool->in_w, pool->k_w, pool->stride_w, 1).pad;
    activation_limits(op->options.pool.activation, out, &pool->low, &pool->high);
    return plan_node(plan, op->code == OP_MAX_POOL_2D ? run_max_pool : run_average_pool, pool);
}

static int bind_nothing(struct plan *plan, const struct op *op)
{
    (void)plan;
    (void)op;
    return 0;
}

static const struct binding {
    int code;
    int (*bind)(struct plan *plan, const struct op *op);
} bindings[] = {
    {OP_CALL_ONCE, bind_nothing}, // done by reset
    {OP_VAR_HANDLE, bind_nothing},
    {OP_RESHAPE, bind_reshape},
    {OP_READ_VARIABLE, bind_read},
    {OP_STRIDED_SLICE, bind_slice},
    {OP_CONCATENATION, bind_concat},
    {OP_ASSIGN_VARIABLE, bind_assign_now},
    {OP_CONV_2D, bind_conv},
    {OP_MUL, bind_binary},
    {OP_ADD, bind_binary},
    {OP_MEAN, bind_mean},
    {OP_FULLY_CONNECTED, bind_dense},
    {OP_LOGISTIC, bind_logistic},
    {OP_QUANTIZE, bind_quantize},
    {OP_DEPTHWISE_CONV_2D, bind_conv},
    {OP_AVERAGE_POOL_2D, bind_pool},
    {OP_MAX_POOL_2D, bind_pool},
    {OP_PAD, bind_pad},
    {OP_PACK, bind_pack},
    {OP_SPLIT_V, bind_split},
};

int plan_bind(struct plan *plan)
{
    const struct subgraph *graph = plan->graph;
    plan->node_capacity = 2 * graph->op_count;
    plan->nodes = plan_alloc(plan, (size_t)plan->node_capacity, sizeof *plan->nodes);
    if (!plan->nodes)
        return no_memory(plan);
    for (int i = 0; i < graph->op_count; i++)
        for (size_t k = 0; k < COUNT_OF(bindings); k++)
            if (bindings[k].code == graph->ops[i].code)
                TRY(bindings[k].bind(plan, &graph->ops[i]));
    for (int i = 0; i < graph->op_count; i++) {
        const struct op *op = &graph->ops[i];
        if (op->code == OP_ASSIGN_VARIABLE && plan->variables[plan_variable_index(plan, op->inputs[0])].deferred)
            TRY(bind_assign(plan, op));
    }
    return 0;
}
