// SPDX-License-Identifier: GPL-3.0-or-later
// Routes of the session, its takes and uploads.
#include "server/takes_internal.h"

#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

// The names of the planned takes, sorted: what every counter of the recorder is derived from.
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *take_names(const struct session *session, const struct recording_list *list)
{
    const char **names = array_alloc(list->count + 1, sizeof *names);
    json_t *takes = names ? json_array() : NULL;
    size_t count = 0;
    for (size_t i = 0; takes && i < list->count; i++)
        if (session_counts_take(session, &list->items[i]))
            names[count++] = list->items[i].name;
    if (count)
        qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(takes, json_string(names[i]));
    free(names);
    return takes;
}

static json_t *no_session(void)
{
    return json_pack("{s:b, s:n, s:n, s:n, s:n, s:b, s:n, s:[], s:n, s:n, s:i, s:i, s:[], s:[], s:i}", "ok", 1,
                     "raw_phrase", "safe_word", "title", "lang", "lang_auto", 1, "phonemes", "also", "speakers_total", "takes_per_speaker",
                     "takes_total", 0, "takes_received", 0, "takes", "items", "samples_total", 0);
}

static json_t *session_json(const struct session *session, const struct recording_list *list)
{
    struct error untitled; // a phrase that may not be a title is refused by the training, with its reason
    const struct language *language = NULL;
    char *title = NULL;
    text_language_named(session->lang, &language, &untitled);
    text_title(session->phrase, NULL, language, &title, &untitled);
    json_t *takes = take_names(session, list);
    json_t *json =
        json_pack("{s:b, s:s, s:s, s:o, s:s, s:b, s:s?, s:O, s:i, s:i, s:i, s:i, s:o, s:o, s:i}", "ok", 1, "raw_phrase",
                  session->phrase, "safe_word", session->id, "title", text_or_null(title), "lang", session->lang,
                  "lang_auto", session->lang_auto, "phonemes", session->phonemes, "also", session->also, "speakers_total", session->speakers_total,
                  "takes_per_speaker", session->takes_per_speaker, "takes_total",
                  session->speakers_total * session->takes_per_speaker, "takes_received", (int)json_array_size(takes),
                  "takes", takes, "items", recording_list_json(list), "samples_total", (int)list->count);
    free(title);
    return json;
}

static int answer_session(struct server *server, struct reply *reply, struct error *error)
{
    struct session session;
    struct recording_list list = {.items = NULL};
    size_t loose = 0;
    TRY(session_copy(server, &session, error));
    int code;
    if (session.phrase)
        TRY_GOTO(recordings_list(server->recordings, BUCKET_PERSONAL, session.id, &list, error), done);
    TRY_GOTO(recordings_count_loose(server->recordings, &loose, error), done);
    json_t *json = session.phrase ? session_json(&session, &list) : no_session();
    if (json && (json_object_set_new(json, "loose_samples", json_integer((json_int_t)loose)) != 0 ||
                 json_object_set_new(json, "training", jobs_status(server->jobs)) != 0)) {
        json_decref(json);
        json = NULL;
    }
    code = reply_json(reply, json, error);
done:
    recording_list_free(&list);
    session_clear(&session);
    return code;
}

static int get_session(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    return answer_session(server, reply, error);
}

static int start_session(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct session next;
    TRY(session_read(server, request->body, &next, error));
    char id[TEXT_ID_SIZE];
    memcpy(id, next.id, sizeof id);
    int code = phonemes_check(server, next.lang, next.phonemes, next.also, error);
    if (code == 0)
        code = session_replace(server, &next, error);
    session_clear(&next);
    TRY(code);
    TRY(answer_session(server, reply, error));
    char *folder = text_print("%s/personal_samples/%s", server->data_dir, id);
    json_object_set_new(reply->json, "personal_dir", text_or_null(folder));
    json_object_set_new(reply->json, "data_dir", json_string(server->data_dir));
    free(folder);
    recordings_announce(server, id);
    return 0;
}

// ---- uploads --------------------------------------------------------------------------------------------------

static int received(struct server *server, const struct session *session, const char *id, int *count,
                    struct error *error)
{
    struct recording_list list = {.items = NULL};
    *count = 0;
    int code = recordings_list(server->recordings, BUCKET_PERSONAL, id, &list, error);
    for (size_t i = 0; code == 0 && i < list.count; i++)
        *count += session_counts_take(session, &list.items[i]);
    recording_list_free(&list);
    return code;
}

