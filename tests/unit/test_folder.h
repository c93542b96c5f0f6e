// SPDX-License-Identifier: GPL-3.0-or-later
// A folder of its own for the tests of one program: set_up and tear_down of the group make and remove it.
#ifndef WAKESMITH_TESTS_FOLDER_H
#define WAKESMITH_TESTS_FOLDER_H

#include "base/base.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/wakesmith_XXXXXX";
static struct error error;

static const char *in_folder(const char *name) // until the next call
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return folder_remove(folder, &error);
}

#endif
