// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of the report: who and what is heard, what wakes it by mistake, and the scores behind both. All of it is
// counted from the published model's bytes at the published operating point.
#include "pipeline/pipeline_internal.h"

#include "detect/detect.h"
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

static bool clip_is_heard(const struct track *track, const struct operating_point *point)
{
    return detect_max_sum(track->bytes, track->count, point->window) > point->cutoff * point->window;
}

// ---- what it hears ----

struct tally {
    char name[64];
    size_t clips, hits;
};

// The tally of a name, a new one at the end of the list; there are few.
static struct tally *tally_of(struct tally *tallies, size_t *count, size_t most, const char *name)
{
    size_t i = 0;
    while (i < *count && strcmp(tallies[i].name, name) != 0)
        i++;
    if (i == *count && *count < most)
        snprintf(tallies[(*count)++].name, sizeof tallies->name, "%s", name);
    return i < *count ? &tallies[i] : NULL;
}

static void tally_add(struct tally *tally, bool heard) // NULL: one too many
{
    if (!tally)
        return;
    tally->clips++;
    tally->hits += heard;
}

static const char *condition_name(const struct track *track)
{
    return track->tag < CONDITION_COUNT ? augment_condition_names[track->tag] : "other";
}

static json_t *tallies_json(const struct tally *tallies, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I, s:f, s:o}", "name", tallies[i].name, "clips",
                                        (json_int_t)tallies[i].clips, "detected", (json_int_t)tallies[i].hits, "recall",
                                        (double)tallies[i].hits / (double)tallies[i].clips, "recall_interval",
                                        interval_json(wilson_interval(tallies[i].hits, tallies[i].clips))));
    return list;
}

// Row of the item at whose end the device fires, without waiting time; -1: never.
static int64_t answer_row(const struct track *track, const struct operating_point *point, int stride)
{
    int sum = 0;
    for (size_t i = 0; i < track->count; i++) {
        sum += track->bytes[i] - (i >= (size_t)point->window ? track->bytes[i - (size_t)point->window] : 0);
        if (sum > point->cutoff * point->window)
            return (int64_t)(i + 1) * stride;
    }
    return -1;
}

static int compare_rows(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// Milliseconds from the word's end to the answer, of words that are heard; below 0 it answers while they are spoken.
static json_t *answer_json(const struct feature_set *set, const struct track_list *words,
                           const struct operating_point *point)
{
    int64_t *rows = array_alloc(words->count + 1, sizeof *rows);
    size_t heard = 0;
    if (!rows)
        return NULL;
    for (size_t i = 0; i < words->count && i < set->item_count; i++) {
        const struct feature_item *item = &set->items[i];
        int64_t row = answer_row(&words->items[i], point, words->stride);
        if (row >= 0)
            rows[heard++] = row + item->valid_from - item->word_end;
    }
    qsort(rows, heard, sizeof *rows, compare_rows);
    json_t *answer = heard ? json_pack("{s:I, s:I}", "median", (json_int_t)(10 * rows[heard / 2]), "nine_of_ten",
                                       (json_int_t)(10 * rows[heard * 9 / 10]))
                           : json_null();
    free(rows);
    return answer;
}

// By speaker: those whom nobody named are told together. Every recording is heard in several scenes.
static json_t *people_heard_json(const struct walk *walk, const struct track_list *tracks,
                                 const struct operating_point *point)
{
    enum { MOST = 64 };
    const struct feature_set *set = &walk->sets[SET_HELD_PEOPLE];
    const struct text_list *speakers = &walk->people.speakers;
    struct tally people[MOST] = {0};
    size_t count = 0;
    for (size_t i = 0; i < tracks->count && i < set->item_count; i++) {
        int32_t speaker = set->items[i].group;
        const char *name = speaker >= 0 && (size_t)speaker < speakers->count ? speakers->items[speaker] : "";
        tally_add(tally_of(people, &count, MOST, name), clip_is_heard(&tracks->items[i], point));
    }
    return tallies_json(people, count);
}

json_t *hearing_json(const struct walk *walk, const struct held_tracks *held, const struct operating_point *point)
{
    enum { MOST = 32 };
    const struct feature_set *set = &walk->sets[SET_HELD_WORDS];
    struct tally conditions[MOST] = {0}, voices[MOST] = {0};
    size_t condition_count = 0, voice_count = 0;
    for (size_t i = 0; i < held->words.count && i < set->item_count; i++) {
        const struct track *track = &held->words.items[i];
        char group[16];
        snprintf(group, sizeof group, "%d", set->items[i].group);
        const char *engine = json_string_value(json_object_get(walk->group_engines, group));
        bool heard = clip_is_heard(track, point);
        tally_add(tally_of(conditions, &condition_count, MOST, condition_name(track)), heard);
        tally_add(tally_of(voices, &voice_count, MOST, engine ? engine : "other"), heard);
    }
    for (size_t i = 0; i < held->far.count; i++)
        tally_add(tally_of(conditions, &condition_count, MOST, condition_name(&held->far.items[i])),
                  clip_is_heard(&held->far.items[i], point));
    return json_pack("{s:o, s:o, s:o, s:o}", "people", people_heard_json(walk, &held->people, point), "conditions",
                     tallies_json(conditions, condition_count), "voices", tallies_json(voices, voice_count),
                     "answer_ms", answer_json(set, &held->words, point));
}

// ---- what wakes it ----

const char *const held_kind_names[HELD_KINDS] = {[SOUND_SPEECH] = "speech",
                                                 [SOUND_MUSIC] = "music",
                                                 [SOUND_NOISE] = "noise",
                                                 [HELD_SYNTHETIC] = "synthetic speech",
                                                 [HELD_READY_MADE] = "ready-made sets"};

static json_t *kinds_json(const struct track_list *negatives, const struct operating_point *point)
{
    json_t *kinds = json_array();
    for (uint32_t kind = 0; kind < HELD_KINDS; kind++) {
        size_t count = 0, rows = 0;
        for (size_t i = 0; i < negatives->count; i++) {
            const struct track *track = &negatives->items[i];
            if (track->tag != kind)
                continue;
            rows += track->rows;
            count += detect_count(track->bytes, track->count, negatives->stride, point->cutoff, point->window, NULL, 0);
        }
        double hours = (double)rows / 360000;
        if (rows)
            json_array_append_new(kinds,
                                  json_pack("{s:s, s:f, s:I, s:f, s:o}", "name", held_kind_names[kind], "hours", hours,
                                            "false_accepts", (json_int_t)count, "per_hour", (double)count / hours,
                                            "per_hour_interval", interval_json(poisson_interval(count, hours))));
    }
    return kinds;
}

struct near_text {
    size_t text, clips, accepted;
    int score; // highest sum
};

static int compare_near(const void *a, const void *b)
{
    const struct near_text *x = a, *y = b;
    double first = (double)x->accepted / (double)x->clips, second = (double)y->accepted / (double)y->clips;
    if (first != second)
        return first > second ? -1 : 1;
    return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->text < y->text ? -1 : x->text > y->text;
}

// The first `count` of the list, as people read them.
static json_t *worst_json(const struct walk *walk, const struct near_text *list, size_t count)
{
    struct text_list texts = {0}, written = {0};
    struct error ignored;
    json_t *worst = json_array();
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++)
        code = text_list_add(&texts, walk->held_near.items[list[i].text], &ignored);
    if (code == 0)
        code = speech_written(&texts, walk->language, &written, &ignored);
    const struct text_list *names = code == 0 ? &written : &texts; // without espeak-ng they stay as they are
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(worst, json_pack("{s:s, s:I, s:I}", "text", names->items[i], "clips",
                                               (json_int_t)list[i].clips, "accepted", (json_int_t)list[i].accepted));
    text_list_free(&texts);
    text_list_free(&written);
    return worst;
}

