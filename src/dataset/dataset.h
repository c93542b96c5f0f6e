// SPDX-License-Identifier: GPL-3.0-or-later
// dataset: feature sets on disk and in memory, drawn into batches. Rows are the device's uint16 features
// (40 per 10 ms); every clip is kept once and slides when it is drawn.
#ifndef WAKESMITH_DATASET_H
#define WAKESMITH_DATASET_H

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

// Items are stored in the order of their rows: first_row ascends and items do not overlap.
struct feature_set {
    struct mapping file;  // backing when loaded; what lies outside it is owned memory
    const uint16_t *rows; // [row_count][40]
    const float *reals;   // of ragged_map: instead of rows, real features (count / 25.6) as they lie on disk
    uint64_t row_count;
    const struct feature_item *items;
    size_t item_count;
    uint64_t checksum; // of feature_set_open: what the file holds; else 0
};

// ---- own store: one file, index and checksum, atomic ----
struct feature_writer;
int feature_writer_open(struct feature_writer **writer, const char *path, struct error *error);
// A set that takes long: `key` (64 hexadecimal digits) names what is written. Aborted, or when its process ends, it
// leaves "<path>.part" and "<path>.items"; the next call with the same key goes on behind those
// items; a process that is killed loses what it wrote in the last 5 s.
int feature_writer_resume(struct feature_writer **writer, const char *path, const char key[65], struct error *error);
size_t feature_writer_items(const struct feature_writer *writer); // how many it has
// Appends item->rows rows. The stored item's first_row is filled in here; items keep the order of the calls.
// ERROR_USAGE for an item that feature_set_open would refuse (no rows, word_end or valid_from outside, bad weight).
int feature_writer_add(struct feature_writer *writer, const uint16_t *rows, const struct feature_item *item,
                       struct error *error);
int feature_writer_close(struct feature_writer *writer, struct error *error); // commits; frees in every case
void feature_writer_abort(struct feature_writer *writer);
// Maps the file, checks its checksum and every item; a damaged or hostile file is ERROR_FORMAT.
int feature_set_open(struct feature_set *set, const char *path, struct error *error);
void feature_set_close(struct feature_set *set);

// ---- other formats ----
// numpy .npy (format 1 to 3), C order, 2-D [rows][40], uint16 little-endian or int8.
int npy_write(const char *path, const void *rows, size_t row_count, bool int8, struct error *error);
struct npy {
    void *data; // uint16 or int8, caller frees
    size_t rows;
    bool int8;
};
int npy_read(const char *path, struct npy *npy, struct error *error);
// RaggedMmap of the Python package mmap_ninja: a folder of raw arrays. Reading takes uint16 or float32 (times
// 25.6, rounded); samples without rows are left out. Items get weight 1, group and tag 0, and are no words.
bool ragged_is(const char *path);
// Atomic; replaces a RaggedMmap that is there, and refuses to replace anything else.
int ragged_write(const char *folder, const struct feature_set *set, struct error *error);
int ragged_read(const char *folder, struct feature_set *set, struct error *error); // feature_set_close frees
// The same without a copy: float32 stays on disk as `reals` and becomes counts where it is read (what is no number: 0).
int ragged_map(const char *folder, struct feature_set *set, struct error *error);
// Rows of a set as counts: out[count][40]. `first` + `count` lie inside the set.
void feature_rows_copy(const struct feature_set *set, uint64_t first, size_t count, uint16_t *out);
// Lets go of the memory behind rows of a mapping that will not be needed soon; they stay readable.
void feature_rows_release(const struct feature_set *set, uint64_t first, size_t count);

// ---- the framework's folders: <folder>/<split>/**/<name>_mmap, each a RaggedMmap ----
// Splits are "training", "validation", "testing", "validation_ambient", "testing_ambient".
struct feature_list {
    struct feature_set *sets; // mapped, in the order of their paths
    size_t count;
};
int feature_folder_map(const char *folder, const char *split, struct feature_list *list, struct error *error);
void feature_list_close(struct feature_list *list);
size_t feature_list_items(const struct feature_list *list);
double feature_list_hours(const struct feature_list *list); // of 10 ms rows
// A cheap identity of all that lies in a folder: of each RaggedMmap its name, dtype, bounds, the size of data.ninja and
// 16 blocks of 64 KiB spread over it (a small one whole). Gigabytes are told apart without being read.
int feature_folder_identity(const char *folder, char hex[65], struct error *error);

// ---- splits ----
// Which split a group belongs to: decided by a hash of (seed, group), so it is stable when groups are added.
enum split { SPLIT_TRAIN, SPLIT_VALIDATE };
enum split split_of(uint64_t seed, int32_t group, double validate_share);

// ---- batches ----
// How a source is drawn: words (items with word_end) and positives uniformly over items, the window's end 0 ..
// slide-1 rows after word_end as far as the item goes (a positive without word_end: at the item's last row);
// running negatives uniformly over rows: an item with chance by its rows, then any window of it.
// The framework's rules, by which a source's items are drawn uniformly instead (kahrendt/microWakeWord, data.py); items
// that are shorter than the window get rows of 0 before them.
enum truncation {
    TRUNCATE_NONE,   // Wakesmith's own way, above
    TRUNCATE_RANDOM, // any window but the last one
    TRUNCATE_START,  // the last rows stay
    TRUNCATE_END,    // the first rows stay
    TRUNCATE_FIXED,  // the last rows but one of `cutoffs`
};
struct source { // one row of the mix
    const struct feature_set *set;
    const uint32_t *items; // those of this split, ascending; NULL: all of the set
    size_t item_count;     // of `items`; not read when items is NULL
    bool truth;
    float share;    // of the draws, relative
    float weight;   // times the item's weight
    uint32_t slide; // words: the window's end is 0 .. slide-1 rows after word_end
    enum truncation truncation;
    const uint32_t *cutoffs; // [cutoff_count], rows; TRUNCATE_FIXED only
    size_t cutoff_count;
};
bool source_is_running(const struct source *source); // negatives that run on: not drawn as words, worth mining
size_t source_item_count(const struct source *source);
uint32_t source_item_index(const struct source *source, size_t i); // into the set's items; i < source_item_count()
struct mined { // a window that the current model finds hard; its last row `end_row` counts from the item's first row
    uint32_t source, item, end_row; // item: index into the set's items
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
    double mined_share;    // of the negative draws
    float mined_weight;    // weight of a mined example
    uint32_t mined_jitter; // +- rows
    uint64_t seed;
};
// Draws example `index` of step `step` (reproducible, independent of threads) into x[window][40], real features
// 0 .. 26 by the device's int8 rule ((q + 128) * 26/255); label 0 or 1 and weight. Rows that are missing are 0.
// Sources without items or share are never drawn; without any other one the example is empty and weighs 0.
void sampler_draw(const struct sampler *sampler, uint64_t step, uint32_t index, float *x, float *label, float *weight);

#endif
