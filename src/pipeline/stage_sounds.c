// SPDX-License-Identifier: GPL-3.0-or-later
// Stage "sounds": negatives and backgrounds from folders of audio, decoded once into one mapped file.
#include "pipeline/pipeline_internal.h"
#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = "WSSOUND2";

struct entry { // one file on its way into the store
    const char *path;
    struct stored_sound sound;
    struct pcm pcm;
    int code;
    struct error error;
};

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

// What is held back is chosen group by group: music, noise, and of speech English, the language of the wake word and
// the others, so that what a wake word hears most often is measured, too.
enum { GROUP_ENGLISH = SOUND_KINDS, GROUP_OWN, GROUP_COUNT };

static int group_of(const struct walk *walk, const struct stored_sound *sound)
{
    if (sound->kind != SOUND_SPEECH)
        return sound->kind;
    if (strcmp(sound->language, walk->language->code) == 0)
        return GROUP_OWN;
    return strcmp(sound->language, "en") == 0 ? GROUP_ENGLISH : SOUND_SPEECH;
}

// Samples of the negatives of one group, of all sources or of one.
static uint64_t recorded(const struct walk *walk, int group, int32_t source, bool all)
{
    const struct sound_store *store = &walk->store;
    uint64_t total = 0;
    for (size_t i = 0; i < store->count; i++)
        if (group_of(walk, &store->sounds[i]) == group && store->sounds[i].use == USE_NEGATIVE &&
            (all || store->sounds[i].source == source))
            total += store->sounds[i].count;
    return total;
}

// The source of this group that follows `rank` in the order of a hash; -1 after the last.
static int32_t next_source(const struct walk *walk, int group, uint64_t *rank)
{
    const struct sound_store *store = &walk->store;
    uint64_t best = UINT64_MAX;
    int32_t source = -1;
    for (size_t i = 0; i < store->count; i++) {
        const struct stored_sound *sound = &store->sounds[i];
        char label[32];
        snprintf(label, sizeof label, "%d", sound->source);
        uint64_t here = seed_mix((uint64_t)walk->options->seed, label);
        if (group_of(walk, sound) == group && sound->use == USE_NEGATIVE && here > *rank && here < best) {
            best = here;
            source = sound->source;
        }
    }
    *rank = best;
    return source;
}

// Per group, whole sources are held out, in the order of a hash, until a tenth of the recorded time is held, of much
// recorded time a fifth; a source that would make it more than twice that trains instead.
static void hold_out(struct walk *walk)
{
    enum { MUCH_HOURS = 10 };
    struct sound_store *store = &walk->store;
    uint64_t share = walk->heard_seconds > MUCH_HOURS * 3600 ? 5 : 10;
    for (int group = 0; group < GROUP_COUNT; group++) {
        uint64_t total = recorded(walk, group, 0, true), held = 0, rank = 0;
        int32_t source;
        while (held * share < total && (source = next_source(walk, group, &rank)) >= 0) {
            uint64_t size = recorded(walk, group, source, false);
            if ((held + size) * share > 2 * total)
                continue;
            held += size;
            for (size_t i = 0; i < store->count; i++)
                store->held[i] |= group_of(walk, &store->sounds[i]) == group && store->sounds[i].source == source;
        }
    }
}

// How much of each kind is held back, and which recordings.
static void tell_held(struct walk *walk, const struct entry *entries)
{
    for (int kind = 0; kind < SOUND_KINDS; kind++) {
        double total = 0, held = 0;
        for (size_t i = 0; i < walk->store.count; i++) {
            const struct stored_sound *sound = &walk->store.sounds[i];
            double seconds = (double)sound->count / AUDIO_RATE;
            if (sound->kind != kind || sound->use != USE_NEGATIVE)
                continue;
            total += seconds;
            held += walk->store.held[i] ? seconds : 0;
            if (walk->store.held[i])
                walk_debug(walk, "held back, so that it only measures: %s, %.1f s of %s (language %s, source %d)",
                           entries[i].path, seconds, held_kind_names[kind], sound->language, sound->source);
        }
        if (total > 0)
            walk_debug(walk, "negatives: of %.1f s of %s, %.1f s are held back: whole sources", total,
                       held_kind_names[kind], held);
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
                   store->sounds[i].kind >= 0 && store->sounds[i].kind < SOUND_KINDS &&
                   memchr(store->sounds[i].language, 0, sizeof store->sounds[i].language);
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

// What is read of a file decides: content that a manifest vouches for is not read again.
static int sign_files(struct walk *walk, struct signature *signature, const struct sound_list *list,
                      struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sound_file *file = &list->files[i];
        signature_add(signature, file->use == USE_NEGATIVE ? "negative" : "background", "%s", file->path);
        if (file->sha256)
            signature_add(signature, "content", "%s", file->sha256);
        else
            TRY(signature_add_file(signature, file->path, error));
        if (progress_stopped(walk->progress))
            return progress_cancelled(error);
    }
    for (size_t i = 0; i < walk->rirs.count; i++)
        TRY(signature_add_file(signature, walk->rirs.items[i], error));
    return 0;
}

static struct entry *make_entries(const struct sound_list *list)
{
    struct entry *entries = array_alloc(list->count, sizeof *entries);
    for (size_t i = 0; i < list->count && entries; i++) {
        const struct sound_file *file = &list->files[i];
        entries[i].path = file->path;
        entries[i].sound = (struct stored_sound){.kind = (int32_t)file->kind, .source = file->source, .use = file->use};
        memcpy(entries[i].sound.language, file->language, sizeof entries[i].sound.language);
    }
    return entries;
}

int stage_sounds(struct walk *walk, struct error *error)
{
    struct sound_list list = {0};
    struct entry *entries = NULL;
    char *path = NULL;
    int code;
    TRY_GOTO(people_open(walk, error), end);
    TRY_GOTO(sound_list_make(walk, &list, error), end);
    struct signature signature;
    walk_signature(walk, &signature, "sounds");
    TRY_GOTO(sign_files(walk, &signature, &list, error), end);
    walk_signed(walk, &signature, walk->sounds_signature);
    path = text_print("%s/%.16s.sounds", walk->sounds_folder, walk->sounds_signature);
    bool decoded = path && list.count && walk_fresh(walk, path, walk->sounds_signature);
    double seconds = 0;
    for (size_t i = 0; i < list.count; i++)
        seconds += list.files[i].seconds;
    TRY_GOTO(space_check(walk, decoded ? 0 : seconds, error), end);
    if (list.count == 0)
        goto end;
    entries = make_entries(&list);
    if (!path || !entries) {
        code = error_memory(error, "the list of sounds");
        goto end;
    }
    if (!decoded) {
        walk_part(walk, PART_SOUNDS);
        progress_begin(walk->progress, "sounds");
        TRY_GOTO(write_store(walk, entries, list.count, path, error), end);
        TRY_GOTO(walk_sign(walk, path, walk->sounds_signature, error), end);
        progress_end(walk->progress, "%zu recordings decoded", list.count);
    }
    TRY_GOTO(open_store(&walk->store, path, error), end);
    hold_out(walk);
    TRY_GOTO(recorded_sum(walk, error), end);
    if (walk->options->debug)
        tell_held(walk, entries);
end:
    free(entries);
    free(path);
    sound_list_free(&list);
    return code;
}
