// SPDX-License-Identifier: GPL-3.0-or-later
// wakesmith man and wakesmith completion: the commands' own tables of options, as a manual page and for shells. Each
// command is run with --options-as=FORM, and command_parse prints its rows in that form instead of parsing.
#include "cli/cli_internal.h"

#include <string.h>

// ---- rows in a form ----

static bool takes_files(const struct option_row *row)
{
    static const char *const names[] = {"DIR", "FOLDER", "FILE"};
    for (size_t i = 0; i < COUNT_OF(names) && row->argument; i++)
        if (strcmp(row->argument, names[i]) == 0)
            return true;
    return false;
}

// `text` with each byte of `special` after `escape`.
static void print_escaped(const char *text, const char *special, const char *escape)
{
    for (; *text; text++) {
        if (strchr(special, *text))
            fputs(escape, stdout);
        putchar(*text);
    }
}

static void print_roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++)
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
}

static void man_row(const struct option_row *row, const char *subject)
{
    (void)subject;
    fputs(".TP\n", stdout);
    if (row->letter)
        printf("\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", stdout);
    print_roff(row->name);
    fputs("\\fR", stdout);
    if (row->argument)
        printf("=\\fI%s\\fR", row->argument);
    putchar('\n');
    print_roff(row->help);
    putchar('\n');
}

static void words_row(const struct option_row *row, const char *subject)
{
    (void)subject;
    printf(" --%s", row->name);
}

static void values_row(const struct option_row *row, const char *subject)
{
    (void)subject;
    if (row->argument && !takes_files(row))
        printf(" --%s", row->name);
}

static void zsh_row(const struct option_row *row, const char *subject)
{
    (void)subject;
    printf(" \\\n        '%s--%s%s[", row->kind == OPTION_LIST ? "*" : "", row->name, row->argument ? "=" : "");
    for (const char *at = row->help; *at; at++)
        if (*at == '\'')
            fputs("'\\''", stdout);
        else
            printf("%s%c", strchr("[]:\\", *at) ? "\\" : "", *at);
    printf("]%s%s'", row->argument ? ":value:" : "", takes_files(row) ? "_files" : "");
}

// `subject`: "wakesmith:train", or the name of a link.
static void fish_row(const struct option_row *row, const char *subject)
{
    const char *colon = strchr(subject, ':');
    printf("complete -c %.*s ", colon ? (int)(colon - subject) : (int)strlen(subject), subject);
    if (colon)
        printf("-n '__fish_seen_subcommand_from %s' ", colon + 1);
    printf("-l %s %s-d '", row->name, !row->argument ? "" : takes_files(row) ? "-r -F " : "-x ");
    print_escaped(row->help, "'\\", "\\");
    puts("'");
}

int describe_options(const char *form, const struct option_row *rows, size_t count, struct error *error)
{
    static const struct {
        const char *name;
        void (*print)(const struct option_row *row, const char *subject);
    } forms[] = {{"man", man_row}, {"words", words_row}, {"values", values_row}, {"zsh", zsh_row}, {"fish", fish_row}};
    static const struct option_row help = {.name = "help", .kind = OPTION_FLAG, .help = "the options of the command"};
    const char *subject = strchr(form, ':');
    size_t size = subject ? (size_t)(subject - form) : strlen(form);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (strlen(forms[i].name) != size || strncmp(forms[i].name, form, size) != 0)
            continue;
        for (size_t k = 0; k < count; k++)
            forms[i].print(&rows[k], subject ? subject + 1 : "");
        forms[i].print(&help, subject ? subject + 1 : "");
        return 0;
    }
    return error_set(error, ERROR_USAGE, "--options-as: there is no form \"%.40s\"", form);
}

// ---- all commands in a form ----

static int print_rows(const struct command *command, const char *form, struct error *error)
{
    char argument[128];
    char *argv[] = {argument};
    snprintf(argument, sizeof argument, OPTIONS_AS "%s", form);
    return command->run(1, argv, error);
}

