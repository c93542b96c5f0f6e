// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void errors_carry_a_sentence(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, ERROR_IO, "cannot open %s", "x.wav"), ERROR_IO);
    error_prefix(&error, "--positives-real %s", "d");
    assert_string_equal(error.message, "--positives-real d: cannot open x.wav");
    assert_int_equal(error.code, ERROR_IO);
}

static void arena_gives_aligned_zeroed_memory(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 1; i < 3000; i += 7) {
        unsigned char *data = arena_alloc(&arena, i * 31, 64);
        assert_non_null(data);
        assert_int_equal((uintptr_t)data % 64, 0);
        for (size_t k = 0; k < i * 31; k++)
            assert_int_equal(data[k], 0);
        memset(data, 0xff, i * 31);
    }
    assert_null(array_alloc(SIZE_MAX / 2, 4));
    arena_free(&arena);
}

static void buffer_keeps_its_maximum(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_print(&buffer, "%d-%s", 42, "abc");
    assert_string_equal(buffer.data, "42-abc");
    buffer_append(&buffer, "12345", 5);
    assert_true(buffer.failed);
    assert_string_equal(buffer.data, "42-abc");
    buffer_free(&buffer);
}

static void hashes_match_fips_vectors(void **state)
{
    (void)state;
    char hex[65];
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, "abc", 3);
    sha256_hex(&hash, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_init(&hash);
    for (int i = 0; i < 1000000; i++)
        sha256_add(&hash, "a", 1);
    sha256_hex(&hash, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    char short_hex[41];
    sha1_hex("!!!", 3, short_hex);
    assert_memory_equal(short_hex, "9a7b006d", 8);
    sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, short_hex);
    assert_string_equal(short_hex, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void random_numbers_are_uniform_and_repeat(void **state)
{
    (void)state;
    struct rng a = rng_make(7, 3), b = rng_make(7, 3), c = rng_make(7, 4);
    int bins[10] = {0}, same = 0;
    double sum = 0, squares = 0;
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(rng_next(&a), rng_next(&b));
        same += rng_next(&a) == rng_next(&c);
        rng_next(&b);
        bins[rng_below(&c, 10)]++;
        double x = rng_normal(&c);
        sum += x;
        squares += x * x;
    }
    assert_int_equal(same, 0);
    for (int i = 0; i < 10; i++)
        assert_in_range(bins[i], 9600, 10400);
    assert_true(sum / 1e5 > -0.02 && sum / 1e5 < 0.02);
    assert_true(squares / 1e5 > 0.97 && squares / 1e5 < 1.03);
    assert_int_equal(rng_below(&c, 0), 0);
    assert_true(seed_mix(1, "speech") != seed_mix(1, "train"));
}

static void square_task(void *context, size_t index, int worker)
{
    (void)worker;
    ((uint64_t *)context)[index] += index * index;
}

static void pool_runs_every_task_once(void **state)
{
    (void)state;
    struct error error;
    for (int threads = 1; threads <= 5; threads++) {
        struct pool *pool;
        assert_int_equal(pool_open(&pool, threads, &error), 0);
        uint64_t *results = array_alloc(1000, sizeof *results);
        for (int round = 0; round < 50; round++)
            pool_run(pool, 1000, square_task, results);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(results[i], 50 * i * i);
        free(results);
        pool_close(pool);
    }
}

static void files_are_written_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/wakesmith_base_XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct error error = {0};
    char *deep = path_join(folder, "a/b c/d"), *path = path_join(deep, "x.bin");
    assert_int_equal(folder_make(deep, &error), 0);
    assert_int_equal(file_write(path, "hello", 5, &error), 0);
    void *data;
    size_t size;
    assert_int_equal(file_read(path, 100, &data, &size, &error), 0);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "hello", 6);
    free(data);
    assert_int_equal(file_read(path, 4, &data, &size, &error), ERROR_FORMAT);
    assert_int_equal(file_read("/nowhere/x", 4, &data, &size, &error), ERROR_MISSING);

    struct atomic_file file;
    assert_int_equal(atomic_open(&file, path, &error), 0);
    fputs("half", file.stream);
    atomic_abort(&file);
    struct text_list files = {0};
    assert_int_equal(folder_list(folder, (const char *const[]){".BIN", NULL}, &files, &error), 0);
    assert_int_equal(files.count, 1);
    assert_string_equal(files.items[0], path);
    text_list_free(&files);

    struct mapping mapping;
    assert_int_equal(mapping_open(&mapping, path, &error), 0);
    assert_memory_equal(mapping.data, "hello", 5);
    mapping_close(&mapping);
    assert_int_equal(folder_remove(folder, &error), 0);
    assert_false(folder_exists(folder));
    assert_int_equal(folder_remove(folder, &error), 0);
    free(deep);
    free(path);
}

