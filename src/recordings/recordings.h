// SPDX-License-Identifier: GPL-3.0-or-later
// recordings: what people said. Takes, uploads and captures of one wake word, with speaker, quality and hash; trash
// and undo.
//
//   <data>/personal_samples/<id>/NAME.wav      16 kHz mono 16 bit, as a device hears it
//   <data>/personal_samples/<id>/NAME.json     the sidecar: everything that is known about it
//   <data>/personal_samples/<id>/originals/    what was uploaded, byte for byte, when it was not such a wav
//   <data>/negative_samples/<id>/...           the same for recordings that must not wake it
//   <data>/captured_audio/...                  the inbox of satellites; the sidecar names the wake word
//   <data>/trash/<ticket>/                     what was deleted, for a week
//
// A recording is never overwritten: a trim is two numbers in the sidecar, applied when it is read. Files appear by
// rename, wav before sidecar; a wav without a sidecar is still a recording. Names are made here or checked here: no
// name from outside reaches the disk. One store may be used from several threads.
#ifndef WAKESMITH_RECORDINGS_H
#define WAKESMITH_RECORDINGS_H

#include "audio/audio.h"
#include "base/base.h"

#include <jansson.h>

enum recordings_bucket { BUCKET_PERSONAL, BUCKET_NEGATIVE, BUCKET_CAPTURED, BUCKET_COUNT };
extern const char *const recordings_bucket_names[BUCKET_COUNT]; // "personal", "negative", "captured"

enum {
    RECORDINGS_MAX_BYTES = 10 << 20,
    RECORDINGS_MAX_SECONDS = 60,
    RECORDINGS_MAX_CAPTURED = 2000, // in the inbox; the oldest pending ones make room, and the answer says so
    RECORDINGS_TRASH_SECONDS = 7 * 24 * 3600
};

// What a person should know about a take. Badges; several may hold. None: "good".
enum recordings_fault {
    FAULT_TOO_QUIET = 1,
    FAULT_CLIPPED = 2,
    FAULT_TOO_SHORT = 4,
    FAULT_NOISY = 8,
    FAULT_NO_SPEECH = 16
};
struct take_quality {
    unsigned faults;                 // of enum recordings_fault
    double seconds, rms_db, peak_db; // dB of full scale; rms of active speech
    double noise_db, snr_db;         // noise: the quietest tenth of 20 ms frames
    double speech_start, speech_end; // seconds: the word itself; equal when there is none
};
// ERROR_MEMORY: nothing is known of it.
int recordings_judge(const int16_t *samples, size_t count, struct take_quality *quality, struct error *error);
// Names of the faults ("too_quiet", ...), for sidecars and the page: a JSON array.
json_t *recordings_badges(unsigned faults);

struct recording {
    enum recordings_bucket bucket;
    char *name;                           // "speaker01_take02.wav", "sample_0001_kitchen.wav", "captured_0007.wav"
    char *wake_word;                      // id; "" when not known
    char *path;                           // of the 16 kHz wav
    char *speaker;                        // "speaker01", a name, or "" when not known
    int speaker_index, take_index;        // of takes; 0 otherwise
    double seconds, trim_start, trim_end; // seconds of the file; what counts is [trim_start, trim_end)
    json_t *about; // the item as the API gives it: the sidecar's keys and bucket, saved_as, wake_word, speaker,
                   // size_bytes, seconds, created_at, badges[], trim_start_s, trim_end_s, trimmed, sha256,
                   // review_status, original_name, converted, detected_format, message ...
};
struct recording_list {
    struct recording *items;
    size_t count, capacity;
};
void recording_close(struct recording *recording);
void recording_list_free(struct recording_list *list);

struct recordings;
// Makes the folders; empties the trash of what is older than a week.
int recordings_open(struct recordings **store, const char *data_dir, struct error *error);
void recordings_close(struct recordings *store);

struct recordings_add {
    enum recordings_bucket bucket;
    const char *wake_word;         // id; needed but for captures
    int speaker_index, take_index; // both > 0: a take, named speakerNN_takeNN.wav; an earlier one goes to the trash
    const char *speaker;           // name, may be NULL
    const char *original_name;     // of the uploaded file, may be NULL; only for the sidecar and a safe stem
    const char *file;              // where the uploaded bytes are; copied
    bool raw_pcm;                  // the bytes are int16 little endian 16 kHz mono without a header
    json_t *about;                 // further sidecar keys (borrowed), may be NULL
};
// Parses, checks, converts, writes. ERROR_FORMAT: not audio, no samples, too long; ERROR_MISSING: the format needs
// ffmpeg, which is not installed; the sentence says what to do. `item`: recording_close. Of a capture that made older
// ones go for good, item->about has "removed": how many.
int recordings_add(struct recordings *store, const struct recordings_add *add, struct recording *item,
                   struct error *error);
bool recordings_has_ffmpeg(void); // for what libsndfile does not read: m4a, webm, aac, wma, amr
// All of a bucket, newest first; `wake_word` NULL: of all wake words. A folder that is not there is empty.
int recordings_list(struct recordings *store, enum recordings_bucket bucket, const char *wake_word,
                    struct recording_list *list, struct error *error);
// How many lie in the inbox, from the folder alone.
int recordings_count_captured(struct recordings *store, size_t *count, struct error *error);
// By name; ERROR_MISSING for names that are not a plain file name of this bucket. `wake_word` is not read for captures.
int recordings_find(struct recordings *store, enum recordings_bucket bucket, const char *wake_word, const char *name,
                    struct recording *item, struct error *error);
// To the trash. *ticket (caller frees) brings it back.
int recordings_remove(struct recordings *store, const struct recording *item, char **ticket, struct error *error);
int recordings_restore(struct recordings *store, const char *ticket, struct recording *item, struct error *error);
// For good, without a way back: for what has to make room.
int recordings_forget(struct recordings *store, const struct recording *item, struct error *error);
json_t *recordings_trash(struct recordings *store); // [{ticket, bucket, saved_as, wake_word, deleted_at, seconds}]
// Trim points in seconds of the file; start 0 and end 0 (revert): the whole file. ERROR_USAGE outside the file or
// less than 0.1 s apart.
int recordings_trim(struct recordings *store, struct recording *item, double start, double end, struct error *error);
// A capture becomes a personal sample or a negative of `wake_word`, or goes to the trash (BUCKET_CAPTURED = discard).
// `moved`: where it is now; for a discard *ticket is set instead.
int recordings_review(struct recordings *store, const struct recording *capture, enum recordings_bucket verdict,
                      const char *wake_word, struct recording *moved, char **ticket, struct error *error);
// The samples that count (trim applied). Caller frees pcm->samples.
int recordings_read(const struct recording *item, struct pcm *pcm, struct error *error);
// Loose personal_samples/*.wav of the reference: how many there are, and moving them to a wake word.
int recordings_count_loose(struct recordings *store, size_t *count, struct error *error);
int recordings_take_loose(struct recordings *store, const char *wake_word, size_t *moved, struct error *error);

#endif
