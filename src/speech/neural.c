// SPDX-License-Identifier: GPL-3.0-or-later
// What neural voices need beside their files, as the user is told: a library, and where it computes.
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const devices[] = {"auto", "cpu", "cuda"};

int speech_choose_device(const char *name, struct error *error)
{
    for (size_t i = 0; i < COUNT_OF(devices); i++)
        if (strcmp(name, devices[i]) == 0)
            return setenv(SPEECH_DEVICE_VARIABLE, name, 1) == 0 ? 0 : error_memory(error, "the device");
    return error_set(error, ERROR_USAGE, "--device: say auto, cpu or cuda, not \"%.40s\"", name);
}

bool speech_neural_files(void)
{
    static const char *const endings[] = {".onnx", NULL};
    struct text_list models = {0};
    struct error ignored;
    char *folder = speech_folder();
    for (size_t i = 0; folder && i < speech_engine_count; i++) {
        char *path = speech_engines[i].neural ? path_join(folder, speech_engines[i].name) : NULL;
        if (path && folder_exists(path))
            folder_list(path, endings, &models, &ignored);
        free(path);
    }
    bool some = models.count > 0;
    text_list_free(&models);
    free(folder);
    return some;
}

static int try_library(void *context, int output)
{
    struct ort *ort;
    struct error error;
    (void)context;
    if (ort_open(&ort, &error) == 0)
        return 0;
    return child_write(output, error.message, strlen(error.message)) ? 0 : -1;
}

void speech_obstacle(char *sentence, size_t size)
{
    struct buffer answer = {0};
    struct error error;
    *sentence = 0;
    if (!speech_neural_files())
        return;
    if (child_call(try_library, NULL, &answer, "neural voices cannot speak with this ONNX Runtime", &error) < 0)
        snprintf(sentence, size, "%.200s: " ORT_ANOTHER, error.message);
    else if (answer.size)
        snprintf(sentence, size, "%s", answer.data);
    buffer_free(&answer);
}
