// SPDX-License-Identifier: GPL-3.0-or-later
// manifest: ESPHome's V2 manifest, exactly and nothing else in it; YAML snippets; the page of the report.
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
// Strict: types, ranges and keys of ESPHome's schema, version 2; errors name the key. "vad" may be read, not written.
int manifest_read(const char *path, struct manifest *manifest, struct error *error);
int manifest_parse(const char *text, size_t size, struct manifest *manifest, struct error *error);
// Checks first. The cutoff is printed with three decimals (more only if they are needed for the same byte).
int manifest_write(const char *path, const struct manifest *manifest, struct error *error);
// The manifest that belongs to a model: "x.json" beside "x.tflite". Caller frees.
char *manifest_path_for(const char *model_path);
// ESPHome YAML: the model at `url`, and a select that sets one cutoff byte a level, with what was measured there as
// comments. A device can change the cutoff, not the window: calibrate the levels at manifest->window. Caller frees;
// NULL without memory.
struct sensitivity {
    const char *name; // "slightly", "moderately", "very"
    struct calibration calibration;
};
char *manifest_yaml(const struct manifest *manifest, const char *url, const struct sensitivity *levels, size_t count);

// ---- the report card (card.c) ---------------------------------------------------------------------------------
// <id>.report.json as one HTML page that stands alone: no scripts, inline style and SVG, well-formed as XML too.
// The same JSON gives the same page. Reports of older versions have fewer values, and their pages fewer sections;
// a value of a wrong kind is ERROR_FORMAT with a sentence that names it.
enum { CARD_MAX_REPORT = 4 << 20 };
int card_page(const char *json, size_t size, char **page, size_t *page_size, struct error *error); // caller frees *page
int card_read(const char *report_path, char **page, size_t *page_size, struct error *error);
int card_write(const char *report_path, const char *page_path, struct error *error);
char *card_path_for(const char *report_path); // "x.report.html" beside "x.report.json"; caller frees

#endif
