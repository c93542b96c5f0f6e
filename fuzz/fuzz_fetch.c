// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an archive, by the first byte a Debian package or another: an error with a sentence, or files that lie
// below the folder, no more and no larger than allowed.
#include "fetch/fetch.h"
#include "fuzz_root.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST_FILES = 20, MOST_BYTES = 1 << 16 };
    struct fetch_unpack how = {.most_files = MOST_FILES, .most_bytes = MOST_BYTES};
    struct fetch_unpacked done = {0};
    struct error error = {0};
    if (!size)
        return 0;
    root_make();
    char *archive = text_print("%s/%s", root, *data & 1 ? "a.deb" : "a.zip"), *folder = path_join(root, "out");
    if (file_write(archive, data + 1, size - 1, &error) < 0)
        abort();
    int code = fetch_unpack(archive, folder, &how, &done, &error);
    if ((code < 0 && !error.message[0]) || done.files > MOST_FILES || done.bytes > MOST_BYTES + (1 << 16) ||
        folder_count(folder, NULL) > done.files)
        abort();
    fetch_unpacked_free(&done);
    folder_remove(folder, &error);
    free(archive);
    free(folder);
    return 0;
}
