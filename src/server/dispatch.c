// SPDX-License-Identifier: GPL-3.0-or-later
// A call's three moments: its headers are here, a piece of its body is here, it is complete.
#include "server/http_internal.h"

#include <stdlib.h>
#include <string.h>

const char *call_header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static void refuse(struct call *call, int status, const char *code, const char *sentence)
{
    call->refused = true;
    reply_refuse(&call->reply, status, code, "%s", sentence);
}

static void refuse_error(struct call *call, const struct error *error)
{
    call->refused = true;
    if (call->body.too_large)
        reply_refuse(&call->reply, 413, "TOO_LARGE", "%s", error->message);
    else
        reply_error(&call->reply, error);
}

// ---- headers -----------------------------------------------------------------------------------------------

static bool refuses_size_of_head(struct call *call)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info && info->header_size > LIMIT_HEADERS)
        refuse(call, 431, "HEADERS_TOO_LARGE", "the request's headers are longer than 16 KiB");
    else if (strlen(call->uri) > LIMIT_URI)
        refuse(call, 414, "ADDRESS_TOO_LONG", "the address is longer than 4 KiB");
    return call->refused;
}

static bool refuses_route(struct call *call)
{
    struct error error;
    char allowed[64];
    size_t path_size = strcspn(call->uri, "?#");
    if (path_parse(call->uri, path_size, &call->path, &error) < 0) {
        refuse_error(call, &error);
        return true;
    }
    const struct route *route = route_match(&call->path, call->method, call->request.values, allowed);
    call->request.route = route;
    bool hidden = call->listener->device && (!route || !(route->flags & ROUTE_OPEN));
    if (!route && *allowed && !hidden) {
        call->refused = true;
        reply_refuse(&call->reply, 405, "METHOD_NOT_ALLOWED", "this address takes %s", allowed);
        call->reply.allow = strdup(allowed);
    } else if (!route || hidden) {
        refuse(call, 404, "NOT_FOUND", "there is nothing at this address");
    }
    return call->refused;
}

// "application/json; charset=utf-8" is application/json.
static bool type_is(const char *given, const char *type)
{
    size_t size = strlen(type);
    return given && strncasecmp(given, type, size) == 0 && (given[size] == 0 || strchr("; \t", given[size]));
}

static bool refuses_type(struct call *call, uint64_t length)
{
    const char *type = call_header(call, "Content-Type");
    enum body_kind kind = call->request.route->body_kind;
    bool json = kind == BODY_JSON && length > 0 && !type_is(type, "application/json");
    if (json)
        refuse(call, 415, "WRONG_TYPE", "the body must be application/json");
    else if (kind == BODY_FORM && !type_is(type, "multipart/form-data"))
        refuse(call, 415, "WRONG_TYPE", "the body must be multipart/form-data");
    else if (call_header(call, "Content-Encoding"))
        refuse(call, 415, "WRONG_TYPE", "the body must not be compressed");
    return call->refused;
}

static bool refuses_length(struct call *call, uint64_t length, bool chunked)
{
    enum body_kind kind = call->request.route->body_kind;
    if ((kind == BODY_FORM || kind == BODY_RAW) && !chunked && !call_header(call, "Content-Length"))
        refuse(call, 411, "LENGTH_REQUIRED", "the request must say how long its body is (Content-Length)");
    else if (length > body_limit(kind))
        reply_refuse(&call->reply, 413, "TOO_LARGE", "this is too large: at most %s can be sent",
                     kind == BODY_RAW || kind == BODY_FORM ? "10 MB" : "64 kB");
    call->refused = call->reply.status != 200;
    return call->refused;
}

static bool refuses_shapes(struct call *call)
{
    const struct route *route = call->request.route;
    struct error error;
    json_t *texts = NULL;
    const char *mark = strchr(call->uri, '?');
    int code = query_parse(mark ? mark + 1 : "", &texts, &error);
    if (code == 0 && route->query)
        code = shape_parse(route->query, &call->query_shape, &error);
    if (code == 0 && route->query) {
        call->request.query = shape_convert(call->query_shape, texts, &error);
        code = call->request.query ? 0 : error.code;
    } else if (code == 0) {
        call->request.query = json_incref(texts);
    }
    if (code == 0 && route->body)
        code = shape_parse(route->body, &call->body_shape, &error);
    json_decref(texts);
    if (code < 0)
        refuse_error(call, &error);
    return code < 0;
}

void call_headers(struct call *call)
{
    struct error error;
    const char *length_text = call_header(call, "Content-Length"), *coding = call_header(call, "Transfer-Encoding");
    uint64_t length = length_text ? strtoull(length_text, NULL, 10) : 0;
    bool chunked = coding != NULL;
    call->request.host = call_header(call, "Host");
    call->request.secure = call->listener->secure;
    call->request.device = call->listener->device;
    call->request.connection = call->connection;
    call->request.head = strcmp(call->method, "HEAD") == 0;
    if (refuses_size_of_head(call) || access_refuses_host(call) || refuses_route(call) ||
        access_refuses_origin(call) || access_refuses_unpaired(call) || refuses_length(call, length, chunked) ||
        refuses_type(call, chunked ? 1 : length) || refuses_shapes(call))
        return;
    const struct route *route = call->request.route;
    if (body_open(&call->body, route->body_kind, call->body_shape, call_header(call, "Content-Type"), call->server->tmp,
                  &error) < 0)
        refuse_error(call, &error);
}

// ---- body --------------------------------------------------------------------------------------------------

void call_body(struct call *call, const char *data, size_t size)
{
    struct error error;
    if (time_now() - call->began > LIMIT_SECONDS) {
        call->refused = call->last_words = true;
        reply_refuse(&call->reply, 408, "TOO_SLOW", "the request took longer than a minute");
    } else if (call->refused) {
        call->drained += size;
        call->last_words = call->drained > LIMIT_DRAINED;
    } else if (body_add(&call->body, data, size, &error) < 0) {
        refuse_error(call, &error);
    }
}

// ---- answer ------------------------------------------------------------------------------------------------

void call_answer(struct call *call)
{
    struct error error = {0};
    struct request *request = &call->request;
    if (call->refused)
        return;
    if (body_end(&call->body, &request->body, &error) < 0) {
        refuse_error(call, &error);
        return;
    }
    if (call->body.path && (request->route->body_kind == BODY_RAW || json_is_true(json_object_get(request->body, "file"))))
        request->upload = call->body.path;
    request->upload_size = call->body.file_size;
    request->upload_name = call->body.file_name;
    request->upload_type =
        request->route->body_kind == BODY_RAW ? call_header(call, "Content-Type") : call->body.file_type;
    if (request->route->handle(call->server, request, &call->reply, &error) < 0) {
        reply_free(&call->reply);
        reply_error(&call->reply, &error);
    }
}

void call_free(struct call *call)
{
    if (!call)
        return;
    body_close(&call->body);
    reply_free(&call->reply);
    path_free(&call->path);
    shape_free(call->query_shape);
    shape_free(call->body_shape);
    json_decref(call->request.query);
    json_decref(call->request.body);
    free(call->uri);
    free(call);
}