static int print_man_commands(bool reference, struct error *error)
{
    for (size_t i = 0; i < command_total(); i++) {
        const struct command *command = command_at(i);
        if (command_is_link(command) != reference)
            continue;
        fputs(".SS ", stdout);
        print_roff(command->name);
        putchar(' ');
        print_roff(command->arguments);
        putchar('\n');
        print_roff(command->summary);
        puts(".");
        TRY(print_rows(command, "man", error));
    }
    return 0;
}

struct fact {
    const char *name, *text;
};

static void print_facts(const char *head, const struct fact *facts, size_t count)
{
    printf(".SH %s\n", head);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n.B ", stdout);
        print_roff(facts[i].name);
        putchar('\n');
        print_roff(facts[i].text);
        putchar('\n');
    }
}

int command_man(int argc, char **argv, struct error *error)
{
    static const struct fact statuses[] = {
        {"0", "done."},
        {"1", "failed, or wrong usage: one sentence on standard error says why."},
        {"2", "stopped by the user: the same command goes on from there."},
        {"130", "a second Ctrl-C, without waiting; nothing that is finished is lost."}};
    static const struct fact variables[] = {
        {"DATA_DIR", "the data directory, when --data-dir does not name it."},
        {"REC_HOST, REC_PORT, REC_PUBLIC_BASE_URL, REC_TAKES_PER_SPEAKER, REC_SPEAKERS_TOTAL",
         "defaults of wakesmith serve."},
        {"SAMPLES, BATCH_SIZE, TRAINING_STEPS, CLEANUP_WORK_DIR, CLEANUP_ARCHIVES, CLEANUP_INTERMEDIATE_FILES, "
         "MWW_LANG, MWW_PHRASE, MWW_SAFE_ID",
         "read by the programs of microWakeWord Trainer only."},
        {"WAKESMITH_VOICES, WAKESMITH_ONNXRUNTIME", "where neural voices and ONNX Runtime lie."},
        {"WAKESMITH_CPU", "plain, avx2 or avx512: at most these instructions; the results are the same."},
        {"NO_COLOR", "nothing is coloured in any case."}};
    static const struct fact files[] = {
        {"DATA_DIR/output", "finished models, each in a folder of its own."},
        {"DATA_DIR/work", "what a training has made so far; it may be deleted when none runs."},
        {"DATA_DIR/personal_samples", "recordings of people."},
        {"DATA_DIR/training_datasets", "ready-made data sets, used where they lie."},
        {"DATA_DIR/.defaults.env", "defaults of the programs of microWakeWord Trainer: read, never executed."}};
    struct positionals words;
    bool done;
    TRY(command_parse("man", NULL, 0, argc, argv, 0, 0, &words, &done, error));
    if (done)
        return 0;
    puts(".TH WAKESMITH 1 \"\" \"wakesmith " WAKESMITH_VERSION "\"\n.SH NAME\n"
         "wakesmith \\- trains wake words for ESPHome's micro_wake_word on this computer\n.SH SYNOPSIS\n"
         ".B wakesmith\n.I COMMAND\n[\\fIargument\\fR ...]\n.SH DESCRIPTION\n"
         "From a phrase to a model that an ESP32 runs, its manifest, and a report of how well it hears and how often "
         "it\n"
         "wakes by mistake. Values are given as \\-\\-option=value or \\-\\-option value, switches as \\-\\-switch or\n"
         "\\-\\-no\\-switch; \\-\\- ends the options.\n.SH COMMANDS");
    TRY(print_man_commands(false, error));
    puts(".SH PROGRAMS OF MICROWAKEWORD TRAINER\nFound by the names of links to wakesmith as well.");
    TRY(print_man_commands(true, error));
    print_facts("EXIT STATUS", statuses, COUNT_OF(statuses));
    print_facts("ENVIRONMENT", variables, COUNT_OF(variables));
    print_facts("FILES", files, COUNT_OF(files));
    return print_done(error);
}

// ---- completion ----

