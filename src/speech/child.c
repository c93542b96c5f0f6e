// SPDX-License-Identifier: GPL-3.0-or-later
// Child processes that compute something and write it to a pipe. The parent may have threads: a child only
// uses what it makes itself (glibc keeps malloc usable after fork) and leaves by _exit.
#include "speech/speech_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SILENCE_SECONDS = 60, ANSWER_MAXIMUM = 256 << 20, CHILDREN_POLLED = 64 };

bool child_write(int output, const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        ssize_t wrote = write(output, at, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        at += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

// The engines' own messages would end up between the program's.
static void be_quiet(void)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0) {
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
    }
}

int child_start(struct child *child, child_task *task, void *context, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_IO, "cannot make a pipe for a speech process: %s", strerror(errno));
    pid_t parent = getpid(), process = fork();
    if (process < 0) {
        int reason = errno;
        close(ends[0]);
        close(ends[1]);
        return error_set(error, ERROR_IO, "cannot start a speech process: %s", strerror(reason));
    }
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a killed program leaves no children
        if (getppid() != parent)
            _exit(1);
        signal(SIGINT, SIG_IGN); // the parent decides when to stop
        static const int own[] = {SIGTERM, SIGSEGV, SIGBUS,
                                  SIGABRT, SIGFPE,  SIGILL}; // the parent's handlers are not meant for it
        for (size_t i = 0; i < COUNT_OF(own); i++)
            signal(own[i], SIG_DFL);
        be_quiet();
        close(ends[0]);
        memory_watch(); // what the parent lacked is none of this task
        _exit(task(context, ends[1]) == 0 && !memory_was_lost() ? 0 : 1);
    }
    close(ends[1]);
    *child = (struct child){.state = CHILD_RUNNING, .process = process, .output = ends[0], .heard = time_now()};
    buffer_init(&child->answer, ANSWER_MAXIMUM);
    return 0;
}

// Waits for the process, which is ending or is made to end, and settles the state.
static void child_end(struct child *child, const char *reason)
{
    int status = 0;
    if (reason)
        kill(child->process, SIGKILL);
    while (waitpid(child->process, &status, 0) < 0 && errno == EINTR) {
    }
    close(child->output);
    if (!reason && WIFSIGNALED(status))
        reason = "crashed";
    else if (!reason && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        reason = "failed";
    child->state = reason ? CHILD_FAILED : CHILD_DONE;
    child->reason = reason;
}

static void child_listen(struct child *child)
{
    char piece[65536];
    ssize_t got = read(child->output, piece, sizeof piece);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        child_end(child, NULL);
        return;
    }
    child->heard = time_now();
    buffer_append(&child->answer, piece, (size_t)got);
    if (child->answer.failed)
        child_end(child, "answered more than fits into memory");
}

void children_wait(struct child *const *children, size_t count, double seconds)
{
    struct pollfd waits[CHILDREN_POLLED];
    struct child *waiting[CHILDREN_POLLED];
    nfds_t running = 0;
    for (size_t i = 0; i < count && running < CHILDREN_POLLED; i++)
        if (children[i]->state == CHILD_RUNNING) {
            waits[running] = (struct pollfd){.fd = children[i]->output, .events = POLLIN};
            waiting[running++] = children[i];
        }
    if (!running || poll(waits, running, (int)(seconds * 1000)) < 0)
        return;
    for (nfds_t i = 0; i < running; i++) {
        if (waits[i].revents)
            child_listen(waiting[i]);
        else if (time_now() - waiting[i]->heard > SILENCE_SECONDS)
            child_end(waiting[i], "hung");
    }
}

void child_stop(struct child *child)
{
    if (child->state == CHILD_RUNNING)
        child_end(child, "stopped");
    if (child->state != CHILD_IDLE)
        buffer_free(&child->answer);
    child->state = CHILD_IDLE;
}

int child_call(child_task *task, void *context, struct buffer *answer, const char *what, struct error *error)
{
    struct child child = {0};
    for (int attempt = 0; attempt < 2 && child.state != CHILD_DONE; attempt++) {
        child_stop(&child);
        int code = child_start(&child, task, context, error);
        if (code < 0)
            return code;
        while (child.state == CHILD_RUNNING)
            children_wait(&(struct child *){&child}, 1, 1);
    }
    if (child.state != CHILD_DONE) {
        error_set(error, ERROR_STATE, "%s: the speech process %s", what, child.reason);
        child_stop(&child);
        return error->code;
    }
    *answer = child.answer;
    return 0;
}
