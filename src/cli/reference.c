// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/reference.h"

#include "audio/audio.h"
#include "cli/cli_internal.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { // which programs have an option
    IN_TRAIN = 1 << TRAIN_WAKE_WORD,
    IN_GENERATE = 1 << SAMPLE_GENERATOR,
    IN_AUGMENT = 1 << SAMPLE_AUGMENTER,
    IN_FIT = 1 << SAMPLE_TRAINER,
    IN_SETUP = 1 << SETUP_DATASETS,
    REMEMBERED = 1 << 8, // the programs after this one are told in work/<id>/wake_word.env
    IN_STAGES = IN_TRAIN | IN_GENERATE | IN_AUGMENT | IN_FIT,
    IN_ALL = IN_STAGES | IN_SETUP
};

#define AT(field) offsetof(struct reference_wish, field)

// `variable`: of the environment, read when nothing else says the value.
static const struct reference_option {
    unsigned programs;
    const char *name;
    char letter;
    enum option_kind kind;
    size_t field;
    double low, high;
    const char *argument, *help, *variable;
} table[] = {
    {IN_TRAIN | IN_GENERATE | REMEMBERED, "samples", 0, OPTION_INTEGER, AT(samples), 1, REFERENCE_SAMPLES, "N",
     "spoken clips of the wake word (default: the preset's 4000); 1: one clip to listen to", "SAMPLES"},
    {IN_AUGMENT | IN_FIT | REMEMBERED, "samples", 0, OPTION_INTEGER, AT(samples), 1, REFERENCE_SAMPLES, "N",
     "accepted: what was generated counts", "SAMPLES"},
    {IN_TRAIN | IN_GENERATE, "batch-size", 0, OPTION_INTEGER, AT(batch_size), 1, 1000000, "N",
     "accepted and told (100): clips are not made in batches", "BATCH_SIZE"},
    {IN_TRAIN | IN_FIT, "training-steps", 0, OPTION_INTEGER, AT(training_steps), 1, REFERENCE_STEPS, "N",
     "steps of 16 examples; 8 are one of ours (default: the preset's 4000 of 128)", "TRAINING_STEPS"},
    {IN_TRAIN | REMEMBERED, "phrase", 0, OPTION_TEXT, AT(phrase), 0, 0, "TEXT", "the wake word as it is spoken", NULL},
    {IN_GENERATE | IN_AUGMENT | IN_FIT | REMEMBERED, "phrase", 0, OPTION_TEXT, AT(phrase), 0, 0, "TEXT",
     "the wake word as it is spoken", "MWW_PHRASE"},
    {IN_TRAIN, "id", 0, OPTION_TEXT, AT(id), 0, 0, "ID", "name of the files (default: from the phrase)", NULL},
    {IN_TRAIN | REMEMBERED, "lang", 0, OPTION_TEXT, AT(lang), 0, 0, "LANG",
     "language of the phrase (auto: by its script)", NULL},
    {IN_GENERATE | IN_AUGMENT | IN_FIT | REMEMBERED, "lang", 0, OPTION_TEXT, AT(lang), 0, 0, "LANG",
     "language of the phrase (auto: by its script)", "MWW_LANG"},
    {IN_ALL, "data-dir", 0, OPTION_TEXT, AT(data_dir), 0, 0, "DIR",
     "where everything lies (default: $DATA_DIR, here if .mww-data-dir is here, /data or your home)", NULL},
    {IN_AUGMENT, "input-dir", 0, OPTION_TEXT, AT(input_dir), 0, 0, "DIR",
     "a folder of recordings instead of the wake word's clips: feature sets for the framework", NULL},
    {IN_AUGMENT, "output-dir", 0, OPTION_TEXT, AT(output_dir), 0, 0, "DIR",
     "with --input-dir: where they go (default: <input-dir>_augmented)", NULL},
    {IN_AUGMENT | IN_FIT | REMEMBERED, "personal-dir", 0, OPTION_TEXT, AT(personal_dir), 0, 0, "DIR",
     "recordings of people saying the phrase (default: personal_samples/<id>)", NULL},
    {IN_AUGMENT, "personal-output-dir", 0, OPTION_TEXT, AT(personal_output_dir), 0, 0, "DIR",
     "with --input-dir: where --personal-dir's go (default: work/personal_augmented_features)", NULL},
    {IN_AUGMENT | IN_FIT | REMEMBERED, "mit-rirs-16k-dir", 0, OPTION_TEXT, AT(rirs), 0, 0, "DIR",
     "impulse responses of rooms (default: training_datasets/mit_rirs_16k)", NULL},
    {IN_AUGMENT | IN_FIT | REMEMBERED, "fma-16k-dir", 0, OPTION_TEXT, AT(music), 0, 0, "DIR",
     "music for the background (default: training_datasets/fma_16k)", NULL},
    {IN_AUGMENT | IN_FIT | REMEMBERED, "audioset-16k-dir", 0, OPTION_TEXT, AT(sounds), 0, 0, "DIR",
     "sounds for the background (default: training_datasets/audioset_16k)", NULL},
    {IN_TRAIN, "cleanup-work-dir", 0, OPTION_FLAG, AT(cleanup_work_dir), 0, 0, NULL,
     "afterwards delete what was made of this wake word in work/, and decoded sounds", "CLEANUP_WORK_DIR"},
    {IN_SETUP, "cleanup-archives", 0, OPTION_FLAG, AT(cleanup_archives), 0, 0, NULL,
     "delete the archives of data sets that are there", "CLEANUP_ARCHIVES"},
    {IN_SETUP, "cleanup-intermediate-files", 0, OPTION_FLAG, AT(cleanup_intermediate_files), 0, 0, NULL,
     "delete what was unpacked of data sets that are converted", "CLEANUP_INTERMEDIATE_FILES"},
    // not of the reference:
    {IN_SETUP, "offline", 0, OPTION_FLAG, AT(offline), 0, 0, NULL, "look only, and bring nothing", NULL},
    {IN_SETUP, "mirror", 0, OPTION_TEXT, AT(mirror), 0, 0, "URL", "bring <URL>/<archive> instead of the known addresses",
     NULL},
    {IN_SETUP, "json", 0, OPTION_FLAG, AT(json), 0, 0, NULL, JSON_HELP, NULL},
    {IN_STAGES | REMEMBERED, "preset", 0, OPTION_TEXT, AT(preset), 0, 0, "NAME",
     "draft, standard (default) or thorough", NULL},
    {IN_STAGES | REMEMBERED, "negatives", 0, OPTION_LIST, AT(negatives), 0, 0, "DIR",
     "audio without the phrase: speech, music, noise; repeatable", NULL},
    {IN_TRAIN | IN_AUGMENT | IN_FIT | REMEMBERED, "augmentation", 0, OPTION_TEXT, AT(augmentation), 0, 0, "NAME",
     "wakesmith (default; reference with --input-dir), reference, or a YAML file", NULL},
    {IN_STAGES | REMEMBERED, "seed", 0, OPTION_INTEGER, AT(seed), 0, 1e15, "N", "seed of all draws (1)", NULL},
    {IN_STAGES, "threads", 0, OPTION_INTEGER, AT(threads), 1, 256, "N", "threads (default: all processors)", NULL},
    {IN_TRAIN, "restart", 0, OPTION_FLAG, AT(restart), 0, 0, NULL, "from the beginning, whatever is there", NULL},
    {IN_STAGES, "debug", 0, OPTION_FLAG, AT(debug), 0, 0, NULL, "say what is decided and why, here and in the log", NULL},
    {IN_STAGES, "json", 0, OPTION_FLAG, AT(json), 0, 0, NULL, JSON_HELP, NULL},
    {IN_ALL, "verbose", 'v', OPTION_FLAG, AT(verbose), 0, 0, NULL, "progress also where there is no terminal", NULL},
    {IN_ALL, "quiet", 'q', OPTION_FLAG, AT(quiet), 0, 0, NULL, "only errors", NULL},
};

