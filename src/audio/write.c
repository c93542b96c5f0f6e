// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"

#include <errno.h>
#include <string.h>

enum { HEADER_SIZE = 44, MOST_SAMPLES = 1 << 30 }; // 2 GiB: what a RIFF size field can say and every reader takes

static void put(unsigned char *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

// The canonical RIFF header: 16-bit PCM, mono, 16 kHz.
static void wav_header(unsigned char header[HEADER_SIZE], uint32_t data_size)
{
    memcpy(header, "RIFF....WAVEfmt ", 16);
    put(header + 4, data_size + HEADER_SIZE - 8, 4);
    put(header + 16, 16, 4); // size of the format chunk
    put(header + 20, 1, 2);  // PCM
    put(header + 22, 1, 2);  // channels
    put(header + 24, AUDIO_RATE, 4);
    put(header + 28, AUDIO_RATE * 2, 4); // bytes per second
    put(header + 32, 2, 2);              // bytes per frame
    put(header + 34, 16, 2);             // bits per sample
    memcpy(header + 36, "data", 4);
    put(header + 40, data_size, 4);
}

static bool write_samples(FILE *stream, const int16_t *samples, size_t count)
{
    unsigned char block[8192];
    for (size_t done = 0; done < count;) {
        size_t now = count - done < sizeof block / 2 ? count - done : sizeof block / 2;
        for (size_t i = 0; i < now; i++)
            put(block + 2 * i, (uint16_t)samples[done + i], 2);
        if (fwrite(block, 2, now, stream) != now)
            return false;
        done += now;
    }
    return true;
}

int audio_write_wav(const char *path, const int16_t *samples, size_t count, struct error *error)
{
    if (count >= MOST_SAMPLES)
        return error_set(error, ERROR_USAGE, "%s would be longer than a wav file can be", path);
    struct atomic_file file;
    TRY(atomic_open(&file, path, error));
    unsigned char header[HEADER_SIZE];
    wav_header(header, (uint32_t)(count * 2));
    if (fwrite(header, 1, sizeof header, file.stream) != sizeof header || !write_samples(file.stream, samples, count)) {
        error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
        atomic_abort(&file);
        return error->code;
    }
    return atomic_commit(&file, error);
}
