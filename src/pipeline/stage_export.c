// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "export": the best seed becomes int8 bytes, its cutoff is calibrated on held-out data by the device's
// rule, and the pair is published. Every figure comes from the bytes that ship.
#include "pipeline/pipeline_internal.h"

#include "frontend/frontend.h"
#include "quantize/quantize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Probability that the operating point is moved to, so that bytes on both sides of it differ.
static const double operating_probability = 0.7;

enum { PIECE = 1500 }; // rows

// Pieces of the ready-made sets, spread over their items. What lies as floats on disk is left out.
static size_t ready_made_tracks(const struct walk *walk, struct quantize_track *tracks, size_t limit)
{
    size_t count = 0, each = limit / READY_COUNT;
    for (size_t i = 0; i < READY_COUNT; i++) {
        const struct feature_list *list = &walk->ready[i].training;
        for (size_t s = 0; s < list->count; s++) {
            const struct feature_set *set = &list->sets[s];
            size_t pieces = set->rows ? each / list->count : 0;
            for (size_t k = 0; k < pieces && k < set->item_count; k++) {
                const struct feature_item *item = &set->items[k * set->item_count / pieces % set->item_count];
                tracks[count++] = (struct quantize_track){set->rows + item->first_row * FRONTEND_CHANNELS,
                                                          item->rows < PIECE ? item->rows : PIECE};
            }
        }
    }
    return count;
}

// Words of every kind and pieces of every running set, about half a minute apart.
static size_t calibration_tracks(const struct walk *walk, struct quantize_track *tracks, size_t limit)
{
    enum { WORDS = 400 };
    const struct feature_set *words = &walk->sets[SET_WORDS];
    size_t count = 0;
    for (size_t i = 0; i < WORDS && i < words->item_count && count < limit; i++) {
        const struct feature_item *item = &words->items[i * words->item_count / WORDS % words->item_count];
        tracks[count++] = (struct quantize_track){words->rows + item->first_row * FRONTEND_CHANNELS, item->rows};
    }
    static const enum set_name running[] = {SET_SPEECH, SET_SPEECH_HEARD, SET_SENTENCES,
                                            SET_MUSIC,  SET_NOISE,        SET_HUSH};
    size_t each = (limit - count) / COUNT_OF(running);
    for (size_t s = 0; s < COUNT_OF(running); s++) {
        const struct feature_set *set = &walk->sets[running[s]];
        uint64_t pieces = set->row_count / PIECE;
        for (uint64_t k = 0; k < each && k < pieces; k++)
            tracks[count++] = (struct quantize_track){
                set->rows + k * pieces / (each < pieces ? each : pieces) * PIECE * FRONTEND_CHANNELS, PIECE};
    }
    return count;
}

static double logit_shift(const struct walk *walk)
{
    return walk->scores[walk->best].threshold - log(operating_probability / (1 - operating_probability));
}

static int quantize_best(struct walk *walk, void **data, size_t *size, struct pipeline_result *result,
                         struct error *error)
{
    enum { LIMIT = 1000, READY_LIMIT = 400 };
    struct quantize_track *tracks = array_alloc(LIMIT + READY_LIMIT, sizeof *tracks);
    if (!tracks)
        return error_memory(error, "calibration");
    struct quantize_options options = {.logit_shift = (float)logit_shift(walk),
                                       .logit_scale = 1,
                                       .percentile = .9999,
                                       .description = "Wakesmith " WAKESMITH_VERSION};
    struct quantize_report report;
    size_t count = calibration_tracks(walk, tracks, LIMIT);
    count += ready_made_tracks(walk, tracks + count, READY_LIMIT);
    int code = quantize_model(&walk->weights[walk->best], tracks, count, &options, walk->pool, data, size, &report,
                              error);
    free(tracks);
    TRY(code);
    result->int8_difference = report.float_difference;
    walk_log(walk, "int8: logit shift %.2f, mean |dp| %.4f, largest %.3f over %zu rows", (double)options.logit_shift,
             report.float_difference, report.float_difference_max, report.calibration_rows);
    return 0;
}

