// SPDX-License-Identifier: GPL-3.0-or-later
// The fast kernels, written once with vectors of LANES floats. Each kernels_<set>.c compiles them for its instruction
// set with its own flags and gives the table a name:
//   LANES      floats of a vector register (a wider type than the machine has is catastrophically slow)
//   REGISTERS  vector registers, which bound the accumulators of a tile
//   KERNELS    name of the table
#include "nn/nn_internal.h"

#include <math.h>
#include <string.h>

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(LANES * 4), may_alias));
typedef float loose_vec __attribute__((vector_size(LANES * 4), may_alias, aligned(4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4), may_alias));

enum {
    PARTS = LANE_BLOCK / LANES, // vectors of a block of channels
    WIDEST_TILE = REGISTERS == 32 ? 4 : 2,
    // Depthwise: registers hold sums of rows and some weights, or sums of taps and some gradients.
    ROWS_AT_ONCE = 8,
    TAPS_AT_ONCE = 5,
    TAPS = 12,
    GRADIENTS_AT_ONCE = REGISTERS == 32 ? 4 : 3,
};

INLINE vec load(const float *x)
{
    return *(const vec *)x;
}

INLINE void store(float *x, vec value)
{
    *(vec *)x = value;
}

INLINE vec spread(float x)
{
    return x - (vec){0};
}

// x where m > 0, else 0
INLINE vec where_positive(vec m, vec x)
{
    return (vec)((ivec)x & (ivec)(m > (vec){0}));
}

// ---- products -------------------------------------------------------------------------------------------
// A tile of height x width vectors of c stays in registers over the whole depth. Both products are this tile with other
// steps through a: row r, depth k at a[r*row_step + k*depth_step].

INLINE void tile(int height, int width, int depth, const float *a, size_t row_step, size_t depth_step, const float *b,
                 float *c, size_t columns, bool add, struct nn_ahead *ahead)
{
    enum { MACS_PER_BYTE = 8 }; // slow enough for the memory, fast enough to be done in time
    const char *next = ahead->next, *end = ahead->end;
    vec sum[24];
    UNROLL
    for (int i = 0; i < height * width; i++)
        sum[i] = (vec){0};
    for (int k = 0; k < depth; k++) {
        __builtin_prefetch(next, 1);
        next += height * width * LANES / MACS_PER_BYTE;
        next = next < end ? next : end;
        vec right[4];
        UNROLL
        for (int j = 0; j < width; j++)
            right[j] = load(b + j * LANES);
        UNROLL
        for (int r = 0; r < height; r++) {
            vec left = spread(a[(size_t)r * row_step]);
            UNROLL
            for (int j = 0; j < width; j++)
                sum[r * width + j] += left * right[j];
        }
        a += depth_step;
        b += columns;
    }
    UNROLL
    for (int r = 0; r < height; r++) {
        UNROLL
        for (int j = 0; j < width; j++) {
            float *at = c + (size_t)r * columns + j * LANES;
            if (add)
                sum[r * width + j] += load(at);
            store(at, sum[r * width + j]);
        }
    }
    ahead->next = next;
}

// One panel of columns: full tiles of `height` rows, then the rest of the rows.
INLINE void panel(int height, int width, int rows, int depth, const float *a, size_t row_step, size_t depth_step,
                  const float *b, float *c, size_t columns, bool add, struct nn_ahead *ahead)
{
    for (; rows >= height; rows -= height) {
        tile(height, width, depth, a, row_step, depth_step, b, c, columns, add, ahead);
        a += (size_t)height * row_step;
        c += (size_t)height * columns;
    }
    if (height > 6 && rows >= 6) {
        tile(6, width, depth, a, row_step, depth_step, b, c, columns, add, ahead);
        a += 6 * row_step;
        c += 6 * columns;
        rows -= 6;
    }
    switch (rows) {
#define REST(n)                                                                                                        \
    case n:                                                                                                            \
        tile(n, width, depth, a, row_step, depth_step, b, c, columns, add, ahead);                                     \
        break;
        REST(1) REST(2) REST(3) REST(4) REST(5)
#undef REST
    }
}

