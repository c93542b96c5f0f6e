// SPDX-License-Identifier: GPL-3.0-or-later
// The engine espeak-ng: a formant synthesiser with many languages. A voice is a dialect ("gmw/en-US") with a
// variant ("+f2"), which is a set of formant settings. Everything here runs in a child process.
#include "speech/speech_internal.h"

#include <ctype.h>
#include <espeak-ng/speak_lib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PACE_WORDS = 175 /* a minute, espeak-ng's own */, SOUND_MAXIMUM = 60 * 48000 };

// Variants that sound like no person.
static const char *const odd_variants[] = {"whisper",   "whisperf",   "croak",     "fast",      "Demonic",
                                           "UniRobot",  "anikaRobot", "robosoft",  "robosoft2", "robosoft3",
                                           "robosoft4", "robosoft5",  "robosoft6", "robosoft7", "robosoft8"};

// Dialects that are drawn more often than others.
static const struct {
    const char *voice;
    double weight;
} common_dialects[] = {{"gmw/en-US", 3}};

// The callback has no context pointer in espeak-ng's interface, so this is the one place for its sound. It
// belongs to the child process.
static struct sound *speaking;

static int gather(short *samples, int count, espeak_EVENT *events)
{
    for (; events && events->type != espeakEVENT_LIST_TERMINATED; events++)
        if (events->type == espeakEVENT_SAMPLERATE)
            speaking->rate = events->id.number;
    if (!samples || count <= 0)
        return 0;
    size_t more = (size_t)count;
    if (speaking->count + more > SOUND_MAXIMUM || !sound_reserve(speaking, speaking->count + more))
        return 1;
    for (size_t i = 0; i < more; i++)
        speaking->samples[speaking->count + i] = (float)samples[i] / 32768;
    speaking->count += more;
    return 0;
}

const char *espeak_version(void)
{
    return espeak_Info(NULL);
}

int espeak_open(void)
{
    if (espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, NULL, espeakINITIALIZE_DONT_EXIT) <= 0)
        return -1;
    espeak_SetSynthCallback(gather);
    return 0;
}

// ---- voices ---------------------------------------------------------------------------------------------

// "gmw/en-US" and "en-us" both speak "en".
static const char *language_tag(const char *voice)
{
    const char *slash = strrchr(voice, '/');
    return slash ? slash + 1 : voice;
}

static bool same_language(const char *tag, const char *other)
{
    size_t length = strcspn(tag, "-");
    return length == strcspn(other, "-") && strncasecmp(tag, other, length) == 0;
}

// `languages`: a row of {priority byte, tag, 0 byte}, ended by a 0 byte.
static bool speaks(const espeak_VOICE *voice, const char *tag)
{
    for (const char *at = voice->languages; *at; at += strlen(at) + 1)
        if (same_language(at + 1, tag))
            return true;
    return false;
}

static bool is_romanised(const char *voice)
{
    return strcasestr(voice, "-latn") != NULL;
}

static bool is_odd(const char *variant)
{
    for (size_t i = 0; i < COUNT_OF(odd_variants); i++)
        if (strcmp(variant, odd_variants[i]) == 0)
            return true;
    return false;
}

static double dialect_weight(const char *dialect)
{
    for (size_t i = 0; i < COUNT_OF(common_dialects); i++)
        if (strcmp(dialect, common_dialects[i].voice) == 0)
            return common_dialects[i].weight;
    return 1;
}

// What makes a variant's timbre: the frequencies of formants 1 to 4 in percent of the plain voice's, and the
// glottal source ("klatt 0" is the plain one). Variants that agree in these are one speaker in other moods.
struct timbre {
    int formant[5], source;
};

static struct timbre read_timbre(const char *folder, const char *variant)
{
    struct timbre timbre = {.formant = {100, 100, 100, 100, 100}};
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    char *path = text_print("%s/voices/!v/%s", folder, variant);
    if (path && file_read(path, 1 << 20, &data, &size, &ignored) == 0) { // without memory the process fails as a whole
        char *rest = data, *line;
        while ((line = strsep(&rest, "\r\n"))) {
            int formant, value;
            if (sscanf(line, " formant %d %d", &formant, &value) == 2 && formant >= 1 && formant <= 4)
                timbre.formant[formant] = value;
            else if (sscanf(line, " klatt %d", &value) == 1)
                timbre.source = value;
        }
    }
    free(data);
    free(path);
    return timbre;
}

static void print_voice(struct buffer *lines, const char *dialect, const char *variant, struct timbre timbre)
{
    const int *f = timbre.formant;
    buffer_print(lines, "%g\t%d %d %d %d %d\t%s%s%s\n", dialect_weight(dialect), f[1], f[2], f[3], f[4], timbre.source,
                 dialect, *variant ? "+" : "", variant);
}

