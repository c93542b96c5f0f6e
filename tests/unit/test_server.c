// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the server that need no socket: shapes, paths, routes, forms, Host names, pairing, certificate, QR codes.
#include "server/lan_internal.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test_server_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct error error;
    (void)state;
    return folder_remove(folder, &error);
}

// ---- shapes ------------------------------------------------------------------------------------------------

static struct shape *parsed(const char *notation)
{
    struct shape *shape = NULL;
    struct error error;
    if (shape_parse(notation, &shape, &error) < 0)
        fail_msg("%s", error.message);
    return shape;
}

// NULL when the value has the shape, else the sentence.
static const char *check_text(const char *notation, const char *json, struct error *error)
{
    struct shape *shape = parsed(notation);
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    int code = shape_check(shape, value, error);
    json_decref(value);
    shape_free(shape);
    assert_true(code == 0 || code == ERROR_USAGE);
    return code == 0 ? NULL : error->message;
}

static void values_are_held_to_their_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *notation, *json;
        bool good;
    } rows[] = {
        {"text", "\"a\"", true},
        {"text", "5", false},
        {"text(1..3)", "\"\"", false},
        {"text(1..3)", "\"абв\"", true}, // characters, not bytes
        {"text(1..3)", "\"abcd\"", false},
        {"int", "5", true},
        {"int", "5.0", false},
        {"int", "true", false},
        {"int(1..10)", "10", true},
        {"int(1..10)", "11", false},
        {"int(-3..)", "-3", true},
        {"int(..4)", "5", false},
        {"number(0..1)", "0.5", true},
        {"number(0..1)", "1", true},
        {"number(0.5..1)", "0.4", false},
        {"bool", "false", true},
        {"bool", "0", false},
        {"null", "null", true},
        {"any", "[{}]", true},
        {"\"a\" | \"b\"", "\"b\"", true},
        {"\"a\" | \"b\"", "\"c\"", false},
        {"int | null", "null", true},
        {"int | null", "\"x\"", false},
        {"[int]", "[1, 2]", true},
        {"[int]", "[1, null]", false},
        {"[int]", "{}", false},
        {"{a: int, b?: text}", "{\"a\": 1}", true},
        {"{a: int, b?: text}", "{\"a\": 1, \"b\": 2}", false},
        {"{a: int, b?: text}", "{\"a\": 1, \"c\": 2}", true}, // further keys
        {"{a: int, b?: text}", "{\"b\": \"x\"}", false},
        {"{a: int}", "[]", false},
        {"{}", "{}", true},
        {"{*: int}", "{\"x\": 1, \"y\": 2}", true},
        {"{*: int}", "{\"x\": \"1\"}", false},
        {"[{a: [int]} | null]", "[null, {\"a\": [1]}]", true},
        {"Error", "{\"ok\": false, \"error\": \"x\", \"code\": \"Y\"}", true},
        {"Error", "{\"ok\": false}", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error error;
        const char *sentence = check_text(rows[i].notation, rows[i].json, &error);
        if ((sentence == NULL) != rows[i].good)
            fail_msg("%s against %s: %s", rows[i].json, rows[i].notation, sentence ? sentence : "taken");
    }
}

static void a_wrong_value_is_named(void **state)
{
    (void)state;
    struct error error;
    assert_string_equal(check_text("{speakers_total?: int(1..10)}", "{\"speakers_total\": 11}", &error),
                        "speakers_total must be a whole number from 1 to 10");
    assert_string_equal(check_text("{phrase: text(1..200)}", "{}", &error),
                        "phrase is required: a text of 1 to 200 characters");
    assert_string_equal(check_text("{a: [{b: bool}]}", "{\"a\": [{\"b\": true}, {\"b\": 1}]}", &error),
                        "a[1].b must be true or false");
    assert_string_equal(check_text("{a: {b: int} | null}", "{\"a\": {\"b\": \"x\"}}", &error),
                        "a.b must be a whole number");
    assert_string_equal(check_text("{bucket: \"personal\" | \"negative\"}", "{\"bucket\": \"x\"}", &error),
                        "bucket must be \"personal\" or \"negative\"");
    assert_string_equal(check_text("{a: int}", "7", &error), "the body must be an object");
}

