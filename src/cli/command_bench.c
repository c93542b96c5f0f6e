// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of this machine: CPU time of one thread unless --threads says more (then wall time), best of many
// repetitions and their median. Voices: wall time, all processors unless --threads says how many, once.
#include "augment/augment.h"
#include "cli/bench.h"
#include "detect/detect.h"
#include "evaluate/evaluate.h"
#include "frontend/frontend.h"
#include "nn/nn.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef void repetition(void *context);
static struct figure measure(const struct bench *bench, repetition *run, void *context)
{
    enum { MOST = 2000 };
    double times[MOST], end = time_now() + bench->seconds;
    int count = 0;
    run(context); // warm caches
    while (count < 5 || (count < MOST && time_now() < end)) {
        double wall = time_now(), cpu = time_cpu_thread();
        run(context);
        times[count++] = bench->threads > 1 ? time_now() - wall : time_cpu_thread() - cpu;
    }
    qsort(times, (size_t)count, sizeof *times, ascending);
    return (struct figure){times[0], times[count / 2]};
}

void bench_report(const struct bench *bench, json_t *labels, struct figure figure, double amount, bool rate, double scale,
                  const char *unit)
{
    double value = rate ? amount / figure.best : figure.best / amount * scale;
    double median = rate ? amount / figure.median : figure.median / amount * scale;
    json_object_set_new(labels, "threads", json_integer(bench->threads));
    json_object_set_new(labels, "value", json_real(value));
    json_object_set_new(labels, "median", json_real(median));
    json_object_set_new(labels, "unit", json_string(unit));
    json_object_set_new(labels, "cpu", json_string(cpu_level_name(cpu_level())));
    char *text = json_dumps(labels, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (text)
        puts(text);
    fflush(stdout);
    free(text);
    json_decref(labels);
}

// Something like speech in level and movement, so that no branch of the front end sleeps.
static void fill_audio(int16_t *samples, size_t count)
{
    struct rng rng = rng_make(1, 0);
    double level = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 1600 == 0)
            level = rng_log_range(&rng, 20, 8000);
        samples[i] = (int16_t)(level * (rng_unit(&rng) - .5));
    }
}

enum { AUDIO_SECONDS = 10, SAMPLES = AUDIO_SECONDS * 16000, ROWS = AUDIO_SECONDS * 100 };

struct frontend_work {
    int16_t *samples;
    uint16_t *rows;
};
static void run_frontend(void *context)
{
    struct frontend_work *work = context;
    struct frontend frontend;
    frontend_reset(&frontend);
    frontend_push(&frontend, work->samples, SAMPLES, work->rows);
}

static int bench_frontend(const struct bench *bench, const char *name, struct error *error)
{
    (void)name;
    struct frontend_work work = {array_alloc(SAMPLES, 2), array_alloc(ROWS, FRONTEND_CHANNELS * sizeof(uint16_t))};
    if (work.samples && work.rows) {
        fill_audio(work.samples, SAMPLES);
        bench_report(bench, json_pack("{s:s}", "what", "frontend"), measure(bench, run_frontend, &work), AUDIO_SECONDS, true,
               1, "x real time");
    }
    int code = work.samples && work.rows ? 0 : error_memory(error, "the benchmark");
    free(work.samples);
    free(work.rows);
    return code;
}

struct infer_work {
    struct tflite_runtime *runtime;
    int8_t *rows;
    uint8_t bytes[ROWS];
    int16_t *samples;
    uint16_t *features;
};
static void run_infer(void *context)
{
    struct infer_work *work = context;
    detect_bytes(work->runtime, work->rows, ROWS - 2, work->bytes);
}
static void run_evaluate(void *context)
{
    struct infer_work *work = context;
    struct frontend frontend;
    frontend_reset(&frontend);
    size_t rows = frontend_push(&frontend, work->samples, SAMPLES, work->features);
    frontend_quantize(work->features, rows * FRONTEND_CHANNELS, work->rows);
    size_t count = detect_bytes(work->runtime, work->rows, rows, work->bytes);
    detect_count(work->bytes, count, tflite_runtime_stride(work->runtime), 200, 5, NULL, 0);
}

