// SPDX-License-Identifier: GPL-3.0-or-later
// Values out of a report that anyone may have written, and pieces of HTML that no value can break.
#include "manifest/card_internal.h"

#include <math.h>
#include <string.h>

static const json_t *value_of(struct card *card, const json_t *from, const char *name, const char *kind,
                              bool (*is)(const json_t *))
{
    const json_t *value = json_object_get(from, name);
    if (!value || json_is_null(value))
        return NULL;
    if (is(value))
        return value;
    if (card->code == 0)
        card->code = error_set(card->error, ERROR_FORMAT, "\"%s\" of the report must be %s", name, kind);
    return NULL;
}

// jansson has these as macros only
static bool is_object(const json_t *value)
{
    return json_is_object(value);
}
static bool is_list(const json_t *value)
{
    return json_is_array(value);
}
static bool is_text(const json_t *value)
{
    return json_is_string(value);
}
static bool is_number(const json_t *value)
{
    return json_is_number(value);
}
static bool is_flag(const json_t *value)
{
    return json_is_boolean(value);
}

const json_t *card_object(struct card *card, const json_t *from, const char *name)
{
    return value_of(card, from, name, "an object in braces", is_object);
}

const json_t *card_list(struct card *card, const json_t *from, const char *name)
{
    return value_of(card, from, name, "a list in brackets", is_list);
}

const char *card_text(struct card *card, const json_t *from, const char *name)
{
    return json_string_value(value_of(card, from, name, "a text in quotes", is_text));
}

bool card_number(struct card *card, const json_t *from, const char *name, double *value)
{
    const json_t *number = value_of(card, from, name, "a number", is_number);
    *value = json_number_value(number);
    return number != NULL;
}

bool card_flag(struct card *card, const json_t *from, const char *name, bool absent)
{
    const json_t *flag = value_of(card, from, name, "true or false", is_flag);
    return flag ? json_is_true(flag) : absent;
}

bool card_interval(struct card *card, const json_t *from, const char *name, struct interval *interval)
{
    const json_t *pair = card_list(card, from, name), *low = json_array_get(pair, 0), *high = json_array_get(pair, 1);
    if (!pair)
        return false;
    if (json_array_size(pair) != 2 || !json_is_number(low) || !(json_is_number(high) || json_is_null(high))) {
        if (card->code == 0)
            card->code = error_set(card->error, ERROR_FORMAT, "\"%s\" of the report must be two numbers", name);
        return false;
    }
    *interval = (struct interval){json_number_value(low), json_is_null(high) ? INFINITY : json_number_value(high)};
    return true;
}

void card_escape(struct card *card, const char *text)
{
    static const struct {
        const char *from, *to;
    } rows[] = {{"&", "&amp;"},
                {"<", "&lt;"},
                {">", "&gt;"},
                {"\"", "&quot;"},
                {"'", "&#39;"},
                {"\x7f", "\xef\xbf\xbd"},
                {"\xef\xbf\xbe", "\xef\xbf\xbd"},
                {"\xef\xbf\xbf", "\xef\xbf\xbd"}}; // XML has no U+FFFE and U+FFFF
    while (text && *text) {
        size_t i = 0;
        while (i < COUNT_OF(rows) && strncmp(text, rows[i].from, strlen(rows[i].from)) != 0)
            i++;
        if (i < COUNT_OF(rows))
            buffer_append(&card->out, rows[i].to, strlen(rows[i].to));
        else // nor control characters
            buffer_append(&card->out, (unsigned char)*text < ' ' ? " " : text, 1);
        text += i < COUNT_OF(rows) ? strlen(rows[i].from) : 1;
    }
}

void card_heading(struct card *card, const char *title)
{
    buffer_print(&card->out, "<h2>%s</h2>\n", title);
}

void card_table(struct card *card, const char *caption, const char *const *heads, size_t count)
{
    buffer_print(&card->out, "<div class=\"wide\"><table><caption>%s</caption>\n<thead><tr>", caption);
    for (size_t i = 0; i < count; i++)
        buffer_print(&card->out, "<th scope=\"col\">%s</th>", heads[i]);
    buffer_print(&card->out, "</tr></thead>\n<tbody>\n");
}

void card_table_end(struct card *card)
{
    buffer_print(&card->out, "</tbody></table></div>\n");
}

void card_section(struct card *card, const char *title)
{
    buffer_print(&card->out, "<section>\n");
    card_heading(card, title);
}

void card_section_end(struct card *card)
{
    buffer_print(&card->out, "</section>\n");
}

void card_share(struct card *card, double share)
{
    buffer_print(&card->out, "%.1f %%", 100 * share);
}

void card_cell(struct card *card, const json_t *from, const char *name, int decimals)
{
    double value;
    buffer_print(&card->out, "<td>");
    if (card_number(card, from, name, &value) && decimals == CELL_PERCENT)
        card_share(card, value);
    else if (json_is_number(json_object_get(from, name)))
        buffer_print(&card->out, "%.*f", decimals, value);
    buffer_print(&card->out, "</td>");
}

static void range_cell(struct card *card, const json_t *from, const char *name, int decimals)
{
    struct interval interval;
    buffer_print(&card->out, "<td>");
    if (card_interval(card, from, name, &interval)) {
        if (decimals == CELL_PERCENT)
            buffer_print(&card->out, "%.1f to %.1f %%", 100 * interval.low, 100 * interval.high);
        else if (isfinite(interval.high))
            buffer_print(&card->out, "%.*f to %.*f", decimals, interval.low, decimals, interval.high);
        else
            buffer_print(&card->out, "%.*f to unknown", decimals, interval.low);
    }
    buffer_print(&card->out, "</td>");
}

void card_columns(struct card *card, const char *caption, const char *first, const struct card_column *columns,
                  size_t count)
{
    const char *heads[CARD_MOST_COLUMNS + 1] = {first};
    for (size_t i = 0; i < count; i++)
        heads[i + 1] = columns[i].head;
    card_table(card, caption, heads, count + 1);
}

void card_cells(struct card *card, const json_t *row, const struct card_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (columns[i].interval ? range_cell : card_cell)(card, row, columns[i].name, columns[i].decimals);
}
