// SPDX-License-Identifier: GPL-3.0-or-later
// How long a preset takes on this machine: the median of the runs that were made here, else what it took on a machine
// that was measured, scaled by a short measurement of this one.
#include "server/jobs_internal.h"

#include "pipeline/pipeline.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RUNS_MOST = 60, REPORT_MAXIMUM = 8 << 20, ANSWER_MAXIMUM = 64 << 10 };

struct job_times {
    const struct server *server;
    pthread_mutex_t lock;
    pthread_t thread;
    bool started, measured; // the measurement; once
    double rate;            // 0: not known yet
    struct timespec looked; // the output folder's time when the medians were made
    double medians[PRESETS_MOST];
};

static char *speed_path(const struct server *server)
{
    return text_print("%s/work/.speed.json", server->data_dir);
}

// What the measurement is of: another machine measures again.
static void describe_machine(char text[160])
{
    char model[100];
    cpu_name(model, sizeof model);
    snprintf(text, 160, "%s, %s", model, cpu_level_name(cpu_level()));
}

static double read_speed(const struct server *server)
{
    char machine[160];
    void *data = NULL;
    size_t size;
    struct error ignored;
    double rate = 0;
    char *path = speed_path(server);
    describe_machine(machine);
    if (path && file_read(path, ANSWER_MAXIMUM, &data, &size, &ignored) == 0) {
        json_t *speed = json_loadb(data, size, 0, NULL);
        const char *of = json_string_value(json_object_get(speed, "machine"));
        if (of && strcmp(of, machine) == 0)
            rate = json_number_value(json_object_get(speed, "steps_per_second"));
        json_decref(speed);
    }
    free(data);
    free(path);
    return rate > 0 ? rate : 0;
}

