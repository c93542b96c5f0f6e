// SPDX-License-Identifier: GPL-3.0-or-later
// The framework's folder of a feature set: splits, in which every folder whose name ends in _mmap, at any depth, is a
// RaggedMmap. The ready-made negative sets are published in this form.
#include "dataset/dataset_internal.h"

#include <stdlib.h>
#include <string.h>

// The folders below `folder` whose names end in _mmap.
static int list_ragged(const char *folder, struct text_list *found, struct error *error)
{
    static const char *const data[] = {"data.ninja", NULL}, tail[] = "_mmap/data.ninja";
    struct text_list files = {0};
    if (!folder_exists(folder))
        return 0;
    int code = folder_list(folder, data, &files, error);
    for (size_t i = 0; i < files.count && code == 0; i++) {
        char *path = files.items[i];
        if (!text_ends_with(path, tail)) // those of starts/, ends/ and shapes/
            continue;
        path[strlen(path) - strlen("/data.ninja")] = 0;
        code = text_list_add(found, path, error);
    }
    text_list_free(&files);
    return code;
}

int feature_folder_map(const char *folder, const char *split, struct feature_list *list, struct error *error)
{
    struct text_list paths = {0};
    char *place = path_join(folder, split);
    *list = (struct feature_list){0};
    int code = place ? list_ragged(place, &paths, error) : error_memory(error, "a folder's name");
    if (code == 0 && paths.count) {
        list->sets = array_alloc(paths.count, sizeof *list->sets);
        code = list->sets ? 0 : error_memory(error, "a list of feature sets");
    }
    for (size_t i = 0; i < paths.count && code == 0; i++) {
        code = ragged_map(paths.items[i], &list->sets[i], error);
        list->count += code == 0;
    }
    if (code < 0)
        feature_list_close(list);
    text_list_free(&paths);
    free(place);
    return code;
}

void feature_list_close(struct feature_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        feature_set_close(&list->sets[i]);
    free(list->sets);
    *list = (struct feature_list){0};
}

size_t feature_list_items(const struct feature_list *list)
{
    size_t items = 0;
    for (size_t i = 0; i < list->count; i++)
        items += list->sets[i].item_count;
    return items;
}

double feature_list_hours(const struct feature_list *list)
{
    enum { ROWS_PER_HOUR = 360000 };
    uint64_t rows = 0;
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < list->sets[i].item_count; k++)
            rows += list->sets[i].items[k].rows;
    return (double)rows / ROWS_PER_HOUR;
}

// ---- identity ----

static int add_file(const char *folder, const char *name, struct sha256 *hash, struct error *error)
{
    enum { SMALL = 1 << 20, BLOCKS = 16, BLOCK = 1 << 16 };
    char *path = path_join(folder, name);
    struct mapping file = {0};
    int code = path ? mapping_open(&file, path, error) : error_memory(error, "a file name");
    free(path);
    TRY(code);
    uint64_t size = file.size;
    sha256_add(hash, name, strlen(name) + 1);
    sha256_add(hash, &size, sizeof size);
    if (size <= SMALL || strcmp(name, "data.ninja") != 0)
        sha256_add(hash, file.data, file.size);
    else
        for (uint64_t i = 0; i < BLOCKS; i++)
            sha256_add(hash, (const char *)file.data + (size - BLOCK) / (BLOCKS - 1) * i, BLOCK);
    mapping_close(&file);
    return 0;
}

int feature_folder_identity(const char *folder, char hex[65], struct error *error)
{
    static const char *const parts[] = {"dtype.ninja", "starts/data.ninja", "ends/data.ninja", "data.ninja"};
    struct text_list paths = {0};
    struct sha256 hash;
    sha256_init(&hash);
    int code = list_ragged(folder, &paths, error);
    for (size_t i = 0; i < paths.count && code == 0; i++) {
        const char *name = paths.items[i] + strlen(folder);
        sha256_add(&hash, name, strlen(name) + 1);
        for (size_t p = 0; p < COUNT_OF(parts) && code == 0; p++)
            code = add_file(paths.items[i], parts[p], &hash, error);
    }
    text_list_free(&paths);
    sha256_hex(&hash, hex);
    return code;
}
