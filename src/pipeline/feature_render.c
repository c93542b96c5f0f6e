// SPDX-License-Identifier: GPL-3.0-or-later
// How feature sets are made: words heard in their conditions, and running audio, as rows of the device's front end.
//
// A word's scene is `lead` samples that warm the front end and are thrown away, then rows of which the word's
// end is row `window`: a training window ends 0 to SLIDE - 1 rows later.
#include "pipeline/pipeline_features.h"

#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

static enum augment_condition draw_condition(struct rng *rng, const double shares[CONDITION_COUNT])
{
    double at = rng_unit(rng);
    int last = CONDITION_COUNT - 1;
    while (last > 0 && shares[last] == 0)
        last--;
    for (int c = 0; c < last; c++)
        if ((at -= shares[c]) < 0)
            return (enum augment_condition)c;
    return (enum augment_condition)last;
}

// ---- words ----

static const struct word_clip *draw_clip(struct rng *rng, const struct word_source *source)
{
    const struct word_part *part = source->parts;
    const struct word_clip *clips = source->clips;
    double at = part->share < 1 ? rng_unit(rng) : 0; // one part alone takes no draw
    while (at >= part->share && part + 1 < source->parts + COUNT_OF(source->parts) && part[1].count > 0) {
        at -= part->share;
        clips += part->count;
        part++;
    }
    return &clips[rng_below(rng, (uint32_t)part->count)];
}

struct example_job { // one augmented word
    const struct word_source *source;
    const struct augment_chain *chain; // NULL: Wakesmith's conditions
    const struct augment_bank *bank;
    struct augment_scratch *const *scratches;
    int16_t *const *pcm; // one scene per worker
    uint16_t *rows;      // [BATCH][scene rows][40]
    struct feature_item *items;
    size_t first; // index of the batch's first example
    uint32_t window;
    uint64_t seed;
    struct error *errors; // one per example of the batch
};

static void render_example(void *context, size_t index, int worker)
{
    struct example_job *job = context;
    const struct word_source *source = job->source;
    struct rng rng = rng_make(job->seed, job->first + index);
    const struct word_clip *clip = draw_clip(&rng, source);
    uint32_t rows = job->window + SLIDE;
    struct augment_scene scene = {.samples = LEAD + rows * FRONTEND_STEP + FRONTEND_WINDOW - FRONTEND_STEP,
                                  .word_end = LEAD + job->window * FRONTEND_STEP + FRONTEND_WINDOW - FRONTEND_STEP,
                                  .condition = draw_condition(&rng, source->shares),
                                  .gentle = source->gentle};
    struct augment_trace trace;
    int16_t *pcm = job->pcm[worker];
    int code = job->chain ? augment_chain_render(job->chain, job->bank, job->scratches[worker], &rng, &scene,
                                                 clip->samples, clip->count, pcm, &trace, &job->errors[index])
                          : augment_render(job->bank, job->scratches[worker], &rng, &scene, clip->samples, clip->count,
                                           pcm, &trace, &job->errors[index]);
    if (code < 0)
        return;
    // Half of the quiet scenes begin inside the window, as a clip does that is cut tightly around a word.
    size_t skip = LEAD / FRONTEND_STEP, from = skip;
    size_t word_row = trace.word_begin / FRONTEND_STEP;
    if (!job->chain && scene.condition == CONDITION_QUIET && word_row > skip + 6 && rng_chance(&rng, .5))
        from = skip + rng_below(&rng, (uint32_t)(word_row - skip - 3));
    else
        from = 0;
    struct frontend frontend;
    frontend_reset(&frontend);
    uint16_t scratch[(LEAD / FRONTEND_STEP + MAX_ROWS) * FRONTEND_CHANNELS];
    frontend_push(&frontend, pcm + from * FRONTEND_STEP, scene.samples - from * FRONTEND_STEP, scratch);
    uint16_t *out = job->rows + index * rows * FRONTEND_CHANNELS;
    size_t silent = from > skip ? from - skip : 0, drop = from > skip ? 0 : skip - from;
    memset(out, 0, silent * FRONTEND_CHANNELS * sizeof *out);
    memcpy(out + silent * FRONTEND_CHANNELS, scratch + drop * FRONTEND_CHANNELS,
           (rows - silent) * FRONTEND_CHANNELS * sizeof *out);
    job->items[index] = (struct feature_item){.rows = rows,
                                              .valid_from = (uint32_t)silent,
                                              .word_end = job->window,
                                              .group = clip->group,
                                              .weight = 1,
                                              .tag = (uint32_t)scene.condition};
}