static const struct {
    const char *name;
    int most; // positional arguments
} programs[] = {[TRAIN_WAKE_WORD] = {"train_wake_word", 2},
                [SAMPLE_GENERATOR] = {"wake_word_sample_generator", 1},
                [SAMPLE_AUGMENTER] = {"wake_word_sample_augmenter", 1},
                [SAMPLE_TRAINER] = {"wake_word_sample_trainer", 2},
                [SETUP_DATASETS] = {"setup_training_datasets", 0}};

struct rows { // of one program
    struct option_row rows[OPTIONS_MOST];
    const char *variables[OPTIONS_MOST];
    bool remembered[OPTIONS_MOST];
    size_t count;
};

static void find_rows(enum reference_program program, struct reference_wish *wish, struct rows *rows)
{
    rows->count = 0;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const struct reference_option *option = &table[i];
        if (!(option->programs >> program & 1))
            continue;
        rows->variables[rows->count] = option->variable;
        rows->remembered[rows->count] = option->programs & REMEMBERED;
        rows->rows[rows->count++] =
            (struct option_row){option->name, option->letter, option->kind,     (char *)wish + option->field,
                                option->low,  option->high,   option->argument, option->help};
    }
}

// The key of an option in a file of settings: "training-steps" is TRAINING_STEPS.
static void key_of(const char *name, char key[64])
{
    size_t i = 0;
    for (; name[i] && i < 63; i++)
        key[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
    key[i] = 0;
}

// What `settings` say of options that nothing before has said.
static int fill_from(const struct rows *rows, const struct settings *settings, const char *name, bool *given,
                     struct error *error)
{
    for (size_t i = 0; i < rows->count; i++) {
        char key[64];
        bool said = false;
        key_of(rows->rows[i].name, key);
        if (given[i] || strcmp(key, "DATA_DIR") == 0) // that is where the file lies
            continue;
        for (size_t k = 0; k < settings->keys.count; k++) {
            const char *value = settings->values.items[k];
            if (strcmp(settings->keys.items[k], key) != 0 || !*value)
                continue;
            said = true;
            if (option_read(&rows->rows[i], value, error) < 0)
                return error_prefix(error, "%s", name);
        }
        given[i] = said;
    }
    return 0;
}

static int fill_from_environment(const struct rows *rows, bool *given, struct error *error)
{
    for (size_t i = 0; i < rows->count; i++) {
        const char *value = rows->variables[i] ? getenv(rows->variables[i]) : NULL;
        if (given[i] || !value || !*value)
            continue;
        given[i] = true;
        if (option_read(&rows->rows[i], value, error) < 0)
            return error_prefix(error, "the environment variable %s", rows->variables[i]);
    }
    return 0;
}

// ---- positional arguments ----

// train_wake_word: what an argument means depends on what the options have said.
static int name_whole(struct reference_wish *wish, const struct positionals *words, struct error *error)
{
    const char **fields[2] = {NULL, &wish->title};
    if (!wish->phrase)
        fields[0] = &wish->phrase;
    else if (!wish->id)
        fields[0] = &wish->id;
    else
        fields[0] = &wish->title, fields[1] = NULL;
    for (int i = 0; i < words->count; i++) {
        if (!fields[i])
            return error_set(error, ERROR_USAGE, "\"%.60s\" is one argument too many: phrase, id and title are given",
                             words->items[i]);
        *fields[i] = words->items[i];
    }
    if (!wish->phrase)
        return error_set(error, ERROR_USAGE, "which wake word? for example: train_wake_word \"hey jarvis\"");
    text_safe_id(wish->id ? wish->id : wish->phrase, wish->safe_id);
    return 0;
}

// ---- the programs of one stage: an id, which others of the reference hand over as MWW_SAFE_ID ----

// "hey_jarvis" is said as "hey jarvis".
static int phrase_of_id(struct reference_wish *wish, struct error *error)
{
    wish->made_phrase = strdup(wish->id);
    if (!wish->made_phrase)
        return error_memory(error, "the phrase");
    for (char *at = wish->made_phrase; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    wish->phrase = wish->made_phrase;
    return 0;
}

static void forget(const struct rows *rows, const char *name, struct reference_wish *wish, bool given, bool *all)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].name, name) == 0)
            all[i] = given;
    wish->samples = given ? wish->samples : 0;
}

