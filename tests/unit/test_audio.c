// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"

#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define assert_near(value, expected, tolerance) assert_true(fabs((double)(value) - (expected)) <= (tolerance))

static char folder[] = "/tmp/wakesmith_audio_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int open_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int close_folder(void **state)
{
    (void)state;
    struct error error;
    return folder_remove(folder, &error);
}

static int16_t *random_samples(size_t count)
{
    struct rng rng = rng_make(1, count);
    int16_t *samples = array_alloc(count, sizeof *samples);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)rng_next(&rng);
    samples[0] = INT16_MIN;
    samples[1] = INT16_MAX;
    return samples;
}

// `seconds` of a sine of `hertz` in all channels of a file; amplitude 0.5.
static const char *sine_file(const char *name, int format, int rate, int channels, double hertz, double seconds)
{
    const char *path = in_folder(name);
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    assert_non_null(file);
    size_t count = (size_t)(seconds * rate);
    float *frames = array_alloc(count * (size_t)channels, sizeof *frames);
    for (size_t i = 0; i < count * (size_t)channels; i++)
        frames[i] = (float)(0.5 * sin(2 * M_PI * hertz * (double)(i / (size_t)channels) / rate));
    assert_int_equal(sf_writef_float(file, frames, (sf_count_t)count), count);
    sf_close(file);
    free(frames);
    return path;
}

static float *floats(const struct pcm *pcm)
{
    float *samples = array_alloc(pcm->count + 1, sizeof *samples);
    for (size_t i = 0; i < pcm->count; i++)
        samples[i] = (float)pcm->samples[i] / 32768;
    return samples;
}

static void sixteen_bits_come_through_bit_for_bit(void **state)
{
    (void)state;
    enum { COUNT = 40001 };
    struct error error = {0};
    int16_t *samples = random_samples(COUNT);
    const struct {
        const char *name;
        int format;
    } files[] = {{"own.wav", 0}, {"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16}, {"a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
                 {"a.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16}, {"a.w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16}};
    for (size_t f = 0; f < COUNT_OF(files); f++) {
        const char *path = in_folder(files[f].name);
        SF_INFO info = {.samplerate = 16000, .channels = 1, .format = files[f].format};
        if (files[f].format == 0)
            assert_int_equal(audio_write_wav(path, samples, COUNT, &error), 0);
        else {
            SNDFILE *file = sf_open(path, SFM_WRITE, &info);
            assert_int_equal(sf_write_short(file, samples, COUNT), COUNT);
            sf_close(file);
        }
        struct pcm pcm;
        assert_int_equal(audio_read(path, 0, 0, &pcm, &error), 0);
        assert_int_equal(pcm.count, COUNT);
        assert_memory_equal(pcm.samples, samples, COUNT * 2);
        free(pcm.samples);
        assert_int_equal(audio_read(path, 0.5, 1.25, &pcm, &error), 0);
        assert_int_equal(pcm.count, 20000);
        assert_memory_equal(pcm.samples, samples + 8000, 20000 * 2);
        free(pcm.samples);
        assert_int_equal(audio_read(path, 99, 1, &pcm, &error), ERROR_FORMAT);
        assert_null(pcm.samples);
    }
    free(samples);
}

static void other_formats_become_mono_16_khz(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int format, rate, channels;
    } files[] = {{"b.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 2}, {"c.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 1},
                 {"d.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 3}, {"e.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 22050, 2},
                 {"f.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 2}, {"g.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 1},
                 {"h.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 16000, 1}, {"i.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 96000, 1}};
    struct error error = {0};
    for (size_t f = 0; f < COUNT_OF(files); f++) {
        const char *path = sine_file(files[f].name, files[f].format, files[f].rate, files[f].channels, 1000, 1.5);
        struct pcm pcm;
        assert_int_equal(audio_read(path, 0, 0, &pcm, &error), 0);
        assert_in_range(pcm.count, 24000 - 20, 24000 + 20);
        double sine = 0, cosine = 0, squares = 0; // away from the edges: a sine of amplitude 0.5, nothing else
        for (size_t i = 4000; i < 20000; i++) {
            double value = pcm.samples[i] / 32768.0;
            sine += value * sin(2 * M_PI * 1000 * (double)i / 16000) / 8000;
            cosine += value * cos(2 * M_PI * 1000 * (double)i / 16000) / 8000;
            squares += value * value / 8000;
        }
        assert_near(hypot(sine, cosine), 0.5, 0.02);
        assert_near(atan2(cosine, sine), 0, 0.05); // no delay
        assert_near(squares, 0.25, 0.02);
        free(pcm.samples);
        assert_int_equal(audio_read(path, 0.5, 0.25, &pcm, &error), 0);
        assert_in_range(pcm.count, 3980, 4000);
        free(pcm.samples);
    }
}

