// SPDX-License-Identifier: GPL-3.0-or-later
// The interpreter against the device's runtime: 7 public models, 21 recordings, every output byte.
#include "tflite/tflite.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "golden.h"

static const char *const models[] = {"alexa", "hey_jarvis", "hey_mycroft", "okay_nabu", "okay_computer", "computer", "vad"};

// Steps of one recording, compared byte for byte; the number of steps.
static size_t compare(struct tflite_runtime *runtime, const char *recording, const char *model)
{
    char ending[32];
    snprintf(ending, sizeof ending, ".%s.u8", model);
    size_t rows_size, bytes_size, stride = (size_t)tflite_runtime_stride(runtime) * 40, step;
    int8_t *rows = golden_read("features", recording, ".i8", &rows_size);
    uint8_t *bytes = golden_read("outputs", recording, ending, &bytes_size);
    assert_int_equal(bytes_size, rows_size / stride);
    tflite_runtime_reset(runtime);
    for (step = 0; step < bytes_size; step++) {
        uint8_t byte = tflite_runtime_step(runtime, rows + step * stride);
        if (byte != bytes[step])
            fail_msg("%s, %s: step %zu gives %d, the device gives %d", model, recording, step, byte, bytes[step]);
    }
    free(rows);
    free(bytes);
    return step;
}

static void every_byte_is_the_devices(void **state)
{
    (void)state;
    struct error error;
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        size_t steps = 0;
        for (size_t m = 0; m < COUNT_OF(models); m++) {
            size_t size;
            void *data = golden_read("models", models[m], ".tflite", &size);
            struct tflite_model *model;
            struct tflite_runtime *runtime;
            if (tflite_read(&model, data, size, &error) || tflite_runtime_open(&runtime, model, (enum cpu_level)level, &error))
                fail_msg("%s: %s", models[m], error.message);
            tflite_close(model);
            for (size_t r = 0; r < COUNT_OF(golden_names); r++)
                steps += compare(runtime, golden_names[r], models[m]);
            tflite_runtime_close(runtime);
            free(data);
        }
        print_message("%s: %zu bytes equal\n", cpu_level_name((enum cpu_level)level), steps);
        assert_int_equal(steps, 10454);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte_is_the_devices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
