// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "features": which feature sets a walk has, and what each is made of: one table row a set.
#include "pipeline/pipeline_features.h"

#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

const char *const set_names[SET_COUNT] = {"words",      "personal", "reviewed",       "near",
                                          "sentences",  "hush",     "speech",         "speech_heard",
                                          "music",      "noise",    "held_words", "held_far",  "held_people",
                                          "held_near", "held_sentences", "held_real",
                                          "held_varied"};

const double train_shares[CONDITION_COUNT] = {
    [CONDITION_BASE] = .5, [CONDITION_BABBLE] = .2, [CONDITION_QUIET] = .15, [CONDITION_NOISE] = .15};
// Recall of held-out words in babble is what ranks models (docs/accuracy.md).
static const double held_shares[CONDITION_COUNT] = {
    [CONDITION_BASE] = .3, [CONDITION_BABBLE] = .5, [CONDITION_QUIET] = .1, [CONDITION_NOISE] = .1};
static const double far_shares[CONDITION_COUNT] = {[CONDITION_FAR] = 1};

// ---- words of a corpus, and of people ----

// What a set of words is drawn from: corpora with their shares, of which those count that have clips.
struct word_mix {
    enum corpus_name corpus;
    double share;
};
#define PARTS COUNT_OF(((struct word_source *)0)->parts)
// Shares of the draws (docs/accuracy.md).
static const struct word_mix words_mix[PARTS] = {
    {CORPUS_WORDS, .5}, {CORPUS_NEURAL, .38}, {CORPUS_ACCENTS, .12}};
static const struct word_mix near_mix[PARTS] = {{CORPUS_NEAR, .6}, {CORPUS_NEAR_NEURAL, .4}};
static const struct word_mix held_mix[PARTS] = {{CORPUS_HELD_WORDS, 1}};
static const struct word_mix held_near_mix[PARTS] = {{CORPUS_HELD_NEAR, 1}};

static int add_corpus_words(struct walk *walk, const struct feature_tools *tools, const struct word_mix mix[PARTS],
                            size_t examples, const double *shares, struct feature_writer *writer, struct error *error)
{
    struct word_source source = {.shares = shares};
    double whole = 0;
    size_t count = 0, parts = 0, at = 0;
    for (size_t i = 0; i < PARTS && mix[i].share > 0; i++) {
        count += walk->corpora[mix[i].corpus].clip_count;
        whole += walk->corpora[mix[i].corpus].clip_count ? mix[i].share : 0;
    }
    struct word_clip *clips = array_alloc(count + 1, sizeof *clips);
    if (!clips)
        return error_memory(error, "the list of clips");
    for (size_t i = 0; i < PARTS && mix[i].share > 0; i++) {
        const struct corpus *corpus = &walk->corpora[mix[i].corpus];
        if (corpus->clip_count == 0)
            continue;
        source.parts[parts++] = (struct word_part){corpus->clip_count, mix[i].share / whole};
        for (size_t k = 0; k < corpus->clip_count; k++)
            clips[at++] = (struct word_clip){corpus->samples + corpus->clips[k].start, corpus->clips[k].count,
                                             mix == held_near_mix ? (int32_t)corpus->clips[k].text : corpus->clips[k].group};
    }
    source.clips = clips;
    int code = features_words(walk, tools, &source, examples, corpus_names[mix[0].corpus], writer, error);
    free(clips);
    return code;
}


double corpus_share(const struct walk *walk, enum corpus_name name)
{
    const struct word_mix *const mixes[] = {words_mix, near_mix};
    for (size_t m = 0; m < COUNT_OF(mixes); m++) {
        double own = 0, whole = 0;
        for (size_t i = 0; i < PARTS; i++) {
            double share = walk->clip_counts[mixes[m][i].corpus] ? mixes[m][i].share : 0;
            whole += share;
            own += mixes[m][i].corpus == name && mixes[m][i].share > 0 ? share : 0;
        }
        if (own > 0)
            return own / whole;
    }
    return walk->clip_counts[name] ? 1 : 0;
}

