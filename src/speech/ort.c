// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum slot { // of the table of functions, version 1
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION_FROM_ARRAY = 8,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_GRAPH_OPTIMIZATION_LEVEL = 23,
    SET_INTRA_OP_THREADS = 24,
    SET_INTER_OP_THREADS = 25,
    CREATE_TENSOR = 49,
    GET_TENSOR_DATA = 51,
    GET_ELEMENT_COUNT = 64,
    GET_TENSOR_SHAPE = 65,
    CREATE_CPU_MEMORY_INFO = 69,
    RELEASE_STATUS = 93,
    RELEASE_SESSION = 95,
    RELEASE_VALUE = 96,
    RELEASE_TENSOR_SHAPE = 99
};
enum { API_VERSION = 1, LOG_ERRORS = 3, OPTIMIZE_ALL = 99, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0, MOST_INPUTS = 8 };

typedef void *ort_status; // NULL: it went well
typedef void (*any_function)(void);
struct api_base {
    const any_function *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

struct ort {
    void *library;
    const any_function *api;
    void *env, *options, *memory;
};
struct ort_session {
    struct ort *ort;
    void *handle;
};

// A slot as a function of the type named: CALL(ort, RUN, (void *, ...))(...).
#define SLOT(ort, slot, result, arguments) ((result(*) arguments)(ort)->api[slot])

static int check(const struct ort *ort, ort_status status, const char *what, struct error *error)
{
    if (!status)
        return 0;
    error_set(error, ERROR_STATE, "%s: %.300s", what, SLOT(ort, GET_ERROR_MESSAGE, const char *, (void *))(status));
    SLOT(ort, RELEASE_STATUS, void, (void *))(status);
    return ERROR_STATE;
}

static void *open_library(void)
{
    const char *named = getenv("WAKESMITH_ONNXRUNTIME");
    char *folder = speech_folder(), *own = folder ? path_join(folder, "onnxruntime/libonnxruntime.so") : NULL;
    const char *const names[] = {named, own, "libonnxruntime.so.1", "libonnxruntime.so"};
    void *library = NULL;
    for (size_t i = 0; i < COUNT_OF(names) && !library; i++)
        if (names[i] && *names[i])
            library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    free(own);
    free(folder);
    return library;
}

static const struct api_base *base_of(void *library)
{
    const struct api_base *(*get_base)(void) =
        (const struct api_base *(*)(void))(uintptr_t)dlsym(library, "OrtGetApiBase");
    return get_base ? get_base() : NULL;
}

const char *ort_version(void)
{
    void *library = open_library();
    const struct api_base *base = library ? base_of(library) : NULL;
    return base && base->get_api(API_VERSION) ? base->get_version() : NULL;
}

static int prepare(struct ort *ort, struct error *error)
{
    static const char what[] = "ONNX Runtime does not start";
    TRY(check(ort, SLOT(ort, CREATE_ENV, ort_status, (int, const char *, void **))(LOG_ERRORS, "wakesmith", &ort->env), what,
              error));
    TRY(check(ort, SLOT(ort, CREATE_SESSION_OPTIONS, ort_status, (void **))(&ort->options), what, error));
    TRY(check(ort, SLOT(ort, SET_GRAPH_OPTIMIZATION_LEVEL, ort_status, (void *, int))(ort->options, OPTIMIZE_ALL), what,
              error));
    TRY(check(ort, SLOT(ort, SET_INTRA_OP_THREADS, ort_status, (void *, int))(ort->options, 1), what, error));
    TRY(check(ort, SLOT(ort, SET_INTER_OP_THREADS, ort_status, (void *, int))(ort->options, 1), what, error));
    return check(ort,
                 SLOT(ort, CREATE_CPU_MEMORY_INFO, ort_status, (int, int, void **))(ARENA_ALLOCATOR, DEFAULT_MEMORY,
                                                                                &ort->memory),
                 what, error);
}

int ort_open(struct ort **out, struct error *error)
{
    *out = NULL;
    struct ort *ort = calloc(1, sizeof *ort);
    if (!ort)
        return error_memory(error, "ONNX Runtime");
    int code = 0;
    const struct api_base *base = NULL;
    ort->library = open_library();
    if (!ort->library) {
        code = error_set(error, ERROR_MISSING,
                         "neural voices need ONNX Runtime, which is not installed: wakesmith voices fetch --default "
                         "brings it");
        goto end;
    }
    base = base_of(ort->library);
    ort->api = base ? base->get_api(API_VERSION) : NULL;
    if (!ort->api) {
        code = error_set(error, ERROR_MISSING, "the ONNX Runtime library found is not one that Wakesmith can use: "
                                               "wakesmith voices fetch --default brings one");
        goto end;
    }
    code = prepare(ort, error);
end:
    if (code < 0)
        free(ort); // the library stays open: it may have started threads
    else
        *out = ort;
    return code;
}

int ort_session_open(struct ort_session **out, struct ort *ort, const void *model, size_t size, struct error *error)
{
    struct ort_session *session = calloc(1, sizeof *session);
    *out = NULL;
    if (!session)
        return error_memory(error, "a voice");
    session->ort = ort;
    int code = check(ort,
                     SLOT(ort, CREATE_SESSION_FROM_ARRAY, ort_status, (void *, const void *, size_t, void *, void **))(
                         ort->env, model, size, ort->options, &session->handle),
                     "the voice's model cannot be loaded", error);
    if (code < 0)
        free(session);
    else
        *out = session;
    return code;
}

void ort_session_close(struct ort_session *session)
{
    if (!session)
        return;
    SLOT(session->ort, RELEASE_SESSION, void, (void *))(session->handle);
    free(session);
}

static int make_inputs(struct ort *ort, const struct ort_input *inputs, size_t count, void **values,
                       const char **names, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = inputs[i].type == ORT_INT64 ? sizeof(int64_t) : sizeof(float);
        for (int d = 0; d < inputs[i].rank; d++)
            bytes *= (size_t)inputs[i].shape[d];
        names[i] = inputs[i].name;
        TRY(check(ort,
                  SLOT(ort, CREATE_TENSOR, ort_status,
                       (void *, void *, size_t, const int64_t *, size_t, int, void **))(
                      ort->memory, inputs[i].data, bytes, inputs[i].shape, (size_t)inputs[i].rank, (int)inputs[i].type,
                      &values[i]),
                  "a voice's input", error));
    }
    return 0;
}

