// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "speech": the wake word, its near misses and sentences, spoken by all voices of the language.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double word_units(const char *phrase)
{
    size_t words = 0, letters = 0;
    for (const char *at = phrase; *at; at++) {
        letters += (*at & 0xc0) != 0x80 && *at != ' '; // UTF-8 code points
        words += *at != ' ' && (at == phrase || at[-1] == ' ');
    }
    return words > 1 ? (double)words : letters > 5 ? (double)letters / 5 : 1;
}

const char *const corpus_names[CORPUS_COUNT] = {"words",     "neural",     "accents",       "near", "near_neural",
                                                "sentences", "held_words", "held_near",     "held_sentences"};

// Who trains and who only measures: about one timbre in eight of an engine that has many. An engine with few voices
// gives all of them to training, since each is a timbre that nothing else has. Of the clips that measure words, neural
// voices speak a quarter.
struct cast {
    struct voice *voices;   // all; the names of the others lie in its memory
    struct voice *parts[5]; // [enum part_of_cast]
    size_t counts[5];
    char recipes[5][65]; // speech_signature of each; "": not asked for yet
};
// FOREIGN: those of CAST_NEURAL that can best be told phonemes of any language.
enum part_of_cast { CAST_TRAIN, CAST_HELD, CAST_NEURAL, CAST_FOREIGN, CAST_HELD_WORDS };

static void cast_close(struct cast *cast)
{
    free(cast->voices);
    for (size_t i = 0; i < COUNT_OF(cast->parts); i++)
        free(cast->parts[i]);
}

static size_t groups_of(const struct voice *voices, size_t count, const char *engine)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (strcmp(voices[k].engine, engine) != 0 || voices[k].group != voices[i].group)
            if (++k > i)
                break;
        groups += strcmp(voices[i].engine, engine) == 0 && k == i;
    }
    return groups;
}

static void cast_add(struct cast *cast, enum part_of_cast part, const struct voice *voice)
{
    cast->parts[part][cast->counts[part]++] = *voice;
}

// Neural voices speak a quarter of what held-out voices say.
static void balance_held(struct cast *cast)
{
    const double quarter = .25;
    struct voice *voices = cast->parts[CAST_HELD_WORDS];
    double sums[2] = {0, 0};
    for (size_t i = 0; i < cast->counts[CAST_HELD_WORDS]; i++)
        sums[voices[i].neural] += voices[i].share;
    for (size_t i = 0; i < cast->counts[CAST_HELD_WORDS] && sums[0] > 0 && sums[1] > 0; i++)
        voices[i].share *= (voices[i].neural ? quarter : 1 - quarter) / sums[voices[i].neural];
}

static int cast_open(struct cast *cast, struct walk *walk, struct error *error)
{
    enum { MANY = 8 };
    size_t count;
    int best = 0;
    *cast = (struct cast){0};
    TRY(speech_voices(walk->language, &cast->voices, &count, error));
    for (size_t i = 0; i < COUNT_OF(cast->parts); i++) {
        cast->parts[i] = array_alloc(count + 1, sizeof **cast->parts);
        if (!cast->parts[i])
            return error_memory(error, "the voices");
    }
    for (size_t i = 0; i < count; i++) {
        const struct voice *voice = &cast->voices[i];
        bool held = groups_of(cast->voices, count, voice->engine) >= MANY &&
                    split_of((uint64_t)walk->options->seed, voice->group, 1.0 / MANY) == SPLIT_VALIDATE;
        if (held)
            cast_add(cast, CAST_HELD_WORDS, voice);
        if (!voice->neural)
            cast_add(cast, held ? CAST_HELD : CAST_TRAIN, voice);
        else if (!held)
            cast_add(cast, CAST_NEURAL, voice);
        best = !held && voice->foreign > best ? voice->foreign : best;
        if (!held && voice->foreign > 0 && voice->foreign == best) {
            // Engines stand together: those before a better one are no longer wanted.
            cast->counts[CAST_FOREIGN] *= cast->parts[CAST_FOREIGN][0].foreign == best;
            cast_add(cast, CAST_FOREIGN, voice);
        }
    }
    balance_held(cast);
    for (int held = CAST_TRAIN; held <= CAST_HELD; held++) // nobody left on one side: better the same voices than none
        if (cast->counts[held] == 0) {
            memcpy(cast->parts[held], cast->voices, count * sizeof *cast->voices);
            cast->counts[held] = count;
            walk_log(walk, "too few voices to hold any out");
        }
    if (cast->counts[CAST_HELD_WORDS] == 0) {
        memcpy(cast->parts[CAST_HELD_WORDS], cast->parts[CAST_HELD], cast->counts[CAST_HELD] * sizeof *cast->voices);
        cast->counts[CAST_HELD_WORDS] = cast->counts[CAST_HELD];
    }
    if (cast->counts[CAST_NEURAL] == 0)
        walk->preset.neural = walk->preset.near_neural = 0;
    if (cast->counts[CAST_FOREIGN] == 0)
        walk->preset.accents = 0;
    return 0;
}

