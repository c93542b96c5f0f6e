// SPDX-License-Identifier: GPL-3.0-or-later
// The report card: one section a function, plain words first, the numbers behind them. What a report does not have
// is left out.
#include "manifest/card_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAGE = 32 << 20 }; // every byte of a report becomes at most six

const char *const card_levels[3] = {"slightly", "moderately", "very"};

// The colours of the web page.
static const char style[] =
    ":root{color-scheme:light dark;--page:#f6f5f1;--card:#fff;--ink:#1d2330;--muted:#565d6b;--line:#dedad1;"
    "--accent:#2456b8;--soft:#e6edfa;--warn:#7f5200;--warn-soft:#fcf0d6}\n"
    "@media (prefers-color-scheme:dark){:root{--page:#14171c;--card:#1c2027;--ink:#e8eaee;--muted:#a7aebb;"
    "--line:#323843;--accent:#8fb5ff;--soft:#22304b;--warn:#f1c268;--warn-soft:#3a2e14}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif}\n"
    "main{width:min(100% - 24px,880px);margin:0 auto;padding:24px 0 64px;display:grid;gap:16px;"
    "grid-template-columns:minmax(0,1fr)}\n"
    "section{padding:20px 24px;border:1px solid var(--line);border-radius:12px;background:var(--card)}"
    "h1,h2,p,ul,dl,dd{margin:0;padding:0}h1{font-size:28px;line-height:36px}h2{font-size:18px}"
    "section p,section ul,section dl,section .wide,section "
    ".plot{margin-top:8px}.muted,caption,th,dt{color:var(--muted)}ul{padding-left:20px}\n"
    ".verdict{font-size:22px;line-height:32px;font-weight:650}"
    ".note{padding:8px 12px;border-radius:8px;background:var(--warn-soft);color:var(--warn)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:left;font-size:14px}"
    "th,td{padding:8px 12px 8px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);"
    "overflow-wrap:normal;white-space:nowrap;font-variant-numeric:tabular-nums}th{font-size:14px;font-weight:600}"
    "tbody th{white-space:normal;min-width:120px}tr.chosen{background:var(--soft)}\n"
    "dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 16px}dt{font-size:14px}"
    "code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}\n"
    "@media (max-width:600px){section{padding:16px}dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:8px}}\n"
    ".plot{display:block;width:100%;height:auto}.plot text{fill:var(--muted);font-size:13px}"
    ".grid{stroke:var(--line)}.curve{fill:none;stroke:var(--accent);stroke-width:2.5}"
    ".bar{fill:var(--accent)}.cut{stroke:var(--warn);stroke-width:2;stroke-dasharray:5 4}"
    ".mark{fill:var(--card);stroke:var(--accent);stroke-width:3}\n"
    // Paper has no scroll bar: cells wrap instead. Sections may go on overleaf; a row, a picture, a heading's first
    // lines do not.
    "@media print{:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--muted:#444;--line:#bbb;"
    "--accent:#2456b8;--soft:#fff;--warn:#7f5200;--warn-soft:#fff}@page{margin:14mm}body{font-size:13px}"
    "main{display:block;width:100%;padding:0}section{margin-bottom:10px;padding:12px 16px}"
    "h2,caption,thead{break-after:avoid}tr,.plot,dl,section:has(.plot){break-inside:avoid}.plot{max-height:60mm}.wide{"
    "overflow:visible}"
    "th,td{padding:4px 8px 4px 0;white-space:normal;overflow-wrap:break-word;font-size:12px}tbody th{min-width:0}}\n";

// ---- words for numbers -----------------------------------------------------------------------------------------

// Whole calls of 100; 100 only when none was missed, 0 only when none was heard.
static double of_100(double recall)
{
    double rounded = round(100 * recall);
    return rounded >= 100 && recall < 1 ? 99 : rounded <= 0 && recall > 0 ? 1 : rounded;
}

static void print_stretch(struct card *card, double hours)
{
    if (hours < 1)
        buffer_print(&card->out, "%.0f minutes", ceil(60 * hours));
    else if (hours < 48)
        buffer_print(&card->out, "%.3g hours", hours);
    else
        buffer_print(&card->out, "%.0f days", hours / 24);
}

static void print_times(struct card *card, double count)
{
    if (count == 1)
        buffer_print(&card->out, "once");
    else
        buffer_print(&card->out, "%.0f times", count);
}

