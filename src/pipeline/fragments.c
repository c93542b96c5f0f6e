// SPDX-License-Identifier: GPL-3.0-or-later
// Stretches of other speech, as long as the word and alone, in the word's own scenes: without them, all that ever
// stands between pauses is the word and its near misses, and any two beats alone may pass for it.
#include "pipeline/pipeline_features.h"

#include <stdlib.h>
#include <string.h>

enum {
    SCENES_EACH = 2,
    FRAME = AUDIO_RATE / 50,
    REACH = AUDIO_RATE / 10, // an end moves so far, to where it is quietest
    FADE = AUDIO_RATE / 100, // so that no click tells a cut
    TRIES = 20,
};
static const double shortest = .25, longest = 1.3, spread = .3; // seconds, seconds, of the logarithm
static const double least_rms = 200;                            // -44 dB: below, it is a pause

struct talk { // one recording or sentence; `until`: samples of the list up to its end
    const int16_t *samples;
    size_t count, until;
    int32_t group;
};
struct talk_list {
    struct talk *items;
    size_t count, samples;
};

static void add_talk(struct talk_list *list, const int16_t *samples, size_t count, int32_t group)
{
    list->samples += count;
    list->items[list->count++] = (struct talk){samples, count, list->samples, group};
}

static void add_recordings(const struct walk *walk, struct talk_list *list)
{
    for (size_t i = 0; i < walk->store.count; i++) {
        const struct stored_sound *sound = &walk->store.sounds[i];
        if (sound->use == USE_NEGATIVE && sound->kind == SOUND_SPEECH && !walk->store.held[i])
            add_talk(list, walk->store.samples + sound->start, sound->count, sound->source);
    }
}

static void add_fit_sentences(const struct walk *walk, struct talk_list *list)
{
    const struct corpus *corpus = &walk->corpora[CORPUS_SENTENCES];
    for (size_t i = 0; i < corpus->clip_count; i++)
        if (!walk->unfit[CORPUS_SENTENCES][corpus->clips[i].text])
            add_talk(list, corpus->samples + corpus->clips[i].start, corpus->clips[i].count, corpus->clips[i].group);
}

static double rms(const int16_t *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * samples[i];
    return count ? sqrt(sum / (double)count) : 0;
}

// The middle of the quietest frame within REACH of sample `at`.
static size_t quietest(const struct talk *talk, size_t at)
{
    size_t from = at > REACH ? at - REACH : 0, to = at + REACH < talk->count ? at + REACH : talk->count, best = at;
    double least = INFINITY;
    for (size_t i = from; i + FRAME <= to; i += FRAME / 2) {
        double here = rms(talk->samples + i, FRAME);
        if (here < least) {
            least = here;
            best = i + FRAME / 2;
        }
    }
    return best;
}

static const struct talk *draw_talk(struct rng *rng, const struct talk_list *list)
{
    size_t at = (size_t)(rng_unit(rng) * (double)list->samples), low = 0, high = list->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at < list->items[middle].until)
            high = middle;
        else
            low = middle + 1;
    }
    return &list->items[low];
}

// A stretch of about `median` seconds out of the list, false when only pauses were found.
static bool draw_fragment(struct rng *rng, const struct talk_list *list, double median, struct word_clip *clip)
{
    for (int i = 0; i < TRIES; i++) {
        const struct talk *talk = draw_talk(rng, list);
        double seconds = fmin(fmax(median * exp(spread * rng_normal(rng)), shortest), longest);
        size_t length = (size_t)(seconds * AUDIO_RATE), room = talk->count > length ? talk->count - length : 0;
        size_t begin = quietest(talk, (size_t)(rng_unit(rng) * (double)room));
        size_t end = begin + length < talk->count ? quietest(talk, begin + length) : talk->count;
        if (end < begin + (size_t)(shortest * AUDIO_RATE) || rms(talk->samples + begin, end - begin) < least_rms)
            continue;
        *clip = (struct word_clip){talk->samples + begin, end - begin, talk->group};
        return true;
    }
    return false;
}

// The clip's samples become a copy at `out` that begins and ends softly.
static void soften(struct word_clip *clip, int16_t *out)
{
    memcpy(out, clip->samples, clip->count * sizeof *out);
    for (size_t i = 0; i < FADE; i++) {
        double gain = (double)i / FADE;
        out[i] = (int16_t)(gain * out[i]);
        out[clip->count - 1 - i] = (int16_t)(gain * out[clip->count - 1 - i]);
    }
    clip->samples = out;
}

// Half of them from recordings, where there are any.
static size_t cut_fragments(const struct walk *walk, const struct talk_list lists[2], size_t wanted,
                            struct word_clip *clips)
{
    struct rng rng = rng_make(seed_mix((uint64_t)walk->options->seed, "fragments"), 0);
    size_t count = 0;
    for (size_t i = 0; i < wanted; i++) {
        const struct talk_list *list = &lists[i % 2];
        if (list->samples == 0)
            list = &lists[(i + 1) % 2];
        if (list->samples > 0 && draw_fragment(&rng, list, walk->word_seconds, &clips[count]))
            count++;
    }
    return count;
}

int features_fragments(struct walk *walk, const struct feature_tools *tools, size_t examples,
                       struct feature_writer *writer, struct error *error)
{
    const size_t wanted = examples / SCENES_EACH + 1, sentences = walk->corpora[CORPUS_SENTENCES].clip_count;
    struct talk_list lists[2] = {{.items = array_alloc(walk->store.count + 1, sizeof *lists->items)},
                                 {.items = array_alloc(sentences + 1, sizeof *lists->items)}};
    struct word_clip *clips = array_alloc(wanted, sizeof *clips);
    int16_t *samples = NULL;
    size_t total = 0, count;
    int code = 0;
    if (!lists[0].items || !lists[1].items || !clips) {
        code = error_memory(error, "fragments of speech");
        goto done;
    }
    add_recordings(walk, &lists[0]);
    add_fit_sentences(walk, &lists[1]);
    count = cut_fragments(walk, lists, wanted, clips);
    for (size_t i = 0; i < count; i++)
        total += clips[i].count;
    samples = array_alloc(total + 1, sizeof *samples);
    if (!samples) {
        code = error_memory(error, "fragments of speech");
        goto done;
    }
    total = 0;
    for (size_t i = 0; i < count; i++) {
        soften(&clips[i], samples + total);
        total += clips[i].count;
    }
    if (count > 0) {
        struct word_source source = {clips, {{count, 1}}, train_shares, false};
        code = features_words(walk, tools, &source, examples, "fragments", writer, error);
    }
done:
    free(lists[0].items);
    free(lists[1].items);
    free(clips);
    free(samples);
    return code;
}
