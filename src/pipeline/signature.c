// SPDX-License-Identifier: GPL-3.0-or-later
// A signature is a hash of all that an artefact is made of. Beside the artefact lies <name>.signature: the hash, then
// its inputs line by line, so that a later run can say which of them changed.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

// Raise it when a stage computes something else from the same inputs.
static const char format_version[] = "1";
enum { INPUTS_MOST = 1 << 20, VALUE_MOST = 300 };

void signature_begin(struct signature *signature, const char *stage)
{
    sha256_init(&signature->hash);
    signature->inputs = NULL;
    signature_add(signature, "stage", "%s", stage);
    signature_add(signature, "format", "%s", format_version);
}

void walk_signature(struct walk *walk, struct signature *signature, const char *stage)
{
    signature_begin(signature, stage);
    buffer_free(&walk->inputs);
    buffer_init(&walk->inputs, INPUTS_MOST);
    signature->inputs = &walk->inputs;
}

// For people: one line, of which the end of a long value is missing.
static void note_input(struct buffer *inputs, const char *key, const char *value)
{
    size_t from = inputs->size;
    buffer_print(inputs, "%s=%.*s\n", key, VALUE_MOST, value);
    for (size_t i = from; i + 1 < inputs->size; i++)
        if (inputs->data[i] == '\n')
            inputs->data[i] = ' ';
}

void signature_add(struct signature *signature, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *value = NULL;
    int size = vasprintf(&value, format, args);
    va_end(args);
    sha256_add(&signature->hash, key, strlen(key) + 1);
    if (size >= 0) // without memory the signature differs and the stage runs again, which is safe
        sha256_add(&signature->hash, value, (size_t)size + 1);
    if (size >= 0 && signature->inputs)
        note_input(signature->inputs, key, value);
    free(size >= 0 ? value : NULL);
}

int signature_add_file(struct signature *signature, const char *path, struct error *error)
{
    char hex[65];
    TRY(sha256_file(path, hex, error));
    signature_add(signature, path_name(path), "%s", hex);
    return 0;
}

void signature_end(struct signature *signature, char hex[65])
{
    sha256_hex(&signature->hash, hex);
}

void walk_signed(struct walk *walk, struct signature *signature, char hex[65])
{
    struct error ignored; // without memory a later run cannot say why; nothing else
    signature_end(signature, hex);
    const bool whole = walk->inputs.data && !walk->inputs.failed;
    char *line = text_print("%.64s\n%s", hex, whole ? walk->inputs.data : "");
    if (line)
        text_list_add(&walk->signed_inputs, line, &ignored);
    free(line);
}

// Hash and inputs of a signature of this run; "" if it has no such.
static const char *inputs_of(const struct walk *walk, const char *hex)
{
    for (size_t i = walk->signed_inputs.count; i-- > 0;)
        if (memcmp(walk->signed_inputs.items[i], hex, 64) == 0)
            return walk->signed_inputs.items[i];
    return "";
}

// ---- which input changed ----

// Is the line `at` (without its end) one of `text`?
static bool has_line(const char *text, const char *at, size_t size)
{
    for (const char *hit = text; (hit = memmem(hit, strlen(hit), at, size)); hit++)
        if ((hit == text || hit[-1] == '\n') && hit[size] == '\n')
            return true;
    return false;
}

// Lines of a key that `text` has and `other` has not; *value: that of the first.
static int count_own(const char *text, const char *other, const char *key, size_t key_size, const char **value)
{
    int count = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
        if (strncmp(line, key, key_size) == 0 && line[key_size] == '=' &&
            !has_line(other, line, (size_t)(end - line)) && count++ == 0)
            *value = line + key_size + 1;
    return count;
}

static int shown_size(const char *value)
{
    enum { SHOWN = 60, HASH_SHOWN = 12 };
    const size_t size = strcspn(value, "\n"), digits = strspn(value, "0123456789abcdef");
    return size == 64 && digits == 64 ? HASH_SHOWN : size < SHOWN ? (int)size : SHOWN;
}

