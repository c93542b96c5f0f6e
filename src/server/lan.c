// SPDX-License-Identifier: GPL-3.0-or-later
// Under which addresses and names this computer is found in its network.
#include "server/lan_internal.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The address that this machine would send from. Nothing is sent: the socket only chooses its way.
static bool usual_address(char text[INET_ADDRSTRLEN])
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
    return found && near.sin_addr.s_addr != htonl(INADDR_ANY) && !peer_is_loopback((struct sockaddr *)&near);
}

static int add_once(struct text_list *list, const char *text, struct error *error)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return 0;
    return text_list_add(list, text, error);
}

// "" for what nobody else can reach: loopback, and link-local addresses, which need the name of an interface.
static void print_address(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
    text[0] = 0;
    if (!address || peer_is_loopback(address))
        return;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text, INET6_ADDRSTRLEN);
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (!IN6_IS_ADDR_LINKLOCAL(six))
            inet_ntop(AF_INET6, six, text, INET6_ADDRSTRLEN);
    }
}

int lan_addresses(struct text_list *addresses, struct error *error)
{
    char text[INET6_ADDRSTRLEN];
    struct ifaddrs *interfaces = NULL;
    if (usual_address(text))
        TRY(add_once(addresses, text, error));
    if (getifaddrs(&interfaces) != 0)
        return 0;
    int code = 0;
    for (const struct ifaddrs *at = interfaces; at && code == 0; at = at->ifa_next) {
        print_address(at->ifa_flags & IFF_UP ? at->ifa_addr : NULL, text);
        if (*text)
            code = add_once(addresses, text, error);
    }
    freeifaddrs(interfaces);
    return code;
}

int lan_names(struct text_list *names, struct error *error)
{
    char host[256] = "";
    TRY(add_once(names, "localhost", error));
    bool known = gethostname(host, sizeof host - 1) == 0 && *host;
    if (!known || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")])
        return 0; // no name that can stand in a certificate
    TRY(add_once(names, host, error));
    if (strchr(host, '.'))
        return 0;
    char *local = text_print("%s.local", host); // as multicast DNS says it
    int code = local ? add_once(names, local, error) : error_memory(error, "a name");
    free(local);
    return code;
}

bool lan_is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return strcasecmp(host, "localhost") == 0;
}

// What people type to reach this server.
char *lan_host(const char *listening)
{
    const char *advertised = getenv("REC_ADVERTISED_HOST");
    struct text_list found = {0};
    struct error ignored;
    bool any = strcmp(listening, "0.0.0.0") == 0 || strcmp(listening, "::") == 0;
    char *host = NULL;
    if (advertised && *advertised)
        host = strdup(advertised);
    else if (lan_is_loopback(listening))
        host = strdup("localhost");
    else if (!any)
        host = text_print(strchr(listening, ':') ? "[%s]" : "%s", listening);
    else if (lan_addresses(&found, &ignored) == 0 && found.count > 0)
        host = text_print(strchr(found.items[0], ':') ? "[%s]" : "%s", found.items[0]);
    else if (lan_names(&found, &ignored) == 0)
        host = strdup(found.items[found.count - 1]);
    text_list_free(&found);
    return host;
}
