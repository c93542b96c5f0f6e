// SPDX-License-Identifier: GPL-3.0-or-later
// training_parameters.yaml. What is trained from one, tests/referee/test_fit.py judges.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feature_sets.h"
#include "fit/fit.h"
#include "test_folder.h"

// The keys that are needed, one a line, and two sets: a test replaces one line.
static const char *const least[] = {
    "batch_size: 16",
    "clip_duration_ms: 1500",
    "window_step_ms: 10",
    "eval_step_interval: 500",
    "minimization_metric: null",
    "maximization_metric: average_viable_recall",
    "target_minimization: 0.9",
    "train_dir: out",
    "features:",
    "- features_dir: a",
    "  truth: true",
    "  sampling_weight: 2.0",
    "  penalty_weight: 1.0",
    "  truncation_strategy: truncate_start",
    "  type: mmap",
};

static int parse(const char *line, const char *instead, const char *more, struct parameters *parameters)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(least); i++)
        buffer_print(&text, "%s\n", line && strcmp(line, least[i]) == 0 ? instead : least[i]);
    buffer_print(&text, "%s\n", more ? more : "");
    int code = parameters_parse(text.data, text.size, "p.yaml", parameters, &error);
    buffer_free(&text);
    return code;
}

static void test_defaults(void **state)
{
    (void)state;
    struct parameters p;
    assert_int_equal(parse("window_step_ms: 10", "", NULL, &p), 0);
    assert_true(p.batch == 16 && p.clip_ms == 1500 && p.step_ms == 20 && p.eval_interval == 500);
    assert_true(p.phase_count == 1 && p.phases[0].steps == 20000 && p.phases[0].rate == .001f);
    assert_true(p.phases[0].masks.time_masks == 2 && p.phases[0].masks.time_size == 5 &&
                p.phases[0].masks.channel_masks == 2 && p.phases[0].masks.channel_size == 5);
    assert_true(p.phases[0].positive_weight == 1 && p.phases[0].negative_weight == 1);
    assert_true(p.minimize == METRIC_COUNT && p.maximize == METRIC_AVERAGE_VIABLE_RECALL && p.minimize_target == .9);
    assert_true(p.set_count == 1 && p.sets[0].truth && p.sets[0].truncation == RULE_START &&
                p.sets[0].cutoff_count == 1 && p.sets[0].cutoffs[0] == 0);
    parameters_free(&p);
}

