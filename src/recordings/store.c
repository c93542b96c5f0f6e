// SPDX-License-Identifier: GPL-3.0-or-later
// The store: opening, listing, and how a recording gets its name.
#include "recordings/recordings_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEFTOVER_SECONDS = 3600 };

// ---- files -------------------------------------------------------------------------------------------------------

int rename_new(const char *from, const char *to, struct error *error)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EINVAL || errno == ENOSYS) { // a file system without that: a second name, then away with the first
        if (link(from, to) == 0)
            return unlink(from) == 0 ? 0 : error_set(error, ERROR_IO, "cannot delete %s: %s", from, strerror(errno));
    }
    if (errno == EEXIST)
        return NAME_TAKEN;
    return error_set(error, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "cannot rename a finished file to %s: %s", to,
                     strerror(errno));
}

int file_copy(const char *from, const char *to, size_t maximum, struct error *error)
{
    char piece[65536];
    size_t total = 0;
    ssize_t got = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return error_set(error, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "cannot open %s: %s", from,
                         strerror(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    bool good = out >= 0;
    while (good && (got = read(in, piece, sizeof piece)) > 0) {
        total += (size_t)got;
        errno = EFBIG;
        good = total <= maximum && write(out, piece, (size_t)got) == got;
    }
    good = good && got == 0 && fsync(out) == 0;
    if (!good)
        error_set(error, ERROR_IO, "cannot copy %s to %s: %s", from, to, strerror(errno));
    if (out >= 0)
        close(out);
    close(in);
    if (!good && out >= 0)
        unlink(to);
    return good ? 0 : error->code;
}

// What a killed program left under a name for later.
static void sweep(const char *folder)
{
    struct error ignored;
    DIR *listing = is_real_folder(folder) ? opendir(folder) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        struct stat info;
        if (strncmp(entry->d_name, ".new-", 5) != 0 ||
            fstatat(dirfd(listing), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            time_wall() - (double)info.st_mtim.tv_sec < LEFTOVER_SECONDS)
            continue;
        char *path = path_join(folder, entry->d_name);
        if (path)
            folder_remove(path, &ignored);
        free(path);
    }
    if (listing)
        closedir(listing);
}

// ---- folders -----------------------------------------------------------------------------------------------------

int store_folder(const struct recordings *store, enum recordings_bucket bucket, const char *wake_word, char **folder,
                 struct error *error)
{
    *folder = bucket_folder(store, bucket, wake_word);
    if (!*folder)
        return error_memory(error, "a path");
    int code = folder_make(*folder, error);
    if (code == 0 && !is_real_folder(*folder))
        code = error_set(error, ERROR_STATE,
                         "%s is a link; recordings are not kept behind links: move the folder here, or use --data-dir",
                         *folder);
    if (code < 0) {
        free(*folder);
        *folder = NULL;
    }
    return code;
}

int store_names(const char *folder, struct text_list *names, struct error *error)
{
    int code = 0;
    if (!is_real_folder(folder))
        return 0;
    DIR *listing = opendir(folder);
    if (!listing)
        return error_set(error, ERROR_IO, "cannot read the folder %s: %s", folder, strerror(errno));
    for (struct dirent *entry; code == 0 && (entry = readdir(listing));)
        if (name_is_wav(entry->d_name) && entry->d_type != DT_LNK && entry->d_type != DT_DIR)
            code = text_list_add(names, entry->d_name, error);
    closedir(listing);
    return code;
}

// The wake words that have a folder in this bucket.
static int list_words(const struct recordings *store, enum recordings_bucket bucket, struct text_list *words,
                      struct error *error)
{
    int code = 0;
    char *root = bucket_folder(store, bucket, NULL);
    if (!root)
        return error_memory(error, "a path");
    DIR *listing = is_real_folder(root) ? opendir(root) : NULL;
    for (struct dirent *entry; listing && code == 0 && (entry = readdir(listing));)
        if (name_is_id(entry->d_name))
            code = text_list_add(words, entry->d_name, error);
    if (listing)
        closedir(listing);
    free(root);
    return code;
}

static void sweep_all(struct recordings *store)
{
    struct error ignored;
    for (enum recordings_bucket bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        struct text_list words = {0};
        char *root = bucket_folder(store, bucket, NULL);
        if (root)
            sweep(root);
        free(root);
        if (bucket != BUCKET_CAPTURED)
            list_words(store, bucket, &words, &ignored);
        for (size_t i = 0; i < words.count; i++) {
            char *folder = bucket_folder(store, bucket, words.items[i]);
            if (folder)
                sweep(folder);
            free(folder);
        }
        text_list_free(&words);
    }
    char *trash = path_join(store->data, "trash");
    if (trash)
        sweep(trash);
    free(trash);
}

int recordings_open(struct recordings **store, const char *data_dir, struct error *error)
{
    int code = 0;
    char *folder = NULL;
    struct recordings *opened = calloc(1, sizeof *opened);
    pthread_mutexattr_t kind;
    *store = NULL;
    if (!opened)
        return error_memory(error, "the recordings");
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&opened->lock, &kind);
    pthread_mutexattr_destroy(&kind);
    opened->data = strdup(data_dir);
    if (!opened->data) {
        code = error_memory(error, "the recordings");
        goto end;
    }
    for (enum recordings_bucket bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        TRY_GOTO(store_folder(opened, bucket, NULL, &folder, error), end);
        free(folder);
        folder = NULL;
    }
    folder = path_join(data_dir, "trash");
    TRY_GOTO(folder ? folder_make(folder, error) : error_memory(error, "a path"), end);
    sweep_all(opened);
    trash_purge(opened);
    *store = opened;
end:
    free(folder);
    if (code < 0)
        recordings_close(opened);
    return code;
}

void recordings_close(struct recordings *store)
{
    if (!store)
        return;
    pthread_mutex_destroy(&store->lock);
    free(store->data);
    free(store);
}

// ---- listing -----------------------------------------------------------------------------------------------------

static int list_add(struct recording_list *list, const struct recording *item, struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        struct recording *grown = realloc(list->items, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, "a list of recordings");
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = *item;
    return 0;
}

static int list_folder(struct recordings *store, enum recordings_bucket bucket, const char *word, const char *only,
                       struct recording_list *list, struct error *error)
{
    int code = 0;
    struct text_list names = {0};
    char *folder = bucket_folder(store, bucket, word);
    if (!folder)
        return error_memory(error, "a path");
    TRY_GOTO(store_names(folder, &names, error), end);
    for (size_t i = 0; i < names.count; i++) {
        struct recording item;
        code = item_load(folder, names.items[i], bucket, word, &item, error);
        if (code == ERROR_MISSING) { // deleted since the folder was read
            code = 0;
            continue;
        }
        if (code < 0)
            goto end;
        if (only && strcmp(only, item.wake_word) != 0) {
            recording_close(&item);
            continue;
        }
        code = list_add(list, &item, error);
        if (code < 0) {
            recording_close(&item);
            goto end;
        }
    }
end:
    text_list_free(&names);
    free(folder);
    return code;
}

static int newest_first(const void *a, const void *b)
{
    const struct recording *x = a, *y = b;
    int order = strcmp(sidecar_text(y->about, "created_at"), sidecar_text(x->about, "created_at"));
    return order ? order : strcmp(y->name, x->name);
}

int recordings_list(struct recordings *store, enum recordings_bucket bucket, const char *wake_word,
                    struct recording_list *list, struct error *error)
{
    int code = 0;
    struct text_list words = {0};
    *list = (struct recording_list){0};
    if (wake_word && !name_is_id(wake_word))
        return 0;
    if (bucket == BUCKET_CAPTURED)
        code = list_folder(store, bucket, NULL, wake_word, list, error);
    else if (wake_word)
        code = list_folder(store, bucket, wake_word, NULL, list, error);
    else
        code = list_words(store, bucket, &words, error);
    for (size_t i = 0; i < words.count && code == 0; i++)
        code = list_folder(store, bucket, words.items[i], NULL, list, error);
    text_list_free(&words);
    if (code < 0)
        recording_list_free(list);
    else if (list->count)
        qsort(list->items, list->count, sizeof *list->items, newest_first);
    return code;
}

int recordings_count_captured(struct recordings *store, size_t *count, struct error *error)
{
    struct text_list names = {0};
    char *folder = bucket_folder(store, BUCKET_CAPTURED, NULL);
    int code = folder ? store_names(folder, &names, error) : error_memory(error, "a path");
    *count = names.count;
    text_list_free(&names);
    free(folder);
    return code;
}

int recordings_find(struct recordings *store, enum recordings_bucket bucket, const char *wake_word, const char *name,
                    struct recording *item, struct error *error)
{
    *item = (struct recording){0};
    bool possible = name_is_wav(name) && (bucket == BUCKET_CAPTURED || name_is_id(wake_word));
    char *folder = possible ? bucket_folder(store, bucket, wake_word) : NULL;
    int code = folder && is_real_folder(folder) ? item_load(folder, name, bucket, wake_word, item, error)
                                                : error_set(error, ERROR_MISSING, "there is no recording %s",
                                                            name_is_wav(name) ? name : "of this name");
    free(folder);
    return code;
}

// ---- a new recording ---------------------------------------------------------------------------------------------

// Takes the wanted name, or the number after the highest one. The rename itself decides: another process that is
// faster only costs a number.
static int take_name(struct recordings *store, const struct newcomer *newcomer, const char *folder, const char *fresh,
                     char **name, struct error *error)
{
    const char *prefix = bucket_prefixes[newcomer->bucket];
    struct text_list names = {0};
    long number = 0;
    int code = NAME_TAKEN;
    *name = NULL;
    for (int attempt = 0; attempt < 8 && newcomer->name && code == NAME_TAKEN; attempt++) {
        char *path = path_join(folder, newcomer->name);
        code = path ? rename_new(fresh, path, error) : error_memory(error, "a path");
        free(path);
        struct recording before;
        if (code != NAME_TAKEN || !newcomer->replace)
            break;
        if (item_load(folder, newcomer->name, newcomer->bucket, newcomer->wake_word, &before, error) == 0) {
            char *ticket = NULL;
            int moved = trash_put(store, &before, &ticket, error);
            recording_close(&before);
            free(ticket);
            TRY(moved);
        }
    }
    if (code == 0 && !(*name = strdup(newcomer->name)))
        return error_memory(error, "a name");
    if (code != NAME_TAKEN)
        return code;
    TRY_GOTO(store_names(folder, &names, error), end);
    for (size_t i = 0; i < names.count; i++) {
        long used = name_number(names.items[i], prefix);
        number = used > number ? used : number;
    }
    do {
        free(*name);
        bool stem = newcomer->stem && *newcomer->stem;
        *name = text_print("%s_%04ld%s%s.wav", prefix, ++number, stem ? "_" : "", stem ? newcomer->stem : "");
        char *path = *name ? path_join(folder, *name) : NULL;
        code = path ? rename_new(fresh, path, error) : error_memory(error, "a name");
        free(path);
    } while (code == NAME_TAKEN);
end:
    text_list_free(&names);
    return code;
}

// The files that belong to a wav, by its path.
static int place_siblings(const struct newcomer *newcomer, const char *wav, const char *original, struct error *error)
{
    int code = 0;
    char *folder = path_folder(wav), *sidecar = path_sidecar(wav), *originals = NULL, *kept = NULL, *stale = NULL;
    originals = folder ? path_join(folder, "originals") : NULL;
    kept = originals ? text_print("%s/%.*s.%s", originals, (int)(strlen(path_name(wav)) - strlen(".wav")),
                                  path_name(wav), newcomer->ending ? newcomer->ending : "bin")
                     : NULL;
    if (!kept || !sidecar) {
        code = error_memory(error, "a path");
        goto end;
    }
    TRY_GOTO(path_original(wav, &stale, error), end);
    if (stale) // of a recording that is no longer there
        unlink(stale);
    if (original) {
        TRY_GOTO(folder_make(originals, error), end);
        TRY_GOTO(rename_new(original, kept, error), end);
    }
    code = sidecar_write(sidecar, newcomer->sidecar, error);
end:
    free(stale);
    free(kept);
    free(originals);
    free(sidecar);
    free(folder);
    return code == NAME_TAKEN ? error_set(error, ERROR_STATE, "the original of %s exists already", wav) : code;
}

static int describe(struct newcomer *newcomer, const char *fresh, struct error *error)
{
    char hash[65];
    struct stat info;
    TRY(sha256_file(fresh, hash, error));
    if (stat(fresh, &info) != 0)
        return error_set(error, ERROR_IO, "cannot read %s: %s", fresh, strerror(errno));
    if (!json_object_get(newcomer->sidecar, "badges")) {
        struct pcm pcm = {0};
        struct error unread;
        if (newcomer->wav && audio_read(fresh, 0, RECORDINGS_MAX_SECONDS, &pcm, &unread) < 0)
            pcm = (struct pcm){0};
        int code = item_judge(newcomer->sidecar, newcomer->wav ? pcm.samples : newcomer->samples,
                              newcomer->wav ? pcm.count : newcomer->count, error);
        free(pcm.samples);
        TRY(code);
    }
    json_object_set_new(newcomer->sidecar, "sha256", json_string(hash));
    json_object_set_new(newcomer->sidecar, "size_bytes", json_integer(info.st_size));
    return 0;
}

int store_place(struct recordings *store, struct newcomer *newcomer, struct recording *item, struct error *error)
{
    int code = 0;
    char *folder = NULL, *fresh = NULL, *original = NULL, *name = NULL, *path = NULL;
    *item = (struct recording){0};
    TRY(store_folder(store, newcomer->bucket, newcomer->wake_word, &folder, error));
    fresh = path_new(folder);
    original = newcomer->original ? path_new(folder) : NULL;
    if (!fresh || (newcomer->original && !original)) {
        code = error_memory(error, "a path");
        goto end;
    }
    if (newcomer->wav)
        TRY_GOTO(file_copy(newcomer->wav, fresh, SIZE_MAX, error), end);
    else
        TRY_GOTO(audio_write_wav(fresh, newcomer->samples, newcomer->count, error), end);
    if (original)
        TRY_GOTO(file_copy(newcomer->original, original, SIZE_MAX, error), end);
    TRY_GOTO(describe(newcomer, fresh, error), end);

    pthread_mutex_lock(&store->lock);
    code = take_name(store, newcomer, folder, fresh, &name, error);
    path = code == 0 ? path_join(folder, name) : NULL;
    if (code == 0)
        code = path ? place_siblings(newcomer, path, original, error) : error_memory(error, "a path");
    if (code < 0 && path)
        unlink(path);
    pthread_mutex_unlock(&store->lock);
    if (code == 0)
        code = item_load(folder, name, newcomer->bucket, newcomer->wake_word, item, error);
end:
    if (fresh)
        unlink(fresh);
    if (original)
        unlink(original);
    free(path);
    free(name);
    free(original);
    free(fresh);
    free(folder);
    return code;
}
