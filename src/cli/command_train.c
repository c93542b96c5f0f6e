// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "cli/console.h"
#include "pipeline/pipeline.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

static json_t *level_json(const struct sensitivity *level)
{
    const struct operating_point *point = &level->calibration.point;
    return json_pack("{s:f, s:i, s:i, s:f, s:f, s:b}", "cutoff", level->calibration.cutoff, "cutoff_byte",
                     point->cutoff, "window", point->window, "recall", point->recall, "per_hour", point->per_hour,
                     "target_met", level->calibration.met);
}

static int print_result_json(const struct pipeline_result *result, struct error *error)
{
    json_t *levels = json_object();
    for (size_t i = 0; i < COUNT_OF(result->levels); i++)
        json_object_set_new(levels, result->levels[i].name, level_json(&result->levels[i]));
    return print_json(json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o}", "event", "finished", "title",
                                result->title, "model", json_name(result->model), "manifest",
                                json_name(result->manifest), "report", json_name(result->report), "card",
                                json_name(result->card), "yaml", json_name(result->yaml), "seconds", result->seconds,
                                "held_hours", result->held_hours, "sensitivities", levels),
                      error);
}

static void print_level(const struct sensitivity *level, bool published)
{
    const struct operating_point *point = &level->calibration.point;
    printf("  %-11s cutoff %.3f: hears %.1f %%, wakes by mistake %.2f times an hour (95 %%: %.2f to %.2f)%s\n",
           level->name, level->calibration.cutoff, 100 * point->recall, point->per_hour, point->per_hour_interval.low,
           point->per_hour_interval.high, published ? "  <- in the manifest" : "");
}

void print_quality(const struct pipeline_result *result)
{
    const struct operating_point *point = &result->levels[1].calibration.point;
    printf("\nHow good it is, measured with the published bytes on voices and audio that were not trained on\n");
    printf("(%zu synthetic clips, half of them with people talking in the background; %.2f h without the word, %.2f h "
           "of them recordings):\n",
           point->clips, point->hours, result->real_hours);
    for (size_t i = 0; i < COUNT_OF(result->levels); i++)
        print_level(&result->levels[i], i == 1);
    if (!result->levels[1].calibration.met)
        puts("  The wish of so few false wakes could not be met; this is the best trade-off found.");
    if (result->real_hours < 0.01)
        puts("  No recordings were given (--negatives DIR): real speech and music may wake it more often than these "
             "figures say.");
    if (result->people_clips)
        printf("  Your recordings that were kept back, each in several rooms and noises: hears %zu of %zu = %.1f %%\n",
               result->people_heard, result->people_clips,
               100 * (double)result->people_heard / (double)result->people_clips);
    else
        puts("  Real people are not in these figures: wakesmith evaluate MODEL --positives DIR measures them.");
}

void print_paths(const struct pipeline_result *result)
{
    printf("\nName:     %s\nModel:    %s\nMetadata: %s\nReport:   %s\nESPHome:  %s\n", result->title, result->model,
           result->manifest, result->card, result->yaml);
}

static int print_result(const struct pipeline_result *result, struct error *error)
{
    print_quality(result);
    print_paths(result);
    int seconds = (int)result->seconds;
    printf("Trained in %d:%02d min.\n", seconds / 60, seconds % 60);
    return print_done(error);
}

// Who watches: the terminal, the console of the reference's names or `--json` on stderr, and a file of events.
struct watchers {
    const struct pipeline_options *options;
    struct terminal terminal;
    struct console *console; // or NULL
    bool json, begun;
    struct events lines, file;
};

static void tell_begin(const struct watchers *watchers, struct events *events)
{
    const struct pipeline_options *options = watchers->options;
    char id[TEXT_ID_SIZE];
    const struct language *language = NULL;
    struct error ignored;
    text_safe_id(options->id ? options->id : options->phrase, id);
    if (options->lang)
        text_language_named(options->lang, &language, &ignored);
    language = language ? language : text_language_of(options->phrase);
    events_begin(events, "train", json_pack("{s:s, s:o, s:s, s:s}", "id", id, "phrase", json_name(options->phrase),
                                            "language", language->code, "preset", options->preset));
}

