// SPDX-License-Identifier: GPL-3.0-or-later
// What the files that speak HTTP share: one call from its first line to the end of its answer.
#ifndef WAKESMITH_HTTP_INTERNAL_H
#define WAKESMITH_HTTP_INTERNAL_H

#include "server/server_internal.h"

#include <microhttpd.h>
#include <netinet/in.h>

enum {
    LIMIT_HEADERS = 16 << 10,  // of the header block
    LIMIT_URI = 4 << 10,       // of path and query
    LIMIT_JSON = 64 << 10,     // of a JSON body
    LIMIT_UPLOAD = 10 << 20,   // of a file
    LIMIT_FIELDS = 64 << 10,   // of the texts of a form, and of what is around its parts
    LIMIT_DRAINED = 64 << 20,  // a refused body is read to its end up to here, so that the client sees the answer
    LIMIT_SECONDS = 60,        // from the first line to the last byte of the body
    LIMIT_IDLE_SECONDS = 20,   // without a byte
    LIMIT_CONNECTIONS = 512,   // in all
    LIMIT_CONNECTIONS_IP = 256 // from one address
};

// ---- paths and queries (uri.c) ---------------------------------------------------------------------------
// A path is split at its slashes first and decoded then, so that %2f never makes a component.
enum { PATH_MOST_PARTS = 6, PATH_MOST_BYTES = 255 };
struct path {
    char *storage;
    const char *parts[PATH_MOST_PARTS];
    size_t count; // 0 for "/"
};
// ERROR_USAGE for what is never a path here: bad percent signs, "." and "..", hidden names, control characters, not
// UTF-8, over-long; ERROR_MISSING for empty or too many parts.
int path_parse(const char *text, size_t size, struct path *path, struct error *error);
void path_free(struct path *path);
// "a=1&b=x+y" as an object of texts. ERROR_USAGE: a key twice, not UTF-8.
int query_parse(const char *text, json_t **texts, struct error *error);
bool text_is_utf8(const char *text, size_t size); // without zero bytes

// ---- routes (match.c) ------------------------------------------------------------------------------------
// The route of a path and method. NULL: none; then `allowed` lists the methods of that path, "" for an unknown path.
const struct route *route_match(const struct path *path, const char *method, const char **values, char allowed[64]);

// ---- bodies (body.c, multipart.c) ------------------------------------------------------------------------
struct multipart;
struct multipart_sink {
    void *context;
    int (*part)(void *context, const char *name, const char *file_name, const char *type, struct error *error);
    int (*data)(void *context, const char *data, size_t size, struct error *error);
};
int multipart_open(struct multipart **multipart, const char *content_type, const struct multipart_sink *sink,
                   struct error *error);
int multipart_add(struct multipart *multipart, const char *data, size_t size, struct error *error);
int multipart_end(struct multipart *multipart, struct error *error); // ERROR_FORMAT when the last boundary is missing
void multipart_close(struct multipart *multipart);

struct body {
    enum body_kind kind;
    const struct shape *shape;   // of the route's body
    size_t size;                 // bytes that came
    struct buffer text;          // JSON, or the value of a form's text
    json_t *texts;               // of a form
    struct multipart *multipart;
    char *key;                   // of the part that comes now; NULL: it is skipped
    bool in_file;
    size_t fields;               // bytes of texts so far
    int file;                    // descriptor of the temporary file, -1: none
    char *path, *file_name, *file_type;
    size_t file_size;
    bool too_large;              // an error of body_add means 413
};
size_t body_limit(enum body_kind kind);
int body_open(struct body *body, enum body_kind kind, const struct shape *shape, const char *content_type,
              const char *folder, struct error *error);
int body_add(struct body *body, const char *data, size_t size, struct error *error);
// What came, checked against the shape. New reference.
int body_end(struct body *body, json_t **value, struct error *error);
void body_close(struct body *body); // deletes the temporary file

// ---- a call ----------------------------------------------------------------------------------------------
struct listener { // one port
    struct server *server;
    struct MHD_Daemon *daemon;
    bool device, secure;
    int port;
};
struct call {
    const struct listener *listener;
    struct server *server;
    struct MHD_Connection *connection;
    char *uri; // as it came
    const char *method;
    double began;
    struct path path;
    struct request request;
    struct shape *query_shape, *body_shape;
    struct body body;
    struct reply reply;
    bool begun, refused, last_words;
    uint64_t drained;
};
void reply_free(struct reply *reply);
// From an error of below to a refusal.
void reply_error(struct reply *reply, const struct error *error);

// dispatch.c: the three moments of a call. Each may refuse: call->refused, with the answer in call->reply.
void call_headers(struct call *call);
void call_body(struct call *call, const char *data, size_t size);
void call_answer(struct call *call);
void call_free(struct call *call);
const char *call_header(const struct call *call, const char *name); // NULL: not there

// send.c
enum MHD_Result call_send(struct call *call);
void call_last_words(struct call *call); // writes the refusal to the socket while the body is still coming

// ---- access (access.c) -----------------------------------------------------------------------------------
// Is this Host header one that a person or device of this network would send? Against DNS rebinding.
bool host_allowed(const char *host, const struct text_list *names);
// The answers to who asks for what. 0, or the reply is a refusal (true).
bool access_refuses_host(struct call *call);
bool access_refuses_origin(struct call *call);
bool access_refuses_unpaired(struct call *call);
bool access_is_paired(const struct server *server, const struct request *request); // or needs no pairing
void access_cookie_name(const struct server *server, char name[32]);
bool peer_is_loopback(const struct sockaddr *address);
struct access_header {
    const char *name, *value;
};
extern const struct access_header access_headers[]; // of every answer
extern const size_t access_header_count;

// ---- the page's files (page.c; page_files.c is made by web/embed.py) -----------------------------------------
struct page_file {
    const char *name;
    const unsigned char *data; // gzip
    size_t size, plain_size;
    const char *etag; // with its quotes: a hash of the content
};
extern const struct page_file page_files[];
extern const size_t page_file_count;
int page_open(struct page **page, const char *folder, struct error *error); // folder NULL: what is built in
void page_close(struct page *page);
int page_reply(const struct page *page, const struct request *request, const char *name, struct reply *reply,
               struct error *error);

int http_open(struct http **http, struct server *server, struct error *error);
void http_close(struct http *http);

#endif
