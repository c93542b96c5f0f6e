// SPDX-License-Identifier: GPL-3.0-or-later
// The operators in plain C, as the device's runtime defines them. The reference for the fast kernels.
#include "tflite/tflite_kernels.h"

#include <string.h>

static int clamp(int64_t value, int low, int high)
{
    return (int)(value < low ? low : value > high ? high : value);
}

void run_copies(const void *params)
{
    const struct copies *copies = params;
    for (size_t i = 0; i < copies->count; i++)
        memmove(copies->items[i].to, copies->items[i].from, copies->items[i].bytes);
}

void run_lookup(const void *params)
{
    const struct lookup *lookup = params;
    for (int i = 0; i < lookup->count; i++)
        lookup->output[i] = lookup->table[lookup->input[i]];
}

static int8_t conv_output(const struct conv *conv, int channel, int32_t sum)
{
    int64_t y = (int64_t)requant(sum, conv->multipliers[channel], conv->exponents[channel]) + conv->out_zero;
    return (int8_t)clamp(y, conv->low, conv->high);
}

// Input pixel under tap (ky, kx) of output (batch, y, x), or NULL in the padding.
static const int8_t *conv_pixel(const struct conv *conv, int batch, int y, int x, int ky, int kx)
{
    int iy = y * conv->stride_h - conv->pad_h + ky * conv->dilation_h;
    int ix = x * conv->stride_w - conv->pad_w + kx * conv->dilation_w;
    if (iy < 0 || iy >= conv->in_h || ix < 0 || ix >= conv->in_w)
        return NULL;
    return conv->input + ((size_t)(batch * conv->in_h + iy) * (size_t)conv->in_w + (size_t)ix) * (size_t)conv->pitch;
}

static int32_t conv_sum(const struct conv *conv, int batch, int y, int x, int channel)
{
    int32_t sum = conv->bias[channel];
    const int8_t *w = conv->weights + (size_t)channel * (size_t)(conv->k_h * conv->k_w * conv->in_c);
    for (int ky = 0; ky < conv->k_h; ky++) {
        for (int kx = 0; kx < conv->k_w; kx++, w += conv->in_c) {
            const int8_t *pixel = conv_pixel(conv, batch, y, x, ky, kx);
            for (int c = 0; pixel && c < conv->in_c; c++)
                sum += w[c] * (pixel[c] - conv->in_zero);
        }
    }
    return sum;
}

static int32_t depthwise_sum(const struct conv *conv, int batch, int y, int x, int channel)
{
    int32_t sum = conv->bias[channel];
    const int8_t *w = conv->weights + channel;
    for (int ky = 0; ky < conv->k_h; ky++) {
        for (int kx = 0; kx < conv->k_w; kx++, w += conv->out_c) {
            const int8_t *pixel = conv_pixel(conv, batch, y, x, ky, kx);
            if (pixel)
                sum += *w * (pixel[channel / conv->depth_multiplier] - conv->in_zero);
        }
    }
    return sum;
}

void run_conv(const void *params)
{
    const struct conv *conv = params;
    int8_t *out = conv->output;
    for (int b = 0; b < conv->batches; b++)
        for (int y = 0; y < conv->out_h; y++)
            for (int x = 0; x < conv->out_w; x++)
                for (int c = 0; c < conv->out_c; c++)
                    *out++ = conv_output(conv, c, conv_sum(conv, b, y, x, c));
}

void run_depthwise(const void *params)
{
    const struct conv *conv = params;
    int8_t *out = conv->output;
    for (int b = 0; b < conv->batches; b++)
        for (int y = 0; y < conv->out_h; y++)
            for (int x = 0; x < conv->out_w; x++)
                for (int c = 0; c < conv->out_c; c++)
                    *out++ = conv_output(conv, c, depthwise_sum(conv, b, y, x, c));
}

// One output of a pool: the average (halves away from zero) or the largest of the pixels inside the input.
static int pool_value(const struct pool2d *pool, int batch, int y, int x, int channel, bool largest)
{
    int sum = 0, count = 0, top = INT8_MIN;
    for (int ky = 0; ky < pool->k_h; ky++) {
        for (int kx = 0; kx < pool->k_w; kx++) {
            int iy = y * pool->stride_h - pool->pad_h + ky, ix = x * pool->stride_w - pool->pad_w + kx;
            if (iy < 0 || iy >= pool->in_h || ix < 0 || ix >= pool->in_w)
                continue;
            int value = pool->input[((batch * pool->in_h + iy) * pool->in_w + ix) * pool->channels + channel];
            sum += value;
            top = value > top ? value : top;
            count++;
        }
    }
    int average = count ? (sum > 0 ? sum + count / 2 : sum - count / 2) / count : 0;
    return clamp(largest ? top : average, pool->low, pool->high);
}

static void run_pool(const struct pool2d *pool, bool largest)
{
    int8_t *out = pool->output;
    for (int b = 0; b < pool->batches; b++)
        for (int y = 0; y < pool->out_h; y++)
            for (int x = 0; x < pool->out_w; x++)
                for (int c = 0; c < pool->channels; c++)
                    *out++ = (int8_t)pool_value(pool, b, y, x, c, largest);
}

void run_average_pool(const void *params)
{
    run_pool(params, false);
}

void run_max_pool(const void *params)
{
    run_pool(params, true);
}

static int add_values(const struct binary *binary, int a, int b)
{
    int32_t scaled_a = requant((int32_t)((uint32_t)a << 20), binary->multiplier[0], binary->exponent[0]);
    int32_t scaled_b = requant((int32_t)((uint32_t)b << 20), binary->multiplier[1], binary->exponent[1]);
    return requant(scaled_a + scaled_b, binary->multiplier[2], binary->exponent[2]);
}

static int mul_values(const struct binary *binary, int a, int b)
{
    return requant(a * b, binary->multiplier[2], binary->exponent[2]);
}

static void run_binary(const struct binary *binary, int (*combine)(const struct binary *, int, int))
{
    int count = 1;
    for (int d = 0; d < binary->rank; d++)
        count *= binary->shape[d];
    for (int i = 0; i < count; i++) {
        int rest = i, at[2] = {0, 0};
        for (int d = binary->rank - 1; d >= 0; rest /= binary->shape[d--])
            for (int k = 0; k < 2; k++)
                at[k] += rest % binary->shape[d] * binary->step[k][d];
        int64_t y =
            combine(binary, binary->input[0][at[0]] - binary->zero[0], binary->input[1][at[1]] - binary->zero[1]);
        binary->output[i] = (int8_t)clamp(y + binary->out_zero, binary->low, binary->high);
    }
}

void run_add(const void *params)
{
    run_binary(params, add_values);
}

void run_mul(const void *params)
{
    run_binary(params, mul_values);
}

void run_mean(const void *params)
{
    const struct mean *mean = params;
    memset(mean->sums, 0, (size_t)mean->outputs * sizeof *mean->sums);
    int count = mean->divisor * mean->outputs;
    for (int i = 0; i < count; i++) {
        int rest = i, at = 0;
        for (int d = mean->rank - 1; d >= 0; rest /= mean->shape[d--])
            at += rest % mean->shape[d] * mean->step[d];
        mean->sums[at] += mean->input[i];
    }
    for (int i = 0; i < mean->outputs; i++) {
        int32_t sum = mean->sums[i] - mean->in_zero * mean->divisor;
        int64_t y = (int64_t)requant(sum, mean->multiplier, mean->exponent) + mean->out_zero;
        mean->output[i] = (int8_t)clamp(y, INT8_MIN, INT8_MAX);
    }
}
