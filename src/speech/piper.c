// SPDX-License-Identifier: GPL-3.0-or-later
// The engine Piper: neural voices (VITS), one file a voice with one to some hundred speakers. Files, in <voices>/piper:
// NAME.onnx and NAME.onnx.json beside it, which names the language, the rate, espeak-ng's voice and the ids of
// phonemes. A voice is NAME or NAME#speaker. The random nodes of the graph get a seed (onnx_seed.c).
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { IDS_MAXIMUM = 1024, SETTINGS_MAXIMUM = 4 << 20, SPEAKERS_MAXIMUM = 4096 };

static char *piper_folder(void)
{
    char *folder = speech_folder(), *path = folder ? path_join(folder, "piper") : NULL;
    free(folder);
    return path;
}

static json_t *read_settings(const char *model)
{
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    char *path = text_print("%s.json", model);
    json_t *settings = NULL;
    if (path && file_read(path, SETTINGS_MAXIMUM, &data, &size, &ignored) == 0)
        settings = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
    free(data);
    free(path);
    return settings;
}

static const char *text_of(const json_t *settings, const char *group, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(settings, group), key));
    return text ? text : "";
}

static double number_of(const json_t *settings, const char *group, const char *key, double otherwise)
{
    const json_t *value = json_object_get(json_object_get(settings, group), key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool begins(const char *named, const char *code)
{
    size_t length = strcspn(named, "_-");
    return length == strlen(code) && strncmp(named, code, length) == 0;
}

// "en" of "en_US" or of espeak-ng's "en-us".
static bool speaks_language(const json_t *settings, const struct language *language)
{
    const char *named = text_of(settings, "language", "code");
    named = *named ? named : text_of(settings, "espeak", "voice");
    return *named && (begins(named, language->code) || begins(named, language->other_code));
}

static json_int_t speakers_of(const json_t *settings)
{
    json_int_t count = json_integer_value(json_object_get(settings, "num_speakers"));
    return count < 1 ? 1 : count > SPEAKERS_MAXIMUM ? SPEAKERS_MAXIMUM : count;
}

int piper_describe(const char *model, struct piper_facts *facts)
{
    json_t *settings = read_settings(model);
    const char *named = text_of(settings, "language", "code");
    named = *named ? named : text_of(settings, "espeak", "voice");
    *facts = (struct piper_facts){.speakers = (int)speakers_of(settings)};
    snprintf(facts->language, sizeof facts->language, "%.*s", (int)strcspn(named, "_-"), named);
    int code = *named && json_is_object(json_object_get(settings, "phoneme_id_map")) ? 0 : -1;
    json_decref(settings);
    return code;
}

int piper_list(const struct language *language, struct buffer *lines)
{
    static const char *const endings[] = {".onnx", NULL};
    struct error ignored;
    struct text_list models = {0};
    char *folder = piper_folder();
    if (folder && folder_exists(folder))
        folder_list(folder, endings, &models, &ignored);
    for (size_t i = 0; i < models.count && ort_version(); i++) {
        json_t *settings = read_settings(models.items[i]);
        const char *name = path_name(models.items[i]);
        int length = (int)strlen(name) - 5;
        json_int_t speakers = speakers_of(settings);
        if (settings && speaks_language(settings, language)) {
            if (speakers <= 1)
                buffer_print(lines, "1\t%.*s\t%.*s\n", length, name, length, name);
            for (json_int_t k = 0; speakers > 1 && k < speakers; k++)
                buffer_print(lines, "1\t%.*s#%lld\t%.*s#%lld\n", length, name, (long long)k, length, name,
                             (long long)k);
        }
        json_decref(settings);
    }
    text_list_free(&models);
    free(folder);
    return lines->failed ? -1 : 0;
}

const char *piper_version(void)
{
    return "1"; // of this recipe
}

// ---- speaking ---------------------------------------------------------------------------------------------

// The voice that spoke last; in a child process, which ends with it.
static struct {
    struct ort *ort;
    struct ort_session *session;
    struct buffer model;
    json_t *settings;
    char name[128];
} piper;

int piper_open(void)
{
    struct error error;
    return ort_open(&piper.ort, &error) == 0 && espeak_open() == 0 ? 0 : -1;
}

static int load(const char *name, size_t length)
{
    struct error error;
    struct mapping file;
    size_t seeded;
    if (strlen(piper.name) == length && strncmp(piper.name, name, length) == 0)
        return 0;
    ort_session_close(piper.session);
    buffer_free(&piper.model);
    json_decref(piper.settings);
    piper.session = NULL;
    piper.settings = NULL;
    piper.name[0] = 0;
    char *folder = piper_folder(), *path = folder ? text_print("%s/%.*s.onnx", folder, (int)length, name) : NULL;
    int code = path && length < sizeof piper.name ? mapping_open(&file, path, &error) : -1;
    if (code == 0) {
        code = onnx_seed(file.data, file.size, &piper.model, &seeded);
        mapping_close(&file);
        piper.settings = read_settings(path);
    }
    if (code == 0 && piper.settings)
        code = ort_session_open(&piper.session, piper.ort, piper.model.data, piper.model.size, &error);
    if (code == 0)
        snprintf(piper.name, sizeof piper.name, "%.*s", (int)length, name);
    free(path);
    free(folder);
    return piper.session ? code : -1;
}

static void put_ids(const json_t *map, const char *sign, int64_t *ids, size_t most, size_t *count)
{
    const json_t *list = json_object_get(map, sign);
    for (size_t i = 0; i < json_array_size(list) && *count < most; i++)
        ids[(*count)++] = json_integer_value(json_array_get(list, i));
}

// "^", "_", then each phoneme and "_", "$": as the voices were trained.
static size_t ids_of(const json_t *map, const char *ipa, int64_t *ids, size_t most)
{
    char *parts = (char *)utf8proc_NFD((const utf8proc_uint8_t *)ipa);
    size_t count = 0;
    if (!parts)
        return 0;
    put_ids(map, "^", ids, most, &count);
    put_ids(map, "_", ids, most, &count);
    for (const char *at = parts; *at;) {
        char sign[8] = "";
        size_t length = 1, before = count;
        while ((at[length] & 0xc0) == 0x80 && length < 6)
            length++;
        memcpy(sign, at, length);
        at += length;
        put_ids(map, sign, ids, most, &count);
        if (count > before)
            put_ids(map, "_", ids, most, &count);
    }
    put_ids(map, "$", ids, most, &count);
    free(parts);
    return count;
}

static int keep(void *context, const float *values, size_t count)
{
    struct sound *sound = context;
    if (!sound_reserve(sound, count + 1))
        return -1;
    memcpy(sound->samples, values, count * sizeof *values);
    sound->count = count;
    return 0;
}

// espeak-ng's voice that reads for this one. Where only the language is named, the language's own: "cmn" alone cannot
// read Chinese in espeak-ng 1.51.
static const char *reader_of(const json_t *settings, const struct language *language)
{
    const char *named = text_of(settings, "espeak", "voice");
    bool plain = strcmp(named, language->code) == 0 || strcmp(named, language->other_code) == 0;
    return plain ? language->espeak : named;
}

size_t piper_ids(const struct language *language, const char *voice, const char *text, int64_t *ids, size_t most)
{
    struct buffer ipa;
    size_t count = 0;
    if (load(voice, strcspn(voice, "#")) != 0)
        return 0;
    const char *reader = reader_of(piper.settings, language);
    buffer_init(&ipa, 1 << 16);
    int code = is_ipa(text) ? foreign_ipa(text, reader, language, &ipa) : espeak_ipa(reader, text, &ipa);
    if (code == 0 && ipa.data)
        count = ids_of(json_object_get(piper.settings, "phoneme_id_map"), ipa.data, ids, most);
    buffer_free(&ipa);
    return count;
}

int piper_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                struct sound *sound)
{
    size_t length = strcspn(voice, "#");
    struct error error;
    int64_t ids[IDS_MAXIMUM], speaker = voice[length] ? strtoll(voice + length + 1, NULL, 10) : 0, sizes[1];
    size_t count = piper_ids(language, voice, text, ids, IDS_MAXIMUM);
    if (count < 4)
        return -1;
    sizes[0] = (int64_t)count;
    float scales[3] = {(float)number_of(piper.settings, "inference", "noise_scale", .667),
                       (float)(number_of(piper.settings, "inference", "length_scale", 1) / prosody->pace),
                       (float)number_of(piper.settings, "inference", "noise_w", .8)};
    bool several = json_integer_value(json_object_get(piper.settings, "num_speakers")) > 1;
    const struct ort_input inputs[] = {{"input", ORT_INT64, ids, 2, {1, (int64_t)count}},
                                       {"input_lengths", ORT_INT64, sizes, 1, {1}},
                                       {"scales", ORT_FLOAT, scales, 1, {3}},
                                       {"sid", ORT_INT64, &speaker, 1, {1}}};
    sound->rate = (int)number_of(piper.settings, "audio", "sample_rate", 22050);
    return ort_run(piper.session, inputs, several ? 4 : 3, "output", keep, sound, &error) == 0 ? 0 : -1;
}
