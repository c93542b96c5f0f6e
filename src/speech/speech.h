// SPDX-License-Identifier: GPL-3.0-or-later
// speech: from text to spoken clips, by a table of engines and a catalogue of voices.
//
// How a clip is spoken: a voice is drawn by its share, then
//   timbre   formants times a factor, uniform in the logarithm: .93 .. 1.08 with espeak-ng, whose variants differ in
//            formants already, .86 .. 1.18 with flite, which has four speakers; the engine table has the others' (by
//            resampling; the pace makes up for it)
//   pitch    uniform over what sounds like a person with this voice, intonation uniform from flat to lively
//   length   duration_median * exp(duration_sigma * normal), reached within 8 % where the engine's pace allows it;
//            without a median the pace, uniform in the logarithm, .6 .. 1.12 of the engine's own
// and the sound is trimmed to what is within 38 dB of its loudest 10 ms, judged, and set to a peak of 20000.
#ifndef WAKESMITH_SPEECH_H
#define WAKESMITH_SPEECH_H

#include "audio/audio.h"
#include "base/base.h"
#include "text/text.h"

// A voice: what one engine can sound like as one speaker. `group` keeps together what must not be split
// between training and validation.
struct voice {
    const char *engine; // a row of the engine table: "espeak-ng", "flite", ...
    const char *name;   // the engine's name of it, e.g. "gmw/en-US+f2" or "slt"
    int group;          // equal for voices that sound alike; >= 0. espeak-ng: equal formants 1-4 and glottal source,
                        // whatever the dialect; flite: the speaker
    double share;       // how often it is drawn, relative; the engine table says how much the engines speak
    bool neural;        // about half a second of computing a clip
    int foreign;        // > 0: says [/IPA/] of any language; the more, the better
};

// One spoken clip. int16 16 kHz, trimmed to speech, peak about 20000.
struct spoken {
    size_t start;  // first sample in the corpus' `samples`
    uint32_t count;
    uint32_t text; // which text
    int32_t group; // voice group, >= 0
    int16_t engine; // row of the engine table
    uint16_t voice; // who spoke: index among the request's voices
};

struct corpus {
    struct mapping file;      // backing of a corpus loaded from disk
    char *path;               // of it
    const int16_t *samples;   // all clips, one after the other
    size_t sample_count;
    const struct spoken *clips;
    const uint64_t *hashes; // of each clip's samples
    size_t clip_count;
    int groups; // 1 + largest group
};

struct speech_request {
    const char *const *texts; // UTF-8; text in espeak-ng phonemes when it begins with "[["; all are said equally often
    size_t text_count;
    const struct language *language;
    size_t clips;             // wanted, after checks (refilled until reached)
    double duration_median;   // seconds of one clip; drawn lognormal like people's durations; 0: engine's own pace
    double duration_sigma;    // of the logarithm; .2 (measured at 250 people a word: .23 to .32)
    double units;             // for audio_judge; 0: do not judge durations (sentences)
    uint64_t seed;
    int threads;              // processes at a time (<= 0: one a processor); the clips are the same for every number
    const struct voice *voices; // who speaks, drawn by `share`; NULL: speech_voices(language)
    size_t voice_count;
    const char *journal, *key; // a file that keeps what is spoken, for the next call, and what names the request there
                               // (64 hexadecimal digits); the caller deletes it. NULL: a call is whole or nothing
};

// Rejections by reason, voices used, clips a second: for the report.
struct speech_report {
    size_t tried, rejected[AUDIO_FAULTS], failed, duplicates;
    size_t voices, groups;
    double seconds;
    char notice[320]; // why neural voices left CUDA for the CPU; "": they did not. `progress` got it, too
};

// Speaks request->clips clips into the corpus file `path` (atomic, with checksum), the same bytes for the same request
// and the same installed engines. Engines that are missing are left out; ERROR_MISSING says what to install when none
// is left for the language; ERROR_STATE when an engine never succeeds, crashes twice, or too few clips are good.
// `progress` has been begun by the caller; may be NULL.
int speech_generate(const struct speech_request *request, const char *path, struct progress *progress,
                    struct speech_report *report, struct error *error);
// Maps the file and checks every byte of it; ERROR_FORMAT for a damaged one.
int corpus_open(struct corpus *corpus, const char *path, struct error *error);
// The same in two steps: the samples, which are nearly all of it, are read and checked by corpus_check only.
int corpus_map(struct corpus *corpus, const char *path, struct error *error);
int corpus_check(const struct corpus *corpus, struct error *error);
void corpus_close(struct corpus *corpus);

// Voices that would be used for `language`, for `wakesmith voices` and the report: *count of them, sorted by engine
// and name. The caller frees *voices; the names lie in the same memory.
int speech_voices(const struct language *language, struct voice **voices, size_t *count, struct error *error);

// A hash of what decides, besides the request, how clips by these voices sound: recipe, their engines' versions, names
// and shares. For the signatures of stages: other engines give other clips.
int speech_signature(const struct voice *voices, size_t count, char hex[65], struct error *error);

// Median seconds that people take for `phrase` alone: .67 s for 2-4 syllables, less for one, more for further
// syllables and words.
double speech_expected_seconds(const char *phrase, const struct language *language);

