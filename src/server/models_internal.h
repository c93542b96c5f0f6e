// SPDX-License-Identifier: GPL-3.0-or-later
// The finished runs of <data>/output, as models.c reads them and the routes of "Models" show them.
#ifndef WAKESMITH_MODELS_INTERNAL_H
#define WAKESMITH_MODELS_INTERNAL_H

#include "manifest/manifest.h"
#include "server/server.h"
#include "server/server_internal.h"

enum { MODELS_MAX_URL = 512 };

// A folder of the output. It is read, never written: neither renamed nor patched, whatever is found in it.
struct run {
    char *name, *folder;   // name of the folder, its path
    char id[TEXT_ID_SIZE]; // "" when there is no manifest
    char fault[512];       // why it cannot be used, one sentence; "": it is complete
    char report_fault[512]; // why it has no report; "" when it has one
    struct manifest manifest;
    json_t *report;          // an object; NULL when there is none that can be read
    struct timespec created; // when the manifest was written, which is the last file
    size_t model_size;
    bool published;       // the newest complete run of its id
    uint64_t fingerprint; // of the times and sizes of its files
};

// Between these two the list does not change: newest run first. It is read anew where the files did.
int models_begin(struct models *models, struct error *error);
void models_end(struct models *models);
size_t models_count(const struct models *models);
const struct run *models_at(const struct models *models, size_t index);
// Complete runs only; ERROR_MISSING with a sentence.
int models_find_run(const struct models *models, const char *name, const struct run **run, struct error *error);
int models_find_published(const struct models *models, const char *id, const struct run **run, struct error *error);
// Since when the published files may be others than before: whole seconds, rounded up, so that a file that was fetched
// in the second of the change counts as old.
time_t models_published_since(const struct models *models, const struct run *run);
// Moves a run, complete or not, to the trash. Takes no models_begin. *ticket: caller frees.
int models_remove(struct models *models, const char *name, char **ticket, struct error *error);

// ---- what is told about a run (models_facts.c) ---------------------------------------------------------------
// Where devices find this server, "http://192.168.1.10:2705"; no slash at its end.
int models_base_url(const struct server *server, const struct request *request, char url[MODELS_MAX_URL],
                    struct error *error);
// The named shape Model, and the one of a run that cannot be used.
json_t *models_describe(const struct run *run, const char *base_url);
json_t *models_describe_fault(const struct run *run);
json_t *models_catalogue_entry(const struct run *run, const char *base_url);
// ESPHome YAML with the manifest at `url`, beginning with this sensitivity (NULL: the manifest's). Caller frees.
char *models_yaml(const struct run *run, const char *url, const char *level);
// Address of a file of the run that will never change. Caller frees.
char *models_run_url(const struct run *run, const char *base_url, const char *file);

void models_tell(const struct run *run, struct run_facts *facts); // texts stay the run's

// ---- <id>.zip (models_bundle.c) ------------------------------------------------------------------------------
// All files of the run below "<id>/": the same bytes from the same run. Caller frees *data.
int models_bundle(const struct run *run, void **data, size_t *size, struct error *error);

#endif
