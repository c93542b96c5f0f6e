// SPDX-License-Identifier: GPL-3.0-or-later
// The finished runs: which there are, which one of a wake word is published, the way to the trash and back.
// Every request looks at the times of the files and reads again only what differs.
#include "server/models_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_MODEL = 16 << 20, MAX_REPORT = 4 << 20 };
static const char ticket_mark[] = "model-"; // of the trash's folders that hold a run

struct models {
    pthread_mutex_t lock;
    char *output, *trash;
    struct run *runs;
    size_t count;
    struct timespec changed; // of the output folder: a run came or went
};

static void run_clear(struct run *run)
{
    free(run->name);
    free(run->folder);
    json_decref(run->report);
    *run = (struct run){0};
}

static void runs_free(struct run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_clear(&runs[i]);
    free(runs);
}

// ---- one run -------------------------------------------------------------------------------------------------

static char *run_file(const struct run *run, const char *ending)
{
    return text_print("%s/%s%s", run->folder, run->id, ending);
}

// Regular files only: a link could lead anywhere.
static bool stat_file(const char *path, struct stat *about)
{
    return path && lstat(path, about) == 0 && S_ISREG(about->st_mode);
}

static uint64_t mix(uint64_t hash, const struct stat *about)
{
    const uint64_t parts[] = {(uint64_t)about->st_mtim.tv_sec, (uint64_t)about->st_mtim.tv_nsec,
                              (uint64_t)about->st_size, (uint64_t)about->st_ino};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        hash = (hash ^ parts[i]) * UINT64_C(0x100000001b3) + (hash >> 29);
    return hash;
}

static uint64_t run_fingerprint(const struct run *run)
{
    static const char *const endings[] = {".json", ".tflite", ".report.json"};
    struct stat about;
    uint64_t hash = lstat(run->folder, &about) == 0 ? mix(1, &about) : 0;
    for (size_t i = 0; i < COUNT_OF(endings) && run->id[0]; i++) {
        char *path = run_file(run, endings[i]);
        hash = stat_file(path, &about) ? mix(hash, &about) : hash * 31;
        free(path);
    }
    return hash;
}

// The id is the name of the only manifest in the folder: "<id>.json".
static int find_id(struct run *run, struct error *error)
{
    DIR *folder = opendir(run->folder);
    if (!folder)
        return error_set(error, ERROR_IO, "The folder cannot be read: %s.", strerror(errno));
    int manifests = 0;
    bool odd = false;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.' || !text_ends_with(entry->d_name, ".json") ||
            text_ends_with(entry->d_name, ".report.json"))
            continue;
        char *stem = strndup(entry->d_name, strlen(entry->d_name) - strlen(".json"));
        char id[TEXT_ID_SIZE] = "";
        if (stem)
            text_safe_id(stem, id);
        odd = odd || !stem || strcmp(stem, id) != 0;
        memcpy(run->id, id, sizeof id);
        manifests++;
        free(stem);
    }
    closedir(folder);
    if (manifests == 1 && !odd)
        return 0;
    run->id[0] = 0;
    return error_set(error, ERROR_FORMAT, "%s",
                     manifests == 0 ? "It has no manifest, so the run did not end well."
                     : odd          ? "Its manifest is not named like a wake word."
                                    : "It has more than one manifest.");
}

// The model's bytes must be those that were measured.
static int check_model(struct run *run, struct error *error)
{
    if (strlen(run->manifest.model) != strlen(run->id) + strlen(".tflite") ||
        strncmp(run->manifest.model, run->id, strlen(run->id)) != 0 || !text_ends_with(run->manifest.model, ".tflite"))
        return error_set(error, ERROR_FORMAT, "Its manifest names another model, %s.", run->manifest.model);
    char *path = run_file(run, ".tflite");
    struct stat about;
    if (!path || !stat_file(path, &about)) {
        free(path);
        return error_set(error, ERROR_MISSING, "Its model %s is not there.", run->manifest.model);
    }
    void *data = NULL;
    int code = file_read(path, MAX_MODEL, &data, &run->model_size, error);
    free(path);
    TRY(code);
    const char *measured = json_string_value(json_object_get(run->report, "model_sha256"));
    char hash[65];
    struct sha256 sum;
    sha256_init(&sum);
    sha256_add(&sum, data, run->model_size);
    sha256_hex(&sum, hash);
    bool good = run->model_size > 8 && memcmp((char *)data + 4, "TFL3", 4) == 0;
    free(data);
    if (!good)
        return error_set(error, ERROR_FORMAT, "Its model %s is damaged.", run->manifest.model);
    if (measured && strcmp(measured, hash) != 0)
        return error_set(error, ERROR_FORMAT, "Its model %s is not the one that was measured.", run->manifest.model);
    return 0;
}

