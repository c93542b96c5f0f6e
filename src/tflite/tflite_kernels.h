// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the room: convolutions whose weights are repacked for vectors of the machine.
#ifndef WAKESMITH_TFLITE_KERNELS_H
#define WAKESMITH_TFLITE_KERNELS_H

#include "tflite/tflite_internal.h"

// Memory of the plan, zeroed, 64-byte aligned.
void *plan_alloc(struct plan *plan, size_t count, size_t size);
int plan_node(struct plan *plan, void (*run)(const void *), const void *params);
// Adds the best node for a convolution.
int bind_kernel(struct plan *plan, struct conv *conv, bool depthwise);

#endif
