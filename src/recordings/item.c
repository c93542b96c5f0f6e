// SPDX-License-Identifier: GPL-3.0-or-later
// One recording: what its sidecar says where that fits the wav, what the wav says otherwise.
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEASURED_SECONDS = 600 }; // of files that somebody put there by hand

static double rounded(double value, double step)
{
    return round(value / step) * step;
}

static void set_number(json_t *about, const char *key, double value, double step)
{
    json_object_set_new(about, key, json_real(rounded(value, step)));
}

static void set_text(json_t *about, const char *key, const char *value)
{
    json_object_set_new(about, key, json_string(value));
}

int item_judge(json_t *about, const int16_t *samples, size_t count, struct error *error)
{
    struct take_quality quality;
    TRY(recordings_judge(samples, count, &quality, error));
    json_object_set_new(about, "seconds", json_real(quality.seconds));
    json_object_set_new(about, "badges", recordings_badges(quality.faults));
    set_number(about, "rms_db", quality.rms_db, 0.1);
    set_number(about, "peak_db", quality.peak_db, 0.1);
    set_number(about, "noise_db", quality.noise_db, 0.1);
    set_number(about, "snr_db", quality.snr_db, 0.1);
    set_number(about, "speech_start_s", quality.speech_start, 0.001);
    set_number(about, "speech_end_s", quality.speech_end, 0.001);
    return 0;
}

static bool is_hash(const char *text)
{
    return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

// Was all this measured at the wav that is there now?
static bool fits(const json_t *sidecar, const struct stat *file)
{
    static const char *const numbers[] = {"rms_db", "peak_db", "noise_db", "snr_db", "speech_start_s", "speech_end_s"};
    double seconds = sidecar_number(sidecar, "seconds", -1);
    bool good = json_integer_value(json_object_get(sidecar, "size_bytes")) == file->st_size && seconds >= 0 &&
                is_hash(sidecar_text(sidecar, "sha256"));
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        good = good && json_is_number(json_object_get(sidecar, numbers[i]));
    const json_t *badges = json_object_get(sidecar, "badges");
    good = good && json_is_array(badges);
    for (size_t i = 0; good && i < json_array_size(badges); i++)
        good = json_is_string(json_array_get(badges, i));
    return good;
}

static int measure(const char *path, const struct stat *file, json_t *about, struct error *error)
{
    struct pcm pcm = {0};
    struct error reason = {0};
    char hash[65];
    TRY(sha256_file(path, hash, error));
    int code = audio_read(path, 0, MEASURED_SECONDS, &pcm, &reason);
    if (code == ERROR_MEMORY)
        return error_set(error, code, "%s", reason.message);
    int judged = item_judge(about, pcm.samples, pcm.count, error);
    free(pcm.samples);
    TRY(judged);
    if (code < 0)
        set_text(about, "message", reason.message);
    set_text(about, "sha256", hash);
    json_object_set_new(about, "size_bytes", json_integer(file->st_size));
    return 0;
}

// A recording that came without a sidecar gets one, unless somebody else writes it just now.
static void adopt(const char *path, const json_t *about)
{
    struct error ignored;
    char *folder = path_folder(path), *fresh = folder ? path_new(folder) : NULL;
    if (fresh && sidecar_write(fresh, about, &ignored) == 0 && rename_new(fresh, path, &ignored) < 0)
        unlink(fresh);
    free(fresh);
    free(folder);
}

static void set_times(json_t *about, const struct stat *file)
{
    const char *created = sidecar_text(about, "created_at");
    char text[TIME_SIZE];
    if (created && strlen(created) >= 20 && created[4] == '-' && created[10] == 'T')
        return;
    time_text((double)file->st_mtim.tv_sec + (double)file->st_mtim.tv_nsec * 1e-9, text);
    set_text(about, "created_at", text);
}

// The keys that say what and where it is: never as the sidecar claims, but as the disk shows.
static int finish(struct recording *item, struct error *error)
{
    json_t *about = item->about;
    const char *speaker = sidecar_text(about, "speaker");
    char numbered[16] = "";
    if (item->bucket == BUCKET_PERSONAL && name_take(item->name, &item->speaker_index, &item->take_index))
        snprintf(numbered, sizeof numbered, "speaker%02d", item->speaker_index);
    item->speaker = strdup(speaker && *speaker ? speaker : numbered);
    item->seconds = sidecar_number(about, "seconds", 0);
    bool trimmed = sidecar_trim(about, item->seconds, &item->trim_start, &item->trim_end);
    if (!item->speaker)
        return error_memory(error, "a recording");
    set_text(about, "bucket", recordings_bucket_names[item->bucket]);
    set_text(about, "saved_as", item->name);
    set_text(about, "wake_word", item->wake_word);
    set_text(about, "speaker", item->speaker);
    json_object_set_new(about, "speaker_index", json_integer(item->speaker_index));
    json_object_set_new(about, "take_index", json_integer(item->take_index));
    set_number(about, "trim_start_s", item->trim_start, 1e-4);
    set_number(about, "trim_end_s", item->trim_end, 1e-4);
    json_object_set_new(about, "trimmed", json_boolean(trimmed));
    json_object_set_new(about, "converted", json_boolean(json_is_true(json_object_get(about, "converted"))));
    static const char *const texts[][2] = {{"detected_format", "wav"}, {"final_format", "wav"}, {"message", ""}};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!json_object_get(about, texts[i][0]))
            set_text(about, texts[i][0], texts[i][1]);
    return 0;
}

