// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the server share: routes, requests, replies, the server's state.
#ifndef WAKESMITH_SERVER_INTERNAL_H
#define WAKESMITH_SERVER_INTERNAL_H

#include "recordings/recordings.h"
#include "server/server.h"
#include "text/text.h"

#include <jansson.h>
#include <pthread.h>
#include <time.h>

// ---- the notation of shapes (schema.c) -------------------------------------------------------------------
// Shapes of requests and answers are written in a small notation, from which come the check of every request, the
// OpenAPI file, docs/api.md and the page's types:
//   text  text(1..200)  int  int(1..10)  number  number(0..1)  bool  null  file  any
//   "literal" | "other"     [shape]     {key: shape, optional?: shape}     {*: shape}     Name     shape | null
// Objects admit further keys; requests with unknown keys are not refused.
struct shape; // parsed
struct shape_name {
    const char *name, *notation, *summary;
};
extern const struct shape_name shape_names[]; // named shapes (shapes.c)
extern const size_t shape_name_count;
int shape_parse(const char *notation, struct shape **shape, struct error *error);
void shape_free(struct shape *shape);
// 0, or ERROR_USAGE with a sentence that names the key: "speakers_total must be a whole number from 1 to 10".
int shape_check(const struct shape *shape, const json_t *value, struct error *error);
// Query and form values are texts; where the shape wants a number or bool they are converted. New reference.
json_t *shape_convert(const struct shape *shape, const json_t *texts, struct error *error);
json_t *shape_schema(const struct shape *shape); // JSON Schema; named shapes as $ref "#/components/schemas/Name"
bool shape_is_file(const struct shape *shape, const char *key); // does this key of an object hold a file?
typedef void shape_visit(void *context, const char *key, bool optional, const struct shape *shape);
void shape_members(const struct shape *shape, shape_visit *visit, void *context); // the named keys of an object

// ---- requests and replies --------------------------------------------------------------------------------

struct server;
struct request;
struct reply;
// Fills the reply; or returns an error code, which becomes a JSON error: USAGE and FORMAT 400, MISSING 404, STATE 409,
// CANCELLED 503, IO and MEMORY 500 (507 for a full disk).
typedef int route_handler(struct server *server, const struct request *request, struct reply *reply,
                          struct error *error);

enum body_kind {
    BODY_NONE,
    BODY_JSON, // application/json, at most 64 KiB; an empty body is {}
    BODY_FORM, // multipart/form-data; a key of shape "file" is streamed to a temporary file
    BODY_RAW   // any type, streamed to a temporary file
};
enum route_flag {
    ROUTE_OPEN = 1,  // needs no pairing: models and captures, which devices use; served on the device port too
    ROUTE_START = 2, // needs no pairing, but not for devices: the page's own files and the pairing itself
};
struct route {
    const char *method; // "GET" (serves HEAD too), "POST", "DELETE"
    const char *path;   // "/api/samples/{bucket}/{file}"; a part in braces matches one path component
    const char *summary;
    const char *query;  // shape of the query, an object; NULL: none
    enum body_kind body_kind;
    const char *body;   // shape of the body; NULL for BODY_NONE and BODY_RAW
    const char *answer; // shape of the JSON answer of status 200; NULL: `type` instead
    const char *type;   // media type of an answer that is not JSON
    unsigned flags;
    route_handler *handle;
};

enum { REQUEST_MAX_VALUES = 4 };
struct request {
    const struct route *route;
    const char *values[REQUEST_MAX_VALUES]; // what the braces matched, percent-decoded; never empty, no '/', no
                                            // leading '.', no control characters, at most 255 bytes
    json_t *query, *body;                   // checked and converted; {} when there is none
    const char *upload;                     // path of the streamed file, deleted after the handler; NULL: none
    size_t upload_size;
    const char *upload_name;                // as the client calls it, for display only; may be NULL
    const char *upload_type;                // its Content-Type, may be NULL
    const char *host;                       // the Host header
    bool secure, device;                    // came by TLS; came by the device port
    bool head;                              // HEAD: nothing may happen but the answer
    void *connection;
};
const char *request_header(const struct request *request, const char *name); // NULL: not there