// A run of the reference has none; that is no fault of the pair.
static void read_report(struct run *run)
{
    char *path = run_file(run, ".report.json");
    struct stat about;
    struct error error = {0};
    json_error_t json_error = {0};
    void *data = NULL;
    size_t size = 0;
    if (!stat_file(path, &about))
        snprintf(run->report_fault, sizeof run->report_fault, "This run has no report: how well it hears is not known.");
    else if (file_read(path, MAX_REPORT, &data, &size, &error) == 0)
        run->report = json_loadb(data, size, 0, &json_error);
    if (run->report && !json_is_object(run->report)) {
        json_decref(run->report);
        run->report = NULL;
    }
    if (!run->report && !run->report_fault[0])
        snprintf(run->report_fault, sizeof run->report_fault, "The report of this run cannot be read: %.200s.",
                 error.message[0] ? error.message : json_error.text[0] ? json_error.text : "it is not an object");
    free(data);
    free(path);
}

static int run_load(struct run *run, struct error *error)
{
    TRY(find_id(run, error));
    run->fingerprint = run_fingerprint(run);
    char *path = run_file(run, ".json");
    struct stat about;
    if (!path || !stat_file(path, &about)) {
        free(path);
        return error_set(error, ERROR_FORMAT, "Its manifest is not a file.");
    }
    run->created = about.st_mtim;
    int code = manifest_read(path, &run->manifest, error);
    free(path);
    TRY(code);
    read_report(run);
    return check_model(run, error);
}

// Fills a run; what is wrong with it is told in run->fault. Fails only without memory.
static int run_read(struct run *run, const char *output, const char *name, struct error *error)
{
    *run = (struct run){.name = strdup(name), .folder = path_join(output, name)};
    if (!run->name || !run->folder) {
        run_clear(run);
        return error_memory(error, "the list of models");
    }
    struct stat about;
    if (lstat(run->folder, &about) == 0)
        run->created = about.st_mtim;
    run->fingerprint = run_fingerprint(run);
    struct error fault;
    if (run_load(run, &fault) < 0)
        snprintf(run->fault, sizeof run->fault, "%s", fault.message);
    return 0;
}

// ---- the list ------------------------------------------------------------------------------------------------

static int compare_time(const struct timespec *a, const struct timespec *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

static int newest_first(const void *a, const void *b)
{
    const struct run *one = a, *other = b;
    int order = compare_time(&other->created, &one->created);
    return order ? order : strcmp(other->name, one->name);
}

static int wanted(const struct dirent *entry)
{
    struct error error;
    return entry->d_name[0] != '.' && text_check(entry->d_name, "a name", &error) == 0;
}

// Takes the run over from the old list when its files are as they were.
static int take_or_read(struct models *models, const char *name, struct run *run, struct error *error)
{
    for (size_t i = 0; i < models->count; i++)
        if (models->runs[i].name && strcmp(models->runs[i].name, name) == 0 &&
            models->runs[i].fingerprint == run_fingerprint(&models->runs[i])) {
            *run = models->runs[i];
            models->runs[i] = (struct run){0};
            return 0;
        }
    return run_read(run, models->output, name, error);
}

static void choose_published(struct models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        struct run *run = &models->runs[i];
        run->published = !run->fault[0];
        for (size_t newer = 0; newer < i && run->published; newer++)
            run->published = !models->runs[newer].published || strcmp(models->runs[newer].id, run->id) != 0;
    }
}

