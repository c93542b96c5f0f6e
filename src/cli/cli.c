// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli.h"
#include "cli/cli_internal.h"
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCHED = COMMAND_WATCHED, PREFIXES = COMMAND_PREFIXES };
static const struct command commands[] = {
    {"train", "PHRASE", "train a wake word: writes <id>.tflite, <id>.json and <id>.report.json", command_train,
     WATCHED},
    {"serve", "", "open the page: record, train and test wake words in the browser", command_serve, 0},
    {"say", "PHRASE -o FOLDER", "speak a phrase as training would, into wav files", command_say, 0},
    {"check", "PHRASE", "is it a good wake word? its language, file name, pronunciation and length", command_check, 0},
    {"voices", "list | fetch [NAME...] | remove NAME... | import FILE.onnx | say PHRASE -o FOLDER",
     "voices that can be fetched; say is wakesmith say", command_voices, WATCHED},
    {"datasets", "list | fetch NAME | verify [NAME] | import PATH | remove NAME",
     "recordings that a wake word must not wake on", command_datasets, WATCHED},
    {"fit", "--training-config=FILE [mixednet ...]", "train as the framework does, from its training_parameters.yaml",
     command_fit, WATCHED | PREFIXES},
    {"evaluate", "MODEL.tflite --positives DIR --negatives DIR", "measure recall and false accepts per hour of a model",
     command_evaluate, WATCHED},
    {"compare", "A.tflite B.tflite --positives DIR --negatives DIR",
     "two models on the same recordings: who hears more, who errs more", command_compare, WATCHED},
    {"detect", "MODEL.tflite FILE... | -", "run a model over audio files, or over live PCM on standard input",
     command_detect, 0},
    {"features", "FILE... -o OUT", "the device's audio features of files", command_features, WATCHED},
    {"infer", "MODEL.tflite FEATURES.npy", "output bytes of a model, one a line", command_infer, 0},
    {"inspect", "MODEL.tflite", "describe a model, and what would keep a device from loading it", command_inspect, 0},
    {"report", "FILE.report.json", "the report of a model as a page for people: FILE.report.html", command_report, 0},
    {"runs", "[list [ID]] | show RUN | delete RUN... | restore TICKET...",
     "finished models of the data directory; RUN is a run's name, or an id: its newest run", command_runs, 0},
    {"doctor", "", "what is installed here, what is missing, what is slow", command_doctor, 0},
    {"bench", "[WHAT]", "measure this machine: frontend, infer, train, augment, evaluate, voices, growth, overhead",
     command_bench, WATCHED},
    {"man", "", "the manual page: wakesmith man | man -l -", command_man, 0},
    {"completion", "bash | zsh | fish", "completion for a shell: source <(wakesmith completion bash)",
     command_completion, 0},
};
// The programs of microWakeWord Trainer (docs/reference.md), found by the name of a link to this program, too.
static const struct command reference_commands[] = {
    {"train_wake_word", "[--phrase=TEXT] [WAKE_WORD] [TITLE]", "generate, augment and train", command_train_wake_word,
     WATCHED | PREFIXES},
    {"wake_word_sample_generator", "ID", "speak the wake word; --samples=1: one clip to listen to",
     command_sample_generator, WATCHED | PREFIXES},
    {"wake_word_sample_augmenter", "[ID]", "what was generated, heard in rooms and noise", command_sample_augmenter,
     WATCHED | PREFIXES},
    {"wake_word_sample_trainer", "ID [TITLE]", "train with what was augmented", command_sample_trainer,
     WATCHED | PREFIXES},
    {"setup_training_datasets", "", "bring the data sets of the reference that are missing; delete their archives",
     command_setup_datasets, WATCHED | PREFIXES},
    {"run_recorder.sh", "", "wakesmith serve", command_serve, 0},
};

size_t command_total(void)
{
    return COUNT_OF(commands) + COUNT_OF(reference_commands);
}

const struct command *command_at(size_t index)
{
    return index < COUNT_OF(commands) ? &commands[index] : &reference_commands[index - COUNT_OF(commands)];
}

bool command_is_link(const struct command *command)
{
    return command >= reference_commands && command < reference_commands + COUNT_OF(reference_commands);
}

volatile int cli_stop;

static void on_signal(int number)
{
    (void)number;
    if (cli_stop++)
        _exit(130); // a second Ctrl-C does not wait; files are atomic, so nothing is broken
}

void cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void print_commands(FILE *stream, bool links)
{
    for (size_t i = 0; i < command_total(); i++)
        if (command_is_link(command_at(i)) == links)
            fprintf(stream, "  wakesmith %s %s\n      %s\n", command_at(i)->name, command_at(i)->arguments,
                    command_at(i)->summary);
}

