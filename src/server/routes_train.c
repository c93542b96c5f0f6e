// SPDX-License-Identifier: GPL-3.0-or-later
// Routes of the training: start, cancel, watch.
#include "server/jobs_internal.h"

#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

// ---- presets ----------------------------------------------------------------------------------------------

static int get_presets(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    struct job_time times[PRESETS_MOST];
    TRY(job_times_get(server, times, error));
    json_t *presets = json_array();
    for (size_t i = 0; i < pipeline_preset_count && i < PRESETS_MOST; i++) {
        const struct pipeline_preset *preset = &pipeline_presets[i];
        json_array_append_new(presets, json_pack("{s:s, s:s, s:I, s:I, s:i, s:f, s:b}", "name", preset->name, "summary",
                                                 preset->summary, "clips", (json_int_t)preset->clips, "steps",
                                                 (json_int_t)preset->steps, "seeds", preset->seeds, "seconds",
                                                 times[i].seconds, "measured", times[i].measured));
    }
    return reply_json(reply, json_pack("{s:b, s:o, s:i}", "ok", 1, "presets", presets, "threads", cpu_count()), error);
}

// ---- start and cancel -------------------------------------------------------------------------------------

// A refusal that says more than its sentence.
static int refuse_with(struct reply *reply, int status, json_t *json, struct error *error)
{
    reply->status = status;
    return reply_json(reply, json, error);
}

static int refuse_busy(struct reply *reply, struct error *error)
{
    return refuse_with(reply, 409,
                       json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "error", "Training already running", "code",
                                 "TRAINING_RUNNING", "message", error->message),
                       error);
}

static int refuse_no_samples(struct reply *reply, int planned, struct error *error)
{
    char sentence[100];
    snprintf(sentence, sizeof sentence, "No personal voice samples recorded (0/%d).", planned);
    return refuse_with(reply, 400,
                       json_pack("{s:b, s:s, s:s, s:s, s:i}", "ok", 0, "error", sentence, "code", "NO_PERSONAL_SAMPLES",
                                 "message", "You can train without personal voices, or record samples first.",
                                 "takes_total", planned),
                       error);
}

static int refuse_few_samples(struct reply *reply, int samples, int least, int planned, struct error *error)
{
    char sentence[100];
    snprintf(sentence, sizeof sentence, "Not enough takes yet (%d/%d).", samples, planned);
    return refuse_with(reply, 400,
                       json_pack("{s:b, s:s, s:s, s:i, s:i}", "ok", 0, "error", sentence, "code", "NOT_ENOUGH_TAKES",
                                 "min_required", least, "takes_total", planned),
                       error);
}

static int check_preset(const char *name, struct error *error)
{
    char names[200] = "";
    for (size_t i = 0; i < pipeline_preset_count; i++) {
        if (strcmp(pipeline_presets[i].name, name) == 0)
            return 0;
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", pipeline_presets[i].name);
    }
    return error_set(error, ERROR_USAGE, "preset must be one of: %s", names);
}

static int make_order(struct server *server, const struct session *session, const json_t *body,
                      struct jobs_order *order, struct error *error)
{
    const char *preset = json_string_value(json_object_get(body, "preset"));
    const char *phonemes = json_string_value(json_object_get(body, "phonemes"));
    const json_t *also = json_object_get(body, "also");
    *order = (struct jobs_order){.phrase = session->phrase,
                                 .id = session->id,
                                 .lang = session->lang,
                                 .preset = preset ? preset : "standard",
                                 .phonemes = phonemes ? *phonemes ? phonemes : NULL : session->phonemes,
                                 .also = also ? also : session->also,
                                 .false_accepts = json_number_value(json_object_get(body, "false_accepts")),
                                 .restart = json_is_true(json_object_get(body, "restart")),
                                 .fetch = json_is_true(json_object_get(body, "fetch")) && !server->options.offline};
    TRY(check_preset(order->preset, error));
    TRY(spellings_check(order->also, error));
    return phonemes || also ? phonemes_check(server, order->lang, order->phonemes, order->also, error) : 0;
}

// With the gate held: recordings do not change between the checks and the start.
static int start_session_word(struct server *server, const struct session *session, const json_t *body,
                              struct reply *reply, struct error *error)
{
    int samples = 0, planned = 0;
    bool alone = json_is_true(json_object_get(body, "allow_no_personal")), busy;
    TRY(session_counts(server, &samples, &planned, error));
    int least = planned < 1 ? 1 : planned > 3 ? 3 : planned;
    if (samples == 0 && !alone)
        return refuse_no_samples(reply, planned, error);
    if (samples > 0 && samples < least)
        return refuse_few_samples(reply, samples, least, planned, error);
    struct jobs_order order;
    TRY(make_order(server, session, body, &order, error));
    int code = jobs_start(server->jobs, &order, &busy, error);
    if (busy)
        return refuse_busy(reply, error);
    TRY(code);
    return reply_json(reply,
                      json_pack("{s:b, s:b, s:s, s:b, s:b}", "ok", 1, "started", 1, "safe_word", session->id,
                                "personal_samples_used", samples >= least, "allow_no_personal", alone),
                      error);
}

