// SPDX-License-Identifier: GPL-3.0-or-later
// The page's files: from the program itself, compressed, or from a folder.
#include "server/http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct page {
    char *folder; // NULL: built in
};

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".wasm", "application/wasm"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char without_page[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Wakesmith</title>"
    "<h1>This build has no page</h1><p>The server works, but the page was not there when the program was built. "
    "<code>./run serve</code> builds both. The API is described in "
    "<a href=\"/api/openapi.json\">/api/openapi.json</a>.</p></html>\n";

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (text_ends_with(name, types[i].ending))
            return types[i].type;
    return "application/octet-stream";
}

bool server_has_page(void)
{
    return page_file_count > 0;
}

int page_open(struct page **out, const char *folder, struct error *error)
{
    struct page *page = calloc(1, sizeof *page);
    if (page && folder)
        page->folder = strdup(folder);
    if (!page || (folder && !page->folder)) {
        page_close(page);
        return error_memory(error, "the page");
    }
    *out = page;
    if (folder && !folder_exists(folder))
        return error_set(error, ERROR_USAGE, "--page-dir: there is no folder %s", folder);
    return 0;
}

void page_close(struct page *page)
{
    if (page)
        free(page->folder);
    free(page);
}

// "gzip" in "br, gzip;q=1.0", but not with q=0.
static bool takes_gzip(const char *accepted)
{
    const char *at = accepted ? strcasestr(accepted, "gzip") : NULL;
    if (!at)
        return false;
    at += 4 + strspn(at + 4, " ");
    const char *quality = *at == ';' ? strcasestr(at, "q=") : NULL;
    return !quality || (size_t)(quality - at) > strcspn(at, ",") || strtod(quality + 2, NULL) > 0;
}

static void *expand(const struct page_file *file)
{
    z_stream stream = {.next_in = (unsigned char *)file->data, .avail_in = (unsigned)file->size};
    unsigned char *plain = malloc(file->plain_size + 1);
    if (!plain || inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
        free(plain);
        return NULL;
    }
    stream.next_out = plain;
    stream.avail_out = (unsigned)file->plain_size + 1;
    int code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (code == Z_STREAM_END && stream.total_out == file->plain_size)
        return plain;
    free(plain);
    return NULL;
}

static int reply_built_in(const struct page_file *file, bool gzip, struct reply *reply, struct error *error)
{
    reply->data = gzip ? malloc(file->size) : expand(file);
    reply->etag = strdup(file->etag);
    reply->size = gzip ? file->size : file->plain_size;
    if (!reply->data || !reply->etag)
        return error_memory(error, "the page");
    if (gzip)
        memcpy(reply->data, file->data, file->size);
    reply->encoding = gzip ? "gzip" : NULL;
    reply->type = type_of(file->name);
    reply_header(reply, "Vary", "Accept-Encoding");
    return 0;
}

static int reply_none(struct reply *reply, struct error *error)
{
    reply->data = strdup(without_page);
    reply->size = sizeof without_page - 1;
    reply->type = type_of(".html");
    return reply->data ? 0 : error_memory(error, "the page");
}

int page_reply(const struct page *page, const struct request *request, const char *name, struct reply *reply,
               struct error *error)
{
    if (page->folder) {
        char *path = path_join(page->folder, name);
        bool there = path && file_exists(path);
        int code = !path ? error_memory(error, "the page")
                   : there ? reply_file(reply, path, type_of(name), error)
                           : error_set(error, ERROR_MISSING, "there is nothing at this address");
        free(path);
        return code;
    }
    for (size_t i = 0; i < page_file_count; i++)
        if (strcmp(page_files[i].name, name) == 0)
            return reply_built_in(&page_files[i], takes_gzip(request_header(request, "Accept-Encoding")), reply, error);
    if (strcmp(name, "index.html") == 0)
        return reply_none(reply, error);
    return error_set(error, ERROR_MISSING, "there is nothing at this address");
}
