// SPDX-License-Identifier: GPL-3.0-or-later
// One training step. The batch is cut into a number of chunks that depends on its size only; chunks run in any order,
// each adds into sums of its own, and the sums are added in the order of the chunks: the same bytes on any threads.
//
// Between two batch norms everything is done sample by sample, while its rows are in the cache nearest to the core:
//   forward of block i    a = ReLU(BN(v of block i-1)) -> depthwise -> z -> 1x1 -> v, moments of v
//   head                  a -> dense -> loss, gradient of the logit -> g of the last block
//   backward of block i   BN -> dv -> gradients of 1x1, dz -> gradients of depthwise -> g of block i-1
// Kept for each sample, one after another: a of the first convolution, then z and v of each block, then g of the last
// one. g of another block lies where z and v of the block behind it were, which nobody needs any more. So what a pass
// needs of a sample is contiguous, and the products of one sample fetch it for the next one.
#include "nn/nn_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHUNKS = 16, SAMPLES_PER_CHUNK = 2 };

// What a batch norm needs, [wide] each: v*scale + shift forward; g*scale + (v-mean)*slope + offset backward.
struct norm {
    float *mean, *scale, *shift, *slope, *offset;
    double *deviation; // 1 / sqrt(variance + epsilon)
};

// Per worker: rows of one sample.
struct scratch {
    float *a, *dv, *dz;  // dz has reach - 1 rows of zeros before and after
    float *sum, *square; // [wide]
};

struct nn {
    struct nn_plan plan;
    const struct nn_kernels *kernels;
    struct pool *pool;
    struct arena arena;
    int batch;
    struct nn_weights weights;
    float *gradients, *m, *v_adam;
    uint64_t steps;
    size_t input_stride, sample_stride; // floats per sample
    float *input, *samples;
    size_t z_at[NN_MAX_BLOCKS + 1],
        v_at[NN_MAX_BLOCKS]; // offsets into a sample; z_at[i + 1] is also where g of block i lies
    float *packed, *reversed[NN_MAX_BLOCKS], *transposed[NN_MAX_BLOCKS]; // weights as the kernels read them
    struct norm norms[NN_MAX_BLOCKS];
    float *partial;      // [MAX_CHUNKS][plan.size] gradients
    float *bias_partial; // [MAX_CHUNKS] gradient of the dense bias
    double *sums;        // [MAX_CHUNKS][3][widest]
    size_t widest;
    float *zeros;            // [widest]
    double *losses;          // [batch]
    struct scratch *scratch; // [workers]
    // The step at work.
    int count, chunks, block;
    const float *labels, *sample_weights;
    float *logits;
};

// ---- chunks ---------------------------------------------------------------------------------------------

static int chunk_begin(const struct nn *nn, size_t chunk)
{
    return (int)((size_t)nn->count * chunk / (size_t)nn->chunks);
}

static double *chunk_sums(const struct nn *nn, size_t chunk)
{
    return nn->sums + chunk * 3 * nn->widest;
}

static void run_chunks(struct nn *nn, int block, pool_task *task)
{
    nn->block = block;
    memset(nn->sums, 0, (size_t)nn->chunks * 3 * nn->widest * sizeof *nn->sums);
    pool_run(nn->pool, (size_t)nn->chunks, task, nn);
    for (size_t chunk = 1; chunk < (size_t)nn->chunks; chunk++) {
        for (size_t i = 0; i < 3 * nn->widest; i++)
            nn->sums[i] += chunk_sums(nn, chunk)[i];
    }
}

// Adds two rows of one sample to sums `at` and `at + 1` of the chunk.
static void add_sums(const struct nn *nn, double *sums, const struct scratch *scratch, int wide)
{
    for (int c = 0; c < wide; c++) {
        sums[c] += (double)scratch->sum[c];
        sums[(int)nn->widest + c] += (double)scratch->square[c];
    }
}

static float *sample_of(const struct nn *nn, int n)
{
    return nn->samples + (size_t)n * nn->sample_stride;
}

static float *v_of(const struct nn *nn, int block, int n)
{
    return sample_of(nn, n) + nn->v_at[block];
}