// Telephones' recordings have no header: 33 bytes are 160 samples at 8 kHz.
static void gsm_without_a_header_is_read(void **state)
{
    (void)state;
    const char *path = sine_file("tone.gsm", SF_FORMAT_RAW | SF_FORMAT_GSM610, 8000, 1, 440, 1.6);
    struct error error;
    struct audio_format format;
    struct pcm pcm;
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 80 * 33);
    assert_int_equal(audio_describe(path, &format, &error), 0);
    assert_near(format.seconds, 1.6, .021); // libsndfile counts in blocks
    assert_int_equal(audio_read(path, 0, 0, &pcm, &error), 0);
    assert_near((double)pcm.count / AUDIO_RATE, 1.6, .021);
    size_t rising = 0;
    for (size_t i = 1; i < pcm.count; i++)
        rising += pcm.samples[i - 1] < 0 && pcm.samples[i] >= 0;
    assert_near((double)rising / 1.6, 440, 6);
    free(pcm.samples);
}

static void loud_floats_are_clipped(void **state)
{
    (void)state;
    const float values[] = {0.0f, 2.0f, -2.0f, 1.0f, -1.0f, 0.50001f, 1e30f};
    const int16_t expected[] = {0, 32767, -32768, 32767, -32768, 16384, 32767};
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    const char *path = in_folder("loud.wav");
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    sf_write_float(file, values, COUNT_OF(values));
    sf_close(file);
    struct pcm pcm;
    struct error error = {0};
    assert_int_equal(audio_read(path, 0, 0, &pcm, &error), 0);
    assert_int_equal(pcm.count, COUNT_OF(values));
    assert_memory_equal(pcm.samples, expected, sizeof expected);
    free(pcm.samples);
}

static void write_changed(const char *name, const char *from, size_t keep, size_t at, uint32_t value, int bytes)
{
    void *data;
    size_t size;
    struct error error = {0};
    char source[256];
    snprintf(source, sizeof source, "%s", in_folder(from));
    assert_int_equal(file_read(source, 1 << 20, &data, &size, &error), 0);
    for (int i = 0; i < bytes; i++)
        ((unsigned char *)data)[at + (size_t)i] = (unsigned char)(value >> 8 * i);
    assert_int_equal(file_write(in_folder(name), data, keep ? keep : size, &error), 0);
    free(data);
}

