// SPDX-License-Identifier: GPL-3.0-or-later
// setup_training_datasets: brings those of the reference's data sets that do not lie whole in <data
// dir>/training_datasets, and deletes what they were made from.
#include "cli/console.h"
#include "cli/reference.h"
#include "collection/collection.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int delete_archives(const char *root, const struct published_set *set, struct error *error)
{
    char *folder = path_join(root, "downloads");
    DIR *stream = folder ? opendir(folder) : NULL;
    int code = 0;
    for (const struct dirent *entry; stream && code == 0 && (entry = readdir(stream));) {
        size_t length = strlen(set->archive);
        bool whole =
            strncmp(entry->d_name, set->archive, length) == 0 && text_ends_with(entry->d_name, set->archive_ending);
        // "dinner_party" begins "dinner_party_eval.zip", too
        if (!whole || (!set->source && strcmp(entry->d_name + length, set->archive_ending) != 0))
            continue;
        char *path = path_join(folder, entry->d_name);
        code = path ? folder_remove(path, error) : error_memory(error, "a path");
        printf("   Cleaning up %s\n", entry->d_name);
        free(path);
    }
    if (stream)
        closedir(stream);
    free(folder);
    return code;
}

static int delete_source(const char *root, const struct published_set *set, struct error *error)
{
    char *path = set->source ? path_join(root, set->source) : NULL;
    int code = 0;
    if (path && folder_exists(path)) {
        printf("   Cleaning up %s\n", set->source);
        code = folder_remove(path, error);
    }
    free(path);
    return code;
}

static void print_line(void *context, const char *line)
{
    (void)context;
    puts(line);
    fflush(stdout);
}

struct setup {
    const char *root;
    const struct reference_wish *wish;
    struct pool *pool;
    struct progress *progress;
    struct buffer missing; // their names
};

// The reference says so when all sets of a group are there.
static const char *completed(const struct published_set *set)
{
    static const struct {
        const char *last, *line;
    } lines[] = {{"speech", "   Negative datasets complete"},
                 {"MIT_RIR", "   MIT_RIR complete"},
                 {"audioset", "   Audioset complete"},
                 {"FMA", "   FMA complete"}};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (strcmp(lines[i].last, set->name) == 0)
            return lines[i].line;
    return NULL;
}

static void tell_state(const struct published_set *set, const struct published_state *state)
{
    if (state->valid)
        printf("   Existing %s valid\n", set->name);
    else if (state->unfinished)
        printf("   %s was being brought and is not whole\n", set->name);
    else if (state->count && state->expected < 0)
        printf("   Existing %s: %zu files; how many there should be is not known\n", set->name, state->count);
    else if (state->count)
        printf("   %s has %zu files of %lld\n", set->name, state->count, (long long)state->expected);
    else
        printf("   %s is not there\n", set->name);
}

// A set that cannot be brought is told and does not keep the others away.
static int bring(struct setup *setup, const struct published_set *set, struct published_state *state, struct error *error)
{
    struct published_fetching how = {setup->wish->mirror, print_line, NULL, setup->pool, setup->progress};
    struct error reason;
    int code = published_fetch(setup->root, set, &how, &reason);
    if (code == ERROR_CANCELLED || code == ERROR_MEMORY || code == ERROR_IO || code == ERROR_STATE) {
        *error = reason;
        return code;
    }
    if (code < 0)
        printf("   %s\n", reason.message);
    return published_look(setup->root, set, state, error);
}

static int check_set(struct setup *setup, const struct published_set *set, struct error *error)
{
    struct published_state state;
    TRY(published_look(setup->root, set, &state, error));
    tell_state(set, &state);
    bool unknown = state.count && state.expected < 0 && !state.unfinished; // of the user's own: left as it is
    if (!state.valid && !unknown && !setup->wish->offline)
        TRY(bring(setup, set, &state, error));
    if (!state.valid && !unknown)
        buffer_print(&setup->missing, "%s%s", setup->missing.size ? ", " : "", set->name);
    if (state.valid && setup->wish->cleanup_archives)
        TRY(delete_archives(setup->root, set, error));
    if (state.valid && setup->wish->cleanup_intermediate_files)
        TRY(delete_source(setup->root, set, error));
    if (state.valid && completed(set))
        puts(completed(set));
    return 0;
}

static int check_sets(struct setup *setup, struct error *error)
{
    double began = time_now();
    int code = 0;
    buffer_init(&setup->missing, 256);
    puts("===== Setting up Training Datasets =====");
    for (size_t i = 0; i < published_set_count && code == 0; i++) {
        if (published_sets[i].group)
            printf("===== Checking %s =====\n", published_sets[i].group);
        code = check_set(setup, &published_sets[i], error);
    }
    if (code == 0)
        console_elapsed("Training dataset setup", time_now() - began, true);
    if (code == 0)
        code = print_done(error);
    if (code == 0 && setup->missing.size)
        code = error_set(error, ERROR_MISSING,
                         "%s: not there or not whole in %s; run the command again when the network is there, or train "
                         "without them",
                         setup->missing.data, setup->root);
    buffer_free(&setup->missing);
    return code;
}

int command_setup_datasets(int argc, char **argv, struct error *error)
{
    struct reference_wish wish;
    struct watch watch;
    int code = reference_read(SETUP_DATASETS, argc, argv, &wish, error);
    if (code == 0 && !wish.help) {
        watch_open(&watch, "setup_training_datasets", wish.json);
        struct setup setup = {.root = path_join(wish.data, "training_datasets"), .wish = &wish, .progress = &watch.progress};
        code = setup.root ? pool_open(&setup.pool, 0, error) : error_memory(error, "a path");
        if (code == 0)
            code = check_sets(&setup, error);
        pool_close(setup.pool);
        free((char *)(uintptr_t)setup.root);
        code = watch_close(&watch, code);
    }
    reference_close(&wish);
    return code;
}
