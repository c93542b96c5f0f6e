// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what a stranger sends: address, query, Host, form, JSON body; as a notation of shapes; and as what a
// training writes: events and log. No crash, decoded paths keep their promise, a form told in pieces is the form told
// at once, whatever was written can be told in JSON.
#include "server/jobs_internal.h"
#include "server/lan_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void read_path(const char *text, size_t size)
{
    struct path path;
    struct error error;
    const char *values[REQUEST_MAX_VALUES];
    char allowed[64];
    if (path_parse(text, size, &path, &error) == 0) {
        for (size_t i = 0; i < path.count; i++) {
            const char *part = path.parts[i];
            if (!*part || *part == '.' || strpbrk(part, "/\\\n") || !text_is_utf8(part, strlen(part)))
                abort();
        }
        route_match(&path, "GET", values, allowed);
        route_match(&path, "DELETE", values, allowed);
    }
    path_free(&path);
}

static void read_query(const char *text)
{
    json_t *texts, *values;
    struct shape *shape;
    struct error error;
    if (query_parse(text, &texts, &error) < 0)
        return;
    if (shape_parse("{a?: int(0..9), b?: number, c?: bool | null, d?: \"x\" | \"y\", e?: text(1..3)}", &shape, &error) < 0)
        abort();
    values = shape_convert(shape, texts, &error);
    if (values && shape_check(shape, values, &error) < 0)
        abort();
    json_decref(values);
    json_decref(texts);
    shape_free(shape);
}

static void read_notation(const char *text)
{
    struct shape *shape;
    struct error error;
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (shape_parse(text, &shape, &error) == 0) {
        json_decref(shape_schema(shape));
        if (value)
            shape_check(shape, value, &error);
        shape_free(shape);
    }
    json_decref(value);
}

static int add_name(void *context, const char *name, const char *file_name, const char *type, struct error *error)
{
    (void)error;
    buffer_print(context, "[%s|%s|%s]", name, file_name ? file_name : "", type ? type : "");
    return 0;
}

static int add_data(void *context, const char *data, size_t size, struct error *error)
{
    (void)error;
    buffer_append(context, data, size);
    return 0;
}

static int read_form(const char *data, size_t size, size_t step, struct buffer *told)
{
    struct multipart *multipart;
    struct error error;
    const struct multipart_sink sink = {told, add_name, add_data};
    buffer_init(told, 1 << 20);
    if (multipart_open(&multipart, "multipart/form-data; boundary=b", &sink, &error) < 0)
        abort();
    int code = 0;
    for (size_t at = 0; at < size && code == 0; at += step)
        code = multipart_add(multipart, data + at, size - at < step ? size - at : step, &error);
    if (code == 0)
        code = multipart_end(multipart, &error);
    multipart_close(multipart);
    return code;
}

static void read_forms(const char *data, size_t size)
{
    struct buffer whole, pieces;
    int code = read_form(data, size, size + 1, &whole), again = read_form(data, size, 3, &pieces);
    if (code == 0 && (again != 0 || whole.size != pieces.size || (whole.size && memcmp(whole.data, pieces.data, whole.size) != 0)))
        abort();
    buffer_free(&whole);
    buffer_free(&pieces);
}

static void read_events(const char *text, size_t size)
{
    struct job_events *events = malloc(sizeof *events);
    if (!events)
        return;
    job_events_reset(events);
    for (const char *at = text, *end = text + size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        job_events_take(events, at, (size_t)((newline ? newline : end) - at), NULL, NULL);
        at = newline ? newline + 1 : end;
    }
    json_t *curves = job_curves_json(&events->curves);
    bool good = events->whole >= 0 && events->whole <= 1 && events->part >= 0 && events->part <= 1 &&
                !isinf(events->loss) && text_is_utf8(events->note, strlen(events->note));
    if (!curves || !good)
        abort();
    json_decref(curves);
    free(events);
}

static void read_log(const char *text, size_t size)
{
    char words[24];
    json_t *whole = log_json(text, size), *lines = log_json_lines(text, size, 3);
    process_last_words(text, size, words, sizeof words);
    if (!whole || json_array_size(lines) > 4 || !text_is_utf8(words, strlen(words)))
        abort();
    json_decref(whole);
    json_decref(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    const struct text_list names = {0};
    switch (data[0] < 0xf0 ? data[0] % 5 : 5 + data[0] % 2) {
    case 0: read_path(text, size - 1); break;
    case 1: read_query(text); break;
    case 2: host_allowed(text, &names); break;
    case 3: read_notation(text); break;
    case 4: read_forms(text, size - 1); break;
    case 5: read_events(text, size - 1); break;
    case 6: read_log(text, size - 1); break;
    }
    free(text);
    return 0;
}
