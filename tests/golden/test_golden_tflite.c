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

static struct tflite_model *read_model(const char *name)
{
    size_t size;
    struct error error;
    struct tflite_model *model;
    void *data = golden_read("models", name, ".tflite", &size);
    if (tflite_read(&model, data, size, &error))
        fail_msg("%s: %s", name, error.message);
    free(data);
    return model;
}

// Steps of all recordings.
static size_t compare_all(const struct tflite_model *model, const char *name, enum cpu_level level)
{
    struct error error;
    struct tflite_runtime *runtime;
    size_t steps = 0;
    if (tflite_runtime_open(&runtime, model, level, &error))
        fail_msg("%s: %s", name, error.message);
    for (size_t i = 0; i < COUNT_OF(golden_names); i++)
        steps += compare(runtime, golden_names[i], name);
    tflite_runtime_close(runtime);
    return steps;
}

static void every_byte_is_the_devices(void **state)
{
    (void)state;
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        size_t steps = 0;
        for (size_t i = 0; i < COUNT_OF(models); i++) {
            struct tflite_model *model = read_model(models[i]);
            steps += compare_all(model, models[i], (enum cpu_level)level);
            tflite_close(model);
        }
        print_message("%s: %zu bytes equal\n", cpu_level_name((enum cpu_level)level), steps);
        assert_int_equal(steps, 10454);
    }
}

static void rewritten_models_give_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        struct tflite_model *model = read_model(models[i]), *again;
        struct error error;
        void *data;
        size_t size;
        if (tflite_write(model, &data, &size, &error) || tflite_read(&again, data, size, &error))
            fail_msg("%s: %s", models[i], error.message);
        assert_true(again->has_signature);
        compare_all(again, models[i], cpu_level());
        free(data);
        tflite_close(again);
        tflite_close(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_the_devices),
        cmocka_unit_test(rewritten_models_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
