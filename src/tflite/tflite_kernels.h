// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the room: convolutions whose weights are repacked for the machine's vectors.
#ifndef WAKESMITH_TFLITE_KERNELS_H
#define WAKESMITH_TFLITE_KERNELS_H

#include "tflite/tflite_internal.h"

// Memory of the plan, zeroed, 64-byte aligned.
void *plan_alloc(struct plan *plan, size_t count, size_t size);
int plan_node(struct plan *plan, void (*run)(const void *), const void *params);
// Adds the best node of the plan's level for a convolution.
int bind_kernel(struct plan *plan, struct conv *conv, bool depthwise);

// ---- packed convolutions ------------------------------------------------------------------------------------
// Channels are taken in blocks of 16 and inputs in groups that one instruction sums; weights lie as
// [block][group][16 channels][inputs of the group], filled with zeros. Zero points are folded into the bias.
// Kernels read whole vectors of the input, so up to 63 bytes past its end.

enum { BLOCK = 16 };
struct packed {
    const int8_t *input;
    int8_t *output;
    const void *weights;
    const int32_t *bias, *multiplier, *half, *shift; // [blocks * 16]; half = 2^(shift-1), shift >= 1
    int channels, blocks, groups;
    int pixels; // repetitions, `pitch` bytes apart
    int taps;   // depthwise: rows, `pitch` bytes apart
    int pitch, zero, low, high;
};
struct packing {
    int lanes;    // channels side by side: BLOCK, or 1 for long sums of few channels
    int group;    // inputs of one group
    int multiple; // the number of groups is a multiple of this
    bool bytes;   // weights are int8 (and the kernel adds 128 to the input), else int16
};
struct kernel {
    struct packing packing;
    void (*run)(const void *params); // struct packed
};
struct kernel_set {
    struct kernel many, few, depthwise; // sums for blocks of channels, for few channels, and over rows
};
extern const struct kernel_set tflite_kernels_avx2, tflite_kernels_avx512;

#endif
