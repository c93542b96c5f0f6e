// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes checked against values, and told as JSON Schema.
#include "server/schema_internal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- checking ----------------------------------------------------------------------------------------------

static void describe_bounds(const struct shape *shape, struct buffer *out, const char *unit)
{
    if (!shape->bounded)
        return;
    bool low = isfinite(shape->low), high = isfinite(shape->high);
    const char *before = *unit ? " of" : "";
    if (low && high)
        buffer_print(out, "%s%s %.10g to %.10g%s", before, *unit ? "" : " from", shape->low, shape->high, unit);
    else
        buffer_print(out, "%s at %s %.10g%s", before, low ? "least" : "most", low ? shape->low : shape->high, unit);
}

static void describe(const struct shape *shape, struct buffer *out)
{
    static const char *const words[] = {"a text", "a whole number", "a number", "true or false",
                                        "null",   "a file",         "anything"};
    switch (shape->kind) {
    case SHAPE_LITERAL: buffer_print(out, "\"%s\"", shape->text); break;
    case SHAPE_LIST: buffer_print(out, "a list"); break;
    case SHAPE_NAME:
    case SHAPE_OBJECT: buffer_print(out, "an object"); break;
    case SHAPE_ONE_OF:
        for (size_t i = 0; i < shape->count; i++) {
            buffer_print(out, "%s", i == 0 ? "" : " or ");
            describe(shape->members[i].shape, out);
        }
        break;
    default:
        buffer_print(out, "%s", words[shape->kind]);
        describe_bounds(shape, out, shape->kind == SHAPE_TEXT ? " characters" : "");
    }
}

static bool within(const struct shape *shape, double value)
{
    return !shape->bounded || (value >= shape->low && value <= shape->high);
}

static double characters(const char *text)
{
    double count = 0;
    for (; *text; text++)
        count += (*text & 0xC0) != 0x80;
    return count;
}

static bool matches_single(const struct shape *shape, const json_t *value)
{
    switch (shape->kind) {
    case SHAPE_TEXT: return json_is_string(value) && within(shape, characters(json_string_value(value)));
    case SHAPE_INT: return json_is_integer(value) && within(shape, (double)json_integer_value(value));
    case SHAPE_NUMBER: return json_is_number(value) && within(shape, json_number_value(value));
    case SHAPE_BOOL: return json_is_boolean(value);
    case SHAPE_NULL: return json_is_null(value);
    case SHAPE_FILE: return json_is_true(value);
    case SHAPE_LITERAL: return json_is_string(value) && strcmp(json_string_value(value), shape->text) == 0;
    default: return true;
    }
}

struct place { // where in the value we are, for the sentence
    const struct place *above;
    const char *key;
    size_t index; // when key is NULL
};

static void print_place(const struct place *place, struct buffer *out)
{
    if (!place)
        return;
    print_place(place->above, out);
    if (place->key)
        buffer_print(out, "%s%s", place->above ? "." : "", place->key);
    else
        buffer_print(out, "[%zu]", place->index);
}

static int refuse(const struct shape *shape, const struct place *place, bool missing, struct error *error)
{
    struct buffer where, what;
    buffer_init(&where, 200);
    buffer_init(&what, 200);
    print_place(place, &where);
    describe(shape, &what);
    const char *name = where.size ? where.data : "the body";
    int code = missing ? error_set(error, ERROR_USAGE, "%s is required: %s", name, what.size ? what.data : "a value")
                       : error_set(error, ERROR_USAGE, "%s must be %s", name, what.size ? what.data : "something else");
    buffer_free(&where);
    buffer_free(&what);
    return code;
}

static int check(const struct shape *shape, const json_t *value, const struct place *place, struct error *error);

static const struct member *member_of(const struct shape *shape, const char *key)
{
    const struct member *any = NULL;
    for (size_t i = 0; i < shape->count; i++) {
        if (!shape->members[i].key)
            any = &shape->members[i];
        else if (strcmp(shape->members[i].key, key) == 0)
            return &shape->members[i];
    }
    return any;
}

