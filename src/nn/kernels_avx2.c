// SPDX-License-Identifier: GPL-3.0-or-later
// AVX2 with FMA.
#define LANES 8
#define REGISTERS 16
#define KERNELS nn_kernels_avx2
#define KERNELS_NAME "avx2"
#include "nn/kernels_body.h"
