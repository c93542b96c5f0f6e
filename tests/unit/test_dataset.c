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

#include "dataset/dataset.h"

enum { C = FRONTEND_CHANNELS };

static char folder[] = "/tmp/wakesmith_dataset_XXXXXX";
static struct error error;

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return folder_remove(folder, &error);
}

// Rows whose first channel tells the row's number in the set and whose second tells the item; the others are 665,
// the highest real feature.
static uint16_t *make_rows(size_t count)
{
    uint16_t *rows = calloc(count * C, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count * C; i++)
        rows[i] = 665;
    return rows;
}

static struct feature_set make_set(struct feature_item *items, size_t count)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < count; rows += items[i++].rows)
        items[i].first_row = rows;
    return (struct feature_set){
        .rows = make_rows((size_t)rows), .row_count = rows, .items = items, .item_count = count};
}

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

// ---- splits ----

static void test_split(void **state)
{
    (void)state;
    int validate = 0, changed = 0;
    for (int32_t group = -5000; group < 5000; group++) {
        enum split split = split_of(1, group, 0.2);
        assert_int_equal(split, split_of(1, group, 0.2));
        if (split == SPLIT_VALIDATE)
            assert_int_equal(split_of(1, group, 0.3), SPLIT_VALIDATE); // a larger share keeps what was held out
        validate += split == SPLIT_VALIDATE;
        changed += split != split_of(2, group, 0.2);
    }
    assert_in_range(validate, 1850, 2150);
    assert_in_range(changed, 2900, 3500); // 2 * .2 * .8
}

// ---- batches ----

enum { WINDOW = 50, SLIDE = 30, DRAWS = 20000 };

// Row i of the set is marked in channel 0 (i / 200) and channel 1 (i % 200), which survive the int8 rule as
// steps of three; all else is the highest feature.
static void mark(struct feature_set *set)
{
    uint16_t *rows = (uint16_t *)(uintptr_t)set->rows;
    for (uint64_t i = 0; i < set->row_count; i++) {
        rows[i * C] = (uint16_t)(i / 200 * 3 + 3);
        rows[i * C + 1] = (uint16_t)(i % 200 * 3 + 3);
    }
}

static float real(uint32_t v)
{
    uint32_t byte = (v * 256 + 333) / 666;
    return (float)(byte > 255 ? 255 : byte) * 26 / 255;
}

// The set's row that lies at x, or -1 for a missing one.
static int row_of(const float *x)
{
    int found[2];
    if (x[2] == 0)
        return -1;
    for (int k = 0; k < 2; k++)
        for (found[k] = 0; fabsf(real((uint32_t)found[k] * 3 + 3) - x[k]) > 1e-4f; found[k]++)
            assert_true(found[k] < 200);
    return found[0] * 200 + found[1];
}

struct world {
    struct feature_item words[3], tracks[3];
    struct feature_set word_set, track_set, empty_set;
    struct source sources[3];
    struct sampler sampler;
};

static void open_world(struct world *world)
{
    *world = (struct world){
        .words = {{.rows = 100, .word_end = 60, .weight = 1},
                  {.rows = 80, .word_end = 70, .weight = .5f, .valid_from = 55},
                  {.rows = 90, .word_end = 20, .weight = 1}},
        .tracks = {{.rows = 1000, .weight = 1}, {.rows = 20, .weight = 1}, {.rows = 3000, .weight = 1}},
    };
    world->word_set = make_set(world->words, 3);
    world->track_set = make_set(world->tracks, 3);
    mark(&world->word_set);
    mark(&world->track_set);
    world->sources[0] =
        (struct source){.set = &world->word_set, .truth = true, .share = 3, .weight = 2, .slide = SLIDE};
    world->sources[1] = (struct source){.set = &world->track_set, .share = 1, .weight = .25f};
    world->sources[2] = (struct source){.set = &world->empty_set, .share = 100};
    world->sampler = (struct sampler){.sources = world->sources, .source_count = 3, .window = WINDOW, .seed = 5};
}

static void close_world(struct world *world)
{
    free((void *)(uintptr_t)world->word_set.rows);
    free((void *)(uintptr_t)world->track_set.rows);
}

static uint32_t item_of(const struct feature_set *set, int row)
{
    uint32_t item = 0;
    while (item + 1 < set->item_count && set->items[item + 1].first_row <= (uint64_t)row)
        item++;
    return item;
}

