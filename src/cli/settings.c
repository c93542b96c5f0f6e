// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/settings.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 };

struct reader {
    const char *at, *end, *name;
    size_t line;
    struct buffer value;
};

static int wrong(const struct reader *reader, struct error *error, const char *what)
{
    return error_set(error, ERROR_FORMAT, "%s, line %zu: %s", reader->name, reader->line, what);
}

static bool in(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && in(*reader->at, " \t\r"))
        reader->at++;
}

static void skip_line(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at != '\n')
        reader->at++;
}

static bool is_key_byte(char byte, bool first)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (!first && byte >= '0' && byte <= '9');
}

static size_t key_size(const struct reader *reader)
{
    size_t size = 0;
    while (reader->at + size < reader->end && is_key_byte(reader->at[size], size == 0))
        size++;
    return size;
}

static void take(struct reader *reader)
{
    reader->line += *reader->at == '\n';
    buffer_append(&reader->value, reader->at++, 1);
}

static int read_single_quoted(struct reader *reader, struct error *error)
{
    size_t begin = reader->line;
    reader->at++;
    while (reader->at < reader->end && *reader->at != '\'')
        take(reader);
    if (reader->at == reader->end) {
        reader->line = begin;
        return wrong(reader, error, "a quote (') is not closed");
    }
    reader->at++;
    return 0;
}

static int read_double_quoted(struct reader *reader, struct error *error)
{
    size_t begin = reader->line;
    reader->at++;
    while (reader->at < reader->end && *reader->at != '"') {
        if (in(*reader->at, "$`"))
            return wrong(reader, error,
                         "$ and ` are not worked out here: write the value itself, or use single quotes");
        if (*reader->at == '\\' && reader->at + 1 < reader->end && in(reader->at[1], "\"\\$`"))
            reader->at++;
        take(reader);
    }
    if (reader->at == reader->end) {
        reader->line = begin;
        return wrong(reader, error, "a quote (\") is not closed");
    }
    reader->at++;
    return 0;
}

// Pieces with and without quotes up to a blank or the end of the line.
static int read_value(struct reader *reader, struct error *error)
{
    reader->value.size = 0;
    buffer_append(&reader->value, "", 0);
    while (reader->at < reader->end && !in(*reader->at, " \t\r\n")) {
        char byte = *reader->at;
        if (byte == '\'')
            TRY(read_single_quoted(reader, error));
        else if (byte == '"')
            TRY(read_double_quoted(reader, error));
        else if (!byte || in(byte, "$`;&|<>()"))
            return wrong(reader, error,
                         "settings are read, not executed: $ ` ; & | < > ( ) may stand in single quotes only");
        else {
            if (byte == '\\' && reader->at + 1 < reader->end && !in(reader->at[1], "\r\n"))
                reader->at++;
            take(reader);
        }
    }
    skip_blanks(reader);
    if (reader->at < reader->end && !in(*reader->at, "#\n"))
        return wrong(reader, error, "a value with spaces needs quotes: KEY='two words'");
    if (reader->value.size && memchr(reader->value.data, 0, reader->value.size))
        return wrong(reader, error, "there is a 0 byte");
    return reader->value.failed ? error_memory(error, "the settings") : 0;
}

static int read_line(struct reader *reader, struct settings *settings, struct error *error)
{
    static const char export[] = "export";
    skip_blanks(reader);
    size_t size = key_size(reader);
    if (size == strlen(export) && strncmp(reader->at, export, size) == 0 && reader->at + size < reader->end &&
        in(reader->at[size], " \t")) {
        reader->at += size;
        skip_blanks(reader);
        size = key_size(reader);
    }
    if (size == 0 && (reader->at == reader->end || in(*reader->at, "#\n")))
        return 0;
    if (size == 0 || reader->at + size == reader->end || reader->at[size] != '=')
        return wrong(reader, error, "this is no KEY=value");
    char *key = strndup(reader->at, size);
    reader->at += size + 1;
    int code = key ? read_value(reader, error) : error_memory(error, "the settings");
    if (code == 0)
        code = text_list_add(&settings->keys, key, error);
    if (code == 0)
        code = text_list_add(&settings->values, reader->value.data ? reader->value.data : "", error);
    free(key);
    return code;
}

int settings_parse(struct settings *settings, const char *text, size_t size, const char *name, struct error *error)
{
    struct reader reader = {.at = text, .end = text + size, .name = name, .line = 1};
    int code = 0;
    *settings = (struct settings){0};
    buffer_init(&reader.value, MOST_BYTES);
    while (reader.at < reader.end && code == 0) {
        code = read_line(&reader, settings, error);
        skip_line(&reader);
        if (reader.at < reader.end)
            reader.at++;
        reader.line++;
    }
    buffer_free(&reader.value);
    if (code < 0)
        settings_close(settings);
    return code;
}

int settings_read(struct settings *settings, const char *path, struct error *error)
{
    void *text;
    size_t size;
    *settings = (struct settings){0};
    if (!file_exists(path))
        return 0;
    TRY(file_read(path, MOST_BYTES, &text, &size, error));
    int code = settings_parse(settings, text, size, path, error);
    free(text);
    return code;
}

const char *settings_get(const struct settings *settings, const char *key)
{
    for (size_t i = settings->keys.count; i-- > 0;)
        if (strcmp(settings->keys.items[i], key) == 0)
            return settings->values.items[i];
    return NULL;
}

void settings_print(struct buffer *text, const char *key, const char *value)
{
    buffer_print(text, "%s='", key);
    for (const char *at = value; *at; at++)
        if (*at == '\'')
            buffer_print(text, "'\\''");
        else
            buffer_append(text, at, 1);
    buffer_print(text, "'\n");
}

void settings_close(struct settings *settings)
{
    text_list_free(&settings->keys);
    text_list_free(&settings->values);
    *settings = (struct settings){0};
}
