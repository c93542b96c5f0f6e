// SPDX-License-Identifier: GPL-3.0-or-later
// Neural voices with a library of our own (fake_onnxruntime.c, $WAKESMITH_FAKE) in the place of ONNX Runtime: what the
// user is told when it is missing or broken, and what happens when CUDA fails.
#include "speech/onnx.h"
#include "speech/piper.h"
#include "speech/speech.h"
#include "speech/speech_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct language english = {.code = "en", .other_code = "", .name = "English", .espeak = "gmw/en-US"};
static const struct language german = {.code = "de", .other_code = "", .name = "German", .espeak = "gmw/de"};
static char folder[] = "/tmp/test_neural_XXXXXX";
static struct error error;

static void write_bytes(const char *name, const void *data, size_t size)
{
    char *path = path_join(folder, name), *parent = strdup(path);
    *strrchr(parent, '/') = 0;
    assert_int_equal(folder_make(parent, &error), 0);
    assert_int_equal(file_write(path, data, size, &error), 0);
    free(parent);
    free(path);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void write_voice(const char *name, const char *reader, int speakers, const void *model, size_t size)
{
    struct buffer settings;
    char path[80];
    buffer_init(&settings, 4096);
    buffer_print(&settings, "{\"audio\": {\"sample_rate\": 22050}, \"espeak\": {\"voice\": \"%s\"}, \"num_speakers\": %d, "
                            "\"phoneme_id_map\": {\"^\": [1], \"$\": [2], \"_\": [0]", reader, speakers);
    for (char c = 'a'; c <= 'z'; c++)
        buffer_print(&settings, ", \"%c\": [%d]", c, c - 'a' + 3);
    buffer_print(&settings, "}}");
    snprintf(path, sizeof path, "voices/piper/%s.onnx", name);
    write_bytes(path, model, size);
    snprintf(path, sizeof path, "voices/piper/%s.onnx.json", name);
    write_text(path, settings.data);
    buffer_free(&settings);
}

// A graph whose input "sid" chooses a row of a table; `twice`: another node takes it, too.
static void write_speakers(const char *name, bool twice)
{
    struct buffer node, input, graph, model;
    struct buffer *const all[] = {&node, &input, &graph, &model};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buffer_init(all[i], 4096);
    onnx_put_text(&node, ONNX_NODE_INPUT, "table");
    onnx_put_text(&node, ONNX_NODE_INPUT, "sid");
    onnx_put_text(&node, ONNX_NODE_OUTPUT, "row");
    onnx_put_text(&node, ONNX_NODE_OP, "Gather");
    onnx_put_text(&input, 1, "sid");
    for (int i = 0; i < 1 + twice; i++)
        onnx_put_bytes(&graph, ONNX_GRAPH_NODE, node.data, node.size);
    onnx_put_bytes(&graph, ONNX_GRAPH_INPUT, input.data, input.size);
    onnx_put_bytes(&model, ONNX_MODEL_GRAPH, graph.data, graph.size);
    write_voice(name, "de", 6, model.data, model.size);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buffer_free(all[i]);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    char *voices = path_join(folder, "voices");
    setenv("WAKESMITH_VOICES", voices, 1);
    free(voices);
    write_voice("en_US-test", "en-us", 1, "\x08\x08", 2); // an empty model: the library of the tests asks for no more
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return folder_remove(folder, &error);
}

static size_t count_voices(const char *engine)
{
    struct voice *voices;
    size_t count, found = 0;
    assert_int_equal(speech_voices(&english, &voices, &count, &error), 0);
    for (size_t i = 0; i < count; i++)
        found += strcmp(voices[i].engine, engine) == 0;
    free(voices);
    return found;
}

static const char *obstacle(void)
{
    static char sentence[SPEECH_SENTENCE];
    speech_obstacle(sentence, sizeof sentence);
    return sentence;
}

// The other engines go on, the signature of what they say can be made, and one sentence says what to do.
static int sign(char hex[65], struct error *problem)
{
    struct voice *voices;
    size_t count;
    int code = speech_voices(&english, &voices, &count, problem);
    if (code == 0)
        code = speech_signature(voices, count, hex, problem);
    free(voices);
    return code;
}

static void expect_obstacle(const char *library, const char *sentence)
{
    char hex[65];
    setenv("WAKESMITH_ONNXRUNTIME", library, 1);
    if (!strstr(obstacle(), sentence))
        fail_msg("%s", obstacle());
    assert_non_null(strstr(obstacle(), "wakesmith voices fetch onnxruntime"));
    assert_null(strchr(obstacle(), '\n'));
    assert_int_equal(count_voices("piper"), 0);
    assert_true(count_voices("espeak-ng") > 50);
    assert_int_equal(sign(hex, &error), 0);
}

static void test_obstacles(void **state)
{
    (void)state;
    static const char elf[] = "\177ELF, but not for long";
    write_text("damaged.so", elf);
    write_text("empty.so", "");
    char *damaged = path_join(folder, "damaged.so"), *empty = path_join(folder, "empty.so");
    expect_obstacle("", "not installed");
    expect_obstacle("/nonexistent/libonnxruntime.so", "not installed");
    expect_obstacle(damaged, "damaged.so is none that works");
    expect_obstacle(empty, "empty.so is none that works");
    expect_obstacle("libz.so.1", "libz.so.1 is none that works (it is another library)");
    expect_obstacle(getenv("WAKESMITH_CRASHING"), "crashed");
    setenv("WAKESMITH_ONNXRUNTIME", getenv("WAKESMITH_FAKE"), 1);
    assert_string_equal(obstacle(), "");
    assert_int_equal(count_voices("piper"), 1);
    char *voices = strdup(getenv("WAKESMITH_VOICES"));
    setenv("WAKESMITH_VOICES", "/nonexistent", 1); // without neural voices nothing is missing
    setenv("WAKESMITH_ONNXRUNTIME", damaged, 1);
    assert_string_equal(obstacle(), "");
    setenv("WAKESMITH_VOICES", voices, 1);
    setenv("WAKESMITH_ONNXRUNTIME", getenv("WAKESMITH_FAKE"), 1);
    free(voices);
    free(damaged);
    free(empty);
}

// All speakers equally often; where they can be mixed, a mixture has the group of its first speaker, and so has the other.
static void expect_speakers(bool mixed)
{
    struct voice *voices;
    size_t count, found = 0;
    int groups[6] = {-1, -1, -1, -1, -1, -1};
    double shares[6] = {0};
    assert_int_equal(speech_voices(&german, &voices, &count, &error), 0);
    for (int mixtures = 0; mixtures < 2; mixtures++)
        for (size_t i = 0; i < count; i++) {
            int first, other = -1, percent = 35;
            if (strcmp(voices[i].engine, "piper") != 0 || (strchr(voices[i].name, '~') != NULL) != mixtures)
                continue;
            assert_int_equal(sscanf(voices[i].name, "de_DE-several#%d~%d~%d", &first, &other, &percent), mixtures ? 3 : 1);
            shares[first] += voices[i].share;
            found += mixtures == 1;
            if (!mixtures)
                groups[first] = voices[i].group;
            else
                assert_true(groups[first] == voices[i].group && groups[other] == groups[first] && other != first &&
                            percent >= 20 && percent <= 50);
        }
    free(voices);
    assert_int_equal(found, mixed ? 12 : 0);
    for (int i = 0; i < 6; i++)
        assert_true(groups[i] >= 0 && fabs(shares[i] - shares[0]) < 1e-9 && (groups[i] == groups[i / 4 * 4]) == (mixed || i % 4 == 0));
}

static void test_speakers(void **state)
{
    (void)state;
    setenv("WAKESMITH_ONNXRUNTIME", getenv("WAKESMITH_FAKE"), 1);
    write_speakers("de_DE-several", true);
    expect_speakers(false);
    write_speakers("de_DE-several", false);
    expect_speakers(true);
}

// Numbers outside of what can be are those that Piper takes; a file that does not say how it speaks is no voice.
static void test_settings(void **state)
{
    (void)state;
    static const char odd[] = "{\"espeak\": {\"voice\": \"de\"}, \"phoneme_id_map\": {\"a\": [7, \"x\", 1e9], \"^\": 5}, "
                              "\"num_speakers\": -4, \"audio\": {\"sample_rate\": 1e300}, "
                              "\"inference\": {\"length_scale\": 0, \"noise_scale\": \"loud\", \"noise_w\": -1}}";
    static const char *const none[] = {"", "[]", "{}", "{\"espeak\": {\"voice\": \"de\"}}", "{\"phoneme_id_map\": {}}",
                                       "{\"espeak\": {\"voice\": \"-\"}, \"phoneme_id_map\": {}}",
                                       "{\"espeak\": {\"voice\": \"de\"}, \"phoneme_id_map\": []}"};
    struct piper_settings settings;
    int64_t ids[4];
    assert_int_equal(piper_settings_read(&settings, odd, strlen(odd)), 0);
    assert_true(settings.speakers == 1 && settings.rate == 22050 && settings.length == 1);
    assert_true(settings.noise == .667 && settings.noise_width == .8);
    assert_int_equal(piper_ids_of(&settings, "a\xff", ids, 4), 0); // no UTF-8
    assert_int_equal(piper_ids_of(&settings, "abaa", ids, 4), 4);
    assert_int_equal(ids[0], 7);
    piper_settings_close(&settings);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(piper_settings_read(&settings, none[i], strlen(none[i])), -1);
}

static int noticed;

static void count_notice(void *context, const char *sentence)
{
    (void)context, (void)sentence;
    noticed++;
}

// What the fake voice says on the device, and the notice; the caller frees the bytes.
static char *speak(const char *device, const char *failing, char notice[NOTICE_MAXIMUM], size_t *size)
{
    static const char *const texts[] = {"hello computer"};
    static const struct voice voice = {"piper", "en_US-test", 0, 1, true, 1};
    const struct speech_request request = {.texts = texts,
                                           .text_count = 1,
                                           .language = &english,
                                           .clips = SHARD_TAKES + 24,
                                           .duration_median = .9,
                                           .duration_sigma = .2,
                                           .seed = 7,
                                           .threads = 1,
                                           .voices = &voice,
                                           .voice_count = 1};
    struct progress progress = {.notice = count_notice};
    struct speech_report report;
    void *bytes = NULL;
    char *path = path_join(folder, "clips");
    setenv("FAKE_CUDA", failing, 1);
    assert_int_equal(speech_choose_device(device, &error), 0);
    noticed = 0;
    if (speech_generate(&request, path, &progress, &report, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(noticed, *report.notice != 0);
    memcpy(notice, report.notice, NOTICE_MAXIMUM);
    assert_int_equal(file_read(path, 1 << 28, &bytes, size, &error), 0);
    free(path);
    return bytes;
}

static void test_what_fails_with_cuda_goes_on_with_the_cpu(void **state)
{
    (void)state;
    static const struct {
        const char *device, *failing, *notice; // NULL: CUDA spoke; "": the CPU, as it was told
    } cases[] = {
        {"cpu", "run", ""},      {"auto", "", NULL},          {"cuda", "", NULL},
        {"auto", "append", "no driver"}, {"cuda", "append", "no driver"}, {"auto", "load", "out of memory"},
        {"cuda", "load", "out of memory"}, {"auto", "run", "out of memory"}, {"auto", "crash", "did not survive"},
    };
    char notice[NOTICE_MAXIMUM];
    size_t size, other;
    char *wanted = speak("cpu", "", notice, &size);
    assert_string_equal(notice, "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *bytes = speak(cases[i].device, cases[i].failing, notice, &other);
        bool same = size == other && memcmp(wanted, bytes, size) == 0;
        if (same != (cases[i].notice != NULL)) // the fake's CUDA has another pitch
            fail_msg("%s, %s: %s", cases[i].device, cases[i].failing, same ? "CUDA was not used" : "not the CPU's bytes");
        if (!strstr(notice, cases[i].notice ? cases[i].notice : "") || (!!*notice != (cases[i].notice && *cases[i].notice)))
            fail_msg("%s, %s: \"%s\"", cases[i].device, cases[i].failing, notice);
        assert_true(!*notice || strncmp(notice, "neural voices speak on the CPU, ", 32) == 0);
        free(bytes);
    }
    free(wanted);
}

// A wrong call is wrong on the CPU as well: no excuse to leave CUDA, and no clip.
static void test_a_wrong_call_is_no_fault_of_cuda(void **state)
{
    (void)state;
    static const char *const texts[] = {"hello computer"};
    static const struct voice voice = {"piper", "en_US-test", 0, 1, true, 1};
    const struct speech_request request = {
        .texts = texts, .text_count = 1, .language = &english, .clips = 40, .voices = &voice, .voice_count = 1};
    struct speech_report report;
    char *path = path_join(folder, "none");
    setenv("FAKE_CUDA", "input", 1);
    assert_int_equal(speech_choose_device("cuda", &error), 0);
    assert_int_equal(speech_generate(&request, path, NULL, &report, &error), ERROR_STATE);
    assert_string_equal(report.notice, "");
    setenv("FAKE_CUDA", "", 1);
    free(path);
}

// CUDA that is asked for in vain is told, CUDA that nobody asked for is not missed; other bytes have another signature.
static void test_devices(void **state)
{
    (void)state;
    char cpu[65], cuda[65], again[65];
    speech_choose_device("cpu", &error);
    assert_int_equal(sign(cpu, &error), 0);
    speech_choose_device("cuda", &error);
    assert_int_equal(sign(cuda, &error), 0);
    speech_choose_device("auto", &error);
    assert_int_equal(sign(again, &error), 0);
    assert_string_equal(cuda, again);
    assert_string_not_equal(cuda, cpu);
    assert_int_equal(speech_choose_device("gpu", &error), ERROR_USAGE);
    assert_non_null(strstr(error.message, "gpu"));

    char notice[NOTICE_MAXIMUM];
    size_t size;
    setenv("WAKESMITH_ONNXRUNTIME", getenv("WAKESMITH_PLAIN"), 1);
    free(speak("auto", "", notice, &size));
    assert_string_equal(notice, "");
    free(speak("cuda", "", notice, &size));
    assert_non_null(strstr(notice, "built without it"));
    assert_int_equal(sign(again, &error), 0);
    assert_string_equal(again, cpu);
    setenv("WAKESMITH_ONNXRUNTIME", getenv("WAKESMITH_FAKE"), 1);
    speech_choose_device("auto", &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obstacles),
        cmocka_unit_test(test_speakers),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_what_fails_with_cuda_goes_on_with_the_cpu),
        cmocka_unit_test(test_a_wrong_call_is_no_fault_of_cuda),
        cmocka_unit_test(test_devices),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
