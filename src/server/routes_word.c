// SPDX-License-Identifier: GPL-3.0-or-later
// Routes of the word: what is known about a phrase before anything is trained, and how it sounds.
#include "server/jobs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HINTS_SECONDS = 10,
    PREVIEW_SECONDS = 60,
    ANSWER_MAXIMUM = 256 << 10,
    SPELLINGS_MOST = 10,
    CLIPS_DEFAULT = 5,
    PREVIEWS_KEPT = 20
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && *text ? text : NULL;
}

// What the program would refuse, in the same words.
static int check_word(const json_t *given, const char **phrase, const char **lang, struct error *error)
{
    const struct language *language;
    char *title;
    *phrase = text_of(given, "phrase");
    *lang = text_of(given, "lang") ? text_of(given, "lang") : "auto";
    if (!*phrase)
        return error_set(error, ERROR_USAGE, "phrase is required");
    TRY(text_check_phrase(*phrase, error));
    TRY(text_language_named(*lang, &language, error));
    TRY(text_title(*phrase, NULL, language ? language : text_language_of(*phrase), &title, error));
    free(title);
    return 0;
}

// ---- hints and languages ----------------------------------------------------------------------------------

// What `wakesmith check` says; phonemes may be NULL. The caller drops *hints.
static int ask_check(struct server *server, const char *phrase, const char *lang, const char *phonemes, json_t **hints,
                     struct error *error)
{
    char *texts[] = {text_print("--lang=%s", lang), phonemes ? text_print("--phonemes=%s", phonemes) : NULL};
    char *output = NULL;
    size_t size = 0, count = 2;
    const char *arguments[8] = {"check", "--json"};
    int code = texts[0] && (texts[1] || !phonemes) ? 0 : error_memory(error, "the hints");
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i])
            arguments[count++] = texts[i];
    arguments[count++] = "--";
    arguments[count] = phrase;
    if (code == 0)
        code = child_run(server, arguments, HINTS_SECONDS, ANSWER_MAXIMUM, &output, &size, error);
    *hints = code == 0 ? json_loadb(output, size, 0, NULL) : NULL;
    if (code == 0 && !json_is_object(*hints)) {
        json_decref(*hints);
        *hints = NULL;
        code = error_set(error, ERROR_STATE, "wakesmith check gave no answer that can be read");
    }
    free(output);
    free(texts[0]);
    free(texts[1]);
    return code;
}

static int get_hints(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    const char *phrase, *lang;
    json_t *hints;
    TRY(check_word(request->query, &phrase, &lang, error));
    TRY(ask_check(server, phrase, lang, text_of(request->query, "phonemes"), &hints, error));
    json_object_set_new(hints, "ok", json_true());
    return reply_json(reply, hints, error);
}

static int check_phonemes(struct server *server, const char *lang, const char *phonemes, struct error *error)
{
    json_t *hints;
    TRY(text_check_phrase(phonemes, error));
    TRY(ask_check(server, "a", lang, phonemes, &hints, error));
    const char *missing = text_of(hints, "missing");
    int code = missing ? error_set(error, ERROR_USAGE, "%s", missing) : 0;
    json_decref(hints);
    return code;
}

int phonemes_check(struct server *server, const char *lang, const char *phonemes, const json_t *also,
                   struct error *error)
{
    size_t index;
    json_t *text;
    if (phonemes)
        TRY(check_phonemes(server, lang, phonemes, error));
    json_array_foreach((json_t *)also, index, text)
    {
        const char *spelling = json_string_value(text);
        if (spelling && (*spelling == '/' || strncmp(spelling, "[[", 2) == 0))
            TRY(check_phonemes(server, lang, spelling, error));
    }
    return 0;
}

static int get_languages(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    (void)server, (void)request;
    json_t *languages = json_array();
    for (size_t i = 0; i < text_language_count; i++)
        json_array_append_new(languages, json_pack("{s:s, s:s, s:s, s:s}", "code", text_languages[i].code, "name",
                                                   text_languages[i].name, "own_name", text_languages[i].own_name,
                                                   "script", text_languages[i].script));
    return reply_json(reply, json_pack("{s:b, s:o}", "ok", 1, "languages", languages), error);
}

// ---- preview ----------------------------------------------------------------------------------------------

static int clips_of(const json_t *body)
{
    const json_t *clips = json_object_get(body, "clips");
    return clips ? (int)json_integer_value(clips) : CLIPS_DEFAULT;
}

// The same request finds the clips that were spoken for it before.
static void make_key(const json_t *body, const char *phrase, const char *lang, char key[65])
{
    struct sha256 hash;
    size_t index;
    json_t *spelling;
    char clips[32];
    sha256_init(&hash);
    snprintf(clips, sizeof clips, "%d", clips_of(body));
    const char *phonemes = text_of(body, "phonemes");
    const char *const parts[] = {WAKESMITH_VERSION, phrase, lang, clips, phonemes ? phonemes : ""};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        sha256_add(&hash, parts[i], strlen(parts[i]) + 1);
    json_array_foreach(json_object_get(body, "also"), index, spelling)
        sha256_add(&hash, json_string_value(spelling), json_string_length(spelling) + 1);
    sha256_hex(&hash, key);
    key[32] = 0; // enough to tell apart what twenty folders hold
}

