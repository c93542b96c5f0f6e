// SPDX-License-Identifier: GPL-3.0-or-later
// A server from its options: opens every part in order, closes them backwards.
#include "server/lan_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- options -----------------------------------------------------------------------------------------------

static int whole_of_environment(const char *name, int low, int high, int fallback)
{
    const char *text = getenv(name);
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : 0;
    return text && end != text && !*end && value >= low && value <= high ? (int)value : fallback;
}

static const char *text_of_environment(const char *name, const char *fallback)
{
    const char *text = getenv(name);
    return text && *text ? text : fallback;
}

void server_options_default(struct server_options *options)
{
    *options = (struct server_options){
        .host = text_of_environment("REC_HOST", NULL),
        .port = whole_of_environment("REC_PORT", 0, 65535, SERVER_PORT),
        .device_port = SERVER_DEVICE_PORT,
        .public_url = text_of_environment("REC_PUBLIC_BASE_URL", NULL),
        .speakers_total = whole_of_environment("REC_SPEAKERS_TOTAL", 1, 10, 1),
        .takes_per_speaker = whole_of_environment("REC_TAKES_PER_SPEAKER", 1, 50, 10),
    };
}

// The server keeps its own copies of the texts.
static int copy_text(const char **text, struct error *error)
{
    if (!*text)
        return 0;
    *text = strdup(*text);
    return *text ? 0 : error_memory(error, "the options");
}

static int copy_options(struct server *server, const struct server_options *given, struct error *error)
{
    struct server_options *options = &server->options;
    *options = *given;
    options->names = (struct text_list){0};
    const char **texts[] = {&options->program, &options->data_dir, &options->host, &options->public_url,
                            &options->page_dir};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (copy_text(texts[i], error) < 0) {
            for (; i < COUNT_OF(texts); i++)
                *texts[i] = NULL; // not ours to free
            return error->code;
        }
    for (size_t i = 0; i < given->names.count; i++)
        TRY(text_list_add(&options->names, given->names.items[i], error));
    server->data_dir = strdup(options->data_dir);
    server->program = strdup(options->program);
    server->tmp = path_join(options->data_dir, "tmp");
    return server->data_dir && server->program && server->tmp ? 0 : error_memory(error, "the options");
}

static void free_options(struct server *server)
{
    struct server_options *options = &server->options;
    free((char *)options->program);
    free((char *)options->data_dir);
    free((char *)options->host);
    free((char *)options->public_url);
    free((char *)options->page_dir);
    text_list_free(&options->names);
    free(server->data_dir);
    free(server->program);
    free(server->tmp);
}

// ---- parts -------------------------------------------------------------------------------------------------

// Every notation of the table is read once, so that a slip of the pen shows at the start and not at a request.
static int check_routes(struct error *error)
{
    for (size_t table = 0; table < route_table_count; table++)
        for (size_t i = 0; i < route_tables[table]->count; i++) {
            const struct route *route = &route_tables[table]->routes[i];
            const char *notations[] = {route->query, route->body, route->answer};
            for (size_t j = 0; j < COUNT_OF(notations); j++) {
                struct shape *shape = NULL;
                if (notations[j] && shape_parse(notations[j], &shape, error) < 0)
                    return error_prefix(error, "%s %s", route->method, route->path);
                shape_free(shape);
            }
        }
    return 0;
}

// Uploads that a killed server left. Younger ones may be those of another server with the same data.
static void remove_old_uploads(const char *folder)
{
    DIR *directory = opendir(folder);
    struct stat about;
    time_t now = time(NULL);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (strncmp(entry->d_name, "upload-", 7) == 0 && fstatat(dirfd(directory), entry->d_name, &about, 0) == 0 &&
            now - about.st_mtime > 2 * LIMIT_SECONDS)
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}

static int open_folders(struct server *server, struct error *error)
{
    TRY(folder_make(server->tmp, error));
    remove_old_uploads(server->tmp);
    return access(server->data_dir, W_OK) == 0
               ? 0
               : error_set(error, ERROR_IO, "cannot write to the data folder %s", server->data_dir);
}

