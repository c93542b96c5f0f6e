// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/base.h"

#include <string.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return code;
}

int error_memory(struct error *error, const char *what)
{
    memory_note_lost();
    return error_set(error, ERROR_MEMORY, "not enough memory for %s; close other programs or choose a smaller preset",
                     what);
}

int error_prefix(struct error *error, const char *format, ...)
{
    char old[sizeof error->message];
    memcpy(old, error->message, sizeof old);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    size_t at = used < 0 ? 0 : (size_t)used;
    if (at + 2 < sizeof error->message) // what does not fit is cut
        snprintf(error->message + at, sizeof error->message - at, ": %.*s", (int)(sizeof error->message - at - 3), old);
    return error->code;
}