// What became of one key.
static void print_change(struct buffer *out, const char *key, size_t key_size, const char *before, const char *now)
{
    const char *was = NULL, *is = NULL;
    const int lost = count_own(before, now, key, key_size, &was), added = count_own(now, before, key, key_size, &is);
    if (lost == 0 && added == 0)
        return;
    buffer_print(out, "%s%.*s", out->size ? "; " : "", (int)key_size, key);
    if (lost > 1 || added > 1)
        buffer_print(out, ": %d others", added > lost ? added : lost);
    else if (lost && added)
        buffer_print(out, " was %.*s, is %.*s", shown_size(was), was, shown_size(is), is);
    else
        buffer_print(out, added ? " is new" : " is gone");
}

// The keys of `text` in their order; those of `but` were told before.
static void print_keys(struct buffer *out, const char *text, const char *but, const char *before, const char *now)
{
    for (const char *line = text, *end; (end = strchr(line, '\n')) && !out->failed; line = end + 1) {
        const size_t key = strcspn(line, "=") + 1; // with the sign, so that no other key begins so
        const char *first = text, *told;
        while (strncmp(first, line, key) != 0)
            first = strchr(first, '\n') + 1;
        for (told = but; *told && strncmp(told, line, key) != 0; told = strchr(told, '\n') + 1)
            continue;
        if (first == line && !*told)
            print_change(out, line, key - 1, before, now);
    }
}

static const char *lines_after_hash(const char *text)
{
    const char *newline = strchr(text, '\n');
    return newline ? newline + 1 : "";
}

static int count_lines(const char *text)
{
    int count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

// `before`: what lies beside the artefact; NULL: nothing.
static void tell_reason(struct walk *walk, const char *path, const char *hex, const char *before, bool fresh)
{
    const char *name = path_name(path), *now = lines_after_hash(inputs_of(walk, hex));
    struct buffer changes;
    buffer_init(&changes, 2000);
    if (fresh) {
        walk_debug(walk, "%s is kept: none of its %d inputs changed", name, count_lines(now));
    } else if (!before) {
        walk_debug(walk, "%s is made: there is none", name);
    } else if (!file_exists(path)) {
        walk_debug(walk, "%s is made: it was not finished, or it was deleted", name);
    } else {
        print_keys(&changes, now, "", lines_after_hash(before), now);
        print_keys(&changes, lines_after_hash(before), now, lines_after_hash(before), now);
        walk_debug(walk, "%s is made again: %s", name, changes.size ? changes.data : "its inputs changed");
    }
    buffer_free(&changes);
}

bool walk_fresh(struct walk *walk, const char *path, const char *hex)
{
    char *name = text_print("%s.signature", path);
    struct error ignored;
    void *text = NULL;
    size_t size = 0;
    bool known = name && file_read(name, 2 * INPUTS_MOST, &text, &size, &ignored) == 0 && size >= 64;
    bool fresh = known && file_exists(path) && memcmp(text, hex, 64) == 0;
    if (walk->options->debug)
        tell_reason(walk, path, hex, known ? text : NULL, fresh);
    if (fresh)
        text_list_add(&walk->kept, path_name(path), &ignored); // for the record of the run
    free(text);
    free(name);
    return fresh;
}

int walk_sign(struct walk *walk, const char *path, const char *hex, struct error *error)
{
    if (memory_was_lost()) // the artefact may lack something: it is made again
        return error_memory(error, path_name(path));
    const char *inputs = inputs_of(walk, hex);
    char *name = text_print("%s.signature", path), *text = text_print("%.64s\n%s", hex, lines_after_hash(inputs));
    int code = name && text ? file_write(name, text, strlen(text), error) : error_memory(error, "a path");
    free(text);
    free(name);
    return code;
}