INLINE void product(int rows, int columns, int depth, const float *a, size_t row_step, size_t depth_step,
                    const float *b, float *c, bool add, struct nn_ahead *ahead)
{
    int left = columns / LANES;
    for (; left >= WIDEST_TILE; left -= WIDEST_TILE) {
        panel(6, WIDEST_TILE, rows, depth, a, row_step, depth_step, b, c, (size_t)columns, add, ahead);
        b += WIDEST_TILE * LANES;
        c += WIDEST_TILE * LANES;
    }
#if REGISTERS == 32
    switch (left) {
    case 1:
        panel(12, 1, rows, depth, a, row_step, depth_step, b, c, (size_t)columns, add, ahead);
        break;
    case 2:
        panel(12, 2, rows, depth, a, row_step, depth_step, b, c, (size_t)columns, add, ahead);
        break;
    case 3:
        panel(6, 3, rows, depth, a, row_step, depth_step, b, c, (size_t)columns, add, ahead);
        break;
    }
#endif
}

static void multiply(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                     struct nn_ahead *ahead)
{
    product(rows, columns, depth, a, lda, 1, b, c, false, ahead);
}

static void multiply_transposed(int rows, int columns, int depth, const float *a, size_t lda, const float *b, float *c,
                                bool add, struct nn_ahead *ahead)
{
    product(depth, columns, rows, a, 1, lda, b, c, add, ahead);
}

// ---- depthwise ------------------------------------------------------------------------------------------
// One load for each multiplication would bound these kernels, so every row of x that is loaded is used for several
// taps.

// Adds `count` taps to `height` rows of sums.
INLINE void add_taps(int height, int count, size_t channels, const float *x, const float *w, vec *sum)
{
    vec weight[TAPS_AT_ONCE];
    UNROLL
    for (int i = 0; i < count; i++)
        weight[i] = load(w + (size_t)i * channels);
    UNROLL
    for (int r = 0; r < height + count - 1; r++) {
        vec row = load(x + (size_t)r * channels);
        UNROLL
        for (int i = 0; i < count; i++) {
            if (r - i >= 0 && r - i < height)
                sum[r - i] += weight[i] * row;
        }
    }
}

INLINE void depthwise_rows(int height, size_t channels, int count, const float *x, const float *w, float *y)
{
    vec sum[ROWS_AT_ONCE];
    UNROLL
    for (int r = 0; r < height; r++)
        sum[r] = (vec){0};
    for (; count >= TAPS_AT_ONCE; count -= TAPS_AT_ONCE) {
        add_taps(height, TAPS_AT_ONCE, channels, x, w, sum);
        x += TAPS_AT_ONCE * channels;
        w += TAPS_AT_ONCE * channels;
    }
    for (; count > 0; count--) {
        add_taps(height, 1, channels, x, w, sum);
        x += channels;
        w += channels;
    }
    UNROLL
    for (int r = 0; r < height; r++)
        store(y + (size_t)r * channels, sum[r]);
}

static void depthwise(int rows, int channels, const struct nn_taps *taps, const float *x, const float *w, float *y)
{
    size_t step = (size_t)channels;
    for (int c = 0; c < channels; c += LANES) {
        int count = taps->count[c / LANE_BLOCK], left = rows;
        size_t lead = (size_t)taps->first[c / LANE_BLOCK] * step;
        const float *from = x + lead + c, *weights = w + lead + c;
        float *to = y + c;
        for (; left >= ROWS_AT_ONCE; left -= ROWS_AT_ONCE) {
            depthwise_rows(ROWS_AT_ONCE, step, count, from, weights, to);
            from += ROWS_AT_ONCE * step;
            to += ROWS_AT_ONCE * step;
        }
        switch (left) {
#define REST(n)                                                                                                        \
    case n:                                                                                                            \
        depthwise_rows(n, step, count, from, weights, to);                                                             \
        break;
            REST(1) REST(2) REST(3) REST(4) REST(5) REST(6) REST(7)
#undef REST
        }
    }
}

