// SPDX-License-Identifier: GPL-3.0-or-later
// A recording arrives: what is written beside it, and what makes room for it.
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INDEX_MAX = 99 };

static int check_add(const struct recordings_add *add, struct error *error)
{
    bool take = add->speaker_index != 0 || add->take_index != 0;
    if ((unsigned)add->bucket >= BUCKET_COUNT)
        return error_set(error, ERROR_USAGE, "a recording is personal, negative or captured");
    if (add->bucket != BUCKET_CAPTURED && !name_is_id(add->wake_word))
        return error_set(error, ERROR_USAGE, "wake_word must be the id of a wake word, like \"hey_jarvis\"");
    if (take && add->bucket != BUCKET_PERSONAL)
        return error_set(error, ERROR_USAGE, "only personal recordings are takes");
    if (take && (add->speaker_index < 1 || add->speaker_index > INDEX_MAX))
        return error_set(error, ERROR_USAGE, "speaker_index must be 1..%d", INDEX_MAX);
    if (take && (add->take_index < 1 || add->take_index > INDEX_MAX))
        return error_set(error, ERROR_USAGE, "take_index must be 1..%d", INDEX_MAX);
    return 0;
}

// Gain for listening, as peers do it; what is stored and trained on stays as the device heard it.
static double playback_gain(const int16_t *samples, size_t count)
{
    double squares = 0, peak = 0;
    for (size_t i = 0; i < count; i++) {
        double sample = samples[i] / 32768.0;
        squares += sample * sample;
        peak = fmax(peak, fabs(sample));
    }
    double rms = sqrt(squares / (double)count);
    double gain = fmin(220, fmin(0.06 / fmax(rms, 1e-9), 0.88 / fmax(peak, 1e-9)));
    return gain >= 1.25 ? gain : 1;
}

static json_t *new_sidecar(const struct recordings_add *add, const struct arrival *arrival)
{
    json_t *sidecar = json_is_object(add->about) ? json_copy(add->about) : json_object();
    char now[TIME_SIZE], *name = add->original_name ? name_display(add->original_name) : NULL, message[96];
    time_text(time_wall(), now);
    snprintf(message, sizeof message, arrival->converted ? "converted from %s" : "kept as it came", arrival->format);
    sidecar_clean(sidecar);
    static const char *const own[] = {"speaker", "trimmed", "trim_start_s", "trim_end_s", "seconds", "badges"};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        json_object_del(sidecar, own[i]);
    if (name)
        json_object_set_new(sidecar, "original_name", json_string(name));
    if (add->wake_word && name_is_id(add->wake_word))
        json_object_set_new(sidecar, "wake_word", json_string(add->wake_word));
    if (add->speaker)
        json_object_set_new(sidecar, "speaker", json_string(add->speaker));
    json_object_set_new(sidecar, "created_at", json_string(now));
    json_object_set_new(sidecar, "converted", json_boolean(arrival->converted));
    json_object_set_new(sidecar, "detected_format", json_string(arrival->format));
    json_object_set_new(sidecar, "final_format", json_string("wav 16000 Hz, 1 channel, 16 bit"));
    json_object_set_new(sidecar, "message", json_string(message));
    if (add->bucket == BUCKET_CAPTURED) {
        json_object_set_new(sidecar, "received_at", json_string(now));
        json_object_set_new(sidecar, "review_status", json_string("pending"));
        json_object_set_new(sidecar, "playback_gain",
                            json_real(playback_gain(arrival->pcm.samples, arrival->pcm.count)));
    }
    free(name);
    return sidecar;
}

void recording_delete(const char *wav)
{
    struct error ignored;
    char *sidecar = path_sidecar(wav), *original = NULL;
    path_original(wav, &original, &ignored);
    unlink(wav); // first: what is left without it is nothing
    if (sidecar)
        unlink(sidecar);
    if (original)
        unlink(original);
    free(original);
    free(sidecar);
}

int recordings_forget(struct recordings *store, const struct recording *item, struct error *error)
{
    pthread_mutex_lock(&store->lock);
    int code = item_check(store, item, error);
    if (code == 0)
        recording_delete(item->path);
    pthread_mutex_unlock(&store->lock);
    return code;
}

// The oldest captures make room.
static int limit_inbox(struct recordings *store, size_t *removed, struct error *error)
{
    int code = 0;
    struct text_list names = {0};
    char *folder = bucket_folder(store, BUCKET_CAPTURED, NULL);
    *removed = 0;
    if (!folder)
        return error_memory(error, "a path");
    pthread_mutex_lock(&store->lock);
    TRY_GOTO(store_names(folder, &names, error), end);
    for (size_t left = names.count; left > RECORDINGS_MAX_CAPTURED; left--, (*removed)++) {
        size_t oldest = 0;
        long lowest = 0;
        for (size_t i = 0; i < names.count; i++) {
            long number = name_number(names.items[i], bucket_prefixes[BUCKET_CAPTURED]);
            if (number && (!lowest || number < lowest)) {
                lowest = number;
                oldest = i;
            }
        }
        char *path = lowest ? path_join(folder, names.items[oldest]) : NULL;
        if (!path)
            break;
        recording_delete(path);
        free(path);
        names.items[oldest][0] = 0;
    }
end:
    pthread_mutex_unlock(&store->lock);
    text_list_free(&names);
    free(folder);
    return code;
}

int recordings_add(struct recordings *store, const struct recordings_add *add, struct recording *item,
                   struct error *error)
{
    struct arrival arrival;
    char take[32] = "", stem[STEM_SIZE];
    size_t removed = 0;
    *item = (struct recording){0};
    TRY(check_add(add, error));
    TRY(arrival_read(add, &arrival, error));
    if (add->speaker_index)
        snprintf(take, sizeof take, "speaker%02d_take%02d.wav", add->speaker_index, add->take_index);
    name_safe_stem(add->original_name, stem);
    json_t *sidecar = new_sidecar(add, &arrival);
    struct newcomer newcomer = {.bucket = add->bucket,
                                .wake_word = add->bucket == BUCKET_CAPTURED ? NULL : add->wake_word,
                                .name = *take ? take : NULL,
                                .replace = true,
                                .stem = stem,
                                .samples = arrival.pcm.samples,
                                .count = arrival.pcm.count,
                                .original = arrival.converted ? add->file : NULL,
                                .ending = arrival.ending,
                                .sidecar = sidecar};
    int code = sidecar ? store_place(store, &newcomer, item, error) : error_memory(error, "a sidecar");
    if (code == 0 && add->bucket == BUCKET_CAPTURED)
        code = limit_inbox(store, &removed, error);
    if (code == 0 && removed)
        json_object_set_new(item->about, "removed", json_integer((json_int_t)removed));
    json_decref(sidecar);
    arrival_free(&arrival);
    return code;
}