static float *z_of(const struct nn *nn, int block, int n)
{
    return sample_of(nn, n) + nn->z_at[block];
}

static float *g_of(const struct nn *nn, int block, int n)
{
    return sample_of(nn, n) + nn->z_at[block + 1];
}

static size_t plan_size(const struct nn_plan *plan, int stage)
{
    return (size_t)plan->rows[stage] * (size_t)plan->wide[stage];
}

// What a pass over `block` needs of the sample after n: from its input to its v, or to its g.
static struct nn_ahead ahead_of(const struct nn *nn, int block, int n, bool backward)
{
    const float *next = sample_of(nn, n + 1 < nn->count ? n + 1 : n), *from = next + (block ? nn->v_at[block - 1] : 0);
    size_t size = plan_size(&nn->plan, block + 1);
    return (struct nn_ahead){(const char *)from,
                             (const char *)(next + (backward ? nn->z_at[block + 1] : nn->v_at[block]) + size)};
}

// Input rows of a block (or of the dense layer: block = blocks): ReLU of the layer before.
static const float *activations(const struct nn *nn, int block, int n, struct scratch *scratch)
{
    const struct nn_plan *plan = &nn->plan;
    if (block == 0)
        return sample_of(nn, n);
    const struct norm *norm = &nn->norms[block - 1];
    nn->kernels->scale_relu(plan->rows[block], plan->wide[block], v_of(nn, block - 1, n), norm->scale, norm->shift,
                            scratch->a);
    return scratch->a;
}

// ---- forward --------------------------------------------------------------------------------------------

static struct nn_ahead input_ahead(const struct nn *nn, int n)
{
    const float *next = nn->input + (size_t)(n + 1 < nn->count ? n + 1 : n) * nn->input_stride;
    return (struct nn_ahead){(const char *)next, (const char *)(next + nn->input_stride)};
}

static void forward_first(const struct nn *nn, int n)
{
    const struct nn_plan *plan = &nn->plan;
    const struct nn_config *config = &plan->config;
    float *a = sample_of(nn, n);
    struct nn_ahead ahead = input_ahead(nn, n);
    // Rows of features are contiguous, so the windows of the convolution are overlapping rows of a matrix.
    nn->kernels->multiply(plan->rows[0], plan->wide[0], config->first_kernel * NN_FEATURES,
                          nn->input + (size_t)n * nn->input_stride, (size_t)(config->stride * NN_FEATURES),
                          nn->packed + plan->first, a, &ahead);
    nn->kernels->relu(plan_size(plan, 0), a);
}

static void forward_chunk(void *context, size_t chunk, int worker)
{
    struct nn *nn = context;
    const struct nn_plan *plan = &nn->plan;
    const struct nn_kernels *k = nn->kernels;
    struct scratch *scratch = &nn->scratch[worker];
    double *sums = chunk_sums(nn, chunk);
    int i = nn->block, rows = plan->rows[i + 1], in = plan->wide[i], out = plan->wide[i + 1];
    for (int n = chunk_begin(nn, chunk); n < chunk_begin(nn, chunk + 1); n++) {
        if (i == 0)
            forward_first(nn, n);
        float *z = z_of(nn, i, n), *v = v_of(nn, i, n);
        struct nn_ahead ahead = ahead_of(nn, i, n, false);
        k->depthwise(rows, in, &plan->taps[i], activations(nn, i, n, scratch), nn->packed + plan->depthwise[i], z);
        k->multiply(rows, out, in, z, (size_t)in, nn->packed + plan->pointwise[i], v, &ahead);
        k->moments(rows, out, v, scratch->sum, scratch->square);
        add_sums(nn, sums, scratch, out);
        for (int c = 0; c < out; c++)
            sums[2 * (int)nn->widest + c] += (double)scratch->sum[c] * (double)scratch->sum[c];
    }
}