static int check_object(const struct shape *shape, const json_t *value, const struct place *place, struct error *error)
{
    if (!json_is_object(value))
        return refuse(shape, place, false, error);
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *member = &shape->members[i];
        if (!member->optional && !json_object_get(value, member->key))
            return refuse(member->shape, &(struct place){place, member->key, 0}, true, error);
    }
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)value, key, item) // NOLINT: the loop changes nothing
    {
        const struct member *member = member_of(shape, key);
        if (member)
            TRY(check(member->shape, item, &(struct place){place, key, 0}, error));
    }
    return 0;
}

static int check_list(const struct shape *shape, const json_t *value, const struct place *place, struct error *error)
{
    if (!json_is_array(value))
        return refuse(shape, place, false, error);
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(check(shape->members[0].shape, json_array_get(value, i), &(struct place){place, NULL, i}, error));
    return 0;
}

static int check_name(const struct shape *shape, const json_t *value, const struct place *place, struct error *error)
{
    struct shape *meant;
    TRY(shape_parse(shape_name_find(shape->text, strlen(shape->text))->notation, &meant, error));
    int code = check(meant, value, place, error);
    shape_free(meant);
    return code;
}

static int check_one_of(const struct shape *shape, const json_t *value, const struct place *place, struct error *error)
{
    // The sentence of an alternative that has the right type but a fault inside says more than "an object or null".
    bool inside = json_is_object(value) || json_is_array(value);
    struct error told = {0};
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape *one = shape->members[i].shape;
        if (check(one, value, place, error) == 0)
            return 0;
        if (inside && (one->kind == SHAPE_OBJECT || one->kind == SHAPE_NAME || one->kind == SHAPE_LIST))
            told = *error;
    }
    if (!told.code)
        return refuse(shape, place, false, error);
    *error = told;
    return error->code;
}

static int check(const struct shape *shape, const json_t *value, const struct place *place, struct error *error)
{
    switch (shape->kind) {
    case SHAPE_OBJECT: return check_object(shape, value, place, error);
    case SHAPE_LIST: return check_list(shape, value, place, error);
    case SHAPE_NAME: return check_name(shape, value, place, error);
    case SHAPE_ONE_OF: return check_one_of(shape, value, place, error);
    default: return matches_single(shape, value) ? 0 : refuse(shape, place, false, error);
    }
}

int shape_check(const struct shape *shape, const json_t *value, struct error *error)
{
    return check(shape, value, NULL, error);
}

bool shape_is_file(const struct shape *shape, const char *key)
{
    const struct member *member = member_of(shape, key);
    return member && member->shape->kind == SHAPE_FILE;
}

// ---- texts of queries and forms ----------------------------------------------------------------------------

static json_t *convert_number(const struct shape *shape, const char *text)
{
    const char *digits = text + (*text == '-');
    if (!isdigit((unsigned char)*digits) && *digits != '.')
        return NULL; // no spaces, "inf", "nan"
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        return NULL;
    char *end;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (!*end && end != text && errno == 0)
        return json_integer(whole);
    if (shape->kind == SHAPE_INT)
        return NULL;
    double real = strtod(text, &end);
    return !*end && end != text && isfinite(real) ? json_real(real) : NULL;
}

static json_t *convert_bool(const char *text)
{
    static const char *const yes[] = {"true", "1", "yes", "on"}, *const no[] = {"false", "0", "no", "off"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return json_true();
        if (strcasecmp(text, no[i]) == 0)
            return json_false();
    }
    return NULL;
}

// NULL when the text cannot mean that.
static json_t *convert(const struct shape *shape, const char *text)
{
    json_t *value = NULL;
    switch (shape->kind) {
    case SHAPE_INT:
    case SHAPE_NUMBER: return convert_number(shape, text);
    case SHAPE_BOOL: return convert_bool(text);
    case SHAPE_NULL: return *text && strcmp(text, "null") != 0 ? NULL : json_null();
    case SHAPE_ONE_OF:
        for (size_t i = 0; i < shape->count && !value; i++)
            value = convert(shape->members[i].shape, text);
        return value;
    default: return json_string(text);
    }
}

