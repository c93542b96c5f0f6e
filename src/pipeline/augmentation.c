// SPDX-License-Identifier: GPL-3.0-or-later
// Which augmentation the words of a training get.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAXIMUM = 1 << 20 };

int chain_named(const char *name, struct augment_chain *chain, struct error *error)
{
    void *text;
    size_t size;
    if (strcmp(name, "reference") == 0) {
        augment_chain_reference(chain);
        return 0;
    }
    if (!file_exists(name))
        return error_set(error, ERROR_USAGE, "--augmentation: %s is neither wakesmith, reference nor a file", name);
    TRY(file_read(name, FILE_MAXIMUM, &text, &size, error));
    int code = augment_chain_parse(text, size, name, chain, error);
    free(text);
    return code;
}

int walk_find_chain(struct walk *walk, struct error *error)
{
    const char *name = walk->options->augmentation;
    buffer_init(&walk->chain_text, FILE_MAXIMUM);
    walk->chained = name && strcmp(name, "wakesmith") != 0;
    if (!walk->chained)
        return 0;
    TRY(chain_named(name, &walk->chain, error));
    augment_chain_print(&walk->chain, &walk->chain_text);
    return 0;
}

json_t *augmentation_json(const struct walk *walk)
{
    json_t *steps = json_array();
    for (const char *line = walk->chain_text.data; line && *line;) {
        size_t length = strcspn(line, "\n");
        json_array_append_new(steps, json_stringn(line, length));
        line += length + (line[length] == '\n');
    }
    return json_pack("{s:s, s:o}", "name", walk->chained ? path_name(walk->options->augmentation) : "wakesmith",
                     "steps", steps);
}
