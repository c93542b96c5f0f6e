// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/piper.h"
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SETTINGS_MAXIMUM = 4 << 20, SPEAKERS_MAXIMUM = 4096, RATE = 22050 };

static const char *text_of(const json_t *document, const char *group, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(document, group), key));
    return text ? text : "";
}

// A number inside its range, else what Piper itself takes.
static double number_of(const json_t *document, const char *group, const char *key, double low, double high,
                        double otherwise)
{
    const json_t *value = json_object_get(json_object_get(document, group), key);
    double number = json_is_number(value) ? json_number_value(value) : otherwise;
    return number >= low && number <= high ? number : otherwise;
}

int piper_settings_read(struct piper_settings *settings, const void *data, size_t size)
{
    json_t *document = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
    const char *reader = text_of(document, "espeak", "voice"), *code = text_of(document, "language", "code");
    json_int_t speakers = json_integer_value(json_object_get(document, "num_speakers"));
    code = *code ? code : reader;
    *settings = (struct piper_settings){
        .document = document,
        .ids = json_object_get(document, "phoneme_id_map"),
        .speakers = speakers < 1 ? 1 : speakers > SPEAKERS_MAXIMUM ? SPEAKERS_MAXIMUM : (int)speakers,
        .rate = (int)number_of(document, "audio", "sample_rate", 4000, 192000, RATE),
        .noise = number_of(document, "inference", "noise_scale", 0, 4, .667),
        .length = number_of(document, "inference", "length_scale", .1, 10, 1),
        .noise_width = number_of(document, "inference", "noise_w", 0, 4, .8)};
    snprintf(settings->language, sizeof settings->language, "%.*s", (int)strcspn(code, "_-"), code);
    snprintf(settings->reader, sizeof settings->reader, "%s", reader);
    if (*settings->language && json_is_object(settings->ids))
        return 0;
    piper_settings_close(settings);
    return -1;
}

int piper_settings_open(struct piper_settings *settings, const char *model)
{
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    char *path = text_print("%s.json", model);
    int code = path && file_read(path, SETTINGS_MAXIMUM, &data, &size, &ignored) == 0
                   ? piper_settings_read(settings, data, size)
                   : -1;
    free(data);
    free(path);
    return code;
}

void piper_settings_close(struct piper_settings *settings)
{
    json_decref(settings->document);
    *settings = (struct piper_settings){0};
}

bool piper_speaks(const struct piper_settings *settings, const struct language *language)
{
    return strcmp(settings->language, language->code) == 0 || strcmp(settings->language, language->other_code) == 0;
}

static void put_ids(const json_t *map, const char *sign, int64_t *ids, size_t most, size_t *count)
{
    const json_t *list = json_object_get(map, sign);
    for (size_t i = 0; i < json_array_size(list) && *count < most; i++)
        ids[(*count)++] = json_integer_value(json_array_get(list, i));
}

size_t piper_ids_of(const struct piper_settings *settings, const char *ipa, int64_t *ids, size_t most)
{
    char *parts = (char *)utf8proc_NFD((const utf8proc_uint8_t *)ipa);
    size_t count = 0;
    if (!parts)
        return 0;
    put_ids(settings->ids, "^", ids, most, &count);
    put_ids(settings->ids, "_", ids, most, &count);
    for (const char *at = parts; *at;) {
        char sign[8] = "";
        size_t length = 1, before = count;
        while ((at[length] & 0xc0) == 0x80 && length < 6)
            length++;
        memcpy(sign, at, length);
        at += length;
        put_ids(settings->ids, sign, ids, most, &count);
        if (count > before)
            put_ids(settings->ids, "_", ids, most, &count);
    }
    put_ids(settings->ids, "$", ids, most, &count);
    free(parts);
    return count;
}

int piper_describe(const char *model, struct piper_facts *facts)
{
    struct piper_settings settings;
    *facts = (struct piper_facts){0};
    if (piper_settings_open(&settings, model) != 0)
        return -1;
    facts->speakers = settings.speakers;
    memcpy(facts->language, settings.language, sizeof facts->language);
    piper_settings_close(&settings);
    return 0;
}
