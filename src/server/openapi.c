// SPDX-License-Identifier: GPL-3.0-or-later
// What the server offers, for programs: OpenAPI 3.1 from the table of routes.
#include "server/http_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// A notation of the table as JSON Schema. NULL without memory; the notations were read at the start.
static json_t *schema_of(const char *notation)
{
    struct shape *shape;
    struct error ignored;
    if (shape_parse(notation, &shape, &ignored) < 0)
        return NULL;
    json_t *schema = shape_schema(shape);
    shape_free(shape);
    return schema;
}

// "postApiUploadTake"
static json_t *operation_id(const struct route *route)
{
    struct buffer id;
    buffer_init(&id, 200);
    for (const char *at = route->method; *at; at++)
        buffer_print(&id, "%c", tolower((unsigned char)*at));
    bool word = true;
    for (const char *at = route->path; *at; at++) {
        if (isalnum((unsigned char)*at))
            buffer_print(&id, "%c", word ? toupper((unsigned char)*at) : *at);
        word = !isalnum((unsigned char)*at);
    }
    json_t *text = json_string(id.data);
    buffer_free(&id);
    return text;
}

static void add_query(void *context, const char *key, bool optional, const struct shape *shape)
{
    json_array_append_new(context, json_pack("{s:s, s:s, s:b, s:o}", "name", key, "in", "query", "required", !optional,
                                             "schema", shape_schema(shape)));
}

static json_t *parameters(const struct route *route)
{
    json_t *list = json_array();
    for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{'))
        json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:{s:s, s:i, s:i, s:s}}", "name", at + 1,
                                              strcspn(at + 1, "}"), "in", "path", "required", 1, "schema", "type",
                                              "string", "minLength", 1, "maxLength", PATH_MOST_BYTES, "pattern",
                                              "^[^./\\\\\\u0000-\\u001f\\u007f][^/\\\\\\u0000-\\u001f\\u007f]*$"));
    struct shape *shape;
    struct error ignored;
    if (route->query && shape_parse(route->query, &shape, &ignored) == 0) {
        shape_members(shape, add_query, list);
        shape_free(shape);
    }
    return list;
}

static json_t *request_body(const struct route *route)
{
    static const char *const types[] = {[BODY_JSON] = "application/json", [BODY_FORM] = "multipart/form-data",
                                        [BODY_RAW] = "application/octet-stream"};
    json_t *schema = route->body ? schema_of(route->body) : json_object();
    return json_pack("{s:b, s:{s:{s:o}}}", "required", route->body_kind != BODY_JSON, "content",
                     types[route->body_kind], "schema", schema);
}

static json_t *answers(const struct route *route)
{
    json_t *error = json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", "A sentence that says what is wrong.", "content",
                              "application/json", "schema", "$ref", "#/components/schemas/Error");
    json_t *schema = route->answer ? schema_of(route->answer) : json_pack("{s:s}", "type", "string");
    const char *type = route->answer ? "application/json" : route->type ? route->type : "*/*";
    json_t *good = json_pack("{s:s, s:{s:{s:o}}}", "description", "Done.", "content", type, "schema", schema);
    return json_pack("{s:o, s:o}", "200", good, "default", error);
}

static json_t *operation(const struct route_table *table, const struct route *route)
{
    json_t *about = json_pack("{s:o, s:[s], s:s, s:o}", "operationId", operation_id(route), "tags", table->title,
                              "summary", route->summary, "parameters", parameters(route));
    if (about && route->body_kind != BODY_NONE)
        json_object_set_new(about, "requestBody", request_body(route));
    if (about)
        json_object_set_new(about, "responses", answers(route));
    return about;
}

static void add_route(json_t *paths, const struct route_table *table, const struct route *route)
{
    json_t *path = json_object_get(paths, route->path);
    char method[16] = "";
    if (!path) {
        path = json_object();
        json_object_set_new(paths, route->path, path);
    }
    for (size_t i = 0; route->method[i] && i < sizeof method - 1; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    json_object_set_new(path, method, operation(table, route));
}

char *server_openapi(void)
{
    json_t *paths = json_object(), *tags = json_array(), *schemas = json_object();
    for (size_t i = 0; i < route_table_count; i++) {
        const struct route_table *table = route_tables[i];
        json_array_append_new(tags, json_pack("{s:s}", "name", table->title));
        for (size_t j = 0; j < table->count; j++)
            add_route(paths, table, &table->routes[j]);
    }
    for (size_t i = 0; i < shape_name_count; i++) {
        json_t *schema = schema_of(shape_names[i].notation);
        json_object_set_new(schema, "description", json_string(shape_names[i].summary));
        json_object_set_new(schemas, shape_names[i].name, schema);
    }
    json_t *document = json_pack("{s:s, s:{s:s, s:s}, s:o, s:o, s:{s:o}}", "openapi", "3.1.0", "info", "title",
                                 "Wakesmith", "version", WAKESMITH_VERSION, "tags", tags, "paths", paths, "components",
                                 "schemas", schemas);
    char *text = document ? json_dumps(document, JSON_INDENT(1)) : NULL;
    json_decref(document);
    return text;
}
