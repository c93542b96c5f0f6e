// SPDX-License-Identifier: GPL-3.0-or-later
// text: from a phrase to its language, its safe id and its title. One table of languages.
#ifndef WAKESMITH_TEXT_H
#define WAKESMITH_TEXT_H

#include "base/base.h"

// One row a language. Adding a language is adding a row to text_languages (docs/languages.md).
struct language {
    const char *code;       // "en", as in the manifest's trained_languages
    const char *other_code; // another one that espeak-ng or a neural voice has for it ("no" of "nb"), or ""
    const char *name;       // for people, in English
    const char *own_name;   // in the language itself
    const char *script;     // "Latin", "Cyrillic", "Han", "Arabic", ...
    const char *letters;    // `auto` recognises the language by them: pairs of a first and a last character, or ""
    const char *espeak;     // voice of espeak-ng
    bool keep_title;        // the title is the phrase as typed (not "Hey Jarvis" from "hey jarvis")
    const char *voices;     // neural voices to fetch for it: names of the catalogue or of Piper's, or ""
};
extern const struct language text_languages[];
extern const size_t text_language_count;

// By code ("en", any case; "auto" gives NULL and no error). ERROR_USAGE names --lang and what is possible.
int text_language_named(const char *code, const struct language **language, struct error *error);
// "auto en ru ...": all that --lang may be.
enum { TEXT_CODES_SIZE = 440 };
void text_language_codes(char codes[TEXT_CODES_SIZE]);
// By the letters of the phrase; English when none decides.
const struct language *text_language_of(const char *phrase);

// Valid UTF-8, at most 200 characters, no control characters. `what` names the option for the message.
enum { TEXT_MOST_CHARACTERS = 200 };
int text_check(const char *text, const char *what, struct error *error);
// Checks that `phrase` is valid UTF-8, has a letter or digit, has no control character, is at most 200 characters.
int text_check_phrase(const char *phrase, struct error *error);

// The one id rule (spec: 6.4): [a-z0-9][a-z0-9_]*, at most 57 bytes, stable when applied again.
enum { TEXT_ID_SIZE = 58 };
void text_safe_id(const char *phrase, char id[TEXT_ID_SIZE]);

// The manifest's wake_word: `given` if not NULL, else by the language's rule. Caller frees *title.
// ERROR_USAGE for "vad", which ESPHome reserves.
int text_title(const char *phrase, const char *given, const struct language *language, char **title,
               struct error *error);

// The phrase as a synthesiser should get it: NFC, white space collapsed. Caller frees *spoken.
int text_spoken(const char *phrase, char **spoken, struct error *error);

#endif
