// SPDX-License-Identifier: GPL-3.0-or-later
// The reference's data sets: which there are, and whether one lies there whole.
#include "collection/collection_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define NEGATIVE(name)                                                                                                 \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        "https://huggingface.co/datasets/kahrendt/microwakeword/resolve/main/" name ".zip", NULL                       \
    }
#define AUDIOSET "https://huggingface.co/datasets/agkphysics/AudioSet/resolve/"

// Revisions of AudioSet's copy, each with its own names of the ten archives.
static const char *const audioset[] = {
    AUDIOSET "6762f044d1c88619c7f2006486036192128fb07e/data/bal_train0%d.tar",
    AUDIOSET "6762f044d1c88619c7f2006486036192128fb07e/data/bal_train/bal_train0%d.tar",
    AUDIOSET "0049167e89f259a010c3f070fe3666d9e5242836/data/bal_train0%d.tar",
    AUDIOSET "0049167e89f259a010c3f070fe3666d9e5242836/data/bal_train/bal_train0%d.tar",
    AUDIOSET "ceb9eaaa7844c9ad7351e659c84a572e376ad06d/data/bal_train0%d.tar",
    AUDIOSET "ceb9eaaa7844c9ad7351e659c84a572e376ad06d/data/bal_train/bal_train0%d.tar",
    AUDIOSET "main/data/bal_train0%d.tar",
    AUDIOSET "main/data/bal_train/bal_train0%d.tar",
    NULL};
static const char *const music[] = {"https://huggingface.co/datasets/mchl914/fma_xsmall/resolve/main/fma_xs.zip", NULL};
static const char *const rooms[] = {"https://mcdermottlab.mit.edu/Reverb/IRMAudio/Audio.zip", NULL};

const struct published_set published_sets[] = {
    {"negative datasets: dinner_party dinner_party_eval no_speech speech", "dinner_party",
     "negative_datasets/dinner_party", ".ninja", "negative_filecount", "dinner_party", "dinner_party", ".zip", NULL,
     NEGATIVE("dinner_party"), 1},
    {NULL, "dinner_party_eval", "negative_datasets/dinner_party_eval", ".ninja", "negative_filecount",
     "dinner_party_eval", "dinner_party_eval", ".zip", NULL, NEGATIVE("dinner_party_eval"), 1},
    {NULL, "no_speech", "negative_datasets/no_speech", ".ninja", "negative_filecount", "no_speech", "no_speech", ".zip",
     NULL, NEGATIVE("no_speech"), 1},
    {NULL, "speech", "negative_datasets/speech", ".ninja", "negative_filecount", "speech", "speech", ".zip", NULL,
     NEGATIVE("speech"), 1},
    {"MIT_RIR", "MIT_RIR", "mit_rirs_16k", ".wav", "mit_rir_filecount", "mit_rirs", "MIT_RIR_Audio", ".zip", "mit_rirs",
     rooms, 1},
    {"audioset", "audioset", "audioset_16k", ".wav", "audioset_filecount", "audioset", "bal_train0", ".tar", "audioset",
     audioset, 10},
    {"FMA", "FMA", "fma_16k", ".wav", "fma_filecount", "fma", "fma_xs", ".zip", "fma", music, 1},
};
const size_t published_set_count = COUNT_OF(published_sets);

const struct published_set *published_set_named(const char *name)
{
    for (size_t i = 0; i < published_set_count; i++)
        if (strcasecmp(published_sets[i].name, name) == 0)
            return &published_sets[i];
    return NULL;
}

// Digits up to `end`; -1: there are other bytes, none, or too many.
static int64_t read_count(const char *at, const char *end)
{
    int64_t count = at < end ? 0 : -1;
    for (; at < end && count >= 0; at++)
        count = *at >= '0' && *at <= '9' && count < INT64_MAX / 10 - 10 ? 10 * count + (*at - '0') : -1;
    return count;
}

int64_t filecount_find(const char *text, size_t size, const char *key)
{
    static const char converted[] = "_16k";
    const size_t length = strlen(key), more = strlen(converted);
    const char *end = text + size;
    for (const char *line = text, *next; line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        size_t named = colon ? (size_t)(colon - line) : 0;
        bool same = named >= length && memcmp(line, key, length) == 0 &&
                    (named == length || (named == length + more && memcmp(line + length, converted, more) == 0));
        int64_t count = same ? read_count(colon + 1, stop[-1] == '\r' ? stop - 1 : stop) : -1;
        if (count >= 0)
            return count;
    }
    return -1;
}

static int64_t expected_files(const char *root, const struct published_set *set)
{
    char *path = text_print("%s/downloads/%s", root, set->marker);
    void *text = NULL;
    size_t size = 0;
    struct error ignored;
    int64_t count =
        path && file_read(path, 1 << 20, &text, &size, &ignored) == 0 ? filecount_find(text, size, set->key) : -1;
    free(text);
    free(path);
    return count;
}

// Every file of our own manifest with its size; true when there is no manifest.
static bool manifest_holds(const char *root, const struct published_set *set, bool *there)
{
    char *path = text_print("%s/downloads/%s.manifest.json", root, set->name);
    json_t *manifest = path ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL, *size;
    const char *name;
    bool good = true;
    *there = manifest != NULL;
    json_object_foreach(json_object_get(manifest, "files"), name, size)
    {
        struct stat status;
        char *file = text_print("%s/%s/%s", root, set->folder, name);
        good = good && file && stat(file, &status) == 0 && status.st_size == json_integer_value(size);
        free(file);
    }
    json_decref(manifest);
    free(path);
    return good;
}

char *published_mark(const char *root, const struct published_set *set)
{
    return text_print("%s/downloads/%s.unfinished", root, set->name);
}

int published_look(const char *root, const struct published_set *set, struct published_state *state,
                   struct error *error)
{
    char *folder = path_join(root, set->folder);
    bool described;
    *state = (struct published_state){.expected = expected_files(root, set)};
    char *mark = published_mark(root, set);
    if (!folder || !mark) {
        free(folder);
        free(mark);
        return error_memory(error, "a path");
    }
    state->unfinished = file_exists(mark);
    state->count = folder_count(folder, (const char *const[]){set->ending, NULL});
    state->valid = !state->unfinished && manifest_holds(root, set, &described) && state->count > 0 &&
                   state->expected == (int64_t)state->count;
    free(folder);
    free(mark);
    return 0;
}
