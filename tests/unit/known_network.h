// SPDX-License-Identifier: GPL-3.0-or-later
// A network with known scores: logit = newest real feature of channel 0, minus 10. For the tests of the room train.
#ifndef KNOWN_NETWORK_H
#define KNOWN_NETWORK_H

#include "train/train_internal.h"

#include <cmocka.h>

enum { STRIDE = 2 };

static struct nn_weights known_network(void)
{
    struct error error;
    static const struct nn_config config = {.stride = STRIDE,
                                            .first_filters = 1,
                                            .first_kernel = 3,
                                            .blocks = 1,
                                            .filters = {1},
                                            .kernel_count = {1},
                                            .kernels = {{2}},
                                            .tail = 1};
    struct nn_weights weights;
    assert_int_equal(nn_weights_open(&weights, &config, &error), 0);
    weights.first[2 * FRONTEND_CHANNELS] = 1;
    weights.depthwise[0][0][1] = 1;
    weights.pointwise[0][0] = 1;
    weights.gamma[0][0] = 1;
    weights.variance[0][0] = 1 - 1e-3f;
    weights.dense[0] = 1;
    *weights.dense_bias = -10;
    return weights;
}

#endif