// Without --events they lie where a page that is open looks for them. The first comes when the data directory is this
// run's own, and so is the file.
static void begin_usual_file(struct watchers *watchers)
{
    struct error ignored; // who trains in a terminal needs no page
    if (watchers->begun)
        return;
    watchers->begun = true;
    char *path = pipeline_events_path(watchers->options);
    if (path) {
        remove(path);
        if (watchers->options->extent == PIPELINE_WHOLE) // the page shows trainings
            events_open(&watchers->file, path, &ignored);
    }
    free(path);
    tell_begin(watchers, &watchers->file);
}

static void watch_progress(void *context, const struct progress_event *event)
{
    struct watchers *watchers = context;
    begin_usual_file(watchers);
    if (watchers->json)
        events_progress(&watchers->lines, event);
    else if (watchers->console)
        console_progress(watchers->console, event);
    else
        terminal_progress(&watchers->terminal, event);
    events_progress(&watchers->file, event);
}

static void watch_metric(void *context, const struct progress_metric *metric)
{
    struct watchers *watchers = context;
    events_metric(&watchers->lines, metric);
    events_metric(&watchers->file, metric);
}

static void watch_notice(void *context, const char *sentence)
{
    struct watchers *watchers = context;
    begin_usual_file(watchers);
    if (watchers->json)
        events_text(&watchers->lines, "notice", sentence);
    else if (watchers->console)
        console_notice(watchers->console, sentence);
    else
        terminal_notice(&watchers->terminal, sentence);
    events_text(&watchers->file, "notice", sentence);
}

static void watch_debug(void *context, const char *sentence)
{
    struct watchers *watchers = context;
    if (watchers->json)
        events_text(&watchers->lines, "debug", sentence);
    else if (!watchers->console)
        terminal_debug(&watchers->terminal, sentence);
    else if (!watchers->console->quiet)
        terminal_debug(&watchers->console->terminal, sentence);
    events_text(&watchers->file, "debug", sentence);
}

static void tell_end(struct watchers *watchers, int code, const struct pipeline_result *result,
                     const struct error *error)
{
    struct events *const both[] = {&watchers->lines, &watchers->file}; // of lines, a failure is told by who runs this
    for (size_t i = 0; i < COUNT_OF(both) && code == 0; i++)
        events_finished(both[i], result->seconds,
                        result->folder ? json_pack("{s:o, s:o}", "run", json_name(path_name(result->folder)), "model",
                                                   json_name(result->model))
                                       : NULL);
    if (code < 0)
        events_ended(&watchers->file, code, error->message);
}

// Seconds that fetching takes, beside those of the training.
static double share_of_fetching(const struct pipeline_options *options)
{
    enum { FETCHING = 180 };
    for (size_t i = 0; i < pipeline_preset_count; i++)
        if (strcmp(pipeline_presets[i].name, options->preset) == 0)
            return FETCHING / (FETCHING + pipeline_expected_seconds(&pipeline_presets[i], cpu_count()));
    return .2;
}

static int bring_sets(struct watchers *watchers, struct progress *progress, struct error *error)
{
    const struct pipeline_options *options = watchers->options;
    bool begun = watchers->begun;
    watchers->begun = true; // the usual file may be that of another run until the walk has begun
    int code = datasets_bring(options->data_dir, (int)options->threads, share_of_fetching(options), progress, error);
    watchers->begun = begun;
    return code;
}

