// SPDX-License-Identifier: GPL-3.0-or-later
// RaggedMmap, the folder format of the Python package mmap_ninja: samples of different length laid end to end in
// data.ninja, with their bounds (counted in elements, end exclusive) in starts/ and ends/. The shapes of the
// samples are themselves a ragged array of [rows, 40] in shapes/.
#include "dataset/dataset_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// What a real feature of 1 counts as in the device's uint16.
#define FEATURE_SCALE 25.6f

// ---- writing ----

static int write_part(const char *folder, const char *name, const void *data, size_t size, struct error *error)
{
    char *path = path_join(folder, name);
    if (!path)
        return error_memory(error, "a file name");
    int code = file_write(path, data, size, error);
    free(path);
    return code;
}

// The files that describe an array folder, which is made here; `kind` is "numpy" or "ragged".
static int write_about(const char *folder, const char *kind, const char *dtype, const uint64_t *shape,
                       size_t dimensions, struct error *error)
{
    TRY(folder_make(folder, error));
    TRY(write_part(folder, "dtype.ninja", dtype, strlen(dtype), error));
    TRY(write_part(folder, "shape.ninja", shape, dimensions * sizeof *shape, error));
    TRY(write_part(folder, "order.ninja", "C", 1, error));
    TRY(write_part(folder, "type.ninja", kind, strlen(kind), error));
    if (strcmp(kind, "ragged") != 0)
        return 0;
    // Only the ragged array of the shapes itself has samples of one dimension.
    int32_t flat = strcmp(dtype, "int64") == 0;
    return write_part(folder, "shapes_are_flat.ninja", &flat, sizeof flat, error);
}

// A plain int64 array in a folder of its own: [count], or [count, 1] for `dimensions` 2.
static int write_numbers(const char *parent, const char *name, const int64_t *numbers, size_t count, size_t dimensions,
                         struct error *error)
{
    char *folder = path_join(parent, name);
    if (!folder)
        return error_memory(error, "a file name");
    int code = write_about(folder, "numpy", "int64", (uint64_t[]){count, 1}, dimensions, error);
    if (code == 0)
        code = write_part(folder, "data.ninja", numbers, count * sizeof *numbers, error);
    free(folder);
    return code;
}

// starts/, ends/ and flattened_shapes/ for samples of sizes[i] elements laid end to end.
static int write_bounds(const char *folder, const int64_t *sizes, int64_t *scratch, size_t count, struct error *error)
{
    int64_t at = 0;
    for (size_t i = 0; i < count; at += sizes[i++])
        scratch[i] = at;
    TRY(write_numbers(folder, "starts", scratch, count, 1, error));
    for (size_t i = 0; i < count; i++)
        scratch[i] += sizes[i];
    TRY(write_numbers(folder, "ends", scratch, count, 1, error));
    return write_numbers(folder, "flattened_shapes", sizes, count, 1, error);
}

// shapes/: the pairs [rows, 40], a ragged array whose samples all have 2 elements.
static int write_shapes(const char *folder, const struct feature_set *set, int64_t *numbers, int64_t *scratch,
                        struct error *error)
{
    size_t count = set->item_count;
    char *shapes = path_join(folder, "shapes");
    if (!shapes)
        return error_memory(error, "a file name");
    int code;
    for (size_t i = 0; i < count; i++) {
        numbers[2 * i] = set->items[i].rows;
        numbers[2 * i + 1] = FRONTEND_CHANNELS;
    }
    TRY_GOTO(write_about(shapes, "ragged", "int64", (uint64_t[]){2 * count}, 1, error), done);
    TRY_GOTO(write_part(shapes, "data.ninja", numbers, 2 * count * sizeof *numbers, error), done);
    for (size_t i = 0; i < count; i++)
        numbers[i] = 2;
    TRY_GOTO(write_bounds(shapes, numbers, scratch, count, error), done);
    TRY_GOTO(write_numbers(shapes, "shapes", numbers, count, 2, error), done);
done:
    free(shapes);
    return code;
}

static int write_rows(const char *folder, const struct feature_set *set, struct error *error)
{
    char *path = path_join(folder, "data.ninja");
    if (!path)
        return error_memory(error, "a file name");
    struct atomic_file file;
    int code = atomic_open(&file, path, error);
    for (size_t i = 0; code == 0 && i < set->item_count; i++) {
        const struct feature_item *item = &set->items[i];
        if (fwrite(set->rows + item->first_row * FRONTEND_CHANNELS, ROW_SIZE, item->rows, file.stream) != item->rows) {
            code = error_set(error, ERROR_IO, "cannot write %s: the disk may be full", path);
            atomic_abort(&file);
        }
    }
    if (code == 0)
        code = atomic_commit(&file, error);
    free(path);
    return code;
}

