// SPDX-License-Identifier: GPL-3.0-or-later
// What catalogue.c (which voices there are) and catalogue_fetch.c (bringing and removing them) share.
#ifndef WAKESMITH_SPEECH_CATALOGUE_INTERNAL_H
#define WAKESMITH_SPEECH_CATALOGUE_INTERNAL_H

#include "fetch/fetch.h"
#include "speech/speech_internal.h"

#include <jansson.h>

enum { CATALOGUE_MAXIMUM = 16 << 20 };

struct catalogue {
    json_t *document;
    struct voice_pack *packs;
    size_t count;
    char *folder;
    char machine[65];
};

const char *catalogue_text(const json_t *object, const char *key); // "" where there is none
uint64_t catalogue_size(const json_t *object);
bool catalogue_for_machine(const struct catalogue *catalogue, const json_t *file);
bool catalogue_file_there(const struct catalogue *catalogue, const json_t *file);
const json_t *catalogue_pack(const struct catalogue *catalogue, const char *id, struct error *error);
// Adds the voices of Piper's own catalogue, as bytes. ERROR_FORMAT for what is none.
int catalogue_add_piper(struct catalogue *catalogue, const void *data, size_t size, struct error *error);
// Makes the packs anew from the document and from what lies in the folder.
int catalogue_list(struct catalogue *catalogue, struct error *error);

#endif
