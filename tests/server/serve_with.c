// SPDX-License-Identifier: GPL-3.0-or-later
// A server whose children are another program than its own: serve_with PROGRAM DATA_DIR. Prints its address; ends when
// it is told to, or when its standard input closes.
#include "server/server.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

int main(int argc, char **argv)
{
    struct server_options options;
    struct server *server;
    struct error error;
    if (argc != 3)
        return 1;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    server_options_default(&options);
    options.program = argv[1];
    options.data_dir = argv[2];
    options.port = 0;
    if (server_open(&server, &options, &error) < 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    puts(server_url(server));
    fflush(stdout);
    // The handler may run in any thread and then interrupts nothing here: so this looks at `stopped` now and then.
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte = 0;
    while (!stopped && (poll(&input, 1, 100) <= 0 || read(STDIN_FILENO, &byte, 1) > 0)) {
    }
    server_close(server);
    return 0;
}
