// SPDX-License-Identifier: GPL-3.0-or-later
// Draws examples. Every draw has a random generator of its own, made of the run's seed, the step and the index.
#include "dataset/dataset_internal.h"

#include <string.h>

// ---- splits ----

enum split split_of(uint64_t seed, int32_t group, double validate_share)
{
    struct rng rng = rng_make(seed_mix(seed, "split"), (uint32_t)group);
    return rng_chance(&rng, validate_share) ? SPLIT_VALIDATE : SPLIT_TRAIN;
}

// ---- sources ----

size_t source_item_count(const struct source *source)
{
    return source->items ? source->item_count : source->set->item_count;
}

uint32_t source_item_index(const struct source *source, size_t i)
{
    return source->items ? source->items[i] : (uint32_t)i;
}

static const struct feature_item *source_item(const struct source *source, size_t i)
{
    return &source->set->items[source_item_index(source, i)];
}

bool source_is_running(const struct source *source)
{
    return !source->truth && !source->truncation && source_item_count(source) && source_item(source, 0)->word_end == 0;
}

static double share_of(const struct source *source)
{
    return source_item_count(source) && source->share > 0 ? (double)source->share : 0;
}

// NULL when there is nothing to draw from.
static const struct source *pick_source(const struct sampler *sampler, struct rng *rng)
{
    double total = 0;
    for (size_t i = 0; i < sampler->source_count; i++)
        total += share_of(&sampler->sources[i]);
    double left = total * rng_unit(rng);
    const struct source *picked = NULL;
    for (size_t i = 0; i < sampler->source_count; i++) {
        double share = share_of(&sampler->sources[i]);
        if (share <= 0)
            continue;
        picked = &sampler->sources[i]; // the last one stands when rounding leaves a rest
        if (left < share)
            break;
        left -= share;
    }
    return picked;
}

