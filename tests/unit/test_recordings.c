// SPDX-License-Identifier: GPL-3.0-or-later
#include "recordings/recordings.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64], data[80];
static struct recordings *store;
static struct error error;

static int make_store(void **state)
{
    (void)state;
    strcpy(root, "/tmp/test_recordings_XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(data, sizeof data, "%s/data", root);
    return recordings_open(&store, data, &error);
}

static int drop_store(void **state)
{
    (void)state;
    recordings_close(store);
    return folder_remove(root, &error);
}

static void must(int code)
{
    if (code < 0)
        fail_msg("%s", error.message);
}

// A path below the test's own folder; a few may be in use at once.
static const char *at(const char *format, ...)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    va_list arguments;
    va_start(arguments, format);
    int size = snprintf(path, sizeof paths[0], "%s/", root);
    vsnprintf(path + size, sizeof paths[0] - (size_t)size, format, arguments);
    va_end(arguments);
    return path;
}

// Something like a word: harmonics of a falling pitch in two syllables, with noise of `noise` around it.
static int16_t *word(double before, double seconds, double after, double level, double noise, size_t *count)
{
    size_t lead = (size_t)(before * AUDIO_RATE), size = (size_t)(seconds * AUDIO_RATE);
    *count = lead + size + (size_t)(after * AUDIO_RATE);
    int16_t *samples = calloc(*count + 1, sizeof *samples);
    struct rng rng = rng_make(5, 1);
    double phase = 0;
    for (size_t i = 0; i < *count; i++) {
        double value = noise * rng_normal(&rng);
        if (i >= lead && i < lead + size) {
            double t = (double)(i - lead) / (double)size;
            phase += 2 * M_PI * (140 - 40 * t) / AUDIO_RATE;
            double shape = fmin(1, 20 * t) * fmin(1, 20 * (1 - t)) * (0.6 + 0.4 * cos(4 * M_PI * t));
            for (int k = 1; k <= 12; k++)
                value += level * shape * sin(k * phase) / k;
        }
        samples[i] = (int16_t)lrint(fmax(-32768, fmin(32767, value * 32768)));
    }
    return samples;
}

static const char *upload(const char *name, double seconds, unsigned seed)
{
    size_t count;
    int16_t *samples = word(0.3, seconds, 0.3, 0.2, 0.001, &count);
    samples[0] = (int16_t)seed; // each upload has a hash of its own
    const char *path = at("%s", name);
    must(audio_write_wav(path, samples, count, &error));
    free(samples);
    return path;
}

static struct recording add_take(int speaker, int take, unsigned seed)
{
    struct recording item;
    must(recordings_add(store,
                        &(struct recordings_add){.bucket = BUCKET_PERSONAL,
                                                 .wake_word = "hey_jarvis",
                                                 .speaker_index = speaker,
                                                 .take_index = take,
                                                 .file = upload("take.upload", 0.6, seed)},
                        &item, &error));
    return item;
}

static size_t count_of(enum recordings_bucket bucket, const char *wake_word)
{
    struct recording_list list;
    must(recordings_list(store, bucket, wake_word, &list, &error));
    size_t count = list.count;
    recording_list_free(&list);
    return count;
}

static const char *key(const struct recording *item, const char *name)
{
    return json_string_value(json_object_get(item->about, name));
}

static void test_a_take_is_kept_as_it_came(void **state)
{
    (void)state;
    struct recording item = add_take(2, 3, 7), found;
    assert_string_equal(item.name, "speaker02_take03.wav");
    assert_string_equal(item.speaker, "speaker02");
    assert_int_equal(item.speaker_index, 2);
    assert_int_equal(item.take_index, 3);
    assert_string_equal(item.path, at("data/personal_samples/hey_jarvis/speaker02_take03.wav"));
    assert_false(json_is_true(json_object_get(item.about, "converted")));
    assert_int_equal(json_array_size(json_object_get(item.about, "badges")), 0);
    char hash[65];
    must(sha256_file(item.path, hash, &error));
    assert_string_equal(key(&item, "sha256"), hash);
    struct pcm pcm, given;
    must(recordings_read(&item, &pcm, &error));
    must(audio_read(at("take.upload"), 0, 0, &given, &error));
    assert_int_equal(pcm.count, given.count);
    assert_memory_equal(pcm.samples, given.samples, pcm.count * 2);
    assert_true(fabs(item.seconds - (double)pcm.count / AUDIO_RATE) < 1e-6);
    free(pcm.samples);
    free(given.samples);
    must(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", "speaker02_take03.wav", &found, &error));
    assert_true(json_equal(found.about, item.about));
    recording_close(&found);
    recording_close(&item);
    assert_int_equal(count_of(BUCKET_PERSONAL, "hey_jarvis"), 1);
    assert_int_equal(count_of(BUCKET_PERSONAL, "computer"), 0); // lesson B4
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 1);
}

// ---- arrival -----------------------------------------------------------------------------------------------------

static int add_file(enum recordings_bucket bucket, const char *file, const char *name, bool raw, struct recording *item)
{
    const struct recordings_add add = {
        .bucket = bucket, .wake_word = "hey_jarvis", .file = file, .original_name = name, .raw_pcm = raw};
    return recordings_add(store, &add, item, &error);
}

// ffmpeg as the program that makes uploads of foreign formats; false where it is not installed.
static bool make(const char *arguments)
{
    char command[1024];
    snprintf(command, sizeof command, "cd %s && ffmpeg -v error -nostdin -y %s </dev/null >/dev/null 2>&1", root,
             arguments);
    return system(command) == 0;
}

