// SPDX-License-Identifier: GPL-3.0-or-later
// The ROC curve as inline SVG: no scripts, colours by CSS variables, so that it prints and turns dark with the page.
#include "manifest/card_internal.h"

#include <math.h>

enum { WIDTH = 640, HEIGHT = 300, LEFT = 52, RIGHT = 24, TOP = 16, BOTTOM = 52 };
static const double knee = .1; // false accepts an hour: linear below, logarithmic above, so that 0 has a place
static const double ticks[] = {0, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

struct axes {
    double right, bottom; // largest rate, smallest recall
};

static double place_x(const struct axes *axes, double per_hour)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * asinh(per_hour / knee) / asinh(axes->right / knee);
}

static double place_y(const struct axes *axes, double recall)
{
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - recall) / (1 - axes->bottom);
}

static double within(double value, double low, double high)
{
    return value >= low ? fmin(value, high) : low;
}

// A point of the curve, kept inside the axes; false when it has no place.
static bool read_point(struct card *card, const json_t *point, double *recall, double *per_hour)
{
    if (!card_number(card, point, "recall", recall) || !card_number(card, point, "per_hour", per_hour))
        return false;
    *recall = within(*recall, 0, 1);
    *per_hour = within(*per_hour, 0, ticks[COUNT_OF(ticks) - 1]);
    return true;
}

static void draw_grid(struct card *card, const struct axes *axes)
{
    double last = -WIDTH;
    for (size_t i = 0; i < COUNT_OF(ticks) && ticks[i] <= axes->right; i++) {
        double x = place_x(axes, ticks[i]);
        buffer_print(&card->out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", x, x, TOP,
                     HEIGHT - BOTTOM);
        if (x - last < 34) // a number that would run into the one before it is left out
            continue;
        buffer_print(&card->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>", x, HEIGHT - BOTTOM + 18,
                     ticks[i]);
        last = x;
    }
    int step = axes->bottom < .5 ? 20 : 10;
    for (int percent = 100; percent >= 100 * axes->bottom - .5; percent -= step) {
        double y = place_y(axes, percent / 100.0);
        buffer_print(&card->out,
                     "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                     "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d %%</text>",
                     LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, percent);
    }
    buffer_print(&card->out,
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">times it wakes by mistake in an hour</text>\n",
                 (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
}

static void draw_marks(struct card *card, const struct axes *axes)
{
    const json_t *levels = card_object(card, card->report, "sensitivities");
    for (size_t i = 0; i < COUNT_OF(card_levels); i++) {
        double recall, per_hour;
        const json_t *level = card_object(card, levels, card_levels[i]);
        if (!level || !read_point(card, level, &recall, &per_hour) || recall < axes->bottom)
            continue;
        buffer_print(&card->out,
                     "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>%s sensitive: hears "
                     "%.1f %%, %.2f mistakes an hour</title></circle>\n",
                     place_x(axes, fmin(per_hour, axes->right)), place_y(axes, recall), card_levels[i], 100 * recall,
                     per_hour);
    }
}

void card_roc(struct card *card)
{
    const json_t *curve = card_list(card, card->report, "curve");
    struct axes axes = {10, 1};
    double recall, per_hour, least = 1, most = 0, often = 0;
    size_t points = 0;
    for (size_t i = 0; i < json_array_size(curve); i++)
        if (read_point(card, json_array_get(curve, i), &recall, &per_hour)) {
            often = fmax(often, per_hour);
            least = fmin(least, recall);
            most = fmax(most, recall);
            points++;
        }
    if (points == 0)
        return;
    axes.right = fmax(axes.right, often);
    axes.bottom = fmin(.8, floor(least * 5) / 5); // whole fifths, so that the grid ends on a line
    buffer_print(&card->out, "<section>\n");
    card_heading(card, "How hearing and mistakes trade");
    buffer_print(&card->out,
                 "<p>Higher is better, and so is further left. Every point of the line is one cutoff; the dots are the "
                 "three sensitivities.</p>\n<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" "
                 "aria-labelledby=\"roc-title roc-text\">\n<title id=\"roc-title\">Share of calls heard against false "
                 "wakes per hour</title>\n<desc id=\"roc-text\">%zu cutoffs, from %.0f %% to %.0f %% of the calls "
                 "heard, with up to %.4g false wakes per hour. The table of sensitivities has the figures.</desc>\n",
                 WIDTH, HEIGHT, points, 100 * least, 100 * most, often);
    draw_grid(card, &axes);
    buffer_print(&card->out, "<polyline class=\"curve\" points=\"");
    for (size_t i = 0; i < json_array_size(curve); i++)
        if (read_point(card, json_array_get(curve, i), &recall, &per_hour))
            buffer_print(&card->out, "%.1f,%.1f ", place_x(&axes, per_hour), place_y(&axes, recall));
    buffer_print(&card->out, "\"/>\n");
    draw_marks(card, &axes);
    buffer_print(&card->out, "</svg>\n</section>\n");
}
