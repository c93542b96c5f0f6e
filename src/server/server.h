// SPDX-License-Identifier: GPL-3.0-or-later
// server: the page and the API at http://localhost:2704. HTTP, TLS, uploads, events, jobs. Every job is a child
// process of the program itself, in its own session, so a crash in a job cannot take the page down, nor the page a job.
#ifndef WAKESMITH_SERVER_H
#define WAKESMITH_SERVER_H

#include "base/base.h"
#include "manifest/manifest.h"

#include <time.h>

enum { SERVER_PORT = 2704, SERVER_DEVICE_PORT = 2705 };

struct server_options {
    const char *program;     // path of wakesmith, for children
    const char *data_dir;    // must exist
    const char *host;        // "127.0.0.1"; with lan "0.0.0.0"
    int port;                // 0: any free one
    int device_port;         // with lan: plain HTTP for models and captures only, which devices read; 0: any, -1: none
    bool lan;                // TLS, pairing
    bool plain;              // with lan: no TLS (behind a proxy that has it)
    bool offline;            // the page offers to fetch nothing
    struct text_list names;  // further host names that may stand in the Host header
    const char *public_url;  // base of URLs in snippets; NULL: found
    const char *page_dir;    // serve the page from here instead of from the program (for work on the page); NULL
    int speakers_total, takes_per_speaker; // defaults of a session
};
void server_options_default(struct server_options *options); // with REC_HOST, REC_PORT, ... of the environment

struct server;
int server_open(struct server **server, const struct server_options *options, struct error *error);
void server_close(struct server *server);
// What to open, with a pairing token when one is needed. Lives as long as the server.
const char *server_url(const struct server *server);
// SHA-256 of the certificate, "AB:CD:..."; NULL without TLS.
const char *server_fingerprint(const struct server *server);
// Where devices fetch models when the page is on TLS; NULL when they use the page's address.
const char *server_device_url(const struct server *server);
// The same as a QR code of text blocks for a terminal; NULL when there is nothing to pair. Caller frees.
char *server_qr(const struct server *server);

bool server_has_page(void); // whether the program was built with it

// ---- the runs of a data directory, as the page shows and deletes them, for the terminal (shelf.c) ----

struct run_facts { // texts live during the visit
    const char *name, *folder, *id, *title;
    const char *fault; // why it cannot be used; "": it is complete
    time_t created;
    size_t model_bytes;
    bool published; // the newest complete run of its id, which devices fetch
    struct manifest manifest;
    struct sensitivity levels[3];
    size_t level_count; // 0: there is no report
};
typedef int run_visitor(void *context, const struct run_facts *facts, struct error *error);
// Newest first; ends with what the visitor returns when that is not 0.
int runs_visit(const char *data_dir, run_visitor *visit, void *context, struct error *error);
// Moves a run to the trash, which keeps it for a week. *ticket brings it back; caller frees.
int runs_remove(const char *data_dir, const char *name, char **ticket, struct error *error);
int runs_restore(const char *data_dir, const char *ticket, char **name, struct error *error); // caller frees *name

// What the server offers, from its table of routes. Caller frees; NULL without memory.
char *server_openapi(void);  // OpenAPI 3.1, JSON
char *server_api_page(void); // docs/api.md

#endif
