// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "pipeline/pipeline.h"
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

struct look {
    const char *data, *wanted; // a run's name or an id; NULL: all
    bool json;
    json_t *list; // of --json
    size_t count;
    char *name; // of the run that was found
};

static bool is_wanted(const struct look *look, const struct run_facts *facts)
{
    return !look->wanted || strcmp(facts->id, look->wanted) == 0 || strcmp(facts->name, look->wanted) == 0;
}

static void print_time(char text[32], time_t when)
{
    struct tm local;
    localtime_r(&when, &local);
    strftime(text, 32, "%Y-%m-%d %H:%M", &local);
}

static const struct sensitivity *published_level(const struct run_facts *facts)
{
    for (size_t i = 0; i < facts->level_count; i++)
        if (strcmp(facts->levels[i].name, "moderately") == 0)
            return &facts->levels[i];
    return NULL;
}

static json_t *run_json(const struct run_facts *facts)
{
    const struct sensitivity *level = published_level(facts);
    json_t *run = json_pack("{s:o, s:o, s:o, s:o, s:b, s:I}", "run", json_name(facts->name), "folder",
                            json_name(facts->folder), "id", json_name(facts->id), "title", json_name(facts->title),
                            "published", facts->published, "created", (json_int_t)facts->created);
    if (*facts->fault)
        json_object_set_new(run, "fault", json_name(facts->fault));
    else {
        json_object_set_new(run, "bytes", json_integer((json_int_t)facts->model_bytes));
        json_object_set_new(run, "cutoff", json_real(facts->manifest.cutoff));
        json_object_set_new(run, "window", json_integer(facts->manifest.window));
        json_object_set_new(run, "arena", json_integer(facts->manifest.arena));
    }
    if (level) {
        json_object_set_new(run, "recall", json_real(level->calibration.point.recall));
        json_object_set_new(run, "per_hour", json_real(level->calibration.point.per_hour));
    }
    return run;
}

static int list_one(void *context, const struct run_facts *facts, struct error *error)
{
    struct look *look = context;
    (void)error;
    if (!is_wanted(look, facts))
        return 0;
    look->count++;
    if (look->json) {
        json_array_append_new(look->list, run_json(facts));
        return 0;
    }
    char when[32];
    const struct sensitivity *level = published_level(facts);
    print_time(when, facts->created);
    printf("%c %s  %s", facts->published ? '*' : ' ', when, facts->name);
    if (*facts->fault)
        printf("  cannot be used: %s\n", facts->fault);
    else if (level)
        printf("  \"%s\" hears %.1f %%, wakes by mistake %.2f times an hour\n", facts->title,
               100 * level->calibration.point.recall, level->calibration.point.per_hour);
    else
        printf("  \"%s\", without a report\n", facts->title);
    return 0;
}

static int list_runs(struct look *look, const struct positionals *words, struct error *error)
{
    look->wanted = words->count > 1 ? words->items[1] : NULL;
    look->list = look->json ? json_array() : NULL;
    int code = runs_visit(look->data, list_one, look, error);
    if (look->json && code == 0)
        return print_json(json_pack("{s:o}", "runs", look->list), error);
    json_decref(look->list);
    if (code == 0 && look->count == 0)
        printf("no runs%s%s in %s/output\n", look->wanted ? " of " : "", look->wanted ? look->wanted : "", look->data);
    else if (code == 0)
        puts("* the newest of its word, which devices fetch");
    return code < 0 ? code : print_done(error);
}

static void show_run(const struct run_facts *facts)
{
    char when[32];
    print_time(when, facts->created);
    printf("Name:     %s\nId:       %s\nMade:     %s%s\nFolder:   %s\n", facts->title, facts->id, when,
           facts->published ? " (the newest of its word)" : "", facts->folder);
    if (*facts->fault) {
        printf("Cannot be used: %s\n", facts->fault);
        return;
    }
    printf("Model:    %s/%s.tflite (%zu bytes)\nMetadata: %s/%s.json\nCutoff:   %.3f over %d, arena %ld bytes\n",
           facts->folder, facts->id, facts->model_bytes, facts->folder, facts->id, facts->manifest.cutoff,
           facts->manifest.window, facts->manifest.arena);
    for (size_t i = 0; i < facts->level_count; i++) {
        const struct calibration *level = &facts->levels[i].calibration;
        printf("  %-11s cutoff %.3f: hears %.1f %%, wakes by mistake %.2f times an hour\n", facts->levels[i].name,
               level->cutoff, 100 * level->point.recall, level->point.per_hour);
    }
    if (facts->level_count == 0)
        puts("  without a report");
}

