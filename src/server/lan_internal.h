// SPDX-License-Identifier: GPL-3.0-or-later
// What only a server on the network needs: addresses, the certificate, pairing, QR codes.
#ifndef WAKESMITH_LAN_INTERNAL_H
#define WAKESMITH_LAN_INTERNAL_H

#include "server/http_internal.h"

// ---- addresses (lan.c) -----------------------------------------------------------------------------------
int lan_addresses(struct text_list *addresses, struct error *error); // that others reach; the usual one first
int lan_names(struct text_list *names, struct error *error);         // localhost, the host's name, the same in .local
bool lan_is_loopback(const char *host);
char *lan_host(const char *listening); // what people type to reach a server that listens there. Caller frees

// ---- certificate (tls.c) ---------------------------------------------------------------------------------
// <data>/tls/key.pem and cert.pem: ECDSA P-256, signed by itself, made when there is none, when it does not say all of
// these addresses and names, or when it ends soon. Names of an older one are kept, so that a laptop which goes back
// and forth between networks keeps its certificate.
int tls_open(struct tls **tls, const char *data_dir, const struct text_list *addresses, const struct text_list *names,
             struct error *error);
void tls_close(struct tls *tls);
const char *tls_key(const struct tls *tls); // PEM
const char *tls_certificate(const struct tls *tls);
const char *tls_fingerprint(const struct tls *tls); // SHA-256, "AB:CD:..."

// ---- pairing (pairing.c) ---------------------------------------------------------------------------------
// A token is made here, shown to a person who is here already (terminal, page), used once within ten minutes, and
// exchanged for a secret that a browser keeps as a cookie. Only hashes of secrets are stored.
enum { PAIRING_SECONDS = 600, PAIRING_TOKEN_SIZE = 33, PAIRING_SECRET_SIZE = 65, PAIRING_MAX_FAILURES = 30 };
int pairing_open(struct pairing **pairing, const char *data_dir, struct error *error);
void pairing_close(struct pairing *pairing);
int pairing_token(struct pairing *pairing, double now, char token[PAIRING_TOKEN_SIZE], struct error *error);
// ERROR_STATE: unknown, used or too old. ERROR_CANCELLED: too many wrong ones in a minute.
int pairing_redeem(struct pairing *pairing, double now, const char *token, const char *agent,
                   char secret[PAIRING_SECRET_SIZE], struct error *error);
bool pairing_knows(struct pairing *pairing, const char *secret);

// The server's address with a fresh token (server.c). Caller frees.
int server_pairing_url(struct server *server, char **url, struct error *error);

// ---- QR codes (qr.c) -------------------------------------------------------------------------------------
char *qr_terminal(const char *text); // UTF-8 half blocks, light on dark. Caller frees; NULL when it does not fit
char *qr_svg(const char *text);

#endif
