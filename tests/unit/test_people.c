// SPDX-License-Identifier: GPL-3.0-or-later
// What a walk is made of decides what is made again; recordings of people above all.
#include "walking.h"

// ---- recordings of people ----

// Something like a word, or noise: harmonics of a falling pitch between 0.3 s of silence.
static void write_word(const char *path, double pitch, double noise, double seconds)
{
    size_t count = (size_t)((seconds + .6) * AUDIO_RATE), size = (size_t)(seconds * AUDIO_RATE);
    int16_t *samples = calloc(count, sizeof *samples);
    struct rng rng = rng_make((uint64_t)pitch, 0);
    for (size_t i = 0; i < count; i++) {
        size_t lead = 3 * AUDIO_RATE / 10;
        double value = noise * rng_normal(&rng), t = ((double)i - (double)lead) / (double)size;
        for (int k = 1; k <= 12 && pitch > 0 && t >= 0 && t < 1; k++)
            value += 3000 / k * fmin(1, 20 * t) * fmin(1, 20 * (1 - t)) * sin(2 * M_PI * k * pitch * (1 - .1 * t) * t * seconds);
        samples[i] = (int16_t)lrint(value);
    }
    if (audio_write_wav(path, samples, count, &error) < 0)
        fail_msg("%s", error.message);
    free(samples);
}

static void record(struct recordings *store, enum recordings_bucket bucket, const char *id, double pitch, double noise,
                   double seconds, struct recording *item)
{
    char file[512];
    snprintf(file, sizeof file, "%s", in_folder("upload.wav"));
    write_word(file, pitch, noise, seconds);
    struct recordings_add add = {.bucket = bucket, .wake_word = id, .file = file, .speaker = pitch > 150 ? "Anna" : NULL};
    if (recordings_add(store, &add, item, &error) < 0)
        fail_msg("%s", error.message);
}

static struct pipeline_options people_options(const char *data, const char *phrase)
{
    struct pipeline_options options;
    tiny_options(&options, data);
    options.phrase = phrase;
    return options;
}

// Walks until training begins; what the features are made from, and how many there are of a set.
static void features_of(const struct pipeline_options *options, const char *id, char signature[65], const char *set, off_t *size)
{
    struct pipeline_result result;
    struct watch watch = {.stop_at = "train"};
    char path[600];
    struct stat info;
    void *text;
    size_t length;
    assert_int_equal(walk(options, &watch, &result), ERROR_CANCELLED);
    pipeline_result_close(&result);
    snprintf(path, sizeof path, "%s/work/%s/wake_word_samples_augmented/%s.features", options->data_dir, id, set);
    assert_int_equal(stat(path, &info), 0);
    *size = info.st_size;
    strcat(path, ".signature");
    assert_int_equal(file_read(path, 1 << 20, &text, &length, &error), 0);
    snprintf(signature, 65, "%.64s", (char *)text);
    free(text);
}

