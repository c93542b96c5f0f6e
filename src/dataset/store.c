// SPDX-License-Identifier: GPL-3.0-or-later
// The own store: written front to back through a temporary file, mapped when it is read.
#include "dataset/dataset_internal.h"

#include <stdlib.h>
#include <string.h>

struct feature_writer {
    struct atomic_file file;
    struct feature_item *items;
    size_t item_count, capacity;
    uint64_t row_count, checksum;
};

uint64_t checksum_add(uint64_t checksum, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        checksum = (checksum ^ word) * 0x9e3779b97f4a7c15u;
        checksum = checksum << 29 | checksum >> 35;
    }
    return checksum;
}

const char *item_fault(const struct feature_item *item, uint64_t row_count)
{
    if (!item->rows || item->first_row > row_count || item->rows > row_count - item->first_row)
        return "has rows outside the file";
    if (item->valid_from > item->rows || item->word_end >= item->rows)
        return "has its word outside its rows";
    if (!(item->weight >= 0 && item->weight <= MAXIMUM_WEIGHT)) // refuses NaN too
        return "has an impossible weight";
    return NULL;
}

// ---- writing ----

static int append(struct feature_writer *writer, const void *data, size_t size, struct error *error)
{
    if (size && fwrite(data, 1, size, writer->file.stream) != size)
        return error_set(error, ERROR_IO, "cannot write %s: the disk may be full", writer->file.path);
    writer->checksum = checksum_add(writer->checksum, data, size);
    return 0;
}

int feature_writer_open(struct feature_writer **out, const char *path, struct error *error)
{
    *out = NULL;
    struct feature_writer *writer = array_alloc(1, sizeof *writer);
    if (!writer)
        return error_memory(error, "a feature set");
    struct store_head head = {.magic = STORE_HEAD_MAGIC, .version = STORE_VERSION};
    if (atomic_open(&writer->file, path, error) < 0 || append(writer, &head, sizeof head, error) < 0) {
        feature_writer_abort(writer);
        return error->code;
    }
    *out = writer;
    return 0;
}

static int reserve_item(struct feature_writer *writer, struct error *error)
{
    if (writer->item_count < writer->capacity)
        return 0;
    size_t capacity = writer->capacity ? 2 * writer->capacity : 256;
    struct feature_item *items = reallocarray(writer->items, capacity, sizeof *items);
    if (!items)
        return error_memory(error, "the index of a feature set");
    writer->items = items;
    writer->capacity = capacity;
    return 0;
}

int feature_writer_add(struct feature_writer *writer, const uint16_t *rows, const struct feature_item *item,
                       struct error *error)
{
    struct feature_item stored = *item;
    stored.first_row = writer->row_count;
    const char *fault = item_fault(&stored, writer->row_count + item->rows);
    if (fault || writer->item_count >= UINT32_MAX)
        return error_set(error, ERROR_USAGE, "item %zu of %s %s", writer->item_count, writer->file.path,
                         fault ? fault : "is one too many");
    TRY(reserve_item(writer, error));
    TRY(append(writer, rows, (size_t)item->rows * ROW_SIZE, error));
    writer->items[writer->item_count++] = stored;
    writer->row_count += item->rows;
    return 0;
}

int feature_writer_close(struct feature_writer *writer, struct error *error)
{
    int code = append(writer, writer->items, writer->item_count * sizeof *writer->items, error);
    struct store_tail tail = {STORE_TAIL_MAGIC, writer->row_count, writer->item_count, writer->checksum, {0}};
    if (code == 0)
        code = append(writer, &tail, sizeof tail, error);
    if (code == 0)
        code = atomic_commit(&writer->file, error); // frees the file's names
    feature_writer_abort(writer);
    return code;
}

void feature_writer_abort(struct feature_writer *writer)
{
    if (!writer)
        return;
    atomic_abort(&writer->file);
    free(writer->items);
    free(writer);
}

// ---- reading ----

// Finds rows and items in the mapped file; every figure of the file is checked before it is used.
static const char *parse(struct feature_set *set)
{
    size_t size = set->file.size;
    const unsigned char *data = set->file.data;
    struct store_head head;
    struct store_tail tail;
    if (size < sizeof head + sizeof tail)
        return "is too short for a feature set";
    memcpy(&head, data, sizeof head);
    memcpy(&tail, data + size - sizeof tail, sizeof tail);
    if (head.magic != STORE_HEAD_MAGIC)
        return "is no feature set";
    if (head.version != STORE_VERSION)
        return "is a feature set of another version";
    size_t content = size - sizeof head - sizeof tail;
    if (tail.magic != STORE_TAIL_MAGIC || tail.row_count > content / ROW_SIZE || tail.item_count > UINT32_MAX ||
        content - tail.row_count * ROW_SIZE != tail.item_count * sizeof(struct feature_item))
        return "is cut off or damaged";
    if (checksum_add(0, data, size - sizeof tail) != tail.checksum)
        return "is damaged: its checksum is wrong";
    set->rows = (const uint16_t *)(const void *)(data + sizeof head);
    set->row_count = tail.row_count;
    set->items = (const struct feature_item *)(const void *)(data + sizeof head + tail.row_count * ROW_SIZE);
    set->item_count = (size_t)tail.item_count;
    set->checksum = tail.checksum;
    return NULL;
}

int feature_set_open(struct feature_set *set, const char *path, struct error *error)
{
    *set = (struct feature_set){0};
    TRY(mapping_open(&set->file, path, error));
    const char *fault = parse(set);
    if (fault)
        error_set(error, ERROR_FORMAT, "%s %s", path, fault);
    uint64_t next = 0;
    for (size_t i = 0; !fault && i < set->item_count; next += set->items[i++].rows) {
        fault = set->items[i].first_row == next ? item_fault(&set->items[i], set->row_count) : "is out of order";
        if (fault)
            error_set(error, ERROR_FORMAT, "item %zu of %s %s", i, path, fault);
    }
    if (!fault)
        return 0;
    feature_set_close(set);
    return error->code;
}

static void free_owned(const struct mapping *file, const void *data)
{
    uintptr_t at = (uintptr_t)data, start = (uintptr_t)file->data;
    if (!file->data || at < start || at - start > file->size)
        free((void *)at);
}

void feature_set_close(struct feature_set *set)
{
    if (!set)
        return;
    free_owned(&set->file, set->rows);
    free_owned(&set->file, set->items);
    mapping_close(&set->file);
    *set = (struct feature_set){0};
}
