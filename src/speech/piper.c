// SPDX-License-Identifier: GPL-3.0-or-later
// The engine Piper: neural voices (VITS), one file a voice with one to some hundred speakers. Files, in <voices>/piper:
// NAME.onnx and NAME.onnx.json beside it (piper.h). A voice is NAME, NAME#speaker, or NAME#speaker~other~35, where 35 %
// are of the other. The random nodes of the graph get a seed (onnx_seed.c), its table of speakers two inputs more
// (onnx_mix.c).
#include "speech/ort.h"
#include "speech/piper.h"
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

enum { IDS_MAXIMUM = 1024 };

static char *piper_folder(void)
{
    char *folder = speech_folder(), *path = folder ? path_join(folder, "piper") : NULL;
    free(folder);
    return path;
}

// ---- voices -----------------------------------------------------------------------------------------------

static bool mixes(const char *model)
{
    struct mapping file;
    struct error ignored;
    if (mapping_open(&file, model, &ignored) < 0)
        return false;
    bool can = onnx_mixes(file.data, file.size);
    mapping_close(&file);
    return can;
}

// All speakers equally often. Where they can be mixed they come in clusters, and mixtures stay inside one: a cluster
// that is held out of training was never heard there, not even as a part of another voice.
static void list_speakers(struct buffer *lines, const char *model, int length, int speakers)
{
    enum { CLUSTER = 4, MIXTURES = 2 };
    const char *name = path_name(model);
    int cluster = mixes(model) ? CLUSTER : 1;
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < speakers; i++) {
        int first = i / cluster * cluster, others = speakers - first < cluster ? speakers - first : cluster;
        buffer_print(lines, "%g\t%.*s#%d\t%.*s#%d\n", others > 1 ? .5 : 1, length, name, first, length, name, i);
        for (int k = 0; k < MIXTURES && others > 1; k++) {
            int other = first + (i - first + 1 + (int)rng_below(&rng, (uint32_t)others - 1)) % others;
            buffer_print(lines, "%g\t%.*s#%d\t%.*s#%d~%d~%u\n", .5 / MIXTURES, length, name, first, length, name, i, other,
                         20 + rng_below(&rng, 31));
        }
    }
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
        struct piper_settings settings;
        const char *name = path_name(models.items[i]);
        int length = (int)(strlen(name) - strlen(endings[0]));
        if (piper_settings_open(&settings, models.items[i]) != 0)
            continue;
        if (piper_speaks(&settings, language) && settings.speakers > 1)
            list_speakers(lines, models.items[i], length, settings.speakers);
        else if (piper_speaks(&settings, language))
            buffer_print(lines, "1\t%.*s\t%.*s\n", length, name, length, name);
        piper_settings_close(&settings);
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
    struct piper_settings settings;
    bool mixes;
    char name[128];
} piper;

int piper_open(void)
{
    struct error error;
    return ort_open(&piper.ort, &error) == 0 && espeak_open() == 0 ? 0 : -1;
}

// The model as it is given to ONNX Runtime.
static int read_model(const char *path)
{
    struct mapping file;
    struct buffer seeded, mixed;
    struct error error;
    size_t nodes;
    if (mapping_open(&file, path, &error) < 0)
        return -1;
    int code = onnx_seed(file.data, file.size, &seeded, &nodes);
    mapping_close(&file);
    piper.mixes = code == 0 && piper.settings.speakers > 1 && onnx_mixes(seeded.data, seeded.size);
    piper.model = seeded;
    if (!piper.mixes)
        return code;
    code = onnx_mix(seeded.data, seeded.size, &mixed);
    piper.model = mixed;
    buffer_free(&seeded);
    return code;
}

static void unload(void)
{
    ort_session_close(piper.session);
    buffer_free(&piper.model);
    piper_settings_close(&piper.settings);
    piper.session = NULL;
    piper.name[0] = 0;
}

static int load(const char *name, size_t length)
{
    struct error error;
    if (strlen(piper.name) == length && strncmp(piper.name, name, length) == 0)
        return 0;
    unload();
    char *folder = piper_folder(), *path = folder ? text_print("%s/%.*s.onnx", folder, (int)length, name) : NULL;
    int code = path && length < sizeof piper.name ? piper_settings_open(&piper.settings, path) : -1;
    if (code == 0)
        code = read_model(path);
    if (code == 0)
        code = ort_session_open(&piper.session, piper.ort, piper.model.data, piper.model.size, &error);
    if (code == 0)
        snprintf(piper.name, sizeof piper.name, "%.*s", (int)length, name);
    free(path);
    free(folder);
    return code == 0 ? 0 : -1;
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
static const char *reader_of(const struct language *language)
{
    const char *named = piper.settings.reader;
    bool plain = strcmp(named, language->code) == 0 || strcmp(named, language->other_code) == 0;
    return plain ? language->espeak : named;
}

size_t piper_ids(const struct language *language, const char *voice, const char *text, int64_t *ids, size_t most)
{
    struct buffer ipa;
    size_t count = 0;
    if (load(voice, strcspn(voice, "#")) != 0)
        return 0;
    const char *reader = reader_of(language);
    buffer_init(&ipa, 1 << 16);
    int code = is_ipa(text) ? foreign_ipa(text, reader, language, &ipa) : espeak_ipa(reader, text, &ipa);
    if (code == 0 && ipa.data)
        count = piper_ids_of(&piper.settings, ipa.data, ids, most);
    buffer_free(&ipa);
    return count;
}

// Who speaks: "#3" or "#3~17~35". -1 for what this voice does not have.
static int read_speakers(const char *voice, int64_t speakers[2], float *share)
{
    int first = 0, other = -1, percent = 0;
    const char *mark = strchr(voice, '#');
    int fields = mark ? sscanf(mark, "#%d~%d~%d", &first, &other, &percent) : 0;
    bool mixed = mark && strchr(mark, '~');
    if (mark && fields != (mixed ? 3 : 1))
        return -1;
    speakers[0] = first;
    speakers[1] = mixed ? other : first;
    *share = mixed ? (float)percent / 100 : 0;
    for (int i = 0; i < 2; i++)
        if (speakers[i] < 0 || speakers[i] >= piper.settings.speakers)
            return -1;
    return percent >= 0 && percent <= 100 && (piper.mixes || !mixed) ? 0 : -1;
}

int piper_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                struct sound *sound)
{
    const struct piper_settings *settings = &piper.settings;
    struct error error;
    int64_t ids[IDS_MAXIMUM], speakers[2], sizes[1];
    float share;
    size_t count = piper_ids(language, voice, text, ids, IDS_MAXIMUM);
    if (count < 4 || read_speakers(voice, speakers, &share) != 0)
        return -1;
    sizes[0] = (int64_t)count;
    float scales[3] = {(float)settings->noise, (float)(settings->length / prosody->pace), (float)settings->noise_width};
    const struct ort_input inputs[] = {{"input", ORT_INT64, ids, 2, {1, (int64_t)count}},
                                       {"input_lengths", ORT_INT64, sizes, 1, {1}},
                                       {"scales", ORT_FLOAT, scales, 1, {3}},
                                       {"sid", ORT_INT64, &speakers[0], 1, {1}},
                                       {"sid2", ORT_INT64, &speakers[1], 1, {1}},
                                       {"share", ORT_FLOAT, &share, 1, {1}}};
    size_t given = piper.mixes ? 6 : settings->speakers > 1 ? 4 : 3;
    sound->rate = settings->rate;
    return ort_run(piper.session, inputs, given, "output", keep, sound, &error) == 0 ? 0 : -1;
}
