// SPDX-License-Identifier: GPL-3.0-or-later
// "Models": the list for the page, and the files as ESPHome fetches them.
#include "server/models_internal.h"

#include <stdlib.h>
#include <string.h>

static const char forever[] = "public, max-age=31536000, immutable";

// ---- the list --------------------------------------------------------------------------------------------------

static int append_runs(struct server *server, const struct request *request, json_t *models, json_t *damaged,
                       char base_url[MODELS_MAX_URL], struct error *error)
{
    TRY(models_base_url(server, request, base_url, error));
    TRY(models_begin(server->models, error));
    for (size_t i = 0; i < models_count(server->models); i++) {
        const struct run *run = models_at(server->models, i);
        if (run->fault[0])
            json_array_append_new(damaged, models_describe_fault(run));
        else
            json_array_append_new(models, models_describe(run, base_url));
    }
    models_end(server->models);
    return 0;
}

static int list_models(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char base_url[MODELS_MAX_URL] = "";
    json_t *models = json_array(), *damaged = json_array();
    int code = append_runs(server, request, models, damaged, base_url, error);
    json_t *answer =
        json_pack("{s:b, s:s, s:o, s:o}", "ok", true, "base_url", base_url, "models", models, "damaged", damaged);
    if (code == 0)
        return reply_json(reply, answer, error);
    json_decref(answer);
    return code;
}

// The lines for ESPHome, with the address of the published model or of this very run. Caller frees.
static char *run_yaml(const struct run *run, const char *base_url, bool published, const char *level)
{
    char name[TEXT_ID_SIZE + 16];
    snprintf(name, sizeof name, "%s.json", run->id);
    char *url = published ? text_print("%s/models/%s", base_url, name) : models_run_url(run, base_url, name);
    char *yaml = url ? models_yaml(run, url, level) : NULL;
    free(url);
    return yaml;
}

static json_t *read_manifest(const struct run *run)
{
    char *path = text_print("%s/%s.json", run->folder, run->id);
    json_t *manifest = path ? json_load_file(path, 0, NULL) : NULL;
    free(path);
    return manifest;
}

static int show_model(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char base_url[MODELS_MAX_URL];
    const struct run *run;
    json_t *answer = NULL;
    TRY(models_base_url(server, request, base_url, error));
    TRY(models_begin(server->models, error));
    int code = models_find_run(server->models, request->values[0], &run, error);
    if (code == 0) {
        char *yaml = run_yaml(run, base_url, run->published,
                              json_string_value(json_object_get(request->query, "level")));
        answer = json_pack("{s:b, s:o, s:o?, s:O?, s:s?}", "ok", true, "model", models_describe(run, base_url),
                           "manifest", read_manifest(run), "report", run->report, "yaml", yaml);
        if (run->report == NULL)
            json_object_set_new(answer, "report", json_null());
        free(yaml);
    }
    models_end(server->models);
    return code < 0 ? code : reply_json(reply, answer, error);
}

static int remove_model(struct server *server, const struct request *request, struct reply *reply,
                        struct error *error)
{
    char *ticket = NULL;
    TRY(models_remove(server->models, request->values[0], &ticket, error));
    json_t *answer = json_pack("{s:b, s:s}", "ok", true, "ticket", ticket);
    free(ticket);
    jobs_announce(server->jobs, "models", json_object());
    return reply_json(reply, answer, error);
}

// ---- files -----------------------------------------------------------------------------------------------------

enum file_kind { FILE_AS_IT_IS, FILE_MANIFEST, FILE_YAML, FILE_CARD };
static const struct file_ending {
    const char *ending, *type;
    enum file_kind kind;
} file_endings[] = {
    {".report.json", "application/json", FILE_AS_IT_IS},
    {".report.html", "text/html; charset=utf-8", FILE_CARD},
    {".esphome.json", "application/json", FILE_MANIFEST}, // ours has no other keys: it is the manifest itself
    {".json", "application/json", FILE_MANIFEST},
    {".tflite", "application/octet-stream", FILE_AS_IT_IS},
    {".yaml", "text/yaml; charset=utf-8", FILE_YAML},
};

