// SPDX-License-Identifier: GPL-3.0-or-later
#include "tflite/tflite.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tiny_models.h"

enum { STEPS = 200, ROW_BYTES = TINY_STRIDE * 40 };

static struct tflite_runtime *must_open(const struct tflite_model *model, enum cpu_level level)
{
    struct tflite_runtime *runtime;
    struct error error;
    if (tflite_runtime_open(&runtime, model, level, &error))
        fail_msg("%s", error.message);
    return runtime;
}

// First half: quiet features; second half: any bytes.
static void random_rows(uint64_t stream, int8_t rows[STEPS * ROW_BYTES])
{
    struct rng rng = rng_make(99, stream);
    for (int i = 0; i < STEPS * ROW_BYTES; i++)
        rows[i] = i < STEPS * ROW_BYTES / 2 ? (int8_t)((int)rng_below(&rng, 80) - 128) : (int8_t)rng_next(&rng);
}

static void run_all(struct tflite_runtime *runtime, uint64_t stream, uint8_t bytes[STEPS])
{
    static int8_t rows[STEPS * ROW_BYTES];
    random_rows(stream, rows);
    tflite_runtime_reset(runtime);
    for (int i = 0; i < STEPS; i++)
        bytes[i] = tflite_runtime_step(runtime, rows + ROW_BYTES * i);
}

static void arithmetic_matches_the_vectors_of_the_spec(void **state)
{
    (void)state;
    static const struct { double real; int32_t multiplier; int exponent;
    } multipliers[] = {
        {0.0209301, 1438305520, -5},
        {0.00032181706, 1415366398, -11},
        {.5, 1073741824, 0},
        {1, 1073741824, 1},
        {0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(multipliers); i++) {
        int32_t multiplier;
        int exponent;
        requant_multiplier(multipliers[i].real, &multiplier, &exponent);
        assert_int_equal(multiplier, multipliers[i].multiplier);
        assert_int_equal(exponent, multipliers[i].exponent);
    }
    static const struct { double real; int32_t in, out;
    } values[] = {
        {0.0209301, 1000, 21}, {0.0209301, -1000, -21}, {0.00032181706, 12345, 4},
        {.5, 77, 39},          {.5, -77, -38},          {1, -5, -5},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        int32_t multiplier;
        int exponent;
        requant_multiplier(values[i].real, &multiplier, &exponent);
        assert_int_equal(requant(values[i].in, multiplier, exponent), values[i].out);
    }
}

static void operators_have_names(void **state)
{
    (void)state;
    assert_string_equal(op_name(OP_CONV_2D), "CONV_2D");
    assert_string_equal(op_name(OP_ASSIGN_VARIABLE), "ASSIGN_VARIABLE");
    assert_null(op_name(25)); // SOFTMAX
}

// Expected bytes: what tflite-micro gives for the written files.
static void hand_made_models_run_as_on_the_device(void **state)
{
    (void)state;
    static const uint8_t streaming[] = {120, 165, 147, 151, 143, 154, 102, 169, 117, 176, 172, 94,
                                        105, 87, 169, 68, 132, 91, 117, 109, 87, 136, 139, 128};
    static const uint8_t rare[] = {254, 254, 220, 143, 117, 230, 252, 238, 237, 232, 243, 248,
                                   236, 176, 214, 162, 109, 207, 202, 188, 185, 228, 251, 182};
    struct tflite_model *first = tiny_streaming(5, 23, true), *second = tiny_rare(7);
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++) {
        uint8_t bytes[STEPS];
        struct tflite_runtime *runtime = must_open(first, (enum cpu_level)level);
        assert_int_equal(tflite_runtime_stride(runtime), TINY_STRIDE);
        run_all(runtime, 5, bytes);
        assert_memory_equal(bytes + STEPS - sizeof streaming, streaming, sizeof streaming);
        tflite_runtime_close(runtime);
        runtime = must_open(second, (enum cpu_level)level);
        run_all(runtime, 7, bytes);
        assert_memory_equal(bytes + STEPS - sizeof rare, rare, sizeof rare);
        tflite_runtime_close(runtime);
    }
    tflite_close(first);
    tflite_close(second);
}

static void reset_starts_afresh(void **state)
{
    (void)state;
    struct tflite_model *model = tiny_streaming(1, 16, false);
    struct tflite_runtime *runtime = must_open(model, cpu_level());
    tflite_close(model); // the runtime has what it needs
    uint8_t first[STEPS], second[STEPS];
    run_all(runtime, 1, first);
    run_all(runtime, 1, second);
    assert_memory_equal(first, second, STEPS);
    int8_t rows[ROW_BYTES] = {0}, logit;
    for (int i = 0; i < 20; i++) {
        uint8_t byte = tflite_runtime_step_logit(runtime, rows, &logit);
        double p = 1 / (1 + exp(-(double).06f * (logit - 5)));
        assert_true(fabs(256 * p - byte) < 1);
    }
    tflite_runtime_close(runtime);
}

