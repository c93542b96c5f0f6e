// SPDX-License-Identifier: GPL-3.0-or-later
// base: what C lacks. Errors with a sentence, arenas, bounded buffers, atomic files, explicit random
// generators, a thread pool whose results do not depend on its size, progress with ETA, hashes, CPU features.
//
// Ownership: what a function returns through an "out" pointer belongs to the caller, who frees it with free()
// or the named counterpart. Every *_free and *_close accepts NULL.
#ifndef WAKESMITH_BASE_H
#define WAKESMITH_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// ---- errors ---------------------------------------------------------------------------------------------
// A function that can fail returns 0 or a negative error code and takes a `struct error *` as its last
// argument (never NULL). The message is one sentence that a user can act on: it names the file or option.

enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE = -1,    // an option or argument is wrong
    ERROR_IO = -2,       // a file cannot be read or written
    ERROR_FORMAT = -3,   // a file's content is not what it should be
    ERROR_MEMORY = -4,   // no memory
    ERROR_MISSING = -5,  // something needed is not installed or not there
    ERROR_STATE = -6,    // cannot be done now (another run is at work, nothing to resume)
    ERROR_CANCELLED = -7 // the user asked to stop
};

struct error {
    int code;
    char message[512];
};

// Fills `error` and returns `code`, so that `return error_set(...)` reads as one thought.
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
// The same for "no memory", naming what it was for.
int error_memory(struct error *error, const char *what);
// Puts `format` and ": " in front of the message that is there; returns the code that is there.
int error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Forwards a failure from below: TRY(file_read(...)) returns the negative code.
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        int try_code_ = (call);                                                                                        \
        if (try_code_ < 0)                                                                                             \
            return try_code_;                                                                                          \
    } while (0)
// The same with a clean-up label: needs a local `int code`.
#define TRY_GOTO(call, label)                                                                                          \
    do {                                                                                                               \
        code = (call);                                                                                                 \
        if (code < 0)                                                                                                  \
            goto label;                                                                                                \
    } while (0)

// ---- memory ---------------------------------------------------------------------------------------------

// Zeroed array of count * size bytes, 64-byte aligned, NULL when it does not fit or overflows. Free with free().
void *array_alloc(size_t count, size_t size);

// That memory was missing is remembered for the whole process by error_memory, array_alloc, text_print, buffers and
// memory_or_lost, a malloc for trees of which nobody checks every node (JSON): what was made in the meantime is not
// taken for whole, whoever did without the piece. memory_watch begins anew.
void *memory_or_lost(size_t size);
void memory_note_lost(void);
bool memory_was_lost(void);
void memory_watch(void);

