// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events for one page: the training when it changes, its log without a gap, and what other parts tell.
// Every event's id says where the page is ("job@offset@told"), so that one that lost its connection goes on there.
#include "server/jobs_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stream {
    struct event_source source;
    struct jobs *jobs;
    char name[96];        // of the log that `offset` is of
    int64_t offset, seen; // seen: size of the log when it was read last
    bool more, greeted;   // more: the last piece was not all
    uint64_t version, told;
};

static bool has_news(const struct stream *stream)
{
    const struct jobs *jobs = stream->jobs;
    return !stream->greeted || stream->more || jobs->version != stream->version || jobs->told_count != stream->told ||
           jobs->log_size != stream->seen;
}

static void wait_for_news(struct stream *stream)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    while (!stream->jobs->closing && !has_news(stream))
        if (pthread_cond_timedwait(&stream->jobs->changed, &stream->jobs->lock, &until) == ETIMEDOUT)
            break;
}

static void put(struct stream *stream, struct buffer *out, const char *event, const char *data)
{
    buffer_print(out, "id: %s@%lld@%llu\nevent: %s\ndata: %s\n\n", stream->name, (long long)stream->offset,
                 (unsigned long long)stream->told, event, data);
}

static void put_json(struct stream *stream, struct buffer *out, const char *event, json_t *data)
{
    char *text = data ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (text)
        put(stream, out, event, text);
    free(text);
    json_decref(data);
}

// What is older than the ring is gone; pages load lists again when they are told that something changed.
static void put_told(struct stream *stream, struct buffer *out)
{
    const struct jobs *jobs = stream->jobs;
    if (jobs->told_count > TOLD_KEPT && stream->told < jobs->told_count - TOLD_KEPT)
        stream->told = jobs->told_count - TOLD_KEPT;
    while (stream->told < jobs->told_count) {
        const struct told *told = &jobs->told[stream->told++ % TOLD_KEPT];
        put(stream, out, told->event, told->text);
    }
}

static void put_log(struct stream *stream, struct buffer *out, const struct log_view *view)
{
    struct log_piece piece = {0};
    struct error error;
    stream->more = false;
    if (view->path && log_read(view->path, stream->offset, LOG_CHUNK, view->over, &piece, &error) == 0 && piece.size) {
        stream->offset = piece.next;
        stream->more = piece.next < piece.end;
        put_json(stream, out, "log",
                 json_pack("{s:s, s:I, s:I, s:o}", "job", stream->name, "offset", (json_int_t)piece.begin, "next",
                           (json_int_t)piece.next, "text", log_json(piece.data, piece.size)));
    }
    free(piece.data);
}

static bool next(struct event_source *source, struct buffer *out)
{
    struct stream *stream = (struct stream *)source;
    struct jobs *jobs = stream->jobs;
    struct log_view view = {.path = NULL};
    struct error error;
    json_t *status = NULL;
    pthread_mutex_lock(&jobs->lock);
    wait_for_news(stream);
    bool open = !jobs->closing, news = has_news(stream);
    if (!stream->greeted || jobs->version != stream->version)
        status = jobs_status_locked(jobs);
    stream->greeted = true;
    stream->version = jobs->version;
    stream->seen = jobs->log_size;
    bool known = jobs_log_locked(jobs, &view, &error) == 0;
    if (known && strcmp(view.name, stream->name) != 0) { // another log: from its beginning
        snprintf(stream->name, sizeof stream->name, "%s", view.name);
        stream->offset = 0;
    }
    if (status)
        put_json(stream, out, "training", status);
    put_told(stream, out);
    pthread_mutex_unlock(&jobs->lock);
    if (known && news)
        put_log(stream, out, &view);
    free(view.path);
    return open;
}

static void close_stream(struct event_source *source)
{
    free(source);
}

// "20260131-120000-042-jarvis@4711@12"; anything else: the page starts anew.
static void go_on(struct stream *stream, const char *last_id)
{
    long long offset;
    unsigned long long told;
    char end, name[96];
    if (sscanf(last_id, "%95[^@]@%lld@%llu%c", name, &offset, &told, &end) != 3 || offset < 0)
        return;
    snprintf(stream->name, sizeof stream->name, "%s", name); // of another log: next() begins at its beginning
    stream->offset = offset;
    stream->told = told <= stream->jobs->told_count ? told : 0; // of a server before this one: tell all again
}

struct event_source *stream_open(struct jobs *jobs, int64_t offset, const char *last_id)
{
    struct stream *stream = calloc(1, sizeof *stream);
    struct log_view view = {.path = NULL};
    struct error error;
    if (!stream)
        return NULL;
    *stream = (struct stream){.source = {next, close_stream}, .jobs = jobs, .offset = offset};
    pthread_mutex_lock(&jobs->lock);
    stream->told = jobs->told_count;
    if (jobs_log_locked(jobs, &view, &error) == 0)
        snprintf(stream->name, sizeof stream->name, "%s", view.name);
    if (last_id)
        go_on(stream, last_id);
    pthread_mutex_unlock(&jobs->lock);
    free(view.path);
    return &stream->source;
}