// "jarvis.report.json" is the report of jarvis.
static const struct file_ending *split_name(const char *file, char id[TEXT_ID_SIZE])
{
    size_t length = strlen(file);
    for (size_t i = 0; i < COUNT_OF(file_endings); i++) {
        size_t ending = strlen(file_endings[i].ending);
        if (length <= ending || length - ending >= TEXT_ID_SIZE ||
            strcmp(file + length - ending, file_endings[i].ending) != 0)
            continue;
        snprintf(id, TEXT_ID_SIZE, "%.*s", (int)(length - ending), file);
        return &file_endings[i];
    }
    return NULL;
}

// Made of the JSON on every request: older runs have a page too, and no HTML is served that lies in a folder. The
// page has its style inside and no scripts.
static int reply_card(const struct run *run, struct reply *reply, struct error *error)
{
    char *path = text_print("%s/%s.report.json", run->folder, run->id);
    if (!path)
        return error_memory(error, "a path");
    char *page = NULL;
    int code = file_exists(path) ? card_read(path, &page, &reply->size, error)
                                 : error_set(error, ERROR_MISSING, "the run %s has no report", run->name);
    reply->data = page;
    free(path);
    reply_header(reply, "Content-Security-Policy",
                 "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
                 "form-action 'none'");
    return code;
}

static int reply_run_file(const struct run *run, const struct file_ending *ending, const char *base_url,
                          bool published, struct reply *reply, struct error *error)
{
    if (ending->kind == FILE_YAML) {
        char *yaml = run_yaml(run, base_url, published, NULL);
        if (!yaml)
            return error_memory(error, "the YAML snippet");
        reply->data = yaml;
        reply->size = strlen(yaml);
        reply->type = ending->type;
        reply->cache = "no-cache";
        return 0;
    }
    if (ending->kind == FILE_CARD) {
        reply->type = ending->type;
        reply->cache = "no-cache";
        return reply_card(run, reply, error);
    }
    const char *on_disk = ending->kind == FILE_MANIFEST ? ".json" : ending->ending;
    char *path = text_print("%s/%s%s", run->folder, run->id, on_disk);
    int code = path ? reply_file(reply, path, ending->type, error) : error_memory(error, "a path");
    free(path);
    return code;
}

static int unknown_file(const char *file, struct error *error)
{
    return error_set(error, ERROR_MISSING,
                     "there is no file %s: a model has .json, .tflite, .yaml, .report.json and .report.html", file);
}

static int serve_published(struct server *server, const struct request *request, struct reply *reply,
                           struct error *error)
{
    char id[TEXT_ID_SIZE], base_url[MODELS_MAX_URL];
    const struct run *run;
    const struct file_ending *ending = split_name(request->values[0], id);
    if (!ending)
        return unknown_file(request->values[0], error);
    TRY(models_base_url(server, request, base_url, error));
    TRY(models_begin(server->models, error));
    int code = models_find_published(server->models, id, &run, error);
    if (code == 0)
        code = reply_run_file(run, ending, base_url, true, reply, error);
    if (code == 0)
        reply->modified = models_published_since(server->models, run);
    models_end(server->models);
    return code;
}

static int serve_run(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE], base_url[MODELS_MAX_URL];
    const struct run *run;
    const struct file_ending *ending = split_name(request->values[1], id);
    if (!ending)
        return unknown_file(request->values[1], error);
    TRY(models_base_url(server, request, base_url, error));
    TRY(models_begin(server->models, error));
    int code = models_find_run(server->models, request->values[0], &run, error);
    if (code == 0 && strcmp(run->id, id) != 0)
        code = unknown_file(request->values[1], error);
    if (code == 0)
        code = reply_run_file(run, ending, base_url, false, reply, error);
    if (code == 0 && reply->file)
        reply->cache = forever;
    models_end(server->models);
    return code;
}

