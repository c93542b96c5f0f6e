// SPDX-License-Identifier: GPL-3.0-or-later
// Who was let in: one-time tokens and the secrets that they were exchanged for.
#include "server/lan_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { MOST_TOKENS = 8, MOST_PAIRED = 64, MOST_FILE = 256 << 10 };

struct token {
    char hash[65];
    double made; // 0: free
};
struct pairing {
    pthread_mutex_t lock;
    char *path;
    struct token tokens[MOST_TOKENS];
    json_t *paired; // [{hash, created_at, agent}], oldest first
    int failures;
    double failing_since;
};

static void hash_text(const char *text, char hash[65])
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, text, strlen(text));
    sha256_hex(&sha, hash);
}

// Takes the same time wherever they differ.
static bool same_hash(const char *a, const char *b)
{
    unsigned difference = 0;
    for (size_t i = 0; i < 64; i++)
        difference |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
    return difference == 0;
}

static int random_hex(char *out, size_t size, struct error *error)
{
    unsigned char bytes[32];
    size_t count = size / 2;
    if (getrandom(bytes, count, 0) != (ssize_t)count)
        return error_set(error, ERROR_IO, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static bool is_entry(const json_t *entry)
{
    const char *hash = json_string_value(json_object_get(entry, "hash"));
    return hash && strlen(hash) == 64;
}

static void read_paired(struct pairing *pairing)
{
    struct error ignored;
    void *data = NULL;
    size_t size;
    if (file_read(pairing->path, MOST_FILE, &data, &size, &ignored) < 0)
        return;
    json_t *stored = json_loadb(data, size, 0, NULL), *entry;
    size_t i;
    json_array_foreach(json_object_get(stored, "paired"), i, entry)
    {
        if (is_entry(entry) && json_array_size(pairing->paired) < MOST_PAIRED)
            json_array_append(pairing->paired, entry);
    }
    json_decref(stored);
    free(data);
}

int pairing_open(struct pairing **out, const char *data_dir, struct error *error)
{
    struct pairing *pairing = calloc(1, sizeof *pairing);
    char *folder = path_join(data_dir, "tls");
    int code = pairing && folder ? folder_make(folder, error) : error_memory(error, "the pairing");
    if (code == 0) {
        chmod(folder, 0700);
        pthread_mutex_init(&pairing->lock, NULL);
        pairing->path = path_join(folder, "paired.json");
        pairing->paired = json_array();
        code = pairing->path && pairing->paired ? 0 : error_memory(error, "the pairing");
    }
    free(folder);
    if (code < 0) {
        pairing_close(pairing);
        return code;
    }
    read_paired(pairing);
    *out = pairing;
    return 0;
}

void pairing_close(struct pairing *pairing)
{
    if (!pairing)
        return;
    json_decref(pairing->paired);
    free(pairing->path);
    free(pairing);
}

int pairing_token(struct pairing *pairing, double now, char token[PAIRING_TOKEN_SIZE], struct error *error)
{
    TRY(random_hex(token, PAIRING_TOKEN_SIZE, error));
    pthread_mutex_lock(&pairing->lock);
    struct token *oldest = &pairing->tokens[0];
    for (size_t i = 1; i < MOST_TOKENS; i++)
        oldest = pairing->tokens[i].made < oldest->made ? &pairing->tokens[i] : oldest;
    oldest->made = now;
    hash_text(token, oldest->hash);
    pthread_mutex_unlock(&pairing->lock);
    return 0;
}

static bool use_token(struct pairing *pairing, double now, const char *token)
{
    char hash[65];
    bool good = false;
    hash_text(token, hash);
    for (size_t i = 0; i < MOST_TOKENS; i++) {
        struct token *one = &pairing->tokens[i];
        if (one->made > 0 && same_hash(one->hash, hash)) {
            good = now - one->made < PAIRING_SECONDS;
            *one = (struct token){0};
        }
    }
    return good;
}

static int remember(struct pairing *pairing, const char *secret, const char *agent, struct error *error)
{
    char hash[65], when[32];
    struct tm parts;
    time_t now = time(NULL);
    hash_text(secret, hash);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    json_t *name = agent ? json_stringn(agent, strnlen(agent, 200)) : NULL;
    json_t *entry = json_pack("{s:s, s:s, s:o}", "hash", hash, "created_at", when, "agent", name ? name : json_string(""));
    if (json_array_size(pairing->paired) >= MOST_PAIRED)
        json_array_remove(pairing->paired, 0);
    json_t *document = json_array_append_new(pairing->paired, entry) == 0
                           ? json_pack("{s:O}", "paired", pairing->paired)
                           : NULL;
    char *text = document ? json_dumps(document, JSON_INDENT(1)) : NULL;
    json_decref(document);
    int code = text ? file_write(pairing->path, text, strlen(text), error) : error_memory(error, "the pairing");
    free(text);
    return code;
}

static int redeem(struct pairing *pairing, double now, const char *token, const char *agent, const char *secret,
                  struct error *error)
{
    if (now - pairing->failing_since > 60)
        pairing->failures = 0;
    if (pairing->failures >= PAIRING_MAX_FAILURES)
        return error_set(error, ERROR_CANCELLED, "too many wrong pairing links: wait a minute");
    if (use_token(pairing, now, token))
        return remember(pairing, secret, agent, error);
    pairing->failing_since = pairing->failures++ == 0 ? now : pairing->failing_since;
    return error_set(error, ERROR_STATE,
                     "this pairing link was used already or is older than ten minutes: make a new one on the computer");
}

int pairing_redeem(struct pairing *pairing, double now, const char *token, const char *agent,
                   char secret[PAIRING_SECRET_SIZE], struct error *error)
{
    TRY(random_hex(secret, PAIRING_SECRET_SIZE, error));
    pthread_mutex_lock(&pairing->lock);
    int code = redeem(pairing, now, token, agent, secret, error);
    pthread_mutex_unlock(&pairing->lock);
    return code;
}

bool pairing_knows(struct pairing *pairing, const char *secret)
{
    char hash[65];
    bool known = false;
    hash_text(secret, hash);
    pthread_mutex_lock(&pairing->lock);
    size_t i;
    json_t *entry;
    json_array_foreach(pairing->paired, i, entry)
    {
        known |= same_hash(json_string_value(json_object_get(entry, "hash")), hash);
    }
    pthread_mutex_unlock(&pairing->lock);
    return known;
}
