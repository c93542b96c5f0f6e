// SPDX-License-Identifier: GPL-3.0-or-later
// The public ready-made negative sets, where they lie in the data directory as they are published. They train beside
// the other negatives, straight from their mapping; what they hold out as running audio (validation_ambient) measures.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>

const char *const pipeline_ready_made[READY_COUNT + 1] = {"speech", "dinner_party", "no_speech", "dinner_party_eval"};
// Shares of the draws, in the proportion of the framework's sampling weights (12 : 12 : 5).
static const struct {
    float share;
    bool speech;
} draws[READY_COUNT] = {{10, true}, {10, true}, {4, false}, {0, true}};

static int open_one(struct walk *walk, struct ready_made *set, const char *folder, struct error *error)
{
    TRY(feature_folder_map(folder, "training", &set->training, error));
    TRY(feature_folder_map(folder, "validation_ambient", &set->ambient, error));
    set->hours = feature_list_hours(&set->training);
    set->ambient_hours = feature_list_hours(&set->ambient);
    if (!(set->hours + set->ambient_hours > 0))
        return error_set(error, ERROR_FORMAT, "there are no features below training/ or validation_ambient/ in it");
    TRY(feature_folder_identity(folder, set->identity, error));
    walk_log(walk, "ready-made negatives %s: %.2f h train, %.2f h measure", set->name, set->hours, set->ambient_hours);
    return 0;
}

int ready_made_open(struct walk *walk, struct error *error)
{
    for (size_t i = 0; i < READY_COUNT; i++) {
        struct ready_made *set = &walk->ready[i];
        char *folder = text_print("%s/" PIPELINE_READY_MADE "/%s", walk->data, pipeline_ready_made[i]);
        if (!folder)
            return error_memory(error, "a path");
        set->name = pipeline_ready_made[i];
        set->share = draws[i].share;
        set->speech = draws[i].speech;
        int code = folder_exists(folder) ? open_one(walk, set, folder, error) : 0;
        if (code < 0)
            error_prefix(error, "%s (fetch the set again, or move it away)", folder);
        free(folder);
        TRY(code);
    }
    return 0;
}

void ready_made_close(struct walk *walk)
{
    for (size_t i = 0; i < READY_COUNT; i++) {
        feature_list_close(&walk->ready[i].training);
        feature_list_close(&walk->ready[i].ambient);
    }
}

bool ready_made_speech(const struct walk *walk)
{
    for (size_t i = 0; i < READY_COUNT; i++)
        if (walk->ready[i].speech && walk->ready[i].hours > 0)
            return true;
    return false;
}

// Files of one set share its draws by their rows: running negatives are drawn uniformly over rows.
size_t ready_made_sources(const struct walk *walk, struct source *sources)
{
    size_t count = 0;
    for (size_t i = 0; i < READY_COUNT; i++) {
        const struct ready_made *set = &walk->ready[i];
        for (size_t k = 0; k < set->training.count; k++) {
            const struct feature_set *part = &set->training.sets[k];
            float share = set->share *
                          (float)(feature_list_hours(&(struct feature_list){&set->training.sets[k], 1}) / set->hours);
            if (!part->item_count || !(share > 0))
                continue;
            if (sources)
                sources[count] = (struct source){.set = part, .share = share, .weight = 1};
            count++;
        }
    }
    return count;
}

size_t ready_made_ambient(const struct walk *walk, const struct feature_set **sets)
{
    size_t count = 0;
    for (size_t i = 0; i < READY_COUNT; i++)
        for (size_t k = 0; k < walk->ready[i].ambient.count; k++) {
            if (!walk->ready[i].ambient.sets[k].item_count)
                continue;
            if (sets)
                sets[count] = &walk->ready[i].ambient.sets[k];
            count++;
        }
    return count;
}

double ready_made_ambient_hours(const struct walk *walk)
{
    double hours = 0;
    for (size_t i = 0; i < READY_COUNT; i++)
        hours += walk->ready[i].ambient_hours;
    return hours;
}

json_t *ready_made_json(const struct walk *walk)
{
    json_t *list = json_array();
    for (size_t i = 0; i < READY_COUNT; i++) {
        const struct ready_made *set = &walk->ready[i];
        if (set->hours + set->ambient_hours > 0)
            json_array_append_new(list,
                                  json_pack("{s:s, s:f, s:f, s:I, s:s}", "name", set->name, "hours", set->hours,
                                            "measured_hours", set->ambient_hours, "items",
                                            (json_int_t)feature_list_items(&set->training), "identity", set->identity));
    }
    return list;
}
