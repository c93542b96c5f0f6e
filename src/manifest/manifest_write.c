// SPDX-License-Identifier: GPL-3.0-or-later
// The writer: keys in the order and form of the official files.
#include "manifest/manifest_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int cutoff_byte(double cutoff)
{
    return (int)(cutoff * 255);
}

void manifest_print_cutoff(struct buffer *out, double cutoff)
{
    // Numerator and denominator are exact, so their quotient is the double that any reader gets from the digits.
    long long value = 0;
    int decimals = 3;
    double scale = 1000;
    for (; decimals <= 9; decimals++, scale *= 10) {
        value = llround(cutoff * scale);
        if (cutoff_byte((double)value / scale) == cutoff_byte(cutoff))
            break;
    }
    for (; decimals > 1 && value % 10 == 0; decimals--, scale /= 10)
        value /= 10;
    buffer_print(out, "%lld.%0*lld", value / (long long)scale, decimals, value % (long long)scale);
}

// `text` as a JSON string with its quotes; letters of all scripts stay readable.
static int print_text(struct buffer *out, const char *name, const char *text, struct error *error)
{
    if (!text[0])
        return error_set(error, ERROR_USAGE, "%s of the manifest must not be empty", name);
    json_t *value = json_string(text);
    if (!value)
        return error_set(error, ERROR_USAGE, "%s of the manifest is not valid UTF-8", name);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    json_decref(value);
    if (!quoted)
        return error_memory(error, "the manifest");
    buffer_append(out, quoted, strlen(quoted));
    free(quoted);
    return 0;
}

static int print_line(struct buffer *out, const char *name, const char *text, struct error *error)
{
    buffer_print(out, "  \"%s\": ", name);
    TRY(print_text(out, name, text, error));
    buffer_print(out, ",\n");
    return 0;
}

static int print_languages(struct buffer *out, const struct manifest *manifest, struct error *error)
{
    int count = manifest->language_count;
    if (count < 1 || count > (int)COUNT_OF(manifest->languages))
        return error_set(error, ERROR_USAGE, "trained_languages of the manifest must name a language");
    buffer_print(out, "  \"trained_languages\": [");
    for (int i = 0; i < count; i++) {
        buffer_print(out, i ? ", " : "");
        TRY(print_text(out, "trained_languages", manifest->languages[i], error));
    }
    buffer_print(out, "],\n");
    return 0;
}

static int print_manifest(struct buffer *out, const struct manifest *manifest, struct error *error)
{
    buffer_print(out, "{\n  \"type\": \"micro\",\n");
    TRY(print_line(out, "wake_word", manifest->wake_word, error));
    TRY(print_line(out, "author", manifest->author, error));
    if (manifest->website[0])
        TRY(print_line(out, "website", manifest->website, error));
    TRY(print_line(out, "model", manifest->model, error));
    TRY(print_languages(out, manifest, error));
    buffer_print(out, "  \"version\": %d,\n  \"micro\": {\n    \"probability_cutoff\": ", MANIFEST_VERSION);
    manifest_print_cutoff(out, manifest->cutoff);
    buffer_print(out,
                 ",\n    \"sliding_window_size\": %d,\n"
                 "    \"feature_step_size\": %d,\n    \"tensor_arena_size\": %ld,\n    \"minimum_esphome_version\": ",
                 manifest->window, manifest->step_ms, manifest->arena);
    TRY(print_text(out, "minimum_esphome_version", manifest->minimum_esphome_version, error));
    buffer_print(out, "\n  }\n}\n");
    return out->failed ? error_memory(error, "the manifest") : 0;
}

int manifest_write(const char *path, const struct manifest *manifest, struct error *error)
{
    if (!text_ends_with(path, ".json"))
        return error_set(error, ERROR_USAGE, "%s: the manifest's name must end in .json, or ESPHome will not load it",
                         path);
    if (strcmp(manifest->wake_word, "vad") == 0)
        return error_set(error, ERROR_USAGE,
                         "\"vad\" cannot be a wake word: ESPHome reserves it for voice activity detection");
    struct buffer out;
    buffer_init(&out, MANIFEST_MAX_SIZE);
    int code;
    TRY_GOTO(manifest_check(manifest, error), done);
    TRY_GOTO(print_manifest(&out, manifest, error), done);
    // What was written must read back: the last word belongs to the strict reader.
    struct manifest again;
    TRY_GOTO(manifest_parse(out.data, out.size, &again, error), done);
    TRY_GOTO(file_write(path, out.data, out.size, error), done);
done:
    buffer_free(&out);
    return code;
}

char *manifest_path_for(const char *model_path)
{
    size_t stem = strlen(model_path);
    if (text_ends_with(model_path, ".tflite"))
        stem -= strlen(".tflite");
    return text_print("%.*s.json", (int)stem, model_path);
}
