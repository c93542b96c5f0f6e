// SPDX-License-Identifier: GPL-3.0-or-later
// The changes of neural voices' graphs over hostile files: what comes out of one can be read again, and what is said to
// mix is mixed.
#include "speech/speech_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer seeded, again, changed;
    size_t nodes, more;
    bool good = onnx_seed(data, size, &seeded, &nodes) == 0;
    if (good) {
        check(onnx_seed(seeded.data, seeded.size, &again, &more) == 0 && more == nodes);
        check(onnx_mixes(data, size) == onnx_mixes(seeded.data, seeded.size));
        buffer_free(&again);
    }
    buffer_free(&seeded);
    int (*const changes[])(const void *model, size_t size, struct buffer *out) = {onnx_mix, onnx_crop};
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        bool done = changes[i](data, size, &changed) == 0;
        check(good || !done);
        check(i > 0 || done || !onnx_mixes(data, size));
        if (done) {
            check(onnx_seed(changed.data, changed.size, &again, &more) == 0);
            buffer_free(&again);
        }
        buffer_free(&changed);
    }
    return 0;
}
