// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetch/fetch_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 4, REDIRECTS = 8, CONNECT_SECONDS = 20, SLOW_BYTES = 500, SLOW_SECONDS = 30, HTTP_RANGE = 416 };

struct download {
    const struct fetch_file *file;
    FILE *part;
    uint64_t done; // bytes in the part
    CURL *curl;
    bool judged, overflow;
    struct progress *progress;
};

// The first piece tells whether the server goes on where we were or begins anew.
static size_t take(char *data, size_t one, size_t size, void *context)
{
    struct download *download = context;
    long status = 0;
    (void)one;
    if (!download->judged) {
        download->judged = true;
        curl_easy_getinfo(download->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status != 206 && download->done) {
            if (ftruncate(fileno(download->part), 0) != 0 || fseeko(download->part, 0, SEEK_SET) != 0)
                return 0;
            download->done = 0;
        }
    }
    download->overflow = download->file->size && download->done + size > download->file->size;
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
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)download->done);
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

static int fetch_from(struct download *download, const char *url, const char *part, struct error *error)
{
    for (int attempt = 0; attempt < TRIES; attempt++) {
        if (attempt)
            pause_before(attempt - 1);
        if (progress_stopped(download->progress))
            return progress_cancelled(error);
        if (download->done && download->done == download->file->size)
            return settle(part, download->file, url, error);
        CURLcode code = get(download, url);
        long status = 0;
        curl_easy_getinfo(download->curl, CURLINFO_RESPONSE_CODE, &status);
        if (fflush(download->part) != 0 || (code == CURLE_WRITE_ERROR && !download->overflow))
            return error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno ? errno : ENOSPC));
        if (code == CURLE_OK)
            return settle(part, download->file, url, error);
        if (code == CURLE_ABORTED_BY_CALLBACK)
            return progress_cancelled(error);
        error_set(error, ERROR_MISSING, "%s could not be fetched: %s", url, curl_easy_strerror(code));
        if (status >= 400)
            error_set(error, ERROR_MISSING, "%s could not be fetched: the server says %ld", url, status);
        if (download->overflow || status == HTTP_RANGE) { // what lies there does not belong to this file
            download->done = 0;
            if (ftruncate(fileno(download->part), 0) != 0 || fseeko(download->part, 0, SEEK_SET) != 0)
                return error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
            if (download->overflow)
                return error_set(error, ERROR_FORMAT, "%s gave more bytes than expected for %s", url,
                                 path_name(download->file->path));
        } else if (!may_pass(code, status))
            return error->code;
    }
    return error->code;
}

int fetch_download(const char *const *urls, size_t url_count, const struct fetch_file *file, struct progress *progress,
                   struct error *error)
{
    struct download download = {.file = file, .progress = progress};
    struct stat facts;
    int code = error_set(error, ERROR_MISSING, "there is no address for %s", path_name(file->path));
    if (fetch_have(file, true))
        return 0;
    char *part = text_print("%s.part", file->path);
    download.curl = curl_easy_init();
    if (!part || !download.curl) {
        code = error_memory(error, "a download");
        goto end;
    }
    for (size_t i = 0; i < url_count && code < 0 && code != ERROR_CANCELLED && code != ERROR_IO; i++) {
        download.part = fopen(part, "ab");
        if (!download.part) {
            code = error_set(error, ERROR_IO, "cannot write %s: %s", part, strerror(errno));
            break;
        }
        download.done = fstat(fileno(download.part), &facts) == 0 ? (uint64_t)facts.st_size : 0;
        code = fetch_from(&download, urls[i], part, error);
        fclose(download.part);
    }
end:
    curl_easy_cleanup(download.curl);
    free(part);
    return code;
}
