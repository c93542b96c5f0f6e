// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "sounds": negatives and backgrounds from folders of audio, decoded once into one mapped file.
#include "pipeline/pipeline_internal.h"
#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = "WSSOUND1";

struct entry { // one file on its way into the store
    const char *path;
    struct stored_sound sound;
    struct pcm pcm;
    int code;
    struct error error;
};

// The kind of a recording is said by its name or by one of the two folders above it.
static enum sound_kind kind_of(const char *path)
{
    const char *tail = path + strlen(path);
    for (int parts = 0; tail > path && parts < 3; parts += *tail == '/')
        tail--;
    static const struct {
        const char *word;
        enum sound_kind kind;
    } words[] = {{"speech", SOUND_SPEECH}, {"voice", SOUND_SPEECH}, {"talk", SOUND_SPEECH}, {"dinner", SOUND_SPEECH},
                 {"music", SOUND_MUSIC},   {"fma", SOUND_MUSIC},    {"song", SOUND_MUSIC}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcasestr(tail, words[i].word))
            return words[i].kind;
    return SOUND_NOISE;
}

// Recordings of one source stay together: the path without the number at the end of the file's name.
static int32_t source_of(const char *path)
{
    const char *name = path_name(path), *dot = strrchr(name, '.');
    size_t size = dot ? (size_t)(dot - path) : strlen(path);
    while (size && path + size > name &&
           ((path[size - 1] >= '0' && path[size - 1] <= '9') || strchr("-_. ", path[size - 1])))
        size--;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)path[i]) * 0x100000001b3u;
    return (int32_t)(hash >> 33);
}

// Seconds of all, by their headers; a file that has none adds nothing and is told of when it is decoded.
static double seconds_of(const struct text_list *files, size_t count)
{
    double seconds = 0;
    for (size_t i = 0; i < count; i++) {
        struct audio_format format;
        struct error ignored;
        seconds += audio_describe(files->items[i], &format, &ignored) == 0 ? format.seconds : 0;
    }
    return seconds;
}

static void decode(void *context, size_t index, int worker)
{
    (void)worker;
    struct entry *entry = (struct entry *)context + index;
    entry->code = audio_read(entry->path, 0, 0, &entry->pcm, &entry->error);
    entry->sound.count = entry->pcm.count;
}

static int write_store(struct walk *walk, struct entry *entries, size_t count, const char *path, struct error *error)
{
    struct atomic_file file;
    TRY(atomic_open(&file, path, error));
    uint64_t header[2] = {0, count}, at = 0;
    memcpy(header, magic, sizeof magic);
    int code = 0;
    bool good = fwrite(header, sizeof header, 1, file.stream) == 1;
    for (size_t i = 0; i < count && good; i++) // the place of the index; filled in at the end
        good = fwrite(&entries[i].sound, sizeof entries[i].sound, 1, file.stream) == 1;
    size_t batch = (size_t)pool_threads(walk->pool) * 2;
    for (size_t i = 0; i < count && good && code == 0; i += batch) {
        size_t here = count - i < batch ? count - i : batch;
        pool_run(walk->pool, here, decode, entries + i);
        for (size_t k = i; k < i + here; k++) {
            if (entries[k].code < 0) // one damaged file among many is told, not fatal
                code = walk_leave_out(walk, &entries[k].error, error);
            entries[k].sound.start = at;
            at += entries[k].pcm.count;
            good = good && (!entries[k].pcm.count || fwrite(entries[k].pcm.samples, 2, entries[k].pcm.count,
                                                            file.stream) == entries[k].pcm.count);
            free(entries[k].pcm.samples);
            entries[k].pcm = (struct pcm){0};
        }
        progress_step(walk->progress, (double)(i + here), (double)count, "%s", path_name(entries[i].path));
        if (progress_stopped(walk->progress)) {
            atomic_abort(&file);
            return progress_cancelled(error);
        }
    }
    good = good && fseek(file.stream, sizeof header, SEEK_SET) == 0;
    for (size_t i = 0; i < count && good; i++)
        good = fwrite(&entries[i].sound, sizeof entries[i].sound, 1, file.stream) == 1;
    if (!good && code == 0)
        code = error_set(error, ERROR_IO, "cannot write %s; is the disk full?", path);
    if (code < 0)
        atomic_abort(&file);
    else
        code = atomic_commit(&file, error);
    return code;
}