struct order { // what one corpus is
    enum corpus_name name;
    const struct text_list *texts;
    size_t clips;
    double median, units; // of speech_request
    enum part_of_cast cast;
    bool shared; // by all wake words of the language
};

// What is said as the wake word is: its length, and how much of it there may be.
static struct order order_of_words(const struct walk *walk, enum corpus_name name, enum part_of_cast cast, size_t clips)
{
    return (struct order){.name = name,
                          .texts = &walk->spellings,
                          .clips = clips,
                          .median = walk->word_seconds,
                          .units = word_units(walk->options->phrase),
                          .cast = cast};
}

static struct speech_request request_of(const struct walk *walk, const struct cast *cast, const struct order *order)
{
    return (struct speech_request){.texts = (const char *const *)order->texts->items,
                                   .text_count = order->texts->count,
                                   .language = walk->language,
                                   .clips = order->clips,
                                   .duration_median = order->median,
                                   .duration_sigma = 0.2,
                                   .units = order->units,
                                   .seed = seed_mix((uint64_t)walk->options->seed, corpus_names[order->name]),
                                   .threads = pool_threads(walk->pool),
                                   .voices = cast->parts[order->cast],
                                   .voice_count = cast->counts[order->cast]};
}

static int count_voices(struct walk *walk, const struct cast *cast, const struct order *order, struct error *error)
{
    const struct corpus *corpus = &walk->corpora[order->name];
    const struct voice *voices = cast->parts[order->cast];
    bool *spoke = array_alloc(cast->counts[order->cast] + 1, sizeof *spoke);
    json_t *engines = json_object();
    int code = 0;
    if (!spoke || !engines) {
        free(spoke);
        json_decref(engines);
        return error_memory(error, "the voices");
    }
    for (size_t i = 0; i < corpus->clip_count; i++) {
        size_t voice = corpus->clips[i].voice;
        if (voice >= cast->counts[order->cast] || corpus->clips[i].text >= order->texts->count) {
            code = error_set(error, ERROR_FORMAT, "clips of other voices or texts in %s: run with --restart",
                             corpus_names[order->name]);
            break;
        }
        json_t *engine = json_object_get(engines, voices[voice].engine);
        json_int_t clips = json_integer_value(json_object_get(engine, "clips")),
                   names = json_integer_value(json_object_get(engine, "voices"));
        json_object_set_new(engines, voices[voice].engine,
                            json_pack("{s:I, s:I}", "clips", clips + 1, "voices", names + !spoke[voice]));
        spoke[voice] = true;
        char group[16];
        snprintf(group, sizeof group, "%d", corpus->clips[i].group);
        if (order->name == CORPUS_HELD_WORDS)
            json_object_set_new(walk->group_engines, group, json_string(voices[voice].engine));
    }
    free(spoke);
    json_decref(walk->voices[order->name]);
    walk->voices[order->name] = engines;
    return code;
}

// Each number of clips has its file among the shared ones, so that presets do not take turns in making them.
static char *corpus_path(const struct walk *walk, const struct order *order)
{
    const char *name = corpus_names[order->name];
    return order->shared ? text_print("%s/%s-%s-%zu.corpus", walk->sentences_folder, walk->language->code, name,
                                      order->clips)
                         : text_print("%s/%s/%s.corpus", walk->work, FOLDER_SPEECH, name);
}

static int recipe_of(struct cast *cast, enum part_of_cast part, const char **recipe, struct error *error)
{
    *recipe = cast->recipes[part];
    return **recipe ? 0 : speech_signature(cast->parts[part], cast->counts[part], cast->recipes[part], error);
}

