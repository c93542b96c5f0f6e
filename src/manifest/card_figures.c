// SPDX-License-Identifier: GPL-3.0-or-later
// The report card's closer looks: who is heard, what wakes it, the scores behind both, and how training went.
#include "manifest/card_internal.h"

#include <math.h>
#include <string.h>

// What the report calls it, and what people do.
struct word {
    const char *name, *words;
};

static void print_name(struct card *card, const struct word *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count && name; i++)
        if (strcmp(words[i].name, name) == 0) {
            card_escape(card, words[i].words);
            return;
        }
    card_escape(card, name);
}

// A table of a list of the report; nothing where the list is empty.
static void print_rows(struct card *card, const json_t *rows, const char *caption, const char *first,
                       const struct card_column *columns, size_t column_count, const struct word *words,
                       size_t word_count)
{
    if (json_array_size(rows) == 0)
        return;
    card_columns(card, caption, first, columns, column_count);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        buffer_print(&card->out, "<tr><th scope=\"row\">");
        print_name(card, words, word_count, card_text(card, row, "name"));
        buffer_print(&card->out, "</th>");
        card_cells(card, row, columns, column_count);
        buffer_print(&card->out, "</tr>\n");
    }
    card_table_end(card);
}

// ---- who is heard ----

static void print_recalls(struct card *card, const json_t *rows, const char *caption, const char *first,
                          const struct word *words, size_t word_count)
{
    static const struct card_column columns[] = {{"Calls", "clips", CELL_COUNT, false},
                                                 {"Heard", "detected", CELL_COUNT, false},
                                                 {"Share", "recall", CELL_PERCENT, false},
                                                 {"95 % interval", "recall_interval", CELL_PERCENT, true}};
    print_rows(card, rows, caption, first, columns, COUNT_OF(columns), words, word_count);
}

void card_heard_by(struct card *card)
{
    static const struct word conditions[] = {{"base", "at home: a room, some noise"},
                                             {"babble", "people talk in the background"},
                                             {"quiet", "silence"},
                                             {"noise", "steady noise"},
                                             {"far", "from 3 to 5 m away, in a room that echoes"}};
    static const struct word people[] = {{"", "people without a name"}};
    const json_t *hearing = card_object(card, card->report, "hearing"),
                 *answer = card_object(card, hearing, "answer_ms");
    double median, most;
    if (!hearing)
        return;
    card_section(card, "Where and whom it hears");
    print_recalls(card, card_list(card, hearing, "conditions"), "The same calls, by what else is to be heard", "Where",
                  conditions, COUNT_OF(conditions));
    print_recalls(card, card_list(card, hearing, "people"),
                  "Recordings of people that training never heard, each in several rooms and noises", "Who", people,
                  COUNT_OF(people));
    print_recalls(card, card_list(card, hearing, "voices"), "By the kind of computer voice", "Voices", NULL, 0);
    if (card_number(card, answer, "median", &median) && card_number(card, answer, "nine_of_ten", &most)) {
        buffer_print(&card->out, "<p>Half of the calls that it hears are answered ");
        if (median > 0)
            buffer_print(&card->out, "within %.0f ms of the word's end", median);
        else
            buffer_print(&card->out, "before the word has ended");
        buffer_print(&card->out, ", nine of ten within %.0f ms of its end.</p>\n", fmax(most, 0));
    }
    card_section_end(card);
}

// ---- what wakes it ----

static void print_kinds(struct card *card, const json_t *kinds)
{
    static const struct word names[] = {{"speech", "recorded speech"},
                                        {"music", "music"},
                                        {"noise", "noise and sounds"},
                                        {"synthetic speech", "sentences by computer voices"},
                                        {"ready-made sets", "ready-made sets: speech at home"}};
    static const struct card_column columns[] = {{"Hours", "hours", CELL_HOURS, false},
                                                 {"Mistakes", "false_accepts", CELL_COUNT, false},
                                                 {"Times an hour", "per_hour", CELL_RATE, false},
                                                 {"95 % interval", "per_hour_interval", CELL_RATE, true}};
    print_rows(card, kinds, "Mistakes by what was to be heard; nothing of it was used in training", "Sound", columns,
               COUNT_OF(columns), names, COUNT_OF(names));
}