static json_t *near_json(const struct walk *walk, const struct track_list *near, const struct operating_point *point)
{
    enum { WORST = 12 };
    const struct feature_set *set = &walk->sets[SET_HELD_NEAR];
    size_t texts = walk->held_near.count, accepted = 0, said = 0;
    struct near_text *list = array_alloc(texts + 1, sizeof *list);
    if (!list)
        return NULL;
    for (size_t i = 0; i < texts; i++)
        list[i].text = i;
    for (size_t i = 0; i < near->count && i < set->item_count; i++) {
        size_t text = (size_t)set->items[i].group;
        if (set->items[i].group < 0 || text >= texts)
            continue;
        int sum = detect_max_sum(near->items[i].bytes, near->items[i].count, point->window);
        list[text].clips++;
        list[text].accepted += sum > point->cutoff * point->window;
        list[text].score = sum > list[text].score ? sum : list[text].score;
        accepted += sum > point->cutoff * point->window;
    }
    for (size_t i = 0; i < texts; i++) // those that nobody said are left out
        if (list[i].clips)
            list[said++] = list[i];
    qsort(list, said, sizeof *list, compare_near);
    size_t bad = 0;
    while (bad < said && bad < WORST && list[bad].accepted)
        bad++;
    json_t *worst = worst_json(walk, list, bad);
    free(list);
    return json_pack("{s:I, s:I, s:I, s:o, s:o}", "texts", (json_int_t)said, "clips", (json_int_t)near->count,
                     "accepted", (json_int_t)accepted, "accepted_interval",
                     interval_json(wilson_interval(accepted, near->count)), "worst", worst);
}

json_t *waking_json(const struct walk *walk, const struct held_tracks *held, const struct operating_point *point)
{
    return json_pack("{s:o, s:o}", "kinds", kinds_json(&held->negatives, point), "near_misses",
                     near_json(walk, &held->near, point));
}

// ---- scores ----

enum { BINS = 32 };

static json_t *bins_json(const size_t bins[BINS])
{
    json_t *list = json_array();
    for (int i = 0; i < BINS; i++)
        json_array_append_new(list, json_integer((json_int_t)bins[i]));
    return list;
}

static size_t bin_of(const uint8_t *bytes, size_t count, int window)
{
    return (size_t)(detect_max_sum(bytes, count, window) * BINS / (255 * window + 1));
}

json_t *scores_json(const struct held_tracks *held, const struct operating_point *point)
{
    enum { STRETCH = 200 }; // rows
    size_t words[BINS] = {0}, near[BINS] = {0}, other[BINS] = {0};
    for (size_t i = 0; i < held->words.count; i++)
        words[bin_of(held->words.items[i].bytes, held->words.items[i].count, point->window)]++;
    for (size_t i = 0; i < held->near.count; i++)
        near[bin_of(held->near.items[i].bytes, held->near.items[i].count, point->window)]++;
    size_t step = (size_t)(STRETCH / held->negatives.stride);
    for (size_t i = 0; i < held->negatives.count; i++) {
        const struct track *track = &held->negatives.items[i];
        for (size_t at = 0; at + step <= track->count; at += step)
            other[bin_of(track->bytes + at, step, point->window)]++;
    }
    return json_pack("{s:o, s:o, s:o}", "words", bins_json(words), "near_misses", bins_json(near), "other_sound",
                     bins_json(other));
}
