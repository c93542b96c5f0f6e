// SPDX-License-Identifier: GPL-3.0-or-later
// The programs of microWakeWord Trainer: what their examples, in both forms of arguments, mean here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/pipeline_internal.h"
#include "cli/reference.h"
#include "collection/collection.h"

static char folder[] = "/tmp/wakesmith-reference-XXXXXX";
static struct error error;

static const char *const variables[] = {"DATA_DIR", "SAMPLES",  "BATCH_SIZE",  "TRAINING_STEPS", "CLEANUP_WORK_DIR", "LANG",
                                        "MWW_LANG", "MWW_PHRASE", "MWW_SAFE_ID", "PHRASE", "CLEANUP_ARCHIVES"};

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return folder_remove(folder, &error);
}

static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        unsetenv(variables[i]);
    setenv("DATA_DIR", folder, 1);
    unlink(".defaults.env");
    return folder_remove("work", &error);
}

enum { MOST = 24 };

// Splits a copy of `line` at "|": arguments may have spaces.
static int split(char *line, char *argv[MOST])
{
    int count = 0;
    for (char *word; (word = strsep(&line, "|")) && count < MOST;)
        if (*word)
            argv[count++] = word;
    return count;
}

// "phrase/id/title/lang preset samples steps batch [cleanup]": what the arguments mean.
static int read_line(enum reference_program program, const char *line, char *seen, size_t size)
{
    struct reference_wish wish;
    struct pipeline_options options = {0};
    char copy[1024], *argv[MOST];
    snprintf(copy, sizeof copy, "%s", line);
    int code = reference_read(program, split(copy, argv), argv, &wish, &error);
    if (code == 0)
        code = reference_options(program, &wish, &options, &error);
    if (code == 0)
        snprintf(seen, size, "%s/%s/%s/%s %s %lld %lld %lld%s", options.phrase, wish.safe_id, options.title ? options.title : "-",
                 options.lang ? options.lang : "-", options.preset, (long long)options.samples, (long long)options.training_steps,
                 (long long)wish.batch_size, options.cleanup ? " cleanup" : "");
    reference_options_close(&options);
    reference_close(&wish);
    return code;
}

struct example {
    const char *line, *means;
};

static void assert_means(enum reference_program program, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char seen[1024];
        if (read_line(program, examples[i].line, seen, sizeof seen) != 0)
            fail_msg("%s: %s", examples[i].line, error.message);
        if (strcmp(seen, examples[i].means) != 0)
            fail_msg("%s: %s, not %s", examples[i].line, seen, examples[i].means);
    }
}

