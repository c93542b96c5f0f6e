// SPDX-License-Identifier: GPL-3.0-or-later
// The inbox of the satellites: what a device heard around a detection, with what it thought of it, and the review.
#include "server/takes_internal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAPTURES_PER_DEVICE = 500, // pending ones; the oldest make room for good, and the answer says so
    CAPTURES_PER_LOOK = 50,    // who has too many is looked up once for so many arrivals
    MOST_HISTORY = 4096,       // values of a probability history
    MOST_METADATA = 16 << 10   // bytes of metadata_json
};

// ---- what a device tells --------------------------------------------------------------------------------------

// Each makes the sidecar's value out of a text; what cannot be read is null, for a device cannot correct it.
static json_t *told_text(const char *text)
{
    struct error ignored;
    return text_check(text, "a text", &ignored) == 0 ? json_string(text) : json_null();
}

static json_t *told_bool(const char *text)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (strcasecmp(text, yes[i]) == 0)
            return json_true();
    return json_false();
}

static json_t *told_number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    return *text && !*end && isfinite(value) ? json_real(value) : json_null();
}

static json_t *told_integer(const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    return *text && !*end && errno == 0 && labs(value) <= INT32_MAX ? json_integer(value) : json_null();
}

static json_t *told_byte(const char *text)
{
    json_t *value = told_integer(text);
    bool fits = json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 255;
    if (fits)
        return value;
    json_decref(value);
    return json_null();
}

// "3,17,x,204": what is no number is skipped.
static json_t *told_list(const char *text)
{
    json_t *list = json_array();
    for (const char *at = text; list && *at && json_array_size(list) < MOST_HISTORY;) {
        size_t length = strcspn(at, ",");
        char part[16], *begin = part, *end;
        snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part), at);
        begin += strspn(begin, " \t");
        long value = strtol(begin, &end, 10);
        end += strspn(end, " \t");
        if (end != begin && !*end && length < sizeof part && labs(value) <= INT32_MAX)
            json_array_append_new(list, json_integer(value));
        at += length + (at[length] == ',');
    }
    return list;
}

static const struct told {
    const char *header, *key;
    json_t *(*read)(const char *text);
} told[] = {
    {"X-Original-Name", "original_name", told_text},
    {"X-Source-Device", "source_device", told_text},
    {"X-Wake-Word", "wake_word", told_text},
    {"X-Event-Type", "event_type", told_text},
    {"X-Captured-At", "captured_at", told_text},
    {"X-Blocked-By-Vad", "blocked_by_vad", told_bool},
    {"X-Max-Probability", "max_probability", told_number},
    {"X-Average-Probability", "average_probability", told_number},
    {"X-Probability-Cutoff", "probability_cutoff", told_byte},
    {"X-Peak-Probability-Cutoff", "peak_probability_cutoff", told_byte},
    {"X-Active-Windows", "active_window_count", told_integer},
    {"X-Min-Active-Windows", "min_active_windows", told_integer},
    {"X-Rise-Score", "rise_score", told_integer},
    {"X-Vad-Max-Probability", "vad_max_probability", told_integer},
    {"X-Vad-Average-Probability", "vad_average_probability", told_integer},
    {"X-Detection-Profile", "detection_profile", told_text},
    {"X-Probability-History", "probability_history", told_list},
    {"X-Notes", "notes", told_text},
};

