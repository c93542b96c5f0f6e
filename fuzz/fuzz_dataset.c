// SPDX-License-Identifier: GPL-3.0-or-later
// Files that someone else wrote. The first byte says which: 0 own store, 1 own store with its checksum put right
// (so that the checks behind it are reached), 2 .npy, 3 RaggedMmap of uint16, 4 of float32. For the last two the
// second byte is the number of samples; their starts, ends (8 bytes each) and then the data follow.
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset/dataset_internal.h"

static char folder[64];

static void remove_folder(void)
{
    struct error error;
    folder_remove(folder, &error);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    if (!*folder) {
        strcpy(folder, "/tmp/fuzz_dataset_XXXXXX");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(in_folder(name), "wb");
    if (!file || (size && fwrite(data, 1, size, file) != size))
        abort();
    fclose(file);
}

// What an accepted set promises.
static void use(struct feature_set *set)
{
    uint64_t next = 0;
    unsigned sum = 0;
    for (size_t i = 0; i < set->item_count; i++) {
        const struct feature_item *item = &set->items[i];
        if (item->first_row < next || !item->rows || item->first_row + item->rows > set->row_count ||
            item->word_end >= item->rows)
            abort();
        next = item->first_row + item->rows;
        for (uint64_t row = item->first_row; row < next; row++) {
            uint16_t counts[FRONTEND_CHANNELS];
            feature_rows_copy(set, row, 1, counts);
            for (int c = 0; c < FRONTEND_CHANNELS; c++)
                sum += counts[c];
        }
    }
    float x[50 * FRONTEND_CHANNELS], label, weight;
    struct source source = {.set = set, .share = 1, .weight = 1, .truth = sum & 1, .slide = 30};
    struct sampler sampler = {.sources = &source, .source_count = 1, .window = 50, .masks = {2, 20, 2, 8}};
    for (uint32_t i = 0; i < 20; i++)
        sampler_draw(&sampler, 0, i, x, &label, &weight);
    feature_set_close(set);
}

static void read_store(const uint8_t *data, size_t size, int mend)
{
    struct error error;
    struct feature_set set;
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return;
    memcpy(copy, data, size);
    if (mend && size >= sizeof(struct store_tail)) {
        size_t content = size - sizeof(struct store_tail);
        uint64_t checksum = checksum_add(0, copy, content);
        memcpy(copy + content + offsetof(struct store_tail, checksum), &checksum, sizeof checksum);
    }
    put("store", copy, size);
    free(copy);
    if (feature_set_open(&set, in_folder("store"), &error) == 0)
        use(&set);
}

static void read_npy(const uint8_t *data, size_t size)
{
    struct error error;
    struct npy npy;
    put("a.npy", data, size);
    if (npy_read(in_folder("a.npy"), &npy, &error) < 0)
        return;
    unsigned sum = 0;
    for (size_t i = 0; i < npy.rows * FRONTEND_CHANNELS * (npy.int8 ? 1 : 2); i++)
        sum += ((const uint8_t *)npy.data)[i];
    if (sum == 1)
        put("sum", &sum, sizeof sum);
    free(npy.data);
}

static void read_ragged(const uint8_t *data, size_t size, const char *dtype)
{
    struct error error;
    struct feature_set set;
    size_t bounds = size ? 8u * data[0] : 0;
    if (!size || size - 1 < 2 * bounds)
        return;
    mkdir(in_folder("starts"), 0700);
    mkdir(in_folder("ends"), 0700);
    put("dtype.ninja", dtype, strlen(dtype));
    put("starts/data.ninja", data + 1, bounds);
    put("ends/data.ninja", data + 1 + bounds, bounds);
    put("data.ninja", data + 1 + 2 * bounds, size - 1 - 2 * bounds);
    if (ragged_read(in_folder(""), &set, &error) == 0)
        use(&set);
    if (ragged_map(in_folder(""), &set, &error) == 0)
        use(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    switch (data[0] % 5) {
    case 0:
        read_store(data + 1, size - 1, 0);
        break;
    case 1:
        read_store(data + 1, size - 1, 1);
        break;
    case 2:
        read_npy(data + 1, size - 1);
        break;
    case 3:
        read_ragged(data + 1, size - 1, "uint16");
        break;
    default:
        read_ragged(data + 1, size - 1, "float32");
        break;
    }
    return 0;
}
