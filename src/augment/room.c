// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms: simulated or recorded impulse responses, and convolution with them.
#include "augment/augment_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPEED_OF_SOUND 343.0
#define SHORTEST_WAY 0.2  // metres: nobody's mouth is nearer
#define WALL_GAP 0.3      // metres between a wall and the mouth or the microphone
#define EARLY_SECONDS 0.06 // images; later reflections are so dense that noise is as good
#define FIT_SECONDS 0.02   // of the images' end, which give the tail its level
#define DECAY_60_DB 6.907755 // ln(1000)
enum { IMAGE_ORDER = 5 };

struct point {
    double at[3];
};

static double distance(struct point a, struct point b)
{
    double sum = 0;
    for (int d = 0; d < 3; d++)
        sum += (a.at[d] - b.at[d]) * (a.at[d] - b.at[d]);
    return fmax(sqrt(sum), SHORTEST_WAY);
}

// J. B. Allen and D. A. Berkley, "Image method for efficiently simulating small-room acoustics", 1979: the echo by
// walls is the sound of mirrored mouths. Image `cell`, `mirror` of one axis: mouth or its mirror, 2 * cell rooms away,
// |2 * cell - mirror| walls on the way. Arrivals between samples are shared by both neighbours.
static void add_images(float *response, struct point size, struct point mouth, struct point microphone,
                       double reflection)
{
    const int cells = 2 * IMAGE_ORDER + 1;
    double direct = distance(mouth, microphone);
    for (int image = 0; image < cells * cells * cells * 8; image++) {
        int mirrors = image % 8, rest = image / 8, walls = 0;
        struct point at;
        for (int d = 0; d < 3; d++, rest /= cells) {
            int cell = rest % cells - IMAGE_ORDER, mirror = mirrors >> d & 1;
            at.at[d] = (mirror ? -mouth.at[d] : mouth.at[d]) + 2 * cell * size.at[d];
            walls += abs(2 * cell - mirror);
        }
        double way = distance(at, microphone), seconds = (way - direct) / SPEED_OF_SOUND;
        if (seconds < 0 || seconds > EARLY_SECONDS)
            continue;
        double height = pow(reflection, walls) * direct / way, time = seconds * SAMPLE_RATE;
        size_t i = (size_t)time;
        double part = time - (double)i;
        response[i] += (float)(height * (1 - part));
        response[i + 1] += (float)(height * part);
    }
}

// Noise that decays by 60 dB in rt60, low-passed (air and walls absorb high frequencies first), joined to the images.
static size_t add_tail(struct rng *rng, float *response, double rt60)
{
    size_t join = (size_t)(EARLY_SECONDS * SAMPLE_RATE), fit = (size_t)((EARLY_SECONDS - FIT_SECONDS) * SAMPLE_RATE);
    double decay = DECAY_60_DB / (rt60 * SAMPLE_RATE), span = (double)(join - fit);
    double level = sqrt(sum_squares(response + fit, join - fit) / span + 1e-9) * exp(decay * span / 2); // at `fit`
    float noise[ROOM_SAMPLES];
    noise_white(rng, noise, ROOM_SAMPLES - fit);
    double mix = rng_range(rng, 0.3, 0.9), unit = sqrt((2 - mix) / mix), low = 0;
    for (size_t i = fit; i < ROOM_SAMPLES; i++) {
        double height = level * exp(-decay * (double)(i - fit));
        if (i >= join && height < 1e-4)
            return i;
        low += mix * ((double)noise[i - fit] - low);
        if (i >= join)
            response[i] += (float)(height * low * unit);
    }
    return ROOM_SAMPLES;
}

struct shoebox {
    struct point size, mouth, microphone; // metres
    double rt60;
};

static size_t respond(const struct shoebox *room, struct rng *rng, float response[ROOM_SAMPLES])
{
    double a = room->size.at[0], b = room->size.at[1], c = room->size.at[2];
    double absorption = fmin(0.161 * a * b * c / (2 * (a * b + a * c + b * c) * room->rt60), 0.95); // Sabine
    memset(response, 0, ROOM_SAMPLES * sizeof *response);
    add_images(response, room->size, room->mouth, room->microphone, sqrt(1 - absorption));
    return add_tail(rng, response, room->rt60);
}