static void notations_with_slips_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"",         "txt",        "text(",    "text(1)",  "text(1..",     "[int",     "{a int}",
                                       "{a: }",    "{a: int",    "\"open",   "int int",  "int |",        "Unknown",  "{: int}",
                                       "text(a..)", "[int]]",    "{a: int,}", "int(1.2)", "{a?: int;}",
                                       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[int]]]]"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct shape *shape = NULL;
        struct error error;
        if (shape_parse(rows[i], &shape, &error) == 0)
            fail_msg("taken: %s", rows[i]);
        assert_int_equal(error.code, ERROR_FORMAT);
    }
}

static json_t *converted(const char *notation, const char *texts_json, struct error *error)
{
    struct shape *shape = parsed(notation);
    json_t *texts = json_loads(texts_json, 0, NULL), *values = shape_convert(shape, texts, error);
    json_decref(texts);
    shape_free(shape);
    return values;
}

static void texts_of_forms_become_values(void **state)
{
    (void)state;
    struct error error;
    json_t *values = converted("{a: int, b: number, c: bool, d: text, e?: int | null, f?: \"x\" | \"y\"}",
                               "{\"a\": \"-12\", \"b\": \"0.5\", \"c\": \"yes\", \"d\": \"5\", \"e\": \"\", \"f\": \"y\","
                               " \"more\": \"1\"}",
                               &error);
    assert_non_null(values);
    assert_int_equal(json_integer_value(json_object_get(values, "a")), -12);
    assert_true(json_real_value(json_object_get(values, "b")) == 0.5);
    assert_true(json_is_true(json_object_get(values, "c")));
    assert_string_equal(json_string_value(json_object_get(values, "d")), "5");
    assert_true(json_is_null(json_object_get(values, "e")));
    assert_string_equal(json_string_value(json_object_get(values, "more")), "1");
    json_decref(values);
    static const char *const bad[] = {"", " 1", "1 ", "0x10", "1e3", "١", "99999999999999999999", "inf", "--1", "+1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char texts[100];
        snprintf(texts, sizeof texts, "{\"a\": \"%s\"}", bad[i]);
        values = converted("{a: int}", texts, &error);
        if (values)
            fail_msg("\"%s\" was taken for a whole number", bad[i]);
        assert_string_equal(error.message, "a must be a whole number");
    }
    assert_null(converted("{b: number}", "{\"b\": \"nan\"}", &error));
    assert_null(converted("{b: number}", "{\"b\": \"1e999\"}", &error));
}

static void shapes_become_json_schema(void **state)
{
    (void)state;
    struct shape *shape = parsed("{a: text(1..5), b?: int(0..) | null, c: [\"x\" | \"y\"], d: Error, e: {*: number}}");
    json_t *schema = shape_schema(shape);
    json_t *wanted = json_loads(
        "{\"type\": \"object\", \"required\": [\"a\", \"c\", \"d\", \"e\"], \"properties\": {"
        "\"a\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 5},"
        "\"b\": {\"anyOf\": [{\"type\": \"integer\", \"minimum\": 0}, {\"type\": \"null\"}]},"
        "\"c\": {\"type\": \"array\", \"items\": {\"type\": \"string\", \"enum\": [\"x\", \"y\"]}},"
        "\"d\": {\"$ref\": \"#/components/schemas/Error\"},"
        "\"e\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"number\"}}}}",
        0, NULL);
    assert_non_null(wanted);
    char *text = json_dumps(schema, 0);
    if (!json_equal(schema, wanted))
        fail_msg("%s", text);
    free(text);
    json_decref(schema);
    json_decref(wanted);
    shape_free(shape);
}

static void every_route_of_the_table_is_sound(void **state)
{
    (void)state;
    char *text = server_openapi();
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    for (size_t i = 0; i < route_table_count; i++)
        for (size_t j = 0; j < route_tables[i]->count; j++) {
            const struct route *route = &route_tables[i]->routes[j];
            shape_free(route->query ? parsed(route->query) : NULL);
            shape_free(route->body ? parsed(route->body) : NULL);
            shape_free(route->answer ? parsed(route->answer) : NULL);
            assert_non_null(route->summary);
            assert_non_null(route->handle);
            assert_true((route->body_kind == BODY_FORM || route->body_kind == BODY_JSON) == (route->body != NULL));
            assert_true(strcmp(route->method, "GET") != 0 || route->body_kind == BODY_NONE); // GET changes nothing
            json_t *path = json_object_get(json_object_get(document, "paths"), route->path);
            assert_non_null(path);
        }
    json_decref(document);
    free(text);
}

