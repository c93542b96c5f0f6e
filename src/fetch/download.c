// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetch/fetch_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 3, REDIRECTS = 8, CONNECT_SECONDS = 10, SLOW_BYTES = 500, SLOW_SECONDS = 20, HTTP_RANGE = 416 };
enum { GOOD_PIECE = 1 << 16 };        // bytes after which a try was worth it
enum { UNKNOWN_MAXIMUM = 64 << 20 };  // bytes of a file whose size is not known

struct download {
    const struct fetch_file *file;
    FILE *part;
    uint64_t done; // bytes in the part
    CURL *curl;
    bool judged, overflow;
    bool mixed; // what lay in the part before this call is in it
    struct progress *progress;
};

static bool begin_anew(struct download *download)
{
    download->done = 0;
    download->mixed = false;
    return ftruncate(fileno(download->part), 0) == 0 && fseeko(download->part, 0, SEEK_SET) == 0;
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
        if (status != 206 && download->done && !begin_anew(download))
            return 0;
    }
    download->overflow = download->done + size > (download->file->size ? download->file->size : UNKNOWN_MAXIMUM);
    if (download->overflow || fwrite(data, 1, size, download->part) != size)
        return 0;
    download->done += size;
    return size;
}

static int tell(void *context, curl_off_t total, curl_off_t now, curl_off_t up, curl_off_t up_now)
{
    (void)up, (void)up_now, (void)now;
    struct download *download = context;
    double whole = download->file->size ? (double)download->file->size : (double)total;
    progress_step(download->progress, (double)download->done, whole, "%s, %.1f MB", path_name(download->file->path),
                  (double)download->done / 1e6);
    return progress_stopped(download->progress);
}

static CURLcode get(struct download *download, const char *url)
{
    CURL *curl = download->curl;
    char range[32];
    snprintf(range, sizeof range, "%llu-", (unsigned long long)download->done);
    download->judged = download->overflow = false;
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
    return curl_easy_perform(curl);
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
    if (fflush(download->part) != 0 || (code == CURLE_WRITE_ERROR && !download->overflow))
        return error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno ? errno : ENOSPC));
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return progress_cancelled(error);
    if (code == CURLE_OK)
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

// From one address; once more from its beginning when what lay there already was of another file.
static int fetch_one(struct download *download, const char *url, const char *part, struct error *error)
{
    struct stat facts;
    int code = ERROR_FORMAT;
    bool mixed = true;
    while (code == ERROR_FORMAT && mixed) {
        bool tells = download->file->sha256 || download->file->md5;
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
    download.curl = curl_easy_init();
    if (!part || !download.curl) {
        code = error_memory(error, "a download");
        goto end;
    }
    for (size_t i = 0; i < url_count && code < 0 && code != ERROR_CANCELLED && code != ERROR_IO; i++)
        code = fetch_one(&download, urls[i], part, error);
end:
    curl_easy_cleanup(download.curl);
    free(part);
    return code;
}
