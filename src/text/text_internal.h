// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef WAKESMITH_TEXT_INTERNAL_H
#define WAKESMITH_TEXT_INTERNAL_H

#include "text/text.h"

enum { TEXT_INVALID = -1 };

// Reads the code point at *at and moves *at behind it; 0 at the end (without moving), TEXT_INVALID for a byte
// that is no UTF-8 (moves one byte).
int32_t text_next(const char **at);

enum text_class { TEXT_LETTER, TEXT_NUMBER, TEXT_MARK, TEXT_SPACE, TEXT_CONTROL, TEXT_OTHER };
enum text_class text_class_of(int32_t character);

// [*begin, *end) of `text` without white space around it.
void text_trimmed(const char *text, const char **begin, const char **end);

#endif
