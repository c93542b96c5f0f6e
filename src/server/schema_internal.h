// SPDX-License-Identifier: GPL-3.0-or-later
// A shape as it is read from its notation: what is checked, and told as JSON Schema.
#ifndef WAKESMITH_SCHEMA_INTERNAL_H
#define WAKESMITH_SCHEMA_INTERNAL_H

#include "server/server_internal.h"

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_INT,
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_NULL,
    SHAPE_FILE,
    SHAPE_ANY,
    SHAPE_WORDS, // the words of the notation end here
    SHAPE_LITERAL,
    SHAPE_NAME,
    SHAPE_LIST,
    SHAPE_OBJECT,
    SHAPE_ONE_OF
};
extern const char *const shape_kind_words[SHAPE_WORDS]; // of the notation

struct member {
    char *key; // of objects; NULL: any key
    bool optional;
    struct shape *shape;
};
struct shape {
    enum shape_kind kind;
    bool bounded;
    double low, high; // of the number, or of the text's length in characters
    char *text;       // literal or name
    struct member *members;
    size_t count; // of members: of an object, of alternatives; 1 for a list
};

// The shape of this name; NULL: there is none.
const struct shape_name *shape_name_find(const char *name, size_t length);

#endif
