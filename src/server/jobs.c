// SPDX-License-Identifier: GPL-3.0-or-later
// The training: one at a time. A thread follows its files and its process; what it finds is the state that requests
// and streams read.
#include "server/jobs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 48, NICE = 10 };
static const double patience = 4.3; // seconds from the request to stop until the child is killed; 5 are promised

static double wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void touch(struct jobs *jobs)
{
    jobs->version++;
    pthread_cond_broadcast(&jobs->changed);
}

// ---- what open pages are told -----------------------------------------------------------------------------

static void announce_locked(struct jobs *jobs, const char *event, json_t *data)
{
    struct told *told = &jobs->told[jobs->told_count % TOLD_KEPT];
    char *name = strdup(event), *text = data ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (name && text) {
        free(told->event);
        free(told->text);
        *told = (struct told){name, text};
        jobs->told_count++;
        pthread_cond_broadcast(&jobs->changed);
    } else {
        free(name);
        free(text);
    }
    json_decref(data);
}

void jobs_announce(struct jobs *jobs, const char *event, json_t *data)
{
    pthread_mutex_lock(&jobs->lock);
    announce_locked(jobs, event, data);
    pthread_mutex_unlock(&jobs->lock);
}

// {"step", "loss"} or {"step", "recall", "per_hour"}, and which seed.
static void announce_metric(void *context, json_t *line)
{
    static const char *const keys[] = {"step", "steps", "seed", "loss", "recall", "per_hour"};
    json_t *point = json_object();
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (json_is_number(json_object_get(line, keys[i])))
            json_object_set(point, keys[i], json_object_get(line, keys[i]));
    announce_locked(context, "metric", point);
}

// ---- the end of a job -------------------------------------------------------------------------------------

static void last_line(const struct job *job)
{
    switch (job->state) {
    case JOB_FINISHED:
        log_append(job->log, "===== training finished: output/%s =====", job->run);
        break;
    case JOB_CANCELLED:
        log_append(job->log, "===== training cancelled (%s); started again it goes on from here =====", job->reason);
        break;
    default:
        if (job->exit_code >= 0)
            log_append(job->log, "===== training failed (exit code %d): %s =====", job->exit_code, job->reason);
        else
            log_append(job->log, "===== training failed: %s =====", job->reason);
    }
}

static void words_of_log(const struct job *job, char *words, size_t size)
{
    struct log_piece piece;
    struct error error;
    words[0] = 0;
    if (log_read_tail(job->log, 20, LOG_CHUNK, &piece, &error) == 0)
        process_last_words(piece.data, piece.size, words, size);
    free(piece.data);
}

// `status`: of waitpid, or -1 when it was not our child.
static void settle(struct jobs *jobs, int status)
{
    struct job *job = &jobs->job;
    const struct job_events *events = &jobs->events;
    bool asked = job->state == JOB_CANCELLING, exited = status >= 0 && WIFEXITED(status);
    bool killed = status >= 0 && WIFSIGNALED(status);
    int code = exited ? WEXITSTATUS(status) : events->ended ? events->code : events->finished ? 0 : -1;
    if (code == 0 && !killed) {
        job->state = JOB_FINISHED;
        log_fit(job->run, sizeof job->run, events->run);
    } else if (asked || code == 2) {
        job->state = JOB_CANCELLED;
        log_fit(job->reason, sizeof job->reason, asked ? "asked for in the page" : "stopped from outside");
    } else {
        job->state = JOB_FAILED;
        if (events->ended && *events->reason)
            log_fit(job->reason, sizeof job->reason, events->reason);
        else if (killed) {
            char how[100];
            process_signal_name(WTERMSIG(status), how, sizeof how);
            snprintf(job->reason, sizeof job->reason, "the training was %s%s; started again it goes on where it was",
                     how, WTERMSIG(status) == SIGKILL ? ", perhaps because memory ran out" : "");
        } else if (exited)
            words_of_log(job, job->reason, sizeof job->reason);
        if (!*job->reason)
            snprintf(job->reason, sizeof job->reason, "the training ended without a word (killed?)");
    }
    job->exit_code = killed ? 128 + WTERMSIG(status) : code;
    if (job->state == JOB_CANCELLED && code < 0 && !killed)
        job->exit_code = 2;
}

