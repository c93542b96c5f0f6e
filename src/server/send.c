// SPDX-License-Identifier: GPL-3.0-or-later
// From a reply to what goes over the wire: headers, conditional requests, ranges, events.
#include "server/http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- replies -----------------------------------------------------------------------------------------------

void reply_free(struct reply *reply)
{
    json_decref(reply->json);
    free(reply->data);
    free(reply->file);
    free(reply->download);
    free(reply->location);
    free(reply->cookie);
    free(reply->allow);
    free(reply->etag);
    if (reply->events)
        reply->events->close(reply->events);
    *reply = (struct reply){.status = 200};
}

int reply_json(struct reply *reply, json_t *json, struct error *error)
{
    if (!json)
        return error_memory(error, "the answer");
    json_decref(reply->json);
    reply->json = json;
    return 0;
}

int reply_file(struct reply *reply, const char *path, const char *type, struct error *error)
{
    reply->type = type;
    reply->file = strdup(path);
    return reply->file ? 0 : error_memory(error, "the answer");
}

int reply_refuse(struct reply *reply, int status, const char *code, const char *format, ...)
{
    char sentence[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (size_t size = strlen(sentence); size > 0 && !text_is_utf8(sentence, size);)
        sentence[--size] = 0; // a character was cut
    reply_free(reply);
    reply->status = status;
    reply->json = json_pack("{s:b, s:s, s:s}", "ok", 0, "error", sentence, "code", code);
    return 0;
}

void reply_header(struct reply *reply, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (size_t i = 0; i < REPLY_MAX_HEADERS; i++) {
        if (reply->headers[i].name)
            continue;
        reply->headers[i].name = name;
        vsnprintf(reply->headers[i].value, sizeof reply->headers[i].value, format, arguments);
        break;
    }
    va_end(arguments);
}

void reply_error(struct reply *reply, const struct error *error)
{
    static const struct {
        int error, status;
        const char *code;
    } rows[] = {
        {ERROR_USAGE, 400, "BAD_REQUEST"},  {ERROR_FORMAT, 400, "BAD_REQUEST"},      {ERROR_MISSING, 404, "NOT_FOUND"},
        {ERROR_STATE, 409, "NOT_NOW"},      {ERROR_CANCELLED, 503, "SHUTTING_DOWN"}, {ERROR_IO, 500, "DISK"},
        {ERROR_MEMORY, 500, "NO_MEMORY"},
    };
    if (error->code == ERROR_IO && strstr(error->message, strerror(ENOSPC))) {
        reply_refuse(reply, 507, "DISK_FULL", "%s", error->message);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].error == error->code) {
            reply_refuse(reply, rows[i].status, rows[i].code, "%s", error->message);
            return;
        }
    reply_refuse(reply, 500, "INTERNAL", "%s", error->message);
}

// ---- events ------------------------------------------------------------------------------------------------

enum { EVENTS_MAXIMUM = 4 << 20, EVENTS_BLOCK = 16 << 10, EVENTS_QUIET_SECONDS = 5 };

struct event_stream {
    struct event_source *source;
    const struct server *server;
    struct buffer out;
    size_t sent;
    double spoken;
};

static ssize_t read_events(void *context, uint64_t position, char *data, size_t maximum)
{
    (void)position;
    struct event_stream *stream = context;
    while (stream->sent == stream->out.size) {
        buffer_free(&stream->out);
        buffer_init(&stream->out, EVENTS_MAXIMUM);
        stream->sent = 0;
        if (stream->server->closing || !stream->source->next(stream->source, &stream->out) || stream->out.failed)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (stream->out.size == 0 && time_now() - stream->spoken > EVENTS_QUIET_SECONDS)
            buffer_print(&stream->out, ": still here\n\n");
    }
    stream->spoken = time_now();
    size_t size = stream->out.size - stream->sent;
    size = size < maximum ? size : maximum;
    memcpy(data, stream->out.data + stream->sent, size);
    stream->sent += size;
    return (ssize_t)size;
}

static void close_events(void *context)
{
    struct event_stream *stream = context;
    stream->source->close(stream->source);
    buffer_free(&stream->out);
    free(stream);
}

static struct MHD_Response *respond_events(struct call *call)
{
    struct event_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct event_stream){.source = call->reply.events, .server = call->server, .spoken = time_now()};
    call->reply.events = NULL;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, EVENTS_BLOCK, read_events, stream, close_events);
    if (!response)
        close_events(stream);
    return response;
}

// ---- files -------------------------------------------------------------------------------------------------