// Also B38: -v and -q do not swallow what follows. `--key value` is the form that the reference documents and does not read.
static void B38_lesson_both_argument_forms_of_every_example(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"hey_jarvis", "hey_jarvis/hey_jarvis/-/- standard 0 0 0"},
        {"hey jarvis", "hey jarvis/hey_jarvis/-/- standard 0 0 0"},
        {"hey jarvis|Hey Jarvis", "hey jarvis/hey_jarvis/Hey Jarvis/- standard 0 0 0"},
        {"привет дом", "привет дом/privet_dom/-/- standard 0 0 0"},
        {"--phrase=hey jarvis|--lang=en", "hey jarvis/hey_jarvis/-/en standard 0 0 0"},
        {"--phrase|hey jarvis|--lang|en", "hey jarvis/hey_jarvis/-/en standard 0 0 0"},
        {"--phrase=привет дом|--id=privet_dom|--lang=ru", "привет дом/privet_dom/-/ru standard 0 0 0"},
        {"--phrase|привет дом|--id|privet_dom|--lang|ru", "привет дом/privet_dom/-/ru standard 0 0 0"},
        {"--phrase=привет дом|--lang=RU|privet_dom|Дом", "привет дом/privet_dom/Дом/RU standard 0 0 0"},
        {"--phrase=hey jarvis|jarvis", "hey jarvis/jarvis/-/- standard 0 0 0"},
        {"--phrase=hey jarvis|--id=jarvis|Jarvis!", "hey jarvis/jarvis/Jarvis!/- standard 0 0 0"},
        {"--samples=5|--training-steps=7|--phrase=привет дом|--lang=ru|--id=privet_dom", "привет дом/privet_dom/-/ru standard 5 1 0"},
        {"--samples|5|--training-steps|7|--phrase|привет дом|--lang|ru|--id|privet_dom", "привет дом/privet_dom/-/ru standard 5 1 0"},
        {"--samples=50000|--batch-size=100|--training-steps=40000|hey_jarvis", "hey_jarvis/hey_jarvis/-/- standard 50000 5000 100"},
        {"--samples|50000|--batch-size|100|--training-steps|40000|hey_jarvis", "hey_jarvis/hey_jarvis/-/- standard 50000 5000 100"},
        {"--samples=1|computer", "computer/computer/-/- standard 1 0 0"},
        {"--training-steps=8|x", "x/x/-/- standard 0 1 0"},
        {"--training-steps=9|x", "x/x/-/- standard 0 2 0"},
        {"--cleanup-work-dir|computer", "computer/computer/-/- standard 0 0 0 cleanup"},
        {"--no-cleanup-work-dir|computer", "computer/computer/-/- standard 0 0 0"},
        {"--cleanup-work-dir=false|computer", "computer/computer/-/- standard 0 0 0"},
        {"-v|--samples=9|computer", "computer/computer/-/- standard 9 0 0"},
        {"--quiet|computer|--batch-size=7", "computer/computer/-/- standard 0 0 7"},
        {"--phrase=--help|x", "--help/x/-/- standard 0 0 0"},
        {"--preset=draft|computer", "computer/computer/-/- draft 0 0 0"},
        {"--sam=9|--train|16|--ph|computer", "computer/computer/-/- standard 9 2 0"}, // as argparse reads it
    };
    assert_means(TRAIN_WAKE_WORD, examples, COUNT_OF(examples));
    static const struct example generator[] = {
        {"hey_jarvis", "hey jarvis/hey_jarvis/-/- standard 0 0 0"}, // an id is not said with its underscores
        {"--samples=1|--phrase=привет дом|--lang=ru|privet_dom", "привет дом/privet_dom/-/ru standard 1 0 0"},
        {"--samples|1|--phrase|привет дом|--lang|ru|privet_dom", "привет дом/privet_dom/-/ru standard 1 0 0"},
        {"--samples=1000|--batch-size=50|computer", "computer/computer/-/- standard 1000 0 50"},
    };
    assert_means(SAMPLE_GENERATOR, generator, COUNT_OF(generator));
    static const struct example trainer[] = {
        {"--training-steps=40000|--samples=50000|hey_jarvis|Hey, Jarvis", "hey jarvis/hey_jarvis/Hey, Jarvis/- standard 0 5000 0"},
    };
    assert_means(SAMPLE_TRAINER, trainer, COUNT_OF(trainer));
}

static void what_is_wrong_is_one_sentence(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", "which wake word"},
        {"--lang=en", "which wake word"},
        {"--phrase=a|--id=b|c|d", "\"d\""},
        {"a|b|c", "too many"},
        {"--sampels=3|a", "--sampels"},
        {"--p=3|a", "--p could be --phrase, --preset"},
        {"--samples=0|a", "--samples"},
        {"--samples=many|a", "--samples"},
        {"--samples|--lang=en|a", "--samples"},
        {"--training-steps=0|a", "--training-steps"},
        {"--cleanup-archives|a", "--cleanup-archives"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        char seen[1024];
        assert_int_equal(read_line(TRAIN_WAKE_WORD, table[i][0], seen, sizeof seen), ERROR_USAGE);
        if (!strstr(error.message, table[i][1]))
            fail_msg("%s: %s", table[i][0], error.message);
    }
    char seen[1024];
    assert_int_equal(read_line(SAMPLE_GENERATOR, "--phrase=a|\x01", seen, sizeof seen), ERROR_USAGE);
    assert_non_null(strstr(error.message, "the id"));
    assert_int_equal(read_line(SAMPLE_AUGMENTER, "--output-dir=elsewhere|a", seen, sizeof seen), ERROR_USAGE);
    assert_non_null(strstr(error.message, "--output-dir"));
    assert_int_equal(read_line(SAMPLE_AUGMENTER, "--mit-rirs-16k-dir=elsewhere|a", seen, sizeof seen), ERROR_MISSING);
    assert_non_null(strstr(error.message, "Directory elsewhere does not exist"));
}