int train_watched(const struct pipeline_options *options, const struct train_watch *how, struct error *error)
{
    struct watchers watchers = {.options = options, .json = how->json, .console = how->console};
    struct pipeline_result result = {0};
    terminal_open(&watchers.terminal);
    if (how->events) {
        TRY(events_open(&watchers.file, how->events, error));
        tell_begin(&watchers, &watchers.file);
        watchers.begun = true;
    }
    if (how->json) {
        watchers.lines.stream = stderr;
        tell_begin(&watchers, &watchers.lines);
    }
    cli_catch_signals();
    struct progress progress = {.sink = watch_progress,
                                .metric = watch_metric,
                                .notice = watch_notice,
                                .debug = watch_debug,
                                .context = &watchers,
                                .stop = &cli_stop};
    int code = how->fetch ? bring_sets(&watchers, &progress, error) : 0;
    if (code == 0)
        code = pipeline_train(options, &progress, &result, error);
    if (code < 0 && watchers.terminal.live && !how->json)
        fputc('\n', stderr);
    tell_end(&watchers, code, &result, error);
    if (how->console)
        code = console_end(how->console, code, &result, error);
    else if (code == 0 && options->extent == PIPELINE_WHOLE)
        code = (how->json ? print_result_json : print_result)(&result, error);
    pipeline_result_close(&result);
    events_close(&watchers.file);
    return code;
}