static void same_file(const char *a, const char *b)
{
    char one[65], two[65];
    must(sha256_file(a, one, &error));
    must(sha256_file(b, two, &error));
    assert_string_equal(one, two);
}

static void test_formats_become_16_khz_mono_and_the_original_stays(void **state)
{
    (void)state;
    static const struct {
        const char *file, *arguments, *format;
    } uploads[] = {
        {"a.wav", "-ar 48000 -ac 2 -c:a pcm_f32le", "wav 48000 Hz, 2 channels"},
        {"a.flac", "-ar 44100", "flac 44100 Hz, 1 channel, 16 bit"},
        {"a.ogg", "-ar 48000 -c:a libvorbis", "ogg 48000 Hz, 1 channel"},
        {"a.opus", "-c:a libopus", "ogg 16000 Hz, 1 channel"},
        {"a.mp3", "-ar 44100 -c:a libmp3lame", "mp3 44100 Hz, 1 channel"},
        {"a.m4a", "-ar 44100 -ac 2 -c:a aac", "m4a"}, // the index is at the end: needs seeking
        {"a.aac", "-ar 44100 -c:a aac", "aac"},
        {"a.webm", "-c:a libopus", "webm"},
        {"a.mp4", "-ar 48000 -c:a aac -movflags frag_keyframe+empty_moov", "m4a"}, // as Safari records
        {"a.wma", "-ar 44100 -c:a wmav2", "wma"},
    };
    upload("source.wav", 0.6, 1);
    if (!make("-i source.wav source.flac"))
        skip();
    for (size_t i = 0; i < COUNT_OF(uploads); i++) {
        struct recording item;
        char arguments[256], ending[16];
        snprintf(arguments, sizeof arguments, "-i source.wav %s %s", uploads[i].arguments, uploads[i].file);
        if (!make(arguments)) {
            print_message("no encoder for %s\n", uploads[i].file);
            continue;
        }
        must(add_file(BUCKET_PERSONAL, at("%s", uploads[i].file), uploads[i].file, false, &item));
        assert_string_equal(key(&item, "detected_format"), uploads[i].format);
        assert_true(json_is_true(json_object_get(item.about, "converted")));
        assert_true(fabs(item.seconds - 1.2) < 0.1); // encoders pad
        struct pcm pcm;
        struct audio_format format;
        must(audio_describe(item.path, &format, &error));
        assert_true(format.rate == AUDIO_RATE && format.channels == 1 && format.bits == 16);
        must(recordings_read(&item, &pcm, &error));
        double sum = 0;
        for (size_t k = 0; k < pcm.count; k++)
            sum += (double)pcm.samples[k] * pcm.samples[k];
        assert_true(sqrt(sum / (double)pcm.count) > 1000); // the word is in it
        free(pcm.samples);
        sscanf(uploads[i].format, "%15[a-z0-9]", ending);
        same_file(at("%s", uploads[i].file), at("data/personal_samples/hey_jarvis/originals/%.*s.%s",
                                                (int)strlen(item.name) - 4, item.name, ending));
        recording_close(&item);
    }
}

static void test_without_ffmpeg_a_sentence_says_what_to_do(void **state)
{
    (void)state;
    struct recording item;
    upload("source.wav", 0.6, 1);
    bool made = make("-i source.wav -c:a aac a.m4a");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    bool has = recordings_has_ffmpeg();
    int code = made ? add_file(BUCKET_PERSONAL, at("a.m4a"), "Küche.m4a", false, &item) : ERROR_MISSING;
    setenv("PATH", path, 1);
    free(path);
    assert_false(has);
    assert_int_equal(code, ERROR_MISSING);
    assert_true(!made || (strstr(error.message, "Küche.m4a") && strstr(error.message, "install")));
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 0);
}

// A program in ffmpeg's place shows what it could do.
static void test_the_decoder_is_confined_and_stopped(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "touch %s/written",    "echo x > %s/written; exit 1", "cat /dev/zero",
        "while :; do :; done", "sleep 60 & sleep 60",
    };
    struct recording item;
    char *path = strdup(getenv("PATH")), changed[128];
    FILE *fake = fopen(at("a.m4a"), "wb");
    fwrite("\0\0\0\x20"
           "ftypM4A ",
           1, 12, fake);
    fclose(fake);
    bool slow = getenv("WAKESMITH_SLOW") != NULL;                           // the last two take 20 s each
    bool old_kernel = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 0; // then empty files can be made
    for (size_t i = old_kernel; i < COUNT_OF(scripts) - (slow ? 0 : 2); i++) {
        FILE *script = fopen(at("ffmpeg"), "w");
        fputs("#!/bin/sh\nPATH=/usr/bin:/bin\n", script);
        char line[256];
        snprintf(line, sizeof line, scripts[i], root);
        fprintf(script, "%s\n", line);
        fclose(script);
        chmod(at("ffmpeg"), 0755);
        snprintf(changed, sizeof changed, "%s:/usr/bin:/bin", root);
        setenv("PATH", changed, 1);
        int code = add_file(BUCKET_PERSONAL, at("a.m4a"), "a.m4a", false, &item);
        setenv("PATH", path, 1);
        assert_int_equal(code, ERROR_FORMAT);
        assert_false(file_exists(at("written")));
    }
    free(path);
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 0);
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    must(file_write(path, bytes, size, &error));
}

