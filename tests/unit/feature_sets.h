// SPDX-License-Identifier: GPL-3.0-or-later
// Feature sets in memory, for tests.
#ifndef FEATURE_SETS_H
#define FEATURE_SETS_H

#include "dataset/dataset.h"

#include <stdlib.h>

enum { C = FRONTEND_CHANNELS };

// Rows whose first channel tells the row's number in the set and whose second tells the item; the others are 665,
// the highest real feature.
static inline uint16_t *make_rows(size_t count)
{
    uint16_t *rows = calloc(count * C, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count * C; i++)
        rows[i] = 665;
    return rows;
}

static inline struct feature_set make_set(struct feature_item *items, size_t count)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < count; rows += items[i++].rows)
        items[i].first_row = rows;
    return (struct feature_set){
        .rows = make_rows((size_t)rows), .row_count = rows, .items = items, .item_count = count};
}

#endif
