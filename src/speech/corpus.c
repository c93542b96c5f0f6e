// SPDX-License-Identifier: GPL-3.0-or-later
// The corpus file: a header of 64 bytes, all samples, padding to 8 bytes, one `struct spoken` a clip, one hash a
// clip. The hashes guard the samples, the header's checksum guards the rest; SHA-256 over all would take seconds.
// Numbers are little endian, as on every machine that Wakesmith runs on: the file is used where it is mapped.
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

struct header {
    char magic[8];
    uint64_t clips, samples;
    int32_t groups;
    uint32_t zero;
    uint8_t checksum[32]; // SHA-256 of all that follows the samples and then of the header up to here
};

_Static_assert(sizeof(struct header) == 64, "the header is read in place");
_Static_assert(sizeof(struct spoken) == 24, "the index is read in place");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "corpus files are little endian");

static const char magic[8] = "WSspeak2";
static const char padding[8];

static size_t padding_after(size_t samples)
{
    return (8 - samples * sizeof(int16_t) % 8) % 8;
}

// FNV-1a over samples. Each step is a bijection, so one damaged sample always changes the result.
uint64_t clip_hash(const int16_t *samples, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u ^ count;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uint16_t)samples[i]) * 0x100000001b3u;
    return hash ? hash : 1;
}

static void finish_checksum(struct sha256 *hash, const struct header *header, uint8_t checksum[32])
{
    char hex[65];
    sha256_add(hash, header, offsetof(struct header, checksum));
    sha256_hex(hash, hex);
    for (int i = 0; i < 32; i++) {
        char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};
        checksum[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
}

// ---- writing --------------------------------------------------------------------------------------------

static int put(struct corpus_writer *writer, const void *data, size_t size, struct error *error)
{
    if (size && fwrite(data, 1, size, writer->file.stream) != size)
        return error_set(error, ERROR_IO, "cannot write %s: is the disk full?", writer->file.path);
    return 0;
}

int corpus_create(struct corpus_writer *writer, const char *path, size_t clips, struct error *error)
{
    *writer = (struct corpus_writer){.capacity = clips, .clips = array_alloc(clips, sizeof *writer->clips),
                                     .hashes = array_alloc(clips, sizeof *writer->hashes)};
    int code = writer->clips && writer->hashes ? atomic_open(&writer->file, path, error)
                                               : error_memory(error, "the index of the spoken clips");
    if (code == 0)
        code = put(writer, &(struct header){.zero = 0}, sizeof(struct header), error);
    if (code < 0)
        corpus_abort(writer);
    return code;
}

int corpus_add(struct corpus_writer *writer, struct spoken clip, const int16_t *samples, uint64_t hash,
               struct error *error)
{
    if (writer->clip_count == writer->capacity)
        return error_set(error, ERROR_STATE, "more clips than were announced for %s", writer->file.path);
    clip.start = writer->sample_count;
    writer->hashes[writer->clip_count] = hash;
    writer->clips[writer->clip_count++] = clip;
    writer->sample_count += clip.count;
    if (clip.group >= writer->groups)
        writer->groups = clip.group + 1;
    return put(writer, samples, clip.count * sizeof *samples, error);
}

int corpus_commit(struct corpus_writer *writer, struct error *error)
{
    struct header header = {.clips = writer->clip_count, .samples = writer->sample_count, .groups = writer->groups};
    memcpy(header.magic, magic, sizeof magic);
    const struct {
        const void *data;
        size_t size;
    } tail[] = {{padding, padding_after(writer->sample_count)},
                {writer->clips, writer->clip_count * sizeof *writer->clips},
                {writer->hashes, writer->clip_count * sizeof *writer->hashes}};
    struct sha256 hash;
    sha256_init(&hash);
    for (size_t i = 0; i < COUNT_OF(tail); i++) {
        sha256_add(&hash, tail[i].data, tail[i].size);
        TRY(put(writer, tail[i].data, tail[i].size, error));
    }
    finish_checksum(&hash, &header, header.checksum);
    if (fseek(writer->file.stream, 0, SEEK_SET) != 0)
        return error_set(error, ERROR_IO, "cannot write %s", writer->file.path);
    TRY(put(writer, &header, sizeof header, error));
    TRY(atomic_commit(&writer->file, error));
    corpus_abort(writer);
    return 0;
}

void corpus_abort(struct corpus_writer *writer)
{
    atomic_abort(&writer->file);
    free(writer->clips);
    free(writer->hashes);
    *writer = (struct corpus_writer){0};
}

// ---- reading --------------------------------------------------------------------------------------------

// Where the parts of a file lie, as far as its header is to be believed; false if they do not add up to `size`.
struct layout {
    const int16_t *samples;
    const unsigned char *tail; // padding, index, hashes
    size_t tail_size;
    const struct spoken *clips;
    const uint64_t *hashes;
};

static bool find_parts(const void *data, size_t size, struct layout *layout)
{
    const struct header *header = data;
    const unsigned char *body = (const unsigned char *)data + sizeof *header;
    size_t a_clip = sizeof(struct spoken) + sizeof(uint64_t);
    if (size < sizeof *header)
        return false;
    size -= sizeof *header;
    if (header->samples > size / sizeof(int16_t) || header->clips > size / a_clip)
        return false;
    size_t samples = header->samples * sizeof(int16_t), pad = padding_after(header->samples);
    if (size - samples != pad + header->clips * a_clip)
        return false;
    *layout = (struct layout){.samples = (const void *)body, .tail = body + samples, .tail_size = size - samples,
                              .clips = (const void *)(body + samples + pad)};
    layout->hashes = (const void *)(layout->clips + header->clips);
    return true;
}

static void checksum_of(const struct header *header, const struct layout *layout, uint8_t checksum[32])
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, layout->tail, layout->tail_size);
    finish_checksum(&hash, header, checksum);
}