static void bad_files_give_one_sentence(void **state)
{
    (void)state;
    struct error error = {0};
    int16_t *samples = random_samples(20000);
    assert_int_equal(audio_write_wav(in_folder("good.wav"), samples, 20000, &error), 0);
    sine_file("good.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16000, 1, 700, 3);
    sine_file("nan.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 1, 700, 1);
    assert_int_equal(audio_write_wav(in_folder("none.wav"), samples, 0, &error), 0);
    free(samples);
    write_changed("cut.wav", "good.wav", 20000, 0, 0, 0);
    write_changed("head.wav", "good.wav", 30, 0, 0, 0);
    write_changed("lying.wav", "good.wav", 0, 40, 0x40000000, 4);
    write_changed("channels0.wav", "good.wav", 0, 22, 0, 2);
    write_changed("channels.wav", "good.wav", 0, 22, 999, 2);
    write_changed("rate.wav", "good.wav", 0, 24, 2000000000, 4);
    write_changed("rate1.wav", "good.wav", 0, 24, 1, 4);
    write_changed("rate0.wav", "good.wav", 0, 24, 0, 4);
    write_changed("isnan.wav", "nan.wav", 0, 2000, 0x7fc00000, 4);
    write_changed("cut.flac", "good.flac", 3000, 0, 0, 0);
    write_changed("damaged.flac", "good.flac", 0, 3000, 0x12345678, 4);
    assert_int_equal(file_write(in_folder("empty.wav"), "", 0, &error), 0);
    assert_int_equal(file_write(in_folder("text.wav"), "this is no sound, just text in a file", 37, &error), 0);
    assert_int_equal(mkfifo(in_folder("pipe.wav"), 0600), 0);
    assert_int_equal(folder_make(in_folder("folder.wav"), &error), 0);
    const char *const names[] = {"cut.wav",      "head.wav",    "lying.wav", "channels0.wav", "channels.wav", "rate.wav",
                                 "rate1.wav",    "rate0.wav",   "isnan.wav", "cut.flac",      "none.wav",     "empty.wav",
                                 "text.wav",     "pipe.wav",    "folder.wav", "missing.wav",  "damaged.flac"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct pcm pcm = {(int16_t *)1, 1};
        error = (struct error){0};
        int code = audio_read(in_folder(names[i]), 0, 0, &pcm, &error);
        if (code >= 0)
            fail_msg("%s was read", names[i]);
        assert_int_equal(code, error.code);
        assert_non_null(strstr(error.message, names[i]));
        assert_null(strchr(error.message, '\n'));
        assert_null(pcm.samples);
        assert_int_equal(pcm.count, 0);
    }
    assert_int_equal(audio_read(in_folder("missing.wav"), 0, 0, &(struct pcm){0}, &error), ERROR_MISSING);
}

// A recorder that writes into a pipe does not know the length: everything that is there counts.
static void open_ended_wav_is_read_to_its_end(void **state)
{
    (void)state;
    struct error error = {0};
    int16_t *samples = random_samples(20000);
    assert_int_equal(audio_write_wav(in_folder("known.wav"), samples, 20000, &error), 0);
    write_changed("open.wav", "known.wav", 0, 40, 0xffffffff, 4);
    struct pcm pcm;
    assert_int_equal(audio_read(in_folder("open.wav"), 0, 0, &pcm, &error), 0);
    assert_int_equal(pcm.count, 20000);
    assert_memory_equal(pcm.samples, samples, 40000);
    free(pcm.samples);
    free(samples);
}

static void written_files_are_whole_or_absent(void **state)
{
    (void)state;
    struct error error = {0};
    int16_t samples[100] = {0};
    assert_true(audio_write_wav("/nowhere/x.wav", samples, 100, &error) < 0);
    assert_non_null(strstr(error.message, "/nowhere/x.wav"));
    assert_int_equal(audio_write_wav(in_folder("whole.wav"), samples, 100, &error), 0);
    SF_INFO info = {0};
    SNDFILE *file = sf_open(in_folder("whole.wav"), SFM_READ, &info);
    assert_int_equal(info.frames, 100);
    assert_int_equal(info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    sf_close(file);
}

static void resampling_keeps_tones_and_length(void **state)
{
    (void)state;
    struct error error = {0};
    float *tone = array_alloc(22050, sizeof *tone), *out;
    for (size_t i = 0; i < 22050; i++)
        tone[i] = (float)(0.5 * sin(2 * M_PI * 3000 * (double)i / 22050));
    size_t count;
    assert_int_equal(audio_resample(tone, 22050, 16000.0 / 22050, &out, &count, &error), 0);
    assert_int_equal(count, 16000);
    for (size_t i = 500; i < 15500; i++)
        assert_near(out[i], 0.5 * sin(2 * M_PI * 3000 * (double)i / 16000), 1e-3);
    free(out);
    // What would fold back is gone: 10 kHz does not exist at 16 kHz.
    for (size_t i = 0; i < 22050; i++)
        tone[i] = (float)(0.5 * sin(2 * M_PI * 10000 * (double)i / 22050));
    assert_int_equal(audio_resample(tone, 22050, 16000.0 / 22050, &out, &count, &error), 0);
    for (size_t i = 500; i < 15500; i++)
        assert_near(out[i], 0, 1e-3);
    free(out);
    assert_int_equal(audio_resample(tone, 1000, 1.37, &out, &count, &error), 0);
    assert_int_equal(count, 1370);
    free(out);
    assert_int_equal(audio_resample(tone, 0, 0.5, &out, &count, &error), 0);
    assert_int_equal(count, 0);
    free(out);
    const double wrong[] = {0, -1, 1000, NAN, INFINITY};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(audio_resample(tone, 100, wrong[i], &out, &count, &error), ERROR_USAGE);
        assert_null(out);
    }
    free(tone);
}

struct resampled {
    float *samples;
    size_t count;
};

static void resample_task(void *context, size_t index, int worker)
{
    (void)worker;
    struct resampled *result = (struct resampled *)context + index;
    struct rng rng = rng_make(9, index);
    size_t count = 1 + rng_below(&rng, 20000);
    float *noise = array_alloc(count, sizeof *noise);
    for (size_t i = 0; i < count; i++)
        noise[i] = (float)rng_range(&rng, -1, 1);
    struct error error;
    if (audio_resample(noise, count, rng_log_range(&rng, 0.3, 3), &result->samples, &result->count, &error) < 0)
        result->count = 0;
    free(noise);
}

static void resampling_does_not_depend_on_threads(void **state)
{
    (void)state;
    enum { CLIPS = 60 };
    struct resampled one[CLIPS] = {{0}}, many[CLIPS] = {{0}};
    struct pool *pool;
    struct error error;
    assert_int_equal(pool_open(&pool, 4, &error), 0);
    pool_run(pool, CLIPS, resample_task, many);
    pool_run(NULL, CLIPS, resample_task, one);
    for (size_t i = 0; i < CLIPS; i++) {
        assert_true(one[i].count > 0);
        assert_int_equal(one[i].count, many[i].count);
        assert_memory_equal(one[i].samples, many[i].samples, one[i].count * sizeof(float));
        free(one[i].samples);
        free(many[i].samples);
    }
    pool_close(pool);
}

// A word of 0.5 s from 0.2 s on, at `level`, with a noise floor 60 dB below; then `tail` seconds of floor.
static float *word(double level, double tail, size_t *count)
{
    struct rng rng = rng_make(5, 0);
    *count = (size_t)((0.7 + tail) * AUDIO_RATE);
    float *samples = array_alloc(*count, sizeof *samples);
    for (size_t i = 0; i < *count; i++) {
        samples[i] = (float)(level * 0.001 * rng_normal(&rng));
        if (i >= 3200 && i < 11200)
            samples[i] += (float)(level * M_SQRT2 * sin(2 * M_PI * 500 * (double)i / AUDIO_RATE));
    }
    return samples;
}

static void speech_bounds_ignore_silence_around(void **state)
{
    (void)state;
    const double tails[] = {0, 0.3, 0.9, 2.0}, levels[] = {0.5, 0.01};
    for (size_t t = 0; t < COUNT_OF(tails); t++)
        for (size_t l = 0; l < COUNT_OF(levels); l++) {
            size_t count, begin, end;
            float *samples = word(levels[l], tails[t], &count);
            audio_speech_bounds(samples, count, 40, &begin, &end);
            assert_in_range(begin, 3200 - 160, 3200 + 160);
            assert_in_range(end, 11200 - 160, 11200 + 160);
            assert_near(audio_active_rms(samples, count) / levels[l], 1, 0.01);
            free(samples);
        }
    float silence[1000] = {0};
    size_t begin = 1, end = 2;
    audio_speech_bounds(silence, 1000, 40, &begin, &end);
    assert_int_equal(begin, end);
    assert_true(audio_active_rms(silence, 1000) <= 0);
    audio_speech_bounds(silence, 0, 40, &begin, &end);
    assert_int_equal(begin, end);
    assert_true(audio_active_rms(silence, 0) <= 0);
    silence[999] = 0.5f; // the last frame is a partial one
    audio_speech_bounds(silence, 1000, 40, &begin, &end);
    assert_int_equal(begin, 960);
    assert_int_equal(end, 1000);
}

// What measure and judgement say about `kind` of sound, one second long.
static void known_sounds_measure_as_known(void **state)
{
    (void)state;
    enum { COUNT = 16000 };
    float *samples = array_alloc(COUNT, sizeof *samples);
    struct rng rng = rng_make(3, 1);
    struct audio_measure measure;

    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (float)(0.1 * rng_normal(&rng));
    audio_measure(samples, COUNT, &measure);
    assert_near(measure.seconds, 1, 1e-9);
    assert_near(measure.rms, 0.1, 0.003);
    assert_true(measure.flatness > 0.9);              // white
    assert_near(measure.high_ratio, 0.5, 0.03); // half of the band
    assert_near(measure.zero_crossing, 0.5, 0.02);
    assert_near(measure.speech_ratio, 1, 0.01);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_STATIC);

    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (float)(0.3 + 0.2 * sin(2 * M_PI * 1000 * (double)i / AUDIO_RATE + 0.1));
    audio_measure(samples, COUNT, &measure);
    assert_near(measure.mean, 0.3, 1e-3);
    assert_near(measure.peak, 0.5, 1e-3);
    assert_near(measure.rms, 0.2 / M_SQRT2, 1e-3);
    assert_near(measure.zero_crossing, 0.125, 1e-3);
    assert_true(measure.flatness < 0.01);
    assert_true(measure.high_ratio < 0.01);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_DC_OFFSET);

    for (size_t i = 0; i < COUNT; i++)
        samples[i] -= 0.3f;
    audio_measure(samples, COUNT, &measure);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_GOOD);
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (float)(0.2 * sin(2 * M_PI * 6000 * (double)i / AUDIO_RATE));
    audio_measure(samples, COUNT, &measure);
    assert_true(measure.high_ratio > 0.99);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_HIGH_NOISE);
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (float)fmax(-1, fmin(1, 3 * sin(2 * M_PI * 300 * (double)i / AUDIO_RATE)));
    audio_measure(samples, COUNT, &measure);
    assert_true(measure.clipped_share > 0.5);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_CLIPPED);
    for (size_t i = 0; i < COUNT; i++)
        samples[i] *= 0.001f;
    audio_measure(samples, COUNT, &measure);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_TOO_QUIET);
    memset(samples, 0, COUNT * sizeof *samples);
    audio_measure(samples, COUNT, &measure);
    assert_near(measure.flatness, 1, 0);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_TOO_QUIET);
    audio_measure(samples, 0, &measure);
    assert_int_equal(audio_judge(&measure, 1), AUDIO_TOO_SHORT);
    samples[8000] = 0.9f; // a click is no speech
    samples[8001] = -0.9f;
    audio_measure(samples, COUNT, &measure);
    assert_true(measure.speech_ratio < 0.1);
    assert_int_not_equal(audio_judge(&measure, 1), AUDIO_GOOD);
    free(samples);
}