static json_t *clip_json(const json_t *clip, const char *key)
{
    const char *file = json_string_value(json_object_get(clip, "file"));
    char *url = file ? text_print("/api/preview/%s/%s", key, path_name(file)) : NULL;
    json_t *answer = url ? json_pack("{s:s}", "url", url) : NULL;
    static const char *const keys[] = {"voice", "engine", "text", "seconds"};
    for (size_t i = 0; answer && i < COUNT_OF(keys); i++)
        json_object_set(answer, keys[i], json_object_get(clip, keys[i]));
    free(url);
    return answer;
}

static int write_index(const char *folder, const char *key, const char *output, size_t size, struct error *error)
{
    json_t *said = json_loadb(output, size, 0, NULL), *clip, *clips = json_array();
    size_t index;
    json_array_foreach(json_object_get(said, "clips"), index, clip) json_array_append_new(clips, clip_json(clip, key));
    json_t *answer = json_pack("{s:b, s:o, s:O*}", "ok", 1, "clips", clips, "notice", json_object_get(said, "notice"));
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL, *path = path_join(folder, "index.json");
    int code = json_array_size(clips) == 0 ? error_set(error, ERROR_STATE, "wakesmith say gave no clips")
               : text && path              ? file_write(path, text, strlen(text), error)
                                           : error_memory(error, "the preview");
    free(path);
    free(text);
    json_decref(answer);
    json_decref(said);
    return code;
}

static int speak(struct server *server, const json_t *body, const char *phrase, const char *lang, const char *folder,
                 const char *key, struct error *error)
{
    enum { FIXED = 3 };
    char *texts[SPELLINGS_MOST + 4] = {text_print("--output=%s", folder), text_print("--lang=%s", lang),
                                       text_print("--samples=%d", clips_of(body))};
    const char *arguments[SPELLINGS_MOST + 9] = {"say", "--json", "--neural"}, *phonemes = text_of(body, "phonemes");
    size_t index, count = 3, size;
    char *output = NULL;
    json_t *spelling;
    int code = 0;
    if (phonemes)
        texts[count++] = text_print("--phonemes=%s", phonemes);
    json_array_foreach(json_object_get(body, "also"), index, spelling) texts[count++] =
        text_print("--also=%s", json_string_value(spelling));
    for (size_t i = 0; i < count; i++) {
        arguments[FIXED + i] = texts[i];
        if (!texts[i])
            code = error_memory(error, "the preview");
    }
    arguments[FIXED + count] = "--";
    arguments[FIXED + count + 1] = phrase;
    if (code == 0)
        code = child_run(server, arguments, PREVIEW_SECONDS, ANSWER_MAXIMUM, &output, &size, error);
    if (code == 0)
        code = write_index(folder, key, output, size, error);
    free(output);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return code;
}