// Speaks one corpus unless it is there, fresh.
static int speak(struct walk *walk, struct cast *cast, const struct order *order, struct signature *all,
                 struct error *error)
{
    const char *name = corpus_names[order->name];
    struct corpus *corpus = &walk->corpora[order->name];
    struct speech_report *report = &walk->speech_reports[order->name];
    struct signature signature;
    const char *recipe;
    char hex[65];
    TRY(recipe_of(cast, order->cast, &recipe, error));
    walk_signature(walk, &signature, "speech");
    for (size_t i = 0; i < order->texts->count; i++)
        signature_add(&signature, "text", "%s", order->texts->items[i]);
    signature_add(&signature, "language", "%s", walk->language->code);
    signature_add(&signature, "order", "%s %zu %.4f %.4f", name, order->clips, order->median, order->units);
    signature_add(&signature, "seed", "%lld", (long long)walk->options->seed);
    signature_add(&signature, "recipe", "%s", recipe);
    walk_signed(walk, &signature, hex);
    signature_add(all, name, "%s", hex);
    memcpy(walk->corpus_signatures[order->name], hex, sizeof hex);

    char *path = corpus_path(walk, order), *journal = path ? text_print("%s.journal", path) : NULL;
    int code = journal ? 0 : error_memory(error, "a path");
    TRY_GOTO(code, end);
    if (!walk_fresh(walk, path, hex) || corpus_map(corpus, path, error) < 0) { // its sound is checked where it is heard
        struct speech_request request = request_of(walk, cast, order);
        request.journal = journal;
        request.key = hex;
        walk_part(walk, PART_SPEECH + (int)order->name);
        progress_begin(walk->progress, "speech");
        TRY_GOTO(speech_generate(&request, path, walk->progress, report, error), end);
        progress_end(walk->progress, "%zu %s by %zu voices", order->clips, name, report->voices);
        walk_log(walk, "%s: %zu clips by %zu voices in %zu groups, %.1f s, %zu tried", name, order->clips,
                 report->voices, report->groups, report->seconds, report->tried);
        if (*report->notice)
            walk_log(walk, "%s: %s", name, report->notice);
        TRY_GOTO(walk_sign(walk, path, hex, error), end);
        unlink(journal);
        TRY_GOTO(corpus_open(corpus, path, error), end);
    }
    walk->clip_counts[order->name] = corpus->clip_count;
    walk->group_counts[order->name] = (size_t)corpus->groups;
    code = count_voices(walk, cast, order, error);
end:
    free(path);
    free(journal);
    return code;
}

// Near misses, as many of each spelling, none of which is another spelling.
static int write_near(const struct walk *walk, size_t wanted, uint64_t seed, struct text_list *all, struct error *error)
{
    const struct text_list *spellings = &walk->spellings;
    for (size_t i = 0; i < spellings->count; i++) {
        struct text_list texts;
        TRY(speech_near_misses(spellings->items[i], walk->language, wanted / spellings->count + 1, seed + i, &texts,
                               error));
        int code = 0;
        for (size_t k = 0; k < texts.count && code == 0; k++)
            code = text_list_add(all, texts.items[k], error);
        text_list_free(&texts);
        TRY(code);
    }
    for (size_t i = 0; i < spellings->count && spellings->count > 1; i++)
        TRY(speech_leave_out(spellings->items[i], walk->language, all, error));
    return all->count ? 0
                      : error_set(error, ERROR_STATE,
                                  "every other word sounds like one of the %zu spellings: give fewer with --also",
                                  spellings->count);
}

// Sentences are the same for every wake word; those with this one inside are spoken, and not heard.
static int write_sentences(struct walk *walk, enum corpus_name name, size_t wanted, uint64_t seed,
                           struct text_list *texts, struct error *error)
{
    size_t left = 0;
    TRY(speech_sentences(walk->language, wanted, seed, texts, error));
    bool *unfit = walk->unfit[name] = array_alloc(texts->count + 1, sizeof *unfit);
    if (!unfit)
        return error_memory(error, "a list of sentences");
    for (size_t i = 0; i < walk->spellings.count; i++)
        TRY(speech_find(walk->spellings.items[i], walk->language, texts, unfit, error));
    for (size_t i = 0; i < texts->count; i++)
        left += !unfit[i];
    return left > 0 ? 0
                    : error_set(error, ERROR_STATE, "every sentence in %s sounds like \"%.60s\": is it long enough for a "
                                "wake word?", walk->language->name, walk->options->phrase);
}

struct scripts { // what is said, besides the wake word itself
    struct text_list accents, near, near_neural, sentences, held_sentences;
};

static void scripts_close(struct scripts *scripts)
{
    struct text_list *const lists[] = {&scripts->accents, &scripts->near, &scripts->near_neural, &scripts->sentences,
                                       &scripts->held_sentences};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        text_list_free(lists[i]);
}