static void end_job(struct jobs *jobs, int status)
{
    struct job *job = &jobs->job;
    struct error error;
    job_events_read(&jobs->events, job->events, announce_metric, jobs);
    settle(jobs, status);
    job->ended = wall_now();
    last_line(job);
    if (job_write(job, &error) < 0)
        log_append(job->log, "===== %s =====", error.message);
    job_prune(jobs->data_dir, job->name);
    if (job->state == JOB_FINISHED)
        announce_locked(jobs, "models", json_pack("{s:s}", "run", job->run));
    touch(jobs);
}

// ---- following --------------------------------------------------------------------------------------------

// Did the child end? The leader is not buried before its group is gone, so that its number is still its own.
static bool ended(struct jobs *jobs, int *status)
{
    struct job *job = &jobs->job;
    *status = -1;
    if (!job->ours) {
        if (!job->process && jobs->events.process)
            job_mark(job, jobs->events.process); // the server died before it could note the number
        struct lock_holder holder;
        return !(job->process ? job_alive(job) : lock_held(jobs->data_dir, &holder));
    }
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)job->process, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != job->process)
        return false;
    kill(-job->process, SIGKILL);
    return waitpid(job->process, status, 0) == job->process;
}

static void look_elsewhere(struct jobs *jobs)
{
    bool before = jobs->elsewhere;
    struct lock_holder holder = jobs->holder;
    jobs->elsewhere = lock_held(jobs->data_dir, &jobs->holder);
    jobs->looked = time_now();
    if (before != jobs->elsewhere || holder.process != jobs->holder.process || strcmp(holder.id, jobs->holder.id) != 0)
        touch(jobs);
    if (before && !jobs->elsewhere)
        announce_locked(jobs, "models", json_object());
}

// A file that an earlier run left is none of the holder's.
static void follow_elsewhere(struct jobs *jobs)
{
    struct job_events *other = &jobs->other;
    char *path = path_join(jobs->data_dir, "work/.events");
    bool known = other->process != 0 && other->process == jobs->holder.process;
    if (!known)
        job_events_reset(other);
    if (path && job_events_read(other, path, known ? announce_metric : NULL, jobs))
        touch(jobs);
    if (other->process != jobs->holder.process)
        job_events_reset(other);
    free(path);
}

static void look_at_log(struct jobs *jobs, const char *path)
{
    struct stat about;
    if (path && stat(path, &about) == 0 && about.st_size != jobs->log_size) {
        jobs->log_size = about.st_size;
        pthread_cond_broadcast(&jobs->changed);
    }
}

static void step(struct jobs *jobs)
{
    struct job *job = &jobs->job;
    int status;
    if (!job_runs(job->state)) {
        if (time_now() - jobs->looked >= 1)
            look_elsewhere(jobs);
        struct log_view view;
        struct error error;
        if (jobs->elsewhere)
            follow_elsewhere(jobs);
        if (jobs->elsewhere && jobs_log_locked(jobs, &view, &error) == 0) {
            look_at_log(jobs, view.path);
            free(view.path);
        }
        return;
    }
    bool over = ended(jobs, &status); // before the files are read: nothing comes after that
    if (job_events_read(&jobs->events, job->events, announce_metric, jobs))
        touch(jobs);
    look_at_log(jobs, job->log);
    log_limit(job->log);
    if (over)
        end_job(jobs, status);
    else if (job->state == JOB_CANCELLING && time_now() > jobs->terminate_at && (job->ours || job_alive(job)))
        kill(-job->process, SIGKILL);
}

static void wait_for(struct jobs *jobs, double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    long nanoseconds = until.tv_nsec + (long)(seconds * 1e9);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until);
}