// ---- sections --------------------------------------------------------------------------------------------------

// The level that the manifest carries; NULL in a report without figures.
static const json_t *published(struct card *card)
{
    return card_object(card, card_object(card, card->report, "sensitivities"), "moderately");
}

static const char *name_of(struct card *card)
{
    const char *phrase = card_text(card, card->report, "phrase"), *id = card_text(card, card->report, "id");
    return phrase ? phrase : id ? id : "a wake word";
}

static void print_head(struct card *card)
{
    const char *language = card_text(card, card->report, "language");
    buffer_print(&card->out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                             "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
                             "initial-scale=1\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
                             "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>Report: ");
    card_escape(card, name_of(card));
    buffer_print(&card->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n<h1><bdi", style);
    if (language) {
        buffer_print(&card->out, " lang=\"");
        card_escape(card, language);
        buffer_print(&card->out, "\"");
    }
    buffer_print(&card->out, ">");
    card_escape(card, name_of(card));
    buffer_print(&card->out, "</bdi></h1>\n<p class=\"muted\">Report card of a wake word model</p>\n</header>\n");
}

static void print_verdict(struct card *card)
{
    const json_t *level = published(card);
    double recall, count = 0, hours = 0, high;
    struct interval rate = {0, INFINITY};
    bool heard = card_number(card, level, "recall", &recall), woke = card_number(card, level, "false_accepts", &count);
    bool tried = card_number(card, card_object(card, card->report, "held_out"), "hours", &hours) && hours > 0;
    card_section(card, "In one sentence");
    if (heard) {
        buffer_print(&card->out, "<p class=\"verdict\">It hears %.0f of 100 calls", of_100(recall));
        if (woke && tried) {
            buffer_print(&card->out, "%s", count > 0 ? ", and woke by mistake " : ", and did not wake by mistake");
            if (count > 0)
                print_times(card, count);
            buffer_print(&card->out, " in ");
            print_stretch(card, hours);
            buffer_print(&card->out, " of other sound");
        }
        buffer_print(&card->out, ".</p>\n");
    } else {
        buffer_print(&card->out, "<p class=\"verdict\">This report does not say how often the model hears its "
                                 "word.</p>\n");
    }
    if (!card_flag(card, level, "target_met", true))
        buffer_print(&card->out, "<p class=\"note\">The wish of so few false wakes could not be met; this is the best "
                                 "trade-off found.</p>\n");
    high = card_interval(card, level, "per_hour_interval", &rate) ? rate.high : 0;
    if (high > 3)
        buffer_print(&card->out, "<p class=\"note\">Too little sound was tried to know how often it wakes by mistake: "
                                 "take that figure as a guess.</p>\n");
    card_section_end(card);
}

static void print_hearing(struct card *card)
{
    const json_t *level = published(card);
    double recall, clips, detected, float_recall;
    struct interval interval;
    if (!card_number(card, level, "recall", &recall))
        return;
    card_section(card, "What it hears");
    buffer_print(&card->out, "<p>");
    if (card_number(card, level, "detected", &detected) && card_number(card, level, "clips", &clips))
        buffer_print(&card->out, "%.0f of %.0f calls were heard: ", detected, clips);
    card_share(card, recall);
    if (card_interval(card, level, "recall_interval", &interval))
        buffer_print(&card->out, ", and with 95 %% confidence %.1f to %.1f %% of such calls", 100 * interval.low,
                     100 * interval.high);
    buffer_print(&card->out,
                 ".</p>\n<p>The calls are spoken by computer voices that training never heard, in simulated "
                 "rooms, half of them with people talking in the background. Real people are not in this "
                 "figure: <code>wakesmith evaluate MODEL --positives FOLDER</code> measures them.</p>\n");
    if (card_number(card, card->report, "float_recall", &float_recall))
        buffer_print(&card->out,
                     "<p class=\"muted\">Before it was made small for the device, the network heard %.1f %% "
                     "of them.</p>\n",
                     100 * float_recall);
    card_section_end(card);
}

static void print_waking(struct card *card)
{
    const json_t *level = published(card), *held = card_object(card, card->report, "held_out");
    double count, per_hour, hours, real;
    struct interval interval;
    if (!card_number(card, level, "false_accepts", &count) || !card_number(card, level, "per_hour", &per_hour))
        return;
    card_section(card, "What wakes it");
    buffer_print(&card->out, "<p>%s", count > 0 ? "It woke by mistake " : "It did not wake by mistake");
    if (count > 0)
        print_times(card, count);
    if (card_number(card, held, "hours", &hours)) {
        buffer_print(&card->out, " in ");
        print_stretch(card, hours);
        buffer_print(&card->out, " of sound without the word");
    }
    buffer_print(&card->out, ": %.2f times an hour", per_hour);
    if (card_interval(card, level, "per_hour_interval", &interval) && isfinite(interval.high))
        buffer_print(&card->out, "; with 95 %% confidence it is %.2f to %.2f", interval.low, interval.high);
    buffer_print(&card->out, ".</p>\n");
    if (card_number(card, held, "real_hours", &real) && real >= .01) {
        buffer_print(&card->out, "<p>");
        print_stretch(card, real);
        buffer_print(&card->out, " of that are recordings; the rest is synthetic speech. None of it was used in "
                                 "training.</p>\n");
    } else {
        buffer_print(&card->out, "<p>All of that is synthetic speech that was not used in training: real speech, music "
                                 "and noise may wake it more often.</p>\n");
    }
    card_section_end(card);
}

static void print_levels(struct card *card)
{
    static const struct card_column columns[] = {{"Cutoff", "cutoff", CELL_CUTOFF, false},
                                                 {"Hears", "recall", CELL_PERCENT, false},
                                                 {"95 % interval", "recall_interval", CELL_PERCENT, true},
                                                 {"Mistakes", "false_accepts", CELL_COUNT, false},
                                                 {"Times an hour", "per_hour", CELL_RATE, false},
                                                 {"95 % interval", "per_hour_interval", CELL_RATE, true}};
    const json_t *levels = card_object(card, card->report, "sensitivities");
    if (!levels)
        return;
    card_section(card, "Three sensitivities");
    card_columns(card, "The middle one is in the manifest; a device can change between them while it runs.",
                 "Sensitivity", columns, COUNT_OF(columns));
    for (size_t i = 0; i < COUNT_OF(card_levels); i++) {
        const json_t *level = card_object(card, levels, card_levels[i]);
        if (!level)
            continue;
        buffer_print(&card->out, "<tr%s><th scope=\"row\">%s</th>", i == 1 ? " class=\"chosen\"" : "", card_levels[i]);
        card_cells(card, level, columns, COUNT_OF(columns));
        buffer_print(&card->out, "</tr>\n");
    }
    card_table_end(card);
    card_section_end(card);
}

// "kokoro: 120 clips by 24 voices"
static void print_engines(struct card *card, const json_t *engines)
{
    const char *between = "";
    for (void *at = json_object_iter((json_t *)engines); at; at = json_object_iter_next((json_t *)engines, at)) {
        double clips, voices;
        const json_t *engine = card_object(card, engines, json_object_iter_key(at));
        buffer_print(&card->out, "%s", between);
        card_escape(card, json_object_iter_key(at));
        if (card_number(card, engine, "clips", &clips))
            buffer_print(&card->out, ": %.0f clips", clips);
        if (card_number(card, engine, "voices", &voices))
            buffer_print(&card->out, " by %.0f %s", voices, voices == 1 ? "voice" : "voices");
        between = "<br/>";
    }
}

static void print_voices(struct card *card)
{
    static const struct {
        const char *name, *words;
    } corpora[] = {{"words", "the wake word"},
                   {"neural", "the wake word, by neural voices"},
                   {"accents", "the wake word, with accents"},
                   {"near", "words that sound like it"},
                   {"near_neural", "words that sound like it, by neural voices"},
                   {"sentences", "sentences without it"},
                   {"held_words", "the wake word, kept for judging"},
                   {"held_near", "words that sound like it, kept for judging"},
                   {"held_sentences", "sentences, kept for judging"}};
    static const char *const heads[] = {"What is said", "Clips", "Voice groups", "Share of training", "Spoken by"};
    const json_t *speech = card_object(card, card->report, "speech");
    if (json_object_size(speech) == 0)
        return;
    card_section(card, "The mix of voices");
    card_table(card, "Who spoke what; a share is how often training hears it among its kind.", heads, COUNT_OF(heads));
    for (void *at = json_object_iter((json_t *)speech); at; at = json_object_iter_next((json_t *)speech, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *corpus = card_object(card, speech, name);
        for (size_t i = 0; i < COUNT_OF(corpora); i++)
            if (strcmp(corpora[i].name, json_object_iter_key(at)) == 0)
                name = corpora[i].words;
        buffer_print(&card->out, "<tr><th scope=\"row\">");
        card_escape(card, name);
        buffer_print(&card->out, "</th>");
        card_cell(card, corpus, "clips", CELL_COUNT);
        card_cell(card, corpus, "voice_groups", CELL_COUNT);
        card_cell(card, corpus, "share", CELL_PERCENT);
        buffer_print(&card->out, "<td>");
        print_engines(card, card_object(card, corpus, "engines"));
        buffer_print(&card->out, "</td></tr>\n");
    }
    card_table_end(card);
    double people;
    if (card_number(card, card->report, "personal_clips", &people) && people > 0)
        buffer_print(&card->out, "<p>%.0f recordings of people were used in training.</p>\n", people);
    card_section_end(card);
}

static void print_training(struct card *card)
{
    static const char *const heads[] = {
        "Seed", "Weight of near misses", "Heard of calls kept back", "Near misses that wake it", "Loss", "Chosen"};
    const json_t *seeds = card_list(card, card->report, "training"),
                 *options = card_object(card, card->report, "options");
    const char *preset = card_text(card, options, "preset");
    double steps, seconds;
    if (!seeds && !options)
        return;
    card_section(card, "Training");
    buffer_print(&card->out, "<p>");
    if (preset) {
        buffer_print(&card->out, "Preset ");
        card_escape(card, preset);
        buffer_print(&card->out, ". ");
    }
    if (card_number(card, options, "training_steps", &steps))
        buffer_print(&card->out, "%.0f steps. ", steps);
    if (json_array_size(seeds) > 1)
        buffer_print(&card->out, "Of %zu networks the best one was taken. ", json_array_size(seeds));
    if (card_number(card, card->report, "seconds", &seconds)) {
        buffer_print(&card->out, "The last call of training took ");
        print_stretch(card, seconds / 3600);
        buffer_print(&card->out, ".");
    }
    buffer_print(&card->out, "</p>\n");
    if (json_array_size(seeds) > 0) {
        card_table(card, "Networks that were trained", heads, COUNT_OF(heads));
        for (size_t i = 0; i < json_array_size(seeds); i++) {
            const json_t *seed = json_array_get(seeds, i);
            bool chosen = card_flag(card, seed, "chosen", false);
            buffer_print(&card->out, "<tr%s><th scope=\"row\">%zu</th>", chosen ? " class=\"chosen\"" : "", i + 1);
            card_cell(card, seed, "near_weight", CELL_CUTOFF);
            card_cell(card, seed, "held_recall", CELL_PERCENT);
            card_cell(card, seed, "near_accepted", CELL_PERCENT);
            card_cell(card, seed, "loss", CELL_CUTOFF);
            buffer_print(&card->out, "<td>%s</td></tr>\n", chosen ? "yes" : "");
        }
        card_table_end(card);
    }
    card_section_end(card);
}

static void print_device(struct card *card)
{
    static const struct {
        const char *name, *label, *unit;
        double times;
        int decimals;
    } rows[] = {{"model_bytes", "Size of the model", " KiB", 1.0 / 1024, 1},
                {"arena", "Memory on the device (arena)", " KiB", 1.0 / 1024, 1},
                {"macs_per_step", "Multiplications a step", "", 1, 0},
                {"int8_mean_difference", "Change of the probability by rounding to 8 bits, on average", "", 1, 4}};
    card_section(card, "On the device");
    buffer_print(&card->out, "<dl>\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double value;
        if (card_number(card, card->report, rows[i].name, &value))
            buffer_print(&card->out, "<dt>%s</dt><dd>%.*f%s</dd>\n", rows[i].label, rows[i].decimals,
                         rows[i].times * value, rows[i].unit);
    }
    buffer_print(&card->out, "</dl>\n");
    card_section_end(card);
}

static void print_caveats(struct card *card)
{
    const json_t *caveats = card_list(card, card->report, "caveats");
    if (json_array_size(caveats) == 0)
        return;
    card_section(card, "What was not measured");
    buffer_print(&card->out, "<ul>\n");
    for (size_t i = 0; i < json_array_size(caveats); i++) {
        const json_t *sentence = json_array_get(caveats, i);
        if (!json_is_string(sentence) && card->code == 0)
            card->code = error_set(card->error, ERROR_FORMAT, "\"caveats\" of the report must hold texts in quotes");
        buffer_print(&card->out, "<li>");
        card_escape(card, json_string_value(sentence));
        buffer_print(&card->out, "</li>\n");
    }
    buffer_print(&card->out, "</ul>\n");
    card_section_end(card);
}

static void print_term(struct card *card, const char *term, const char *value)
{
    if (!value)
        return;
    buffer_print(&card->out, "<dt>");
    card_escape(card, term);
    buffer_print(&card->out, "</dt><dd><code>");
    card_escape(card, value);
    buffer_print(&card->out, "</code></dd>\n");
}

static void print_origin(struct card *card)
{
    static const struct {
        const char *name, *label;
    } rows[] = {{"wakesmith", "Wakesmith"},
                {"id", "Name of the files"},
                {"language", "Language"},
                {"model_sha256", "SHA-256 of the model"}};
    const json_t *signatures = card_object(card, card->report, "signatures");
    card_section(card, "Where it comes from");
    buffer_print(&card->out, "<p class=\"muted\">The same inputs have the same signatures, and give the same "
                             "bytes.</p>\n<dl>\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        print_term(card, rows[i].label, card_text(card, card->report, rows[i].name));
    for (void *at = json_object_iter((json_t *)signatures); at; at = json_object_iter_next((json_t *)signatures, at)) {
        buffer_print(&card->out, "<dt>Inputs of ");
        card_escape(card, json_object_iter_key(at));
        buffer_print(&card->out, "</dt><dd><code>");
        card_escape(card, card_text(card, signatures, json_object_iter_key(at)));
        buffer_print(&card->out, "</code></dd>\n");
    }
    buffer_print(&card->out, "</dl>\n");
    card_section_end(card);
}

// ---- the page --------------------------------------------------------------------------------------------------

static int print_page(const json_t *report, char **page, size_t *size, struct error *error)
{
    static void (*const sections[])(struct card *) = {
        print_head,  print_verdict, print_hearing,  card_heard_by, print_waking, card_woken_by, print_levels, card_roc,
        card_scores, print_voices,  print_training, card_curves,   print_device, print_caveats, print_origin};
    struct card card = {.report = report, .error = error};
    buffer_init(&card.out, MAX_PAGE);
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        sections[i](&card);
    buffer_print(&card.out, "</main>\n</body>\n</html>\n");
    if (card.code == 0 && card.out.failed)
        card.code = error_memory(error, "the report's page");
    if (card.code < 0) {
        buffer_free(&card.out);
        return card.code;
    }
    *page = card.out.data;
    *size = card.out.size;
    return 0;
}

int card_page(const char *json, size_t size, char **page, size_t *page_size, struct error *error)
{
    if (size > CARD_MAX_REPORT)
        return error_set(error, ERROR_FORMAT, "the report is larger than %d MiB", CARD_MAX_REPORT >> 20);
    json_error_t at;
    json_t *report = json_loadb(json, size, JSON_REJECT_DUPLICATES, &at);
    if (!report)
        return error_set(error, ERROR_FORMAT, "no JSON, line %d: %s", at.line, at.text);
    int code = json_is_object(report) && json_object_get(report, "wakesmith")
                   ? print_page(report, page, page_size, error)
                   : error_set(error, ERROR_FORMAT, "this is no report of Wakesmith: the key \"wakesmith\" is missing");
    json_decref(report);
    return code;
}

int card_read(const char *report_path, char **page, size_t *page_size, struct error *error)
{
    void *json = NULL;
    size_t size;
    TRY(file_read(report_path, CARD_MAX_REPORT, &json, &size, error));
    int code = card_page(json, size, page, page_size, error);
    free(json);
    return code < 0 ? error_prefix(error, "%s", report_path) : 0;
}

int card_write(const char *report_path, const char *page_path, struct error *error)
{
    char *page = NULL;
    size_t size;
    TRY(card_read(report_path, &page, &size, error));
    int code = file_write(page_path, page, size, error);
    free(page);
    return code;
}

char *card_path_for(const char *report_path)
{
    size_t stem = strlen(report_path);
    if (text_ends_with(report_path, ".json"))
        stem -= strlen(".json");
    return text_print("%.*s.html", (int)stem, report_path);
}
