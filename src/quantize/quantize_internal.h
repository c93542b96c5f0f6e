// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of a conversion: network (folded floats) -> calibrate (how activations spread) -> layer (int8 weights
// and scales) -> emit (the graph) -> verify (the bytes against the float network).
#ifndef WAKESMITH_QUANTIZE_INTERNAL_H
#define WAKESMITH_QUANTIZE_INTERNAL_H

#include "quantize/quantize.h"

// ---- network.c: the float network as the device streams it ----

struct network {
    struct nn_config config;
    const float *first;                                    // [K0][40][F0], borrowed
    const float *depthwise[NN_MAX_BLOCKS][NN_MAX_KERNELS]; // [k][channels of the group], borrowed
    float *pointwise[NN_MAX_BLOCKS];                       // [in][out], batch norm folded in
    float *bias[NN_MAX_BLOCKS];                            // [out]
    float *dense;                                          // [T*C], scaled
    float dense_bias;                                      // scaled and shifted
    struct arena arena;
};
int network_fold(struct network *network, const struct nn_weights *weights, const struct quantize_options *options,
                 struct error *error);
void network_free(struct network *network);
int group_channels(const struct nn_config *config, int block, int group);
int last_channels(const struct nn_config *config);

// The activations of a network, in the order of the graph: first convolution, then per block its depthwise output
// and its ReLU output, then the logit.
enum { MOST_ACTIVATIONS = 2 * NN_MAX_BLOCKS + 2 };
#define FIRST_OUTPUT 0
static inline int depthwise_output(int block)
{
    return 1 + 2 * block;
}
static inline int block_output(int block)
{
    return 2 + 2 * block;
}
static inline int logit_output(const struct nn_config *config)
{
    return 1 + 2 * config->blocks;
}

// ---- calibrate.c: how activations spread over the calibration tracks ----

struct spread; // a histogram of floats, fine enough for percentiles
struct spreads {
    struct spread *of; // [logit_output + 1]
    size_t steps;
};
int calibrate(const struct network *network, const struct quantize_track *tracks, size_t track_count, struct pool *pool,
              struct spreads *spreads, struct error *error);
void spreads_free(struct spreads *spreads);
// The range that `keep` (0 .. 1) of the values lie in; both ends lose the same share when `both`, else only the top.
void spread_range(const struct spreads *spreads, int activation, double keep, bool both, float *low, float *high);
double spread_outside(const struct spreads *spreads, int activation, float low, float high); // share

// ---- layer.c: int8 ----

struct quant {
    float scale;
    int zero_point;
};
struct layer {
    int in, out;
    int8_t *weights;             // as in the file: [out][in], depthwise [in][out]
    int32_t *biases;             // [out]
    float *scales, *bias_scales; // [out]
};
struct integer_network {
    struct quant input, activations[MOST_ACTIVATIONS], logistic, output;
    struct layer first, depthwise[NN_MAX_BLOCKS][NN_MAX_KERNELS], pointwise[NN_MAX_BLOCKS], dense;
    struct arena arena;
};
int integer_network_make(struct integer_network *integers, const struct network *network, const struct spreads *spreads,
                         double percentile, struct quantize_report *report, struct error *error);
void integer_network_free(struct integer_network *integers);

// ---- graph.c: a subgraph under construction; all memory is the model's ----

struct graph {
    struct tflite_model *model;
    struct subgraph *subgraph;
    bool failed;       // no memory: everything later is a no-op, the indices are 0
    struct op nowhere; // never read: takes the options of operators after a failure
};
void graph_begin(struct graph *graph, struct tflite_model *model, struct subgraph *subgraph, const char *name);
int graph_tensor(struct graph *graph, const char *name, int type, int rank, const int *shape,
                 const struct quant *quant);
int graph_constant(struct graph *graph, const char *name, int type, int rank, const int *shape, const void *data);
int graph_integers(struct graph *graph, int count, const int32_t *values);                         // shares equal ones
void graph_scales(struct graph *graph, int tensor, int count, const float *scales, int dimension); // zero points 0
// Inputs and outputs end with NO_TENSOR.
enum { NO_TENSOR = -2 };
struct op *graph_op(struct graph *graph, int code, const int *inputs, const int *outputs);

// ---- emit.c, verify.c ----

int emit_model(const struct nn_config *config, const struct integer_network *integers, const char *description,
               struct tflite_model **model, struct error *error);
// `logit`: how the logit was quantised.
int verify_model(const void *data, size_t size, const struct nn_weights *weights,
                 const struct quantize_options *options, struct quant logit, const struct quantize_track *tracks,
                 size_t track_count, struct pool *pool, struct quantize_report *report, struct error *error);

#endif
