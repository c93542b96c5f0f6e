// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a model: read, described, written again, run a few steps; no crash, no long run.
#include "tflite/tflite.h"

#include <stdlib.h>
#include <string.h>

static void use(const struct tflite_model *model)
{
    struct error error;
    struct tflite_facts facts;
    struct text_list faults = {0};
    struct tflite_runtime *runtime;
    void *data;
    size_t size;
    tflite_describe(model, &facts, &error);
    tflite_device_faults(model, &faults, &error);
    text_list_free(&faults);
    if (tflite_write(model, &data, &size, &error) == 0) {
        struct tflite_model *again;
        if (tflite_read(&again, data, size, &error))
            abort(); // what the writer accepts, the reader must take
        tflite_close(again);
        free(data);
    }
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        if (tflite_runtime_open(&runtime, model, (enum cpu_level)level, &error))
            return;
        int8_t *rows = calloc((size_t)tflite_runtime_stride(runtime), 40);
        for (int i = 0; rows && i < 3; i++)
            tflite_runtime_step(runtime, rows);
        free(rows);
        tflite_runtime_close(runtime);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tflite_model *model;
    struct error error = {0};
    if (tflite_read(&model, data, size, &error)) {
        if (!error.message[0])
            abort();
        return 0;
    }
    use(model);
    tflite_close(model);
    return 0;
}
