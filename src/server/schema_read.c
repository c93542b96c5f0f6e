// SPDX-License-Identifier: GPL-3.0-or-later
// The notation of shapes, read.
#include "server/schema_internal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const shape_kind_words[SHAPE_WORDS] = {"text", "int", "number", "bool", "null", "file", "any"};

void shape_free(struct shape *shape)
{
    if (!shape)
        return;
    for (size_t i = 0; i < shape->count; i++) {
        free(shape->members[i].key);
        shape_free(shape->members[i].shape);
    }
    free(shape->members);
    free(shape->text);
    free(shape);
}

enum { MOST_NESTED = 32 };

struct reader {
    const char *notation, *at;
    int depth;
    struct error *error;
};

static int read_shape(struct reader *reader, struct shape **shape);

static int wrong(struct reader *reader, const char *what)
{
    return error_set(reader->error, ERROR_FORMAT, "shape \"%.100s\": %s expected at byte %td", reader->notation, what,
                     reader->at - reader->notation);
}

static char peek(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\n')
        reader->at++;
    return *reader->at;
}

static bool take(struct reader *reader, char what)
{
    if (peek(reader) != what)
        return false;
    reader->at++;
    return true;
}

static int add_member(struct reader *reader, struct shape *shape, struct member member)
{
    struct member *members = realloc(shape->members, (shape->count + 1) * sizeof *members);
    if (!members) {
        free(member.key);
        shape_free(member.shape);
        return error_memory(reader->error, "a shape");
    }
    shape->members = members;
    members[shape->count++] = member;
    return 0;
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

static int take_text(struct reader *reader, size_t length, char **text)
{
    *text = strndup(reader->at, length);
    reader->at += length;
    return *text ? 0 : error_memory(reader->error, "a shape");
}

static int read_bounds(struct reader *reader, struct shape *shape)
{
    if (*reader->at != '(')
        return 0;
    reader->at++;
    shape->bounded = true;
    shape->low = -INFINITY, shape->high = INFINITY;
    char *end = NULL;
    if (*reader->at != '.') {
        // "1..10": strtod would read "1." first
        shape->low = (double)strtoll(reader->at, &end, 10);
        if (end[0] == '.' && end[1] != '.')
            shape->low = strtod(reader->at, &end);
        if (end == reader->at)
            return wrong(reader, "a number");
        reader->at = end;
    }
    if (strncmp(reader->at, "..", 2) != 0)
        return wrong(reader, "\"..\"");
    reader->at += 2;
    if (*reader->at != ')') {
        shape->high = strtod(reader->at, &end);
        if (end == reader->at)
            return wrong(reader, "a number");
        reader->at = end;
    }
    return take(reader, ')') ? 0 : wrong(reader, "\")\"");
}

const struct shape_name *shape_name_find(const char *name, size_t length)
{
    for (size_t i = 0; i < shape_name_count; i++)
        if (strlen(shape_names[i].name) == length && strncmp(shape_names[i].name, name, length) == 0)
            return &shape_names[i];
    return NULL;
}

static int read_word(struct reader *reader, struct shape *shape)
{
    size_t length = word_length(reader->at);
    for (size_t i = 0; i < SHAPE_WORDS; i++) {
        if (strlen(shape_kind_words[i]) != length || strncmp(shape_kind_words[i], reader->at, length) != 0)
            continue;
        shape->kind = (enum shape_kind)i;
        reader->at += length;
        return i <= SHAPE_NUMBER ? read_bounds(reader, shape) : 0;
    }
    if (!shape_name_find(reader->at, length))
        return wrong(reader, "a shape");
    shape->kind = SHAPE_NAME;
    return take_text(reader, length, &shape->text);
}

static int read_literal(struct reader *reader, struct shape *shape)
{
    reader->at++;
    const char *end = strchr(reader->at, '"');
    if (!end)
        return wrong(reader, "a closing quotation mark");
    shape->kind = SHAPE_LITERAL;
    TRY(take_text(reader, (size_t)(end - reader->at), &shape->text));
    reader->at++;
    return 0;
}

static int read_member(struct reader *reader, struct shape *shape)
{
    struct member member = {0};
    peek(reader);
    size_t length = word_length(reader->at);
    if (length == 0 && *reader->at != '*')
        return wrong(reader, "a key");
    if (length == 0)
        reader->at++;
    else
        TRY(take_text(reader, length, &member.key));
    member.optional = take(reader, '?') || !member.key;
    int code = take(reader, ':') ? read_shape(reader, &member.shape) : wrong(reader, "\":\"");
    if (code < 0) {
        free(member.key);
        return code;
    }
    return add_member(reader, shape, member);
}

static int read_object(struct reader *reader, struct shape *shape)
{
    reader->at++;
    shape->kind = SHAPE_OBJECT;
    if (take(reader, '}'))
        return 0;
    do
        TRY(read_member(reader, shape));
    while (take(reader, ','));
    return take(reader, '}') ? 0 : wrong(reader, "\",\" or \"}\"");
}

static int read_list(struct reader *reader, struct shape *shape)
{
    struct member member = {0};
    reader->at++;
    shape->kind = SHAPE_LIST;
    TRY(read_shape(reader, &member.shape));
    TRY(add_member(reader, shape, member));
    return take(reader, ']') ? 0 : wrong(reader, "\"]\"");
}

static int read_single(struct reader *reader, struct shape **out)
{
    struct shape *shape = calloc(1, sizeof *shape);
    if (!shape)
        return error_memory(reader->error, "a shape");
    int code;
    switch (peek(reader)) {
    case '"': code = read_literal(reader, shape); break;
    case '[': code = read_list(reader, shape); break;
    case '{': code = read_object(reader, shape); break;
    default: code = read_word(reader, shape);
    }
    if (code < 0)
        shape_free(shape);
    else
        *out = shape;
    return code;
}

static int read_alternatives(struct reader *reader, struct shape *first, struct shape **out)
{
    struct shape *shape = calloc(1, sizeof *shape);
    if (!shape) {
        shape_free(first);
        return error_memory(reader->error, "a shape");
    }
    shape->kind = SHAPE_ONE_OF;
    int code = add_member(reader, shape, (struct member){.shape = first});
    while (code == 0 && take(reader, '|')) {
        struct member member = {0};
        code = read_single(reader, &member.shape);
        if (code == 0)
            code = add_member(reader, shape, member);
    }
    if (code < 0)
        shape_free(shape);
    else
        *out = shape;
    return code;
}

static int read_shape(struct reader *reader, struct shape **shape)
{
    if (++reader->depth > MOST_NESTED)
        return wrong(reader, "less nesting");
    struct shape *first;
    TRY(read_single(reader, &first));
    if (peek(reader) == '|')
        TRY(read_alternatives(reader, first, shape));
    else
        *shape = first;
    reader->depth--;
    return 0;
}

int shape_parse(const char *notation, struct shape **shape, struct error *error)
{
    struct reader reader = {notation, notation, 0, error};
    struct shape *whole;
    TRY(read_shape(&reader, &whole));
    if (peek(&reader)) {
        shape_free(whole);
        return wrong(&reader, "the end");
    }
    *shape = whole;
    return 0;
}
