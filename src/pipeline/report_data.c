// SPDX-License-Identifier: GPL-3.0-or-later
// Which recordings a model was trained on and measured with, by kind and language.
#include "pipeline/pipeline_internal.h"
#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

static struct recorded_hours *row_for(struct walk *walk, const struct stored_sound *sound)
{
    for (size_t i = 0; i < walk->recorded_count; i++)
        if (walk->recorded[i].kind == sound->kind && strcmp(walk->recorded[i].language, sound->language) == 0)
            return &walk->recorded[i];
    struct recorded_hours *grown = realloc(walk->recorded, (walk->recorded_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    walk->recorded = grown;
    struct recorded_hours *row = &grown[walk->recorded_count++];
    *row = (struct recorded_hours){.kind = sound->kind};
    memcpy(row->language, sound->language, sizeof row->language);
    return row;
}

static int compare_hours(const void *a, const void *b)
{
    const struct recorded_hours *left = a, *right = b;
    double difference = right->train + right->held - left->train - left->held;
    if (difference != 0)
        return difference > 0 ? 1 : -1;
    return left->kind != right->kind ? left->kind - right->kind : strcmp(left->language, right->language);
}

int recorded_sum(struct walk *walk, struct error *error)
{
    const struct sound_store *store = &walk->store;
    for (size_t i = 0; i < store->count; i++) {
        if (store->sounds[i].use != USE_NEGATIVE)
            continue;
        struct recorded_hours *row = row_for(walk, &store->sounds[i]);
        if (!row)
            return error_memory(error, "the hours of recordings");
        *(store->held[i] ? &row->held : &row->train) += (double)store->sounds[i].count / AUDIO_RATE / 3600;
    }
    if (walk->recorded_count)
        qsort(walk->recorded, walk->recorded_count, sizeof *walk->recorded, compare_hours);
    return 0;
}

double recorded_speech(const struct walk *walk, const char *language)
{
    double hours = 0;
    for (size_t i = 0; i < walk->recorded_count; i++)
        if (walk->recorded[i].kind == SOUND_SPEECH && (!language || strcmp(walk->recorded[i].language, language) == 0))
            hours += walk->recorded[i].train;
    return hours;
}

json_t *recordings_json(const struct walk *walk)
{
    json_t *rows = json_array(), *sets = json_array();
    for (size_t i = 0; i < walk->recorded_count; i++) {
        const struct recorded_hours *row = &walk->recorded[i];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:f, s:f}", "kind", held_kind_names[row->kind], "language",
                                              row->language, "train_hours", row->train, "held_hours", row->held));
    }
    for (size_t i = 0; i < walk->collection_count; i++) {
        const struct collection *set = &walk->collections[i];
        json_array_append_new(sets, json_pack("{s:s, s:s, s:I, s:I, s:o}", "name", set->name, "identity", set->identity,
                                              "files", (json_int_t)set->count, "damaged", (json_int_t)set->damaged,
                                              "missing", texts_json(&set->missing)));
    }
    return json_pack("{s:o, s:o}", "sets", sets, "hours", rows);
}
