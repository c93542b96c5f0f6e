// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/data_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// The categories in the order of the page: recordings, models, generated, downloaded. No path lies in two rows.
const struct data_entry data_entries[] = {
    {"personal_samples", "Personal samples", "recordings", "Recordings of people saying the wake words.",
     {"personal_samples"}, true, false},
    {"negative_samples", "Negative samples", "recordings", "Recordings that must not wake.", {"negative_samples"}, true,
     false},
    {"captured_audio", "Inbox", "recordings", "What satellites sent and nobody has judged yet.", {"captured_audio"}, true,
     false},
    {"trash", "Trash", "recordings", "Deleted recordings and models, kept for a week.", {"trash"}, true, true},
    {"output", "Finished models", "models", "Models with their reports and logs, one folder a run.", {"output"}, false,
     false},
    {"speech", "Spoken clips", "generated", "Synthetic speech; spoken again by the next training.",
     {"work/*/wake_word_samples", "work/.sentences"}, false, true},
    {"features", "Feature sets", "generated", "What the network learns from; made again by the next training.",
     {"work/*/wake_word_samples_augmented", "work/*/personal_augmented_features"}, false, true},
    {"checkpoints", "States of trainings", "generated", "Lets an interrupted training go on; without it, it begins anew.",
     {"work/*/trained_models"}, false, true},
    {"sounds", "Decoded sounds", "generated", "Backgrounds and negatives, decoded; made again by the next training.",
     {"work/.sounds"}, false, true},
    {"previews", "Previews", "generated", "Clips that the page has played.", {"work/.previews"}, false, true},
    {"training_datasets", "Data sets", "downloaded", "Sounds and feature sets from elsewhere.", {"training_datasets"},
     false, true},
};
const size_t data_entry_count = COUNT_OF(data_entries);

void data_measure(const char *path, struct data_size *size)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR)
            continue; // a folder was counted when it was entered
        size->bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
        size->files += entry->fts_info == FTS_F;
    }
    if (walk)
        fts_close(walk);
}

static int add_if_there(const char *folder, const char *name, struct text_list *paths, struct error *error)
{
    struct stat about;
    char *path = path_join(folder, name);
    int code = path ? 0 : error_memory(error, "a path");
    if (code == 0 && lstat(path, &about) == 0)
        code = text_list_add(paths, path, error);
    free(path);
    return code;
}

// "<folder>/<each folder in it>/<name>"; links are no folders.
static int add_of_each(const char *folder, const char *name, struct text_list *paths, struct error *error)
{
    DIR *stream = opendir(folder);
    int code = 0;
    for (struct dirent *entry; stream && code == 0 && (entry = readdir(stream));) {
        struct stat about;
        char *each = entry->d_name[0] == '.' ? NULL : path_join(folder, entry->d_name);
        if (each && lstat(each, &about) == 0 && S_ISDIR(about.st_mode))
            code = add_if_there(each, name, paths, error);
        free(each);
    }
    if (stream)
        closedir(stream);
    return code;
}

// The paths of a row that are there.
static int find_paths(const char *data_dir, const struct data_entry *entry, struct text_list *paths, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < DATA_MAX_PATHS && entry->paths[i] && code == 0; i++) {
        const char *star = strstr(entry->paths[i], "/*/");
        char *folder = star ? text_print("%s/%.*s", data_dir, (int)(star - entry->paths[i]), entry->paths[i]) : NULL;
        if (!star)
            code = add_if_there(data_dir, entry->paths[i], paths, error);
        else if (folder)
            code = add_of_each(folder, star + strlen("/*/"), paths, error);
        else
            code = error_memory(error, "a path");
        free(folder);
    }
    return code;
}

int data_measure_entry(const char *data_dir, const struct data_entry *entry, struct data_size *size,
                       struct error *error)
{
    struct text_list paths = {0};
    int code = find_paths(data_dir, entry, &paths, error);
    *size = (struct data_size){0};
    for (size_t i = 0; i < paths.count && code == 0; i++)
        data_measure(paths.items[i], size);
    text_list_free(&paths);
    return code;
}

// The lock of every training in this data directory; *handle is held until it is closed.
static int hold_work(const char *data_dir, int *handle, struct error *error)
{
    char *folder = path_join(data_dir, "work"), *path = folder ? path_join(folder, ".lock") : NULL;
    int code = path ? folder_make(folder, error) : error_memory(error, "a path");
    if (code == 0 && (*handle = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) < 0)
        code = error_set(error, ERROR_IO, "cannot open %s: %s", path, strerror(errno));
    if (code == 0 && flock(*handle, LOCK_EX | LOCK_NB) != 0)
        code = error_set(error, ERROR_STATE, "a training is at work; wait until it has ended or cancel it");
    free(folder);
    free(path);
    return code;
}

// Out of sight at once and whole, so that a training never finds half of it; then piece by piece. What a crash leaves
// in the temporary folder goes at the next start.
static int remove_paths(const char *tmp, const struct text_list *paths, struct error *error)
{
    TRY(folder_make(tmp, error));
    for (size_t i = 0; i < paths->count; i++) {
        char *gone = text_print("%s/deleted-XXXXXX", tmp);
        if (!gone || !mkdtemp(gone)) {
            free(gone);
            return error_set(error, ERROR_IO, "cannot create a folder in %s: %s", tmp, strerror(errno));
        }
        char *moved = path_join(gone, path_name(paths->items[i]));
        bool there = moved && rename(paths->items[i], moved) == 0;
        int code = there ? 0 : folder_remove(paths->items[i], error); // a disk of its own cannot be moved
        if (code == 0)
            code = folder_remove(gone, error);
        free(moved);
        free(gone);
        TRY(code);
    }
    return 0;
}

int data_remove_entry(struct server *server, const struct data_entry *entry, struct data_size *released,
                      struct error *error)
{
    struct text_list paths = {0};
    int handle = -1, code;
    *released = (struct data_size){0};
    pthread_rwlock_rdlock(&server->gate); // no training starts here meanwhile
    if (jobs_training(server->jobs, NULL))
        code = error_set(error, ERROR_STATE, "a training is at work; wait until it has ended or cancel it");
    else
        code = hold_work(server->data_dir, &handle, error);
    if (code == 0)
        code = find_paths(server->data_dir, entry, &paths, error);
    for (size_t i = 0; i < paths.count && code == 0; i++)
        data_measure(paths.items[i], released);
    if (code == 0)
        code = remove_paths(server->tmp, &paths, error);
    if (handle >= 0)
        close(handle);
    pthread_rwlock_unlock(&server->gate);
    text_list_free(&paths);
    return code;
}
