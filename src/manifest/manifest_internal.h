// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader and the writer of manifests share: the limits of the values.
#ifndef WAKESMITH_MANIFEST_INTERNAL_H
#define WAKESMITH_MANIFEST_INTERNAL_H

#include "manifest/manifest.h"

enum { MANIFEST_MAX_STEP = 30, MANIFEST_MAX_ARENA = 16 << 20, MANIFEST_MAX_SIZE = 64 << 10, MANIFEST_VERSION = 2 };

// Checks ranges and forms of a filled manifest; the error names the key.
int manifest_check(const struct manifest *manifest, struct error *error);
// Prints the shortest decimal (three decimals unless more are needed) that the device turns into the same byte as
// `cutoff`: (int)(value * 255).
void manifest_print_cutoff(struct buffer *out, double cutoff);

#endif
