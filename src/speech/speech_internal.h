// SPDX-License-Identifier: GPL-3.0-or-later
// Inside of the room speech: engines, the child processes they run in, takes, the corpus file's bytes.
#ifndef WAKESMITH_SPEECH_INTERNAL_H
#define WAKESMITH_SPEECH_INTERNAL_H

#include "speech/speech.h"

#include <sys/types.h>

// ---- engines --------------------------------------------------------------------------------------------
// Engines are initialised only in child processes: they keep state between calls (the n-th clip of espeak-ng
// depends on those before it), and one that crashes must not take the program along.

struct sound { // what an engine says, in [-1, 1], at its own rate; the memory is used again for the next one
    float *samples;
    size_t count, capacity;
    int rate;
};
// Makes room for `count` samples; false without memory.
bool sound_reserve(struct sound *sound, size_t count);

struct prosody {
    double pace;  // relative to the engine's own: 2 is twice as fast
    double pitch; // -1 (lowest that sounds like a person with this voice) .. 1
    double range; // of intonation, 0 (monotone) .. 1
};

// One row an engine. Adding an engine is adding a row and the file with its functions.
struct engine {
    const char *name;
    double share;               // of all clips, relative to the other engines
    double timbre[2];           // formants are moved by a factor drawn from this range (uniform in the logarithm)
    double pace[2], first_pace; // limits, and the pace to try first when a duration is wanted
    // Appends a line "weight <tab> timbre <tab> voice" for each voice of `language`; equal `timbre` sound alike.
    // No line when there is none. Both return 0 or -1.
    int (*list)(const struct language *language, struct buffer *lines);
    bool (*reads)(const char *text); // whether it can say `text`; NULL: everything, [[phonemes]] too
    const char *(*version)(void);
    int (*open)(void);
    int (*speak)(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                 struct sound *sound);
    int foreign; // > 0: can be told the phonemes of another language; the engines with the highest are
    bool neural; // takes about a second of computing a clip: it is asked once, not until the length fits
};
enum { ENGINES_MAXIMUM = 8 };
extern const struct engine speech_engines[];
extern const size_t speech_engine_count;
int speech_engine_row(const char *name); // -1: unknown

int espeak_list(const struct language *language, struct buffer *lines);
const char *espeak_version(void);
int espeak_open(void);
bool espeak_reads(const char *text);
int espeak_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                 struct sound *sound);
// IPA as the espeak-ng voice `voice` reads `text`, appended to `ipa`; tied: affricates and diphthongs by '^'.
int espeak_ipa(const char *voice, const char *text, struct buffer *ipa);
int espeak_tied_ipa(const char *voice, const char *text, struct buffer *ipa);
// Phonemes of `text` as the voice of `language` reads it, appended to `phonemes`: mnemonics separated by '_', or IPA.
int espeak_phonemes(const char *text, const struct language *language, bool ipa, struct buffer *phonemes);
// espeak-ng's voices that speak by the program mbrola, with recorded speakers; those whose data are installed.
int mbrola_list(const struct language *language, struct buffer *lines);
int rhvoice_list(const struct language *language, struct buffer *lines);
bool rhvoice_reads(const char *text);
const char *rhvoice_version(void);
int rhvoice_open(void);
int rhvoice_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                  struct sound *sound);
int flite_list(const struct language *language, struct buffer *lines);
bool flite_reads(const char *text);
const char *flite_version(void);
int flite_open(void);
int flite_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                struct sound *sound);
int kokoro_list(const struct language *language, struct buffer *lines);
const char *kokoro_version(void);
int kokoro_open(void);
int kokoro_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                 struct sound *sound);
// How Kokoro is told to say espeak-ng's tied IPA, and the ids of that. For tests.
void kokoro_rewrite(const char *ipa, bool american, bool english, struct buffer *out);
size_t kokoro_tokens(const char *phonemes, int64_t *ids, size_t most);
// What the model is given for a text; how many, at most `most`; 0 when it cannot be read. For a referee.
size_t kokoro_ids(const struct language *language, const char *voice, const char *text, int64_t *ids, size_t most);
size_t piper_ids(const struct language *language, const char *voice, const char *text, int64_t *ids, size_t most);

