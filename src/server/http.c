// SPDX-License-Identifier: GPL-3.0-or-later
// The ports: sockets, and libmicrohttpd with a thread a connection, so that a handler may wait.
#include "server/lan_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct http {
    struct listener page, device;
};

// ---- sockets -----------------------------------------------------------------------------------------------

static int refuse_address(const char *host, int port, struct error *error)
{
    if (errno == EADDRINUSE)
        return error_set(error, ERROR_STATE, "port %d is taken by another program; choose another one with --port", port);
    if (errno == EACCES)
        return error_set(error, ERROR_USAGE, "port %d needs more rights; choose one above 1023 with --port", port);
    return error_set(error, ERROR_USAGE, "cannot listen on %s port %d: %s", host, port, strerror(errno));
}

static int bound_port(int listening)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char text[16] = "0";
    if (getsockname(listening, (struct sockaddr *)&address, &size) == 0)
        getnameinfo((struct sockaddr *)&address, size, NULL, 0, text, sizeof text, NI_NUMERICSERV);
    return atoi(text);
}

static int listen_on(const char *host, int *port, int *out, struct error *error)
{
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", *port);
    int fault = getaddrinfo(host, service, &wanted, &found);
    if (fault != 0)
        return error_set(error, ERROR_USAGE, "--host %s: %s", host, gai_strerror(fault));
    int yes = 1, no = 0, code = 0;
    int listening = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool six = found->ai_family == AF_INET6;
    if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        (six && setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) < 0) ||
        bind(listening, found->ai_addr, found->ai_addrlen) < 0 || listen(listening, 128) < 0) {
        code = refuse_address(host, *port, error);
        if (listening >= 0)
            close(listening);
    } else {
        *port = bound_port(listening);
        *out = listening;
    }
    freeaddrinfo(found);
    return code;
}

// ---- calls of the library ----------------------------------------------------------------------------------

// The first that we see of a request, with its address as it came; what it returns is the request's context.
static void *begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct listener *listener = context;
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    *call = (struct call){.listener = listener, .server = listener->server, .connection = connection};
    call->body.file = -1;
    call->reply.status = 200;
    call->began = time_now();
    call->uri = strdup(uri);
    return call;
}

static bool wants_answer_now(const struct call *call)
{
    const char *length = call_header(call, "Content-Length");
    return call_header(call, "Expect") || (length && strtoull(length, NULL, 10) > LIMIT_DRAINED);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state)
{
    (void)context, (void)connection, (void)url, (void)version;
    struct call *call = *state;
    if (!call || !call->uri)
        return MHD_NO;
    if (!call->begun) {
        call->begun = true;
        call->method = method;
        call_headers(call);
        return call->refused && wants_answer_now(call) ? call_send(call) : MHD_YES;
    }
    if (*size > 0) {
        call_body(call, data, *size);
        *size = 0;
        if (call->last_words)
            call_last_words(call);
        return call->last_words ? MHD_NO : MHD_YES;
    }
    call_answer(call);
    return call_send(call);
}

static void complete(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    call_free(*state);
    *state = NULL;
}

// Paths and queries are decoded in uri.c, from the address as it came.
static size_t leave(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static void be_quiet(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments;
}

static int start(struct listener *listener, const char *host, struct error *error)
{
    int listening = -1;
    TRY(listen_on(host, &listener->port, &listening, error));
    struct MHD_OptionItem tls[] = {{MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}};
    if (listener->secure) {
        const struct tls *from = listener->server->tls;
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (char *)tls_key(from)};
        tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (char *)tls_certificate(from)};
    }
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ERROR_LOG;
    listener->daemon = MHD_start_daemon(
        flags | (listener->secure ? MHD_USE_TLS : 0), 0, NULL, NULL, handle, listener,
        MHD_OPTION_EXTERNAL_LOGGER, be_quiet, NULL,
        MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)LIMIT_CONNECTIONS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)LIMIT_CONNECTIONS_IP,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(64 << 10),
        MHD_OPTION_URI_LOG_CALLBACK, begin, listener,
        MHD_OPTION_UNESCAPE_CALLBACK, leave, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, complete, listener,
        MHD_OPTION_ARRAY, tls,

        MHD_OPTION_END);
    if (listener->daemon)
        return 0;
    close(listening);
    return error_set(error, ERROR_IO, "cannot serve on port %d: %s", listener->port, strerror(errno));
}

int http_open(struct http **out, struct server *server, struct error *error)
{
    const struct server_options *options = &server->options;
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return error_memory(error, "the server");
    *out = http;
    http->page = (struct listener){.server = server, .secure = server->secure, .port = options->port};
    http->device = (struct listener){.server = server, .device = true, .port = options->device_port};
    TRY(start(&http->page, options->host, error));
    server->port = http->page.port;
    if (!server->secure || options->device_port < 0)
        return 0;
    TRY(start(&http->device, options->host, error));
    server->device_port = http->device.port;
    return 0;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    if (http->page.daemon)
        MHD_stop_daemon(http->page.daemon);
    if (http->device.daemon)
        MHD_stop_daemon(http->device.daemon);
    free(http);
}
