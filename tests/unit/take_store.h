// SPDX-License-Identifier: GPL-3.0-or-later
// A store of recordings in a folder of its own, and sounds to put into it, for tests.
#ifndef TAKE_STORE_H
#define TAKE_STORE_H

#include "recordings/recordings.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char root[64], data[80];
static struct recordings *store;
static struct error error;

static inline int make_store(void **state)
{
    (void)state;
    strcpy(root, "/tmp/test_recordings_XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(data, sizeof data, "%s/data", root);
    return recordings_open(&store, data, &error);
}

static inline int drop_store(void **state)
{
    (void)state;
    recordings_close(store);
    return folder_remove(root, &error);
}

static inline void must(int code)
{
    if (code < 0)
        fail_msg("%s", error.message);
}

// A path below the test's own folder; a few may be in use at once.
static inline const char *at(const char *format, ...)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    va_list arguments;
    va_start(arguments, format);
    int size = snprintf(path, sizeof paths[0], "%s/", root);
    vsnprintf(path + size, sizeof paths[0] - (size_t)size, format, arguments);
    va_end(arguments);
    return path;
}

// Something like a word: harmonics of a falling pitch in two syllables, with noise of `noise` around it.
static inline int16_t *word(double before, double seconds, double after, double level, double noise, size_t *count)
{
    size_t lead = (size_t)(before * AUDIO_RATE), size = (size_t)(seconds * AUDIO_RATE);
    *count = lead + size + (size_t)(after * AUDIO_RATE);
    int16_t *samples = calloc(*count + 1, sizeof *samples);
    struct rng rng = rng_make(5, 1);
    double phase = 0;
    for (size_t i = 0; i < *count; i++) {
        double value = noise * rng_normal(&rng);
        if (i >= lead && i < lead + size) {
            double t = (double)(i - lead) / (double)size;
            phase += 2 * M_PI * (140 - 40 * t) / AUDIO_RATE;
            double shape = fmin(1, 20 * t) * fmin(1, 20 * (1 - t)) * (0.6 + 0.4 * cos(4 * M_PI * t));
            for (int k = 1; k <= 12; k++)
                value += level * shape * sin(k * phase) / k;
        }
        samples[i] = (int16_t)lrint(fmax(-32768, fmin(32767, value * 32768)));
    }
    return samples;
}

static inline const char *upload(const char *name, double seconds, unsigned seed)
{
    size_t count;
    int16_t *samples = word(0.3, seconds, 0.3, 0.2, 0.001, &count);
    samples[0] = (int16_t)seed; // each upload has a hash of its own
    const char *path = at("%s", name);
    must(audio_write_wav(path, samples, count, &error));
    free(samples);
    return path;
}

static inline struct recording add_take(int speaker, int take, unsigned seed)
{
    struct recording item;
    must(recordings_add(store,
                        &(struct recordings_add){.bucket = BUCKET_PERSONAL,
                                                 .wake_word = "hey_jarvis",
                                                 .speaker_index = speaker,
                                                 .take_index = take,
                                                 .file = upload("take.upload", 0.6, seed)},
                        &item, &error));
    return item;
}

static inline int add_file(enum recordings_bucket bucket, const char *file, const char *name, bool raw, struct recording *item)
{
    const struct recordings_add add = {
        .bucket = bucket, .wake_word = "hey_jarvis", .file = file, .original_name = name, .raw_pcm = raw};
    return recordings_add(store, &add, item, &error);
}

// ffmpeg as the program that makes uploads of foreign formats; false where it is not installed.

static inline size_t count_of(enum recordings_bucket bucket, const char *wake_word)
{
    struct recording_list list;
    must(recordings_list(store, bucket, wake_word, &list, &error));
    size_t count = list.count;
    recording_list_free(&list);
    return count;
}

static inline const char *key(const struct recording *item, const char *name)
{
    return json_string_value(json_object_get(item->about, name));
}

#endif
