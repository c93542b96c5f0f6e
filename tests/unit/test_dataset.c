// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feature_sets.h"
#include "test_folder.h"

// ---- own store ----

static const struct feature_item words[] = {
    {.rows = 200, .valid_from = 20, .word_end = 170, .group = -3, .weight = 1, .tag = 7},
    {.rows = 1, .word_end = 0, .group = 5, .weight = 0.25f},
    {.rows = 77, .valid_from = 77, .word_end = 76, .group = 5, .weight = 0},
};

static void write_store(const char *path)
{
    struct feature_writer *writer;
    uint16_t rows[200 * C];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = (uint16_t)(i * 7919);
    assert_int_equal(feature_writer_open(&writer, path, &error), 0);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_int_equal(feature_writer_add(writer, rows + i, &words[i], &error), 0);
    assert_int_equal(feature_writer_close(writer, &error), 0);
}

static void test_store_round_trip(void **state)
{
    (void)state;
    struct feature_set set;
    write_store(in_folder("a.features"));
    assert_int_equal(feature_set_open(&set, in_folder("a.features"), &error), 0);
    assert_int_equal(set.item_count, COUNT_OF(words));
    assert_int_equal(set.row_count, 278);
    uint64_t next = 0;
    for (size_t i = 0; i < set.item_count; i++) {
        struct feature_item want = words[i];
        want.first_row = next;
        assert_memory_equal(&set.items[i], &want, sizeof want);
        for (size_t k = 0; k < (size_t)want.rows * C; k++)
            assert_int_equal(set.rows[next * C + k], (uint16_t)((k + i) * 7919));
        next += want.rows;
    }
    feature_set_close(&set);
    feature_set_close(NULL);
}

// ---- a set that goes on where an earlier process was stopped ----

static const char key[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                  other_key[65] = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// Adds the words from where the writer stands to `until`; each is noted by itself.
static size_t go_on(const char *path, const char *as, size_t until, bool end)
{
    struct feature_writer *writer;
    uint16_t rows[200 * C];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = (uint16_t)(i * 7919);
    assert_int_equal(feature_writer_resume(&writer, path, as, &error), 0);
    size_t found = feature_writer_items(writer);
    for (size_t i = found; i < until; i++) {
        assert_int_equal(feature_writer_add(writer, rows + i, &words[i], &error), 0);
        if (i + 1 == until)
            break;
        feature_writer_abort(writer);
        assert_int_equal(feature_writer_resume(&writer, path, as, &error), 0);
    }
    if (end)
        assert_int_equal(feature_writer_close(writer, &error), 0);
    else
        feature_writer_abort(writer);
    return found;
}

static void assert_same_files(const char *a, const char *b)
{
    void *x, *y;
    size_t x_size, y_size;
    assert_int_equal(file_read(a, 1 << 20, &x, &x_size, &error), 0);
    assert_int_equal(file_read(b, 1 << 20, &y, &y_size, &error), 0);
    assert_int_equal(x_size, y_size);
    assert_memory_equal(x, y, x_size);
    free(x);
    free(y);
}

static void cut(const char *path, off_t from_end)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size - from_end), 0);
}

static void test_store_goes_on(void **state)
{
    (void)state;
    write_store(in_folder("whole"));
    char *path = strdup(in_folder("slow")), *part = strdup(in_folder("slow.part")), *items = strdup(in_folder("slow.items"));
    assert_int_equal(go_on(path, key, 2, false), 0);
    assert_false(file_exists(path));
    assert_int_equal(go_on(path, key, 2, false), 2);
    cut(items, 1); // the last record is torn: its item is written again
    assert_int_equal(go_on(path, key, 2, false), 1);
    cut(part, 1); // rows are missing that were noted: all begins anew
    assert_int_equal(go_on(path, key, 2, false), 0);
    assert_int_equal(go_on(path, other_key, 1, false), 0);
    assert_int_equal(go_on(path, other_key, COUNT_OF(words), true), 1);
    assert_same_files(path, in_folder("whole"));
    assert_false(file_exists(part));
    assert_false(file_exists(items));
    free(path);
    free(part);
    free(items);
}

static void test_store_empty(void **state)
{
    (void)state;
    struct feature_writer *writer;
    struct feature_set set;
    assert_int_equal(feature_writer_open(&writer, in_folder("empty"), &error), 0);
    assert_int_equal(feature_writer_close(writer, &error), 0);
    assert_int_equal(feature_set_open(&set, in_folder("empty"), &error), 0);
    assert_int_equal(set.item_count + set.row_count, 0);
    feature_set_close(&set);
}

