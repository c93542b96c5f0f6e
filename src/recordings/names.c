// SPDX-License-Identifier: GPL-3.0-or-later
// Names and places. What comes from outside is compared with what may exist; nothing else becomes a path.
#include "recordings/recordings_internal.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

enum { ID_MAX_BYTES = 57 };

const char *const recordings_bucket_names[BUCKET_COUNT] = {"personal", "negative", "captured"};
const char *const bucket_prefixes[BUCKET_COUNT] = {"sample", "negative", "captured"};
static const char *const bucket_folders[BUCKET_COUNT] = {"personal_samples", "negative_samples", "captured_audio"};

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_plain(char c)
{
    return is_small(c) || (c >= 'A' && c <= 'Z');
}

bool name_is_id(const char *id)
{
    size_t size = id ? strlen(id) : 0;
    if (size < 1 || size > ID_MAX_BYTES || !is_small(id[0]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_small(id[i]) && id[i] != '_')
            return false;
    return true;
}

bool name_is_ticket(const char *ticket)
{
    size_t size = ticket ? strlen(ticket) : 0;
    if (size < 1 || size >= TICKET_SIZE)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_plain(ticket[i]) && ticket[i] != '_' && ticket[i] != '-')
            return false;
    return true;
}

static bool is_utf8(const char *text, size_t size)
{
    json_t *value = json_stringn(text, size);
    json_decref(value);
    return value != NULL;
}

bool name_is_wav(const char *name)
{
    size_t size = name ? strlen(name) : 0;
    if (size < 5 || size > NAME_MAX_BYTES || name[0] == '.' || !text_ends_with(name, ".wav") || !is_utf8(name, size))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127 || name[i] == '/' || name[i] == '\\')
            return false;
    return true;
}

bool name_take(const char *name, int *speaker, int *take)
{
    int s = 0, t = 0;
    char same[48] = "";
    if (sscanf(name, "speaker%2d_take%2d", &s, &t) == 2 && s > 0 && t > 0)
        snprintf(same, sizeof same, "speaker%02d_take%02d.wav", s, t);
    bool is = *same && strcmp(same, name) == 0;
    *speaker = is ? s : 0;
    *take = is ? t : 0;
    return is;
}

long name_number(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);
    if (strncmp(name, prefix, size) != 0 || name[size] != '_')
        return 0;
    long number = 0;
    for (const char *at = name + size + 1; *at >= '0' && *at <= '9' && number < 100000000; at++)
        number = number * 10 + (*at - '0');
    return number;
}

void name_safe_stem(const char *name, char stem[STEM_SIZE])
{
    const char *last = name ? path_name(name) : "", *dot = strrchr(last, '.');
    size_t size = 0;
    for (const char *at = last; *at && at != dot && size < STEM_SIZE - 1; at++) {
        char c = is_plain(*at) ? *at : '_';
        if (c != '_' || (size > 0 && stem[size - 1] != '_'))
            stem[size++] = c;
    }
    while (size > 0 && stem[size - 1] == '_')
        size--;
    stem[size] = 0;
}

char *name_display(const char *name)
{
    char *text = strndup(name && *name ? path_name(name) : "the recording", NAME_MAX_BYTES);
    if (!text)
        return NULL;
    bool foreign = !is_utf8(text, strlen(text));
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127 || (foreign && (unsigned char)*at > 127))
            *at = '?';
    return text;
}

char *bucket_folder(const struct recordings *store, enum recordings_bucket bucket, const char *wake_word)
{
    return wake_word && *wake_word && bucket != BUCKET_CAPTURED
               ? text_print("%s/%s/%s", store->data, bucket_folders[bucket], wake_word)
               : text_print("%s/%s", store->data, bucket_folders[bucket]);
}

bool is_real_file(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool is_real_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *path_sidecar(const char *wav)
{
    return text_print("%.*s.json", (int)(strlen(wav) - strlen(".wav")), wav);
}

char *path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

// The original of NAME.wav is originals/NAME.<ending>; the ending is what the upload was.
int path_original(const char *wav, char **original, struct error *error)
{
    *original = NULL;
    char *parent = path_folder(wav), *folder = parent ? path_join(parent, "originals") : NULL;
    free(parent);
    if (!folder)
        return error_memory(error, "a path");
    const char *name = path_name(wav);
    size_t size = strlen(name) - strlen(".wav") + 1; // with the dot
    DIR *listing = is_real_folder(folder) ? opendir(folder) : NULL;
    for (struct dirent *entry; listing && !*original && (entry = readdir(listing));) {
        if (strncmp(entry->d_name, name, size) != 0 || strchr(entry->d_name + size, '.'))
            continue;
        *original = path_join(folder, entry->d_name);
        if (*original && !is_real_file(*original)) {
            free(*original);
            *original = NULL;
        }
    }
    if (listing)
        closedir(listing);
    free(folder);
    return 0;
}

char *path_new(const char *folder)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint64_t)(time_wall() * 1e6);
    return text_print("%s/.new-%016llx", folder, (unsigned long long)random);
}

double time_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void time_text(double seconds, char text[TIME_SIZE])
{
    time_t whole = (time_t)floor(seconds);
    struct tm parts;
    char date[TIME_SIZE - 8];
    gmtime_r(&whole, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, TIME_SIZE, "%s.%03dZ", date, (int)((seconds - (double)whole) * 1000));
}