static void print_http_date(time_t when, char out[64])
{
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(out, 64, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

static bool parse_http_date(const char *text, time_t *when)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    *when = timegm(&parts);
    return end && !*end;
}

// Is `etag` in "W/"a", "b""? A star stands for any.
static bool etag_listed(const char *list, const char *etag)
{
    size_t size = strlen(etag);
    for (const char *at = strstr(list, etag); at; at = strstr(at + 1, etag))
        if (at[size] == 0 || at[size] == ',' || at[size] == ' ')
            return true;
    return strcmp(list, "*") == 0;
}

static bool unchanged(const struct call *call, const char *etag, time_t modified)
{
    const char *none_match = call_header(call, "If-None-Match"), *since = call_header(call, "If-Modified-Since");
    time_t when;
    if (none_match)
        return etag_listed(none_match, etag); // counts alone, then
    return since && modified && parse_http_date(since, &when) && modified <= when;
}

// "bytes=a-b", "bytes=a-", "bytes=-n" of a file of `size` bytes. 0: no such header or one that may be ignored (several
// ranges, other units), 1: a range, -1: outside the file.
static int parse_range(const char *text, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (!text || strncmp(text, "bytes=", 6) != 0 || strspn(text + 6, "0123456789-") != strlen(text + 6))
        return 0;
    text += 6;
    char *end;
    errno = 0;
    if (*text == '-') {
        uint64_t count = strtoull(text + 1, &end, 10);
        if (end == text + 1 || *end || errno)
            return 0;
        *first = count < size ? size - count : 0;
        *last = size - 1;
        return size && count ? 1 : -1;
    }
    *first = strtoull(text, &end, 10);
    if (*end != '-' || errno)
        return 0;
    const char *second = end + 1;
    *last = *second ? strtoull(second, &end, 10) : UINT64_MAX;
    if (*second && (*end || errno || *last < *first))
        return 0;
    *last = *last < size ? *last : size - 1;
    return *first < size ? 1 : -1;
}

static struct MHD_Response *empty_response(void)
{
    return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *refused(struct call *call, int status, const char *code, const char *sentence);

// As parse_range, of what `etag` names now.
static int wanted_range(const struct call *call, uint64_t size, const char *etag, uint64_t *first, uint64_t *last)
{
    const char *if_range = call_header(call, "If-Range");
    bool current = !if_range || strcmp(if_range, etag) == 0;
    return current ? parse_range(call_header(call, "Range"), size, first, last) : 0;
}

static struct MHD_Response *say_range(struct call *call, struct MHD_Response *response, uint64_t first, uint64_t last,
                                      uint64_t size)
{
    char header[100];
    snprintf(header, sizeof header, "bytes %llu-%llu/%llu", (unsigned long long)first, (unsigned long long)last,
             (unsigned long long)size);
    call->reply.status = 206;
    if (response)
        MHD_add_response_header(response, "Content-Range", header);
    return response;
}

static struct MHD_Response *refuse_range(struct call *call, uint64_t size)
{
    char header[100];
    snprintf(header, sizeof header, "bytes */%llu", (unsigned long long)size);
    struct MHD_Response *response =
        refused(call, 416, "NO_SUCH_RANGE", "the file is shorter than the range that was asked for");
    if (response)
        MHD_add_response_header(response, "Content-Range", header);
    return response;
}

static struct MHD_Response *respond_range(struct call *call, int file, const struct stat *about, const char *etag)
{
    uint64_t size = (uint64_t)about->st_size, first = 0, last = 0;
    int range = wanted_range(call, size, etag, &first, &last);
    if (range == 0)
        return MHD_create_response_from_fd64(size, file);
    if (range > 0)
        return say_range(call, MHD_create_response_from_fd_at_offset64(last - first + 1, file, first), first, last, size);
    close(file);
    return refuse_range(call, size);
}

static struct MHD_Response *respond_file(struct call *call)
{
    int file = open(call->reply.file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat about;
    if (file < 0 || fstat(file, &about) < 0 || !S_ISREG(about.st_mode)) {
        if (file >= 0)
            close(file);
        return refused(call, 404, "NOT_FOUND", "this file is not there any more");
    }
    char etag[80], modified[64];
    snprintf(etag, sizeof etag, "\"%llx-%llx-%llx\"", (unsigned long long)about.st_size,
             (unsigned long long)about.st_mtim.tv_sec, (unsigned long long)about.st_mtim.tv_nsec);
    time_t since = about.st_mtim.tv_sec > call->reply.modified ? about.st_mtim.tv_sec : call->reply.modified;
    print_http_date(since, modified);
    struct MHD_Response *response;
    if (unchanged(call, etag, since)) {
        close(file);
        call->reply.status = 304;
        response = empty_response();
    } else {
        response = respond_range(call, file, &about, etag);
    }
    if (response && call->reply.status < 400) {
        MHD_add_response_header(response, "ETag", etag);
        MHD_add_response_header(response, "Last-Modified", modified);
        MHD_add_response_header(response, "Accept-Ranges", "bytes");
    }
    return response;
}

// ---- any reply ---------------------------------------------------------------------------------------------

static struct MHD_Response *respond_json(struct call *call)
{
    char *text = json_dumps(call->reply.json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    call->reply.type = "application/json";
    return text ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE) : NULL;
}

static struct MHD_Response *refused(struct call *call, int status, const char *code, const char *sentence)
{
    reply_refuse(&call->reply, status, code, "%s", sentence);
    return respond_json(call);
}

static struct MHD_Response *respond_whole(struct reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->size, reply->data ? reply->data : (void *)"",
                                        reply->data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    reply->data = response ? NULL : reply->data;
    return response;
}

// Parts are given of what has an etag: a part of a thing without a name could not be put together.
static struct MHD_Response *respond_data(struct call *call)
{
    struct reply *reply = &call->reply;
    uint64_t size = reply->size, first = 0, last = 0;
    bool parts = reply->etag && !reply->encoding && reply->status == 200;
    struct MHD_Response *response;
    if (reply->etag && unchanged(call, reply->etag, 0)) {
        reply->status = 304;
        response = empty_response();
    } else {
        int range = parts ? wanted_range(call, size, reply->etag, &first, &last) : 0;
        if (range < 0)
            return refuse_range(call, size);
        response = range == 0 ? respond_whole(reply)
                              : say_range(call,
                                          MHD_create_response_from_buffer((size_t)(last - first + 1),
                                                                          (char *)reply->data + first,
                                                                          MHD_RESPMEM_MUST_COPY),
                                          first, last, size);
    }
    if (response && reply->etag)
        MHD_add_response_header(response, "ETag", reply->etag);
    if (response && parts)
        MHD_add_response_header(response, "Accept-Ranges", "bytes");
    if (response && reply->encoding && reply->status == 200)
        MHD_add_response_header(response, "Content-Encoding", reply->encoding);
    return response;
}

static void add_download(struct MHD_Response *response, const char *name)
{
    char header[600];
    size_t used = (size_t)snprintf(header, sizeof header, "attachment; filename*=UTF-8''");
    for (; *name && used + 4 < sizeof header; name++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *name) != NULL;
        used += (size_t)snprintf(header + used, sizeof header - used, plain ? "%c" : "%%%02X", (unsigned char)*name);
    }
    MHD_add_response_header(response, "Content-Disposition", header);
}

// A reply may have a policy of its own: of two, browsers would keep both.
static bool has_header(const struct reply *reply, const char *name)
{
    size_t i = 0;
    while (i < REPLY_MAX_HEADERS && reply->headers[i].name && strcmp(reply->headers[i].name, name) != 0)
        i++;
    return i < REPLY_MAX_HEADERS && reply->headers[i].name;
}

static void add_headers(const struct call *call, struct MHD_Response *response)
{
    const struct reply *reply = &call->reply;
    const struct route *route = call->request.route;
    const char *type = reply->type ? reply->type : route && route->answer ? "application/json" : route ? route->type : NULL;
    bool file = reply->file || reply->etag;
    for (size_t i = 0; i < access_header_count; i++)
        if (!has_header(reply, access_headers[i].name))
            MHD_add_response_header(response, access_headers[i].name, access_headers[i].value);
    if (type && reply->status != 304)
        MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", reply->cache ? reply->cache : file ? "no-cache" : "no-store");
    if (reply->download)
        add_download(response, reply->download);
    if (reply->location)
        MHD_add_response_header(response, "Location", reply->location);
    if (reply->cookie)
        MHD_add_response_header(response, "Set-Cookie", reply->cookie);
    if (reply->allow)
        MHD_add_response_header(response, "Allow", reply->allow);
    for (size_t i = 0; i < REPLY_MAX_HEADERS && reply->headers[i].name; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (call->refused && reply->status != 404)
        MHD_add_response_header(response, "Connection", "close");
}

enum MHD_Result call_send(struct call *call)
{
    struct reply *reply = &call->reply;
    struct MHD_Response *response = reply->json     ? respond_json(call)
                                    : reply->events ? respond_events(call)
                                    : reply->file   ? respond_file(call)
                                                    : respond_data(call);
    if (!response)
        return MHD_NO;
    add_headers(call, response);
    enum MHD_Result result = MHD_queue_response(call->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

// The library takes no answer while a body is coming. So the answer is written past it, and it closes the connection.
void call_last_words(struct call *call)
{
    char *text = json_dumps(call->reply.json, JSON_COMPACT);
    char *whole = text ? text_print("HTTP/1.1 %d Refused\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                                    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                    "Connection: close\r\n\r\n%s",
                                    call->reply.status, strlen(text), text)
                       : NULL;
    const union MHD_ConnectionInfo *session =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const union MHD_ConnectionInfo *socket_info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (whole && call->listener->secure && session)
        gnutls_record_send(session->tls_session, whole, strlen(whole));
    else if (whole && socket_info)
        send(socket_info->connect_fd, whole, strlen(whole), MSG_NOSIGNAL | MSG_DONTWAIT);
    free(whole);
    free(text);
}
