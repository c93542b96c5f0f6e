// SPDX-License-Identifier: GPL-3.0-or-later
#include "manifest/manifest.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static const char good[] = "{\"type\": \"micro\", \"wake_word\": \"Hey Example\", \"author\": \"A\", \"website\": \"https://e.org/x\","
                           "\"model\": \"hey.tflite\", \"trained_languages\": [\"en\", \"ru\"], \"version\": 2,"
                           "\"micro\": {\"probability_cutoff\": 0.9, \"sliding_window_size\": 5, \"feature_step_size\": 10,"
                           "\"tensor_arena_size\": 30000, \"minimum_esphome_version\": \"2024.7.0\"}}";

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/wakesmith_manifest_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/word.json", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    struct error error;
    return folder_remove(folder, &error);
}

static struct manifest example(void)
{
    struct manifest manifest;
    manifest_default(&manifest);
    strcpy(manifest.wake_word, "Hey Example");
    strcpy(manifest.model, "hey_example.tflite");
    return manifest;
}

static void a_good_manifest_is_understood(void **state)
{
    (void)state;
    struct manifest manifest;
    struct error error;
    assert_int_equal(manifest_parse(good, sizeof good - 1, &manifest, &error), 0);
    assert_string_equal(manifest.wake_word, "Hey Example");
    assert_string_equal(manifest.website, "https://e.org/x");
    assert_string_equal(manifest.model, "hey.tflite");
    assert_int_equal(manifest.language_count, 2);
    assert_string_equal(manifest.languages[1], "ru");
    assert_true(manifest.cutoff == .9);
    assert_int_equal(manifest.window, 5);
    assert_int_equal(manifest.step_ms, 10);
    assert_int_equal(manifest.arena, 30000);
    assert_string_equal(manifest.minimum_esphome_version, "2024.7.0");
}

// `from` in the good manifest becomes `to`; the error must say `word`. NULL: it is still good.
static const struct {
    const char *from, *to, *word;
} changes[] = {
    {"\"website\": \"https://e.org/x\",", "", NULL},
    {"[\"en\", \"ru\"]", "\"en\"", NULL},
    {"\"Hey Example\"", "\"vad\"", NULL},
    {"0.9,", "1,", NULL},
    {"\"type\": \"micro\"", "\"type\": \"macro\"", "type"},
    {"\"type\": \"micro\", ", "", "type"},
    {"\"wake_word\"", "\"wakeword\"", "wakeword"},
    {"\"Hey Example\"", "7", "wake_word"},
    {"\"Hey Example\"", "\"\"", "wake_word"},
    {"\"A\"", "null", "author"},
    {"https://e.org/x", "e.org", "website"},
    {"https://e.org/x", "https:///x", "website"},
    {"https://e.org/x", "", "website"},
    {"hey.tflite", "hey.json", "model"},
    {"[\"en\", \"ru\"]", "[]", "trained_languages"},
    {"[\"en\", \"ru\"]", "[1]", "trained_languages"},
    {"\"version\": 2", "\"version\": 1", "version"},
    {"\"version\": 2", "\"version\": \"2\"", "version"},
    {"\"version\": 2", "\"version\": 2.0", "version"},
    {"\"version\": 2", "\"version\": 2, \"version\": 2", "version"},
    {"\"version\": 2", "\"version\": 2, \"label\": \"x\"", "label"},
    {"\"micro\": {", "\"micro\": {\"probability_cutoff_source\": 1, ", "micro.probability_cutoff_source"},
    {"0.9,", "\"0.9\",", "micro.probability_cutoff"},
    {"0.9,", "7,", "micro.probability_cutoff"},
    {"0.9,", "-0.1,", "micro.probability_cutoff"},
    {"\"sliding_window_size\": 5", "\"sliding_window_size\": 0", "micro.sliding_window_size"},
    {"\"sliding_window_size\": 5", "\"sliding_window_size\": 5.5", "micro.sliding_window_size"},
    {"\"sliding_window_size\": 5", "\"sliding_window_size\": 9000000000000", "micro.sliding_window_size"},
    {"\"feature_step_size\": 10", "\"feature_step_size\": 31", "micro.feature_step_size"},
    {"\"feature_step_size\": 10,", "", "micro.feature_step_size"},
    {"30000", "\"30000\"", "micro.tensor_arena_size"},
    {"30000", "0", "micro.tensor_arena_size"},
    {"2024.7.0", "2024.7", "micro.minimum_esphome_version"},
    {"2024.7.0", "2024.7.0.1", "micro.minimum_esphome_version"},
    {"2024.7.0", "2024..0", "micro.minimum_esphome_version"},
    {"2024.7.0", "24.7.0", "micro.minimum_esphome_version"},
    {"2024.7.0", "2024.7.0b1", "micro.minimum_esphome_version"},
};

