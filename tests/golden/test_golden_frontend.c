// SPDX-License-Identifier: GPL-3.0-or-later
// The front end against the device's, bit for bit: all golden recordings, any chunk size, every body of this CPU.
#include "frontend/frontend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "golden.h"

typedef size_t push_function(struct frontend *, const int16_t *, size_t, uint16_t *);

static void check_chunks(const char *name, push_function *push, const int16_t *samples, size_t count, size_t chunk,
                         const uint16_t *expected, size_t expected_rows)
{
    struct frontend frontend;
    frontend_reset(&frontend);
    uint16_t *rows = array_alloc(expected_rows * FRONTEND_CHANNELS, sizeof(*rows));
    assert_non_null(rows);
    size_t made = 0;
    for (size_t at = 0; at < count; at += chunk) {
        size_t now = count - at < chunk ? count - at : chunk;
        size_t promised = frontend_rows(&frontend, now);
        assert_true(made + promised <= expected_rows);
        assert_int_equal(push(&frontend, samples + at, now, rows + made * FRONTEND_CHANNELS), promised);
        made += promised;
    }
    assert_int_equal(made, expected_rows);
    if (memcmp(rows, expected, made * FRONTEND_CHANNELS * sizeof(*rows)) != 0)
        fail_msg("%s in chunks of %zu differs", name, chunk);
    free(rows);
}

static void check_recording(const char *name, push_function *push)
{
    size_t count, size;
    int16_t *samples = golden_wav(name, &count);
    uint16_t *expected = golden_read("features", name, ".u16", &size);
    size_t rows = size / sizeof(*expected) / FRONTEND_CHANNELS;
    assert_int_equal(rows, count / FRONTEND_STEP - 2);
    const size_t chunks[] = {1, 7, 159, 160, 161, 480, 481, 1024, 4093, count};
    for (size_t i = 0; i < COUNT_OF(chunks); i++)
        check_chunks(name, push, samples, count, chunks[i], expected, rows);
    free(samples);
    free(expected);
}

static void features_equal_the_device(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(golden_names); i++)
        check_recording(golden_names[i], frontend_push_plain);
    for (int level = CPU_PLAIN; level < CPU_LEVELS; level++) { // levels that the machine lacks run the best it has
        setenv("WAKESMITH_CPU", cpu_level_name((enum cpu_level)level), 1);
        for (size_t i = 0; i < COUNT_OF(golden_names); i++)
            check_recording(golden_names[i], frontend_push);
    }
    unsetenv("WAKESMITH_CPU");
}

static void bytes_equal_the_device(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(golden_names); i++) {
        size_t size, bytes_size;
        uint16_t *features = golden_read("features", golden_names[i], ".u16", &size);
        int8_t *expected = golden_read("features", golden_names[i], ".i8", &bytes_size);
        assert_int_equal(size, bytes_size * sizeof(*features));
        int8_t *bytes = malloc(bytes_size);
        assert_non_null(bytes);
        frontend_quantize(features, bytes_size, bytes);
        assert_memory_equal(bytes, expected, bytes_size);
        free(bytes);
        free(features);
        free(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_equal_the_device),
        cmocka_unit_test(bytes_equal_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
