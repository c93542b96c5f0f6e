// SPDX-License-Identifier: GPL-3.0-or-later
// Paths and queries, percent-decoded.
#include "server/http_internal.h"

#include <stdlib.h>
#include <string.h>

bool text_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        size_t more = *at < 0x80 ? 0 : *at >= 0xC2 && *at < 0xE0 ? 1 : *at >= 0xE0 && *at < 0xF0 ? 2 : 3;
        if (*at == 0 || *at > 0xF4 || (*at >= 0x80 && *at < 0xC2) || (size_t)(end - at) <= more)
            return false;
        if ((*at == 0xE0 && at[1] < 0xA0) || (*at == 0xED && at[1] > 0x9F) || (*at == 0xF0 && at[1] < 0x90) ||
            (*at == 0xF4 && at[1] > 0x8F))
            return false; // too long a form, a surrogate, beyond the last character
        for (at++; more > 0; more--, at++)
            if ((*at & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// Decodes into `out`, which has room for `size` + 1 bytes. False: a bad percent sign, a zero byte or not UTF-8.
static bool decode(const char *text, size_t size, bool plus_is_space, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        int byte = (unsigned char)text[i];
        if (byte == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1, low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = high * 16 + low;
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        out[used++] = (char)byte;
    }
    out[used] = 0;
    return text_is_utf8(out, used);
}

static const char *fault_of_part(const char *part)
{
    if (strlen(part) > PATH_MOST_BYTES)
        return "a part of the address is too long";
    if (part[0] == '.')
        return "a part of the address begins with a dot";
    for (const char *at = part; *at; at++)
        if (*at == '/' || *at == '\\' || (unsigned char)*at < 0x20 || *at == 0x7F)
            return "the address has a slash or a control character inside a name";
    return NULL;
}

int path_parse(const char *text, size_t size, struct path *path, struct error *error)
{
    *path = (struct path){.storage = malloc(size + 1)};
    if (!path->storage)
        return error_memory(error, "an address");
    if (size == 0 || text[0] != '/')
        return error_set(error, ERROR_USAGE, "the address must begin with a slash");
    char *out = path->storage;
    const char *at = text + 1, *end = text + size;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        size_t length = (size_t)((slash ? slash : end) - at);
        if (length > (size_t)3 * PATH_MOST_BYTES)
            return error_set(error, ERROR_USAGE, "a part of the address is too long");
        if (!decode(at, length, false, out))
            return error_set(error, ERROR_USAGE, "the address is not percent-encoded UTF-8");
        const char *fault = fault_of_part(out);
        if (fault)
            return error_set(error, ERROR_USAGE, "%s", fault);
        if (length == 0 || path->count == PATH_MOST_PARTS || (slash && slash + 1 == end))
            return error_set(error, ERROR_MISSING, "there is nothing at this address");
        path->parts[path->count++] = out;
        out += strlen(out) + 1;
        at += length + 1;
    }
    return 0;
}

void path_free(struct path *path)
{
    free(path->storage);
    *path = (struct path){0};
}

static int add_pair(json_t *texts, const char *pair, size_t size, char *scratch, struct error *error)
{
    const char *equals = memchr(pair, '=', size);
    size_t key_size = equals ? (size_t)(equals - pair) : size, value_size = equals ? size - key_size - 1 : 0;
    char *key = scratch, *value = scratch + key_size + 1;
    if (!decode(pair, key_size, true, key) || !decode(equals ? equals + 1 : pair, value_size, true, value))
        return error_set(error, ERROR_USAGE, "the query is not percent-encoded UTF-8");
    if (!*key && !*value)
        return 0;
    if (json_object_get(texts, key))
        return error_set(error, ERROR_USAGE, "%.100s is given twice", key);
    return json_object_set_new(texts, key, json_string(value)) < 0 ? error_memory(error, "a query") : 0;
}

int query_parse(const char *text, json_t **texts, struct error *error)
{
    size_t size = text ? strlen(text) : 0;
    char *scratch = malloc(size + 2);
    *texts = json_object();
    int code = scratch && *texts ? 0 : error_memory(error, "a query");
    while (code == 0 && size > 0) {
        const char *ampersand = memchr(text, '&', size);
        size_t length = ampersand ? (size_t)(ampersand - text) : size;
        code = add_pair(*texts, text, length, scratch, error);
        length += ampersand ? 1 : 0;
        text += length;
        size -= length;
    }
    free(scratch);
    if (code < 0) {
        json_decref(*texts);
        *texts = NULL;
    }
    return code;
}
