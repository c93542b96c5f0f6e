// SPDX-License-Identifier: GPL-3.0-or-later
// The engine RHVoice: statistical voices (HMM) of some languages, Russian and its neighbours first. Its library and data
// are the user's (Debian: rhvoice, rhvoice-russian, ... of non-free) and opened at run time; what is declared here is its
// C interface, major version 5. $WAKESMITH_RHVOICE names the library; data in <voices>/rhvoice (voices/, languages/)
// go before those of the system. Everything here runs in a child process.
#include "speech/speech_internal.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOUND_MAXIMUM = 60 * 48000, TEXT_MESSAGE = 0 };

struct callbacks { // of a message; those not needed stay NULL
    int (*set_sample_rate)(int rate, void *sound); // 1: go on
    int (*play_speech)(const short *samples, unsigned count, void *sound);
    void (*others[7])(void);
};
struct settings {
    const char *data_path, *config_path;
    const char **resource_paths;
    struct callbacks callbacks;
    unsigned options;
};
struct person {
    const char *language, *name;
    int gender;
    const char *country;
};
struct manner {
    const char *voice;
    double absolute_rate, absolute_pitch, absolute_volume; // -1 .. 1 between what the configuration allows
    double relative_rate, relative_pitch, relative_volume; // factors
    int punctuation;
    const char *punctuation_list;
    int capitals, flags;
};
enum { ANY_RATE = 1 }; // a flag: beyond what the configuration allows

// In a child process, which ends with it: the one place for its library.
static struct {
    const char *(*version)(void);
    void *(*make)(const struct settings *settings);
    unsigned (*count)(void *engine);
    const struct person *(*people)(void *engine);
    void *(*message)(void *engine, const char *text, unsigned length, int kind, const struct manner *manner, void *sound);
    int (*speak)(void *message);
    void (*forget)(void *message);
    void *engine;
} rhvoice;

static int set_rate(int rate, void *context)
{
    struct sound *sound = context;
    sound->rate = rate;
    return 1;
}

static int gather(const short *samples, unsigned count, void *context)
{
    struct sound *sound = context;
    if (sound->count + count > SOUND_MAXIMUM || !sound_reserve(sound, sound->count + count))
        return 0;
    for (size_t i = 0; i < count; i++)
        sound->samples[sound->count + i] = (float)samples[i] / 32768;
    sound->count += count;
    return 1;
}

static bool open_library(void)
{
    const char *named = getenv("WAKESMITH_RHVOICE");
    const char *const names[] = {named && *named ? named : "libRHVoice.so.5", named && *named ? NULL : "libRHVoice.so"};
    const struct {
        const char *name;
        void *function;
    } functions[] = {
        {"RHVoice_get_version", &rhvoice.version},         {"RHVoice_new_tts_engine", &rhvoice.make},
        {"RHVoice_get_number_of_voices", &rhvoice.count},  {"RHVoice_get_voices", &rhvoice.people},
        {"RHVoice_new_message", &rhvoice.message},         {"RHVoice_speak", &rhvoice.speak},
        {"RHVoice_delete_message", &rhvoice.forget},
    };
    void *library = NULL;
    for (size_t i = 0; i < COUNT_OF(names) && !library; i++)
        if (names[i])
            library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < COUNT_OF(functions); i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            return false;
        memcpy(functions[i].function, &function, sizeof function);
    }
    return library;
}

int rhvoice_open(void)
{
    if (rhvoice.engine)
        return 0;
    if (!open_library())
        return -1;
    char *folder = speech_folder(), *own = folder ? path_join(folder, "rhvoice") : NULL;
    const struct settings settings = {.data_path = own && folder_exists(own) ? own : NULL,
                                      .callbacks = {set_rate, gather, {NULL}}};
    rhvoice.engine = rhvoice.make(&settings);
    free(own);
    free(folder);
    return rhvoice.engine ? 0 : -1;
}

// "Aleksandr" and "Aleksandr-hq" are one person.
int rhvoice_list(const struct language *language, struct buffer *lines)
{
    if (rhvoice_open() != 0)
        return 0;
    const struct person *people = rhvoice.people(rhvoice.engine);
    for (unsigned i = 0; i < rhvoice.count(rhvoice.engine); i++) {
        size_t length = strcspn(people[i].language, "-_");
        if (length == strlen(language->code) && strncmp(people[i].language, language->code, length) == 0)
            buffer_print(lines, "1\t%.*s\t%s\n", (int)strcspn(people[i].name, "-"), people[i].name, people[i].name);
    }
    return lines->failed ? -1 : 0;
}

bool rhvoice_reads(const char *text)
{
    return !is_phonemes(text) && !is_ipa(text);
}

const char *rhvoice_version(void)
{
    return rhvoice_open() == 0 ? rhvoice.version() : "-";
}

int rhvoice_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                  struct sound *sound)
{
    (void)language;
    const struct manner manner = {.voice = voice,
                                  .relative_rate = prosody->pace,
                                  .relative_pitch = pow(1.25, prosody->pitch),
                                  .relative_volume = 1,
                                  .flags = ANY_RATE};
    sound->count = 0;
    sound->rate = 24000;
    void *message =
        rhvoice.message(rhvoice.engine, text, (unsigned)strlen(text), TEXT_MESSAGE, &manner, sound);
    int code = message && rhvoice.speak(message) ? 0 : -1;
    if (message)
        rhvoice.forget(message);
    return code;
}
