// SPDX-License-Identifier: GPL-3.0-or-later
// The container of Flight of the Amazon Queen as ScummVM's tools compress it, big endian:
//   "QTBL", 6 bytes of version, 2 unused, 1 byte: compression (1: MP3), 2 bytes: entries,
//   entries of 12 bytes name, 1 byte bundle, 4 bytes offset, 4 bytes size. Speech is in the entries named *.SB.
#include "collection/collection_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 15, ENTRY = 21, NAME = 12, MP3 = 1 };

static uint32_t big_endian(const unsigned char *from, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

// Letters, digits and a dot, so that the name is no path.
static bool plain_name(const unsigned char *from, char name[NAME + 1])
{
    size_t length = 0;
    while (length < NAME && from[length] && from[length] != ' ')
        length++;
    memcpy(name, from, length);
    name[length] = 0;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !(name[i] == '.' && i > 0))
            return false;
    return text_ends_with(name, ".sb");
}

static int unpack_entries(const unsigned char *data, size_t size, const char *path, const char *folder,
                          struct error *error)
{
    if (size < HEAD || memcmp(data, "QTBL", 4) != 0 || data[HEAD - 3] != MP3)
        return error_set(error, ERROR_FORMAT, "%s is not a container of speech that can be read", path);
    size_t count = big_endian(data + HEAD - 2, 2);
    if ((size - HEAD) / ENTRY < count)
        return error_set(error, ERROR_FORMAT, "%s is cut off", path);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *entry = data + HEAD + i * ENTRY;
        char name[NAME + 1];
        uint64_t offset = big_endian(entry + NAME + 1, 4), length = big_endian(entry + NAME + 5, 4);
        if (!plain_name(entry, name))
            continue;
        if (offset > size || length > size - offset)
            return error_set(error, ERROR_FORMAT, "%s is cut off at %s", path, name);
        char *to = text_print("%s/%.*s.mp3", folder, (int)strlen(name) - 3, name);
        FILE *file = to ? fopen(to, "wb") : NULL;
        bool good = file && (!length || fwrite(data + offset, length, 1, file) == 1);
        if (file && fclose(file) != 0)
            good = false;
        int code = good ? 0
                   : to ? error_set(error, ERROR_IO, "cannot write %s; is the disk full?", to)
                        : error_memory(error, "a path");
        free(to);
        TRY(code);
    }
    return 0;
}

int talkie_unpack(const char *path, const char *folder, struct error *error)
{
    struct mapping file;
    TRY(mapping_open(&file, path, error));
    int code = folder_make(folder, error);
    if (code == 0)
        code = unpack_entries(file.data, file.size, path, folder, error);
    mapping_close(&file);
    return code;
}
