// SPDX-License-Identifier: GPL-3.0-or-later
// "Data": what takes how much room, and what of it may go.
#include "server/data_internal.h"

#include <stdlib.h>
#include <string.h>

static int entry_json(const struct server *server, const struct data_entry *entry, json_t **json, struct error *error)
{
    struct data_size size;
    TRY(data_measure_entry(server->data_dir, entry, &size, error));
    *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:b}", "id", entry->id, "label", entry->label, "category",
                      entry->category, "description", entry->description, "bytes", (json_int_t)size.bytes, "files",
                      (json_int_t)size.files, "irreplaceable", entry->irreplaceable, "deletable", entry->deletable);
    return *json ? 0 : error_memory(error, "an answer");
}

static int list_data(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    json_t *entries = json_array();
    for (size_t i = 0; i < data_entry_count; i++) {
        json_t *entry = NULL;
        int code = entry_json(server, &data_entries[i], &entry, error);
        if (code < 0) {
            json_decref(entries);
            return code;
        }
        json_array_append_new(entries, entry);
    }
    struct data_size total = {0};
    struct error ignored;
    uint64_t room = 0;
    data_measure(server->data_dir, &total);
    folder_room(server->data_dir, &room, &ignored); // not known: 0
    return reply_json(reply, json_pack("{s:b, s:o, s:I, s:I}", "ok", true, "entries", entries, "total_bytes",
                                       (json_int_t)total.bytes, "free_bytes", (json_int_t)room), error);
}

static int remove_data(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct data_size released;
    for (size_t i = 0; i < data_entry_count; i++) {
        if (strcmp(data_entries[i].id, request->values[0]) != 0)
            continue;
        if (!data_entries[i].deletable)
            return error_set(error, ERROR_STATE, "%s cannot be deleted as a whole: delete them one by one",
                             data_entries[i].label);
        TRY(data_remove_entry(server, &data_entries[i], &released, error));
        return reply_json(reply, json_pack("{s:b, s:I}", "ok", true, "released_bytes", (json_int_t)released.bytes), error);
    }
    return error_set(error, ERROR_MISSING, "there is no data called %s", request->values[0]);
}

// ---- sets of recordings -----------------------------------------------------------------------------------

static double hours_of(const json_t *set, const char *wanted)
{
    const char *kind, *language;
    json_t *languages, *value;
    double hours = 0;
    json_object_foreach(json_object_get(set, "hours"), kind, languages)
        json_object_foreach(languages, language, value)
            hours += !wanted || strcmp(kind, wanted) == 0 ? json_number_value(value) : 0;
    return hours;
}

static json_t *sets_json(const json_t *told)
{
    json_t *sets = json_array(), *set;
    size_t i;
    json_array_foreach(json_object_get(told, "sets"), i, set)
        if (json_object_get(set, "hours")) // else it is not whole, and trains nothing
            json_array_append_new(sets, json_pack("{s:O, s:f, s:f}", "name", json_object_get(set, "name"), "hours",
                                                  hours_of(set, NULL), "speech_hours", hours_of(set, "speech")));
    return sets;
}

static int list_datasets(struct server *server, const struct request *request, struct reply *reply,
                         struct error *error)
{
    enum { SECONDS = 60, ANSWER_MAXIMUM = 1 << 20 };
    (void)request;
    char *data = text_print("--data-dir=%s", server->data_dir), *output = NULL;
    const char *arguments[] = {"datasets", "list", "--json", data, NULL};
    size_t size = 0;
    int code = data ? child_run(server, arguments, SECONDS, ANSWER_MAXIMUM, &output, &size, error)
                    : error_memory(error, "a path");
    json_t *told = code == 0 ? json_loadb(output, size, 0, NULL) : NULL;
    free(output);
    free(data);
    TRY(code);
    const json_t *offer = server->options.offline ? NULL : json_object_get(told, "debian");
    json_t *answer = json_pack("{s:b, s:o, s:o}", "ok", 1, "sets", sets_json(told), "debian",
                               json_is_object(offer) ? json_deep_copy(offer) : json_null());
    json_decref(told);
    return reply_json(reply, answer, error);
}

static const struct route routes[] = {
    {.method = "GET",
     .path = "/api/data",
     .summary = "What lies in the data directory, and how much room is left on its disk.",
     .answer = "{ok: bool, entries: [{id: text, label: text, category: text, description: text, bytes: int, files: int,"
               " irreplaceable: bool, deletable: bool}], total_bytes: int, free_bytes: int}",
     .handle = list_data},
    {.method = "DELETE",
     .path = "/api/data/{id}",
     .summary = "Deletes what a row names; not while a training runs.",
     .answer = "{ok: bool, released_bytes: int}",
     .handle = remove_data},
    {.method = "GET",
     .path = "/api/datasets",
     .summary = "The sets of recordings that trainings use, and what fetching the set debian would bring; null: nothing,"
                " or it cannot be fetched here.",
     .answer = "{ok: bool, sets: [{name: text, hours: number, speech_hours: number}],"
               " debian: {download_bytes: int | null, disk_bytes: int | null} | null}",
     .handle = list_datasets},
};
const struct route_table routes_data = {"Data", routes, COUNT_OF(routes)};