void corpus_seal(void *data, size_t size)
{
    struct header *header = data;
    struct layout layout;
    if (find_parts(data, size, &layout))
        checksum_of(header, &layout, header->checksum);
}

// What is wrong with the file but for its sound, or NULL and `corpus` filled.
static const char *find_damage(const void *data, size_t size, struct corpus *corpus)
{
    const struct header *header = data;
    struct layout layout;
    uint8_t checksum[32];
    if (size < sizeof *header || memcmp(header->magic, magic, sizeof magic) != 0)
        return "it does not begin like one";
    if (!find_parts(data, size, &layout))
        return "its size is not what its header says";
    checksum_of(header, &layout, checksum);
    if (memcmp(checksum, header->checksum, sizeof checksum) != 0)
        return "its checksum is wrong";
    corpus->samples = layout.samples;
    corpus->sample_count = header->samples;
    corpus->clips = layout.clips;
    corpus->hashes = layout.hashes;
    corpus->clip_count = header->clips;
    corpus->groups = header->groups;
    size_t next = 0;
    for (size_t i = 0; i < corpus->clip_count; i++) {
        const struct spoken *clip = &corpus->clips[i];
        if (clip->start != next || clip->count == 0 || clip->count > corpus->sample_count - next)
            return "a clip is not where it should be";
        if (clip->group < 0 || clip->group >= corpus->groups || clip->engine < 0)
            return "a clip names no voice";
        next += clip->count;
    }
    return next == corpus->sample_count ? NULL : "it holds sound that belongs to no clip";
}

static int not_whole(const char *path, const char *damage, struct error *error)
{
    return error_set(error, ERROR_FORMAT, "%s is not a whole file of spoken clips: %s; run again, and it is made anew", path,
                     damage);
}

int corpus_map(struct corpus *corpus, const char *path, struct error *error)
{
    *corpus = (struct corpus){0};
    TRY(mapping_open(&corpus->file, path, error));
    const char *damage = find_damage(corpus->file.data, corpus->file.size, corpus);
    corpus->path = damage ? NULL : strdup(path);
    if (corpus->path)
        return 0;
    corpus_close(corpus);
    return damage ? not_whole(path, damage, error) : error_memory(error, "a path");
}

int corpus_check(const struct corpus *corpus, struct error *error)
{
    for (size_t i = 0; i < corpus->clip_count; i++)
        if (clip_hash(corpus->samples + corpus->clips[i].start, corpus->clips[i].count) != corpus->hashes[i])
            return not_whole(corpus->path, "the sound of a clip is damaged", error);
    return 0;
}

int corpus_open(struct corpus *corpus, const char *path, struct error *error)
{
    TRY(corpus_map(corpus, path, error));
    int code = corpus_check(corpus, error);
    if (code < 0)
        corpus_close(corpus);
    return code;
}

void corpus_close(struct corpus *corpus)
{
    if (!corpus)
        return;
    mapping_close(&corpus->file);
    free(corpus->path);
    *corpus = (struct corpus){0};
}