static void B46_every_rule_of_the_schema_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const char *at = strstr(good, changes[i].from);
        assert_non_null(at);
        char *text = text_print("%.*s%s%s", (int)(at - good), good, changes[i].to, at + strlen(changes[i].from));
        struct manifest manifest;
        struct error error = {0};
        int code = manifest_parse(text, strlen(text), &manifest, &error);
        if (!changes[i].word) {
            assert_int_equal(code, 0);
        } else {
            assert_int_equal(code, ERROR_FORMAT);
            if (!strstr(error.message, changes[i].word))
                fail_msg("change %zu: \"%s\" does not name %s", i, error.message, changes[i].word);
        }
        free(text);
    }
}

static void a_cut_manifest_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof good - 1; size++) {
        char *text = strndup(good, size);
        struct manifest manifest;
        struct error error = {0};
        assert_int_equal(manifest_parse(text, size, &manifest, &error), ERROR_FORMAT);
        assert_true(error.message[0]);
        free(text);
    }
}

static void B1_titles_of_all_scripts_round_trip(void **state)
{
    (void)state;
    static const char *const titles[] = {"Say \"hey\"", "back\\slash", "Щука", "компьютер", "天猫精灵", "hey 🐟", "tab\there", "</script>"};
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        struct manifest manifest = example(), again;
        struct error error;
        strcpy(manifest.wake_word, titles[i]);
        strcpy(manifest.author, titles[i]);
        assert_int_equal(manifest_write(path, &manifest, &error), 0);
        assert_int_equal(manifest_read(path, &again, &error), 0);
        assert_string_equal(again.wake_word, titles[i]);
        assert_string_equal(again.author, titles[i]);
    }
}

static void every_cutoff_byte_survives(void **state)
{
    (void)state;
    for (int byte = 0; byte <= 255; byte++) {
        struct manifest manifest = example(), again;
        struct error error;
        manifest.cutoff = byte == 255 ? 1 : (byte + .5) / 255;
        assert_int_equal(manifest_write(path, &manifest, &error), 0);
        assert_int_equal(manifest_read(path, &again, &error), 0);
        assert_int_equal((int)(again.cutoff * 255), byte);
        void *text;
        size_t size;
        assert_int_equal(file_read(path, 4096, &text, &size, &error), 0);
        const char *digits = strstr(text, "cutoff\": ") + strlen("cutoff\": ");
        assert_true(strcspn(digits, ",") <= strlen("0.123"));
        free(text);
    }
}

static void what_cannot_ship_is_not_written(void **state)
{
    (void)state;
    struct error error;
    struct manifest manifest = example();
    assert_int_equal(manifest_write("word.txt", &manifest, &error), ERROR_USAGE);
    strcpy(manifest.wake_word, "vad");
    assert_int_equal(manifest_write(path, &manifest, &error), ERROR_USAGE);
    strcpy(manifest.wake_word, "\xff\xfe");
    assert_int_equal(manifest_write(path, &manifest, &error), ERROR_USAGE);
    manifest = example();
    manifest.language_count = 0;
    assert_int_equal(manifest_write(path, &manifest, &error), ERROR_USAGE);
    manifest = example();
    manifest.cutoff = 1.5;
    assert_true(manifest_write(path, &manifest, &error) < 0);
    assert_non_null(strstr(error.message, "probability_cutoff"));
    assert_false(file_exists(path));
}

