// SPDX-License-Identifier: GPL-3.0-or-later
// All routes. meson.build tells which files are there.
#include "server/server_internal.h"

const struct route_table *const route_tables[] = {
#ifdef HAS_routes_session
    &routes_session,
#endif
#ifdef HAS_routes_recordings
    &routes_recordings,
    &routes_captures,
#endif
#ifdef HAS_routes_word
    &routes_word,
#endif
#ifdef HAS_routes_train
    &routes_train,
#endif
#ifdef HAS_routes_models
    &routes_models,
#endif
#ifdef HAS_routes_data
    &routes_data,
#endif
    &routes_access,
};
const size_t route_table_count = COUNT_OF(route_tables);
