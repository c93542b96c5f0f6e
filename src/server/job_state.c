// SPDX-License-Identifier: GPL-3.0-or-later
// What a job is, on disk and in memory, and who else trains in this data directory.
#include "server/jobs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOBS_KEPT = 20, STATE_MAXIMUM = 256 << 10 };

const char *const job_state_names[] = {"idle", "queued", "running", "cancelling", "finished", "failed", "cancelled"};

void job_clear(struct job *job)
{
    free(job->folder);
    free(job->log);
    free(job->events);
    free(job->phrase);
    json_decref(job->arguments);
    *job = (struct job){.exit_code = -1};
}

json_t *job_time(double seconds)
{
    if (seconds <= 0)
        return json_null();
    time_t whole = (time_t)seconds;
    struct tm utc;
    char text[32];
    gmtime_r(&whole, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

static int set_paths(struct job *job, const char *data_dir, struct error *error)
{
    job->folder = text_print("%s/work/.jobs/%s", data_dir, job->name);
    job->log = job->folder ? path_join(job->folder, "log") : NULL;
    job->events = job->folder ? path_join(job->folder, "events") : NULL;
    return job->events && job->log ? 0 : error_memory(error, "a path");
}

int job_make(struct job *job, const char *data_dir, struct error *error)
{
    char stamp[32], *parent = text_print("%s/work/.jobs", data_dir);
    int code = parent ? folder_make(parent, error) : error_memory(error, "a path");
    free(parent);
    TRY(code);
    int64_t instant = (int64_t)(job->started * 1000);
    for (int i = 0; i < 100; i++, instant++) { // names sort by time: no two jobs have the same
        time_t now = (time_t)(instant / 1000);
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
        snprintf(job->name, sizeof job->name, "%s-%03d-%s", stamp, (int)(instant % 1000), job->id);
        TRY(set_paths(job, data_dir, error));
        if (mkdir(job->folder, 0777) == 0)
            return 0;
        int reason = errno;
        if (reason != EEXIST)
            return error_set(error, ERROR_IO, "cannot make %s: %s", job->folder, strerror(reason));
        free(job->folder);
        free(job->log);
        free(job->events);
        job->folder = job->log = job->events = NULL;
    }
    return error_set(error, ERROR_IO, "cannot make a folder in %s/work/.jobs", data_dir);
}

static void read_boot(char boot[40])
{
    FILE *stream = fopen("/proc/sys/kernel/random/boot_id", "re");
    boot[0] = 0;
    if (stream && fgets(boot, 40, stream))
        boot[strcspn(boot, "\n")] = 0;
    if (stream)
        fclose(stream);
}

int job_write(const struct job *job, struct error *error)
{
    json_t *state =
        json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:I, s:I, s:s, s:o, s:s, s:s, s:f, s:f}", "id", job->id, "phrase",
                  job->phrase, "lang", job->lang, "preset", job->preset, "arguments", job->arguments, "state",
                  job_state_names[job->state], "pid", (json_int_t)job->process, "pid_born", (json_int_t)job->born,
                  "boot", job->boot, "exit_code", job->exit_code >= 0 ? json_integer(job->exit_code) : json_null(),
                  "reason", job->reason, "run", job->run, "started", job->started, "ended", job->ended);
    char *text = state ? json_dumps(state, JSON_INDENT(2)) : NULL;
    char *path = path_join(job->folder, "job.json");
    int code = text && path ? file_write(path, text, strlen(text), error) : error_memory(error, "the state of a job");
    free(path);
    free(text);
    json_decref(state);
    return code;
}

static void read_text(char *to, size_t size, const json_t *state, const char *key)
{
    const char *text = json_string_value(json_object_get(state, key));
    log_fit(to, size, text ? text : "");
}