static double between_walls(struct rng *rng, double size)
{
    return rng_range(rng, WALL_GAP, size - WALL_GAP);
}

size_t room_simulate(struct rng *rng, float response[ROOM_SAMPLES], double *rt60)
{
    struct shoebox room = {.size = {{rng_range(rng, 2.5, 9), rng_range(rng, 2.5, 7), rng_range(rng, 2.3, 3.6)}}};
    *rt60 = room.rt60 = rng_log_range(rng, 0.1, 0.8);
    for (int d = 0; d < 3; d++) {
        room.microphone.at[d] = between_walls(rng, room.size.at[d]);
        room.mouth.at[d] = between_walls(rng, room.size.at[d]);
    }
    return respond(&room, rng, response);
}

// The reverberation is far louder than the direct sound: at 4 m, by some 14 dB.
size_t room_simulate_far(struct rng *rng, float response[ROOM_SAMPLES], double *rt60)
{
    struct shoebox room;
    *rt60 = room.rt60 = rng_range(rng, 0.5, 0.8);
    room.size.at[0] = rng_range(rng, 6, 9);
    room.size.at[1] = rng_range(rng, 4, 7);
    room.size.at[2] = rng_range(rng, 2.4, 3.2);
    room.microphone.at[0] = rng_range(rng, WALL_GAP, 0.6);
    room.mouth.at[0] = room.microphone.at[0] + rng_range(rng, 3, 5);
    room.microphone.at[1] = between_walls(rng, room.size.at[1]);
    room.mouth.at[1] = rng_range(rng, fmax(WALL_GAP, room.microphone.at[1] - 1),
                                 fmin(room.size.at[1] - WALL_GAP, room.microphone.at[1] + 1));
    room.microphone.at[2] = rng_range(rng, 0.7, 1.2);
    room.mouth.at[2] = rng_range(rng, 1.1, 1.8);
    return respond(&room, rng, response);
}

size_t room_trim(const int16_t *samples, size_t count, float response[ROOM_SAMPLES])
{
    int peak = 0;
    for (size_t i = 0; i < count; i++)
        peak = abs(samples[i]) > peak ? abs(samples[i]) : peak;
    size_t direct = 0, length = 0;
    while (direct < count && 2 * abs(samples[direct]) < peak) // the direct sound: first within 6 dB of the highest
        direct++;
    memset(response, 0, ROOM_SAMPLES * sizeof *response);
    for (size_t i = 0; peak && i < ROOM_SAMPLES && direct + i < count; i++) {
        response[i] = (float)samples[direct + i] / (float)peak;
        if (abs(samples[direct + i]) * 1000 > peak) // below -60 dB only silence follows
            length = i + 1;
    }
    return length;
}

void room_convolve(const struct augment_bank *bank, struct augment_scratch *scratch, size_t index, float *x,
                   size_t inputs, size_t outputs)
{
    const fftwf_complex *room = bank->spectra + index * ROOM_STRIDE;
    fftwf_complex *spectrum = scratch->spectrum;
    float *block = scratch->block;
    size_t tail = bank->room_lengths[index] - 1, size = ROOM_FFT - tail;
    // Overlap-add from the last block to the first: what lies behind a block is finished before it is added to.
    for (size_t left = (inputs + size - 1) / size; left > 0; left--) {
        size_t begin = (left - 1) * size, count = inputs - begin < size ? inputs - begin : size;
        memcpy(block, x + begin, count * sizeof *block);
        memset(block + count, 0, (ROOM_FFT - count) * sizeof *block);
        fftwf_execute_dft_r2c(bank->forward, block, spectrum);
        for (size_t i = 0; i < ROOM_BINS; i++) {
            float real = spectrum[i][0] * room[i][0] - spectrum[i][1] * room[i][1];
            spectrum[i][1] = spectrum[i][0] * room[i][1] + spectrum[i][1] * room[i][0];
            spectrum[i][0] = real;
        }
        fftwf_execute_dft_c2r(bank->inverse, spectrum, block);
        memcpy(x + begin, block, count * sizeof *block);
        size_t reach = outputs - begin < count + tail ? outputs - begin : count + tail;
        for (size_t i = count; i < reach; i++)
            x[begin + i] += block[i];
    }
}
