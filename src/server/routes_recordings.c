// SPDX-License-Identifier: GPL-3.0-or-later
// Routes of the library: samples, their sound, trim and revert, trash and undo.
#include "server/takes_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int bucket_named(const char *name, enum recordings_bucket *bucket, struct error *error)
{
    for (int i = 0; i < BUCKET_COUNT; i++)
        if (strcmp(recordings_bucket_names[i], name) == 0) {
            *bucket = (enum recordings_bucket)i;
            return 0;
        }
    return error_set(error, ERROR_MISSING, "there are no recordings called %.40s: only personal, negative, captured",
                     name);
}

// `given` may name the wake word; captures lie in one inbox and need none.
static int find(struct server *server, const char *bucket_name, const char *name, const json_t *given,
                struct recording *item, struct error *error)
{
    enum recordings_bucket bucket = BUCKET_PERSONAL;
    char id[TEXT_ID_SIZE] = "";
    TRY(bucket_named(bucket_name, &bucket, error));
    if (bucket != BUCKET_CAPTURED)
        TRY(session_wake_word(server, given, id, error));
    return recordings_find(server->recordings, bucket, id, name, item, error);
}

// A capture is no input of a training, so it may change during one.
static int change_begin(struct server *server, const struct recording *item, struct error *error)
{
    return item->bucket == BUCKET_CAPTURED ? 0 : session_change_begin(server, item->wake_word, error);
}

static void change_end(struct server *server, const struct recording *item)
{
    if (item->bucket != BUCKET_CAPTURED)
        session_change_end(server);
    recordings_announce(server, item->wake_word);
}

static int answer_item(struct reply *reply, const struct recording *item, struct error *error)
{
    return reply_json(reply, json_pack("{s:b, s:o}", "ok", 1, "item", recording_json(item)), error);
}

// ---- the lists ------------------------------------------------------------------------------------------------

static int get_samples(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    char id[TEXT_ID_SIZE];
    const char *word = NULL; // of all wake words
    if (json_string_length(json_object_get(request->query, "wake_word")) > 0) {
        TRY(session_wake_word(server, request->query, id, error));
        word = id;
    }
    struct recording_list lists[BUCKET_COUNT] = {{.items = NULL}};
    int code = 0;
    for (int i = 0; code == 0 && i < BUCKET_COUNT; i++)
        code = recordings_list(server->recordings, (enum recordings_bucket)i, i == BUCKET_CAPTURED ? NULL : word,
                               &lists[i], error);
    if (code == 0)
        code =
            reply_json(reply,
                       json_pack("{s:b, s:o, s:o, s:i, s:i, s:i}", "ok", 1, "personal",
                                 recording_list_json(&lists[BUCKET_PERSONAL]), "negative",
                                 recording_list_json(&lists[BUCKET_NEGATIVE]), "personal_count",
                                 (int)lists[BUCKET_PERSONAL].count, "negative_count", (int)lists[BUCKET_NEGATIVE].count,
                                 "captured_count", (int)lists[BUCKET_CAPTURED].count),
                       error);
    for (int i = 0; i < BUCKET_COUNT; i++)
        recording_list_free(&lists[i]);
    return code;
}

// ---- sound ----------------------------------------------------------------------------------------------------

static void amplify(struct pcm *pcm, double gain)
{
    for (size_t i = 0; i < pcm->count; i++)
        pcm->samples[i] = (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, pcm->samples[i] * gain)));
}

static void put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

// The bytes of a wav file: 44 of header, then the samples in the order of this (little endian) machine.
static int wav_bytes(const struct pcm *pcm, void **data, size_t *size, struct error *error)
{
    uint32_t bytes = (uint32_t)(pcm->count * sizeof *pcm->samples);
    uint8_t *wav = malloc(44 + (size_t)bytes);
    if (!wav)
        return error_memory(error, "a recording");
    memcpy(wav, "RIFF....WAVEfmt ....................data", 40);
    put(wav + 4, 36 + bytes, 4);
    put(wav + 16, 16, 4); // size of the format
    put(wav + 20, 1, 2);  // PCM
    put(wav + 22, 1, 2);  // mono
    put(wav + 24, AUDIO_RATE, 4);
    put(wav + 28, AUDIO_RATE * 2, 4);
    put(wav + 32, 2, 2);
    put(wav + 34, 16, 2);
    put(wav + 40, bytes, 4);
    memcpy(wav + 44, pcm->samples, bytes);
    *data = wav;
    *size = 44 + (size_t)bytes;
    return 0;
}