static int bench_model(const struct bench *bench, const char *what, struct error *error)
{
    if (!bench->model)
        return error_set(error, ERROR_USAGE, "bench %s needs --model FILE.tflite", what);
    struct infer_work *work = array_alloc(1, sizeof *work);
    struct tflite_model *model = NULL;
    int code;
    if (!work)
        return error_memory(error, "the benchmark");
    TRY_GOTO(tflite_open(&model, bench->model, error), end);
    TRY_GOTO(tflite_runtime_open(&work->runtime, model, cpu_level(), error), end);
    work->rows = array_alloc(ROWS, FRONTEND_CHANNELS);
    work->samples = array_alloc(SAMPLES, 2);
    work->features = array_alloc(ROWS, FRONTEND_CHANNELS * sizeof(uint16_t));
    if (!work->rows || !work->samples || !work->features) {
        code = error_memory(error, "the benchmark");
        goto end;
    }
    fill_audio(work->samples, SAMPLES);
    run_evaluate(work);
    if (strcmp(what, "infer") == 0)
        bench_report(bench, json_pack("{s:s, s:o}", "what", "infer", "model", json_name(path_name(bench->model))),
               measure(bench, run_infer, work), (ROWS - 2) / tflite_runtime_stride(work->runtime), false, 1e6,
               "us per inference");
    else
        bench_report(bench, json_pack("{s:s, s:o}", "what", "evaluate", "model", json_name(path_name(bench->model))),
               measure(bench, run_evaluate, work), AUDIO_SECONDS, true, 1, "x real time");
end:
    free(work->rows);
    free(work->samples);
    free(work->features);
    tflite_runtime_close(work->runtime);
    tflite_close(model);
    free(work);
    return code;
}

struct train_work {
    struct nn *nn;
    int batch;
    float *labels, *weights;
};
static void run_train(void *context)
{
    struct train_work *work = context;
    nn_step(work->nn, work->batch, work->labels, work->weights, NULL);
    nn_adam(work->nn, 1e-3f);
}

static int bench_train(const struct bench *bench, const char *name, struct error *error)
{
    (void)name;
    static const char *const presets[] = {"seed", "official"};
    static const int batches[] = {16, 128};
    for (size_t i = 0; i < COUNT_OF(presets) * COUNT_OF(batches); i++) {
        struct train_work work = {.batch = batches[i % COUNT_OF(batches)]};
        struct nn_config config;
        struct pool *pool = NULL;
        struct rng rng = rng_make(1, 0);
        TRY(nn_preset(presets[i / COUNT_OF(batches)], &config, error));
        TRY(pool_open(&pool, bench->threads, error));
        int code = nn_open(&work.nn, &config, work.batch, pool, cpu_level(), error);
        work.labels = array_alloc((size_t)work.batch, sizeof *work.labels);
        work.weights = array_alloc((size_t)work.batch, sizeof *work.weights);
        if (code == 0 && (!work.labels || !work.weights))
            code = error_memory(error, "the benchmark");
        if (code == 0) {
            nn_weights_init(nn_weights_of(work.nn), &rng);
            for (int n = 0; n < work.batch; n++) {
                work.labels[n] = (float)(n % 2);
                work.weights[n] = 1;
                for (int k = 0; k < nn_window(&config) * NN_FEATURES; k++)
                    nn_input(work.nn, n)[k] = (float)rng_range(&rng, 0, 26);
            }
            bench_report(bench,
                   json_pack("{s:s, s:s, s:i}", "what", "train", "preset", presets[i / COUNT_OF(batches)], "batch",
                             work.batch),
                   measure(bench, run_train, &work), 1, true, 1, "steps/s");
        }
        free(work.labels);
        free(work.weights);
        nn_close(work.nn);
        pool_close(pool);
        TRY(code);
    }
    return 0;
}

