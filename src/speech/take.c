// SPDX-License-Identifier: GPL-3.0-or-later
// One take: a voice and a way of speaking are drawn, the engine speaks until the length fits, the sound is
// resampled, trimmed, judged and set to a common level.
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPEAKINGS = 3, PEAK = 20000, SECONDS_MAXIMUM = 20 };

static const double length_tolerance = .08;
static const double measured_below_peak = 32, trimmed_below_peak = 38; // dB
static const double free_pace[2] = {.6, 1.12}; // when no duration is wanted: engines are rather fast

// How long a text takes at pace 1, as last heard: the next first try is already close.
struct heard {
    uint32_t text;
    double seconds; // 0: not heard yet
};

// What a child keeps between its takes.
struct speaker {
    const struct shard *shard;
    int opened[ENGINES_MAXIMUM]; // 0 not yet, 1 open, -1 does not open
    struct heard by_engine[ENGINES_MAXIMUM], *by_voice;
    struct sound sound;
    bool shared_rand; // ONNX Runtime was here, which draws from flite's rand() at its own times
    int16_t *samples; // of the take, SECONDS_MAXIMUM
};

static double clamp(double x, const double range[2])
{
    return fmin(fmax(x, range[0]), range[1]);
}

// A voice by its share, among those whose engine can say the text.
static uint32_t draw_voice(const struct shard *shard, const char *text, struct rng *rng)
{
    bool reads[ENGINES_MAXIMUM];
    double total = 0;
    for (size_t i = 0; i < speech_engine_count; i++)
        reads[i] = !speech_engines[i].reads || speech_engines[i].reads(text);
    for (size_t i = 0; i < shard->voice_count; i++)
        total += reads[shard->rows[i]] ? shard->voices[i].share : 0;
    double left = rng_unit(rng) * total;
    size_t last = 0;
    for (size_t i = 0; i < shard->voice_count; i++) {
        if (!reads[shard->rows[i]] || shard->voices[i].share <= 0)
            continue;
        last = i;
        left -= shard->voices[i].share;
        if (left < 0)
            break;
    }
    return (uint32_t)last;
}

static bool engine_ready(struct speaker *speaker, int row)
{
    if (speaker->opened[row] == 0)
        speaker->opened[row] = speech_engines[row].open() == 0 ? 1 : -1;
    return speaker->opened[row] == 1;
}

static double measured_seconds(const struct sound *sound)
{
    size_t begin, end;
    audio_speech_bounds(sound->samples, sound->count, measured_below_peak, &begin, &end);
    return (double)(end - begin) / sound->rate;
}

static double first_pace(const struct speaker *speaker, const struct engine *engine, const struct take *take,
                         double seconds)
{
    const struct heard *heard = &speaker->by_voice[take->voice];
    if (heard->seconds <= 0 || heard->text != take->text)
        heard = &speaker->by_engine[engine - speech_engines];
    return clamp(heard->seconds > 0 && heard->text == take->text ? heard->seconds / seconds : engine->first_pace,
                 engine->pace);
}

// Speaks into speaker->sound. `seconds` > 0: the length wanted, reached by measuring and correcting the pace, which
// is roughly but not exactly proportional to it; otherwise prosody.pace stands. False when the engine gives nothing.
static bool speak_for(struct speaker *speaker, const struct engine *engine, const struct take *take, double seconds,
                      struct prosody prosody)
{
    const char *voice = speaker->shard->voices[take->voice].name, *text = speaker->shard->request->texts[take->text];
    if (seconds > 0)
        prosody.pace = first_pace(speaker, engine, take, seconds);
    for (int i = 0; i < SPEAKINGS; i++) {
        speaker->sound.count = 0;
        if (engine->speak(speaker->shard->request->language, voice, text, &prosody, &speaker->sound) != 0 || speaker->sound.count == 0 ||
            speaker->sound.rate <= 0)
            return false;
        if (seconds <= 0)
            return true;
        double measured = measured_seconds(&speaker->sound);
        struct heard heard = {take->text, measured * prosody.pace};
        speaker->by_voice[take->voice] = speaker->by_engine[engine - speech_engines] = heard;
        double pace = clamp(prosody.pace * measured / seconds, engine->pace);
        if (measured <= 0 || engine->neural || fabs(measured / seconds - 1) < length_tolerance || fabs(pace - prosody.pace) < 1e-6)
            return true;
        prosody.pace = pace;
    }
    return true;
}

