// SPDX-License-Identifier: GPL-3.0-or-later
// Two models on the same recordings. Published cutoffs differ in how careful they are, so each pair is judged twice:
// as its manifest says, and where each hears most with at most so many false accepts an hour on these recordings.
#include "cli/test_set.h"
#include "detect/detect.h"

#include <math.h>
#include <string.h>

struct comparison {
    struct test_set set;
    struct model_pair pairs[2];
    struct track_list negatives[2];
    double per_hour; // of the second judgement
    bool json;
};

struct duel { // at one operating point each
    uint8_t cutoffs[2];
    size_t clips, hits[2], only[2];
};

// Cutoff byte at which a model hears most with at most `per_hour`; false when no cutoff is so quiet.
static bool best_cutoff(const struct comparison *comparison, int model, const struct track_list *words, uint8_t *cutoff)
{
    struct operating_point points[256];
    size_t count =
        evaluate_curve(words, &comparison->negatives[model], comparison->pairs[model].window, 1, 254, 1, points);
    double recall = -1;
    for (size_t i = 0; i < count; i++)
        if (points[i].per_hour <= comparison->per_hour && points[i].recall > recall) {
            recall = points[i].recall;
            *cutoff = points[i].cutoff;
        }
    return recall >= 0;
}

static void fight(const struct comparison *comparison, const struct track_list words[2], struct duel *duel)
{
    duel->clips = words[0].count;
    for (size_t i = 0; i < words[0].count; i++) {
        bool heard[2];
        for (int m = 0; m < 2; m++) {
            int window = comparison->pairs[m].window;
            heard[m] =
                detect_max_sum(words[m].items[i].bytes, words[m].items[i].count, window) > duel->cutoffs[m] * window;
            duel->hits[m] += heard[m];
        }
        duel->only[0] += heard[0] && !heard[1];
        duel->only[1] += heard[1] && !heard[0];
    }
}

// ---- text ----

static const char *winner(struct interval difference, bool more_is_better)
{
    bool first = more_is_better ? difference.high < 0 : difference.low > 0;
    bool second = more_is_better ? difference.low > 0 : difference.high < 0;
    return first ? "  <- the first" : second ? "  <- the second" : "";
}

static double difference_of(const struct duel *duel)
{
    return ((double)duel->hits[1] - (double)duel->hits[0]) / (double)duel->clips;
}

static void print_duel(const char *name, const struct duel *duel)
{
    struct interval interval = paired_interval(duel->only[0], duel->only[1], duel->clips);
    printf("  %-20s %5.1f %%     %5.1f %%     %+5.1f (%+.1f to %+.1f)%s\n", name,
           100 * (double)duel->hits[0] / (double)duel->clips, 100 * (double)duel->hits[1] / (double)duel->clips,
           100 * difference_of(duel), 100 * interval.low, 100 * interval.high, winner(interval, true));
}

static void print_rates(const size_t counts[2], double hours)
{
    struct interval interval = rate_difference_interval(counts[0], counts[1], hours);
    printf("  %-20s %5.2f /h    %5.2f /h    %+5.2f (%+.2f to %+.2f)%s\n", "wakes", (double)counts[0] / hours,
           (double)counts[1] / hours, ((double)counts[1] - (double)counts[0]) / hours, interval.low, interval.high,
           winner(interval, false));
}

// ---- JSON ----

static json_t *duel_json(const struct duel *duel)
{
    return json_pack("{s:[i,i], s:[I,I], s:[f,f], s:f, s:o, s:[I,I]}", "cutoff_bytes", duel->cutoffs[0],
                     duel->cutoffs[1], "detected", (json_int_t)duel->hits[0], (json_int_t)duel->hits[1], "recall",
                     (double)duel->hits[0] / (double)duel->clips, (double)duel->hits[1] / (double)duel->clips,
                     "difference", difference_of(duel), "difference_interval",
                     interval_json(paired_interval(duel->only[0], duel->only[1], duel->clips)), "only_one_hears",
                     (json_int_t)duel->only[0], (json_int_t)duel->only[1]);
}

static json_t *rates_json(const size_t counts[2], double hours)
{
    return json_pack("{s:f, s:[I,I], s:[f,f], s:f, s:o}", "hours", hours, "false_accepts", (json_int_t)counts[0],
                     (json_int_t)counts[1], "per_hour", (double)counts[0] / hours, (double)counts[1] / hours,
                     "difference", ((double)counts[1] - (double)counts[0]) / hours, "difference_interval",
                     interval_json(rate_difference_interval(counts[0], counts[1], hours)));
}

