// SPDX-License-Identifier: GPL-3.0-or-later
// What this server is.
#include "server/server_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_program(const char *name)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t size = strcspn(path, ":");
        char *file = text_print("%.*s/%s", (int)size, path, name);
        bool found = file && access(file, X_OK) == 0;
        free(file);
        if (found)
            return true;
        path += size + (path[size] == ':');
    }
    return false;
}

static int about(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    return reply_json(reply,
                      json_pack("{s:b, s:s, s:b, s:b, s:s, s:n, s:s, s:b, s:b}", "ok", 1, "version", WAKESMITH_VERSION,
                                "lan", server->options.lan, "secure", server->secure, "url", server->url, "device_url",
                                "data_dir", server->data_dir, "ffmpeg", has_program("ffmpeg"), "paired", 1),
                      error);
}

static const struct route routes[] = {
    {.method = "GET", .path = "/api/about", .summary = "What this server is, and how it is reached.",
     .answer = "{ok: bool, version: text, lan: bool, secure: bool, url: text, device_url: text | null, data_dir: text,"
               " ffmpeg: bool, paired: bool}",
     .handle = about},
};
const struct route_table routes_access = {"The server", routes, COUNT_OF(routes)};
