// SPDX-License-Identifier: GPL-3.0-or-later
// nn: the network. MixedNet (first convolution, blocks of depthwise + 1x1 + batch norm + ReLU, dense, sigmoid),
// forward and backward, Adam; one plain body and one fast body per instruction set. It knows nothing of audio.
#ifndef WAKESMITH_NN_H
#define WAKESMITH_NN_H

#include "base/base.h"

enum { NN_FEATURES = 40, NN_MAX_BLOCKS = 8, NN_MAX_KERNELS = 4 };

// Shape of a network; spec model-and-training 1 and 2.
struct nn_config {
    int stride;        // rows per step of the first convolution
    int first_filters; // F0
    int first_kernel;  // K0 rows
    int blocks;
    int filters[NN_MAX_BLOCKS];
    int kernel_count[NN_MAX_BLOCKS];            // groups of the MixConv
    int kernels[NN_MAX_BLOCKS][NN_MAX_KERNELS]; // ascending; group g gets channels / count, the rest goes to group 0
    int tail;                                   // T: steps that the dense layer sees
};
// "official" (stride 3, T 17), "seed" (stride 2, T 37), "alexa" (stride 3, [5][9][13][21], T 5).
int nn_preset(const char *name, struct nn_config *config, struct error *error);
// "64,64,64,64" and "[5],[7,11],[9,15],[23]" as on the framework's command line; sets filters and kernels. NULL leaves
// what is there, as long as both have one entry a block.
int nn_parse_shape(struct nn_config *config, const char *filters, const char *kernels, struct error *error);
int nn_check(const struct nn_config *config, struct error *error);
// S: rows of one training example, a multiple of stride (official 204, seed 178, alexa 150). The network reads the
// first K0 + stride * (T1 - 1) of them, T1 = T + sum of (longest kernel - 1): all but at most stride - 1.
int nn_window(const struct nn_config *config);
int nn_window_used(const struct nn_config *config); // those first rows of the window
// T for clips of `clip_ms`, as the framework derives it (kahrendt/microWakeWord): official and seed are 1500 ms.
int nn_tail_of_clip(const struct nn_config *config, int clip_ms);
int nn_block_channels(const struct nn_config *config, int block); // input channels of a block
int nn_block_reach(const struct nn_config *config, int block);    // its longest kernel
size_t nn_macs_per_step(const struct nn_config *config);

// Weights: one flat array, pointers into it. Layouts: conv1 [K0][40][F0]; depthwise [k][channels of the group];
// pointwise [in][out]; gamma, beta, mean, variance [out]; dense [T*C] (index t*C + c), bias [1].
struct nn_weights {
    struct nn_config config;
    float *data;             // owned
    size_t count, trainable; // the trainable part comes first, moving statistics after it
    float *first;
    float *depthwise[NN_MAX_BLOCKS][NN_MAX_KERNELS];
    float *pointwise[NN_MAX_BLOCKS], *gamma[NN_MAX_BLOCKS], *beta[NN_MAX_BLOCKS], *mean[NN_MAX_BLOCKS],
        *variance[NN_MAX_BLOCKS];
    float *dense, *dense_bias;
};
int nn_weights_open(struct nn_weights *weights, const struct nn_config *config, struct error *error); // all zero
int nn_weights_copy(struct nn_weights *copy, const struct nn_weights *weights, struct error *error);
void nn_weights_init(struct nn_weights *weights, struct rng *rng); // Glorot uniform, gamma 1, variance 1
void nn_weights_close(struct nn_weights *weights);

// A network in training: weights, gradients, Adam's moments, activations for `batch` examples.
struct nn;
// `pool` may be NULL. The results do not depend on its size. `level`: which body; tests pass each of them.
int nn_open(struct nn **nn, const struct nn_config *config, int batch, struct pool *pool, enum cpu_level level,
            struct error *error);
void nn_close(struct nn *nn);
struct nn_weights *nn_weights_of(struct nn *nn); // owned by nn; may be written
float *nn_gradients(struct nn *nn);              // [trainable], of the last nn_step
// Where example i of the batch goes: [S][40] floats.
float *nn_input(struct nn *nn, int i);
// One step on `count` examples (<= batch): forward with batch statistics, weighted loss
// (1/N) sum w (max(l,0) - l y + log1p(exp(-|l|))), backward, moving statistics (momentum .99). Returns the loss.
// logits[count] may be NULL. Does not change the weights: nn_adam does.
float nn_step(struct nn *nn, int count, const float *labels, const float *weights, float *logits);
// Keras' Adam (beta .9, .999, eps 1e-7 on the uncorrected root).
void nn_adam(struct nn *nn, float learning_rate);
// Optimiser state for checkpoints: m and v [trainable each] and the number of steps made.
void nn_adam_state(struct nn *nn, float **m, float **v, uint64_t **steps);

// Inference with moving statistics over a long track, as the device streams it: zero states at the start, one
// logit per `stride` rows. Folded weights, shared by threads; a scratch per thread.
struct nn_stream;
int nn_stream_open(struct nn_stream **stream, const struct nn_weights *weights, enum cpu_level level,
                   struct error *error);
void nn_stream_close(struct nn_stream *stream);
struct nn_stream_scratch;
int nn_stream_scratch_open(struct nn_stream_scratch **scratch, const struct nn_stream *stream, struct error *error);
void nn_stream_scratch_close(struct nn_stream_scratch *scratch);
// rows: uint16 features v of the device, [row_count][40], turned into real features as the sampler does:
// (q + 128) * 26/255 with q = clamp((v*256 + 333)/666 - 128). logits[row_count / stride]; logits[j] sees rows up to
// stride*(j+1) - 1, and equals nn's forward pass (moving statistics) on a window whose last row in use is that one
// as soon as j + 1 >= S / stride.
void nn_stream_run(const struct nn_stream *stream, struct nn_stream_scratch *scratch, const uint16_t *rows,
                   size_t row_count, float *logits);

#endif