int features_words(struct walk *walk, const struct feature_tools *tools, const struct word_source *source,
                   size_t examples, const char *label, struct feature_writer *writer, struct error *error)
{
    enum { BATCH = 64 };
    uint32_t window = (uint32_t)nn_window(&walk->config), rows = window + SLIDE;
    bool trains = source->shares == train_shares; // what measures is heard the same whatever trains
    struct example_job job = {.source = source,
                              .chain = trains && walk->chained ? &walk->chain : NULL,
                              .bank = tools->bank,
                              .scratches = tools->scratches,
                              .pcm = tools->pcm,
                              .window = window,
                              .seed = seed_mix((uint64_t)walk->options->seed, label)};
    job.rows = array_alloc(BATCH, rows * FRONTEND_CHANNELS * sizeof *job.rows);
    job.items = array_alloc(BATCH, sizeof *job.items);
    job.errors = array_alloc(BATCH, sizeof *job.errors);
    int code = job.rows && job.items && job.errors ? 0 : error_memory(error, "the features of words");
    for (size_t i = feature_writer_items(writer); i < examples && code == 0; i += BATCH) {
        size_t here = examples - i < BATCH ? examples - i : BATCH;
        job.first = i;
        pool_run(walk->pool, here, render_example, &job);
        for (size_t k = 0; k < here && code == 0; k++) {
            code = job.errors[k].code;
            if (code < 0)
                *error = job.errors[k];
            else
                code = feature_writer_add(writer, job.rows + k * rows * FRONTEND_CHANNELS, &job.items[k], error);
        }
        progress_step(walk->progress, (double)(i + here), (double)examples, "%s", label);
        if (code == 0 && progress_stopped(walk->progress))
            code = progress_cancelled(error);
    }
    free(job.rows);
    free(job.items);
    free(job.errors);
    return code;
}

// ---- running audio ----

struct track_job { // tracks of one batch
    const struct track_source *source;
    const struct augment_bank *bank;
    struct augment_scratch *const *scratches;
    size_t first;
    uint64_t seed;
    struct track_rows {
        uint16_t *rows;
        size_t count;
        int code;
        struct error error;
    } results[TRACK_BATCH];
};

// Degrades running audio piece by piece; GAIN: half of the pieces at another level.
static int hear(const struct track_job *job, int worker, struct rng *rng, int16_t *pcm, size_t count,
                struct error *error)
{
    enum { PIECE = 3 * AUDIO_RATE };
    for (size_t at = 0; at < count; at += PIECE) {
        size_t here = count - at < PIECE ? count - at : PIECE;
        TRY(augment_stream(job->bank, job->scratches[worker], rng, pcm + at, here, error));
    }
    return 0;
}

static void change_level(struct rng *rng, int16_t *pcm, size_t count)
{
    if (!rng_chance(rng, .5))
        return;
    double gain = pow(10, rng_range(rng, -25, 3) / 20);
    for (size_t i = 0; i < count; i++) {
        double x = pcm[i] * gain;
        pcm[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
    }
}

static size_t plan_samples(const struct track_source *source, const struct track_plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->pieces; i++)
        count += source->pieces[plan->first_piece + i].count + source->pieces[plan->first_piece + i].pause;
    return count;
}

