// SPDX-License-Identifier: GPL-3.0-or-later
// The events file of a training: JSON lines that `wakesmith train --events` writes. What is not understood is passed
// over, so that another version of the program may tell more.
#include "server/jobs_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void job_events_reset(struct job_events *events)
{
    memset(events, 0, sizeof *events);
    events->eta = -1;
    events->loss = events->recall = events->per_hour = NAN;
}

static void copy_text(char *to, size_t size, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text)
        log_fit(to, size, text);
}

static bool get_number(const json_t *object, const char *key, double *value)
{
    const json_t *number = json_object_get(object, key);
    if (!json_is_number(number))
        return false;
    *value = json_number_value(number);
    return true;
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static void on_begin(struct job_events *events, const json_t *line)
{
    const char *time = json_string_value(json_object_get(line, "time"));
    struct tm utc = {0};
    events->process = (pid_t)json_integer_value(json_object_get(line, "pid"));
    events->began = time && strptime(time, "%Y-%m-%dT%H:%M:%SZ", &utc) ? (double)timegm(&utc) : 0;
    copy_text(events->phrase, sizeof events->phrase, line, "phrase");
    copy_text(events->lang, sizeof events->lang, line, "language");
    copy_text(events->preset, sizeof events->preset, line, "preset");
}

static void on_progress(struct job_events *events, const json_t *line)
{
    double value;
    copy_text(events->stage, sizeof events->stage, line, "stage");
    copy_text(events->note, sizeof events->note, line, "note");
    if (get_number(line, "progress", &value))
        events->part = clamp(value, 0, 1);
    if (get_number(line, "overall", &value))
        events->whole = clamp(value, events->whole, 1);
    events->eta = -1;
    if (get_number(line, "overall_eta_s", &value) && value >= 0)
        events->eta = value;
    events->eta_at = time_now();
}

static void on_metric(struct job_events *events, const json_t *line)
{
    struct job_curves *curves = &events->curves;
    int64_t step = json_integer_value(json_object_get(line, "step"));
    int64_t steps = json_integer_value(json_object_get(line, "steps"));
    if (steps < 1 || step < 0 || step > steps)
        return;
    if (curves->steps != steps)
        *curves = (struct job_curves){.steps = steps};
    events->step = step;
    events->steps = steps;
    int64_t index = (int64_t)((double)step / (double)steps * JOB_POINTS);
    struct job_point *point = &curves->points[index < JOB_POINTS ? index : JOB_POINTS - 1];
    double loss, recall, per_hour;
    if (get_number(line, "loss", &loss) && isfinite(loss)) {
        events->loss = loss;
        point->loss += loss;
        point->losses++;
        point->step = step > point->step ? step : point->step;
    }
    if (get_number(line, "recall", &recall) && get_number(line, "per_hour", &per_hour)) {
        events->recall = recall;
        events->per_hour = per_hour;
        if (!point->judged || recall > point->recall)
            *point = (struct job_point){point->step, step, point->loss, point->losses, true, recall, per_hour};
    }
}

static void on_finished(struct job_events *events, const json_t *line)
{
    const char *model = json_string_value(json_object_get(line, "model"));
    copy_text(events->run, sizeof events->run, line, "run");
    if (model && !*events->run) { // .../output/<run>/<id>.tflite
        const char *slash = strrchr(model, '/'), *before = slash ? memrchr(model, '/', (size_t)(slash - model)) : NULL;
        before = before ? before + 1 : model;
        if (slash && slash - before < (long)sizeof events->run)
            memcpy(events->run, before, (size_t)(slash - before));
    }
    events->finished = true;
    events->whole = events->part = 1;
    events->eta = 0;
}

static void on_ended(struct job_events *events, const json_t *line)
{
    events->ended = true; // `code` is of the program's errors; here it is as the program would exit
    events->code = json_is_true(json_object_get(line, "stopped"))           ? 2
                   : json_integer_value(json_object_get(line, "code")) == 0 ? 0
                                                                            : 1;
    copy_text(events->reason, sizeof events->reason, line, "reason");
}

static const struct {
    const char *name;
    void (*take)(struct job_events *events, const json_t *line);
} kinds[] = {{"begin", on_begin},   {"progress", on_progress}, {"stage_done", on_progress},
             {"metric", on_metric}, {"finished", on_finished}, {"ended", on_ended}};

void job_events_take(struct job_events *events, const char *text, size_t size,
                     void (*metric)(void *context, json_t *point), void *context)
{
    json_t *line = json_loadb(text, size, 0, NULL);
    const char *name = json_string_value(json_object_get(line, "event"));
    for (size_t i = 0; name && i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) {
            kinds[i].take(events, line);
            if (metric && kinds[i].take == on_metric)
                metric(context, line);
        }
    json_decref(line);
}

bool job_events_read(struct job_events *events, const char *path, void (*metric)(void *context, json_t *point),
                     void *context)
{
    enum { MOST = 1 << 20, PIECES = 8 }; // a flood is read in several turns
    bool news = false;
    for (int i = 0; i < PIECES; i++) {
        struct log_piece piece;
        struct error error;
        if (log_read(path, events->offset, MOST, false, &piece, &error) < 0)
            return news;
        bool again = piece.begin == events->offset && piece.size > 0;
        const char *at = piece.data, *end = piece.data + piece.size;
        while (again && at < end) {
            const char *newline = memchr(at, '\n', (size_t)(end - at));
            job_events_take(events, at, (size_t)((newline ? newline : end) - at), metric, context);
            at = newline ? newline + 1 : end;
        }
        events->offset = again ? piece.next : events->offset;
        news = news || again;
        free(piece.data);
        if (!again)
            break;
    }
    return news;
}

json_t *job_curves_json(const struct job_curves *curves)
{
    json_t *loss = json_array(), *judged = json_array();
    for (int i = 0; i < JOB_POINTS; i++) {
        const struct job_point *point = &curves->points[i];
        if (point->losses)
            json_array_append_new(loss,
                                  json_pack("[I, f]", (json_int_t)point->step, point->loss / (double)point->losses));
        if (point->judged)
            json_array_append_new(
                judged, json_pack("[I, f, f]", (json_int_t)point->judged_step, point->recall, point->per_hour));
    }
    return json_pack("{s:b, s:I, s:o, s:o}", "ok", true, "steps", (json_int_t)curves->steps, "loss", loss, "judged",
                     judged);
}
