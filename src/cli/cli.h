// SPDX-License-Identifier: GPL-3.0-or-later
// cli: arguments, subcommands, exit codes, terminal output. The only room that prints and exits.
#ifndef WAKESMITH_CLI_H
#define WAKESMITH_CLI_H

// Exit status of the program: 0 done; 1 failed or wrong usage, one sentence on stderr; 2 stopped by the user,
// and the same command goes on from there.
int cli_main(int argc, char **argv);

#endif