static int refresh(struct models *models, struct error *error)
{
    struct dirent **names = NULL;
    struct stat about;
    int found = scandir(models->output, &names, wanted, NULL), code = 0;
    if (found < 0 && errno != ENOENT)
        return error_set(error, ERROR_IO, "cannot read the folder %s: %s", models->output, strerror(errno));
    if (found < 0)
        found = 0;
    if (stat(models->output, &about) == 0)
        models->changed = about.st_mtim;
    struct run *runs = calloc((size_t)found + 1, sizeof *runs);
    size_t count = 0;
    if (!runs)
        code = error_memory(error, "the list of models");
    for (int i = 0; i < found && code == 0; i++) {
        char *path = path_join(models->output, names[i]->d_name);
        if (path && lstat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            code = take_or_read(models, names[i]->d_name, &runs[count], error);
            count += code == 0;
        }
        free(path);
    }
    for (int i = 0; i < found; i++)
        free(names[i]);
    free(names);
    runs_free(models->runs, models->count);
    models->runs = runs;
    models->count = count;
    if (count)
        qsort(runs, count, sizeof *runs, newest_first);
    choose_published(models);
    return code;
}

int models_begin(struct models *models, struct error *error)
{
    pthread_mutex_lock(&models->lock);
    int code = refresh(models, error);
    if (code < 0)
        pthread_mutex_unlock(&models->lock);
    return code;
}

void models_end(struct models *models)
{
    pthread_mutex_unlock(&models->lock);
}

size_t models_count(const struct models *models)
{
    return models->count;
}

const struct run *models_at(const struct models *models, size_t index)
{
    return &models->runs[index];
}

int models_find_run(const struct models *models, const char *name, const struct run **run, struct error *error)
{
    for (size_t i = 0; i < models->count; i++) {
        *run = &models->runs[i];
        if (strcmp((*run)->name, name) == 0)
            return (*run)->fault[0] ? error_set(error, ERROR_MISSING, "the run %s cannot be used: %s", name,
                                                (*run)->fault)
                                    : 0;
    }
    return error_set(error, ERROR_MISSING, "there is no run %s", name);
}

int models_find_published(const struct models *models, const char *id, const struct run **run, struct error *error)
{
    for (size_t i = 0; i < models->count; i++) {
        *run = &models->runs[i];
        if ((*run)->published && strcmp((*run)->id, id) == 0)
            return 0;
    }
    return error_set(error, ERROR_MISSING, "there is no model of %s yet: train it first", id);
}

time_t models_published_since(const struct models *models, const struct run *run)
{
    const struct timespec *since =
        compare_time(&models->changed, &run->created) > 0 ? &models->changed : &run->created;
    return since->tv_sec + (since->tv_nsec > 0);
}

// ---- the trash -----------------------------------------------------------------------------------------------

static bool is_ticket(const char *name)
{
    size_t mark = strlen(ticket_mark);
    return strncmp(name, ticket_mark, mark) == 0 && strlen(name) == mark + 16 &&
           strspn(name + mark, "0123456789abcdef") == 16;
}

// What was deleted a week ago goes for good. A ticket's folder has the time of the move into it.
static void purge(const struct models *models)
{
    struct error ignored;
    DIR *trash = opendir(models->trash);
    for (struct dirent *entry; trash && (entry = readdir(trash));) {
        char *folder = is_ticket(entry->d_name) ? path_join(models->trash, entry->d_name) : NULL;
        struct stat about;
        if (folder && lstat(folder, &about) == 0 && time(NULL) - about.st_mtim.tv_sec > RECORDINGS_TRASH_SECONDS)
            folder_remove(folder, &ignored);
        free(folder);
    }
    if (trash)
        closedir(trash);
}

// A new folder <data>/trash/model-<16 hex digits>.
static int make_ticket(const struct models *models, char **ticket, char **folder, struct error *error)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return error_set(error, ERROR_IO, "the system gave no random number");
    TRY(folder_make(models->trash, error));
    *ticket = text_print("%s%016llx", ticket_mark, (unsigned long long)number);
    *folder = *ticket ? path_join(models->trash, *ticket) : NULL;
    if (!*folder)
        return error_memory(error, "a path");
    if (mkdir(*folder, 0777) != 0)
        return error_set(error, ERROR_IO, "cannot create the folder %s: %s", *folder, strerror(errno));
    return 0;
}

static int remove_run(struct models *models, const char *name, char **ticket, struct error *error)
{
    bool known = false;
    for (size_t i = 0; i < models->count; i++)
        known = known || strcmp(models->runs[i].name, name) == 0;
    if (!known)
        return error_set(error, ERROR_MISSING, "there is no run %s", name);
    char *made = NULL, *folder = NULL, *from = path_join(models->output, name), *to = NULL;
    int code = from ? make_ticket(models, &made, &folder, error) : error_memory(error, "a path");
    if (code == 0 && !(to = path_join(folder, name)))
        code = error_memory(error, "a path");
    if (code == 0 && rename(from, to) != 0) {
        code = error_set(error, ERROR_IO, "cannot move the run %s to the trash: %s", name, strerror(errno));
        rmdir(folder);
    }
    free(from);
    free(to);
    free(folder);
    if (code == 0)
        *ticket = made;
    else
        free(made);
    return code;
}

