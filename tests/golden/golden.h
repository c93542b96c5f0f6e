// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ../shared/data/golden in tests. Include after cmocka.h; a missing folder skips the test.
#ifndef WAKESMITH_GOLDEN_H
#define WAKESMITH_GOLDEN_H

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

static const char *const golden_names[] = {
    "alexa_1",         "alexa_2",       "alexa_3",      "computer_1",    "feat_silence",   "feat_speech",
    "hey_jarvis_1",    "hey_jarvis_2",  "hey_jarvis_3", "hey_mycroft_1", "hey_mycroft_2",  "hey_mycroft_3",
    "hey_peppa_pig_1", "okay_nabu_1",   "okay_nabu_2",  "okay_nabu_3",   "syn_sine1k_max", "syn_square_min",
    "syn_white_full",  "syn_white_pm2", "syn_zeros"};

// Whole file golden/<folder>/<name><ending>; caller frees. Skips the test when the golden folder is absent.
static inline void *golden_read(const char *folder, const char *name, const char *ending, size_t *size)
{
    const char *shared = getenv("WAKESMITH_SHARED");
    char *root = text_print("%s/data/golden", shared ? shared : "");
    if (!shared || !folder_exists(root)) {
        printf("skipped: no ../shared\n");
        free(root);
        skip();
    }
    char *path = text_print("%s/%s/%s%s", root, folder, name, ending);
    struct error error;
    void *data = NULL;
    if (file_read(path, (size_t)64 << 20, &data, size, &error) < 0)
        fail_msg("%s", error.message);
    free(path);
    free(root);
    return data;
}

// Samples of golden/wav/<name>.wav (some files have chunks before "data"); caller frees.
static inline int16_t *golden_wav(const char *name, size_t *count)
{
    size_t size;
    uint8_t *file = golden_read("wav", name, ".wav", &size);
    size_t at = 12;
    uint32_t length = 0;
    while (at + 8 <= size) {
        memcpy(&length, file + at + 4, sizeof(length));
        if (memcmp(file + at, "data", 4) == 0)
            break;
        at += 8 + length + length % 2;
    }
    assert_true(at + 8 + length <= size);
    memmove(file, file + at + 8, length);
    *count = length / sizeof(int16_t);
    return (int16_t *)(void *)file;
}

#endif
