// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetch/fetch_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 3, REDIRECTS = 8, CONNECT_SECONDS = 10, SLOW_BYTES = 500, SLOW_SECONDS = 20, HTTP_RANGE = 416 };
enum { GOOD_PIECE = 1 << 16 };        // bytes after which a try was worth it
enum { UNKNOWN_MAXIMUM = 64 << 20 };  // bytes of a file whose size is not known
enum { ETAG_MAXIMUM = 200, HEADER_MAXIMUM = 256 };

#define NOWHERE UINT64_MAX

struct download {
    const struct fetch_file *file;
    FILE *part;
    uint64_t done; // bytes in the part
    CURL *curl;
    bool judged, overflow;
    bool elsewhere, changed; // a piece came that was not asked for; or one of another file than that of the part
    uint64_t first, whole; // "Content-Range: bytes first-.../whole"; NOWHERE, 0: not told
    uint64_t missing_room; // bytes that the disk lacks for what the server announces; 0: none
    char etag[ETAG_MAXIMUM]; // of what lies in the part; "": none
    char came[ETAG_MAXIMUM]; // of what comes
    char *etag_path;         // NULL: a hash tells
    bool mixed; // what lay in the part before this call is in it
    struct progress *progress;
};

static bool begin_anew(struct download *download)
{
    download->done = 0;
    download->mixed = false;
    progress_resume(download->progress, 0);
    return ftruncate(fileno(download->part), 0) == 0 && fseeko(download->part, 0, SEEK_SET) == 0;
}

static void forget_etag(struct download *download)
{
    download->etag[0] = 0;
    if (download->etag_path)
        unlink(download->etag_path);
}

static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 ? line + length + strspn(line + length, " \t") : NULL;
}

// "Content-Range: bytes 5-9/10" of a piece, "bytes */10" when there is none.
static void read_range(struct download *download, const char *value)
{
    unsigned long long first, whole;
    if (sscanf(value, "bytes %llu-%*u/%llu", &first, &whole) == 2)
        download->first = first, download->whole = whole;
    else if (sscanf(value, "bytes */%llu", &whole) == 1)
        download->whole = whole;
}

// "ETag: <validator>": a strong one names these very bytes.
static void read_tag(struct download *download, const char *value)
{
    size_t length = strcspn(value, "\r\n");
    while (length && value[length - 1] == ' ')
        length--;
    if (*value == '"' && length < ETAG_MAXIMUM)
        snprintf(download->came, sizeof download->came, "%.*s", (int)length, value);
}

static size_t take_header(char *data, size_t one, size_t size, void *context)
{
    struct download *download = context;
    char line[HEADER_MAXIMUM];
    const char *value;
    (void)one;
    snprintf(line, sizeof line, "%.*s", (int)(size < sizeof line ? size : sizeof line), data);
    if (value_of(line, "HTTP/")) // of a redirection, then of where it leads
        download->first = NOWHERE, download->whole = 0, download->came[0] = 0;
    else if ((value = value_of(line, "Content-Range:")))
        read_range(download, value);
    else if ((value = value_of(line, "ETag:")))
        read_tag(download, value);
    return size;
}

// Whoever goes on with the part must know whose it is before its first byte; without a place to note it, it begins anew.
static void note_etag(struct download *download)
{
    struct error ignored;
    snprintf(download->etag, sizeof download->etag, "%s", download->came);
    if (download->etag_path && *download->etag)
        file_write(download->etag_path, download->etag, strlen(download->etag), &ignored);
}

static void lack_of_room(struct download *download)
{
    curl_off_t coming = 0;
    struct error ignored;
    uint64_t room;
    char *above = text_print("%.*s", (int)(path_name(download->file->path) - download->file->path), download->file->path);
    curl_easy_getinfo(download->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &coming);
    if (above && coming > 0 && folder_room(*above ? above : ".", &room, &ignored) == 0 && (uint64_t)coming > room)
        download->missing_room = (uint64_t)coming - room;
    free(above);
}