// A value of metadata_json as the text that the table reads: 0.5 and "0.5" mean the same, and so do [1, 2] and "1,2".
static void as_text(const json_t *value, struct buffer *text)
{
    const json_t *item;
    size_t index;
    if (json_is_string(value))
        buffer_print(text, "%s", json_string_value(value));
    else if (json_is_integer(value))
        buffer_print(text, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        buffer_print(text, "%.17g", json_real_value(value));
    else if (json_is_boolean(value))
        buffer_print(text, "%s", json_is_true(value) ? "true" : "false");
    json_array_foreach(value, index, item) if (json_is_integer(item))
        buffer_print(text, "%s%lld", text->size ? "," : "", (long long)json_integer_value(item));
}

static void tell(json_t *about, const struct told *row, const json_t *value)
{
    struct buffer text;
    buffer_init(&text, 64 << 10);
    as_text(value, &text);
    if (text.data && !text.failed)
        json_object_set_new(about, row->key, row->read(text.data));
    buffer_free(&text);
}

// ---- adding ---------------------------------------------------------------------------------------------------

// The wake word as the device calls it ("Hey Jarvis") becomes its id; without one it is the session's.
static void name_word(struct server *server, json_t *about, char id[TEXT_ID_SIZE])
{
    struct error ignored;
    const char *word = json_string_value(json_object_get(about, "wake_word"));
    *id = 0;
    if (word && *word)
        text_safe_id(word, id);
    else if (session_wake_word(server, NULL, id, &ignored) < 0)
        *id = 0;
    json_object_set_new(about, "wake_word", json_string(id));
}

static const char *device_of(const json_t *about)
{
    const char *device = json_string_value(json_object_get(about, "source_device"));
    return device ? device : "";
}

static bool is_pending(const struct recording *item)
{
    const char *status = json_string_value(json_object_get(item->about, "review_status"));
    return !status || strcmp(status, "pending") == 0;
}

// The oldest pending ones of this device go. Newest first, so the list is walked from its end; what another thread
// removed meanwhile does not count.
static int make_room(struct server *server, const char *device, const struct recording_list *list, size_t *removed,
                     struct error *error)
{
    size_t pending = 0;
    for (size_t i = 0; i < list->count; i++)
        pending += is_pending(&list->items[i]) && strcmp(device_of(list->items[i].about), device) == 0;
    for (size_t i = list->count; i-- > 0 && pending > CAPTURES_PER_DEVICE;) {
        const struct recording *item = &list->items[i];
        if (!is_pending(item) || strcmp(device_of(item->about), device) != 0)
            continue;
        int code = recordings_forget(server->recordings, item, error);
        if (code < 0 && code != ERROR_MISSING)
            return code;
        *removed += code == 0;
        pending--;
    }
    return 0;
}

static bool is_time_to_look(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    bool look = server->captures++ % CAPTURES_PER_LOOK == 0;
    pthread_mutex_unlock(&server->lock);
    return look;
}

// The count, and what had to go, in the answer.
static int settle(struct server *server, const json_t *about, struct reply *reply, struct error *error)
{
    struct recording_list list = {.items = NULL};
    json_t *item = json_object_get(reply->json, "item");
    size_t removed = (size_t)json_integer_value(json_object_get(item, "removed")); // by the limit of the whole inbox
    size_t count = 0;
    json_object_del(item, "removed");
    if (is_time_to_look(server)) {
        int code = recordings_list(server->recordings, BUCKET_CAPTURED, NULL, &list, error);
        if (code == 0)
            code = make_room(server, device_of(about), &list, &removed, error);
        recording_list_free(&list);
        TRY(code);
    }
    TRY(recordings_count_captured(server->recordings, &count, error));
    json_object_set_new(reply->json, "captured_count", json_integer((json_int_t)count));
    if (removed)
        json_object_set_new(reply->json, "removed", json_integer((json_int_t)removed));
    return 0;
}

static int add_capture(struct server *server, const struct request *request, json_t *about, bool raw_pcm,
                       struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    name_word(server, about, id);
    if (!json_is_string(json_object_get(about, "event_type")))
        json_object_set_new(about, "event_type", json_string("captured"));
    json_object_set_new(about, "review_status", json_string("pending"));
    struct recordings_add add = {.bucket = BUCKET_CAPTURED,
                                 .wake_word = id,
                                 .original_name = json_string_value(json_object_get(about, "original_name")),
                                 .raw_pcm = raw_pcm,
                                 .about = about};
    TRY(recording_upload(server, request, &add, reply, error));
    return reply->status == 200 ? settle(server, about, reply, error) : 0;
}

static int upload_raw(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    static const struct {
        const char *name;
        bool raw_pcm;
    } formats[] = {{"wav", false}, {"audio/wav", false}, {"audio/x-wav", false}, {"pcm_s16le", true}};
    const char *format = request_header(request, "X-Audio-Format");
    size_t known = 0;
    while (known < COUNT_OF(formats) && strcasecmp(formats[known].name, format && *format ? format : "wav") != 0)
        known++;
    if (known == COUNT_OF(formats))
        return error_set(error, ERROR_USAGE, "X-Audio-Format must be pcm_s16le (16 kHz, mono) or wav");
    if (formats[known].raw_pcm && request->upload_size % 2 != 0)
        return error_set(error, ERROR_USAGE,
                         "the body has %zu bytes; pcm_s16le has two bytes a sample, so it was cut off",
                         request->upload_size);
    json_t *about = json_object();
    if (!about)
        return error_memory(error, "a capture");
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        const char *value = request_header(request, told[i].header);
        if (value)
            json_object_set_new(about, told[i].key, told[i].read(value));
    }
    int code = add_capture(server, request, about, formats[known].raw_pcm, reply, error);
    json_decref(about);
    return code;
}

// metadata_json: an object; keys that nobody knows are kept under "metadata".
static int read_metadata(const json_t *body, json_t *about, struct error *error)
{
    const char *text = json_string_value(json_object_get(body, "metadata_json"));
    if (!text || !*text)
        return 0;
    json_t *metadata = strlen(text) <= MOST_METADATA ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_object(metadata)) {
        json_decref(metadata);
        return error_set(error, ERROR_USAGE, "metadata_json must be a JSON object");
    }
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        const json_t *value = json_object_get(metadata, told[i].key);
        if (value)
            tell(about, &told[i], value);
        json_object_del(metadata, told[i].key);
    }
    if (json_object_size(metadata) > 0)
        json_object_set(about, "metadata", metadata);
    json_decref(metadata);
    return 0;
}

