// SPDX-License-Identifier: GPL-3.0-or-later
// What arrives: bytes from anywhere. Here they become 16 kHz mono, or a sentence.
#include "recordings/recordings_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What libsndfile does not read and ffmpeg does, by the first bytes; the demuxer is named, so that ffmpeg tries no
// other (playlists name further files).
static const struct container {
    const char *name, *demuxer;
    size_t at, size;
    const char *bytes;
} containers[] = {
    {"m4a", "mov", 4, 4, "ftyp"},     {"webm", "matroska", 0, 4, "\x1a\x45\xdf\xa3"},
    {"aac", "aac", 0, 2, "\xff\xf1"}, {"aac", "aac", 0, 2, "\xff\xf9"},
    {"amr", "amr", 0, 5, "#!AMR"},    {"wma", "asf", 0, 8, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"},
    {"caf", "caf", 0, 4, "caff"},     {"ogg", "ogg", 0, 4, "OggS"},
    {"wv", "wv", 0, 4, "wvpk"},
};

static const struct container *container_of(const char *path)
{
    char head[16] = {0};
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = handle >= 0 ? read(handle, head, sizeof head) : 0;
    if (handle >= 0)
        close(handle);
    for (size_t i = 0; i < COUNT_OF(containers); i++)
        if (got >= (ssize_t)(containers[i].at + containers[i].size) &&
            memcmp(head + containers[i].at, containers[i].bytes, containers[i].size) == 0)
            return &containers[i];
    return NULL;
}

static int check_size(const char *path, const char *name, struct error *error)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return error_set(error, ERROR_IO, "cannot read what was uploaded as %s: %s", name, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_IO, "%s is not a regular file", name);
    if (info.st_size == 0)
        return error_set(error, ERROR_FORMAT, "%s is empty", name);
    if (info.st_size > RECORDINGS_MAX_BYTES)
        return error_set(error, ERROR_FORMAT, "%s has %.1f MB; a recording may have %d MB", name,
                         (double)info.st_size / (1 << 20), RECORDINGS_MAX_BYTES >> 20);
    return 0;
}

static int read_raw(const char *path, const char *name, struct pcm *pcm, struct error *error)
{
    void *data;
    size_t size;
    TRY(file_read(path, RECORDINGS_MAX_BYTES, &data, &size, error));
    if (size % sizeof *pcm->samples != 0) {
        free(data);
        return error_set(error, ERROR_FORMAT, "%s ends within a sample: raw audio has 2 bytes a sample", name);
    }
    *pcm = (struct pcm){data, size / sizeof *pcm->samples}; // little endian, as this machine
    return 0;
}

// The message of a room below names the temporary file; people know another name.
static void call_it(struct error *error, const char *path, const char *name)
{
    char *at = strstr(error->message, path);
    if (!at)
        return;
    struct error said = *error;
    error_set(error, said.code, "%.*s%s%s", (int)(at - error->message), said.message, name,
              said.message + (at - error->message) + strlen(path));
}

static int read_foreign(const char *path, const char *name, double seconds, struct arrival *arrival,
                        struct error *error)
{
    const struct container *container = container_of(path);
    if (!container)
        return error->code; // what libsndfile said
    snprintf(arrival->ending, sizeof arrival->ending, "%s", container->name);
    snprintf(arrival->format, sizeof arrival->format, "%s", container->name);
    int code = ffmpeg_read(path, container->demuxer, seconds, &arrival->pcm, error);
    if (code == ERROR_MISSING)
        return error_set(
            error, code,
            "%s is a %s file, which needs ffmpeg: install it (\"apt install ffmpeg\" on Debian and Ubuntu, "
            "\"brew install ffmpeg\" on a Mac), or save the recording as wav, flac, ogg or mp3",
            name, container->name);
    return code;
}

int arrival_read(const struct recordings_add *add, struct arrival *arrival, struct error *error)
{
    *arrival = (struct arrival){.ending = "raw", .format = "raw 16000 Hz, 1 channel, 16 bit"};
    const double seconds = RECORDINGS_MAX_SECONDS + 1;
    struct audio_format format = {0};
    int code;
    char *name = name_display(add->original_name);
    if (!name)
        return error_memory(error, "a file name");
    TRY_GOTO(check_size(add->file, name, error), end);
    if (add->raw_pcm) {
        code = read_raw(add->file, name, &arrival->pcm, error);
    } else if ((code = audio_describe(add->file, &format, error)) == 0) {
        code = audio_read(add->file, 0, seconds, &arrival->pcm, error);
        snprintf(arrival->ending, sizeof arrival->ending, "%s", format.name);
        int used = snprintf(arrival->format, sizeof arrival->format, "%s %d Hz, %d channel%s", format.name, format.rate,
                            format.channels, format.channels == 1 ? "" : "s");
        if (format.bits)
            snprintf(arrival->format + used, sizeof arrival->format - (size_t)used, ", %d bit", format.bits);
        arrival->converted =
            strcmp(format.name, "wav") != 0 || format.rate != AUDIO_RATE || format.channels != 1 || format.bits != 16;
    } else if (code == ERROR_FORMAT) {
        arrival->converted = true;
        code = read_foreign(add->file, name, seconds, arrival, error);
    }
    if (code < 0)
        goto end;
    if (arrival->pcm.count == 0)
        code = error_set(error, ERROR_FORMAT, "%s holds no sound", name);
    else if (arrival->pcm.count > RECORDINGS_MAX_SECONDS * AUDIO_RATE)
        code = error_set(error, ERROR_FORMAT, "%s is longer than %d s; a recording is one word, cut it", name,
                         RECORDINGS_MAX_SECONDS);
end:
    if (code < 0) {
        call_it(error, add->file, name);
        arrival_free(arrival);
    }
    free(name);
    return code;
}

void arrival_free(struct arrival *arrival)
{
    free(arrival->pcm.samples);
    arrival->pcm = (struct pcm){0};
}
