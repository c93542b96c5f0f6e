// SPDX-License-Identifier: GPL-3.0-or-later
// All routes, in the order of docs/api.md.
#include "server/server_internal.h"

const struct route_table *const route_tables[] = {
    &routes_session,
    &routes_recordings,
    &routes_captures,
    &routes_word,
    &routes_train,
    &routes_models,
    &routes_data,
    &routes_access,
};
const size_t route_table_count = COUNT_OF(route_tables);
