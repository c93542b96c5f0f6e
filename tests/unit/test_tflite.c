// SPDX-License-Identifier: GPL-3.0-or-later
#include "tflite/tflite.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void arithmetic_matches_the_vectors_of_the_spec(void **state)
{
    (void)state;
    static const struct { double real; int32_t multiplier; int exponent; } multipliers[] = {
        {0.0209301, 1438305520, -5}, {0.00032181706, 1415366398, -11}, {.5, 1073741824, 0}, {1, 1073741824, 1}, {0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(multipliers); i++) {
        int32_t multiplier;
        int exponent;
        requant_multiplier(multipliers[i].real, &multiplier, &exponent);
        assert_int_equal(multiplier, multipliers[i].multiplier);
        assert_int_equal(exponent, multipliers[i].exponent);
    }
    static const struct { double real; int32_t in, out; } values[] = {
        {0.0209301, 1000, 21}, {0.0209301, -1000, -21}, {0.00032181706, 12345, 4}, {.5, 77, 39}, {.5, -77, -38}, {1, -5, -5},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        int32_t multiplier;
        int exponent;
        requant_multiplier(values[i].real, &multiplier, &exponent);
        assert_int_equal(requant(values[i].in, multiplier, exponent), values[i].out);
    }
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    static const uint8_t root_outside[] = {0x18, 0, 0, 0, 'T', 'F', 'L', '3'};
    static const uint8_t table_outside[] = {8, 0, 0, 0, 'T', 'F', 'L', '3', 0, 0, 0, 0x80};
    static const struct { const void *data; size_t size; } files[] = {
        {"", 0}, {"TFL3", 4}, {root_outside, sizeof root_outside}, {table_outside, sizeof table_outside},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct tflite_model *model;
        struct error error;
        assert_int_equal(tflite_read(&model, files[i].data, files[i].size, &error), ERROR_FORMAT);
    }
}

static void operators_have_names(void **state)
{
    (void)state;
    assert_string_equal(op_name(OP_CONV_2D), "CONV_2D");
    assert_string_equal(op_name(OP_ASSIGN_VARIABLE), "ASSIGN_VARIABLE");
    assert_null(op_name(25)); // SOFTMAX
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_matches_the_vectors_of_the_spec),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(operators_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