// What a phrase is like to say.
struct speech_facts {
    char *ipa, *mnemonics; // how it is read; mnemonics are espeak-ng's own letters. Owned
    size_t words, syllables, phonemes, distinct; // distinct: different phonemes
    double seconds; // as speech_expected_seconds
};
// ERROR_USAGE for letters that no voice of the language reads, ERROR_MISSING without any voice.
int speech_describe(const char *text, const struct language *language, struct speech_facts *facts,
                    struct error *error);
void speech_facts_close(struct speech_facts *facts);

// Phonemes of `text` in espeak-ng's own letters, separated by '_', words by a space ("h_'eI dZ_'A@_v_I_s"). Between
// "[[" and "]]", with '|' for '_', they are a text of their own. Caller frees.
int speech_phonemes(const char *text, const struct language *language, char **phonemes, struct error *error);

// What users write for phonemes: "/IPA/" or "[[espeak-ng's own letters]]".
bool speech_is_phonemes(const char *text);
// Such a text as [[phonemes]] that the language's voice of espeak-ng knows, and how it reads them in IPA. The caller
// frees both. ERROR_USAGE says which sound it does not know: espeak-ng would leave out the rest of the word.
int speech_read_phonemes(const char *given, const struct language *language, char **mnemonics, char **ipa,
                         struct error *error);
// The texts as people read them: [[phonemes]] as "/IPA/", all else as it is. The caller frees the list.
int speech_written(const struct text_list *texts, const struct language *language, struct text_list *written,
                   struct error *error);
// Engines that have voices of the language and cannot say `text`, as "flite, kokoro"; "" when all can.
int speech_mute_engines(const char *text, const struct language *language, char names[64], struct error *error);

// Near misses, shuffled: real words that sound like `phrase` or begin or end like it, its words alone, exchanged and
// with others, and [[phonemes]]: parts of it, splices with other words, two phonemes changed, its rhythm in other
// sounds. None contains the phrase or what sounds the same. Up to `wanted`; reproducible from `seed`. The caller
// frees the list.
int speech_near_misses(const char *phrase, const struct language *language, size_t wanted, uint64_t seed,
                       struct text_list *texts, struct error *error);
// Sentences and rows of words of the language, for the negatives of any wake word. Exactly `wanted`; reproducible from
// `seed`. The caller frees the list.
int speech_sentences(const struct language *language, size_t wanted, uint64_t seed, struct text_list *texts,
                     struct error *error);

// How speakers of other dialects and languages say each of `texts`: as "[/IPA/]", what neural voices can be told to say.
// At most `each` of a text (0: all that were found; the language's own dialects stand there twice), none that sounds
// like one of `avoid` (may be NULL). The list may be empty; the caller frees it. Reproducible from `seed`.
int speech_accents(const struct text_list *texts, const struct language *language, const struct text_list *avoid,
                   size_t each, uint64_t seed, struct text_list *list, struct error *error);

// Everyday words of the language that sound like `phrase` or have it inside, the closest first, at most `most`. The
// phrase itself and its own words are none. The caller frees the list.
int speech_similar_words(const char *phrase, const struct language *language, size_t most, struct text_list *words,
                         struct error *error);

// Sets found[i] for those of `texts` that contain `phrase` or what sounds the same.
int speech_find(const char *phrase, const struct language *language, const struct text_list *texts, bool *found,
                struct error *error);
// Takes them out: with several spellings of a wake word, a near miss of one may be another.
int speech_leave_out(const char *phrase, const struct language *language, struct text_list *texts,
                     struct error *error);

// Whether files of neural voices are installed, in any language: they may need a library that is not.
bool speech_neural_files(void);

// What keeps the neural voices that are installed from speaking, as one sentence for the user; "" when nothing does, or
// none is installed. The other voices speak without them.
enum { SPEECH_SENTENCE = 512 };
void speech_obstacle(char *sentence, size_t size);

// Where neural voices compute: "auto" (CUDA when ONNX Runtime offers it), "cpu", "cuda". For this process and those
// that it starts. ERROR_USAGE for another name. Whatever fails with CUDA goes on with the CPU; see speech_report.notice.
int speech_choose_device(const char *name, struct error *error);

// ---- the catalogue of voices that can be fetched ----

struct voice_pack {
    const char *id, *engine, *name, *licence; // of the catalogue's memory
    char languages[64];                       // codes, separated by spaces
    int speakers;
    uint64_t bytes;
    bool by_default, installed;
};
struct catalogue;
// What is built in and, when it was fetched before, Piper's own catalogue.
int catalogue_open(struct catalogue **catalogue, struct error *error);
void catalogue_close(struct catalogue *catalogue);
// Until the next fetch, refresh or remove.
const struct voice_pack *catalogue_packs(const struct catalogue *catalogue, size_t *count);
// Fetches what is missing of a pack; `from`: a local folder that has the files, instead of the sources. NULL: sources.
int catalogue_fetch(struct catalogue *catalogue, const char *id, const char *from, struct progress *progress,
                    struct error *error);
int catalogue_refresh(struct catalogue *catalogue, struct progress *progress, struct error *error); // Piper's catalogue
int catalogue_remove(struct catalogue *catalogue, const char *id, struct error *error);
int catalogue_import(struct catalogue *catalogue, const char *path, struct error *error); // a Piper voice's .onnx

#endif
