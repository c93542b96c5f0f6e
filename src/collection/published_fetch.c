// SPDX-License-Identifier: GPL-3.0-or-later
// Bringing the reference's data sets, in its layout and with its messages.
#include "audio/audio.h"
#include "collection/collection_internal.h"
#include "fetch/fetch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 1000000, HEARTBEAT = 500, MOST_ADDRESSES = 16 };
#define MOST_BYTES (400ull << 30) // that come out of one archive
#define MOST_ARCHIVE (60ull << 30)

struct bringing {
    const char *root;
    const struct published_set *set;
    const struct published_fetching *how;
    char *downloads, *folder, *source; // source: where archives are unpacked
    char *mark;                        // of work that is not finished
};

static void tell(const struct bringing *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const struct bringing *work, const char *format, ...)
{
    char line[256];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    work->how->tell(work->how->context, line);
}

// ---- archives ----

static json_t *read_trusted(const struct bringing *work)
{
    char *path = path_join(work->downloads, "trusted.json");
    json_t *trusted = path ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(path);
    return json_is_object(trusted) ? trusted : (json_decref(trusted), json_object());
}

// The first bytes of a name that could be unpacked are believed; from then on only these.
static int trust(const struct bringing *work, const char *name, const char *path, struct error *error)
{
    char sha256[65];
    struct stat status;
    json_t *trusted = read_trusted(work);
    if (json_object_get(trusted, name)) {
        json_decref(trusted);
        return 0;
    }
    if (sha256_file(path, sha256, error) < 0) {
        json_decref(trusted);
        return error->code;
    }
    json_object_set_new(trusted, name,
                        json_pack("{s:s, s:I}", "sha256", sha256, "bytes",
                                  (json_int_t)(stat(path, &status) == 0 ? status.st_size : 0)));
    int code = set_write(work->downloads, trusted, "trusted.json", error);
    json_decref(trusted);
    return code;
}

static int download(const struct bringing *work, const char *name, int number, struct error *error)
{
    char *addresses[MOST_ADDRESSES] = {NULL}, *path = path_join(work->downloads, name);
    size_t count = 0;
    bool lacking = !path;
    if (work->how->mirror)
        lacking |= !(addresses[count++] = text_print("%s/%s", work->how->mirror, name));
    for (size_t i = 0; !work->how->mirror && work->set->addresses[i] && count < MOST_ADDRESSES; i++) {
        const char *address = work->set->addresses[i], *place = strstr(address, "%d");
        addresses[count] = place ? text_print("%.*s%d%s", (int)(place - address), address, number, place + 2)
                                 : text_print("%s", address);
        lacking |= !addresses[count++];
    }
    json_t *trusted = read_trusted(work);
    const json_t *known = json_object_get(trusted, name);
    struct fetch_file file = {.path = path,
                              .most = MOST_ARCHIVE,
                              .sha256 = json_string_value(json_object_get(known, "sha256")),
                              .size = (uint64_t)json_integer_value(json_object_get(known, "bytes"))};
    int code = lacking ? error_memory(error, "an address") : 0;
    if (code == 0 && !(known && fetch_have(&file, true))) {
        tell(work, "   Downloading %s", work->set->archives > 1 ? name : work->set->name);
        progress_begin(work->how->progress, "downloads");
        code = fetch_download((const char *const *)addresses, count, &file, work->how->progress, error);
        if (code == 0)
            progress_end(work->how->progress, "%s", name);
        else if (code == ERROR_FORMAT && known)
            error_prefix(error,
                         "%s is not what it was when it first came; delete its line in %s/trusted.json if that is "
                         "right",
                         name, work->downloads);
    }
    json_decref(trusted);
    for (size_t i = 0; i < count; i++)
        free(addresses[i]);
    free(path);
    return code;
}

static int unpack(const struct bringing *work, const char *name, struct error *error)
{
    char *path = path_join(work->downloads, name);
    struct fetch_unpack how = {.most_files = MOST_FILES, .most_bytes = MOST_BYTES, .progress = work->how->progress};
    struct fetch_unpacked done = {0};
    bool tar = text_ends_with(name, ".tar");
    tell(work, "   %s %s", tar ? "Untarring" : "Unzipping", work->set->archives > 1 ? name : work->set->name);
    int code = path ? fetch_unpack(path, work->source, &how, &done, error) : error_memory(error, "a path");
    for (size_t i = 0; i < done.sentences.count; i++)
        progress_notice(work->how->progress, done.sentences.items[i]);
    fetch_unpacked_free(&done);
    if (code == 0)
        code = trust(work, name, path, error);
    else if (code == ERROR_FORMAT && path)
        remove(path); // whatever it is, the next run brings it anew
    free(path);
    return code;
}