// What trains is what is there now, of this word, as it is trimmed now.
static void B2_B3_B4_recordings_of_people_make_features_anew(void **state)
{
    (void)state;
    struct recordings *store;
    struct recording first, second, noise, negative, back;
    char data[512], before[65], now[65], whole[65], *ticket;
    off_t size, more;
    snprintf(data, sizeof data, "%s", in_folder("people"));
    struct pipeline_options jarvis = people_options(data, "hey jarvis"), computer = people_options(data, "computer");
    assert_int_equal(recordings_open(&store, data, &error), 0);
    features_of(&jarvis, "hey_jarvis", before, "personal", &size);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 120, 3, .7, &first);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(before, now); // a take: made again, with it
    assert_true(more > size + 1000);
    memcpy(whole, now, sizeof whole);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 0, 2000, .7, &noise);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_equal(now, whole); // noise is left out, and told
    char log[600];
    void *text;
    size_t length;
    snprintf(log, sizeof log, "%s/work/hey_jarvis/training.log", data);
    assert_int_equal(file_read(log, 1 << 20, &text, &length, &error), 0);
    assert_non_null(strstr(text, "left out, no speech found"));
    assert_non_null(strstr(text, noise.name));
    free(text);

    assert_int_equal(recordings_trim(store, &first, .2, .7, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(now, whole);
    assert_int_equal(recordings_trim(store, &first, 0, 0, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_equal(now, whole);

    features_of(&computer, "computer", now, "personal", &more); // of another word: none
    assert_int_equal(more, size);

    assert_int_equal(recordings_remove(store, &first, &ticket, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more); // deleted: none is used
    assert_string_equal(now, before);
    assert_int_equal(recordings_restore(store, ticket, &back, &error), 0);
    recording_close(&back);
    free(ticket);

    record(store, BUCKET_PERSONAL, "hey_jarvis", 200, 3, .6, &second);
    assert_int_equal(recordings_remove(store, &first, &ticket, &error), 0);
    features_of(&jarvis, "hey_jarvis", now, "personal", &more);
    assert_string_not_equal(now, whole);
    assert_int_equal(recordings_restore(store, ticket, &back, &error), 0);
    record(store, BUCKET_NEGATIVE, "hey_jarvis", 110, 3, 3, &negative);

    struct pipeline_result result;
    struct watch watch = {0};
    if (walk(&jarvis, &watch, &result) != 0)
        fail_msg("%s", error.message);
    json_error_t where;
    json_t *report = json_load_file(result.report, 0, &where), *people = json_object_get(report, "people"),
           *features = json_object_get(report, "features");
    assert_int_equal(json_integer_value(json_object_get(people, "clips")), 2);
    assert_int_equal(json_integer_value(json_object_get(people, "left_out")), 1);
    assert_int_equal(json_integer_value(json_object_get(people, "reviewed_negatives")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(people, "clips_by_speaker"), "Anna")), 1);
    assert_true(json_integer_value(json_object_get(json_object_get(features, "reviewed"), "items")) > 20);
    json_decref(report);
    pipeline_result_close(&result);

    free(ticket);
    recording_close(&first);
    recording_close(&second);
    recording_close(&noise);
    recording_close(&negative);
    recording_close(&back);
    recordings_close(store);
}

// ---- walks that end early, and what they leave ----

static void speech_of(const struct pipeline_options *options, char signature[65], struct timespec *made)
{
    struct pipeline_result result;
    struct watch watch = {0};
    char path[600];
    struct stat info;
    void *text;
    size_t length;
    if (walk(options, &watch, &result) != 0)
        fail_msg("%s", error.message);
    assert_null(result.folder);
    pipeline_result_close(&result);
    snprintf(path, sizeof path, "%s/work/jarvis/wake_word_samples/words.corpus", options->data_dir);
    assert_int_equal(stat(path, &info), 0);
    *made = info.st_mtim;
    strcat(path, ".signature");
    assert_int_equal(file_read(path, 1 << 20, &text, &length, &error), 0);
    snprintf(signature, 65, "%.64s", (char *)text);
    free(text);
}

// Fresh is what has the very same inputs: "jarvis" is no part of "hey jarvis", and 50 clips are not 60.
static void B5_another_phrase_of_an_id_is_spoken_anew(void **state)
{
    (void)state;
    char data[512], first[65], second[65];
    struct timespec made, then;
    snprintf(data, sizeof data, "%s", in_folder("phrases"));
    struct pipeline_options options = people_options(data, "hey jarvis");
    options.id = "jarvis";
    options.extent = PIPELINE_SPEECH;
    speech_of(&options, first, &made);
    speech_of(&options, second, &then);
    assert_string_equal(first, second);
    assert_true(made.tv_sec == then.tv_sec && made.tv_nsec == then.tv_nsec);
    options.phrase = "jarvis";
    speech_of(&options, second, &then);
    assert_string_not_equal(first, second);
    assert_true(made.tv_sec != then.tv_sec || made.tv_nsec != then.tv_nsec);
    options.phrase = "hey jarvis";
    options.samples = 60;
    speech_of(&options, second, &then);
    assert_string_not_equal(first, second);
    char path[600];
    snprintf(path, sizeof path, "%s/output", data);
    assert_false(folder_exists(path));
    snprintf(path, sizeof path, "%s/work/jarvis/wake_word_samples_augmented/words.features", data);
    assert_false(file_exists(path));
}

// A speaker is on one side, and fewer than ten recordings all train.
static void B18_B23_people_are_split_by_speaker(void **state)
{
    (void)state;
    static const struct {
        int speakers, each;
        bool named;
        long held, held_speakers;
    } rows[] = {{6, 3, true, 3, 1}, {3, 3, true, 0, 0}, {1, 12, true, 1, 1}, {1, 12, false, 1, 1}};
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        char data[512], people_folder[600], path[700], label[16];
        snprintf(label, sizeof label, "split%zu", r);
        snprintf(data, sizeof data, "%s", in_folder(label));
        snprintf(people_folder, sizeof people_folder, "%s/people", data);
        for (int s = 0; s < rows[r].speakers; s++)
            for (int k = 0; k < rows[r].each; k++) {
                snprintf(path, sizeof path, rows[r].named ? "%s/speaker %d" : "%s", people_folder, s);
                assert_int_equal(folder_make(path, &error), 0);
                snprintf(path + strlen(path), 32, "/%02d.wav", k);
                write_word(path, 90 + 20 * s + k, 3, .5 + .02 * k);
            }
        struct pipeline_options options = people_options(data, "hey jarvis");
        struct pipeline_result result;
        struct watch watch = {0};
        options.positives_real = people_folder;
        if (walk(&options, &watch, &result) != 0)
            fail_msg("%s", error.message);
        json_t *report = json_load_file(result.report, 0, NULL), *people = json_object_get(report, "people"),
               *features = json_object_get(report, "features"),
               *heard = json_object_get(json_object_get(report, "hearing"), "people");
        long clips = rows[r].speakers * rows[r].each;
        assert_int_equal(json_integer_value(json_object_get(people, "clips")), clips);
        assert_int_equal(json_integer_value(json_object_get(people, "held_out")), rows[r].held);
        assert_int_equal(json_integer_value(json_object_get(report, "personal_clips")), clips - rows[r].held);
        assert_true(json_integer_value(json_object_get(json_object_get(features, "personal"), "items")) > 0);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(features, "held_people"), "items")), 8 * rows[r].held);
        assert_int_equal((long)json_array_size(heard), rows[r].held_speakers);
        assert_int_equal(sum_of(heard, "clips"), 8 * rows[r].held);
        assert_int_equal(sum_of(heard, "detected"), (long)result.people_heard);
        json_decref(report);
        pipeline_result_close(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B5_another_phrase_of_an_id_is_spoken_anew),
        cmocka_unit_test(B2_B3_B4_recordings_of_people_make_features_anew),
        cmocka_unit_test(B18_B23_people_are_split_by_speaker),
    };
    return cmocka_run_group_tests(tests, begin_walks, end_walks);
}
