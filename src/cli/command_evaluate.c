// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "evaluate/evaluate.h"

#include <stdlib.h>
#include <string.h>

struct request {
    const char *positives, *negatives, *babble;
    struct text_list conditions;
    bool json;
    int64_t threads;
};

// Everything that one evaluation holds; released in one place.
struct session {
    struct request request;
    struct model_pair pair;
    struct pool *pool;
    struct progress progress;
    struct text_list positive_files, negative_files, talker_files;
    struct pcm *talker_audio;
    struct sound *talkers;
    struct track_list negatives;
};

static int load_talkers(struct session *session, struct error *error)
{
    if (!session->request.babble)
        return 0;
    TRY(folder_list(session->request.babble, audio_endings, &session->talker_files, error));
    size_t count = session->talker_files.count;
    session->talker_audio = array_alloc(count + 1, sizeof *session->talker_audio);
    session->talkers = array_alloc(count + 1, sizeof *session->talkers);
    if (!session->talker_audio || !session->talkers)
        return error_memory(error, "the babble recordings");
    for (size_t i = 0; i < count; i++) {
        TRY(audio_read(session->talker_files.items[i], 0, 60, &session->talker_audio[i], error));
        session->talkers[i] =
            (struct sound){session->talker_audio[i].samples, session->talker_audio[i].count, SOUND_SPEECH};
    }
    return 0;
}

static size_t false_accepts_of(const struct session *session, const struct track *track)
{
    return detect_count(track->bytes, track->count, session->negatives.stride, session->pair.cutoff_byte,
                        session->pair.window, NULL, 0);
}

static json_t *positives_json(const struct session *session, const struct track_list *tracks,
                              const struct operating_point *point)
{
    json_t *files = json_array();
    for (size_t i = 0; i < tracks->count; i++) {
        int sum = detect_max_sum(tracks->items[i].bytes, tracks->items[i].count, session->pair.window);
        json_array_append_new(files, json_pack("{s:o, s:b, s:i}", "file", json_name(tracks->items[i].name), "detected",
                                               sum > session->pair.cutoff_byte * session->pair.window, "max_sum", sum));
    }
    return json_pack("{s:I, s:I, s:f, s:o, s:o}", "clips", (json_int_t)point->clips, "detected",
                     (json_int_t)point->detected, "recall", point->recall, "recall_interval",
                     interval_json(point->recall_interval), "files", files);
}

static json_t *negatives_json(const struct session *session, const struct operating_point *point)
{
    json_t *files = json_array();
    for (size_t i = 0; i < session->negatives.count; i++) {
        const struct track *track = &session->negatives.items[i];
        json_array_append_new(files, json_pack("{s:o, s:f, s:I}", "file", json_name(track->name), "seconds",
                                               (double)track->rows / 100, "false_accepts",
                                               (json_int_t)false_accepts_of(session, track)));
    }
    return json_pack("{s:f, s:I, s:f, s:o, s:o}", "hours", point->hours, "false_accepts",
                     (json_int_t)point->false_accepts, "per_hour", point->per_hour, "per_hour_interval",
                     interval_json(point->per_hour_interval), "files", files);
}

static json_t *curve_json(const struct session *session, const struct track_list *tracks)
{
    struct operating_point points[64];
    size_t count = evaluate_curve(tracks, &session->negatives, session->pair.window, 12, 252, 4, points);
    json_t *curve = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(curve, json_pack("{s:f, s:i, s:f, s:I, s:f}", "cutoff", (points[i].cutoff + 0.5) / 255,
                                               "byte", points[i].cutoff, "recall", points[i].recall, "false_accepts",
                                               (json_int_t)points[i].false_accepts, "per_hour", points[i].per_hour));
    return curve;
}

static void print_point(const char *name, const struct operating_point *point)
{
    printf("%-12s hears %zu of %zu = %.1f %% (95 %%: %.1f to %.1f)\n", name, point->detected, point->clips,
           100 * point->recall, 100 * point->recall_interval.low, 100 * point->recall_interval.high);
}