static int bring_archives(const struct bringing *work, struct error *error)
{
    const struct published_set *set = work->set;
    if (!set->source) // anew: a set of features is exchanged as a whole
        TRY(folder_remove(work->source, error));
    for (int i = 0; i < set->archives; i++) {
        char *name = set->archives > 1 ? text_print("%s%d%s", set->archive, i, set->archive_ending)
                                       : text_print("%s%s", set->archive, set->archive_ending);
        int code = name ? download(work, name, i, error) : error_memory(error, "a name");
        if (code == 0)
            code = unpack(work, name, error);
        free(name);
        TRY(code);
    }
    return 0;
}

// ---- features: the archive's folder of the set's name, or all of it, becomes the set ----

static int place_features(const struct bringing *work, struct error *error)
{
    char *inner = path_join(work->source, work->set->name), *old = text_print("%s.old", work->folder);
    int code = inner && old ? folder_remove(old, error) : error_memory(error, "a path");
    const char *from = inner && folder_exists(inner) ? inner : work->source;
    if (code == 0 && folder_exists(work->folder) && rename(work->folder, old) != 0)
        code = error_set(error, ERROR_IO, "cannot move %s: %s", work->folder, strerror(errno));
    if (code == 0 && rename(from, work->folder) != 0)
        code = error_set(error, ERROR_IO, "cannot write %s: %s", work->folder, strerror(errno));
    if (code == 0)
        code = folder_remove(old, error);
    if (code == 0 && from == inner)
        code = folder_remove(work->source, error);
    free(inner);
    free(old);
    return code;
}

// ---- audio: every recording as <stem>.wav of 16 kHz ----

struct conversion {
    const struct bringing *work;
    const struct text_list *files;
    struct error *errors; // of those that could not be read
    bool *skipped;
    _Atomic size_t ok, failed, there, done;
};

