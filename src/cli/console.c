// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"

#include <string.h>
#include <unistd.h>

enum { COLUMNS = 80, SUMMARY_COLUMNS = 44, RULE_COLUMNS = 54 };

static void print_rule(int columns, int indent)
{
    printf("%*s", indent, "");
    for (int i = 0; i < columns; i++)
        putchar('=');
    putchar('\n');
}

void console_rule(void)
{
    print_rule(COLUMNS, 0);
}

// As Python prints a duration: "0:01:02", "1 day, 2:03:04".
static void print_hours(char *text, size_t size, double seconds)
{
    long whole = (long)seconds, days = whole / 86400, rest = whole % 86400;
    int used = days ? snprintf(text, size, "%ld day%s, ", days, days == 1 ? "" : "s") : 0;
    snprintf(text + used, size - (size_t)used, "%ld:%02ld:%02ld", rest / 3600, rest / 60 % 60, rest % 60);
}

void console_elapsed(const char *text, double seconds, bool framed)
{
    char hours[64], line[256];
    print_hours(hours, sizeof hours, seconds);
    snprintf(line, sizeof line, "%s  Elapsed time: %s", text, hours);
    if (framed) {
        putchar('\n');
        console_rule();
    }
    printf("%*s\n", COLUMNS, line);
    if (framed)
        console_rule();
}

void console_begin(struct console *console, const char *id)
{
    console->phase = -1;
    console->began = time_now();
    terminal_open(&console->terminal);
    if (console->quiet || !id)
        return;
    console_rule();
    printf("===== Running '%s(%s)' generation, augmentation and training =====\n", id, console->phrase);
    puts("No GPU is needed: the network is trained on the CPU.\n\n");
    fflush(stdout);
}

// ---- the head and the foot of each phase ----

static void begin_generate(struct console *console)
{
    printf("===== Generating %lld wake word samples in batches of %lld  =====\n   Generating samples\n",
           (long long)console->samples, (long long)console->batch);
    console->spoken = true;
}

static void end_generate(struct console *console, double seconds)
{
    char text[64];
    if (!console->spoken) {
        puts("Sample generation not required\n");
        return;
    }
    snprintf(text, sizeof text, "Generated %lld wake word samples.", (long long)console->samples);
    console_elapsed(text, seconds, true);
}

static void begin_augment(struct console *console)
{
    printf("===== Augmenting %lld wake word samples (generated) =====\n", (long long)console->samples);
}

static void end_augment(struct console *console, double seconds)
{
    if (seconds < 0) {
        puts("Augmentation not required");
        return;
    }
    printf("✅ Features ready: %s/wake_word_samples_augmented\n", console->folder);
    console_elapsed("Augmentation completed.", seconds, true);
}

static void begin_train(struct console *console)
{
    if (console->recordings)
        printf("✅ Found personal recordings: %s (%zu files)\n", console->personal, console->recordings);
    else
        printf("ℹ️  No personal recordings found at %s (continuing without personal weighting)\n",
               console->personal);
    printf("===== Starting %lld training steps =====\n",
           (long long)(console->steps_asked ? console->steps_asked : console->steps));
    if (console->steps_asked)
        printf("   %lld steps of 16 examples are %lld of 128 here, made by ", (long long)console->steps_asked,
               (long long)console->steps);
    else
        printf("   of 128 examples, made by ");
    if (console->networks == 1)
        puts("one network\n");
    else
        printf("each of %d networks\n\n", console->networks);
    console_rule();
    printf("===== Attempt 1/1: CPU training (%s) =====\n", cpu_level_name(cpu_level()));
    console_rule();
}

static void end_train(struct console *console, double seconds)
{
    (void)console;
    (void)seconds;
    puts("\n✅ Training complete (CPU path).\n");
}

// `stage`: of the progress events that begin it. end: seconds < 0 when there was nothing to do.
static const struct {
    const char *stage;
    void (*begin)(struct console *console);
    void (*end)(struct console *console, double seconds);
} phases[PHASE_COUNT] = {{"speech", begin_generate, end_generate},
                         {"features", begin_augment, end_augment},
                         {"train", begin_train, end_train}};

// Ends the phase that runs and those after it, up to `phase`, which begins unless it is the last of the walk.
static void go_to(struct console *console, int phase, bool begin)
{
    double now = time_now();
    for (int i = console->phase < 0 ? 0 : console->phase; i < phase; i++) {
        bool ran = i == console->phase;
        console->seconds[i] = ran ? now - console->phase_began : 0;
        if (!console->quiet)
            phases[i].end(console, ran ? console->seconds[i] : -1);
    }
    console->phase = phase;
    console->phase_began = now;
    if (begin && !console->quiet)
        phases[phase].begin(console);
    fflush(stdout);
}

void console_progress(struct console *console, const struct progress_event *event)
{
    for (int i = 0; i < PHASE_COUNT; i++)
        if (i > console->phase && strcmp(event->stage, phases[i].stage) == 0)
            go_to(console, i, true);
    if (!console->quiet && (console->verbose || console->terminal.live))
        terminal_progress(&console->terminal, event);
}

void console_notice(struct console *console, const char *sentence)
{
    if (!console->quiet)
        terminal_notice(&console->terminal, sentence);
}

// ---- the end ----

static void print_machine(void)
{
    char name[128];
    cpu_name(name, sizeof name);
    printf("CPU: %s (%d cores)  Memory: %llu mb\nGPU: N/A\n\n", name, cpu_count(),
           (unsigned long long)(memory_total() >> 20));
}

static void print_summary(const struct console *console)
{
    char text[128];
    putchar('\n');
    console_rule();
    printf("%*s\n\n", SUMMARY_COLUMNS, "Training Summary");
    print_machine();
    snprintf(text, sizeof text, "Generate %lld samples, %lld/batch", (long long)console->samples,
             (long long)console->batch);
    console_elapsed(text, console->seconds[PHASE_GENERATE], false);
    snprintf(text, sizeof text, "Augment %lld samples", (long long)console->samples);
    console_elapsed(text, console->seconds[PHASE_AUGMENT], false);
    snprintf(text, sizeof text, "%lld training steps",
             (long long)(console->steps_asked ? console->steps_asked : console->steps));
    console_elapsed(text, console->seconds[PHASE_TRAIN], false);
    print_rule(RULE_COLUMNS, COLUMNS - RULE_COLUMNS);
    console_elapsed("Total", time_now() - console->began, false);
    console_rule();
}

int console_end(struct console *console, int code, const struct pipeline_result *result, struct error *error)
{
    if (console->quiet)
        return code;
    if (code < 0) {
        if (console->phase == PHASE_TRAIN && code != ERROR_CANCELLED)
            printf("\n❌ Training failed. See: %s/training.log\n", console->folder);
        fflush(stdout);
        return code;
    }
    if (console->extent != PIPELINE_WHOLE) {
        go_to(console, console->extent == PIPELINE_SPEECH ? PHASE_AUGMENT : PHASE_TRAIN, false);
        return print_done(error);
    }
    go_to(console, PHASE_COUNT, false);
    printf("   Training complete!\n   Full log: %s/logs/training.log\n", result->folder);
    print_quality(result);
    print_paths(result);
    console_elapsed("Training completed.", console->seconds[PHASE_TRAIN], true);
    print_summary(console);
    return print_done(error);
}