int models_remove(struct models *models, const char *name, char **ticket, struct error *error)
{
    TRY(models_begin(models, error));
    purge(models);
    int code = remove_run(models, name, ticket, error);
    models_end(models);
    return code;
}

// The only folder in a ticket's folder: the run. NULL: none. Caller frees.
static char *run_in(const char *folder)
{
    DIR *stream = opendir(folder);
    char *name = NULL;
    for (struct dirent *entry; stream && !name && (entry = readdir(stream));)
        if (entry->d_name[0] != '.')
            name = strdup(entry->d_name);
    if (stream)
        closedir(stream);
    return name;
}

int models_restore(struct models *models, const char *ticket, char **run, struct error *error)
{
    char *folder = is_ticket(ticket) ? path_join(models->trash, ticket) : NULL;
    char *name = folder ? run_in(folder) : NULL;
    char *from = name ? path_join(folder, name) : NULL, *to = name ? path_join(models->output, name) : NULL;
    int code = from && to ? 0 : error_set(error, ERROR_MISSING, "nothing in the trash has the ticket %s", ticket);
    pthread_mutex_lock(&models->lock);
    if (code == 0)
        code = folder_make(models->output, error);
    if (code == 0 && access(to, F_OK) == 0)
        code = error_set(error, ERROR_STATE, "there is a run %s already", name);
    if (code == 0 && rename(from, to) != 0)
        code = error_set(error, ERROR_IO, "cannot bring the run %s back: %s", name, strerror(errno));
    if (code == 0)
        rmdir(folder);
    pthread_mutex_unlock(&models->lock);
    free(folder);
    free(from);
    free(to);
    if (code < 0) {
        free(name);
        return code;
    }
    *run = name;
    return 0;
}

// "jarvis" of "2026-11-22-20-35-18-jarvis-900-1600"; "" for other names.
static void id_of_name(const char *name, char id[TEXT_ID_SIZE])
{
    enum { STAMP = sizeof "2026-11-22-20-35-18-" - 1 };
    char safe[TEXT_ID_SIZE];
    size_t size = strlen(name) > STAMP ? strcspn(name + STAMP, "-") : 0;
    id[0] = 0;
    if (size == 0 || size >= TEXT_ID_SIZE)
        return;
    snprintf(id, TEXT_ID_SIZE, "%.*s", (int)size, name + STAMP);
    text_safe_id(id, safe);
    if (strcmp(safe, id) != 0)
        id[0] = 0;
}

json_t *models_trash(struct server *server)
{
    json_t *items = json_array();
    DIR *trash = opendir(server->models->trash);
    for (struct dirent *entry; trash && (entry = readdir(trash));) {
        char *folder = is_ticket(entry->d_name) ? path_join(server->models->trash, entry->d_name) : NULL;
        char *name = folder ? run_in(folder) : NULL;
        struct stat about;
        if (name && stat(folder, &about) == 0) {
            char when[32], id[TEXT_ID_SIZE];
            struct tm utc;
            strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&about.st_mtime, &utc));
            id_of_name(name, id);
            json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s}", "ticket", entry->d_name, "bucket",
                                                   "model", "run", name, "wake_word", id, "deleted_at", when));
        }
        free(name);
        free(folder);
    }
    if (trash)
        closedir(trash);
    return items;
}

int models_open(struct models **models, const char *data_dir, struct error *error)
{
    struct models *made = calloc(1, sizeof *made);
    if (!made)
        return error_memory(error, "the list of models");
    pthread_mutex_init(&made->lock, NULL);
    made->output = path_join(data_dir, "output");
    made->trash = path_join(data_dir, "trash");
    if (!made->output || !made->trash) {
        models_close(made);
        return error_memory(error, "the list of models");
    }
    purge(made);
    *models = made;
    return 0;
}

void models_close(struct models *models)
{
    if (!models)
        return;
    runs_free(models->runs, models->count);
    free(models->output);
    free(models->trash);
    pthread_mutex_destroy(&models->lock);
    free(models);
}