// The official files parse; those in our key order and form are reproduced byte for byte.
static void official_manifests_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *name, *title;
        double cutoff;
        long arena;
        bool same_form;
    } official[] = {{"alexa", "Alexa", .9, 22348, true},         {"computer", "computer", .97, 30000, false},
                    {"hey_jarvis", "Hey Jarvis", .97, 22860, false}, {"hey_mycroft", "Hey Mycroft", .95, 23628, true},
                    {"okay_computer", "Okay Computer", .97, 30000, false}, {"okay_nabu", "Okay Nabu", .97, 26080, false},
                    {"vad", "vad", .5, 16772, false}};
    const char *shared = getenv("WAKESMITH_SHARED");
    if (!shared || !folder_exists(shared)) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    for (size_t i = 0; i < COUNT_OF(official); i++) {
        char *source = text_print("%s/data/golden/models/%s.json", shared, official[i].name);
        struct manifest manifest;
        struct error error = {0};
        int code = manifest_read(source, &manifest, &error);
        if (code < 0)
            fail_msg("%s", error.message);
        assert_string_equal(manifest.wake_word, official[i].title);
        assert_true(manifest.cutoff == official[i].cutoff);
        assert_int_equal(manifest.arena, official[i].arena);
        assert_int_equal(manifest.window, 5);
        if (official[i].same_form) {
            void *theirs, *ours;
            size_t their_size, our_size;
            assert_int_equal(manifest_write(path, &manifest, &error), 0);
            assert_int_equal(file_read(source, 4096, &theirs, &their_size, &error), 0);
            assert_int_equal(file_read(path, 4096, &ours, &our_size, &error), 0);
            assert_string_equal(theirs, ours);
            free(theirs);
            free(ours);
        }
        free(source);
    }
}

static void the_manifest_stands_beside_its_model(void **state)
{
    (void)state;
    char *a = manifest_path_for("/x/y.z/hey.tflite"), *b = manifest_path_for("hey");
    assert_string_equal(a, "/x/y.z/hey.json");
    assert_string_equal(b, "hey.json");
    free(a);
    free(b);
}

static void a_snippet_carries_bytes_and_measurements(void **state)
{
    (void)state;
    struct manifest manifest = example();
    manifest.cutoff = (217 + .5) / 255;
    struct sensitivity levels[3] = {{.name = "slightly"}, {.name = "moderately"}, {.name = "very"}};
    static const uint8_t bytes[3] = {235, 217, 143};
    for (size_t i = 0; i < 3; i++)
        levels[i].calibration = (struct calibration){
            .point = {.cutoff = bytes[i], .window = 5, .detected = 95, .clips = 100, .false_accepts = i, .hours = 7.25, .recall = .95,
                      .per_hour = (double)i / 7.25, .per_hour_interval = {0, 1.25}},
            .target_per_hour = .25, .met = i < 2};
    char *yaml = manifest_yaml(&manifest, "http://host:2704/models/\"x\".json", levels, 3);
    static const char *const parts[] = {"micro_wake_word:\n  models:\n    - model: \"http://host:2704/models/\\\"x\\\".json\"\n",
                                        "id: wake_hey_example\n", "byte 235", "byte 217", "byte 143", "7.25 h", "0.28 per hour",
                                        "0.00 to 1.25", "95.0 %", "probability_cutoff: 0.853\n", "sliding_window_size: 5\n",
                                        "initial_option: Moderately sensitive\n", "- Very sensitive\n",
                                        "if (x == \"Slightly sensitive\") id(wake_hey_example).set_probability_cutoff(235);\n",
                                        "no point reached the target"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!strstr(yaml, parts[i]))
            fail_msg("\"%s\" is missing in\n%s", parts[i], yaml);
    free(yaml);
    yaml = manifest_yaml(&manifest, "x.json", NULL, 0);
    assert_null(strstr(yaml, "select"));
    assert_non_null(strstr(yaml, "sliding_window_size"));
    free(yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_manifest_is_understood),
        cmocka_unit_test(B46_every_rule_of_the_schema_is_kept),
        cmocka_unit_test(a_cut_manifest_is_refused),
        cmocka_unit_test_setup_teardown(B1_titles_of_all_scripts_round_trip, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(every_cutoff_byte_survives, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(what_cannot_ship_is_not_written, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(official_manifests_are_understood, make_folder, drop_folder),
        cmocka_unit_test(the_manifest_stands_beside_its_model),
        cmocka_unit_test(a_snippet_carries_bytes_and_measurements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