static void *follow(void *context)
{
    struct jobs *jobs = context;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->closing) {
        step(jobs);
        wait_for(jobs, jobs->job.state == JOB_CANCELLING ? .05 : job_runs(jobs->job.state) ? .2 : 1);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

// ---- starting and stopping --------------------------------------------------------------------------------

static bool busy_locked(struct jobs *jobs, struct error *error)
{
    if (job_runs(jobs->job.state)) {
        error_set(error, ERROR_STATE, "\"%s\" is in training; wait for it or cancel it", jobs->job.phrase);
        return true;
    }
    look_elsewhere(jobs);
    if (jobs->elsewhere)
        error_set(
            error, ERROR_STATE,
            "a training that was started in a terminal (process %ld%s%s) is running; wait for it or stop it there",
            (long)jobs->holder.process, *jobs->holder.id ? ", " : "", jobs->holder.id);
    return jobs->elsewhere;
}

bool jobs_busy(struct jobs *jobs, struct error *error)
{
    pthread_mutex_lock(&jobs->lock);
    bool busy = busy_locked(jobs, error);
    pthread_mutex_unlock(&jobs->lock);
    return busy;
}

static void add_argument(json_t *arguments, const char *name, const char *value)
{
    char *text = text_print("--%s=%s", name, value);
    json_array_append_new(arguments, text ? json_string(text) : NULL); // fails for NULL: the count tells
    free(text);
}

static int make_arguments(const struct jobs *jobs, const struct jobs_order *order, struct job *job, struct error *error)
{
    const struct {
        const char *name, *value;
    } options[] = {{"phrase", order->phrase},    {"id", order->id},
                   {"lang", order->lang},        {"preset", order->preset},
                   {"data-dir", jobs->data_dir}, {"events", job->events}};
    job->arguments = json_pack("[s]", "train");
    for (size_t i = 0; i < COUNT_OF(options); i++)
        add_argument(job->arguments, options[i].name, options[i].value);
    size_t index, expected = 1 + COUNT_OF(options) + json_array_size(order->also);
    json_t *spelling;
    if (order->phonemes) {
        add_argument(job->arguments, "phonemes", order->phonemes);
        expected++;
    }
    json_array_foreach((json_t *)order->also, index, spelling)
        add_argument(job->arguments, "also", json_string_value(spelling));
    if (order->false_accepts > 0) {
        char number[32];
        snprintf(number, sizeof number, "%.9g", order->false_accepts);
        add_argument(job->arguments, "false-accepts", number);
        expected++;
    }
    const struct {
        bool given;
        const char *text;
    } flags[] = {{order->restart, "--restart"}, {order->fetch, "--fetch"}};
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (flags[i].given) {
            json_array_append_new(job->arguments, json_string(flags[i].text));
            expected++;
        }
    if (json_array_size(job->arguments) != expected)
        return error_memory(error, "the options of a training");
    return expected > MOST_ARGUMENTS ? error_set(error, ERROR_USAGE, "too many spellings") : 0;
}

// Who knows the reference looks for the log here.
static void link_log(const struct jobs *jobs, const struct job *job)
{
    char *path = path_join(jobs->data_dir, "recorder_training.log");
    char *temporary = path ? text_print("%s.new", path) : NULL, *target = text_print("work/.jobs/%s/log", job->name);
    if (temporary && target) {
        unlink(temporary);
        if (symlink(target, temporary) != 0 || rename(temporary, path) != 0)
            unlink(temporary);
    }
    free(target);
    free(temporary);
    free(path);
}

static int begin_child(const struct jobs *jobs, struct job *job, struct error *error)
{
    const char *arguments[MOST_ARGUMENTS + 1] = {0};
    for (size_t i = 0; i < json_array_size(job->arguments); i++)
        arguments[i] = json_string_value(json_array_get(job->arguments, i));
    int log = open(job->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (log < 0)
        return error_set(error, ERROR_IO, "cannot write %s: %s", job->log, strerror(errno));
    pid_t process;
    int code = process_start(jobs->program, arguments, log, log, NICE, &process, error);
    close(log);
    TRY(code);
    job->ours = true;
    job_mark(job, process);
    return 0;
}

static int start_locked(struct jobs *jobs, const struct jobs_order *order, struct error *error)
{
    struct job job = {.state = JOB_QUEUED, .exit_code = -1, .started = wall_now()};
    int code;
    snprintf(job.id, sizeof job.id, "%s", order->id);
    snprintf(job.lang, sizeof job.lang, "%s", order->lang);
    snprintf(job.preset, sizeof job.preset, "%s", order->preset);
    job.phrase = strdup(order->phrase);
    if (!job.phrase) {
        code = error_memory(error, "a training");
        goto refuse;
    }
    TRY_GOTO(job_make(&job, jobs->data_dir, error), refuse);
    TRY_GOTO(make_arguments(jobs, order, &job, error), refuse);
    TRY_GOTO(job_write(&job, error), refuse);
    char stamp[64];
    time_t now = (time_t)job.started;
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    log_append(job.log, "===== %s training of \"%s\" (%s), preset %s =====", stamp, job.phrase, job.id, job.preset);
    job_clear(&jobs->job);
    jobs->job = job;
    job_events_reset(&jobs->events);
    jobs->log_size = jobs->legacy_cursor = 0;
    link_log(jobs, &job);
    code = begin_child(jobs, &jobs->job, error);
    if (code < 0) { // there is a job now, and it tells why it failed
        jobs->job.state = JOB_FAILED;
        jobs->job.ended = wall_now();
        log_fit(jobs->job.reason, sizeof jobs->job.reason, error->message);
        last_line(&jobs->job);
    } else
        jobs->job.state = JOB_RUNNING;
    struct error unwritten;
    if (job_write(&jobs->job, &unwritten) < 0)
        log_append(jobs->job.log, "===== %s; a new server will not find this training =====", unwritten.message);
    touch(jobs);
    pthread_cond_signal(&jobs->wake);
    return code;
refuse:
    job_clear(&job);
    return code;
}

int jobs_start(struct jobs *jobs, const struct jobs_order *order, bool *busy, struct error *error)
{
    pthread_mutex_lock(&jobs->lock);
    *busy = busy_locked(jobs, error);
    int code = *busy ? ERROR_STATE : start_locked(jobs, order, error);
    pthread_mutex_unlock(&jobs->lock);
    return code;
}

int jobs_cancel(struct jobs *jobs, struct error *error)
{
    struct job *job = &jobs->job;
    int code = 0;
    pthread_mutex_lock(&jobs->lock);
    if (job->state == JOB_QUEUED || job->state == JOB_RUNNING) {
        job->state = JOB_CANCELLING;
        jobs->terminate_at = time_now() + patience;
        log_append(job->log, "===== asked to stop =====");
        if (job->ours || job_alive(job))
            kill(job->process, SIGTERM); // it tells its own children
        struct error unwritten;
        job_write(job, &unwritten);
        touch(jobs);
        pthread_cond_signal(&jobs->wake);
    } else if (!job_runs(job->state))
        code = busy_locked(jobs, error) ? ERROR_STATE : error_set(error, ERROR_STATE, "there is no training to cancel");
    pthread_mutex_unlock(&jobs->lock);
    return code;
}

bool jobs_training(struct jobs *jobs, const char *id)
{
    pthread_mutex_lock(&jobs->lock);
    bool ours = job_runs(jobs->job.state);
    const char *word = ours ? jobs->job.id : jobs->holder.id;
    bool training = (ours || jobs->elsewhere) && (!id || strcmp(word, id) == 0);
    pthread_mutex_unlock(&jobs->lock);
    return training;
}

// ---- opening and closing ----------------------------------------------------------------------------------

static int open_locks(struct jobs *jobs)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_mutex_init(&jobs->children.lock, NULL);
    pthread_cond_init(&jobs->changed, &monotonic);
    pthread_cond_init(&jobs->wake, &monotonic);
    pthread_cond_init(&jobs->children.left, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return 0;
}

int jobs_open(struct jobs **out, const char *program, const char *data_dir, struct error *error)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    int code;
    *out = NULL;
    if (!jobs)
        return error_memory(error, "the trainings");
    open_locks(jobs);
    jobs->job.exit_code = -1;
    jobs->program = strdup(program);
    jobs->data_dir = strdup(data_dir);
    job_events_reset(&jobs->events);
    job_events_reset(&jobs->other);
    if (!jobs->program || !jobs->data_dir) {
        code = error_memory(error, "the trainings");
        goto fail;
    }
    TRY_GOTO(job_find(&jobs->job, data_dir, error), fail);
    if (*jobs->job.name) {
        job_events_read(&jobs->events, jobs->job.events, NULL, NULL);
        look_at_log(jobs, jobs->job.log);
    }
    if (job_runs(jobs->job.state)) {
        jobs->terminate_at = time_now() + patience;
        step(jobs); // the first request should find what is true
    } else
        look_elsewhere(jobs);
    if (pthread_create(&jobs->thread, NULL, follow, jobs) != 0) {
        code = error_set(error, ERROR_MEMORY, "cannot start a thread for the trainings");
        goto fail;
    }
    jobs->started = true;
    *out = jobs;
    return 0;
fail:
    jobs_close(jobs);
    return code;
}

void jobs_close(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->closing = true;
    pthread_cond_broadcast(&jobs->changed);
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->started)
        pthread_join(jobs->thread, NULL);
    job_times_close(jobs->times);
    job_clear(&jobs->job);
    for (size_t i = 0; i < TOLD_KEPT; i++) {
        free(jobs->told[i].event);
        free(jobs->told[i].text);
    }
    free(jobs->program);
    free(jobs->data_dir);
    pthread_cond_destroy(&jobs->changed);
    pthread_cond_destroy(&jobs->wake);
    pthread_cond_destroy(&jobs->children.left);
    pthread_mutex_destroy(&jobs->lock);
    pthread_mutex_destroy(&jobs->children.lock);
    free(jobs);
}
