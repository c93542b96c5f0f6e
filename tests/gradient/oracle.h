// SPDX-License-Identifier: GPL-3.0-or-later
// The network's loss in double precision, written straight from the formulas and sharing nothing with src/nn but the
// layout of the weights. It judges logits, loss and, by central differences, every gradient.
#ifndef WAKESMITH_TESTS_ORACLE_H
#define WAKESMITH_TESTS_ORACLE_H

#include "nn/nn.h"

struct oracle {
    struct nn_weights shape; // layout; its data is not used
    double *weights;         // [shape.count]
    int count;               // examples
    const float *const *inputs;
    const float *labels, *sample_weights;
    double *rows, *next; // [count][T1][widest]
    double *logits;      // [count]
    double *mean[NN_MAX_BLOCKS], *variance[NN_MAX_BLOCKS]; // of the batch
};

int oracle_open(struct oracle *oracle, const struct nn_weights *weights, int count, const float *const *inputs, const float *labels,
                const float *sample_weights);
void oracle_close(struct oracle *oracle);
// Training mode: batch statistics (biased variance). Fills logits, mean, variance.
double oracle_loss(struct oracle *oracle);
// Inference mode with the moving statistics among the weights; fills logits.
void oracle_infer(struct oracle *oracle);
// Inference over a track, states zero at the start: rows[steps * stride][40], logits[steps]. 0, or -1 without memory.
int oracle_stream(struct oracle *oracle, const float *rows, int steps, double *logits);

#endif
