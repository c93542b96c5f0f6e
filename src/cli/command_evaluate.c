// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/test_set.h"
#include "detect/detect.h"

#include <stdlib.h>
#include <string.h>

// Everything that one evaluation holds; released in one place.
struct session {
    struct test_set set;
    struct model_pair pair;
    struct track_list negatives;
    bool json;
};

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
    int code = test_set_positives(&session->set, session->pair.model, condition, &tracks, error);
    if (code == 0) {
        struct operating_point point;
        evaluate_point(&tracks, &session->negatives, session->pair.cutoff_byte, session->pair.window, &point);
        if (!session->json) {
            print_point(condition->name, &point);
            if (session->set.condition_count == 1)
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
    struct test_set *set = &session->set;
    TRY(test_set_negatives(set, session->pair.model, &session->negatives, error));
    json_t *document = json_pack("{s:o, s:f, s:i}", "model", json_name(model), "cutoff", session->pair.cutoff, "window",
                                 session->pair.window);
    json_t *conditions = json_array();
    int code = 0;
    for (size_t i = 0; i < set->condition_count && code == 0 && set->positives; i++)
        code = judge_condition(session, &set->conditions[i], i == 0, document, conditions, error);
    struct operating_point point;
    evaluate_point(&(struct track_list){0}, &session->negatives, session->pair.cutoff_byte, session->pair.window,
                   &point);
    if (code == 0 && session->json) {
        json_object_set_new(document, "negatives", negatives_json(session, &point));
        json_object_set(document, "conditions", conditions);
        code = print_json(json_incref(document), error);
    } else if (code == 0) {
        if (set->negatives)
            print_negatives(session, &point);
        code = print_done(error);
    }
    json_decref(conditions);
    json_decref(document);
    return code;
}

int command_evaluate(int argc, char **argv, struct error *error)
{
    struct session session = {0};
    double cutoff = -1;
    int64_t window = 0;
    bool done;
    const struct option_row rows[] = {
        TEST_SET_OPTIONS(&session.set),
        {"cutoff", 0, OPTION_REAL, &cutoff, 0, 1, "P", "probability cutoff (default: the manifest's)"},
        {"window", 0, OPTION_INTEGER, &window, 1, DETECT_MAX_WINDOW, "N", "sliding window (default: the manifest's)"},
        {"json", 0, OPTION_FLAG, &session.json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals files;
    int code = command_parse("evaluate", rows, COUNT_OF(rows), argc, argv, 1, 1, &files, &done, error);
    if (code == 0 && !done)
        code = test_set_open(&session.set, "evaluate", 1, session.json, error);
    if (code == 0 && !done)
        code = model_pair_open(&session.pair, files.items[0], cutoff, window, error);
    if (code == 0 && !done)
        code = watch_close(&session.set.watch, judge(&session, files.items[0], error));
    track_list_free(&session.negatives);
    test_set_close(&session.set);
    model_pair_close(&session.pair);
    return code;
}
