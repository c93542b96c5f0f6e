// SPDX-License-Identifier: GPL-3.0-or-later
// The strict reader: one table row a key, nothing else is allowed.
#include "manifest/manifest_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void manifest_default(struct manifest *manifest)
{
    *manifest = (struct manifest){.author = "Wakesmith",
                                  .minimum_esphome_version = "2024.7.0",
                                  .languages = {"en"},
                                  .language_count = 1,
                                  .cutoff = .97,
                                  .window = 5,
                                  .step_ms = 10,
                                  .arena = 40960};
}

struct key;
typedef int key_reader(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error);
struct key {
    const char *name;
    bool required;
    key_reader *read;
    size_t offset, size; // of the field
};
#define FIELD(member) offsetof(struct manifest, member), sizeof((struct manifest *)0)->member

static int copy_text(const json_t *value, const char *name, char *field, size_t size, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, ERROR_FORMAT, "%s must be a text in quotes", name);
    size_t length = json_string_length(value);
    if (length >= size)
        return error_set(error, ERROR_FORMAT, "%s is longer than %zu bytes", name, size - 1);
    if (length == 0)
        return error_set(error, ERROR_FORMAT, "%s must not be empty", name);
    memcpy(field, json_string_value(value), length + 1);
    return 0;
}

static int read_text(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    return copy_text(value, key->name, (char *)manifest + key->offset, key->size, error);
}

static int read_type(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    (void)manifest;
    if (json_is_string(value) && strcmp(json_string_value(value), "micro") == 0)
        return 0;
    return error_set(error, ERROR_FORMAT, "%s must be \"micro\"", key->name);
}

static int read_version(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    (void)manifest;
    if (json_is_integer(value) && json_integer_value(value) == MANIFEST_VERSION)
        return 0;
    return error_set(error, ERROR_FORMAT, "%s must be the integer %d; models of version 1 cannot be used", key->name,
                     MANIFEST_VERSION);
}

// A list of texts; one text alone is accepted as ESPHome accepts it.
static int read_languages(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    bool alone = json_is_string(value);
    if (!alone && !json_is_array(value))
        return error_set(error, ERROR_FORMAT, "%s must be a list of texts", key->name);
    size_t count = alone ? 1 : json_array_size(value);
    if (count == 0 || count > COUNT_OF(manifest->languages))
        return error_set(error, ERROR_FORMAT, "%s must name 1 to %zu languages", key->name,
                         COUNT_OF(manifest->languages));
    for (size_t i = 0; i < count; i++)
        TRY(copy_text(alone ? value : json_array_get(value, i), key->name, manifest->languages[i],
                      sizeof manifest->languages[i], error));
    manifest->language_count = (int)count;
    return 0;
}

static int read_cutoff(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    if (!json_is_number(value))
        return error_set(error, ERROR_FORMAT, "%s must be a number", key->name);
    manifest->cutoff = json_number_value(value);
    return 0;
}

static int read_integer(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    if (!json_is_integer(value))
        return error_set(error, ERROR_FORMAT, "%s must be an integer", key->name);
    json_int_t number = json_integer_value(value);
    if (number < 0 || number > MANIFEST_MAX_ARENA) // the largest number that any key may hold
        return error_set(error, ERROR_FORMAT, "%s must be 0 to %d", key->name, MANIFEST_MAX_ARENA);
    char *field = (char *)manifest + key->offset;
    if (key->size == sizeof(long))
        *(long *)(void *)field = (long)number;
    else
        *(int *)(void *)field = (int)number;
    return 0;
}

static key_reader read_micro;

static const struct key top_keys[] = {
    {"type", true, read_type, 0, 0},
    {"wake_word", true, read_text, FIELD(wake_word)},
    {"author", true, read_text, FIELD(author)},
    {"website", false, read_text, FIELD(website)},
    {"model", true, read_text, FIELD(model)},
    {"trained_languages", true, read_languages, FIELD(languages)},
    {"version", true, read_version, 0, 0},
    {"micro", true, read_micro, 0, 0},
};

static const struct key micro_keys[] = {
    {"micro.probability_cutoff", true, read_cutoff, FIELD(cutoff)},
    {"micro.sliding_window_size", true, read_integer, FIELD(window)},
    {"micro.feature_step_size", true, read_integer, FIELD(step_ms)},
    {"micro.tensor_arena_size", true, read_integer, FIELD(arena)},
    {"micro.minimum_esphome_version", true, read_text, FIELD(minimum_esphome_version)},
};

