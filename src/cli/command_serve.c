// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "pipeline/pipeline.h"
#include "server/server.h"

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

static int serve(struct server_options *options, struct error *error)
{
    struct server *server;
    cli_catch_signals();
    TRY(folder_make(options->data_dir, error));
    TRY(server_open(&server, options, error));
    printf("Wakesmith %s\n-> DATA_DIR: %s\n-> URL:      %s\nCtrl-C ends it; a training goes on.\n", WAKESMITH_VERSION,
           options->data_dir, server_url(server));
    int code = print_done(error);
    if (code == 0)
        wait_for_end();
    server_close(server);
    return code;
}

int command_serve(int argc, char **argv, struct error *error)
{
    struct server_options options;
    server_options_default(&options);
    int64_t port = options.port;
    bool done;
    const struct option_row rows[] = {
        {"port", 0, OPTION_INTEGER, &port, 0, 65535, "N", "port of the page (2704, REC_PORT); 0: any free one"},
        {"host", 0, OPTION_TEXT, &options.host, 0, 0, "HOST", "address to listen on (127.0.0.1, REC_HOST)"},
        {"data-dir", 0, OPTION_TEXT, &options.data_dir, 0, 0, "DIR", "data folder (DATA_DIR, as for train)"},
        {"name", 0, OPTION_LIST, &options.names, 0, 0, "NAME", "a further name of this computer; may be repeated"},
        {"public-url", 0, OPTION_TEXT, &options.public_url, 0, 0, "URL",
         "address in ESPHome lines (REC_PUBLIC_BASE_URL; found by itself)"},
        {"page-dir", 0, OPTION_TEXT, &options.page_dir, 0, 0, "DIR", "serve the page's files from here"},
    };
    struct positionals words;
    TRY(command_parse("serve", rows, COUNT_OF(rows), argc, argv, 0, 0, &words, &done, error));
    char *data_dir = options.data_dir ? strdup(options.data_dir) : pipeline_data_dir(), *program = own_path();
    int code = 0;
    options.data_dir = data_dir;
    options.program = program;
    options.port = (int)port;
    if (!data_dir || !program)
        code = error_memory(error, "the options");
    else if (!done)
        code = serve(&options, error);
    text_list_free(&options.names);
    free(data_dir);
    free(program);
    return code;
}
