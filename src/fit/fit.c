// SPDX-License-Identifier: GPL-3.0-or-later
// From a file of training parameters to a .tflite, by the framework's schedule: constant rates, no mining, the weights
// that validation likes most.
#include "fit/fit_internal.h"
#include "quantize/quantize.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL_FOLDER "tflite_stream_state_internal_quant"
#define MODEL_FILE MODEL_FOLDER "/stream_state_internal_quant.tflite"

struct fitting {
    const struct fit_options *options;
    struct parameters parameters;
    struct fit_data data;
    struct nn_config config;
    struct pool *pool;
    struct nn_weights weights;
    uint64_t best_step; // 0: none was better in this call
    struct fit_result *result;
};

static int check(struct fitting *fitting, struct error *error)
{
    const struct parameters *parameters = &fitting->parameters;
    if (parameters->step_ms != 10)
        return error_set(error, ERROR_USAGE,
                         "%s: window_step_ms is %lld (20 where the key is missing), but the device's features come "
                         "every 10 ms",
                         fitting->options->parameters, (long long)parameters->step_ms);
    fitting->config = fitting->options->config;
    fitting->config.tail = nn_tail_of_clip(&fitting->config, (int)parameters->clip_ms);
    if (nn_check(&fitting->config, error) < 0)
        return error_prefix(error, "the network with clip_duration_ms %lld", (long long)parameters->clip_ms);
    return 0;
}

// Figures that are 0 for want of data would let the first evaluation win.
static int check_validation(const struct fitting *fitting, struct error *error)
{
    const struct fit_data *data = &fitting->data;
    int metric = fitting->parameters.maximize;
    size_t clips = 0, ambient = 0;
    for (size_t i = 0; i < data->validation_count; i++)
        clips += data->validation[i].truth ? source_item_count(&data->validation[i]) : 0;
    for (size_t i = 0; i < data->ambient_count; i++)
        ambient += data->ambient[i]->item_count;
    bool needs_ambient = metric == METRIC_AVERAGE_VIABLE_RECALL || metric == METRIC_RECALL_AT_NO_FAPH;
    const char *missing = clips == 0                      ? "validation/ with the wake word"
                          : needs_ambient && ambient == 0 ? "validation_ambient/"
                                                          : NULL;
    if (!missing || !fitting->options->train || fitting->options->use_last)
        return 0;
    return error_set(error, ERROR_USAGE,
                     "%s: no feature set has %s, without which %s stays 0 and cannot choose the best weights; add one, "
                     "or say --use_weights=last_weights",
                     fitting->options->parameters, missing, metric_names[metric]);
}

// Shorter arrays are padded when they train, but the device's network makes no step with them: no range of a tensor
// could be measured, which would be found at the very end.
static int check_lengths(const struct fitting *fitting, struct error *error)
{
    const struct fit_data *data = &fitting->data;
    for (size_t s = 0; s < data->training_count; s++) {
        const struct source *source = &data->training[s];
        for (size_t i = 0; source->share > 0 && i < source->set->item_count; i++)
            if (source->set->items[i].rows >= (uint32_t)fitting->config.stride)
                return 0;
    }
    return error_set(error, ERROR_USAGE,
                     "%s: every array of features to train with is shorter than a stride of the network, %d rows of 10 ms",
                     fitting->options->parameters, fitting->config.stride);
}

static char *in_folder(const struct fitting *fitting, const char *name)
{
    return path_join(fitting->parameters.train_dir, name);
}

// ---- training ----

static void make_plan(const struct fitting *fitting, struct train_plan *plan)
{
    const struct parameters *parameters = &fitting->parameters;
    train_plan_default(plan);
    plan->config = fitting->config;
    plan->batch = (int)parameters->batch;
    plan->phase_count = parameters->phase_count;
    memcpy(plan->phases, parameters->phases, sizeof plan->phases);
    plan->class_weights = fitting->options->class_weights;
    plan->warm_up = 0;
    plan->cosine = false;
    plan->mine_every = 0;
    plan->validate_every = (uint64_t)parameters->eval_interval;
    plan->minimize = parameters->minimize;
    plan->maximize = parameters->maximize;
    plan->minimize_target = parameters->minimize_target;
    plan->use_last = fitting->options->use_last;
    plan->seed = seed_mix((uint64_t)fitting->options->seed, "fit");
}

