// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "cli/cli_internal.h"
#include "pipeline/pipeline.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>

// The clips of one corpus.
struct said {
    struct corpus corpus;
    struct voice *voices;
    struct text_list texts;
};

struct saying { // what the command line says
    const struct pipeline_options *options;
    const char *folder;
    char notice[SPEECH_SENTENCE]; // of --json: what neural voices lack
    struct terminal terminal;
    struct progress *progress;
    char id[TEXT_ID_SIZE];
    struct text_list voices;
    size_t count;
    bool neural, accents, json;
};

static int say(const struct saying *saying, bool neural, size_t clips, struct said *said, struct error *error)
{
    const struct pipeline_saying wish = {clips, &saying->voices, neural, saying->accents, saying->progress};
    char *path = text_print("%s/.say.corpus", saying->folder);
    int code = path ? pipeline_speak(saying->options, &wish, path, &said->voices, &said->texts, error)
                    : error_memory(error, "a path");
    if (code == 0)
        code = corpus_open(&said->corpus, path, error);
    if (path)
        remove(path);
    free(path);
    return code;
}

static void said_close(struct said *said)
{
    corpus_close(&said->corpus);
    free(said->voices);
    text_list_free(&said->texts);
}

static json_t *clip_json(const struct said *said, const struct spoken *clip, const char *path)
{
    const struct voice *voice = &said->voices[clip->voice];
    return json_pack("{s:o, s:s, s:s, s:o, s:f}", "file", json_name(path), "engine", voice->engine, "voice",
                     voice->name, "text", json_name(said->texts.items[clip->text]), "seconds",
                     (double)clip->count / AUDIO_RATE);
}

// The clips of the first corpus and of the second in turn.
static int write_clips(const struct saying *saying, const struct said said[2], struct error *error)
{
    size_t step = said[1].corpus.clip_count ? 2 : 1, count = said[0].corpus.clip_count + said[1].corpus.clip_count;
    json_t *list = json_array();
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        const struct said *one = &said[i % step];
        const struct spoken *clip = &one->corpus.clips[i / step];
        char *path = text_print("%s/%s_%02zu.wav", saying->folder, saying->id, i + 1);
        code = path ? audio_write_wav(path, one->corpus.samples + clip->start, clip->count, error)
                    : error_memory(error, "a path");
        if (code == 0 && saying->json)
            json_array_append_new(list, clip_json(one, clip, path));
        else if (code == 0)
            printf("%s\n", path);
        free(path);
    }
    if (code < 0 || !saying->json) {
        json_decref(list);
        return code < 0 ? code : print_done(error);
    }
    return print_json(json_pack("{s:s, s:o, s:s?}", "id", saying->id, "clips", list, "notice",
                                *saying->notice ? saying->notice : NULL),
                      error);
}

// Said on stderr, or with the clips.
static void tell(void *context, const char *sentence)
{
    struct saying *saying = context;
    if (!saying->json)
        terminal_notice(&saying->terminal, sentence);
    else if (!*saying->notice)
        snprintf(saying->notice, sizeof saying->notice, "%s", sentence);
}

static void tell_obstacle(struct saying *saying)
{
    char sentence[SPEECH_SENTENCE];
    speech_obstacle(sentence, sizeof sentence);
    if (*sentence)
        tell(saying, sentence);
}

// With neural voices every second clip is theirs, where there are any.
static int say_all(const struct saying *saying, struct error *error)
{
    struct said said[2] = {0};
    size_t neural = saying->neural && !saying->accents && saying->voices.count == 0 ? saying->count / 2 : 0;
    int code = neural ? say(saying, true, neural, &said[1], error) : 0;
    if (code == ERROR_MISSING) {
        neural = 0;
        code = 0;
    }
    if (code == 0)
        code = say(saying, false, saying->count - neural, &said[0], error);
    if (code == 0)
        code = write_clips(saying, said, error);
    said_close(&said[0]);
    said_close(&said[1]);
    return code;
}

int command_say(int argc, char **argv, struct error *error)
{
    struct pipeline_options options;
    pipeline_options_default(&options);
    struct saying saying = {.options = &options};
    struct progress progress = {.notice = tell, .context = &saying};
    int64_t count = 8;
    const char *device = NULL;
    bool done;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &saying.folder, 0, 0, "FOLDER", "where the wav files go (also -o FOLDER)"},
        {"samples", 0, OPTION_INTEGER, &count, 1, 10000, "N", "how many clips (8)"},
        {"neural", 0, OPTION_FLAG, &saying.neural, 0, 0, NULL,
         "every second clip by a neural voice, where there is one"},
        {"accents", 0, OPTION_FLAG, &saying.accents, 0, 0, NULL,
         "as speakers of other dialects and languages say it, by neural voices"},
        {"voice", 0, OPTION_LIST, &saying.voices, 0, 0, "VOICE",
         "only this voice, as in kokoro:af_heart; repeatable, in turn by chance"},
        {"phonemes", 0, OPTION_TEXT, &options.phonemes, 0, 0, "TEXT",
         "how the phrase is said, /IPA/ or [[espeak-ng's]]: wakesmith check shows how it is read"},
        {"also", 0, OPTION_LIST, &options.also, 0, 0, "TEXT",
         "another spelling of the same word, or its phonemes; repeatable"},
        {"lang", 0, OPTION_TEXT, &options.lang, 0, 0, "LANG", "language (auto: by the script of the phrase)"},
        {"seed", 0, OPTION_INTEGER, &options.seed, 0, 1e15, "N", "seed of all draws (1)"},
        {"threads", 0, OPTION_INTEGER, &options.threads, 1, 256, "N", "processes (default: all processors)"},
        {"device", 0, OPTION_TEXT, &device, 0, 0, "NAME",
         "where neural voices compute: auto (default: CUDA when ONNX Runtime offers it), cpu, cuda"},
        {"json", 0, OPTION_FLAG, &saying.json, 0, 0, NULL,
         "one JSON document: each file with its engine, voice and text"},
    };
    struct positionals words;
    int code;
    TRY_GOTO(command_parse("say", rows, COUNT_OF(rows), argc, argv, 1, 1, &words, &done, error), end);
    if (done)
        goto end;
    if (!saying.folder) {
        code = error_set(error, ERROR_USAGE, "--output is missing: say which folder the wav files go to");
        goto end;
    }
    options.phrase = words.items[0];
    saying.count = (size_t)count;
    TRY_GOTO(text_check_phrase(options.phrase, error), end);
    text_safe_id(options.phrase, saying.id);
    terminal_open(&saying.terminal);
    saying.progress = &progress;
    TRY_GOTO(folder_make(saying.folder, error), end);
    if (device)
        TRY_GOTO(speech_choose_device(device, error), end);
    tell_obstacle(&saying);
    code = say_all(&saying, error);
end:
    text_list_free(&saying.voices);
    text_list_free(&options.also);
    return code;
}
