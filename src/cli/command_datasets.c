// SPDX-License-Identifier: GPL-3.0-or-later
// setup_training_datasets: which of the reference's data sets lie in <data dir>/training_datasets, whole or not, and
// the deleting of what they were made from. Nothing is fetched.
#include "cli/console.h"
#include "cli/reference.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

// How many files a set had when it was fetched stands in downloads/<marker> as lines "name:count".
static const struct data_set {
    const char *group, *name; // the headline that it stands under; as it is told
    const char *folder, *ending;
    const char *marker, *key;
    const char *archive, *archive_ending; // names in downloads/ begin and end so
    const char *source;                   // what was unpacked and then converted; NULL: it is the set itself
} sets[] = {
    {"negative datasets: dinner_party dinner_party_eval no_speech speech", "dinner_party",
     "negative_datasets/dinner_party", ".ninja", "negative_filecount", "dinner_party", "dinner_party", ".zip", NULL},
    {NULL, "dinner_party_eval", "negative_datasets/dinner_party_eval", ".ninja", "negative_filecount",
     "dinner_party_eval", "dinner_party_eval", ".zip", NULL},
    {NULL, "no_speech", "negative_datasets/no_speech", ".ninja", "negative_filecount", "no_speech", "no_speech", ".zip",
     NULL},
    {NULL, "speech", "negative_datasets/speech", ".ninja", "negative_filecount", "speech", "speech", ".zip", NULL},
    {"MIT_RIR", "MIT_RIR", "mit_rirs_16k", ".wav", "mit_rir_filecount", "mit_rirs", "MIT_RIR", ".zip", "mit_rirs"},
    {"audioset", "audioset", "audioset_16k", ".wav", "audioset_filecount", "audioset", "bal_train", ".tar", "audioset"},
    {"FMA", "FMA", "fma_16k", ".wav", "fma_filecount", "fma", "fma_xs", ".zip", "fma"},
};

// What the marker says; -1: nothing.
static int64_t expected_files(const char *root, const struct data_set *set)
{
    char *path = text_print("%s/downloads/%s", root, set->marker);
    void *text = NULL;
    size_t size = 0;
    struct error none;
    int64_t count =
        path && file_read(path, 1 << 20, &text, &size, &none) == 0 ? filecount_find(text, size, set->key) : -1;
    free(text);
    free(path);
    return count;
}

static int delete_archives(const char *root, const struct data_set *set, struct error *error)
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

static int delete_source(const char *root, const struct data_set *set, struct error *error)
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

// Tells of a set; *there: it can be used. What a set was made from is deleted when it has all its files.
static int check_set(const char *root, const struct data_set *set, const struct reference_wish *wish, bool *there,
                     struct error *error)
{
    char *folder = path_join(root, set->folder);
    if (!folder)
        return error_memory(error, "a path");
    size_t count = folder_count(folder, (const char *const[]){set->ending, NULL});
    int64_t expected = expected_files(root, set);
    free(folder);
    bool valid = count > 0 && expected == (int64_t)count;
    *there = count > 0 && (valid || expected < 0);
    if (valid)
        printf("   Existing %s valid\n", set->name);
    else if (*there)
        printf("   Existing %s: %zu files; how many there should be is not known\n", set->name, count);
    else if (count)
        printf("   %s has %zu files of %lld\n", set->name, count, (long long)expected);
    else
        printf("   %s is not there\n", set->name);
    if (valid && wish->cleanup_archives)
        TRY(delete_archives(root, set, error));
    return valid && wish->cleanup_intermediate_files ? delete_source(root, set, error) : 0;
}

static int check_sets(const char *root, const struct reference_wish *wish, struct error *error)
{
    struct buffer missing;
    double began = time_now();
    int code = 0;
    buffer_init(&missing, 256);
    puts("===== Setting up Training Datasets =====");
    for (size_t i = 0; i < COUNT_OF(sets) && code == 0; i++) {
        bool there;
        if (sets[i].group)
            printf("===== Checking %s =====\n", sets[i].group);
        code = check_set(root, &sets[i], wish, &there, error);
        if (code == 0 && !there)
            buffer_print(&missing, "%s%s", missing.size ? ", " : "", sets[i].name);
    }
    if (code == 0)
        console_elapsed("Training dataset setup", time_now() - began, true);
    if (code == 0)
        code = print_done(error);
    if (code == 0 && missing.size)
        code =
            error_set(error, ERROR_MISSING,
                      "%s: not there or not whole, and this version fetches no data sets; put them into %s, or train "
                      "without them",
                      missing.data, root);
    buffer_free(&missing);
    return code;
}

int command_setup_datasets(int argc, char **argv, struct error *error)
{
    struct reference_wish wish;
    int code = reference_read(SETUP_DATASETS, argc, argv, &wish, error);
    if (code == 0 && !wish.help) {
        char *root = path_join(wish.data, "training_datasets");
        code = root ? check_sets(root, &wish, error) : error_memory(error, "a path");
        free(root);
    }
    reference_close(&wish);
    return code;
}