static void test_what_is_not_sound_is_refused(void **state)
{
    (void)state;
    struct recording item;
    char junk[44];
    struct rng rng = rng_make(3, 3);
    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = (char)rng_next(&rng);
    write_bytes(at("junk"), junk, sizeof junk);
    write_bytes(at("empty"), "", 0);
    assert_int_equal(add_file(BUCKET_PERSONAL, at("junk"), "x/../../etc/my\nword.wav", false, &item), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "my?word.wav")); // the user's name for it, not ours
    assert_null(strstr(error.message, root));
    assert_int_equal(add_file(BUCKET_PERSONAL, at("empty"), "a.wav", false, &item), ERROR_FORMAT);
    assert_int_equal(add_file(BUCKET_CAPTURED, at("junk"), NULL, true, &item), 0); // 22 samples of raw audio
    recording_close(&item);
    write_bytes(at("odd"), junk, 43);
    assert_int_equal(add_file(BUCKET_CAPTURED, at("odd"), NULL, true, &item), ERROR_FORMAT);
    int16_t *minute = calloc(RECORDINGS_MAX_SECONDS * AUDIO_RATE + 1, 2);
    must(audio_write_wav(at("long.wav"), minute, RECORDINGS_MAX_SECONDS * AUDIO_RATE + 1, &error));
    assert_int_equal(add_file(BUCKET_NEGATIVE, at("long.wav"), "long.wav", false, &item), ERROR_FORMAT);
    must(audio_write_wav(at("long.wav"), minute, RECORDINGS_MAX_SECONDS * AUDIO_RATE, &error));
    must(add_file(BUCKET_NEGATIVE, at("long.wav"), "long.wav", false, &item));
    assert_string_equal(item.name, "negative_0001_long.wav");
    recording_close(&item);
    free(minute);
    assert_int_equal(truncate(at("long.wav"), RECORDINGS_MAX_BYTES + 1), 0);
    assert_int_equal(add_file(BUCKET_NEGATIVE, at("long.wav"), "long.wav", false, &item), ERROR_FORMAT);
    static const struct recordings_add wrong[] = {
        {.bucket = BUCKET_PERSONAL, .wake_word = "../x"},
        {.bucket = BUCKET_PERSONAL, .wake_word = ""},
        {.bucket = BUCKET_PERSONAL},
        {.bucket = BUCKET_PERSONAL, .wake_word = "a", .speaker_index = 100, .take_index = 1},
        {.bucket = BUCKET_PERSONAL, .wake_word = "a", .speaker_index = 1, .take_index = -1},
        {.bucket = BUCKET_NEGATIVE, .wake_word = "a", .speaker_index = 1, .take_index = 1},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct recordings_add add = wrong[i];
        add.file = at("long.wav");
        assert_int_equal(recordings_add(store, &add, &item, &error), ERROR_USAGE);
    }
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 0);
}

// ---- names -------------------------------------------------------------------------------------------------------

static void test_no_name_leads_out_of_a_bucket(void **state)
{
    (void)state;
    struct recording take = add_take(1, 1, 1), item;
    static const char *const names[] = {
        "",
        ".",
        "..",
        "../hey_jarvis/speaker01_take01.wav",
        "/etc/passwd",
        "originals/x.wav",
        "speaker01_take01.json",
        "speaker01_take01.wav/",
        ".wav",
        "..wav",
        "speaker01_take01.wav\n",
        "a\\b.wav",
        "\xff.wav",
        "link.wav",
        "folder.wav",
        "missing.wav",
    };
    static const char *const words[] = {
        "..", ".", "", "Hey_Jarvis", "hey_jarvis/", "../personal_samples/hey_jarvis", "hey jarvis", "linked"};
    assert_int_equal(symlink(take.path, at("data/personal_samples/hey_jarvis/link.wav")), 0);
    assert_int_equal(symlink("hey_jarvis", at("data/personal_samples/linked")), 0);
    assert_int_equal(mkdir(at("data/personal_samples/hey_jarvis/folder.wav"), 0777), 0);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", names[i], &item, &error), ERROR_MISSING);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_int_equal(recordings_find(store, BUCKET_PERSONAL, words[i], take.name, &item, &error), ERROR_MISSING);
    assert_int_equal(recordings_find(store, BUCKET_PERSONAL, NULL, take.name, &item, &error), ERROR_MISSING);
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    strcpy(long_name + 290, ".wav");
    assert_int_equal(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", long_name, &item, &error), ERROR_MISSING);
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 1);
    static const char *const tickets[] = {"", ".", "..", "../trash", "a/b", "x"};
    for (size_t i = 0; i < COUNT_OF(tickets); i++)
        assert_int_equal(recordings_restore(store, tickets[i], &item, &error), ERROR_MISSING);
    recording_close(&take);
}

static void test_a_folder_behind_a_link_is_not_written_to(void **state)
{
    (void)state;
    struct recording item;
    assert_int_equal(mkdir(at("elsewhere"), 0777), 0);
    assert_int_equal(symlink(at("elsewhere"), at("data/personal_samples/hey_jarvis")), 0);
    assert_int_equal(add_file(BUCKET_PERSONAL, upload("a.wav", 0.6, 1), "a.wav", false, &item), ERROR_STATE);
    assert_int_equal(rmdir(at("elsewhere")), 0); // still empty
}

// ---- sidecars ----------------------------------------------------------------------------------------------------