static int take_output(struct ort *ort, void *value, ort_take *take, void *context, struct error *error)
{
    void *shape = NULL, *data = NULL;
    size_t count = 0;
    TRY(check(ort, SLOT(ort, GET_TENSOR_SHAPE, ort_status, (void *, void **))(value, &shape), "a voice's output", error));
    int code = check(ort, SLOT(ort, GET_ELEMENT_COUNT, ort_status, (void *, size_t *))(shape, &count), "a voice's output",
                     error);
    SLOT(ort, RELEASE_TENSOR_SHAPE, void, (void *))(shape);
    TRY(code);
    TRY(check(ort, SLOT(ort, GET_TENSOR_DATA, ort_status, (void *, void **))(value, &data), "a voice's output", error));
    return take(context, data, count) == 0 ? 0 : error_memory(error, "a spoken clip");
}

int ort_run(struct ort_session *session, const struct ort_input *inputs, size_t count, const char *output,
            ort_take *take, void *context, struct error *error)
{
    struct ort *ort = session->ort;
    void *values[MOST_INPUTS] = {NULL}, *result = NULL;
    const char *names[MOST_INPUTS];
    if (count > MOST_INPUTS)
        return error_set(error, ERROR_USAGE, "a voice with %zu inputs is not known", count);
    int code = make_inputs(ort, inputs, count, values, names, error);
    if (code == 0)
        code = check(ort,
                     SLOT(ort, RUN, ort_status,
                          (void *, const void *, const char *const *, const void *const *, size_t, const char *const *,
                           size_t, void **))(session->handle, NULL, names, (const void *const *)values, count, &output,
                                             1, &result),
                     "the voice could not speak", error);
    if (code == 0)
        code = take_output(ort, result, take, context, error);
    if (result)
        SLOT(ort, RELEASE_VALUE, void, (void *))(result);
    for (size_t i = 0; i < count; i++)
        if (values[i])
            SLOT(ort, RELEASE_VALUE, void, (void *))(values[i]);
    return code;
}
