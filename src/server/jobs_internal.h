// SPDX-License-Identifier: GPL-3.0-or-later
// What the files that start and follow children share. In the data directory lie
//
//   work/.jobs/<job>/job.json   what the job is, its process and how it ended (job_state.c)
//   work/.jobs/<job>/events     JSON lines that the child writes (job_events.c)
//   work/.jobs/<job>/log        what it prints, and what the server says about it (log.c)
//   work/.events               the same of a training in a terminal
//   recorder_training.log      a link to the newest log, where users of the reference look for it
//
// A job is named by its time and wake word ("20260131-120000-042-hey_jarvis"). Its child writes into these files
// whether a server is there or not, so either may be killed and the other goes on.
#ifndef WAKESMITH_JOBS_INTERNAL_H
#define WAKESMITH_JOBS_INTERNAL_H

#include "server/server_internal.h"

#include <sys/types.h>

// ---- child.c: processes -----------------------------------------------------------------------------------

// Starts the program in a session of its own with nothing of ours but these two files; nice: 0 or more.
int process_start(const char *program, const char *const *arguments, int output, int errors, int nice, pid_t *process,
                  struct error *error);
// When a process began, in ticks since the machine did: tells it from a later one of the same number. 0: there is
// no such process, or only what a parent has not asked for.
uint64_t process_born(pid_t process);
// "killed by signal 9 (Killed)".
void process_signal_name(int number, char *text, size_t size);
// The last line with something in it, as valid UTF-8 without control characters and without "wakesmith train: ".
void process_last_words(const char *text, size_t size, char *words, size_t words_size);

// At most so many children of requests run at a time; the others wait.
struct child_gate {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int inside;
};

// ---- log.c: a text file that grows and is read by offset --------------------------------------------------

enum { LOG_CHUNK = 256 << 10, LOG_KEPT = 16 << 20, LOG_LINES = 400 };

