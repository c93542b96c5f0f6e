// SPDX-License-Identifier: GPL-3.0-or-later
// The two ways in which feature sets are made: words in scenes, and running audio.
#ifndef WAKESMITH_PIPELINE_FEATURES_H
#define WAKESMITH_PIPELINE_FEATURES_H

#include "frontend/frontend.h"
#include "pipeline/pipeline_internal.h"

#include <math.h>

// Shares of the conditions that training words are heard in, and drawn by.
extern const double train_shares[CONDITION_COUNT];

enum {
    LEAD = 14400,    // samples of lead-in: .9 s warm the front end
    SLIDE = 30,      // a training window ends 0 .. 29 rows after the word
    MAX_ROWS = 700,  // of a scene
    TRACK_BATCH = 4, // tracks in memory at a time
    TRACK_SECONDS = 600
};

struct feature_tools {
    struct augment_bank *bank;
    struct augment_scratch **scratches; // one per worker
    int16_t **pcm;                      // one scene per worker
    struct sound *sounds;
};
bool features_have_talkers(const struct walk *walk); // recorded speech that may sound behind words
int feature_tools_open(struct walk *walk, struct feature_tools *tools, struct error *error);
void feature_tools_close(struct walk *walk, struct feature_tools *tools);

struct word_clip {
    const int16_t *samples;
    size_t count;
    int32_t group;
};
struct word_source { // clips in parts, one after the other; a part has its share of the draws
    const struct word_clip *clips;
    struct word_part {
        size_t count;
        double share; // the shares of all parts sum to 1; without shares one part is all
    } parts[3];
    const double *shares; // of the conditions
    bool gentle;
};
int features_words(struct walk *walk, const struct feature_tools *tools, const struct word_source *source,
                   size_t examples, const char *label, struct feature_writer *writer, struct error *error);

enum track_mode { TRACK_RAW, TRACK_LEVELS, TRACK_HEARD };
struct track_piece {
    const int16_t *samples; // NULL: silence
    size_t count, pause;    // pause: zeros after it
};
struct track_plan {
    size_t first_piece, pieces;
    int32_t source, kind;
    double speed;
};
struct track_source {
    struct track_piece *pieces;
    size_t piece_count;
    struct track_plan *tracks;
    size_t track_count;
    enum track_mode mode;
    double speed; // of the tracks that are added: 1.07 is faster and higher; 1: as recorded
};
int features_tracks(struct walk *walk, const struct feature_tools *tools, const struct track_source *source,
                    const char *label, struct feature_writer *writer, struct error *error);

#endif
