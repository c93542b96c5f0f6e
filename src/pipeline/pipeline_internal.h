// SPDX-License-Identifier: GPL-3.0-or-later
// What the stages share. A stage is a function that takes the walk, finds its outputs fresh or makes them.
#ifndef WAKESMITH_PIPELINE_INTERNAL_H
#define WAKESMITH_PIPELINE_INTERNAL_H

#include "augment/augment.h"
#include "collection/collection.h"
#include "dataset/dataset.h"
#include "pipeline/pipeline.h"
#include "recordings/recordings.h"
#include "speech/speech.h"
#include "text/text.h"
#include "train/train.h"

#include <jansson.h>

// One recording of the sound store: decoded to 16 kHz.
struct stored_sound {
    uint64_t start;
    uint64_t count;
    int32_t kind;   // enum sound_kind
    int32_t source; // recordings of one source are in one split only
    int32_t use;    // USE_NEGATIVE or USE_BACKGROUND
    char language[4]; // of speech; "-": not known
};
enum { USE_NEGATIVE, USE_BACKGROUND };

// One that is to be decoded (sound_list.c).
struct sound_file {
    char *path;
    enum sound_kind kind;
    char language[4];
    int32_t source, use;
    double seconds;     // as its header or manifest says
    const char *sha256; // of a set of the data directory; NULL: its content is read to know it
};
struct sound_list {
    struct sound_file *files;
    size_t count, capacity;
};
// Negatives first. Fills walk->rirs, ->collections and ->heard_seconds, too.
struct walk;
int sound_list_make(struct walk *walk, struct sound_list *list, struct error *error);
void sound_list_free(struct sound_list *list);
struct sound_store {
    struct mapping file;
    const struct stored_sound *sounds;
    size_t count;
    const int16_t *samples;
    bool *held; // [count]: only measures
};

// What is spoken. The held ones are said by voices that nothing else is said by.
enum corpus_name {
    CORPUS_WORDS,
    CORPUS_NEURAL,  // words by neural voices
    CORPUS_ACCENTS, // words as speakers of other languages say them, by neural voices
    CORPUS_NEAR,
    CORPUS_NEAR_NEURAL, // near misses by neural voices, with and without accents
    CORPUS_SENTENCES,
    CORPUS_HELD_WORDS,
    CORPUS_HELD_NEAR, // near misses that nothing is trained on: they only measure
    CORPUS_HELD_SENTENCES,
    CORPUS_COUNT
};
extern const char *const corpus_names[CORPUS_COUNT];


// Recordings of people for this wake word; `speaker` is an index of `speakers`, where "" is one nobody named.
struct person_clip {
    struct pcm pcm;
    size_t begin, count; // the word, or all of it
    int32_t speaker;     // of a reviewed negative: its index
    bool held;           // only measures
};
struct person_list {
    struct person_clip *clips;
    size_t count, capacity;
};
struct people {
    struct person_list words, reviewed;
    struct text_list speakers;
    size_t left_out;
    char signature[65];
};

// A ready-made negative set (ready_made.c). Absent: no hours.
enum { READY_COUNT = 4 };
struct ready_made {
    const char *name;
    float share; // of the draws
    bool speech;
    struct feature_list training, ambient; // ambient: only measures
    double hours, ambient_hours;
    char identity[65];
};

// The feature sets of a walk. Rows of the table mix[] in features_mix.c say how each is made and drawn.
enum set_name {
    SET_WORDS,
    SET_PERSONAL,
    SET_REVIEWED, // what people marked as "must not wake it"
    SET_NEAR,
    SET_SENTENCES,
    SET_HUSH,
    SET_SPEECH,
    SET_SPEECH_HEARD,
    SET_MUSIC,
    SET_NOISE,
    SET_HELD_WORDS,
    SET_HELD_FAR,    // the same words from some metres away
    SET_HELD_PEOPLE, // an item's group is the speaker
    SET_HELD_NEAR, // an item's group is the index of its text
    SET_HELD_SENTENCES,
    SET_HELD_REAL,
    SET_HELD_VARIED, // speech of these two at other speeds: for the cutoff alone
    SET_COUNT
};
extern const char *const set_names[SET_COUNT];

// What the walk spends its time on, in order, for the progress of the whole: PART_SPEECH + a corpus, PART_FEATURES +
// a set.
enum walk_part {
    PART_SOUNDS,
    PART_SPEECH,
    PART_FEATURES = PART_SPEECH + CORPUS_COUNT,
    PART_TRAIN = PART_FEATURES + SET_COUNT,
    PART_EXPORT,
    PART_COUNT
};

// How much only measures: scenes of a recording of a person; near misses, one for so many words, each said and then
// heard so often; words from afar, one for so many others.
enum { HELD_FAR_EACH = 4, HELD_PEOPLE_SCENES = 8, HELD_NEAR_EACH = 10, HELD_NEAR_CLIPS = 2, HELD_NEAR_SCENES = 2 };