// Each level was calibrated by itself; on few clips the more sensitive one can end at the higher cutoff. Then both are
// the published one, which meets the stricter wish as well, or the looser one no worse.
static void keep_order(struct sensitivity levels[3])
{
    const struct calibration *middle = &levels[1].calibration;
    for (int i = 0; i <= 2; i += 2) {
        struct calibration *other = &levels[i].calibration;
        bool wrong = i == 0 ? other->point.cutoff < middle->point.cutoff : other->point.cutoff > middle->point.cutoff;
        double target = other->target_per_hour;
        if (!wrong)
            continue;
        *other = *middle;
        other->target_per_hour = target;
        other->met = middle->point.per_hour <= target;
    }
}

// Output bytes of the model over all that only measures.
static int hear_held(struct walk *walk, const struct tflite_model *model, struct held_tracks *held,
                     struct error *error)
{
    const struct {
        enum set_name set;
        struct track_list *tracks;
    } rows[] = {{SET_HELD_WORDS, &held->words},
                {SET_HELD_FAR, &held->far},
                {SET_HELD_PEOPLE, &held->people},
                {SET_HELD_NEAR, &held->near},
                {SET_HELD_REAL, &held->negatives},
                {SET_HELD_SENTENCES, &held->negatives},
                {SET_HELD_VARIED, &held->varied}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct feature_set *set = &walk->sets[rows[i].set];
        size_t first = rows[i].tracks->count;
        if (set->item_count)
            TRY(evaluate_features(model, set, NULL, set->item_count, walk->pool, rows[i].tracks, error));
        for (size_t k = first; k < rows[i].tracks->count && rows[i].set == SET_HELD_SENTENCES; k++)
            rows[i].tracks->items[k].tag = HELD_SYNTHETIC;
    }
    size_t first = held->negatives.count;
    for (size_t i = 0; i < READY_COUNT; i++)
        for (size_t k = 0; k < walk->ready[i].ambient.count; k++)
            TRY(evaluate_features(model, &walk->ready[i].ambient.sets[k], NULL, 0, walk->pool, &held->negatives, error));
    for (size_t k = first; k < held->negatives.count; k++)
        held->negatives.items[k].tag = HELD_READY_MADE;
    return 0;
}

static void tell_level(struct walk *walk, const struct sensitivity *level, bool any_window)
{
    const struct calibration *chosen = &level->calibration;
    const struct operating_point *point = &chosen->point;
    walk_debug(walk,
               "%s: %s of at most %g false wakes an hour in %.2f h; window %d%s; its cutoff bytes %d to %d hear as much "
               "(%zu of %zu) with as few (%zu): the middle, %d, is cutoff %.3f",
               level->name, chosen->met ? "the wish" : "the best trade-off, for no cutoff meets the wish,",
               chosen->target_per_hour, point->hours, point->window,
               any_window ? ", of 3 to 10 the one with the widest choice of cutoffs" : " as published", chosen->first,
               chosen->last, point->detected, point->clips, point->false_accepts, point->cutoff, chosen->cutoff);
}

// The cutoff is chosen on all, and told as it does on what was recorded (or spoken) so.
static int choose_level(struct walk *walk, const struct cutoff_grid *grid, const struct held_tracks *held, double target,
                        int window, struct sensitivity *level, struct error *error)
{
    struct calibration *chosen = &level->calibration;
    TRY(cutoff_grid_expect(grid, target, evaluate_hours(&held->negatives), window, chosen, error));
    const struct operating_point all = chosen->point;
    evaluate_point(&held->words, &held->negatives, all.cutoff, all.window, &chosen->point);
    tell_level(walk, level, window == 0);
    walk_debug(walk, "%s: with speech at other speeds %zu in %.2f h", level->name, all.false_accepts, all.hours);
    return 0;
}

