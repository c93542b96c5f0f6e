// SPDX-License-Identifier: GPL-3.0-or-later
// A chain of transforms with the names, parameters and defaults that the reference gives to audiomentations. Samples
// are float in [-1, 1]; each transform happens with its probability, in the chain's order.
#include "augment/augment_internal.h"
#include "augment/chain_internal.h"

#include <math.h>
#include <string.h>

// Parameters in the order in which transforms read them. Defaults are those of the reference's training.
const struct chain_kind chain_kinds[CHAIN_KINDS] = {
    [CHAIN_EQ] = {"SevenBandParametricEQ",
                  chain_seven_bands,
                  0.10,
                  {{"min_gain_db", -6, -60, 60}, {"max_gain_db", 6, -60, 60}}},
    [CHAIN_TANH] = {"TanhDistortion",
                    chain_tanh,
                    0.05,
                    {{"min_distortion", 0.0001, 0, 1}, {"max_distortion", 0.10, 0, 1}}},
    [CHAIN_PITCH] = {"PitchShift",
                     chain_pitch,
                     0.15,
                     {{"min_semitones", -3, -3.5, 3.5}, {"max_semitones", 3, -3.5, 3.5}}},
    [CHAIN_BAND_STOP] = {"BandStopFilter",
                         chain_band_stop,
                         0.10,
                         {{"min_center_freq", 200, 20, 7000},
                          {"max_center_freq", 4000, 20, 7000},
                          {"min_bandwidth_fraction", 0.5, 0.01, 1.99},
                          {"max_bandwidth_fraction", 1.99, 0.01, 1.99},
                          {"min_order", 2, 1, 6},
                          {"max_order", 4, 1, 6}}},
    [CHAIN_COLOUR] = {"AddColorNoise",
                      chain_colour_noise,
                      0.10,
                      {{"min_snr_db", 10, -60, 120},
                       {"max_snr_db", 30, -60, 120},
                       {"min_f_decay", -6, -24, 24},
                       {"max_f_decay", 6, -24, 24}}},
    [CHAIN_BACKGROUND] = {"AddBackgroundNoise",
                          chain_background,
                          0.70,
                          {{"min_snr_db", 5, -60, 120}, {"max_snr_db", 10, -60, 120}}},
    [CHAIN_GAIN] = {"Gain", chain_gain, 0.80, {{"min_gain_db", -45, -120, 60}, {"max_gain_db", 0, -120, 60}}},
    [CHAIN_TRANSITION] = {"GainTransition",
                          chain_gain_transition,
                          0,
                          {{"min_gain_db", -10, -120, 60},
                           {"max_gain_db", 10, -120, 60},
                           {"min_duration", 0.2, 0.001, 60},
                           {"max_duration", 6, 0.001, 60}}},
    [CHAIN_RIR] = {"ApplyImpulseResponse", chain_impulse_response, 0.70, {{"peak", 0.5, 0.001, 1}}},
    [CHAIN_NORMALIZE] = {"Normalize", chain_normalize, 1, {{"limit", 1, 0.001, 1}}},
};

int chain_parameters(const struct chain_kind *kind)
{
    int count = 0;
    while (count < CHAIN_PARAMETERS && kind->parameters[count].name)
        count++;
    return count;
}

void augment_chain_reference(struct augment_chain *chain)
{
    *chain = (struct augment_chain){0};
    for (int i = 0; i < CHAIN_KINDS; i++) {
        struct augment_step *step = &chain->steps[chain->count++];
        step->kind = i;
        step->chance = chain_kinds[i].chance;
        for (int k = 0; k < CHAIN_PARAMETERS; k++)
            step->values[k] = chain_kinds[i].parameters[k].usual;
    }
}

void augment_chain_print(const struct augment_chain *chain, struct buffer *yaml)
{
    for (size_t i = 0; i < chain->count; i++) {
        const struct augment_step *step = &chain->steps[i];
        const struct chain_kind *kind = &chain_kinds[step->kind];
        buffer_print(yaml, "- %s: {p: %.9g", kind->name, step->chance);
        for (int k = 0; k < chain_parameters(kind); k++)
            buffer_print(yaml, ", %s: %.9g", kind->parameters[k].name, step->values[k]);
        buffer_print(yaml, "}\n");
    }
}

uint32_t augment_chain_run(const struct augment_chain *chain, const struct augment_bank *bank,
                           struct augment_scratch *scratch, struct rng *rng, float *x, size_t count)
{
    uint32_t done = 0;
    for (size_t i = 0; i < chain->count; i++) {
        const struct augment_step *step = &chain->steps[i];
        struct chain_context context = {bank, scratch, rng, step->values};
        if (rng_chance(rng, step->chance) && chain_kinds[step->kind].apply(&context, x, count))
            done |= 1u << i;
    }
    return done;
}

int augment_chain_render(const struct augment_chain *chain, const struct augment_bank *bank,
                         struct augment_scratch *scratch, struct rng *rng, const struct augment_scene *scene,
                         const int16_t *clip, size_t count, int16_t *pcm, struct augment_trace *trace,
                         struct error *error)
{
    if (scene->samples > scratch->max_samples || scene->word_end > scene->samples)
        return error_set(error, ERROR_USAGE, "word end %zu does not fit into a scene of %zu samples, at most %zu",
                         scene->word_end, scene->samples, scratch->max_samples);
    float *x = scratch->scene;
    size_t taken = count < scene->word_end ? count : scene->word_end, begin = scene->word_end - taken;
    memset(x, 0, scene->samples * sizeof *x);
    for (size_t i = 0; i < taken; i++)
        x[begin + i] = (float)clip[count - taken + i] / 32768.0f;
    uint32_t done = augment_chain_run(chain, bank, scratch, rng, x, scene->samples);
    for (size_t i = 0; i < scene->samples; i++) { // as the reference: times 32768, clipped, truncated toward zero
        float value = x[i] * 32768.0f;
        pcm[i] = (int16_t)(value > 32767.0f ? 32767.0f : value < -32768.0f ? -32768.0f : value);
    }
    if (trace)
        *trace = (struct augment_trace){
            .word_begin = begin, .resampling = 1, .snr_db = HUGE_VAL, .room = -1, .transforms = done};
    return 0;
}
