// SPDX-License-Identifier: GPL-3.0-or-later
// Inside of nn: limits, the table of kernels, and the padded layout in which the kernels work.
#ifndef WAKESMITH_NN_INTERNAL_H
#define WAKESMITH_NN_INTERNAL_H

#include "nn/nn.h"

enum {
    NN_MAX_CHANNELS = 512,
    NN_MAX_REACH = 128, // rows of a kernel
    NN_MAX_STRIDE = 16,
    NN_MAX_TAIL = 1024,
    NN_MAX_BATCH = 4096,
    // Channels are padded with zeros to a multiple of LANE_BLOCK floats (one cache line), so that no body sees a rest.
    LANE_BLOCK = 16,
    MAX_LANE_BLOCKS = NN_MAX_CHANNELS / LANE_BLOCK,
    MAX_TILES = 2 + NN_MAX_BLOCKS * (NN_MAX_KERNELS + 1),
};
#define NN_EPSILON 1e-3  // of the batch norms
#define NN_MOMENTUM 0.99 // of their moving statistics

int nn_group_channels(const struct nn_config *config, int block, int group);
int nn_first_rows(const struct nn_config *config); // T1: rows after the first convolution

// ---- kernels --------------------------------------------------------------------------------------------
// Matrices are row-major without gaps unless a leading dimension is given. `columns` and `channels` are multiples of
// LANE_BLOCK; float arrays are 64-byte aligned, except `a` of the two products.

// Which taps of a depthwise kernel are used, per block of LANE_BLOCK channels: groups of a MixConv differ in length.
struct nn_taps {
    int first[MAX_LANE_BLOCKS], count[MAX_LANE_BLOCKS];
};

// Memory that will be needed soon, from next to end. A product fetches it into the cache bit by bit while it computes,
// so that the passes between products, which do little per float, need not wait for memory. `next` advances.
struct nn_ahead {
    const char *next, *end;
};

struct nn_kernels {
    const char *name;
    // c[rows][columns] = a[rows][depth] * b[depth][columns]; row r of a starts at a + r*lda (rows may overlap).
    void (*multiply)(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                     struct nn_ahead *ahead);
    // c[depth][columns] = (add ? c : 0) + transpose(a[rows][depth]) * b[rows][columns]
    void (*multiply_transposed)(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                                bool add, struct nn_ahead *ahead);
    // y[rows][channels]: y[t] = sum over taps i of w[i] * x[t + i], channel by channel
    void (*depthwise)(int rows, int channels, const struct nn_taps *taps, const float *x, const float *w, float *y);
    // dw[i] += sum over rows t of dy[t] * x[t + i]
    void (*depthwise_weights)(int rows, int channels, const struct nn_taps *taps, const float *x, const float *dy,
                              float *dw);
    // Mean over rows, and the sum of squared differences from it; both [channels].
    void (*moments)(int rows, int channels, const float *x, float *mean, float *squares);
    void (*relu)(size_t count, float *x);
    // y = max(0, x * scale + shift)
    void (*scale_relu)(int rows, int channels, const float *x, const float *scale, const float *shift, float *y);
    // Backward of ReLU and the sums that batch norm needs: g = a > 0 ? g : 0; sum[c] = sum g; dot[c] = sum g * (x -
    // mean)
    void (*mask)(int rows, int channels, const float *a, const float *x, const float *mean, float *g, float *sum,
                 float *dot);
    // Backward of batch norm: dx = g * scale + (x - mean) * slope + shift
    void (*norm_backward)(int rows, int channels, const float *g, const float *x, const float *mean, const float *scale,
                          const float *slope, const float *shift, float *dx);
    // count is a multiple of LANE_BLOCK.
    float (*dot)(size_t count, const float *x, const float *y);
    // Backward of the dense layer: dw += d * a; g = d * w
    void (*dense_backward)(size_t count, float d, const float *a, const float *w, float *dw, float *g);
    // out[count] = sum over parts p of data[p * stride + i], in order; no alignment needed.
    void (*sum_parts)(size_t count, const float *data, size_t stride, int parts, float *out);
    // sums[rows] = sum over channels
    void (*sum_rows)(int rows, int channels, const float *x, float *sums);
    void (*adam)(size_t count, float rate, const float *g, float *m, float *v, float *w);
    // Device features to real ones, see nn_stream_run.
    void (*features)(size_t count, const uint16_t *features, float *x);
};

extern const struct nn_kernels nn_kernels_reference; // simple loops, the judge of the others
// One body compiled for 4, 8 and 16 lanes; the last two exist on x86-64 only.
extern const struct nn_kernels nn_kernels_lanes4, nn_kernels_avx2, nn_kernels_avx512;
const struct nn_kernels *nn_kernels_for(enum cpu_level level);

// ---- padded layout --------------------------------------------------------------------------------------

// A matrix that lies flat (without gaps) in nn_weights.data and padded in the packed array.
struct nn_tile {
    size_t flat, packed; // offsets of its first element
    int rows, columns;
    int stride; // floats between two packed rows
};

struct nn_plan {
    struct nn_config config;
    int window;                  // S
    int rows[NN_MAX_BLOCKS + 1]; // rows[i]: into block i; rows[blocks]: T
    int wide[NN_MAX_BLOCKS + 1]; // padded channels, likewise
    int reach[NN_MAX_BLOCKS];
    struct nn_taps taps[NN_MAX_BLOCKS];     // of w[reach][wide], where shorter kernels fill the last rows
    struct nn_taps reversed[NN_MAX_BLOCKS]; // of the same kernels backwards in time
    // Offsets into the packed array: first [K0*40][wide], depthwise [reach][wide], pointwise [wide][wide], dense
    // [T][wide].
    size_t first, depthwise[NN_MAX_BLOCKS], pointwise[NN_MAX_BLOCKS], dense, size;
    struct nn_tile tiles[MAX_TILES];
    int tile_count;
};
void nn_plan_make(struct nn_plan *plan, const struct nn_weights *weights);
void nn_pack(const struct nn_plan *plan, const struct nn_weights *weights, float *packed); // padding stays untouched
int nn_pad(int channels); // to a multiple of LANE_BLOCK

#endif
