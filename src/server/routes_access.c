// SPDX-License-Identifier: GPL-3.0-or-later
// What this server is, how others are let in, and the page's own files.
#include "server/lan_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- about -------------------------------------------------------------------------------------------------

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
    bool paired = access_is_paired(server, request); // strangers learn nothing about this computer's folders
    return reply_json(reply,
                      json_pack("{s:b, s:s, s:b, s:b, s:s, s:s?, s:s, s:b, s:b}", "ok", 1, "version", WAKESMITH_VERSION,
                                "lan", server->options.lan, "secure", request->secure, "url", server->url, "device_url",
                                server->device_url, "data_dir", paired ? server->data_dir : "", "ffmpeg",
                                has_program("ffmpeg"), "paired", paired),
                      error);
}

static int openapi(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)server, (void)request;
    reply->data = server_openapi();
    reply->size = reply->data ? strlen(reply->data) : 0;
    return reply->data ? 0 : error_memory(error, "the description");
}

// ---- pairing -----------------------------------------------------------------------------------------------

static int make_pairing(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    if (!server->pairing)
        return reply_refuse(reply, 409, "LOOPBACK_ONLY",
                            "only this computer can open the page: start it with `wakesmith serve --lan` to use a phone");
    char *url = NULL;
    TRY(server_pairing_url(server, &url, error));
    char *svg = qr_svg(url);
    int code = svg ? reply_json(reply,
                                json_pack("{s:b, s:s, s:s, s:i}", "ok", 1, "url", url, "qr_svg", svg, "expires_s",
                                          PAIRING_SECONDS),
                                error)
                   : error_memory(error, "the QR code");
    free(svg);
    free(url);
    return code;
}

// A person on a phone sees this, so it is a page.
static int refuse_pairing(const struct request *request, struct reply *reply, const struct error *told,
                          struct error *error)
{
    const char *accepted = request_header(request, "Accept");
    int status = told->code == ERROR_CANCELLED ? 429 : 403;
    if (!accepted || !strstr(accepted, "text/html"))
        return reply_refuse(reply, status, status == 429 ? "TOO_MANY" : "NOT_PAIRED", "%s", told->message);
    char *text = text_print("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                            "<meta name=\"viewport\" content=\"width=device-width\"><title>Wakesmith</title>"
                            "<h1>Wakesmith</h1><p>%c%s.</p><p lang=\"ru\">Эта ссылка уже сработала или ей больше десяти "
                            "минут. Создайте новую на компьютере.</p></html>\n",
                            told->message[0] - 'a' + 'A', told->message + 1);
    if (!text)
        return error_memory(error, "the page");
    reply->status = status;
    reply->type = "text/html; charset=utf-8";
    reply->data = text;
    reply->size = strlen(text);
    return 0;
}

static int pair(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char secret[PAIRING_SECRET_SIZE], name[32];
    const char *token = json_string_value(json_object_get(request->query, "token"));
    struct error told = {0};
    bool redeems = server->pairing && !request->head; // who looks at a link does not use it up
    if (redeems && pairing_redeem(server->pairing, time_now(), token, request_header(request, "User-Agent"), secret,
                                  &told) < 0) {
        if (told.code == ERROR_STATE || told.code == ERROR_CANCELLED)
            return refuse_pairing(request, reply, &told, error);
        *error = told;
        return told.code;
    }
    access_cookie_name(server, name);
    reply->status = 303;
    reply->location = strdup("/");
    reply->cookie = redeems ? text_print("%s=%s; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict%s", name, secret,
                                         request->secure ? "; Secure" : "")
                            : NULL;
    return reply->location && (!redeems || reply->cookie) ? 0 : error_memory(error, "the answer");
}

// ---- the page ----------------------------------------------------------------------------------------------

static int index_page(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    return page_reply(server->page, request, "index.html", reply, error);
}

static int page_part(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    return page_reply(server->page, request, request->values[0], reply, error);
}

static const struct route routes[] = {
    {.method = "GET",
     .path = "/api/about",
     .summary = "What this server is and how it is reached. `paired`: this device may use everything.",
     .answer = "{ok: bool, version: text, lan: bool, secure: bool, url: text, device_url: text | null, data_dir: text,"
               " ffmpeg: bool, paired: bool}",
     .flags = ROUTE_START,
     .handle = about},
    {.method = "POST",
     .path = "/api/pairing",
     .summary = "A link that lets one more device in, once and within ten minutes, and its QR code.",
     .body_kind = BODY_JSON,
     .body = "{}",
     .answer = "{ok: bool, url: text, qr_svg: text, expires_s: int}",
     .handle = make_pairing},
    {.method = "GET",
     .path = "/pair",
     .summary = "Lets this browser in: a cookie, and 303 to the page.",
     .query = "{token: text(1..100)}",
     .type = "text/html",
     .flags = ROUTE_START,
     .handle = pair},
    {.method = "GET",
     .path = "/api/openapi.json",
     .summary = "This description as OpenAPI 3.1.",
     .answer = "{openapi: text, info: {*: any}, paths: {*: any}, components: {*: any}}",
     .flags = ROUTE_START,
     .handle = openapi},
    {.method = "GET",
     .path = "/",
     .summary = "The page.",
     .type = "text/html; charset=utf-8",
     .flags = ROUTE_START,
     .handle = index_page},
    {.method = "GET", .path = "/{file}", .summary = "A file of the page.", .flags = ROUTE_START, .handle = page_part},
};
const struct route_table routes_access = {"The server", routes, COUNT_OF(routes)};