// A name for exactly these samples: players of phones ask for a part of a sound before they play it.
static char *sound_etag(const struct recording *item, bool whole, double gain)
{
    const char *hash = json_string_value(json_object_get(item->about, "sha256"));
    return text_print("\"%.16s-%.4f-%.4f-%.4g\"", hash ? hash : "", whole ? 0 : item->trim_start,
                      whole ? 0 : item->trim_end, gain);
}

static int get_audio(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct recording item;
    struct pcm pcm = {.samples = NULL};
    TRY(find(server, request->values[0], request->values[1], request->query, &item, error));
    bool whole = json_is_true(json_object_get(request->query, "whole"));
    bool plain = json_is_false(json_object_get(request->query, "gain"));
    double gain = plain ? 1 : recording_gain(&item);
    int code =
        whole ? audio_read(item.path, 0, RECORDINGS_MAX_SECONDS, &pcm, error) : recordings_read(&item, &pcm, error);
    if (code == 0 && gain > 1)
        amplify(&pcm, gain);
    if (item.bucket == BUCKET_CAPTURED)
        reply_header(reply, "X-Playback-Gain", "%.4g", gain);
    if (code == 0)
        code = wav_bytes(&pcm, &reply->data, &reply->size, error);
    if (code == 0 && !(reply->etag = sound_etag(&item, whole, gain)))
        code = error_memory(error, "a recording");
    free(pcm.samples);
    recording_close(&item);
    return code;
}

// The speech of the whole file, as a proposal for a trim. Detectors of speech find soft beginnings late, so more is
// left in front of it than behind it.
static int post_vad(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    static const double before = .2, after = .08, least = .25;
    struct recording item;
    struct pcm pcm = {.samples = NULL};
    struct take_quality quality;
    TRY(find(server, request->values[0], request->values[1], request->query, &item, error));
    int code = audio_read(item.path, 0, RECORDINGS_MAX_SECONDS, &pcm, error);
    recording_close(&item);
    TRY(code);
    code = recordings_judge(pcm.samples, pcm.count, &quality, error);
    free(pcm.samples);
    TRY(code);
    json_t *segments = json_array();
    if (quality.speech_end - quality.speech_start >= least)
        json_array_append_new(
            segments, json_pack("{s:f, s:f}", "start", round(fmax(0, quality.speech_start - before) * 1e3) / 1e3, "end",
                                round(fmin(quality.seconds, quality.speech_end + after) * 1e3) / 1e3));
    return reply_json(
        reply,
        json_pack("{s:b, s:i, s:o}", "ok", 1, "segment_count", (int)json_array_size(segments), "segments", segments),
        error);
}

// ---- changes --------------------------------------------------------------------------------------------------

static int trim(struct server *server, struct recording *item, double start, double end, struct reply *reply,
                struct error *error)
{
    int code = change_begin(server, item, error);
    if (code == 0) {
        code = recordings_trim(server->recordings, item, start, end, error);
        change_end(server, item);
    }
    return code < 0 ? code : answer_item(reply, item, error);
}

static const char *text_of(const json_t *body, const char *key)
{
    const char *text = json_string_value(json_object_get(body, key));
    return text ? text : "";
}

static int post_trim(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    const json_t *body = request->body;
    double start = json_number_value(json_object_get(body, "start_time"));
    double end = json_number_value(json_object_get(body, "end_time"));
    if (!(end > start)) // 0 and 0 would mean: revert
        return error_set(error, ERROR_USAGE, "end_time must be greater than start_time");
    struct recording item;
    TRY(find(server, text_of(body, "bucket"), text_of(body, "source_file"), body, &item, error));
    int code = trim(server, &item, start, end, reply, error);
    recording_close(&item);
    return code;
}

static int post_revert(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct recording item;
    TRY(find(server, text_of(request->body, "bucket"), text_of(request->body, "file_name"), request->body, &item,
             error));
    int code =
        json_is_true(json_object_get(item.about, "trimmed"))
            ? trim(server, &item, 0, 0, reply, error)
            : reply_refuse(reply, 400, "NOT_TRIMMED", "%s is not trimmed; there is nothing to revert", item.name);
    recording_close(&item);
    return code;
}

static int delete_sample(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct recording item;
    char *ticket = NULL;
    TRY(find(server, request->values[0], request->values[1], request->query, &item, error));
    int code = change_begin(server, &item, error);
    if (code == 0) {
        code = recordings_remove(server->recordings, &item, &ticket, error);
        change_end(server, &item);
    }
    if (code == 0)
        code = reply_json(reply, json_pack("{s:b, s:s}", "ok", 1, "ticket", ticket), error);
    free(ticket);
    recording_close(&item);
    return code;
}

// ---- trash ----------------------------------------------------------------------------------------------------