static int make_words(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                      struct error *error)
{
    return add_corpus_words(walk, tools, words_mix, walk->preset.examples, train_shares, writer, error);
}

static int make_held_words(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                           struct error *error)
{
    return add_corpus_words(walk, tools, held_mix, walk->preset.held, held_shares, writer, error);
}

// The same words by speakers some metres away. They choose nothing: the report tells of them.
static int make_held_far(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                         struct error *error)
{
    return add_corpus_words(walk, tools, held_mix, walk->preset.held / HELD_FAR_EACH, far_shares, writer, error);
}

// Every clip about so often; they are told apart by their texts.
static int make_held_near(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                          struct error *error)
{
    size_t clips = walk->corpora[CORPUS_HELD_NEAR].clip_count;
    return clips ? add_corpus_words(walk, tools, held_near_mix, HELD_NEAR_SCENES * clips, held_shares, writer, error) : 0;
}

static int make_near(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                     struct error *error)
{
    return add_corpus_words(walk, tools, near_mix, walk->preset.examples / 6, train_shares, writer, error);
}

// Recordings of people: the end of speech is found, so that they are aligned like synthetic clips.
static int add_people(struct walk *walk, const struct feature_tools *tools, bool held, size_t examples,
                      const double *shares, const char *label, struct feature_writer *writer, struct error *error)
{
    const struct person_list *words = &walk->people.words;
    size_t count = 0;
    struct word_clip *clips = array_alloc(words->count + 1, sizeof *clips);
    if (!clips)
        return error_memory(error, "the recordings of people");
    for (size_t i = 0; i < words->count; i++)
        if (words->clips[i].held == held)
            clips[count++] = (struct word_clip){words->clips[i].pcm.samples + words->clips[i].begin,
                                                words->clips[i].count, words->clips[i].speaker};
    struct word_source source = {clips, {{count, 1}}, shares, true};
    int code = count ? features_words(walk, tools, &source, examples, label, writer, error) : 0;
    free(clips);
    return code;
}

static int make_personal(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                         struct error *error)
{
    return add_people(walk, tools, false, walk->preset.examples / 3, train_shares, "personal", writer, error);
}

static int make_held_people(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                            struct error *error)
{
    return add_people(walk, tools, true, HELD_PEOPLE_SCENES * people_held(&walk->people), held_shares, "held people", writer,
                      error);
}

// Windows that end every SLIDE rows, from the recording's end back to where half a second is left: with the slide of
// training, the network sees what was said at every place of its window, whatever the recording's length.
static size_t cut_windows(const struct person_clip *clip, size_t window, struct word_clip *windows)
{
    const size_t step = (size_t)SLIDE * FRONTEND_STEP, least = AUDIO_RATE / 2;
    size_t count = 0;
    for (size_t end = clip->count; end > 0; end -= step) {
        size_t begin = end > window ? end - window : 0;
        if (windows)
            windows[count] = (struct word_clip){clip->pcm.samples + begin, end - begin, clip->speaker};
        count++;
        if (end < least + step)
            break;
    }
    return count;
}

// Reviewed negatives are heard like words: they are what the model takes for the word.
static int make_reviewed(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                         struct error *error)
{
    enum { EXAMPLES_EACH = 24 };
    const struct person_list *reviewed = &walk->people.reviewed;
    size_t window = (size_t)nn_window(&walk->config) * FRONTEND_STEP, count = 0, most = walk->preset.examples / 6;
    for (size_t i = 0; i < reviewed->count; i++)
        count += cut_windows(&reviewed->clips[i], window, NULL);
    if (count == 0)
        return 0;
    struct word_clip *clips = array_alloc(count, sizeof *clips);
    if (!clips)
        return error_memory(error, "the reviewed negatives");
    count = 0;
    for (size_t i = 0; i < reviewed->count; i++)
        count += cut_windows(&reviewed->clips[i], window, clips + count);
    struct word_source source = {clips, {{count, 1}}, train_shares, true};
    size_t examples = count * EXAMPLES_EACH < most ? count * EXAMPLES_EACH : most;
    int code = features_words(walk, tools, &source, examples, "reviewed", writer, error);
    free(clips);
    return code;
}