static int write_all(const char *folder, const struct feature_set *set, struct error *error)
{
    size_t count = set->item_count;
    int64_t *numbers = array_alloc(2 * count, sizeof *numbers), *scratch = array_alloc(count, sizeof *scratch);
    int code = 0;
    uint64_t elements = 0;
    if (!numbers || !scratch) {
        code = error_memory(error, "the index of a RaggedMmap");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (int64_t)set->items[i].rows * FRONTEND_CHANNELS;
        elements += (uint64_t)numbers[i];
    }
    TRY_GOTO(write_about(folder, "ragged", "uint16", &elements, 1, error), done);
    TRY_GOTO(write_rows(folder, set, error), done);
    TRY_GOTO(write_bounds(folder, numbers, scratch, count, error), done);
    TRY_GOTO(write_shapes(folder, set, numbers, scratch, error), done);
done:
    free(numbers);
    free(scratch);
    return code;
}

// Puts the finished folder in its place; an older RaggedMmap there steps aside first.
static int take_place(const char *finished, const char *aside, const char *folder, struct error *error)
{
    bool replace = ragged_is(folder);
    if (replace && rename(folder, aside) != 0)
        return error_set(error, ERROR_IO, "cannot replace %s: %s", folder, strerror(errno));
    if (rename(finished, folder) != 0) {
        error_set(error, ERROR_IO, "cannot write %s: %s", folder, strerror(errno));
        if (replace && rename(aside, folder) != 0)
            return error_prefix(error, "the older set is in %s now", aside);
        return error->code;
    }
    return replace ? folder_remove(aside, error) : 0;
}

int ragged_write(const char *folder, const struct feature_set *set, struct error *error)
{
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    char *target = text_print("%.*s", (int)size, folder);
    char *fresh = text_print("%.*s.tmp%ld", (int)size, folder, (long)getpid());
    char *aside = text_print("%.*s.old%ld", (int)size, folder, (long)getpid());
    int code = 0;
    if (!target || !fresh || !aside) {
        code = error_memory(error, "a file name");
        goto done;
    }
    TRY_GOTO(write_all(fresh, set, error), done);
    TRY_GOTO(take_place(fresh, aside, target, error), done);
done:
    if (code < 0 && fresh) {
        struct error ignored;
        folder_remove(fresh, &ignored);
    }
    free(target);
    free(fresh);
    free(aside);
    return code;
}

// ---- reading ----

static const char *const needed[] = {"dtype.ninja", "data.ninja", "starts/data.ninja", "ends/data.ninja"};

bool ragged_is(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        char *file = path_join(path, needed[i]);
        bool there = file && file_exists(file);
        free(file);
        if (!there)
            return false;
    }
    return true;
}

static int map_part(const char *folder, const char *name, struct mapping *mapping, struct error *error)
{
    char *path = path_join(folder, name);
    if (!path)
        return error_memory(error, "a file name");
    int code = mapping_open(mapping, path, error);
    free(path);
    return code;
}

struct bounds {
    struct mapping starts, ends;
    size_t count;
};

static int read_bounds(const char *folder, struct bounds *bounds, struct error *error)
{
    TRY(map_part(folder, "starts/data.ninja", &bounds->starts, error));
    TRY(map_part(folder, "ends/data.ninja", &bounds->ends, error));
    bounds->count = bounds->starts.size / sizeof(int64_t);
    if (bounds->starts.size != bounds->ends.size || bounds->starts.size % sizeof(int64_t) || bounds->count > UINT32_MAX)
        return error_set(error, ERROR_FORMAT, "%s: starts and ends do not belong together", folder);
    return 0;
}

static int read_float_flag(const char *folder, bool *is_float, struct error *error)
{
    struct mapping dtype;
    TRY(map_part(folder, "dtype.ninja", &dtype, error));
    bool uint16 = dtype.size == 6 && memcmp(dtype.data, "uint16", 6) == 0;
    *is_float = dtype.size == 7 && memcmp(dtype.data, "float32", 7) == 0;
    mapping_close(&dtype);
    if (!uint16 && !*is_float)
        return error_set(error, ERROR_FORMAT, "%s holds neither uint16 nor float32 features", folder);
    return 0;
}