// What the browser granted ("echoCancellation": false, ...) is kept beside the take.
static int read_settings(const json_t *body, json_t **about, struct error *error)
{
    const char *text = json_string_value(json_object_get(body, "settings"));
    json_t *settings = text && *text ? json_loads(text, 0, NULL) : json_object();
    bool usable = json_is_object(settings) && (!text || strlen(text) <= 4096);
    *about = usable ? json_pack("{s:s, s:O}", "source", "recorder", "settings", settings) : NULL;
    json_decref(settings);
    if (!usable)
        return error_set(error, ERROR_USAGE, "settings must be a JSON object of at most 4096 bytes");
    return *about ? 0 : error_memory(error, "a take");
}

// A whole number of the form, refused with the reference's sentence when it is outside 1..most.
static bool within(const json_t *body, const char *key, int most, int *value, struct reply *reply)
{
    json_int_t number = json_integer_value(json_object_get(body, key));
    *value = number >= 1 && number <= most ? (int)number : 0;
    if (!*value)
        reply_refuse(reply, 400, "OUT_OF_RANGE", "%s must be 1..%d", key, most);
    return *value > 0;
}

static int add_take(struct server *server, const struct request *request, const struct session *session,
                    struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    const char *speaker = json_string_value(json_object_get(request->body, "speaker"));
    struct recordings_add add = {
        .bucket = BUCKET_PERSONAL, .wake_word = id, .speaker = speaker && *speaker ? speaker : NULL};
    if (!within(request->body, "speaker_index", session->speakers_total, &add.speaker_index, reply) ||
        !within(request->body, "take_index", session->takes_per_speaker, &add.take_index, reply))
        return 0;
    TRY(session_wake_word(server, request->body, id, error));
    TRY(read_settings(request->body, &add.about, error));
    int code = recording_upload(server, request, &add, reply, error), count = 0;
    if (code == 0 && reply->status == 200)
        code = received(server, session, id, &count, error);
    if (code == 0 && reply->status == 200)
        json_object_set_new(reply->json, "takes_received", json_integer(count));
    json_decref(add.about);
    return code;
}

static int upload_take(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct session session;
    TRY(session_copy(server, &session, error));
    int code = session.phrase
                   ? add_take(server, request, &session, reply, error)
                   : reply_refuse(reply, 400, "NO_SESSION", "No active session. Call /api/start_session first.");
    session_clear(&session);
    return code;
}

static int upload_sample(struct server *server, const struct request *request, enum recordings_bucket bucket,
                         struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    const char *source = json_string_value(json_object_get(request->body, "source"));
    TRY(session_wake_word(server, request->body, id, error));
    json_t *about = json_pack("{s:s}", "source", source && *source ? source : "upload");
    struct recordings_add add = {.bucket = bucket,
                                 .wake_word = id,
                                 .speaker = json_string_value(json_object_get(request->body, "speaker")),
                                 .about = about};
    int code = recording_upload(server, request, &add, reply, error);
    json_decref(about);
    return code;
}

static int upload_personal(struct server *server, const struct request *request, struct reply *reply,
                           struct error *error)
{
    return upload_sample(server, request, BUCKET_PERSONAL, reply, error);
}

static int upload_negative(struct server *server, const struct request *request, struct reply *reply,
                           struct error *error)
{
    return upload_sample(server, request, BUCKET_NEGATIVE, reply, error);
}

// ---- reset ----------------------------------------------------------------------------------------------------

// Everything of a bucket and wake word to the trash; the tickets bring it back one by one.
static int trash_all(struct server *server, enum recordings_bucket bucket, const char *id, json_t *tickets,
                     struct error *error)
{
    struct recording_list list = {.items = NULL};
    int code = recordings_list(server->recordings, bucket, id, &list, error);
    for (size_t i = 0; code == 0 && i < list.count; i++) {
        char *ticket = NULL;
        code = recordings_remove(server->recordings, &list.items[i], &ticket, error);
        if (code == ERROR_MISSING) // somebody else was faster
            code = 0;
        else if (code == 0 && json_array_append_new(tickets, json_string(ticket)) != 0)
            code = error_memory(error, "the trash");
        free(ticket);
    }
    recording_list_free(&list);
    return code;
}

