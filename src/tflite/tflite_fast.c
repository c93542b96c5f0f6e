// SPDX-License-Identifier: GPL-3.0-or-later
#include "tflite/tflite_kernels.h"

int bind_kernel(struct plan *plan, struct conv *conv, bool depthwise)
{
    return plan_node(plan, depthwise ? run_depthwise : run_conv, conv);
}