int espeak_list(const struct language *language, struct buffer *lines)
{
    const char *folder = NULL;
    if (espeak_open() != 0)
        return 0; // no data files: no voices
    espeak_Info(&folder);
    const struct timbre plain = {.formant = {100, 100, 100, 100, 100}};
    const char *tag = language_tag(language->espeak);
    // espeak-ng gives the same memory to every call of espeak_ListVoices: note the variants first.
    espeak_VOICE wanted = {.languages = "variant"};
    struct text_list variants = {0};
    struct error error;
    for (const espeak_VOICE **at = espeak_ListVoices(&wanted); at && *at; at++) {
        const char *name = path_name((*at)->identifier);
        if (!is_odd(name) && text_list_add(&variants, name, &error) < 0)
            return -1;
    }
    struct timbre *timbres = array_alloc(variants.count + 1, sizeof *timbres);
    for (size_t i = 0; timbres && i < variants.count; i++)
        timbres[i] = read_timbre(folder, variants.items[i]);
    for (const espeak_VOICE **at = espeak_ListVoices(NULL); timbres && at && *at; at++) {
        const char *dialect = (*at)->identifier;
        // Left out: mbrola's voices, and voices that read a romanisation instead of the language's script. Chinese
        // is the other way round: in espeak-ng 1.51 only the voice that knows pinyin reads the characters, too.
        if (strncmp(dialect, "mb/", 3) == 0 || is_romanised(dialect) != is_romanised(language->espeak) ||
            !speaks(*at, tag))
            continue;
        print_voice(lines, dialect, "", plain);
        for (size_t i = 0; i < variants.count; i++)
            print_voice(lines, dialect, variants.items[i], timbres[i]);
    }
    text_list_free(&variants);
    const bool listed = timbres != NULL;
    free(timbres);
    return listed ? 0 : -1;
}

// "mb/mb-de6-en" is the speaker de6, a German, in English; weighs less than those whose language it is. espeak-ng can
// take a voice when the program mbrola and the speaker's data are there.
int mbrola_list(const struct language *language, struct buffer *lines)
{
    struct text_list names = {0};
    struct error error;
    if (espeak_open() != 0)
        return 0;
    for (const espeak_VOICE **at = espeak_ListVoices(&(espeak_VOICE){.languages = "mbrola"}); at && *at; at++)
        if (strncmp((*at)->identifier, "mb/mb-", 6) == 0 && speaks(*at, language_tag(language->espeak)) &&
            text_list_add(&names, (*at)->identifier, &error) < 0)
            return -1;
    for (size_t i = 0; i < names.count; i++) {
        const char *speaker = names.items[i] + 6;
        size_t length = strcspn(speaker, "-");
        if (espeak_SetVoiceByName(names.items[i]) == EE_OK)
            buffer_print(lines, "%d\t%.*s\t%s\n", speaker[length] ? 1 : 2, (int)length, speaker, names.items[i]);
    }
    text_list_free(&names);
    return lines->failed ? -1 : 0;
}

// ---- speaking -------------------------------------------------------------------------------------------

bool espeak_reads(const char *text)
{
    return !is_ipa(text);
}

int espeak_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                 struct sound *sound)
{
    (void)language;
    // A change of voice resets rate and pitch, so they are set each time.
    if (espeak_SetVoiceByName(voice) != EE_OK)
        return -1;
    espeak_SetParameter(espeakRATE, (int)(prosody->pace * PACE_WORDS + .5), 0);
    espeak_SetParameter(espeakPITCH, (int)(52.5 + 37.5 * prosody->pitch), 0);
    espeak_SetParameter(espeakRANGE, (int)(20 + 75 * prosody->range), 0);
    sound->count = 0;
    sound->rate = 22050;
    speaking = sound;
    unsigned flags = espeakCHARS_UTF8 | (is_phonemes(text) ? espeakPHONEMES : 0u);
    return espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, flags, NULL, NULL) == EE_OK ? 0 : -1;
}

// Whether [[phonemes]] are meant, espeak_TextToPhonemes takes from the last thing that was spoken: here nothing.
static int expect_phonemes(void)
{
    static struct sound nothing;
    speaking = &nothing;
    return espeak_Synth(" ", 2, 0, POS_CHARACTER, 0, espeakCHARS_UTF8 | espeakPHONEMES, NULL, NULL) == EE_OK ? 0 : -1;
}

// Setting a voice reads its files again, which takes longer than reading a text.
static bool is_set(const char *voice)
{
    const espeak_VOICE *now = espeak_GetCurrentVoice();
    return now && now->identifier && strcmp(now->identifier, voice) == 0;
}

static int read_phonemes(const char *voice, const char *text, int mode, struct buffer *phonemes)
{
    espeak_VOICE wanted = {.languages = language_tag(voice)};
    if (!is_set(voice) && espeak_SetVoiceByName(voice) != EE_OK && espeak_SetVoiceByProperties(&wanted) != EE_OK)
        return -1;
    if (is_phonemes(text) && expect_phonemes() != 0)
        return -1;
    const void *rest = text;
    size_t before = phonemes->size;
    while (rest) { // a clause a call
        const char *clause = espeak_TextToPhonemes(&rest, espeakCHARS_UTF8, mode);
        if (clause && *clause)
            buffer_print(phonemes, "%s%s", phonemes->size > before ? " " : "", clause);
    }
    return phonemes->failed ? -1 : 0;
}

int espeak_phonemes(const char *text, const struct language *language, bool ipa, struct buffer *phonemes)
{
    return read_phonemes(language->espeak, text, ipa ? espeakPHONEMES_IPA : '_' << 8, phonemes);
}

int espeak_ipa(const char *voice, const char *text, struct buffer *ipa)
{
    return read_phonemes(voice, text, espeakPHONEMES_IPA, ipa);
}

int espeak_tied_ipa(const char *voice, const char *text, struct buffer *ipa)
{
    return read_phonemes(voice, text, espeakPHONEMES_IPA | espeakPHONEMES_TIE | '^' << 8, ipa);
}
