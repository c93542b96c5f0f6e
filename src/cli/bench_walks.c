// SPDX-License-Identifier: GPL-3.0-or-later
// Whole walks as figures: how time, memory and disk grow with the number of clips, and what a walk costs that has nothing
// left to do. Each runs in a process of its own, with the voices that need no installation.
#include "cli/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
    double seconds, cpu_seconds; // cpu: of all its processes
    uint64_t anonymous;          // bytes, the most: memory of its own, without mapped files, which the system may drop
    uint64_t resident;           // with them
};

// Bytes that a row of /proc/<process>/status tells; 0: there is none.
static uint64_t status_bytes(pid_t process, const char *key)
{
    char path[64], line[256];
    unsigned long long kib = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoull(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return kib << 10;
}

static void run_child(const struct pipeline_options *options, int out)
{
    struct progress progress = {.stop = &cli_stop};
    struct pipeline_result result;
    struct error error = {0};
    int code = pipeline_train(options, &progress, &result, &error);
    pipeline_result_close(&result);
    ssize_t written = code < 0 ? write(out, &error, sizeof error) : 0;
    _exit(code < 0 && written >= 0);
}

// Waits for the child and looks at its memory meanwhile.
static int watch_child(pid_t child, struct cost *cost)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    struct rusage usage;
    int status;
    while (wait4(child, &status, WNOHANG, &usage) == 0) {
        const uint64_t own = status_bytes(child, "RssAnon:");
        cost->anonymous = own > cost->anonymous ? own : cost->anonymous;
        nanosleep(&pause, NULL);
    }
    cost->resident = (uint64_t)usage.ru_maxrss << 10;
    cost->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    return status;
}

static int run_walk(const struct pipeline_options *options, struct cost *cost, struct error *error)
{
    int ends[2];
    if (pipe(ends) != 0)
        return error_set(error, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    double began = time_now();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_child(options, ends[1]);
    close(ends[1]);
    *cost = (struct cost){0};
    int status = child > 0 ? watch_child(child, cost) : -1;
    cost->seconds = time_now() - began;
    ssize_t got = status != 0 && child > 0 ? read(ends[0], error, sizeof *error) : 0;
    close(ends[0]);
    if (status == 0)
        return 0;
    return got == (ssize_t)sizeof *error ? error->code : error_set(error, ERROR_STATE, "a walk ended without a word");
}

static void walk_options(const struct bench *bench, const char *data, struct pipeline_options *options)
{
    pipeline_options_default(options);
    options->phrase = bench->phrase;
    options->data_dir = data;
    options->preset = "draft";
    options->threads = bench->threads;
    options->neural = options->accents = options->near_neural = 0;
}

static json_t *cost_json(const struct bench *bench, const char *what, const struct cost *cost)
{
    return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "what", what, "threads", bench->threads, "seconds", cost->seconds,
                     "cpu_seconds", cost->cpu_seconds, "memory_mb", (double)cost->anonymous / 1e6,
                     "with_mapped_files_mb", (double)cost->resident / 1e6);
}

static json_int_t bytes_below(const char *data, const char *folder)
{
    char *path = text_print("%s/work/%s", data, folder);
    json_int_t bytes = path ? (json_int_t)folder_bytes(path) : 0;
    free(path);
    return bytes;
}

// One point: so many clips of the word, rendered and stored.
static int grow(const struct bench *bench, const char *data, int64_t clips, struct error *error)
{
    const struct pipeline_preset *draft = &pipeline_presets[0];
    struct pipeline_options options;
    struct cost cost;
    char id[TEXT_ID_SIZE], features[TEXT_ID_SIZE + 64], speech[TEXT_ID_SIZE + 64];
    walk_options(bench, data, &options);
    options.samples = clips * (int64_t)draft->clips / (int64_t)draft->examples;
    options.extent = PIPELINE_FEATURES;
    TRY(run_walk(&options, &cost, error));
    text_safe_id(bench->phrase, id);
    snprintf(features, sizeof features, "%s/wake_word_samples_augmented", id);
    snprintf(speech, sizeof speech, "%s/wake_word_samples", id);
    json_t *row = cost_json(bench, "growth", &cost);
    const json_int_t all = bytes_below(data, features);
    strcat(features, "/words.features");
    const json_int_t own = bytes_below(data, features);
    json_t *more = json_pack("{s:I, s:I, s:I, s:I, s:I}", "clips", (json_int_t)clips, "spoken", (json_int_t)options.samples,
                             "clips_bytes", own, "features_bytes", all, "speech_bytes", bytes_below(data, speech));
    json_object_update(row, more);
    json_decref(more);
    bench_report(bench, row, (struct figure){cost.seconds, cost.seconds}, (double)clips, true, 1, "clips/s");
    return 0;
}

static int make_folder(char data[32], struct error *error)
{
    strcpy(data, "/tmp/wakesmith_walk_XXXXXX");
    return mkdtemp(data) ? 0 : error_set(error, ERROR_IO, "cannot make a folder in /tmp: %s", strerror(errno));
}

int bench_growth(const struct bench *bench, const char *name, struct error *error)
{
    (void)name;
    const char *at = bench->points;
    do {
        char data[32], *end;
        struct error ignored;
        const int64_t clips = strtoll(at, &end, 10);
        if (end == at || (*end && *end != ',') || clips < 500 || clips > 1000000)
            return error_set(error, ERROR_USAGE, "--points %s must be numbers of 500 to 1000000 clips with commas between",
                             bench->points);
        at = *end ? end + 1 : end;
        TRY(make_folder(data, error));
        int code = grow(bench, data, clips, error);
        folder_remove(data, &ignored);
        TRY(code);
    } while (*at);
    return 0;
}

// The same walk again: all is there, and its training has one step, which was made, too.
int bench_overhead(const struct bench *bench, const char *name, struct error *error)
{
    char data[32];
    struct pipeline_options options;
    struct error ignored;
    struct cost first, again;
    TRY(make_folder(data, error));
    walk_options(bench, data, &options);
    options.preset = bench->preset;
    options.training_steps = 1;
    int code = run_walk(&options, &first, error);
    if (code == 0)
        code = run_walk(&options, &again, error);
    folder_remove(data, &ignored);
    TRY(code);
    json_t *row = cost_json(bench, name, &again);
    json_object_set_new(row, "preset", json_string(bench->preset));
    json_object_set_new(row, "first_seconds", json_real(first.seconds));
    bench_report(bench, row, (struct figure){again.seconds, again.seconds}, 1, false, 1, "s");
    return 0;
}
