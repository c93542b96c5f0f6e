// SPDX-License-Identifier: GPL-3.0-or-later
// wakesmith datasets: recordings that a wake word must not wake on, fetched, imported, checked and removed.
#include "cli/cli_internal.h"
#include "collection/collection.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

struct wish { // what the command line says
    const char *data, *from, *kind, *lang, *name, *mirror;
    bool quick, keep, json;
    struct pool *pool;
    struct progress *progress;
};

// ---- list ----

static json_t *set_json(const struct collection *set)
{
    json_t *kinds = json_object();
    uint64_t bytes = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct collection_file *file = &set->files[i];
        json_t *kind = json_object_get(kinds, collection_kind_names[file->kind]);
        bytes += file->size;
        if (!kind && !json_object_set_new(kinds, collection_kind_names[file->kind], json_object()))
            kind = json_object_get(kinds, collection_kind_names[file->kind]);
        double hours = json_real_value(json_object_get(kind, file->language)) + file->seconds / 3600;
        json_object_set_new(kind, file->language, json_real(hours));
    }
    json_t *missing = json_array();
    for (size_t i = 0; i < set->missing.count; i++)
        json_array_append_new(missing, json_string(set->missing.items[i]));
    return json_pack("{s:s, s:s, s:I, s:i, s:i, s:s, s:o, s:o}", "name", set->name, "folder", set->folder, "bytes",
                     (json_int_t)bytes, "files", (int)set->count, "damaged", (int)set->damaged, "identity",
                     set->identity, "missing", missing, "hours", kinds);
}

// The languages that are spoken most, in their order.
static void print_languages(const struct collection *set)
{
    enum { TOLD = 12 };
    const char *told[TOLD];
    size_t count = 0, left = 0;
    for (; count < TOLD; count++) {
        const char *best = NULL;
        double most = 0;
        left = 0;
        for (size_t i = 0; i < set->count; i++) {
            const char *language = set->files[i].language;
            bool known = set->files[i].kind != COLLECTION_SPEECH;
            for (size_t k = 0; k < count && !known; k++)
                known = strcmp(told[k], language) == 0;
            double hours = known ? 0 : collection_hours(set, COLLECTION_SPEECH, language);
            if (hours > most) {
                most = hours;
                best = language;
            }
            left += !known;
        }
        if (!best)
            break;
        told[count] = best;
        printf("%s %s %.2f h", count ? "," : "                     speech:", strcmp(best, "-") == 0 ? "unknown" : best,
               most);
    }
    if (count)
        puts(left && count == TOLD ? " and others" : "");
}

static void print_set(const struct collection *set)
{
    uint64_t bytes = 0;
    double hours[COLLECTION_KINDS], all = 0;
    for (size_t i = 0; i < set->count; i++)
        bytes += set->files[i].size;
    for (int kind = 0; kind < COLLECTION_KINDS; kind++)
        all += hours[kind] = collection_hours(set, (enum collection_kind)kind, NULL);
    printf("%-20s %6.2f h %8.1f MB", set->name, all, (double)bytes / 1e6);
    for (int kind = 0; kind < COLLECTION_KINDS; kind++)
        if (hours[kind] > 0)
            printf("  %s %.2f h", collection_kind_names[kind], hours[kind]);
    putchar('\n');
    print_languages(set);
    if (set->damaged)
        printf("                     %zu recordings could not be read and are not in it\n", set->damaged);
    for (size_t i = 0; i < set->missing.count; i++)
        printf("%s%s%s", i ? ", " : "                     not brought: ", set->missing.items[i],
               i + 1 == set->missing.count ? "\n" : "");
}

