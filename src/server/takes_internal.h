// SPDX-License-Identifier: GPL-3.0-or-later
// What session.c, routes_session.c, routes_recordings.c and captures.c share.
#ifndef WAKESMITH_TAKES_INTERNAL_H
#define WAKESMITH_TAKES_INTERNAL_H

#include "server/server_internal.h"

// From the body of start_session, or from the session's file. ERROR_USAGE says which key is wrong.
int session_read(const struct server *server, const json_t *given, struct session *session, struct error *error);
// Makes `next` the session, on disk too, and empties `next`. ERROR_STATE while the old phrase is in training.
int session_replace(struct server *server, struct session *next, struct error *error);
// Is it a take that the session plans? Others (uploads, takes of more speakers than now) are samples all the same.
bool session_counts_take(const struct session *session, const struct recording *item);

// The named shape Recording; NULL without memory.
json_t *recording_json(const struct recording *item);
json_t *recording_list_json(const struct recording_list *list);
// How much louder a capture is played: 1 for what is loud enough, and for what is no capture.
double recording_gain(const struct recording *item);
// Adds the uploaded file as `add` says (its `file` is filled in here) and answers {ok, saved_as, ..., item}; the caller
// may add keys to reply->json. What is not audio is refused in the reply: its status is then not 200.
int recording_upload(struct server *server, const struct request *request, struct recordings_add *add,
                     struct reply *reply, struct error *error);
// Tells the open pages that the recordings of this wake word changed.
void recordings_announce(struct server *server, const char *wake_word);

#endif