int piper_list(const struct language *language, struct buffer *lines);
const char *piper_version(void);
int piper_open(void);
int piper_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                struct sound *sound);
struct piper_facts {
    char language[16]; // its code
    int speakers;
};
int piper_describe(const char *model, struct piper_facts *facts); // by the .json beside it; -1 when it does not say
// `ipa` in the sounds of `language`, as the espeak-ng voice `reader` reads it, for a voice that knows no others; -1 when
// they cannot be found.
int foreign_ipa(const char *ipa, const char *reader, const struct language *language, struct buffer *out);
// The model with a seed in each of its `*seeded` random nodes. 0, or -1 for what is no ONNX file. The caller frees `out`.
int onnx_seed(const void *model, size_t size, struct buffer *out, size_t *seeded);
// Piper's model with two more inputs, "sid2" and "share": speakers `sid` and `sid2` mixed (onnx_mix.c). -1 when it does
// not take its speaker from a table; onnx_mixes says that without writing. The caller frees `out` in both cases.
int onnx_mix(const void *model, size_t size, struct buffer *out);
bool onnx_mixes(const void *model, size_t size);
// Kokoro's model with its silence cropped before it is rendered. 0, or -1 for another model (onnx_crop.c), which then
// is used as it is. The caller frees `out` in both cases.
int onnx_crop(const void *model, size_t size, struct buffer *out);

// "auto", "cpu" or "cuda": where neural voices compute. In the environment, so that every process of speech and every
// job of the server has it.
#define SPEECH_DEVICE_VARIABLE "WAKESMITH_DEVICE"

// Where neural voices lie: $WAKESMITH_VOICES, else the user's own folder of data. Caller frees; NULL without memory.
char *speech_folder(void);

// Text in espeak-ng's phonemes begins with "[[" and ends with "]]"; in IPA, with "[/" and "/]".
bool is_phonemes(const char *text);
bool is_ipa(const char *text);

// ---- child processes ------------------------------------------------------------------------------------

// Runs in the child; writes its answer to `output` (a pipe) and returns 0, or anything else for failure.
typedef int child_task(void *context, int output);
enum child_state { CHILD_IDLE, CHILD_RUNNING, CHILD_DONE, CHILD_FAILED };
struct child {
    enum child_state state;
    pid_t process;
    int output;     // reading end of the pipe
    double heard;   // time of the last byte
    struct buffer answer;
    const char *reason; // of CHILD_FAILED: "crashed", "hung", ...
};
int child_start(struct child *child, child_task *task, void *context, struct error *error);
// Waits up to `seconds` for something to happen, gathers answers, ends what has been silent for too long.
void children_wait(struct child *const *children, size_t count, double seconds);
void child_stop(struct child *child); // ends it if it runs and frees the answer
// Start, wait and one retry in one call; the caller frees `answer` in any case.
int child_call(child_task *task, void *context, struct buffer *answer, const char *what, struct error *error);
bool child_write(int output, const void *data, size_t size);

// ---- takes ----------------------------------------------------------------------------------------------
// A take is one attempt at a clip. A shard is some takes spoken one after the other by one fresh child: its
// bytes are a function of the request and the shard's number alone.

enum { SHARD_TAKES = 64, SHARD_TAKES_NEURAL = 16, TAKE_FAILED = AUDIO_FAULTS };

struct take { // the child's answer is a row of these, each followed by `count` int16 samples
    uint32_t text, voice;
    uint32_t fault; // enum audio_fault, or TAKE_FAILED: the engine gave nothing. Not AUDIO_GOOD: no samples
    uint32_t count;
};
struct shard {
    const struct speech_request *request;
    const struct voice *voices;
    const int *rows; // of the voices' engines
    size_t voice_count;
    const uint32_t *texts; // which of the request's texts are said
    size_t text_count;
    uint64_t number;
    size_t first, takes;
    const char *no_cuda; // why; NULL: as the user chose
};
enum { NOTICE_MAXIMUM = 320 }; // of ort_notice, which is what follows the takes in an answer
uint32_t shard_text(const struct shard *shard, size_t take); // all are said equally often
child_task speak_shard; // context: struct shard

struct take_plan { // what is drawn for a take before anything is spoken
    uint32_t voice;
    double timbre, seconds; // seconds: that the engine is asked for; 0: its own pace
    struct prosody prosody;
};
struct take_plan take_draw(const struct shard *shard, uint32_t text, struct rng *rng);
struct rng shard_rng(const struct shard *shard); // that all takes of a shard are drawn from, one after the other

