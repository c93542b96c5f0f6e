// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes: an error with a sentence, or a manifest whose values are in their ranges.
#include "manifest/manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest;
    struct error error = {0};
    int code = manifest_parse((const char *)data, size, &manifest, &error);
    if (code < 0 && !error.message[0])
        abort();
    if (code == 0 && (!manifest.wake_word[0] || !manifest.model[0] || manifest.window < 1 || manifest.arena < 1 ||
                      !(manifest.cutoff >= 0 && manifest.cutoff <= 1) || manifest.language_count < 1))
        abort();
    return 0;
}
