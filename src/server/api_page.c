// SPDX-License-Identifier: GPL-3.0-or-later
// What the server offers, for people: docs/api.md from the table of routes.
#include "server/server_internal.h"

#include <ctype.h>
#include <string.h>

static const char head[] =
    "# The API of `wakesmith serve`\n\n"
    "Made from the table of routes by `wakesmith serve --api-page`. The same for programs: `/api/openapi.json`, or\n"
    "`wakesmith serve --openapi`.\n\n"
    "Every JSON answer has `ok`. What cannot be done is answered with a status of 4xx and\n"
    "`{\"ok\": false, \"error\": \"one sentence\", \"code\": \"WORD\"}`; 5xx means that the disk or the memory is at fault.\n\n"
    "| status | when |\n|---|---|\n"
    "| 400 | a value is missing, has the wrong type or is outside its range; an address or a body that cannot be read |\n"
    "| 401 | the server is on the network (`--lan`) and this device is not paired |\n"
    "| 403 | the `Host` header is no IP address, `localhost`, `*.local` or declared name (`--name`); another page wants\n"
    "to change something (`Origin`, `Referer`, `Sec-Fetch-Site`) |\n"
    "| 404, 405 | nothing at this address; the address takes other methods |\n"
    "| 408, 413, 414, 431 | slower than 60 s; larger than 10 MB (files) or 64 kB (JSON); too long an address or header |\n"
    "| 409 | not now: another training runs, or there is no session yet |\n"
    "| 411, 415 | a body without its length; a body of the wrong type |\n"
    "| 416 | a range outside the file |\n"
    "| 429 | too many wrong pairing links |\n\n"
    "GET never changes anything, and every GET answers HEAD. Files have `ETag` and `Last-Modified` and answer\n"
    "`If-None-Match`, `If-Modified-Since` and `Range`.\n\n"
    "Shapes are written like this: `text`, `text(1..200)` (characters), `int(1..10)`, `number`, `bool`, `null`, `file`,\n"
    "`any`, `\"word\" | \"other\"`, `[list]`, `{key: shape, optional?: shape}`, `{*: shape}` (any key), `Name` (see the\n"
    "end). Objects may have further keys.\n\n"
    "Marks: **open** needs no pairing and is served on the device port too; **start** needs no pairing.\n";

// A notation in lines of at most 110 characters, broken after commas.
static void print_notation(struct buffer *out, const char *what, const char *notation)
{
    size_t column = strlen(what) + 1;
    buffer_print(out, "%s ", what);
    for (const char *at = notation; *at;) {
        size_t length = strcspn(at, ",") + 1;
        length = length > strlen(at) ? strlen(at) : length;
        if (column + length > 110) {
            buffer_print(out, "\n    ");
            column = 4;
            at += *at == ' ';
            length = strcspn(at, ",") + 1;
            length = length > strlen(at) ? strlen(at) : length;
        }
        buffer_append(out, at, length);
        column += length;
        at += length;
    }
    buffer_print(out, "\n");
}

static void print_route(struct buffer *out, const struct route *route)
{
    static const char *const bodies[] = {[BODY_JSON] = "JSON", [BODY_FORM] = "form"};
    const char *mark = route->flags & ROUTE_OPEN ? " (open)" : route->flags & ROUTE_START ? " (start)" : "";
    buffer_print(out, "\n### %s %s%s\n\n%s\n\n```\n", route->method, route->path, mark, route->summary);
    if (route->query)
        print_notation(out, "query ", route->query);
    if (route->body_kind == BODY_RAW)
        print_notation(out, "body  ", "the bytes of the file");
    else if (route->body)
        print_notation(out, bodies[route->body_kind], route->body);
    print_notation(out, "answer", route->answer ? route->answer : route->type ? route->type : "the file");
    buffer_print(out, "```\n");
}

char *server_api_page(void)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    buffer_print(&out, "%s", head);
    for (size_t i = 0; i < route_table_count; i++) {
        buffer_print(&out, "\n## %s\n", route_tables[i]->title);
        for (size_t j = 0; j < route_tables[i]->count; j++)
            print_route(&out, &route_tables[i]->routes[j]);
    }
    buffer_print(&out, "\n## Named shapes\n");
    for (size_t i = 0; i < shape_name_count; i++) {
        buffer_print(&out, "\n### %s\n\n%s\n\n```\n", shape_names[i].name, shape_names[i].summary);
        print_notation(&out, "", shape_names[i].notation);
        buffer_print(&out, "```\n");
    }
    if (!out.failed)
        return out.data;
    buffer_free(&out);
    return NULL;
}