// From the samples' means m_n and squared differences q_n to the batch's: mean of m_n, and (sum q_n + rows * sum (m_n -
// mean)^2) / M.
static void finish_norm(struct nn *nn, int block)
{
    const struct nn_config *config = &nn->plan.config;
    struct norm *norm = &nn->norms[block];
    struct nn_weights *w = &nn->weights;
    const double *means = nn->sums, *squares = nn->sums + nn->widest, *means_squared = nn->sums + 2 * nn->widest;
    double count = nn->count, rows = nn->plan.rows[block + 1];
    for (int c = 0; c < config->filters[block]; c++) {
        double mean = means[c] / count;
        double variance = fmax(0, (squares[c] / rows + means_squared[c]) / count - mean * mean);
        norm->deviation[c] = 1 / sqrt(variance + NN_EPSILON);
        norm->mean[c] = (float)mean;
        norm->scale[c] = (float)((double)w->gamma[block][c] * norm->deviation[c]);
        norm->shift[c] = (float)((double)w->beta[block][c] - mean * (double)w->gamma[block][c] * norm->deviation[c]);
        w->mean[block][c] = (float)(NN_MOMENTUM * (double)w->mean[block][c] + (1 - NN_MOMENTUM) * mean);
        w->variance[block][c] = (float)(NN_MOMENTUM * (double)w->variance[block][c] + (1 - NN_MOMENTUM) * variance);
    }
}

// ---- head -----------------------------------------------------------------------------------------------

// Leaves the masked gradient of the last block's output in g.
static void head_chunk(void *context, size_t chunk, int worker)
{
    struct nn *nn = context;
    const struct nn_plan *plan = &nn->plan;
    const struct nn_kernels *k = nn->kernels;
    struct scratch *scratch = &nn->scratch[worker];
    int last = plan->config.blocks, rows = plan->rows[last], wide = plan->wide[last];
    size_t flat = (size_t)(rows * wide);
    const float *dense = nn->packed + plan->dense;
    float *dense_gradient = nn->partial + chunk * plan->size + plan->dense;
    float bias_gradient = 0;
    memset(dense_gradient, 0, flat * sizeof *dense_gradient);
    for (int n = chunk_begin(nn, chunk); n < chunk_begin(nn, chunk + 1); n++) {
        const float *a = activations(nn, last, n, scratch);
        float logit = k->dot(flat, a, dense) + *nn->weights.dense_bias;
        double l = (double)logit, y = (double)nn->labels[n], weight = (double)nn->sample_weights[n];
        nn->losses[n] = weight * (fmax(l, 0) - l * y + log1p(exp(-fabs(l))));
        float d = (float)(weight * (1 / (1 + exp(-l)) - y) / nn->count);
        if (nn->logits)
            nn->logits[n] = logit;
        bias_gradient += d;
        float *g = g_of(nn, last - 1, n);
        k->dense_backward(flat, d, a, dense, dense_gradient, g);
        k->mask(rows, wide, a, v_of(nn, last - 1, n), nn->norms[last - 1].mean, g, scratch->sum, scratch->square);
        add_sums(nn, chunk_sums(nn, chunk), scratch, wide);
    }
    nn->bias_partial[chunk] = bias_gradient;
}

// ---- backward -------------------------------------------------------------------------------------------

// Gradients of gamma and beta, and the coefficients of dv = gamma*deviation * (g - dbeta/M - xh*dgamma/M).
static void start_norm(struct nn *nn, int block)
{
    const struct nn_weights *w = &nn->weights;
    struct norm *norm = &nn->norms[block];
    float *dgamma = nn->gradients + (w->gamma[block] - w->data), *dbeta = nn->gradients + (w->beta[block] - w->data);
    const double *sum = nn->sums, *dot = nn->sums + nn->widest;
    double positions = (double)nn->count * nn->plan.rows[block + 1];
    for (int c = 0; c < nn->plan.config.filters[block]; c++) {
        dbeta[c] = (float)sum[c];
        dgamma[c] = (float)(dot[c] * norm->deviation[c]);
        double scale = (double)w->gamma[block][c] * norm->deviation[c];
        norm->offset[c] = (float)(-scale * sum[c] / positions);
        norm->slope[c] = (float)(-scale * dot[c] * norm->deviation[c] * norm->deviation[c] / positions);
    }
}

