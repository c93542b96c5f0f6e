// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses and packs the fast kernels. A streaming model's convolutions see one window that lies in one piece of memory,
// so each is a matrix times a vector, or, depthwise, a weighted sum of rows.
#include "tflite/tflite_kernels.h"

#include <stdlib.h>

enum { FEW_CHANNELS = 4 };

// How the weights of a convolution are found: channel c, input i at [c * channel_step + i * input_step].
struct matrix {
    int channels, inputs;
    size_t channel_step, input_step;
};

static const struct kernel_set *kernel_set(enum cpu_level level)
{
#if defined(TFLITE_X86)
    if (level == CPU_AVX512)
        return &tflite_kernels_avx512;
    if (level == CPU_AVX2)
        return &tflite_kernels_avx2;
#endif
    (void)level;
    return NULL;
}

static int weight(const struct conv *conv, const struct matrix *m, int channel, int input)
{
    return conv->weights[(size_t)channel * m->channel_step + (size_t)input * m->input_step];
}

// The kernels shift right by at least one, and round in 32 bits.
static bool fits_kernels(const struct conv *conv, const struct matrix *m)
{
    for (int c = 0; c < m->channels; c++) {
        int64_t bound = llabs((int64_t)conv->bias[c]);
        for (int i = 0; i < m->inputs; i++)
            bound += 255 * abs(weight(conv, m, c, i));
        if (bound >= 1 << 30 || conv->exponents[c] > -1)
            return false;
    }
    return true;
}

static void pack_weights(void *to, const struct conv *conv, const struct matrix *m, const struct packing *p, int blocks,
                         int groups)
{
    size_t at = 0;
    for (int b = 0; b < blocks; b++)
        for (int g = 0; g < groups; g++)
            for (int lane = 0; lane < p->lanes; lane++)
                for (int i = 0; i < p->group; i++, at++) {
                    int channel = b * p->lanes + lane, input = g * p->group + i;
                    int value = channel < m->channels && input < m->inputs ? weight(conv, m, channel, input) : 0;
                    if (p->bytes)
                        ((int8_t *)to)[at] = (int8_t)value;
                    else
                        ((int16_t *)to)[at] = (int16_t)value;
                }
}

static int bind_packed(struct plan *plan, const struct conv *conv, const struct matrix *m, const struct kernel *kernel,
                       int pixels, int pitch)
{
    const struct packing *p = &kernel->packing;
    int blocks = (m->channels + p->lanes - 1) / p->lanes, unit = p->group * p->multiple;
    int groups = (m->inputs + unit - 1) / unit * p->multiple;
    size_t padded = (size_t)(m->channels + BLOCK - 1) / BLOCK * BLOCK;
    struct packed *packed = plan_alloc(plan, 1, sizeof *packed);
    void *weights = plan_alloc(plan, (size_t)blocks * (size_t)groups * (size_t)(p->lanes * p->group), p->bytes ? 1 : 2);
    int32_t *numbers = plan_alloc(plan, 4 * padded, sizeof *numbers);
    if (!packed || !weights || !numbers)
        return error_memory(plan->error, "a model");
    int32_t *bias = numbers, *multiplier = bias + padded, *half = multiplier + padded, *shift = half + padded;
    pack_weights(weights, conv, m, p, blocks, groups);
    for (int c = 0; c < m->channels; c++) {
        int32_t sum = 0;
        for (int i = 0; i < m->inputs; i++)
            sum += weight(conv, m, c, i);
        int zero = conv->in_zero + (p->bytes ? 128 : 0);
        bias[c] = (int32_t)((uint32_t)conv->bias[c] - (uint32_t)zero * (uint32_t)sum);
        multiplier[c] = conv->multipliers[c];
        shift[c] = -conv->exponents[c];
        half[c] = (int32_t)(1u << (shift[c] - 1));
    }
    *packed = (struct packed){
        .input = conv->input,
        .output = conv->output,
        .weights = weights,
        .bias = bias,
        .multiplier = multiplier,
        .half = half,
        .shift = shift,
        .channels = m->channels,
        .blocks = blocks,
        .groups = groups,
        .pixels = pixels,
        .taps = m->inputs,
        .pitch = pitch,
        .zero = conv->out_zero,
        .low = conv->low,
        .high = conv->high,
    };
    return plan_node(plan, kernel->run, packed);
}

// One output pixel whose window lies wholly inside the input.
static bool one_window(const struct conv *conv)
{
    return conv->batches == 1 && conv->out_h == 1 && conv->out_w == 1 && conv->pad_h == 0 && conv->pad_w == 0 &&
           (conv->k_h - 1) * conv->dilation_h < conv->in_h && (conv->k_w - 1) * conv->dilation_w < conv->in_w;
}

static bool window_in_one_piece(const struct conv *conv)
{
    return one_window(conv) && conv->dilation_h == 1 && conv->dilation_w == 1 && conv->pitch == conv->in_c &&
           (conv->k_w == conv->in_w || conv->k_h == 1);
}

static bool pointwise(const struct conv *conv)
{
    return conv->k_h == 1 && conv->k_w == 1 && conv->stride_h == 1 && conv->stride_w == 1 && conv->pad_h == 0 &&
           conv->pad_w == 0;
}

static bool one_column(const struct conv *conv)
{
    return one_window(conv) && conv->in_w == 1 && conv->k_w == 1 && conv->depth_multiplier == 1;
}

int bind_kernel(struct plan *plan, struct conv *conv, bool depthwise)
{
    const struct kernel_set *set = kernel_set(plan->level);
    int inputs = conv->k_h * conv->k_w * (depthwise ? 1 : conv->in_c);
    struct matrix m = {conv->out_c, inputs, depthwise ? 1 : (size_t)inputs, depthwise ? (size_t)conv->out_c : 1};
    if (!set || !fits_kernels(conv, &m))
        return plan_node(plan, depthwise ? run_depthwise : run_conv, conv);
    if (depthwise && one_column(conv))
        return bind_packed(plan, conv, &m, &set->depthwise, 1, conv->pitch * conv->dilation_h);
    if (!depthwise && (window_in_one_piece(conv) || pointwise(conv))) {
        int pixels = conv->batches * conv->out_h * conv->out_w;
        return bind_packed(plan, conv, &m, conv->out_c <= FEW_CHANNELS ? &set->few : &set->many, pixels, conv->pitch);
    }
    return plan_node(plan, depthwise ? run_depthwise : run_conv, conv);
}