// ---- corpus file ----------------------------------------------------------------------------------------

uint64_t clip_hash(const int16_t *samples, size_t count); // never 0

struct corpus_writer {
    struct atomic_file file;
    struct spoken *clips;
    uint64_t *hashes;
    size_t clip_count, capacity, sample_count;
    int groups;
};
int corpus_create(struct corpus_writer *writer, const char *path, size_t clips, struct error *error);
// `hash` is clip_hash of the samples; clip.start is filled in.
int corpus_add(struct corpus_writer *writer, struct spoken clip, const int16_t *samples, uint64_t hash,
               struct error *error);
int corpus_commit(struct corpus_writer *writer, struct error *error);
void corpus_abort(struct corpus_writer *writer);
// Writes the right checksum into a corpus file held in memory: for tests and fuzzing of what lies behind it.
void corpus_seal(void *data, size_t size);

// ---- phonemes -------------------------------------------------------------------------------------------

enum { PHONEMES_MAXIMUM = 250 };

struct phoneme {
    char name[10];  // espeak-ng's mnemonic, without stress
    char stress;    // '\'', ',' or 0
    bool vowel;
    bool starts;    // a word begins here
};
struct phonemes {
    size_t count;
    struct phoneme items[PHONEMES_MAXIMUM];
};
// Phonemes of each text, one line of espeak_phonemes a text, by one child process.
int phoneme_lines(const struct text_list *texts, const struct language *language, struct text_list *lines,
                  struct error *error);
// Whether the language's voice can read the first few of the texts; the sentence says what to do.
int texts_check(const char *const *list, size_t count, const struct language *language, struct error *error);
// How many sounds there are in "/IPA/"; ERROR_USAGE names the sign that is none. For fuzzing.
int ipa_count(const char *given, size_t *sounds, struct error *error);
// Reads such a line, or [[phonemes]] as a user writes them. What does not fit is left out.
void phonemes_read(const char *line, struct phonemes *phonemes);
// "[[...]]", for an engine. False when it does not fit.
bool phonemes_print(const struct phonemes *phonemes, char *text, size_t size);
// How differently two rows of phonemes sound: an edit distance with articulatory costs; about 1 a clear change.
double phonemes_distance(const struct phonemes *a, const struct phonemes *b);
// The distance between `phrase` and what comes closest to it inside `text`.
double phonemes_distance_inside(const struct phonemes *phrase, const struct phonemes *text);

// ---- phones: sounds of any language ---------------------------------------------------------------------

enum { PHONES_MAXIMUM = 400 };

struct phone {
    bool vowel, starts; // starts: a word begins here
    bool rounded;       // vowels: and openness (0 close, 1 open), back (0 front, 1 back)
    double open, back;
    int manner;   // consonants: and place (0 lips, 1 glottis)
    double place;
    bool voiced;
};
struct phones {
    size_t count;
    struct phone items[PHONES_MAXIMUM];
};
void phones_read(const char *ipa, struct phones *phones); // marks and what is no IPA are left out
double phone_change(const struct phone *a, const struct phone *b); // 0 the same .. 1.4
double phones_distance(const struct phones *a, const struct phones *b); // how differently two rows sound: an edit distance
// Whether a speaker with an accent may have meant `word`.
bool phones_same_word(const struct phones *word, const struct phones *heard);

// ---- words ----------------------------------------------------------------------------------------------

enum word_kind {
    WORD_NOUN,
    WORD_VERB,
    WORD_ADJECTIVE,
    WORD_ADVERB,
    WORD_NAME,
    WORD_PLACE,
    WORD_TIME,
    WORD_OTHER,
    WORD_KINDS
};
extern const char *const speech_english[WORD_KINDS]; // separated by spaces
const char *speech_word_list(const char *code);      // the same for another language; "" when there is none
// All words known of the language, and numbers in digits, which espeak-ng reads in any language.
int speech_words(const struct language *language, struct text_list *words, struct error *error);
// Adds the words of a text separated by spaces.
int words_split(const char *text, struct text_list *words, struct error *error);
// Whether `text` contains the phrase letter by letter, whatever the case and the spaces.
bool text_contains_phrase(const char *text, const char *phrase);
void text_list_shuffle(struct text_list *list, struct rng *rng);

// Sounds closer than this to the phrase are the phrase, as far as a label goes.
#define SAME_SOUND .75

#endif
