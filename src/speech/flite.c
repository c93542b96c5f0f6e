// SPDX-License-Identifier: GPL-3.0-or-later
// The engine flite: a few voices made from recordings of English speakers. Everything here runs in a child process.
#include "speech/speech_internal.h"

#include <flite/flite.h>
#include <math.h>
#include <string.h>

cst_voice *register_cmu_us_slt(const char *folder);
cst_voice *register_cmu_us_rms(const char *folder);
cst_voice *register_cmu_us_awb(const char *folder);
cst_voice *register_cmu_us_kal16(const char *folder);

static const struct {
    const char *name;
    double pitch; // Hz, mean of the speaker
    cst_voice *(*make)(const char *folder);
} speakers[] = {{"slt", 170, register_cmu_us_slt},
                {"rms", 100, register_cmu_us_rms},
                {"awb", 120, register_cmu_us_awb},
                {"kal16", 105, register_cmu_us_kal16}};

int flite_list(const struct language *language, struct buffer *lines)
{
    for (size_t i = 0; i < COUNT_OF(speakers) && strcmp(language->code, "en") == 0; i++)
        buffer_print(lines, "1\t%s\t%s\n", speakers[i].name, speakers[i].name);
    return 0;
}

int flite_open(void)
{
    return flite_init();
}

int flite_speak(const char *voice, const char *text, const struct prosody *prosody, struct sound *sound)
{
    for (size_t i = 0; i < COUNT_OF(speakers); i++) {
        if (strcmp(voice, speakers[i].name) != 0)
            continue;
        cst_voice *speaker = speakers[i].make(NULL); // the same one each time: made once a process
        feat_set_float(speaker->features, "int_f0_target_mean", (float)(speakers[i].pitch * exp(.28 * prosody->pitch)));
        feat_set_float(speaker->features, "int_f0_target_stddev", (float)(6 + 29 * prosody->range));
        feat_set_float(speaker->features, "duration_stretch", (float)(1 / prosody->pace));
        cst_wave *wave = flite_text_to_wave(text, speaker);
        if (!wave || wave->num_samples <= 0 || !sound_reserve(sound, (size_t)wave->num_samples)) {
            delete_wave(wave);
            return -1;
        }
        sound->count = (size_t)wave->num_samples;
        sound->rate = wave->sample_rate;
        for (size_t k = 0; k < sound->count; k++)
            sound->samples[k] = (float)wave->samples[k] / 32768;
        delete_wave(wave);
        return 0;
    }
    return -1;
}