// Folders of work/<id>; the names are those that users of the reference know.
#define FOLDER_SPEECH "wake_word_samples"
#define FOLDER_FEATURES "wake_word_samples_augmented"
#define FOLDER_TRAIN "trained_models"

struct walk {
    const struct pipeline_options *options;
    struct pipeline_preset preset; // with the options' numbers in place
    const struct language *language;
    char id[TEXT_ID_SIZE];
    char *title;
    struct text_list spellings; // the phrase and the others, as a synthesiser gets them
    double word_seconds;        // that people take for the first of them
    struct text_list caveats;   // sentences for the report: what could not be said or used
    char *data, *work, *sounds_folder, *sentences_folder; // folders; the last two are of all wake words
    int lock;
    struct pool *pool;
    struct progress *progress;
    FILE *log;
    char *log_path;
    struct buffer inputs;           // of the signature that is being made
    struct text_list signed_inputs; // of each artefact: the hash, then its inputs line by line
    struct text_list kept;          // artefacts that were found fresh
    double started;
    int part; // that runs, + 1; 0: none
    double part_started, part_seconds[PART_COUNT];

    struct corpus corpora[CORPUS_COUNT]; // closed when features are made; what the report tells of them stays
    bool *unfit[CORPUS_COUNT];           // by text: what has the wake word inside; NULL: none has
    struct speech_report speech_reports[CORPUS_COUNT];
    size_t clip_counts[CORPUS_COUNT], group_counts[CORPUS_COUNT];
    char corpus_signatures[CORPUS_COUNT][65];
    json_t *voices[CORPUS_COUNT]; // who speaks, for the report: engine -> clips and voices
    json_t *group_engines;        // of the words that measure: voice group, as text -> engine
    struct text_list held_near;   // texts of CORPUS_HELD_NEAR
    json_t *curves;               // of training: a list of points for each seed
    struct sound_store store;
    double heard_seconds; // of the store
    struct collection *collections; // sets of the data directory that are used
    size_t collection_count;
    struct recorded_hours { // of the store, by kind and language
        int32_t kind;
        char language[4];
        double train, held;
    } *recorded;
    size_t recorded_count;
    struct text_list rirs; // files
    bool chained;               // training words are heard through `chain` instead of Wakesmith's conditions
    struct augment_chain chain;
    struct buffer chain_text;   // the same as YAML
    struct people people;
    struct ready_made ready[READY_COUNT];
    char speech_signature[65], sounds_signature[65], features_signature[65], train_signature[65];

    struct feature_set sets[SET_COUNT];
    char set_signatures[SET_COUNT][65];
    uint32_t *items[SET_COUNT][CONDITION_COUNT]; // training words by condition
    size_t item_counts[SET_COUNT][CONDITION_COUNT];

    struct nn_config config;
    struct nn_weights *weights; // [seeds]
    struct train_score *scores; // [seeds]
    int best;
};

// A signature is a hash over lines "key=value"; signature_file adds name, size and content of a file.
struct signature {
    struct sha256 hash;
    struct buffer *inputs; // the same lines for people; NULL: nobody reads
};
void signature_begin(struct signature *signature, const char *stage);
// The signature of an artefact of this walk: begun so and ended with walk_signed, its inputs are remembered.
void walk_signature(struct walk *walk, struct signature *signature, const char *stage);
void walk_signed(struct walk *walk, struct signature *signature, char hex[65]);
void signature_add(struct signature *signature, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int signature_add_file(struct signature *signature, const char *path, struct error *error);
void signature_end(struct signature *signature, char hex[65]);
// An artefact is fresh when "<path>.signature" begins with `hex`. The debug log says which input makes it stale.
bool walk_fresh(struct walk *walk, const char *path, const char *hex);
int walk_sign(struct walk *walk, const char *path, const char *hex, struct error *error);

// run_log.c
void walk_log(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));
void walk_debug(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3))); // with --debug only
int run_log_open(struct walk *walk, struct error *error);
void run_log_begin(struct walk *walk);     // the head of this attempt
void run_log_decisions(struct walk *walk); // that are taken before any work
void run_log_voices(struct walk *walk);    // after the stage "speech"
// The last line, which names the folder, and a copy of all at `path`.
int run_log_publish(struct walk *walk, const char *folder, const char *path, struct error *error);
// A file that cannot be read is told in the log and left out: one damaged recording among many stops no training. That
// there was no memory says nothing about the file, and is an error here, too.
int walk_leave_out(struct walk *walk, const struct error *reason, struct error *error);
char *walk_path(const struct walk *walk, const char *folder, const char *name); // <work>/<folder>/<name>

// augmentation.c: the chain "reference", or that of a file; ERROR_USAGE: the name is neither.
int chain_named(const char *name, struct augment_chain *chain, struct error *error);
// The chain that the options name.
int walk_find_chain(struct walk *walk, struct error *error);
json_t *augmentation_json(const struct walk *walk); // for the report

