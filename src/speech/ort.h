// SPDX-License-Identifier: GPL-3.0-or-later
// ONNX Runtime, opened at run time: its C interface is a table of functions that only grows at its end, so the slots
// used here are stable since version 1 and neither a header nor a library is needed to build Wakesmith.
#ifndef WAKESMITH_SPEECH_ORT_H
#define WAKESMITH_SPEECH_ORT_H

#include "base/base.h"

// The first library that can be used: $WAKESMITH_ONNXRUNTIME, <voices>/onnxruntime/libonnxruntime.so, the system's. Only
// in child processes: it starts threads and keeps memory until the process ends.
struct ort;
#define ORT_ANOTHER "wakesmith voices remove onnxruntime and wakesmith voices fetch onnxruntime bring another"
int ort_open(struct ort **ort, struct error *error); // ERROR_MISSING: the sentence says how to get it
// The version of a library that starts; NULL when there is none. In child processes too.
const char *ort_version(void);

// Models run on CUDA where SPEECH_DEVICE_VARIABLE allows it and the library offers it. Whatever fails there (adding it,
// loading a model, running it) is done again on the CPU, which then stays the device of this process.
bool ort_offers_cuda(void);
void ort_leave_cuda(const char *reason); // as if it had failed for this reason
const char *ort_notice(void);            // the sentence that says why CUDA was left; "": it was not

struct ort_session;
// From a model in memory, which must stay while the session lives. One thread: callers bring their own.
int ort_session_open(struct ort_session **session, struct ort *ort, const void *model, size_t size,
                     struct error *error);
void ort_session_close(struct ort_session *session);

enum ort_type { ORT_FLOAT = 1, ORT_INT64 = 7 };
struct ort_input {
    const char *name;
    enum ort_type type;
    void *data; // shape[0] * shape[1] * ... values
    int rank;
    int64_t shape[4];
};
// Runs the model; copies its output of floats into `samples` through `take`. ERROR_STATE with the library's sentence.
typedef int ort_take(void *context, const float *values, size_t count);
int ort_run(struct ort_session *session, const struct ort_input *inputs, size_t count, const char *output,
            ort_take *take, void *context, struct error *error);

#endif