// ---- running audio ----

static int track_source_open(struct track_source *source, size_t pieces, enum track_mode mode, struct error *error)
{
    *source = (struct track_source){.pieces = array_alloc(pieces + 1, sizeof *source->pieces),
                                    .tracks = array_alloc(pieces + 1, sizeof *source->tracks),
                                    .mode = mode,
                                    .speed = 1};
    return source->pieces && source->tracks ? 0 : error_memory(error, "a list of tracks");
}

static void track_source_close(struct track_source *source)
{
    free(source->pieces);
    free(source->tracks);
}

// Appends a piece; a new track begins with a new source or when the track has its length.
static void add_piece(struct track_source *source, const int16_t *samples, size_t count, size_t pause, int32_t from,
                      int32_t kind, size_t *length)
{
    struct track_plan *track = source->track_count ? &source->tracks[source->track_count - 1] : NULL;
    if (!track || track->source != from || track->kind != kind || track->speed != source->speed ||
        *length > (size_t)TRACK_SECONDS * AUDIO_RATE) {
        track = &source->tracks[source->track_count++];
        *track = (struct track_plan){.first_piece = source->piece_count, .source = from, .kind = kind, .speed = source->speed};
        *length = 0;
    }
    source->pieces[source->piece_count++] = (struct track_piece){samples, count, pause};
    track->pieces++;
    *length += count + pause;
}

static void add_spoken(const struct walk *walk, enum corpus_name name, struct track_source *source)
{
    const struct corpus *corpus = &walk->corpora[name];
    struct rng rng = rng_make(seed_mix((uint64_t)walk->options->seed, corpus_names[name]), 0);
    size_t length = 0;
    for (size_t i = 0; i < corpus->clip_count; i++) // pauses of up to a quarter of a second
        if (!walk->unfit[name][corpus->clips[i].text])
            add_piece(source, corpus->samples + corpus->clips[i].start, corpus->clips[i].count, rng_below(&rng, 4000), 0,
                      SOUND_SPEECH, &length);
}

static int add_sentences(struct walk *walk, const struct feature_tools *tools, enum corpus_name name,
                         struct feature_writer *writer, struct error *error)
{
    struct track_source source;
    int code = track_source_open(&source, walk->corpora[name].clip_count, TRACK_HEARD, error);
    if (code == 0) {
        add_spoken(walk, name, &source);
        code = features_tracks(walk, tools, &source, corpus_names[name], writer, error);
    }
    track_source_close(&source);
    return code;
}

static int make_sentences(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                          struct error *error)
{
    return add_sentences(walk, tools, CORPUS_SENTENCES, writer, error);
}

static int make_held_sentences(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                               struct error *error)
{
    return add_sentences(walk, tools, CORPUS_HELD_SENTENCES, writer, error);
}

// Nothing but rooms and noise, and sounds that need no recordings.
static int make_hush(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                     struct error *error)
{
    enum { SILENT = 6, MADE = 6, TRACK = 120 * AUDIO_RATE };
    struct track_source source;
    int code = track_source_open(&source, SILENT + MADE, TRACK_HEARD, error);
    int16_t *made = array_alloc((size_t)MADE * TRACK, sizeof *made);
    struct rng rng = rng_make(seed_mix((uint64_t)walk->options->seed, "made sounds"), 0);
    size_t length = 0;
    if (code == 0 && !made)
        code = error_memory(error, "made sounds");
    for (int i = 0; i < SILENT && code == 0; i++)
        add_piece(&source, NULL, 0, TRACK, i, SOUND_NOISE, &length);
    for (int i = 0; i < MADE && code == 0; i++) {
        augment_made_sounds(&rng, made + (size_t)i * TRACK, TRACK);
        add_piece(&source, made + (size_t)i * TRACK, TRACK, 0, SILENT + i, SOUND_NOISE, &length);
    }
    if (code == 0)
        code = features_tracks(walk, tools, &source, "hush", writer, error);
    track_source_close(&source);
    free(made);
    return code;
}

