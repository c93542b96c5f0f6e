// SPDX-License-Identifier: GPL-3.0-or-later
// The own store: written front to back through a temporary file, mapped when it is read.
#include "dataset/dataset_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOTED_SECONDS = 5 };

struct feature_writer {
    struct atomic_file file;
    struct feature_item *items;
    size_t item_count, capacity;
    uint64_t row_count, checksum;
    struct journal journal; // of feature_writer_resume: items, in records that begin with the checksum so far
    size_t noted;           // items that are in it
    double noted_time;
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

// ---- going on ----

static int note_items(struct feature_writer *writer, struct error *error)
{
    struct buffer record;
    buffer_init(&record, SIZE_MAX);
    buffer_append(&record, &writer->checksum, sizeof writer->checksum);
    buffer_append(&record, writer->items + writer->noted,
                  (writer->item_count - writer->noted) * sizeof *writer->items);
    int code = record.failed ? error_memory(error, "the index of a feature set") : 0;
    if (code == 0 && (fflush(writer->file.stream) != 0 || fdatasync(fileno(writer->file.stream)) != 0))
        code = error_set(error, ERROR_IO, "cannot write %s: the disk may be full", writer->file.path);
    if (code == 0) // after the rows, so that no item is noted whose rows are not there
        code = journal_append(&writer->journal, record.data, record.size, error);
    buffer_free(&record);
    writer->noted = writer->item_count;
    writer->noted_time = time_now();
    return code;
}

// What the journal has of items; *checksum is that of all their rows.
static int read_items(struct feature_writer *writer, uint64_t *checksum, struct error *error)
{
    struct buffer record;
    int got;
    do {
        buffer_init(&record, SIZE_MAX);
        got = journal_read(&writer->journal, &record, error);
        size_t at = sizeof *checksum;
        if (got == 1 && record.size >= at)
            memcpy(checksum, record.data, sizeof *checksum);
        for (; got == 1 && at + sizeof *writer->items <= record.size; at += sizeof *writer->items) {
            if (reserve_item(writer, error) < 0) {
                got = error->code;
                break;
            }
            memcpy(&writer->items[writer->item_count], record.data + at, sizeof *writer->items);
            writer->row_count += writer->items[writer->item_count++].rows;
        }
        buffer_free(&record);
    } while (got == 1);
    writer->noted = writer->item_count;
    return got;
}

// Are the rows of all noted items there, unharmed? Then the stream stands behind them.
static bool find_rows(struct feature_writer *writer, uint64_t checksum)
{
    struct store_head head;
    uint16_t rows[64 * FRONTEND_CHANNELS];
    uint64_t left = writer->row_count;
    FILE *stream = writer->file.stream;
    writer->checksum = 0;
    if (writer->item_count == 0 || fread(&head, sizeof head, 1, stream) != 1)
        return false;
    writer->checksum = checksum_add(0, &head, sizeof head);
    for (size_t here; left > 0; left -= here) {
        here = left < 64 ? left : 64;
        if (fread(rows, ROW_SIZE, here, stream) != here)
            return false;
        writer->checksum = checksum_add(writer->checksum, rows, here * ROW_SIZE);
    }
    long end = ftell(stream);
    return writer->checksum == checksum && end > 0 && fseek(stream, end, SEEK_SET) == 0 &&
           ftruncate(fileno(stream), end) == 0;
}

static int begin_anew(struct feature_writer *writer, const char *list, const char key[65], struct error *error)
{
    struct store_head head = {.magic = STORE_HEAD_MAGIC, .version = STORE_VERSION};
    if (writer->file.stream)
        fclose(writer->file.stream);
    journal_close(&writer->journal);
    writer->item_count = writer->noted = 0;
    writer->row_count = writer->checksum = 0;
    writer->file.stream = fopen(writer->file.temporary, "wb");
    if (!writer->file.stream || unlink(list) != 0)
        return error_set(error, ERROR_IO, "cannot write %s: %s", writer->file.temporary, strerror(errno));
    TRY(journal_open(&writer->journal, list, key, error));
    return append(writer, &head, sizeof head, error);
}

int feature_writer_resume(struct feature_writer **out, const char *path, const char key[65], struct error *error)
{
    *out = NULL;
    struct feature_writer *writer = array_alloc(1, sizeof *writer);
    if (!writer)
        return error_memory(error, "a feature set");
    uint64_t checksum = 0;
    int code = 0;
    char *list = text_print("%s.items", path);
    writer->file = (struct atomic_file){.path = strdup(path), .temporary = text_print("%s.part", path)};
    if (!writer->file.path || !writer->file.temporary || !list) {
        code = error_memory(error, "a path");
        goto end;
    }
    TRY_GOTO(journal_open(&writer->journal, list, key, error), end);
    TRY_GOTO(read_items(writer, &checksum, error), end);
    writer->file.stream = fopen(writer->file.temporary, "r+b");
    if (!writer->file.stream || !find_rows(writer, checksum))
        TRY_GOTO(begin_anew(writer, list, key, error), end);
    writer->noted_time = time_now();
    *out = writer;
end:
    free(list);
    if (code < 0)
        feature_writer_abort(writer);
    return code;
}

size_t feature_writer_items(const struct feature_writer *writer)
{
    return writer->item_count;
}

// ---- one item after the other ----

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
    bool note = writer->journal.path && time_now() - writer->noted_time >= NOTED_SECONDS;
    return note ? note_items(writer, error) : 0;
}

int feature_writer_close(struct feature_writer *writer, struct error *error)
{
    int code = append(writer, writer->items, writer->item_count * sizeof *writer->items, error);
    struct store_tail tail = {STORE_TAIL_MAGIC, writer->row_count, writer->item_count, writer->checksum, {0}};
    if (code == 0)
        code = append(writer, &tail, sizeof tail, error);
    if (code == 0)
        code = atomic_commit(&writer->file, error); // frees the file's names
    if (code == 0 && writer->journal.path)
        unlink(writer->journal.path);
    feature_writer_abort(writer);
    return code;
}

void feature_writer_abort(struct feature_writer *writer)
{
    if (!writer)
        return;
    if (writer->journal.path) { // what there is stays
        struct error ignored;
        if (writer->file.stream && writer->item_count > writer->noted)
            note_items(writer, &ignored);
        free(writer->file.temporary);
        writer->file.temporary = NULL;
    }
    journal_close(&writer->journal);
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
