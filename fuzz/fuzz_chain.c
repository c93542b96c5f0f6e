// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes: an error with a sentence, or a chain whose print reads as itself.
#include "augment/augment.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct augment_chain chain, again;
    struct error error = {0};
    struct buffer yaml;
    int code = augment_chain_parse((const char *)data, size, "fuzz.yaml", &chain, &error);
    if (code < 0 && !error.message[0])
        abort();
    if (code < 0)
        return 0;
    buffer_init(&yaml, 1 << 16);
    augment_chain_print(&chain, &yaml);
    if (chain.count && (augment_chain_parse(yaml.data, yaml.size, "again", &again, &error) < 0 || again.count != chain.count))
        abort();
    buffer_free(&yaml);
    return 0;
}
