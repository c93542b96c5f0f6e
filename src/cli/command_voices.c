// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "speech/speech.h"
#include "text/text.h"

#include <string.h>

struct wish { // what the command line says
    bool by_default, all, json;
    const char *from, *lang;
    struct progress *progress;
};

static int print_voices(struct catalogue *catalogue, bool json, struct error *error)
{
    size_t count;
    char obstacle[SPEECH_SENTENCE];
    speech_obstacle(obstacle, sizeof obstacle);
    const struct voice_pack *packs = catalogue_packs(catalogue, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct voice_pack *pack = &packs[i];
        if (json)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:b, s:b}", "id", pack->id,
                                                  "engine", pack->engine, "name", pack->name, "licence", pack->licence,
                                                  "languages", pack->languages, "speakers", pack->speakers, "bytes",
                                                  (json_int_t)pack->bytes, "default", pack->by_default, "installed",
                                                  pack->installed));
        else
            printf("%c %-28s %-8s %-18s %4d %7.1f MB  %s (%s)\n", pack->installed ? '*' : ' ', pack->id, pack->engine,
                   pack->languages, pack->speakers, (double)pack->bytes / 1e6, pack->name, pack->licence);
    }
    if (json)
        return print_json(json_pack("{s:o, s:s?}", "voices", list, "notice", *obstacle ? obstacle : NULL), error);
    json_decref(list);
    puts("\n* installed. wakesmith voices fetch --default brings what makes models hear people best; list --all shows "
         "the "
         "voices\nof Piper's catalogue as well. espeak-ng and flite need nothing.");
    if (*obstacle)
        printf("note: %s\n", obstacle);
    return print_done(error);
}

static int list_voices(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
                       struct error *error)
{
    (void)words;
    if (wish->all)
        TRY(catalogue_refresh(catalogue, wish->progress, error));
    return wish->json ? 0 : print_voices(catalogue, false, error);
}

// A name that the built-in catalogue does not have may be a voice of Piper's.
static int fetch_voice(struct catalogue *catalogue, const char *id, const struct wish *wish, struct error *error)
{
    int code = catalogue_fetch(catalogue, id, wish->from, wish->progress, error);
    if (code != ERROR_USAGE || wish->from)
        return code;
    TRY(catalogue_refresh(catalogue, wish->progress, error));
    return catalogue_fetch(catalogue, id, NULL, wish->progress, error);
}

static int add_language(const char *name, struct text_list *ids, struct error *error)
{
    const struct language *language;
    TRY(text_language_named(name, &language, error));
    if (!language)
        return error_set(error, ERROR_USAGE, "--lang: name a language to fetch its voices");
    if (!*language->voices)
        return error_set(error, ERROR_MISSING, "no neural voices are known for %s; espeak-ng speaks it without any",
                         language->name);
    TRY(text_list_add(ids, "onnxruntime", error));
    for (const char *at = language->voices; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        char id[96];
        snprintf(id, sizeof id, "%.*s", (int)length, at);
        TRY(text_list_add(ids, id, error));
        at += length;
    }
    return 0;
}

static int add_wanted(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
                      struct text_list *ids, struct error *error)
{
    size_t count;
    const struct voice_pack *packs = catalogue_packs(catalogue, &count);
    for (size_t i = 0; i < count && wish->by_default; i++)
        if (packs[i].by_default)
            TRY(text_list_add(ids, packs[i].id, error));
    if (wish->lang)
        TRY(add_language(wish->lang, ids, error));
    for (int i = 1; i < words->count; i++)
        TRY(text_list_add(ids, words->items[i], error));
    return 0;
}

static int fetch_voices(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
                        struct error *error)
{
    struct text_list ids = {0};
    if (!wish->by_default && !wish->lang && words->count < 2)
        return error_set(error, ERROR_USAGE,
                         "which voices? --default, --lang, or names that wakesmith voices list shows");
    int code = add_wanted(catalogue, wish, words, &ids, error);
    for (size_t i = 0; i < ids.count && code == 0; i++) {
        progress_part(wish->progress, (double)i / (double)ids.count, (double)(i + 1) / (double)ids.count, 0);
        code = fetch_voice(catalogue, ids.items[i], wish, error);
    }
    text_list_free(&ids);
    return code;
}

static int remove_voices(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
                         struct error *error)
{
    (void)wish;
    for (int i = 1; i < words->count; i++)
        TRY(catalogue_remove(catalogue, words->items[i], error));
    return 0;
}

static int import_voices(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
                         struct error *error)
{
    (void)wish;
    for (int i = 1; i < words->count; i++)
        TRY(catalogue_import(catalogue, words->items[i], error));
    return 0;
}

static const struct {
    const char *name;
    int least;
    int (*run)(struct catalogue *catalogue, const struct wish *wish, const struct positionals *words,
               struct error *error);
} actions[] = {
    {"list", 1, list_voices}, {"fetch", 1, fetch_voices}, {"remove", 2, remove_voices}, {"import", 2, import_voices}};

int command_voices(int argc, char **argv, struct error *error)
{
    if (argc > 0 && strcmp(argv[0], "say") == 0) // which has options of its own
        return command_say(argc - 1, argv + 1, error);
    struct wish wish = {0};
    bool done;
    const struct option_row rows[] = {
        {"default", 0, OPTION_FLAG, &wish.by_default, 0, 0, NULL,
         "fetch: ONNX Runtime, Kokoro and one Piper voice (about 190 MB)"},
        {"lang", 0, OPTION_TEXT, &wish.lang, 0, 0, "LANG", "fetch: the neural voices of a language"},
        {"all", 0, OPTION_FLAG, &wish.all, 0, 0, NULL, "list: Piper's own catalogue too"},
        {"from", 0, OPTION_TEXT, &wish.from, 0, 0, "DIR", "fetch: from a local copy of a voices folder"},
        {"json", 0, OPTION_FLAG, &wish.json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals words;
    struct catalogue *catalogue = NULL;
    struct watch watch;
    TRY(command_parse("voices", rows, COUNT_OF(rows), argc, argv, 1, 64, &words, &done, error));
    if (done)
        return 0;
    watch_open(&watch, "voices", wish.json);
    wish.progress = &watch.progress;
    TRY(catalogue_open(&catalogue, error));
    int code =
        error_set(error, ERROR_USAGE, "voices: say list, fetch, remove, say or import, not \"%.40s\"", words.items[0]);
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(words.items[0], actions[i].name) == 0)
            code = words.count < actions[i].least
                       ? error_set(error, ERROR_USAGE, "voices %s: name at least one", actions[i].name)
                       : actions[i].run(catalogue, &wish, &words, error);
    if (code == 0 && wish.json) // whatever was done, the voices that there are now
        code = print_voices(catalogue, true, error);
    catalogue_close(catalogue);
    return watch_close(&watch, code);
}
