// SPDX-License-Identifier: GPL-3.0-or-later
// The runs of a data directory without a server: `wakesmith runs`.
#include "server/models_internal.h"

int runs_visit(const char *data_dir, run_visitor *visit, void *context, struct error *error)
{
    struct models *models;
    TRY(models_open(&models, data_dir, error));
    int code = models_begin(models, error);
    if (code == 0) {
        for (size_t i = 0; i < models_count(models) && code == 0; i++) {
            struct run_facts facts;
            models_tell(models_at(models, i), &facts);
            code = visit(context, &facts, error);
        }
        models_end(models);
    }
    models_close(models);
    return code;
}

int runs_remove(const char *data_dir, const char *name, char **ticket, struct error *error)
{
    struct models *models;
    TRY(models_open(&models, data_dir, error));
    int code = models_remove(models, name, ticket, error);
    models_close(models);
    return code;
}

int runs_restore(const char *data_dir, const char *ticket, char **name, struct error *error)
{
    struct models *models;
    TRY(models_open(&models, data_dir, error));
    int code = models_restore(models, ticket, name, error);
    models_close(models);
    return code;
}
