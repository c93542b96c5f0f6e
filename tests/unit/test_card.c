// SPDX-License-Identifier: GPL-3.0-or-later
// The report card: a pure function of the report's JSON.
#include "manifest/manifest.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define LEVEL(recall, cutoff)                                                                                          \
    "{\"cutoff\": " cutoff ", \"recall\": " recall ", \"recall_interval\": [0.7, 0.8], \"clips\": 1000, \"detected\": 771, "  \
    "\"per_hour\": 0.29, \"per_hour_interval\": [0.007, 1.613], \"false_accepts\": 1}"
static const char report[] =
    "{\"wakesmith\": \"0.1.0\", \"phrase\": \"a <b> & \\\"c\\\"\", \"sensitivities\": {\"slightly\": " LEVEL("0.7", "0.861")
    ", \"moderately\": " LEVEL("0.999", "0.724") ", \"very\": " LEVEL("0.8", "0.665") "}, \"curve\": [{\"recall\": 1, "
    "\"per_hour\": 200}, {\"recall\": 0.5, \"per_hour\": 0}], \"held_out\": {\"hours\": 3.454, \"real_hours\": 1.2}, "
    "\"speech\": {\"neural\": {\"clips\": 40, \"voice_groups\": 8, \"share\": 0.32, \"engines\": {\"kokoro\": "
    "{\"clips\": 40, \"voices\": 1}}}}, \"training\": [{\"near_weight\": 0.1, \"held_recall\": 0.77, \"near_accepted\": 0.2, \"loss\": 0.14, \"chosen\": true, \"curve\": "
    "[{\"step\": 1, \"loss\": 0.7}, {\"step\": 4000, \"loss\": 0.1, \"recall\": 0.9}]}], "
    "\"hearing\": {\"conditions\": [{\"name\": \"babble\", \"clips\": 50, \"detected\": 31, \"recall\": 0.62, "
    "\"recall_interval\": [0.482, 0.741]}], \"voices\": [{\"name\": \"flite\", \"clips\": 7}], \"answer_ms\": "
    "{\"median\": 40, \"nine_of_ten\": 180}}, \"waking\": {\"kinds\": [{\"name\": \"music\", \"hours\": 0.5, "
    "\"false_accepts\": 2, \"per_hour\": 4, \"per_hour_interval\": [0.48, null]}], \"near_misses\": {\"texts\": 9, "
    "\"clips\": 40, \"accepted\": 3, \"worst\": [{\"text\": \"<service>\", \"clips\": 4, \"accepted\": 2}]}}, "
    "\"recordings\": {\"hours\": [{\"kind\": \"speech\", \"language\": \"en\", \"train_hours\": 3.2, \"held_hours\": 0.8}, {\"kind\": "
    "\"music\", \"language\": \"-\", \"train_hours\": 1, \"held_hours\": 0}]}, "
    "\"scores\": {\"words\": [1, 0, 1000], \"other_sound\": [0, 0]}, "
    "\"options\": {\"training_steps\": 4000}, \"arena\": 34816, \"caveats\": [\"x < y\"], \"signatures\": {\"speech\": \"e7ad\"}}";

static char *page_of(const char *json)
{
    struct error error = {0};
    char *page = NULL;
    size_t size;
    if (card_page(json, strlen(json), &page, &size, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(size, strlen(page));
    return page;
}

static void a_card_tells_what_the_report_has(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "It hears 99 of 100 calls, and woke by mistake once in 3.45 hours", // 99.9 % is not all
        "a &lt;b&gt; &amp; &quot;c&quot;", "771 of 1000 calls were heard", "70.0 to 80.0 %", "1.2 hours of that are recordings",
        "0.29 times an hour", "0.01 to 1.61", "<td>0.724</td>", "<svg", "<desc", "the wake word, by neural voices",
        "kokoro: 40 clips by 1 voice<",
        "people talk in the background</th><td>50</td><td>31</td><td>62.0 %</td><td>48.2 to 74.1 %</td>",
        "flite</th><td>7</td><td></td>", "within 40 ms of the word's end, nine of ten within 180 ms of its end",
        "music</th><td>0.50</td><td>2</td><td>4.00</td><td>0.48 to unknown</td>", "3 times (7.5 %)",
        "&lt;service&gt;</bdi>: 2 of 4", "loss of the training", "share heard of calls kept back", "class=\"cut\"",
        "speech, en</th><td>3.20</td><td>0.80</td>", "music</th><td>1.00</td><td>0.00</td>",
        "<td>32.0 %</td>", "4000 steps", "34.0 KiB", "x &lt; y", "<code>e7ad</code>"};
    char *page = page_of(report), *again = page_of(report);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!strstr(page, parts[i]))
            fail_msg("\"%s\" is missing in\n%s", parts[i], page);
    assert_null(strstr(page, "<script"));
    assert_string_equal(page, again);
    free(page);
    free(again);
}