static void test_store_refuses_impossible_items(void **state)
{
    (void)state;
    static const struct feature_item bad[] = {{.rows = 0, .weight = 1},
                                              {.rows = 10, .word_end = 10, .weight = 1},
                                              {.rows = 10, .valid_from = 11, .weight = 1},
                                              {.rows = 10, .weight = -1},
                                              {.rows = 10, .weight = NAN},
                                              {.rows = 10, .weight = INFINITY}};
    uint16_t rows[10 * C] = {0};
    struct feature_writer *writer;
    assert_int_equal(feature_writer_open(&writer, in_folder("bad"), &error), 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(feature_writer_add(writer, rows, &bad[i], &error), ERROR_USAGE);
    feature_writer_abort(writer);
    assert_false(file_exists(in_folder("bad")));
}

// Every wrong byte and every cut is found.
static void test_store_damage(void **state)
{
    (void)state;
    struct feature_set set;
    void *data;
    size_t size;
    write_store(in_folder("whole"));
    assert_int_equal(file_read(in_folder("whole"), 1 << 20, &data, &size, &error), 0);
    unsigned char *bytes = data;
    for (size_t at = 0; at < size; at += at < 64 || at + 200 > size ? 1 : 331) {
        if (at >= size - 32)
            continue; // reserved bytes of the tail
        bytes[at] ^= 0x40;
        assert_int_equal(file_write(in_folder("flipped"), bytes, size, &error), 0);
        assert_int_equal(feature_set_open(&set, in_folder("flipped"), &error), ERROR_FORMAT);
        bytes[at] ^= 0x40;
    }
    for (size_t cut = 0; cut < size; cut += 479) {
        assert_int_equal(file_write(in_folder("cut"), bytes, cut, &error), 0);
        assert_int_equal(feature_set_open(&set, in_folder("cut"), &error), ERROR_FORMAT);
    }
    free(data);
    assert_int_equal(feature_set_open(&set, in_folder("absent"), &error), ERROR_MISSING);
}

// ---- npy ----

static void test_npy_round_trip(void **state)
{
    (void)state;
    uint16_t rows[5 * C];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = (uint16_t)(i * 331);
    for (int int8 = 0; int8 < 2; int8++)
        for (size_t count = 0; count <= 5; count += 5) {
            struct npy npy;
            assert_int_equal(npy_write(in_folder("a.npy"), rows, count, int8, &error), 0);
            assert_int_equal(npy_read(in_folder("a.npy"), &npy, &error), 0);
            assert_int_equal(npy.rows, count);
            assert_int_equal(npy.int8, int8);
            assert_memory_equal(npy.data, rows, count * C * (int8 ? 1 : 2));
            free(npy.data);
        }
}

static int read_npy(int version, const char *text, size_t content)
{
    char file[4096] = "\x93NUMPY";
    struct npy npy;
    size_t length = strlen(text), prefix = version == 1 ? 10 : 12;
    file[6] = (char)version;
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + prefix, text, length);
    assert_int_equal(file_write(in_folder("h.npy"), file, prefix + length + content, &error), 0);
    int code = npy_read(in_folder("h.npy"), &npy, &error);
    free(npy.data);
    return code;
}

static void test_npy_headers(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 40), }          \n",
        "{\"shape\":(3,40,),\"fortran_order\":False,\"descr\":\"<u2\"}",
        " { 'fortran_order' : False , 'descr' : '<u2' , 'shape' : ( 3 , 40 ) }\n",
    };
    static const char *const bad[] = {
        "",
        "{}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 40)",
        "{'descr': '<u2', 'fortran_order': True, 'shape': (3, 40), }",
        "{'descr': '>u2', 'fortran_order': False, 'shape': (3, 40), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 41), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (120,), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (1, 3, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (4, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (-3, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999999, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (230584300921369395, 40), }",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 40), 'descr': '<u2'}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 40), 'more': 1}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 40)} x",
        "{'descr': '<u2",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (int version = 1; version <= 3; version++)
            assert_int_equal(read_npy(version, good[i], 3 * C * 2), 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(read_npy(1, bad[i], 3 * C * 2), ERROR_FORMAT);
    assert_int_equal(read_npy(1, good[0], 3 * C * 2 - 1), ERROR_FORMAT);
    assert_int_equal(read_npy(4, good[0], 3 * C * 2), ERROR_FORMAT);
}

// ---- RaggedMmap ----

static void assert_file(const char *name, const void *content, size_t size)
{
    void *data;
    size_t got;
    char path[256];
    snprintf(path, sizeof path, "ragged/%s", name);
    assert_int_equal(file_read(in_folder(path), 1 << 20, &data, &got, &error), 0);
    assert_int_equal(got, size);
    assert_memory_equal(data, content, size);
    free(data);
}

