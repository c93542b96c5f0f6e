// SPDX-License-Identifier: GPL-3.0-or-later
// work/<id>/training.log: one log a run, and a run is everything from its begin to a finished model, however often it
// was stopped or failed on the way. The next run begins a new one; older logs are training.log.1 (the newest) and so
// on. With --debug it says what was decided, and why.
#include "pipeline/pipeline_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char finished[] = "finished: ";
enum { LOG_MOST = 1 << 20, LOGS_KEPT = 4 };

void walk_log(struct walk *walk, const char *format, ...)
{
    if (!walk->log)
        return;
    va_list args;
    va_start(args, format);
    fprintf(walk->log, "%8.1f s  ", time_now() - walk->started);
    vfprintf(walk->log, format, args);
    fputc('\n', walk->log);
    va_end(args);
}

void walk_debug(struct walk *walk, const char *format, ...)
{
    char sentence[2048];
    va_list args;
    if (!walk->options->debug)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    walk_log(walk, "debug: %s", sentence);
    progress_debug(walk->progress, sentence);
}

// ---- the file ----

// The last line says that a run is over.
static bool is_over(const char *text, size_t size)
{
    while (size && text[size - 1] == '\n')
        size--;
    const char *line = memrchr(text, '\n', size);
    line = line ? line + 1 : text;
    const char *mark = memmem(line, (size_t)(text + size - line), " s  ", 4);
    return mark && strncmp(mark + 4, finished, strlen(finished)) == 0;
}

static bool is_full(const char *path)
{
    struct mapping file;
    struct error ignored;
    if (!file_exists(path) || mapping_open(&file, path, &ignored) < 0)
        return false;
    bool full = file.size > LOG_MOST || (file.size && is_over(file.data, file.size));
    mapping_close(&file);
    return full;
}

// What cannot be renamed is overwritten, or goes on: logs stop no training.
static void rotate(const char *path)
{
    for (int i = LOGS_KEPT; i > 0; i--) {
        char *older = text_print("%s.%d", path, i), *newer = i > 1 ? text_print("%s.%d", path, i - 1) : strdup(path);
        if (older && newer && file_exists(newer) && rename(newer, older) != 0)
            errno = 0;
        free(older);
        free(newer);
    }
}

int run_log_open(struct walk *walk, struct error *error)
{
    walk->log_path = path_join(walk->work, "training.log");
    if (!walk->log_path)
        return error_memory(error, "a path");
    if (is_full(walk->log_path))
        rotate(walk->log_path);
    walk->log = fopen(walk->log_path, "ae");
    if (!walk->log)
        return error_set(error, ERROR_IO, "cannot write the log in %s: %s", walk->work, strerror(errno));
    setvbuf(walk->log, NULL, _IOLBF, 0);
    return 0;
}

void run_log_begin(struct walk *walk)
{
    time_t now = time(NULL);
    char stamp[64];
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    walk_log(walk,
             "===== %s wakesmith %s: \"%s\" (%s, id %s), preset %s, %zu samples, %llu steps, %d seeds, seed %lld, %d "
             "threads, %s",
             stamp, WAKESMITH_VERSION, walk->options->phrase, walk->language->code, walk->id, walk->preset.name,
             walk->preset.clips, (unsigned long long)walk->preset.steps, walk->preset.seeds,
             (long long)walk->options->seed, pool_threads(walk->pool), cpu_level_name(cpu_level()));
}

int run_log_publish(struct walk *walk, const char *folder, const char *path, struct error *error)
{
    void *log = NULL;
    size_t size = 0;
    walk_log(walk, "%s%s", finished, folder);
    fflush(walk->log);
    TRY(file_read(walk->log_path, (size_t)64 << 20, &log, &size, error));
    int code = file_write(path, log, size, error);
    free(log);
    return code;
}

// ---- decisions ----

static const char *or_none(const char *text)
{
    return text ? text : "";
}

static void tell_data_dir(struct walk *walk)
{
    const char *from = walk->options->data_dir                               ? "--data-dir"
                       : getenv("DATA_DIR") && *getenv("DATA_DIR")           ? "$DATA_DIR"
                       : strcmp(walk->data, ".") == 0                        ? ".mww-data-dir lies in this folder"
                       : strcmp(walk->data, "/data") == 0                    ? "/data can be written"
                       : getenv("XDG_DATA_HOME") && *getenv("XDG_DATA_HOME") ? "$XDG_DATA_HOME"
                                                                             : "nothing names another";
    walk_debug(walk, "data directory %s: %s", walk->data, from);
}

static void tell_language(struct walk *walk)
{
    const struct language *by_script = text_language_of(walk->options->phrase);
    const char *asked = walk->options->lang;
    bool told = asked && strcmp(asked, "auto") != 0;
    walk_debug(walk,
               told ? "language %s: --lang %s (by its letters it would be %s)"
                    : "language %s: by the letters of the phrase",
               walk->language->name, or_none(asked), by_script->name);
}

void run_log_decisions(struct walk *walk)
{
    const struct pipeline_options *options = walk->options;
    const char *kernels = getenv("WAKESMITH_CPU");
    tell_data_dir(walk);
    tell_language(walk);
    walk_debug(walk, "id %s: from %s; title \"%s\": %s", walk->id, options->id ? "--id" : "the phrase", walk->title,
               options->title ? "--title" : "from the phrase");
    for (size_t i = 0; i < walk->spellings.count; i++)
        walk_debug(walk, "spoken as \"%s\"", walk->spellings.items[i]);
    walk_debug(walk, "%d threads: %s", pool_threads(walk->pool),
               options->threads ? "--threads" : "as many as this process may use processors");
    walk_debug(walk, "kernels %s: %s", cpu_level_name(cpu_level()),
               kernels ? "$WAKESMITH_CPU" : "the widest that this processor has");
    walk_debug(walk, "network %s: %d filters first, kernel %d, stride %d, %d blocks, a window of %d rows",
               options->model, walk->config.first_filters, walk->config.first_kernel, walk->config.stride,
               walk->config.blocks, nn_window(&walk->config));
    if (options->restart)
        walk_debug(walk, "nothing of earlier runs is used: --restart");
}

// Who speaks what, as count_voices found it in the corpora.
void run_log_voices(struct walk *walk)
{
    for (int i = 0; i < CORPUS_COUNT; i++) {
        const char *engine;
        json_t *facts;
        if (!walk->voices[i]) {
            walk_debug(walk, "%s: nothing is spoken; no voice is installed that could, or its count is 0",
                       corpus_names[i]);
            continue;
        }
        json_object_foreach(walk->voices[i], engine, facts)
        {
            const json_int_t clips = json_integer_value(json_object_get(facts, "clips"));
            const double share = walk->clip_counts[i] ? (double)clips / (double)walk->clip_counts[i] : 0;
            walk_debug(walk, "%s: %s speaks %lld clips by %lld voices, %.0f %% of the draws of its kind",
                       corpus_names[i], engine, (long long)clips,
                       (long long)json_integer_value(json_object_get(facts, "voices")),
                       100 * share * corpus_share(walk, (enum corpus_name)i));
        }
    }
}