static bool is_key(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

struct aged {
    char *path;
    struct timespec used;
};

static int newest_first(const void *a, const void *b)
{
    const struct timespec *x = &((const struct aged *)a)->used, *y = &((const struct aged *)b)->used;
    return x->tv_sec != y->tv_sec ? (x->tv_sec < y->tv_sec) - (x->tv_sec > y->tv_sec)
                                  : (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

// The previews that were not used for the longest time go.
static void prune(const char *parent)
{
    struct aged found[4 * PREVIEWS_KEPT];
    size_t count = 0;
    DIR *folders = opendir(parent);
    for (struct dirent *entry; folders && count < COUNT_OF(found) && (entry = readdir(folders));) {
        struct stat about;
        char *path = is_key(entry->d_name) ? path_join(parent, entry->d_name) : NULL;
        if (path && stat(path, &about) == 0)
            found[count++] = (struct aged){path, about.st_mtim};
        else
            free(path);
    }
    if (folders)
        closedir(folders);
    qsort(found, count, sizeof *found, newest_first);
    for (size_t i = 0; i < count; i++) {
        struct error ignored;
        if (i >= PREVIEWS_KEPT)
            folder_remove(found[i].path, &ignored);
        free(found[i].path);
    }
}

// Spoken beside it and then put in its place, so that a folder of this name is whole.
static int make_preview(struct server *server, const json_t *body, const char *phrase, const char *lang,
                        const char *folder, const char *key, struct error *error)
{
    char *parent = text_print("%s/work/.previews", server->data_dir);
    char *fresh = text_print("%s/work/.previews/.new-XXXXXX", server->data_dir);
    struct error ignored;
    int code = parent && fresh ? folder_make(parent, error) : error_memory(error, "a path");
    if (code == 0 && !mkdtemp(fresh))
        code = error_set(error, ERROR_IO, "cannot make a folder in %s: %s", parent, strerror(errno));
    if (code == 0) {
        code = speak(server, body, phrase, lang, fresh, key, error);
        if (code == 0 && rename(fresh, folder) != 0 && errno != ENOTEMPTY && errno != EEXIST)
            code = error_set(error, ERROR_IO, "cannot make %s: %s", folder, strerror(errno));
        folder_remove(fresh, &ignored); // gone by now, or somebody else was faster
    }
    if (code == 0)
        prune(parent);
    free(fresh);
    free(parent);
    return code;
}

int spellings_check(const json_t *also, struct error *error)
{
    size_t index;
    json_t *text;
    if (json_array_size(also) > SPELLINGS_MOST)
        return error_set(error, ERROR_USAGE, "also may hold at most %d further spellings", SPELLINGS_MOST);
    json_array_foreach((json_t *)also, index, text) if (text_check_phrase(json_string_value(text), error) <
                                                        0) return error_prefix(error, "also");
    return 0;
}

// A preview that says which voices it lacks is made again: they may be there by now.
static bool lacks_voices(const char *index)
{
    struct error ignored;
    void *data = NULL;
    size_t size = 0;
    json_t *answer = file_read(index, ANSWER_MAXIMUM, &data, &size, &ignored) == 0 ? json_loadb(data, size, 0, NULL) : NULL;
    bool lacks = json_is_string(json_object_get(answer, "notice"));
    json_decref(answer);
    free(data);
    return lacks;
}

static int post_preview(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    const char *phrase, *lang;
    char key[65];
    void *data = NULL;
    size_t size;
    TRY(check_word(request->body, &phrase, &lang, error));
    TRY(spellings_check(json_object_get(request->body, "also"), error));
    if (text_of(request->body, "phonemes") && text_check_phrase(text_of(request->body, "phonemes"), error) < 0)
        return error_prefix(error, "phonemes");
    make_key(request->body, phrase, lang, key);
    char *folder = text_print("%s/work/.previews/%s", server->data_dir, key);
    char *index = folder ? path_join(folder, "index.json") : NULL;
    int code = index ? 0 : error_memory(error, "a path");
    if (code == 0 && file_exists(index) && lacks_voices(index))
        code = folder_remove(folder, error);
    if (code == 0 && !file_exists(index))
        code = make_preview(server, request->body, phrase, lang, folder, key, error);
    if (code == 0)
        code = file_read(index, ANSWER_MAXIMUM, &data, &size, error);
    if (code == 0)
        code = reply_json(reply, json_loadb(data, size, 0, NULL), error);
    if (code == 0)
        utimensat(AT_FDCWD, folder, NULL, 0); // used now: the last to go
    free(data);
    free(index);
    free(folder);
    return code;
}

static int get_clip(struct server *server, const struct request *request, struct reply *reply, struct error *error)
{
    const char *key = request->values[0], *file = request->values[1];
    if (!is_key(key) || !text_ends_with(file, ".wav"))
        return error_set(error, ERROR_MISSING, "there is no such clip");
    char *path = text_print("%s/work/.previews/%s/%s", server->data_dir, key, file);
    int code = path ? 0 : error_memory(error, "a path");
    if (code == 0 && !file_exists(path))
        code = error_set(error, ERROR_MISSING, "this clip is not there any more; ask for the preview again");
    if (code == 0)
        code = reply_file(reply, path, "audio/wav", error);
    free(path);
    return code;
}

static const struct route routes[] = {
    {.method = "GET", .path = "/api/hints", .summary = "How a phrase will be spoken, and how good a wake word it is",
     .query = "{phrase: text(1..400), lang?: text(0..16), phonemes?: text(0..400)}",
     .answer = "{ok: bool, language: text, language_name: text, id: text, title: text, phonemes: text, espeak: text,"
               " syllables: int, seconds: number, words: int,"
               " verdicts: [{level: \"good\" | \"fair\" | \"poor\", code: text, text: text}],"
               " similar: [text], mute: text, missing?: text | null}",
     .handle = get_hints},
    {.method = "GET", .path = "/api/languages", .summary = "Languages that can be trained",
     .answer = "{ok: bool, languages: [{code: text, name: text, own_name: text, script: text}]}",
     .handle = get_languages},
    {.method = "POST", .path = "/api/preview",
     .summary = "Speaks a phrase as the clips of a training begin; every second one by a neural voice where there is one",
     .body_kind = BODY_JSON,
     .body = "{phrase: text(1..400), lang?: text(0..16), phonemes?: text(0..400), also?: [text(1..400)], clips?: int(1..20)}",
     .answer = "{ok: bool, clips: [{url: text, voice: text, engine: text, text: text, seconds: number}],"
               " notice?: text | null}",
     .handle = post_preview},
    {.method = "GET", .path = "/api/preview/{key}/{file}", .summary = "A clip of a preview", .type = "audio/wav",
     .handle = get_clip},
};
const struct route_table routes_word = {"Word", routes, COUNT_OF(routes)};