static void written_models_read_back(void **state)
{
    (void)state;
    struct error error;
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct tflite_model *model = seed % 3 == 2 ? tiny_rare(seed) : tiny_streaming(seed, 9 + (int)seed, seed % 2),
                            *again = NULL;
        void *data, *twice = NULL;
        size_t size, twice_size = 0;
        if (tflite_write(model, &data, &size, &error) || tflite_read(&again, data, size, &error) ||
            tflite_write(again, &twice, &twice_size, &error))
            fail_msg("%s", error.message);
        assert_int_equal(size % 16, 0);
        assert_int_equal(size, twice_size);
        assert_memory_equal(data, twice, size);
        assert_true(again->has_signature);
        assert_string_equal(again->description, "tiny");
        struct tflite_runtime *a = must_open(model, cpu_level()), *b = must_open(again, cpu_level());
        uint8_t first[STEPS], second[STEPS];
        run_all(a, seed, first);
        run_all(b, seed, second);
        assert_memory_equal(first, second, STEPS);
        tflite_runtime_close(a);
        tflite_runtime_close(b);
        tflite_close(model);
        tflite_close(again);
        free(data);
        free(twice);
    }
}

static void writer_demands_the_strict_form(void **state)
{
    (void)state;
    struct error error;
    void *data;
    size_t size;
    struct tflite_model *model = tiny_streaming(1, 8, false);
    for (int i = 0; i < model->subgraphs[0].op_count; i++)
        if (model->subgraphs[0].ops[i].code == OP_CONV_2D)
            model->subgraphs[0].ops[i].input_count = 2;
    assert_int_equal(tflite_write(model, &data, &size, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "bias"));
    struct tflite_runtime *runtime = must_open(model, CPU_PLAIN); // the device takes it
    tflite_runtime_close(runtime);
    tflite_close(model);
    model = tiny_streaming(1, 8, false);
    model->subgraphs[1].op_count = 0;
    assert_int_equal(tflite_write(model, &data, &size, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "initial value"));
    tflite_close(model);
}