json_t *shape_convert(const struct shape *shape, const json_t *texts, struct error *error)
{
    json_t *values = json_object();
    const char *key;
    json_t *item;
    if (!values)
        goto memory;
    json_object_foreach((json_t *)texts, key, item) // NOLINT
    {
        const struct member *member = json_is_string(item) ? member_of(shape, key) : NULL;
        json_t *value = member ? convert(member->shape, json_string_value(item)) : NULL;
        if (json_object_set_new(values, key, value ? value : json_incref(item)) < 0)
            goto memory;
    }
    if (shape_check(shape, values, error) == 0)
        return values;
    json_decref(values);
    return NULL;
memory:
    json_decref(values);
    error_memory(error, "the values of a request");
    return NULL;
}

// ---- JSON Schema -------------------------------------------------------------------------------------------

static json_t *number(double value)
{
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *single_schema(const struct shape *shape)
{
    static const char *const types[] = {"string", "integer", "number", "boolean", "null"};
    if (shape->kind == SHAPE_FILE)
        return json_pack("{s:s, s:s}", "type", "string", "contentMediaType", "application/octet-stream");
    if (shape->kind == SHAPE_ANY)
        return json_object();
    json_t *schema = json_pack("{s:s}", "type", types[shape->kind]);
    bool text = shape->kind == SHAPE_TEXT;
    if (shape->bounded && isfinite(shape->low))
        json_object_set_new(schema, text ? "minLength" : "minimum", number(shape->low));
    if (shape->bounded && isfinite(shape->high))
        json_object_set_new(schema, text ? "maxLength" : "maximum", number(shape->high));
    return schema;
}

static json_t *object_schema(const struct shape *shape)
{
    json_t *schema = json_pack("{s:s}", "type", "object"), *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *member = &shape->members[i];
        if (!member->key)
            json_object_set_new(schema, "additionalProperties", shape_schema(member->shape));
        else
            json_object_set_new(properties, member->key, shape_schema(member->shape));
        if (!member->optional)
            json_array_append_new(required, json_string(member->key));
    }
    if (json_object_size(properties))
        json_object_set(schema, "properties", properties);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(properties);
    json_decref(required);
    return schema;
}

static json_t *one_of_schema(const struct shape *shape)
{
    json_t *literals = json_array(), *schemas = json_array();
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape *one = shape->members[i].shape;
        if (one->kind == SHAPE_LITERAL)
            json_array_append_new(literals, json_string(one->text));
        else
            json_array_append_new(schemas, shape_schema(one));
    }
    json_t *words = json_array_size(literals) ? json_pack("{s:s, s:O}", "type", "string", "enum", literals) : NULL;
    json_decref(literals);
    if (words && json_array_size(schemas) == 0) {
        json_decref(schemas);
        return words;
    }
    if (words)
        json_array_insert_new(schemas, 0, words);
    return json_pack("{s:o}", "anyOf", schemas);
}

json_t *shape_schema(const struct shape *shape)
{
    switch (shape->kind) {
    case SHAPE_LITERAL: return json_pack("{s:s}", "const", shape->text);
    case SHAPE_NAME: return json_pack("{s:s+}", "$ref", "#/components/schemas/", shape->text);
    case SHAPE_LIST:
        return json_pack("{s:s, s:o}", "type", "array", "items", shape_schema(shape->members[0].shape));
    case SHAPE_OBJECT: return object_schema(shape);
    case SHAPE_ONE_OF: return one_of_schema(shape);
    default: return single_schema(shape);
    }
}

void shape_members(const struct shape *shape, shape_visit *visit, void *context)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->members[i].key)
            visit(context, shape->members[i].key, shape->members[i].optional, shape->members[i].shape);
}