static int upload_form(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    json_t *about = json_object();
    if (!about)
        return error_memory(error, "a capture");
    int code = read_metadata(request->body, about, error);
    for (size_t i = 0; code == 0 && i < COUNT_OF(told); i++) { // the form wins over metadata_json
        const json_t *value = json_object_get(request->body, told[i].key);
        if (json_string_length(value) > 0)
            tell(about, &told[i], value);
    }
    if (code == 0)
        code = add_capture(server, request, about, false, reply, error);
    json_decref(about);
    return code;
}

// ---- list and review ------------------------------------------------------------------------------------------

static int get_captured(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    struct recording_list list = {.items = NULL};
    int code = recordings_list(server->recordings, BUCKET_CAPTURED, NULL, &list, error);
    if (code == 0)
        code = reply_json(reply,
                          json_pack("{s:b, s:o, s:i}", "ok", 1, "items", recording_list_json(&list), "captured_count",
                                    (int)list.count),
                          error);
    recording_list_free(&list);
    return code;
}

// The word that a verdict is about: the request's, else the capture's own, else the session's.
static int verdict_word(struct server *server, const struct request *request, const struct recording *capture,
                        char id[TEXT_ID_SIZE], struct error *error)
{
    bool asked = json_string_length(json_object_get(request->body, "wake_word")) > 0;
    if (asked || !*capture->wake_word)
        return session_wake_word(server, request->body, id, error);
    snprintf(id, TEXT_ID_SIZE, "%s", capture->wake_word);
    return 0;
}

static int move_capture(struct server *server, const struct request *request, const struct recording *capture,
                        enum recordings_bucket verdict, struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    struct recording moved;
    char *no_ticket;
    TRY(verdict_word(server, request, capture, id, error));
    TRY(session_change_begin(server, id, error));
    int code = recordings_review(server->recordings, capture, verdict, id, &moved, &no_ticket, error);
    session_change_end(server);
    TRY(code);
    code = reply_json(reply, json_pack("{s:b, s:o}", "ok", 1, "item", recording_json(&moved)), error);
    recording_close(&moved);
    recordings_announce(server, id);
    return code;
}

static int discard_capture(struct server *server, const struct recording *capture, struct reply *reply,
                           struct error *error)
{
    struct recording none;
    char *ticket = NULL;
    TRY(recordings_review(server->recordings, capture, BUCKET_CAPTURED, "", &none, &ticket, error));
    int code = reply_json(reply, json_pack("{s:b, s:s}", "ok", 1, "ticket", ticket), error);
    free(ticket);
    recordings_announce(server, capture->wake_word);
    return code;
}

static int review(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    static const struct {
        const char *name;
        enum recordings_bucket bucket;
    } verdicts[] = {
        {"approve_personal", BUCKET_PERSONAL}, {"mark_negative", BUCKET_NEGATIVE}, {"discard", BUCKET_CAPTURED}};
    size_t known = 0;
    while (known < COUNT_OF(verdicts) && strcmp(verdicts[known].name, request->values[1]) != 0)
        known++;
    if (known == COUNT_OF(verdicts))
        return error_set(error, ERROR_MISSING, "a capture can be judged by approve_personal, mark_negative or discard");
    struct recording capture;
    TRY(recordings_find(server->recordings, BUCKET_CAPTURED, NULL, request->values[0], &capture, error));
    int code = verdicts[known].bucket == BUCKET_CAPTURED
                   ? discard_capture(server, &capture, reply, error)
                   : move_capture(server, request, &capture, verdicts[known].bucket, reply, error);
    recording_close(&capture);
    return code;
}

// ---- the table ------------------------------------------------------------------------------------------------

#define CAPTURE_ANSWER "{ok: bool, saved_as: text, item: Recording, captured_count: int, removed?: int}"

static const struct route routes[] = {
    {"GET", "/api/captured_audio", "The inbox, newest first", NULL, BODY_NONE, NULL,
     "{ok: bool, items: [Recording], captured_count: int}", NULL, 0, get_captured},
    {"POST", "/api/upload_captured_audio", "A capture of a device as a form", NULL, BODY_FORM,
     "{file: file, source_device?: text, wake_word?: text, event_type?: text, captured_at?: text, blocked_by_vad?: "
     "text, max_probability?: text, average_probability?: text, notes?: text, metadata_json?: text}",
     CAPTURE_ANSWER, NULL, ROUTE_OPEN, upload_form},
    {"POST", "/api/upload_captured_audio_raw", "A capture as the body, what is known about it in X- headers", NULL,
     BODY_RAW, NULL, CAPTURE_ANSWER, NULL, ROUTE_OPEN, upload_raw},
    {"POST", "/api/captured_audio/{file}/{verdict}",
     "approve_personal: a sample of the wake word; mark_negative: must not wake it; discard: to the trash", NULL,
     BODY_JSON, "{wake_word?: text}", "{ok: bool, item?: Recording, ticket?: text}", NULL, 0, review},
};
const struct route_table routes_captures = {"Captures", routes, COUNT_OF(routes)};
