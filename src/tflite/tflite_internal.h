// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the room: the schema of the operators, the rules of a sound graph, the plan of a run.
#ifndef WAKESMITH_TFLITE_INTERNAL_H
#define WAKESMITH_TFLITE_INTERNAL_H

#include "tflite/tflite.h"

enum {
    TFLITE_MAX_SUBGRAPHS = 8, TFLITE_MAX_OPS = 1024, TFLITE_MAX_TENSORS = 4096, TFLITE_MAX_BUFFERS = 4096,
    TFLITE_MAX_OP_CODES = 64, TFLITE_MAX_TEXT = 1024, TFLITE_MAX_ELEMENTS = 1 << 24, TFLITE_MAX_VARIABLES = 20,
    TFLITE_FEATURES = 40 // values of one input row
};

// ---- schema: what the file says about each operator, for the reader and the writer -------------------------

enum field_kind { FIELD_I8, FIELD_BOOL, FIELD_I32, FIELD_TEXT };
struct field {
    uint8_t id, kind;
    uint16_t at;       // offset of the member in struct op
    int fallback;      // value of a scalar that the file leaves out
};
struct op_schema {
    int code;
    const char *name;
    int version;       // that official files carry
    int options_type;  // union code of its options table, 0: has none
    bool write_options;
    int field_count;
    const struct field *fields;
};
const struct op_schema *op_schema(int code); // NULL for a code that the device does not have
void op_options_default(struct op *op);
size_t tensor_type_size(int type);           // bytes of one element; 0 for RESOURCE and for unknown types
int tensor_elements(const struct tensor *tensor); // product of the shape of a verified tensor
size_t tensor_bytes(const struct tensor *tensor);
int tensor_zero_point(const struct tensor *tensor); // the first one, 0 without

// ---- rules ------------------------------------------------------------------------------------------------

// The semantic rules of spec quantization-and-tflite 10 (6 and 7), for read and for hand-built models.
int tflite_verify(const struct tflite_model *model, struct error *error);
// Rule 8: operator `index` of subgraph 0 is one of the 20 and has shapes, types and scales that its kernel takes.
// *work: its multiplications or moved elements in one step. For verified models.
int tflite_check_op(const struct tflite_model *model, int index, double *work, struct error *error);
// One input int8 [1, rows, 40], one output uint8 [1, 1].
int tflite_check_interface(const struct tflite_model *model, struct error *error);
// The subgraph that CALL_ONCE of main runs, or NULL.
const struct subgraph *tflite_init_subgraph(const struct tflite_model *model);
// shared_name of the variable whose handle is tensor `handle` of `graph`; "" when it has none.
const char *variable_name(const struct subgraph *graph, int handle);

// Output size and leading padding of one dimension of a convolution or pool (TFLite's rule).
struct window {
    int size, pad;
};
struct window window_of(int padding, int input, int kernel, int stride, int dilation);
// Start, step and count of one dimension of a STRIDED_SLICE.
struct range {
    int start, step, count;
};
int slice_range(const struct subgraph *graph, const struct op *op, int dimension, struct range *range);
// Axis of CONCATENATION, SPLIT_V, PACK counted from 0, or -1.
int axis_from_zero(int axis, int rank);
// Clamping limits of an int8 output with a fused activation; -1 for an activation that the device does not fuse.
int activation_limits(int activation, const struct tensor *output, int *low, int *high);

// ---- runtime ----------------------------------------------------------------------------------------------

// One piece of work of a step; `params` is one of the structs below.
struct node {
    void (*run)(const void *params);
    const void *params;
};

// Bytes that move. All operators without arithmetic become lists of these; those that would not move vanish.
struct copy {
    uint8_t *to;
    const uint8_t *from;
    size_t bytes;
};
struct copies {
    size_t count, capacity;
    struct copy *items;
};
// out[i] = table[(uint8_t)in[i]]
struct lookup {
    const uint8_t *input;
    uint8_t *output;
    int count;
    uint8_t table[256];
};
// CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. Input [batches][in_h][in_w][in_c], neighbouring pixels `pitch` bytes
// apart; weights [out_c][k_h][k_w][in_c] or, depthwise, [k_h][k_w][out_c]; output dense.
struct conv {
    const int8_t *input, *weights;
    int8_t *output;
    const int32_t *bias, *multipliers, *exponents; // [out_c]
    int batches, in_h, in_w, in_c, out_h, out_w, out_c, k_h, k_w, pitch;
    int stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w, depth_multiplier;
    int in_zero, out_zero, low, high;
};
// Average and maximum pool.
struct pool2d {
    const int8_t *input;
    int8_t *output;
    int batches, in_h, in_w, channels, out_h, out_w, k_h, k_w, stride_h, stride_w, pad_h, pad_w, low, high;
};
// ADD and MUL with numpy's broadcasting: steps of 0 repeat an operand.
struct binary {
    const int8_t *input[2];
    int8_t *output;
    int rank, shape[TFLITE_MAX_RANK], step[2][TFLITE_MAX_RANK];
    int zero[2], out_zero, low, high;
    int32_t multiplier[3];
    int exponent[3];           // operands and output; MUL has the output's only
};
// MEAN: sums over `reduced` dimensions into `sums`.
struct mean {
    const int8_t *input;
    int8_t *output;
    int32_t *sums;
    int rank, shape[TFLITE_MAX_RANK], step[TFLITE_MAX_RANK]; // step in the output, 0 for reduced dimensions
    int outputs, divisor, in_zero, out_zero;
    int32_t multiplier;
    int exponent;
};
void run_copies(const void *params);
void run_lookup(const void *params);
void run_conv(const void *params);
void run_depthwise(const void *params);
void run_average_pool(const void *params);
void run_max_pool(const void *params);
void run_add(const void *params);
void run_mul(const void *params);
void run_mean(const void *params);

// Table of LOGISTIC: int8 -> int8 with scale 1/256 and zero point -128, for input scale and zero point.
void logistic_table(double scale, int zero_point, uint8_t table[256]);

// Where one tensor of main, or one variable, lives.
struct slot {
    int parent;          // slot inside whose memory it lies, -1: has its own
    size_t offset;       // from the parent's first byte
    size_t bytes;
    int width, pitch;    // bytes of one pixel (innermost dimension) and distance to the next
    uint8_t *data;
};
// One resource variable of the model.
struct variable {
    const char *name;
    const struct tensor *value;   // what ASSIGN_VARIABLE stores
    const struct tensor *initial; // constant that the init subgraph stores, or NULL
    int first_assign, assigns, last_read; // operator indices of main, -1: none
    bool deferred;                // reads are views, the one assignment happens at the end of the step
};
struct plan {
    const struct tflite_model *model;
    const struct subgraph *graph;
    struct arena *arena;
    struct error *error;
    enum cpu_level level;
    bool share;                   // let tensors share memory so that copies vanish
    int slot_count;               // tensors, then variables
    struct slot *slots;
    int variable_count;
    struct variable variables[TFLITE_MAX_VARIABLES];
    struct node *nodes;
    int node_count, node_capacity;
};
int plan_variables(struct plan *plan);
int plan_variable_index(const struct plan *plan, int handle); // of the handle tensor
int plan_place(struct plan *plan);                            // fills slots
int plan_bind(struct plan *plan);                             // fills nodes

// As tflite_runtime_open, with sharing of memory switched off for tests.
int runtime_open(struct tflite_runtime **runtime, const struct tflite_model *model, enum cpu_level level, bool share,
                 struct error *error);

#endif
