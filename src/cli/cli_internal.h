// SPDX-License-Identifier: GPL-3.0-or-later
// What the subcommands share: the table row of a command, the terminal, JSON output.
#ifndef WAKESMITH_CLI_INTERNAL_H
#define WAKESMITH_CLI_INTERNAL_H

#include "base/base.h"
#include "cli/options.h"
#include "manifest/manifest.h"
#include "pipeline/pipeline.h"
#include "tflite/tflite.h"

#include <jansson.h>

// A subcommand gets what follows its name. Returns 0 or an error code with a sentence.
typedef int command_run(int argc, char **argv, struct error *error);
enum command_trait {
    COMMAND_WATCHED = 1, // takes long: --json tells events on stderr (docs/events.md), the end among them
    COMMAND_PREFIXES = 2 // its users know it with argparse: an option may be written as far as it is clear
};
struct command {
    const char *name, *arguments, *summary;
    command_run *run;
    unsigned traits;
};
size_t command_total(void);
const struct command *command_at(size_t index); // in the order of the help
bool command_is_link(const struct command *command); // its name is that of a link to this program, too

command_run command_train, command_fit, command_features, command_infer, command_detect, command_evaluate, command_compare,
    command_inspect,
    command_report, command_bench, command_say, command_check, command_voices, command_serve;
command_run command_train_wake_word, command_sample_generator, command_sample_augmenter, command_sample_trainer,
    command_setup_datasets, command_datasets, command_man, command_completion, command_runs, command_doctor;

// Parses; prints the usage when asked (then *done is true). `least`/`most`: positional arguments.
int command_parse(const char *name, const struct option_row *rows, size_t row_count, int argc, char **argv, int least,
                  int most, struct positionals *positionals, bool *done, struct error *error);

// A command with this one argument prints its rows in the form that follows (command_describe.c).
#define OPTIONS_AS "--options-as="
int describe_options(const char *form, const struct option_row *rows, size_t count, struct error *error);

// Progress to stderr: one line that is rewritten on a terminal, a plain line a few seconds apart otherwise.
struct terminal {
    bool live;
    double printed;
    uint64_t noticed; // a hash of the last notice
};
void terminal_open(struct terminal *terminal);
progress_sink terminal_progress;
notice_sink terminal_notice, terminal_debug;
extern volatile int cli_stop; // set by Ctrl-C and SIGTERM
void cli_catch_signals(void);

// JSON lines for a program that watches: events.c; docs/events.md lists them.
struct events {
    FILE *stream; // NULL: nobody watches
    const char *stage;
    double printed;
};
int events_open(struct events *events, const char *path, struct error *error); // appends
void events_close(struct events *events);
void events_put(struct events *events, json_t *line); // releases it
// `more`: what else the line tells, NULL for nothing; released.
void events_begin(struct events *events, const char *command, json_t *more);
void events_finished(struct events *events, double seconds, json_t *more);
void events_ended(struct events *events, int code, const char *reason);
void events_progress(struct events *events, const struct progress_event *event);
void events_text(struct events *events, const char *event, const char *sentence); // event: "notice" or "debug"
void events_metric(struct events *events, const struct progress_metric *metric);

// Who watches a long command: the terminal, or with `json` a program that reads events on stderr. Ctrl-C and SIGTERM
// stop it. The end of a failure is told by who runs the command.
struct watch {
    struct progress progress; // to hand to the rooms
    struct terminal terminal;
    struct events lines;
    double began;
};
#define JSON_HELP "events on stderr, one JSON object a line (docs/events.md); the result as JSON on stdout"
void watch_open(struct watch *watch, const char *command, bool json);
void watch_decisions(struct watch *watch); // tells what was decided, too
int watch_close(struct watch *watch, int code); // returns `code`

// Brings the data set debian when it is not there whole, as the first `share` of what `progress` tells; a failure is told,
// and is none of the training's.
int datasets_bring(const char *data, int threads, double share, struct progress *progress, struct error *error);

// A walk of the pipeline, watched by the terminal (or by `json` on stderr), by a file of events, and by a page that is
// open.
struct console;
struct train_watch {
    bool json, fetch;        // fetch: the data set debian first
    const char *events;      // path; NULL: where a page looks
    struct console *console; // speaks in the terminal's place (console.h); NULL: the terminal
};
int train_watched(const struct pipeline_options *options, const struct train_watch *how, struct error *error);
void print_paths(const struct pipeline_result *result);   // of train: its name, and where its files lie
void print_quality(const struct pipeline_result *result); // of train: the three sensitivities, and what is not in them

// A model with what its manifest says. `cutoff` < 0 or `window` 0: from the manifest beside it.
struct model_pair {
    struct tflite_model *model;
    double cutoff;
    uint8_t cutoff_byte;
    int window;
};
int model_pair_open(struct model_pair *pair, const char *path, double cutoff, int64_t window, struct error *error);
void model_pair_close(struct model_pair *pair);

json_t *json_name(const char *name);                   // a string, also where a file's name is not UTF-8; NULL: ""
int print_json(json_t *document, struct error *error); // one document on stdout; releases it; NULL: no memory
int print_done(struct error *error);                   // flushes stdout; a full disk or closed pipe is an error

#endif