// *pcm (freed, or kept as it is) and *count become those of the other speed.
static int change_speed(double speed, int16_t **pcm, size_t *count, struct error *error)
{
    float *samples = array_alloc(*count + 1, sizeof *samples), *out = NULL;
    size_t made = 0;
    if (!samples)
        return error_memory(error, "a track of audio");
    for (size_t i = 0; i < *count; i++)
        samples[i] = (*pcm)[i];
    int code = audio_resample(samples, *count, 1 / speed, &out, &made, error);
    free(samples);
    int16_t *other = code == 0 ? array_alloc(made + 1, sizeof *other) : NULL;
    if (code == 0 && !other)
        code = error_memory(error, "a track of audio");
    for (size_t i = 0; i < made && code == 0; i++)
        other[i] = (int16_t)lrintf(out[i] > 32767 ? 32767 : out[i] < -32768 ? -32768 : out[i]);
    free(out);
    TRY(code);
    free(*pcm);
    *pcm = other;
    *count = made;
    return 0;
}

static void render_track(void *context, size_t index, int worker)
{
    struct track_job *job = context;
    struct track_rows *result = &job->results[index];
    const struct track_plan *plan = &job->source->tracks[job->first + index];
    struct rng rng = rng_make(job->seed, job->first + index);
    size_t count = plan_samples(job->source, plan);
    int16_t *pcm = array_alloc(count + 1, sizeof *pcm);
    if (!pcm) {
        result->code = error_memory(&result->error, "a track of audio");
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < plan->pieces; i++) {
        const struct track_piece *piece = &job->source->pieces[plan->first_piece + i];
        if (piece->samples)
            memcpy(pcm + at, piece->samples, piece->count * sizeof *pcm);
        if (job->source->mode == TRACK_LEVELS)
            change_level(&rng, pcm + at, piece->count);
        at += piece->count + piece->pause;
    }
    struct frontend frontend;
    frontend_reset(&frontend);
    result->code = plan->speed != 1 ? change_speed(plan->speed, &pcm, &count, &result->error) : 0;
    if (result->code == 0 && job->source->mode == TRACK_HEARD)
        result->code = hear(job, worker, &rng, pcm, count, &result->error);
    result->count = frontend_rows(&frontend, count);
    result->rows = array_alloc(result->count + 1, FRONTEND_CHANNELS * sizeof *result->rows);
    if (result->code == 0 && !result->rows)
        result->code = error_memory(&result->error, "a track of audio");
    if (result->code == 0)
        frontend_push(&frontend, pcm, count, result->rows);
    free(pcm);
}

// The first track that is not among the writer's items; tracks too short for a row are none.
static size_t first_missing(const struct track_source *source, const struct feature_writer *writer)
{
    struct frontend fresh;
    frontend_reset(&fresh);
    size_t track = 0;
    for (size_t items = feature_writer_items(writer); track < source->track_count && items > 0; track++)
        items -= frontend_rows(&fresh, (size_t)((double)plan_samples(source, &source->tracks[track]) /
                                                source->tracks[track].speed)) > 0;
    return track;
}

int features_tracks(struct walk *walk, const struct feature_tools *tools, const struct track_source *source,
                    const char *label, struct feature_writer *writer, struct error *error)
{
    struct track_job job = {.source = source,
                            .bank = tools->bank,
                            .scratches = tools->scratches,
                            .seed = seed_mix((uint64_t)walk->options->seed, label)};
    int code = 0;
    for (size_t i = first_missing(source, writer); i < source->track_count && code == 0; i += TRACK_BATCH) {
        size_t here = source->track_count - i < TRACK_BATCH ? source->track_count - i : TRACK_BATCH;
        job.first = i;
        memset(job.results, 0, sizeof job.results);
        pool_run(walk->pool, here, render_track, &job);
        for (size_t k = 0; k < here; k++) {
            struct feature_item item = {.rows = (uint32_t)job.results[k].count,
                                        .group = source->tracks[i + k].source,
                                        .weight = 1,
                                        .tag = (uint32_t)source->tracks[i + k].kind};
            if (code == 0 && job.results[k].code < 0) {
                code = job.results[k].code;
                *error = job.results[k].error;
            }
            if (code == 0 && item.rows > 0)
                code = feature_writer_add(writer, job.results[k].rows, &item, error);
            free(job.results[k].rows);
        }
        progress_step(walk->progress, (double)(i + here), (double)source->track_count, "%s", label);
        if (code == 0 && progress_stopped(walk->progress))
            code = progress_cancelled(error);
    }
    return code;
}