// Some near misses as they are, and as many as a speaker of another language says them: the accents make the model
// wider, and so must be on both sides.
static int write_near_neural(const struct walk *walk, struct scripts *scripts, struct error *error)
{
    const size_t some = walk->preset.near_neural < scripts->near.count ? walk->preset.near_neural : scripts->near.count;
    struct text_list drawn = {scripts->near.items, some, 0}, foreign = {0}; // they are in random order
    int code = speech_accents(&drawn, walk->language, &walk->spellings, 1, (uint64_t)walk->options->seed, &foreign,
                              error);
    for (size_t i = 0; i < some && code == 0; i++)
        code = text_list_add(&scripts->near_neural, drawn.items[i], error);
    for (size_t i = 0; i < foreign.count && code == 0 && walk->preset.accents > 0; i++)
        code = text_list_add(&scripts->near_neural, foreign.items[i], error);
    text_list_free(&foreign);
    return code;
}

// Other near misses than those that are trained on.
static int write_held_near(struct walk *walk, const struct text_list *trained, struct error *error)
{
    const size_t wanted = walk->preset.held / HELD_NEAR_EACH + 1;
    struct text_list texts = {0};
    int code = write_near(walk, trained->count + wanted, seed_mix((uint64_t)walk->options->seed, "held"), &texts, error);
    for (size_t i = 0; i < texts.count && walk->held_near.count < wanted && code == 0; i++)
        if (!text_list_has(trained, texts.items[i]) && !text_list_has(&walk->held_near, texts.items[i]))
            code = text_list_add(&walk->held_near, texts.items[i], error);
    text_list_free(&texts);
    return code;
}

static int write_scripts(struct walk *walk, struct scripts *scripts, struct error *error)
{
    const struct pipeline_preset *preset = &walk->preset;
    uint64_t seed = (uint64_t)walk->options->seed;
    TRY(write_near(walk, preset->near / 3, seed, &scripts->near, error));
    TRY(write_held_near(walk, &scripts->near, error));
    TRY(write_sentences(walk, CORPUS_SENTENCES, preset->sentences / 2, seed, &scripts->sentences, error));
    TRY(write_sentences(walk, CORPUS_HELD_SENTENCES, preset->held_sentences / 2, seed_mix(seed, "other"),
                        &scripts->held_sentences, error));
    if (preset->accents > 0)
        TRY(speech_accents(&walk->spellings, walk->language, NULL, 0, seed, &scripts->accents, error));
    if (scripts->accents.count == 0)
        walk->preset.accents = 0;
    return preset->near_neural > 0 ? write_near_neural(walk, scripts, error) : 0;
}

int stage_speech(struct walk *walk, struct error *error)
{
    const struct pipeline_preset *preset = &walk->preset;
    struct scripts scripts = {0};
    struct signature all;
    struct cast cast = {0};
    int code;
    signature_begin(&all, "all speech");
    walk->group_engines = json_object();
    TRY_GOTO(cast_open(&cast, walk, error), end);
    TRY_GOTO(write_scripts(walk, &scripts, error), end);
    const struct order words = order_of_words(walk, CORPUS_WORDS, CAST_TRAIN, preset->clips);
    const struct order orders[] = {
        words,
        order_of_words(walk, CORPUS_NEURAL, CAST_NEURAL, preset->neural),
        {CORPUS_ACCENTS, &scripts.accents, preset->accents, words.median, words.units, CAST_FOREIGN, false},
        {CORPUS_NEAR, &scripts.near, preset->near, words.median, 0, CAST_TRAIN, false},
        {CORPUS_NEAR_NEURAL, &scripts.near_neural, preset->near_neural, words.median, 0, CAST_NEURAL, false},
        {CORPUS_SENTENCES, &scripts.sentences, preset->sentences, 0, 0, CAST_TRAIN, true},
        order_of_words(walk, CORPUS_HELD_WORDS, CAST_HELD_WORDS, preset->held / 3 + 1),
        {CORPUS_HELD_NEAR, &walk->held_near, HELD_NEAR_CLIPS * walk->held_near.count, words.median, 0, CAST_HELD_WORDS,
         false},
        {CORPUS_HELD_SENTENCES, &scripts.held_sentences, preset->held_sentences, 0, 0, CAST_HELD, true},
    };
    for (size_t i = 0; i < COUNT_OF(orders); i++)
        if (cast.counts[orders[i].cast] > 0 && orders[i].clips > 0)
            TRY_GOTO(speak(walk, &cast, &orders[i], &all, error), end);
    signature_end(&all, walk->speech_signature);
end:
    cast_close(&cast);
    scripts_close(&scripts);
    return code;
}