static void backward_first(const struct nn *nn, int n, const float *g, float *gradient, bool add)
{
    const struct nn_config *config = &nn->plan.config;
    struct nn_ahead ahead = input_ahead(nn, n);
    nn->kernels->multiply_transposed(nn->plan.rows[0], nn->plan.wide[0], config->first_kernel * NN_FEATURES,
                                     nn->input + (size_t)n * nn->input_stride, (size_t)(config->stride * NN_FEATURES),
                                     g, gradient, add, &ahead);
}

static void backward_chunk(void *context, size_t chunk, int worker)
{
    struct nn *nn = context;
    const struct nn_plan *plan = &nn->plan;
    const struct nn_kernels *k = nn->kernels;
    struct scratch *scratch = &nn->scratch[worker];
    const struct norm *norm = &nn->norms[nn->block];
    int i = nn->block, rows = plan->rows[i + 1], in = plan->wide[i], out = plan->wide[i + 1], reach = plan->reach[i];
    float *partial = nn->partial + chunk * plan->size;
    float *depthwise = partial + plan->depthwise[i], *pointwise = partial + plan->pointwise[i];
    size_t margin = (size_t)((reach - 1) * in), inside = (size_t)(rows * in);
    float *dz = scratch->dz + margin;
    memset(depthwise, 0, (size_t)(reach * in) * sizeof *depthwise);
    memset(scratch->dz, 0, margin * sizeof *dz);
    memset(dz + inside, 0, margin * sizeof *dz);
    int begin = chunk_begin(nn, chunk);
    for (int n = begin; n < chunk_begin(nn, chunk + 1); n++) {
        struct nn_ahead ahead = ahead_of(nn, i, n, true);
        k->norm_backward(rows, out, g_of(nn, i, n), v_of(nn, i, n), norm->mean, norm->scale, norm->slope, norm->offset,
                         scratch->dv);
        k->multiply_transposed(rows, out, in, z_of(nn, i, n), (size_t)in, scratch->dv, pointwise, n > begin, &ahead);
        k->multiply(rows, in, out, scratch->dv, (size_t)out, nn->transposed[i], dz, &ahead);
        const float *a = activations(nn, i, n, scratch);
        float *g = i ? g_of(nn, i - 1, n) : scratch->a;
        k->depthwise_weights(rows, in, &plan->taps[i], a, dz, depthwise);
        // The gradient of the input is a convolution of the zero-padded dz with the kernel backwards in time.
        k->depthwise(plan->rows[i], in, &plan->reversed[i], scratch->dz, nn->reversed[i], g);
        if (i == 0) {
            k->mask(plan->rows[0], in, a, a, nn->zeros, g, scratch->sum, scratch->square);
            backward_first(nn, n, g, partial + plan->first, n > begin);
        } else {
            k->mask(plan->rows[i], in, a, v_of(nn, i - 1, n), nn->norms[i - 1].mean, g, scratch->sum, scratch->square);
            add_sums(nn, chunk_sums(nn, chunk), scratch, in);
        }
    }
}

// ---- the step -------------------------------------------------------------------------------------------

static void prepare_weights(struct nn *nn)
{
    const struct nn_plan *plan = &nn->plan;
    nn_pack(plan, &nn->weights, nn->packed);
    for (int i = 0; i < plan->config.blocks; i++) {
        int in = plan->wide[i], out = plan->wide[i + 1], reach = plan->reach[i];
        const float *depthwise = nn->packed + plan->depthwise[i], *pointwise = nn->packed + plan->pointwise[i];
        for (int r = 0; r < reach; r++)
            memcpy(nn->reversed[i] + r * in, depthwise + (reach - 1 - r) * in, (size_t)in * sizeof *depthwise);
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < in; c++)
                nn->transposed[i][o * in + c] = pointwise[c * out + o];
        }
    }
}