// Rows of the micro table are named with their path; their keys in the file begin after `path` bytes.
static int read_object(const json_t *object, const struct key *keys, size_t count, size_t path,
                       struct manifest *manifest, struct error *error)
{
    for (void *at = json_object_iter((json_t *)object); at; at = json_object_iter_next((json_t *)object, at)) {
        const char *name = json_object_iter_key(at);
        size_t i = 0;
        while (i < count && strcmp(keys[i].name + path, name) != 0)
            i++;
        if (i == count)
            return error_set(error, ERROR_FORMAT,
                             "unknown key \"%s%.100s\": ESPHome accepts no other keys than its own",
                             path ? "micro." : "", name);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, keys[i].name + path);
        if (value)
            TRY(keys[i].read(value, &keys[i], manifest, error));
        else if (keys[i].required)
            return error_set(error, ERROR_FORMAT, "the key \"%s\" is missing", keys[i].name);
    }
    return 0;
}

static int read_micro(const json_t *value, const struct key *key, struct manifest *manifest, struct error *error)
{
    if (!json_is_object(value))
        return error_set(error, ERROR_FORMAT, "%s must be an object in braces", key->name);
    return read_object(value, micro_keys, COUNT_OF(micro_keys), strlen("micro."), manifest, error);
}

// "YYYY.M.P": three numbers of digits.
static bool is_version(const char *text)
{
    int parts = 0;
    for (;; text++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 4 || (parts == 0 && digits != 4))
            return false;
        parts++;
        text += digits;
        if (*text != '.')
            return *text == 0 && parts == 3;
    }
}

static bool is_url(const char *text)
{
    const char *mark = strstr(text, "://");
    if (!mark || mark == text || strpbrk(text, " \t\r\n\"<>"))
        return false;
    for (const char *c = text; c < mark; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.0123456789", *c))
            return false;
    return mark[3] != 0 && mark[3] != '/' && mark[3] != '?' && mark[3] != '#';
}

int manifest_check(const struct manifest *manifest, struct error *error)
{
    if (!(manifest->cutoff >= 0 && manifest->cutoff <= 1)) // also refuses NaN
        return error_set(error, ERROR_FORMAT, "micro.probability_cutoff must be 0 to 1");
    if (manifest->window < 1 || manifest->window > DETECT_MAX_WINDOW)
        return error_set(error, ERROR_FORMAT, "micro.sliding_window_size must be 1 to %d", DETECT_MAX_WINDOW);
    if (manifest->step_ms < 0 || manifest->step_ms > MANIFEST_MAX_STEP)
        return error_set(error, ERROR_FORMAT, "micro.feature_step_size must be 0 to %d", MANIFEST_MAX_STEP);
    if (manifest->arena < 1 || manifest->arena > MANIFEST_MAX_ARENA)
        return error_set(error, ERROR_FORMAT, "micro.tensor_arena_size must be 1 to %d bytes", MANIFEST_MAX_ARENA);
    if (!is_version(manifest->minimum_esphome_version))
        return error_set(error, ERROR_FORMAT,
                         "micro.minimum_esphome_version must have three parts, for example 2024.7.0");
    if (text_ends_with(manifest->model, ".json"))
        return error_set(error, ERROR_FORMAT, "model must name the .tflite file, not a .json file");
    if (manifest->website[0] && !is_url(manifest->website))
        return error_set(error, ERROR_FORMAT, "website must be a URL, for example https://example.org");
    return 0;
}

int manifest_parse(const char *text, size_t size, struct manifest *manifest, struct error *error)
{
    *manifest = (struct manifest){0};
    if (size > MANIFEST_MAX_SIZE)
        return error_set(error, ERROR_FORMAT, "the manifest is larger than %d KiB", MANIFEST_MAX_SIZE >> 10);
    json_error_t at;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &at);
    if (!root)
        return error_set(error, ERROR_FORMAT, "no JSON, line %d: %s", at.line, at.text);
    int code = json_is_object(root) ? read_object(root, top_keys, COUNT_OF(top_keys), 0, manifest, error)
                                    : error_set(error, ERROR_FORMAT, "the manifest must be an object in braces");
    json_decref(root);
    return code < 0 ? code : manifest_check(manifest, error);
}

int manifest_read(const char *path, struct manifest *manifest, struct error *error)
{
    void *text = NULL;
    size_t size;
    TRY(file_read(path, MANIFEST_MAX_SIZE, &text, &size, error));
    int code = manifest_parse(text, size, manifest, error);
    free(text);
    return code < 0 ? error_prefix(error, "%s", path) : 0;
}