static void test_a_damaged_sidecar_costs_no_recording(void **state)
{
    (void)state;
    static const char *const sidecars[] = {
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"speaker\": 7, \"seconds\": \"x\", \"badges\": {}, \"created_at\": []}",
        "{\"seconds\": 1e999}",
        "{\"trimmed\": true, \"trim_start_s\": -1, \"trim_end_s\": 1e9}",
        "{\"a\": 1, \"a\": 2}",
        "{\"review_status\": {}, \"max_probability\": [1]}",
        "\xff\xfe",
    };
    struct recording item = add_take(1, 1, 1);
    for (size_t i = 0; i < COUNT_OF(sidecars); i++) {
        struct recording_list list;
        write_bytes(at("data/personal_samples/hey_jarvis/speaker01_take01.json"), sidecars[i], strlen(sidecars[i]));
        must(recordings_list(store, BUCKET_PERSONAL, "hey_jarvis", &list, &error));
        assert_int_equal(list.count, 1);
        const struct recording *found = list.items;
        assert_string_equal(key(found, "sha256"), key(&item, "sha256"));
        assert_string_equal(found->speaker, "speaker01");
        assert_true(fabs(found->seconds - item.seconds) < 1e-9);
        assert_true(found->trim_start == 0 && found->trim_end == found->seconds);
        assert_true(json_is_string(json_object_get(found->about, "created_at")));
        assert_true(json_is_array(json_object_get(found->about, "badges")));
        assert_null(json_object_get(found->about, "review_status"));
        recording_list_free(&list);
    }
    recording_close(&item);
}

