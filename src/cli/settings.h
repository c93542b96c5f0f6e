// SPDX-License-Identifier: GPL-3.0-or-later
// Files of settings, such as <data dir>/.defaults.env: a shell's assignments, read and never executed.
//
//   KEY=value   export KEY=value   KEY='as it stands'   KEY="with \" \\ \$ \`"   # comment
//
// What a shell would have to work out ($NAME, `...`, ;, &, |, <, >, a second word) is an error that names the line.
#ifndef WAKESMITH_CLI_SETTINGS_H
#define WAKESMITH_CLI_SETTINGS_H

#include "base/base.h"

struct settings {
    struct text_list keys, values; // in the order of the file; keys are [A-Za-z_][A-Za-z0-9_]*
};
// `name` is told in errors (ERROR_FORMAT). Values hold no 0 byte. On an error `settings` is empty.
int settings_parse(struct settings *settings, const char *text, size_t size, const char *name, struct error *error);
// A file that is not there has no settings, and is no error.
int settings_read(struct settings *settings, const char *path, struct error *error);
// The last value of `key`, owned by `settings`; NULL: it has none.
const char *settings_get(const struct settings *settings, const char *key);
// Appends a line that settings_parse gives back, whatever bytes `value` has.
void settings_print(struct buffer *text, const char *key, const char *value);
void settings_close(struct settings *settings);

#endif
