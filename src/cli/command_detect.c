// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "cli/cli_internal.h"
#include "detect/detect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double row_seconds(uint64_t row)
{
    // The row ends FRONTEND_WINDOW samples after its first one.
    return ((double)row * FRONTEND_STEP + FRONTEND_WINDOW) / AUDIO_RATE;
}

// Where detections go: lines for people, or an array for --json.
struct listener {
    const char *name;
    json_t *detections;
    bool live;
};

static void on_hit(void *context, uint64_t row, int sum)
{
    struct listener *listener = context;
    if (listener->detections)
        json_array_append_new(listener->detections, json_pack("{s:I, s:f, s:i}", "row", (json_int_t)row, "seconds",
                                                              row_seconds(row), "sum", sum));
    else
        printf("%s: %.2f s\n", listener->name, row_seconds(row));
    if (listener->live)
        fflush(stdout);
}

static int detect_file(struct detect_stream *stream, const char *path, struct listener *listener, double *seconds,
                       struct error *error)
{
    struct pcm pcm;
    TRY(audio_read(path, 0, 0, &pcm, error));
    detect_stream_reset(stream);
    detect_stream_push(stream, pcm.samples, pcm.count, on_hit, listener);
    *seconds = (double)pcm.count / AUDIO_RATE;
    free(pcm.samples);
    return 0;
}

// Raw PCM from a microphone: s16le, 16 kHz, mono. Detections are printed as they happen.
static int detect_live(struct detect_stream *stream, struct listener *listener, double *seconds, struct error *error)
{
    int16_t samples[1600];
    char *bytes = (char *)samples;
    size_t held = 0;
    uint64_t total = 0;
    ssize_t got;
    listener->live = true;
    detect_stream_reset(stream);
    cli_catch_signals();
    while (!cli_stop && (got = read(0, bytes + held, sizeof samples - held)) > 0) {
        held += (size_t)got;
        size_t count = held / 2;
        detect_stream_push(stream, samples, count, on_hit, listener);
        total += count;
        if (held % 2)
            bytes[0] = bytes[held - 1];
        held %= 2;
    }
    *seconds = (double)total / AUDIO_RATE;
    if (total == 0)
        return error_set(error, ERROR_FORMAT,
                         "no audio on standard input; pipe raw 16 kHz mono int16 into it, for example from "
                         "arecord -r16000 -fS16_LE -c1 -t raw");
    return 0;
}

int command_detect(int argc, char **argv, struct error *error)
{
    double cutoff = -1;
    int64_t window = 0;
    bool json = false, done;
    const struct option_row rows[] = {
        {"cutoff", 0, OPTION_REAL, &cutoff, 0, 1, "P", "probability cutoff (default: the manifest's)"},
        {"window", 0, OPTION_INTEGER, &window, 1, DETECT_MAX_WINDOW, "N", "sliding window (default: the manifest's)"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, "one JSON document on standard output"},
    };
    struct positionals files;
    TRY(command_parse("detect", rows, COUNT_OF(rows), argc, argv, 2, (int)COUNT_OF(files.items), &files, &done, error));
    if (done)
        return 0;
    struct model_pair pair = {0};
    struct detect_stream *stream = NULL;
    json_t *list = json_array();
    int code;
    TRY_GOTO(model_pair_open(&pair, files.items[0], cutoff, window, error), end);
    TRY_GOTO(detect_stream_open(&stream, pair.model, pair.cutoff_byte, pair.window, error), end);
    for (int i = 1; i < files.count; i++) {
        struct listener listener = {.name = files.items[i], .detections = json ? json_array() : NULL};
        double seconds = 0;
        code = strcmp(files.items[i], "-") == 0 ? detect_live(stream, &listener, &seconds, error)
                                                : detect_file(stream, files.items[i], &listener, &seconds, error);
        if (code < 0) {
            json_decref(listener.detections);
            goto end;
        }
        if (json)
            json_array_append_new(list, json_pack("{s:o, s:f, s:o}", "file", json_name(files.items[i]), "seconds",
                                                  seconds, "detections", listener.detections));
    }
    if (json) {
        code = print_json(json_pack("{s:o, s:f, s:i, s:O}", "model", json_name(files.items[0]), "cutoff", pair.cutoff,
                                    "window", pair.window, "files", list),
                          error);
    } else
        code = print_done(error);
end:
    json_decref(list);
    detect_stream_close(stream);
    model_pair_close(&pair);
    return code;
}
