// SPDX-License-Identifier: GPL-3.0-or-later
// Long recordings on disk at half their size, bit for bit.
#include "audio/audio.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

struct flac_writer {
    struct atomic_file file;
    SNDFILE *flac;
};

int flac_open(struct flac_writer **writer, const char *path, struct error *error)
{
    SF_INFO info = {.samplerate = AUDIO_RATE, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    *writer = calloc(1, sizeof **writer);
    if (!*writer)
        return error_memory(error, path);
    int code = atomic_open(&(*writer)->file, path, error);
    if (code < 0) {
        free(*writer);
        *writer = NULL;
        return code;
    }
    (*writer)->flac = sf_open_fd(fileno((*writer)->file.stream), SFM_WRITE, &info, SF_FALSE);
    if ((*writer)->flac)
        return 0;
    code = error_set(error, ERROR_IO, "cannot write %s: %s", path, sf_strerror(NULL));
    flac_abort(*writer);
    *writer = NULL;
    return code;
}

int flac_append(struct flac_writer *writer, const int16_t *samples, size_t count, struct error *error)
{
    return sf_write_short(writer->flac, samples, (sf_count_t)count) == (sf_count_t)count
               ? 0
               : error_set(error, ERROR_IO, "cannot write %s; is the disk full?", writer->file.path);
}

int flac_close(struct flac_writer *writer, struct error *error)
{
    char *path = strdup(writer->file.path);
    bool good = sf_close(writer->flac) == 0 && path;
    writer->flac = NULL;
    if (good) {
        int code = atomic_commit(&writer->file, error);
        free(writer);
        free(path);
        return code;
    }
    int code =
        path ? error_set(error, ERROR_IO, "cannot write %s; is the disk full?", path) : error_memory(error, "a path");
    flac_abort(writer);
    free(path);
    return code;
}

void flac_abort(struct flac_writer *writer)
{
    if (!writer)
        return;
    if (writer->flac)
        sf_close(writer->flac);
    atomic_abort(&writer->file);
    free(writer);
}