// Short lists go on with their last value, an empty one means the default, and [0] stays 0.
static void test_phases(void **state)
{
    (void)state;
    struct parameters p;
    assert_int_equal(
        parse(NULL, NULL,
              "training_steps: [10, 20, 30]\nlearning_rates: [0.1, 1.0e-2]\nnegative_class_weight: [20]\n"
              "time_mask_count: [0]\nfreq_mask_count: []\nfreq_mask_max_size: [1, 2, 3, 4]\nunknown: {a: [b]}",
              &p),
        0);
    assert_int_equal(p.phase_count, 3);
    assert_true(p.phases[2].steps == 30 && p.phases[1].rate == .01f && p.phases[2].rate == .01f);
    assert_true(p.phases[2].negative_weight == 20 && p.phases[1].positive_weight == 1);
    assert_true(p.phases[0].masks.time_masks == 0 && p.phases[2].masks.channel_masks == 2 &&
                p.phases[2].masks.channel_size == 3);
    parameters_free(&p);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line, *instead, *says, *number;
    } table[] = {
        {"batch_size: 16", "", "batch_size is missing", "line 2"},
        {"batch_size: 16", "batch_size: 0", "batch_size", "line 1"},
        {"batch_size: 16", "batch_size: 16.5", "whole number", "line 1"},
        {"batch_size: 16", "batch_size: many", "batch_size", "line 1"},
        {"batch_size: 16", "batch_size: .nan", "batch_size", "line 1"},
        {"batch_size: 16", "batch_size: [16]", "batch_size", "line 1"},
        {"clip_duration_ms: 1500", "clip_duration_ms: -1", "clip_duration_ms", "line 2"},
        {"maximization_metric: average_viable_recall", "maximization_metric: null", "average_viable_recall", "line 6"},
        {"minimization_metric: null", "minimization_metric: 'null'", "minimization_metric", "line 5"},
        {"train_dir: out", "train_dir: ''", "train_dir", "line 8"},
        {"train_dir: out", "train_dir: {a: b}", "train_dir", "line 8"},
        {"  truth: true", "  truth: 1", "true or false", "line 11"},
        {"  truth: true", "", "truth is missing", "line 10"},
        {"  sampling_weight: 2.0", "  sampling_weight: -2", "sampling_weight", "line 12"},
        {"  sampling_weight: 2.0", "  sampling_weight: .inf", "sampling_weight", "line 12"},
        {"  truncation_strategy: truncate_start", "  truncation_strategy: middle", "truncate_end", "line 14"},
        {"  type: mmap", "  type: clips", "not supported", "line 15"},
        {"  type: mmap", "  type: wakesmith", "split is missing", "line 10"},
        {"  type: mmap", "  type: mmap\n  fixed_right_cutoffs: [1, -1]", "fixed_right_cutoffs", "line 16"},
        {"  type: mmap", "  type: mmap\n- text", "mappings", "line 16"},
        {"  type: mmap", "  type: mmap\ntraining_steps: [1,1,1,1,1,1,1,1,1]", "too many phases", "line 16"},
        {"  type: mmap", "  type: mmap\nlearning_rates: [a]", "learning_rates", "line 16"},
        {"  type: mmap", "  type: [", "no YAML", "line"},
    };
    struct parameters p;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        error = (struct error){0};
        if (parse(table[i].line, table[i].instead, NULL, &p) != ERROR_FORMAT || !strstr(error.message, table[i].says) ||
            !strstr(error.message, table[i].number) || strchr(error.message, '\n'))
            fail_msg("%zu: \"%s\"", i, error.message);
        assert_int_equal(p.set_count, 0); // nothing to free
    }
    assert_int_equal(parameters_parse("", 0, "p.yaml", &p, &error), ERROR_FORMAT);
    assert_int_equal(parameters_read(in_folder("none.yaml"), &p, &error), ERROR_MISSING);
}

// What is written is read back the same, whatever a path holds.
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const paths[] = {"plain",      "it's: \"quoted\" # no comment",
                                        "- {x}: [y]", "null",
                                        "12",         "привет дом",
                                        "tab\there",  "line\nbreak",
                                        "trailing ",  "&a *b !c %d @e `f"};
    struct parameters p, back;
    assert_int_equal(parse(NULL, NULL, "training_steps: [3, 4]\nlearning_rates: [0.0005, 1.0e-7]", &p), 0);
    const struct parameters_extra extras[] = {{NULL, "stride", "3", false},
                                              {NULL, "training_input_shape", "204,40", true},
                                              {"wakesmith", "mine_from", "1500", false},
                                              {"wakesmith", "cosine", "true", false}};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        free(p.sets[0].path);
        free(p.train_dir);
        p.sets[0].path = strdup(paths[i]);
        p.train_dir = strdup(paths[COUNT_OF(paths) - 1 - i]);
        p.sets[0].truncation = (enum truncation_rule)(i % RULE_COUNT);
        p.sets[0].form = i % 2 ? FORM_WAKESMITH : FORM_MMAP;
        p.sets[0].split = "validation";
        p.sets[0].sampling = .1 + (double)i / 8;
        p.minimize = (int)i;
        assert_int_equal(parameters_write(in_folder("p.yaml"), &p, extras, COUNT_OF(extras), &error), 0);
        assert_int_equal(parameters_read(in_folder("p.yaml"), &back, &error), 0);
        assert_string_equal(back.sets[0].path, p.sets[0].path);
        assert_string_equal(back.train_dir, p.train_dir);
        assert_memory_equal(back.phases, p.phases, sizeof p.phases[0] * 2);
        assert_true(back.phase_count == 2 && back.minimize == p.minimize &&
                    back.sets[0].truncation == p.sets[0].truncation && back.sets[0].form == p.sets[0].form &&
                    back.batch == 16 && back.step_ms == 10);
        assert_true((float)back.sets[0].sampling == (float)p.sets[0].sampling);
        assert_string_equal(back.sets[0].split, i % 2 ? "validation" : "training");
        parameters_free(&back);
    }
    free(p.train_dir);
    p.train_dir = strdup("caf\xe9"); // no UTF-8: YAML cannot hold it
    assert_true(parameters_write(in_folder("q.yaml"), &p, NULL, 0, &error) < 0);
    assert_false(file_exists(in_folder("q.yaml")));
    parameters_free(&p);
}