// Every window holds consecutive rows of one item up to its last row; missing rows come first and are right.
static int check_window(const struct feature_set *set, const float *x, uint32_t *item)
{
    int last = row_of(x + (WINDOW - 1) * C);
    assert_true(last >= 0);
    *item = item_of(set, last);
    const struct feature_item *it = &set->items[*item];
    assert_true((uint64_t)last < it->first_row + it->rows);
    for (int k = 0; k < WINDOW; k++) {
        int want = last - (WINDOW - 1) + k;
        if (want < (int)(it->first_row + it->valid_from)) {
            for (int c = 0; c < C; c++)
                assert_true(x[k * C + c] == 0);
        } else {
            assert_int_equal(row_of(x + k * C), want);
        }
    }
    return last - (int)it->first_row;
}

static void test_draw_statistics(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    float x[WINDOW * C], label, weight;
    int positives = 0, items[3] = {0}, tracks[3] = {0}, ends[3][SLIDE] = {{0}}, halves[2] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, i / 128, i % 128, x, &label, &weight);
        if (label == 1) {
            int last = check_window(&world.word_set, x, &item), offset = last - (int)world.words[item].word_end;
            assert_in_range(offset, 0, SLIDE - 1);
            assert_true(weight == 2 * world.words[item].weight);
            ends[item][offset]++;
            items[item]++;
            positives++;
        } else {
            int last = check_window(&world.track_set, x, &item);
            assert_true(label == 0 && weight == .25f);
            if (item != 1)
                assert_true(last >= WINDOW - 1); // no zeros where the track is long enough
            tracks[item]++;
            if (item == 2)
                halves[last - (WINDOW - 1) > (3000 - WINDOW) / 2]++;
        }
    }
    assert_in_range(positives, 14600, 15400); // share 3 of 4; deviation 61
    for (int i = 0; i < 3; i++)
        assert_in_range(items[i], positives / 3 - 300, positives / 3 + 300);
    // Windows end anywhere in the slide, as far as the item goes: 30, 10 and 30 rows.
    for (int k = 0; k < SLIDE; k++) {
        assert_in_range(ends[0][k], 115, 220);
        assert_in_range(ends[1][k], k < 10 ? 400 : 0, k < 10 ? 600 : 0);
        assert_in_range(ends[2][k], 115, 220);
    }
    int negatives = DRAWS - positives; // tracks by rows: 1000, 20, 3000 of 4020
    assert_in_range(tracks[0], negatives * 1000 / 4020 - 150, negatives * 1000 / 4020 + 150);
    assert_in_range(tracks[1], 5, 50);
    assert_in_range(halves[0], halves[1] - 250, halves[1] + 250);
    close_world(&world);
}

// A split draws only its own items, by their rows.
static void test_draw_subset(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    static const uint32_t own[] = {0, 1};
    world.sources[0].share = 0;
    world.sources[1].items = own;
    world.sources[1].item_count = 2;
    float x[WINDOW * C], label, weight;
    int tracks[3] = {0};
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, 0, i, x, &label, &weight);
        check_window(&world.track_set, x, &item);
        tracks[item]++;
    }
    assert_int_equal(tracks[2], 0);
    assert_in_range(tracks[1], 20, 110); // 20 rows of 1020: 59
    close_world(&world);
}

static void test_draw_is_reproducible(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.sampler.masks = (struct spec_augment){2, 20, 2, 8};
    float a[WINDOW * C], b[WINDOW * C], label[2], weight[2];
    int same_seed = 0, same_step = 0;
    for (uint32_t i = 0; i < 300; i++) {
        sampler_draw(&world.sampler, 7, i, a, &label[0], &weight[0]);
        sampler_draw(&world.sampler, 7, i + 1, b, &label[1], &weight[1]);
        sampler_draw(&world.sampler, 7, i, b, &label[1], &weight[1]);
        assert_memory_equal(a, b, sizeof a);
        assert_true(label[0] == label[1] && weight[0] == weight[1]);
        sampler_draw(&world.sampler, 8, i, b, &label[1], &weight[1]);
        same_step += memcmp(a, b, sizeof a) == 0;
        world.sampler.seed = 6;
        sampler_draw(&world.sampler, 7, i, b, &label[1], &weight[1]);
        same_seed += memcmp(a, b, sizeof a) == 0;
        world.sampler.seed = 5;
    }
    assert_true(same_step < 5 && same_seed < 5);
    close_world(&world);
}

static void test_draw_mined(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    const struct mined mined[] = {{.source = 1, .item = 2, .end_row = 2000}, {.source = 1, .item = 0, .end_row = 998}};
    world.sampler.mined = mined;
    world.sampler.mined_count = 2;
    world.sampler.mined_share = .25;
    world.sampler.mined_weight = 7;
    world.sampler.mined_jitter = 6;
    float x[WINDOW * C], label, weight;
    int negatives = 0, hits = 0, jitter[13] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t item;
        sampler_draw(&world.sampler, i, 3, x, &label, &weight);
        negatives += label == 0;
        if (label == 1 || weight != 7)
            continue;
        hits++;
        int last = check_window(&world.track_set, x, &item);
        if (item == 2)
            jitter[last - 2000 + 6]++;
        else
            assert_in_range(last, 992, 999);
    }
    assert_in_range(hits, negatives / 4 - 150, negatives / 4 + 150);
    for (int k = 0; k < 13; k++)
        assert_in_range(jitter[k], 20, 80); // about 48 each
    close_world(&world);
}

