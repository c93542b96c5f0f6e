// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "cli/cli_internal.h"
#include "dataset/dataset.h"
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

// Rows and items of all inputs, collected in order.
struct collection {
    struct buffer rows, items;
    size_t slide; // views of each recording, one row apart
};

static int add_item(struct collection *all, const uint16_t *rows, size_t count, struct error *error)
{
    struct feature_item item = {
        .first_row = all->rows.size / (FRONTEND_CHANNELS * sizeof *rows), .rows = (uint32_t)count, .weight = 1};
    buffer_append(&all->rows, rows, count * FRONTEND_CHANNELS * sizeof *rows);
    buffer_append(&all->items, &item, sizeof item);
    return all->rows.failed || all->items.failed ? error_memory(error, "the features") : 0;
}

// `slide` views of a recording: view i begins at row i, and all have as many rows.
static int add_views(struct collection *all, const uint16_t *rows, size_t count, const char *path, struct error *error)
{
    if (count < all->slide)
        return error_set(error, ERROR_USAGE, "%s has %zu rows of features, fewer than --slide %zu", path, count,
                         all->slide);
    for (size_t i = 0; i < all->slide; i++)
        TRY(add_item(all, rows + i * FRONTEND_CHANNELS, count - all->slide + 1, error));
    return 0;
}

static int add_audio(struct collection *all, const char *path, struct error *error)
{
    struct pcm pcm;
    TRY(audio_read(path, 0, 0, &pcm, error));
    struct frontend frontend;
    frontend_reset(&frontend);
    size_t count = frontend_rows(&frontend, pcm.count);
    uint16_t *rows = array_alloc(count + 1, FRONTEND_CHANNELS * sizeof *rows);
    int code = rows ? 0 : error_memory(error, path);
    if (rows) {
        frontend_push(&frontend, pcm.samples, pcm.count, rows);
        code = all->slide > 1 ? add_views(all, rows, count, path, error) : add_item(all, rows, count, error);
    }
    free(rows);
    free(pcm.samples);
    return code;
}

static int add_ragged(struct collection *all, const char *path, struct error *error)
{
    struct feature_set set;
    TRY(ragged_read(path, &set, error));
    int code = 0;
    for (size_t i = 0; i < set.item_count && code == 0; i++)
        code = add_item(all, set.rows + set.items[i].first_row * FRONTEND_CHANNELS, set.items[i].rows, error);
    feature_set_close(&set);
    return code;
}

static int collect(struct collection *all, const struct positionals *files, struct progress *progress,
                   struct error *error)
{
    progress_begin(progress, "features");
    for (int i = 0; i < files->count; i++) {
        const char *path = files->items[i];
        TRY(ragged_is(path) ? add_ragged(all, path, error) : add_audio(all, path, error));
        progress_step(progress, i + 1, files->count, "%s", path_name(path));
        if (progress_stopped(progress))
            return progress_cancelled(error);
    }
    progress_end(progress, "%zu recordings", all->items.size / sizeof(struct feature_item));
    return 0;
}

static int write_npy(const struct collection *all, const char *path, bool int8, struct error *error)
{
    size_t values = all->rows.size / sizeof(uint16_t), rows = values / FRONTEND_CHANNELS;
    const uint16_t *features = (const uint16_t *)(const void *)all->rows.data;
    if (!int8)
        return npy_write(path, features, rows, false, error);
    int8_t *bytes = array_alloc(values + 1, 1);
    if (!bytes)
        return error_memory(error, "the features");
    frontend_quantize(features, values, bytes);
    int code = npy_write(path, bytes, rows, true, error);
    free(bytes);
    return code;
}

int command_features(int argc, char **argv, struct error *error)
{
    const char *out = NULL;
    bool int8 = false, json = false, done;
    int64_t slide = 1;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &out, 0, 0, "OUT", "OUT.npy for one file, else a RaggedMmap folder (also -o OUT)"},
        {"int8", 0, OPTION_FLAG, &int8, 0, 0, NULL, "the model's input bytes instead of uint16 (.npy only)"},
        {"slide", 0, OPTION_INTEGER, &slide, 1, 100, "N",
         "N views of each recording, each a row later than the one before (1; folders only)"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals files;
    TRY(command_parse("features", rows, COUNT_OF(rows), argc, argv, 1, (int)COUNT_OF(files.items), &files, &done,
                      error));
    if (done)
        return 0;
    if (!out)
        return error_set(error, ERROR_USAGE, "--output is missing: say where the features go, for example -o out.npy");
    bool npy = text_ends_with(out, ".npy");
    if (npy && (files.count > 1 || ragged_is(files.items[0])))
        return error_set(error, ERROR_USAGE, "a .npy file holds one recording; name a folder as --output for more");
    if (int8 && !npy)
        return error_set(error, ERROR_USAGE, "--int8 needs an --output that ends in .npy");
    if (slide > 1 && npy)
        return error_set(error, ERROR_USAGE,
                         "--slide makes several sets of features of a recording: name a folder as --output");
    struct collection all = {.slide = (size_t)slide};
    buffer_init(&all.rows, (size_t)16 << 30);
    buffer_init(&all.items, (size_t)1 << 30);
    struct watch watch;
    watch_open(&watch, "features", json);
    if (!json && !watch.terminal.live)
        watch.progress.sink = NULL;
    int code = collect(&all, &files, &watch.progress, error);
    if (code == 0 && npy)
        code = write_npy(&all, out, int8, error);
    else if (code == 0) {
        struct feature_set set = {.rows = (const uint16_t *)(const void *)all.rows.data,
                                  .row_count = all.rows.size / (FRONTEND_CHANNELS * sizeof(uint16_t)),
                                  .items = (const struct feature_item *)(const void *)all.items.data,
                                  .item_count = all.items.size / sizeof(struct feature_item)};
        code = ragged_write(out, &set, error);
    }
    if (code == 0 && json)
        code = print_json(json_pack("{s:o, s:I, s:I}", "output", json_name(out), "items",
                                    (json_int_t)(all.items.size / sizeof(struct feature_item)), "rows",
                                    (json_int_t)(all.rows.size / (FRONTEND_CHANNELS * sizeof(uint16_t)))),
                          error);
    buffer_free(&all.rows);
    buffer_free(&all.items);
    return watch_close(&watch, code);
}