static void write_speed(const struct server *server, double rate)
{
    char machine[160];
    struct error ignored;
    describe_machine(machine);
    json_t *speed = json_pack("{s:s, s:f}", "machine", machine, "steps_per_second", rate);
    char *text = speed ? json_dumps(speed, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    char *path = speed_path(server), *folder = text_print("%s/work", server->data_dir);
    if (text && path && folder && folder_make(folder, &ignored) == 0)
        file_write(path, text, strlen(text), &ignored); // only saves the next measurement
    free(folder);
    free(path);
    free(text);
    json_decref(speed);
}

// One JSON object a line: the best rate of the network and batch that trainings have.
static double find_rate(const char *text)
{
    double rate = 0;
    for (const char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        const char *preset = json_string_value(json_object_get(line, "preset"));
        if (preset && strcmp(preset, "official") == 0 && json_integer_value(json_object_get(line, "batch")) == 128)
            rate = json_number_value(json_object_get(line, "value"));
        json_decref(line);
    }
    return rate;
}

static void *measure(void *context)
{
    struct job_times *times = context;
    char *output = NULL;
    size_t size;
    struct error error;
    const char *const arguments[] = {"bench", "train", "--json", "--seconds=0.25", NULL};
    double rate = 0;
    if (child_run(times->server, arguments, 60, ANSWER_MAXIMUM, &output, &size, &error) == 0)
        rate = find_rate(output);
    free(output);
    if (rate > 0)
        write_speed(times->server, rate);
    pthread_mutex_lock(&times->lock);
    times->rate = rate;
    pthread_mutex_unlock(&times->lock);
    return NULL;
}

// CPU time of one thread was measured, so that other work on the machine does not count.
static double estimate(const struct pipeline_preset *preset, double rate)
{
    double seconds = pipeline_expected_seconds(preset, cpu_count());
    return rate > 0 ? seconds * PIPELINE_KNOWN_STEPS / rate : seconds;
}

// ---- medians of earlier runs ------------------------------------------------------------------------------

struct seconds_list {
    double items[RUNS_MOST];
    size_t count;
};

static const struct pipeline_preset *preset_of(const json_t *report, size_t *index)
{
    const json_t *options = json_object_get(report, "options");
    const char *name = json_string_value(json_object_get(options, "preset"));
    for (size_t i = 0; name && i < pipeline_preset_count && i < PRESETS_MOST; i++) {
        const struct pipeline_preset *preset = &pipeline_presets[i];
        bool same = strcmp(preset->name, name) == 0 &&
                    json_integer_value(json_object_get(options, "samples")) == (json_int_t)preset->clips &&
                    json_integer_value(json_object_get(options, "training_steps")) == (json_int_t)preset->steps &&
                    json_integer_value(json_object_get(options, "seeds")) == preset->seeds;
        *index = i;
        if (same)
            return preset;
    }
    return NULL;
}

static void read_report(const char *path, struct seconds_list lists[PRESETS_MOST])
{
    void *data = NULL;
    size_t size, index;
    struct error ignored;
    if (file_read(path, REPORT_MAXIMUM, &data, &size, &ignored) < 0)
        return;
    json_t *report = json_loadb(data, size, 0, NULL);
    double seconds = json_number_value(json_object_get(report, "seconds"));
    if (seconds > 0 && preset_of(report, &index) && lists[index].count < RUNS_MOST)
        lists[index].items[lists[index].count++] = seconds;
    json_decref(report);
    free(data);
}

static void read_run(const char *folder, struct seconds_list lists[PRESETS_MOST])
{
    DIR *files = opendir(folder);
    for (struct dirent *entry; files && (entry = readdir(files));) {
        char *path = text_ends_with(entry->d_name, ".report.json") ? path_join(folder, entry->d_name) : NULL;
        if (path)
            read_report(path, lists);
        free(path);
    }
    if (files)
        closedir(files);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Runs that went on from where an earlier one stopped are shorter, so of two in the middle the longer counts.
static void read_medians(struct job_times *times, const char *output)
{
    struct seconds_list lists[PRESETS_MOST] = {0};
    struct dirent **entries = NULL;
    int count = scandir(output, &entries, NULL, alphasort);
    for (int i = count - 1; i >= 0; i--) { // names begin with the time: the newest first
        char *folder =
            i >= count - RUNS_MOST && entries[i]->d_name[0] != '.' ? path_join(output, entries[i]->d_name) : NULL;
        if (folder)
            read_run(folder, lists);
        free(folder);
        free(entries[i]);
    }
    free(entries);
    for (size_t i = 0; i < PRESETS_MOST; i++) {
        qsort(lists[i].items, lists[i].count, sizeof(double), ascending);
        times->medians[i] = lists[i].count ? lists[i].items[lists[i].count / 2] : 0;
    }
}

static int open_times(struct job_times **out, const struct server *server, struct error *error)
{
    struct job_times *times = calloc(1, sizeof *times);
    if (!times)
        return error_memory(error, "the times of presets");
    times->server = server;
    times->rate = read_speed(server);
    pthread_mutex_init(&times->lock, NULL);
    *out = times;
    return 0;
}

int job_times_get(struct server *server, struct job_time found[PRESETS_MOST], struct error *error)
{
    struct jobs *jobs = server->jobs;
    pthread_mutex_lock(&jobs->lock);
    int code = jobs->times ? 0 : open_times(&jobs->times, server, error);
    struct job_times *times = jobs->times;
    pthread_mutex_unlock(&jobs->lock);
    TRY(code);
    bool training = jobs_training(jobs, NULL);
    char *output = path_join(server->data_dir, "output");
    struct stat about;
    pthread_mutex_lock(&times->lock);
    if (output && stat(output, &about) == 0 &&
        (about.st_mtim.tv_sec != times->looked.tv_sec || about.st_mtim.tv_nsec != times->looked.tv_nsec)) {
        times->looked = about.st_mtim;
        read_medians(times, output);
    }
    bool unknown = times->rate <= 0 && !times->measured && !training; // beside a training it would measure that
    if (unknown) {
        times->measured = true;
        times->started = pthread_create(&times->thread, NULL, measure, times) == 0;
    }
    for (size_t i = 0; i < pipeline_preset_count && i < PRESETS_MOST; i++) {
        found[i].measured = times->medians[i] > 0;
        found[i].seconds = found[i].measured ? times->medians[i] : estimate(&pipeline_presets[i], times->rate);
    }
    pthread_mutex_unlock(&times->lock);
    free(output);
    return 0;
}

void job_times_close(struct job_times *times)
{
    if (!times)
        return;
    if (times->started)
        pthread_join(times->thread, NULL);
    pthread_mutex_destroy(&times->lock);
    free(times);
}
