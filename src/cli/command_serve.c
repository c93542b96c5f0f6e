// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "pipeline/pipeline.h"
#include "server/server.h"
#include "speech/speech.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *own_path(void)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return NULL;
    path[size] = 0;
    return strdup(path);
}

// The handler of a signal may run in any thread, and children inherit what is blocked here: so nothing is blocked, and
// a look five times a second is enough.
static void wait_for_end(void)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    while (!cli_stop)
        nanosleep(&pause, NULL);
}

static void print_start(struct server *server, const struct server_options *options, bool with_code)
{
    printf("Wakesmith %s\n-> DATA_DIR: %s\n-> URL:      %s\n", WAKESMITH_VERSION, options->data_dir, server_url(server));
    if (server_device_url(server))
        printf("-> devices:  %s\n", server_device_url(server));
    if (server_fingerprint(server))
        printf("-> certificate (SHA-256, signed by itself; browsers ask once): %s\n", server_fingerprint(server));
    char *code = server_qr(server);
    if (code)
        printf("The link works once, within ten minutes; the page on this computer makes more.\n%s",
               with_code ? code : "");
    free(code);
    printf("Ctrl-C ends it; a training goes on.\n");
}

static int serve(struct server_options *options, bool with_code, struct error *error)
{
    struct server *server;
    cli_catch_signals();
    TRY(folder_make(options->data_dir, error));
    TRY(server_open(&server, options, error));
    print_start(server, options, with_code);
    int code = print_done(error);
    if (code == 0)
        wait_for_end();
    server_close(server);
    return code;
}

static int print_made(char *text, struct error *error)
{
    if (!text)
        return error_memory(error, "the description");
    puts(text);
    free(text);
    return print_done(error);
}

int command_serve(int argc, char **argv, struct error *error)
{
    struct server_options options;
    server_options_default(&options);
    int64_t port = options.port, device_port = options.device_port;
    const char *device = NULL;
    bool done, openapi = false, api_page = false, with_code = isatty(STDOUT_FILENO);
    const struct option_row rows[] = {
        {"port", 0, OPTION_INTEGER, &port, 0, 65535, "N", "port of the page (2704, REC_PORT); 0: any free one"},
        {"host", 0, OPTION_TEXT, &options.host, 0, 0, "HOST", "address to listen on (127.0.0.1, REC_HOST)"},
        {"lan", 0, OPTION_FLAG, &options.lan, 0, 0, NULL,
         "listen on the network, with TLS and pairing (also when --host is no loopback address)"},
        {"plain", 0, OPTION_FLAG, &options.plain, 0, 0, NULL, "with --lan: no TLS, behind a proxy that has it"},
        {"device-port", 0, OPTION_INTEGER, &device_port, -1, 65535, "N",
         "with --lan: plain HTTP for devices, models and captures only (2705); -1: none"},
        {"qr", 0, OPTION_FLAG, &with_code, 0, 0, NULL, "with --lan: the link as a QR code (yes on a terminal)"},
        {"data-dir", 0, OPTION_TEXT, &options.data_dir, 0, 0, "DIR", "data folder (DATA_DIR, as for train)"},
        {"name", 0, OPTION_LIST, &options.names, 0, 0, "NAME", "a further name of this computer; may be repeated"},
        {"public-url", 0, OPTION_TEXT, &options.public_url, 0, 0, "URL",
         "address in ESPHome lines (REC_PUBLIC_BASE_URL; found by itself)"},
        {"offline", 0, OPTION_FLAG, &options.offline, 0, 0, NULL, "the page offers to fetch nothing"},
        {"device", 0, OPTION_TEXT, &device, 0, 0, "NAME",
         "where neural voices compute in trainings: auto (default), cpu, cuda"},
        {"page-dir", 0, OPTION_TEXT, &options.page_dir, 0, 0, "DIR", "serve the page's files from here"},
        {"openapi", 0, OPTION_FLAG, &openapi, 0, 0, NULL, "print the API as OpenAPI 3.1, and end"},
        {"api-page", 0, OPTION_FLAG, &api_page, 0, 0, NULL, "print the API for people, and end"},
    };
    struct positionals words;
    TRY(command_parse("serve", rows, COUNT_OF(rows), argc, argv, 0, 0, &words, &done, error));
    if (device)
        TRY(speech_choose_device(device, error));
    char *data_dir = options.data_dir ? strdup(options.data_dir) : pipeline_data_dir(), *program = own_path();
    int code = 0;
    options.data_dir = data_dir;
    options.program = program;
    options.port = (int)port;
    options.device_port = (int)device_port;
    if (!data_dir)
        code = error_memory(error, "the options");
    else if (!program)
        code = error_set(error, ERROR_STATE, "cannot tell which file this program is, which trainings need: mount /proc");
    else if (openapi || api_page)
        code = print_made(openapi ? server_openapi() : server_api_page(), error);
    else if (!done)
        code = serve(&options, with_code, error);
    text_list_free(&options.names);
    free(data_dir);
    free(program);
    return code;
}
