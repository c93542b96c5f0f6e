// SPDX-License-Identifier: GPL-3.0-or-later
// A folder of its own for a target that writes files, deleted at the end.
#ifndef WAKESMITH_FUZZ_ROOT_H
#define WAKESMITH_FUZZ_ROOT_H

#include "base/base.h"

#include <stdlib.h>

static char root[] = "/tmp/wakesmith-fuzz-XXXXXX";

static void root_remove(void)
{
    struct error ignored;
    folder_remove(root, &ignored);
}

static void root_make(void)
{
    static bool made;
    if (made)
        return;
    if (!mkdtemp(root) || atexit(root_remove) != 0)
        abort();
    made = true;
}

#endif