static void add_recorded(const struct walk *walk, unsigned kinds, bool held, struct track_source *source)
{
    size_t length = 0;
    for (size_t i = 0; i < walk->store.count; i++) {
        const struct stored_sound *sound = &walk->store.sounds[i];
        if (sound->use == USE_NEGATIVE && walk->store.held[i] == held && (kinds >> sound->kind & 1))
            add_piece(source, walk->store.samples + sound->start, sound->count, 0, sound->source, sound->kind, &length);
    }
}

static int add_real(struct walk *walk, const struct feature_tools *tools, unsigned kinds, bool held,
                    enum track_mode mode, const char *label, struct feature_writer *writer, struct error *error)
{
    struct track_source source;
    int code = track_source_open(&source, walk->store.count, mode, error);
    if (code == 0)
        add_recorded(walk, kinds, held, &source);
    if (code == 0)
        code = features_tracks(walk, tools, &source, label, writer, error);
    track_source_close(&source);
    return code;
}

static int make_speech(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                       struct error *error)
{
    return add_real(walk, tools, 1u << SOUND_SPEECH, false, TRACK_LEVELS, "speech", writer, error);
}

static int make_speech_heard(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                             struct error *error)
{
    return add_real(walk, tools, 1u << SOUND_SPEECH, false, TRACK_HEARD, "speech heard", writer, error);
}

static int make_music(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                      struct error *error)
{
    return add_real(walk, tools, 1u << SOUND_MUSIC, false, TRACK_LEVELS, "music", writer, error);
}

static int make_noise(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                      struct error *error)
{
    return add_real(walk, tools, 1u << SOUND_NOISE, false, TRACK_LEVELS, "sounds", writer, error);
}

static int make_held_real(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                          struct error *error)
{
    return add_real(walk, tools, ~0u, true, TRACK_RAW, "held recordings", writer, error);
}

// A few false accepts in a few hours tell little of the next hours. The same speech slower and lower, and faster and
// higher, is as if others spoke: with three of each the cutoff does not hang on single ones (docs/accuracy.md).
static int make_held_varied(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                            struct error *error)
{
    static const double speeds[] = {.93, 1.07};
    struct track_source source;
    size_t pieces = walk->store.count + walk->corpora[CORPUS_HELD_SENTENCES].clip_count;
    int code = track_source_open(&source, COUNT_OF(speeds) * pieces, TRACK_RAW, error);
    for (size_t i = 0; i < COUNT_OF(speeds) && code == 0; i++) {
        source.speed = speeds[i];
        add_recorded(walk, 1u << SOUND_SPEECH, true, &source);
        add_spoken(walk, CORPUS_HELD_SENTENCES, &source);
    }
    if (code == 0)
        code = features_tracks(walk, tools, &source, "held speech at other speeds", writer, error);
    track_source_close(&source);
    return code;
}

typedef int make_set(struct walk *walk, const struct feature_tools *tools, struct feature_writer *writer,
                     struct error *error);
static make_set *const makers[SET_COUNT] = {
    [SET_WORDS] = make_words,
    [SET_PERSONAL] = make_personal,
    [SET_REVIEWED] = make_reviewed,
    [SET_NEAR] = make_near,
    [SET_SENTENCES] = make_sentences,
    [SET_HUSH] = make_hush,
    [SET_SPEECH] = make_speech,
    [SET_SPEECH_HEARD] = make_speech_heard,
    [SET_MUSIC] = make_music,
    [SET_NOISE] = make_noise,
    [SET_HELD_WORDS] = make_held_words,
    [SET_HELD_FAR] = make_held_far,
    [SET_HELD_PEOPLE] = make_held_people,
    [SET_HELD_NEAR] = make_held_near,
    [SET_HELD_SENTENCES] = make_held_sentences,
    [SET_HELD_REAL] = make_held_real,
    [SET_HELD_VARIED] = make_held_varied,
};