// Memory of one stage or one clip: allocated piece by piece, freed at once.
struct arena {
    struct arena_block *block;
    size_t used; // bytes given out, for reports
};
// `align` bytes aligned (power of two, at most 64), zeroed; NULL without memory. Lives until arena_free.
void *arena_alloc(struct arena *arena, size_t size, size_t align);
char *arena_text(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

// A growable buffer with a hard maximum: an append that would pass it sets `failed` and changes nothing.
// `data` is always terminated by a 0 byte that `size` does not count (data is NULL while empty).
struct buffer {
    char *data;
    size_t size, capacity, maximum;
    bool failed;
};
void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_print(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(struct buffer *buffer);

// A list of texts that it owns.
struct text_list {
    char **items;
    size_t count, capacity;
};
int text_list_add(struct text_list *list, const char *text, struct error *error);
bool text_list_has(const struct text_list *list, const char *text);
void text_list_free(struct text_list *list);

// ---- files ----------------------------------------------------------------------------------------------

// Whole file, at most `maximum` bytes; *data has one 0 byte more than *size. Caller frees *data.
int file_read(const char *path, size_t maximum, void **data, size_t *size, struct error *error);
// Written to a temporary name beside `path`, synced, renamed: after a crash there is the old file or the new one.
int file_write(const char *path, const void *data, size_t size, struct error *error);
bool file_exists(const char *path);
// Is it the temporary name of a file that is being written, or that a process left when it was killed?
bool file_is_unfinished(const char *path);
bool folder_exists(const char *path);
// Creates `path` and what is missing above it.
int folder_make(const char *path, struct error *error);
// Size of the regular files below a folder; what cannot be read counts nothing.
uint64_t folder_bytes(const char *path);
// Files below a folder whose names end so, as folder_list; a folder that cannot be read has none.
size_t folder_count(const char *folder, const char *const *endings);
// Bytes that may still be written to the disk that a folder is on. ERROR_IO names the folder.
int folder_room(const char *folder, uint64_t *bytes, struct error *error);
// Deletes a folder with all its content; a missing one is no error.
int folder_remove(const char *path, struct error *error);
// Deletes what a process that was killed left in a folder: files that never got their names. For who has its lock.
void folder_remove_unfinished(const char *path);
// Regular files below `folder` (recursively, links followed, hidden names left out) whose names end in one of
// `endings` (NULL-terminated list, compared without case; NULL: all), sorted by path. `folder` may be a file.
int folder_list(const char *folder, const char *const *endings, struct text_list *files, struct error *error);
// "folder/name" in memory that the caller frees; NULL without memory.
char *path_join(const char *folder, const char *name);
// Printed path in memory that the caller frees; NULL without memory.
char *text_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Last component of a path (points into `path`).
const char *path_name(const char *path);
bool text_ends_with(const char *text, const char *ending); // ASCII case is ignored

// A file written piece by piece with the promise of file_write. On failure call atomic_abort.
struct atomic_file {
    FILE *stream;
    char *path, *temporary;
};
int atomic_open(struct atomic_file *file, const char *path, struct error *error);
int atomic_commit(struct atomic_file *file, struct error *error);
void atomic_abort(struct atomic_file *file);

// What a long computation has done so far, so that the next process need not do it again: records of bytes, behind a
// key that names the computation (64 hexadecimal digits). Records are read first, in their order, then appended; each
// append survives the end of the process, and after at most 5 s that of the machine.
struct journal {
    int file;
    char *path; // NULL: closed
    uint64_t end;
    double synced;
    bool written; // no longer read
};
// Opens or creates; a journal of another key is emptied.
int journal_open(struct journal *journal, const char *path, const char key[65], struct error *error);
// 1: the next record is appended to `data`. 0: there are no more whole ones.
int journal_read(struct journal *journal, struct buffer *data, struct error *error);
int journal_append(struct journal *journal, const void *data, size_t size, struct error *error);
void journal_close(struct journal *journal); // the file stays: whoever has the result deletes it

// A file mapped read-only. `data` is NULL for an empty file.
struct mapping {
    const void *data;
    size_t size;
};
int mapping_open(struct mapping *mapping, const char *path, struct error *error);
void mapping_close(struct mapping *mapping);

// ---- hashes ---------------------------------------------------------------------------------------------

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};
void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
void sha256_hex(struct sha256 *hash, char hex[65]); // ends the hash
int sha256_file(const char *path, char hex[65], struct error *error);
void sha1_hex(const void *data, size_t size, char hex[41]); // only for ids (spec of names), not for security

// ---- random numbers -------------------------------------------------------------------------------------
// xoshiro256** (Blackman and Vigna), seeded by splitmix64. Seed with the run's seed and the item's index,
// so that results depend neither on the order of work nor on the number of threads.

struct rng {
    uint64_t state[4];
};
struct rng rng_make(uint64_t seed, uint64_t stream);
uint64_t rng_next(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t limit);            // 0 .. limit-1; 0 when limit is 0
double rng_unit(struct rng *rng);                               // [0, 1)
double rng_range(struct rng *rng, double low, double high);     // [low, high)
double rng_log_range(struct rng *rng, double low, double high); // uniform in the logarithm
double rng_normal(struct rng *rng);                             // mean 0, deviation 1 (Box-Muller, one value a call)
bool rng_chance(struct rng *rng, double probability);
uint64_t seed_mix(uint64_t seed, const char *label); // a seed of its own for a stage or a name

// ---- threads --------------------------------------------------------------------------------------------
// A pool runs `task(context, index, worker)` for index 0 .. count-1, in any order, and returns when all are
// done. Tasks must write only what belongs to their index; sums are made over indices, never over workers, so
// results do not depend on the number of threads. `worker` (0 .. threads-1) chooses scratch memory.
// One pool_run at a time per pool; the calling thread works too.

struct pool;
typedef void pool_task(void *context, size_t index, int worker);
int pool_open(struct pool **pool, int threads, struct error *error);            // threads <= 0: cpu_count()
void pool_run(struct pool *pool, size_t count, pool_task *task, void *context); // pool NULL: in this thread
int pool_threads(const struct pool *pool);                                      // 1 for NULL
void pool_close(struct pool *pool);
int cpu_count(void); // processors that this process may use
void cpu_name(char *name, size_t size); // of the first one, as people know it; "unknown" where the system does not tell
uint64_t memory_total(void);            // bytes of this machine

// ---- CPU ------------------------------------------------------------------------------------------------

enum cpu_level { CPU_PLAIN, CPU_AVX2, CPU_AVX512, CPU_LEVELS }; // AVX2 means AVX2 + FMA; AVX512 means F BW DQ VL VNNI
// Best level of this machine, or the one that WAKESMITH_CPU (plain, avx2, avx512) names if the machine has it.
enum cpu_level cpu_level(void);
const char *cpu_level_name(enum cpu_level level);

// ---- time, progress, stop -------------------------------------------------------------------------------

double time_now(void);        // seconds, monotonic
double time_cpu_thread(void); // CPU seconds of this thread

// Progress of one long command. Rooms call progress_step from the thread that runs the stage, and ask
// progress_stopped() between pieces of work (from any thread): true means "return ERROR_CANCELLED soon".
struct progress_event {
    const char *stage;   // "speech", "features", "train", ...
    const char *note;    // short text for people, may be ""
    double done, total;  // in the stage's own units; total 0: unknown
    double elapsed, eta; // seconds; eta < 0: unknown
    double whole;        // share of the whole command that is done, 0 to 1 (see progress_part)
    double whole_eta;    // seconds to its end; < 0: unknown
    bool last;           // the stage is over
};
typedef void progress_sink(void *context, const struct progress_event *event);
// A point of the curves that a long training draws.
struct progress_metric {
    int seed;
    uint64_t step, steps;
    double loss;             // running mean
    bool judged;             // the figures below were measured
    double recall, per_hour; // on held-out data, at a cutoff about as high as finished networks get
};
typedef void metric_sink(void *context, const struct progress_metric *metric);
// Something that people should know and that ends nothing: one sentence.
typedef void notice_sink(void *context, const char *sentence);
struct progress {
    progress_sink *sink; // NULL: silent
    metric_sink *metric; // NULL: nobody draws
    notice_sink *notice; // NULL: nobody reads
    notice_sink *debug;  // what was decided, and why; NULL: nobody reads
    void *context;
    const volatile int *stop; // becomes non-zero when the user asks to stop; NULL: never
    const char *stage;
    double started, reported;
    double paced, before; // what is left is told by the pace since then, when so much was done
    double from, to;      // share of the whole that the stage is
    double first, span;   // share of the whole that the command at work is (progress_within); span 0: all of it
    double begun, worked; // when the first stage began; share that was worked on since (not found done)
    double kept;          // share of the whole that this stage found done (progress_resume)
    double expected;      // seconds of the whole by experience; 0: none
};
// The stage that begins next is the part [from, to) of a whole that takes about `expected` seconds.
void progress_part(struct progress *progress, double from, double to, double expected);
// The command that begins next, whose parts are 0 to 1, is the part [from, to) of a larger whole.
void progress_within(struct progress *progress, double from, double to);
void progress_begin(struct progress *progress, const char *stage);
// So much was done before, or of something else: the pace begins anew.
void progress_resume(struct progress *progress, double done);
// At most about ten reports a second reach the sink.
void progress_step(struct progress *progress, double done, double total, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void progress_end(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_metric(struct progress *progress, const struct progress_metric *metric);
void progress_notice(struct progress *progress, const char *sentence);
void progress_debug(struct progress *progress, const char *sentence);
bool progress_stopped(const struct progress *progress); // NULL: false
int progress_cancelled(struct error *error);            // fills "stopped by the user", returns ERROR_CANCELLED

#endif