// Appends whole lines in one write; begins with a new line when the file ends in the middle of one.
int log_append(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A piece of a log: whole lines, or the start of a line longer than a chunk, or (`over`) what is left.
struct log_piece {
    char *data; // bytes of the file; caller frees
    size_t size;
    int64_t begin, next; // offsets of the piece and of what follows it
    int64_t end;         // size of the file
};
// From `offset`; from the beginning when the file is shorter than that (it is another one).
int log_read(const char *path, int64_t offset, size_t most, bool over, struct log_piece *piece, struct error *error);
// The last `lines` lines, at most `most` bytes.
int log_read_tail(const char *path, int lines, size_t most, struct log_piece *piece, struct error *error);
// Copies text, cut where a character ends.
void log_fit(char *to, size_t size, const char *text);
// JSON text of bytes: what is not UTF-8 becomes U+FFFD.
json_t *log_json(const char *data, size_t size);
// Lines of a piece as a JSON array, without their newlines; the last `most` of them.
json_t *log_json_lines(const char *data, size_t size, int most);
// Gives back the disk space of what is older than the last LOG_KEPT bytes once twice as much is there. Offsets stay
// what they were: the file gets a hole at its beginning. Does nothing where the file system cannot.
void log_limit(const char *path);

// ---- job_events.c: what the child tells -------------------------------------------------------------------

enum { JOB_POINTS = 500 }; // of a curve
struct job_curves {        // point i is of steps [i, i+1) * steps / JOB_POINTS, of all seeds
    int64_t steps;
    struct job_point {
        int64_t step, judged_step;
        double loss; // sum of `losses`
        int losses;
        bool judged;
        double recall, per_hour; // of the best seed
    } points[JOB_POINTS];
};
struct job_events {
    int64_t offset; // of what is not read yet
    pid_t process;  // 0: it has not told yet
    char phrase[4 * TEXT_MOST_CHARACTERS + 1], lang[16], preset[32];
    double began; // seconds since 1970; 0: not known
    char stage[16], note[200];
    double whole, part, eta, eta_at; // eta_at: time_now() when it was said
    int64_t step, steps;
    double loss, recall, per_hour; // NAN: not known
    bool finished, ended;
    int code; // of "ended"
    char reason[512];
    char run[256]; // name of the folder of the finished run
    struct job_curves curves;
};
void job_events_reset(struct job_events *events);
// One line.
void job_events_take(struct job_events *events, const char *text, size_t size,
                     void (*metric)(void *context, json_t *point), void *context);
// Reads what the file has more than before. `metric` is told each point; may be NULL. True when something changed.
bool job_events_read(struct job_events *events, const char *path, void (*metric)(void *context, json_t *point),
                     void *context);
json_t *job_curves_json(const struct job_curves *curves);

// ---- job_state.c: what a job is ---------------------------------------------------------------------------

enum job_state { JOB_IDLE, JOB_QUEUED, JOB_RUNNING, JOB_CANCELLING, JOB_FINISHED, JOB_FAILED, JOB_CANCELLED };
extern const char *const job_state_names[];
static inline bool job_runs(enum job_state state)
{
    return state >= JOB_QUEUED && state <= JOB_CANCELLING;
}

struct job {
    char name[96];               // "" : none
    char *folder, *log, *events; // paths
    char id[TEXT_ID_SIZE];       // of the wake word
    char *phrase, lang[16], preset[32];
    json_t *arguments; // of the program
    enum job_state state;
    pid_t process;
    uint64_t born; // process_born
    char boot[40]; // of the machine, which `born` counts from
    bool ours;     // a child of this very process
    int exit_code; // -1: not known
    char reason[512], run[256];
    double started, ended; // seconds since 1970
};
void job_clear(struct job *job);
// A folder of its own in work/.jobs of the data directory.
int job_make(struct job *job, const char *data_dir, struct error *error);
int job_write(const struct job *job, struct error *error);
// The newest job there is; none leaves the job empty.
int job_find(struct job *job, const char *data_dir, struct error *error);
void job_mark(struct job *job, pid_t process); // it is this process, which lives now
// Is its process alive?
bool job_alive(const struct job *job);
// Deletes the oldest folders; 20 stay.
void job_prune(const char *data_dir, const char *keep);
json_t *job_time(double seconds); // ISO UTC; null for 0

// Who holds the lock of the data directory: a training, whoever started it. Returns false when nobody does.
struct lock_holder {
    pid_t process;         // 0: not known
    char id[TEXT_ID_SIZE]; // of the word, "" when it cannot be seen
};
bool lock_held(const char *data_dir, struct lock_holder *holder);

// ---- jobs.c -----------------------------------------------------------------------------------------------

struct told { // an event of jobs_announce
    char *event, *text;
};
enum { TOLD_KEPT = 256 };

struct jobs {
    char *program, *data_dir;
    pthread_t thread;
    bool started, closing;
    pthread_mutex_t lock;         // of all below
    pthread_cond_t changed, wake; // for streams; for the thread
    struct job job;
    struct job_events events;
    uint64_t version;    // of the status
    int64_t log_size;    // when it was looked at last
    double terminate_at; // when the child that does not stop is killed
    bool elsewhere;      // somebody trains in a terminal
    struct lock_holder holder;
    struct job_events other; // what they tell in work/.events; .process is the holder's, or they told nothing
    double looked; // for that, time_now()
    struct told told[TOLD_KEPT];
    uint64_t told_count;   // ever; the last TOLD_KEPT are there
    int64_t legacy_cursor; // of clients that poll without an offset
    struct child_gate children;
    struct job_times *times;
};
struct jobs_order {
    const char *phrase, *id, *lang, *preset;
    const char *phonemes; // NULL: the phrase as it is read
    const json_t *also;   // texts
    double false_accepts; // 0: the program's default
    bool restart, fetch; // fetch: the data set debian first
};
// *busy: refused because there is a training; `error` says which.
int jobs_start(struct jobs *jobs, const struct jobs_order *order, bool *busy, struct error *error);
// Is there a training? Then `error` says which.
bool jobs_busy(struct jobs *jobs, struct error *error);
// Asks the training to stop, kills it after 5 seconds. ERROR_STATE when there is none of ours.
int jobs_cancel(struct jobs *jobs, struct error *error);
// With jobs->lock held: of the training that there is.
const struct job_events *jobs_events_locked(const struct jobs *jobs);
// With jobs->lock held: the shape Training without what is read from the log.
json_t *jobs_status_locked(struct jobs *jobs);
// What the current log is. `path` is NULL when there is none; the caller frees it.
struct log_view {
    char name[96]; // of the job; another name is another log
    char *path;
    bool over; // nobody writes to it any more
};
int jobs_log_locked(const struct jobs *jobs, struct log_view *view, struct error *error);
int jobs_log(struct jobs *jobs, struct log_view *view, struct error *error);

// ---- stream.c ---------------------------------------------------------------------------------------------

// Events for one page, from `offset` of the current log; `last_id`: what the page says that it got last, or NULL.
struct event_source *stream_open(struct jobs *jobs, int64_t offset, const char *last_id);

// ---- routes_word.c ----------------------------------------------------------------------------------------

// Further spellings of a request: at most ten, each a phrase.
int spellings_check(const json_t *also, struct error *error);

// ---- job_times.c: how long presets take on this machine ---------------------------------------------------

enum { PRESETS_MOST = 16 };
struct job_time {
    double seconds;
    bool measured; // on earlier runs; else an estimate
};
int job_times_get(struct server *server, struct job_time times[PRESETS_MOST], struct error *error);
struct job_times;
void job_times_close(struct job_times *times);

#endif
