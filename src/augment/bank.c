// SPDX-License-Identifier: GPL-3.0-or-later
// The bank: what all clips share and nobody changes. The scratch: what one thread writes to.
#include "augment/augment_internal.h"

#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_RECORDING 10.0 // seconds of a recorded response that are read

static int shelve_sounds(struct augment_bank *bank, const struct sound *sounds, size_t count, struct error *error)
{
    for (int kind = 0; kind < SOUND_KINDS; kind++) {
        struct sound_shelf *shelf = &bank->shelves[kind];
        size_t size = 0;
        for (size_t i = 0; i < count; i++)
            size += (int)sounds[i].kind == kind && sounds[i].count > 0;
        shelf->sounds = array_alloc(size, sizeof *shelf->sounds);
        shelf->ends = array_alloc(size, sizeof *shelf->ends);
        if (!shelf->sounds || !shelf->ends)
            return error_memory(error, "the list of sounds");
        uint64_t end = 0;
        for (size_t i = 0; i < count; i++) {
            if ((int)sounds[i].kind != kind || sounds[i].count == 0)
                continue;
            shelf->sounds[shelf->count] = sounds[i];
            shelf->ends[shelf->count++] = end += sounds[i].count;
        }
    }
    return 0;
}

static int find_recorded(const struct text_list *folders, struct text_list *files, struct error *error)
{
    for (size_t i = 0; folders && i < folders->count; i++) {
        size_t before = files->count;
        TRY(folder_list(folders->items[i], audio_endings, files, error));
        if (files->count == before)
            return error_set(error, ERROR_MISSING, "no impulse responses in %s: there is no audio file in it",
                             folders->items[i]);
    }
    return 0;
}

// The response lies in block[0 .. length); what follows is cleared.
static void add_room(struct augment_bank *bank, size_t index, float *block, size_t length)
{
    fftwf_complex *spectrum = bank->spectra + index * ROOM_STRIDE;
    memset(block + length, 0, (ROOM_FFT - length) * sizeof *block);
    fftwf_execute_dft_r2c(bank->forward, block, spectrum);
    for (size_t i = 0; i < ROOM_BINS; i++) {
        spectrum[i][0] *= 1.0f / ROOM_FFT;
        spectrum[i][1] *= 1.0f / ROOM_FFT;
    }
    bank->room_lengths[index] = length;
}

typedef size_t simulate_room(struct rng *rng, float response[ROOM_SAMPLES], double *rt60);
struct simulation {
    struct augment_bank *bank;
    simulate_room *simulate;
    size_t first; // room
    uint64_t seed;
    float *blocks; // [threads][ROOM_FFT]
};

static void simulate_one(void *context, size_t index, int worker)
{
    const struct simulation *simulation = context;
    struct rng rng = rng_make(simulation->seed, index);
    float *block = simulation->blocks + (size_t)worker * ROOM_FFT;
    double rt60;
    add_room(simulation->bank, simulation->first + index, block, simulation->simulate(&rng, block, &rt60));
}

static int add_recorded(struct augment_bank *bank, size_t index, const char *path, float *block, struct error *error)
{
    struct pcm pcm = {0};
    TRY(audio_read(path, 0, LONGEST_RECORDING, &pcm, error));
    size_t length = room_trim(pcm.samples, pcm.count, block);
    free(pcm.samples);
    if (length == 0)
        return error_set(error, ERROR_FORMAT, "%s is silent: not an impulse response", path);
    add_room(bank, index, block, length);
    return 0;
}

