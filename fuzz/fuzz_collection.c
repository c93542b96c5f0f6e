// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes, by the first one a container of speech or a set's manifest, and as a marker with counts of files: an error
// with a sentence, or files below the folder.
#include "collection/collection_internal.h"
#include "fuzz_root.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_talkie(const uint8_t *data, size_t size)
{
    struct error error = {0};
    char *path = path_join(root, "queen.1c"), *folder = path_join(root, "out");
    if (file_write(path, data, size, &error) < 0)
        abort();
    if (talkie_unpack(path, folder, &error) < 0 && !error.message[0])
        abort();
    folder_remove(folder, &error);
    free(path);
    free(folder);
}

static void try_manifest(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct collection set;
    char *above = path_join(root, "training_datasets/debian"), *path = path_join(above, "manifest.json");
    if (folder_make(above, &error) < 0 || file_write(path, data, size, &error) < 0)
        abort();
    int code = collection_open(&set, root, "debian", &error);
    if (code < 0 && !error.message[0])
        abort();
    for (size_t i = 0; code == 0 && i < set.count; i++)
        if (strncmp(set.files[i].path, above, strlen(above)) != 0 || strstr(set.files[i].path, ".."))
            abort();
    if (code == 0)
        collection_close(&set);
    free(path);
    free(above);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    root_make();
    if (filecount_find((const char *)data, size, "speech") < -1)
        abort();
    (*data & 1 ? try_talkie : try_manifest)(data + 1, size - 1);
    return 0;
}