static int choose_levels(struct walk *walk, const struct held_tracks *held, struct pipeline_result *result,
                         struct error *error)
{
    static const struct {
        const char *name;
        double times; // of the target
    } levels[] = {{"slightly", .5}, {"moderately", 1}, {"very", 3}};
    // The middle one first: it decides the window for all three, since a device sets only the cutoff while it runs.
    static const int order[] = {1, 0, 2};
    struct track_list all = held->negatives; // borrows their bytes
    struct cutoff_grid *grid = NULL;
    all.items = array_alloc(held->negatives.count + held->varied.count + 1, sizeof *all.items);
    if (!all.items)
        return error_memory(error, "a calibration");
    for (size_t i = 0; i < held->negatives.count; i++)
        all.items[i] = held->negatives.items[i];
    for (size_t i = 0; i < held->varied.count; i++)
        all.items[all.count++] = held->varied.items[i];
    int code = cutoff_grid_open(&grid, &held->words, &all, 0, walk->pool, error);
    for (size_t i = 0; i < COUNT_OF(order) && code == 0; i++) {
        struct sensitivity *level = &result->levels[order[i]];
        level->name = levels[order[i]].name;
        code = choose_level(walk, grid, held, walk->options->target_per_hour * levels[order[i]].times,
                            i == 0 ? 0 : result->levels[1].calibration.point.window, level, error);
    }
    cutoff_grid_close(grid);
    free(all.items);
    return code;
}

static int measure(struct walk *walk, const struct tflite_model *model, struct held_tracks *held,
                   struct pipeline_result *result, struct error *error)
{
    TRY(hear_held(walk, model, held, error));
    const struct track_list *positives = &held->words;
    TRY(choose_levels(walk, held, result, error));
    keep_order(result->levels);
    const struct operating_point *published = &result->levels[1].calibration.point;
    struct track_list as_float = {0};
    struct operating_point point;
    int code = parity_tracks(walk, &walk->sets[SET_HELD_WORDS], logit_shift(walk), &as_float, error);
    if (code == 0)
        evaluate_point(&as_float, &(struct track_list){0}, published->cutoff, published->window, &point);
    track_list_free(&as_float);
    TRY(code);
    result->float_recall = point.recall;
    evaluate_point(&held->people, &(struct track_list){0}, published->cutoff, published->window, &point);
    result->people_clips = point.clips;
    result->people_heard = point.detected;
    result->held_clips = positives->count;
    result->held_hours = result->levels[1].calibration.point.hours;
    result->real_hours = (double)walk->sets[SET_HELD_REAL].row_count / 360000 + ready_made_ambient_hours(walk);
    return 0;
}

// Output folder's name: local time, id, samples, steps; another one when two runs end within a second.
static char *run_name(const struct walk *walk, const char *output)
{
    time_t now = time(NULL);
    struct tm local;
    char stamp[32];
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d-%H-%M-%S", &local);
    for (int i = 1; i < 1000; i++) {
        char again[16] = "";
        if (i > 1)
            snprintf(again, sizeof again, "-%d", i);
        char *path = text_print("%s/%s-%s-%zu-%llu%s", output, stamp, walk->id, walk->preset.clips,
                                (unsigned long long)walk->preset.steps, again);
        if (!path || access(path, F_OK) != 0)
            return path;
        free(path);
    }
    return NULL;
}

static int copy_text(char *field, size_t size, const char *text, const char *option, struct error *error)
{
    if (!text)
        return 0;
    TRY(text_check(text, option, error));
    if (!*text || strlen(text) >= size)
        return error_set(error, ERROR_USAGE, "%s must have 1 to %zu bytes, not %zu", option, size - 1, strlen(text));
    memcpy(field, text, strlen(text) + 1);
    return 0;
}

