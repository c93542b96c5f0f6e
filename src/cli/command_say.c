// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "cli/cli_internal.h"
#include "pipeline/pipeline.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>

struct said {
    const struct corpus *corpus;
    const struct voice *voices;
    const struct text_list *texts;
};

static json_t *clip_json(const struct said *said, const struct spoken *clip, const char *path)
{
    const struct voice *voice = &said->voices[clip->voice];
    return json_pack("{s:o, s:s, s:s, s:o, s:f}", "file", json_name(path), "engine", voice->engine, "voice",
                     voice->name, "text", json_name(said->texts->items[clip->text]), "seconds",
                     (double)clip->count / AUDIO_RATE);
}

static int write_clips(const struct said *said, const char *folder, const char *id, bool json, struct error *error)
{
    const struct corpus *corpus = said->corpus;
    json_t *list = json_array();
    int code = folder_make(folder, error);
    for (size_t i = 0; i < corpus->clip_count && code == 0; i++) {
        const struct spoken *clip = &corpus->clips[i];
        char *path = text_print("%s/%s_%02zu.wav", folder, id, i + 1);
        code = path ? audio_write_wav(path, corpus->samples + clip->start, clip->count, error)
                    : error_memory(error, "a path");
        if (code == 0 && json)
            json_array_append_new(list, clip_json(said, clip, path));
        else if (code == 0)
            printf("%s\n", path);
        free(path);
    }
    if (code < 0 || !json) {
        json_decref(list);
        return code < 0 ? code : print_done(error);
    }
    return print_json(json_pack("{s:s, s:o}", "id", id, "clips", list), error);
}

int command_say(int argc, char **argv, struct error *error)
{
    struct pipeline_options options;
    pipeline_options_default(&options);
    const char *folder = NULL;
    int64_t count = 8;
    bool done, json = false;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &folder, 0, 0, "FOLDER", "where the wav files go (also -o FOLDER)"},
        {"samples", 0, OPTION_INTEGER, &count, 1, 10000, "N", "how many clips (8)"},
        {"also", 0, OPTION_LIST, &options.also, 0, 0, "TEXT", "another spelling of the same word; repeatable"},
        {"lang", 0, OPTION_TEXT, &options.lang, 0, 0, "LANG", "language (auto: by the script of the phrase)"},
        {"seed", 0, OPTION_INTEGER, &options.seed, 0, 1e15, "N", "seed of all draws (1)"},
        {"threads", 0, OPTION_INTEGER, &options.threads, 1, 256, "N", "processes (default: all processors)"},
        {"json", 0, OPTION_FLAG, &json, 0, 0, NULL, "one JSON document: each file with its engine, voice and text"},
    };
    struct positionals words;
    char *path = NULL, id[TEXT_ID_SIZE];
    struct corpus corpus = {0};
    struct voice *voices = NULL;
    struct text_list texts = {0};
    int code;
    TRY_GOTO(command_parse("say", rows, COUNT_OF(rows), argc, argv, 1, 1, &words, &done, error), end);
    if (done)
        goto end;
    if (!folder) {
        code = error_set(error, ERROR_USAGE, "--output is missing: say which folder the wav files go to");
        goto end;
    }
    options.phrase = words.items[0];
    TRY_GOTO(text_check_phrase(options.phrase, error), end);
    text_safe_id(options.phrase, id);
    TRY_GOTO(folder_make(folder, error), end);
    path = text_print("%s/.say.corpus", folder);
    code = path ? pipeline_speak(&options, (size_t)count, path, &voices, &texts, error)
                : error_memory(error, "a path");
    if (code == 0)
        code = corpus_open(&corpus, path, error);
    if (code == 0)
        code = write_clips(&(struct said){&corpus, voices, &texts}, folder, id, json, error);
end:
    corpus_close(&corpus);
    if (path)
        remove(path);
    free(path);
    free(voices);
    text_list_free(&texts);
    text_list_free(&options.also);
    return code;
}