// How many were generated is known better than anybody says.
static int read_word(struct reference_wish *wish, const struct rows *rows, bool *given, struct error *error)
{
    char *path = text_print("%s/work/%s/wake_word.env", wish->data, wish->safe_id);
    int code = path ? settings_read(&wish->word, path, error) : error_memory(error, "a path");
    forget(rows, "samples", wish, false, given);
    if (code == 0)
        code = fill_from(rows, &wish->word, path, given, error);
    forget(rows, "samples", wish, true, given);
    free(path);
    return code;
}

// The augmenter of the reference is told no wake word: it is the one that is there. Caller frees; NULL: none, or more.
static char *only_word(const char *data)
{
    char *work = path_join(data, "work"), *found = NULL;
    DIR *folder = work ? opendir(work) : NULL;
    size_t count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char *path = text_print("%s/%s/wake_word.env", work, entry->d_name);
        if (path && entry->d_name[0] != '.' && file_exists(path) && count++ == 0)
            found = strdup(entry->d_name);
        free(path);
    }
    if (folder)
        closedir(folder);
    free(work);
    if (count == 1)
        return found;
    free(found);
    return NULL;
}

static int name_stage(enum reference_program program, struct reference_wish *wish, const struct positionals *words,
                      const struct rows *rows, bool *given, struct error *error)
{
    const char *safe_id = getenv("MWW_SAFE_ID");
    wish->id = words->count > 0 ? words->items[0] : safe_id && *safe_id ? safe_id : NULL;
    wish->title = words->count > 1 ? words->items[1] : NULL;
    if (!wish->id && !wish->phrase && program == SAMPLE_AUGMENTER)
        wish->id = wish->found_id = only_word(wish->data);
    if (!wish->id && !wish->phrase)
        return error_set(error, ERROR_USAGE, "which wake word? for example: %s hey_jarvis", programs[program].name);
    if (wish->id && text_check_phrase(wish->id, error) < 0)
        return error_prefix(error, "the id");
    text_safe_id(wish->id ? wish->id : wish->phrase, wish->safe_id);
    return program == SAMPLE_GENERATOR ? 0 : read_word(wish, rows, given, error);
}