static void print_usage(FILE *stream)
{
    fputs("usage: wakesmith COMMAND ...\n\n"
          "Trains a wake word for ESPHome's micro_wake_word on this computer.\n\n",
          stream);
    print_commands(stream, false);
    fputs("\nThe programs of microWakeWord Trainer, also by links of their names (docs/reference.md):\n\n", stream);
    print_commands(stream, true);
    fputs("\n  wakesmith COMMAND --help   options of a command\n  wakesmith --version        with build facts\n\n"
          "Exit status: 0 done; 1 failed or wrong usage, one sentence says why; 2 stopped, the same command goes on.\n",
          stream);
}

static void print_version(void)
{
#if defined(__clang__)
    static const char compiler[] = "clang " __clang_version__;
#else
    static const char compiler[] = "gcc " __VERSION__;
#endif
    static const char *const sizes[] = {[4] = "32", [8] = "64"};
    printf("wakesmith " WAKESMITH_VERSION
           "\nbuilt with %s, %s bit\nkernels: %s (the best of plain, avx2, avx512 here)\n"
           "page: %s\n",
           compiler, sizes[sizeof(void *)], cpu_level_name(cpu_level()),
           server_has_page() ? "in the program" : "none, this build was made without Node.js");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_total(); i++)
        if (strcmp(command_at(i)->name, name) == 0)
            return command_at(i);
    return NULL;
}

int command_parse(const char *name, const struct option_row *rows, size_t row_count, int argc, char **argv, int least,
                  int most, struct positionals *positionals, bool *done, struct error *error)
{
    const struct command *command = find_command(name);
    *done = false;
    if (argc == 1 && strncmp(argv[0], OPTIONS_AS, strlen(OPTIONS_AS)) == 0) {
        *done = true;
        positionals->count = 0;
        return describe_options(argv[0] + strlen(OPTIONS_AS), rows, row_count, error);
    }
    TRY(options_parse(rows, row_count, command->traits & COMMAND_PREFIXES, argc, argv, positionals, done, error));
    if (*done) {
        printf("usage: wakesmith %s %s\n\n%s\n\n", name, command->arguments, command->summary);
        options_print(stdout, rows, row_count);
        return 0;
    }
    if (positionals->count < least || positionals->count > most)
        return error_set(error, ERROR_USAGE, "%s arguments: usage is wakesmith %s %s",
                         positionals->count < least ? "too few" : "too many", name, command->arguments);
    return 0;
}

int print_done(struct error *error)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_set(error, ERROR_IO, "cannot write to standard output: %s", strerror(errno));
    return 0;
}

json_t *json_name(const char *name)
{
    name = name ? name : "";
    json_t *text = json_string(name);
    char *copy = text ? NULL : strdup(name);
    for (char *at = copy; at && *at; at++)
        if (*at & 0x80)
            *at = '?';
    text = copy ? json_string(copy) : text;
    free(copy);
    return text;
}

int print_json(json_t *document, struct error *error)
{
    if (!document || memory_was_lost()) {
        json_decref(document);
        return error_memory(error, "the JSON document");
    }
    bool good = json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0;
    json_decref(document);
    putchar('\n');
    return good ? print_done(error) : error_set(error, ERROR_IO, "cannot write the JSON document to standard output");
}

// Of the arguments as they are: who asked for JSON gets the reason as JSON, also when the arguments are wrong.
static bool asks_for_json(int argc, char **argv)
{
    static const char *const forms[] = {"--json", "--json=true", "--json=1", "--json=yes"};
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        for (size_t k = 0; k < COUNT_OF(forms); k++)
            if (strcmp(argv[i], forms[k]) == 0)
                return true;
    return false;
}

static int run_command(const struct command *command, const char *prefix, int argc, char **argv)
{
    struct error error = {0};
    struct events events = {.stream = stderr};
    signal(SIGPIPE, SIG_IGN);
    int code = command->run(argc, argv, &error);
    if (code < 0 && command->traits & COMMAND_WATCHED && asks_for_json(argc, argv))
        events_ended(&events, code, error.message);
    else if (code < 0)
        fprintf(stderr, "%s%s: %s\n", prefix, command->name, error.message);
    return code == ERROR_CANCELLED ? 2 : code < 0;
}

int cli_main(int argc, char **argv)
{
    json_set_alloc_funcs(memory_or_lost, free);
    const struct command *called = argc > 0 ? find_command(path_name(argv[0])) : NULL;
    if (called && command_is_link(called))
        return run_command(called, "", argc - 1, argv + 1);
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(name ? stdout : stderr);
        return name ? 0 : 1;
    }
    if (strcmp(name, "--version") == 0) {
        print_version();
        return 0;
    }
    const struct command *command = find_command(name);
    if (command)
        return run_command(command, "wakesmith ", argc - 2, argv + 2);
    fprintf(stderr, "wakesmith: there is no command \"%s\"; wakesmith --help lists them\n", name);
    return 1;
}