// The longest first, as they stand in the report; what is left is only counted.
static void print_recordings(struct card *card)
{
    enum { TOLD = 12 };
    static const struct card_column columns[] = {{"Hours that trained", "train_hours", CELL_HOURS, false},
                                                 {"Hours that measured", "held_hours", CELL_HOURS, false}};
    const json_t *rows = card_list(card, card_object(card, card->report, "recordings"), "hours");
    size_t count = json_array_size(rows);
    if (count == 0)
        return;
    card_columns(card, "The recordings without the word, by kind and language", "Sound", columns, COUNT_OF(columns));
    for (size_t i = 0; i < count && i < TOLD; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *kind = card_text(card, row, "kind"), *language = card_text(card, row, "language");
        buffer_print(&card->out, "<tr><th scope=\"row\">");
        card_escape(card, kind ? kind : "");
        if (language && strcmp(language, "-") != 0) {
            buffer_print(&card->out, ", ");
            card_escape(card, language);
        }
        buffer_print(&card->out, "</th>");
        card_cells(card, row, columns, COUNT_OF(columns));
        buffer_print(&card->out, "</tr>\n");
    }
    card_table_end(card);
    if (count > TOLD)
        buffer_print(&card->out, "<p class=\"muted\">And %zu more, with less.</p>\n", count - TOLD);
}

static void print_near_misses(struct card *card, const json_t *near)
{
    const json_t *worst = card_list(card, near, "worst");
    double texts, clips, accepted;
    if (!card_number(card, near, "texts", &texts) || !card_number(card, near, "clips", &clips) ||
        !card_number(card, near, "accepted", &accepted) || clips <= 0)
        return;
    buffer_print(&card->out,
                 "<p>%.0f other words and phrases that sound like it, none of them used in training, were said %.0f "
                 "times; %.0f times (%.1f %%) it took them for the wake word%s.</p>\n",
                 texts, clips, accepted, 100 * accepted / clips,
                 json_array_size(worst) ? ". The worst, with how often each was taken for it" : "");
    if (json_array_size(worst) == 0)
        return;
    buffer_print(&card->out, "<ul>\n");
    for (size_t i = 0; i < json_array_size(worst); i++) {
        const json_t *one = json_array_get(worst, i);
        buffer_print(&card->out, "<li><bdi>");
        card_escape(card, card_text(card, one, "text"));
        buffer_print(&card->out, "</bdi>");
        if (card_number(card, one, "accepted", &accepted) && card_number(card, one, "clips", &clips))
            buffer_print(&card->out, ": %.0f of %.0f", accepted, clips);
        buffer_print(&card->out, "</li>\n");
    }
    buffer_print(&card->out, "</ul>\n");
}

void card_woken_by(struct card *card)
{
    const json_t *waking = card_object(card, card->report, "waking");
    if (!waking)
        return;
    card_section(card, "A closer look at mistakes");
    print_kinds(card, card_list(card, waking, "kinds"));
    print_near_misses(card, card_object(card, waking, "near_misses"));
    print_recordings(card);
    card_section_end(card);
}

// ---- scores ----

enum { WIDTH = 640, LEFT = 52, RIGHT = 24, ROW = 84, GAP = 30, MOST_BINS = 256 };

// Bars of one histogram; heights are logarithmic, for a handful of mistakes among thousands must be seen.
static void draw_bars(struct card *card, const json_t *bins, const char *title, int top)
{
    size_t count = json_array_size(bins) < MOST_BINS ? json_array_size(bins) : MOST_BINS;
    double most = 1, width = (double)(WIDTH - LEFT - RIGHT) / (double)count;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, json_number_value(json_array_get(bins, i)));
    buffer_print(&card->out,
                 "<text x=\"%d\" y=\"%d\">%s</text>\n<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>",
                 LEFT, top - 6, title, LEFT, WIDTH - RIGHT, top + ROW, top + ROW);
    buffer_print(&card->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f</text>", LEFT - 8, top + 8, most);
    for (size_t i = 0; i < count; i++) {
        double value = json_number_value(json_array_get(bins, i)), height = ROW * log1p(fmax(value, 0)) / log1p(most);
        if (value > 0)
            buffer_print(&card->out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                         LEFT + width * (double)i + 1, top + ROW - height, fmax(width - 2, 1), height);
    }
    buffer_print(&card->out, "\n");
}