// ---- all of it ----

static int read_defaults(const struct reference_wish *wish, struct settings *defaults, const struct rows *rows,
                         bool *given, struct error *error)
{
    char *path = path_join(wish->data, ".defaults.env");
    int code = path ? settings_read(defaults, path, error) : error_memory(error, "a path");
    if (code == 0)
        code = fill_from(rows, defaults, path, given, error);
    free(path);
    return code == 0 ? fill_from_environment(rows, given, error) : code;
}

int reference_read(enum reference_program program, int argc, char **argv, struct reference_wish *wish,
                   struct error *error)
{
    struct rows rows;
    struct positionals words;
    *wish = (struct reference_wish){0};
    find_rows(program, wish, &rows);
    TRY(command_parse(programs[program].name, rows.rows, rows.count, argc, argv, 0, programs[program].most, &words,
                      &wish->help, error));
    if (wish->help)
        return 0;
    wish->data = wish->data_dir ? strdup(wish->data_dir) : pipeline_data_dir();
    if (!wish->data)
        return error_memory(error, "the data directory");
    bool of_a_word = program != SETUP_DATASETS && !wish->input_dir;
    if (of_a_word && program != TRAIN_WAKE_WORD) // what is known of the word comes before what holds for all
        TRY(name_stage(program, wish, &words, &rows, words.given, error));
    TRY(read_defaults(wish, &wish->defaults, &rows, words.given, error));
    if (program == TRAIN_WAKE_WORD)
        TRY(name_whole(wish, &words, error));
    return wish->phrase || !of_a_word ? 0 : phrase_of_id(wish, error);
}

void reference_close(struct reference_wish *wish)
{
    text_list_free(&wish->negatives);
    settings_close(&wish->defaults);
    settings_close(&wish->word);
    free(wish->data);
    free(wish->made_phrase);
    free(wish->found_id);
}

static void remember_value(struct buffer *text, const struct option_row *row, const char *key)
{
    const struct text_list *list = row->value;
    if (row->kind == OPTION_INTEGER && *(int64_t *)row->value)
        buffer_print(text, "%s=%lld\n", key, (long long)*(int64_t *)row->value);
    if (row->kind == OPTION_TEXT && *(const char **)row->value)
        settings_print(text, key, *(const char **)row->value);
    for (size_t i = 0; row->kind == OPTION_LIST && i < list->count; i++)
        settings_print(text, key, list->items[i]);
}

