// SPDX-License-Identifier: GPL-3.0-or-later
// What people said: recordings of the wake word, and reviewed recordings that must not wake it. They are read, trimmed
// and looked at in every walk, so that the signature is of the very samples that train: a take that is added, deleted
// or trimmed makes the features anew, and those of another wake word are never seen.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_SECONDS = 60,
    ONSET = AUDIO_RATE / 20 // kept before the word: soft beginnings are found late
};

static int person_add(struct person_list *list, const struct person_clip *clip, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 32;
        struct person_clip *grown = realloc(list->clips, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, "the recordings of people");
        list->clips = grown;
        list->capacity = capacity;
    }
    list->clips[list->count++] = *clip;
    return 0;
}

// The speaker's number; people without a name are one each.
static int speaker_number(struct people *people, const char *speaker, int32_t *number, struct error *error)
{
    for (size_t i = 0; *speaker && i < people->speakers.count; i++)
        if (strcmp(people->speakers.items[i], speaker) == 0) {
            *number = (int32_t)i;
            return 0;
        }
    *number = (int32_t)people->speakers.count;
    return text_list_add(&people->speakers, speaker, error);
}

// Takes over the samples of `clip`. The word is cut out of them; without speech they are told and left out.
static int add_word(struct walk *walk, struct person_clip *clip, const char *path, const char *speaker,
                    struct error *error)
{
    struct take_quality quality;
    int code = recordings_judge(clip->pcm.samples, clip->pcm.count, &quality, error);
    if (code < 0) {
        free(clip->pcm.samples);
        return code;
    }
    if (quality.faults & FAULT_NO_SPEECH) {
        walk_log(walk, "left out, no speech found: %s", path);
        walk->people.left_out++;
        free(clip->pcm.samples);
        return 0;
    }
    size_t begin = (size_t)(quality.speech_start * AUDIO_RATE), end = (size_t)(quality.speech_end * AUDIO_RATE);
    clip->begin = begin > ONSET ? begin - ONSET : 0;
    clip->count = end - clip->begin;
    code = speaker_number(&walk->people, speaker, &clip->speaker, error);
    if (code == 0)
        code = person_add(&walk->people.words, clip, error);
    if (code < 0)
        free(clip->pcm.samples);
    return code;
}

// A file below `folder`: what lies in a folder of its own there is by the speaker of that name.
static int add_file(struct walk *walk, const char *folder, const char *path, struct error *error)
{
    struct person_clip clip = {0};
    const char *inside = path + strlen(folder);
    inside += strspn(inside, "/");
    const char *slash = strchr(inside, '/');
    char *speaker = slash ? text_print("%.*s", (int)(slash - inside), inside) : text_print("%s", "");
    int code = speaker ? audio_read(path, 0, MOST_SECONDS, &clip.pcm, error) : error_memory(error, "a name");
    if (code == 0)
        code = add_word(walk, &clip, path, speaker, error);
    free(speaker);
    return code;
}

static int add_negative(struct walk *walk, struct person_clip *clip, struct error *error)
{
    clip->count = clip->pcm.count;
    clip->speaker = (int32_t)walk->people.reviewed.count;
    int code = person_add(&walk->people.reviewed, clip, error);
    if (code < 0)
        free(clip->pcm.samples);
    return code;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct recording *)a)->name, ((const struct recording *)b)->name);
}

// The recordings of a bucket in the order of their names. What cannot be read is told and left out: one damaged file
// among a family's recordings stops no training.
static int add_bucket(struct walk *walk, struct recordings *store, enum recordings_bucket bucket, struct error *error)
{
    struct recording_list list;
    TRY(recordings_list(store, bucket, walk->id, &list, error));
    int code = 0;
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_name);
    for (size_t i = 0; i < list.count && code == 0; i++) {
        const struct recording *item = &list.items[i];
        struct person_clip clip = {0};
        struct error reason;
        if (recordings_read(item, &clip.pcm, &reason) < 0) {
            code = walk_leave_out(walk, &reason, error);
            walk->people.left_out++;
        } else if (bucket == BUCKET_NEGATIVE) {
            code = add_negative(walk, &clip, error);
        } else {
            code = add_word(walk, &clip, item->path, item->speaker, error);
        }
    }
    recording_list_free(&list);
    return code;
}

// Files that somebody put into the folder by hand: other formats, and folders in it.
static int add_by_hand(struct walk *walk, struct error *error)
{
    struct text_list files = {0};
    char *folder = text_print("%s/personal_samples/%s", walk->data, walk->id);
    int code = folder ? 0 : error_memory(error, "a path");
    if (code == 0 && folder_exists(folder))
        code = folder_list(folder, audio_endings, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        const char *inside = files.items[i] + strlen(folder) + 1;
        struct error reason = {0};
        if (strncmp(inside, "originals/", 10) == 0 || (!strchr(inside, '/') && text_ends_with(inside, ".wav")))
            continue;
        if (add_file(walk, folder, files.items[i], &reason) < 0) {
            code = walk_leave_out(walk, &reason, error);
            walk->people.left_out++;
        }
    }
    text_list_free(&files);
    free(folder);
    return code;
}

static int add_folder(struct walk *walk, const char *folder, struct error *error)
{
    struct text_list files = {0};
    int code = folder_list(folder, audio_endings, &files, error);
    if (code < 0)
        error_prefix(error, "--positives-real");
    else if (files.count == 0)
        code = error_set(error, ERROR_MISSING, "--positives-real: there is no audio in %s", folder);
    for (size_t i = 0; i < files.count && code == 0; i++)
        code = add_file(walk, folder, files.items[i], error);
    if (code == 0 && walk->people.words.count == 0)
        code = error_set(error, ERROR_MISSING,
                         "--positives-real: speech is found in none of the %zu recordings, such as %s", files.count,
                         files.items[0]);
    text_list_free(&files);
    return code;
}