// What a set is made from, besides what all are made from: only what has changed is made again.
static const struct set_needs {
    const enum corpus_name *corpora;
    size_t corpus_count;
    bool people;
} needs[SET_COUNT] = {
#define CORPORA(...) (const enum corpus_name[]){__VA_ARGS__}, sizeof((enum corpus_name[]){__VA_ARGS__}) / sizeof(enum corpus_name)
    [SET_WORDS] = {CORPORA(CORPUS_WORDS, CORPUS_NEURAL, CORPUS_ACCENTS), false},
    [SET_PERSONAL] = {NULL, 0, true},
    [SET_REVIEWED] = {NULL, 0, true},
    [SET_NEAR] = {CORPORA(CORPUS_NEAR, CORPUS_NEAR_NEURAL), false},
    [SET_SENTENCES] = {CORPORA(CORPUS_SENTENCES), false},
    [SET_HELD_WORDS] = {CORPORA(CORPUS_HELD_WORDS), false},
    [SET_HELD_FAR] = {CORPORA(CORPUS_HELD_WORDS), false},
    [SET_HELD_PEOPLE] = {NULL, 0, true},
    [SET_HELD_NEAR] = {CORPORA(CORPUS_HELD_NEAR), false},
    [SET_HELD_SENTENCES] = {CORPORA(CORPUS_HELD_SENTENCES), false},
    [SET_HELD_VARIED] = {CORPORA(CORPUS_HELD_SENTENCES), false},
#undef CORPORA
};

// Which sentences are left out follows from the spellings.
static void sign_unfit(const struct walk *walk, char hex[65])
{
    struct signature signature;
    signature_begin(&signature, "unfit");
    for (size_t i = 0; i < walk->spellings.count; i++)
        signature_add(&signature, "spelling", "%s", walk->spellings.items[i]);
    signature_end(&signature, hex);
}

static void sign_set(struct walk *walk, int name, char hex[65])
{
    struct signature signature;
    char unfit[65];
    sign_unfit(walk, unfit);
    walk_signature(walk, &signature, "features");
    signature_add(&signature, "set", "%s", set_names[name]);
    for (size_t i = 0; i < needs[name].corpus_count; i++)
        signature_add(&signature, "corpus", "%s", walk->corpus_signatures[needs[name].corpora[i]]);
    if (name == SET_WORDS)
        for (size_t i = 0; i < PARTS; i++)
            signature_add(&signature, "mix", "%g", words_mix[i].share);
    if (name == SET_NEAR)
        for (size_t i = 0; i < PARTS; i++)
            signature_add(&signature, "mix", "%g", near_mix[i].share);
    if (needs[name].people)
        signature_add(&signature, "people", "%s", walk->people.signature);
    if (!features_have_talkers(walk)) // who talks in the background
        signature_add(&signature, "talkers", "%s %s", walk->corpus_signatures[CORPUS_SENTENCES], unfit);
    if (name == SET_SENTENCES || name == SET_HELD_SENTENCES || name == SET_HELD_VARIED)
        signature_add(&signature, "unfit", "%s", unfit);
    signature_add(&signature, "sounds", "%s", walk->sounds_signature);
    signature_add(&signature, "recipe", "%d", AUGMENT_VERSION);
    if (walk->chained && (name == SET_WORDS || name == SET_PERSONAL || name == SET_REVIEWED || name == SET_NEAR))
        signature_add(&signature, "augmentation", "%s", walk->chain_text.size ? walk->chain_text.data : "none");
    signature_add(&signature, "window", "%d", nn_window(&walk->config));
    signature_add(&signature, "examples", "%zu %zu", walk->preset.examples, walk->preset.held);
    signature_add(&signature, "seed", "%lld", (long long)walk->options->seed);
    walk_signed(walk, &signature, hex);
}

static void sign_features(struct walk *walk)
{
    struct signature all;
    signature_begin(&all, "all features");
    for (int name = 0; name < SET_COUNT; name++) {
        sign_set(walk, name, walk->set_signatures[name]);
        if (name == SET_HELD_VARIED) // no training sees it
            continue;
        signature_add(&all, set_names[name], "%s", walk->set_signatures[name]);
    }
    signature_end(&all, walk->features_signature);
}

