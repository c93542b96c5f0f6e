// SPDX-License-Identifier: GPL-3.0-or-later
// Files of weights and of runs in progress: a header with what must fit, raw floats, and a SHA-256 over all.
#include "train/train_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEX = 64, MAXIMUM_FILE = 1 << 30 };
static const char weights_magic[8] = "WSWEIGH1", checkpoint_magic[8] = "WSCHECK3";

// ---- sealed files: any content, its hash at the end ----

static void hash_of(const void *data, size_t size, char hex[HEX + 1])
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, data, size);
    sha256_hex(&hash, hex);
}

static int sealed_write(const char *path, struct buffer *content, struct error *error)
{
    char hex[HEX + 1];
    hash_of(content->data, content->size, hex);
    buffer_append(content, hex, HEX);
    return content->failed ? error_memory(error, path) : file_write(path, content->data, content->size, error);
}

// *size counts the content only. Caller frees *data.
static int sealed_read(const char *path, unsigned char **data, size_t *size, struct error *error)
{
    void *content;
    char hex[HEX + 1];
    TRY(file_read(path, MAXIMUM_FILE, &content, size, error));
    *data = content;
    if (*size >= HEX) {
        *size -= HEX;
        hash_of(content, *size, hex);
        if (memcmp(*data + *size, hex, HEX) == 0)
            return 0;
    }
    free(content);
    return error_set(error, ERROR_FORMAT, "%s is damaged: its checksum is wrong", path);
}

// ---- weights ----

int weights_write(const char *path, const struct nn_weights *weights, struct error *error)
{
    struct buffer content;
    buffer_init(&content, MAXIMUM_FILE);
    buffer_append(&content, weights_magic, sizeof weights_magic);
    buffer_append(&content, &weights->config, sizeof weights->config);
    buffer_append(&content, weights->data, weights->count * sizeof *weights->data);
    int code = sealed_write(path, &content, error);
    buffer_free(&content);
    return code;
}

int weights_read(const char *path, struct nn_weights *weights, struct error *error)
{
    struct nn_config config;
    size_t size, head = sizeof weights_magic + sizeof config;
    unsigned char *data;
    *weights = (struct nn_weights){0};
    TRY(sealed_read(path, &data, &size, error));
    int code;
    if (size < head || memcmp(data, weights_magic, sizeof weights_magic) != 0) {
        code = error_set(error, ERROR_FORMAT, "%s is no file of weights", path);
        goto done;
    }
    memcpy(&config, data + sizeof weights_magic, sizeof config);
    code = nn_weights_open(weights, &config, error); // checks the shape
    if (code < 0)
        error_prefix(error, "%s", path);
    else if (size - head != weights->count * sizeof *weights->data)
        code = error_set(error, ERROR_FORMAT, "%s does not hold the weights of its network", path);
    else
        memcpy(weights->data, data + head, size - head);
done:
    if (code < 0)
        nn_weights_close(weights);
    free(data);
    return code;
}

// ---- checkpoints ----

// Everything that must be equal for a run to go on is in the signature; the counts guard the sizes.
struct checkpoint_head {
    char magic[8], signature[HEX];
    uint64_t step, adam_steps, weight_count, trainable, mined_count, point_count, best_count;
    double loss;
    struct validation_best best;
};

static void print_config(struct buffer *text, const struct nn_config *config)
{
    buffer_print(text, "net %d %d %d %d %d", config->stride, config->first_filters, config->first_kernel,
                 config->blocks, config->tail);
    for (int i = 0; i < config->blocks; i++) {
        buffer_print(text, " %d", config->filters[i]);
        for (int g = 0; g < config->kernel_count[i]; g++)
            buffer_print(text, "%c%d", g ? ',' : ':', config->kernels[i][g]);
    }
}

static void print_phase(struct buffer *text, const struct train_phase *phase)
{
    buffer_print(text, "phase %llu %a masks %d %d %d %d classes %a %a\n", (unsigned long long)phase->steps,
                 (double)phase->rate, phase->masks.time_masks, phase->masks.time_size, phase->masks.channel_masks,
                 phase->masks.channel_size, (double)phase->positive_weight, (double)phase->negative_weight);
}

// Hash of the plan and of the caller's signature. How often checkpoints are made and the final judgement change
// nothing.
static bool sign(const struct train_plan *plan, const char *signature, char hex[HEX + 1])
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    print_config(&text, &plan->config);
    buffer_print(&text, "\nbatch %d warm-up %llu cosine %d %a seed %llu\n", plan->batch,
                 (unsigned long long)plan->warm_up, plan->cosine, (double)plan->final_rate,
                 (unsigned long long)plan->seed);
    for (int i = 0; i < plan->phase_count; i++)
        print_phase(&text, &plan->phases[i]);
    buffer_print(&text, "classes %d validate %llu %d %d %a\n", (int)plan->class_weights,
                 (unsigned long long)plan->validate_every, plan->minimize, plan->maximize, plan->minimize_target);
    buffer_print(&text, "mine %llu %llu %zu %a %a %a %u\n", (unsigned long long)plan->mine_from,
                 (unsigned long long)plan->mine_every, plan->mine_keep, (double)plan->mine_floor,
                 (double)plan->mine_share, (double)plan->mine_weight, plan->mine_jitter);
    buffer_print(&text, "data %s\n", signature);
    bool whole = !text.failed;
    if (whole)
        hash_of(text.data, text.size, hex);
    buffer_free(&text);
    return whole;
}

