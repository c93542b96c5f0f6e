#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training steps per second of PyTorch on the network of the presets, the peer of `nn_step` + `nn_adam`.

One JSON line per case: {"what":"train","peer":"torch-eager-channels-last","preset":"seed","batch":16,"threads":1,
"steps_per_s":...}. CPU time of this process, best of many rounds; forms: conv1d (NCL), conv2d in channels-last memory,
each eager and, with --compile, through torch.compile (peers that fail print {"error": ...}).

usage: bench_torch.py [--threads 1] [--batches 16,128] [--presets seed,official] [--compile] [--seconds 8]
"""
import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PRESETS = {"seed": (2, 178), "official": (3, 204)}
KERNELS = [[5], [7, 11], [9, 15], [23]]


class Net(nn.Module):
    """`flat`: conv1d on [N][C][T]; else conv2d on [N][C][T][1] (channels-last memory)."""

    def __init__(self, stride, rows, flat):
        super().__init__()
        self.flat = flat
        conv, norm = (nn.Conv1d, nn.BatchNorm1d) if flat else (nn.Conv2d, nn.BatchNorm2d)
        size = (lambda k: k) if flat else (lambda k: (k, 1))
        self.first = conv(40, 32, size(5), stride=stride if flat else (stride, 1), bias=False)
        self.depthwise, self.pointwise, self.norms, channels, time_rows = nn.ModuleList(), nn.ModuleList(), nn.ModuleList(), 32, (rows - 5) // stride + 1
        for kernels in KERNELS:
            part = channels // len(kernels)
            self.depthwise.append(nn.ModuleList(conv(part, part, size(k), groups=part, bias=False) for k in kernels))
            self.pointwise.append(conv(channels, 64, 1, bias=False))
            self.norms.append(norm(64, eps=1e-3, momentum=0.01))
            channels, time_rows = 64, time_rows - (max(kernels) - 1)
        self.dense = nn.Linear(time_rows * 64, 1)

    def forward(self, x):
        x = F.relu(self.first(x))
        for group, pointwise, norm in zip(self.depthwise, self.pointwise, self.norms):
            parts = [conv(part) for conv, part in zip(group, x.chunk(len(group), dim=1))]
            rows = min(p.shape[2] for p in parts)
            x = torch.cat([p[:, :, p.shape[2] - rows:] for p in parts], dim=1) if len(parts) > 1 else parts[0]
            x = F.relu(norm(pointwise(x)))
        return self.dense(x.flatten(1)).squeeze(1)


def measure(preset, batch, flat, compiled, seconds):
    torch.manual_seed(0)
    stride, rows = PRESETS[preset]
    net = Net(stride, rows, flat)
    x = torch.rand(batch, 40, rows) * 26
    if not flat:
        net = net.to(memory_format=torch.channels_last)
        x = x.unsqueeze(3).contiguous(memory_format=torch.channels_last)
    y, weight = (torch.arange(batch) % 2).float(), torch.ones(batch)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-7, foreach=True)
    run = torch.compile(net) if compiled else net

    def step():
        adam.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(run(x), y, weight=weight).backward()
        adam.step()

    for _ in range(5):
        step()
    count = max(1, 160 // batch)
    best, end = float("inf"), time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.process_time()
        for _ in range(count):
            step()
        best = min(best, (time.process_time() - start) / count)
    return 1 / best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", default="16,128")
    parser.add_argument("--presets", default="seed,official")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for preset in options.presets.split(","):
        for batch in (int(b) for b in options.batches.split(",")):
            for compiled in (False, True) if options.compile else (False,):
                for flat in (False, True):
                    line = {"what": "train", "peer": f"torch-{'compiled' if compiled else 'eager'}-{'ncl' if flat else 'channels-last'}",
                            "version": torch.__version__, "preset": preset, "batch": batch, "threads": options.threads}
                    try:
                        line["steps_per_s"] = round(measure(preset, batch, flat, compiled, options.seconds), 1)
                    except Exception as error:  # torch.compile needs a compiler and may not know an operation
                        line["error"] = str(error).splitlines()[0][:200]
                    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