static void put(const char *name, const void *content, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "ragged/%s", name);
    assert_int_equal(file_write(in_folder(path), content, size, &error), 0);
}

static struct feature_item three[] = {{.rows = 3, .weight = 1}, {.rows = 2, .weight = 1}, {.rows = 4, .weight = 1}};

// The bytes that the library itself writes for samples of 3, 2 and 4 rows.
static void test_ragged_bytes(void **state)
{
    (void)state;
    struct feature_set set = make_set(three, 3), back;
    assert_int_equal(ragged_write(in_folder("ragged/"), &set, &error), 0);
    assert_int_equal(ragged_write(in_folder("ragged"), &set, &error), 0); // replaces it
    assert_file("dtype.ninja", "uint16", 6);
    assert_file("order.ninja", "C", 1);
    assert_file("type.ninja", "ragged", 6);
    assert_file("shape.ninja", (uint64_t[]){360}, 8);
    assert_file("shapes_are_flat.ninja", (int32_t[]){0}, 4);
    assert_file("data.ninja", set.rows, 720);
    assert_file("starts/data.ninja", (int64_t[]){0, 120, 200}, 24);
    assert_file("starts/shape.ninja", (uint64_t[]){3}, 8);
    assert_file("starts/type.ninja", "numpy", 5);
    assert_file("starts/dtype.ninja", "int64", 5);
    assert_file("ends/data.ninja", (int64_t[]){120, 200, 360}, 24);
    assert_file("flattened_shapes/data.ninja", (int64_t[]){120, 80, 160}, 24);
    assert_file("shapes/data.ninja", (int64_t[]){3, 40, 2, 40, 4, 40}, 48);
    assert_file("shapes/shape.ninja", (uint64_t[]){6}, 8);
    assert_file("shapes/type.ninja", "ragged", 6);
    assert_file("shapes/shapes_are_flat.ninja", (int32_t[]){1}, 4);
    assert_file("shapes/starts/data.ninja", (int64_t[]){0, 2, 4}, 24);
    assert_file("shapes/ends/data.ninja", (int64_t[]){2, 4, 6}, 24);
    assert_file("shapes/flattened_shapes/data.ninja", (int64_t[]){2, 2, 2}, 24);
    assert_file("shapes/shapes/data.ninja", (int64_t[]){2, 2, 2}, 24);
    assert_file("shapes/shapes/shape.ninja", (uint64_t[]){3, 1}, 16);
    assert_file("shapes/shapes/type.ninja", "numpy", 5);

    assert_true(ragged_is(in_folder("ragged")));
    assert_int_equal(ragged_read(in_folder("ragged"), &back, &error), 0);
    assert_int_equal(back.item_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(&back.items[i], &set.items[i], sizeof set.items[i]);
    assert_memory_equal(back.rows, set.rows, 720);
    feature_set_close(&back);
    free((void *)(uintptr_t)set.rows);
}

static void test_ragged_spares_other_folders(void **state)
{
    (void)state;
    struct feature_set set = make_set(three, 3);
    assert_false(ragged_is(folder));
    assert_int_equal(file_write(in_folder("keep"), "x", 1, &error), 0);
    assert_int_equal(ragged_write(folder, &set, &error), ERROR_IO);
    assert_true(file_exists(in_folder("keep")));
    free((void *)(uintptr_t)set.rows);
}

static void test_ragged_floats(void **state)
{
    (void)state;
    float values[2 * C];
    struct feature_set set;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (float)(i * 9) * 0.0390625f;
    values[79] = -1;
    put("dtype.ninja", "float32", 7);
    put("data.ninja", values, sizeof values);
    put("starts/data.ninja", (int64_t[]){0, 40, 40}, 24); // the middle sample is empty
    put("ends/data.ninja", (int64_t[]){40, 40, 80}, 24);
    assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), 0);
    assert_int_equal(set.item_count, 2);
    assert_int_equal(set.items[1].first_row, 1);
    for (size_t i = 0; i + 1 < COUNT_OF(values); i++)
        assert_int_equal(set.rows[i], i * 9);
    assert_int_equal(set.rows[79], 0);
    feature_set_close(&set);
    values[3] = NAN;
    put("data.ninja", values, sizeof values);
    assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), ERROR_FORMAT);
}

