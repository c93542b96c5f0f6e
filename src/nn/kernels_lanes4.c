// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of 4 floats: what every 64-bit machine has (SSE2, NEON).
#define LANES 4
#define REGISTERS 16
#define KERNELS nn_kernels_lanes4
#define KERNELS_NAME "lanes4"
#include "nn/kernels_body.h"