static int serve_bundle(struct server *server, const struct request *request, struct reply *reply,
                        struct error *error)
{
    const struct run *run;
    TRY(models_begin(server->models, error));
    int code = models_find_run(server->models, request->values[0], &run, error);
    if (code == 0)
        code = models_bundle(run, &reply->data, &reply->size, error);
    if (code == 0 && !(reply->download = text_print("%s.zip", run->id)))
        code = error_memory(error, "a name");
    models_end(server->models);
    return code;
}

static int show_catalogue(struct server *server, const struct request *request, struct reply *reply,
                          struct error *error)
{
    char base_url[MODELS_MAX_URL];
    TRY(models_base_url(server, request, base_url, error));
    TRY(models_begin(server->models, error));
    json_t *words = json_array();
    for (size_t i = 0; i < models_count(server->models); i++)
        if (models_at(server->models, i)->published)
            json_array_append_new(words, models_catalogue_entry(models_at(server->models, i), base_url));
    models_end(server->models);
    return reply_json(reply, json_pack("{s:b, s:s, s:o}", "ok", true, "base_url", base_url, "wake_words", words), error);
}

static const struct route routes[] = {
    {.method = "GET",
     .path = "/api/models",
     .summary = "Finished runs, newest first, and those that cannot be used with the reason.",
     .answer = "{ok: bool, base_url: text, models: [Model], damaged: [{run: text, created_at: text, fault: text}]}",
     .handle = list_models},
    {.method = "GET",
     .path = "/api/models/{run}",
     .summary = "One run with its manifest, its report and the lines for ESPHome, which begin with `level`.",
     .query = "{level?: \"slightly\" | \"moderately\" | \"very\"}",
     .answer = "{ok: bool, model: Model, manifest: any, report: any, yaml: text}",
     .handle = show_model},
    {.method = "DELETE",
     .path = "/api/models/{run}",
     .summary = "Moves a run to the trash; the ticket brings it back.",
     .answer = "{ok: bool, ticket: text}",
     .handle = remove_model},
    {.method = "GET",
     .path = "/api/models/{run}/bundle.zip",
     .summary = "Model, manifest, report, YAML and log of a run in one file.",
     .type = "application/zip",
     .handle = serve_bundle},
    {.method = "GET",
     .path = "/models/{file}",
     .summary = "<id>.json, <id>.tflite, <id>.yaml, <id>.report.json and <id>.report.html of the newest run, as ESPHome"
                " fetches them.",
     .type = "application/octet-stream",
     .flags = ROUTE_OPEN,
     .handle = serve_published},
    {.method = "GET",
     .path = "/models/{run}/{file}",
     .summary = "The same files of one run; they never change.",
     .type = "application/octet-stream",
     .flags = ROUTE_OPEN,
     .handle = serve_run},
    {.method = "GET",
     .path = "/api/trained_wake_words/catalog",
     .summary = "The published models, for programs that install wake words.",
     .answer = "{ok: bool, base_url: text, wake_words: [{key: text, label: text, wake_word_name: text,"
               " wake_word: text, url: text, json_url: text, esphome_json_url: text, model_url: text, json_file: text,"
               " model_file: text, threshold: number, sliding_window: int, quantization: text, model_format: text,"
               " sample_rate: int, calibration_recall: number | null,"
               " calibration_false_accepts_per_hour: number | null, calibration_generated_at: text}]}",
     .flags = ROUTE_OPEN,
     .handle = show_catalogue},
    {.method = "GET",
     .path = "/api/trained_wake_words/{file}",
     .summary = "<id>.json, <id>.esphome.json and <id>.tflite of the newest run.",
     .type = "application/octet-stream",
     .flags = ROUTE_OPEN,
     .handle = serve_published},
};
const struct route_table routes_models = {"Models", routes, COUNT_OF(routes)};
