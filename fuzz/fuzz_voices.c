// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what describes voices: the settings of one of Piper's, Piper's catalogue, our own. No crash, a failure has
// its sentence, and what is listed can stand in a path and on a terminal.
#include "speech/catalogue_internal.h"
#include "speech/piper.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void read_settings(const char *text, size_t size)
{
    enum { MOST = 64 };
    int64_t ids[MOST];
    struct piper_settings settings;
    if (piper_settings_read(&settings, text, size) != 0)
        return;
    check(settings.speakers >= 1 && settings.rate >= 4000 && settings.length > 0 && settings.noise >= 0);
    check(piper_ids_of(&settings, text, ids, MOST) <= MOST);
    check(piper_ids_of(&settings, "həlˈoʊ", ids, MOST) <= MOST);
    piper_settings_close(&settings);
}

// `WAKESMITH_CATALOGUE` becomes these bytes.
static struct catalogue *open_catalogue(const char *text, size_t size)
{
    struct catalogue *catalogue = NULL;
    struct error error = {0};
    char path[64];
    int file = memfd_create("catalogue", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    setenv("WAKESMITH_CATALOGUE", path, 1);
    setenv("WAKESMITH_VOICES", "/nonexistent", 1);
    if (file < 0 || write(file, text, size) != (ssize_t)size || catalogue_open(&catalogue, &error) < 0)
        check(*error.message || file < 0);
    if (file >= 0)
        close(file);
    return catalogue;
}

static size_t look_at_packs(const struct catalogue *catalogue)
{
    size_t count, length = 0;
    const struct voice_pack *packs = catalogue_packs(catalogue, &count);
    for (size_t i = 0; i < count; i++)
        length += strlen(packs[i].id) + strlen(packs[i].engine) + strlen(packs[i].name) + strlen(packs[i].licence) +
                  strlen(packs[i].languages);
    volatile size_t seen = length;
    (void)seen;
    return count;
}

static void read_pipers_catalogue(const char *text, size_t size)
{
    static const char empty[] = "{\"piper_hub\": \"http://localhost\", \"packs\": []}";
    struct catalogue *catalogue = open_catalogue(empty, sizeof empty - 1);
    struct error error = {0};
    if (!catalogue)
        return;
    if (catalogue_add_piper(catalogue, text, size, &error) < 0)
        check(*error.message);
    check(catalogue_list(catalogue, &error) == 0);
    size_t count = look_at_packs(catalogue);
    const struct voice_pack *packs = catalogue_packs(catalogue, &count);
    for (size_t i = 0; i < count; i++)
        for (const char *at = packs[i].id; *at; at++)
            check((unsigned char)*at > ' ' && *at != '/' && *at != '.' && *at != 0x7f);
    for (size_t i = 0; i < count; i++)
        for (const char *at = packs[i].name; *at; at++)
            check((unsigned char)*at > ' ' && *at != 0x7f);
    catalogue_close(catalogue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = array_alloc(1, size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    read_settings(text, size);
    read_pipers_catalogue(text, size);
    struct catalogue *catalogue = open_catalogue(text, size);
    if (catalogue)
        look_at_packs(catalogue);
    catalogue_close(catalogue);
    free(text);
    return 0;
}