static void sum_tile(void *context, size_t index, int worker)
{
    (void)worker;
    struct nn *nn = context;
    const struct nn_tile *tile = &nn->plan.tiles[index];
    size_t columns = (size_t)tile->columns, stride = (size_t)tile->stride, rows = (size_t)tile->rows;
    if (columns == stride) {
        columns *= rows;
        rows = 1;
    }
    for (size_t row = 0; row < rows; row++)
        nn->kernels->sum_parts(columns, nn->partial + tile->packed + row * stride, nn->plan.size, nn->chunks,
                               nn->gradients + tile->flat + row * columns);
}

float nn_step(struct nn *nn, int count, const float *labels, const float *weights, float *logits)
{
    if (count > nn->batch)
        count = nn->batch;
    if (count < 1)
        return 0;
    nn->count = count;
    nn->chunks = (count + SAMPLES_PER_CHUNK - 1) / SAMPLES_PER_CHUNK;
    if (nn->chunks > MAX_CHUNKS)
        nn->chunks = MAX_CHUNKS;
    nn->labels = labels;
    nn->sample_weights = weights;
    nn->logits = logits;
    prepare_weights(nn);
    int blocks = nn->plan.config.blocks;
    for (int i = 0; i < blocks; i++) {
        run_chunks(nn, i, forward_chunk);
        finish_norm(nn, i);
    }
    run_chunks(nn, blocks, head_chunk);
    for (int i = blocks - 1; i >= 0; i--) {
        start_norm(nn, i);
        run_chunks(nn, i, backward_chunk);
    }
    pool_run(nn->pool, (size_t)nn->plan.tile_count, sum_tile, nn);
    float *bias_gradient = nn->gradients + (nn->weights.dense_bias - nn->weights.data);
    nn->kernels->sum_parts(1, nn->bias_partial, 1, nn->chunks, bias_gradient);
    double loss = 0;
    for (int n = 0; n < count; n++)
        loss += nn->losses[n];
    return (float)(loss / count);
}

void nn_adam(struct nn *nn, float learning_rate)
{
    nn->steps++;
    double rate = (double)learning_rate * sqrt(1 - pow(0.999, (double)nn->steps)) / (1 - pow(0.9, (double)nn->steps));
    nn->kernels->adam(nn->weights.trainable, (float)rate, nn->gradients, nn->m, nn->v_adam, nn->weights.data);
}

// ---- life -----------------------------------------------------------------------------------------------

static float *floats(struct nn *nn, size_t count, bool *failed)
{
    float *data = count > SIZE_MAX / sizeof(float) ? NULL : arena_alloc(&nn->arena, count * sizeof(float), 64);
    *failed |= !data;
    return data;
}

static void lay_out_sample(struct nn *nn)
{
    const struct nn_plan *plan = &nn->plan;
    size_t at = plan_size(plan, 0);
    for (int i = 0; i < plan->config.blocks; i++) {
        size_t gradient = plan_size(plan, i); // g of the block before
        nn->z_at[i] = at;
        nn->v_at[i] = at + (size_t)plan->rows[i + 1] * (size_t)plan->wide[i];
        at = nn->v_at[i] + plan_size(plan, i + 1);
        if (i > 0 && at < nn->z_at[i] + gradient)
            at = nn->z_at[i] + gradient;
    }
    nn->z_at[plan->config.blocks] = at;
    nn->sample_stride = at + plan_size(plan, plan->config.blocks);
}

static void allocate_norm(struct nn *nn, int block, bool *failed)
{
    struct norm *norm = &nn->norms[block];
    size_t wide = (size_t)nn->plan.wide[block + 1];
    float **const rows[] = {&norm->mean, &norm->scale, &norm->shift, &norm->slope, &norm->offset};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        *rows[i] = floats(nn, wide, failed);
    norm->deviation = arena_alloc(&nn->arena, wide * sizeof(double), 64);
    *failed |= !norm->deviation;
}