static void print_curve(const struct session *session, const struct track_list *tracks)
{
    static const int cutoffs[] = {25, 51, 76, 102, 127, 153, 178, 204, 216, 229, 237, 242, 247, 249, 252};
    bool heard = session->negatives.count > 0; // without negatives there is no rate to tell
    puts(heard ? "  cutoff  recall  false accepts per hour" : "  cutoff  recall");
    for (size_t i = 0; i < COUNT_OF(cutoffs); i++) {
        struct operating_point point;
        evaluate_point(tracks, &session->negatives, (uint8_t)cutoffs[i], session->pair.window, &point);
        printf("  %.2f    %.3f", (cutoffs[i] + 0.5) / 255, point.recall);
        if (heard)
            printf("   %.2f", point.per_hour);
        putchar('\n');
    }
}

static void print_files(const struct session *session, const struct track_list *tracks)
{
    for (size_t i = 0; i < tracks->count; i++)
        if (detect_max_sum(tracks->items[i].bytes, tracks->items[i].count, session->pair.window) <=
            session->pair.cutoff_byte * session->pair.window)
            printf("missed: %s\n", tracks->items[i].name);
}

static void print_negatives(const struct session *session, const struct operating_point *point)
{
    printf("wakes by mistake %zu times in %.2f h = %.2f per hour (95 %%: %.2f to %.2f)\n", point->false_accepts,
           point->hours, point->per_hour, point->per_hour_interval.low, point->per_hour_interval.high);
    for (size_t i = 0; i < session->negatives.count; i++) {
        size_t count = false_accepts_of(session, &session->negatives.items[i]);
        if (count)
            printf("woke %zu times: %s\n", count, session->negatives.items[i].name);
    }
}

// One condition: tracks, text or JSON. `clean` is what the top-level "positives" holds.
static int judge_condition(struct session *session, const struct condition *condition, bool first, json_t *document,
                           json_t *conditions, struct error *error)
{
    struct track_list tracks = {0};
    int code = evaluate_files(session->pair.model, &session->positive_files, condition, session->talkers,
                              session->talker_files.count, session->pool, &session->progress, &tracks, error);
    if (code == 0) {
        struct operating_point point;
        evaluate_point(&tracks, &session->negatives, session->pair.cutoff_byte, session->pair.window, &point);
        if (!session->request.json) {
            print_point(condition->name, &point);
            if (session->request.conditions.count <= 1)
                print_files(session, &tracks);
            print_curve(session, &tracks);
        } else {
            json_t *one = positives_json(session, &tracks, &point);
            if (first)
                json_object_set(document, "positives", one);
            json_array_append_new(conditions, json_pack("{s:s, s:o, s:o}", "condition", condition->name, "positives",
                                                        one, "curve", curve_json(session, &tracks)));
        }
    }
    track_list_free(&tracks);
    return code;
}