static void recordings_are_split_as_python_does(void **state)
{
    (void)state;
    // list(range(n)) after random.Random(seed).shuffle
    static const size_t ten[] = {5, 2, 7, 1, 8, 4, 3, 6, 0, 9};
    static const size_t thousand[] = {878, 179, 309, 803, 320, 263, 759, 29, 326, 524}; // every hundredth, seed 7
    static size_t order[1000];
    python_shuffle(10, order, 10);
    assert_memory_equal(order, ten, sizeof ten);
    python_shuffle(10, order, 1);
    assert_int_equal(order[0], 0);
    python_shuffle(7, order, 1000);
    for (size_t i = 0; i < COUNT_OF(thousand); i++)
        assert_int_equal(order[100 * i], thousand[i]);
}

static void write_file(const char *name, const char *text)
{
    assert_int_equal(file_write(name, text, strlen(text), &error), 0);
}

static void the_command_line_beats_the_file_beats_the_environment(void **state)
{
    (void)state;
    setenv("SAMPLES", "300", 1);
    setenv("BATCH_SIZE", "30", 1);
    setenv("TRAINING_STEPS", "3000", 1);
    setenv("LANG", "de_DE.UTF-8", 1);  // the locale's
    setenv("PHRASE", "not this", 1);
    setenv("MWW_LANG", "ru", 1);       // told to the programs of one stage
    assert_means(TRAIN_WAKE_WORD, &(struct example){"a", "a/a/-/- standard 300 375 30"}, 1);
    assert_means(SAMPLE_GENERATOR, &(struct example){"a", "a/a/-/ru standard 300 0 30"}, 1);
    write_file(".defaults.env", "export SAMPLES=200 # fewer\nBATCH_SIZE=\"20\"\nCLEANUP_WORK_DIR=true\nLANG=en\nDATA_DIR=/x\nLD_PRELOAD=x\n");
    assert_means(TRAIN_WAKE_WORD, &(struct example){"a", "a/a/-/en standard 200 375 20 cleanup"}, 1);
    assert_means(TRAIN_WAKE_WORD, &(struct example){"--samples=100|--no-cleanup-work-dir|a|--lang=ru", "a/a/-/ru standard 100 375 20"}, 1);
    unsetenv("DATA_DIR");
    write_file(".mww-data-dir", ""); // here is the data directory, so its file is read
    assert_means(TRAIN_WAKE_WORD, &(struct example){"a", "a/a/-/en standard 200 375 20 cleanup"}, 1);
    unlink(".mww-data-dir");
    setenv("SAMPLES", "many", 1);
    unlink(".defaults.env");
    setenv("DATA_DIR", folder, 1);
    char seen[1024];
    assert_int_equal(read_line(TRAIN_WAKE_WORD, "a", seen, sizeof seen), ERROR_USAGE);
    assert_non_null(strstr(error.message, "environment variable SAMPLES"));
    write_file(".defaults.env", "TRAINING_STEPS=$(touch executed)\n");
    assert_int_equal(read_line(TRAIN_WAKE_WORD, "a", seen, sizeof seen), ERROR_FORMAT);
    assert_non_null(strstr(error.message, ".defaults.env, line 1"));
    assert_false(file_exists("executed"));
}

static void settings_are_read_as_a_shell_would(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"A=b", "b"},
        {"A=", ""},
        {"  export\tA=b # c", "b"},
        {"A=b#c", "b#c"},
        {"A='b c' # d", "b c"},
        {"A=\"b \\\"c\\\" \\$d\"", "b \"c\" $d"},
        {"A='$(reboot) `reboot` ; | & \\'", "$(reboot) `reboot` ; | & \\"},
        {"A='b'\"c\"d\\ e", "bcd e"},
        {"A=1\nA=2\n", "2"},
        {"# A=1\n\n\r\n\tA=2\r\n", "2"},
        {"A='b\nc'", "b\nc"},
        {"A=при\xd0", "при\xd0"},
    };
    static const char *const bad[][2] = {
        {"A=$B", "line 1"},
        {"B=1\nA=`x`", "line 2"},
        {"A=\"$B\"", "single quotes"},
        {"A=b c", "spaces"},
        {"A=b;reboot", "line 1"},
        {"A=(1 2)", "line 1"},
        {"A", "KEY=value"},
        {"set -a", "KEY=value"},
        {": ${A:=1}", "KEY=value"},
        {"1A=2", "KEY=value"},
        {"A = 1", "KEY=value"},
        {"\n\nA='b\n\n", "line 3"},
        {"A=\"b", "not closed"},
    };
    struct settings settings;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (settings_parse(&settings, good[i][0], strlen(good[i][0]), "file", &error) != 0)
            fail_msg("%s: %s", good[i][0], error.message);
        assert_string_equal(settings_get(&settings, "A"), good[i][1]);
        assert_null(settings_get(&settings, "B"));
        settings_close(&settings);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(settings_parse(&settings, bad[i][0], strlen(bad[i][0]), "file", &error), ERROR_FORMAT);
        if (!strstr(error.message, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], error.message);
        assert_int_equal(settings.keys.count, 0);
    }
    assert_int_equal(settings_parse(&settings, "A=b\0c", 5, "file", &error), ERROR_FORMAT);
}

