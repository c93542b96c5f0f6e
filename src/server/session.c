// SPDX-License-Identifier: GPL-3.0-or-later
// The session of the recorder: the phrase, its language, how many people speak and how often. It survives a restart.
#include "server/takes_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SPEAKERS = 10, MOST_TAKES = 50, MOST_SPELLINGS = 10, FILE_BYTES = 64 << 10 };

void session_clear(struct session *session)
{
    free(session->phrase);
    free(session->phonemes);
    json_decref(session->also);
    *session = (struct session){.phrase = NULL};
}

static int duplicate(const struct session *from, struct session *copy, struct error *error)
{
    *copy = *from;
    copy->phrase = from->phrase ? strdup(from->phrase) : NULL;
    copy->phonemes = from->phonemes ? strdup(from->phonemes) : NULL;
    copy->also = from->also ? json_deep_copy(from->also) : NULL;
    if ((from->phrase && !copy->phrase) || (from->phonemes && !copy->phonemes) || (from->also && !copy->also)) {
        session_clear(copy);
        return error_memory(error, "the session");
    }
    return 0;
}

int session_copy(struct server *server, struct session *copy, struct error *error)
{
    pthread_mutex_lock(&server->lock);
    int code = duplicate(&server->session, copy, error);
    pthread_mutex_unlock(&server->lock);
    return code;
}

// ---- reading --------------------------------------------------------------------------------------------------

// Without a number, or with 0, the server's own default; what is too large is made smaller.
static int clamped(const json_t *given, int fallback, int most)
{
    json_int_t value = json_is_integer(given) && json_integer_value(given) != 0 ? json_integer_value(given) : fallback;
    return value < 1 ? 1 : value > most ? most : (int)value;
}

static int unknown_language(struct error *error)
{
    char codes[TEXT_CODES_SIZE];
    text_language_codes(codes);
    return error_set(error, ERROR_USAGE, "lang must be one of: %s", codes);
}

static int read_language(const json_t *given, struct session *session, struct error *error)
{
    const struct language *language = NULL;
    const char *code = json_is_string(given) ? json_string_value(given) : "auto";
    if (text_language_named(*code ? code : "auto", &language, error) < 0)
        return unknown_language(error);
    session->lang_auto = !language;
    snprintf(session->lang, sizeof session->lang, "%s",
             (language ? language : text_language_of(session->phrase))->code);
    return 0;
}

// Further spellings: spoken like the phrase, so they must be sayable like it; the empty ones of a form do not count.
static int read_spellings(const json_t *given, struct session *session, struct error *error)
{
    const json_t *text;
    size_t index;
    if (!(session->also = json_array()))
        return error_memory(error, "the session");
    json_array_foreach(given, index, text)
    {
        char *spoken;
        TRY(text_spoken(json_is_string(text) ? json_string_value(text) : "", &spoken, error));
        int code = *spoken ? text_check_phrase(spoken, error) : 0;
        if (code < 0)
            error_prefix(error, "also");
        else if (*spoken && json_array_size(session->also) == MOST_SPELLINGS)
            code = error_set(error, ERROR_USAGE, "also may hold at most %d further spellings", MOST_SPELLINGS);
        else if (*spoken && json_array_append_new(session->also, json_string(spoken)) != 0)
            code = error_memory(error, "the session");
        free(spoken);
        TRY(code);
    }
    return 0;
}

// Whether voices can say them, who starts a session asks (phonemes_check): here they need only be a text.
static int read_phonemes(const json_t *given, struct session *session, struct error *error)
{
    TRY(text_spoken(json_is_string(given) ? json_string_value(given) : "", &session->phonemes, error));
    if (!*session->phonemes) {
        free(session->phonemes);
        session->phonemes = NULL;
        return 0;
    }
    return text_check_phrase(session->phonemes, error) < 0 ? error_prefix(error, "phonemes") : 0;
}

// From the body of start_session, or from the file, which has the same keys.
int session_read(const struct server *server, const json_t *given, struct session *session, struct error *error)
{
    *session = (struct session){.phrase = NULL};
    int code;
    const json_t *phrase = json_object_get(given, "phrase");
    TRY_GOTO(text_spoken(json_is_string(phrase) ? json_string_value(phrase) : "", &session->phrase, error), failed);
    if (!*session->phrase) {
        code = error_set(error, ERROR_USAGE, "phrase is required");
        goto failed;
    }
    TRY_GOTO(text_check_phrase(session->phrase, error), failed);
    TRY_GOTO(read_language(json_object_get(given, "lang"), session, error), failed);
    TRY_GOTO(read_phonemes(json_object_get(given, "phonemes"), session, error), failed);
    TRY_GOTO(read_spellings(json_object_get(given, "also"), session, error), failed);
    text_safe_id(session->phrase, session->id);
    session->speakers_total =
        clamped(json_object_get(given, "speakers_total"), server->options.speakers_total, MOST_SPEAKERS);
    session->takes_per_speaker =
        clamped(json_object_get(given, "takes_per_speaker"), server->options.takes_per_speaker, MOST_TAKES);
    return 0;

failed:
    session_clear(session);
    return code;
}

