// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate of a server on the network. Browsers give the microphone to secure pages only.
#include "server/lan_internal.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MOST_PEM = 64 << 10,
    MOST_NAMES = 48,
    DAY = 24 * 3600,
    VALID_DAYS = 820, // Apple's devices refuse what is valid for more than 825 days
    RENEW_DAYS = 60
};

struct tls {
    char *folder, *key_path, *certificate_path;
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t key_text, certificate_text;
    char fingerprint[3 * 32];
};

static int refuse(int code, const char *what, struct error *error)
{
    return error_set(error, ERROR_IO, "%s: %s", what, gnutls_strerror(code));
}

// GnuTLS returns 0 or a negative code.
#define TRY_TLS(call, what)                                                                                            \
    do {                                                                                                               \
        int tls_code_ = (call);                                                                                        \
        if (tls_code_ < 0)                                                                                             \
            return refuse(tls_code_, what, error);                                                                     \
    } while (0)

// ---- what is on disk ---------------------------------------------------------------------------------------

static bool read_pem(const char *path, gnutls_datum_t *text)
{
    struct error ignored;
    void *data;
    size_t size;
    if (file_read(path, MOST_PEM, &data, &size, &ignored) < 0)
        return false;
    *text = (gnutls_datum_t){data, (unsigned)size};
    return true;
}

static bool read_key(struct tls *tls)
{
    gnutls_datum_t text;
    if (!read_pem(tls->key_path, &text))
        return false;
    int code = gnutls_x509_privkey_import(tls->key, &text, GNUTLS_X509_FMT_PEM);
    free(text.data);
    return code == 0;
}

static bool key_fits(const struct tls *tls)
{
    unsigned char of_key[64], of_certificate[64];
    size_t size = sizeof of_key, other = sizeof of_certificate;
    return gnutls_x509_privkey_get_key_id(tls->key, GNUTLS_KEYID_USE_SHA256, of_key, &size) == 0 &&
           gnutls_x509_crt_get_key_id(tls->certificate, GNUTLS_KEYID_USE_SHA256, of_certificate, &other) == 0 &&
           size == other && memcmp(of_key, of_certificate, size) == 0;
}

static bool read_certificate(struct tls *tls)
{
    gnutls_datum_t text;
    if (!read_pem(tls->certificate_path, &text))
        return false;
    int code = gnutls_x509_crt_import(tls->certificate, &text, GNUTLS_X509_FMT_PEM);
    free(text.data);
    return code == 0 && key_fits(tls);
}

static bool says(const struct tls *tls, const struct text_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (!gnutls_x509_crt_check_hostname(tls->certificate, names->items[i]))
            return false;
    return true;
}

// ---- making ------------------------------------------------------------------------------------------------

static int add_name(gnutls_x509_crt_t certificate, const char *name, struct error *error)
{
    unsigned char address[16];
    size_t size = inet_pton(AF_INET, name, address) == 1 ? 4 : inet_pton(AF_INET6, name, address) == 1 ? 16 : 0;
    gnutls_x509_subject_alt_name_t kind = size ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME;
    TRY_TLS(gnutls_x509_crt_set_subject_alt_name(certificate, kind, size ? (const void *)address : name,
                                                 (unsigned)(size ? size : strlen(name)), GNUTLS_FSAN_APPEND),
            name);
    return 0;
}

// Names that the old certificate said and the new one does not say yet.
static int keep_names(gnutls_x509_crt_t from, gnutls_x509_crt_t to, struct error *error)
{
    for (unsigned i = 0; i < MOST_NAMES; i++) {
        char name[256], text[INET6_ADDRSTRLEN];
        size_t size = sizeof name - 1;
        int kind = gnutls_x509_crt_get_subject_alt_name(from, i, name, &size, NULL);
        if (kind < 0)
            break;
        name[size] = 0;
        bool address = kind == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16);
        if (address)
            inet_ntop(size == 4 ? AF_INET : AF_INET6, name, text, sizeof text);
        const char *known = address ? text : name;
        if ((address || kind == GNUTLS_SAN_DNSNAME) && !gnutls_x509_crt_check_hostname(to, known))
            TRY(add_name(to, known, error));
    }
    return 0;
}

static int describe(gnutls_x509_crt_t certificate, struct error *error)
{
    unsigned char serial[16];
    time_t now = time(NULL);
    TRY_TLS(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial), "random numbers");
    serial[0] &= 0x7F; // positive
    TRY_TLS(gnutls_x509_crt_set_version(certificate, 3), "certificate");
    TRY_TLS(gnutls_x509_crt_set_serial(certificate, serial, sizeof serial), "certificate");
    TRY_TLS(gnutls_x509_crt_set_activation_time(certificate, now - DAY), "certificate");
    TRY_TLS(gnutls_x509_crt_set_expiration_time(certificate, now + (time_t)VALID_DAYS * DAY), "certificate");
    TRY_TLS(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, "Wakesmith", 9), "certificate");
    TRY_TLS(gnutls_x509_crt_set_basic_constraints(certificate, 0, -1), "certificate");
    TRY_TLS(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE), "certificate");
    TRY_TLS(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0), "certificate");
    return 0;
}