// From the engine's sound to the clip: its formants times `timbre`, 16 kHz, trimmed, peak at PEAK.
static enum audio_fault finish(struct speaker *speaker, double timbre, double units, uint32_t *count)
{
    float *sound = NULL;
    size_t size = 0, begin, end;
    struct error ignored;
    // Most of the silence goes before the resampling, which is what takes time here.
    audio_speech_bounds(speaker->sound.samples, speaker->sound.count, trimmed_below_peak + 12, &begin, &end);
    if (audio_resample(speaker->sound.samples + begin, end - begin, AUDIO_RATE / (speaker->sound.rate * timbre), &sound,
                       &size, &ignored) < 0)
        return (enum audio_fault)TAKE_FAILED;
    audio_speech_bounds(sound, size, trimmed_below_peak, &begin, &end);
    enum audio_fault fault = AUDIO_GOOD;
    if (end - begin < AUDIO_RATE / 10)
        fault = AUDIO_TOO_SHORT;
    else if (end - begin > SECONDS_MAXIMUM * AUDIO_RATE)
        fault = AUDIO_TOO_LONG;
    else {
        struct audio_measure measure;
        audio_measure(sound + begin, end - begin, &measure);
        if (units <= 0)
            measure.seconds = units = 1; // lengths are not judged: pretend one that fits
        fault = audio_judge(&measure, units);
    }
    if (fault == AUDIO_GOOD) {
        float peak = 0;
        for (size_t i = begin; i < end; i++)
            peak = fmaxf(peak, fabsf(sound[i]));
        for (size_t i = begin; i < end; i++)
            speaker->samples[i - begin] = (int16_t)lrintf(sound[i] * (PEAK / peak));
        *count = (uint32_t)(end - begin);
    }
    free(sound);
    return fault;
}

struct take_plan take_draw(const struct shard *shard, uint32_t text, struct rng *rng)
{
    const struct speech_request *request = shard->request;
    uint32_t voice = draw_voice(shard, request->texts[text], rng);
    const struct engine *engine = &speech_engines[shard->rows[voice]];
    double timbre = rng_log_range(rng, engine->timbre[0], engine->timbre[1]);
    double length = exp(request->duration_sigma * rng_normal(rng)),
           pace = rng_log_range(rng, free_pace[0], free_pace[1]);
    struct prosody prosody = {
        .pace = clamp(pace / timbre, engine->pace), .pitch = rng_range(rng, -1, 1), .range = rng_unit(rng)};
    // Resampling by the timbre shortens the sound as much as it moves the formants: ask for a longer one.
    return (struct take_plan){voice, timbre, request->duration_median * length * timbre, prosody};
}

static struct take speak_take(struct speaker *speaker, uint32_t text, struct rng *rng)
{
    // All draws come before the first failure can happen, so that one take never shifts the draws of the next.
    const struct take_plan plan = take_draw(speaker->shard, text, rng);
    int row = speaker->shard->rows[plan.voice];
    const struct engine *engine = &speech_engines[row];
    struct take take = {.text = text, .voice = plan.voice, .fault = TAKE_FAILED};
    if (speaker->shared_rand)
        srand((unsigned)rng_next(rng));
    speaker->shared_rand |= engine->neural;
    if (engine_ready(speaker, row) && speak_for(speaker, engine, &take, plan.seconds, plan.prosody))
        take.fault = finish(speaker, plan.timbre, speaker->shard->request->units, &take.count);
    return take;
}

uint32_t shard_text(const struct shard *shard, size_t take)
{
    return shard->texts[(shard->first + take) % shard->text_count];
}

struct rng shard_rng(const struct shard *shard)
{
    return rng_make(seed_mix(shard->request->seed, "speech"), shard->number);
}

int speak_shard(void *context, int output)
{
    const struct shard *shard = context;
    struct speaker speaker = {.shard = shard, .samples = malloc(sizeof(int16_t) * SECONDS_MAXIMUM * AUDIO_RATE),
                              .by_voice = array_alloc(shard->voice_count, sizeof *speaker.by_voice)};
    if (!speaker.samples || !speaker.by_voice)
        return -1;
    if (shard->no_cuda)
        ort_leave_cuda(shard->no_cuda);
    srand(1); // engines that use it start alike in every child
    struct rng rng = shard_rng(shard);
    for (size_t i = 0; i < shard->takes; i++) {
        struct take take = speak_take(&speaker, shard_text(shard, i), &rng);
        if (!child_write(output, &take, sizeof take) ||
            !child_write(output, speaker.samples, take.count * sizeof(int16_t)))
            return -1;
    }
    const char *notice = ort_notice();
    return child_write(output, notice, strlen(notice)) ? 0 : -1; // the process ends here, and its memory with it
}