// ---- paths -------------------------------------------------------------------------------------------------

static void paths_are_split_before_they_are_decoded(void **state)
{
    (void)state;
    struct path path;
    struct error error;
    assert_int_equal(path_parse("/", 1, &path, &error), 0);
    assert_int_equal(path.count, 0);
    path_free(&path);
    const char *good = "/api/captured_audio/%D0%BF%20a+b.wav/x";
    assert_int_equal(path_parse(good, strlen(good), &path, &error), 0);
    assert_int_equal(path.count, 4);
    assert_string_equal(path.parts[2], "п a+b.wav");
    path_free(&path);
    static const struct {
        const char *path;
        int code;
    } rows[] = {
        {"", ERROR_USAGE},           {"x", ERROR_USAGE},           {"/..", ERROR_USAGE},       {"/a/../b", ERROR_USAGE},
        {"/%2e%2e/b", ERROR_USAGE},  {"/%2E", ERROR_USAGE},        {"/a%2fb", ERROR_USAGE},    {"/a%5cb", ERROR_USAGE},
        {"/a%00b", ERROR_USAGE},     {"/a%0ab", ERROR_USAGE},      {"/%7f", ERROR_USAGE},      {"/%", ERROR_USAGE},
        {"/%4", ERROR_USAGE},        {"/%zz", ERROR_USAGE},        {"/%ff", ERROR_USAGE},      {"/%c0%ae", ERROR_USAGE},
        {"/%ed%a0%80", ERROR_USAGE}, {"/.hidden", ERROR_USAGE},    {"//", ERROR_MISSING},      {"/a//b", ERROR_MISSING},
        {"/a/", ERROR_MISSING},      {"/1/2/3/4/5/6/7", ERROR_MISSING}, {"*", ERROR_USAGE},
        {"/%f4%90%80%80", ERROR_USAGE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int code = path_parse(rows[i].path, strlen(rows[i].path), &path, &error);
        path_free(&path);
        if (code != rows[i].code)
            fail_msg("%s: %d", rows[i].path, code);
    }
    char deep[1024] = "/";
    memset(deep + 1, 'a', 256);
    assert_int_equal(path_parse(deep, 257, &path, &error), ERROR_USAGE);
    path_free(&path);
    assert_int_equal(path_parse(deep, 256, &path, &error), 0);
    path_free(&path);
}

static void queries_are_decoded(void **state)
{
    (void)state;
    json_t *texts;
    struct error error;
    assert_int_equal(query_parse("a=1+2%2B3&b=%D0%BF&c&=&d=x=y&", &texts, &error), 0);
    assert_string_equal(json_string_value(json_object_get(texts, "a")), "1 2+3");
    assert_string_equal(json_string_value(json_object_get(texts, "b")), "п");
    assert_string_equal(json_string_value(json_object_get(texts, "c")), "");
    assert_string_equal(json_string_value(json_object_get(texts, "d")), "x=y");
    assert_int_equal(json_object_size(texts), 4);
    json_decref(texts);
    static const char *const bad[] = {"a=1&a=2", "a=%00", "a=%", "%ff=1", "a=%c3"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(query_parse(bad[i], &texts, &error), ERROR_USAGE);
}

static const struct route *matched(const char *text, const char *method, char allowed[64])
{
    struct path path;
    struct error error;
    const char *values[REQUEST_MAX_VALUES];
    assert_int_equal(path_parse(text, strlen(text), &path, &error), 0);
    const struct route *route = route_match(&path, method, values, allowed);
    path_free(&path);
    return route;
}

static void routes_are_found(void **state)
{
    (void)state;
    char allowed[64];
    assert_string_equal(matched("/", "GET", allowed)->path, "/");
    assert_string_equal(matched("/", "HEAD", allowed)->path, "/");
    assert_string_equal(matched("/pair", "GET", allowed)->path, "/pair"); // not a file of the page
    assert_string_equal(matched("/app.js", "GET", allowed)->path, "/{file}");
    assert_null(matched("/api/about", "POST", allowed));
    assert_string_equal(allowed, "GET, HEAD");
    assert_null(matched("/api/nothing/here", "GET", allowed));
    assert_string_equal(allowed, "");
}

// ---- forms -------------------------------------------------------------------------------------------------

struct parts {
    struct buffer told;
};

static int note_part(void *context, const char *name, const char *file_name, const char *type, struct error *error)
{
    (void)error;
    struct parts *parts = context;
    buffer_print(&parts->told, "[%s|%s|%s]", name, file_name ? file_name : "-", type ? type : "-");
    return 0;
}

static int note_data(void *context, const char *data, size_t size, struct error *error)
{
    (void)error;
    struct parts *parts = context;
    buffer_append(&parts->told, data, size);
    return 0;
}

// The body in pieces of `step` bytes; what was told, or NULL for a refusal.
static char *read_form(const char *type, const char *body, size_t size, size_t step)
{
    struct parts parts;
    struct error error;
    struct multipart *multipart;
    buffer_init(&parts.told, 1 << 16);
    const struct multipart_sink sink = {&parts, note_part, note_data};
    if (multipart_open(&multipart, type, &sink, &error) < 0)
        return NULL;
    int code = 0;
    for (size_t at = 0; at < size && code == 0; at += step)
        code = multipart_add(multipart, body + at, size - at < step ? size - at : step, &error);
    if (code == 0)
        code = multipart_end(multipart, &error);
    multipart_close(multipart);
    if (code == 0)
        return parts.told.data;
    buffer_free(&parts.told);
    return NULL;
}

static void forms_are_read_in_any_pieces(void **state)
{
    (void)state;
    static const char body[] = "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"take\"\r\n\r\n7\r\n"
                               "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\n"
                               "Content-Type: audio/wav\r\n\r\nR\r\n--\r\n--x\r\n-b\r\n\r\n--b\r\n"
                               "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--b--\r\nepilogue";
    static const char told[] = "[take|-|-]7[file|a \"b\".wav|audio/wav]R\r\n--\r\n--x\r\n-b\r\n[empty|-|-]";
    for (size_t step = 1; step < sizeof body; step++) {
        char *got = read_form("multipart/form-data; boundary=b", body, sizeof body - 1, step);
        assert_non_null(got);
        assert_string_equal(got, told);
        free(got);
    }
    char *got = read_form("multipart/form-data; charset=x; boundary=\"b\"", body, sizeof body - 1, 100);
    assert_string_equal(got, told);
    free(got);
    for (size_t size = 0; size < sizeof body - 12; size++) { // cut anywhere before the end
        got = read_form("multipart/form-data; boundary=b", body, size, 16);
        assert_null(got);
    }
    assert_null(read_form("multipart/form-data", body, sizeof body - 1, 16));
    assert_null(read_form("multipart/form-data; boundary=", body, sizeof body - 1, 16));
    static const char nameless[] = "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--";
    assert_null(read_form("multipart/form-data; boundary=b", nameless, sizeof nameless - 1, 16));
}

// ---- access ------------------------------------------------------------------------------------------------

static void hosts_of_this_network_only(void **state)
{
    (void)state;
    char *declared[] = {"wake.example.org"};
    const struct text_list names = {declared, 1, 1};
    static const char *const good[] = {"localhost",     "LOCALHOST:2704", "a.localhost:1", "127.0.0.1:2704",
                                       "192.168.1.5",   "[::1]:2704",     "[fe80::1]",     "kitchen.local:2704",
                                       "Kitchen.LOCAL", "localhost.",     "wake.example.org:2704"};
    static const char *const bad[] = {"",           "evil.com",       "evil.com:2704",   "localhost.evil.com", "local",
                                      ".local",     ".localhost",     "127.0.0.1.evil.com", "[::1",            "::1",
                                      "[evil.com]", "localhost:99999999", "localhost:x", "localhost:1:2",      "a b.local",
                                      "a/.local",   "x@localhost",    "127.0.0.1@evil.com", "example.org",
                                      "sub.wake.example.org", "evil.com#.local", "a..local", "\xd0\xbf.local"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!host_allowed(good[i], &names))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (host_allowed(bad[i], &names))
            fail_msg("taken: %s", bad[i]);
    assert_false(host_allowed(NULL, &names));
}

static void tokens_work_once_and_for_ten_minutes(void **state)
{
    (void)state;
    struct pairing *pairing;
    struct error error;
    char token[PAIRING_TOKEN_SIZE], other[PAIRING_TOKEN_SIZE], secret[PAIRING_SECRET_SIZE], none[PAIRING_SECRET_SIZE];
    assert_int_equal(pairing_open(&pairing, folder, &error), 0);
    assert_int_equal(pairing_token(pairing, 100, token, &error), 0);
    assert_int_equal(pairing_token(pairing, 100, other, &error), 0);
    assert_int_equal(strlen(token), PAIRING_TOKEN_SIZE - 1);
    assert_string_not_equal(token, other);
    assert_int_equal(pairing_redeem(pairing, 101, token, "Phone", secret, &error), 0);
    assert_true(pairing_knows(pairing, secret));
    assert_int_equal(pairing_redeem(pairing, 102, token, "Phone", none, &error), ERROR_STATE); // once
    assert_false(pairing_knows(pairing, none));
    assert_int_equal(pairing_redeem(pairing, 100 + PAIRING_SECONDS, other, "Phone", none, &error), ERROR_STATE);
    assert_int_equal(pairing_redeem(pairing, 101, other, "Phone", none, &error), ERROR_STATE); // used up by the try
    assert_false(pairing_knows(pairing, ""));
    assert_false(pairing_knows(pairing, token));
    pairing_close(pairing);

    assert_int_equal(pairing_open(&pairing, folder, &error), 0); // a restart
    assert_true(pairing_knows(pairing, secret));
    pairing_close(pairing);
    char *path = text_print("%s/tls/paired.json", folder);
    void *data;
    size_t size;
    assert_int_equal(file_read(path, 1 << 16, &data, &size, &error), 0);
    assert_null(strstr(data, secret)); // only its hash is stored
    free(data);
    free(path);
}

static void guessing_is_slowed_down(void **state)
{
    (void)state;
    struct pairing *pairing;
    struct error error;
    char token[PAIRING_TOKEN_SIZE], secret[PAIRING_SECRET_SIZE];
    assert_int_equal(pairing_open(&pairing, folder, &error), 0);
    assert_int_equal(pairing_token(pairing, 100, token, &error), 0);
    for (int i = 0; i < PAIRING_MAX_FAILURES; i++)
        assert_int_equal(pairing_redeem(pairing, 101, "x", NULL, secret, &error), ERROR_STATE);
    assert_int_equal(pairing_redeem(pairing, 102, token, NULL, secret, &error), ERROR_CANCELLED);
    assert_int_equal(pairing_redeem(pairing, 170, token, NULL, secret, &error), 0);
    pairing_close(pairing);
}

static char *certificate_of(const char *address, const char *name, gnutls_x509_crt_t certificate)
{
    char *addresses_items[] = {(char *)address}, *names_items[] = {"localhost", (char *)name};
    const struct text_list addresses = {addresses_items, 1, 1}, names = {names_items, 2, 2};
    struct tls *tls;
    struct error error;
    if (tls_open(&tls, folder, &addresses, &names, &error) < 0)
        fail_msg("%s", error.message);
    gnutls_datum_t text = {(unsigned char *)tls_certificate(tls), (unsigned)strlen(tls_certificate(tls))};
    assert_int_equal(gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM), 0);
    char *fingerprint = strdup(tls_fingerprint(tls));
    tls_close(tls);
    return fingerprint;
}

static void the_certificate_fits_the_addresses(void **state)
{
    (void)state;
    gnutls_x509_crt_t first, second, third;
    gnutls_x509_crt_init(&first);
    gnutls_x509_crt_init(&second);
    gnutls_x509_crt_init(&third);
    char *a = certificate_of("192.168.1.5", "box.local", first), *b = certificate_of("192.168.1.5", "box.local", second),
         *c = certificate_of("fd00::7", "box.local", third);
    assert_string_equal(a, b); // kept
    assert_string_not_equal(a, c);
    assert_true(gnutls_x509_crt_check_hostname(first, "box.local"));
    assert_true(gnutls_x509_crt_check_hostname(first, "localhost"));
    assert_true(gnutls_x509_crt_check_hostname(first, "192.168.1.5"));
    assert_false(gnutls_x509_crt_check_hostname(first, "192.168.1.6"));
    assert_true(gnutls_x509_crt_check_hostname(third, "fd00::7"));
    assert_true(gnutls_x509_crt_check_hostname(third, "192.168.1.5")); // the old network's name stays
    assert_int_equal(strlen(a), 3 * 32 - 1);
    unsigned bits;
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(first, &bits), GNUTLS_PK_ECDSA);
    assert_true(gnutls_x509_crt_get_expiration_time(first) > time(NULL) + 700 * 86400L);
    struct stat about;
    char *key = text_print("%s/tls/key.pem", folder);
    assert_int_equal(stat(key, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);

    struct error error; // damaged files are made anew
    assert_int_equal(file_write(key, "x", 1, &error), 0);
    char *d = certificate_of("192.168.1.5", "box.local", second);
    assert_string_not_equal(d, c);
    free(key), free(a), free(b), free(c), free(d);
    gnutls_x509_crt_deinit(first);
    gnutls_x509_crt_deinit(second);
    gnutls_x509_crt_deinit(third);
}

static void loopback_is_known(void **state)
{
    (void)state;
    assert_true(lan_is_loopback("127.0.0.1"));
    assert_true(lan_is_loopback("127.9.9.9"));
    assert_true(lan_is_loopback("::1"));
    assert_true(lan_is_loopback("localhost"));
    assert_false(lan_is_loopback("0.0.0.0"));
    assert_false(lan_is_loopback("::"));
    assert_false(lan_is_loopback("192.168.1.1"));
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    assert_true(peer_is_loopback((struct sockaddr *)&mapped));
    inet_pton(AF_INET6, "::ffff:10.0.0.1", &mapped.sin6_addr);
    assert_false(peer_is_loopback((struct sockaddr *)&mapped));
    struct sockaddr_in four = {.sin_family = AF_INET};
    inet_pton(AF_INET, "128.0.0.1", &four.sin_addr);
    assert_false(peer_is_loopback((struct sockaddr *)&four));
}

// ---- QR codes ----------------------------------------------------------------------------------------------

// Both pictures show the same modules; that a phone reads them is judged by another program in tests/referee.
static void both_qr_codes_have_finder_patterns(void **state)
{
    (void)state;
    char *svg = qr_svg("https://192.168.1.5:2704/pair?token=0123456789abcdef0123456789abcdef");
    char *terminal = qr_terminal("https://192.168.1.5:2704/pair?token=0123456789abcdef0123456789abcdef");
    assert_non_null(svg);
    assert_non_null(terminal);
    assert_non_null(strstr(svg, "M4 4h1v1h-1zM5 4h1v1h-1z")); // the upper left corner, after a quiet zone of 4
    assert_null(strstr(svg, "M3 "));
    assert_null(strstr(svg, "style"));
    assert_non_null(strstr(terminal, "\033[40;97m██ ▄▄▄▄▄ █")); // the same after a quiet zone of 2
    free(svg);
    free(terminal);
    char *long_text = calloc(1, 5000);
    memset(long_text, 'a', 4999);
    assert_null(qr_svg(long_text));
    free(long_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_held_to_their_shapes),
        cmocka_unit_test(a_wrong_value_is_named),
        cmocka_unit_test(notations_with_slips_are_refused),
        cmocka_unit_test(texts_of_forms_become_values),
        cmocka_unit_test(shapes_become_json_schema),
        cmocka_unit_test(every_route_of_the_table_is_sound),
        cmocka_unit_test(paths_are_split_before_they_are_decoded),
        cmocka_unit_test(queries_are_decoded),
        cmocka_unit_test(routes_are_found),
        cmocka_unit_test(forms_are_read_in_any_pieces),
        cmocka_unit_test(hosts_of_this_network_only),
        cmocka_unit_test_setup_teardown(tokens_work_once_and_for_ten_minutes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(guessing_is_slowed_down, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_certificate_fits_the_addresses, make_folder, remove_folder),
        cmocka_unit_test(loopback_is_known),
        cmocka_unit_test(both_qr_codes_have_finder_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
