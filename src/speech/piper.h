// SPDX-License-Identifier: GPL-3.0-or-later
// What NAME.onnx.json says of a Piper voice, and the ids of phonemes in it.
#ifndef WAKESMITH_SPEECH_PIPER_H
#define WAKESMITH_SPEECH_PIPER_H

#include "base/base.h"
#include "text/text.h"

#include <jansson.h>

struct piper_settings {
    json_t *document;
    const json_t *ids;                // of `document`: a sign's ids
    char language[16];                // its code, "en" of "en_US" or of espeak-ng's "en-us"
    char reader[64];                  // espeak-ng's voice
    int speakers, rate;               // Hz
    double noise, length, noise_width; // scales that the voice was published with
};
// -1 for what does not say how a voice speaks. `model`: the path of the .onnx.
int piper_settings_read(struct piper_settings *settings, const void *data, size_t size);
int piper_settings_open(struct piper_settings *settings, const char *model);
void piper_settings_close(struct piper_settings *settings);
bool piper_speaks(const struct piper_settings *settings, const struct language *language);
// "^", "_", then each phoneme and "_", "$": as the voices were trained. At most `most`.
size_t piper_ids_of(const struct piper_settings *settings, const char *ipa, int64_t *ids, size_t most);

#endif