// Those of the reference, where one of them is there: printed, or added to `list` with --json.
static int list_published(const struct wish *wish, json_t *list, struct error *error)
{
    char *root = text_print("%s/training_datasets", wish->data);
    int code = root ? 0 : error_memory(error, "a path");
    for (size_t i = 0; i < published_set_count && code == 0; i++) {
        const char *name = published_sets[i].name;
        struct published_state state;
        code = published_look(root, &published_sets[i], &state, error);
        if (code < 0 || !state.count)
            continue;
        if (wish->json)
            json_array_append_new(list, json_pack("{s:s, s:i, s:b}", "name", name, "files", (int)state.count, "whole",
                                                  state.valid));
        else
            printf("%-20s %zu files%s\n", name, state.count, state.valid ? "" : ": not whole, or not known to be");
    }
    free(root);
    return code;
}

// What `fetch debian` would bring; null: nothing, or this machine has no apt. Sizes are null when only fresh lists of
// packages can tell.
static json_t *offer_json(const struct wish *wish, bool there)
{
    struct error ignored;
    uint64_t download, disk;
    int code = collection_debian_size(wish->data, NULL, &download, &disk, &ignored);
    if (code < 0 || (there && !download))
        return json_null();
    return download ? json_pack("{s:I, s:I}", "download_bytes", (json_int_t)download, "disk_bytes", (json_int_t)disk)
                    : json_pack("{s:n, s:n}", "download_bytes", "disk_bytes");
}

static int list_sets(const struct wish *wish, const struct positionals *words, struct error *error)
{
    (void)words;
    struct text_list names = {0};
    json_t *list = json_array(), *published = json_array();
    bool whole = false; // debian
    int code = collection_names(wish->data, &names, error);
    for (size_t i = 0; i < names.count && code == 0; i++) {
        struct collection set;
        struct error reason;
        bool there = collection_open(&set, wish->data, names.items[i], &reason) == 0 &&
                     collection_verify(&set, false, NULL, &reason) == 0;
        whole = whole || (there && strcmp(names.items[i], "debian") == 0);
        if (wish->json)
            json_array_append_new(list,
                                  there ? set_json(&set)
                                        : json_pack("{s:s, s:s}", "name", names.items[i], "problem", reason.message));
        else if (there)
            print_set(&set);
        else
            printf("%-20s not whole: %s\n", names.items[i], reason.message);
        collection_close(&set);
    }
    if (code == 0 && !wish->json && !text_list_has(&names, "debian"))
        puts("debian               not there: wakesmith datasets fetch debian brings hours of speech in many "
             "languages, music\n"
             "                     and sounds from packages of Debian (about 1.2 GB to download)");
    if (code == 0)
        code = list_published(wish, published, error);
    if (code == 0 && wish->json)
        code = print_json(json_pack("{s:O, s:O, s:o}", "sets", list, "published", published, "debian",
                                    offer_json(wish, whole)),
                          error);
    json_decref(list);
    json_decref(published);
    text_list_free(&names);
    return code == 0 && !wish->json ? print_done(error) : code;
}

// ---- fetch, import, verify, remove ----

static int done_with(const struct wish *wish, struct collection *set, struct error *error)
{
    int code = wish->json ? print_json(set_json(set), error) : 0;
    if (!wish->json) {
        print_set(set);
        code = print_done(error);
    }
    collection_close(set);
    return code;
}

static int bring_debian(const struct wish *wish, struct collection *set, struct error *error)
{
    uint64_t download, disk;
    TRY(collection_debian_size(wish->data, wish->from, &download, &disk, error));
    char sentence[120];
    snprintf(sentence, sizeof sentence,
             "%.0f MB of Debian's packages are downloaded; for a while %.1f GB of disk are needed",
             (double)download / 1e6, (double)disk / 1e9);
    if (download && !wish->from)
        progress_notice(wish->progress, sentence);
    struct collection_fetching how = {
        .from = wish->from, .keep = wish->keep, .pool = wish->pool, .progress = wish->progress};
    return collection_fetch_debian(wish->data, &how, set, error);
}

static int fetch_debian(const struct wish *wish, struct error *error)
{
    struct collection set;
    TRY(bring_debian(wish, &set, error));
    return done_with(wish, &set, error);
}

