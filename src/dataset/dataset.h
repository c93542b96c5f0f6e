// SPDX-License-Identifier: GPL-3.0-or-later
// dataset: feature sets on disk and in memory, drawn into batches. Rows are the device's uint16 features
// (40 per 10 ms); every clip is kept once and slides when it is drawn.
#ifndef WAKESMITH_DATASET_H
#define WAKESMITH_DATASET_H

#include "audio/audio.h"
#include "base/base.h"
#include "frontend/frontend.h"

struct feature_item {
    uint64_t first_row;
    uint32_t rows;
    uint32_t valid_from; // rows before this one count as silence (a front end that started inside the window)
    uint32_t word_end;   // row at whose end the word ends; 0: not a word, any window may be drawn
    int32_t group;       // voice, speaker or source: a group is in one split only
    float weight;        // per-sample weight
    uint32_t tag;        // free for the pipeline: condition, engine, ...
};

struct feature_set {
    struct mapping file; // backing when loaded
    const uint16_t *rows; // [row_count][40]
    uint64_t row_count;
    const struct feature_item *items;
    size_t item_count;
};

// ---- own store: one file, index and checksum, atomic ----
struct feature_writer;
int feature_writer_open(struct feature_writer **writer, const char *path, struct error *error);
// item->first_row is filled in here; items are stored in the order of the calls.
int feature_writer_add(struct feature_writer *writer, const uint16_t *rows, const struct feature_item *item, struct error *error);
int feature_writer_close(struct feature_writer *writer, struct error *error); // commits; frees in every case
void feature_writer_abort(struct feature_writer *writer);
int feature_set_open(struct feature_set *set, const char *path, struct error *error);
void feature_set_close(struct feature_set *set);

// ---- other formats ----
// numpy .npy, C order, 2-D [rows][40], uint16 or int8.
int npy_write(const char *path, const void *rows, size_t row_count, bool int8, struct error *error);
struct npy {
    void *data; // uint16 or int8, caller frees
    size_t rows;
    bool int8;
};
int npy_read(const char *path, struct npy *npy, struct error *error);
// RaggedMmap of mmap_ninja (spec model-and-training 8): a folder. Reading takes uint16 or float32 (times 25.6, rounded).
bool ragged_is(const char *path);
int ragged_write(const char *folder, const struct feature_set *set, struct error *error);
int ragged_read(const char *folder, struct feature_set *set, struct error *error); // feature_set_close frees

// ---- splits ----
// Which split a group belongs to: decided by a hash of (seed, group), so it is stable when groups are added.
enum split { SPLIT_TRAIN, SPLIT_VALIDATE };
enum split split_of(uint64_t seed, int32_t group, double validate_share);

// ---- batches ----
struct source { // one row of the mix
    const struct feature_set *set;
    const uint32_t *items; // those of this split; NULL: all
    size_t item_count;
    bool truth;
    float share;  // of the draws, relative
    float weight; // times the item's weight
    uint32_t slide; // words: the window's end is 0 .. slide-1 rows after word_end
};
struct mined { // a window that the current model finds hard; `end_row` counts from the item's first row
    uint32_t source, item, end_row;
    float score;
};
struct spec_augment {
    int time_masks, time_size, channel_masks, channel_size; // sizes are exclusive upper bounds
};
struct sampler {
    const struct source *sources;
    size_t source_count;
    uint32_t window; // rows of one example
    struct spec_augment masks;
    const struct mined *mined; // sorted by the miner
    size_t mined_count;
    double mined_share;  // of the negative draws
    uint32_t mined_jitter; // +- rows
    uint64_t seed;
};
// Draws example `index` of step `step` (reproducible, independent of threads) into x[window][40], real features
// 0 .. 26 by the device's int8 rule ((q + 128) * 26/255); label 0 or 1 and weight. Rows that are missing are 0.
void sampler_draw(const struct sampler *sampler, uint64_t step, uint32_t index, float *x, float *label, float *weight);

#endif
