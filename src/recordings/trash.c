// SPDX-License-Identifier: GPL-3.0-or-later
// The trash: trash/<ticket>/ has the layout of a bucket's folder and a note, .ticket.json, that says where it came
// from. The wav moves last: a ticket without it is no deletion, and is swept with the others after a week.
#include "recordings/recordings_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char *ticket_folder(const struct recordings *store, const char *ticket)
{
    return text_print("%s/trash/%s", store->data, ticket);
}

static json_t *read_note(const char *folder)
{
    bool there;
    char *path = path_join(folder, ".ticket.json");
    json_t *note = path && is_real_folder(folder) ? sidecar_read(path, &there) : NULL;
    free(path);
    return note;
}

static int write_note(const char *folder, const struct recording *item, struct error *error)
{
    char now[TIME_SIZE];
    time_text(time_wall(), now);
    char *path = path_join(folder, ".ticket.json");
    json_t *note = json_pack("{s:s, s:s, s:s, s:s, s:f, s:f}", "bucket", recordings_bucket_names[item->bucket],
                             "saved_as", item->name, "wake_word", item->wake_word, "deleted_at", now, "deleted",
                             time_wall(), "seconds", item->seconds);
    int code = path && note ? sidecar_write(path, note, error) : error_memory(error, "a note in the trash");
    json_decref(note);
    free(path);
    return code;
}

// Copies of what belongs to a wav, to where its new place will be.
static int copy_siblings(const char *wav, const char *folder, struct error *error)
{
    int code = 0;
    char *sidecar = path_sidecar(wav), *original = NULL, *to = NULL, *kept = NULL;
    to = sidecar ? path_join(folder, path_name(sidecar)) : NULL;
    if (!to) {
        code = error_memory(error, "a path");
        goto end;
    }
    if (is_real_file(sidecar))
        TRY_GOTO(file_copy(sidecar, to, SIZE_MAX, error), end);
    TRY_GOTO(path_original(wav, &original, error), end);
    if (original) {
        kept = text_print("%s/originals/%s", folder, path_name(original));
        free(to);
        to = path_join(folder, "originals");
        TRY_GOTO(kept && to ? folder_make(to, error) : error_memory(error, "a path"), end);
        TRY_GOTO(file_copy(original, kept, SIZE_MAX, error), end);
    }
end:
    free(kept);
    free(to);
    free(original);
    free(sidecar);
    return code;
}

int trash_put(struct recordings *store, const struct recording *item, char **ticket, struct error *error)
{
    int code = 0;
    char *trash = path_join(store->data, "trash"), *fresh = trash ? path_new(trash) : NULL, *folder = NULL, *to = NULL;
    time_t now = time(NULL);
    struct tm parts;
    char date[24];
    *ticket = NULL;
    trash_purge(store);
    gmtime_r(&now, &parts);
    strftime(date, sizeof date, "%Y%m%dT%H%M%S", &parts);
    if (!fresh) {
        code = error_memory(error, "a path");
        goto end;
    }
    TRY_GOTO(folder_make(fresh, error), end);
    TRY_GOTO(copy_siblings(item->path, fresh, error), end);
    TRY_GOTO(write_note(fresh, item, error), end);
    *ticket = text_print("%s-%.8s", date, strrchr(fresh, '-') + 1);
    folder = *ticket ? ticket_folder(store, *ticket) : NULL;
    to = folder ? path_join(folder, item->name) : NULL;
    if (!to) {
        code = error_memory(error, "a path");
        goto end;
    }
    TRY_GOTO(rename_new(fresh, folder, error), end);
    TRY_GOTO(rename_new(item->path, to, error), end);
    recording_delete(item->path);
end:
    if (code < 0) {
        struct error ignored;
        if (fresh)
            folder_remove(fresh, &ignored);
        free(*ticket);
        *ticket = NULL;
    }
    free(to);
    free(folder);
    free(fresh);
    free(trash);
    return code == NAME_TAKEN ? error_set(error, ERROR_STATE, "two deletions at once; try again") : code;
}

int recordings_remove(struct recordings *store, const struct recording *item, char **ticket, struct error *error)
{
    *ticket = NULL;
    pthread_mutex_lock(&store->lock);
    int code = item_check(store, item, error);
    if (code == 0)
        code = trash_put(store, item, ticket, error);
    pthread_mutex_unlock(&store->lock);
    return code;
}

// Where a ticket's recording lies, and where it belongs. Borrowed texts of `note`.
struct deleted {
    json_t *note;
    char *wav;
    enum recordings_bucket bucket;
    const char *name, *wake_word;
};

static void deleted_close(struct deleted *deleted)
{
    json_decref(deleted->note);
    free(deleted->wav);
}

