// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "dataset/dataset.h"
#include "detect/detect.h"

#include <stdlib.h>

static int print_bytes(struct tflite_runtime *runtime, const struct npy *features, struct error *error)
{
    size_t values = features->rows * FRONTEND_CHANNELS;
    int8_t *inputs = array_alloc(values + 1, 1);
    uint8_t *bytes = array_alloc(features->rows + 1, 1);
    int code = 0;
    if (!inputs || !bytes)
        code = error_memory(error, "the features");
    else {
        const int8_t *rows = features->data;
        if (!features->int8) {
            frontend_quantize(features->data, values, inputs);
            rows = inputs;
        }
        size_t count = detect_bytes(runtime, rows, features->rows, bytes);
        for (size_t i = 0; i < count; i++)
            printf("%d\n", bytes[i]);
        code = print_done(error);
    }
    free(inputs);
    free(bytes);
    return code;
}

int command_infer(int argc, char **argv, struct error *error)
{
    struct positionals files;
    bool done;
    TRY(command_parse("infer", NULL, 0, argc, argv, 2, 2, &files, &done, error));
    if (done)
        return 0;
    struct tflite_model *model = NULL;
    struct tflite_runtime *runtime = NULL;
    struct npy features = {0};
    int code;
    TRY_GOTO(tflite_open(&model, files.items[0], error), end);
    TRY_GOTO(tflite_runtime_open(&runtime, model, cpu_level(), error), end);
    TRY_GOTO(npy_read(files.items[1], &features, error), end);
    code = print_bytes(runtime, &features, error);
end:
    free(features.data);
    tflite_runtime_close(runtime);
    tflite_close(model);
    return code;
}