static int build_rooms(struct augment_bank *bank, size_t simulated, const struct text_list *recorded, uint64_t seed,
                       struct pool *pool, struct error *error)
{
    size_t ordinary = simulated + recorded->count, count = ordinary + AUGMENT_FAR_ROOMS;
    int code = 0;
    float *blocks = array_alloc((size_t)pool_threads(pool) * ROOM_FFT, sizeof *blocks);
    bank->spectra = array_alloc(count * ROOM_STRIDE, sizeof *bank->spectra);
    bank->room_lengths = array_alloc(count, sizeof *bank->room_lengths);
    if (blocks && bank->spectra && bank->room_lengths) { // estimated, not measured: the same plan in every run
        bank->forward = fftwf_plan_dft_r2c_1d(ROOM_FFT, blocks, bank->spectra, FFTW_ESTIMATE);
        bank->inverse = fftwf_plan_dft_c2r_1d(ROOM_FFT, bank->spectra, blocks, FFTW_ESTIMATE);
    }
    if (!bank->forward || !bank->inverse) {
        code = error_memory(error, "impulse responses");
        goto out;
    }
    pool_run(pool, simulated, simulate_one,
             &(struct simulation){bank, room_simulate, 0, seed_mix(seed, "rooms"), blocks});
    pool_run(pool, AUGMENT_FAR_ROOMS, simulate_one,
             &(struct simulation){bank, room_simulate_far, ordinary, seed_mix(seed, "far rooms"), blocks});
    for (size_t i = 0; i < recorded->count; i++)
        TRY_GOTO(add_recorded(bank, simulated + i, recorded->items[i], blocks, error), out);
    bank->room_count = ordinary;
out:
    free(blocks);
    return code;
}

int augment_bank_open(struct augment_bank **out, const struct sound *sounds, size_t sound_count, int simulated_rooms,
                      const struct text_list *rirs, uint64_t seed, struct pool *pool, struct error *error)
{
    int code = 0;
    struct text_list recorded = {0};
    struct augment_bank *bank = array_alloc(1, sizeof *bank);
    if (!bank || !(bank->resampling = array_alloc(1, sizeof *bank->resampling))) {
        code = error_memory(error, "the bank of sounds and rooms");
        goto out;
    }
    resampling_init(bank->resampling);
    TRY_GOTO(shelve_sounds(bank, sounds, sound_count, error), out);
    TRY_GOTO(find_recorded(rirs, &recorded, error), out);
    TRY_GOTO(build_rooms(bank, simulated_rooms > 0 ? (size_t)simulated_rooms : 0, &recorded, seed, pool, error), out);
    *out = bank;
    bank = NULL;
out:
    text_list_free(&recorded);
    augment_bank_close(bank);
    return code;
}

void augment_bank_close(struct augment_bank *bank)
{
    if (!bank)
        return;
    for (int kind = 0; kind < SOUND_KINDS; kind++) {
        free(bank->shelves[kind].sounds);
        free(bank->shelves[kind].ends);
    }
    if (bank->forward)
        fftwf_destroy_plan(bank->forward);
    if (bank->inverse)
        fftwf_destroy_plan(bank->inverse);
    free(bank->spectra);
    free(bank->room_lengths);
    free(bank->resampling);
    free(bank);
}

int augment_scratch_open(struct augment_scratch **out, const struct augment_bank *bank, size_t max_samples,
                         struct error *error)
{
    (void)bank; // every bank needs the same today
    size_t clip = (size_t)((double)max_samples * RESAMPLING_MAX_STEP) + 2 + 2 * RESAMPLING_TAPS;
    struct augment_scratch *scratch = array_alloc(1, sizeof *scratch);
    if (scratch) {
        *scratch = (struct augment_scratch){
            .max_samples = max_samples,
            .clip = array_alloc(clip, sizeof(float)),
            .word = array_alloc(max_samples, sizeof(float)),
            .scene = array_alloc(max_samples, sizeof(float)),
            .behind = array_alloc(max_samples, sizeof(float)),
            .talker = array_alloc(max_samples, sizeof(float)),
            .tail = array_alloc(max_samples + ROOM_SAMPLES, sizeof(float)),
            .block = array_alloc(ROOM_FFT, sizeof(float)),
            .spectrum = array_alloc(ROOM_BINS, sizeof(fftwf_complex)),
        };
        if (scratch->clip && scratch->word && scratch->scene && scratch->behind && scratch->talker && scratch->tail &&
            scratch->block && scratch->spectrum) {
            *out = scratch;
            return 0;
        }
    }
    augment_scratch_close(scratch);
    return error_memory(error, "rendering clips");
}

void augment_scratch_close(struct augment_scratch *scratch)
{
    if (!scratch)
        return;
    float *const buffers[] = {scratch->clip,   scratch->word,   scratch->scene,
                              scratch->behind, scratch->talker, scratch->tail, scratch->block};
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        free(buffers[i]);
    free(scratch->spectrum);
    free(scratch);
}
