// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli_internal.h"
#include "detect/detect.h"

#include <stdlib.h>

int model_pair_open(struct model_pair *pair, const char *path, double cutoff, int64_t window, struct error *error)
{
    *pair = (struct model_pair){.cutoff = cutoff, .window = (int)window};
    if (cutoff < 0 || window == 0) {
        struct manifest manifest;
        char *beside = manifest_path_for(path);
        if (!beside)
            return error_memory(error, "a path");
        int code = manifest_read(beside, &manifest, error);
        free(beside);
        if (code < 0)
            return code == ERROR_MISSING
                       ? error_set(error, code, "there is no manifest (.json) beside %s; give --cutoff and --window",
                                   path)
                       : code;
        pair->cutoff = cutoff < 0 ? manifest.cutoff : cutoff;
        pair->window = window ? (int)window : manifest.window;
    }
    if (pair->window < 1 || pair->window > DETECT_MAX_WINDOW)
        return error_set(error, ERROR_FORMAT, "the manifest of %s has a sliding window of %d; 1 to %d work", path,
                         pair->window, DETECT_MAX_WINDOW);
    pair->cutoff_byte = detect_cutoff_byte(pair->cutoff);
    return tflite_open(&pair->model, path, error);
}

void model_pair_close(struct model_pair *pair)
{
    tflite_close(pair->model);
    pair->model = NULL;
}