static void note_validation(void *context, const struct train_validation *validation)
{
    struct fitting *fitting = context;
    if (validation->better)
        fitting->best_step = validation->step;
    if (fitting->options->validated)
        fitting->options->validated(fitting->options->context, validation);
}

static int train(struct fitting *fitting, struct progress *progress, struct error *error)
{
    const struct fit_options *options = fitting->options;
    const struct fit_data *sets = &fitting->data;
    struct validation_data validation = {sets->validation, sets->validation_count, sets->ambient, sets->ambient_count};
    struct train_data data = {.sources = sets->training,
                              .source_count = sets->training_count,
                              .validation = &validation,
                              .validated = note_validation,
                              .context = fitting};
    struct train_plan plan;
    struct train_score score;
    char *checkpoint = in_folder(fitting, "training.ckpt"), *best = in_folder(fitting, "best_weights.weights");
    int code = checkpoint && best ? 0 : error_memory(error, "a path");
    make_plan(fitting, &plan);
    if (code == 0)
        fit_decisions(progress, options, &fitting->parameters, sets, &plan, checkpoint);
    if (code == 0 && !options->restore)
        remove(checkpoint);
    if (code == 0) {
        progress_begin(progress, "train");
        code = train_seed(&plan, &data, checkpoint, sets->identity, fitting->pool, progress, &fitting->weights, &score,
                          error);
    }
    if (code == 0) {
        progress_end(progress, "loss %.4f", score.loss);
        if (fitting->best_step && !options->use_last)
            fit_tell(progress, "the weights of step %llu are exported", (unsigned long long)fitting->best_step);
        code = weights_write(best, &fitting->weights, error);
    }
    free(checkpoint);
    free(best);
    return code;
}

static int load(struct fitting *fitting, struct error *error)
{
    char *best = in_folder(fitting, "best_weights.weights");
    int code = best ? weights_read(best, &fitting->weights, error) : error_memory(error, "a path");
    if (code == 0 && memcmp(&fitting->weights.config, &fitting->config, sizeof fitting->config) != 0)
        code = error_set(error, ERROR_USAGE, "%s holds a network of another shape", best);
    free(best);
    return code;
}

// ---- conversion ----

// Ranges are taken from ends of training items, of every source as many.
static int quantize(struct fitting *fitting, void **data, size_t *size, struct error *error)
{
    enum { TRACKS = 600, ROWS = 500 };
    const struct fit_data *sets = &fitting->data;
    struct quantize_track *tracks = array_alloc(TRACKS, sizeof *tracks);
    uint16_t *rows = array_alloc((size_t)TRACKS * ROWS, FRONTEND_CHANNELS * sizeof *rows);
    struct quantize_options options = {.logit_scale = 1, .percentile = .9999};
    struct quantize_report report;
    size_t count = 0, drawn = 0;
    for (size_t s = 0; s < sets->training_count; s++)
        drawn += sets->training[s].share > 0 && source_item_count(&sets->training[s]) > 0;
    size_t each = drawn ? TRACKS / drawn : 0;
    int code = tracks && rows ? 0 : error_memory(error, "calibration");
    for (size_t s = 0; s < sets->training_count && code == 0; s++) {
        const struct feature_set *set = sets->training[s].set;
        size_t taken = sets->training[s].share <= 0 ? 0 : each < set->item_count ? each : set->item_count;
        for (size_t i = 0; i < taken; i++) {
            const struct feature_item *item = &set->items[i * set->item_count / taken];
            size_t kept = item->rows < ROWS ? item->rows : ROWS;
            uint16_t *at = rows + count * ROWS * FRONTEND_CHANNELS;
            feature_rows_copy(set, item->first_row + item->rows - kept, kept, at);
            tracks[count++] = (struct quantize_track){at, kept};
        }
    }
    if (code == 0)
        code = quantize_model(&fitting->weights, tracks, count, &options, fitting->pool, data, size, &report, error);
    free(tracks);
    free(rows);
    return code;
}

static int convert(struct fitting *fitting, struct error *error)
{
    char *folder = in_folder(fitting, MODEL_FOLDER), *model = in_folder(fitting, MODEL_FILE);
    void *data = NULL;
    size_t size = 0;
    int code = folder && model ? quantize(fitting, &data, &size, error) : error_memory(error, "a path");
    if (code == 0)
        code = folder_make(folder, error);
    if (code == 0)
        code = file_write(model, data, size, error);
    if (code == 0 && fitting->options->test)
        code = roc_measure(data, size, &fitting->data, fitting->pool, &fitting->result->roc, error);
    free(data);
    free(folder);
    if (code == 0)
        fitting->result->model = model;
    else
        free(model);
    return code;
}