// The first piece tells whether the server goes on where we were or begins anew.
static size_t take(char *data, size_t one, size_t size, void *context)
{
    struct download *download = context;
    long status = 0;
    (void)one;
    if (!download->judged) {
        download->judged = true;
        curl_easy_getinfo(download->curl, CURLINFO_RESPONSE_CODE, &status);
        if ((status != 206 || download->first != download->done) && download->done && !begin_anew(download))
            return 0;
        download->elsewhere = status == 206 && download->first != download->done;
        // a careless server forgets If-Range
        download->changed = download->done && download->etag_path && *download->came &&
                            strcmp(download->came, download->etag) != 0;
        lack_of_room(download);
        if (!download->done)
            note_etag(download);
    }
    if (download->missing_room || download->elsewhere || download->changed)
        return 0;
    uint64_t most = download->file->most ? download->file->most : UNKNOWN_MAXIMUM;
    download->overflow = download->done + size > (download->file->size ? download->file->size : most);
    if (download->overflow || fwrite(data, 1, size, download->part) != size)
        return 0;
    download->done += size;
    return size;
}

static int tell(void *context, curl_off_t total, curl_off_t now, curl_off_t up, curl_off_t up_now)
{
    (void)up, (void)up_now;
    struct download *download = context;
    double done = (double)download->done, whole = (double)download->file->size;
    curl_off_t rate = 0; // bytes a second
    if (whole <= 0 && total > 0) // `total` and `now` are of what this request brings
        whole = done + (double)(total - now);
    curl_easy_getinfo(download->curl, CURLINFO_SPEED_DOWNLOAD_T, &rate);
    progress_step(download->progress, done, whole, "%s, %.1f MB, %.1f MB/s", path_name(download->file->path), done / 1e6,
                  (double)rate / 1e6);
    return progress_stopped(download->progress);
}

static CURLcode get(struct download *download, const char *url)
{
    CURL *curl = download->curl;
    char range[32], condition[ETAG_MAXIMUM + 16];
    struct curl_slist *headers = NULL;
    snprintf(range, sizeof range, "%llu-", (unsigned long long)download->done);
    download->judged = download->overflow = download->elsewhere = download->changed = false;
    progress_resume(download->progress, (double)download->done);
    download->missing_room = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, strncmp(url, "https:", 6) == 0 ? "https" : "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "wakesmith/" WAKESMITH_VERSION);
    curl_easy_setopt(curl, CURLOPT_RANGE, download->done ? range : NULL); // a server may begin anew all the same
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, download);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, download);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, download);
    if (download->done && download->etag_path) { // another file is sent whole
        snprintf(condition, sizeof condition, "If-Range: %s", download->etag);
        headers = curl_slist_append(NULL, condition);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    return code;
}

// Worth another try: what a network does, not what a server says for good.
static bool may_pass(CURLcode code, long status)
{
    return code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_URL_MALFORMAT && code != CURLE_TOO_MANY_REDIRECTS &&
           code != CURLE_PEER_FAILED_VERIFICATION && (status < 400 || status >= 500 || status == 408 || status == 429);
}

static void pause_before(int attempt)
{
    struct timespec pause = {.tv_sec = 1 << attempt};
    nanosleep(&pause, NULL);
}

