// SPDX-License-Identifier: GPL-3.0-or-later
// Children: the program itself, started for everything that takes long or might go wrong.
#include "server/jobs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_ARGUMENTS = 64, ERRORS_KEPT = 8192, AT_A_TIME = 4 };

// The server ignores some signals and may block others; the child begins like one of a shell.
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int reason = posix_spawnattr_setsigmask(attributes, &none);
    if (!reason)
        reason = posix_spawnattr_setsigdefault(attributes, &all);
    if (!reason)
        reason =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return reason;
}

static int set_files(posix_spawn_file_actions_t *actions, int output, int errors)
{
    int reason = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!reason)
        reason = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!reason)
        reason = posix_spawn_file_actions_adddup2(actions, errors, STDERR_FILENO);
    if (!reason)
        reason = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return reason;
}

int process_start(const char *program, const char *const *arguments, int output, int errors, int nice, pid_t *process,
                  struct error *error)
{
    char *argv[MOST_ARGUMENTS + 2] = {(char *)program};
    size_t count = 0;
    for (; arguments[count]; count++) {
        if (count == MOST_ARGUMENTS)
            return error_set(error, ERROR_USAGE, "too many options for %s", program);
        argv[count + 1] = (char *)arguments[count];
    }
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    int reason = set_attributes(&attributes);
    if (!reason)
        reason = set_files(&actions, output, errors);
    if (!reason)
        reason = posix_spawn(process, program, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (reason)
        return error_set(error, ERROR_IO, "cannot start %s: %s", program, strerror(reason));
    if (nice)
        setpriority(PRIO_PROCESS, (id_t)*process, nice);
    return 0;
}

uint64_t process_born(pid_t process)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    int file = process > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    text[got > 0 ? got : 0] = 0;
    char *at = strrchr(text, ')'); // the name before it may hold anything
    if (!at || !at[1] || strchr("ZX", at[2]))
        return 0;
    at += 2;
    for (int field = 3; field < 22 && at; field++) // the 22nd is the start time
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

void process_signal_name(int number, char *text, size_t size)
{
    const char *name = sigdescr_np(number);
    snprintf(text, size, "killed by signal %d (%s)", number, name ? name : "unknown");
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] > ' ')
            return false;
    return true;
}

void process_last_words(const char *text, size_t size, char *words, size_t words_size)
{
    size_t end = size, begin = size;
    while (begin > 0) { // lines end in a newline, or a carriage return of a progress bar
        begin--;
        bool newline = text[begin] == '\n' || text[begin] == '\r';
        if (newline && !is_blank(text + begin, end - begin)) {
            begin++;
            break;
        }
        if (newline)
            end = begin;
    }
    json_t *valid = log_json(text + begin, end - begin);
    const char *line = valid ? json_string_value(valid) : "";
    if (strncmp(line, "wakesmith ", 10) == 0) {
        const char *colon = strstr(line, ": ");
        line = colon && colon - line < 30 ? colon + 2 : line;
    }
    line += strspn(line, " \t");
    log_fit(words, words_size, line);
    size_t kept = strlen(words);
    for (size_t i = 0; i < kept; i++)
        if ((unsigned char)words[i] < ' ' || words[i] == 127)
            words[i] = ' ';
    while (kept && words[kept - 1] == ' ')
        words[--kept] = 0;
    json_decref(valid);
}

// ---- one child of a request -------------------------------------------------------------------------------

struct running {
    pid_t process;
    int pipes[2]; // what we read: output, errors; -1: over
    struct buffer output, errors;
    bool ended, large;
};

static bool enter(const struct server *server, double until)
{
    struct child_gate *gate = &server->jobs->children;
    struct timespec deadline = {.tv_sec = (time_t)until, .tv_nsec = 0};
    int reason = 0;
    pthread_mutex_lock(&gate->lock);
    while (gate->inside >= AT_A_TIME && !reason)
        reason = pthread_cond_timedwait(&gate->left, &gate->lock, &deadline);
    bool good = gate->inside < AT_A_TIME;
    gate->inside += good;
    pthread_mutex_unlock(&gate->lock);
    return good;
}

static void leave(const struct server *server)
{
    struct child_gate *gate = &server->jobs->children;
    pthread_mutex_lock(&gate->lock);
    gate->inside--;
    pthread_cond_signal(&gate->left);
    pthread_mutex_unlock(&gate->lock);
}

// The end of the output is what matters of an error; of a long one the beginning is dropped.
static void keep_errors(struct buffer *errors, const char *data, size_t size)
{
    if (errors->size + size > ERRORS_KEPT) {
        size_t kept = errors->size < ERRORS_KEPT / 4 ? errors->size : ERRORS_KEPT / 4;
        if (kept)
            memmove(errors->data, errors->data + errors->size - kept, kept);
        errors->size = kept;
    }
    size_t skipped = size > ERRORS_KEPT / 2 ? size - ERRORS_KEPT / 2 : 0;
    buffer_append(errors, data + skipped, size - skipped);
}