static int events;
static void count_event(void *context, const struct progress_event *event)
{
    (void)context;
    events += event->last ? 100 : 1;
}

static void keep_whole(void *context, const struct progress_event *event)
{
    *(double *)context = event->whole;
    assert_true(event->whole_eta == -1 || event->whole_eta >= 0);
}

static void progress_of_the_whole(void **state)
{
    (void)state;
    double whole = -1;
    struct progress progress = {.sink = keep_whole, .context = &whole};
    progress_part(&progress, 0, 0.25, 100);
    progress_begin(&progress, "first");
    assert_float_equal(whole, 0, 1e-12);
    progress_step(&progress, 1, 2, "half");
    assert_float_equal(whole, 0.125, 1e-12);
    progress_end(&progress, "done");
    assert_float_equal(whole, 0.25, 1e-12);
    progress_part(&progress, 0.75, 1, 100); // a stage in between was found done
    progress_begin(&progress, "last");
    assert_float_equal(whole, 0.75, 1e-12);
    progress_end(&progress, "done");
    assert_float_equal(whole, 1, 1e-12);
}

static void progress_reports_and_stops(void **state)
{
    (void)state;
    volatile int stop = 0;
    struct progress progress = {.sink = count_event, .stop = &stop};
    progress_begin(&progress, "test");
    for (int i = 0; i < 1000; i++)
        progress_step(&progress, i, 1000, "%d", i);
    progress_end(&progress, "done");
    assert_in_range(events, 101, 110);
    assert_false(progress_stopped(&progress));
    stop = 1;
    assert_true(progress_stopped(&progress));
    assert_false(progress_stopped(NULL));
}

static void journal_keeps_whole_records(void **state)
{
    (void)state;
    static const char key[65] = "a123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                      other[65] = "b123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char *const expected[] = {"", "one||", "one||one|"};
    struct journal journal;
    struct buffer all;
    struct stat info;
    struct error error = {0};
    char folder[] = "/tmp/wakesmith_base_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal", folder);
    for (int round = 0; round < 3; round++) { // 0: new, 1: goes on, 2: the last record is torn
        buffer_init(&all, 1000);
        assert_int_equal(journal_open(&journal, path, key, &error), 0);
        while (journal_read(&journal, &all, &error) == 1)
            buffer_append(&all, "|", 1);
        assert_string_equal(all.data ? all.data : "", expected[round]);
        assert_int_equal(journal_append(&journal, "one", 3, &error), 0);
        assert_int_equal(journal_append(&journal, "", 0, &error), 0);
        journal_close(&journal);
        buffer_free(&all);
        if (round == 1) {
            assert_int_equal(stat(path, &info), 0);
            assert_int_equal(truncate(path, info.st_size - 1), 0); // the last one has no data, only a head
        }
    }
    assert_int_equal(journal_open(&journal, path, other, &error), 0);
    buffer_init(&all, 1000);
    assert_int_equal(journal_read(&journal, &all, &error), 0);
    journal_close(&journal);
    assert_int_equal(journal_open(&journal, "/nonexistent/journal", key, &error), ERROR_IO);
    assert_int_equal(folder_remove(folder, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_carry_a_sentence),    cmocka_unit_test(arena_gives_aligned_zeroed_memory),
        cmocka_unit_test(buffer_keeps_its_maximum),   cmocka_unit_test(hashes_match_fips_vectors),
        cmocka_unit_test(random_numbers_are_uniform_and_repeat), cmocka_unit_test(pool_runs_every_task_once),
        cmocka_unit_test(files_are_written_whole),    cmocka_unit_test(progress_reports_and_stops),
        cmocka_unit_test(progress_of_the_whole),     cmocka_unit_test(journal_keeps_whole_records),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