// False for anything that is not a whole deleted recording.
static bool deleted_open(const struct recordings *store, const char *ticket, struct deleted *deleted)
{
    *deleted = (struct deleted){.bucket = BUCKET_COUNT};
    char *folder = name_is_ticket(ticket) ? ticket_folder(store, ticket) : NULL;
    deleted->note = folder ? read_note(folder) : NULL;
    const char *bucket = sidecar_text(deleted->note, "bucket");
    for (int i = 0; bucket && i < BUCKET_COUNT; i++)
        if (strcmp(bucket, recordings_bucket_names[i]) == 0)
            deleted->bucket = (enum recordings_bucket)i;
    deleted->name = sidecar_text(deleted->note, "saved_as");
    deleted->wake_word = sidecar_text(deleted->note, "wake_word");
    bool good = deleted->bucket != BUCKET_COUNT && name_is_wav(deleted->name) &&
                (deleted->bucket == BUCKET_CAPTURED || name_is_id(deleted->wake_word));
    deleted->wav = good ? path_join(folder, deleted->name) : NULL;
    good = deleted->wav && is_real_file(deleted->wav);
    free(folder);
    if (!good)
        deleted_close(deleted);
    return good;
}

static int put_back(struct recordings *store, const struct deleted *deleted, struct recording *item,
                    struct error *error)
{
    bool there;
    char stem[STEM_SIZE], *original = NULL, *path = path_sidecar(deleted->wav);
    json_t *sidecar = path ? sidecar_read(path, &there) : NULL;
    int code = path_original(deleted->wav, &original, error), speaker, take;
    if (!sidecar)
        sidecar = json_object();
    name_safe_stem(deleted->name, stem);
    struct newcomer newcomer = {.bucket = deleted->bucket,
                                .wake_word = deleted->bucket == BUCKET_CAPTURED ? NULL : deleted->wake_word,
                                .name = deleted->name,
                                .replace = name_take(deleted->name, &speaker, &take), // the later take in its turn
                                .stem = stem,
                                .wav = deleted->wav,
                                .original = original,
                                .ending = original ? strrchr(original, '.') + 1 : NULL,
                                .sidecar = sidecar};
    if (code == 0)
        code = sidecar ? store_place(store, &newcomer, item, error) : error_memory(error, "a sidecar");
    json_decref(sidecar);
    free(original);
    free(path);
    return code;
}

int recordings_restore(struct recordings *store, const char *ticket, struct recording *item, struct error *error)
{
    struct deleted deleted;
    *item = (struct recording){0};
    pthread_mutex_lock(&store->lock);
    int code =
        deleted_open(store, ticket, &deleted)
            ? put_back(store, &deleted, item, error)
            : error_set(error, ERROR_MISSING, "there is no such recording in the trash; it keeps them for a week");
    if (code == 0) {
        char *folder = ticket_folder(store, ticket);
        struct error ignored;
        unlink(deleted.wav);
        if (folder)
            folder_remove(folder, &ignored);
        free(folder);
    }
    if (deleted.wav)
        deleted_close(&deleted);
    pthread_mutex_unlock(&store->lock);
    return code;
}

json_t *recordings_trash(struct recordings *store)
{
    json_t *items = json_array();
    struct text_list tickets = {0};
    struct error ignored;
    char *trash = path_join(store->data, "trash");
    DIR *listing = trash ? opendir(trash) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        if (name_is_ticket(entry->d_name))
            text_list_add(&tickets, entry->d_name, &ignored);
    for (size_t i = 0; i < tickets.count; i++) {
        struct deleted deleted;
        if (!deleted_open(store, tickets.items[i], &deleted))
            continue;
        const char *when = sidecar_text(deleted.note, "deleted_at");
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:f}", "ticket", tickets.items[i], "bucket",
                                        recordings_bucket_names[deleted.bucket], "saved_as", deleted.name, "wake_word",
                                        deleted.wake_word ? deleted.wake_word : "", "deleted_at", when ? when : "",
                                        "seconds", sidecar_number(deleted.note, "seconds", 0)));
        deleted_close(&deleted);
    }
    if (listing)
        closedir(listing);
    text_list_free(&tickets);
    free(trash);
    return items;
}

void trash_purge(struct recordings *store)
{
    struct error ignored;
    char *trash = path_join(store->data, "trash");
    DIR *listing = trash ? opendir(trash) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char *folder = name_is_ticket(entry->d_name) ? path_join(trash, entry->d_name) : NULL;
        json_t *note = folder ? read_note(folder) : NULL; // others may use the trash: theirs has no such note
        double now = time_wall();
        if (note && now - sidecar_number(note, "deleted", now) > RECORDINGS_TRASH_SECONDS)
            folder_remove(folder, &ignored);
        json_decref(note);
        free(folder);
    }
    if (listing)
        closedir(listing);
    free(trash);
}
