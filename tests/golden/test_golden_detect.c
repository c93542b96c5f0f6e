// SPDX-License-Identifier: GPL-3.0-or-later
// The whole chain, from PCM to decisions, against outputs/summary.txt: seven published models, all golden recordings.
#include "detect/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "golden.h"

enum { WINDOW = 5, MAX_INFERENCES = 2048, MAX_HITS = 64 };

static const struct published {
    const char *name;
    double cutoff; // of its manifest
} published[] = {{"alexa", 0.90},     {"computer", 0.97},      {"hey_jarvis", 0.97}, {"hey_mycroft", 0.95},
                 {"okay_nabu", 0.97}, {"okay_computer", 0.97}, {"vad", 0.5}};

static struct tflite_model *open_model(const char *name)
{
    size_t size;
    void *file = golden_read("models", name, ".tflite", &size);
    struct tflite_model *model;
    struct error error;
    if (tflite_read(&model, file, size, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    free(file);
    return model;
}

static void *golden_bytes(const char *wav, const char *model, size_t *count)
{
    char ending[64];
    snprintf(ending, sizeof(ending), ".%s.u8", model);
    return golden_read("outputs", wav, ending, count);
}

// One line of summary.txt.
static void check_summary(const char *wav, const struct published *model, struct tflite_runtime *runtime,
                          const char *line)
{
    size_t frames, inferences;
    int largest_byte, inference, detected;
    double largest_mean;
    assert_int_equal(sscanf(line, "%*s %*s frames=%zu inferences=%zu maxbyte=%d maxmean=%lf at_inference=%d detect=%d",
                            &frames, &inferences, &largest_byte, &largest_mean, &inference, &detected),
                     6);
    size_t row_bytes, byte_count;
    int8_t *rows = golden_read("features", wav, ".i8", &row_bytes);
    uint8_t *expected = golden_bytes(wav, model->name, &byte_count);
    static uint8_t bytes[MAX_INFERENCES];
    assert_int_equal(row_bytes, frames * FRONTEND_CHANNELS);
    assert_int_equal(detect_bytes(runtime, rows, frames, bytes), inferences);
    assert_int_equal(byte_count, inferences);
    assert_memory_equal(bytes, expected, inferences);
    int sum = detect_max_sum(bytes, inferences, WINDOW);
    assert_int_equal((int)(sum / (255.0 * WINDOW) * 1e4 + 0.5), (int)(largest_mean * 1e4 + 0.5));
    assert_int_equal(detect_max_sum(bytes, inferences, 1), largest_byte);
    assert_int_equal(sum > detect_cutoff_byte(model->cutoff) * WINDOW, detected);
    free(rows);
    free(expected);
}

static void scores_equal_the_device(void **state)
{
    (void)state;
    size_t size, checked = 0;
    char *summary = golden_read("outputs", "summary", ".txt", &size);
    for (size_t m = 0; m < COUNT_OF(published); m++) {
        struct tflite_model *model = open_model(published[m].name);
        struct tflite_runtime *runtime;
        struct error error;
        assert_int_equal(tflite_runtime_open(&runtime, model, cpu_level(), &error), 0);
        for (const char *line = summary; *line; line = strchr(line, '\n') + 1) {
            char wav[64], name[64];
            assert_int_equal(sscanf(line, "%63s %63s", wav, name), 2);
            if (strcmp(name, published[m].name) == 0) {
                check_summary(wav, &published[m], runtime, line);
                checked++;
            }
        }
        tflite_runtime_close(runtime);
        tflite_close(model);
    }
    assert_int_equal(checked, COUNT_OF(golden_names) * COUNT_OF(published));
    free(summary);
}

struct hits {
    size_t count;
    uint64_t rows[MAX_HITS];
    int sums[MAX_HITS];
};

static void note_hit(void *context, uint64_t row, int sum)
{
    struct hits *hits = context;
    assert_true(hits->count < MAX_HITS);
    hits->rows[hits->count] = row;
    hits->sums[hits->count++] = sum;
}

// Live PCM in chunks of any size must fire where the rule, applied to the golden bytes, fires.
static size_t check_stream(struct detect_stream *stream, const char *wav, const struct published *model, int stride,
                           size_t chunk)
{
    size_t samples_count, byte_count;
    int16_t *samples = golden_wav(wav, &samples_count);
    uint8_t *bytes = golden_bytes(wav, model->name, &byte_count);
    uint8_t cutoff = detect_cutoff_byte(model->cutoff);
    uint64_t expected[MAX_HITS];
    size_t expected_count = detect_count(bytes, byte_count, stride, cutoff, WINDOW, expected, MAX_HITS);
    struct hits hits = {0};
    detect_stream_reset(stream);
    for (size_t at = 0; at < samples_count; at += chunk) {
        size_t now = samples_count - at < chunk ? samples_count - at : chunk;
        detect_stream_push(stream, samples + at, now, note_hit, &hits);
    }
    assert_int_equal(detect_stream_rows(stream), samples_count / FRONTEND_STEP - 2);
    if (hits.count != expected_count || memcmp(hits.rows, expected, hits.count * sizeof(*expected)) != 0)
        fail_msg("%s heard by %s in chunks of %zu: %zu detections, %zu expected, or elsewhere", wav, model->name, chunk,
                 hits.count, expected_count);
    for (size_t i = 0; i < hits.count; i++)
        assert_true(hits.sums[i] > cutoff * WINDOW && hits.sums[i] <= 255 * WINDOW);
    free(samples);
    free(bytes);
    return hits.count;
}

static void streams_fire_as_the_device_does(void **state)
{
    (void)state;
    const size_t chunks[] = {160, 1, 1001, 1u << 20};
    size_t own = 0;
    for (size_t m = 0; m < COUNT_OF(published); m++) {
        struct tflite_model *model = open_model(published[m].name);
        struct detect_stream *stream;
        struct error error;
        assert_int_equal(detect_stream_open(&stream, model, 255, WINDOW - 2, &error), 0);
        detect_stream_tune(stream, detect_cutoff_byte(published[m].cutoff), WINDOW); // as if it were opened with them
        int stride = strcmp(published[m].name, "computer") == 0 ? 2 : 3;
        assert_int_equal(detect_stream_stride(stream), stride);
        for (size_t i = 0; i < COUNT_OF(golden_names); i++) {
            size_t chunk = chunks[(m + i) % COUNT_OF(chunks)];
            size_t count = check_stream(stream, golden_names[i], &published[m], stride, chunk);
            if (strncmp(golden_names[i], published[m].name, strlen(published[m].name)) == 0)
                own += count == 1;
        }
        detect_stream_close(stream);
        tflite_close(model);
    }
    // Of the 13 recordings of a published word, hey_jarvis_3 is shorter than the cool-down, and okay_nabu_3 says it
    // again.
    assert_int_equal(own, 11);
}

static void windows_out_of_range_are_refused(void **state)
{
    (void)state;
    struct tflite_model *model = open_model("alexa");
    struct error error;
    for (int window = -1; window <= DETECT_MAX_WINDOW + 1; window += DETECT_MAX_WINDOW + 2) {
        struct detect_stream *stream = NULL;
        assert_int_equal(detect_stream_open(&stream, model, 229, window, &error), ERROR_USAGE);
        assert_null(stream);
    }
    detect_stream_close(NULL);
    tflite_close(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_equal_the_device),
        cmocka_unit_test(streams_fire_as_the_device_does),
        cmocka_unit_test(windows_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