// Language, id, title and spellings from the options.
int walk_find_names(struct walk *walk, struct error *error);

// space.c: ERROR_IO with folder, needed and free bytes when the disk cannot hold what is still to be written.
// decoded_seconds: of recordings that are not in the store yet.
int space_check(struct walk *walk, double decoded_seconds, struct error *error);
double space_features(const struct walk *walk); // about how many bytes all feature sets take

void walk_part(struct walk *walk, int part); // the next progress_begin is of this enum walk_part; its time begins
void walk_part_end(struct walk *walk);        // the time of the part that runs ends
// Everything that decided a run and how long its parts took, beside its log. Paths are as they were given.
int run_record_write(struct walk *walk, const char *path, struct error *error);

// people.c: --positives-real, or what the data directory holds for this wake word.
int people_open(struct walk *walk, struct error *error);
void people_close_audio(struct people *people);
void people_close(struct people *people);
size_t people_held(const struct people *people);    // recordings of the word that only measure
json_t *people_json(const struct people *people); // for the report

// ready_made.c: <data>/training_datasets/negative_datasets/{speech,...}, used when it is there.
int ready_made_open(struct walk *walk, struct error *error);
void ready_made_close(struct walk *walk);
bool ready_made_speech(const struct walk *walk); // some of it is speech that trains
// Both return how many there are, and fill the list when it is not NULL.
size_t ready_made_sources(const struct walk *walk, struct source *sources);
size_t ready_made_ambient(const struct walk *walk, const struct feature_set **sets);
double ready_made_ambient_hours(const struct walk *walk);
json_t *ready_made_json(const struct walk *walk); // for the report

// training_file.c: training_parameters.yaml among the checkpoints, from where it is published.
#define TRAINING_FILE "training_parameters.yaml"
int training_file_write(const struct walk *walk, const struct train_plan *plan, const struct train_data *data,
                        struct error *error);
int training_file_publish(const struct walk *walk, const char *folder, struct error *error);

int stage_speech(struct walk *walk, struct error *error);
int stage_sounds(struct walk *walk, struct error *error);
int stage_features(struct walk *walk, struct error *error);
int stage_train(struct walk *walk, struct error *error);
// The texts of the manifest, checked at the beginning; what is measured comes at the end.
int export_name(const struct walk *walk, struct manifest *manifest, struct error *error);
int stage_export(struct walk *walk, struct pipeline_result *result, struct error *error);
void sound_store_close(struct sound_store *store);
void walk_close_audio(struct walk *walk); // clips and sounds: not needed once features are made

// Output bytes as if the float network shipped, its logit shifted as in the published model. Frees with
// track_list_free.
int parity_tracks(struct walk *walk, const struct feature_set *set, double shift, struct track_list *tracks,
                  struct error *error);

// How much of its set's draws a corpus has: of the words or the near misses; 1 of another.
double corpus_share(const struct walk *walk, enum corpus_name name);
double near_weight(const struct walk *walk, int seed); // of near misses in the loss of that seed

// Output bytes of the published model over what only measures. Tags: of words and near misses the condition, of
// negatives the kind of sound, HELD_SYNTHETIC for sentences, HELD_READY_MADE for sets that come as features.
enum { HELD_SYNTHETIC = SOUND_KINDS, HELD_READY_MADE, HELD_KINDS };
extern const char *const held_kind_names[HELD_KINDS]; // also of enum sound_kind
struct held_tracks {
    struct track_list words, far, people, near, negatives, varied;
};

// The report beside the model.
int report_write(const struct walk *walk, const struct pipeline_result *result, const struct held_tracks *held,
                 const char *model_hash, size_t model_bytes, const char *path, struct error *error);

json_t *texts_json(const struct text_list *texts); // a list of strings

// Recordings without the word: hours that train and hours that only measure, by kind and language; the sets they are of.
json_t *recordings_json(const struct walk *walk);
double recorded_speech(const struct walk *walk, const char *language); // hours that train; NULL: in any language
int recorded_sum(struct walk *walk, struct error *error);              // of the store, into walk->recorded

// Parts of the report (report_figures.c), at the published operating point. NULL without memory.
// Recall by condition and by engine of the voice; when it answers, in ms after the word's end.
json_t *hearing_json(const struct walk *walk, const struct held_tracks *held, const struct operating_point *point);
// False accepts by kind of sound; near misses that it takes for the word, the worst first.
json_t *waking_json(const struct walk *walk, const struct held_tracks *held, const struct operating_point *point);
// How often each score was reached by words, near misses, and stretches of 2 s of other sound.
json_t *scores_json(const struct held_tracks *held, const struct operating_point *point);

// python_shuffle.c: Python's random.Random(seed).shuffle of the indices 0 .. count-1 (Mersenne Twister MT19937 of Matsumoto
// and Nishimura, seeded by an integer): the reference splits its recordings so.
void python_shuffle(uint32_t seed, size_t *indices, size_t count);

#endif