struct augment_work {
    struct augment_bank *bank;
    struct augment_scratch *scratch;
    int16_t *clip, *pcm, *behind;
    uint64_t index;
};
enum { SCENE = 52000, CLIP = 11000, PER_ROUND = 16 };
static void run_augment(void *context)
{
    struct augment_work *work = context;
    struct error error;
    for (int i = 0; i < PER_ROUND; i++) {
        struct rng rng = rng_make(1, work->index++ % 256);
        struct augment_scene scene = {SCENE, SCENE - 5000, (enum augment_condition)(i % CONDITION_TRAINED), false};
        struct augment_trace trace;
        augment_render(work->bank, work->scratch, &rng, &scene, work->clip, CLIP, work->pcm, &trace, &error);
    }
}

static int bench_augment(const struct bench *bench, const char *name, struct error *error)
{
    (void)name;
    struct augment_work work = {
        .clip = array_alloc(CLIP, 2), .pcm = array_alloc(SCENE, 2), .behind = array_alloc(SAMPLES, 2)};
    struct text_list none = {0};
    int code = work.clip && work.pcm && work.behind ? 0 : error_memory(error, "the benchmark");
    if (code == 0) {
        fill_audio(work.clip, CLIP);
        fill_audio(work.behind, SAMPLES);
        struct sound sounds[] = {{work.behind, SAMPLES, SOUND_SPEECH},
                                 {work.behind, SAMPLES, SOUND_MUSIC},
                                 {work.behind, SAMPLES, SOUND_NOISE}};
        code = augment_bank_open(&work.bank, sounds, COUNT_OF(sounds), 40, &none, 1, NULL, error);
        if (code == 0)
            code = augment_scratch_open(&work.scratch, work.bank, SCENE, error);
        if (code == 0)
            bench_report(bench, json_pack("{s:s}", "what", "augment"), measure(bench, run_augment, &work), PER_ROUND, true, 1,
                   "clips/s");
    }
    augment_scratch_close(work.scratch);
    augment_bank_close(work.bank);
    free(work.clip);
    free(work.pcm);
    free(work.behind);
    return code;
}

