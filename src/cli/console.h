// SPDX-License-Identifier: GPL-3.0-or-later
// What the programs of microWakeWord Trainer print, in their form: people and tools search for these lines. All of it
// goes to stdout; progress goes to stderr.
#ifndef WAKESMITH_CLI_CONSOLE_H
#define WAKESMITH_CLI_CONSOLE_H

#include "cli/cli_internal.h"

enum console_phase { PHASE_GENERATE, PHASE_AUGMENT, PHASE_TRAIN, PHASE_COUNT };

struct console {
    const char *phrase;
    char *folder, *personal;    // work/<id>; where recordings of people would be
    size_t recordings;          // that are there
    int64_t samples, batch;     // clips of the wake word; what --batch-size says
    int64_t steps, steps_asked; // of 128 examples; of 16, as --training-steps says, 0: it says nothing
    int networks;
    bool quiet, verbose; // quiet: nothing but errors; verbose: progress where there is no terminal, too
    enum pipeline_extent extent;
    // its own
    int phase; // -1 before the first
    bool spoken;
    double began, phase_began, seconds[PHASE_COUNT];
    struct terminal terminal;
};
// The first lines of train_wake_word; of others: none, id NULL.
void console_begin(struct console *console, const char *id);
void console_progress(struct console *console, const struct progress_event *event);
void console_notice(struct console *console, const char *sentence);
// The end of what came of it. Returns `code`, or what stands against printing.
int console_end(struct console *console, int code, const struct pipeline_result *result, struct error *error);

// "<text>  Elapsed time: H:MM:SS" at the right of 80 columns; framed: between lines of "=".
void console_elapsed(const char *text, double seconds, bool framed);
void console_rule(void);

#endif
