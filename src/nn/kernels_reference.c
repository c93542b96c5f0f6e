// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels as simple loops. They say what each kernel means and judge the fast bodies (tests/kernels).
#include "nn/nn_internal.h"

#include <math.h>

static void multiply(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                     struct nn_ahead *ahead)
{
    (void)ahead;
    for (int r = 0; r < rows; r++) {
        for (int n = 0; n < columns; n++) {
            float sum = 0;
            for (int k = 0; k < depth; k++)
                sum += a[(size_t)r * lda + (size_t)k] * b[k * columns + n];
            c[r * columns + n] = sum;
        }
    }
}

static void multiply_transposed(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                                bool add, struct nn_ahead *ahead)
{
    (void)ahead;
    for (int k = 0; k < depth; k++) {
        for (int n = 0; n < columns; n++) {
            float sum = 0;
            for (int r = 0; r < rows; r++)
                sum += a[(size_t)r * lda + (size_t)k] * b[r * columns + n];
            c[k * columns + n] = (add ? c[k * columns + n] : 0) + sum;
        }
    }
}

static void depthwise(int rows, int channels, const struct nn_taps *taps, const float *x, const float *w, float *y)
{
    for (int t = 0; t < rows; t++) {
        for (int c = 0; c < channels; c++) {
            int first = taps->first[c / LANE_BLOCK], end = first + taps->count[c / LANE_BLOCK];
            float sum = 0;
            for (int i = first; i < end; i++)
                sum += w[i * channels + c] * x[(t + i) * channels + c];
            y[t * channels + c] = sum;
        }
    }
}

static void depthwise_weights(int rows, int channels, const struct nn_taps *taps, const float *x, const float *dy,
                              float *dw)
{
    for (int c = 0; c < channels; c++) {
        int first = taps->first[c / LANE_BLOCK], end = first + taps->count[c / LANE_BLOCK];
        for (int i = first; i < end; i++) {
            float sum = 0;
            for (int t = 0; t < rows; t++)
                sum += dy[t * channels + c] * x[(t + i) * channels + c];
            dw[i * channels + c] += sum;
        }
    }
}

static void moments(int rows, int channels, const float *x, float *mean, float *squares)
{
    for (int c = 0; c < channels; c++) {
        float sum = 0;
        for (int t = 0; t < rows; t++)
            sum += x[t * channels + c];
        mean[c] = sum / (float)rows;
        squares[c] = 0;
        for (int t = 0; t < rows; t++)
            squares[c] += (x[t * channels + c] - mean[c]) * (x[t * channels + c] - mean[c]);
    }
}

static void relu(size_t count, float *x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

static void scale_relu(int rows, int channels, const float *x, const float *scale, const float *shift, float *y)
{
    for (int i = 0; i < rows * channels; i++) {
        float value = x[i] * scale[i % channels] + shift[i % channels];
        y[i] = value > 0 ? value : 0;
    }
}

static void mask(int rows, int channels, const float *a, const float *x, const float *mean, float *g, float *sum,
                 float *dot)
{
    for (int c = 0; c < channels; c++) {
        sum[c] = dot[c] = 0;
        for (int i = c; i < rows * channels; i += channels) {
            g[i] = a[i] > 0 ? g[i] : 0;
            sum[c] += g[i];
            dot[c] += g[i] * (x[i] - mean[c]);
        }
    }
}

static void norm_backward(int rows, int channels, const float *g, const float *x, const float *mean, const float *scale,
                          const float *slope, const float *shift, float *dx)
{
    for (int i = 0; i < rows * channels; i++) {
        int c = i % channels;
        dx[i] = g[i] * scale[c] + (x[i] - mean[c]) * slope[c] + shift[c];
    }
}

static float dot(size_t count, const float *x, const float *y)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

static void dense_backward(size_t count, float d, const float *a, const float *w, float *dw, float *g)
{
    for (size_t i = 0; i < count; i++) {
        dw[i] += d * a[i];
        g[i] = d * w[i];
    }
}

static void sum_parts(size_t count, const float *data, size_t stride, int parts, float *out)
{
    for (size_t i = 0; i < count; i++) {
        float sum = data[i];
        for (int p = 1; p < parts; p++)
            sum += data[(size_t)p * stride + i];
        out[i] = sum;
    }
}

static void sum_rows(int rows, int channels, const float *x, float *sums)
{
    for (int t = 0; t < rows; t++) {
        sums[t] = 0;
        for (int c = 0; c < channels; c++)
            sums[t] += x[t * channels + c];
    }
}

static void adam(size_t count, float rate, const float *g, float *m, float *v, float *w)
{
    for (size_t i = 0; i < count; i++) {
        m[i] += (g[i] - m[i]) * 0.1f;
        v[i] += (g[i] * g[i] - v[i]) * 0.001f;
        w[i] -= rate * m[i] / (sqrtf(v[i]) + 1e-7f);
    }
}

static void features(size_t count, const uint16_t *data, float *x)
{
    for (size_t i = 0; i < count; i++) {
        int q = (data[i] * 256 + 333) / 666 - 128;
        x[i] = (float)((q > 127 ? 127 : q) + 128) * (26.0f / 255.0f);
    }
}

const struct nn_kernels nn_kernels_reference = {
    .name = "reference",
    .multiply = multiply,
    .multiply_transposed = multiply_transposed,
    .depthwise = depthwise,
    .depthwise_weights = depthwise_weights,
    .moments = moments,
    .relu = relu,
    .scale_relu = scale_relu,
    .mask = mask,
    .norm_backward = norm_backward,
    .dot = dot,
    .dense_backward = dense_backward,
    .sum_parts = sum_parts,
    .sum_rows = sum_rows,
    .adam = adam,
    .features = features,
};
