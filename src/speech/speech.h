// SPDX-License-Identifier: GPL-3.0-or-later
// speech: from text to spoken clips, by a table of engines and a catalogue of voices.
#ifndef WAKESMITH_SPEECH_H
#define WAKESMITH_SPEECH_H

#include "audio/audio.h"
#include "base/base.h"
#include "text/text.h"

// A voice: what one engine can sound like as one speaker. `group` keeps together what must not be split
// between training and validation.
struct voice {
    const char *engine; // "espeak-ng", "flite"
    const char *name;   // the engine's name of it, e.g. "gmw/en-US+f2" or "slt"
    int group;          // equal for voices that sound alike; >= 0
    double share;       // how often it is drawn, relative
};

// One spoken clip. int16 16 kHz, trimmed to speech, peak about 20000.
struct spoken {
    size_t start;  // first sample in the corpus' `samples`
    uint32_t count;
    uint32_t text; // which text
    int32_t group; // voice group, >= 0
    int32_t engine;// row of the engine table
};

struct corpus {
    struct mapping file;      // backing of a corpus loaded from disk
    const int16_t *samples;   // all clips, one after the other
    size_t sample_count;
    const struct spoken *clips;
    size_t clip_count;
    int groups; // 1 + largest group
};

struct speech_request {
    const char *const *texts; // UTF-8; text in espeak-ng phonemes when it begins with "[["
    size_t text_count;
    const struct language *language;
    size_t clips;             // wanted, after checks (refilled until reached)
    double duration_median;   // seconds of one clip; drawn lognormal like people's durations; 0: engine's own pace
    double duration_sigma;    // of the logarithm; .2
    double units;             // for audio_judge; 0: do not judge durations (sentences)
    uint64_t seed;
    int threads;              // processes at a time (<= 0: one a processor); the clips are the same for every number
    const struct voice *voices; // who speaks, drawn by `share`; NULL: speech_voices(language)
    size_t voice_count;
};

// Rejections by reason, voices used, clips a second: for the report.
struct speech_report {
    size_t tried, rejected[AUDIO_FAULTS], failed, duplicates;
    size_t voices, groups;
    double seconds;
};

// Speaks request->clips clips into the corpus file `path` (atomic, with checksum). Engines that are missing are
// left out; ERROR_MISSING says what to install when none is left for the language.
int speech_generate(const struct speech_request *request, const char *path, struct progress *progress,
                    struct speech_report *report, struct error *error);
int corpus_open(struct corpus *corpus, const char *path, struct error *error);
void corpus_close(struct corpus *corpus);

// Voices that would be used for `language`, for `wakesmith voices` and the report. Array of *count, static or
// cached inside the call; caller frees *voices (not the names in it).
int speech_voices(const struct language *language, struct voice **voices, size_t *count, struct error *error);

// A text that sounds typical for people: median seconds of `phrase` said in isolation (about .67 s for 2-4
// syllables, longer phrases longer).
double speech_expected_seconds(const char *phrase, const struct language *language);

// Phonemes of `text` in espeak-ng's own letters, separated by '_' (as in "dZ_A@_v_I_s"). Caller frees.
int speech_phonemes(const char *text, const struct language *language, char **phonemes, struct error *error);

// Near misses: words and phoneme strings that sound like `phrase` but are not it: partial words, one or two
// phonemes changed, same beginning or end as other words. Reproducible from `seed`.
int speech_near_misses(const char *phrase, const struct language *language, size_t wanted, uint64_t seed, struct text_list *texts,
                       struct error *error);
// Sentences and word lists of the language that do not contain the phrase, for negatives.
int speech_sentences(const char *phrase, const struct language *language, size_t wanted, uint64_t seed, struct text_list *texts,
                     struct error *error);

#endif
