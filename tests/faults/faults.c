// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded into the program (LD_PRELOAD), it lets one write or one allocation fail, and finds what is never freed.
//
// A place is where the program calls from: the hash of the innermost frames of its stack that lie in the program. So
// the places of a run are the same whatever its threads do. Allocations count that the program or jansson makes, also
// through strdup and vasprintf; those inside of other libraries (engines of speech, libsndfile, libc) are not ours to
// test. What is written to stderr never fails: it is where the sentence goes.
//
//   WAKESMITH_FAULTS=list:FILE     FILE gets a line "place kind calls first" for every place, in the order of the first
//                                  calls, and "leak place blocks" for what is still allocated at the end
//   WAKESMITH_FAULTS=fail:P:N:FILE the N-th call at place P fails (ENOSPC, ENOMEM); FILE is created when it does, and
//                                  gets the leaks at the end
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAMES = 24, OWN_FRAMES = 8, PLACES = 1 << 14, BLOCKS = 1 << 21, MODULES = 2 };

struct place {
    uint32_t hash, calls, first;
    const char *kind;
};
struct shared { // with the child processes, which fork
    pthread_mutex_t lock;
    uint32_t calls;
    struct place places[PLACES];
};
struct block {
    void *data;
    uint32_t hash;
};

static struct shared *shared;
static struct block *blocks; // an open-addressed table of what is allocated; a freed block keeps its slot
static pthread_mutex_t block_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    uintptr_t begin, end, base;
} modules[MODULES]; // the program, jansson
static uint32_t wanted_place, wanted_call;
static char out_path[4096];
static pid_t first_process;
static __thread bool inside; // what is called from here is not counted

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *data);
#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static int find_module(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    bool *program_seen = context;
    int slot = !*program_seen ? 0 : strstr(info->dlpi_name, "libjansson") ? 1 : -1;
    *program_seen = true;
    for (int i = 0; slot >= 0 && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            modules[slot].base = info->dlpi_addr;
            modules[slot].begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            modules[slot].end = modules[slot].begin + info->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *order = getenv("WAKESMITH_FAULTS");
    void *frames[2];
    bool program_seen = false;
    if (!order)
        return;
    inside = true;
    backtrace(frames, 2); // loads what it needs
    dl_iterate_phdr(find_module, &program_seen);
    if (sscanf(order, "fail:%x:%u:%4095s", &wanted_place, &wanted_call, out_path) != 3)
        sscanf(order, "list:%4095s", out_path);
    first_process = getpid();
    blocks = REAL(mmap)(NULL, BLOCKS * sizeof *blocks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct shared *made = REAL(mmap)(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST); // children are killed now and then
    pthread_mutex_init(&made->lock, &attributes);
    shared = made;
    inside = false;
}

static int module_of(const void *address)
{
    for (int i = 0; i < MODULES; i++)
        if ((uintptr_t)address >= modules[i].begin && (uintptr_t)address < modules[i].end)
            return i;
    return -1;
}

static uint32_t hash_of_stack(void)
{
    void *frames[FRAMES];
    uint32_t hash = 2166136261u;
    int count = backtrace(frames, FRAMES), own = 0;
    for (int i = 0; i < count && own < OWN_FRAMES; i++) {
        int module = module_of(frames[i]);
        if (module < 0)
            continue;
        uintptr_t offset = (uintptr_t)frames[i] - modules[module].base;
        hash = (hash ^ (uint32_t)offset ^ (uint32_t)module << 31) * 16777619u;
        own++;
    }
    return hash | 1;
}

static void note_fired(const char *kind)
{
    int file = REAL(open)(out_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    char line[64];
    void *frames[FRAMES];
    int size = snprintf(line, sizeof line, "fired %s\n", kind), count = backtrace(frames, FRAMES);
    if (REAL(write)(file, line, (size_t)size) != size)
        abort();
    backtrace_symbols_fd(frames, count, file); // for who looks for the reason
    close(file);
}

// Counts this call of a place of the program; true when it is the one that shall fail.
static bool is_due(const void *caller, const char *kind, uint32_t *hash)
{
    *hash = 0;
    if (!shared || inside || module_of(caller) < 0)
        return false;
    inside = true;
    *hash = hash_of_stack();
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&shared->lock);
    size_t at = *hash % PLACES;
    while (shared->places[at].hash && shared->places[at].hash != *hash)
        at = (at + 1) % PLACES;
    struct place *place = &shared->places[at];
    shared->calls++;
    if (!place->hash)
        *place = (struct place){*hash, 0, shared->calls, kind};
    bool due = ++place->calls == wanted_call && *hash == wanted_place;
    pthread_mutex_unlock(&shared->lock);
    if (due)
        note_fired(kind);
    inside = false;
    return due;
}

// ---- memory ----

static struct block *find_block(const void *data, bool fresh)
{
    size_t at = ((uintptr_t)data >> 4) * 11400714819323198485u >> 43, tries = 0;
    while (blocks[at].hash && blocks[at].data != data && !(fresh && !blocks[at].data) && ++tries < BLOCKS)
        at = (at + 1) % BLOCKS;
    return &blocks[at];
}

static void *keep_block(void *data, uint32_t hash)
{
    if (!data || !hash || !blocks)
        return data;
    pthread_mutex_lock(&block_lock);
    *find_block(data, true) = (struct block){data, hash};
    pthread_mutex_unlock(&block_lock);
    return data;
}

static void forget_block(const void *data)
{
    if (!data || !blocks)
        return;
    pthread_mutex_lock(&block_lock);
    struct block *block = find_block(data, false);
    if (block->data == data)
        block->data = NULL;
    pthread_mutex_unlock(&block_lock);
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

#define CALLER __builtin_return_address(0)
#define ALLOCATION(made)                                                                                               \
    uint32_t hash;                                                                                                     \
    return is_due(CALLER, "memory", &hash) ? no_memory() : keep_block(made, hash)

void *malloc(size_t size)
{
    ALLOCATION(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    ALLOCATION(__libc_calloc(count, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    ALLOCATION(__libc_memalign(align, size));
}

void *realloc(void *data, size_t size)
{
    uint32_t hash;
    if (is_due(CALLER, "memory", &hash))
        return no_memory();
    forget_block(data); // before another thread can be given the same address
    void *made = __libc_realloc(data, size);
    keep_block(made ? made : data, hash);
    return made;
}

int posix_memalign(void **data, size_t align, size_t size)
{
    uint32_t hash;
    if (is_due(CALLER, "memory", &hash))
        return ENOMEM;
    *data = keep_block(__libc_memalign(align, size), hash);
    return *data ? 0 : ENOMEM;
}

static char *copy_text(const char *text, size_t size)
{
    char *copy = __libc_malloc(size + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

char *strdup(const char *text)
{
    ALLOCATION(copy_text(text, strlen(text)));
}

char *strndup(const char *text, size_t most)
{
    ALLOCATION(copy_text(text, strnlen(text, most)));
}

int vasprintf(char **text, const char *format, va_list args)
{
    uint32_t hash;
    if (is_due(CALLER, "memory", &hash)) {
        *text = no_memory();
        return -1;
    }
    int size = REAL(vasprintf)(text, format, args);
    if (size >= 0)
        keep_block(*text, hash);
    return size;
}

void free(void *data)
{
    forget_block(data);
    __libc_free(data);
}

// ---- files ----

static bool disk_full(const void *caller, const char *kind)
{
    uint32_t hash;
    if (!is_due(caller, kind, &hash))
        return false;
    errno = ENOSPC;
    return true;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return (flags & O_ACCMODE) != O_RDONLY && disk_full(CALLER, "open") ? -1 : REAL(open)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    return *mode != 'r' && disk_full(CALLER, "fopen") ? NULL : REAL(fopen)(path, mode);
}

ssize_t write(int file, const void *data, size_t size)
{
    return file != STDERR_FILENO && disk_full(CALLER, "write") ? -1 : REAL(write)(file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    return disk_full(CALLER, "pwrite") ? -1 : REAL(pwrite)(file, data, size, at);
}

int fsync(int file)
{
    return disk_full(CALLER, "fsync") ? -1 : REAL(fsync)(file);
}

int rename(const char *from, const char *to)
{
    return disk_full(CALLER, "rename") ? -1 : REAL(rename)(from, to);
}

int ftruncate(int file, off_t size)
{
    return disk_full(CALLER, "ftruncate") ? -1 : REAL(ftruncate)(file, size);
}

int mkdir(const char *path, mode_t mode)
{
    return disk_full(CALLER, "mkdir") ? -1 : REAL(mkdir)(path, mode);
}

void *mmap(void *where, size_t size, int protection, int flags, int file, off_t at)
{
    return file >= 0 && disk_full(CALLER, "mmap") ? MAP_FAILED : REAL(mmap)(where, size, protection, flags, file, at);
}

// A stream fails like on a full disk: it really writes to /dev/full, so that its error flag is set, too.
struct detour {
    int file, saved;
};

static struct detour detour_begin(FILE *stream)
{
    inside = true;
    struct detour detour = {fileno(stream), -1};
    int full = REAL(open)("/dev/full", O_WRONLY | O_CLOEXEC);
    detour.saved = dup(detour.file);
    dup2(full, detour.file);
    close(full);
    return detour;
}

static void detour_end(struct detour detour)
{
    int reason = errno;
    dup2(detour.saved, detour.file);
    close(detour.saved);
    errno = reason;
    inside = false;
}

static bool stream_full(const void *caller, FILE *stream, const char *kind)
{
    return stream && stream != stderr && __fwriting(stream) && disk_full(caller, kind);
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
    if (!stream_full(CALLER, stream, "fwrite"))
        return REAL(fwrite)(data, size, count, stream);
    struct detour detour = detour_begin(stream);
    size_t wrote = REAL(fwrite)(data, size, count, stream);
    bool flushed = REAL(fflush)(stream) == 0;
    detour_end(detour);
    return flushed ? wrote : 0;
}

int fflush(FILE *stream)
{
    if (!stream_full(CALLER, stream, "fflush"))
        return REAL(fflush)(stream);
    struct detour detour = detour_begin(stream);
    int code = REAL(fflush)(stream);
    detour_end(detour);
    return code;
}

int fclose(FILE *stream)
{
    if (!stream_full(CALLER, stream, "fclose"))
        return REAL(fclose)(stream);
    struct detour detour = detour_begin(stream);
    int code = REAL(fflush)(stream), reason = errno;
    detour_end(detour);
    REAL(fclose)(stream);
    errno = reason;
    return code;
}

// The same under the names that programs with large files call.
#define ALSO(name, type, ...) type name##64(__VA_ARGS__) __attribute__((alias(#name)))
ALSO(open, int, const char *path, int flags, ...);
ALSO(fopen, FILE *, const char *path, const char *mode);
ALSO(pwrite, ssize_t, int file, const void *data, size_t size, off64_t at);
ALSO(ftruncate, int, int file, off64_t size);
ALSO(mmap, void *, void *where, size_t size, int protection, int flags, int file, off64_t at);

// ---- the end ----

static void list_places(FILE *out)
{
    for (size_t i = 0; i < PLACES; i++)
        if (shared->places[i].hash)
            fprintf(out, "%08x %s %u %u\n", shared->places[i].hash, shared->places[i].kind, shared->places[i].calls,
                    shared->places[i].first);
}

static int by_hash(const void *a, const void *b)
{
    uint32_t left = ((const struct block *)a)->hash, right = ((const struct block *)b)->hash;
    return (left > right) - (left < right);
}

// The table becomes a list in its own memory, sorted by place.
static void list_leaks(FILE *out)
{
    struct block *left = blocks;
    size_t count = 0;
    blocks = NULL;
    for (size_t i = 0; i < BLOCKS; i++)
        if (left[i].data)
            left[count++] = left[i];
    qsort(left, count, sizeof *left, by_hash);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i; next < count && left[next].hash == left[i].hash;)
            next++;
        fprintf(out, "leak %08x %zu\n", left[i].hash, next - i);
    }
}

__attribute__((destructor)) static void end(void)
{
    if (!shared || getpid() != first_process)
        return;
    inside = true;
    FILE *out = REAL(fopen)(out_path, "a");
    if (!out)
        return;
    if (!wanted_call)
        list_places(out);
    list_leaks(out);
    REAL(fclose)(out);
}
