// SPDX-License-Identifier: GPL-3.0-or-later
// tflite: the file format and its runtime. A bounded, verifying reader, a writer, an int8 streaming interpreter
// of the device's 20 operators (byte-exact with TFLM), an estimate of the tensor arena. It does not know how a
// model was trained, so it can judge any model.
#ifndef WAKESMITH_TFLITE_H
#define WAKESMITH_TFLITE_H

#include "base/base.h"

enum tensor_type { TENSOR_FLOAT32 = 0, TENSOR_INT32 = 2, TENSOR_UINT8 = 3, TENSOR_INT64 = 4, TENSOR_BOOL = 6,
                   TENSOR_INT16 = 7, TENSOR_INT8 = 9, TENSOR_RESOURCE = 13 };
// Codes of the schema's BuiltinOperator: the 20 that ESPHome registers.
enum op_code { OP_ADD = 0, OP_AVERAGE_POOL_2D = 1, OP_CONCATENATION = 2, OP_CONV_2D = 3, OP_DEPTHWISE_CONV_2D = 4,
               OP_FULLY_CONNECTED = 9, OP_LOGISTIC = 14, OP_MAX_POOL_2D = 17, OP_MUL = 18, OP_RESHAPE = 22, OP_PAD = 34,
               OP_MEAN = 40, OP_STRIDED_SLICE = 45, OP_PACK = 83, OP_SPLIT_V = 102, OP_QUANTIZE = 114,
               OP_CALL_ONCE = 129, OP_VAR_HANDLE = 142, OP_READ_VARIABLE = 143, OP_ASSIGN_VARIABLE = 144 };
const char *op_name(int code); // "CONV_2D"; NULL for a code that the device does not have
enum { ACTIVATION_NONE = 0, ACTIVATION_RELU = 1, ACTIVATION_RELU6 = 3 };
enum { PADDING_SAME = 0, PADDING_VALID = 1 };
enum { TFLITE_MAX_RANK = 8, TFLITE_MAX_FILE = 4 << 20 };

// A graph in memory: what a file says, decoded. Everything lives in the model's arena.
struct tensor {
    const char *name;
    int type;                      // enum tensor_type
    int rank, shape[TFLITE_MAX_RANK];
    const uint8_t *data;           // constant content, NULL for none
    size_t data_size;
    int scale_count;               // 0: not quantised; 1: per tensor; else per channel
    const float *scales;
    const int64_t *zero_points;    // zero_point_count of them
    int zero_point_count;
    int quantized_dimension;
};
struct op {
    int code;                      // enum op_code, or any other builtin code that the file has
    int version;
    int input_count, output_count; // tensor indices; -1: optional input left out
    const int *inputs, *outputs;
    union {
        struct { int padding, stride_w, stride_h, activation, dilation_w, dilation_h, multiplier; } conv; // both
        struct { int padding, stride_w, stride_h, filter_w, filter_h, activation; } pool;
        struct { int axis, activation; } concat;
        struct { int begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask; bool offset; } slice;
        struct { int activation, weights_format; bool keep_num_dims, asymmetric_quantize_inputs; } dense;
        struct { int activation; bool pot_scale_int16; } binary; // ADD, MUL
        struct { int values_count, axis; } pack;
        struct { int splits; } split;
        struct { bool keep_dims; } reduce;
        struct { int subgraph; } call_once;
        struct { const char *container, *shared_name; } variable;
    } options;
    bool has_options;
};
struct subgraph {
    const char *name;
    int tensor_count, op_count, input_count, output_count;
    struct tensor *tensors;
    struct op *ops;
    int *inputs, *outputs;
};
struct tflite_model {
    struct arena arena;
    const char *description;
    int version;
    int subgraph_count;
    struct subgraph *subgraphs;
    bool has_signature;
};

// Decodes and verifies `size` bytes (rules: spec quantization-and-tflite 10); never reads outside, never runs long.
// The result holds its own copies. Errors name what is wrong in one sentence (without the file name).
int tflite_read(struct tflite_model **model, const void *data, size_t size, struct error *error);
int tflite_open(struct tflite_model **model, const char *path, struct error *error);
void tflite_close(struct tflite_model *model); // also for models built by hand
struct tflite_model *tflite_new(void);         // empty, for building; parts by arena_alloc(&model->arena, ...)
// Bytes of the file for `model` in the strict form (spec 7.3, 8): caller frees *data. An op version of 0 becomes the
// official one. Fails on what desktop runtimes do not take: a foreign operator, a missing bias or initial state.
int tflite_write(const struct tflite_model *model, void **data, size_t *size, struct error *error);

// What would keep a device from loading it: one sentence each is added to `faults` (spec device 5).
int tflite_device_faults(const struct tflite_model *model, struct text_list *faults, struct error *error);

// ---- runtime ----
struct tflite_runtime;
// Checks everything a run needs (shapes, types, quantisation, variables); then a step cannot fail.
// `level`: which kernels; all give the device's exact bytes. The runtime keeps its own copies: the model may be closed.
// One runtime per thread.
int tflite_runtime_open(struct tflite_runtime **runtime, const struct tflite_model *model, enum cpu_level level,
                        struct error *error);
void tflite_runtime_close(struct tflite_runtime *runtime);
int tflite_runtime_stride(const struct tflite_runtime *runtime); // rows of 40 bytes per step
void tflite_runtime_reset(struct tflite_runtime *runtime);       // variables back to real 0
uint8_t tflite_runtime_step(struct tflite_runtime *runtime, const int8_t *rows); // rows[stride][40]
// As step, and keeps the int8 logit (input of LOGISTIC) for calibration: *logit.
uint8_t tflite_runtime_step_logit(struct tflite_runtime *runtime, const int8_t *rows, int8_t *logit);

// ---- facts about a model, for inspect and the manifest ----
enum esp_nn { ESP_NN_NONE, ESP_NN_1_1, ESP_NN_1_2, ESP_NN_COUNT };
struct tflite_facts {
    int stride, ops, variables;
    size_t macs_per_step, constant_bytes, state_bytes;
    size_t arena[ESP_NN_COUNT]; // estimated bytes per esp-nn generation, 32 bit
    size_t arena_recommended;   // largest + 10 %, rounded up to 1024
};
int tflite_describe(const struct tflite_model *model, struct tflite_facts *facts, struct error *error);

// The integer arithmetic of the device, for the quantiser and for tests (spec 3.1).
void requant_multiplier(double real, int32_t *multiplier, int *exponent);
int32_t requant(int32_t accumulator, int32_t multiplier, int exponent);

#endif
