// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a file of settings and as a count of files: no crash, keys are names, and what is written is read again.
#include "cli/settings.h"

#include <stdlib.h>
#include <string.h>

static void write_and_read(const struct settings *settings)
{
    struct buffer text;
    struct settings again;
    struct error error;
    buffer_init(&text, 1 << 24);
    for (size_t i = 0; i < settings->keys.count; i++)
        settings_print(&text, settings->keys.items[i], settings->values.items[i]);
    if (text.failed || settings_parse(&again, text.data, text.size, "again", &error) < 0)
        abort();
    if (again.keys.count != settings->keys.count)
        abort();
    for (size_t i = 0; i < settings->keys.count; i++)
        if (strcmp(again.keys.items[i], settings->keys.items[i]) != 0 ||
            strcmp(again.values.items[i], settings->values.items[i]) != 0)
            abort();
    settings_close(&again);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    struct settings settings;
    struct error error;
    char *text = malloc(size ? size : 1); // exactly as long, so that reading past it is seen
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    if (settings_parse(&settings, text, size, "settings", &error) == 0) {
        for (size_t i = 0; i < settings.keys.count; i++) {
            const char *key = settings.keys.items[i];
            if (!*key || (*key >= '0' && *key <= '9') || strspn(key, letters) != strlen(key))
                abort();
        }
        if (settings.keys.count)
            write_and_read(&settings);
        settings_close(&settings);
    } else if (strchr(error.message, '\n'))
        abort();
    free(text);
    return 0;
}