int export_name(const struct walk *walk, struct manifest *manifest, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    manifest_default(manifest);
    const char *title = options->title ? "--title" : "the phrase";
    TRY(copy_text(manifest->wake_word, sizeof manifest->wake_word, walk->title, title, error));
    TRY(copy_text(manifest->author, sizeof manifest->author, options->author, "--author", error));
    TRY(copy_text(manifest->website, sizeof manifest->website, options->website, "--website", error));
    snprintf(manifest->model, sizeof manifest->model, "%s.tflite", walk->id);
    snprintf(manifest->languages[0], sizeof manifest->languages[0], "%s", walk->language->code);
    manifest->language_count = 1;
    return 0;
}

static void export_figures(struct pipeline_result *result)
{
    result->written.cutoff = result->levels[1].calibration.cutoff;
    result->written.window = result->levels[1].calibration.point.window;
    result->written.arena = (long)result->facts.arena_recommended;
}

static int write_text(const char *path, const char *text, struct error *error)
{
    return text ? file_write(path, text, strlen(text), error) : error_memory(error, "the YAML snippet");
}

// The network layer by layer: steps x channels that a training window leaves, and parameters.
static int write_summary(const struct nn_weights *weights, const char *path, struct error *error)
{
    const struct nn_config *config = &weights->config;
    struct buffer text;
    int steps = config->tail;
    for (int i = 0; i < config->blocks; i++)
        steps += nn_block_reach(config, i) - 1;
    buffer_init(&text, 1 << 16);
    buffer_print(&text, "input              %d x %d\n", nn_window(config), FRONTEND_CHANNELS);
    buffer_print(&text, "first convolution  %d x %d, kernel %d, stride %d, %d parameters\n", steps,
                 config->first_filters, config->first_kernel, config->stride,
                 config->first_kernel * FRONTEND_CHANNELS * config->first_filters);
    for (int i = 0; i < config->blocks; i++) {
        int channels = nn_block_channels(config, i);
        steps -= nn_block_reach(config, i) - 1;
        buffer_print(&text, "block %d            %d x %d, kernels", i + 1, steps, config->filters[i]);
        for (int k = 0; k < config->kernel_count[i]; k++)
            buffer_print(&text, " %d", config->kernels[i][k]);
        buffer_print(&text, ", %d pointwise parameters\n", channels * config->filters[i]);
    }
    buffer_print(
        &text,
        "dense              %d to 1\n%zu trainable parameters, %zu moving statistics, %zu multiplications a step\n",
        config->tail * config->filters[config->blocks - 1], weights->trainable, weights->count - weights->trainable,
        nn_macs_per_step(config));
    int code =
        text.failed ? error_memory(error, "the summary of the network") : file_write(path, text.data, text.size, error);
    buffer_free(&text);
    return code;
}

