// SPDX-License-Identifier: GPL-3.0-or-later
// What people decide about recordings: where the word begins and ends, what a capture is, whose loose files they are.
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_TRIM 0.1 // seconds

int recordings_trim(struct recordings *store, struct recording *item, double start, double end, struct error *error)
{
    struct recording fresh = {0};
    char *folder = NULL, *sidecar = NULL;
    int code;
    pthread_mutex_lock(&store->lock);
    TRY_GOTO(item_check(store, item, error), done);
    bool whole = start == 0 && end == 0;
    if (!whole && !(start >= 0 && end <= item->seconds + 0.01 && end - start >= LEAST_TRIM - 1e-9)) {
        code = error_set(error, ERROR_USAGE,
                         "start_time and end_time must lie within the %.2f s of %s, %.1f s apart or more",
                         item->seconds, item->name, LEAST_TRIM);
        goto done;
    }
    folder = bucket_folder(store, item->bucket, item->wake_word);
    sidecar = path_sidecar(item->path);
    if (!folder || !sidecar) {
        code = error_memory(error, "a path");
        goto done;
    }
    TRY_GOTO(item_load(folder, item->name, item->bucket, item->wake_word, &fresh, error), done);
    end = fmin(end, fresh.seconds);
    whole = whole || (start <= 0 && end >= fresh.seconds);
    json_object_set_new(fresh.about, "trimmed", json_boolean(!whole));
    json_object_set_new(fresh.about, "trim_start_s", json_real(whole ? 0 : start));
    json_object_set_new(fresh.about, "trim_end_s", json_real(whole ? fresh.seconds : end));
    TRY_GOTO(sidecar_write(sidecar, fresh.about, error), done);
    recording_close(&fresh);
    TRY_GOTO(item_load(folder, item->name, item->bucket, item->wake_word, &fresh, error), done);
    recording_close(item);
    *item = fresh;
    fresh = (struct recording){0};
done:
    pthread_mutex_unlock(&store->lock);
    recording_close(&fresh);
    free(sidecar);
    free(folder);
    return code;
}

static int move_capture(struct recordings *store, const struct recording *capture, enum recordings_bucket verdict,
                        const char *wake_word, struct recording *moved, struct error *error)
{
    char now[TIME_SIZE], stem[STEM_SIZE], *original = NULL;
    TRY(path_original(capture->path, &original, error));
    json_t *sidecar = json_copy(capture->about);
    time_text(time_wall(), now);
    const char *said = sidecar_text(sidecar, "original_name");
    name_safe_stem(said ? said : capture->name, stem);
    json_object_set_new(sidecar, "review_status",
                        json_string(verdict == BUCKET_PERSONAL ? "approved_personal" : "approved_negative"));
    json_object_set_new(sidecar, "reviewed_at", json_string(now));
    json_object_set_new(sidecar, "wake_word", json_string(wake_word));
    struct newcomer newcomer = {.bucket = verdict,
                                .wake_word = wake_word,
                                .stem = stem,
                                .wav = capture->path,
                                .original = original,
                                .ending = original ? strrchr(original, '.') + 1 : NULL,
                                .sidecar = sidecar};
    int code = sidecar ? store_place(store, &newcomer, moved, error) : error_memory(error, "a sidecar");
    if (code == 0)
        recording_delete(capture->path);
    json_decref(sidecar);
    free(original);
    return code;
}

int recordings_review(struct recordings *store, const struct recording *capture, enum recordings_bucket verdict,
                      const char *wake_word, struct recording *moved, char **ticket, struct error *error)
{
    *moved = (struct recording){0};
    *ticket = NULL;
    if (capture->bucket != BUCKET_CAPTURED)
        return error_set(error, ERROR_USAGE, "%s is not a capture", capture->name);
    if (verdict != BUCKET_CAPTURED && !name_is_id(wake_word))
        return error_set(error, ERROR_USAGE, "say which wake word %s belongs to", capture->name);
    pthread_mutex_lock(&store->lock);
    int code = item_check(store, capture, error);
    if (code == 0)
        code = verdict == BUCKET_CAPTURED ? trash_put(store, capture, ticket, error)
                                          : move_capture(store, capture, verdict, wake_word, moved, error);
    pthread_mutex_unlock(&store->lock);
    return code;
}

static int list_loose(struct recordings *store, char **folder, struct text_list *names, struct error *error)
{
    *folder = bucket_folder(store, BUCKET_PERSONAL, NULL);
    return *folder ? store_names(*folder, names, error) : error_memory(error, "a path");
}

int recordings_count_loose(struct recordings *store, size_t *count, struct error *error)
{
    struct text_list names = {0};
    char *folder;
    int code = list_loose(store, &folder, &names, error);
    *count = names.count;
    text_list_free(&names);
    free(folder);
    return code;
}

static int take_one(struct recordings *store, const char *path, const char *wake_word, struct error *error)
{
    bool there;
    char stem[STEM_SIZE], *beside = path_sidecar(path);
    json_t *sidecar = beside ? sidecar_read(beside, &there) : NULL;
    struct recording item;
    if (!sidecar)
        sidecar = json_object();
    json_object_del(sidecar, "badges"); // measured anew
    name_safe_stem(path_name(path), stem);
    struct newcomer newcomer = {.bucket = BUCKET_PERSONAL,
                                .wake_word = wake_word,
                                .name = path_name(path),
                                .stem = stem,
                                .wav = path,
                                .sidecar = sidecar};
    int code = beside && sidecar ? store_place(store, &newcomer, &item, error) : error_memory(error, "a sidecar");
    if (code == 0) {
        recording_close(&item);
        recording_delete(path);
    }
    json_decref(sidecar);
    free(beside);
    return code;
}

int recordings_take_loose(struct recordings *store, const char *wake_word, size_t *moved, struct error *error)
{
    struct text_list names = {0};
    char *folder = NULL;
    int code;
    *moved = 0;
    if (!name_is_id(wake_word))
        return error_set(error, ERROR_USAGE, "say which wake word the recordings belong to");
    pthread_mutex_lock(&store->lock);
    TRY_GOTO(list_loose(store, &folder, &names, error), end);
    for (size_t i = 0; i < names.count; i++) {
        char *path = path_join(folder, names.items[i]);
        code = path ? take_one(store, path, wake_word, error) : error_memory(error, "a path");
        free(path);
        if (code < 0)
            goto end;
        (*moved)++;
    }
end:
    pthread_mutex_unlock(&store->lock);
    text_list_free(&names);
    free(folder);
    return code;
}
