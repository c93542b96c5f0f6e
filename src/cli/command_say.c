// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio.h"
#include "cli/cli_internal.h"
#include "speech/speech.h"
#include "text/text.h"

#include <stdlib.h>

static int write_clips(const struct corpus *corpus, const char *folder, const char *id, struct error *error)
{
    TRY(folder_make(folder, error));
    for (size_t i = 0; i < corpus->clip_count; i++) {
        char *path = text_print("%s/%s_%02zu.wav", folder, id, i + 1);
        if (!path)
            return error_memory(error, "a path");
        int code = audio_write_wav(path, corpus->samples + corpus->clips[i].start, corpus->clips[i].count, error);
        if (code == 0)
            printf("%s\n", path);
        free(path);
        TRY(code);
    }
    return print_done(error);
}

int command_say(int argc, char **argv, struct error *error)
{
    const char *folder = NULL, *lang = "auto";
    int64_t count = 8, seed = 1;
    bool done;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &folder, 0, 0, "FOLDER", "where the wav files go (also -o FOLDER)"},
        {"samples", 0, OPTION_INTEGER, &count, 1, 10000, "N", "how many clips (8)"},
        {"lang", 0, OPTION_TEXT, &lang, 0, 0, "LANG", "language (auto: by the script of the phrase)"},
        {"seed", 0, OPTION_INTEGER, &seed, 0, 1e15, "N", "seed of all draws (1)"},
    };
    struct positionals words;
    TRY(command_parse("say", rows, COUNT_OF(rows), argc, argv, 1, 1, &words, &done, error));
    if (done)
        return 0;
    if (!folder)
        return error_set(error, ERROR_USAGE, "--output is missing: say which folder the wav files go to");
    const struct language *language;
    TRY(text_check_phrase(words.items[0], error));
    TRY(text_language_named(lang, &language, error));
    if (!language)
        language = text_language_of(words.items[0]);
    char id[TEXT_ID_SIZE], *spoken;
    text_safe_id(words.items[0], id);
    TRY(text_spoken(words.items[0], &spoken, error));
    char *path = text_print("%s/.say.corpus", folder);
    const char *texts[] = {spoken};
    struct speech_request request = {.texts = texts,
                                     .text_count = 1,
                                     .language = language,
                                     .clips = (size_t)count,
                                     .duration_median = speech_expected_seconds(spoken, language),
                                     .duration_sigma = 0.2,
                                     .seed = (uint64_t)seed,
                                     .threads = cpu_count()};
    struct speech_report report;
    struct corpus corpus = {0};
    int code = path ? folder_make(folder, error) : error_memory(error, "a path");
    if (code == 0)
        code = speech_generate(&request, path, NULL, &report, error);
    if (code == 0)
        code = corpus_open(&corpus, path, error);
    if (code == 0)
        code = write_clips(&corpus, folder, id, error);
    corpus_close(&corpus);
    if (path)
        remove(path);
    free(path);
    free(spoken);
    return code;
}