// Training words by the condition that they were heard in, so that each condition has its share of the draws.
static int sort_by_condition(struct walk *walk, enum set_name name, struct error *error)
{
    const struct feature_set *set = &walk->sets[name];
    for (int c = 0; c < CONDITION_COUNT; c++) {
        walk->items[name][c] = array_alloc(set->item_count + 1, sizeof *walk->items[name][c]);
        if (!walk->items[name][c])
            return error_memory(error, "an index of words");
        for (size_t i = 0; i < set->item_count; i++)
            if (set->items[i].tag == (uint32_t)c)
                walk->items[name][c][walk->item_counts[name][c]++] = (uint32_t)i;
    }
    return 0;
}

static int make_one(struct walk *walk, const struct feature_tools *tools, enum set_name name, const char *path,
                    struct error *error)
{
    struct feature_writer *writer;
    walk_part(walk, PART_FEATURES + (int)name);
    progress_begin(walk->progress, "features");
    TRY(feature_writer_resume(&writer, path, walk->set_signatures[name], error));
    if (feature_writer_items(writer))
        walk_log(walk, "features %s: goes on after %zu items", set_names[name], feature_writer_items(writer));
    int code = makers[name](walk, tools, writer, error);
    if (code < 0) {
        feature_writer_abort(writer);
        return code;
    }
    TRY(feature_writer_close(writer, error));
    return walk_sign(walk, path, walk->set_signatures[name], error);
}

static char *set_path(const struct walk *walk, int name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.features", set_names[name]);
    return walk_path(walk, FOLDER_FEATURES, file);
}

// Sound that was kept is checked before anything is made of it. What is damaged is spoken anew by the next run.
static int check_sound(struct walk *walk, struct error *error)
{
    for (int i = 0; i < CORPUS_COUNT; i++) {
        int code = corpus_check(&walk->corpora[i], error);
        char *signature = code == ERROR_FORMAT ? text_print("%s.signature", walk->corpora[i].path) : NULL;
        if (signature)
            remove(signature);
        free(signature);
        TRY(code);
    }
    return 0;
}

static int make_stale(struct walk *walk, struct error *error)
{
    struct feature_tools tools = {0};
    double started = time_now();
    bool made = false;
    int code = 0;
    for (int name = 0; name < SET_COUNT && code == 0; name++) {
        char *path = set_path(walk, name);
        if (!path)
            code = error_memory(error, "a path");
        else if (!walk_fresh(walk, path, walk->set_signatures[name])) {
            if (!made) {
                walk_log(walk, "features: about %.0f MB on the disk, %zu bytes a row of 10 ms", space_features(walk) / 1e6,
                         FRONTEND_CHANNELS * sizeof(uint16_t));
                code = check_sound(walk, error);
                if (code == 0)
                    code = feature_tools_open(walk, &tools, error);
            }
            made = true;
            if (code == 0)
                code = make_one(walk, &tools, (enum set_name)name, path, error);
        }
        free(path);
    }
    if (!made)
        return code;
    feature_tools_close(walk, &tools);
    TRY(code);
    progress_end(walk->progress, "%zu words heard", walk->preset.examples);
    walk_log(walk, "features made in %.1f s", time_now() - started);
    return 0;
}

int stage_features(struct walk *walk, struct error *error)
{
    sign_features(walk);
    TRY(make_stale(walk, error));
    walk_close_audio(walk); // hours of audio, before hours of features are mapped
    for (int name = 0; name < SET_COUNT; name++) {
        char *path = set_path(walk, name);
        int code = path ? feature_set_open(&walk->sets[name], path, error) : error_memory(error, "a path");
        free(path);
        TRY(code);
        walk_log(walk, "features %s: %zu items, %llu rows", set_names[name], walk->sets[name].item_count,
                 (unsigned long long)walk->sets[name].row_count);
    }
    TRY(sort_by_condition(walk, SET_WORDS, error));
    TRY(sort_by_condition(walk, SET_PERSONAL, error));
    TRY(sort_by_condition(walk, SET_REVIEWED, error));
    return sort_by_condition(walk, SET_NEAR, error);
}