static void tell_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static int fetch_published(const struct wish *wish, const struct published_set *set, struct error *error)
{
    struct published_fetching how = {wish->mirror, tell_line, NULL, wish->pool, wish->progress};
    struct published_state state = {0};
    char *root = text_print("%s/training_datasets", wish->data);
    int code = root ? published_look(root, set, &state, error) : error_memory(error, "a path");
    if (code == 0 && !state.valid)
        code = published_fetch(root, set, &how, error);
    if (code == 0)
        code = published_look(root, set, &state, error);
    free(root);
    TRY(code);
    if (wish->json)
        return print_json(json_pack("{s:s, s:i, s:b}", "name", set->name, "files", (int)state.count, "whole", state.valid),
                          error);
    printf("%-20s %zu files\n", set->name, state.count);
    return print_done(error);
}

static int fetch_sets(const struct wish *wish, const struct positionals *words, struct error *error)
{
    for (int i = 1; i < words->count; i++) {
        const struct published_set *set = published_set_named(words->items[i]);
        if (!set && strcmp(words->items[i], "debian") != 0)
            return error_set(error, ERROR_USAGE,
                             "datasets fetch: there is no set \"%.40s\": debian, speech, dinner_party, no_speech, "
                             "dinner_party_eval, MIT_RIR, audioset, FMA",
                             words->items[i]);
        TRY(set ? fetch_published(wish, set, error) : fetch_debian(wish, error));
    }
    return 0;
}

static int import_sets(const struct wish *wish, const struct positionals *words, struct error *error)
{
    enum collection_kind kind = COLLECTION_KINDS;
    if (wish->kind)
        TRY(collection_kind_named(wish->kind, &kind, error));
    if (wish->name && words->count > 2)
        return error_set(error, ERROR_USAGE, "--name: import one path at a time to name it");
    for (int i = 1; i < words->count; i++) {
        struct collection_import how = {words->items[i], wish->name, kind, wish->lang, wish->pool, wish->progress};
        struct collection set;
        TRY(collection_import(wish->data, &how, &set, error));
        TRY(done_with(wish, &set, error));
    }
    return 0;
}

static int verify_sets(const struct wish *wish, const struct positionals *words, struct error *error)
{
    struct text_list names = {0};
    int code = words->count > 1 ? 0 : collection_names(wish->data, &names, error);
    for (int i = 1; i < words->count && code == 0; i++)
        code = text_list_add(&names, words->items[i], error);
    if (code == 0 && !names.count)
        code = error_set(error, ERROR_MISSING, "there are no data sets in %s/training_datasets", wish->data);
    for (size_t i = 0; i < names.count && code == 0; i++) {
        struct collection set;
        progress_begin(wish->progress, "verify");
        code = collection_open(&set, wish->data, names.items[i], error);
        if (code == 0)
            code = collection_verify(&set, !wish->quick, wish->progress, error);
        if (code == 0) {
            progress_end(wish->progress, "%s: %zu files", names.items[i], set.count);
            code = done_with(wish, &set, error);
        } else {
            collection_close(&set);
            if (code == ERROR_FORMAT)
                error_prefix(error, "%s is not whole (fetch it again)", names.items[i]);
        }
    }
    text_list_free(&names);
    return code;
}

static int remove_sets(const struct wish *wish, const struct positionals *words, struct error *error)
{
    for (int i = 1; i < words->count; i++)
        TRY(collection_remove(wish->data, words->items[i], error));
    return 0;
}

static const struct {
    const char *name;
    int least;
    int (*run)(const struct wish *wish, const struct positionals *words, struct error *error);
} actions[] = {{"list", 1, list_sets},
               {"fetch", 2, fetch_sets},
               {"verify", 1, verify_sets},
               {"import", 2, import_sets},
               {"remove", 2, remove_sets}};