// Everything goes into a folder of the work that moves to the output when it is complete.
static int publish(struct walk *walk, const void *data, size_t size, struct pipeline_result *result,
                   const struct held_tracks *held, struct error *error)
{
    char *output = path_join(walk->data, "output"), *unfinished = walk_path(walk, "publish", "");
    char *folder = output ? run_name(walk, output) : NULL, *logs = unfinished ? path_join(unfinished, "logs") : NULL;
    enum { MODEL, REPORT, CARD, YAML, LOG, SUMMARY, RECORD, MANIFEST, FILES };
    static const char *const forms[FILES] = {[MODEL] = "/%s.tflite",
                                             [REPORT] = "/%s.report.json",
                                             [CARD] = "/%s.report.html",
                                             [YAML] = "/%s.yaml",
                                             [LOG] = "/logs/training.log",
                                             [SUMMARY] = "/logs/model_summary.txt",
                                             [RECORD] = "/logs/run.json",
                                             [MANIFEST] = "/%s.json"};
    char *names[FILES] = {0}, *finals[FILES] = {0};
    int code = output && unfinished && folder && logs ? 0 : error_memory(error, "the output folder");
    if (code == 0)
        code = folder_remove(unfinished, error);
    if (code == 0)
        code = folder_make(logs, error);
    if (code == 0)
        code = folder_make(output, error);
    for (size_t i = 0; i < FILES && code == 0; i++) {
        char name[TEXT_ID_SIZE + 32];
        const char *mark = strstr(forms[i], "%s");
        snprintf(name, sizeof name, "%.*s%s%s", (int)(mark ? mark - forms[i] : (long)strlen(forms[i])), forms[i],
                 mark ? walk->id : "", mark ? mark + 2 : "");
        names[i] = text_print("%s%s", unfinished, name);
        finals[i] = text_print("%s%s", folder, name);
        if (!names[i] || !finals[i])
            code = error_memory(error, "a path");
    }
    char hash[65];
    if (code == 0)
        code = file_write(names[MODEL], data, size, error);
    if (code == 0)
        code = sha256_file(names[MODEL], hash, error);
    result->model = finals[MODEL];
    result->report = finals[REPORT];
    result->card = finals[CARD];
    result->yaml = finals[YAML];
    result->manifest = finals[MANIFEST];
    free(finals[LOG]); // the result names the others
    free(finals[SUMMARY]);
    free(finals[RECORD]);
    if (code == 0)
        code = report_write(walk, result, held, hash, size, names[REPORT], error);
    if (code == 0)
        code = card_write(names[REPORT], names[CARD], error);
    if (code == 0) {
        char *yaml =
            manifest_yaml(&result->written, path_name(finals[MANIFEST]), result->levels, COUNT_OF(result->levels));
        code = write_text(names[YAML], yaml, error);
        free(yaml);
    }
    if (code == 0)
        code = run_log_publish(walk, folder, names[LOG], error);
    if (code == 0)
        code = write_summary(&walk->weights[walk->best], names[SUMMARY], error);
    if (code == 0)
        code = run_record_write(walk, names[RECORD], error);
    if (code == 0)
        code = training_file_publish(walk, unfinished, error);
    if (code == 0) // the manifest last: with it the pair is complete
        code = manifest_write(names[MANIFEST], &result->written, error);
    if (code == 0 && memory_was_lost())
        code = error_memory(error, "the report");
    if (code == 0 && rename(unfinished, folder) != 0)
        code = error_set(error, ERROR_IO, "cannot give the finished folder its name %s", folder);
    result->folder = folder;
    for (size_t i = 0; i < FILES; i++)
        free(names[i]);
    free(output);
    free(unfinished);
    free(logs);
    return code;
}

int stage_export(struct walk *walk, struct pipeline_result *result, struct error *error)
{
    struct tflite_model *model = NULL;
    struct held_tracks held = {0};
    void *data = NULL;
    size_t size = 0;
    int code;
    walk_part(walk, PART_EXPORT);
    progress_begin(walk->progress, "export");
    TRY_GOTO(quantize_best(walk, &data, &size, result, error), end);
    TRY_GOTO(tflite_read(&model, data, size, error), end);
    TRY_GOTO(tflite_describe(model, &result->facts, error), end);
    TRY_GOTO(measure(walk, model, &held, result, error), end);
    const struct operating_point *point = &result->levels[1].calibration.point;
    walk_log(walk,
             "cutoff byte %d, window %d: hears %zu of %zu held-out clips, %zu false accepts in %.2f h; "
             "the float network hears %.1f %%",
             point->cutoff, point->window, point->detected, point->clips, point->false_accepts, point->hours,
             100 * result->float_recall);
    export_figures(result);
    result->best_seed = walk->best;
    result->seeds = walk->preset.seeds;
    result->seconds = time_now() - walk->started;
    snprintf(result->title, sizeof result->title, "%s", walk->title);
    snprintf(result->language, sizeof result->language, "%s", walk->language->code);
    TRY_GOTO(publish(walk, data, size, result, &held, error), end);
    progress_end(walk->progress, "%zu bytes", size);
end:
    track_list_free(&held.words);
    track_list_free(&held.far);
    track_list_free(&held.people);
    track_list_free(&held.near);
    track_list_free(&held.negatives);
    track_list_free(&held.varied);
    tflite_close(model);
    free(data);
    return code;
}
