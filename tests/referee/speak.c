// SPDX-License-Identifier: GPL-3.0-or-later
// What neural engines give before anything is done to it, for test_voices.py.
//   speak ENGINE VOICE PACE FOLDER TEXT...   writes FOLDER/<i>.f32; prints a line of ids for each text
//   speak mix IN.onnx OUT.onnx               the model with two speakers to mix
//   speak seed IN.onnx OUT.onnx              the model as the engine Piper gives it to ONNX Runtime
//   speak crop IN.onnx OUT.onnx              the same of Kokoro
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

static int write_seeded(const char *from, const char *to)
{
    struct error error;
    struct mapping model;
    struct buffer seeded;
    size_t nodes;
    if (mapping_open(&model, from, &error) < 0)
        return fail(error.message);
    if (onnx_seed(model.data, model.size, &seeded, &nodes) != 0)
        return fail("no model");
    printf("%zu\n", nodes);
    return file_write(to, seeded.data, seeded.size, &error) < 0 ? fail(error.message) : 0;
}

static int write_changed(int (*change)(const void *model, size_t size, struct buffer *out), const char *from,
                         const char *to)
{
    struct error error;
    struct mapping model;
    struct buffer changed;
    if (mapping_open(&model, from, &error) < 0)
        return fail(error.message);
    if (change(model.data, model.size, &changed) != 0)
        return fail("no such model");
    return file_write(to, changed.data, changed.size, &error) < 0 ? fail(error.message) : 0;
}

int main(int argc, char **argv)
{
    enum { MOST = 1024 };
    if (argc == 4 && strcmp(argv[1], "seed") == 0)
        return write_seeded(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "crop") == 0)
        return write_changed(onnx_crop, argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "mix") == 0)
        return write_changed(onnx_mix, argv[2], argv[3]);
    int row = argc > 5 ? speech_engine_row(argv[1]) : -1;
    if (row < 0)
        return fail("speak ENGINE VOICE PACE FOLDER TEXT...");
    const struct engine *engine = &speech_engines[row];
    const struct language *language = text_language_of("english");
    const struct prosody prosody = {.pace = strtod(argv[3], NULL)};
    struct sound sound = {0};
    if (engine->open() != 0)
        return fail("the engine does not open");
    for (int i = 5; i < argc; i++) {
        struct error error;
        int64_t ids[MOST];
        size_t count = (strcmp(argv[1], "kokoro") == 0 ? kokoro_ids : piper_ids)(language, argv[2], argv[i], ids, MOST);
        for (size_t k = 0; k < count; k++)
            printf("%s%lld", k ? " " : "", (long long)ids[k]);
        printf("\n");
        char *path = text_print("%s/%d.f32", argv[4], i - 5);
        if (!path || engine->speak(language, argv[2], argv[i], &prosody, &sound) != 0)
            return fail("it does not speak");
        if (file_write(path, sound.samples, sound.count * sizeof *sound.samples, &error) < 0)
            return fail(error.message);
        free(path);
    }
    free(sound.samples);
    return 0;
}
