// SPDX-License-Identifier: GPL-3.0-or-later
// The corpus file: a header of 64 bytes, all samples, padding to 8 bytes, one `struct spoken` a clip. Numbers are
// little endian, as on every machine that Wakesmith runs on, so that the file is used where it is mapped.
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

struct header {
    char magic[8];
    uint64_t clips, samples;
    int32_t groups;
    uint32_t zero;
    uint8_t checksum[32]; // SHA-256 of all that follows the header and then of the header up to here
};

_Static_assert(sizeof(struct header) == 64, "the header is read in place");
_Static_assert(sizeof(struct spoken) == 24, "the index is read in place");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "corpus files are little endian");

static const char magic[8] = "WSspeak1";
static const char padding[8];

static size_t padding_after(size_t samples)
{
    return (8 - samples * sizeof(int16_t) % 8) % 8;
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
    sha256_add(&writer->hash, data, size);
    if (size && fwrite(data, 1, size, writer->file.stream) != size)
        return error_set(error, ERROR_IO, "cannot write %s: is the disk full?", writer->file.path);
    return 0;
}

int corpus_create(struct corpus_writer *writer, const char *path, size_t clips, struct error *error)
{
    *writer = (struct corpus_writer){.capacity = clips, .clips = array_alloc(clips, sizeof *writer->clips)};
    if (!writer->clips)
        return error_memory(error, "the index of the spoken clips");
    int code = atomic_open(&writer->file, path, error);
    if (code == 0 && fwrite(&(struct header){.zero = 0}, sizeof(struct header), 1, writer->file.stream) != 1)
        code = error_set(error, ERROR_IO, "cannot write %s: is the disk full?", path);
    if (code < 0)
        corpus_abort(writer);
    sha256_init(&writer->hash);
    return code;
}

int corpus_add(struct corpus_writer *writer, struct spoken clip, const int16_t *samples, struct error *error)
{
    if (writer->clip_count == writer->capacity)
        return error_set(error, ERROR_STATE, "more clips than were announced for %s", writer->file.path);
    clip.start = writer->sample_count;
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
    TRY(put(writer, padding, padding_after(writer->sample_count), error));
    TRY(put(writer, writer->clips, writer->clip_count * sizeof *writer->clips, error));
    finish_checksum(&writer->hash, &header, header.checksum);
    if (fseek(writer->file.stream, 0, SEEK_SET) != 0 || fwrite(&header, sizeof header, 1, writer->file.stream) != 1)
        return error_set(error, ERROR_IO, "cannot write %s: is the disk full?", writer->file.path);
    TRY(atomic_commit(&writer->file, error));
    corpus_abort(writer);
    return 0;
}

void corpus_abort(struct corpus_writer *writer)
{
    atomic_abort(&writer->file);
    free(writer->clips);
    *writer = (struct corpus_writer){0};
}

// ---- reading --------------------------------------------------------------------------------------------

void corpus_seal(void *data, size_t size)
{
    struct header *header = data;
    struct sha256 hash;
    if (size < sizeof *header)
        return;
    sha256_init(&hash);
    sha256_add(&hash, header + 1, size - sizeof *header);
    finish_checksum(&hash, header, header->checksum);
}

static const char *find_damage(const void *data, size_t size, struct corpus *corpus)
{
    const struct header *header = data;
    if (size < sizeof *header || memcmp(header->magic, magic, sizeof magic) != 0)
        return "it does not begin like one";
    size_t body = size - sizeof *header;
    if (header->samples > body / sizeof(int16_t) || header->clips > body / sizeof(struct spoken))
        return "it is cut off";
    size_t samples = header->samples * sizeof(int16_t) + padding_after(header->samples);
    if (samples > body || body - samples != header->clips * sizeof(struct spoken))
        return "its size is not what its header says";
    struct sha256 hash;
    uint8_t checksum[32];
    sha256_init(&hash);
    sha256_add(&hash, header + 1, body);
    finish_checksum(&hash, header, checksum);
    if (memcmp(checksum, header->checksum, sizeof checksum) != 0)
        return "its checksum is wrong";
    const unsigned char *bytes = data;
    corpus->samples = (const void *)(bytes + sizeof *header);
    corpus->clips = (const void *)(bytes + sizeof *header + samples);
    corpus->sample_count = header->samples;
    corpus->clip_count = header->clips;
    corpus->groups = header->groups;
    for (size_t i = 0; i < corpus->clip_count; i++) {
        const struct spoken *clip = &corpus->clips[i];
        if (clip->start > corpus->sample_count || clip->count > corpus->sample_count - clip->start || clip->count == 0)
            return "a clip lies outside of it";
        if (clip->group < 0 || clip->group >= corpus->groups || clip->engine < 0)
            return "a clip names no voice";
    }
    return NULL;
}

int corpus_open(struct corpus *corpus, const char *path, struct error *error)
{
    *corpus = (struct corpus){0};
    TRY(mapping_open(&corpus->file, path, error));
    const char *damage = find_damage(corpus->file.data, corpus->file.size, corpus);
    if (!damage)
        return 0;
    corpus_close(corpus);
    return error_set(error, ERROR_FORMAT, "%s is not a whole file of spoken clips: %s; delete it and run again", path, damage);
}

void corpus_close(struct corpus *corpus)
{
    if (!corpus)
        return;
    mapping_close(&corpus->file);
    *corpus = (struct corpus){0};
}
