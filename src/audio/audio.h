// SPDX-License-Identifier: GPL-3.0-or-later
// audio: clips in memory. Everything inside Wakesmith is mono, 16 kHz; int16 as the device hears it, or
// float in [-1, 1] while it is being shaped.
#ifndef WAKESMITH_AUDIO_H
#define WAKESMITH_AUDIO_H

#include "base/base.h"

enum { AUDIO_RATE = 16000 };

struct pcm { // int16 mono 16 kHz
    int16_t *samples;
    size_t count;
};

extern const char *const audio_endings[]; // for folder_list: .wav .flac .ogg .opus .mp3 .gsm ...

// Any format that libsndfile reads, mixed to mono, resampled to 16 kHz, rounded and clipped to int16. 16-bit files
// of 16 kHz mono come through bit for bit. At most `max_seconds` (0: all, which may be 4 hours) from `start_seconds`
// on. Caller frees pcm->samples. ERROR_MISSING: no such file; ERROR_FORMAT: damaged, cut off, no sound, no samples.
int audio_read(const char *path, double start_seconds, double max_seconds, struct pcm *pcm, struct error *error);
// What a file is, from its header alone: "wav", "flac", "ogg", ...; bits 0 when its samples are not whole numbers.
struct audio_format {
    char name[8];
    int rate, channels, bits;
    double seconds; // 0 when the header does not say
};
int audio_describe(const char *path, struct audio_format *format, struct error *error);
// 16-bit mono 16 kHz; after a crash there is the old file or the new one.
int audio_write_wav(const char *path, const int16_t *samples, size_t count, struct error *error);
// A FLAC file, 16-bit mono 16 kHz, written piece by piece; after a crash there is the old file or the new one. Close and
// abort free the writer; so does a close that fails.
struct flac_writer;
int flac_open(struct flac_writer **writer, const char *path, struct error *error);
int flac_append(struct flac_writer *writer, const int16_t *samples, size_t count, struct error *error);
int flac_close(struct flac_writer *writer, struct error *error);
void flac_abort(struct flac_writer *writer); // NULL: nothing

// Resamples `count` samples by ratio = new rate / old rate (1/256 to 256); *out (caller frees) has
// *out_count = round(count * ratio) samples, without delay. Keeps 91 % of the lower rate's band.
int audio_resample(const float *samples, size_t count, double ratio, float **out, size_t *out_count,
                   struct error *error);

// [begin, end) of the samples whose 10 ms frames are within `below_peak_db` of the loudest frame: the speech of
// a clean clip. begin == end for silence.
void audio_speech_bounds(const float *samples, size_t count, double below_peak_db, size_t *begin, size_t *end);
// RMS over the 20 ms frames within 25 dB of the loudest one: the level of active speech. 0 for silence.
double audio_active_rms(const float *samples, size_t count);

// What a clip is like, for synthetic clips and for people's takes. The spectrum is the power averaged over frames
// of 512 samples (hop 256, Hann, mean removed) with an RMS of at least 0.001; without one, flatness and high_ratio
// are 1. Cut the silence around speech off first: the duration and zero_crossing are those of all samples.
struct audio_measure {
    double seconds, rms, peak;
    double clipped_share; // of samples at 0.999 or more
    double mean;          // DC offset
    double flatness;      // geometric / arithmetic mean of the spectrum from 94 Hz on: 0 tone, 1 white noise
    double high_ratio;    // power from 4000 Hz on / power from 80 Hz on
    double zero_crossing; // share of samples where the sign changes, mean removed
    double speech_ratio;  // share of 20 ms frames within 30 dB of the loudest: energy only, no voice detector
};
void audio_measure(const float *samples, size_t count, struct audio_measure *measure);
enum audio_fault {
    AUDIO_GOOD,
    AUDIO_TOO_SHORT,
    AUDIO_TOO_LONG,
    AUDIO_TOO_QUIET,
    AUDIO_CLIPPED,
    AUDIO_DC_OFFSET,
    AUDIO_STATIC,
    AUDIO_HIGH_NOISE,
    AUDIO_NOISE_LIKE,
    AUDIO_NO_SPEECH,
    AUDIO_FAULTS
};
extern const char *const audio_fault_names[AUDIO_FAULTS];
// `units`: words, or letters / 5 for one word (2.5 for zh, ja, ko): decides the durations that are possible.
// The first fault in the order of the enum; AUDIO_GOOD without one.
enum audio_fault audio_judge(const struct audio_measure *measure, double units);

#endif