static void test_masks(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.sources[0].share = 0;
    world.sampler.masks = (struct spec_augment){1, 20, 1, 8};
    static const uint32_t own[] = {2};
    world.sources[1].items = own;
    world.sources[1].item_count = 1;
    float x[WINDOW * C], label, weight;
    int rows[20] = {0}, channels[8] = {0}, first = 0, last = 0;
    for (uint32_t i = 0; i < 8000; i++) {
        sampler_draw(&world.sampler, i, 0, x, &label, &weight);
        int masked_rows = 0, masked_channels = 0;
        bool row_masked[WINDOW], channel_masked[C];
        for (int k = 0; k < WINDOW; k++) {
            float sum = 0;
            for (int c = 0; c < C; c++)
                sum += x[k * C + c];
            row_masked[k] = sum == 0;
            masked_rows += row_masked[k];
        }
        for (int c = 0; c < C; c++) {
            float sum = 0;
            for (int k = 0; k < WINDOW; k++)
                sum += x[k * C + c];
            channel_masked[c] = sum == 0;
            masked_channels += channel_masked[c];
        }
        for (int k = 0; k < WINDOW; k++)
            for (int c = 0; c < C; c++)
                assert_true((x[k * C + c] == 0) == (row_masked[k] || channel_masked[c]));
        assert_true(masked_rows < 20 && masked_channels < 8);
        rows[masked_rows]++;
        channels[masked_channels]++;
        first += row_masked[0];
        last += row_masked[WINDOW - 1];
    }
    for (int k = 0; k < 20; k++)
        assert_in_range(rows[k], 320, 480);
    for (int k = 0; k < 8; k++)
        assert_in_range(channels[k], 880, 1120);
    assert_true(first > 100 && last > 100); // masks reach both edges
    close_world(&world);
}

// Words as negatives are drawn as words, positives without a word end at their item's end, and without anything
// to draw the example is empty.
static void test_draw_other_sources(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    float x[WINDOW * C], label, weight;
    uint32_t item;
    world.sources[0].truth = false;
    world.sources[1].truth = true;
    assert_false(source_is_running(&world.sources[0]));
    assert_false(source_is_running(&world.sources[1]));
    assert_false(source_is_running(&world.sources[2]));
    for (uint32_t i = 0; i < 500; i++) {
        sampler_draw(&world.sampler, i, 0, x, &label, &weight);
        int last = check_window(label == 1 ? &world.track_set : &world.word_set, x, &item);
        if (label == 1)
            assert_int_equal(last, world.tracks[item].rows - 1);
        else
            assert_true(last >= (int)world.words[item].word_end);
    }
    world.sampler.source_count = 0;
    sampler_draw(&world.sampler, 0, 0, x, &label, &weight);
    assert_true(weight == 0 && x[5] == 0);
    close_world(&world);
}

static void test_real_features(void **state)
{
    (void)state;
    uint16_t rows[1700 * C] = {0};
    struct feature_item item = {.rows = 1700, .weight = 1};
    struct feature_set set = {.rows = rows, .row_count = 1700, .items = &item, .item_count = 1};
    struct source source = {.set = &set, .share = 1, .weight = 1, .truth = true};
    struct sampler sampler = {.sources = &source, .source_count = 1, .window = 1700};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = (uint16_t)i;
    float *x = malloc(sizeof(float) * COUNT_OF(rows)), label, weight;
    sampler_draw(&sampler, 0, 0, x, &label, &weight);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(fabsf(x[i] - real(rows[i])) <= 2e-6f);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_round_trip),
        cmocka_unit_test(test_store_empty),
        cmocka_unit_test(test_store_refuses_impossible_items),
        cmocka_unit_test(test_store_damage),
        cmocka_unit_test(test_npy_round_trip),
        cmocka_unit_test(test_npy_headers),
        cmocka_unit_test(test_ragged_bytes),
        cmocka_unit_test(test_ragged_spares_other_folders),
        cmocka_unit_test(test_ragged_floats),
        cmocka_unit_test(test_ragged_hostile),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_draw_statistics),
        cmocka_unit_test(test_draw_subset),
        cmocka_unit_test(test_draw_is_reproducible),
        cmocka_unit_test(test_draw_mined),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_draw_other_sources),
        cmocka_unit_test(test_real_features),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