static void test_a_wav_alone_is_a_recording_and_gets_a_sidecar(void **state)
{
    (void)state;
    struct recording item = add_take(1, 1, 1), again;
    assert_int_equal(unlink(at("data/personal_samples/hey_jarvis/speaker01_take01.json")), 0);
    must(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", item.name, &again, &error));
    assert_string_equal(key(&again, "sha256"), key(&item, "sha256"));
    assert_true(json_equal(json_object_get(again.about, "badges"), json_object_get(item.about, "badges")));
    assert_true(file_exists(at("data/personal_samples/hey_jarvis/speaker01_take01.json")));
    recording_close(&again);
    upload("other.wav", 0.9, 2); // another wav under the same name: nothing of the old sidecar's measures is believed
    assert_int_equal(rename(at("other.wav"), item.path), 0);
    must(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", item.name, &again, &error));
    assert_true(fabs(again.seconds - 1.5) < 1e-6);
    assert_string_not_equal(key(&again, "sha256"), key(&item, "sha256"));
    recording_close(&again);
    recording_close(&item);
}

// ---- numbers -----------------------------------------------------------------------------------------------------

enum { ADDERS = 8, EACH = 12 };

static void *add_some(void *context)
{
    const struct recordings_add add = {
        .bucket = BUCKET_CAPTURED, .wake_word = "hey_jarvis", .file = context, .raw_pcm = false};
    struct error failure;
    for (int i = 0; i < EACH; i++) {
        struct recording item;
        if (recordings_add(store, &add, &item, &failure) < 0)
            return failure.message[0] ? context : NULL;
        recording_close(&item);
    }
    return NULL;
}

static void test_numbers_do_not_clash_between_threads_and_processes(void **state)
{
    (void)state;
    pthread_t threads[ADDERS];
    char *file = strdup(upload("a.wav", 0.4, 1));
    pid_t other = fork();
    if (other == 0) {
        struct error failure;
        recordings_open(&store, data, &failure);
        _exit(add_some(file) ? 1 : 0);
    }
    for (int i = 0; i < ADDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_some, file), 0);
    for (int i = 0; i < ADDERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    int status;
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    assert_int_equal(count_of(BUCKET_CAPTURED, NULL), (ADDERS + 1) * EACH);
    struct recording item;
    must(recordings_find(store, BUCKET_CAPTURED, NULL, "captured_0108.wav", &item, &error)); // no gaps
    recording_close(&item);
    free(file);
}

static void *put_take(void *context)
{
    struct recording item;
    struct error failure;
    const struct recordings_add add = {
        .bucket = BUCKET_PERSONAL, .wake_word = "hey_jarvis", .speaker_index = 1, .take_index = 1, .file = context};
    int code = recordings_add(store, &add, &item, &failure);
    recording_close(&item);
    return code < 0 ? context : NULL;
}

static void test_one_take_recorded_by_many_at_once_loses_none(void **state)
{
    (void)state;
    pthread_t threads[ADDERS];
    char *files[ADDERS];
    for (int i = 0; i < ADDERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.wav", i);
        files[i] = strdup(upload(name, 0.5, (unsigned)i));
    }
    for (int i = 0; i < ADDERS; i++)
        pthread_create(&threads[i], NULL, put_take, files[i]);
    for (int i = 0; i < ADDERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
        free(files[i]);
    }
    json_t *trash = recordings_trash(store);
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 1);
    assert_int_equal(json_array_size(trash), ADDERS - 1);
    json_decref(trash);
}

// ---- trim, trash, review -----------------------------------------------------------------------------------------

static void test_a_trim_is_two_numbers(void **state)
{
    (void)state;
    struct recording item = add_take(1, 1, 1), found;
    struct pcm whole, cut;
    char before[65], after[65];
    must(sha256_file(item.path, before, &error));
    must(recordings_read(&item, &whole, &error));
    static const double wrong[][2] = {{-0.1, 0.5}, {0.5, 2}, {0.5, 0.55}, {0.6, 0.5}, {NAN, 0.5}, {0, NAN}, {0.5, 0}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(recordings_trim(store, &item, wrong[i][0], wrong[i][1], &error), ERROR_USAGE);
    must(recordings_trim(store, &item, 0.25, 0.75, &error));
    must(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", item.name, &found, &error));
    assert_true(json_is_true(json_object_get(found.about, "trimmed")));
    must(recordings_read(&found, &cut, &error));
    assert_int_equal(cut.count, 8000);
    assert_memory_equal(cut.samples, whole.samples + 4000, 16000);
    free(cut.samples);
    must(recordings_trim(store, &found, 0, 0, &error));
    assert_false(json_is_true(json_object_get(found.about, "trimmed")));
    must(recordings_read(&found, &cut, &error));
    assert_int_equal(cut.count, whole.count);
    must(sha256_file(item.path, after, &error));
    assert_string_equal(before, after);
    free(cut.samples);
    free(whole.samples);
    recording_close(&found);
    recording_close(&item);
}

static void test_deleted_comes_back_whole(void **state)
{
    (void)state;
    struct recording item, back;
    upload("source.wav", 0.6, 1);
    struct pcm pcm;
    must(audio_read(at("source.wav"), 0, 0, &pcm, &error));
    must(add_file(BUCKET_PERSONAL, at("source.wav"), "kitchen.wav", false, &item));
    free(pcm.samples);
    must(recordings_trim(store, &item, 0.2, 0.9, &error));
    json_t *about = json_deep_copy(item.about);
    char *ticket;
    must(recordings_remove(store, &item, &ticket, &error));
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 0);
    assert_false(file_exists(at("data/personal_samples/hey_jarvis/sample_0001_kitchen.json")));
    json_t *trash = recordings_trash(store);
    assert_int_equal(json_array_size(trash), 1);
    const json_t *row = json_array_get(trash, 0);
    assert_string_equal(json_string_value(json_object_get(row, "ticket")), ticket);
    assert_string_equal(json_string_value(json_object_get(row, "saved_as")), "sample_0001_kitchen.wav");
    json_decref(trash);
    char *again;
    assert_int_equal(recordings_remove(store, &item, &again, &error), ERROR_MISSING);
    recording_close(&item);
    must(recordings_restore(store, ticket, &back, &error));
    assert_true(json_equal(back.about, about));
    assert_int_equal(recordings_restore(store, ticket, &item, &error), ERROR_MISSING);
    trash = recordings_trash(store);
    assert_int_equal(json_array_size(trash), 0);
    json_decref(trash);
    json_decref(about);
    free(ticket);
    recording_close(&back);
}

static void test_an_earlier_take_comes_back_in_its_place(void **state)
{
    (void)state;
    struct recording first = add_take(1, 1, 1), second = add_take(1, 1, 2), back;
    json_t *trash = recordings_trash(store);
    const char *ticket = json_string_value(json_object_get(json_array_get(trash, 0), "ticket"));
    must(recordings_restore(store, ticket, &back, &error));
    json_decref(trash);
    assert_string_equal(back.name, first.name);
    assert_string_equal(key(&back, "sha256"), key(&first, "sha256"));
    trash = recordings_trash(store); // the second one changed places with it
    assert_int_equal(json_array_size(trash), 1);
    json_decref(trash);
    recording_close(&first);
    recording_close(&second);
    recording_close(&back);
}

static void test_the_trash_is_emptied_after_a_week(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct recording item = add_take(1, i + 1, (unsigned)i);
        char *ticket;
        must(recordings_remove(store, &item, &ticket, &error));
        if (i == 0) {
            json_error_t problem;
            const char *path = at("data/trash/%s/.ticket.json", ticket);
            json_t *note = json_load_file(path, 0, &problem);
            json_object_set_new(
                note, "deleted",
                json_real(json_real_value(json_object_get(note, "deleted")) - RECORDINGS_TRASH_SECONDS - 1));
            assert_int_equal(json_dump_file(note, path, 0), 0);
            json_decref(note);
        }
        free(ticket);
        recording_close(&item);
    }
    assert_int_equal(mkdir(at("data/trash/of_others"), 0777), 0);
    recordings_close(store);
    must(recordings_open(&store, data, &error));
    json_t *trash = recordings_trash(store);
    assert_int_equal(json_array_size(trash), 1);
    json_decref(trash);
    assert_true(folder_exists(at("data/trash/of_others")));
}

static void test_captures_are_reviewed(void **state)
{
    (void)state;
    struct recording item, moved, back;
    char *ticket;
    json_t *about = json_pack("{s:s, s:f, s:[i,i], s:b, s:s}", "source_device", "kitchen", "max_probability", 0.93,
                              "probability_history", 1, 2, "trimmed", 1, "speaker", "nobody");
    for (int i = 0; i < 3; i++) {
        must(recordings_add(store,
                            &(struct recordings_add){.bucket = BUCKET_CAPTURED,
                                                     .wake_word = "hey_jarvis",
                                                     .original_name = "Küche 1.wav",
                                                     .file = upload("a.wav", 0.6, (unsigned)i),
                                                     .about = about},
                            &item, &error));
        assert_string_equal(key(&item, "review_status"), "pending");
        assert_string_equal(key(&item, "source_device"), "kitchen");
        assert_string_equal(item.wake_word, "hey_jarvis");
        assert_string_equal(item.speaker, "");
        assert_true(item.trim_end == item.seconds);
        if (i == 0) {
            must(recordings_review(store, &item, BUCKET_PERSONAL, "computer", &moved, &ticket, &error));
            assert_string_equal(moved.name, "sample_0001_K_che_1.wav");
            assert_string_equal(moved.wake_word, "computer");
            assert_string_equal(key(&moved, "review_status"), "approved_personal");
            assert_string_equal(key(&moved, "sha256"), key(&item, "sha256"));
            assert_non_null(key(&moved, "reviewed_at"));
            recording_close(&moved);
        } else if (i == 1) {
            assert_int_equal(recordings_review(store, &item, BUCKET_NEGATIVE, "../x", &moved, &ticket, &error),
                             ERROR_USAGE);
            must(recordings_review(store, &item, BUCKET_NEGATIVE, "hey_jarvis", &moved, &ticket, &error));
            assert_string_equal(key(&moved, "review_status"), "approved_negative");
            assert_int_equal(moved.bucket, BUCKET_NEGATIVE);
            recording_close(&moved);
        } else {
            must(recordings_review(store, &item, BUCKET_CAPTURED, NULL, &moved, &ticket, &error));
            must(recordings_restore(store, ticket, &back, &error));
            assert_int_equal(back.bucket, BUCKET_CAPTURED);
            recording_close(&back);
            free(ticket);
        }
        recording_close(&item);
    }
    json_decref(about);
    assert_int_equal(count_of(BUCKET_PERSONAL, "computer"), 1);
    assert_int_equal(count_of(BUCKET_NEGATIVE, "hey_jarvis"), 1);
    assert_int_equal(count_of(BUCKET_CAPTURED, NULL), 1);
    assert_int_equal(count_of(BUCKET_CAPTURED, "computer"), 0);
}

static void test_the_inbox_is_limited_and_says_so(void **state)
{
    (void)state;
    struct recording item;
    must(add_file(BUCKET_CAPTURED, upload("a.wav", 0.1, 1), NULL, false, &item));
    assert_null(json_object_get(item.about, "removed"));
    for (int i = 2; i <= RECORDINGS_MAX_CAPTURED; i++)
        assert_int_equal(link(item.path, at("data/captured_audio/captured_%04d.wav", i)), 0);
    recording_close(&item);
    must(add_file(BUCKET_CAPTURED, at("a.wav"), NULL, false, &item));
    assert_string_equal(item.name, "captured_2001.wav");
    assert_int_equal(json_integer_value(json_object_get(item.about, "removed")), 1);
    assert_false(file_exists(at("data/captured_audio/captured_0001.wav")));
    assert_false(file_exists(at("data/captured_audio/captured_0001.json")));
    assert_true(file_exists(at("data/captured_audio/captured_0002.wav")));
    recording_close(&item);
}

static void test_loose_recordings_are_taken_only_when_asked(void **state)
{
    (void)state;
    size_t count;
    struct recording item = add_take(1, 1, 1);
    upload("a.wav", 0.6, 2);
    upload("b.wav", 0.6, 3);
    assert_int_equal(rename(at("a.wav"), at("data/personal_samples/speaker01_take01.wav")), 0);
    assert_int_equal(rename(at("b.wav"), at("data/personal_samples/speaker02_take01.wav")), 0);
    must(recordings_count_loose(store, &count, &error));
    assert_int_equal(count, 2);
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 1);
    must(recordings_take_loose(store, "hey_jarvis", &count, &error));
    assert_int_equal(count, 2);
    must(recordings_count_loose(store, &count, &error));
    assert_int_equal(count, 0);
    assert_int_equal(count_of(BUCKET_PERSONAL, "hey_jarvis"), 3); // no take was replaced
    struct recording other;
    must(recordings_find(store, BUCKET_PERSONAL, "hey_jarvis", "speaker02_take01.wav", &other, &error));
    assert_int_equal(other.speaker_index, 2);
    recording_close(&other);
    recording_close(&item);
}

