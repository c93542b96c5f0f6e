// SPDX-License-Identifier: GPL-3.0-or-later
// The sidecar: a JSON object beside the wav. People and other programs may have written or damaged it, so nothing in
// it is believed that was not checked.
#include "recordings/recordings_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_TRIM 0.1 // seconds

json_t *sidecar_parse(const char *text, size_t size)
{
    if (size > SIDECAR_MAX_BYTES)
        return NULL;
    json_error_t problem;
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (value && !json_is_object(value)) {
        json_decref(value);
        value = NULL;
    }
    return value;
}

json_t *sidecar_read(const char *path, bool *there)
{
    json_t *value = NULL;
    char *text = NULL;
    struct stat info;
    int handle = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *there = handle >= 0 || errno != ENOENT;
    if (handle >= 0 && fstat(handle, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= SIDECAR_MAX_BYTES) {
        size_t size = (size_t)info.st_size, got = 0;
        text = malloc(size + 1);
        for (ssize_t piece = 1; text && piece > 0 && got<size; got += piece> 0 ? (size_t)piece : 0)
            piece = read(handle, text + got, size - got);
        if (text)
            value = sidecar_parse(text, got);
    }
    if (handle >= 0)
        close(handle);
    free(text);
    return value;
}

int sidecar_write(const char *path, const json_t *sidecar, struct error *error)
{
    char *text = json_dumps(sidecar, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    if (!text)
        return error_memory(error, path);
    size_t size = strlen(text);
    text[size] = '\n'; // in the place of the 0
    int code = file_write(path, text, size + 1, error);
    free(text);
    return code;
}

const char *sidecar_text(const json_t *sidecar, const char *key)
{
    return json_string_value(json_object_get(sidecar, key));
}

double sidecar_number(const json_t *sidecar, const char *key, double otherwise)
{
    const json_t *value = json_object_get(sidecar, key);
    double number = json_is_number(value) ? json_number_value(value) : otherwise;
    return isfinite(number) ? number : otherwise;
}

void sidecar_clean(json_t *sidecar)
{
    static const struct {
        const char *key;
        bool text; // else a number or null
    } promised[] = {
        {"original_name", true}, {"review_status", true},     {"event_type", true},
        {"source_device", true}, {"captured_at", true},       {"received_at", true},
        {"reviewed_at", true},   {"detection_profile", true}, {"notes", true},
        {"source", true},        {"message", true},           {"detected_format", true},
        {"final_format", true},  {"max_probability", false},  {"average_probability", false},
    };
    for (size_t i = 0; i < COUNT_OF(promised); i++) {
        const json_t *value = json_object_get(sidecar, promised[i].key);
        bool good = promised[i].text ? json_is_string(value) : json_is_number(value) || json_is_null(value);
        if (value && !good)
            json_object_del(sidecar, promised[i].key);
    }
}

bool sidecar_trim(const json_t *sidecar, double seconds, double *start, double *end)
{
    double from = sidecar_number(sidecar, "trim_start_s", 0), to = sidecar_number(sidecar, "trim_end_s", seconds);
    bool trimmed = json_is_true(json_object_get(sidecar, "trimmed")) && from >= 0 && to <= seconds + 0.01 &&
                   to - from >= LEAST_TRIM - 1e-9;
    *start = trimmed ? from : 0;
    *end = trimmed ? fmin(to, seconds) : seconds;
    return trimmed;
}