int item_load(const char *folder, const char *name, enum recordings_bucket bucket, const char *wake_word,
              struct recording *item, struct error *error)
{
    int code = 0;
    bool there = false;
    struct stat file;
    *item = (struct recording){.bucket = bucket, .name = strdup(name), .path = path_join(folder, name)};
    char *sidecar = item->path ? path_sidecar(item->path) : NULL;
    if (!item->name || !sidecar) {
        code = error_memory(error, "a recording");
        goto end;
    }
    if (lstat(item->path, &file) != 0 || !S_ISREG(file.st_mode)) {
        code = error_set(error, ERROR_MISSING, "there is no recording %s", name);
        goto end;
    }
    item->about = sidecar_read(sidecar, &there);
    if (!item->about && !(item->about = json_object())) {
        code = error_memory(error, "a recording");
        goto end;
    }
    sidecar_clean(item->about);
    const char *heard = bucket == BUCKET_CAPTURED ? sidecar_text(item->about, "wake_word") : wake_word;
    item->wake_word = strdup(name_is_id(heard) ? heard : "");
    if (!item->wake_word) {
        code = error_memory(error, "a recording");
        goto end;
    }
    bool measured = fits(item->about, &file);
    if (!measured)
        TRY_GOTO(measure(item->path, &file, item->about, error), end);
    set_times(item->about, &file);
    TRY_GOTO(finish(item, error), end);
    if (!there)
        adopt(sidecar, item->about);
end:
    free(sidecar);
    if (code < 0)
        recording_close(item);
    return code;
}

int item_check(const struct recordings *store, const struct recording *item, struct error *error)
{
    bool known = name_is_wav(item->name) && (unsigned)item->bucket < BUCKET_COUNT && item->path;
    char *folder = known ? bucket_folder(store, item->bucket, item->wake_word) : NULL;
    char *path = folder ? path_join(folder, item->name) : NULL;
    bool good = path && strcmp(path, item->path) == 0 && is_real_folder(folder) && is_real_file(path);
    free(path);
    free(folder);
    return good ? 0 : error_set(error, ERROR_MISSING, "there is no recording %s", item->name ? item->name : "");
}

void recording_close(struct recording *item)
{
    free(item->name);
    free(item->wake_word);
    free(item->path);
    free(item->speaker);
    json_decref(item->about);
    *item = (struct recording){0};
}

void recording_list_free(struct recording_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        recording_close(&list->items[i]);
    free(list->items);
    *list = (struct recording_list){0};
}

int recordings_read(const struct recording *item, struct pcm *pcm, struct error *error)
{
    *pcm = (struct pcm){0};
    if (!item->path || !is_real_file(item->path))
        return error_set(error, ERROR_MISSING, "there is no recording %s", item->name ? item->name : "");
    double length = item->trim_end - item->trim_start;
    bool trimmed = item->trim_start > 0 || item->trim_end < item->seconds;
    return audio_read(item->path, trimmed ? item->trim_start : 0, trimmed ? length : 0, pcm, error);
}
