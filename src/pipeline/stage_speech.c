// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "speech": the wake word, its near misses and sentences, spoken by all voices of the language.
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

static double word_units(const char *phrase)
{
    size_t words = 0, letters = 0;
    for (const char *at = phrase; *at; at++) {
        letters += (*at & 0xc0) != 0x80 && *at != ' '; // UTF-8 code points
        words += *at != ' ' && (at == phrase || at[-1] == ' ');
    }
    return words > 1 ? (double)words : letters > 5 ? (double)letters / 5 : 1;
}

// Speaks `texts` into work/speech/<name>.corpus unless it is there, fresh.
static int speak(struct walk *walk, const char *name, const struct text_list *texts, size_t clips, double median, double units,
                 struct corpus *corpus, struct speech_report *report, struct signature *all, struct error *error)
{
    struct signature signature;
    char hex[65];
    signature_begin(&signature, "speech");
    for (size_t i = 0; i < texts->count; i++)
        signature_add(&signature, "text", "%s", texts->items[i]);
    signature_add(&signature, "language", "%s", walk->language->code);
    signature_add(&signature, "clips", "%zu", clips);
    signature_add(&signature, "median", "%.4f", median);
    signature_add(&signature, "seed", "%lld", (long long)walk->options->seed);
    char voices[65];
    TRY(speech_signature(walk->language, voices, error));
    signature_add(&signature, "voices", "%s", voices);
    signature_end(&signature, hex);
    signature_add(all, name, "%s", hex);

    char file[64];
    snprintf(file, sizeof file, "%s.corpus", name);
    char *path = walk_path(walk, "speech", file);
    if (!path)
        return error_memory(error, "a path");
    int code = 0;
    if (!artefact_fresh(path, hex) || corpus_open(corpus, path, error) < 0) {
        struct speech_request request = {.texts = (const char *const *)texts->items, .text_count = texts->count, .language = walk->language,
                                         .clips = clips, .duration_median = median, .duration_sigma = 0.2, .units = units,
                                         .seed = seed_mix((uint64_t)walk->options->seed, name), .threads = pool_threads(walk->pool)};
        progress_begin(walk->progress, name);
        TRY_GOTO(speech_generate(&request, path, walk->progress, report, error), end);
        progress_end(walk->progress, "%zu clips by %zu voices", clips, report->voices);
        walk_log(walk, "%s: %zu clips by %zu voices in %zu groups, %.1f s, %zu tried", name, clips, report->voices, report->groups,
                 report->seconds, report->tried);
        TRY_GOTO(artefact_sign(path, hex, error), end);
        TRY_GOTO(corpus_open(corpus, path, error), end);
    }
end:
    free(path);
    return code;
}

int stage_speech(struct walk *walk, struct error *error)
{
    uint64_t seed = (uint64_t)walk->options->seed;
    struct text_list words = {0}, near = {0}, sentences = {0};
    struct signature all;
    double expected = speech_expected_seconds(walk->spoken, walk->language);
    int code;
    signature_begin(&all, "all speech");
    TRY_GOTO(text_list_add(&words, walk->spoken, error), end);
    TRY_GOTO(speech_near_misses(walk->spoken, walk->language, 400, seed, &near, error), end);
    TRY_GOTO(speech_sentences(walk->spoken, walk->language, 2000, seed, &sentences, error), end);
    TRY_GOTO(speak(walk, "words", &words, walk->preset.clips, expected, word_units(walk->spoken), &walk->words, &walk->speech_reports[0],
                   &all, error), end);
    TRY_GOTO(speak(walk, "near", &near, walk->preset.near, expected, 0, &walk->near, &walk->speech_reports[1], &all, error), end);
    TRY_GOTO(speak(walk, "sentences", &sentences, walk->preset.sentences, 0, 0, &walk->sentences, &walk->speech_reports[2], &all, error),
             end);
    signature_end(&all, walk->speech_signature);
    const struct corpus *corpora[] = {&walk->words, &walk->near, &walk->sentences};
    for (size_t i = 0; i < COUNT_OF(corpora); i++) {
        walk->clip_counts[i] = corpora[i]->clip_count;
        walk->group_counts[i] = (size_t)corpora[i]->groups;
    }
end:
    text_list_free(&words);
    text_list_free(&near);
    text_list_free(&sentences);
    return code;
}

// About one voice in eight is held out; an engine with fewer than eight voices gives all of them to training,
// since each is a timbre that nothing else has.
bool voice_held(const struct walk *walk, const struct corpus *corpus, const struct spoken *clip)
{
    enum { FEW = 8 };
    int seen[FEW], count = 0;
    for (size_t i = 0; i < corpus->clip_count && count < FEW; i++) {
        int k = 0;
        if (corpus->clips[i].engine != clip->engine)
            continue;
        while (k < count && seen[k] != corpus->clips[i].group)
            k++;
        if (k == count)
            seen[count++] = corpus->clips[i].group;
    }
    return count == FEW && split_of((uint64_t)walk->options->seed, clip->group, 0.125) == SPLIT_VALIDATE;
}
