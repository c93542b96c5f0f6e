// SPDX-License-Identifier: GPL-3.0-or-later
// The own store on disk, little-endian: head (64 bytes), rows (80 bytes each), items (32 bytes each, as in
// memory), tail (64 bytes). The tail comes last so that rows can be appended without knowing how many follow.
#ifndef WAKESMITH_DATASET_INTERNAL_H
#define WAKESMITH_DATASET_INTERNAL_H

#include "dataset/dataset.h"

enum { ROW_SIZE = FRONTEND_CHANNELS * sizeof(uint16_t), MAXIMUM_WEIGHT = 1000000 };

struct store_head {
    uint64_t magic, version;
    uint64_t reserved[6];
};
struct store_tail {
    uint64_t magic, row_count, item_count;
    uint64_t checksum; // of everything before the tail
    uint64_t reserved[4];
};
#define STORE_HEAD_MAGIC 0x54414546454b4157u // "WAKEFEAT" as bytes
#define STORE_TAIL_MAGIC 0x444e4546454b4157u // "WAKEFEND"
#define STORE_VERSION 1u

_Static_assert(sizeof(struct store_head) == 64 && sizeof(struct store_tail) == 64, "sizes on disk");
_Static_assert(sizeof(struct feature_item) == 32, "items are mapped as they lie on disk");

// Running checksum over 64-bit words (`size` is a multiple of 8): every step is a bijection of the state, so that
// one wrong word is always found. It guards against damage, not against forgery.
uint64_t checksum_add(uint64_t checksum, const void *data, size_t size);

// NULL, or what is wrong with an item of a set of `row_count` rows.
const char *item_fault(const struct feature_item *item, uint64_t row_count);

#endif