// What lies in the trash: recordings, and models with a key "run".
static json_t *trash(struct server *server)
{
    json_t *items = recordings_trash(server->recordings), *models = models_trash(server);
    if (!items || (models && json_array_extend(items, models) != 0)) {
        json_decref(items);
        items = NULL;
    }
    json_decref(models);
    return items;
}

static int get_trash(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)request;
    return reply_json(reply, json_pack("{s:b, s:o}", "ok", 1, "items", trash(server)), error);
}

// The wake word of a ticket, so that nothing comes back into a training; "" for captures, models and what is not there.
static void word_of_ticket(struct server *server, const char *ticket, char id[TEXT_ID_SIZE])
{
    json_t *items = recordings_trash(server->recordings), *item;
    size_t index;
    *id = 0;
    json_array_foreach(items, index, item)
    {
        bool input = strcmp(text_of(item, "bucket"), recordings_bucket_names[BUCKET_CAPTURED]) != 0;
        if (input && strcmp(text_of(item, "ticket"), ticket) == 0)
            snprintf(id, TEXT_ID_SIZE, "%s", text_of(item, "wake_word"));
    }
    json_decref(items);
}

static int restore_recording(struct server *server, const char *ticket, struct recording *item, struct error *error)
{
    char id[TEXT_ID_SIZE];
    word_of_ticket(server, ticket, id);
    if (*id)
        TRY(session_change_begin(server, id, error));
    int code = recordings_restore(server->recordings, ticket, item, error);
    if (*id)
        session_change_end(server);
    return code;
}

static int post_restore(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    struct recording item;
    char *run = NULL;
    const char *ticket = request->values[0];
    int code = restore_recording(server, ticket, &item, error);
    if (code == 0) {
        code = answer_item(reply, &item, error);
        recordings_announce(server, item.wake_word);
        recording_close(&item);
        return code;
    }
    if (code == ERROR_MISSING)
        code = models_restore(server->models, ticket, &run, error);
    if (code == 0)
        jobs_announce(server->jobs, "models", json_object());
    if (code == 0)
        code = reply_json(reply, json_pack("{s:b, s:s}", "ok", 1, "run", run), error);
    free(run);
    return code;
}

// ---- the table ------------------------------------------------------------------------------------------------

#define WORD_QUERY "{wake_word?: text}"
#define BUCKET "\"personal\" | \"negative\" | \"captured\""
#define ITEM_ANSWER "{ok: bool, item: Recording}"

static const struct route routes[] = {
    {"GET", "/api/samples", "Personal and negative samples, newest first; of all wake words when none is named",
     WORD_QUERY, BODY_NONE, NULL,
     "{ok: bool, personal: [Recording], negative: [Recording], personal_count: int, negative_count: int, "
     "captured_count: int}",
     NULL, 0, get_samples},
    {"GET", "/api/audio/{bucket}/{file}",
     "A recording as a device hears it, trimmed unless whole; captures louder, so that one can hear them, unless "
     "gain=false",
     "{wake_word?: text, whole?: bool, gain?: bool}", BODY_NONE, NULL, NULL, "audio/wav", 0, get_audio},
    {"POST", "/api/samples/{bucket}/{file}/vad", "Where the speech is: a proposal for a trim", WORD_QUERY, BODY_JSON,
     "{}", "{ok: bool, segment_count: int, segments: [{start: number, end: number}]}", NULL, 0, post_vad},
    {"POST", "/api/samples/trim", "Only this part counts from now on; the file keeps all of it", NULL, BODY_FORM,
     "{bucket: " BUCKET ", source_file: text, wake_word?: text, start_time: number(0..3600), end_time: "
     "number(0..3600), file?: file}",
     ITEM_ANSWER, NULL, 0, post_trim},
    {"POST", "/api/samples/revert", "The whole file counts again", NULL, BODY_FORM,
     "{bucket: " BUCKET ", file_name: text, wake_word?: text}", ITEM_ANSWER, NULL, 0, post_revert},
    {"DELETE", "/api/samples/{bucket}/{file}", "To the trash, for a week", WORD_QUERY, BODY_NONE, NULL,
     "{ok: bool, ticket: text}", NULL, 0, delete_sample},
    {"GET", "/api/trash", "What was deleted within a week", NULL, BODY_NONE, NULL, "{ok: bool, items: [{*: any}]}",
     NULL, 0, get_trash},
    {"POST", "/api/trash/{ticket}/restore", "Undo of a deletion", NULL, BODY_JSON, "{}",
     "{ok: bool, item?: Recording, run?: text}", NULL, 0, post_restore},
};
const struct route_table routes_recordings = {"Samples", routes, COUNT_OF(routes)};