// Samples of the negatives of one kind, of all sources or of one.
static uint64_t recorded(const struct sound_store *store, int kind, int32_t source, bool all)
{
    uint64_t total = 0;
    for (size_t i = 0; i < store->count; i++)
        if (store->sounds[i].kind == kind && store->sounds[i].use == USE_NEGATIVE &&
            (all || store->sounds[i].source == source))
            total += store->sounds[i].count;
    return total;
}

// The source of this kind that follows `rank` in the order of a hash; -1 after the last.
static int32_t next_source(const struct sound_store *store, int kind, uint64_t seed, uint64_t *rank)
{
    uint64_t best = UINT64_MAX;
    int32_t source = -1;
    for (size_t i = 0; i < store->count; i++) {
        const struct stored_sound *sound = &store->sounds[i];
        char label[32];
        snprintf(label, sizeof label, "%d", sound->source);
        uint64_t here = seed_mix(seed, label);
        if (sound->kind == kind && sound->use == USE_NEGATIVE && here > *rank && here < best) {
            best = here;
            source = sound->source;
        }
    }
    *rank = best;
    return source;
}

// Per kind, whole sources are held out, in the order of a hash, until a tenth of the recorded time is held; a source
// that would make it more than a fifth trains instead.
static void hold_out(struct sound_store *store, uint64_t seed)
{
    for (int kind = 0; kind < SOUND_KINDS; kind++) {
        uint64_t total = recorded(store, kind, 0, true), held = 0, rank = 0;
        int32_t source;
        while (held * 10 < total && (source = next_source(store, kind, seed, &rank)) >= 0) {
            uint64_t size = recorded(store, kind, source, false);
            if ((held + size) * 5 > total)
                continue;
            held += size;
            for (size_t i = 0; i < store->count; i++)
                store->held[i] |= store->sounds[i].kind == kind && store->sounds[i].source == source;
        }
    }
}

// How much of each kind is held back, and which recordings.
static void tell_held(struct walk *walk, const struct entry *entries)
{
    for (int kind = 0; kind < SOUND_KINDS; kind++) {
        double total = (double)recorded(&walk->store, kind, 0, true) / AUDIO_RATE, held = 0;
        for (size_t i = 0; i < walk->store.count; i++)
            if (walk->store.held[i] && walk->store.sounds[i].kind == kind) {
                held += (double)walk->store.sounds[i].count / AUDIO_RATE;
                walk_debug(walk, "held back, so that it only measures: %s, %.1f s of %s (source %d)", entries[i].path,
                           (double)walk->store.sounds[i].count / AUDIO_RATE, held_kind_names[kind], walk->store.sounds[i].source);
            }
        if (total > 0)
            walk_debug(walk, "negatives: of %.1f s of %s, %.1f s are held back: whole sources, about a tenth of the time",
                       total, held_kind_names[kind], held);
    }
}

static int open_store(struct sound_store *store, const char *path, struct error *error)
{
    TRY(mapping_open(&store->file, path, error));
    const uint64_t *header = store->file.data;
    size_t size = store->file.size;
    bool good = size >= 16 && memcmp(header, magic, 8) == 0 && header[1] <= (size - 16) / sizeof *store->sounds;
    if (good) {
        store->count = header[1];
        store->sounds = (const struct stored_sound *)(const void *)(header + 2);
        store->samples = (const int16_t *)(const void *)(store->sounds + store->count);
        uint64_t samples = (size - 16 - store->count * sizeof *store->sounds) / 2;
        for (size_t i = 0; i < store->count && good; i++)
            good = store->sounds[i].start <= samples && store->sounds[i].count <= samples - store->sounds[i].start &&
                   store->sounds[i].kind >= 0 && store->sounds[i].kind < SOUND_KINDS;
    }
    store->held = array_alloc(store->count + 1, sizeof *store->held);
    if (good && store->held)
        return 0;
    sound_store_close(store);
    return good ? error_memory(error, "the list of sounds")
                : error_set(error, ERROR_FORMAT, "%s is damaged; delete it and run the command again", path);
}