// The first that is wanted: with an id the newest.
static int take_one(void *context, const struct run_facts *facts, struct error *error)
{
    struct look *look = context;
    if (look->name || !is_wanted(look, facts))
        return 0;
    look->name = strdup(facts->name);
    return look->name ? 0 : error_memory(error, "the name of a run");
}

static int show_one(void *context, const struct run_facts *facts, struct error *error)
{
    struct look *look = context;
    TRY(take_one(context, facts, error));
    if (strcmp(look->name ? look->name : "", facts->name) != 0)
        return 0;
    if (look->json)
        return print_json(run_json(facts), error);
    show_run(facts);
    return print_done(error);
}

static int find(struct look *look, const char *wanted, run_visitor *visit, struct error *error)
{
    look->wanted = wanted;
    free(look->name);
    look->name = NULL;
    TRY(runs_visit(look->data, visit, look, error));
    return look->name ? 0
                      : error_set(error, ERROR_MISSING,
                                  "there is no run %.100s in %s/output; wakesmith runs lists them", wanted, look->data);
}

static int show_runs(struct look *look, const struct positionals *words, struct error *error)
{
    for (int i = 1; i < words->count; i++)
        TRY(find(look, words->items[i], show_one, error));
    return 0;
}

static int delete_runs(struct look *look, const struct positionals *words, struct error *error)
{
    for (int i = 1; i < words->count; i++) {
        char *ticket;
        TRY(find(look, words->items[i], take_one, error));
        TRY(runs_remove(look->data, look->name, &ticket, error));
        printf("%s is in the trash for a week; wakesmith runs restore %s brings it back\n", look->name, ticket);
        free(ticket);
    }
    return print_done(error);
}

static int restore_runs(struct look *look, const struct positionals *words, struct error *error)
{
    for (int i = 1; i < words->count; i++) {
        char *name;
        TRY(runs_restore(look->data, words->items[i], &name, error));
        printf("%s is back\n", name);
        free(name);
    }
    return print_done(error);
}

static const struct {
    const char *name;
    int least;
    int (*run)(struct look *look, const struct positionals *words, struct error *error);
} actions[] = {
    {"list", 0, list_runs}, {"show", 2, show_runs}, {"delete", 2, delete_runs}, {"restore", 2, restore_runs}};

int command_runs(int argc, char **argv, struct error *error)
{
    struct look look = {0};
    const char *data_dir = NULL;
    bool done;
    const struct option_row rows[] = {
        {"data-dir", 0, OPTION_TEXT, &data_dir, 0, 0, "DIR", "data folder (default: as for train)"},
        {"json", 0, OPTION_FLAG, &look.json, 0, 0, NULL, "list, show: JSON"},
    };
    struct positionals words;
    TRY(command_parse("runs", rows, COUNT_OF(rows), argc, argv, 0, 64, &words, &done, error));
    if (done)
        return 0;
    const char *what = words.count ? words.items[0] : "list";
    char *data = data_dir ? strdup(data_dir) : pipeline_data_dir();
    look.data = data;
    int code = error_set(error, ERROR_USAGE, "say list, show, delete or restore, not \"%.40s\"", what);
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(what, actions[i].name) == 0)
            code = !data ? error_memory(error, "the data directory")
                   : words.count < actions[i].least
                       ? error_set(error, ERROR_USAGE, "runs %s: name at least one", actions[i].name)
                       : actions[i].run(&look, &words, error);
    free(look.name);
    free(data);
    return code;
}
