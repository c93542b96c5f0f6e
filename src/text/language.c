// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/text_internal.h"

#include <string.h>
#include <strings.h>

// Titles are kept as typed where capitals do not exist or where the reference trainer keeps them.
const struct language text_languages[] = {
    // code, name, script, espeak-ng voice, title kept
    {"en", "English", "Latin", "gmw/en-US", false},  {"ru", "Russian", "Cyrillic", "zle/ru", true},
    {"uk", "Ukrainian", "Cyrillic", "zle/uk", true}, {"de", "German", "Latin", "gmw/de", false},
    {"fr", "French", "Latin", "roa/fr", false},      {"es", "Spanish", "Latin", "roa/es", false},
    {"it", "Italian", "Latin", "roa/it", false},     {"pl", "Polish", "Latin", "zlw/pl", false},
    {"nl", "Dutch", "Latin", "gmw/nl", false},       {"pt", "Portuguese", "Latin", "roa/pt", false},
    {"sv", "Swedish", "Latin", "gmq/sv", false},     {"da", "Danish", "Latin", "gmq/da", false},
    {"nb", "Norwegian", "Latin", "gmq/nb", false},   {"fi", "Finnish", "Latin", "urj/fi", false},
    {"cs", "Czech", "Latin", "zlw/cs", false},       {"sk", "Slovak", "Latin", "zlw/sk", false},
    {"hu", "Hungarian", "Latin", "urj/hu", false},   {"ro", "Romanian", "Latin", "roa/ro", false},
    {"el", "Greek", "Greek", "grk/el", false},       {"tr", "Turkish", "Latin", "trk/tr", false},
    {"ar", "Arabic", "Arabic", "sem/ar", true},      {"he", "Hebrew", "Hebrew", "sem/he", true},
    {"fa", "Persian", "Arabic", "ira/fa", true},     {"hi", "Hindi", "Devanagari", "inc/hi", true},
    {"zh", "Chinese", "Han", "sit/cmn", true},       {"ja", "Japanese", "Kana", "jpx/ja", true},
    {"ko", "Korean", "Hangul", "ko", true},          {"vi", "Vietnamese", "Latin", "aav/vi", false},
    {"id", "Indonesian", "Latin", "poz/id", false},
};
const size_t text_language_count = COUNT_OF(text_languages);

// Which characters decide for a language. The earliest row that any character of the phrase falls into wins:
// letters that one language alone has come before the script, kana before the Han characters that Japanese shares.
static const struct {
    int32_t first, last;
    const char *code;
} deciding[] = {
    {0x404, 0x404, "uk"},     {0x406, 0x407, "uk"},   {0x454, 0x454, "uk"},   {0x456, 0x457, "uk"},
    {0x490, 0x491, "uk"},     {0x401, 0x401, "ru"},   {0x410, 0x44f, "ru"},   {0x451, 0x451, "ru"},
    {0x3041, 0x30ff, "ja"},   {0x31f0, 0x31ff, "ja"}, {0xff66, 0xff9f, "ja"}, {0xac00, 0xd7a3, "ko"},
    {0x1100, 0x11ff, "ko"},   {0x3130, 0x318f, "ko"}, {0x4e00, 0x9fff, "zh"}, {0x3400, 0x4dbf, "zh"},
    {0x20000, 0x323af, "zh"}, {0xf900, 0xfaff, "zh"}, {0x620, 0x6ff, "ar"},   {0xfb50, 0xfdff, "ar"},
    {0xfe70, 0xfefc, "ar"},   {0x5d0, 0x5ea, "he"},   {0x370, 0x3ff, "el"},   {0x1f00, 0x1fff, "el"},
    {0x900, 0x97f, "hi"},
};

static const struct language *with_code(const char *code)
{
    for (size_t i = 0; i < text_language_count; i++)
        if (strcasecmp(text_languages[i].code, code) == 0)
            return &text_languages[i];
    return NULL;
}

int text_language_named(const char *code, const struct language **language, struct error *error)
{
    *language = NULL;
    if (strcasecmp(code, "auto") == 0)
        return 0;
    *language = with_code(code);
    if (*language)
        return 0;
    error_set(error, ERROR_USAGE, "--lang %.20s is not known; possible are auto", code);
    for (size_t i = 0; i < text_language_count; i++) {
        size_t used = strlen(error->message);
        snprintf(error->message + used, sizeof error->message - used, ", %s", text_languages[i].code);
    }
    return error->code;
}

const struct language *text_language_of(const char *phrase)
{
    size_t best = COUNT_OF(deciding);
    for (int32_t character; (character = text_next(&phrase)) != 0;)
        for (size_t i = 0; i < best; i++)
            if (character >= deciding[i].first && character <= deciding[i].last)
                best = i;
    return with_code(best < COUNT_OF(deciding) ? deciding[best].code : "en");
}
