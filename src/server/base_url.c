// SPDX-License-Identifier: GPL-3.0-or-later
// Where devices find this server: what was configured; else the name under which the page itself found it; else this
// machine's address in the network. A server that listens on loopback only says its loopback address: any other would
// not be answered.
#include "server/models_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

// Length of the name in "name:port", "1.2.3.4", "[::1]:80".
static size_t name_length(const char *host)
{
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    return bracket ? (size_t)(bracket + 1 - host) : strcspn(host, ":");
}

static bool is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t length = name_length(host);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], host, length) == 0)
            return true;
    return strncmp(host, "127.", 4) == 0 || (length > 10 && strncasecmp(host + length - 10, ".localhost", 10) == 0);
}

// The address that this machine would send from. Nothing is sent: the socket only chooses its way.
static bool own_address(char text[INET_ADDRSTRLEN])
{
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(9)}, near = {0};
    socklen_t size = sizeof near;
    inet_pton(AF_INET, "192.0.2.1", &far.sin_addr); // of the block for documentation
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = handle >= 0 && connect(handle, (struct sockaddr *)&far, sizeof far) == 0 &&
                 getsockname(handle, (struct sockaddr *)&near, &size) == 0 &&
                 inet_ntop(AF_INET, &near.sin_addr, text, INET_ADDRSTRLEN);
    if (handle >= 0)
        close(handle);
    return found;
}

static void print_url(char url[MODELS_MAX_URL], const char *scheme, const char *name, size_t length, int port)
{
    int usual = strcmp(scheme, "https") == 0 ? 443 : 80;
    if (port == usual)
        snprintf(url, MODELS_MAX_URL, "%s://%.*s", scheme, (int)length, name);
    else
        snprintf(url, MODELS_MAX_URL, "%s://%.*s:%d", scheme, (int)length, name, port);
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
    // What was asked is what devices can ask, but for this machine's own name.
    bool here = request->device || server->device_port == 0;
    const char *scheme = request->secure && here ? "https" : "http";
    if (here && !(options->lan && is_loopback(host))) {
        snprintf(url, MODELS_MAX_URL, "%s://%s", scheme, host);
        return 0;
    }
    char address[INET_ADDRSTRLEN];
    const char *advertised = getenv("REC_ADVERTISED_HOST"), *name = host;
    if (is_loopback(host))
        name = advertised && advertised[0] ? advertised : own_address(address) ? address : host;
    print_url(url, scheme, name, name_length(name), server->device_port ? server->device_port : server->port);
    return 0;
}