// Adds `height` rows to the gradients of `count` taps.
INLINE void add_rows(int height, int count, size_t channels, const float *x, const float *dy, vec *sum)
{
    vec gradient[GRADIENTS_AT_ONCE];
    UNROLL
    for (int j = 0; j < height; j++)
        gradient[j] = load(dy + (size_t)j * channels);
    UNROLL
    for (int r = 0; r < height + count - 1; r++) {
        vec row = load(x + (size_t)r * channels);
        UNROLL
        for (int j = 0; j < height; j++) {
            if (r - j >= 0 && r - j < count)
                sum[r - j] += gradient[j] * row;
        }
    }
}

// The gradients of `count` taps stay in registers over all rows.
INLINE void tap_gradients(int count, int rows, size_t channels, const float *x, const float *dy, float *dw)
{
    vec sum[TAPS];
    UNROLL
    for (int i = 0; i < count; i++)
        sum[i] = load(dw + (size_t)i * channels);
    for (; rows >= GRADIENTS_AT_ONCE; rows -= GRADIENTS_AT_ONCE) {
        add_rows(GRADIENTS_AT_ONCE, count, channels, x, dy, sum);
        x += GRADIENTS_AT_ONCE * channels;
        dy += GRADIENTS_AT_ONCE * channels;
    }
    for (; rows > 0; rows--) {
        add_rows(1, count, channels, x, dy, sum);
        x += channels;
        dy += channels;
    }
    UNROLL
    for (int i = 0; i < count; i++)
        store(dw + (size_t)i * channels, sum[i]);
}

static void depthwise_weights(int rows, int channels, const struct nn_taps *taps, const float *x, const float *dy,
                              float *dw)
{
    size_t step = (size_t)channels;
    for (int c = 0; c < channels; c += LANES) {
        int first = taps->first[c / LANE_BLOCK], left = taps->count[c / LANE_BLOCK];
        for (int pieces = (left + TAPS - 1) / TAPS; pieces > 0; pieces--) {
            int count = (left + pieces - 1) / pieces;
            size_t at = (size_t)first * step + (size_t)c;
            switch (count) {
#define COUNT(n)                                                                                                       \
    case n:                                                                                                            \
        tap_gradients(n, rows, step, x + at, dy + c, dw + at);                                                         \
        break;
                COUNT(1)
                COUNT(2) COUNT(3) COUNT(4) COUNT(5) COUNT(6) COUNT(7) COUNT(8) COUNT(9) COUNT(10) COUNT(11) COUNT(12)
#undef COUNT
            }
            first += count;
            left -= count;
        }
    }
}

// ---- batch norm and ReLU --------------------------------------------------------------------------------

static void moments(int rows, int channels, const float *x, float *mean, float *squares)
{
    for (int c = 0; c < channels; c += LANE_BLOCK) {
        vec sum[PARTS] = {{0}}, square[PARTS] = {{0}};
        for (int t = 0; t < rows; t++) {
            UNROLL
            for (int p = 0; p < PARTS; p++)
                sum[p] += load(x + (size_t)t * (size_t)channels + c + p * LANES);
        }
        UNROLL
        for (int p = 0; p < PARTS; p++)
            sum[p] *= 1.0f / (float)rows;
        for (int t = 0; t < rows; t++) {
            UNROLL
            for (int p = 0; p < PARTS; p++) {
                vec distance = load(x + (size_t)t * (size_t)channels + c + p * LANES) - sum[p];
                square[p] += distance * distance;
            }
        }
        UNROLL
        for (int p = 0; p < PARTS; p++) {
            store(mean + c + p * LANES, sum[p]);
            store(squares + c + p * LANES, square[p]);
        }
    }
}

static void relu(size_t count, float *x)
{
    for (size_t i = 0; i < count; i += LANES)
        store(x + i, where_positive(load(x + i), load(x + i)));
}

static void scale_relu(int rows, int channels, const float *x, const float *scale, const float *shift, float *y)
{
    for (int t = 0; t < rows; t++) {
        for (int c = 0; c < channels; c += LANES) {
            vec value = load(x + c) * load(scale + c) + load(shift + c);
            store(y + c, where_positive(value, value));
        }
        x += channels;
        y += channels;
    }
}