// Reads, opens and runs whatever the bytes give; the result must be an error with a sentence or a working model.
static int try_bytes(const void *data, size_t size)
{
    struct tflite_model *model;
    struct tflite_runtime *runtime;
    struct error error = {0};
    if (tflite_read(&model, data, size, &error)) {
        assert_true(error.code < 0 && error.message[0]);
        return 0;
    }
    int opened = tflite_runtime_open(&runtime, model, cpu_level(), &error) == 0;
    if (opened) {
        int8_t rows[64 * 40] = {1, 2, 3};
        for (int i = 0; i < 3 && tflite_runtime_stride(runtime) <= 64; i++)
            tflite_runtime_step(runtime, rows);
        tflite_runtime_close(runtime);
    }
    tflite_close(model);
    return 1 + opened;
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    static const uint8_t root_outside[] = {0x18, 0, 0, 0, 'T', 'F', 'L', '3'};
    static const uint8_t table_outside[] = {8, 0, 0, 0, 'T', 'F', 'L', '3', 0, 0, 0, 0x80};
    static const struct { const void *data; size_t size; } files[] = {
        {"", 0}, {"TFL3", 4}, {root_outside, sizeof root_outside}, {table_outside, sizeof table_outside},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_int_equal(try_bytes(files[i].data, files[i].size), 0);
}

static void truncated_and_mutated_files_never_crash(void **state)
{
    (void)state;
    struct error error;
    for (int kind = 0; kind < 2; kind++) {
        struct tflite_model *model = kind ? tiny_rare(3) : tiny_streaming(3, 8, true);
        void *bytes;
        size_t size;
        assert_int_equal(tflite_write(model, &bytes, &size, &error), 0);
        tflite_close(model);
        uint8_t *data = bytes;
        for (size_t length = 0; length < size; length++)
            assert_int_equal(try_bytes(data, length), 0);
        struct rng rng = rng_make(7, (uint64_t)kind);
        int results[3] = {0};
        for (int i = 0; i < 2000; i++) {
            size_t at = rng_below(&rng, (uint32_t)size);
            uint8_t old = data[at];
            data[at] = (uint8_t)rng_next(&rng);
            results[try_bytes(data, size)]++;
            data[at] = old;
        }
        assert_true(results[0] && results[2]);
        free(data);
    }
}

// Each number of a file in turn is far too large: an offset, a length, a shape, the index of a buffer.
static void every_number_may_be_out_of_range(void **state)
{
    (void)state;
    static const uint32_t large = INT32_MAX;
    struct error error;
    struct tflite_model *model = tiny_streaming(2, 8, false);
    void *bytes;
    size_t size, buffers = 0;
    assert_int_equal(tflite_write(model, &bytes, &size, &error), 0);
    tflite_close(model);
    uint8_t *data = bytes;
    for (size_t at = 0; at + sizeof large <= size; at += sizeof large) {
        uint32_t old;
        memcpy(&old, data + at, sizeof old);
        memcpy(data + at, &large, sizeof large);
        try_bytes(data, size);
        if (tflite_read(&model, data, size, &error) == 0)
            tflite_close(model);
        else
            buffers += strstr(error.message, "takes its data from buffer 2147483647") != NULL;
        memcpy(data + at, &old, sizeof old);
    }
    assert_true(buffers >= 1);
    free(bytes);
}

// Breaks one thing of a sound model and expects the reader's rules, or the runtime, to name it.
static void graphs_that_lie_are_refused(void **state)
{
    (void)state;
    enum {
        CYCLE,
        OVERFLOW_SHAPE,
        MISSING_TENSOR,
        DATA_SIZE,
        SCALE,
        ZERO_POINT,
        SELF_CALL,
        RESHAPE_SIZE,
        ACCUMULATOR,
        CASES
    };
    for (int what = 0; what < CASES; what++) {
        struct tflite_model *model = tiny_streaming(2, 8, false);
        struct subgraph *graph = &model->subgraphs[0];
        struct op *conv = graph->ops, *reshape = graph->ops;
        while (conv->code != OP_CONV_2D)
            conv++;
        while (reshape->code != OP_RESHAPE)
            reshape++;
        struct tensor *weights = &graph->tensors[conv->inputs[1]], *out = &graph->tensors[conv->outputs[0]];
        switch (what) {
        case CYCLE: ((int *)(uintptr_t)conv->inputs)[0] = conv->outputs[0]; break;
        case OVERFLOW_SHAPE: out->shape[1] = out->shape[2] = out->shape[3] = 65536; break;
        case MISSING_TENSOR: ((int *)(uintptr_t)conv->inputs)[1] = graph->tensor_count; break;
        case DATA_SIZE: weights->data_size--; break;
        case SCALE: *(float *)(uintptr_t)out->scales = NAN; break;
        case ZERO_POINT: *(int64_t *)(uintptr_t)out->zero_points = 128; break;
        case SELF_CALL: graph->ops[0].options.call_once.subgraph = 0; break;
        case RESHAPE_SIZE: graph->tensors[reshape->outputs[0]].shape[3] = 41; break;
        default: {
            int32_t large = INT32_MAX - 1;
            memcpy((void *)(uintptr_t)graph->tensors[conv->inputs[2]].data, &large, sizeof large);
        }
        }
        struct tflite_runtime *runtime;
        struct error error = {0};
        assert_int_equal(tflite_runtime_open(&runtime, model, CPU_PLAIN, &error), ERROR_FORMAT);
        assert_true(error.message[0]);
        struct text_list faults = {0};
        assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
        assert_true(faults.count >= 1);
        text_list_free(&faults);
        tflite_close(model);
    }
}

static void device_faults_are_named(void **state)
{
    (void)state;
    struct error error;
    struct text_list faults = {0};
    struct tflite_model *model = tiny_streaming(2, 8, false);
    assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
    assert_int_equal(faults.count, 0);
    struct op *last = &model->subgraphs[0].ops[model->subgraphs[0].op_count - 1];
    model->subgraphs[0].tensors[last->outputs[0]].type = TENSOR_INT8;
    last[-1].code = 25;
    assert_int_equal(tflite_device_faults(model, &faults, &error), 0);
    assert_int_equal(faults.count, 2);
    assert_non_null(strstr(faults.items[0], "uint8"));
    assert_non_null(strstr(faults.items[1], "25"));
    text_list_free(&faults);
    tflite_close(model);
}

static void facts_count_what_a_step_costs(void **state)
{
    (void)state;
    struct error error;
    struct tflite_facts facts;
    struct tflite_model *model = tiny_streaming(2, 8, false);
    assert_int_equal(tflite_describe(model, &facts, &error), 0);
    assert_int_equal(facts.stride, TINY_STRIDE);
    assert_int_equal(facts.variables, 4);
    assert_int_equal(facts.state_bytes, 3 * 40 + (4 + 6 + 5) * 8);
    assert_int_equal(facts.macs_per_step, 8 * 5 * 40 + 5 * 8 + 8 * 8 + (4 + 7) * 4 + 8 * 8 + 6 * 8);
    assert_int_equal(facts.ops, model->subgraphs[0].op_count + model->subgraphs[1].op_count);
    assert_true(facts.arena[ESP_NN_NONE] < facts.arena[ESP_NN_1_1] &&
                facts.arena[ESP_NN_1_1] < facts.arena[ESP_NN_1_2]);
    assert_true(facts.arena_recommended % 1024 == 0 && facts.arena_recommended * 10 >= facts.arena[ESP_NN_1_2] * 11);
    tflite_close(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_matches_the_vectors_of_the_spec),
        cmocka_unit_test(operators_have_names),
        cmocka_unit_test(hand_made_models_run_as_on_the_device),
        cmocka_unit_test(reset_starts_afresh),
        cmocka_unit_test(written_models_read_back),
        cmocka_unit_test(writer_demands_the_strict_form),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(truncated_and_mutated_files_never_crash),
        cmocka_unit_test(every_number_may_be_out_of_range),
        cmocka_unit_test(graphs_that_lie_are_refused),
        cmocka_unit_test(device_faults_are_named),
        cmocka_unit_test(facts_count_what_a_step_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
