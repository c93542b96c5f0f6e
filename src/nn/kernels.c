// SPDX-License-Identifier: GPL-3.0-or-later
#include "nn/nn_internal.h"

const struct nn_kernels *nn_kernels_for(enum cpu_level level)
{
    static const struct nn_kernels *const tables[CPU_LEVELS] = {
        [CPU_PLAIN] = &nn_kernels_reference, [CPU_AVX2] = &nn_kernels_reference, [CPU_AVX512] = &nn_kernels_reference};
    return tables[level];
}