// A training goes on without: what it can do without must not stop it.
static int bring_or_tell(const struct wish *wish, struct error *error)
{
    struct collection set = {0};
    struct error reason;
    int code = bring_debian(wish, &set, &reason);
    collection_close(&set);
    if (code == ERROR_CANCELLED || code == ERROR_MEMORY) {
        *error = reason;
        return code;
    }
    char *sentence = code < 0 ? text_print("%s; the training goes on with what there is", reason.message) : NULL;
    if (sentence)
        progress_notice(wish->progress, sentence);
    free(sentence);
    return 0;
}

int datasets_bring(const char *data, int threads, double share, struct progress *progress, struct error *error)
{
    struct wish wish = {.data = data, .progress = progress};
    struct collection set = {0};
    struct error ignored;
    char *usual = NULL;
    if (!data)
        wish.data = usual = pipeline_data_dir();
    if (!wish.data)
        return error_memory(error, "a path");
    bool whole = collection_open(&set, wish.data, "debian", &ignored) == 0 && !set.missing.count &&
                 collection_verify(&set, false, NULL, &ignored) == 0;
    collection_close(&set);
    int code = whole ? 0 : pool_open(&wish.pool, threads, error);
    if (!whole && code == 0) {
        progress_within(progress, 0, share);
        code = bring_or_tell(&wish, error);
        progress_within(progress, share, 1);
    }
    pool_close(wish.pool);
    free(usual);
    return code;
}

int command_datasets(int argc, char **argv, struct error *error)
{
    struct wish wish = {0};
    int64_t threads = 0;
    bool done;
    char *usual = NULL;
    const struct option_row rows[] = {
        {"data-dir", 0, OPTION_TEXT, &wish.data, 0, 0, "DIR",
         "where the sets are (default: $DATA_DIR, /data or your home)"},
        {"from", 0, OPTION_TEXT, &wish.from, 0, 0, "DIR", "fetch: from .deb files in this folder, without a network"},
        {"mirror", 0, OPTION_TEXT, &wish.mirror, 0, 0, "URL",
         "fetch: <URL>/<archive> instead of the known addresses of a published set"},
        {"keep-archives", 0, OPTION_FLAG, &wish.keep, 0, 0, NULL, "fetch: leave what was downloaded"},
        {"kind", 0, OPTION_TEXT, &wish.kind, 0, 0, "KIND",
         "import: speech, music, noise or rirs (default: as names of files and folders say)"},
        {"lang", 0, OPTION_TEXT, &wish.lang, 0, 0, "LANG", "import: the language that is spoken"},
        {"name", 0, OPTION_TEXT, &wish.name, 0, 0, "NAME", "import: name of the set (default: that of the path)"},
        {"quick", 0, OPTION_FLAG, &wish.quick, 0, 0, NULL, "verify: sizes only"},
        {"threads", 0, OPTION_INTEGER, &threads, 1, 256, "N", "threads (default: all processors)"},
        {"json", 0, OPTION_FLAG, &wish.json, 0, 0, NULL, JSON_HELP},
    };
    struct positionals words;
    struct watch watch;
    TRY(command_parse("datasets", rows, COUNT_OF(rows), argc, argv, 1, 64, &words, &done, error));
    if (done)
        return 0;
    watch_open(&watch, "datasets", wish.json);
    wish.progress = &watch.progress;
    if (!wish.data)
        wish.data = usual = pipeline_data_dir();
    int code = wish.data ? pool_open(&wish.pool, (int)threads, error) : error_memory(error, "a path");
    if (code == 0)
        code = error_set(error, ERROR_USAGE, "datasets: say list, fetch, verify, import or remove, not \"%.40s\"",
                         words.items[0]);
    for (size_t i = 0; i < COUNT_OF(actions) && wish.pool; i++)
        if (strcmp(words.items[0], actions[i].name) == 0)
            code = words.count < actions[i].least
                       ? error_set(error, ERROR_USAGE, "datasets %s: name at least one", actions[i].name)
                       : actions[i].run(&wish, &words, error);
    pool_close(wish.pool);
    free(usual);
    return watch_close(&watch, code);
}