static char *wav_of(const struct bringing *work, const char *file)
{
    const char *name = path_name(file), *dot = strrchr(name, '.');
    return text_print("%s/%.*s.wav", work->folder, (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name);
}

static void heartbeat(struct conversion *conversion, size_t done)
{
    if (conversion->work->set->archives > 1 && (done == 1 || done % HEARTBEAT == 0 || done == conversion->files->count))
        tell(conversion->work, "   Progress: %zu/%zu  (ok=%zu, skipped=%zu, failed=%zu)", done,
             conversion->files->count, (size_t)conversion->ok, (size_t)conversion->there, (size_t)conversion->failed);
}

static void convert_task(void *context, size_t index, int worker)
{
    struct conversion *conversion = context;
    const struct bringing *work = conversion->work;
    struct error *error = &conversion->errors[index];
    char *wav = wav_of(work, conversion->files->items[index]);
    struct pcm pcm = {0};
    if (progress_stopped(work->how->progress)) {
        free(wav);
        return;
    }
    int code = wav ? 0 : error_memory(error, "a path");
    if (code == 0 && file_exists(wav)) {
        conversion->there++;
    } else if (code == 0) {
        code = audio_read(conversion->files->items[index], 0, 0, &pcm, error);
        if (code == 0)
            code = audio_write_wav(wav, pcm.samples, pcm.count, error);
        (*(code == 0 ? &conversion->ok : &conversion->failed))++;
    }
    free(pcm.samples);
    free(wav);
    size_t done = ++conversion->done;
    if (worker == 0) {
        progress_step(work->how->progress, (double)done, (double)conversion->files->count, "%s", work->set->name);
        heartbeat(conversion, done);
    }
}

// "path:error" of what could not be read, where the reference leaves it.
static int log_corrupted(const struct conversion *conversion, struct error *error)
{
    const struct bringing *work = conversion->work;
    char *name = text_print("%s_corrupted_files.log", work->set->key),
         *path = name ? path_join(work->folder, name) : NULL;
    struct buffer text;
    buffer_init(&text, 64 << 20);
    int code = path ? 0 : error_memory(error, "a path");
    for (size_t i = 0; i < conversion->files->count && code == 0; i++) {
        const struct error *reason = &conversion->errors[i];
        if (reason->code < 0 && reason->code != ERROR_FORMAT && reason->code != ERROR_MISSING) { // of the machine
            *error = *reason;
            code = reason->code;
        } else if (reason->code < 0) {
            buffer_print(&text, "%s:%s\n", conversion->files->items[i], reason->message);
        }
    }
    if (code == 0 && text.size)
        code = text.failed ? error_memory(error, "a log") : file_write(path, text.data, text.size, error);
    buffer_free(&text);
    free(path);
    free(name);
    return code;
}

static int convert(const struct bringing *work, struct error *error)
{
    struct text_list files = {0};
    struct conversion conversion = {.work = work, .files = &files};
    int code = folder_make(work->folder, error);
    if (code == 0)
        code = folder_list(work->source, audio_endings, &files, error);
    if (code == 0 && !files.count)
        code = error_set(error, ERROR_FORMAT, "there is no audio in %s", work->source);
    conversion.errors = array_alloc(files.count, sizeof *conversion.errors);
    if (code == 0 && !conversion.errors)
        code = error_memory(error, "a list of recordings");
    if (code == 0) {
        progress_begin(work->how->progress, "convert");
        pool_run(work->how->pool, files.count, convert_task, &conversion);
        code = progress_stopped(work->how->progress) ? progress_cancelled(error) : log_corrupted(&conversion, error);
    }
    if (code == 0)
        progress_end(work->how->progress, "%s", work->set->name);
    free(conversion.errors);
    text_list_free(&files);
    return code;
}

// ---- done ----

// The line of this set in the marker; lines of others stay.
static int write_marker(const struct bringing *work, size_t count, struct error *error)
{
    char *path = path_join(work->downloads, work->set->marker);
    void *old = NULL;
    size_t size = 0, length = strlen(work->set->key);
    struct buffer text;
    struct error ignored;
    if (!path)
        return error_memory(error, "a path");
    buffer_init(&text, 1 << 20);
    if (file_exists(path))
        file_read(path, 1 << 20, &old, &size, &ignored);
    for (const char *line = old; line && *line;) {
        size_t end = strcspn(line, "\n");
        if (strncmp(line, work->set->key, length) != 0 ||
            (line[length] != ':' && strncmp(line + length, "_16k", 4) != 0))
            buffer_print(&text, "%.*s\n", (int)end, line);
        line += end + (line[end] == '\n');
    }
    buffer_print(&text, "%s%s:%zu\n", work->set->key, work->set->source ? "_16k" : "", count);
    int code = text.failed ? error_memory(error, "a marker") : file_write(path, text.data, text.size, error);
    buffer_free(&text);
    free(old);
    free(path);
    return code;
}

static int write_manifest(const struct bringing *work, struct error *error)
{
    struct text_list files = {0};
    json_t *sizes = json_object();
    size_t count = 0, skip = strlen(work->folder) + 1;
    char *name = text_print("%s.manifest.json", work->set->name);
    int code = name && sizes ? folder_list(work->folder, NULL, &files, error) : error_memory(error, "a manifest");
    for (size_t i = 0; i < files.count && code == 0; i++) {
        struct stat status;
        if (stat(files.items[i], &status) != 0)
            code = error_set(error, ERROR_IO, "%s: %s", files.items[i], strerror(errno));
        else if (json_object_set_new(sizes, files.items[i] + skip, json_integer(status.st_size)) != 0)
            code = error_memory(error, "a manifest");
        count += text_ends_with(files.items[i], work->set->ending);
    }
    if (code == 0 && !count)
        code = error_set(error, ERROR_FORMAT, "there are no files *%s in what was brought for %s", work->set->ending,
                         work->set->name);
    json_t *manifest = json_pack("{s:i, s:o}", "version", COLLECTION_VERSION, "files", sizes);
    if (code == 0)
        code = set_write(work->downloads, manifest, name, error);
    if (code == 0)
        code = write_marker(work, count, error);
    json_decref(manifest);
    text_list_free(&files);
    free(name);
    return code;
}

static int bring(const struct bringing *work, struct error *error)
{
    TRY(folder_make(work->downloads, error));
    folder_remove_unfinished(work->downloads);
    folder_remove_unfinished(work->folder);
    TRY(file_write(work->mark, "", 0, error));
    TRY(bring_archives(work, error));
    TRY((work->set->source ? convert : place_features)(work, error));
    TRY(write_manifest(work, error));
    return remove(work->mark) == 0 ? 0
                                   : error_set(error, ERROR_IO, "cannot delete %s: %s", work->mark, strerror(errno));
}

int published_fetch(const char *root, const struct published_set *set, const struct published_fetching *how,
                    struct error *error)
{
    struct bringing work = {.root = root,
                            .set = set,
                            .how = how,
                            .downloads = path_join(root, "downloads"),
                            .folder = path_join(root, set->folder),
                            .mark = published_mark(root, set)};
    int lock = -1;
    work.source = set->source ? path_join(root, set->source) : text_print("%s/negative_datasets/.%s", root, set->name);
    int code = work.downloads && work.folder && work.source && work.mark ? collection_lock(root, &lock, error)
                                                                         : error_memory(error, "a path");
    if (code == 0)
        code = bring(&work, error);
    if (lock >= 0)
        close(lock);
    free(work.downloads);
    free(work.folder);
    free(work.source);
    free(work.mark);
    return code;
}