// Spec beyond 5.1: target 0.55 + 0.48 u within 0.9 .. 3.2; most 1.8 times that. Our
// least is 0.30 times that (the spec begins with 0.35).
static void durations_follow_the_units(void **state)
{
    (void)state;
    const struct {
        double units, least, most;
    } rows[] = {{1, 0.309, 1.854}, {2.5, 0.525, 3.15}, {0, 0.27, 1.8}, {20, 0.65, 5}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct audio_measure good = {.rms = 0.1, .peak = 0.3, .speech_ratio = 1};
        const struct {
            double seconds;
            enum audio_fault fault;
        } cases[] = {{rows[i].least - 0.01, AUDIO_TOO_SHORT}, {rows[i].least + 0.01, AUDIO_GOOD},
                     {rows[i].most - 0.01, AUDIO_GOOD}, {rows[i].most + 0.01, AUDIO_TOO_LONG}};
        for (size_t c = 0; c < COUNT_OF(cases); c++) {
            good.seconds = cases[c].seconds;
            assert_int_equal(audio_judge(&good, rows[i].units), cases[c].fault);
        }
    }
    for (int fault = 0; fault < AUDIO_FAULTS; fault++)
        assert_non_null(audio_fault_names[fault]);
}

// People's recordings: read, and once the silence around is cut off, hardly any looks bad.
static void real_recordings_are_read_and_good(void **state)
{
    (void)state;
    const char *shared = getenv("WAKESMITH_SHARED");
    char *positives = path_join(shared ? shared : "", "data/positives");
    if (!folder_exists(positives)) {
        free(positives);
        print_message("skipped: no ../shared\n");
        skip();
    }
    struct text_list files = {0};
    struct error error = {0};
    assert_int_equal(folder_list(positives, audio_endings, &files, &error), 0);
    assert_true(files.count >= 750);
    size_t faults[AUDIO_FAULTS] = {0};
    for (size_t i = 0; i < files.count; i++) {
        struct pcm pcm;
        if (audio_read(files.items[i], 0, 0, &pcm, &error) < 0)
            fail_msg("%s", error.message);
        float *samples = floats(&pcm);
        size_t begin, end;
        audio_speech_bounds(samples, pcm.count, 30, &begin, &end);
        struct audio_measure measure;
        audio_measure(samples + begin, end - begin, &measure);
        faults[audio_judge(&measure, 1.4)]++;
        free(samples);
        free(pcm.samples);
    }
    for (int fault = 0; fault < AUDIO_FAULTS; fault++)
        print_message("%s: %zu\n", audio_fault_names[fault], faults[fault]);
    assert_true((double)faults[AUDIO_GOOD] > 0.97 * (double)files.count);
    text_list_free(&files);
    free(positives);
}