static void mask(int rows, int channels, const float *a, const float *x, const float *mean, float *g, float *sum,
                 float *dot)
{
    for (int c = 0; c < channels; c += LANES) {
        vec centre = load(mean + c), total = {0}, product_total = {0};
        for (size_t t = 0, i = (size_t)c; t < (size_t)rows; t++, i += (size_t)channels) {
            vec gradient = where_positive(load(a + i), load(g + i));
            store(g + i, gradient);
            total += gradient;
            product_total += gradient * (load(x + i) - centre);
        }
        store(sum + c, total);
        store(dot + c, product_total);
    }
}

static void norm_backward(int rows, int channels, const float *g, const float *x, const float *mean, const float *scale,
                          const float *slope, const float *shift, float *dx)
{
    for (int t = 0; t < rows; t++) {
        for (int c = 0; c < channels; c += LANES) {
            vec centred = load(x + c) - load(mean + c);
            store(dx + c, load(g + c) * load(scale + c) + centred * load(slope + c) + load(shift + c));
        }
        g += channels;
        x += channels;
        dx += channels;
    }
}

// ---- dense layer, sums, optimiser ------------------------------------------------------------------------

INLINE float sum_lanes(vec x)
{
    float sum = 0;
    UNROLL
    for (int i = 0; i < LANES; i++)
        sum += x[i];
    return sum;
}

static float dot(size_t count, const float *x, const float *y)
{
    vec sum[4] = {{0}};
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        UNROLL
        for (int p = 0; p < 4; p++)
            sum[p] += load(x + i + p * LANES) * load(y + i + p * LANES);
    }
    for (; i < count; i += LANES)
        sum[0] += load(x + i) * load(y + i);
    return sum_lanes(sum[0] + sum[1] + (sum[2] + sum[3]));
}

static void dense_backward(size_t count, float d, const float *a, const float *w, float *dw, float *g)
{
    for (size_t i = 0; i < count; i += LANES) {
        store(dw + i, load(dw + i) + d * load(a + i));
        store(g + i, d * load(w + i));
    }
}

static void sum_parts(size_t count, const float *data, size_t stride, int parts, float *out)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vec sum = *(const loose_vec *)(data + i);
        for (size_t p = 1; p < (size_t)parts; p++)
            sum += *(const loose_vec *)(data + p * stride + i);
        *(loose_vec *)(out + i) = sum;
    }
    for (; i < count; i++) {
        out[i] = data[i];
        for (size_t p = 1; p < (size_t)parts; p++)
            out[i] += data[p * stride + i];
    }
}

static void sum_rows(int rows, int channels, const float *x, float *sums)
{
    for (int t = 0; t < rows; t++) {
        vec sum = {0};
        for (int c = 0; c < channels; c += LANES)
            sum += load(x + c);
        sums[t] = sum_lanes(sum);
        x += channels;
    }
}

// Plain loops: the compiler makes vectors of them.
static void adam(size_t count, float rate, const float *restrict g, float *restrict m, float *restrict v,
                 float *restrict w)
{
    for (size_t i = 0; i < count; i++) {
        float first = m[i] + (g[i] - m[i]) * 0.1f, second = v[i] + (g[i] * g[i] - v[i]) * 0.001f;
        m[i] = first;
        v[i] = second;
        w[i] -= rate * first / (sqrtf(second) + 1e-7f);
    }
}

// floor((v*256 + 333) / 666), clamped to 255, by a product: v*256 + 333 is odd and 666*k even, so a quotient is never
// nearer than 1/666 to a whole number and rounding errors (below 1e-4) cannot change its floor.
static void features(size_t count, const uint16_t *restrict data, float *restrict x)
{
    for (size_t i = 0; i < count; i++) {
        int v = data[i] < 700 ? data[i] : 700;
        int q = (int)((float)(v * 256 + 333) * (1.0f / 666.0f));
        x[i] = (float)(q < 255 ? q : 255) * (26.0f / 255.0f);
    }
}

const struct nn_kernels KERNELS = {
    .name = KERNELS_NAME,
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