static void allocate_scratch(struct nn *nn, int workers, bool *failed)
{
    const struct nn_plan *plan = &nn->plan;
    size_t a = 0, dv = 0, dz = 0;
    for (int i = 0; i <= plan->config.blocks; i++) {
        size_t rows = (size_t)plan->rows[i], wide = (size_t)plan->wide[i];
        a = rows * wide > a ? rows * wide : a;
        dv = i > 0 && rows * wide > dv ? rows * wide : dv;
        size_t padded = i < plan->config.blocks ? (size_t)(plan->rows[i] + plan->reach[i] - 1) * wide : 0;
        dz = padded > dz ? padded : dz;
    }
    nn->scratch = arena_alloc(&nn->arena, (size_t)workers * sizeof *nn->scratch, 64);
    *failed |= !nn->scratch;
    for (int i = 0; i < workers && !*failed; i++)
        nn->scratch[i] = (struct scratch){floats(nn, a, failed), floats(nn, dv, failed), floats(nn, dz, failed),
                                          floats(nn, nn->widest, failed), floats(nn, nn->widest, failed)};
}

static int allocate(struct nn *nn, struct error *error)
{
    const struct nn_plan *plan = &nn->plan;
    bool failed = false;
    size_t batch = (size_t)nn->batch, trainable = nn->weights.trainable;
    nn->input_stride = (size_t)(plan->window * NN_FEATURES + LANE_BLOCK - 1) / LANE_BLOCK * LANE_BLOCK;
    nn->input = floats(nn, batch * nn->input_stride, &failed);
    lay_out_sample(nn);
    nn->samples = floats(nn, batch * nn->sample_stride, &failed);
    nn->gradients = floats(nn, trainable, &failed);
    nn->m = floats(nn, trainable, &failed);
    nn->v_adam = floats(nn, trainable, &failed);
    nn->packed = floats(nn, plan->size, &failed);
    nn->partial = floats(nn, MAX_CHUNKS * plan->size, &failed);
    nn->bias_partial = floats(nn, MAX_CHUNKS, &failed);
    nn->widest = (size_t)plan->wide[0];
    for (int i = 0; i < plan->config.blocks; i++) {
        size_t in = (size_t)plan->wide[i], out = (size_t)plan->wide[i + 1];
        nn->transposed[i] = floats(nn, in * out, &failed);
        nn->reversed[i] = floats(nn, (size_t)plan->reach[i] * in, &failed);
        allocate_norm(nn, i, &failed);
        nn->widest = out > nn->widest ? out : nn->widest;
    }
    nn->sums = arena_alloc(&nn->arena, MAX_CHUNKS * 3 * nn->widest * sizeof *nn->sums, 64);
    nn->zeros = floats(nn, nn->widest, &failed);
    nn->losses = arena_alloc(&nn->arena, batch * sizeof *nn->losses, 64);
    allocate_scratch(nn, pool_threads(nn->pool), &failed);
    return failed || !nn->sums || !nn->losses ? error_memory(error, "the activations of a batch") : 0;
}

int nn_open(struct nn **out, const struct nn_config *config, int batch, struct pool *pool, enum cpu_level level,
            struct error *error)
{
    *out = NULL;
    if (batch < 1 || batch > NN_MAX_BATCH)
        return error_set(error, ERROR_USAGE, "a batch of %d examples is not from 1 to %d", batch, NN_MAX_BATCH);
    struct nn *nn = array_alloc(1, sizeof *nn);
    if (!nn)
        return error_memory(error, "a network in training");
    nn->batch = batch;
    nn->pool = pool;
    nn->kernels = nn_kernels_for(level);
    int code = nn_weights_open(&nn->weights, config, error);
    if (code == 0) {
        nn_plan_make(&nn->plan, &nn->weights);
        code = allocate(nn, error);
    }
    if (code < 0) {
        nn_close(nn);
        return code;
    }
    *out = nn;
    return 0;
}

void nn_close(struct nn *nn)
{
    if (!nn)
        return;
    nn_weights_close(&nn->weights);
    arena_free(&nn->arena);
    free(nn);
}

struct nn_weights *nn_weights_of(struct nn *nn)
{
    return &nn->weights;
}

float *nn_gradients(struct nn *nn)
{
    return nn->gradients;
}

float *nn_input(struct nn *nn, int i)
{
    return nn->input + (size_t)i * nn->input_stride;
}

void nn_adam_state(struct nn *nn, float **m, float **v, uint64_t **steps)
{
    *m = nn->m;
    *v = nn->v_adam;
    *steps = &nn->steps;
}