static int reset(struct server *server, const struct request *request, enum recordings_bucket bucket,
                 struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    TRY(session_wake_word(server, request->body, id, error));
    TRY(session_change_begin(server, id, error));
    json_t *tickets = json_array();
    int code = tickets ? trash_all(server, bucket, id, tickets, error) : error_memory(error, "the trash");
    session_change_end(server);
    recordings_announce(server, id);
    if (code == 0)
        code = reply_json(
            reply, json_pack("{s:b, s:O, s:i}", "ok", 1, "tickets", tickets, "moved", (int)json_array_size(tickets)),
            error);
    json_decref(tickets);
    return code;
}

static int reset_personal(struct server *server, const struct request *request, struct reply *reply,
                          struct error *error)
{
    return reset(server, request, BUCKET_PERSONAL, reply, error);
}

static int reset_negative(struct server *server, const struct request *request, struct reply *reply,
                          struct error *error)
{
    return reset(server, request, BUCKET_NEGATIVE, reply, error);
}

static int import_loose(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    size_t moved = 0;
    TRY(session_wake_word(server, request->body, id, error));
    TRY(session_change_begin(server, id, error));
    int code = recordings_take_loose(server->recordings, id, &moved, error);
    session_change_end(server);
    recordings_announce(server, id);
    TRY(code);
    return reply_json(reply, json_pack("{s:b, s:I}", "ok", 1, "moved", (json_int_t)moved), error);
}

// ---- the table ------------------------------------------------------------------------------------------------

#define TAKE_FORM                                                                                                      \
    "{file: file, speaker_index: int, take_index: int, wake_word?: text, speaker?: text, settings?: text}"
#define TAKE_ANSWER                                                                                                    \
    "{ok: bool, saved_as: text, takes_received: int, converted: bool, detected_format: text, final_format: text, "     \
    "message: text, item: Recording}"
#define SAMPLE_FORM "{file: file, wake_word?: text, speaker?: text, source?: text}"
#define SAMPLE_ANSWER                                                                                                  \
    "{ok: bool, saved_as: text, converted: bool, detected_format: text, final_format: text, message: text, "           \
    "item: Recording}"
#define WORD_BODY "{wake_word?: text}"
#define RESET_ANSWER "{ok: bool, tickets: [text], moved: int}"

static const struct route routes[] = {
    {"GET", "/api/session", "The session, its recordings and the training", NULL, BODY_NONE, NULL, "Session", NULL, 0,
     get_session},
    {"POST", "/api/start_session", "Choose the phrase, the speakers and the takes; never touches a training or a log",
     NULL, BODY_JSON,
     "{phrase: text, speakers_total?: int | null, takes_per_speaker?: int | null, lang?: text | null, "
     "phonemes?: text | null, also?: [text] | null}",
     "Session", NULL, 0, start_session},
    {"POST", "/api/upload_take", "One take of the session; an earlier one of the same place goes to the trash", NULL,
     BODY_FORM, TAKE_FORM, TAKE_ANSWER, NULL, 0, upload_take},
    {"POST", "/api/upload-sample", "The same by the name of the reference's notes", NULL, BODY_FORM, TAKE_FORM,
     TAKE_ANSWER, NULL, 0, upload_take},
    {"POST", "/api/upload_personal_sample", "A recording of the wake word from elsewhere", NULL, BODY_FORM, SAMPLE_FORM,
     SAMPLE_ANSWER, NULL, 0, upload_personal},
    {"POST", "/api/upload_negative_sample", "A recording that must not wake it", NULL, BODY_FORM, SAMPLE_FORM,
     SAMPLE_ANSWER, NULL, 0, upload_negative},
    {"POST", "/api/reset_recordings", "All recordings of the word to the trash", NULL, BODY_JSON, WORD_BODY,
     RESET_ANSWER, NULL, 0, reset_personal},
    {"POST", "/api/reset_negative_samples", "All negative samples of the word to the trash", NULL, BODY_JSON, WORD_BODY,
     RESET_ANSWER, NULL, 0, reset_negative},
    {"POST", "/api/import_loose", "Recordings of the reference trainer, which belong to no word, to this word", NULL,
     BODY_JSON, WORD_BODY, "{ok: bool, moved: int}", NULL, 0, import_loose},
};
const struct route_table routes_session = {"Session and takes", routes, COUNT_OF(routes)};
