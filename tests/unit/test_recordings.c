// SPDX-License-Identifier: GPL-3.0-or-later
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

#include "take_store.h"

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
        cmocka_unit_test_setup_teardown(test_a_second_store_sees_the_same, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_leftovers_of_a_killed_program_are_nothing, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_killed_at_any_moment_it_leaves_nothing_half, make_store, drop_store),
    };
    return cmocka_run_group_tests_name("recordings", tests, NULL, NULL);
}
