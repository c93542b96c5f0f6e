// SPDX-License-Identifier: GPL-3.0-or-later
// A snippet of ESPHome YAML: the model with its id, and a select with one cutoff byte a sensitivity.
#include "manifest/manifest_internal.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_YAML = 64 << 10, MAX_ID = 64 };

// The id of the model on the device: its file's name as a C++ identifier. "wake_" keeps it apart from the words that
// ESPHome and C++ keep for themselves ("light", "switch").
static void model_id(const char *model, char id[MAX_ID])
{
    const char *name = path_name(model);
    size_t n = (size_t)snprintf(id, MAX_ID, "wake_");
    for (; *name && *name != '.' && n < MAX_ID - 1; name++)
        id[n++] = (unsigned char)*name < 128 && isalnum((unsigned char)*name) ? *name : '_';
    id[n] = 0;
}

// JSON's strings are YAML's double-quoted scalars; invalid UTF-8 gives an empty one.
static void print_quoted(struct buffer *out, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    buffer_print(out, "%s", quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(value);
}

// "slightly" -> "Slightly sensitive"
static void print_option(struct buffer *out, const char *name)
{
    buffer_print(out, "%c%s sensitive", toupper((unsigned char)name[0]), name[0] ? name + 1 : "");
}

static void print_level(struct buffer *out, const struct sensitivity *level)
{
    const struct operating_point *point = &level->calibration.point;
    buffer_print(out, "# ");
    print_option(out, level->name);
    buffer_print(out,
                 ": byte %d, window %d\n#   %zu false accepts in %.2f h = %.2f per hour (95 %%: %.2f to %.2f);"
                 " recall %.1f %% of %zu clips (95 %%: %.1f to %.1f)\n",
                 point->cutoff, point->window, point->false_accepts, point->hours, point->per_hour,
                 point->per_hour_interval.low, point->per_hour_interval.high, 100 * point->recall, point->clips,
                 100 * point->recall_interval.low, 100 * point->recall_interval.high);
    if (!level->calibration.met)
        buffer_print(out, "#   no point reached the target of %.2f per hour: this is the best trade-off\n",
                     level->calibration.target_per_hour);
}

// The level whose byte is the manifest's comes up first on the device; else, and when several have it, the middle one.
static size_t initial_level(const struct manifest *manifest, const struct sensitivity *levels, size_t count)
{
    int byte = (int)(manifest->cutoff * 255);
    if (levels[count / 2].calibration.point.cutoff == byte)
        return count / 2;
    for (size_t i = 0; i < count; i++)
        if (levels[i].calibration.point.cutoff == byte)
            return i;
    return count / 2;
}

static void print_select(struct buffer *out, const struct manifest *manifest, const char *id,
                         const struct sensitivity *levels, size_t count)
{
    buffer_print(out,
                 "\nselect:\n  - platform: template\n    name: Wake word sensitivity\n    entity_category: config\n"
                 "    optimistic: true\n    restore_value: true\n    initial_option: ");
    print_option(out, levels[initial_level(manifest, levels, count)].name);
    buffer_print(out, "\n    options:\n");
    for (size_t i = 0; i < count; i++) {
        buffer_print(out, "      - ");
        print_option(out, levels[i].name);
        buffer_print(out, "\n");
    }
    buffer_print(out, "    on_value:\n      - lambda: |-\n");
    for (size_t i = 0; i < count; i++) {
        buffer_print(out, "          if (x == \"");
        print_option(out, levels[i].name);
        buffer_print(out, "\") id(%s).set_probability_cutoff(%d);\n", id, levels[i].calibration.point.cutoff);
    }
}

char *manifest_yaml(const struct manifest *manifest, const char *url, const struct sensitivity *levels, size_t count)
{
    struct buffer out;
    buffer_init(&out, MAX_YAML);
    char id[MAX_ID];
    model_id(manifest->model, id);
    if (count)
        buffer_print(&out, "# Measured by the device's rule on the int8 model:\n");
    for (size_t i = 0; i < count; i++)
        print_level(&out, &levels[i]);
    buffer_print(&out, "micro_wake_word:\n  models:\n    - model: ");
    print_quoted(&out, url);
    buffer_print(&out, "\n      id: %s\n", id);
    buffer_print(&out, "      # both as in the manifest; change or leave out\n      probability_cutoff: ");
    manifest_print_cutoff(&out, manifest->cutoff);
    buffer_print(&out, "\n      sliding_window_size: %d\n", manifest->window);
    if (count)
        print_select(&out, manifest, id, levels, count);
    if (out.failed)
        buffer_free(&out);
    return out.data;
}
