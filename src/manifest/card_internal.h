// SPDX-License-Identifier: GPL-3.0-or-later
// What the sections of the report card share: the page that grows, strict looks into the report, escaped text.
#ifndef WAKESMITH_CARD_INTERNAL_H
#define WAKESMITH_CARD_INTERNAL_H

#include "manifest/manifest.h"

#include <jansson.h>

struct card {
    struct buffer out;
    const json_t *report;
    struct error *error;
    int code; // of the first value of a wrong kind; the sections go on, the page is thrown away
};

// Values of an object by name. A missing one or null is absent (older reports have fewer); one of another kind is an
// error that names it.
const json_t *card_object(struct card *card, const json_t *from, const char *name);
const json_t *card_list(struct card *card, const json_t *from, const char *name);
const char *card_text(struct card *card, const json_t *from, const char *name);
bool card_number(struct card *card, const json_t *from, const char *name, double *value);
bool card_flag(struct card *card, const json_t *from, const char *name, bool absent);
// [low, high]; high may be null, which is infinity.
bool card_interval(struct card *card, const json_t *from, const char *name, struct interval *interval);

void card_escape(struct card *card, const char *text); // text of the report, as HTML and XML take it
void card_heading(struct card *card, const char *title);
void card_section(struct card *card, const char *title);
void card_section_end(struct card *card);
void card_share(struct card *card, double share); // "12.3 %"
void card_table(struct card *card, const char *caption, const char *const *heads, size_t count);
void card_table_end(struct card *card);
// Columns of numbers behind a row's name. A cell is empty where the report has no such number or interval.
enum { CELL_COUNT, CELL_HOURS = 2, CELL_RATE = 2, CELL_CUTOFF, CELL_PERCENT }; // decimals; a percentage has one
struct card_column {
    const char *head, *name; // what people read; the key of the row
    int decimals;            // CELL_...
    bool interval;           // of two numbers
};
enum { CARD_MOST_COLUMNS = 8 };
void card_columns(struct card *card, const char *caption, const char *first, const struct card_column *columns,
                  size_t count); // a table that card_table_end ends
void card_cells(struct card *card, const json_t *row, const struct card_column *columns, size_t count);
void card_cell(struct card *card, const json_t *from, const char *name, int decimals);

// The three sensitivities, least sensitive first.
extern const char *const card_levels[3];

// ---- sections of card_figures.c ----------------------------------------------------------------------------------
void card_heard_by(struct card *card); // recall by condition and by voice
void card_woken_by(struct card *card); // by kind of sound; the worst near misses

// ---- plots (card_plots.c, card_figures.c): inline SVG with a title and a description ---------------------------------------------
// Recall (up) against false accepts an hour (right), the sensitivities marked. Nothing where there is no curve.
void card_roc(struct card *card);
void card_scores(struct card *card); // histograms of what words, near misses and other sound reach
void card_curves(struct card *card); // loss and recall while it was trained

#endif
