// SPDX-License-Identifier: GPL-3.0-or-later
// From audio or features to the model's output bytes: one runtime a worker, a fresh state for every track.
#include "evaluate/evaluate_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_SECONDS = 600, // of a long recording at once
    LEAD_SECONDS = 1,   // read again before each further part, so that a resampler has settled where it begins
    PIECE = 10 * AUDIO_RATE,
    PIECE_ROWS = PIECE / FRONTEND_STEP + 1,
    LONGEST_CLIP = 900 // seconds of a file that noise is added to
};

// ---- conditions ----

static const struct {
    const char *name;
    enum test_noise noise;
} noises[] = {{"pink", TEST_PINK}, {"babble", TEST_BABBLE}, {"far", TEST_FAR}};

int condition_parse(const char *text, struct condition *condition, struct error *error)
{
    *condition = (struct condition){.noise = TEST_CLEAN};
    if (strlen(text) < sizeof condition->name) {
        strcpy(condition->name, text);
        if (strcmp(text, "clean") == 0)
            return 0;
        for (size_t i = 0; i < COUNT_OF(noises); i++) {
            size_t length = strlen(noises[i].name);
            if (strncmp(text, noises[i].name, length) != 0 || text[length] != ':')
                continue;
            char *end;
            condition->snr_db = strtod(text + length + 1, &end);
            condition->noise = noises[i].noise;
            if (end != text + length + 1 && !*end && condition->snr_db >= -40 && condition->snr_db <= 100)
                return 0;
        }
    }
    return error_set(error, ERROR_USAGE,
                     "unknown condition \"%.60s\": use clean, pink:SNR, babble:SNR or far:SNR, for example pink:10", text);
}

// ---- tracks ----

void track_list_free(struct track_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
        free(list->items[i].bytes);
    }
    free(list->items);
    *list = (struct track_list){0};
}

// Room for `more` tracks, all zero, behind those that are there.
static int track_list_extend(struct track_list *list, size_t more, struct error *error)
{
    if (more > SIZE_MAX / sizeof *list->items - list->count)
        return error_memory(error, "the tracks");
    size_t need = list->count + more;
    if (need > list->capacity) {
        struct track *items = realloc(list->items, need * sizeof *items);
        if (!items)
            return error_memory(error, "the tracks");
        list->items = items;
        list->capacity = need;
    }
    if (more)
        memset(list->items + list->count, 0, more * sizeof *list->items);
    return 0;
}

// ---- one listener a worker ----

struct listener {
    struct tflite_runtime *runtime;
    int stride;
    struct frontend frontend;
    uint16_t *features; // [PIECE_ROWS][40]
    int8_t *rows;       // [PIECE_ROWS + stride][40]
    size_t held;        // rows that wait for a whole step
    struct augment_scratch *scratch; // for TEST_FAR, else NULL
};

static void listener_close(struct listener *listener)
{
    tflite_runtime_close(listener->runtime);
    augment_scratch_close(listener->scratch);
    free(listener->features);
    free(listener->rows);
}

static int listener_open(struct listener *listener, const struct tflite_model *model, struct error *error)
{
    TRY(tflite_runtime_open(&listener->runtime, model, cpu_level(), error));
    listener->stride = tflite_runtime_stride(listener->runtime);
    listener->features = array_alloc(PIECE_ROWS * FRONTEND_CHANNELS, sizeof *listener->features);
    listener->rows = array_alloc((PIECE_ROWS + (size_t)listener->stride) * FRONTEND_CHANNELS, 1);
    return listener->features && listener->rows ? 0 : error_memory(error, "an evaluation");
}

static void listener_reset(struct listener *listener)
{
    frontend_reset(&listener->frontend);
    tflite_runtime_reset(listener->runtime);
    listener->held = 0;
}

// Runs the model over the rows that are held plus `fresh` behind them; keeps what is left of a step.
static int listener_step(struct listener *listener, size_t fresh, struct track *track, size_t *capacity,
                         struct error *error)
{
    size_t stride = (size_t)listener->stride, rows = listener->held + fresh, steps = rows / stride;
    if (track->count + steps > *capacity) {
        size_t need = (track->count + steps) * 2;
        uint8_t *bytes = realloc(track->bytes, need);
        if (!bytes)
            return error_memory(error, "output bytes");
        track->bytes = bytes;
        *capacity = need;
    }
    for (size_t i = 0; i < steps; i++)
        track->bytes[track->count++] =
            tflite_runtime_step(listener->runtime, listener->rows + i * stride * FRONTEND_CHANNELS);
    listener->held = rows % stride;
    memmove(listener->rows, listener->rows + steps * stride * FRONTEND_CHANNELS, listener->held * FRONTEND_CHANNELS);
    track->rows += fresh;
    return 0;
}

