// SPDX-License-Identifier: GPL-3.0-or-later
// A decoder for what libsndfile does not know: a confined ffmpeg. It gets the upload as standard input and a pipe as
// standard output, and may neither write files, nor reach the network, nor outlive its 20 seconds.
#include "recordings/recordings_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SECONDS = 20,
    MEMORY = 1 << 30,
    OPEN_FILES = 64,
    ANSWER_MAX_BYTES = 64 << 20 // a minute of one channel at 384 kHz has 46 MB
};

static char *find_ffmpeg(void)
{
    const char *folders = getenv("PATH");
    for (const char *at = folders && *folders ? folders : "/usr/local/bin:/usr/bin:/bin"; *at;) {
        size_t size = strcspn(at, ":");
        char *path = size && *at == '/' ? text_print("%.*s/ffmpeg", (int)size, at) : NULL;
        if (path && access(path, X_OK) == 0 && file_exists(path))
            return path;
        free(path);
        at += size + (at[size] == ':');
    }
    return NULL;
}

bool recordings_has_ffmpeg(void)
{
    char *path = find_ffmpeg();
    free(path);
    return path != NULL;
}

static void limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit now, less = {most, most};
    if (getrlimit(resource, &now) == 0 && now.rlim_max < most)
        less = (struct rlimit){now.rlim_max, now.rlim_max};
    setrlimit(resource, &less);
}

// From now on no file can be made, written or deleted. Kernels before 5.13 cannot; RLIMIT_FSIZE remains.
static void forbid_writing(void)
{
    const struct landlock_ruleset_attr rules = {.handled_access_fs =
                                                    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                                    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                                    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                                    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
    long handle = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (handle >= 0)
        syscall(SYS_landlock_restrict_self, handle, 0);
}

// In the child of a program that may have threads: only system calls.
static void confine(int input, int output)
{
    static const int usual[] = {SIGPIPE, SIGTERM, SIGINT, SIGCHLD, SIGHUP};
    setsid();
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        signal(usual[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    input = fcntl(input, F_DUPFD, 10); // away from 0, 1, 2, whatever was open
    output = fcntl(output, F_DUPFD, 10);
    int nothing = open("/dev/null", O_WRONLY);
    if (input < 0 || output < 0 || nothing < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(nothing, 2) < 0)
        _exit(126);
    if (close_range(3, ~0U, 0) != 0)
        for (int handle = 3; handle < 4096; handle++)
            close(handle);
    if (unshare(CLONE_NEWNET) != 0) // a net of its own, where the kernel lets us
        unshare(CLONE_NEWUSER | CLONE_NEWNET);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // after unshare, which forgets it
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    forbid_writing();
    limit(RLIMIT_CPU, SECONDS);
    limit(RLIMIT_AS, MEMORY);
    limit(RLIMIT_NOFILE, OPEN_FILES);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    if (chdir("/") != 0)
        _exit(126);
}

static int start(const char *program, int input, const char *demuxer, double seconds, pid_t *process, int *answer,
                 struct error *error)
{
    char most[32];
    snprintf(most, sizeof most, "%g", seconds);
    // The input is a regular file and may be read backwards (mp4): opened again by its descriptor.
    const char *const arguments[] = {program,
                                     "-nostdin",
                                     "-hide_banner",
                                     "-loglevel",
                                     "quiet",
                                     "-threads",
                                     "1",
                                     "-protocol_whitelist",
                                     "file",
                                     "-f",
                                     demuxer,
                                     "-i",
                                     "file:/dev/fd/0",
                                     "-map",
                                     "0:a:0",
                                     "-t",
                                     most,
                                     "-ac",
                                     "1",
                                     "-c:a",
                                     "pcm_s16le",
                                     "-f",
                                     "wav",
                                     "pipe:1",
                                     NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent", NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_IO, "cannot make a pipe for ffmpeg: %s", strerror(errno));
    *process = fork();
    if (*process == 0) {
        confine(input, ends[1]);
        execve(program, (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
        _exit(127);
    }
    int reason = errno;
    close(ends[1]);
    *answer = ends[0];
    if (*process < 0) {
        close(ends[0]);
        return error_set(error, ERROR_IO, "cannot start ffmpeg: %s", strerror(reason));
    }
    return 0;
}

// What the child writes, into `file`, until it closes its end. False: too slow or too much.
static bool collect(int answer, int file, double deadline)
{
    char piece[65536];
    size_t total = 0;
    for (;;) {
        double left = deadline - time_now();
        struct pollfd wait = {.fd = answer, .events = POLLIN};
        if (left <= 0 || (poll(&wait, 1, (int)(left * 1000) + 1) < 0 && errno != EINTR))
            return false;
        if (!wait.revents)
            continue;
        ssize_t got = read(answer, piece, sizeof piece);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        total += got > 0 ? (size_t)got : 0;
        if (got < 0 || total > ANSWER_MAX_BYTES || write(file, piece, (size_t)got) != got)
            return false;
    }
}

// Ends the child, which has closed its output or must not go on. True when it ended well by itself.
static bool finish(pid_t process, bool wait, double deadline)
{
    int status = 0;
    pid_t ended = 0;
    while (wait && (ended = waitpid(process, &status, WNOHANG)) == 0 && time_now() < deadline)
        usleep(2000);
    if (ended == 0) {
        kill(-process, SIGKILL);
        kill(process, SIGKILL); // the moment before it had its session
        while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
        }
        return false;
    }
    return ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0); // < 0: somebody else waited for it
}

int ffmpeg_read(const char *path, const char *demuxer, double seconds, struct pcm *pcm, struct error *error)
{
    int code = 0, input = -1, file = -1, answer = -1;
    pid_t process = -1;
    char again[32];
    char *program = find_ffmpeg();
    if (!program)
        return error_set(error, ERROR_MISSING, "ffmpeg is not installed");
    input = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    file = memfd_create("recording", MFD_CLOEXEC);
    if (input < 0 || file < 0) {
        code = error_set(error, ERROR_IO, "cannot open %s: %s", path, strerror(errno));
        goto end;
    }
    double deadline = time_now() + SECONDS;
    TRY_GOTO(start(program, input, demuxer, seconds, &process, &answer, error), end);
    bool whole = collect(answer, file, deadline);
    close(answer);
    bool good = finish(process, whole, deadline);
    snprintf(again, sizeof again, "/proc/self/fd/%d", file);
    if (!whole || !good || lseek(file, 0, SEEK_END) == 0)
        code = error_set(error, ERROR_FORMAT,
                         whole ? "%s holds no sound that ffmpeg can read" : "%s takes ffmpeg too long or is too large",
                         path);
    else if ((code = audio_read(again, 0, seconds, pcm, error)) < 0)
        error_set(error, code, "%s holds no sound that ffmpeg can read", path);
end:
    if (input >= 0)
        close(input);
    if (file >= 0)
        close(file);
    free(program);
    return code;
}