enum { REPLY_MAX_HEADERS = 4 };
struct reply_header {
    const char *name;
    char value[120];
};
struct reply {
    int status;             // 200
    json_t *json;           // owned
    void *data;             // or these bytes (owned, malloc)
    size_t size;
    char *file;             // or this file (owned path), with ETag, Last-Modified, conditional GET and ranges
    time_t modified;        // Last-Modified of a file when it is later than the file's own time; 0: the file's
    const char *type;       // NULL: the route's
    char *download;         // name for Content-Disposition, owned; NULL: shown in the page
    char *location;         // for 302 and 303, owned
    char *cookie;           // value of Set-Cookie, owned
    char *allow;            // of 405: the methods, owned
    const char *encoding;   // Content-Encoding of `data`; NULL: none
    char *etag;             // of `data`, with its quotes, owned; NULL: none
    const char *cache;      // Cache-Control; NULL: "no-store" for JSON, "no-cache" for files
    struct reply_header headers[REPLY_MAX_HEADERS]; // further ones
    struct event_source *events; // or server-sent events, owned
};
int reply_json(struct reply *reply, json_t *json, struct error *error); // takes the reference; NULL: no memory
int reply_file(struct reply *reply, const char *path, const char *type, struct error *error);
// A further header; more than REPLY_MAX_HEADERS are dropped.
void reply_header(struct reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// {"ok": false, "error": sentence, "code": code, ...}: `code` is a word for programs ("TRAINING_RUNNING"). Returns 0.
int reply_refuse(struct reply *reply, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Server-sent events: `next` waits at most a second and appends whole events ("event: x\ndata: {...}\n\n") to `out`;
// returns false when the stream is over. A comment is sent while there is nothing, so that a closed page is noticed.
struct event_source {
    bool (*next)(struct event_source *source, struct buffer *out);
    void (*close)(struct event_source *source); // frees it
};

// ---- routes: each file has a table; routes.c names them all -----------------------------------------------
struct route_table {
    const char *title; // heading in docs/api.md
    const struct route *routes;
    size_t count;
};
// A route table is defined as
//   static const struct route routes[] = {...};
//   const struct route_table routes_session = {"Session", routes, COUNT_OF(routes)};
// and named in routes.c.
extern const struct route_table routes_session, routes_recordings, routes_captures, routes_word, routes_train, routes_models,
    routes_data, routes_access;
extern const struct route_table *const route_tables[];
extern const size_t route_table_count;

// ---- state -------------------------------------------------------------------------------------------------

struct session { // of the recorder; survives a restart in <data>/recorder_session.json
    char *phrase;  // NULL: none yet
    char id[TEXT_ID_SIZE], lang[16]; // lang is never "auto": what the phrase itself says was found
    bool lang_auto;                  // the language was left to us
    int speakers_total, takes_per_speaker;
    char *phonemes; // how the phrase is said, "/IPA/" or "[[...]]"; NULL: as it is read
    json_t *also;   // further spellings, an array of texts
};

// routes_word.c: whether the voices of the language can say the phonemes (NULL: none) and those among the spellings.
// ERROR_USAGE says which sound is none of theirs.
struct server;
int phonemes_check(struct server *server, const char *lang, const char *phonemes, const json_t *also,
                   struct error *error);

struct jobs;    // jobs.c: the training child, its events and log
struct models;  // models.c: the finished runs
struct pairing; // pairing.c: tokens, cookies
struct tls;     // tls.c: the certificate
struct page;    // page.c: the page's files
struct server {
    struct server_options options; // texts owned by the server
    char *data_dir, *program, *tmp;  // tmp: <data>/tmp, for uploads
    char *host;    // address or name for people: "localhost", "192.168.1.5"
    char *url;     // "http://localhost:2704/"
    char *start_url;  // the same with the first pairing token, when one is needed
    char *device_url; // "http://192.168.1.5:2705/"; NULL: devices use the page's address
    bool secure;   // TLS
    int port, device_port; // that were opened; device_port 0: none
    struct recordings *recordings;
    pthread_mutex_t lock;  // of the session
    pthread_rwlock_t gate; // held shared while recordings change, alone while a training starts
    struct session session;
    unsigned captures; // that arrived since the start; under the lock too
    struct jobs *jobs;
    struct models *models;
    struct pairing *pairing;
    struct tls *tls;
    struct page *page;
    struct http *http; // http.c
    _Atomic int closing;
};

// Runs a child of the program in a session of its own: `arguments` (NULL-terminated, without the program), standard
// output at most `maximum` bytes into *output (terminated, caller frees). It and what it started is killed after
// `seconds`. ERROR_STATE with the last line of its standard error when it fails or takes too long; ERROR_CANCELLED when
// the server closes. Waits its turn while four others run.
int child_run(const struct server *server, const char *const *arguments, double seconds, size_t maximum,
              char **output, size_t *size, struct error *error);

// ---- session (session.c) -----------------------------------------------------------------------------------
// What <data>/recorder_session.json says; without it, or when it is damaged, there is no session yet.
void session_restore(struct server *server);
// A copy that nobody else changes; session_clear frees what it holds. phrase NULL: no session.
int session_copy(struct server *server, struct session *copy, struct error *error);
void session_clear(struct session *session);
// How many recordings of the session's word a training would use, and how many takes were planned; 0 without a session.
int session_counts(struct server *server, int *samples, int *takes_total, struct error *error);
// Between these two no training of this wake word starts. ERROR_STATE, and nothing to end, while it is in training.
// (The start of a training holds server->gate for writing while it looks at jobs_training and becomes running.)
int session_change_begin(struct server *server, const char *id, struct error *error);
void session_change_end(struct server *server);

// The wake word that a request means: its "wake_word" key (query or body) if it is a safe id, else the session's.
// ERROR_STATE without either.
int session_wake_word(struct server *server, const json_t *given, char id[TEXT_ID_SIZE], struct error *error);

// ---- jobs: the training, its log, what open pages are told (jobs.c, job_*.c, stream.c) -------------------------
// Finds the training that runs, or ran last, and follows it from a thread of its own.
int jobs_open(struct jobs **jobs, const char *program, const char *data_dir, struct error *error);
void jobs_close(struct jobs *jobs); // a training goes on without the server
// Is this wake word (NULL: any) in training now? Recordings of it must not change then.
bool jobs_training(struct jobs *jobs, const char *id);
// The named shape Training, with log_lines and last_sent_tail for clients of the reference. New reference or NULL.
json_t *jobs_status(struct jobs *jobs);
// An event for every open page; takes the reference.
void jobs_announce(struct jobs *jobs, const char *event, json_t *data);

// ---- models (models.c) -------------------------------------------------------------------------------------
int models_open(struct models **models, const char *data_dir, struct error *error);
void models_close(struct models *models);
// Trash of models: as recordings_restore and recordings_trash. *run: its name again (caller frees).
int models_restore(struct models *models, const char *ticket, char **run, struct error *error);
json_t *models_trash(struct server *server);

#endif