// The voice that the user means, moved to the end of the chosen ones.
static int choose_voice(struct cast *cast, size_t count, const char *name, const struct language *language,
                        struct error *error)
{
    char spare[128] = "";
    for (size_t i = 0; i < count; i++) {
        const struct voice *voice = &cast->voices[i];
        size_t length = strlen(voice->engine);
        bool other = i == 0 || strcmp(voice->engine, voice[-1].engine) != 0;
        if (strcmp(voice->name, name) == 0 || (strncmp(name, voice->engine, length) == 0 && name[length] == ':' &&
                                               strcmp(name + length + 1, voice->name) == 0)) {
            struct voice *chosen = &cast->parts[CAST_TRAIN][cast->counts[CAST_TRAIN]++];
            *chosen = *voice;
            chosen->share = 1;
            return 0;
        }
        if (other)
            snprintf(spare + strlen(spare), sizeof spare - strlen(spare), "%s%s:%s", *spare ? ", " : "", voice->engine,
                     voice->name);
    }
    return error_set(error, ERROR_USAGE, "no voice of %s is called \"%.60s\"; it has, among others, %s", language->name,
                     name, spare);
}

static int choose_cast(struct cast *cast, const struct walk *walk, const struct text_list *names, struct error *error)
{
    size_t count;
    TRY(speech_voices(walk->language, &cast->voices, &count, error));
    cast->parts[CAST_TRAIN] = array_alloc(names->count, sizeof **cast->parts);
    if (!cast->parts[CAST_TRAIN])
        return error_memory(error, "the voices");
    for (size_t i = 0; i < names->count; i++)
        TRY(choose_voice(cast, count, names->items[i], walk->language, error));
    // They go in front of cast->voices in the end, which must have room for them.
    return names->count <= count ? 0 : error_set(error, ERROR_USAGE, "more voices than there are: name each once");
}

// Which corpus of the training is heard, and by whom.
static int find_order(struct walk *walk, const struct pipeline_saying *saying, const struct cast *cast, bool chosen,
                      struct order *order, struct error *error)
{
    bool neural = saying->neural && !chosen, accents = saying->accents && !chosen;
    enum part_of_cast part = accents ? CAST_FOREIGN : neural ? CAST_NEURAL : CAST_TRAIN;
    enum corpus_name name = accents ? CORPUS_ACCENTS : neural ? CORPUS_NEURAL : CORPUS_WORDS;
    if (cast->counts[part] == 0)
        return error_set(error, ERROR_MISSING, "no neural voice speaks %s: wakesmith voices fetch --default brings some",
                         walk->language->name);
    *order = order_of_words(walk, name, part, saying->clips);
    if (!accents)
        return 0;
    struct text_list list;
    TRY(speech_accents(&walk->spellings, walk->language, NULL, 0, (uint64_t)walk->options->seed, &list, error));
    text_list_free(&walk->spellings);
    walk->spellings = list;
    return list.count ? 0
                      : error_set(error, ERROR_STATE, "no other voice reads \"%.60s\" as the same word: leave --accents out",
                                  walk->options->phrase);
}

int pipeline_speak(const struct pipeline_options *options, const struct pipeline_saying *saying, const char *path,
                   struct voice **voices, struct text_list *texts, struct error *error)
{
    struct walk walk = {.options = options, .lock = -1};
    struct cast cast = {0};
    struct order order = {0};
    bool chosen = saying->voices && saying->voices->count > 0;
    int code;
    *voices = NULL;
    *texts = (struct text_list){0};
    TRY_GOTO(walk_find_names(&walk, error), end);
    TRY_GOTO(chosen ? choose_cast(&cast, &walk, saying->voices, error) : cast_open(&cast, &walk, error), end);
    TRY_GOTO(find_order(&walk, saying, &cast, chosen, &order, error), end);
    struct speech_request request = request_of(&walk, &cast, &order);
    request.threads = (int)options->threads;
    TRY_GOTO(speech_generate(&request, path, saying->progress, NULL, error), end);
    // The names of the voices lie behind the whole cast: the caller gets that memory with those who spoke in front.
    memcpy(cast.voices, cast.parts[order.cast], cast.counts[order.cast] * sizeof *cast.voices);
    *voices = cast.voices;
    cast.voices = NULL;
    *texts = walk.spellings;
    walk.spellings = (struct text_list){0};
end:
    cast_close(&cast);
    text_list_free(&walk.spellings);
    free(walk.title);
    return code;
}
