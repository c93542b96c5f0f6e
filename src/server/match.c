// SPDX-License-Identifier: GPL-3.0-or-later
// Which route a path and method mean.
#include "server/http_internal.h"

#include <string.h>

// Fills `values` with what the braces match. The number of braces, or -1 when the path is another one.
static int match_path(const char *pattern, const struct path *path, const char **values)
{
    int braces = 0;
    size_t part = 0;
    for (const char *at = pattern + 1; *at; part++) {
        size_t length = strcspn(at, "/");
        if (part == path->count)
            return -1;
        if (*at == '{') {
            if (braces == REQUEST_MAX_VALUES)
                return -1;
            values[braces++] = path->parts[part];
        } else if (strlen(path->parts[part]) != length || memcmp(at, path->parts[part], length) != 0) {
            return -1;
        }
        at += length + (at[length] == '/');
    }
    return part == path->count ? braces : -1;
}

static void add_method(char allowed[64], const char *method)
{
    size_t used = strlen(allowed);
    if (!strstr(allowed, method))
        snprintf(allowed + used, 64 - used, "%s%s", used ? ", " : "", method);
}

const struct route *route_match(const struct path *path, const char *method, const char **values, char allowed[64])
{
    const struct route *best = NULL;
    int fewest = REQUEST_MAX_VALUES + 1; // a path that names more of itself wins: /pair before /{file}
    allowed[0] = 0;
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (size_t table = 0; table < route_table_count; table++) {
        for (size_t i = 0; i < route_tables[table]->count; i++) {
            const struct route *route = &route_tables[table]->routes[i];
            const char *found[REQUEST_MAX_VALUES] = {NULL};
            int braces = match_path(route->path, path, found);
            if (braces < 0)
                continue;
            add_method(allowed, route->method);
            if (strcmp(route->method, "GET") == 0)
                add_method(allowed, "HEAD");
            if (strcmp(route->method, wanted) != 0 || braces >= fewest)
                continue;
            best = route;
            fewest = braces;
            memcpy(values, found, sizeof found);
        }
    }
    return best;
}