// ---- features of odd lengths ----

static void write_lengths(const char *path, const uint32_t *lengths, size_t count)
{
    struct feature_item items[8];
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; i++)
        items[i].rows = lengths[i];
    struct feature_set set = make_set(items, count);
    for (size_t i = 0; i < set.row_count * C; i++)
        ((uint16_t *)(uintptr_t)set.rows)[i] = (uint16_t)(i * 7919 % 666);
    assert_int_equal(ragged_write(path, &set, &error), 0);
    free((void *)(uintptr_t)set.rows);
}

static const char *const splits[] = {"training", "validation", "validation_ambient", "testing", "testing_ambient"};
static const char *const rules[] = {"random", "truncate_start", "truncate_end", "fixed_right_cutoff"};

// Words and negatives of these lengths in every split.
static void write_sets(const uint32_t *lengths, size_t count)
{
    char path[600];
    for (size_t truth = 0; truth < 2; truth++)
        for (size_t i = 0; i < COUNT_OF(splits); i++) {
            snprintf(path, sizeof path, "%s/%zu/%s/odd_mmap", in_folder("odd"), truth, splits[i]);
            write_lengths(path, lengths, count);
        }
}

// Trains from them, the words cut by one rule and the negatives by the next.
static void write_parameters(const char *path, size_t rule)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    buffer_print(&text,
                 "batch_size: 8\nclip_duration_ms: 600\nwindow_step_ms: 10\neval_step_interval: 2\ntraining_steps: [3]\n"
                 "learning_rates: [0.001]\nminimization_metric: null\nmaximization_metric: average_viable_recall\n"
                 "target_minimization: 0.9\ntrain_dir: \"%s\"\nfeatures:\n", in_folder("odd/trained"));
    for (size_t truth = 0; truth < 2; truth++)
        buffer_print(&text,
                     "- {features_dir: \"%s/%zu\", truth: %s, sampling_weight: 1.0, penalty_weight: 1.0, "
                     "truncation_strategy: %s, fixed_right_cutoffs: [0, 3, 150], type: mmap}\n",
                     in_folder("odd"), truth, truth ? "true" : "false", rules[(rule + truth) % COUNT_OF(rules)]);
    assert_int_equal(file_write(path, text.data, text.size, &error), 0);
    buffer_free(&text);
}

// Arrays shorter than the window, than a stride, or no multiple of it: among others they train, measure and are
// exported; alone, a sentence says before the training that nothing can be learnt from them.
static void lesson_features_of_odd_length(void **state)
{
    (void)state;
    static const uint32_t odd[] = {1, 2, 3, 4, 5, 61, 97, 200}, lone[] = {1};
    for (int i = 0; i < 4; i++) {
        char path[600];
        const bool alone = i == 3;
        snprintf(path, sizeof path, "%s.yaml", in_folder("odd"));
        if (i == 0 || alone)
            write_sets(alone ? lone : odd, alone ? 1 : COUNT_OF(odd));
        write_parameters(path, (size_t)i);
        struct fit_options options = {.parameters = path, .train = true, .test = true, .seed = 1, .threads = 1};
        struct fit_result result;
        assert_int_equal(nn_preset("official", &options.config, &error), 0);
        assert_int_equal(nn_parse_shape(&options.config, "8,8", "[3],[5]", &error), 0);
        for (options.config.stride = 1; options.config.stride <= 3; options.config.stride++) {
            assert_int_equal(folder_remove(in_folder("odd/trained"), &error), 0);
            int code = fit(&options, NULL, &result, &error);
            if (alone && options.config.stride > 1) {
                assert_int_equal(code, ERROR_USAGE);
                assert_non_null(strstr(error.message, "shorter than a stride"));
                assert_false(folder_exists(in_folder("odd/trained")));
                continue;
            }
            if (code < 0)
                fail_msg("stride %d: %s", options.config.stride, error.message);
            assert_true(file_exists(result.model));
            fit_result_close(&result);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(lesson_features_of_odd_length),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
