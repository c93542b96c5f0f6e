// SPDX-License-Identifier: GPL-3.0-or-later
// Which packages of Debian main bring sound that a wake word must not wake on. Never one that the project's own
// measurements are made with (docs/data.md).
#include "collection/collection_internal.h"

#include <ctype.h>
#include <string.h>

#define SPEECH COLLECTION_SPEECH
#define MUSIC COLLECTION_MUSIC
#define NOISE COLLECTION_NOISE
#define NOTHING COLLECTION_KINDS
enum { SONG = 150 }; // seconds of a song that are enough

const struct package_rule package_rules[] = {
    // a talking adventure: hours of dialogue by many English actors
    {"flight-of-the-amazon-queen", "*queen.1c.talkie/*.mp3", SPEECH, "en", 0},
    {"fillets-ng-data", "*/sound/*/en/*.ogg", SPEECH, "en", 0},
    {"fillets-ng-data", "*/music/*.ogg", MUSIC, "-", SONG},
    {"fillets-ng-data", "*/sound/*.ogg", NOISE, "-", 0},
    {"fillets-ng-data-nl", "*/sound/*/nl/*.ogg", SPEECH, "nl", 0},
    {"klettres-data", "*/klettres/{}/*.ogg", SPEECH, NULL, 0},
    {"ktuberling-data", "*/ktuberling/sounds/{}/*", SPEECH, NULL, 0},
    {"qabcs-data", "*/abcs/all/*.ogg", NOISE, "-", 0},
    {"qabcs-data", "*/abcs/{}/*.ogg", SPEECH, NULL, 0},
    {"tuxpaint-stamps-default", "*_desc_{}.ogg", SPEECH, NULL, 0},
    {"tuxpaint-stamps-default", "*_desc.ogg", SPEECH, "en", 0},
    {"tuxpaint-stamps-default", "*/symbols/*_{}.ogg", SPEECH, NULL, 0},
    {"tuxpaint-stamps-default", "*/symbols/*.ogg", SPEECH, "en", 0},
    {"tuxpaint-stamps-default", "*.ogg", NOISE, "-", 0},
    {"tuxpaint-stamps-default", "*.wav", NOISE, "-", 0},
    {"asterisk-core-sounds-es-wav", "*/silence/*", NOTHING, "-", 0},
    {"asterisk-core-sounds-es-wav", "*.wav", SPEECH, "es", 0},
    {"asterisk-core-sounds-ru-wav", "*/silence/*", NOTHING, "-", 0},
    {"asterisk-core-sounds-ru-wav", "*.wav", SPEECH, "ru", 0},
    {"asterisk-prompt-fr-armelle", "*.gsm", SPEECH, "fr", 0},
    {"asterisk-prompt-es-co", "*.gsm", SPEECH, "es", 0},
    {"gcin-voice", "*.ogg", SPEECH, "zh", 0},
    {"kajongg", "*/voices/de/*.ogg", SPEECH, "de", 0},
    {"kajongg", "*/voices/*.ogg", SPEECH, "en", 0},
    {"codec2-examples", "*/codec2/*.wav", SPEECH, "en", 0},
    {"freedroidrpg-data", "*/voice_samples/*.ogg", SPEECH, "-", 0},
    {"freedroidrpg-data", "*/tux_ingame_comments/*.ogg", SPEECH, "-", 0},
    {"freedroidrpg-data", "*/music/*.ogg", MUSIC, "-", SONG},
    {"freedroidrpg-data", "*/sound/*.ogg", NOISE, "-", 0},
    {"megaglest-data", "*/music/*.ogg", MUSIC, "-", SONG},
    {"megaglest-data", "*.ogg", MUSIC, "-", SONG},
    {"megaglest-data", "*/sounds/*.wav", NOISE, "-", 0},
    {"lincity-ng-data", "*/music/*.ogg", MUSIC, "-", SONG},
    {"lincity-ng-data", "*/sounds/*.wav", NOISE, "-", 0},
    {"nexuiz-music", "*.ogg", MUSIC, "-", SONG},
    {"warzone2100-music", "*.opus", MUSIC, "-", SONG},
    {"drascula-music", "*.ogg", MUSIC, "-", SONG},
    {"sonic-pi-samples", "*/samples/*.flac", NOISE, "-", 0},
    {"tuxpaint-data", "*/sounds/*.wav", NOISE, "-", 0},
};
const size_t package_rule_count = COUNT_OF(package_rules);

// A language code at `path`: two or three small letters. Returns its length, 0: there is none.
static size_t code_length(const char *path)
{
    size_t length = 0;
    while (path[length] >= 'a' && path[length] <= 'z')
        length++;
    return length == 2 || length == 3 ? length : 0;
}

bool pattern_fits(const char *pattern, const char *path, char language[8])
{
    if (!*pattern)
        return !*path;
    if (*pattern == '*') {
        for (;; path++) {
            if (pattern_fits(pattern + 1, path, language))
                return true;
            if (!*path)
                return false;
        }
    }
    if (strncmp(pattern, "{}", 2) == 0) {
        size_t code = code_length(path), end = code;
        if (!code)
            return false;
        while (path[end] && (isalpha((unsigned char)path[end]) || path[end] == '_' || path[end] == '@'))
            end++; // a country, a script
        if (!pattern_fits(pattern + 2, path + end, language))
            return false;
        memcpy(language, path, code);
        language[code] = 0;
        return true;
    }
    return *pattern == *path && pattern_fits(pattern + 1, path + 1, language);
}

const struct package_rule *package_rule_for(const char *package, const char *path, char language[8])
{
    for (size_t i = 0; i < package_rule_count; i++) {
        const struct package_rule *rule = &package_rules[i];
        if (strcmp(rule->package, package) != 0 || !pattern_fits(rule->pattern, path, language))
            continue;
        if (rule->language)
            strcpy(language, rule->language);
        return rule->kind == NOTHING ? NULL : rule;
    }
    return NULL;
}
