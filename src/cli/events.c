// SPDX-License-Identifier: GPL-3.0-or-later
// What a long command tells a program that watches it, one JSON object a line: --json on stderr, and train --events
// FILE. docs/events.md lists the lines and their fields.
#include "cli/cli_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_PAUSE 0.5 // seconds between progress lines of one stage

int events_open(struct events *events, const char *path, struct error *error)
{
    *events = (struct events){.stream = fopen(path, "ae")};
    if (!events->stream)
        return error_set(error, ERROR_IO, "--events: cannot write %s: %s", path, strerror(errno));
    setvbuf(events->stream, NULL, _IOLBF, 1 << 16); // whole lines reach the reader
    return 0;
}

void events_close(struct events *events)
{
    if (events->stream)
        fclose(events->stream);
    events->stream = NULL;
}

static void put_or(struct events *events, json_t *line, const char *without_memory)
{
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    const char *told = text ? text : without_memory;
    if (told && events->stream)
        fprintf(events->stream, "%s\n", told);
    free(text);
    json_decref(line);
}

void events_put(struct events *events, json_t *line)
{
    put_or(events, line, NULL);
}

static void put_with(struct events *events, json_t *line, json_t *more)
{
    json_object_update(line, more);
    json_decref(more);
    events_put(events, line);
}

void events_begin(struct events *events, const char *command, json_t *more)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    put_with(events,
             json_pack("{s:s, s:s, s:I, s:s}", "event", "begin", "command", command, "pid", (json_int_t)getpid(),
                       "time", stamp),
             more);
}

void events_finished(struct events *events, double seconds, json_t *more)
{
    put_with(events, json_pack("{s:s, s:f}", "event", "finished", "seconds", seconds), more);
}

void events_ended(struct events *events, int code, const char *reason)
{
    put_or(events,
           json_pack("{s:s, s:i, s:b, s:o}", "event", "ended", "code", code, "stopped", code == ERROR_CANCELLED, "reason",
                     json_name(reason)),
           "{\"event\":\"ended\",\"code\":-4,\"stopped\":false,\"reason\":\"no memory is left, not even to say for what\"}");
}

void events_progress(struct events *events, const struct progress_event *event)
{
    double now = time_now();
    if (!event->last && events->stage == event->stage && now - events->printed < PROGRESS_PAUSE)
        return;
    events->printed = now;
    events->stage = event->stage;
    events_put(events,
               json_pack("{s:s, s:s, s:o, s:f, s:f, s:f, s:f, s:f}", "event", event->last ? "stage_done" : "progress",
                         "stage", event->stage, "note", json_name(event->note), "progress",
                         event->last        ? 1.0
                         : event->total > 0 ? event->done / event->total
                                            : 0.0,
                         "elapsed_s", event->elapsed, "eta_s", event->eta, "overall", event->whole, "overall_eta_s",
                         event->whole_eta));
}

void events_text(struct events *events, const char *event, const char *sentence)
{
    events_put(events, json_pack("{s:s, s:o}", "event", event, "text", json_name(sentence)));
}

void events_metric(struct events *events, const struct progress_metric *metric)
{
    json_t *line = json_pack("{s:s, s:i, s:I, s:I, s:f}", "event", "metric", "seed", metric->seed, "step",
                             (json_int_t)metric->step, "steps", (json_int_t)metric->steps, "loss", metric->loss);
    if (metric->judged && metric->recall >= 0)
        json_object_set_new(line, "recall", json_real(metric->recall));
    if (metric->judged && metric->per_hour >= 0)
        json_object_set_new(line, "per_hour", json_real(metric->per_hour));
    events_put(events, line);
}

// ---- one watcher for commands that need no more ----

static void watch_progress(void *context, const struct progress_event *event)
{
    struct watch *watch = context;
    if (watch->lines.stream)
        events_progress(&watch->lines, event);
    else
        terminal_progress(&watch->terminal, event);
}

static void watch_notice(void *context, const char *sentence)
{
    struct watch *watch = context;
    if (watch->lines.stream)
        events_text(&watch->lines, "notice", sentence);
    else
        terminal_notice(&watch->terminal, sentence);
}

static void watch_sentence(void *context, const char *sentence)
{
    struct watch *watch = context;
    if (watch->lines.stream)
        events_text(&watch->lines, "debug", sentence);
    else
        terminal_debug(&watch->terminal, sentence);
}

void watch_decisions(struct watch *watch)
{
    watch->progress.debug = watch_sentence;
}

void watch_open(struct watch *watch, const char *command, bool json)
{
    *watch = (struct watch){.began = time_now()};
    terminal_open(&watch->terminal);
    cli_catch_signals();
    watch->progress =
        (struct progress){.sink = watch_progress, .notice = watch_notice, .context = watch, .stop = &cli_stop};
    progress_part(&watch->progress, 0, 1, 0);
    if (!json)
        return;
    watch->lines.stream = stderr;
    events_begin(&watch->lines, command, NULL);
}

int watch_close(struct watch *watch, int code)
{
    if (code == 0)
        events_finished(&watch->lines, time_now() - watch->began, NULL);
    else if (watch->terminal.live && !watch->lines.stream)
        fputc('\n', stderr);
    return code;
}