// ---- quality and the bounds of speech ---------------------------------------------------------------------------

static struct take_quality judged(const int16_t *samples, size_t count)
{
    struct take_quality quality;
    recordings_judge(samples, count, &quality);
    return quality;
}

// Lesson B7: the same word with any silence behind it ends at the same place.
static void end_is_found(const int16_t *samples, size_t count, double noise)
{
    static const int after_ms[] = {0, 300, 900, 2000};
    struct rng rng = rng_make(9, 9);
    double first = 0, latest = 0, earliest = 1e9;
    for (size_t i = 0; i < COUNT_OF(after_ms); i++) {
        size_t longer = count + (size_t)after_ms[i] * AUDIO_RATE / 1000;
        int16_t *padded = calloc(longer + 1, sizeof *padded);
        memcpy(padded, samples, count * sizeof *padded);
        for (size_t k = count; k < longer; k++)
            padded[k] = (int16_t)lrint(noise * rng_normal(&rng));
        struct take_quality quality = judged(padded, longer);
        free(padded);
        first = i ? first : quality.speech_end;
        latest = fmax(latest, quality.speech_end);
        earliest = fmin(earliest, quality.speech_end);
    }
    if (latest - earliest > 0.0201 || first < 0.1)
        fail_msg("the end of speech moves from %.3f to %.3f s", earliest, latest);
}

static void test_the_end_of_speech_does_not_depend_on_the_silence_behind_it(void **state)
{
    (void)state;
    size_t count;
    int16_t *samples = word(0, 0.6, 0, 0.2, 0, &count);
    end_is_found(samples, count, 0);
    end_is_found(samples, count, 3);
    struct take_quality quality = judged(samples, count);
    assert_true(fabs(quality.speech_end - 0.6) < 0.03);
    free(samples);
}