int reference_remember(enum reference_program program, struct reference_wish *wish, struct error *error)
{
    struct buffer text;
    struct rows rows;
    char *path = text_print("%s/work/%s/wake_word.env", wish->data, wish->safe_id);
    find_rows(program, wish, &rows);
    buffer_init(&text, 1 << 20);
    buffer_print(&text, "# what the programs after this one are told of the wake word\n");
    for (size_t i = 0; i < rows.count; i++) {
        char key[64];
        key_of(rows.rows[i].name, key);
        if (rows.remembered[i])
            remember_value(&text, &rows.rows[i], key);
    }
    int code = path && !text.failed ? file_write(path, text.data, text.size, error)
                                    : error_memory(error, "what is known of the wake word");
    buffer_free(&text);
    free(path);
    return code;
}

// ---- what it means for the pipeline ----

// What was fetched for the reference is used where it lies.
static int add_folder(const struct reference_wish *wish, const char *given, const char *name, struct text_list *list,
                      struct error *error)
{
    struct text_list files = {0};
    struct error none;
    if (given && !folder_exists(given))
        return error_set(error, ERROR_MISSING, "Directory %s does not exist. Please ensure preprocessing is complete.",
                         given);
    char *usual = text_print("%s/training_datasets/%s", wish->data, name);
    if (!usual)
        return error_memory(error, "a path");
    bool there =
        given || (folder_exists(usual) && folder_list(usual, audio_endings, &files, &none) == 0 && files.count);
    int code = there ? text_list_add(list, given ? given : usual, error) : 0;
    text_list_free(&files);
    free(usual);
    return code;
}

// Clips and features lie where they belong to one wake word; another place is refused, not ignored (--input-dir is
// of the augmenter with folders of its own).
static int check_places(const struct reference_wish *wish, struct error *error)
{
    const struct {
        const char *option, *given;
    } places[] = {{"input-dir", wish->input_dir},
                  {"output-dir", wish->output_dir},
                  {"personal-output-dir", wish->personal_output_dir}};
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (places[i].given)
            return error_set(error, ERROR_USAGE,
                             "--%s: clips and features of this wake word lie in %s/work/%s; name a folder of recordings "
                             "with --input-dir, or leave the option out",
                             places[i].option, wish->data, wish->safe_id);
    return 0;
}

int reference_options(enum reference_program program, const struct reference_wish *wish,
                      struct pipeline_options *options, struct error *error)
{
    enum { PER_STEP = 128 / REFERENCE_BATCH };
    static const enum pipeline_extent extents[] = {[TRAIN_WAKE_WORD] = PIPELINE_WHOLE,
                                                   [SAMPLE_GENERATOR] = PIPELINE_SPEECH,
                                                   [SAMPLE_AUGMENTER] = PIPELINE_FEATURES,
                                                   [SAMPLE_TRAINER] = PIPELINE_WHOLE};
    pipeline_options_default(options);
    TRY(check_places(wish, error));
    options->phrase = wish->phrase;
    options->id = wish->id;
    options->title = wish->title;
    options->lang = wish->lang;
    options->data_dir = wish->data;
    options->preset = wish->preset ? wish->preset : options->preset;
    options->samples = wish->samples;
    options->training_steps = (wish->training_steps + PER_STEP - 1) / PER_STEP;
    options->seed = wish->seed ? wish->seed : options->seed;
    options->threads = wish->threads;
    options->positives_real = wish->personal_dir;
    options->augmentation = wish->augmentation;
    options->restart = wish->restart;
    options->debug = wish->debug;
    options->cleanup = wish->cleanup_work_dir;
    options->extent = extents[program];
    for (size_t i = 0; i < wish->negatives.count; i++)
        TRY(text_list_add(&options->negatives, wish->negatives.items[i], error));
    return reference_sounds(wish, options, error);
}

int reference_sounds(const struct reference_wish *wish, struct pipeline_options *options, struct error *error)
{
    TRY(add_folder(wish, wish->rirs, "mit_rirs_16k", &options->rirs, error));
    TRY(add_folder(wish, wish->music, "fma_16k", &options->backgrounds, error));
    return add_folder(wish, wish->sounds, "audioset_16k", &options->backgrounds, error);
}

void reference_options_close(struct pipeline_options *options)
{
    text_list_free(&options->negatives);
    text_list_free(&options->backgrounds);
    text_list_free(&options->rirs);
}
