// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double time_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double time_cpu_thread(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

// Seconds to the end: at the pace of this command once there is one to speak of, before by experience.
static double whole_eta(const struct progress *progress, double whole, double part)
{
    double worked = progress->worked + part, pace = progress->expected;
    if (worked > 0.03)
        pace = (time_now() - progress->begun) / worked;
    return pace > 0 ? (1 - whole) * pace : -1;
}

static void report(struct progress *progress, double done, double total, const char *note, bool last)
{
    double now = time_now(), elapsed = now - progress->started, fresh = done - progress->before;
    double share = last ? 1 : total > 0 ? done / total : 0, span = progress->to - progress->from, part = span * share;
    if (!last && total > 0)
        progress->kept = span * progress->before / total;
    struct progress_event event = {.stage = progress->stage,
                                   .note = note,
                                   .done = done,
                                   .total = total,
                                   .elapsed = elapsed,
                                   .eta =
                                       total > 0 && fresh > 0 ? (now - progress->paced) * (total - done) / fresh : -1,
                                   .whole = progress->from + part,
                                   .whole_eta = whole_eta(progress, progress->from + part, part - progress->kept),
                                   .last = last};
    progress->sink(progress->context, &event);
}

void progress_part(struct progress *progress, double from, double to, double expected)
{
    if (!progress)
        return;
    double span = progress->span > 0 ? progress->span : 1;
    progress->from = progress->first + from * span;
    progress->to = progress->first + to * span;
    progress->expected = expected / span;
}

void progress_within(struct progress *progress, double from, double to)
{
    if (!progress)
        return;
    progress->first = from;
    progress->span = to - from;
}

void progress_begin(struct progress *progress, const char *stage)
{
    if (!progress)
        return;
    progress->stage = stage;
    progress->started = time_now();
    progress->reported = 0;
    progress->kept = 0;
    progress_resume(progress, 0);
    if (progress->begun <= 0)
        progress->begun = progress->started;
    if (progress->sink)
        report(progress, 0, 0, "", false);
}

void progress_resume(struct progress *progress, double done)
{
    if (!progress)
        return;
    progress->paced = time_now();
    progress->before = done;
}

void progress_step(struct progress *progress, double done, double total, const char *format, ...)
{
    if (!progress || !progress->sink || time_now() - progress->reported < 0.1)
        return;
    progress->reported = time_now();
    char note[160];
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
    report(progress, done, total, note, false);
}

void progress_end(struct progress *progress, const char *format, ...)
{
    if (!progress || !progress->sink)
        return;
    char note[160];
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
    report(progress, 1, 1, note, true);
    progress->worked += progress->to - progress->from - progress->kept;
}

void progress_metric(struct progress *progress, const struct progress_metric *metric)
{
    if (progress && progress->metric)
        progress->metric(progress->context, metric);
}

void progress_notice(struct progress *progress, const char *sentence)
{
    if (progress && progress->notice)
        progress->notice(progress->context, sentence);
}

void progress_debug(struct progress *progress, const char *sentence)
{
    if (progress && progress->debug)
        progress->debug(progress->context, sentence);
}

bool progress_stopped(const struct progress *progress)
{
    return progress && progress->stop && *progress->stop;
}

int progress_cancelled(struct error *error)
{
    return error_set(error, ERROR_CANCELLED, "stopped; the same command goes on from here");
}
