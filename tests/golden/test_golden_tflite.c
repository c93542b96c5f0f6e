// SPDX-License-Identifier: GPL-3.0-or-later
// The interpreter against the device's runtime: 7 public models, 21 recordings, every output byte.
#include "tflite/tflite.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "golden.h"

static const char *const models[] = {"alexa",         "hey_jarvis", "hey_mycroft", "okay_nabu",
                                     "okay_computer", "computer",   "vad"};

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
        struct tflite_model *model = read_model(models[i]), *again = NULL;
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

// Costs by spec device 5.4, arenas measured with a 32-bit build of the device's runtime (7.1).
static void B40_facts_match_what_was_measured(void **state)
{
    (void)state;
    static const struct { size_t macs, constants, states, arena[ESP_NN_COUNT]; } measured[] = {
        {23968, 26188, 3024, {16144, 22144, 30144}}, {21630, 23722, 2840, {15520, 22496, 30000}},
        {24608, 26844, 3664, {17424, 23424, 31424}}, {24096, 26424, 3472, {18672, 25808, 33808}},
        {24800, 27128, 4176, {19808, 25552, 33552}}, {26080, 28408, 5496, {22864, 28160, 36112}},
        {13760, 15124, 1120, {9920, 16624, 24624}},
    };
    static const double lowest[ESP_NN_COUNT] = {.91, 1, 1}, highest[ESP_NN_COUNT] = {1.02, 1.02, 1.014};
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        struct tflite_model *model = read_model(models[i]);
        struct tflite_facts facts;
        struct error error;
        struct text_list faults = {0};
        assert_int_equal(tflite_describe(model, &facts, &error), 0);
        assert_int_equal(facts.macs_per_step, measured[i].macs);
        assert_int_equal(facts.constant_bytes, measured[i].constants);
        assert_int_equal(facts.state_bytes, measured[i].states);
        for (int g = 0; g < ESP_NN_COUNT; g++) {
            double ratio = (double)facts.arena[g] / (double)measured[i].arena[g];
            if (ratio < lowest[g] || ratio > highest[g])
                fail_msg("%s: arena %zu, measured %zu", models[i], facts.arena[g], measured[i].arena[g]);
        }
        assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
        assert_int_equal(faults.count, 0);
        tflite_close(model);
    }
}

// Any bytes are an error, or a model that the runtime refuses or runs.
static void try_bytes(const uint8_t *data, size_t size, int results[3])
{
    struct tflite_model *model;
    struct tflite_runtime *runtime;
    struct error error;
    int8_t *rows;
    if (tflite_read(&model, data, size, &error)) {
        results[0]++;
        return;
    }
    if (tflite_runtime_open(&runtime, model, cpu_level(), &error) == 0) {
        rows = calloc((size_t)tflite_runtime_stride(runtime), 40);
        for (int i = 0; rows && i < 3; i++)
            tflite_runtime_step(runtime, rows);
        free(rows);
        tflite_runtime_close(runtime);
        results[2]++;
    } else {
        results[1]++;
    }
    tflite_close(model);
}

static void mutated_models_never_crash(void **state)
{
    (void)state;
    int results[3] = {0};
    for (size_t m = 0; m < COUNT_OF(models); m++) {
        size_t size;
        uint8_t *data = golden_read("models", models[m], ".tflite", &size);
        struct rng rng = rng_make(11, m);
        for (int i = 0; i < 1500; i++) {
            // Structure lies before the weights and after them more often than among them: half of the
            // mutations go where zeros and small numbers are.
            size_t at = rng_below(&rng, (uint32_t)size);
            for (int tries = 0; tries < 40 && i % 2 && (data[at] > 64 && data[at] < 192); tries++)
                at = rng_below(&rng, (uint32_t)size);
            uint8_t old = data[at];
            data[at] = (uint8_t)(i % 3 ? rng_next(&rng) : old ^ 1u << rng_below(&rng, 8));
            try_bytes(data, size, results);
            data[at] = old;
        }
        for (int i = 0; i < 300; i++)
            try_bytes(data, rng_below(&rng, (uint32_t)size), results);
        free(data);
    }
    print_message("mutants: %d not read, %d refused by the runtime, %d run\n", results[0], results[1], results[2]);
    assert_true(results[0] > 1000 && results[1] > 100 && results[2] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_the_devices),
        cmocka_unit_test(rewritten_models_give_the_same_bytes),
        cmocka_unit_test(B40_facts_match_what_was_measured),
        cmocka_unit_test(mutated_models_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
