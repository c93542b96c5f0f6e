// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void terminal_open(struct terminal *terminal)
{
    const char *kind = getenv("TERM");
    *terminal = (struct terminal){.live = isatty(2) && kind && strcmp(kind, "dumb") != 0};
}

static void print_duration(char *text, size_t size, double seconds)
{
    int whole = (int)(seconds + 0.5);
    if (whole < 60)
        snprintf(text, size, "%d s", whole);
    else
        snprintf(text, size, "%d:%02d min", whole / 60, whole % 60);
}

void terminal_progress(void *context, const struct progress_event *event)
{
    struct terminal *terminal = context;
    double now = time_now(), pause = terminal->live ? 0.1 : 5;
    bool first = event->elapsed < 0.001;
    if (!event->last && (now - terminal->printed < pause || first))
        return;
    terminal->printed = now;
    char took[32], left[48] = "";
    print_duration(took, sizeof took, event->elapsed);
    if (!event->last && event->eta >= 0) {
        char eta[32];
        print_duration(eta, sizeof eta, event->eta);
        snprintf(left, sizeof left, ", %s left", eta);
    }
    const char *begin = terminal->live ? "\r\033[K" : "", *end = terminal->live && !event->last ? "" : "\n";
    if (event->last)
        fprintf(stderr, "%s%-9s %s (%s)%s", begin, event->stage, event->note, took, end);
    else if (event->total > 0)
        fprintf(stderr, "%s%-9s %3.0f %%  %s (%s%s)%s", begin, event->stage, 100 * event->done / event->total,
                event->note, took, left, end);
    else
        fprintf(stderr, "%s%-9s %s (%s)%s", begin, event->stage, event->note, took, end);
    fflush(stderr);
}

// The same sentence twice, from two stages, is told once.
void terminal_notice(void *context, const char *sentence)
{
    struct terminal *terminal = context;
    uint64_t hash = seed_mix(1, sentence);
    if (hash == terminal->noticed)
        return;
    terminal->noticed = hash;
    fprintf(stderr, "%snote: %s\n", terminal->live ? "\r\033[K" : "", sentence);
    fflush(stderr);
}

void terminal_debug(void *context, const char *sentence)
{
    const struct terminal *terminal = context;
    fprintf(stderr, "%sdebug: %s\n", terminal->live ? "\r\033[K" : "", sentence);
    fflush(stderr);
}