static int listener_push(struct listener *listener, const int16_t *samples, size_t count, struct track *track,
                         size_t *capacity, struct error *error)
{
    for (size_t done = 0; done < count;) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        size_t rows = frontend_push(&listener->frontend, samples + done, piece, listener->features);
        frontend_quantize(listener->features, rows * FRONTEND_CHANNELS,
                          listener->rows + listener->held * FRONTEND_CHANNELS);
        TRY(listener_step(listener, rows, track, capacity, error));
        done += piece;
    }
    return 0;
}

static int listener_rows(struct listener *listener, const struct feature_set *set, uint64_t first, size_t count,
                         struct track *track, struct error *error)
{
    size_t capacity = 0;
    for (size_t done = 0; done < count;) {
        size_t rows = count - done < PIECE_ROWS ? count - done : PIECE_ROWS;
        feature_rows_copy(set, first + done, rows, listener->features);
        frontend_quantize(listener->features, rows * FRONTEND_CHANNELS,
                          listener->rows + listener->held * FRONTEND_CHANNELS);
        TRY(listener_step(listener, rows, track, &capacity, error));
        done += rows;
    }
    return 0;
}

// ---- many tracks side by side ----

struct job {
    struct listener *listeners; // one a worker
    struct track *tracks;       // [count]
    struct error *errors;       // [count], code 0: fine
    size_t count;
    atomic_size_t done;
    struct progress *progress;
    // Where the audio comes from ...
    const struct text_list *files;
    const struct condition *condition; // NULL: as recorded
    struct test_props props;         // without scratch: that is the listener's
    // ... or the features.
    const struct feature_set *set;
    const uint32_t *items;
};

// Recordings of any length in parts. Each further part begins a little early: that lead is dropped.
static int listen_to_file(const char *path, struct job *job, struct listener *listener, struct track *track,
                          struct error *error)
{
    const size_t part = (size_t)READ_SECONDS * AUDIO_RATE;
    size_t capacity = 0;
    for (double start = 0;; start += READ_SECONDS) {
        double lead_seconds = start > 0 ? LEAD_SECONDS : 0;
        size_t lead = (size_t)lead_seconds * AUDIO_RATE;
        struct pcm pcm;
        if (progress_stopped(job->progress))
            return progress_cancelled(error);
        TRY(audio_read(path, start - lead_seconds, READ_SECONDS + lead_seconds + LEAD_SECONDS, &pcm, error));
        size_t fresh = pcm.count > lead ? pcm.count - lead : 0;
        bool more = fresh > part;
        int code =
            listener_push(listener, pcm.samples + pcm.count - fresh, more ? part : fresh, track, &capacity, error);
        free(pcm.samples);
        if (code < 0 || !more)
            return code;
    }
}

static int listen_in_noise(const char *path, size_t index, struct job *job, struct listener *listener,
                           struct track *track, struct error *error)
{
    struct pcm clip;
    int code;
    size_t capacity = 0;
    int16_t *noisy = NULL;
    TRY(audio_read(path, 0, LONGEST_CLIP + 1, &clip, error));
    size_t count = clip.count + AUGMENT_PAD_BEFORE + AUGMENT_PAD_AFTER;
    if (clip.count > (size_t)LONGEST_CLIP * AUDIO_RATE) {
        code = error_set(error, ERROR_USAGE, "%s is longer than %d minutes: conditions with noise are for clips", path,
                         LONGEST_CLIP / 60);
        goto done;
    }
    noisy = array_alloc(count, sizeof *noisy);
    if (!noisy) {
        code = error_memory(error, path);
        goto done;
    }
    struct test_props props = job->props;
    props.scratch = listener->scratch;
    TRY_GOTO(augment_test_condition(job->condition->noise, job->condition->snr_db, index, clip.samples, clip.count,
                                    &props, noisy, error),
             done);
    TRY_GOTO(listener_push(listener, noisy, count, track, &capacity, error), done);
done:
    free(clip.samples);
    free(noisy);
    return code;
}

