// SPDX-License-Identifier: GPL-3.0-or-later
// numpy's .npy: "\x93NUMPY", version, length of the header, a Python dictionary as text, raw data.
// Format: numpy.lib.format (NEP 1).
#include "dataset/dataset_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAGIC_SIZE = 6, ALIGNMENT = 64 };
static const char magic[] = "\x93NUMPY";

int npy_write(const char *path, const void *rows, size_t row_count, bool int8, struct error *error)
{
    char text[128];
    int used = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %d), }",
                        int8 ? "|i1" : "<u2", row_count, FRONTEND_CHANNELS);
    unsigned char head[2 * ALIGNMENT];
    size_t prefix = MAGIC_SIZE + 4, size = (prefix + (size_t)used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(head, ' ', sizeof head);
    memcpy(head, magic, MAGIC_SIZE);
    head[MAGIC_SIZE] = 1;
    head[MAGIC_SIZE + 1] = 0;
    head[MAGIC_SIZE + 2] = (unsigned char)(size - prefix);
    head[MAGIC_SIZE + 3] = 0;
    memcpy(head + prefix, text, (size_t)used);
    head[size - 1] = '\n';

    struct atomic_file file;
    TRY(atomic_open(&file, path, error));
    size_t row_size = int8 ? FRONTEND_CHANNELS : ROW_SIZE;
    if (fwrite(head, 1, size, file.stream) != size ||
        (row_count && fwrite(rows, row_size, row_count, file.stream) != row_count)) {
        error_set(error, ERROR_IO, "cannot write %s: the disk may be full", path);
        atomic_abort(&file);
        return error->code;
    }
    return atomic_commit(&file, error);
}

// ---- the dictionary ----

struct text {
    const char *at, *end;
};

static void skip_space(struct text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
        text->at++;
}

static bool take(struct text *text, const char *token)
{
    skip_space(text);
    size_t size = strlen(token);
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, token, size) != 0)
        return false;
    text->at += size;
    return true;
}

// A quoted text without escapes.
static bool take_quoted(struct text *text, char *value, size_t capacity)
{
    skip_space(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
        return false;
    char quote = *text->at++;
    const char *close = memchr(text->at, quote, (size_t)(text->end - text->at));
    if (!close || (size_t)(close - text->at) >= capacity)
        return false;
    size_t size = (size_t)(close - text->at);
    memcpy(value, text->at, size);
    value[size] = 0;
    text->at = close + 1;
    return true;
}

static bool take_number(struct text *text, size_t *value)
{
    skip_space(text);
    const char *start = text->at;
    for (*value = 0; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        size_t digit = (size_t)(*text->at - '0');
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, digit, value))
            return false;
    }
    return text->at > start;
}

struct description {
    char type[8];
    bool c_order;
    size_t shape[2];
};

static bool take_order(struct text *text, struct description *description)
{
    description->c_order = take(text, "False");
    return description->c_order || take(text, "True");
}

static bool take_shape(struct text *text, struct description *description)
{
    if (!take(text, "(") || !take_number(text, &description->shape[0]) || !take(text, ",") ||
        !take_number(text, &description->shape[1]))
        return false;
    take(text, ",");
    return take(text, ")");
}

static bool take_type(struct text *text, struct description *description)
{
    return take_quoted(text, description->type, sizeof description->type);
}

static const struct entry {
    const char *key;
    bool (*take)(struct text *text, struct description *description);
} entries[] = {{"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};

// One "key: value"; sets the entry's bit in *seen and refuses a second one.
static bool take_entry(struct text *text, struct description *description, unsigned *seen)
{
    char key[16];
    if (!take_quoted(text, key, sizeof key) || !take(text, ":"))
        return false;
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        if (strcmp(key, entries[i].key) == 0 && !(*seen & 1u << i)) {
            *seen |= 1u << i;
            return entries[i].take(text, description);
        }
    return false;
}

static bool take_dictionary(struct text *text, struct description *description)
{
    unsigned seen = 0;
    if (!take(text, "{"))
        return false;
    do {
        if (take(text, "}"))
            goto end;
        if (!take_entry(text, description, &seen))
            return false;
    } while (take(text, ","));
    if (!take(text, "}"))
        return false;
end:
    skip_space(text);
    return seen == (1u << COUNT_OF(entries)) - 1 && text->at == text->end;
}

// ---- reading ----

// The header's text and the start of the data; false when the file is no .npy.
static bool find_header(const struct mapping *file, struct text *text, size_t *start)
{
    const unsigned char *data = file->data;
    if (file->size < MAGIC_SIZE + 4 || memcmp(data, magic, MAGIC_SIZE) != 0 || data[MAGIC_SIZE] < 1 ||
        data[MAGIC_SIZE] > 3 || data[MAGIC_SIZE + 1] != 0)
        return false;
    size_t width = data[MAGIC_SIZE] == 1 ? 2 : 4, prefix = MAGIC_SIZE + 2 + width, length = 0;
    if (file->size < prefix)
        return false;
    for (size_t i = 0; i < width; i++)
        length |= (size_t)data[MAGIC_SIZE + 2 + i] << (8 * i);
    if (length > file->size - prefix)
        return false;
    *start = prefix + length;
    *text = (struct text){(const char *)data + prefix, (const char *)data + *start};
    return true;
}

static int parse(const struct mapping *file, const char *path, struct npy *npy, struct error *error)
{
    struct text text;
    size_t start;
    struct description description = {0};
    if (!find_header(file, &text, &start) || !take_dictionary(&text, &description))
        return error_set(error, ERROR_FORMAT, "%s is no .npy file of a two-dimensional array", path);
    bool int8 = strcmp(description.type, "|i1") == 0 || strcmp(description.type, "<i1") == 0;
    if (!int8 && strcmp(description.type, "<u2") != 0)
        return error_set(error, ERROR_FORMAT, "%s holds values of type %s; features are uint16 (<u2) or int8 (|i1)",
                         path, description.type);
    if (!description.c_order || description.shape[1] != FRONTEND_CHANNELS)
        return error_set(error, ERROR_FORMAT, "%s is not an array [rows, %d] in C order", path, FRONTEND_CHANNELS);
    size_t row_size = int8 ? FRONTEND_CHANNELS : ROW_SIZE, content = file->size - start;
    if (description.shape[0] != content / row_size || content % row_size)
        return error_set(error, ERROR_FORMAT, "%s does not hold the %zu rows that it announces", path,
                         description.shape[0]);
    void *data = array_alloc(description.shape[0], row_size);
    if (!data)
        return error_memory(error, "an array of features");
    memcpy(data, (const unsigned char *)file->data + start, content);
    *npy = (struct npy){data, description.shape[0], int8};
    return 0;
}

int npy_read(const char *path, struct npy *npy, struct error *error)
{
    *npy = (struct npy){0};
    struct mapping file;
    TRY(mapping_open(&file, path, error));
    int code = parse(&file, path, npy, error);
    mapping_close(&file);
    return code;
}