static int shared_words(struct text_list *files)
{
    const char *shared = getenv("WAKESMITH_SHARED");
    char folder[512];
    snprintf(folder, sizeof folder, "%s/data/positives", shared ? shared : "");
    if (!shared || !folder_exists(folder)) {
        print_message("skipped: no ../shared\n");
        return -1;
    }
    must(folder_list(folder, audio_endings, files, &error));
    return 0;
}

static void test_real_words_end_where_they_end_and_are_good(void **state)
{
    (void)state;
    struct text_list files = {0};
    if (shared_words(&files) < 0)
        skip();
    size_t good = 0, heard = 0;
    for (size_t i = 0; i < files.count; i += 5, heard++) {
        struct pcm pcm;
        must(audio_read(files.items[i], 0, 0, &pcm, &error));
        struct take_quality quality = judged(pcm.samples, pcm.count);
        good += quality.faults == 0;
        assert_false(quality.faults & (FAULT_NO_SPEECH | FAULT_TOO_SHORT | FAULT_TOO_QUIET | FAULT_NOISY));
        size_t begin = (size_t)(quality.speech_start * AUDIO_RATE), end = (size_t)(quality.speech_end * AUDIO_RATE);
        assert_true(end > begin && end <= pcm.count);
        if (i % 10 == 0)
            end_is_found(pcm.samples + begin, end - begin, i % 20 ? 0 : 2);
        free(pcm.samples);
    }
    assert_true(good * 100 >= heard * 95);
    text_list_free(&files);
}

