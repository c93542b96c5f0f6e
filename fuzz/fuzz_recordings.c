// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes: names that are accepted stay inside their folder; a sidecar is an object or nothing, and what is believed
// of it makes sense.
#include "recordings/recordings_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const char *text)
{
    char stem[STEM_SIZE];
    int speaker, take;
    bool wav = name_is_wav(text), inside = !strchr(text, '/') && text[0] != '.' && *text;
    if ((wav || name_is_id(text) || name_is_ticket(text)) && !inside)
        abort();
    if (wav && !text_ends_with(text, ".wav"))
        abort();
    if (name_take(text, &speaker, &take) && (!wav || speaker < 1 || take < 1))
        abort();
    if (name_number(text, "sample") < 0)
        abort();
    name_safe_stem(text, stem);
    for (const char *at = stem; *at; at++)
        if (*at == '.' || *at == '/' || *at < '0' || *at > 'z')
            abort();
    char *shown = name_display(text);
    json_t *value = json_string(shown); // NULL for invalid UTF-8
    if (shown && !value)
        abort();
    json_decref(value);
    free(shown);
}

static void check_sidecar(const char *data, size_t size)
{
    json_t *sidecar = sidecar_parse(data, size);
    if (!sidecar)
        return;
    double start, end;
    bool trimmed = sidecar_trim(sidecar, 2, &start, &end);
    if (!json_is_object(sidecar) || !(start >= 0 && start < end && end <= 2) || (!trimmed && (start > 0 || end < 2)) ||
        !isfinite(sidecar_number(sidecar, "seconds", 0)))
        abort();
    sidecar_clean(sidecar);
    const json_t *status = json_object_get(sidecar, "review_status");
    if (status && !json_is_string(status))
        abort();
    json_decref(sidecar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    check_names(text);
    check_sidecar(text, size);
    free(text);
    return 0;
}