int checkpoint_write(const char *path, const char *signature, const struct training *training, struct error *error)
{
    const struct nn_weights *weights = nn_weights_of(training->nn);
    float *m, *v;
    uint64_t *adam_steps;
    char hex[HEX + 1];
    nn_adam_state(training->nn, &m, &v, &adam_steps);
    if (!sign(training->plan, signature, hex))
        return error_memory(error, path);
    struct checkpoint_head head = {.step = training->step,
                                   .adam_steps = *adam_steps,
                                   .weight_count = weights->count,
                                   .trainable = weights->trainable,
                                   .mined_count = training->mined_count,
                                   .point_count = training->point_count,
                                   .best_count = training->best.count,
                                   .loss = training->loss,
                                   .best = training->best_figures};
    memcpy(head.magic, checkpoint_magic, sizeof head.magic);
    memcpy(head.signature, hex, HEX);
    struct buffer content;
    buffer_init(&content, MAXIMUM_FILE);
    buffer_append(&content, &head, sizeof head);
    buffer_append(&content, weights->data, weights->count * sizeof *weights->data);
    buffer_append(&content, m, weights->trainable * sizeof *m);
    buffer_append(&content, v, weights->trainable * sizeof *v);
    buffer_append(&content, training->mined, training->mined_count * sizeof *training->mined);
    buffer_append(&content, training->points, training->point_count * sizeof *training->points);
    buffer_append(&content, training->best.data, training->best.count * sizeof *training->best.data);
    int code = sealed_write(path, &content, error);
    buffer_free(&content);
    return code;
}

static bool mined_fit(const struct mined *mined, size_t count, const struct train_data *data)
{
    for (size_t i = 0; i < count; i++) {
        if (mined[i].source >= data->source_count)
            return false;
        const struct feature_set *set = data->sources[mined[i].source].set;
        if (mined[i].item >= set->item_count || mined[i].end_row >= set->items[mined[i].item].rows)
            return false;
    }
    return true;
}

// Points after each other, up to the step; figures that JSON can hold.
static bool points_fit(const struct curve_point *points, size_t count, uint64_t step)
{
    for (size_t i = 0; i < count; i++)
        if (points[i].step > step || points[i].judged > 1 || (i && points[i].step <= points[i - 1].step) ||
            !isfinite(points[i].loss) || !isfinite(points[i].recall) || !isfinite(points[i].per_hour))
            return false;
    return true;
}

static bool take(const unsigned char *data, size_t size, const char *signature, struct training *training)
{
    struct nn_weights *weights = nn_weights_of(training->nn);
    struct checkpoint_head head;
    char hex[HEX + 1];
    if (size < sizeof head || !sign(training->plan, signature, hex))
        return false;
    memcpy(&head, data, sizeof head);
    if (memcmp(head.magic, checkpoint_magic, sizeof head.magic) != 0 || memcmp(head.signature, hex, HEX) != 0)
        return false;
    size_t counts = (weights->count + 2 * weights->trainable) * sizeof(float),
           list = (size_t)head.mined_count * sizeof(struct mined),
           curve = (size_t)head.point_count * sizeof(struct curve_point),
           best = (size_t)head.best_count * sizeof(float);
    struct error ignored;
    if (head.weight_count != weights->count || head.trainable != weights->trainable ||
        head.mined_count > training->plan->mine_keep || head.point_count > CURVE_MOST ||
        (head.best_count && head.best_count != weights->count) || size - sizeof head != counts + list + curve + best)
        return false;
    const unsigned char *floats = data + sizeof head, *mined = floats + counts;
    size_t trained = weights->trainable * sizeof(float), all = weights->count * sizeof(float);
    memcpy(training->mined, mined, list);
    if (!mined_fit(training->mined, (size_t)head.mined_count, training->data) ||
        curve_reserve(training, (size_t)head.point_count, &ignored) < 0)
        return false;
    if (curve)
        memcpy(training->points, mined + list, curve);
    if (!points_fit(training->points, (size_t)head.point_count, head.step))
        return false;
    if (best && nn_weights_copy(&training->best, weights, &ignored) < 0)
        return false;
    if (best)
        memcpy(training->best.data, mined + list + curve, best);
    training->best_figures = head.best;
    training->point_count = (size_t)head.point_count;
    float *m, *v;
    uint64_t *adam_steps;
    nn_adam_state(training->nn, &m, &v, &adam_steps);
    memcpy(weights->data, floats, all);
    memcpy(m, floats + all, trained);
    memcpy(v, floats + all + trained, trained);
    *adam_steps = head.adam_steps;
    training->mined_count = (size_t)head.mined_count;
    training->step = head.step;
    training->loss = head.loss;
    return true;
}

bool checkpoint_read(const char *path, const char *signature, struct training *training)
{
    struct error ignored;
    unsigned char *data;
    size_t size;
    if (sealed_read(path, &data, &size, &ignored) < 0)
        return false;
    bool fits = take(data, size, signature, training);
    free(data);
    return fits;
}
