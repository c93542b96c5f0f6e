// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

// Raise it when a stage computes something else from the same inputs.
static const char format_version[] = "1";

void signature_begin(struct signature *signature, const char *stage)
{
    sha256_init(&signature->hash);
    signature_add(signature, "stage", "%s", stage);
    signature_add(signature, "format", "%s", format_version);
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

bool artefact_fresh(const char *path, const char *hex)
{
    char *name = text_print("%s.signature", path);
    struct error ignored;
    void *text = NULL;
    size_t size = 0;
    bool fresh = name && file_exists(path) && file_read(name, 4096, &text, &size, &ignored) == 0 && size >= 64 &&
                 memcmp(text, hex, 64) == 0;
    free(text);
    free(name);
    return fresh;
}

int artefact_sign(const char *path, const char *hex, struct error *error)
{
    if (memory_was_lost()) // a voice, a spelling or a recording may be missing in it
        return error_memory(error, path_name(path));
    char *name = text_print("%s.signature", path), line[66];
    if (!name)
        return error_memory(error, "a path");
    snprintf(line, sizeof line, "%.64s\n", hex);
    int code = file_write(name, line, 65, error);
    free(name);
    return code;
}