// Reads one piece; false when there is no more.
static bool take(struct running *running, int which)
{
    char piece[16384];
    ssize_t got = read(running->pipes[which], piece, sizeof piece);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return errno == EINTR;
    if (got <= 0) {
        close(running->pipes[which]);
        running->pipes[which] = -1;
        return false;
    }
    if (which)
        keep_errors(&running->errors, piece, (size_t)got);
    else
        buffer_append(&running->output, piece, (size_t)got);
    running->large = running->output.failed;
    return true;
}

// The leader is dead but not buried: its number still names the group, of which nobody may stay.
static bool look_for_end(struct running *running)
{
    siginfo_t info = {0};
    if (!running->ended && waitid(P_PID, (id_t)running->process, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == running->process) {
        running->ended = true;
        kill(-running->process, SIGKILL);
    }
    return running->ended;
}

static const char *follow(const struct server *server, struct running *running, double until)
{
    while (!look_for_end(running)) {
        struct pollfd waits[2] = {{.fd = running->pipes[0], .events = POLLIN},
                                  {.fd = running->pipes[1], .events = POLLIN}};
        bool listening = running->pipes[0] >= 0 || running->pipes[1] >= 0;
        poll(waits, 2, listening ? 50 : 5);
        for (int i = 0; i < 2; i++)
            if (waits[i].fd >= 0 && waits[i].revents)
                take(running, i);
        if (running->large)
            return "answered more than it may";
        if (server->closing)
            return "was stopped, since the server closes";
        if (time_now() > until)
            return "took too long";
    }
    for (int i = 0; i < 2; i++)
        while (running->pipes[i] >= 0 && !running->large && take(running, i)) {
        }
    return running->large ? "answered more than it may" : NULL;
}

static int judge(const struct running *running, const char *const *arguments, const char *why, int status,
                 const struct server *server, struct error *error)
{
    char words[400];
    if (why)
        return error_set(error, server->closing ? ERROR_CANCELLED : ERROR_STATE, "wakesmith %s %s", arguments[0], why);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    process_last_words(running->errors.data ? running->errors.data : "", running->errors.size, words, sizeof words);
    if (WIFSIGNALED(status)) {
        process_signal_name(WTERMSIG(status), words, sizeof words);
        return error_set(error, ERROR_STATE, "wakesmith %s was %s", arguments[0], words);
    }
    if (*words)
        return error_set(error, ERROR_STATE, "%s", words);
    return error_set(error, ERROR_STATE, "wakesmith %s ended with code %d and without a word", arguments[0],
                     WEXITSTATUS(status));
}

// Pipes that no other child inherits; our ends do not block.
static int open_pipes(int ours[2], int theirs[2], struct error *error)
{
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return error_set(error, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
        ours[i] = ends[0];
        theirs[i] = ends[1];
        fcntl(ours[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

int child_run(const struct server *server, const char *const *arguments, double seconds, size_t maximum, char **output,
              size_t *size, struct error *error)
{
    struct running running = {.pipes = {-1, -1}};
    int theirs[2] = {-1, -1}, code, status = 0;
    double until = time_now() + seconds;
    if (!enter(server, until))
        return error_set(error, ERROR_STATE, "the computer is busy with %s; try again in a moment", arguments[0]);
    buffer_init(&running.output, maximum);
    buffer_init(&running.errors, ERRORS_KEPT + 1);
    code = open_pipes(running.pipes, theirs, error);
    if (code == 0)
        code = process_start(server->program, arguments, theirs[0], theirs[1], 0, &running.process, error);
    for (int i = 0; i < 2; i++)
        if (theirs[i] >= 0)
            close(theirs[i]);
    if (code == 0) {
        const char *why = follow(server, &running, until);
        kill(-running.process, SIGKILL);
        while (waitpid(running.process, &status, 0) < 0 && errno == EINTR) {
        }
        code = judge(&running, arguments, why, status, server, error);
    }
    for (int i = 0; i < 2; i++)
        if (running.pipes[i] >= 0)
            close(running.pipes[i]);
    if (code == 0 && !running.output.data) {
        buffer_append(&running.output, "", 0);
        if (!running.output.data)
            code = error_memory(error, "the answer of a child");
    }
    *output = code == 0 ? running.output.data : NULL;
    *size = code == 0 ? running.output.size : 0;
    if (code < 0)
        buffer_free(&running.output);
    buffer_free(&running.errors);
    leave(server);
    return code;
}