// ---- the file -------------------------------------------------------------------------------------------------

static char *session_path(const struct server *server)
{
    return path_join(server->data_dir, "recorder_session.json");
}

void session_restore(struct server *server)
{
    void *data = NULL;
    size_t size;
    struct error ignored;
    char *path = session_path(server);
    if (path && file_read(path, FILE_BYTES, &data, &size, &ignored) == 0) {
        json_t *stored = json_loadb(data, size, 0, NULL);
        struct session session;
        if (stored && session_read(server, stored, &session, &ignored) == 0) {
            session_clear(&server->session);
            server->session = session;
        }
        json_decref(stored);
    }
    free(data);
    free(path);
}

static int write_session(const struct server *server, const struct session *session, struct error *error)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:s?, s:O}", "phrase", session->phrase, "lang",
                             session->lang_auto ? "auto" : session->lang, "speakers_total", session->speakers_total,
                             "takes_per_speaker", session->takes_per_speaker, "phonemes", session->phonemes, "also",
                             session->also);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL, *path = session_path(server);
    int code = text && path ? file_write(path, text, strlen(text), error) : error_memory(error, "the session");
    free(path);
    free(text);
    json_decref(json);
    return code;
}

// The phrase of a training stays until it is over. Asked under the gate and not under the lock, which jobs need.
static int may_change(struct server *server, const char *phrase, struct error *error)
{
    struct session old;
    TRY(session_copy(server, &old, error));
    int code = 0;
    if (old.phrase && strcmp(old.phrase, phrase) != 0 && jobs_training(server->jobs, old.id))
        code = error_set(error, ERROR_STATE,
                         "\"%s\" is in training; another phrase can be chosen when it is finished or cancelled",
                         old.phrase);
    session_clear(&old);
    return code;
}

int session_replace(struct server *server, struct session *next, struct error *error)
{
    pthread_rwlock_rdlock(&server->gate);
    int code = may_change(server, next->phrase, error);
    if (code == 0) {
        pthread_mutex_lock(&server->lock);
        code = write_session(server, next, error);
        if (code == 0) {
            session_clear(&server->session);
            server->session = *next;
            *next = (struct session){.phrase = NULL};
        }
        pthread_mutex_unlock(&server->lock);
    }
    pthread_rwlock_unlock(&server->gate);
    return code;
}

// ---- which wake word ------------------------------------------------------------------------------------------

int session_wake_word(struct server *server, const json_t *given, char id[TEXT_ID_SIZE], struct error *error)
{
    const char *name = json_string_value(json_object_get(given, "wake_word"));
    if (name && *name) {
        text_safe_id(name, id);
        return strcmp(name, id) == 0
                   ? 0
                   : error_set(error, ERROR_USAGE, "wake_word must be an id like %s: a-z, 0-9 and _", id);
    }
    pthread_mutex_lock(&server->lock);
    memcpy(id, server->session.id, TEXT_ID_SIZE);
    pthread_mutex_unlock(&server->lock);
    return *id ? 0 : error_set(error, ERROR_STATE, "there is no wake word yet: type a phrase first, or name one");
}

int session_change_begin(struct server *server, const char *id, struct error *error)
{
    pthread_rwlock_rdlock(&server->gate);
    if (!jobs_training(server->jobs, id))
        return 0;
    pthread_rwlock_unlock(&server->gate);
    return error_set(error, ERROR_STATE,
                     "%s is in training, and its recordings with it; they can be changed when it is finished or "
                     "cancelled",
                     id);
}

void session_change_end(struct server *server)
{
    pthread_rwlock_unlock(&server->gate);
}

// ---- its recordings -------------------------------------------------------------------------------------------

bool session_counts_take(const struct session *session, const struct recording *item)
{
    return item->speaker_index >= 1 && item->speaker_index <= session->speakers_total && item->take_index >= 1 &&
           item->take_index <= session->takes_per_speaker;
}

int session_counts(struct server *server, int *samples, int *takes_total, struct error *error)
{
    *samples = *takes_total = 0;
    struct session session;
    struct recording_list list = {.items = NULL};
    TRY(session_copy(server, &session, error));
    int code = session.phrase ? recordings_list(server->recordings, BUCKET_PERSONAL, session.id, &list, error) : 0;
    if (code == 0) {
        *samples = (int)list.count;
        *takes_total = session.speakers_total * session.takes_per_speaker;
    }
    recording_list_free(&list);
    session_clear(&session);
    return code;
}