// The last item of the set that starts at or before `row`.
static uint32_t item_at(const struct feature_set *set, uint64_t row)
{
    size_t low = 0, high = set->item_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (set->items[middle].first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static bool has_item(const struct source *source, uint32_t item)
{
    if (!source->items)
        return item < source->set->item_count;
    size_t low = 0, high = source->item_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->items[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < source->item_count && source->items[low] == item;
}

static uint32_t pick_item(const struct source *source, struct rng *rng)
{
    return source_item_index(source, rng_below(rng, (uint32_t)source_item_count(source)));
}

// A row is drawn from the span of the source's items until it lies in one of them: no table of lengths is needed,
// and with splits of a tenth or more of the rows it takes a few draws. A source that owns next to nothing of its
// span falls back to a uniform item.
static uint32_t pick_item_by_rows(const struct source *source, struct rng *rng)
{
    enum { TRIES = 1000 };
    const struct feature_set *set = source->set;
    const struct feature_item *last = source_item(source, source_item_count(source) - 1);
    uint64_t begin = source_item(source, 0)->first_row, span = last->first_row + last->rows - begin;
    for (int i = 0; i < TRIES; i++) {
        uint64_t row = begin + (uint64_t)(rng_unit(rng) * (double)span);
        uint32_t item = item_at(set, row);
        if (row - set->items[item].first_row < set->items[item].rows && has_item(source, item))
            return item;
    }
    return pick_item(source, rng);
}

// ---- windows ----

static uint32_t truncated_last_row(const struct source *source, const struct feature_item *item, uint32_t window,
                                   struct rng *rng)
{
    uint32_t room = item->rows > window ? item->rows - window : 0, cutoff = 0;
    if (source->truncation == TRUNCATE_RANDOM)
        return room ? window - 1 + rng_below(rng, room) : item->rows - 1;
    if (source->truncation == TRUNCATE_END)
        return item->rows - 1 - room;
    if (source->truncation == TRUNCATE_FIXED && source->cutoff_count)
        cutoff = source->cutoffs[rng_below(rng, (uint32_t)source->cutoff_count)];
    return item->rows - 1 - (cutoff < room ? cutoff : room);
}

// The last row of a window, counted from the item's first one.
static uint32_t pick_last_row(const struct source *source, const struct feature_item *item, uint32_t window,
                              struct rng *rng)
{
    if (source->truncation)
        return truncated_last_row(source, item, window, rng);
    if (item->word_end) {
        uint32_t room = item->rows - item->word_end, slide = source->slide ? source->slide : 1;
        return item->word_end + rng_below(rng, slide < room ? slide : room);
    }
    if (source->truth || item->rows <= window)
        return item->rows - 1;
    return window - 1 + rng_below(rng, item->rows - window + 1);
}

static uint32_t jittered_row(const struct mined *mined, const struct feature_item *item, uint32_t window,
                             uint32_t jitter, struct rng *rng)
{
    int64_t row = (int64_t)mined->end_row + rng_below(rng, 2 * jitter + 1) - jitter, lowest = (int64_t)window - 1;
    if (row < lowest)
        row = lowest;
    return row < item->rows ? (uint32_t)row : item->rows - 1;
}

// The real feature of each uint16 by the device's int8 rule; from 665 on it is the highest.
#define BYTE(v) (((v)*256 + 333) / 666)
#define REAL(v) ((float)((BYTE(v) > 255 ? 255 : BYTE(v)) * (26.0 / 255)))
#define TEN(v)                                                                                                         \
    REAL(v), REAL(v + 1), REAL(v + 2), REAL(v + 3), REAL(v + 4), REAL(v + 5), REAL(v + 6), REAL(v + 7), REAL(v + 8),   \
        REAL(v + 9)
#define FIFTY(v) TEN(v), TEN(v + 10), TEN(v + 20), TEN(v + 30), TEN(v + 40)
static const float real_features[] = {FIFTY(0),   FIFTY(50),  FIFTY(100), FIFTY(150), FIFTY(200),
                                      FIFTY(250), FIFTY(300), FIFTY(350), FIFTY(400), FIFTY(450),
                                      FIFTY(500), FIFTY(550), FIFTY(600), FIFTY(650)};

// x[window][40] from the rows that end at last_row; rows before the item's valid ones are 0.
static void fill(const struct feature_set *set, const struct feature_item *item, uint32_t last_row, uint32_t window,
                 float *x)
{
    int64_t begin = (int64_t)last_row + 1 - window, missing = (int64_t)item->valid_from - begin;
    if (missing < 0)
        missing = 0;
    if (missing > window)
        missing = window;
    size_t zeros = (size_t)missing * FRONTEND_CHANNELS, count = (size_t)window * FRONTEND_CHANNELS;
    memset(x, 0, zeros * sizeof *x);
    uint64_t first = item->first_row + (uint64_t)(begin + missing);
    uint16_t row[FRONTEND_CHANNELS];
    for (size_t i = zeros; i < count; i += FRONTEND_CHANNELS, first++) {
        feature_rows_copy(set, first, 1, row);
        for (size_t c = 0; c < FRONTEND_CHANNELS; c++) {
            size_t v = row[c];
            x[i + c] = real_features[v < COUNT_OF(real_features) ? v : COUNT_OF(real_features) - 1];
        }
    }
}

struct span {
    uint32_t begin, size;
};

static struct span pick_mask(int limit, uint32_t length, struct rng *rng)
{
    uint32_t bound = limit < 0 ? 0 : (uint32_t)limit;
    uint32_t size = rng_below(rng, bound > length + 1 ? length + 1 : bound);
    return (struct span){rng_below(rng, length - size + 1), size};
}

// SpecAugment: rows and channels wiped out.
static void mask(const struct spec_augment *masks, uint32_t window, float *x, struct rng *rng)
{
    for (int i = 0; i < masks->time_masks; i++) {
        struct span rows = pick_mask(masks->time_size, window, rng);
        memset(x + (size_t)rows.begin * FRONTEND_CHANNELS, 0, (size_t)rows.size * FRONTEND_CHANNELS * sizeof *x);
    }
    for (int i = 0; i < masks->channel_masks; i++) {
        struct span channels = pick_mask(masks->channel_size, FRONTEND_CHANNELS, rng);
        for (uint32_t row = 0; row < window; row++)
            memset(x + (size_t)row * FRONTEND_CHANNELS + channels.begin, 0, channels.size * sizeof *x);
    }
}

void sampler_draw(const struct sampler *sampler, uint64_t step, uint32_t index, float *x, float *label, float *weight)
{
    struct rng rng = rng_make(seed_mix(sampler->seed, "batch"), step << 32 | index);
    const struct source *source = pick_source(sampler, &rng);
    if (!source) {
        memset(x, 0, (size_t)sampler->window * FRONTEND_CHANNELS * sizeof *x);
        *label = *weight = 0;
        return;
    }
    const struct feature_item *item;
    uint32_t last_row;
    *label = source->truth;
    if (!source->truth && sampler->mined_count && rng_chance(&rng, sampler->mined_share)) {
        const struct mined *mined = &sampler->mined[rng_below(&rng, (uint32_t)sampler->mined_count)];
        source = &sampler->sources[mined->source];
        item = &source->set->items[mined->item];
        last_row = jittered_row(mined, item, sampler->window, sampler->mined_jitter, &rng);
        *weight = sampler->mined_weight;
    } else {
        uint32_t number = source_is_running(source) ? pick_item_by_rows(source, &rng) : pick_item(source, &rng);
        item = &source->set->items[number];
        last_row = pick_last_row(source, item, sampler->window, &rng);
        *weight = source->weight * item->weight;
    }
    fill(source->set, item, last_row, sampler->window, x);
    mask(&sampler->masks, sampler->window, x, &rng);
}
