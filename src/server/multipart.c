// SPDX-License-Identifier: GPL-3.0-or-later
// multipart/form-data, as it comes: parts are told to the sink piece by piece, nothing is held but a window.
#include "server/http_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_HEADERS = 4 << 10, MOST_BOUNDARY = 70, MOST_PARTS = 64 };

enum multipart_state { BEFORE_FIRST, PART_HEADERS, PART_DATA, AFTER_BOUNDARY, AFTER_LAST };

struct multipart {
    struct multipart_sink sink;
    enum multipart_state state;
    char delimiter[MOST_BOUNDARY + 5]; // "\r\n--boundary"
    size_t delimiter_size;
    char *window; // bytes that are not told yet
    size_t size, capacity;
    int parts;
};

// Value of `key` in "form-data; name="x"; filename="y"" into `out`, where it fits. Quotes may be escaped.
static bool parameter(const char *header, const char *key, char *out, size_t room)
{
    size_t key_size = strlen(key), used = 0;
    const char *at = strchr(header, ';');
    while (at) {
        at += 1 + strspn(at + 1, " \t");
        bool wanted = strncasecmp(at, key, key_size) == 0 && at[key_size] == '=';
        at += strcspn(at, "=;");
        bool quoted = at[0] == '=' && at[1] == '"';
        at += *at == '=' ? 1 + quoted : 0;
        while (*at && (quoted ? *at != '"' : *at != ';' && *at != ' ')) {
            if (quoted && at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
                at++;
            if (wanted && used + 1 < room)
                out[used++] = *at;
            at++;
        }
        if (wanted) {
            out[used] = 0;
            return true;
        }
        at = strchr(at, ';');
    }
    return false;
}

int multipart_open(struct multipart **out, const char *content_type, const struct multipart_sink *sink,
                   struct error *error)
{
    struct multipart *multipart = calloc(1, sizeof *multipart);
    char boundary[MOST_BOUNDARY + 2];
    if (!multipart)
        return error_memory(error, "a form");
    multipart->sink = *sink;
    if (!parameter(content_type, "boundary", boundary, sizeof boundary) || !*boundary ||
        strlen(boundary) > MOST_BOUNDARY) {
        free(multipart);
        return error_set(error, ERROR_USAGE, "the form's Content-Type names no boundary of 1 to 70 characters");
    }
    multipart->delimiter_size =
        (size_t)snprintf(multipart->delimiter, sizeof multipart->delimiter, "\r\n--%s", boundary);
    int code = multipart_add(multipart, "\r\n", 2, error); // so that the first boundary looks like the others
    if (code < 0)
        multipart_close(multipart);
    else
        *out = multipart;
    return code;
}

static int begin_part(struct multipart *multipart, char *headers, struct error *error)
{
    char name[256] = "", file_name[512] = "", type[128] = "";
    bool named = false, has_file = false;
    if (++multipart->parts > MOST_PARTS)
        return error_set(error, ERROR_USAGE, "the form has more than %d parts", MOST_PARTS);
    char *rest;
    for (char *line = strtok_r(headers, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        if (strncasecmp(line, "Content-Disposition:", 20) == 0) {
            named = parameter(line, "name", name, sizeof name);
            has_file = parameter(line, "filename", file_name, sizeof file_name);
        } else if (strncasecmp(line, "Content-Type:", 13) == 0) {
            snprintf(type, sizeof type, "%s", line + 13 + strspn(line + 13, " \t"));
        }
    }
    if (!named || !*name || !text_is_utf8(name, strlen(name)))
        return error_set(error, ERROR_USAGE, "a part of the form has no name");
    bool readable = has_file && text_is_utf8(file_name, strlen(file_name));
    return multipart->sink.part(multipart->sink.context, name, readable ? file_name : NULL, *type ? type : NULL, error);
}

static void consume(struct multipart *multipart, size_t size)
{
    multipart->size -= size;
    memmove(multipart->window, multipart->window + size, multipart->size);
}

static int tell(struct multipart *multipart, size_t size, struct error *error)
{
    bool in_part = multipart->state == PART_DATA;
    return in_part && size ? multipart->sink.data(multipart->sink.context, multipart->window, size, error) : 0;
}

// Everything up to the next boundary, which need not be here yet. *more: the state changed.
static int step_data(struct multipart *multipart, bool *more, struct error *error)
{
    char *found = memmem(multipart->window, multipart->size, multipart->delimiter, multipart->delimiter_size);
    size_t kept = multipart->delimiter_size - 1;
    size_t size = found ? (size_t)(found - multipart->window) : multipart->size > kept ? multipart->size - kept : 0;
    TRY(tell(multipart, size, error));
    consume(multipart, found ? size + multipart->delimiter_size : size);
    if (found)
        multipart->state = AFTER_BOUNDARY;
    *more = found != NULL;
    return 0;
}

static int step_boundary(struct multipart *multipart, bool *more, struct error *error)
{
    *more = multipart->size >= 2;
    if (!*more)
        return 0;
    if (memcmp(multipart->window, "--", 2) == 0)
        multipart->state = AFTER_LAST;
    else if (memcmp(multipart->window, "\r\n", 2) == 0)
        multipart->state = PART_HEADERS;
    else
        return error_set(error, ERROR_USAGE, "the form's boundary is followed by something else");
    if (multipart->state == AFTER_LAST)
        consume(multipart, 2); // the line end before headers stays: it makes empty headers look like others
    return 0;
}

static int step_headers(struct multipart *multipart, bool *more, struct error *error)
{
    char *end = memmem(multipart->window, multipart->size, "\r\n\r\n", 4);
    *more = end != NULL;
    if ((!end && multipart->size > MOST_HEADERS) || (end && end - multipart->window > MOST_HEADERS))
        return error_set(error, ERROR_USAGE, "a part of the form has too long a head");
    if (!end)
        return 0;
    *end = 0;
    size_t used = (size_t)(end - multipart->window) + 4;
    TRY(begin_part(multipart, multipart->window, error));
    consume(multipart, used);
    multipart->state = PART_DATA;
    return 0;
}

int multipart_add(struct multipart *multipart, const char *data, size_t size, struct error *error)
{
    if (multipart->size + size > multipart->capacity) {
        char *window = realloc(multipart->window, multipart->size + size);
        if (!window)
            return error_memory(error, "a form");
        multipart->window = window;
        multipart->capacity = multipart->size + size;
    }
    memcpy(multipart->window + multipart->size, data, size);
    multipart->size += size;
    for (bool more = true; more;) {
        switch (multipart->state) {
        case BEFORE_FIRST:
        case PART_DATA: TRY(step_data(multipart, &more, error)); break;
        case AFTER_BOUNDARY: TRY(step_boundary(multipart, &more, error)); break;
        case PART_HEADERS: TRY(step_headers(multipart, &more, error)); break;
        case AFTER_LAST:
            multipart->size = 0;
            more = false;
        }
    }
    return 0;
}

int multipart_end(struct multipart *multipart, struct error *error)
{
    return multipart->state == AFTER_LAST ? 0 : error_set(error, ERROR_FORMAT, "the form ends in the middle");
}

void multipart_close(struct multipart *multipart)
{
    if (multipart)
        free(multipart->window);
    free(multipart);
}