void sound_store_close(struct sound_store *store)
{
    mapping_close(&store->file);
    free(store->held);
    *store = (struct sound_store){0};
}

static int list_folder(const char *folder, const char *option, struct text_list *files, struct error *error)
{
    size_t before = files->count;
    if (folder_list(folder, audio_endings, files, error) < 0)
        return error_prefix(error, "--%s", option);
    if (files->count == before)
        return error_set(error, ERROR_MISSING, "--%s: there is no audio in %s", option, folder);
    return 0;
}

static int list_sounds(const struct text_list *roots, const char *option, struct text_list *files, struct error *error)
{
    for (size_t i = 0; i < roots->count; i++)
        TRY(list_folder(roots->items[i], option, files, error));
    return 0;
}

int stage_sounds(struct walk *walk, struct error *error)
{
    const struct pipeline_options *options = walk->options;
    struct text_list files = {0};
    struct entry *entries = NULL;
    char *path = NULL;
    int code;
    TRY_GOTO(people_open(walk, error), end);
    TRY_GOTO(list_sounds(&options->rirs, "rirs", &walk->rirs, error), end);
    TRY_GOTO(list_sounds(&options->negatives, "negatives", &files, error), end);
    size_t negatives = files.count;
    TRY_GOTO(list_sounds(&options->backgrounds, "backgrounds", &files, error), end);
    struct signature signature;
    walk_signature(walk, &signature, "sounds");
    for (size_t i = 0; i < files.count; i++) {
        signature_add(&signature, i < negatives ? "negative" : "background", "%s", files.items[i]);
        TRY_GOTO(signature_add_file(&signature, files.items[i], error), end);
        if (progress_stopped(walk->progress)) {
            code = progress_cancelled(error);
            goto end;
        }
    }
    for (size_t i = 0; i < walk->rirs.count; i++)
        TRY_GOTO(signature_add_file(&signature, walk->rirs.items[i], error), end);
    walk_signed(walk, &signature, walk->sounds_signature);
    path = text_print("%s/%.16s.sounds", walk->sounds_folder, walk->sounds_signature);
    walk->heard_seconds = seconds_of(&files, negatives);
    bool decoded = path && files.count && walk_fresh(walk, path, walk->sounds_signature);
    TRY_GOTO(space_check(walk, decoded ? 0 : seconds_of(&files, files.count), error), end);
    if (files.count == 0)
        goto end;

    entries = array_alloc(files.count, sizeof *entries);
    if (!path || !entries) {
        code = error_memory(error, "the list of sounds");
        goto end;
    }
    for (size_t i = 0; i < files.count; i++) {
        entries[i].path = files.items[i];
        entries[i].sound = (struct stored_sound){.kind = (int32_t)kind_of(files.items[i]),
                                                 .source = source_of(files.items[i]),
                                                 .use = i < negatives ? USE_NEGATIVE : USE_BACKGROUND};
    }
    if (!decoded) {
        walk_part(walk, PART_SOUNDS);
        progress_begin(walk->progress, "sounds");
        TRY_GOTO(write_store(walk, entries, files.count, path, error), end);
        TRY_GOTO(walk_sign(walk, path, walk->sounds_signature, error), end);
        progress_end(walk->progress, "%zu recordings decoded", files.count);
    }
    TRY_GOTO(open_store(&walk->store, path, error), end);
    hold_out(&walk->store, (uint64_t)options->seed);
    if (options->debug)
        tell_held(walk, entries);
end:
    free(entries);
    free(path);
    text_list_free(&files);
    return code;
}
