// SPDX-License-Identifier: GPL-3.0-or-later
#include "nn/nn_internal.h"

const struct nn_kernels *nn_kernels_for(enum cpu_level level)
{
    static const struct nn_kernels *const tables[CPU_LEVELS] = {
        [CPU_PLAIN] = &nn_kernels_lanes4,
#if defined(__x86_64__)
        [CPU_AVX2] = &nn_kernels_avx2,
        [CPU_AVX512] = &nn_kernels_avx512,
#else
        [CPU_AVX2] = &nn_kernels_lanes4,
        [CPU_AVX512] = &nn_kernels_lanes4,
#endif
    };
    return tables[level];
}
