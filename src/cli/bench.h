// SPDX-License-Identifier: GPL-3.0-or-later
// What the measurements of wakesmith bench share.
#ifndef WAKESMITH_CLI_BENCH_H
#define WAKESMITH_CLI_BENCH_H

#include "cli/cli_internal.h"

struct bench {
    int threads;
    const char *model;
    bool json;
    double seconds;      // how long one figure is measured
    const char *phrase;  // that voices say
    int64_t clips;       // of each engine; 0: some
    const char *points;  // of growth: numbers of clips
    const char *preset;  // of overhead
};

struct figure {
    double best, median; // seconds of one repetition
};

// Prints a figure as one JSON object; takes over `labels`. `amount` units of work per repetition; rate: units a second,
// else seconds a unit times `scale`.
void bench_report(const struct bench *bench, json_t *labels, struct figure figure, double amount, bool rate, double scale,
                  const char *unit);

// Whole walks, in a process of their own and a folder that is deleted afterwards (bench_walks.c).
int bench_growth(const struct bench *bench, const char *name, struct error *error);
int bench_overhead(const struct bench *bench, const char *name, struct error *error);

#endif
