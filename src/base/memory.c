// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, BLOCK = 1 << 20 };

static atomic_bool lost;

void memory_note_lost(void)
{
    atomic_store(&lost, true);
}

void *memory_or_lost(size_t size)
{
    void *data = malloc(size);
    if (!data)
        memory_note_lost();
    return data;
}

bool memory_was_lost(void)
{
    return atomic_load(&lost);
}

void memory_watch(void)
{
    atomic_store(&lost, false);
}

void *array_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *data = aligned_alloc(ALIGNMENT, bytes ? bytes : ALIGNMENT);
    if (data)
        memset(data, 0, bytes ? bytes : ALIGNMENT);
    else
        memory_note_lost();
    return data;
}

struct arena_block {
    struct arena_block *next;
    size_t used, capacity;
    _Alignas(ALIGNMENT) unsigned char data[];
};

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    struct arena_block *block = arena->block;
    size_t at = block ? (block->used + align - 1) / align * align : 0;
    if (!block || at > block->capacity || size > block->capacity - at) {
        size_t capacity = size > BLOCK ? size : BLOCK;
        if (capacity > SIZE_MAX - sizeof *block)
            return NULL;
        block = array_alloc(1, sizeof *block + capacity);
        if (!block)
            return NULL;
        block->capacity = capacity;
        block->next = arena->block;
        arena->block = block;
        at = 0;
    }
    block->used = at + size;
    arena->used += size;
    return block->data + at;
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(arena, size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

void arena_free(struct arena *arena)
{
    while (arena->block) {
        struct arena_block *next = arena->block->next;
        free(arena->block);
        arena->block = next;
    }
    arena->used = 0;
}

void buffer_init(struct buffer *buffer, size_t maximum)
{
    *buffer = (struct buffer){.maximum = maximum};
}

// Room for `more` bytes and the 0 byte.
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed || more > buffer->maximum || buffer->size > buffer->maximum - more)
        return !(buffer->failed = true);
    size_t need = buffer->size + more + 1;
    if (need <= buffer->capacity)
        return true;
    size_t capacity = need < 256 ? 256 : need + need / 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        memory_note_lost();
        return !(buffer->failed = true);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (!buffer_reserve(buffer, size))
        return;
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        memory_note_lost();
        buffer->failed = true;
    } else if (buffer_reserve(buffer, (size_t)size)) {
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.maximum = buffer->maximum};
}

int text_list_add(struct text_list *list, const char *text, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        char **items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return error_memory(error, "a list of names");
        list->items = items;
        list->capacity = capacity;
    }
    char *copy = strdup(text);
    if (!copy)
        return error_memory(error, "a list of names");
    list->items[list->count++] = copy;
    return 0;
}

bool text_list_has(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

void text_list_free(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct text_list){0};
}

char *text_print(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        memory_note_lost();
    return size < 0 ? NULL : text;
}
