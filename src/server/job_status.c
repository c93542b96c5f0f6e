// SPDX-License-Identifier: GPL-3.0-or-later
// The shape Training: what the page and clients of the reference see of a training.
#include "server/jobs_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Our stages by the reference's names.
static const struct {
    const char *ours, *published;
} stages[] = {
    {"downloads", "datasets"}, {"convert", "datasets"}, {"sounds", "datasets"},
    {"speech", "generate"}, {"features", "augment"}, {"train", "train"}, {"export", "export"}};

static json_t *stage_json(const struct job_events *events)
{
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        if (strcmp(stages[i].ours, events->stage) == 0)
            return json_string(stages[i].published);
    return json_null();
}

static json_t *text_json(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *metrics_json(const struct job_events *events)
{
    return json_pack("{s:o, s:o, s:o, s:I, s:I}", "loss", number_json(events->loss), "recall",
                     number_json(events->recall), "per_hour", number_json(events->per_hour), "step",
                     (json_int_t)events->step, "steps", (json_int_t)events->steps);
}

static double seconds_since_1970(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static json_t *eta_json(const struct job_events *events, bool runs)
{
    if (!runs || events->eta < 0)
        return json_null();
    double left = events->eta - (time_now() - events->eta_at);
    return json_real(left > 0 ? left : 0);
}

static json_t *job_json(const struct jobs *jobs)
{
    const struct job *job = &jobs->job;
    const struct job_events *events = &jobs->events;
    bool runs = job_runs(job->state), there = *job->name;
    double elapsed = !there ? 0 : (runs ? seconds_since_1970() : job->ended) - job->started;
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:f, s:f, s:o, s:f, "
                     "s:o, s:s, s:o, s:o, s:s, s:b, s:n}",
                     "state", job_state_names[job->state], "running", runs, "exit_code",
                     job->exit_code >= 0 ? json_integer(job->exit_code) : json_null(), "safe_word", text_json(job->id),
                     "phrase", text_json(job->phrase), "lang", text_json(job->lang), "preset", text_json(job->preset),
                     "stage", stage_json(events), "note", events->note, "progress", events->whole, "stage_progress",
                     events->part, "eta_s", eta_json(events, job->state == JOB_RUNNING), "elapsed_s",
                     elapsed > 0 ? elapsed : 0, "metrics", metrics_json(events), "reason", job->reason, "run",
                     text_json(job->run), "started_at", job_time(job->started), "by", "server", "resumable",
                     job->state == JOB_CANCELLED || (job->state == JOB_FAILED && job->exit_code != 1), "process");
}

// Of a training in a terminal: what it tells, if it does.
static json_t *elsewhere_json(const struct jobs *jobs)
{
    const struct job_events *events = &jobs->other;
    double elapsed = events->began > 0 ? seconds_since_1970() - events->began : 0;
    return json_pack("{s:s, s:b, s:n, s:o, s:o, s:o, s:o, s:o, s:s, s:f, s:f, s:o, s:f, "
                     "s:o, s:s, s:n, s:o, s:s, s:b, s:I}",
                     "state", "running", "running", 1, "exit_code", "safe_word", text_json(jobs->holder.id), "phrase",
                     text_json(events->phrase), "lang", text_json(events->lang), "preset", text_json(events->preset),
                     "stage", stage_json(events), "note", events->note, "progress", events->whole, "stage_progress",
                     events->part, "eta_s", eta_json(events, true), "elapsed_s", elapsed > 0 ? elapsed : 0, "metrics",
                     metrics_json(events), "reason", "", "run", "started_at", job_time(events->began), "by",
                     "command line", "resumable", 0, "process", (json_int_t)jobs->holder.process);
}

static bool is_elsewhere(const struct jobs *jobs)
{
    return jobs->elsewhere && !job_runs(jobs->job.state);
}

const struct job_events *jobs_events_locked(const struct jobs *jobs)
{
    return is_elsewhere(jobs) ? &jobs->other : &jobs->events;
}

int jobs_log_locked(const struct jobs *jobs, struct log_view *view, struct error *error)
{
    *view = (struct log_view){.over = !job_runs(jobs->job.state)};
    if (is_elsewhere(jobs)) {
        snprintf(view->name, sizeof view->name, "terminal-%ld", (long)jobs->holder.process);
        view->over = false;
        view->path = *jobs->holder.id ? text_print("%s/work/%s/training.log", jobs->data_dir, jobs->holder.id) : NULL;
        return view->path || !*jobs->holder.id ? 0 : error_memory(error, "a path");
    }
    snprintf(view->name, sizeof view->name, "%s", jobs->job.name);
    view->path = *view->name ? strdup(jobs->job.log) : NULL;
    return view->path || !*view->name ? 0 : error_memory(error, "a path");
}

int jobs_log(struct jobs *jobs, struct log_view *view, struct error *error)
{
    pthread_mutex_lock(&jobs->lock);
    int code = jobs_log_locked(jobs, view, error);
    pthread_mutex_unlock(&jobs->lock);
    return code;
}

json_t *jobs_status_locked(struct jobs *jobs)
{
    struct log_view view;
    struct error error;
    struct stat about;
    if (jobs_log_locked(jobs, &view, &error) < 0)
        return NULL;
    json_t *status = is_elsewhere(jobs) ? elsewhere_json(jobs) : job_json(jobs);
    int64_t size = view.path && stat(view.path, &about) == 0 ? about.st_size : 0;
    if (status && (json_object_set_new(status, "job", text_json(view.name)) != 0 ||
                   json_object_set_new(status, "log_path", json_string(view.path ? view.path : "")) != 0 ||
                   json_object_set_new(status, "log_size", json_integer(size)) != 0)) {
        json_decref(status);
        status = NULL;
    }
    free(view.path);
    return status;
}

// What clients of the reference read besides: the server holds no lines of its own, so its log's last lines stand
// there.
json_t *jobs_status(struct jobs *jobs)
{
    enum { LINES = 50, MOST = 16 << 10 };
    pthread_mutex_lock(&jobs->lock);
    json_t *status = jobs_status_locked(jobs);
    pthread_mutex_unlock(&jobs->lock);
    struct log_piece piece = {0};
    struct error error;
    const char *path = json_string_value(json_object_get(status, "log_path"));
    if (path && *path)
        log_read_tail(path, LINES, MOST, &piece, &error);
    if (status) {
        json_object_set_new(status, "log_lines", log_json_lines(piece.data ? piece.data : "", piece.size, LINES));
        json_object_set_new(status, "last_sent_tail", json_array());
        json_object_set(status, "last_log_size", json_object_get(status, "log_size"));
    }
    free(piece.data);
    return status;
}