static void test_badges(void **state)
{
    (void)state;
    enum { SECONDS_3 = 3 * AUDIO_RATE };
    static const struct {
        const char *name;
        double before, seconds, after, level, noise;
        unsigned faults, allowed; // must have, may have
    } cases[] = {
        {"a good take", .4, .6, .9, .2, .0005, 0, 0},
        {"the same, quiet", .4, .6, .9, .002, .00002, FAULT_TOO_QUIET, 0},
        {"shouted", .4, .6, .9, 3, .0005, FAULT_CLIPPED, 0},
        {"a burst of 80 ms", .4, .08, .9, .2, .0005, FAULT_TOO_SHORT, FAULT_NO_SPEECH},
        {"in loud noise", .4, .6, .9, .2, .03, FAULT_NOISY, 0},
        {"noise alone", 1, 0, 1, 0, .05, FAULT_NO_SPEECH, FAULT_TOO_SHORT},
        {"silence", 1, 0, 1, 0, 0, FAULT_NO_SPEECH, FAULT_TOO_QUIET},
        {"the rounding of silence", 1, 0, 1, 0, .00002, FAULT_NO_SPEECH, FAULT_TOO_QUIET | FAULT_TOO_SHORT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t count;
        int16_t *samples =
            word(cases[i].before, cases[i].seconds, cases[i].after, cases[i].level, cases[i].noise, &count);
        struct take_quality quality = judged(samples, count);
        free(samples);
        if ((quality.faults & cases[i].faults) != cases[i].faults ||
            (quality.faults & ~(cases[i].faults | cases[i].allowed)))
            fail_msg("%s: faults %u, rms %.1f dB, snr %.1f dB, %.2f to %.2f s", cases[i].name, quality.faults,
                     quality.rms_db, quality.snr_db, quality.speech_start, quality.speech_end);
    }
    struct take_quality quality = judged(NULL, 0);
    assert_true(quality.faults & FAULT_NO_SPEECH);
    int16_t *click = calloc(SECONDS_3, sizeof *click); // a click, and a cough without voice
    struct rng rng = rng_make(4, 4);
    for (int i = 0; i < 80 * AUDIO_RATE / 1000; i++)
        click[AUDIO_RATE + i] = (int16_t)lrint(6000 * rng_normal(&rng));
    assert_true(judged(click, SECONDS_3).faults & FAULT_TOO_SHORT);
    free(click);
    json_t *badges = recordings_badges(FAULT_CLIPPED | FAULT_NOISY);
    assert_int_equal(json_array_size(badges), 2);
    assert_string_equal(json_string_value(json_array_get(badges, 0)), "clipped");
    json_decref(badges);
}

static void test_levels_are_those_of_a_tone(void **state)
{
    (void)state;
    int16_t tone[AUDIO_RATE];
    for (int i = 0; i < AUDIO_RATE; i++) // -40 dB RMS
        tone[i] = (int16_t)lrint(32768 * 0.01 * M_SQRT2 * sin(2 * M_PI * 1000 * i / AUDIO_RATE));
    struct take_quality quality = judged(tone, AUDIO_RATE);
    assert_true(fabs(quality.rms_db + 40) < 0.3);
    assert_true(fabs(quality.peak_db + 37) < 0.3);
}

static void test_a_second_store_sees_the_same(void **state)
{
    (void)state;
    struct recording item = add_take(1, 1, 1), found;
    struct recordings *other;
    must(recordings_open(&other, data, &error));
    must(recordings_find(other, BUCKET_PERSONAL, "hey_jarvis", item.name, &found, &error));
    assert_true(json_equal(found.about, item.about));
    recordings_close(other);
    recording_close(&found);
    recording_close(&item);
}

// ---- after a kill ------------------------------------------------------------------------------------------------

static void test_leftovers_of_a_killed_program_are_nothing(void **state)
{
    (void)state;
    struct recording item = add_take(1, 1, 1);
    char *ticket;
    assert_int_equal(mkdir(at("data/trash/20260101T000000-00000000"), 0777), 0); // killed before the wav moved
    write_bytes(at("data/trash/20260101T000000-00000000/.ticket.json"),
                "{\"bucket\": \"personal\", \"saved_as\": \"a.wav\", \"wake_word\": \"hey_jarvis\"}", 68);
    write_bytes(at("data/personal_samples/hey_jarvis/.new-0011"), "RIFF", 4); // killed while writing
    write_bytes(at("data/personal_samples/hey_jarvis/speaker01_take02.json"), "{\"speaker\": \"ghost\"}", 20);
    must(folder_make(at("data/personal_samples/hey_jarvis/originals"), &error));
    write_bytes(at("data/personal_samples/hey_jarvis/originals/speaker01_take02.m4a"), "x", 1);
    struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    utimensat(AT_FDCWD, at("data/personal_samples/hey_jarvis/.new-0011"), old, 0);
    recordings_close(store);
    must(recordings_open(&store, data, &error));
    assert_false(file_exists(at("data/personal_samples/hey_jarvis/.new-0011")));
    assert_int_equal(count_of(BUCKET_PERSONAL, NULL), 1);
    json_t *trash = recordings_trash(store);
    assert_int_equal(json_array_size(trash), 0);
    json_decref(trash);
    struct recording later = add_take(1, 2, 2); // takes nothing over from the one that never was
    assert_string_equal(later.speaker, "speaker01");
    assert_false(file_exists(at("data/personal_samples/hey_jarvis/originals/speaker01_take02.m4a")));
    must(recordings_remove(store, &later, &ticket, &error));
    free(ticket);
    recording_close(&later);
    recording_close(&item);
}

// Killed again and again at any moment while it adds, replaces, deletes and restores: what is listed is whole.
static void churn(void)
{
    struct error failure;
    struct recording item;
    recordings_open(&store, data, &failure);
    for (int i = 0;; i++) {
        const struct recordings_add add = {.bucket = BUCKET_PERSONAL,
                                           .wake_word = "hey_jarvis",
                                           .speaker_index = 1,
                                           .take_index = 1 + i % 3,
                                           .file = i % 2 ? at("one.wav") : at("two.flac")};
        if (recordings_add(store, &add, &item, &failure) < 0)
            _exit(1);
        char *ticket = NULL;
        if (i % 3 == 2 && recordings_remove(store, &item, &ticket, &failure) < 0)
            _exit(1);
        recording_close(&item);
        if (ticket && recordings_restore(store, ticket, &item, &failure) < 0)
            _exit(1);
        recording_close(&item);
        free(ticket);
    }
}

static void test_killed_at_any_moment_it_leaves_nothing_half(void **state)
{
    (void)state;
    upload("one.wav", 0.5, 1);
    upload("two.wav", 0.7, 2);
    make("-i two.wav two.flac");
    if (!file_exists(at("two.flac")))
        assert_int_equal(rename(at("two.wav"), at("two.flac")), 0);
    struct rng rng = rng_make(11, 0);
    for (int round = 0; round < 25; round++) {
        int status;
        pid_t worker = fork();
        if (worker == 0)
            churn();
        usleep(3000 + rng_below(&rng, 40000));
        kill(worker, SIGKILL);
        waitpid(worker, &status, 0);
        assert_true(WIFSIGNALED(status));
        recordings_close(store);
        must(recordings_open(&store, data, &error));
        struct recording_list list;
        must(recordings_list(store, BUCKET_PERSONAL, "hey_jarvis", &list, &error));
        for (size_t i = 0; i < list.count; i++) {
            struct pcm pcm;
            char hash[65];
            must(recordings_read(&list.items[i], &pcm, &error));
            assert_true(pcm.count == 17600 || pcm.count == 20800);
            must(sha256_file(list.items[i].path, hash, &error));
            assert_string_equal(key(&list.items[i], "sha256"), hash);
            free(pcm.samples);
        }
        recording_list_free(&list);
        json_t *trash = recordings_trash(store);
        for (size_t i = 0; i < json_array_size(trash); i += 7) {
            struct recording item;
            must(recordings_restore(store, json_string_value(json_object_get(json_array_get(trash, i), "ticket")),
                                    &item, &error));
            recording_close(&item);
        }
        json_decref(trash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_take_is_kept_as_it_came, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_formats_become_16_khz_mono_and_the_original_stays, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_without_ffmpeg_a_sentence_says_what_to_do, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_decoder_is_confined_and_stopped, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_what_is_not_sound_is_refused, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_no_name_leads_out_of_a_bucket, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_a_folder_behind_a_link_is_not_written_to, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_a_damaged_sidecar_costs_no_recording, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_a_wav_alone_is_a_recording_and_gets_a_sidecar, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_numbers_do_not_clash_between_threads_and_processes, make_store,
                                        drop_store),
        cmocka_unit_test_setup_teardown(test_one_take_recorded_by_many_at_once_loses_none, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_a_trim_is_two_numbers, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_deleted_comes_back_whole, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_an_earlier_take_comes_back_in_its_place, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_trash_is_emptied_after_a_week, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_captures_are_reviewed, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_inbox_is_limited_and_says_so, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_loose_recordings_are_taken_only_when_asked, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_end_of_speech_does_not_depend_on_the_silence_behind_it, make_store,
                                        drop_store),
        cmocka_unit_test_setup_teardown(test_real_words_end_where_they_end_and_are_good, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_badges, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_levels_are_those_of_a_tone, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_a_second_store_sees_the_same, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_leftovers_of_a_killed_program_are_nothing, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_killed_at_any_moment_it_leaves_nothing_half, make_store, drop_store),
    };
    return cmocka_run_group_tests_name("recordings", tests, NULL, NULL);
}
