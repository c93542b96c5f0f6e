// SPDX-License-Identifier: GPL-3.0-or-later
// The finished bytes are read back, checked like a stranger's, and run beside the float network over the tracks.
#include "quantize/quantize_internal.h"

#include <math.h>
#include <stdlib.h>

// Means over all steps that no sound conversion reaches; a model with a wrong layer or ring passes them at once.
static const double most_difference = .05, most_logit_difference = 1;

struct sums {
    double difference, largest, logit_difference;
    size_t steps;
};
struct worker {
    struct tflite_runtime *runtime;
    struct nn_stream_scratch *scratch;
    int8_t *rows; // [stride][40]
};
struct job {
    const struct quantize_options *options;
    const struct quantize_track *tracks;
    const struct nn_stream *stream;
    int stride;
    struct quant logit;
    struct worker *workers;
    struct sums *sums; // [track_count]
    bool *failed;      // [track_count]: no memory
};

static double clip(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static void compare(const struct job *job, double exact, uint8_t byte, int8_t logit, struct sums *sums)
{
    const struct quant *quant = &job->logit;
    double scale = (double)quant->scale;
    double p = fmin(1 / (1 + exp(-exact)), 255. / 256), difference = fabs(p - byte / 256.);
    double seen = clip(exact, (-128 - quant->zero_point) * scale, (127 - quant->zero_point) * scale);
    sums->difference += difference;
    sums->largest = fmax(sums->largest, difference);
    sums->logit_difference += fabs(seen - (logit - quant->zero_point) * scale);
}

static void run_track(void *context, size_t index, int number)
{
    struct job *job = context;
    struct worker *worker = &job->workers[number];
    const struct quantize_track *track = &job->tracks[index];
    struct sums *sums = &job->sums[index];
    size_t row = (size_t)job->stride * NN_FEATURES, steps = track->row_count / (size_t)job->stride;
    float *logits = array_alloc(steps, sizeof *logits);
    if (!logits) {
        job->failed[index] = true;
        return;
    }
    nn_stream_run(job->stream, worker->scratch, track->rows, track->row_count, logits);
    tflite_runtime_reset(worker->runtime);
    for (size_t i = 0; i < steps; i++) {
        int8_t logit;
        frontend_quantize(track->rows + i * row, row, worker->rows);
        uint8_t byte = tflite_runtime_step_logit(worker->runtime, worker->rows, &logit);
        double exact = (double)job->options->logit_scale * (double)logits[i] - (double)job->options->logit_shift;
        compare(job, exact, byte, logit, sums);
    }
    sums->steps = steps;
    free(logits);
}

static int judge(const struct job *job, size_t track_count, struct quantize_report *report, struct error *error)
{
    struct sums all = {0};
    for (size_t i = 0; i < track_count; i++) {
        if (job->failed[i])
            return error_memory(error, "comparing the int8 model");
        all.difference += job->sums[i].difference;
        all.logit_difference += job->sums[i].logit_difference;
        all.largest = fmax(all.largest, job->sums[i].largest);
        all.steps += job->sums[i].steps;
    }
    report->calibration_rows = all.steps * (size_t)job->stride;
    report->float_difference = all.difference / (double)all.steps;
    report->float_difference_max = all.largest;
    double logit_difference = all.logit_difference / (double)all.steps;
    if (report->float_difference <= most_difference && logit_difference <= most_logit_difference)
        return 0;
    return error_set(
        error, ERROR_FORMAT,
        "the int8 model does not answer like the float model (mean difference of p %.3f, of the logit %.2f): "
        "train again with another seed or a lower learning rate",
        report->float_difference, logit_difference);
}

// Everything that would keep a device from loading the model, in one sentence.
static int check_device(const struct tflite_model *model, struct error *error)
{
    struct text_list faults = {0};
    int code = tflite_device_faults(model, &faults, error);
    if (code == 0 && faults.count)
        code = error_set(error, ERROR_FORMAT, "a device would not load the int8 model: %s", faults.items[0]);
    text_list_free(&faults);
    return code;
}

static int open_workers(struct job *job, int threads, const struct tflite_model *model, struct error *error)
{
    job->workers = array_alloc((size_t)threads, sizeof *job->workers);
    if (!job->workers)
        return error_memory(error, "comparing the int8 model");
    for (int i = 0; i < threads; i++) {
        struct worker *worker = &job->workers[i];
        TRY(tflite_runtime_open(&worker->runtime, model, cpu_level(), error));
        TRY(nn_stream_scratch_open(&worker->scratch, job->stream, error));
        worker->rows = array_alloc((size_t)job->stride * NN_FEATURES, 1);
        if (!worker->rows)
            return error_memory(error, "comparing the int8 model");
    }
    return 0;
}

static void close_workers(struct job *job, int threads)
{
    for (int i = 0; job->workers && i < threads; i++) {
        tflite_runtime_close(job->workers[i].runtime);
        nn_stream_scratch_close(job->workers[i].scratch);
        free(job->workers[i].rows);
    }
    free(job->workers);
}

int verify_model(const void *data, size_t size, const struct nn_weights *weights,
                 const struct quantize_options *options, struct quant logit, const struct quantize_track *tracks,
                 size_t track_count, struct pool *pool, struct quantize_report *report, struct error *error)
{
    int code, threads = pool_threads(pool);
    struct tflite_model *model = NULL;
    struct nn_stream *stream = NULL;
    struct job job = {.options = options, .tracks = tracks, .logit = logit, .stride = weights->config.stride};
    job.sums = array_alloc(track_count, sizeof *job.sums);
    job.failed = array_alloc(track_count, sizeof *job.failed);
    if (!job.sums || !job.failed) {
        code = error_memory(error, "comparing the int8 model");
        goto done;
    }
    TRY_GOTO(tflite_read(&model, data, size, error), done);
    TRY_GOTO(check_device(model, error), done);
    TRY_GOTO(nn_stream_open(&stream, weights, cpu_level(), error), done);
    job.stream = stream;
    TRY_GOTO(open_workers(&job, threads, model, error), done);
    pool_run(pool, track_count, run_track, &job);
    code = judge(&job, track_count, report, error);
done:
    close_workers(&job, threads);
    nn_stream_close(stream);
    tflite_close(model);
    free(job.sums);
    free(job.failed);
    return code;
}
