// SPDX-License-Identifier: GPL-3.0-or-later
// Which augmentation the words of a training get.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

int walk_find_chain(struct walk *walk, struct error *error)
{
    enum { FILE_MAXIMUM = 1 << 20 };
    const char *name = walk->options->augmentation;
    void *text = NULL;
    size_t size = 0;
    buffer_init(&walk->chain_text, FILE_MAXIMUM);
    walk->chained = name && strcmp(name, "wakesmith") != 0;
    if (!walk->chained)
        return 0;
    int code = 0;
    if (strcmp(name, "reference") == 0)
        augment_chain_reference(&walk->chain);
    else if (!file_exists(name))
        code = error_set(error, ERROR_USAGE, "--augmentation: %s is neither wakesmith, reference nor a file", name);
    else if ((code = file_read(name, FILE_MAXIMUM, &text, &size, error)) == 0)
        code = augment_chain_parse(text, size, name, &walk->chain, error);
    free(text);
    if (code == 0)
        augment_chain_print(&walk->chain, &walk->chain_text);
    return code;
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