void card_scores(struct card *card)
{
    static const struct word rows[] = {{"words", "the wake word"},
                                       {"near_misses", "words that sound like it"},
                                       {"other_sound", "other sound, in stretches of two seconds"}};
    const json_t *scores = card_object(card, card->report, "scores"),
                 *level = card_object(card, card_object(card, card->report, "sensitivities"), card_levels[1]);
    double cutoff;
    int shown = 0, height;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        shown += json_array_size(card_list(card, scores, rows[i].name)) > 0;
    if (shown == 0)
        return;
    height = shown * (ROW + GAP) + 40;
    card_section(card, "How sure it is");
    buffer_print(&card->out,
                 "<p>How often each probability was reached. It wakes right of the line, the cutoff; the further apart "
                 "the wake word and the others lie, the better. Heights are logarithmic.</p>\n<svg class=\"plot\" "
                 "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"scores-title\">\n<title id=\"scores-title\">"
                 "Histograms of the probability that calls, similar words and other sound reach</title>\n",
                 WIDTH, height);
    int top = GAP;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const json_t *bins = card_list(card, scores, rows[i].name);
        if (json_array_size(bins) == 0)
            continue;
        draw_bars(card, bins, rows[i].words, top);
        top += ROW + GAP;
    }
    for (int tenth = 0; tenth <= 10; tenth += 2)
        buffer_print(&card->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>",
                     LEFT + (WIDTH - LEFT - RIGHT) * tenth / 10.0, height - 26, tenth / 10.0);
    if (card_number(card, level, "cutoff", &cutoff) && cutoff >= 0 && cutoff <= 1)
        buffer_print(&card->out, "<line class=\"cut\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                     LEFT + (WIDTH - LEFT - RIGHT) * cutoff, LEFT + (WIDTH - LEFT - RIGHT) * cutoff, GAP - 4,
                     height - 40);
    buffer_print(&card->out, "\n<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">probability</text>\n</svg>\n",
                 (LEFT + WIDTH - RIGHT) / 2, height - 8);
    card_section_end(card);
}

// ---- how training went ----

struct curve { // one line of the plot
    const char *name, *words;
    double top; // of its axis; 0: its own largest value
};

static void draw_curve(struct card *card, const json_t *points, const struct curve *curve, double last, int top)
{
    double most = curve->top, step, value;
    for (size_t i = 0; i < json_array_size(points) && curve->top <= 0; i++)
        if (card_number(card, json_array_get(points, i), curve->name, &value))
            most = fmax(most, value);
    buffer_print(&card->out,
                 "<text x=\"%d\" y=\"%d\">%s</text>\n<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">0"
                 "</text>\n<polyline class=\"curve\" points=\"",
                 LEFT, top - 6, curve->words, LEFT, WIDTH - RIGHT, top + ROW, top + ROW, LEFT - 8, top + 8, most,
                 LEFT - 8, top + ROW);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        if (card_number(card, point, "step", &step) && card_number(card, point, curve->name, &value) && step >= 0)
            buffer_print(&card->out, "%.1f,%.1f ", LEFT + (WIDTH - LEFT - RIGHT) * fmin(step / last, 1),
                         top + ROW * (1 - fmin(fmax(value / most, 0), 1)));
    }
    buffer_print(&card->out, "\"/>\n");
}

static bool has_values(struct card *card, const json_t *points, const char *name)
{
    double value;
    for (size_t i = 0; i < json_array_size(points); i++)
        if (card_number(card, json_array_get(points, i), name, &value) && value > 0)
            return true;
    return false;
}

void card_curves(struct card *card)
{
    static const struct curve curves[] = {{"loss", "loss of the training", 0},
                                          {"recall", "share heard of calls kept back", 1},
                                          {"per_hour", "mistakes an hour, at a fixed cutoff", 0}};
    const json_t *seeds = card_list(card, card->report, "training"), *points = NULL;
    double last = 0, step;
    int shown = 0;
    for (size_t i = 0; i < json_array_size(seeds); i++) { // the first seed is the one that is judged on its way
        const json_t *own = card_list(card, json_array_get(seeds, i), "curve");
        points = points || json_array_size(own) == 0 ? points : own;
    }
    for (size_t i = 0; i < json_array_size(points); i++)
        if (card_number(card, json_array_get(points, i), "step", &step))
            last = fmax(last, step);
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        shown += has_values(card, points, curves[i].name);
    if (shown == 0 || last <= 0)
        return;
    card_section(card, "How training went");
    buffer_print(
        &card->out,
        "<p>Of the first network, over its %.0f steps.</p>\n<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-labelledby=\"curves-title\">\n<title id=\"curves-title\">Curves of the training</title>\n",
        last, WIDTH, shown * (ROW + GAP) + 10);
    int top = GAP;
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (has_values(card, points, curves[i].name)) {
            draw_curve(card, points, &curves[i], last, top);
            top += ROW + GAP;
        }
    buffer_print(&card->out, "</svg>\n");
    card_section_end(card);
}