// What a try came to: 0, the file is there; 1, another try may help; else an error code for good.
static int judge(struct download *download, const char *url, const char *part, CURLcode code, struct error *error)
{
    long status = 0;
    curl_easy_getinfo(download->curl, CURLINFO_RESPONSE_CODE, &status);
    if (download->missing_room)
        return error_set(error, ERROR_IO, "%s: the disk lacks %.2f GB for it; make room and run the command again",
                         download->file->path, (double)download->missing_room / 1e9);
    if (download->elsewhere) {
        error_set(error, ERROR_MISSING, "%s could not be fetched: another piece came than was asked for", url);
        return 1;
    }
    if (download->changed) {
        forget_etag(download);
        error_set(error, ERROR_MISSING, "%s could not be fetched: the file there changes", url);
        return begin_anew(download) ? 1 : error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
    }
    if (fflush(download->part) != 0 || (code == CURLE_WRITE_ERROR && !download->overflow))
        return error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno ? errno : ENOSPC));
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return progress_cancelled(error);
    if (code == CURLE_OK && download->done < download->whole) // the server gives so much at once
        code = CURLE_PARTIAL_FILE;
    if (code == CURLE_OK || (status == HTTP_RANGE && download->done && download->done == download->whole))
        return settle(part, download->file, url, error);
    error_set(error, ERROR_MISSING, "%s could not be fetched: %s", url, curl_easy_strerror(code));
    if (status >= 400)
        error_set(error, ERROR_MISSING, "%s could not be fetched: the server says %ld", url, status);
    if (download->overflow)
        return error_set(error, ERROR_FORMAT, "%s gave more bytes than expected for %s", url,
                         path_name(download->file->path));
    if (status == HTTP_RANGE && download->done) // what lies there does not belong to this file
        return begin_anew(download) ? 1 : error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
    return may_pass(code, status) ? 1 : error->code;
}

static int fetch_from(struct download *download, const char *url, const char *part, struct error *error)
{
    int code = 1;
    for (int attempt = 0; attempt < TRIES && code > 0; attempt++) {
        if (attempt)
            pause_before(attempt - 1);
        if (progress_stopped(download->progress))
            return progress_cancelled(error);
        uint64_t before = download->done;
        if (download->done && download->done == download->file->size)
            return settle(part, download->file, url, error);
        code = judge(download, url, part, get(download, url), error);
        if (download->done >= before + GOOD_PIECE)
            attempt = 0;
    }
    return code > 0 ? error->code : code;
}

static bool read_etag(struct download *download)
{
    void *text = NULL;
    size_t size = 0;
    struct error ignored;
    download->etag[0] = 0;
    if (download->etag_path && file_read(download->etag_path, ETAG_MAXIMUM - 1, &text, &size, &ignored) == 0)
        snprintf(download->etag, sizeof download->etag, "%s", (char *)text);
    free(text);
    return *download->etag == '"' && !strpbrk(download->etag, "\r\n");
}

// From one address; once more from its beginning when what lay there already was of another file.
static int fetch_one(struct download *download, const char *url, const char *part, struct error *error)
{
    struct stat facts;
    int code = ERROR_FORMAT;
    bool mixed = true;
    while (code == ERROR_FORMAT && mixed) {
        bool tells = download->file->sha256 || download->file->md5 || read_etag(download);
        download->part = fopen(part, tells ? "ab" : "wb");
        if (!download->part)
            return error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
        download->done = fstat(fileno(download->part), &facts) == 0 ? (uint64_t)facts.st_size : 0;
        download->mixed = download->done > 0;
        code = fetch_from(download, url, part, error);
        mixed = download->mixed;
        fclose(download->part);
        if (code == ERROR_FORMAT)
            unlink(part);
        if (code == ERROR_FORMAT || code == 0)
            forget_etag(download);
    }
    return code;
}

int fetch_download(const char *const *urls, size_t url_count, const struct fetch_file *file, struct progress *progress,
                   struct error *error)
{
    struct download download = {.file = file, .progress = progress};
    int code = error_set(error, ERROR_MISSING, "there is no address for %s", path_name(file->path));
    if (fetch_have(file, true))
        return 0;
    char *part = text_print("%s.part", file->path);
    bool hashed = file->sha256 || file->md5;
    download.etag_path = hashed ? NULL : text_print("%s.etag", file->path);
    download.curl = curl_easy_init();
    if (!part || !download.curl || (!hashed && !download.etag_path)) {
        code = error_memory(error, "a download");
        goto end;
    }
    for (size_t i = 0; i < url_count && code < 0 && code != ERROR_CANCELLED && code != ERROR_IO; i++)
        code = fetch_one(&download, urls[i], part, error);
end:
    curl_easy_cleanup(download.curl);
    free(download.etag_path);
    free(part);
    return code;
}
