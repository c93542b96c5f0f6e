#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes torch.bin, which test_torch.c reads: a small MixedNet and three training steps of PyTorch in double precision.

float32, one after another (layouts as in src/nn/nn.h, N = 6 examples of S = 27 rows):
  weights [count]  inputs [N][S][40]  labels [N]  sample weights [N]
  then for each of three steps on the same batch: logits [N]  loss [1]  gradients [trainable]  weights after Adam [count]

usage: make_torch_dump.py torch.bin      (needs torch and numpy)
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F

STRIDE, FIRST, FIRST_ROWS, TAIL = 3, 10, 5, 3
FILTERS, KERNELS = [13, 18], [[3], [2, 4]]
EXAMPLES, ROWS, RATE = 6, 27, 0.003
torch.manual_seed(1)


def uniform(limit, *shape):
    return (torch.rand(*shape, dtype=torch.float32) * 2 - 1).mul(limit).double()


def group_sizes(channels, groups):
    return [channels // groups + channels % groups] + [channels // groups] * (groups - 1)


# Trainable tensors in the order and layout of nn_weights, then the moving statistics.
trainable, blocks, channels = [uniform(0.13, FIRST_ROWS, 40, FIRST)], [], FIRST
for filters, kernels in zip(FILTERS, KERNELS):
    block = {"depthwise": [uniform(0.5, k, c) for k, c in zip(kernels, group_sizes(channels, len(kernels)))],
             "pointwise": uniform(0.4, channels, filters), "gamma": 1 + uniform(0.3, filters), "beta": uniform(0.3, filters)}
    blocks.append(block)
    trainable += block["depthwise"] + [block["pointwise"], block["gamma"], block["beta"]]
    channels = filters
dense, bias = uniform(0.3, TAIL * channels), uniform(0.3, 1)
trainable += [dense, bias]
statistics = [torch.full((f,), float(v), dtype=torch.float64) for f in FILTERS for v in (0, 1)]
for tensor in trainable:
    tensor.requires_grad_()

inputs = torch.randint(0, 666, (EXAMPLES, ROWS, 40)).float().mul(10 / 256).double()
labels = torch.tensor([1, 0, 0, 1, 0, 0], dtype=torch.float64)
sample_weights = torch.tensor([1, 2, 0.5, 4, 1, 3], dtype=torch.float64)


def network():
    # [N][channels][time]; a convolution of PyTorch has weights [out][in][time].
    x = F.relu(F.conv1d(inputs.transpose(1, 2), trainable[0].permute(2, 1, 0), stride=STRIDE))
    for i, block in enumerate(blocks):
        parts, at = [], 0
        for kernel in block["depthwise"]:
            part = x[:, at:at + kernel.shape[1]]
            parts.append(F.conv1d(part, kernel.t().unsqueeze(1), groups=kernel.shape[1]))
            at += kernel.shape[1]
        shortest = min(p.shape[2] for p in parts)
        x = torch.cat([p[:, :, p.shape[2] - shortest:] for p in parts], dim=1)
        x = F.conv1d(x, block["pointwise"].t().unsqueeze(2))
        with torch.no_grad():  # Keras keeps the biased variance
            statistics[2 * i].mul_(0.99).add_(0.01 * x.mean(dim=(0, 2)))
            statistics[2 * i + 1].mul_(0.99).add_(0.01 * x.var(dim=(0, 2), unbiased=False))
        x = F.relu(F.batch_norm(x, None, None, block["gamma"], block["beta"], training=True, eps=1e-3))
    return x.transpose(1, 2).flatten(1) @ dense + bias


def floats(*tensors):
    return np.concatenate([t.detach().reshape(-1).numpy() for t in tensors]).astype("<f4").tobytes()


with open(sys.argv[1], "wb") as file:
    file.write(floats(*trainable, *statistics, inputs, labels, sample_weights))
    adam = torch.optim.Adam(trainable, lr=RATE, betas=(0.9, 0.999), eps=1e-7)
    for step in (1, 2, 3):
        adam.zero_grad()
        logits = network()
        loss = F.binary_cross_entropy_with_logits(logits, labels, weight=sample_weights)
        loss.backward()
        # PyTorch adds eps after the bias correction of v, Keras before.
        adam.param_groups[0]["eps"] = 1e-7 / (1 - 0.999 ** step) ** 0.5
        adam.step()
        file.write(floats(logits, loss, *(t.grad for t in trainable), *trainable, *statistics))
        print(f"step {step}: loss {loss.item():.9g}")
