// SPDX-License-Identifier: GPL-3.0-or-later
// What the others ask of parts that are not built in: the honest answer is "no".
#include "server/server_internal.h"

#ifndef HAS_session
int session_wake_word(struct server *server, const json_t *given, char id[TEXT_ID_SIZE], struct error *error)
{
    (void)server, (void)given;
    id[0] = 0;
    return error_set(error, ERROR_STATE, "there is no session yet");
}
#endif
#ifndef HAS_jobs
bool jobs_training(struct jobs *jobs, const char *id)
{
    (void)jobs, (void)id;
    return false;
}
json_t *jobs_status(struct jobs *jobs)
{
    (void)jobs;
    return json_object();
}
void jobs_announce(struct jobs *jobs, const char *event, json_t *data)
{
    (void)jobs, (void)event;
    json_decref(data);
}
#endif
#ifndef HAS_child
int child_run(const struct server *server, const char *const *arguments, double seconds, size_t maximum, char **output,
              size_t *size, struct error *error)
{
    (void)server, (void)arguments, (void)seconds, (void)maximum, (void)output, (void)size;
    return error_set(error, ERROR_MISSING, "this build starts no children");
}
#endif
typedef int server_missing; // a file is never empty