// Mapped floats become the same counts as read ones, without a copy; what is no number becomes 0.
static void test_ragged_map(void **state)
{
    (void)state;
    float values[3 * C];
    uint16_t rows[2 * C];
    struct feature_set set;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (float)(i * 6) * 0.0390625f;
    values[50] = NAN;
    values[51] = -INFINITY;
    values[52] = INFINITY;
    put("dtype.ninja", "float32", 7);
    put("data.ninja", values, sizeof values);
    put("starts/data.ninja", (int64_t[]){0, 40}, 16);
    put("ends/data.ninja", (int64_t[]){40, 120}, 16);
    assert_int_equal(ragged_map(in_folder("ragged"), &set, &error), 0);
    assert_null(set.rows);
    assert_memory_equal(set.reals, values, sizeof values);
    assert_int_equal(set.item_count, 2);
    feature_rows_copy(&set, set.items[1].first_row, 2, rows);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rows[i], i == 10 || i == 11 ? 0 : i == 12 ? UINT16_MAX : (i + C) * 6);
    feature_rows_release(&set, 0, 3);
    feature_rows_copy(&set, 0, 1, rows); // still readable
    assert_int_equal(rows[39], 39 * 6);
    feature_set_close(&set);
}

static void test_feature_folder(void **state)
{
    (void)state;
    struct feature_set set = make_set(three, 3);
    struct feature_list list;
    char first[65], second[65], path[512];
    assert_int_equal(ragged_write(in_folder("public/training/b_mmap"), &set, &error), 0);
    assert_int_equal(ragged_write(in_folder("public/training/deep/er/a_mmap"), &set, &error), 0);
    assert_int_equal(ragged_write(in_folder("public/training/no_set"), &set, &error), 0);
    snprintf(path, sizeof path, "%s", in_folder("public"));
    assert_int_equal(feature_folder_map(path, "training", &list, &error), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(feature_list_items(&list), 6);
    assert_true(fabs(feature_list_hours(&list) - 18 * .01 / 3600) < 1e-12);
    assert_memory_equal(list.sets[1].rows, set.rows, 720);
    feature_list_close(&list);
    assert_int_equal(feature_folder_map(path, "testing", &list, &error), 0); // a missing split is empty
    assert_int_equal(list.count, 0);
    assert_int_equal(feature_folder_identity(path, first, &error), 0);
    assert_int_equal(feature_folder_identity(path, second, &error), 0);
    assert_string_equal(first, second);
    ((uint16_t *)(uintptr_t)set.rows)[100] ^= 1;
    assert_int_equal(ragged_write(in_folder("public/training/b_mmap"), &set, &error), 0);
    assert_int_equal(feature_folder_identity(path, second, &error), 0);
    assert_string_not_equal(first, second);
    assert_int_equal(file_write(in_folder("public/training/b_mmap/dtype.ninja"), "int8", 4, &error), 0);
    assert_int_equal(feature_folder_map(path, "training", &list, &error), ERROR_FORMAT);
    free((void *)(uintptr_t)set.rows);
}

static void test_ragged_hostile(void **state)
{
    (void)state;
    static const int64_t bad[][4] = {{0, 40, 80, 120},       {-40, 40, 0, 80},      {0, 0, 40, 80},
                                     {0, 40, 39, 80},        {0, 40, 30, 80},       {40, 0, 80, 40},
                                     {0, 40, 40, INT64_MAX}, {INT64_MIN, 0, 0, 80}, {0, 60, 40, 80}};
    struct feature_set set;
    uint16_t rows[2 * C] = {0};
    put("dtype.ninja", "uint16", 6);
    put("data.ninja", rows, sizeof rows);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t starts[2] = {bad[i][0], bad[i][1]}, ends[2] = {bad[i][2], bad[i][3]};
        put("starts/data.ninja", starts, 16);
        put("ends/data.ninja", ends, 16);
        assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), ERROR_FORMAT);
    }
    put("starts/data.ninja", (int64_t[]){0, 40}, 16);
    put("ends/data.ninja", (int64_t[]){40, 80}, 8);
    assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), ERROR_FORMAT);
    put("ends/data.ninja", (int64_t[]){40, 80}, 16);
    assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), 0);
    feature_set_close(&set);
    put("dtype.ninja", "int32", 5);
    assert_int_equal(ragged_read(in_folder("ragged"), &set, &error), ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_round_trip),
        cmocka_unit_test(test_store_goes_on), cmocka_unit_test(test_store_empty),
        cmocka_unit_test(test_store_refuses_impossible_items),
        cmocka_unit_test(test_store_damage),
        cmocka_unit_test(test_npy_round_trip),
        cmocka_unit_test(test_npy_headers),
        cmocka_unit_test(test_ragged_bytes),
        cmocka_unit_test(test_ragged_spares_other_folders),
        cmocka_unit_test(test_ragged_floats),
        cmocka_unit_test(test_ragged_map),
        cmocka_unit_test(test_feature_folder),
        cmocka_unit_test(test_ragged_hostile),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