// ---- who only measures ----

// With fewer than ten recordings all of them train. Of more, every tenth of each speaker only measures; and from five
// speakers on, one in five says nothing in training, so that the report tells of people whom the model has never heard.
// Which ones follows from their names, so that it stays when others join.
enum { FEWEST_TO_SPLIT = 10, EVERY = 10, SPEAKERS_EACH = 5 };

static uint64_t name_hash(const char *name)
{
    return seed_mix(0, name);
}

// The named speaker with the smallest hash above `above`; -1: none.
static int next_speaker(const struct text_list *speakers, uint64_t above, bool first)
{
    int best = -1;
    for (size_t i = 0; i < speakers->count; i++) {
        uint64_t hash = name_hash(speakers->items[i]);
        if (*speakers->items[i] && (first || hash > above) && (best < 0 || hash < name_hash(speakers->items[best])))
            best = (int)i;
    }
    return best;
}

static size_t hold_speaker(struct person_list *words, int speaker, bool held)
{
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++)
        if (words->clips[i].speaker == speaker) {
            words->clips[i].held = held;
            count++;
        }
    return count;
}

static void hold_every_tenth(struct people *people)
{
    for (size_t s = 0; s < people->speakers.count; s++) {
        size_t own = 0;
        bool named = *people->speakers.items[s];
        for (size_t i = 0; i < people->words.count; i++) { // those that nobody named count as one speaker's
            struct person_clip *clip = &people->words.clips[i];
            bool his = named ? clip->speaker == (int32_t)s : !*people->speakers.items[clip->speaker];
            if (his && ++own % EVERY == 0)
                clip->held = true;
        }
    }
}

static void people_split(struct people *people)
{
    size_t named = 0, whole = 0;
    if (people->words.count < FEWEST_TO_SPLIT)
        return;
    hold_every_tenth(people);
    for (size_t i = 0; i < people->speakers.count; i++)
        named += *people->speakers.items[i] != 0;
    int speaker = next_speaker(&people->speakers, 0, true);
    for (size_t i = 0; i < named / SPEAKERS_EACH && speaker >= 0; i++) {
        whole += hold_speaker(&people->words, speaker, true);
        if (whole > people->words.count / 3) // one who recorded most of all must train
            whole -= hold_speaker(&people->words, speaker, false);
        speaker = next_speaker(&people->speakers, name_hash(people->speakers.items[speaker]), false);
    }
}

size_t people_held(const struct people *people)
{
    size_t held = 0;
    for (size_t i = 0; i < people->words.count; i++)
        held += people->words.clips[i].held;
    return held;
}

static void sign_clips(struct signature *signature, const char *key, const struct person_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct person_clip *clip = &list->clips[i];
        struct sha256 hash;
        char hex[65];
        sha256_init(&hash);
        sha256_add(&hash, clip->pcm.samples + clip->begin, clip->count * sizeof *clip->pcm.samples);
        sha256_hex(&hash, hex);
        signature_add(signature, key, "%s %d %d", hex, clip->speaker, clip->held);
    }
}

int people_open(struct walk *walk, struct error *error)
{
    struct people *people = &walk->people;
    struct recordings *store = NULL;
    struct signature signature;
    int code;
    TRY_GOTO(recordings_open(&store, walk->data, error), end);
    if (walk->options->positives_real)
        TRY_GOTO(add_folder(walk, walk->options->positives_real, error), end);
    else
        TRY_GOTO(add_bucket(walk, store, BUCKET_PERSONAL, error), end);
    if (!walk->options->positives_real)
        TRY_GOTO(add_by_hand(walk, error), end);
    TRY_GOTO(add_bucket(walk, store, BUCKET_NEGATIVE, error), end);
    people_split(people);
    if (people->words.count || people->left_out || people->reviewed.count)
        walk_log(
            walk,
            "people: %zu recordings of the wake word, %zu of them only measure, %zu left out, %zu reviewed negatives",
            people->words.count, people_held(people), people->left_out, people->reviewed.count);
    if (people->words.count)
        walk_debug(walk, people->words.count < FEWEST_TO_SPLIT
                             ? "people: fewer than %d recordings: all of them train"
                             : "people: %d or more recordings: every tenth of a speaker, and of five speakers one, measures",
                   FEWEST_TO_SPLIT);
    signature_begin(&signature, "people");
    sign_clips(&signature, "word", &people->words);
    sign_clips(&signature, "negative", &people->reviewed);
    signature_end(&signature, people->signature);
end:
    recordings_close(store);
    return code;
}

static void close_audio(struct person_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->clips[i].pcm.samples);
        list->clips[i].pcm = (struct pcm){0};
    }
}

void people_close_audio(struct people *people)
{
    close_audio(&people->words);
    close_audio(&people->reviewed);
}

void people_close(struct people *people)
{
    people_close_audio(people);
    free(people->words.clips);
    free(people->reviewed.clips);
    text_list_free(&people->speakers);
    *people = (struct people){0};
}

json_t *people_json(const struct people *people)
{
    json_t *speakers = json_object();
    for (size_t i = 0; i < people->words.count; i++) {
        const char *name = people->speakers.items[people->words.clips[i].speaker];
        json_int_t before = json_integer_value(json_object_get(speakers, name));
        json_object_set_new(speakers, name, json_integer(before + 1));
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:I}", "clips", (json_int_t)people->words.count, "held_out",
                     (json_int_t)people_held(people), "left_out", (json_int_t)people->left_out, "clips_by_speaker",
                     speakers, "reviewed_negatives", (json_int_t)people->reviewed.count);
}