// ---- the walk ----

static int compare_condition(struct comparison *comparison, const struct condition *condition, json_t *list,
                             struct error *error)
{
    struct track_list words[2] = {{0}, {0}};
    int code = 0;
    for (int m = 0; m < 2 && code == 0; m++)
        code = test_set_positives(&comparison->set, comparison->pairs[m].model, condition, &words[m], error);
    if (code == 0) {
        struct duel published = {.cutoffs = {comparison->pairs[0].cutoff_byte, comparison->pairs[1].cutoff_byte}},
                    equal = {0};
        bool quiet = comparison->set.negatives != NULL;
        for (int m = 0; m < 2; m++)
            quiet = quiet && best_cutoff(comparison, m, &words[m], &equal.cutoffs[m]);
        fight(comparison, words, &published);
        if (quiet)
            fight(comparison, words, &equal);
        json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:o?}", "condition", condition->name, "clips",
                                              (json_int_t)published.clips, "published", duel_json(&published), "equal",
                                              quiet ? duel_json(&equal) : NULL));
        if (!comparison->json) {
            char name[64];
            snprintf(name, sizeof name, "%s, <= %g/h", condition->name, comparison->per_hour);
            print_duel(condition->name, &published);
            if (quiet)
                print_duel(name, &equal);
        }
    }
    track_list_free(&words[0]);
    track_list_free(&words[1]);
    return code;
}

static int compare(struct comparison *comparison, const struct positionals *files, struct error *error)
{
    struct test_set *set = &comparison->set;
    struct operating_point points[2];
    for (int m = 0; m < 2; m++) {
        TRY(model_pair_open(&comparison->pairs[m], files->items[m], -1, 0, error));
        TRY(test_set_negatives(set, comparison->pairs[m].model, &comparison->negatives[m], error));
        evaluate_point(&(struct track_list){0}, &comparison->negatives[m], comparison->pairs[m].cutoff_byte,
                       comparison->pairs[m].window, &points[m]);
    }
    const size_t counts[2] = {points[0].false_accepts, points[1].false_accepts};
    json_t *models = json_array(), *conditions = json_array();
    for (int m = 0; m < 2; m++)
        json_array_append_new(models, json_pack("{s:o, s:f, s:i}", "model", json_name(files->items[m]), "cutoff",
                                                comparison->pairs[m].cutoff, "window", comparison->pairs[m].window));
    if (!comparison->json)
        printf("                       first       second      difference (95 %%)\n");
    int code = 0;
    for (size_t i = 0; i < set->condition_count && set->positives && code == 0; i++)
        code = compare_condition(comparison, &set->conditions[i], conditions, error);
    if (code == 0 && comparison->json) {
        json_t *document = json_pack("{s:O, s:O, s:o?}", "models", models, "conditions", conditions, "negatives",
                                     set->negatives ? rates_json(counts, points[0].hours) : NULL);
        code = print_json(document, error);
    } else if (code == 0) {
        if (set->negatives)
            print_rates(counts, points[0].hours);
        puts("A difference is marked where its interval leaves out zero; the others these recordings cannot tell "
             "apart.");
        code = print_done(error);
    }
    json_decref(models);
    json_decref(conditions);
    return code;
}

int command_compare(int argc, char **argv, struct error *error)
{
    struct comparison comparison = {.per_hour = .5};
    bool done;
    const struct option_row rows[] = {
        TEST_SET_OPTIONS(&comparison.set),
        {"per-hour", 0, OPTION_REAL, &comparison.per_hour, 0, 1000, "X",
         "also where each has at most X false accepts an hour (.5)"},
        {"json", 0, OPTION_FLAG, &comparison.json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals files;
    int code = command_parse("compare", rows, COUNT_OF(rows), argc, argv, 2, 2, &files, &done, error);
    if (code == 0 && !done)
        code = test_set_open(&comparison.set, "compare", 2, comparison.json, error);
    if (code == 0 && !done)
        code = watch_close(&comparison.set.watch, compare(&comparison, &files, error));
    for (int m = 0; m < 2; m++) {
        track_list_free(&comparison.negatives[m]);
        model_pair_close(&comparison.pairs[m]);
    }
    test_set_close(&comparison.set);
    return code;
}
