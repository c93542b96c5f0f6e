// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the room share.
//
// A kill at any moment leaves whole recordings only. A new one: the wav takes its name (a rename that never replaces),
// then the original, then the sidecar; a wav alone is a recording, a sidecar or an original alone is nothing. What
// moves is copied first and deleted afterwards, so that the worst is a recording that is there twice.
#ifndef WAKESMITH_RECORDINGS_INTERNAL_H
#define WAKESMITH_RECORDINGS_INTERNAL_H

#include "recordings/recordings.h"

#include <pthread.h>

enum { STEM_SIZE = 33, SIDECAR_MAX_BYTES = 256 << 10, TICKET_SIZE = 40, NAME_MAX_BYTES = 200, TIME_SIZE = 32 };

struct recordings {
    char *data;           // folder
    pthread_mutex_t lock; // held while files change; decoding and hashing happen outside
};

// ---- names.c: which names exist, and where they lie --------------------------------------------------------------
bool name_is_id(const char *id);         // of a wake word: [a-z0-9][a-z0-9_]*, at most 57 bytes
bool name_is_wav(const char *name);      // one plain component that ends in .wav, UTF-8, not hidden
bool name_is_ticket(const char *ticket); // [A-Za-z0-9_-], at most 39 bytes
bool name_take(const char *name, int *speaker, int *take);
// The number in "<prefix>_0012_stem.wav"; 0: another name.
long name_number(const char *name, const char *prefix);
// ASCII letters, digits and '_' of a file's name without its ending; may become "".
void name_safe_stem(const char *name, char stem[STEM_SIZE]);
// For sentences and sidecars: the last component, valid UTF-8 without control characters. NULL without memory.
char *name_display(const char *name);
extern const char *const bucket_prefixes[BUCKET_COUNT]; // of numbered names: "sample", "negative", "captured"
char *bucket_folder(const struct recordings *store, enum recordings_bucket bucket, const char *wake_word);
bool is_real_file(const char *path);                                      // regular, no link
bool is_real_folder(const char *path);                                    // a folder, no link
char *path_sidecar(const char *wav);                                      // "folder/NAME.json"
char *path_folder(const char *path);                                      // without the last component
int path_original(const char *wav, char **original, struct error *error); // *original NULL: there is none
char *path_new(const char *folder);                                       // "folder/.new-RANDOM": a name nobody uses
void time_text(double seconds, char text[TIME_SIZE]);                     // ISO, UTC, milliseconds
double time_wall(void);

// ---- sidecar.c -----------------------------------------------------------------------------------------------------
// A JSON object of at most SIDECAR_MAX_BYTES, no key twice; NULL for anything else: a damaged sidecar is no error.
json_t *sidecar_parse(const char *text, size_t size);
json_t *sidecar_read(const char *path, bool *there); // NULL: none, damaged, or a link
int sidecar_write(const char *path, const json_t *sidecar, struct error *error);
const char *sidecar_text(const json_t *sidecar, const char *key); // NULL: not a text
double sidecar_number(const json_t *sidecar, const char *key, double otherwise);
// Keys that the API promises a type for are dropped where they have another one.
void sidecar_clean(json_t *sidecar);
// Trim points that make sense for a file of `seconds`, else the whole file. Returns whether it is trimmed.
bool sidecar_trim(const json_t *sidecar, double seconds, double *start, double *end);

// ---- item.c --------------------------------------------------------------------------------------------------------
// The recording at folder/name, which exists: from its sidecar, else measured (and the sidecar written if there is
// none).
int item_load(const char *folder, const char *name, enum recordings_bucket bucket, const char *wake_word,
              struct recording *item, struct error *error);
// Seconds, levels, badges.
int item_judge(json_t *about, const int16_t *samples, size_t count, struct error *error);
// Checks that the item is a recording of this store which is still there.
int item_check(const struct recordings *store, const struct recording *item, struct error *error);

// ---- arrival.c, ffmpeg.c -------------------------------------------------------------------------------------------
struct arrival {
    struct pcm pcm;
    bool converted;  // the upload was something else; it should be kept as it came
    char ending[8];  // for the original: "m4a"
    char format[48]; // "m4a", "wav 48000 Hz, 2 channels, 24 bit"
};
int arrival_read(const struct recordings_add *add, struct arrival *arrival, struct error *error);
void arrival_free(struct arrival *arrival);
// Decodes `path` with a confined ffmpeg into samples; `demuxer` by ffmpeg's name.
int ffmpeg_read(const char *path, const char *demuxer, double seconds, struct pcm *pcm, struct error *error);

// ---- store.c -------------------------------------------------------------------------------------------------------
// A recording that is ready beside its future place: temporary files in the bucket's folder.
struct newcomer {
    enum recordings_bucket bucket;
    const char *wake_word;
    const char *name; // wanted name, or NULL: numbered with `stem`
    bool replace;     // the one that has the wanted name goes to the trash; else a numbered name is taken
    const char *stem;
    const char *wav; // existing wav to copy, or NULL: `samples`
    const int16_t *samples;
    size_t count;
    const char *original; // file to copy, or NULL
    const char *ending;   // of the original
    json_t *sidecar;      // borrowed; saved_as, size_bytes and sha256 are set here
};
int store_place(struct recordings *store, struct newcomer *newcomer, struct recording *item, struct error *error);
// Makes the folder of a bucket and word; refuses links.
int store_folder(const struct recordings *store, enum recordings_bucket bucket, const char *wake_word, char **folder,
                 struct error *error);
int store_names(const char *folder, struct text_list *names, struct error *error);    // recordings in a folder
int file_copy(const char *from, const char *to, size_t maximum, struct error *error); // `to` must not exist
// Renames without ever replacing: 0, NAME_TAKEN (no error is set), or an error.
enum { NAME_TAKEN = -100 };
int rename_new(const char *from, const char *to, struct error *error);
void recording_delete(const char *wav); // with all that belongs to it; for good

// ---- trash.c -------------------------------------------------------------------------------------------------------
void trash_purge(struct recordings *store);
// With the lock held.
int trash_put(struct recordings *store, const struct recording *item, char **ticket, struct error *error);

#endif