int command_train(int argc, char **argv, struct error *error)
{
    struct pipeline_options options;
    pipeline_options_default(&options);
    bool json = false, fetch = false, offline = false, done;
    const char *phrase = NULL, *events = NULL;
    const struct option_row rows[] = {
        {"phrase", 0, OPTION_TEXT, &phrase, 0, 0, "TEXT", "the wake word, instead of the argument"},
        {"phonemes", 0, OPTION_TEXT, &options.phonemes, 0, 0, "TEXT",
         "how the phrase is said, /IPA/ or [[espeak-ng's]]: wakesmith check shows how it is read"},
        {"also", 0, OPTION_LIST, &options.also, 0, 0, "TEXT",
         "another spelling of the same word, or its phonemes; repeatable"},
        {"preset", 0, OPTION_TEXT, &options.preset, 0, 0, "NAME", "draft (about a minute), standard (default) or thorough"},
        {"data-dir", 0, OPTION_TEXT, &options.data_dir, 0, 0, "DIR",
         "where work and output go (default: $DATA_DIR, /data or your home)"},
        {"lang", 0, OPTION_TEXT, &options.lang, 0, 0, "LANG", "language of the phrase (auto: by its script)"},
        {"id", 0, OPTION_TEXT, &options.id, 0, 0, "ID", "name of the files (default: from the phrase)"},
        {"title", 0, OPTION_TEXT, &options.title, 0, 0, "TEXT",
         "name that Home Assistant shows (default: from the phrase)"},
        {"positives-real", 0, OPTION_TEXT, &options.positives_real, 0, 0, "DIR",
         "recordings of people saying the phrase, one a file; a folder in it is one speaker's"},
        {"negatives", 0, OPTION_LIST, &options.negatives, 0, 0, "DIR",
         "audio without the phrase: speech, music, noise; repeatable"},
        {"no-datasets", 0, OPTION_FLAG, &options.no_datasets, 0, 0, NULL,
         "leave out the data sets of the data directory (wakesmith datasets)"},
        {"fetch", 0, OPTION_FLAG, &fetch, 0, 0, NULL,
         "bring the data set debian first, if it is not there: real speech, music and sounds (about 1.2 GB)"},
        {"offline", 0, OPTION_FLAG, &offline, 0, 0, NULL, "bring nothing, whatever --fetch says"},
        {"backgrounds", 0, OPTION_LIST, &options.backgrounds, 0, 0, "DIR",
         "audio to put behind the phrase; repeatable"},
        {"rirs", 0, OPTION_LIST, &options.rirs, 0, 0, "DIR", "recorded impulse responses of rooms; repeatable"},
        {"augmentation", 0, OPTION_TEXT, &options.augmentation, 0, 0, "NAME",
         "how words are heard in training: wakesmith (default), reference, or a YAML file (docs/augmentation.md)"},
        {"samples", 0, OPTION_INTEGER, &options.samples, 50, 200000, "N",
         "spoken clips of the phrase (default: the preset's)"},
        {"training-steps", 0, OPTION_INTEGER, &options.training_steps, 1, 1000000, "N",
         "steps of 128 examples (default: the preset's)"},
        {"seeds", 0, OPTION_INTEGER, &options.seeds, 1, 16, "N",
         "networks trained side by side; the best is published"},
        {"seed", 0, OPTION_INTEGER, &options.seed, 0, 1e15, "N", "seed of all draws (1): same seed, same bytes"},
        {"threads", 0, OPTION_INTEGER, &options.threads, 1, 256, "N", "threads (default: all processors)"},
        {"device", 0, OPTION_TEXT, &options.device, 0, 0, "NAME",
         "where neural voices compute: auto (default: CUDA when ONNX Runtime offers it), cpu, cuda"},
        {"model", 0, OPTION_TEXT, &options.model, 0, 0, "NAME",
         "network: official (stride 3, default), seed (stride 2), alexa"},
        {"filters", 0, OPTION_TEXT, &options.filters, 0, 0, "LIST", "pointwise filters, e.g. 64,64,64,64"},
        {"kernels", 0, OPTION_TEXT, &options.kernels, 0, 0, "LIST",
         "kernels of the blocks, e.g. [5],[7,11],[9,15],[23]"},
        {"stride", 0, OPTION_INTEGER, &options.stride, 1, 10, "N",
         "rows of 10 ms per inference (default: the network's)"},
        {"first-conv-filters", 0, OPTION_INTEGER, &options.first_filters, 1, 512, "N",
         "filters of the first convolution (default: the network's)"},
        {"first-conv-kernel-size", 0, OPTION_INTEGER, &options.first_kernel, 1, 64, "N",
         "rows of the first convolution (default: the network's)"},
        {"clip-duration-ms", 0, OPTION_INTEGER, &options.clip_ms, 30, 5000, "N",
         "how much the last layer sees (official and seed: 1500)"},
        {"neural", 0, OPTION_INTEGER, &options.neural, 0, 100000, "N",
         "clips by neural voices, where there are any (default: the preset's)"},
        {"accents", 0, OPTION_INTEGER, &options.accents, 0, 100000, "N",
         "clips with the accents of other languages, by neural voices (default: the preset's)"},
        {"near-neural", 0, OPTION_INTEGER, &options.near_neural, 0, 100000, "N",
         "near misses by neural voices (default: the preset's)"},
        {"near-weight", 0, OPTION_REAL, &options.near_weight, 0, 1, "X",
         "how much near misses count: more wakes less by similar words, and hears less (the"
         " better of 0.1 and 0.3 for the word, with hours of real speech of 0.3 and 0.6)"},
        {"false-accepts", 0, OPTION_REAL, &options.target_per_hour, 0.01, 100, "X",
         "false wakes per hour that the cutoff may allow (0.5)"},
        {"author", 0, OPTION_TEXT, &options.author, 0, 0, "TEXT", "author in the manifest (Wakesmith)"},
        {"website", 0, OPTION_TEXT, &options.website, 0, 0, "URL", "website in the manifest (none)"},
        {"restart", 0, OPTION_FLAG, &options.restart, 0, 0, NULL,
         "from the beginning: clips, features and checkpoints of this wake word are made again"},
        {"debug", 0, OPTION_FLAG, &options.debug, 0, 0, NULL,
         "say what is decided and why, here and in the log: voices, what is kept and what is made again, the cutoff"},
        {"events", 0, OPTION_TEXT, &events, 0, 0, "FILE", "append progress, curves and the end to FILE as JSON lines"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals words;
    int code = command_parse("train", rows, COUNT_OF(rows), argc, argv, 0, 1, &words, &done, error);
    if (code == 0 && !done) {
        if (phrase && words.count)
            code =
                error_set(error, ERROR_USAGE, "the phrase is given twice, as \"%s\" and with --phrase", words.items[0]);
        options.phrase = phrase ? phrase : words.count ? words.items[0] : NULL;
        if (code == 0 && !options.phrase)
            code = error_set(error, ERROR_USAGE, "which wake word? for example: wakesmith train \"hey jarvis\"");
    }
    if (code == 0 && !done && options.device)
        code = speech_choose_device(options.device, error);
    struct train_watch how = {.json = json, .events = events, .fetch = fetch && !offline && !options.no_datasets};
    if (code == 0 && !done)
        code = train_watched(&options, &how, error);
    text_list_free(&options.also);
    text_list_free(&options.negatives);
    text_list_free(&options.backgrounds);
    text_list_free(&options.rirs);
    return code;
}