static void an_older_report_has_a_card_with_fewer_sections(void **state)
{
    (void)state;
    char *page = page_of("{\"wakesmith\": \"0.0.1\", \"sensitivities\": {\"moderately\": {\"recall\": 0.5, "
                         "\"false_accepts\": 0, \"per_hour\": 0, \"per_hour_interval\": [0, null]}}}");
    assert_non_null(strstr(page, "It hears 50 of 100 calls."));
    assert_non_null(strstr(page, "Too little sound"));
    assert_non_null(strstr(page, "0.00 to unknown"));
    assert_null(strstr(page, "<svg"));
    assert_null(strstr(page, "The mix of voices"));
    free(page);
}

static void a_value_of_a_wrong_kind_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
    } rows[] = {{"", "no JSON"},
                {"[]", "no report of Wakesmith"},
                {"{}", "no report of Wakesmith"},
                {"{\"wakesmith\": 1}", "\"wakesmith\" of the report must be a text"},
                {"{\"wakesmith\": \"\", \"curve\": {}}", "\"curve\" of the report must be a list"},
                {"{\"wakesmith\": \"\", \"curve\": [{\"recall\": \"\"}]}", "\"recall\" of the report must be a number"},
                {"{\"wakesmith\": \"\", \"speech\": []}", "\"speech\" of the report must be an object"},
                {"{\"wakesmith\": \"\", \"speech\": {\"words\": 3}}", "\"words\" of the report must be an object"},
                {"{\"wakesmith\": \"\", \"caveats\": [3]}", "must hold texts"},
                {"{\"wakesmith\": \"\", \"hearing\": {\"voices\": 1}}", "\"voices\" of the report must be a list"},
                {"{\"wakesmith\": \"\", \"waking\": {\"kinds\": [{\"hours\": []}]}}", "\"hours\" of the report must be a number"},
                {"{\"wakesmith\": \"\", \"sensitivities\": {\"very\": {\"recall_interval\": [1]}}}", "must be two numbers"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error error = {0};
        char *page = NULL;
        size_t size;
        assert_int_equal(card_page(rows[i].json, strlen(rows[i].json), &page, &size, &error), ERROR_FORMAT);
        assert_null(page);
        if (!strstr(error.message, rows[i].says))
            fail_msg("%s: %s", rows[i].json, error.message);
    }
}

static void a_huge_report_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    char *page = NULL, *json = array_alloc(CARD_MAX_REPORT + 1, 1);
    size_t size;
    assert_non_null(json);
    memset(json, ' ', CARD_MAX_REPORT + 1);
    assert_int_equal(card_page(json, CARD_MAX_REPORT + 1, &page, &size, &error), ERROR_FORMAT);
    assert_non_null(strstr(error.message, "larger than 4 MiB"));
    free(json);
}

static void the_card_stands_beside_its_report(void **state)
{
    (void)state;
    char *path = card_path_for("/x/jarvis.report.json");
    assert_string_equal(path, "/x/jarvis.report.html");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_tells_what_the_report_has),
        cmocka_unit_test(an_older_report_has_a_card_with_fewer_sections),
        cmocka_unit_test(a_value_of_a_wrong_kind_is_named),
        cmocka_unit_test(a_huge_report_is_refused),
        cmocka_unit_test(the_card_stands_beside_its_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