// What a server on the network has and one on the loopback does not.
static int open_lan(struct server *server, struct error *error)
{
    struct text_list addresses = {0}, names = {0};
    int code = lan_addresses(&addresses, error);
    if (code == 0)
        code = lan_names(&names, error);
    for (size_t i = 0; i < server->options.names.count && code == 0; i++)
        code = text_list_add(&names, server->options.names.items[i], error);
    if (code == 0 && server->secure)
        code = tls_open(&server->tls, server->data_dir, &addresses, &names, error);
    if (code == 0)
        code = pairing_open(&server->pairing, server->data_dir, error);
    text_list_free(&addresses);
    text_list_free(&names);
    return code;
}

int server_pairing_url(struct server *server, char **url, struct error *error)
{
    char token[PAIRING_TOKEN_SIZE];
    TRY(pairing_token(server->pairing, time_now(), token, error));
    *url = text_print("%spair?token=%s", server->url, token);
    return *url ? 0 : error_memory(error, "the address");
}

// Addresses are known when the ports are.
static int make_urls(struct server *server, struct error *error)
{
    const struct server_options *options = &server->options;
    if (options->public_url && options->lan)
        server->url = text_print(text_ends_with(options->public_url, "/") ? "%s" : "%s/", options->public_url);
    else
        server->url = text_print("http%s://%s:%d/", server->secure ? "s" : "", server->host, server->port);
    server->device_url = server->device_port ? text_print("http://%s:%d/", server->host, server->device_port) : NULL;
    if (!server->url || (server->device_port && !server->device_url))
        return error_memory(error, "the address");
    return server->pairing ? server_pairing_url(server, &server->start_url, error) : 0;
}

static int open_parts(struct server *server, struct error *error)
{
    TRY(check_routes(error));
    TRY(open_folders(server, error));
    TRY(recordings_open(&server->recordings, server->data_dir, error));
    TRY(models_open(&server->models, server->data_dir, error));
    TRY(jobs_open(&server->jobs, server->program, server->data_dir, error));
    session_restore(server);
    TRY(page_open(&server->page, server->options.page_dir, error));
    if (server->options.lan)
        TRY(open_lan(server, error));
    TRY(http_open(&server->http, server, error));
    return make_urls(server, error);
}

// An address that others can reach is the network, also without the option.
static int choose_address(struct server *server, struct error *error)
{
    struct server_options *options = &server->options;
    if (!options->host)
        options->host = strdup(options->lan ? "0.0.0.0" : "127.0.0.1");
    if (options->host) {
        options->lan |= !lan_is_loopback(options->host);
        server->secure = options->lan && !options->plain;
        server->host = lan_host(options->host);
    }
    return server->host ? 0 : error_memory(error, "the address");
}

int server_open(struct server **out, const struct server_options *options, struct error *error)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return error_memory(error, "the server");
    pthread_mutex_init(&server->lock, NULL);
    pthread_rwlock_init(&server->gate, NULL);
    int code = copy_options(server, options, error);
    if (code == 0)
        code = choose_address(server, error);
    if (code == 0)
        code = open_parts(server, error);
    if (code < 0)
        server_close(server);
    else
        *out = server;
    return code;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    server->closing = 1;
    http_close(server->http);
    jobs_close(server->jobs);
    session_clear(&server->session);
    models_close(server->models);
    recordings_close(server->recordings);
    free_options(server);
    pairing_close(server->pairing);
    tls_close(server->tls);
    page_close(server->page);
    free(server->host);
    free(server->url);
    free(server->start_url);
    free(server->device_url);
    pthread_mutex_destroy(&server->lock);
    pthread_rwlock_destroy(&server->gate);
    free(server);
}

const char *server_url(const struct server *server)
{
    return server->start_url ? server->start_url : server->url;
}

const char *server_device_url(const struct server *server)
{
    return server->device_url;
}

const char *server_fingerprint(const struct server *server)
{
    return server->tls ? tls_fingerprint(server->tls) : NULL;
}

char *server_qr(const struct server *server)
{
    return server->start_url ? qr_terminal(server->start_url) : NULL;
}