// A piece of a track equals the same piece of the whole, so that tracks can be read in parts.
static void real_tracks_are_read_in_parts(void **state)
{
    (void)state;
    const char *shared = getenv("WAKESMITH_SHARED");
    char *negatives = path_join(shared ? shared : "", "data/negatives");
    if (!folder_exists(negatives)) {
        free(negatives);
        print_message("skipped: no ../shared\n");
        skip();
    }
    struct text_list files = {0};
    struct error error = {0};
    assert_int_equal(folder_list(negatives, audio_endings, &files, &error), 0);
    assert_true(files.count >= 100);
    for (size_t i = 0; i < files.count; i += 10) {
        struct pcm whole, part;
        if (audio_read(files.items[i], 0, 8, &whole, &error) < 0 || audio_read(files.items[i], 5, 3, &part, &error) < 0)
            fail_msg("%s", error.message);
        assert_int_equal(whole.count, 8 * AUDIO_RATE);
        assert_int_equal(part.count, 3 * AUDIO_RATE);
        double difference = 0, power = 0; // Opus starts anew at a seek: equal to the ear, not to the bit
        for (size_t k = 0; k < part.count; k++) {
            difference += pow(whole.samples[5 * AUDIO_RATE + k] - part.samples[k], 2);
            power += pow(part.samples[k], 2);
        }
        assert_true(difference <= 0.01 * power + (double)part.count);
        free(whole.samples);
        free(part.samples);
    }
    text_list_free(&files);
    free(negatives);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_bits_come_through_bit_for_bit),
        cmocka_unit_test(other_formats_become_mono_16_khz),
        cmocka_unit_test(gsm_without_a_header_is_read),
        cmocka_unit_test(loud_floats_are_clipped),
        cmocka_unit_test(bad_files_give_one_sentence),
        cmocka_unit_test(open_ended_wav_is_read_to_its_end),
        cmocka_unit_test(written_files_are_whole_or_absent),
        cmocka_unit_test(resampling_keeps_tones_and_length),
        cmocka_unit_test(resampling_does_not_depend_on_threads),
        cmocka_unit_test(speech_bounds_ignore_silence_around),
        cmocka_unit_test(known_sounds_measure_as_known),
        cmocka_unit_test(durations_follow_the_units),
        cmocka_unit_test(real_recordings_are_read_and_good),
        cmocka_unit_test(real_tracks_are_read_in_parts),
    };
    return cmocka_run_group_tests_name("audio", tests, open_folder, close_folder);
}
