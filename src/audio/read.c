// SPDX-License-Identifier: GPL-3.0-or-later
// Files to clips. The length that a header claims is only believed as an upper bound: memory grows with the
// samples that really arrive.
#include "audio/audio_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const audio_endings[] = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff",
                                     ".aif", ".au",   ".caf", ".w64", ".rf64", ".gsm", NULL};

enum {
    BLOCK_FRAMES = 8192,
    MOST_HOURS = 4,
    MOST_SAMPLES = MOST_HOURS * 3600 * AUDIO_RATE,
    LOWEST_RATE = 4000,
    HIGHEST_RATE = 768000,
    MOST_CHANNELS = 64,
    MOST_CHUNKS = 1000 // before the samples of a wav file
};

struct reader {
    const char *path;
    int handle;
    SNDFILE *file;
    SF_INFO info;
    soxr_t resampler; // NULL when the file has 16 kHz
    float *frames;    // BLOCK_FRAMES x channels, as in the file
    float *mono;      // BLOCK_FRAMES
    float *resampled; // BLOCK_FRAMES
    size_t capacity;  // of pcm->samples
    size_t most;      // samples wanted: pcm->count stops there
};

// libsndfile believes that a RIFF file which ends too early is only shorter. True when the data chunk goes on
// behind the end of the file; programs that write to a pipe leave 0 or about 2^31 or 2^32 there, which is fine.
static bool wav_ends_early(int handle, off_t file_size)
{
    unsigned char head[12];
    if (pread(handle, head, 12, 0) != 12 || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
        return false;
    off_t at = 12;
    for (int chunk = 0; chunk < MOST_CHUNKS && pread(handle, head, 8, at) == 8; chunk++) {
        uint32_t size = (uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 24;
        if (memcmp(head, "data", 4) == 0)
            return size < 0x7fff0000u && at + 8 + (off_t)size > file_size;
        at += 8 + (off_t)size + (size & 1);
    }
    return false;
}

static int reader_open(struct reader *reader, struct error *error)
{
    const char *path = reader->path;
    reader->handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe without writer must not block
    if (reader->handle < 0)
        return error_set(error, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "cannot open %s: %s", path,
                         strerror(errno));
    struct stat status;
    if (fstat(reader->handle, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(error, ERROR_IO, "%s is %s, not a sound file", path,
                         S_ISDIR(status.st_mode) ? "a folder" : "a device or pipe");
    if (status.st_size == 0)
        return error_set(error, ERROR_FORMAT, "%s is empty", path);
    if (wav_ends_early(reader->handle, status.st_size))
        return error_set(error, ERROR_FORMAT,
                         "%s ends before the length that its header gives; copy or record it again", path);

    if (text_ends_with(path, ".gsm")) // of telephones: no header
        reader->info = (SF_INFO){.format = SF_FORMAT_RAW | SF_FORMAT_GSM610, .samplerate = 8000, .channels = 1};
    reader->file = sf_open_fd(reader->handle, SFM_READ, &reader->info, SF_FALSE);
    if (!reader->file)
        return error_set(error, ERROR_FORMAT, "%s is not a sound file that can be read (%s)", path, sf_strerror(NULL));
    if (reader->info.channels < 1 || reader->info.channels > MOST_CHANNELS)
        return error_set(error, ERROR_FORMAT, "%s claims to have %d channels; 1 to %d are possible", path,
                         reader->info.channels, MOST_CHANNELS);
    if (reader->info.samplerate < LOWEST_RATE || reader->info.samplerate > HIGHEST_RATE)
        return error_set(error, ERROR_FORMAT, "%s claims a sample rate of %d Hz; %d to %d are possible", path,
                         reader->info.samplerate, LOWEST_RATE, HIGHEST_RATE);
    return 0;
}

static void reader_close(struct reader *reader)
{
    soxr_delete(reader->resampler);
    if (reader->file)
        sf_close(reader->file);
    if (reader->handle >= 0)
        close(reader->handle);
    free(reader->frames);
    free(reader->mono);
    free(reader->resampled);
}

static int reader_prepare(struct reader *reader, struct error *error)
{
    soxr_error_t failure = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(AUDIO_RESAMPLING, 0);
    if (reader->info.samplerate != AUDIO_RATE)
        reader->resampler = soxr_create(reader->info.samplerate, AUDIO_RATE, 1, &failure, NULL, &quality, NULL);
    reader->frames = array_alloc(BLOCK_FRAMES * (size_t)reader->info.channels, sizeof *reader->frames);
    reader->mono = array_alloc(BLOCK_FRAMES, sizeof *reader->mono);
    reader->resampled = array_alloc(BLOCK_FRAMES, sizeof *reader->resampled);
    bool lacking = !reader->frames || !reader->mono || !reader->resampled || failure;
    return lacking ? error_memory(error, reader->path) : 0;
}

// Moves to `start_seconds`: seeks, or reads up to there where the format cannot seek.
static int reader_skip(struct reader *reader, double start_seconds, struct error *error)
{
    double start = start_seconds * reader->info.samplerate;
    if (!(start > 0))
        return 0;
    sf_count_t left = start < 9e15 ? (sf_count_t)llround(start) : (sf_count_t)9e15;
    if (left < reader->info.frames && reader->info.seekable && sf_seek(reader->file, left, SF_SEEK_SET) == left)
        return 0;
    while (left > 0) {
        sf_count_t got = sf_readf_float(reader->file, reader->frames, left < BLOCK_FRAMES ? left : BLOCK_FRAMES);
        if (got <= 0)
            return error_set(error, ERROR_FORMAT, "%s is shorter than %g s, where reading should start", reader->path,
                             start_seconds);
        left -= got;
    }
    return 0;
}

// Rounds to int16, clips, appends. -32768 .. 32767 stand for -1 .. 1 - 1/32768, so 16-bit files pass unchanged.
static int append(struct reader *reader, const float *samples, size_t count, struct pcm *pcm, struct error *error)
{
    if (count > reader->most - pcm->count)
        count = reader->most - pcm->count;
    if (pcm->count + count > reader->capacity) {
        size_t capacity = (pcm->count + count) + (pcm->count + count) / 2;
        int16_t *grown = realloc(pcm->samples, capacity * sizeof *grown);
        if (!grown)
            return error_memory(error, reader->path);
        pcm->samples = grown;
        reader->capacity = capacity;
    }
    for (size_t i = 0; i < count; i++) {
        float value = samples[i] * 32768.0f;
        value = value < -32768.0f ? -32768.0f : value > 32767.0f ? 32767.0f : value;
        pcm->samples[pcm->count + i] = (int16_t)lrintf(value);
    }
    pcm->count += count;
    return 0;
}

// One block of mono samples at the file's rate through the resampler; no samples mean the end of the file.
static int convert(struct reader *reader, size_t count, struct pcm *pcm, struct error *error)
{
    if (!reader->resampler)
        return append(reader, reader->mono, count, pcm, error);
    size_t used = 0, taken, made;
    do {
        const float *rest = count > 0 ? reader->mono + used : NULL; // NULL makes soxr give out what it still holds
        soxr_error_t failure =
            soxr_process(reader->resampler, rest, count - used, &taken, reader->resampled, BLOCK_FRAMES, &made);
        if (failure)
            return error_set(error, ERROR_FORMAT, "cannot resample %s: %s", reader->path, failure);
        TRY(append(reader, reader->resampled, made, pcm, error));
        used += taken;
    } while (taken > 0 || made > 0);
    return 0;
}

static int mix_to_mono(struct reader *reader, size_t count, struct error *error)
{
    size_t channels = (size_t)reader->info.channels;
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += reader->frames[i * channels + c];
        reader->mono[i] = channels == 1 ? sum : sum / (float)channels;
        if (!isfinite(reader->mono[i]))
            return error_set(error, ERROR_FORMAT, "%s has samples that are not numbers", reader->path);
    }
    return 0;
}

static int reader_read(struct reader *reader, double start_seconds, struct pcm *pcm, struct error *error)
{
    double rate = reader->info.samplerate;
    sf_count_t wanted = (sf_count_t)ceil((double)reader->most * rate / AUDIO_RATE), done = 0, got;
    do {
        sf_count_t ask = wanted - done < BLOCK_FRAMES ? wanted - done : BLOCK_FRAMES;
        got = ask > 0 ? sf_readf_float(reader->file, reader->frames, ask) : 0;
        if (got < 0 || sf_error(reader->file) != SF_ERR_NO_ERROR)
            return error_set(error, ERROR_FORMAT, "%s is damaged after %.1f s (%s)", reader->path,
                             start_seconds + (double)done / rate, sf_strerror(reader->file));
        TRY(mix_to_mono(reader, (size_t)got, error));
        TRY(convert(reader, (size_t)got, pcm, error));
        done += got;
    } while (got > 0);

    // Lossless formats know their length; the others may be off by a packet.
    double claimed = (double)reader->info.frames / rate - start_seconds, read = (double)done / rate;
    if (done < wanted && reader->info.frames < SF_COUNT_MAX / 2 && read < claimed - 0.1)
        return error_set(error, ERROR_FORMAT,
                         "%s ends after %.1f s although its header promises %.1f s; copy or record it again",
                         reader->path, start_seconds + read, start_seconds + claimed);
    if (pcm->count == 0)
        return error_set(error, ERROR_FORMAT, "%s holds no sound", reader->path);
    return 0;
}

int audio_read(const char *path, double start_seconds, double max_seconds, struct pcm *pcm, struct error *error)
{
    int code = 0;
    struct reader reader = {.path = path, .handle = -1};
    double most = max_seconds > 0 ? fmin(ceil(max_seconds * AUDIO_RATE), MOST_SAMPLES) : MOST_SAMPLES + 1.0;
    reader.most = (size_t)most;
    *pcm = (struct pcm){0};

    TRY_GOTO(reader_open(&reader, error), done);
    TRY_GOTO(reader_prepare(&reader, error), done);
    TRY_GOTO(reader_skip(&reader, start_seconds, error), done);
    TRY_GOTO(reader_read(&reader, fmax(start_seconds, 0), pcm, error), done);
    if (pcm->count > MOST_SAMPLES)
        code = error_set(error, ERROR_FORMAT, "%s is longer than %d hours; cut it into pieces", path, MOST_HOURS);
done:
    reader_close(&reader);
    if (code < 0) {
        free(pcm->samples);
        *pcm = (struct pcm){0};
    }
    return code;
}

int audio_describe(const char *path, struct audio_format *format, struct error *error)
{
    static const struct {
        int format;
        const char *name;
    } names[] = {{SF_FORMAT_WAV, "wav"},   {SF_FORMAT_WAVEX, "wav"}, {SF_FORMAT_FLAC, "flac"}, {SF_FORMAT_OGG, "ogg"},
                 {SF_FORMAT_MPEG, "mp3"},  {SF_FORMAT_AIFF, "aiff"}, {SF_FORMAT_AU, "au"},     {SF_FORMAT_CAF, "caf"},
                 {SF_FORMAT_RF64, "rf64"}, {SF_FORMAT_W64, "w64"},   {SF_FORMAT_RAW, "gsm"}};
    static const struct {
        int format, bits;
    } widths[] = {{SF_FORMAT_PCM_S8, 8}, {SF_FORMAT_PCM_U8, 8}, {SF_FORMAT_PCM_16, 16}, {SF_FORMAT_PCM_24, 24},
                  {SF_FORMAT_PCM_32, 32}};
    struct reader reader = {.path = path, .handle = -1};
    int code = reader_open(&reader, error);
    *format = (struct audio_format){"sound", reader.info.samplerate, reader.info.channels, 0, 0};
    if (code == 0 && reader.info.frames > 0 && reader.info.frames < SF_COUNT_MAX)
        format->seconds = (double)reader.info.frames / reader.info.samplerate;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((reader.info.format & SF_FORMAT_TYPEMASK) == names[i].format)
            snprintf(format->name, sizeof format->name, "%s", names[i].name);
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        if ((reader.info.format & SF_FORMAT_SUBMASK) == widths[i].format)
            format->bits = widths[i].bits;
    reader_close(&reader);
    return code;
}