// CPU seconds of the processes that have ended.
static double children_seconds(void)
{
    struct rusage use;
    getrusage(RUSAGE_CHILDREN, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + 1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

// `count` voices of one engine, as a training has them speak.
static int bench_engine(const struct bench *bench, const struct language *language, const struct voice *voices,
                        size_t count, struct error *error)
{
    enum { CLIPS = 500, NEURAL_CLIPS = 64 };
    char path[] = "/tmp/wakesmith_bench_XXXXXX";
    int file = mkstemp(path);
    if (file < 0)
        return error_set(error, ERROR_IO, "cannot write in /tmp");
    close(file);
    const struct speech_request request = {
        .texts = &bench->phrase,
        .text_count = 1,
        .language = language,
        .clips = bench->clips ? (size_t)bench->clips : voices->neural ? NEURAL_CLIPS : CLIPS,
        .duration_median = speech_expected_seconds(bench->phrase, language),
        .duration_sigma = .2,
        .seed = 1,
        .threads = bench->threads,
        .voices = voices,
        .voice_count = count};
    struct speech_report spoken;
    double cpu = children_seconds();
    int code = speech_generate(&request, path, NULL, &spoken, error);
    if (code == 0)
        bench_report(bench, json_pack("{s:s, s:s, s:I, s:I, s:f}", "what", "voices", "engine", voices->engine, "clips",
                                (json_int_t)request.clips, "voices", (json_int_t)count, "cpu_seconds_a_clip",
                                (children_seconds() - cpu) / (double)request.clips),
               (struct figure){spoken.seconds, spoken.seconds}, (double)request.clips, true, 1, "clips/s");
    remove(path);
    return code;
}

static int bench_voices(const struct bench *bench, const char *name, struct error *error)
{
    (void)name;
    const struct language *language = text_language_of(bench->phrase);
    struct voice *voices;
    size_t count, end;
    TRY(speech_voices(language, &voices, &count, error));
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i = end) { // sorted by engine
        for (end = i; end < count && strcmp(voices[end].engine, voices[i].engine) == 0;)
            end++;
        code = bench_engine(bench, language, voices + i, end - i, error);
    }
    free(voices);
    return code;
}

static const struct bench_row {
    const char *name;
    int (*run)(const struct bench *bench, const char *name, struct error *error);
    bool parallel; // all processors unless --threads says how many
} bench_rows[] = {{"frontend", bench_frontend, false}, {"infer", bench_model, false},  {"train", bench_train, false},
                  {"augment", bench_augment, false},   {"evaluate", bench_model, false}, {"voices", bench_voices, true},
                  {"growth", bench_growth, true},      {"overhead", bench_overhead, true}};

// `from`, `to`: its part of the whole.
static int bench_one(struct bench *bench, const char *name, int64_t threads, double from, double to,
                     struct progress *progress, struct error *error)
{
    struct buffer names;
    buffer_init(&names, 400);
    for (size_t i = 0; i < COUNT_OF(bench_rows); i++) {
        const struct bench_row *row = &bench_rows[i];
        buffer_print(&names, "%s%s", i ? ", " : "", row->name);
        if (strcmp(row->name, name) != 0)
            continue;
        buffer_free(&names);
        bench->threads = threads ? (int)threads : row->parallel ? cpu_count() : 1;
        progress_part(progress, from, to, 0);
        progress_begin(progress, row->name);
        TRY(row->run(bench, name, error));
        progress_end(progress, "measured");
        return progress_stopped(progress) ? progress_cancelled(error) : 0;
    }
    int code = error_set(error, ERROR_USAGE, "cannot measure \"%s\"; there are %s", name, names.data);
    buffer_free(&names);
    return code;
}

int command_bench(int argc, char **argv, struct error *error)
{
    struct bench bench = {.seconds = 2, .phrase = "hey jarvis", .points = "1000,3000,10000", .preset = "draft"};
    int64_t threads = 0;
    bool done;
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &bench.json, 0, 0, NULL, "events on stderr (docs/events.md); a figure is a JSON object a line in any case"},
        {"threads", 0, OPTION_INTEGER, &threads, 1, 64, "N", "threads (1; voices, growth, overhead: all processors); with more, wall time counts"},
        {"model", 0, OPTION_TEXT, &bench.model, 0, 0, "FILE", "model for infer and evaluate"},
        {"phrase", 0, OPTION_TEXT, &bench.phrase, 0, 0, "TEXT", "voices, growth, overhead: what they say (hey jarvis)"},
        {"clips", 0, OPTION_INTEGER, &bench.clips, 1, 100000, "N", "voices: clips of each engine (500; neural: 64)"},
        {"points", 0, OPTION_TEXT, &bench.points, 0, 0, "LIST",
         "growth: clips of the word that are rendered and stored (1000,3000,10000)"},
        {"preset", 0, OPTION_TEXT, &bench.preset, 0, 0, "NAME", "overhead: of the walk (draft)"},
        {"seconds", 0, OPTION_REAL, &bench.seconds, 0.1, 60, "X", "how long one figure is measured (2)"},
    };
    struct positionals words;
    TRY(command_parse("bench", rows, COUNT_OF(rows), argc, argv, 0, 6, &words, &done, error));
    TRY(text_check_phrase(bench.phrase, error));
    static const char *const all[] = {"frontend", "train", "augment", "infer", "evaluate"};
    if (done)
        return 0;
    size_t count = words.count ? (size_t)words.count : bench.model ? COUNT_OF(all) : COUNT_OF(all) - 2;
    struct watch watch;
    int code = 0;
    watch_open(&watch, "bench", bench.json);
    if (!bench.json)
        watch.progress.sink = NULL;
    for (size_t i = 0; i < count && code == 0; i++)
        code = bench_one(&bench, words.count ? words.items[i] : all[i], threads, (double)i / (double)count,
                         (double)(i + 1) / (double)count, &watch.progress, error);
    return watch_close(&watch, code < 0 ? code : print_done(error));
}