// ---- what lies beside it ----

// The framework's merged configuration.
static int write_config(const struct fitting *fitting, struct error *error)
{
    const struct nn_config *config = &fitting->config;
    char window[16], tail[16], stride[16], shape[32];
    char *path = in_folder(fitting, "training_config.yaml");
    snprintf(window, sizeof window, "%d", nn_window(config));
    snprintf(tail, sizeof tail, "%d", config->tail);
    snprintf(stride, sizeof stride, "%d", config->stride);
    snprintf(shape, sizeof shape, "%d,%d", nn_window(config), FRONTEND_CHANNELS);
    const struct parameters_extra extras[] = {{NULL, "spectrogram_length", window, false},
                                              {NULL, "spectrogram_length_final_layer", tail, false},
                                              {NULL, "stride", stride, false},
                                              {NULL, "training_input_shape", shape, true}};
    int code = path ? parameters_write(path, &fitting->parameters, extras, COUNT_OF(extras), error)
                    : error_memory(error, "a path");
    free(path);
    return code;
}

// Lines "hours H", "clip TRUTH P", "ambient P", and "metric NAME VALUE".
static int write_scores(const struct validation_scores *scores, const double *metrics, const char *path,
                        struct error *error)
{
    struct atomic_file file;
    TRY(atomic_open(&file, path, error));
    fprintf(file.stream, "hours %.12g\n", scores->hours);
    for (size_t i = 0; i < scores->clip_count; i++)
        fprintf(file.stream, "clip %d %.9g\n", scores->truths[i], (double)scores->clips[i]);
    for (size_t i = 0; i < scores->ambient_count; i++)
        fprintf(file.stream, "ambient %.9g\n", (double)scores->ambient[i]);
    for (int m = 0; m < METRIC_COUNT; m++)
        fprintf(file.stream, "metric %s %.12g\n", metric_names[m], metrics[m]);
    return atomic_commit(&file, error);
}

static int measure(struct fitting *fitting, struct progress *progress, struct error *error)
{
    const struct fit_data *sets = &fitting->data;
    struct validation_data data = {sets->validation, sets->validation_count, sets->ambient, sets->ambient_count};
    struct validation_scores scores;
    double started = time_now(), *metrics = fitting->result->last.metrics;
    TRY(validation_score(&fitting->weights, &data, fitting->pool, progress, &scores, error));
    validation_measure(&scores, metrics);
    fitting->result->validation_seconds = time_now() - started;
    int code = fitting->options->scores ? write_scores(&scores, metrics, fitting->options->scores, error) : 0;
    validation_scores_free(&scores);
    return code;
}

void fit_result_close(struct fit_result *result)
{
    free(result->model);
    *result = (struct fit_result){0};
}

int fit(const struct fit_options *options, struct progress *progress, struct fit_result *result, struct error *error)
{
    struct fitting fitting = {.options = options, .result = result};
    double started = time_now();
    int code;
    *result = (struct fit_result){0};
    TRY_GOTO(parameters_read(options->parameters, &fitting.parameters, error), end);
    TRY_GOTO(check(&fitting, error), end);
    TRY_GOTO(fit_data_open(&fitting.data, &fitting.parameters, error), end);
    TRY_GOTO(check_lengths(&fitting, error), end);
    TRY_GOTO(check_validation(&fitting, error), end);
    TRY_GOTO(pool_open(&fitting.pool, (int)options->threads, error), end);
    TRY_GOTO(folder_make(fitting.parameters.train_dir, error), end);
    TRY_GOTO(write_config(&fitting, error), end);
    TRY_GOTO(options->train ? train(&fitting, progress, error) : load(&fitting, error), end);
    TRY_GOTO(measure(&fitting, progress, error), end);
    code = convert(&fitting, error);
    result->config = fitting.config;
    result->seconds = time_now() - started;
end:
    nn_weights_close(&fitting.weights);
    pool_close(fitting.pool);
    fit_data_close(&fitting.data);
    parameters_free(&fitting.parameters);
    if (code < 0)
        fit_result_close(result);
    return code;
}
