// SPDX-License-Identifier: GPL-3.0-or-later
// wakesmith doctor: one line a part of this computer that a training or the page needs, and what to do about it.
#include "cli/cli_internal.h"
#include "collection/collection.h"
#include "pipeline/pipeline.h"
#include "recordings/recordings.h"
#include "server/server.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum health { GOOD, POOR, BAD }; // bad: no training is possible
static const char *const health_names[] = {"ok", "note", "missing"};

struct finding {
    enum health health;
    struct buffer text;
};

static void find_processor(struct finding *finding, const char *data)
{
    const double minutes = pipeline_expected_seconds(&pipeline_presets[1], cpu_count()) / 60;
    (void)data;
    buffer_print(&finding->text, "%d cores, kernels %s", cpu_count(), cpu_level_name(cpu_level()));
    if (cpu_level() == CPU_PLAIN) {
        finding->health = POOR;
        buffer_print(&finding->text, ": slow, because it has no AVX2; --preset draft first");
    } else
        buffer_print(&finding->text, "; a standard training takes about %.0f min on cores like those of our benchmarks",
                     minutes < 1 ? 1 : minutes);
}

static void find_memory(struct finding *finding, const char *data)
{
    const double gb = (double)memory_total() / 1e9;
    (void)data;
    buffer_print(&finding->text, "%.1f GB", gb);
    if (gb < 2) {
        finding->health = POOR;
        buffer_print(&finding->text, ": little; close other programs while it trains");
    }
}

// The deepest folder above `path` that is there.
static char *existing_folder(const char *path)
{
    char *copy = strdup(*path ? path : ".");
    while (copy && !folder_exists(copy)) {
        char *slash = strrchr(copy, '/');
        if (!slash) {
            strcpy(copy, ".");
            break;
        }
        slash[slash == copy] = 0;
    }
    return copy;
}

static void find_data(struct finding *finding, const char *data)
{
    struct error ignored;
    uint64_t room;
    char *folder = existing_folder(data);
    buffer_print(&finding->text, "%s", data);
    if (!folder || access(folder, W_OK) != 0 || folder_room(folder, &room, &ignored) < 0) {
        finding->health = BAD;
        buffer_print(&finding->text, ": cannot be written; name another with --data-dir or DATA_DIR");
    } else {
        double gb = (double)room / 1e9;
        buffer_print(&finding->text, ", %.1f GB free", gb);
        if (gb < 3) {
            finding->health = POOR;
            buffer_print(&finding->text, ": a standard training takes up to 3 GB");
        }
    }
    free(folder);
}

// English voices by engine.
static void find_voices(struct finding *finding, const char *data)
{
    struct voice *voices = NULL;
    struct error error;
    size_t count = 0, same = 0;
    const struct language *english = text_language_of("a");
    (void)data;
    if (speech_voices(english, &voices, &count, &error) < 0 || count == 0) {
        finding->health = BAD;
        buffer_print(&finding->text, "%s", count ? "" : error.message);
    }
    for (size_t i = 0; i < count; i += same) {
        for (same = 1; i + same < count && strcmp(voices[i].engine, voices[i + same].engine) == 0;)
            same++;
        buffer_print(&finding->text, "%s%zu of %s", i ? ", " : "English: ", same, voices[i].engine);
    }
    free(voices);
}

static void find_neural(struct finding *finding, const char *data)
{
    char obstacle[SPEECH_SENTENCE];
    (void)data;
    speech_obstacle(obstacle, sizeof obstacle);
    finding->health = *obstacle || !speech_neural_files() ? POOR : GOOD;
    buffer_print(&finding->text, "%s",
                 *obstacle                 ? obstacle
                 : finding->health == GOOD ? "ready"
                                           : "none installed; models hear people better with them: wakesmith voices "
                                             "fetch --default (190 MB)");
}

