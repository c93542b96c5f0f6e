// SPDX-License-Identifier: GPL-3.0-or-later
// The body of a request: JSON in memory, files streamed to a temporary file, texts of a form.
#include "server/http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t body_limit(enum body_kind kind)
{
    static const size_t limits[] = {
        [BODY_NONE] = LIMIT_JSON, [BODY_JSON] = LIMIT_JSON, [BODY_FORM] = LIMIT_UPLOAD + LIMIT_FIELDS,
        [BODY_RAW] = LIMIT_UPLOAD};
    return limits[kind];
}

static int refuse_size(struct body *body, struct error *error)
{
    body->too_large = true;
    bool file = body->kind == BODY_RAW || body->kind == BODY_FORM;
    return error_set(error, ERROR_USAGE, "this is too large: at most %s can be sent", file ? "10 MB" : "64 kB");
}

static int open_file(struct body *body, const char *folder, struct error *error)
{
    body->path = text_print("%s/upload-XXXXXX", folder);
    if (!body->path)
        return error_memory(error, "a path");
    body->file = mkostemp(body->path, O_CLOEXEC);
    if (body->file < 0 && errno == ENOENT && folder_make(folder, error) == 0) { // somebody tidied up
        snprintf(body->path + strlen(body->path) - 6, 7, "XXXXXX");
        body->file = mkostemp(body->path, O_CLOEXEC);
    }
    if (body->file >= 0)
        return 0;
    int code = error_set(error, ERROR_IO, "cannot create a file in %s: %s", folder, strerror(errno));
    free(body->path);
    body->path = NULL;
    return code;
}

static int write_file(struct body *body, const char *data, size_t size, struct error *error)
{
    body->file_size += size;
    if (body->file_size > LIMIT_UPLOAD)
        return refuse_size(body, error);
    while (size > 0) {
        ssize_t done = write(body->file, data, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_set(error, ERROR_IO, "cannot write to %s: %s", body->path, strerror(errno));
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

// ---- forms -------------------------------------------------------------------------------------------------

static int end_part(struct body *body, struct error *error)
{
    if (!body->key)
        return 0;
    json_t *value = body->in_file ? json_true() : json_stringn(body->text.data ? body->text.data : "", body->text.size);
    bool readable = body->in_file || (value && strlen(json_string_value(value)) == body->text.size);
    int code = 0;
    if (!readable)
        code = error_set(error, ERROR_USAGE, "%s is not UTF-8 text", body->key);
    else if (json_object_set(body->texts, body->key, value) < 0)
        code = error_memory(error, "a form");
    json_decref(value);
    free(body->key);
    body->key = NULL;
    body->in_file = false;
    buffer_free(&body->text);
    buffer_init(&body->text, LIMIT_FIELDS);
    return code;
}

static int form_part(void *context, const char *name, const char *file_name, const char *type, struct error *error)
{
    struct body *body = context;
    TRY(end_part(body, error));
    bool file = shape_is_file(body->shape, name);
    if (file_name && !file)
        return 0; // a file that nobody asked for
    if (json_object_get(body->texts, name))
        return error_set(error, ERROR_USAGE, "%.100s is given twice", name);
    body->key = strdup(name);
    body->in_file = file;
    if (!file)
        return body->key ? 0 : error_memory(error, "a form");
    body->file_name = file_name && *file_name ? strdup(file_name) : NULL;
    body->file_type = type && text_is_utf8(type, strlen(type)) ? strdup(type) : NULL;
    return body->key ? 0 : error_memory(error, "a form");
}

static int form_data(void *context, const char *data, size_t size, struct error *error)
{
    struct body *body = context;
    if (body->in_file)
        return write_file(body, data, size, error);
    body->fields += size;
    if (body->fields > LIMIT_FIELDS)
        return refuse_size(body, error);
    if (body->key)
        buffer_append(&body->text, data, size);
    return body->text.failed ? error_memory(error, "a form") : 0;
}

// ---- any body ----------------------------------------------------------------------------------------------

int body_open(struct body *body, enum body_kind kind, const struct shape *shape, const char *content_type,
              const char *folder, struct error *error)
{
    *body = (struct body){.kind = kind, .shape = shape, .file = -1};
    buffer_init(&body->text, LIMIT_JSON);
    if (kind == BODY_RAW || kind == BODY_FORM)
        TRY(open_file(body, folder, error));
    if (kind != BODY_FORM)
        return 0;
    body->texts = json_object();
    if (!body->texts)
        return error_memory(error, "a form");
    const struct multipart_sink sink = {body, form_part, form_data};
    return multipart_open(&body->multipart, content_type, &sink, error);
}

int body_add(struct body *body, const char *data, size_t size, struct error *error)
{
    body->size += size;
    if (body->size > body_limit(body->kind))
        return refuse_size(body, error);
    switch (body->kind) {
    case BODY_FORM: return multipart_add(body->multipart, data, size, error);
    case BODY_RAW: return write_file(body, data, size, error);
    case BODY_JSON: buffer_append(&body->text, data, size); return body->text.failed ? error_memory(error, "JSON") : 0;
    case BODY_NONE: return 0;
    }
    return 0;
}

static json_t *parse_json(const struct body *body, struct error *error)
{
    if (body->text.size == 0)
        return json_object();
    json_error_t fault;
    json_t *value = json_loadb(body->text.data, body->text.size, JSON_REJECT_DUPLICATES, &fault);
    if (!value)
        error_set(error, ERROR_USAGE, "the body is not JSON: %s", fault.text);
    else if (!json_is_object(value)) {
        error_set(error, ERROR_USAGE, "the body must be a JSON object");
        json_decref(value);
        value = NULL;
    }
    return value;
}

int body_end(struct body *body, json_t **value, struct error *error)
{
    *value = NULL;
    if (body->kind == BODY_FORM) {
        TRY(multipart_end(body->multipart, error));
        TRY(end_part(body, error));
        *value = shape_convert(body->shape, body->texts, error);
        return *value ? 0 : error->code;
    }
    if (body->kind != BODY_JSON) {
        *value = json_object();
        return *value ? 0 : error_memory(error, "a request");
    }
    error->code = 0;
    *value = parse_json(body, error);
    if (!*value)
        return error->code ? error->code : error_memory(error, "a request");
    int code = body->shape ? shape_check(body->shape, *value, error) : 0;
    if (code < 0) {
        json_decref(*value);
        *value = NULL;
    }
    return code;
}

void body_close(struct body *body)
{
    multipart_close(body->multipart);
    if (body->path) {
        close(body->file);
        unlink(body->path);
    }
    buffer_free(&body->text);
    json_decref(body->texts);
    free(body->key);
    free(body->path);
    free(body->file_name);
    free(body->file_type);
    *body = (struct body){.file = -1};
}