// One item per sample with rows; `elements` are in data.ninja.
static int make_items(const char *folder, const struct bounds *bounds, size_t elements, struct feature_set *set,
                      struct error *error)
{
    const int64_t *starts = bounds->starts.data, *ends = bounds->ends.data;
    struct feature_item *items = array_alloc(bounds->count, sizeof *items);
    if (!items)
        return error_memory(error, "the index of a RaggedMmap");
    set->items = items;
    int64_t last = 0;
    for (size_t i = 0; i < bounds->count; i++) {
        int64_t start = starts[i], end = ends[i];
        if (start < last || end < start || (uint64_t)end > elements)
            return error_set(error, ERROR_FORMAT, "%s: sample %zu lies outside the data or over another one", folder,
                             i);
        int64_t rows = (end - start) / FRONTEND_CHANNELS;
        if (start % FRONTEND_CHANNELS || end % FRONTEND_CHANNELS || rows > INT32_MAX)
            return error_set(error, ERROR_FORMAT, "%s: sample %zu is not made of rows of %d", folder, i,
                             FRONTEND_CHANNELS);
        if (rows)
            items[set->item_count++] = (struct feature_item){
                .first_row = (uint64_t)(start / FRONTEND_CHANNELS), .rows = (uint32_t)rows, .weight = 1};
        last = end;
    }
    set->row_count = (uint64_t)(last / FRONTEND_CHANNELS);
    return 0;
}

static uint16_t count_of(float real)
{
    return (uint16_t)lrintf(fminf(fmaxf(real * FEATURE_SCALE, 0), UINT16_MAX)); // fmaxf: what is no number becomes 0
}

void feature_rows_copy(const struct feature_set *set, uint64_t first, size_t count, uint16_t *out)
{
    size_t start = (size_t)first * FRONTEND_CHANNELS, size = count * FRONTEND_CHANNELS;
    if (set->rows && size)
        memcpy(out, set->rows + start, size * sizeof *out);
    for (size_t i = 0; !set->rows && i < size; i++)
        out[i] = count_of(set->reals[start + i]);
}

void feature_rows_release(const struct feature_set *set, uint64_t first, size_t count)
{
    if (!set->file.data)
        return;
    size_t row = set->rows ? ROW_SIZE : FRONTEND_CHANNELS * sizeof(float), page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t base = (uintptr_t)(set->rows ? (const void *)set->rows : (const void *)set->reals);
    uintptr_t begin = (base + first * row + page - 1) / page * page, end = (base + (first + count) * row) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED); // only advice: what comes of it changes nothing
}

// Turns the mapped floats into rows of our own.
static int convert(const char *folder, struct feature_set *set, struct error *error)
{
    const float *values = set->reals;
    size_t count = (size_t)set->row_count * FRONTEND_CHANNELS;
    uint16_t *rows = array_alloc(count, sizeof *rows);
    if (!rows)
        return error_memory(error, "the features of a RaggedMmap");
    set->rows = rows;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return error_set(error, ERROR_FORMAT, "%s holds a value that is no number", folder);
        rows[i] = count_of(values[i]);
    }
    set->reals = NULL;
    mapping_close(&set->file);
    return 0;
}

int ragged_map(const char *folder, struct feature_set *set, struct error *error)
{
    *set = (struct feature_set){0};
    struct bounds bounds = {0};
    bool is_float = false;
    int code;
    TRY_GOTO(read_float_flag(folder, &is_float, error), done);
    TRY_GOTO(read_bounds(folder, &bounds, error), done);
    TRY_GOTO(map_part(folder, "data.ninja", &set->file, error), done);
    size_t element = is_float ? sizeof(float) : sizeof(uint16_t);
    if (set->file.size % element) {
        code = error_set(error, ERROR_FORMAT, "%s: data.ninja is cut off", folder);
        goto done;
    }
    TRY_GOTO(make_items(folder, &bounds, set->file.size / element, set, error), done);
    if (is_float)
        set->reals = set->file.data;
    else
        set->rows = set->file.data;
done:
    mapping_close(&bounds.starts);
    mapping_close(&bounds.ends);
    if (code < 0)
        feature_set_close(set);
    return code;
}

int ragged_read(const char *folder, struct feature_set *set, struct error *error)
{
    TRY(ragged_map(folder, set, error));
    int code = set->reals ? convert(folder, set, error) : 0;
    if (code < 0)
        feature_set_close(set);
    return code;
}
