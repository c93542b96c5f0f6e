// SPDX-License-Identifier: GPL-3.0-or-later
// A library with the C interface of RHVoice, as much of it as room speech uses: two people speak English with a buzz, one
// Russian. Built with -DOLDER it lacks a function.
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct callbacks {
    int (*set_sample_rate)(int rate, void *sound);
    int (*play_speech)(const short *samples, unsigned count, void *sound);
    void *others[7];
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
    double absolute[3], rate, pitch, volume;
    int punctuation;
    const char *punctuation_list;
    int capitals, flags;
};
struct message {
    const struct callbacks *callbacks;
    unsigned length;
    struct manner manner;
    void *sound;
};

static const struct person people[] = {{"en", "Ada", 2, "US"}, {"en", "Ada-hq", 2, "US"}, {"ru", "Ivan", 1, "RU"}};

const char *RHVoice_get_version(void);
void *RHVoice_new_tts_engine(const struct settings *settings);
unsigned RHVoice_get_number_of_voices(void *engine);
const struct person *RHVoice_get_voices(void *engine);
void *RHVoice_new_message(void *engine, const char *text, unsigned length, int kind, const struct manner *manner,
                          void *sound);
int RHVoice_speak(struct message *message);
void RHVoice_delete_message(struct message *message);

const char *RHVoice_get_version(void)
{
    return "fake";
}

void *RHVoice_new_tts_engine(const struct settings *settings)
{
    struct callbacks *engine = malloc(sizeof *engine);
    *engine = settings->callbacks;
    return engine;
}

unsigned RHVoice_get_number_of_voices(void *engine)
{
    (void)engine;
    return sizeof people / sizeof *people;
}

const struct person *RHVoice_get_voices(void *engine)
{
    (void)engine;
    return people;
}

#ifndef OLDER
void *RHVoice_new_message(void *engine, const char *text, unsigned length, int kind, const struct manner *manner,
                          void *sound)
{
    struct message *message = calloc(1, sizeof *message);
    if (kind != 0 || length != strlen(text) || manner->volume != 1 || manner->absolute[0] != 0)
        return NULL;
    *message = (struct message){engine, length, *manner, sound};
    return message;
}
#endif

int RHVoice_speak(struct message *message)
{
    enum { RATE = 24000, PIECE = 1000 };
    const struct callbacks *callbacks = message->callbacks;
    size_t count = (size_t)(message->length * RATE / 12 / message->manner.rate), at = 0;
    short piece[PIECE];
    if (!callbacks->set_sample_rate(RATE, message->sound))
        return 0;
    while (at < count) {
        unsigned size = count - at < PIECE ? (unsigned)(count - at) : PIECE;
        for (unsigned i = 0; i < size; i++) {
            double t = (double)(at + i) / RATE, sum = 0, syllable = (double)(at + i) * 6 * M_PI / (double)count;
            for (int k = 1; k < 24; k++)
                sum += sin(2 * M_PI * 120 * message->manner.pitch * k * t) / k;
            piece[i] = (short)(8000 * sum * (.3 + .7 * sin(syllable) * sin(syllable)));
        }
        if (!callbacks->play_speech(piece, size, message->sound))
            return 0;
        at += size;
    }
    return 1;
}

void RHVoice_delete_message(struct message *message)
{
    free(message);
}