static int post_train(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct session session;
    if (jobs_busy(server->jobs, error))
        return refuse_busy(reply, error);
    pthread_rwlock_wrlock(&server->gate);
    int code = session_copy(server, &session, error);
    if (code == 0 && !session.phrase)
        code = reply_refuse(reply, 400, "NO_SESSION", "No active session");
    else if (code == 0)
        code = start_session_word(server, &session, request->body, reply, error);
    if (code == 0 || session.phrase)
        session_clear(&session);
    pthread_rwlock_unlock(&server->gate);
    return code;
}

static int post_cancel(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    TRY(jobs_cancel(server->jobs, error));
    return reply_json(reply, json_pack("{s:b, s:s}", "ok", 1, "state", "cancelling"), error);
}

// ---- watching ---------------------------------------------------------------------------------------------

static int set_log(json_t *training, const struct log_piece *piece, struct error *error)
{
    const char *data = piece->data ? piece->data : "";
    return json_object_set_new(training, "log_text", log_json(data, piece->size)) == 0 &&
                   json_object_set_new(training, "log_begin", json_integer(piece->begin)) == 0 &&
                   json_object_set_new(training, "log_offset", json_integer(piece->next)) == 0
               ? 0
               : error_memory(error, "the log");
}

// Clients of the reference share one cursor, and their text has no last newline.
static int read_legacy(struct server *server, const struct log_view *view, json_t *training, struct error *error)
{
    struct log_piece piece = {0}, tail = {0};
    pthread_mutex_lock(&server->jobs->lock);
    int code = log_read(view->path, server->jobs->legacy_cursor, LOG_CHUNK, view->over, &piece, error);
    if (code == 0)
        server->jobs->legacy_cursor = piece.next;
    pthread_mutex_unlock(&server->jobs->lock);
    if (code == 0)
        code = log_read_tail(view->path, LOG_LINES, 2 * LOG_CHUNK, &tail, error);
    if (code == 0) {
        size_t size = piece.size && piece.data[piece.size - 1] == '\n' ? piece.size - 1 : piece.size;
        json_object_set_new(training, "log_text", log_json(piece.data, size));
        json_object_set_new(training, "log_tail_preview", log_json(tail.data, tail.size));
    }
    free(piece.data);
    free(tail.data);
    return code;
}

static int read_from(const struct log_view *view, const json_t *query, json_t *training, struct error *error)
{
    const char *job = json_string_value(json_object_get(query, "job"));
    json_int_t since = json_integer_value(json_object_get(query, "since"));
    struct log_piece piece;
    int code =
        log_read(view->path, job && strcmp(job, view->name) != 0 ? 0 : since, LOG_CHUNK, view->over, &piece, error);
    if (code == 0)
        code = set_log(training, &piece, error);
    free(piece.data);
    return code;
}

static int read_whole_tail(const struct log_view *view, json_t *training, struct error *error)
{
    struct log_piece piece;
    int code = log_read_tail(view->path, LOG_LINES, 2 * LOG_CHUNK, &piece, error);
    if (code == 0)
        code = set_log(training, &piece, error);
    json_object_set(training, "log_tail_preview", json_object_get(training, "log_text"));
    free(piece.data);
    return code;
}

static int get_status(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct log_view view = {.path = NULL};
    json_t *training = jobs_status(server->jobs);
    const char *cursor = json_string_value(json_object_get(request->query, "cursor"));
    int code = training ? jobs_log(server->jobs, &view, error) : error_memory(error, "the state of the training");
    if (code == 0 && !view.path) {
        const struct log_piece nothing = {0};
        code = set_log(training, &nothing, error);
    } else if (code == 0 && json_object_get(request->query, "since"))
        code = read_from(&view, request->query, training, error);
    else if (code == 0 && cursor && strcmp(cursor, "legacy") == 0)
        code = read_legacy(server, &view, training, error);
    else if (code == 0)
        code = read_whole_tail(&view, training, error);
    free(view.path);
    if (code < 0) {
        json_decref(training);
        return code;
    }
    return reply_json(reply, json_pack("{s:b, s:o}", "ok", 1, "training", training), error);
}

