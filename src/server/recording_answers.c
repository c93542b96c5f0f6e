// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings in answers: the item, the uploaded one, the event that tells open pages of a change.
#include "server/takes_internal.h"

#include <math.h>
#include <string.h>

enum { LEAST_BYTES = 44 }; // a wav without a sample

double recording_gain(const struct recording *item)
{
    double gain = json_number_value(json_object_get(item->about, "playback_gain"));
    return item->bucket == BUCKET_CAPTURED && gain > 1 ? fmin(gain, 220) : 1;
}

json_t *recording_json(const struct recording *item)
{
    json_t *json = json_deep_copy(item->about);
    const char *bucket = recordings_bucket_names[item->bucket];
    bool captured = item->bucket == BUCKET_CAPTURED;
    json_t *url = captured ? json_sprintf("/api/audio/%s/%s", bucket, item->name)
                           : json_sprintf("/api/audio/%s/%s?wake_word=%s", bucket, item->name, item->wake_word);
    if (json_object_set_new(json, "audio_url", url) != 0 ||
        (captured && json_object_set_new(json, "playback_gain", json_real(recording_gain(item))) != 0)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *recording_list_json(const struct recording_list *list)
{
    json_t *json = json_array();
    for (size_t i = 0; json && i < list->count; i++)
        if (json_array_append_new(json, recording_json(&list->items[i])) != 0) {
            json_decref(json);
            return NULL;
        }
    return json;
}

void recordings_announce(struct server *server, const char *wake_word)
{
    json_t *data = json_pack("{s:s}", "wake_word", wake_word);
    if (data)
        jobs_announce(server->jobs, "recordings", data);
}

static json_t *uploaded_json(const struct recording *item)
{
    static const char *const keys[] = {"converted", "detected_format", "final_format", "message"};
    json_t *json = json_pack("{s:b, s:s, s:o}", "ok", 1, "saved_as", item->name, "item", recording_json(item));
    for (size_t i = 0; json && i < COUNT_OF(keys); i++)
        json_object_set(json, keys[i], json_object_get(item->about, keys[i]));
    return json;
}

// Inputs of a training stay as they are while it runs; the inbox is none.
static int add_guarded(struct server *server, const struct recordings_add *add, struct recording *item,
                       struct error *error)
{
    if (add->bucket == BUCKET_CAPTURED)
        return recordings_add(server->recordings, add, item, error);
    TRY(session_change_begin(server, add->wake_word, error));
    int code = recordings_add(server->recordings, add, item, error);
    session_change_end(server);
    return code;
}

int recording_upload(struct server *server, const struct request *request, struct recordings_add *add,
                     struct reply *reply, struct error *error)
{
    if (!request->upload || (request->upload_size < LEAST_BYTES && !add->raw_pcm) || request->upload_size == 0)
        return reply_refuse(reply, 400, "EMPTY_FILE", "Empty/invalid file");
    add->file = request->upload;
    add->original_name = add->original_name ? add->original_name : request->upload_name;
    struct recording item;
    int code = add_guarded(server, add, &item, error);
    if (code == ERROR_MISSING)
        return reply_refuse(reply, 415, "NEEDS_FFMPEG", "%s", error->message);
    TRY(code);
    code = reply_json(reply, uploaded_json(&item), error);
    recordings_announce(server, item.wake_word);
    recording_close(&item);
    return code;
}
