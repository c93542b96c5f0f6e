// SPDX-License-Identifier: GPL-3.0-or-later
// manifest: ESPHome's V2 manifest, exactly and nothing else in it; the report beside it; YAML snippets.
#ifndef WAKESMITH_MANIFEST_H
#define WAKESMITH_MANIFEST_H

#include "base/base.h"
#include "evaluate/evaluate.h"
#include "tflite/tflite.h"

struct manifest {
    char wake_word[256], author[128], website[256], model[128], minimum_esphome_version[16];
    char languages[8][16];
    int language_count;
    double cutoff;
    int window, step_ms;
    long arena;
};
void manifest_default(struct manifest *manifest); // author Wakesmith, window 5, step 10, 2024.7.0
// Strict: types, ranges and keys of spec device 6; errors name the key.
int manifest_read(const char *path, struct manifest *manifest, struct error *error);
int manifest_parse(const char *text, size_t size, struct manifest *manifest, struct error *error);
int manifest_write(const char *path, const struct manifest *manifest, struct error *error); // checks first
// The manifest that belongs to a model: "x.json" beside "x.tflite". Caller frees.
char *manifest_path_for(const char *model_path);
// ESPHome YAML with three sensitivities and their measured false accepts as comments. Caller frees.
struct sensitivity {
    const char *name; // "slightly", "moderately", "very"
    struct calibration calibration;
};
char *manifest_yaml(const struct manifest *manifest, const char *url, const struct sensitivity *levels, size_t count);

#endif