static int job_read(struct job *job, const char *data_dir, const char *name, struct error *error)
{
    void *text = NULL;
    size_t size;
    json_t *state = NULL;
    const char *phrase, *id, *word;
    char *path = text_print("%s/work/.jobs/%s/job.json", data_dir, name);
    int code = path ? file_read(path, STATE_MAXIMUM, &text, &size, error) : error_memory(error, "a path");
    if (code < 0)
        goto end;
    state = json_loadb(text, size, 0, NULL);
    phrase = json_string_value(json_object_get(state, "phrase"));
    id = json_string_value(json_object_get(state, "id"));
    word = json_string_value(json_object_get(state, "state"));
    if (!phrase || !id || !word || strlen(name) >= sizeof job->name || strlen(id) >= sizeof job->id) {
        code = error_set(error, ERROR_FORMAT, "%s is damaged", path);
        goto end;
    }
    snprintf(job->name, sizeof job->name, "%s", name);
    snprintf(job->id, sizeof job->id, "%s", id);
    TRY_GOTO(set_paths(job, data_dir, error), end);
    for (size_t i = 0; i < JOB_CANCELLED + 1; i++)
        if (strcmp(job_state_names[i], word) == 0)
            job->state = (enum job_state)i;
    job->phrase = strdup(phrase);
    job->arguments = json_is_array(json_object_get(state, "arguments"))
                         ? json_deep_copy(json_object_get(state, "arguments"))
                         : json_array();
    read_text(job->lang, sizeof job->lang, state, "lang");
    read_text(job->preset, sizeof job->preset, state, "preset");
    read_text(job->boot, sizeof job->boot, state, "boot");
    read_text(job->reason, sizeof job->reason, state, "reason");
    read_text(job->run, sizeof job->run, state, "run");
    job->process = (pid_t)json_integer_value(json_object_get(state, "pid"));
    job->born = (uint64_t)json_integer_value(json_object_get(state, "pid_born"));
    job->started = json_number_value(json_object_get(state, "started"));
    job->ended = json_number_value(json_object_get(state, "ended"));
    if (json_is_integer(json_object_get(state, "exit_code")))
        job->exit_code = (int)json_integer_value(json_object_get(state, "exit_code"));
    if (!job->phrase || !job->arguments)
        code = error_memory(error, "the state of a job");
end:
    if (code < 0)
        job_clear(job);
    json_decref(state);
    free(text);
    free(path);
    return code;
}

// Names of jobs, oldest first: they begin with the time.
static int job_names(const char *data_dir, struct dirent ***entries)
{
    char *folder = text_print("%s/work/.jobs", data_dir);
    int count = folder ? scandir(folder, entries, NULL, alphasort) : -1;
    free(folder);
    return count;
}

// Word folders of the pipeline lie next door when the word is "jobs": those have other names.
static bool is_job_name(const char *name)
{
    return strspn(name, "0123456789") == 8 && name[8] == '-' && strspn(name + 9, "0123456789") == 6;
}

int job_find(struct job *job, const char *data_dir, struct error *error)
{
    struct dirent **entries = NULL;
    int count = job_names(data_dir, &entries);
    job_clear(job);
    for (int i = count - 1; i >= 0; i--) {
        if (!*job->name && is_job_name(entries[i]->d_name) && job_read(job, data_dir, entries[i]->d_name, error) < 0)
            error->message[0] = 0; // a damaged one is passed over
        free(entries[i]);
    }
    free(entries);
    return 0;
}

void job_prune(const char *data_dir, const char *keep)
{
    struct dirent **entries = NULL;
    int count = job_names(data_dir, &entries), jobs = 0;
    for (int i = count - 1; i >= 0; i--) {
        const char *name = entries[i]->d_name;
        jobs += is_job_name(name);
        char *path = is_job_name(name) && jobs > JOBS_KEPT && strcmp(name, keep) != 0
                         ? text_print("%s/work/.jobs/%s", data_dir, name)
                         : NULL;
        struct error error;
        if (path)
            folder_remove(path, &error);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

void job_mark(struct job *job, pid_t process)
{
    job->process = process;
    job->born = process_born(process);
    read_boot(job->boot);
}

bool job_alive(const struct job *job)
{
    char boot[40];
    read_boot(boot);
    return job->process > 0 && job->born && strcmp(boot, job->boot) == 0 && process_born(job->process) == job->born;
}

// A training writes its log in the folder of its word and has it open all the time.
static void find_word(pid_t process, const char *data_dir, char id[TEXT_ID_SIZE])
{
    char folder[64], target[4096], path[4096], base[4096];
    snprintf(folder, sizeof folder, "/proc/%ld/fd", (long)process);
    DIR *files = opendir(folder);
    char *work = text_print("%s/work", data_dir);
    size_t length = work && realpath(work, base) ? strlen(base) : 0;
    for (struct dirent *entry; files && length && (entry = readdir(files));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ssize_t size = readlink(path, target, sizeof target - 1);
        if (size <= (ssize_t)length || !text_ends_with((target[size] = 0, target), "/training.log") ||
            strncmp(target, base, length) != 0 || target[length] != '/')
            continue;
        char *word = target + length + 1, *slash = strchr(word, '/');
        if (slash && slash - word < TEXT_ID_SIZE && strcmp(slash, "/training.log") == 0) {
            *slash = 0;
            snprintf(id, TEXT_ID_SIZE, "%s", word);
        }
    }
    if (files)
        closedir(files);
    free(work);
}

bool lock_held(const char *data_dir, struct lock_holder *holder)
{
    *holder = (struct lock_holder){0};
    char *path = text_print("%s/work/.lock", data_dir);
    int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    free(path);
    if (file < 0)
        return false;
    bool held = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK; // shared: two who look do not meet
    char text[32] = "";
    if (held && pread(file, text, sizeof text - 1, 0) > 0)
        holder->process = (pid_t)strtol(text, NULL, 10);
    close(file);
    if (held && holder->process > 0)
        find_word(holder->process, data_dir, holder->id);
    return held;
}