static int judge(struct session *session, const char *model, struct error *error)
{
    const struct request *request = &session->request;
    if (request->positives)
        TRY(folder_list(request->positives, audio_endings, &session->positive_files, error));
    if (request->negatives)
        TRY(folder_list(request->negatives, audio_endings, &session->negative_files, error));
    if (request->positives && session->positive_files.count == 0)
        return error_set(error, ERROR_MISSING, "--positives: there is no audio in %s", request->positives);
    if (request->negatives && session->negative_files.count == 0)
        return error_set(error, ERROR_MISSING, "--negatives: there is no audio in %s", request->negatives);
    TRY(load_talkers(session, error));
    TRY(pool_open(&session->pool, (int)request->threads, error));
    progress_begin(&session->progress, "negatives");
    TRY(evaluate_files(session->pair.model, &session->negative_files, NULL, NULL, 0, session->pool, &session->progress,
                       &session->negatives, error));
    json_t *document = json_pack("{s:o, s:f, s:i}", "model", json_name(model), "cutoff", session->pair.cutoff, "window",
                                 session->pair.window);
    json_t *conditions = json_array();
    int code = 0;
    size_t count = request->conditions.count ? request->conditions.count : 1;
    for (size_t i = 0; i < count && code == 0 && request->positives; i++) {
        struct condition condition;
        code = condition_parse(request->conditions.count ? request->conditions.items[i] : "clean", &condition, error);
        if (code == 0 && condition.noise == TEST_BABBLE && !request->babble)
            code = error_set(error, ERROR_USAGE, "--condition %s needs --babble DIR with recordings of other talkers",
                             condition.name);
        progress_begin(&session->progress, condition.name);
        if (code == 0)
            code = judge_condition(session, &condition, i == 0, document, conditions, error);
    }
    struct operating_point point;
    evaluate_point(&(struct track_list){0}, &session->negatives, session->pair.cutoff_byte, session->pair.window,
                   &point);
    if (code == 0 && request->json) {
        json_object_set_new(document, "negatives", negatives_json(session, &point));
        json_object_set(document, "conditions", conditions);
        code = print_json(json_incref(document), error);
    } else if (code == 0) {
        if (request->negatives)
            print_negatives(session, &point);
        code = print_done(error);
    }
    json_decref(conditions);
    json_decref(document);
    return code;
}

static void session_close(struct session *session)
{
    for (size_t i = 0; session->talker_audio && i < session->talker_files.count; i++)
        free(session->talker_audio[i].samples);
    free(session->talker_audio);
    free(session->talkers);
    track_list_free(&session->negatives);
    text_list_free(&session->positive_files);
    text_list_free(&session->negative_files);
    text_list_free(&session->talker_files);
    text_list_free(&session->request.conditions);
    pool_close(session->pool);
    model_pair_close(&session->pair);
}

int command_evaluate(int argc, char **argv, struct error *error)
{
    struct session session = {0};
    struct request *request = &session.request;
    double cutoff = -1;
    int64_t window = 0;
    bool done;
    const struct option_row rows[] = {
        {"positives", 0, OPTION_TEXT, &request->positives, 0, 0, "DIR", "recordings of the wake word, one a file"},
        {"negatives", 0, OPTION_TEXT, &request->negatives, 0, 0, "DIR",
         "audio without the wake word; each file is a stream of its own"},
        {"condition", 0, OPTION_LIST, &request->conditions, 0, 0, "C",
         "clean, pink:DB or babble:DB for the positives; repeatable (clean)"},
        {"babble", 0, OPTION_TEXT, &request->babble, 0, 0, "DIR", "talkers for --condition babble:DB"},
        {"cutoff", 0, OPTION_REAL, &cutoff, 0, 1, "P", "probability cutoff (default: the manifest's)"},
        {"window", 0, OPTION_INTEGER, &window, 1, DETECT_MAX_WINDOW, "N", "sliding window (default: the manifest's)"},
        {"threads", 0, OPTION_INTEGER, &request->threads, 0, 256, "N", "threads (default: all processors)"},
        {"json", 0, OPTION_FLAG, &request->json, 0, 0, NULL, "one JSON document on standard output"},
    };
    struct positionals files;
    int code = command_parse("evaluate", rows, COUNT_OF(rows), argc, argv, 1, 1, &files, &done, error);
    if (code == 0 && !done && !request->positives && !request->negatives)
        code = error_set(error, ERROR_USAGE, "nothing to measure: give --positives DIR, --negatives DIR or both");
    struct terminal terminal;
    terminal_open(&terminal);
    cli_catch_signals();
    session.progress =
        (struct progress){.sink = terminal.live ? terminal_progress : NULL, .context = &terminal, .stop = &cli_stop};
    if (code == 0 && !done)
        code = model_pair_open(&session.pair, files.items[0], cutoff, window, error);
    if (code == 0 && !done)
        code = judge(&session, files.items[0], error);
    session_close(&session);
    return code;
}
