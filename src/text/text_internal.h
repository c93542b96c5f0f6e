// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_TEXT_INTERNAL_H
#define WAKESMITH_TEXT_INTERNAL_H

#include "text/text.h"

enum { TEXT_INVALID = -1, TEXT_MOST_CHARACTERS = 200 };

// Reads the code point at *at and moves *at behind it; 0 at the end (without moving), TEXT_INVALID for a byte
// that is no UTF-8 (moves one byte).
int32_t text_next(const char **at);

enum text_class { TEXT_LETTER, TEXT_NUMBER, TEXT_MARK, TEXT_SPACE, TEXT_CONTROL, TEXT_OTHER };
enum text_class text_class_of(int32_t character);

// [*begin, *end) of `text` without white space around it.
void text_trimmed(const char *text, const char **begin, const char **end);

// Valid UTF-8, at most 200 characters, no control characters. `what` names the option for the message.
int text_check(const char *text, const char *what, struct error *error);

#endif