static int listen_to_item(const struct job *job, size_t index, struct listener *listener, struct track *track,
                          struct error *error)
{
    const struct feature_item *item = &job->set->items[job->items ? job->items[index] : index];
    track->tag = item->tag;
    uint32_t from = item->valid_from < item->rows ? item->valid_from : item->rows;
    return listener_rows(listener, job->set, item->first_row + from, item->rows - from, track, error);
}

static void run_job(void *context, size_t index, int worker)
{
    struct job *job = context;
    struct error *error = &job->errors[index];
    if (progress_stopped(job->progress)) {
        progress_cancelled(error);
        return;
    }
    struct listener *listener = &job->listeners[worker];
    struct track *track = &job->tracks[index];
    listener_reset(listener);
    if (job->files) {
        const char *path = job->files->items[index];
        track->name = strdup(path);
        if (!track->name)
            error_memory(error, path);
        else if (job->condition)
            listen_in_noise(path, index, job, listener, track, error);
        else
            listen_to_file(path, job, listener, track, error);
    } else {
        listen_to_item(job, index, listener, track, error);
    }
    size_t done = atomic_fetch_add(&job->done, 1) + 1;
    if (worker == 0) // the thread that runs the stage
        progress_step(job->progress, (double)done, (double)job->count, "%zu of %zu", done, job->count);
}

// Appends job->count tracks to the list; on failure the list is as before and the first track's error is told.
static int run_jobs(struct job *job, const struct tflite_model *model, struct pool *pool, struct track_list *tracks,
                    struct error *error)
{
    int code = 0, workers = pool_threads(pool);
    job->listeners = array_alloc((size_t)workers, sizeof *job->listeners);
    job->errors = array_alloc(job->count, sizeof *job->errors);
    if (!job->listeners || !job->errors) {
        code = error_memory(error, "an evaluation");
        goto done;
    }
    TRY_GOTO(track_list_extend(tracks, job->count, error), done);
    for (int i = 0; i < workers; i++) {
        TRY_GOTO(listener_open(&job->listeners[i], model, error), done);
        if (job->props.bank)
            TRY_GOTO(augment_scratch_open(&job->listeners[i].scratch, job->props.bank, 1, error), done);
    }
    job->tracks = tracks->items + tracks->count;
    pool_run(pool, job->count, run_job, job);
    for (size_t i = 0; i < job->count && code == 0; i++)
        if (job->errors[i].code < 0) {
            *error = job->errors[i];
            code = error->code;
        }
    if (code == 0) {
        tracks->count += job->count;
        tracks->stride = job->listeners[0].stride;
    } else {
        for (size_t i = 0; i < job->count; i++) {
            free(job->tracks[i].name);
            free(job->tracks[i].bytes);
        }
    }
done:
    for (int i = 0; job->listeners && i < workers; i++)
        listener_close(&job->listeners[i]);
    free(job->listeners);
    free(job->errors);
    return code;
}

int evaluate_files(const struct tflite_model *model, const struct text_list *files, const struct condition *condition,
                   const struct sound *talkers, size_t talker_count, struct pool *pool, struct progress *progress,
                   struct track_list *tracks, struct error *error)
{
    bool noisy = condition && condition->noise != TEST_CLEAN;
    if (noisy && condition->noise == TEST_BABBLE && talker_count == 0)
        return error_set(error, ERROR_USAGE, "the condition %s needs clips of other speech to talk in the background",
                         condition->name);
    struct augment_bank *rooms = NULL;
    if (noisy && condition->noise == TEST_FAR) // the same rooms whoever measures
        TRY(augment_bank_open(&rooms, NULL, 0, 0, NULL, 1, pool, error));
    struct job job = {.count = files->count,
                      .progress = progress,
                      .files = files,
                      .condition = noisy ? condition : NULL,
                      .props = {.talkers = talkers, .talker_count = talker_count, .bank = rooms}};
    int code = run_jobs(&job, model, pool, tracks, error);
    augment_bank_close(rooms);
    return code;
}

int evaluate_features(const struct tflite_model *model, const struct feature_set *set, const uint32_t *items,
                      size_t item_count, struct pool *pool, struct track_list *tracks, struct error *error)
{
    struct job job = {.count = items ? item_count : set->item_count, .set = set, .items = items};
    return run_jobs(&job, model, pool, tracks, error);
}
