// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

// Formants: the vocal tracts of adults differ by about 15 percent. espeak-ng's variants bring formants of their own, so
// its range is small; the few speakers of flite, mbrola and RHVoice are spread over the people between them. The last
// two are there when the user has installed them.
const struct engine speech_engines[] = {
    {.name = "espeak-ng", .share = .5, .timbre = {.93, 1.08}, .pace = {.3, 2.2}, .first_pace = .7,
     .list = espeak_list, .reads = espeak_reads, .version = espeak_version, .open = espeak_open, .speak = espeak_speak},
#ifdef HAVE_FLITE
    {.name = "flite", .share = .5, .timbre = {.86, 1.18}, .pace = {.38, 1.67}, .first_pace = .87,
     .list = flite_list, .reads = flite_reads, .version = flite_version, .open = flite_open, .speak = flite_speak},
#endif
    {.name = "mbrola", .share = .25, .timbre = {.88, 1.14}, .pace = {.4, 2}, .first_pace = .8,
     .list = mbrola_list, .reads = espeak_reads, .version = espeak_version, .open = espeak_open, .speak = espeak_speak},
    {.name = "rhvoice", .share = .25, .timbre = {.88, 1.14}, .pace = {.4, 2.5}, .first_pace = .9,
     .list = rhvoice_list, .reads = rhvoice_reads, .version = rhvoice_version, .open = rhvoice_open,
     .speak = rhvoice_speak},
    {.name = "kokoro", .share = .6, .timbre = {.93, 1.08}, .pace = {.7, 1.5}, .first_pace = 1, .neural = true, .foreign = 2,
     .list = kokoro_list, .version = kokoro_version, .open = kokoro_open, .speak = kokoro_speak},
    {.name = "piper", .share = .3, .timbre = {.9, 1.12}, .pace = {.5, 2}, .first_pace = 1, .neural = true, .foreign = 1,
     .list = piper_list, .version = piper_version, .open = piper_open, .speak = piper_speak},
};
const size_t speech_engine_count = COUNT_OF(speech_engines);
_Static_assert(COUNT_OF(speech_engines) <= ENGINES_MAXIMUM, "room for a fact about each engine");

int speech_engine_row(const char *name)
{
    for (size_t i = 0; i < speech_engine_count; i++)
        if (strcmp(name, speech_engines[i].name) == 0)
            return (int)i;
    return -1;
}