static void find_collections(struct finding *finding, const char *data)
{
    struct text_list names = {0};
    struct error reason;
    collection_names(data, &names, &reason);
    for (size_t i = 0; i < names.count; i++) {
        struct collection set;
        const char *between = finding->text.size ? ", " : "";
        if (collection_open(&set, data, names.items[i], &reason) == 0 &&
            collection_verify(&set, false, NULL, &reason) == 0) {
            buffer_print(&finding->text, "%s%s (%.1f h of speech)", between, set.name,
                         collection_hours(&set, COLLECTION_SPEECH, NULL));
        } else {
            buffer_print(&finding->text, "%s%s is not whole: fetch or import it again", between, names.items[i]);
            finding->health = POOR;
        }
        collection_close(&set);
    }
    text_list_free(&names);
}

static void find_sets(struct finding *finding, const char *data)
{
    find_collections(finding, data);
    for (size_t i = 0; pipeline_ready_made[i]; i++) {
        char *path = text_print("%s/" PIPELINE_READY_MADE "/%s", data, pipeline_ready_made[i]);
        if (path && folder_exists(path))
            buffer_print(&finding->text, "%s%s", finding->text.size ? ", " : "", pipeline_ready_made[i]);
        free(path);
    }
    if (finding->text.size == 0) {
        finding->health = POOR;
        buffer_print(&finding->text,
                     "none; without real speech a model wakes by mistake more often: wakesmith datasets fetch debian "
                     "(1.2 GB)");
    }
}

static void find_ffmpeg(struct finding *finding, const char *data)
{
    (void)data;
    finding->health = recordings_has_ffmpeg() ? GOOD : POOR;
    buffer_print(&finding->text, "%s",
                 finding->health == GOOD ? "ready"
                                         : "not installed; recordings as m4a, webm, aac, wma and "
                                           "amr cannot be read: apt-get install ffmpeg");
}

static void find_page(struct finding *finding, const char *data)
{
    (void)data;
    finding->health = server_has_page() ? GOOD : POOR;
    buffer_print(&finding->text, "%s",
                 finding->health == GOOD ? "in the program" : "not in this build; ./run build makes it");
}

static const struct {
    const char *name;
    void (*find)(struct finding *finding, const char *data);
} parts[] = {
    {"processor", find_processor},  {"memory", find_memory},  {"data directory", find_data}, {"voices", find_voices},
    {"neural voices", find_neural}, {"negatives", find_sets}, {"ffmpeg", find_ffmpeg},       {"page", find_page}};

static int examine(const char *data, bool json, struct error *error)
{
    json_t *list = json ? json_array() : NULL;
    const char *worst = NULL;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct finding finding = {.health = GOOD};
        buffer_init(&finding.text, 8192);
        parts[i].find(&finding, data);
        const char *text = finding.text.data ? finding.text.data : "";
        if (json)
            json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "part", parts[i].name, "health",
                                                  health_names[finding.health], "text", json_name(text)));
        else
            printf("%-8s %-15s %s\n", health_names[finding.health], parts[i].name, text);
        worst = finding.health == BAD ? parts[i].name : worst;
        buffer_free(&finding.text);
    }
    int code =
        json ? print_json(json_pack("{s:b, s:o}", "can_train", !worst, "parts", list), error) : print_done(error);
    if (code == 0 && worst)
        code = error_set(error, ERROR_MISSING, "nothing can be trained here yet: see %s above", worst);
    return code;
}

int command_doctor(int argc, char **argv, struct error *error)
{
    const char *data_dir = NULL;
    bool done, json = false;
    const struct option_row rows[] = {
        {"data-dir", 0, OPTION_TEXT, &data_dir, 0, 0, "DIR", "data folder (default: as for train)"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, "one JSON document"},
    };
    struct positionals words;
    TRY(command_parse("doctor", rows, COUNT_OF(rows), argc, argv, 0, 0, &words, &done, error));
    if (done)
        return 0;
    char *data = data_dir ? strdup(data_dir) : pipeline_data_dir();
    int code = data ? examine(data, json, error) : error_memory(error, "the data directory");
    free(data);
    return code;
}