// ---- tools ----

void feature_tools_close(struct walk *walk, struct feature_tools *tools)
{
    for (int i = 0; i < pool_threads(walk->pool); i++) {
        if (tools->scratches)
            augment_scratch_close(tools->scratches[i]);
        if (tools->pcm)
            free(tools->pcm[i]);
    }
    free(tools->scratches);
    free(tools->pcm);
    free(tools->sounds);
    augment_bank_close(tools->bank);
    *tools = (struct feature_tools){0};
}

static bool may_sound_behind(const struct walk *walk, size_t sound)
{
    return !walk->store.held[sound] && walk->store.sounds[sound].count > AUDIO_RATE / 10;
}

bool features_have_talkers(const struct walk *walk)
{
    for (size_t i = 0; i < walk->store.count; i++)
        if (walk->store.sounds[i].kind == SOUND_SPEECH && may_sound_behind(walk, i))
            return true;
    return false;
}

// What may sound behind speech: recordings that do not only measure, and sentences of the training voices.
int feature_tools_open(struct walk *walk, struct feature_tools *tools, struct error *error)
{
    enum { ROOMS = 160 };
    int threads = pool_threads(walk->pool);
    size_t count = 0, largest = LEAD + MAX_ROWS * FRONTEND_STEP, piece = 3 * AUDIO_RATE;
    *tools = (struct feature_tools){0};
    tools->sounds =
        array_alloc(walk->store.count + walk->corpora[CORPUS_SENTENCES].clip_count + 1, sizeof *tools->sounds);
    tools->scratches = array_alloc((size_t)threads, sizeof *tools->scratches);
    tools->pcm = array_alloc((size_t)threads, sizeof *tools->pcm);
    if (!tools->sounds || !tools->scratches || !tools->pcm)
        return error_memory(error, "the sounds behind speech");
    for (size_t i = 0; i < walk->store.count; i++) {
        const struct stored_sound *sound = &walk->store.sounds[i];
        if (may_sound_behind(walk, i))
            tools->sounds[count++] =
                (struct sound){walk->store.samples + sound->start, sound->count, (enum sound_kind)sound->kind};
    }
    // Synthetic talkers only where there are no real ones.
    const struct corpus *talkers = &walk->corpora[CORPUS_SENTENCES];
    bool synthetic = !features_have_talkers(walk);
    for (size_t i = 0; i < talkers->clip_count && synthetic; i++)
        if (!walk->unfit[CORPUS_SENTENCES][talkers->clips[i].text])
            tools->sounds[count++] =
                (struct sound){talkers->samples + talkers->clips[i].start, talkers->clips[i].count, SOUND_SPEECH};
    TRY(augment_bank_open(&tools->bank, tools->sounds, count, ROOMS, &walk->rirs,
                          seed_mix((uint64_t)walk->options->seed, "rooms"), walk->pool, error));
    for (int i = 0; i < threads; i++) {
        TRY(augment_scratch_open(&tools->scratches[i], tools->bank, largest > piece ? largest : piece, error));
        tools->pcm[i] = array_alloc(largest, sizeof **tools->pcm);
        if (!tools->pcm[i])
            return error_memory(error, "a scene");
    }
    return 0;
}