char *speech_folder(void)
{
    const char *named = getenv("WAKESMITH_VOICES"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (named && *named)
        return strdup(named);
    return xdg && *xdg ? path_join(xdg, "wakesmith/voices")
                       : text_print("%s/.local/share/wakesmith/voices", home && *home ? home : ".");
}

bool is_phonemes(const char *text)
{
    return strncmp(text, "[[", 2) == 0;
}

bool is_ipa(const char *text)
{
    size_t length = strlen(text);
    return length > 4 && strncmp(text, "[/", 2) == 0 && strcmp(text + length - 2, "/]") == 0;
}

bool sound_reserve(struct sound *sound, size_t count)
{
    if (count <= sound->capacity)
        return true;
    size_t capacity = count + count / 2 + 16384;
    float *samples = realloc(sound->samples, capacity * sizeof *samples);
    if (!samples) {
        memory_note_lost(); // or another clip would take this one's place
        return false;
    }
    sound->samples = samples;
    sound->capacity = capacity;
    return true;
}

// ---- the catalogue of voices ----------------------------------------------------------------------------

struct question { // to one engine
    size_t engine;
    const struct language *language;
};

// Answers lines of "engine row <tab> weight <tab> timbre <tab> voice".
static int list_voices(void *context, int output)
{
    const struct question *question = context;
    struct buffer lines;
    buffer_init(&lines, 16 << 20);
    if (speech_engines[question->engine].list(question->language, &lines) != 0 || lines.failed)
        return -1;
    char *rest = lines.data, *line;
    while ((line = strsep(&rest, "\n")))
        if (*line && (dprintf(output, "%zu\t%s\n", question->engine, line) < 0))
            return -1;
    return 0;
}

// Each engine in a process of its own: the libraries of some are the user's, and one that crashes leaves the others.
static int ask_engines(const struct language *language, struct buffer *lines, struct error *error)
{
    buffer_init(lines, 64 << 20);
    for (size_t i = 0; i < speech_engine_count; i++) {
        struct buffer answer = {0};
        struct question question = {i, language};
        if (child_call(list_voices, &question, &answer, speech_engines[i].name, error) == 0)
            buffer_append(lines, answer.data, answer.size);
        buffer_free(&answer);
    }
    return lines->failed ? error_memory(error, "the list of voices") : 0;
}

struct row {
    int engine;
    double weight;
    const char *timbre, *name;
};

static int by_engine_and_name(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->engine != y->engine ? x->engine - y->engine : strcmp(x->name, y->name);
}

static int by_timbre(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    int order = strcmp((*x)->timbre, (*y)->timbre);
    return (*x)->engine != (*y)->engine ? (*x)->engine - (*y)->engine : order ? order : (*x < *y ? -1 : *x > *y);
}

// Cuts the lines into rows; *rows has room for all of them.
static size_t read_rows(char *lines, struct row *rows)
{
    size_t count = 0;
    char *line;
    while ((line = strsep(&lines, "\n"))) {
        const char *engine = strsep(&line, "\t"), *weight = strsep(&line, "\t"), *timbre = strsep(&line, "\t");
        if (line)
            rows[count++] = (struct row){atoi(engine), strtod(weight, NULL), timbre, line};
    }
    return count;
}

// The array and its names are one piece of memory, so that the caller frees both at once.
static int make_voices(const struct row *rows, size_t count, struct voice **voices, struct error *error)
{
    size_t text = 0;
    double weights[COUNT_OF(speech_engines)] = {0};
    for (size_t i = 0; i < count; i++) {
        text += strlen(rows[i].name) + 1;
        weights[rows[i].engine] += rows[i].weight;
    }
    const struct row **sorted = array_alloc(count, sizeof(const struct row *));
    *voices = malloc(count * sizeof **voices + text);
    if (!sorted || !*voices) {
        free(sorted);
        free(*voices);
        *voices = NULL;
        return error_memory(error, "the list of voices");
    }
    char *names = (char *)(*voices + count);
    for (size_t i = 0; i < count; i++) {
        const struct engine *engine = &speech_engines[rows[i].engine];
        (*voices)[i] = (struct voice){engine->name, strcpy(names, rows[i].name), 0,
                                      engine->share * rows[i].weight / weights[rows[i].engine],
                                      engine->neural, engine->foreign};
        names += strlen(names) + 1;
        sorted[i] = &rows[i];
    }
    qsort(sorted, count, sizeof *sorted, by_timbre);
    for (size_t i = 0, group = 0; i < count; i++) {
        if (i && (sorted[i]->engine != sorted[i - 1]->engine || strcmp(sorted[i]->timbre, sorted[i - 1]->timbre) != 0))
            group++;
        (*voices)[sorted[i] - rows].group = (int)group;
    }
    free(sorted);
    return 0;
}

int speech_voices(const struct language *language, struct voice **voices, size_t *count, struct error *error)
{
    struct buffer lines = {0};
    struct row *rows = NULL;
    int code = 0;
    size_t most = 1;
    *voices = NULL;
    *count = 0;
    TRY_GOTO(ask_engines(language, &lines, error), done);
    for (size_t i = 0; i < lines.size; i++)
        most += lines.data[i] == '\n';
    rows = array_alloc(most, sizeof *rows);
    if (!rows) {
        code = error_memory(error, "the list of voices");
        goto done;
    }
    *count = lines.data ? read_rows(lines.data, rows) : 0;
    if (*count == 0) {
        code = error_set(error, ERROR_MISSING,
                         "no voice speaks %s (%s): install espeak-ng-data, or choose another language with --lang",
                         language->name, language->code);
        goto done;
    }
    qsort(rows, *count, sizeof *rows, by_engine_and_name);
    code = make_voices(rows, *count, voices, error);
done:
    buffer_free(&lines);
    free(rows);
    return code;
}

// Answers a line for each engine that speaks: what decides, besides the voices, how it sounds. Another ONNX Runtime
// gives other samples, and so does another device.
static int list_versions(void *context, int output)
{
    const bool *speaks = context;
    for (size_t i = 0; i < speech_engine_count; i++) {
        const char *library = speaks[i] && speech_engines[i].neural ? ort_version() : "";
        if (dprintf(output, "%s %s%s\n", speaks[i] ? speech_engines[i].version() : "", library ? library : "-",
                    library && *library && ort_offers_cuda() ? " CUDA" : "") < 0)
            return -1;
    }
    return 0;
}

int speech_signature(const struct voice *voices, size_t count, char hex[65], struct error *error)
{
    enum { RECIPE = 2 }; // of takes, near misses and sentences: another number when they change
    struct sha256 hash;
    struct buffer line, versions = {0};
    sha256_init(&hash);
    buffer_init(&line, 64 << 20);
    bool speaks[ENGINES_MAXIMUM] = {false};
    for (size_t i = 0; i < count; i++)
        speaks[speech_engine_row(voices[i].engine)] = true;
    int code = child_call(list_versions, speaks, &versions, "the versions of the engines", error);
    const char *of[ENGINES_MAXIMUM] = {NULL};
    char *rest = versions.data;
    for (size_t i = 0; i < speech_engine_count && code == 0; i++)
        of[i] = strsep(&rest, "\n");
    buffer_print(&line, "%d\n", RECIPE);
    for (size_t i = 0; i < count && code == 0; i++)
        buffer_print(&line, "%s %s %s %d %.9g\n", voices[i].engine, of[speech_engine_row(voices[i].engine)],
                     voices[i].name, voices[i].group, voices[i].share);
    if (code == 0 && line.failed)
        code = error_memory(error, "the list of voices");
    if (code == 0) {
        sha256_add(&hash, line.data, line.size);
        sha256_hex(&hash, hex);
    }
    buffer_free(&versions);
    buffer_free(&line);
    return code;
}
