// SPDX-License-Identifier: GPL-3.0-or-later
// Where devices find this server: what was configured; else the name under which the page itself found it; else this
// machine's name in the network. A server that listens on loopback only says its loopback address: any other would
// not be answered.
#include "server/lan_internal.h"
#include "server/models_internal.h"

#include <stdlib.h>
#include <string.h>

// "name" of "name:port", "::1" of "[::1]:80": without port and brackets. Caller frees.
static char *bare_name(const char *host)
{
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    return bracket ? strndup(host + 1, (size_t)(bracket - host - 1)) : strndup(host, strcspn(host, ":"));
}

static bool is_loopback(const char *name)
{
    return lan_is_loopback(name) || text_ends_with(name, ".localhost");
}

static void print_url(char url[MODELS_MAX_URL], const char *scheme, const char *name, int port)
{
    bool bare = strchr(name, ':') && name[0] != '['; // an IPv6 address
    bool usual = port == (strcmp(scheme, "https") == 0 ? 443 : 80);
    char number[16] = "";
    if (!usual)
        snprintf(number, sizeof number, ":%d", port);
    snprintf(url, MODELS_MAX_URL, "%s://%s%s%s%s", scheme, bare ? "[" : "", name, bare ? "]" : "", number);
}

int models_base_url(const struct server *server, const struct request *request, char url[MODELS_MAX_URL],
                    struct error *error)
{
    const struct server_options *options = &server->options;
    const char *host = request->host ? request->host : "localhost", *given = options->public_url;
    if (given && given[0]) {
        size_t length = strlen(given);
        while (length && given[length - 1] == '/')
            length--;
        if (length >= MODELS_MAX_URL)
            return error_set(error, ERROR_USAGE, "the public address is longer than %d bytes", MODELS_MAX_URL - 1);
        snprintf(url, MODELS_MAX_URL, "%.*s", (int)length, given);
        return 0;
    }
    url[0] = 0;
    char *name = bare_name(host);
    bool here = request->device || server->device_port == 0; // devices can ask where this was asked
    if (name && options->lan && is_loopback(name)) {         // but not by this machine's own name
        free(name);
        name = lan_host(options->host);
        here = false;
    }
    const char *scheme = request->secure && server->device_port == 0 ? "https" : "http";
    if (here)
        snprintf(url, MODELS_MAX_URL, "%s://%s", scheme, host);
    else if (name)
        print_url(url, scheme, name, server->device_port ? server->device_port : server->port);
    free(name);
    return url[0] ? 0 : error_memory(error, "an address");
}