static int get_log_tail(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct log_view view = {.path = NULL};
    struct log_piece piece = {0};
    json_t *asked = json_object_get(request->query, "lines"), *training = NULL;
    int lines = asked ? (int)json_integer_value(asked) : LOG_LINES;
    int code = jobs_log(server->jobs, &view, error);
    if (code == 0 && view.path)
        code = log_read_tail(view.path, lines, 4 * LOG_CHUNK, &piece, error);
    if (code == 0) {
        const char *data = piece.data ? piece.data : "";
        training = jobs_status(server->jobs);
        code = reply_json(reply,
                          json_pack("{s:b, s:o, s:o, s:O, s:O}", "ok", 1, "lines",
                                    log_json_lines(data, piece.size, lines), "log_text", log_json(data, piece.size),
                                    "running", json_object_get(training, "running"), "exit_code",
                                    json_object_get(training, "exit_code")),
                          error);
    }
    json_decref(training);
    free(piece.data);
    free(view.path);
    return code;
}

static int get_log(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    struct log_view view;
    TRY(jobs_log(server->jobs, &view, error));
    int code = view.path ? reply_file(reply, view.path, "text/plain; charset=utf-8", error)
                         : error_set(error, ERROR_MISSING, "there is no log yet: nothing was trained");
    reply->download = code == 0 ? text_print("%s.log", view.name) : NULL;
    free(view.path);
    return code;
}

static int get_curves(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    pthread_mutex_lock(&server->jobs->lock);
    json_t *curves = job_curves_json(&jobs_events_locked(server->jobs)->curves);
    pthread_mutex_unlock(&server->jobs->lock);
    return reply_json(reply, curves, error);
}

static int get_events(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    json_int_t since = json_integer_value(json_object_get(request->query, "since"));
    reply->events = stream_open(server->jobs, since, request_header(request, "Last-Event-ID"));
    reply->type = "text/event-stream";
    return reply->events ? 0 : error_memory(error, "a stream of events");
}

static const struct route routes[] = {
    {.method = "GET", .path = "/api/presets", .summary = "How much work a training can be, and how long it takes here",
     .answer = "{ok: bool, presets: [{name: text, summary: text, clips: int, steps: int, seeds: int, seconds: number,"
               " measured: bool}], threads: int}",
     .handle = get_presets},
    {.method = "POST", .path = "/api/train",
     .summary = "Starts the training of the session's wake word; with restart, clips, features and checkpoints are made"
                " again; with fetch, the data set debian is brought first",
     .body_kind = BODY_JSON,
     .body = "{allow_no_personal?: bool, preset?: text(1..40), phonemes?: text(0..400), also?: [text(1..400)],"
             " false_accepts?: number(0.01..100), restart?: bool, fetch?: bool}",
     .answer = "{ok: bool, started: bool, safe_word: text, personal_samples_used: bool, allow_no_personal: bool}",
     .handle = post_train},
    {.method = "POST", .path = "/api/train/cancel",
     .summary = "Stops the training; started again it goes on from there",
     .body_kind = BODY_JSON, .body = "{}", .answer = "{ok: bool, state: text}", .handle = post_cancel},
    {.method = "POST", .path = "/api/stop_session", .summary = "The same as /api/train/cancel",
     .body_kind = BODY_JSON, .body = "{}", .answer = "{ok: bool, state: text}", .handle = post_cancel},
    {.method = "GET", .path = "/api/train_status",
     .summary = "State of the training, and its log from the byte `since` on (of the log of `job`)",
     .query = "{since?: int, job?: text, cursor?: text, ts?: text}",
     .answer = "{ok: bool, training: Training}", .handle = get_status},
    {.method = "GET", .path = "/api/training/log-tail", .summary = "The last lines of the log",
     .query = "{lines?: int(1..2000)}",
     .answer = "{ok: bool, lines: [text], log_text: text, running: bool, exit_code: int | null}",
     .handle = get_log_tail},
    {.method = "GET", .path = "/api/training/log", .summary = "The whole log", .type = "text/plain; charset=utf-8",
     .handle = get_log},
    {.method = "GET", .path = "/api/training/curves", .summary = "Loss, recall and false accepts an hour by step",
     .answer = "{ok: bool, steps: int, loss: [[number]], judged: [[number]]}", .handle = get_curves},
    {.method = "GET", .path = "/api/events",
     .summary = "What changes, as server-sent events: training, log, metric, recordings, models",
     .query = "{since?: int}", .type = "text/event-stream", .handle = get_events},
};
const struct route_table routes_train = {"Training", routes, COUNT_OF(routes)};
