// SPDX-License-Identifier: GPL-3.0-or-later
// How much a run will write, and whether the disk has it: a full disk is better found before the hours than in them.
// Bytes an item takes were measured; word clips and their features grow with the phrase.
#include "pipeline/pipeline_internal.h"

#include "audio/audio.h"
#include "frontend/frontend.h"


static const double sample_rate_bytes = 2.0 * AUDIO_RATE, row_rate_bytes = 2.0 * FRONTEND_CHANNELS * 100, // a second
    sentence_clip = 100e3, sentence_rows = 30e3, hush_rows = 6e6, exported = 1e6, slack = 10e6;

static const double aside = .5; // seconds that a clip may be longer than its word

static double speech_bytes(const struct walk *walk)
{
    const struct pipeline_preset *preset = &walk->preset;
    size_t words = preset->clips + preset->neural + preset->accents + preset->near + preset->near_neural +
                   preset->held / 3 + preset->held * HELD_NEAR_CLIPS / HELD_NEAR_EACH;
    return (double)words * (walk->word_seconds + aside) * sample_rate_bytes +
           (double)(preset->sentences + preset->held_sentences) * sentence_clip;
}

// Examples have the network's window and room to slide around the word. Recordings are kept as they are and as heard in
// rooms; the held-back ones, like the held-back sentences, at two other speeds.
double space_features(const struct walk *walk)
{
    const double around = 2;
    const struct pipeline_preset *preset = &walk->preset;
    const struct people *people = &walk->people;
    size_t examples = preset->examples + preset->examples / 6 + preset->held +
                      preset->held / HELD_FAR_EACH +
                      preset->held * HELD_NEAR_CLIPS * HELD_NEAR_SCENES / HELD_NEAR_EACH +
                      (people->words.count ? preset->examples / 3 : 0) + HELD_PEOPLE_SCENES * people_held(people) +
                      (people->reviewed.count ? preset->examples / 6 : 0);
    return ((double)examples * (walk->word_seconds + aside + around) + 2.5 * walk->heard_seconds) * row_rate_bytes +
           (double)(preset->sentences + 3 * preset->held_sentences) * sentence_rows + hush_rows;
}

// A checkpoint has weights, two moments of Adam and the best weights; parameters are fewer than multiplications a step.
static double checkpoint_bytes(const struct walk *walk)
{
    enum { COPIES = 4 };
    return walk->preset.seeds * (1e6 + (double)(COPIES * sizeof(float) * nn_macs_per_step(&walk->config)));
}

static double needed_bytes(const struct walk *walk, double decoded_seconds)
{
    double bytes = decoded_seconds * sample_rate_bytes + speech_bytes(walk) + slack;
    if (walk->options->extent != PIPELINE_SPEECH)
        bytes += space_features(walk);
    if (walk->options->extent == PIPELINE_WHOLE)
        bytes += checkpoint_bytes(walk) + exported;
    return bytes;
}

int space_check(struct walk *walk, double decoded_seconds, struct error *error)
{
    uint64_t room;
    TRY(folder_room(walk->work, &room, error));
    double needed = needed_bytes(walk, decoded_seconds) - (double)folder_bytes(walk->work), left = (double)room;
    walk_debug(walk, "disk: about %.0f MB more are needed, %.0f MB are free", needed > 0 ? needed / 1e6 : 0, left / 1e6);
    if (needed <= left)
        return 0;
    return error_set(
        error, ERROR_IO,
        "%s: this training needs about %.0f MB more on its disk, and %.0f MB are free: make room, or choose "
        "another disk with --data-dir",
        walk->data, needed / 1e6, left / 1e6);
}
