// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to recordings later: trims, the trash, captures that are reviewed.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "take_store.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_trim_is_two_numbers, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_deleted_comes_back_whole, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_an_earlier_take_comes_back_in_its_place, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_trash_is_emptied_after_a_week, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_captures_are_reviewed, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_the_inbox_is_limited_and_says_so, make_store, drop_store),
        cmocka_unit_test_setup_teardown(test_loose_recordings_are_taken_only_when_asked, make_store, drop_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