static void print_names(bool links, const char *between)
{
    for (size_t i = 0, printed = 0; i < command_total(); i++)
        if (!links || command_is_link(command_at(i)))
            printf("%s%s", printed++ ? between : "", command_at(i)->name);
}

static int print_bash(struct error *error)
{
    puts("# bash completion of wakesmith; made by: wakesmith completion bash\n_wakesmith() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[0]##*/} words= "
         "values=\n"
         "  COMPREPLY=()\n  if [ \"$command\" = wakesmith ]; then\n    command=${COMP_WORDS[1]}\n"
         "    if [ \"$COMP_CWORD\" = 1 ]; then");
    fputs("      COMPREPLY=($(compgen -W '", stdout);
    print_names(false, " ");
    puts(" --help --version' -- \"$cur\"))\n      return\n    fi\n  fi\n  case $command in");
    for (size_t i = 0; i < command_total(); i++) {
        printf("    %s)\n      words='", command_at(i)->name);
        TRY(print_rows(command_at(i), "words", error));
        fputs("'\n      values='", stdout);
        TRY(print_rows(command_at(i), "values", error));
        puts("' ;;");
    }
    puts("  esac\n  case \" $values \" in *\" $prev \"*) return ;; esac\n  case $cur in\n"
         "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
         "    *) compopt -o filenames 2>/dev/null\n       mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n  "
         "esac\n}");
    fputs("complete -F _wakesmith wakesmith ", stdout);
    print_names(true, " ");
    putchar('\n');
    return 0;
}

static int print_zsh(struct error *error)
{
    fputs("#compdef wakesmith ", stdout);
    print_names(true, " ");
    puts("\n# zsh completion of wakesmith; made by: wakesmith completion zsh\n_wakesmith() {\n"
         "  local command=${words[1]:t}\n  if [[ $command = wakesmith ]]; then\n    if (( CURRENT == 2 )); then\n"
         "      local -a commands=(");
    for (size_t i = 0; i < command_total(); i++) {
        printf("        '%s:", command_at(i)->name);
        for (const char *at = command_at(i)->summary; *at; at++)
            fputs(*at == '\'' ? "'\\''" : *at == ':' ? "\\:" : (char[]){*at, 0}, stdout);
        puts("'");
    }
    puts("      )\n      _describe command commands\n      return\n    fi\n    command=${words[2]}\n    shift words\n"
         "    (( CURRENT-- ))\n  fi\n  case $command in");
    for (size_t i = 0; i < command_total(); i++) {
        printf("    (%s)\n      _arguments", command_at(i)->name);
        TRY(print_rows(command_at(i), "zsh", error));
        puts(" \\\n        '*:file:_files' ;;");
    }
    puts("  esac\n}\n_wakesmith \"$@\"");
    return 0;
}

static int print_fish(struct error *error)
{
    puts("# fish completion of wakesmith; made by: wakesmith completion fish");
    for (size_t i = 0; i < command_total(); i++) {
        const struct command *command = command_at(i);
        char form[96];
        printf("complete -c wakesmith -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_escaped(command->summary, "'\\", "\\");
        puts("'");
        snprintf(form, sizeof form, "fish:wakesmith:%s", command->name);
        TRY(print_rows(command, form, error));
        snprintf(form, sizeof form, "fish:%s", command->name);
        if (command_is_link(command))
            TRY(print_rows(command, form, error));
    }
    return 0;
}

int command_completion(int argc, char **argv, struct error *error)
{
    static const struct {
        const char *name;
        int (*print)(struct error *error);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    struct positionals words;
    bool done;
    TRY(command_parse("completion", NULL, 0, argc, argv, 1, 1, &words, &done, error));
    if (done)
        return 0;
    for (size_t i = 0; i < COUNT_OF(shells); i++)
        if (strcmp(words.items[0], shells[i].name) == 0) {
            TRY(shells[i].print(error));
            return print_done(error);
        }
    return error_set(error, ERROR_USAGE, "say bash, zsh or fish, not \"%.40s\"", words.items[0]);
}