static int fill(struct tls *tls, gnutls_x509_crt_t certificate, bool keep, const struct text_list *addresses,
                const struct text_list *names, struct error *error)
{
    TRY(describe(certificate, error));
    TRY_TLS(gnutls_x509_crt_set_key(certificate, tls->key), "certificate");
    for (size_t i = 0; i < names->count && i < MOST_NAMES / 3; i++)
        TRY(add_name(certificate, names->items[i], error));
    for (size_t i = 0; i < addresses->count && i < MOST_NAMES / 3; i++)
        TRY(add_name(certificate, addresses->items[i], error));
    if (keep)
        TRY(keep_names(tls->certificate, certificate, error));
    TRY_TLS(gnutls_x509_crt_sign2(certificate, certificate, tls->key, GNUTLS_DIG_SHA256, 0), "certificate");
    return 0;
}

static int write_private(const char *path, const gnutls_datum_t *text, struct error *error)
{
    TRY(file_write(path, text->data, text->size, error)); // in a folder that only the owner may enter
    return chmod(path, 0600) == 0 ? 0 : error_set(error, ERROR_IO, "cannot make %s private", path);
}

static int make_key(struct tls *tls, struct error *error)
{
    gnutls_datum_t text = {0};
    TRY_TLS(gnutls_x509_privkey_generate(tls->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
            "key");
    TRY_TLS(gnutls_x509_privkey_export2(tls->key, GNUTLS_X509_FMT_PEM, &text), "key");
    int code = write_private(tls->key_path, &text, error);
    gnutls_free(text.data);
    return code;
}

static int make_certificate(struct tls *tls, bool keep, const struct text_list *addresses,
                            const struct text_list *names, struct error *error)
{
    gnutls_x509_crt_t certificate;
    gnutls_datum_t text = {0};
    TRY_TLS(gnutls_x509_crt_init(&certificate), "certificate");
    int code = fill(tls, certificate, keep, addresses, names, error);
    if (code == 0 && gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text) < 0)
        code = error_memory(error, "the certificate");
    if (code == 0)
        code = write_private(tls->certificate_path, &text, error);
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(tls->certificate);
    tls->certificate = certificate;
    return code;
}

// ---- opening -----------------------------------------------------------------------------------------------

static int finish(struct tls *tls, struct error *error)
{
    unsigned char hash[32];
    size_t size = sizeof hash;
    TRY_TLS(gnutls_x509_crt_get_fingerprint(tls->certificate, GNUTLS_DIG_SHA256, hash, &size), "certificate");
    for (size_t i = 0; i < size; i++)
        snprintf(tls->fingerprint + 3 * i, 4, i + 1 < size ? "%02X:" : "%02X", hash[i]);
    TRY_TLS(gnutls_x509_privkey_export2(tls->key, GNUTLS_X509_FMT_PEM, &tls->key_text), "key");
    TRY_TLS(gnutls_x509_crt_export2(tls->certificate, GNUTLS_X509_FMT_PEM, &tls->certificate_text), "certificate");
    return 0;
}

static int open_files(struct tls *tls, const char *data_dir, const struct text_list *addresses,
                      const struct text_list *names, struct error *error)
{
    tls->folder = path_join(data_dir, "tls");
    tls->key_path = tls->folder ? path_join(tls->folder, "key.pem") : NULL;
    tls->certificate_path = tls->folder ? path_join(tls->folder, "cert.pem") : NULL;
    if (!tls->certificate_path || !tls->key_path)
        return error_memory(error, "the certificate");
    TRY(folder_make(tls->folder, error));
    if (chmod(tls->folder, 0700) != 0)
        return error_set(error, ERROR_IO, "cannot make %s private", tls->folder);
    TRY_TLS(gnutls_x509_privkey_init(&tls->key), "key");
    TRY_TLS(gnutls_x509_crt_init(&tls->certificate), "certificate");
    if (!read_key(tls))
        TRY(make_key(tls, error));
    bool readable = read_certificate(tls);
    time_t end = readable ? gnutls_x509_crt_get_expiration_time(tls->certificate) : 0;
    if (!readable || !says(tls, addresses) || !says(tls, names) || end < time(NULL) + (time_t)RENEW_DAYS * DAY)
        TRY(make_certificate(tls, readable, addresses, names, error));
    return finish(tls, error);
}

int tls_open(struct tls **out, const char *data_dir, const struct text_list *addresses, const struct text_list *names,
             struct error *error)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return error_memory(error, "the certificate");
    int code = open_files(tls, data_dir, addresses, names, error);
    if (code < 0)
        tls_close(tls);
    else
        *out = tls;
    return code;
}

void tls_close(struct tls *tls)
{
    if (!tls)
        return;
    gnutls_x509_privkey_deinit(tls->key);
    gnutls_x509_crt_deinit(tls->certificate);
    gnutls_free(tls->key_text.data);
    gnutls_free(tls->certificate_text.data);
    free(tls->folder);
    free(tls->key_path);
    free(tls->certificate_path);
    free(tls);
}

const char *tls_key(const struct tls *tls)
{
    return (const char *)tls->key_text.data;
}

const char *tls_certificate(const struct tls *tls)
{
    return (const char *)tls->certificate_text.data;
}

const char *tls_fingerprint(const struct tls *tls)
{
    return tls->fingerprint;
}