// What the generator was told reaches the programs after it; what they are told themselves comes first.
static void a_stage_knows_what_the_one_before_was_told(void **state)
{
    (void)state;
    struct reference_wish wish;
    char *generator[] = {"--samples=60", "--phrase=it's $(me)\n\"x\"", "--lang=en", "--seed=7", "--negatives=a b", "--negatives=c", "jarvis"};
    assert_int_equal(reference_read(SAMPLE_GENERATOR, COUNT_OF(generator), generator, &wish, &error), 0);
    assert_true(reference_remember(SAMPLE_GENERATOR, &wish, &error) < 0); // the folder is the run's
    assert_int_equal(folder_make("work/jarvis", &error), 0);
    assert_int_equal(reference_remember(SAMPLE_GENERATOR, &wish, &error), 0);
    reference_close(&wish);

    setenv("MWW_PHRASE", "other", 1);
    setenv("SAMPLES", "9", 1);
    assert_int_equal(reference_read(SAMPLE_AUGMENTER, 0, NULL, &wish, &error), 0); // the only word that is there
    assert_string_equal(wish.safe_id, "jarvis");
    assert_string_equal(wish.phrase, "it's $(me)\n\"x\"");
    assert_int_equal(wish.samples, 60);
    assert_int_equal(wish.seed, 7);
    assert_int_equal(wish.negatives.count, 2);
    assert_string_equal(wish.negatives.items[0], "a b");
    reference_close(&wish);

    char *trainer[] = {"jarvis", "--samples=50000", "--lang", "ru", "--training-steps=800"};
    assert_int_equal(reference_read(SAMPLE_TRAINER, COUNT_OF(trainer), trainer, &wish, &error), 0);
    assert_int_equal(wish.samples, 60);
    assert_string_equal(wish.lang, "ru");
    assert_int_equal(wish.training_steps, 800);
    reference_close(&wish);

    assert_int_equal(folder_make("work/computer", &error), 0);
    write_file("work/computer/wake_word.env", "SAMPLES=50\n");
    setenv("MWW_SAFE_ID", "computer", 1); // one of two
    assert_int_equal(reference_read(SAMPLE_AUGMENTER, 0, NULL, &wish, &error), 0);
    assert_string_equal(wish.safe_id, "computer");
    assert_int_equal(wish.samples, 50);
    reference_close(&wish);
    unsetenv("MWW_SAFE_ID");
    assert_int_equal(reference_read(SAMPLE_AUGMENTER, 0, NULL, &wish, &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "which wake word"));
    reference_close(&wish);
}

static void counts_of_files_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
        int64_t count;
    } table[] = {
        {"speech:12\nno_speech:7\n", "speech", 12}, {"speech:12\nno_speech:7\n", "no_speech", 7}, {"fma_16k:5", "fma", 5},
        {"dinner_party_eval:4\ndinner_party:9\n", "dinner_party", 9}, {"speech:12\r\n", "speech", 12}, {"", "speech", -1},
        {"speech:", "speech", -1}, {"speech:x", "speech", -1}, {"speech:99999999999999999999", "speech", -1}, {"speech", "speech", -1},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        assert_int_equal(filecount_find(table[i].text, strlen(table[i].text), table[i].key), table[i].count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_split_as_python_does),
        cmocka_unit_test_setup(B38_lesson_both_argument_forms_of_every_example, clear),
        cmocka_unit_test_setup(what_is_wrong_is_one_sentence, clear),
        cmocka_unit_test_setup(the_command_line_beats_the_file_beats_the_environment, clear),
        cmocka_unit_test_setup(settings_are_read_as_a_shell_would, clear),
        cmocka_unit_test_setup(a_stage_knows_what_the_one_before_was_told, clear),
        cmocka_unit_test_setup(counts_of_files_are_found, clear),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
