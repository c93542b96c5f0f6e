// SPDX-License-Identifier: GPL-3.0-or-later
// Who may ask for what. Host: against names that a stranger's page makes point at this computer (DNS rebinding).
// Origin: against forms and scripts of other pages. Pairing: against other people in the network.
#include "server/lan_internal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct access_header access_headers[] = {
    {"Content-Security-Policy",
     "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; "
     "connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; "
     "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "microphone=(self), camera=(), geolocation=()"},
};
const size_t access_header_count = COUNT_OF(access_headers);

// ---- Host --------------------------------------------------------------------------------------------------

static bool is_name(const char *text)
{
    size_t label = 0;
    for (const char *at = text; *at; at++) {
        bool dot = *at == '.';
        if (dot ? label == 0 : !isalnum((unsigned char)*at) && *at != '-' && *at != '_')
            return false;
        label = dot ? 0 : label + 1;
    }
    return *text != 0;
}

// Splits "name:port" and "[::1]:port"; false when it is neither. `name` loses the brackets.
static bool split_host(const char *host, char name[256], bool *literal)
{
    unsigned char address[16];
    bool bracket = host[0] == '[';
    const char *end = bracket ? strchr(host, ']') : host + strcspn(host, ":");
    const char *start = host + bracket;
    if (!end || end - start > 255)
        return false;
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = 0;
    end += bracket;
    size_t digits = *end == ':' ? strspn(end + 1, "0123456789") : 0;
    if (*end && (*end != ':' || digits > 5 || end[1 + digits]))
        return false;
    *literal = inet_pton(bracket ? AF_INET6 : AF_INET, name, address) == 1;
    return bracket ? *literal : true;
}

bool host_allowed(const char *host, const struct text_list *names)
{
    char name[256];
    bool literal;
    if (!host || !*host || !split_host(host, name, &literal))
        return false;
    if (literal)
        return true;
    size_t size = strlen(name);
    if (size > 1 && name[size - 1] == '.') // the root's dot
        name[--size] = 0;
    if (!is_name(name))
        return false;
    if (strcasecmp(name, "localhost") == 0 || (size > 10 && strcasecmp(name + size - 10, ".localhost") == 0) ||
        (size > 6 && strcasecmp(name + size - 6, ".local") == 0))
        return true;
    for (size_t i = 0; i < names->count; i++)
        if (strcasecmp(name, names->items[i]) == 0)
            return true;
    return false;
}

struct host_search {
    const char *value;
    int count;
};

static enum MHD_Result count_host(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    struct host_search *search = context;
    if (strcasecmp(key, "Host") == 0) {
        search->count++;
        search->value = value;
    }
    return MHD_YES;
}

bool access_refuses_host(struct call *call)
{
    struct host_search search = {0};
    MHD_get_connection_values(call->connection, MHD_HEADER_KIND, count_host, &search);
    if (search.count == 1 && host_allowed(search.value, &call->server->options.names))
        return false;
    call->refused = true;
    reply_refuse(&call->reply, 403, "FOREIGN_HOST",
                 "this name is not known here: open the page by its IP address or localhost, or declare the name with "
                 "--name");
    return true;
}

// ---- Origin ------------------------------------------------------------------------------------------------

// "http://host:port" or a longer URL of the same scheme, host and port as this call. The default port may be left out.
static bool same_origin(const struct call *call, const char *origin)
{
    const char *scheme = call->listener->secure ? "https://" : "http://";
    const char *host = call->request.host, *suffix = call->listener->secure ? ":443" : ":80";
    size_t size = strlen(scheme);
    if (call->server->options.plain && strncmp(origin, "https://", 8) == 0) // a proxy speaks TLS for us
        scheme = "https://", suffix = ":443", size = 8;
    if (strncasecmp(origin, scheme, size) != 0)
        return false;
    origin += size;
    size_t given = strcspn(origin, "/?#"), wanted = strlen(host);
    if (text_ends_with(host, suffix))
        wanted -= strlen(suffix);
    if (given > strlen(suffix) && strncmp(origin + given - strlen(suffix), suffix, strlen(suffix)) == 0)
        given -= strlen(suffix);
    return given == wanted && strncasecmp(origin, host, wanted) == 0;
}

bool access_refuses_origin(struct call *call)
{
    if (strcmp(call->request.route->method, "GET") == 0)
        return false;
    const char *origin = call_header(call, "Origin"), *site = call_header(call, "Sec-Fetch-Site");
    const char *source = origin ? origin : call_header(call, "Referer");
    bool foreign_site = site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    if (!foreign_site && (!source || same_origin(call, source)))
        return false;
    call->refused = true;
    reply_refuse(&call->reply, 403, "FOREIGN_ORIGIN", "another page may not change anything here");
    return true;
}

// ---- pairing -----------------------------------------------------------------------------------------------

// The value of one cookie of "a=1; b=2".
static bool find_cookie(const char *header, const char *name, char *out, size_t room)
{
    size_t size = strlen(name);
    while (header && *header) {
        header += strspn(header, "; ");
        size_t length = strcspn(header, ";");
        if (strncmp(header, name, size) == 0 && header[size] == '=' && length - size - 1 < room) {
            memcpy(out, header + size + 1, length - size - 1);
            out[length - size - 1] = 0;
            return true;
        }
        header += length;
    }
    return false;
}

// Cookies do not know ports, so that two servers of one computer need two names.
void access_cookie_name(const struct server *server, char name[32])
{
    snprintf(name, 32, "wakesmith_%d", server->port);
}

bool access_is_paired(const struct server *server, const struct request *request)
{
    char name[32], secret[PAIRING_SECRET_SIZE];
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!server->pairing)
        return true;
    // Behind a proxy everybody comes from this computer.
    if (!server->options.plain && peer && peer->client_addr && peer_is_loopback(peer->client_addr))
        return true;
    const char *bearer = request_header(request, "Authorization");
    if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0 && pairing_knows(server->pairing, bearer + 7))
        return true;
    access_cookie_name(server, name);
    return find_cookie(request_header(request, "Cookie"), name, secret, sizeof secret) &&
           pairing_knows(server->pairing, secret);
}

bool access_refuses_unpaired(struct call *call)
{
    if (call->request.route->flags & (ROUTE_OPEN | ROUTE_START) || access_is_paired(call->server, &call->request))
        return false;
    call->refused = true;
    reply_refuse(&call->reply, 401, "NOT_PAIRED",
                 "this device is not paired yet: scan the code that `wakesmith serve` shows, or make one on the "
                 "computer that it runs on");
    reply_header(&call->reply, "WWW-Authenticate", "Bearer");
    return true;
}

bool peer_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}
