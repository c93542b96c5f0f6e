// SPDX-License-Identifier: GPL-3.0-or-later
// AVX-512 (F, BW, DQ, VL).
#define LANES 16
#define REGISTERS 32
#define KERNELS nn_kernels_avx512
#define KERNELS_NAME "avx512"
#include "nn/kernels_body.h"
