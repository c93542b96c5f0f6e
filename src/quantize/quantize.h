// SPDX-License-Identifier: GPL-3.0-or-later
// quantize: from float weights to an int8 streaming graph: fold batch norm, calibrate ranges, shift the logit so
// that the operating point lies inside the byte's range, emit the graph of spec quantization-and-tflite 7.
#ifndef WAKESMITH_QUANTIZE_H
#define WAKESMITH_QUANTIZE_H

#include "base/base.h"
#include "dataset/dataset.h"
#include "nn/nn.h"
#include "tflite/tflite.h"

// The exported logit is logit_scale * z - logit_shift for the network's logit z: with
// logit_shift = logit_scale * threshold - logit(.7) the operating point comes out at p = .7.
struct quantize_options {
    float logit_shift;
    float logit_scale;       // 1: as trained
    double percentile;       // of activations kept by conv1 and depthwise ranges: .9999; 1: all
    const char *description; // NULL: Wakesmith and its version
};
struct quantize_report {
    size_t calibration_rows;
    // Share of saturated values per activation, in the order of the graph: first convolution, then depthwise and 1x1
    // output of each block, then the logit (index 2 * blocks + 1; its ends, -10 and 8, are sure answers).
    double saturated[2 * NN_MAX_BLOCKS + 2];
    double float_difference; // mean |p float - p int8| over the calibration tracks
    double float_difference_max;
};
// `tracks`: items of feature sets (words and running negatives) that ranges are taken from.
struct quantize_track {
    const uint16_t *rows;
    size_t row_count;
};
// Emits the file's bytes (caller frees *data), read back, verified, run and compared with the float network: a model
// that a device would refuse, or that answers otherwise than the float network, is an error. The bytes do not depend
// on the threads of `pool` (NULL: none).
int quantize_model(const struct nn_weights *weights, const struct quantize_track *tracks, size_t track_count,
                   const struct quantize_options *options, struct pool *pool, void **data, size_t *size,
                   struct quantize_report *report, struct error *error);

#endif
