// SPDX-License-Identifier: GPL-3.0-or-later
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum slot { // of the table of functions, version 1
    GET_ERROR_CODE = 1,
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
enum { INVALID_ARGUMENT = 2 }; // a code of GET_ERROR_CODE: wrong on any device

typedef void *ort_status; // NULL: it went well
typedef void (*any_function)(void);
typedef ort_status append_cuda(void *options, int device);
struct api_base {
    const any_function *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

struct ort {
    void *library;
    const any_function *api;
    const char *version;
    void *env, *memory;
    void *options, *cuda; // of sessions; cuda NULL: not offered, not wanted, or left
};
struct ort_session {
    struct ort *ort;
    void *handle; // NULL: it could be loaded nowhere
    const void *model;
    size_t size;
    bool cuda;
};

// Of this process, a child, which has one library, one device, and one reason to be on the CPU.
static struct ort *opened;
static char left[200], notice[NOTICE_MAXIMUM];

// A slot as a function of the type named: CALL(ort, RUN, (void *, ...))(...).
#define SLOT(ort, slot, result, arguments) ((result(*) arguments)(ort)->api[slot])

static int check(const struct ort *ort, ort_status status, const char *what, struct error *error)
{
    if (!status)
        return 0;
    error_set(error, ERROR_STATE, "%s: %.200s", what, SLOT(ort, GET_ERROR_MESSAGE, const char *, (void *))(status));
    SLOT(ort, RELEASE_STATUS, void, (void *))(status);
    return ERROR_STATE;
}

// ---- CUDA -------------------------------------------------------------------------------------------------

static bool device_is(const char *name)
{
    const char *wanted = getenv(SPEECH_DEVICE_VARIABLE);
    return strcmp(wanted && *wanted ? wanted : "auto", name) == 0;
}

// The library exports it when it was built with CUDA.
static append_cuda *cuda_of(void *library)
{
    return (append_cuda *)(uintptr_t)dlsym(library, "OrtSessionOptionsAppendExecutionProvider_CUDA");
}

static void put_notice(const char *reason)
{
    if (!*notice)
        snprintf(notice, sizeof notice, "neural voices speak on the CPU, CUDA failed: %.240s", reason);
}

void ort_leave_cuda(const char *reason)
{
    snprintf(left, sizeof left, "%.199s", reason);
}

const char *ort_notice(void)
{
    return notice;
}

static int make_options(struct ort *ort, void **options, struct error *error)
{
    static const char what[] = "ONNX Runtime does not start";
    TRY(check(ort, SLOT(ort, CREATE_SESSION_OPTIONS, ort_status, (void **))(options), what, error));
    TRY(check(ort, SLOT(ort, SET_GRAPH_OPTIMIZATION_LEVEL, ort_status, (void *, int))(*options, OPTIMIZE_ALL), what,
              error));
    TRY(check(ort, SLOT(ort, SET_INTRA_OP_THREADS, ort_status, (void *, int))(*options, 1), what, error));
    return check(ort, SLOT(ort, SET_INTER_OP_THREADS, ort_status, (void *, int))(*options, 1), what, error);
}

static void add_cuda(struct ort *ort)
{
    enum { FIRST_DEVICE = 0 };
    struct error error = {0};
    void *options;
    append_cuda *append = cuda_of(ort->library);
    if (device_is("cpu") || (!append && !device_is("cuda")))
        return;
    int code = *left     ? error_set(&error, ERROR_STATE, "%s", left)
               : !append ? error_set(&error, ERROR_STATE, "this ONNX Runtime was built without it")
                         : make_options(ort, &options, &error);
    if (code == 0)
        code = check(ort, append(options, FIRST_DEVICE), "it cannot be used", &error);
    if (code == 0)
        ort->cuda = options;
    else
        put_notice(error.message);
}

bool ort_offers_cuda(void)
{
    struct ort *ort;
    struct error ignored;
    return !device_is("cpu") && ort_open(&ort, &ignored) == 0 && cuda_of(ort->library);
}

// ---- the library ------------------------------------------------------------------------------------------

static int start(struct ort *ort, struct error *error)
{
    static const char what[] = "it does not start";
    const struct api_base *(*get_base)(void) =
        (const struct api_base *(*)(void))(uintptr_t)dlsym(ort->library, "OrtGetApiBase");
    const struct api_base *base = get_base ? get_base() : NULL;
    ort->api = base ? base->get_api(API_VERSION) : NULL;
    if (!ort->api)
        return error_set(error, ERROR_STATE, "it is another library");
    ort->version = base->get_version();
    TRY(check(ort, SLOT(ort, CREATE_ENV, ort_status, (int, const char *, void **))(LOG_ERRORS, "wakesmith", &ort->env),
              what, error));
    TRY(make_options(ort, &ort->options, error));
    return check(ort,
                 SLOT(ort, CREATE_CPU_MEMORY_INFO, ort_status, (int, int, void **))(ARENA_ALLOCATOR, DEFAULT_MEMORY,
                                                                                    &ort->memory),
                 what, error);
}

// ERROR_MISSING: there is no such file.
static int try_library(struct ort *ort, const char *path, struct error *error)
{
    *ort = (struct ort){.library = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (ort->library)
        return start(ort, error); // it stays open in any case: it may have started threads
    const char *reason = dlerror(), *after = reason && strncmp(reason, path, strlen(path)) == 0 ? strstr(reason, ": ") : NULL;
    return error_set(error, file_exists(path) ? ERROR_STATE : ERROR_MISSING, "%.200s", after ? after + 2 : reason);
}

static int find_library(struct ort *ort, struct error *error)
{
    const char *named = getenv("WAKESMITH_ONNXRUNTIME");
    char *folder = speech_folder(), *own = folder ? path_join(folder, "onnxruntime/libonnxruntime.so") : NULL;
    const char *const names[] = {named, own, "libonnxruntime.so.1", "libonnxruntime.so"};
    int code = error_set(error, ERROR_MISSING,
                         "neural voices need ONNX Runtime, which is not installed: wakesmith voices fetch onnxruntime "
                         "brings it");
    for (size_t i = 0; i < COUNT_OF(names) && code < 0; i++) {
        struct error reason;
        int tried = names[i] && *names[i] ? try_library(ort, names[i], &reason) : ERROR_MISSING;
        if (tried == 0)
            code = 0;
        else if (tried == ERROR_STATE && code == ERROR_MISSING)
            code = error_set(error, ERROR_STATE,
                             "neural voices need ONNX Runtime, and %.160s is none that works (%.160s): " ORT_ANOTHER,
                             names[i], reason.message);
    }
    free(own);
    free(folder);
    return code;
}

int ort_open(struct ort **out, struct error *error)
{
    *out = opened;
    if (opened)
        return 0;
    struct ort *ort = calloc(1, sizeof *ort);
    if (!ort)
        return error_memory(error, "ONNX Runtime");
    int code = find_library(ort, error);
    if (code < 0) {
        free(ort);
        return code;
    }
    add_cuda(ort);
    *out = opened = ort;
    return 0;
}

const char *ort_version(void)
{
    struct ort *ort;
    struct error ignored;
    return ort_open(&ort, &ignored) == 0 ? ort->version : NULL;
}

// ---- sessions ---------------------------------------------------------------------------------------------

static int load(struct ort_session *session, struct error *error)
{
    struct ort *ort = session->ort;
    return check(ort,
                 SLOT(ort, CREATE_SESSION_FROM_ARRAY, ort_status, (void *, const void *, size_t, void *, void **))(
                     ort->env, session->model, session->size, session->cuda ? ort->cuda : ort->options,
                     &session->handle),
                 "the voice's model cannot be loaded", error);
}

static void unload(struct ort_session *session)
{
    if (session->handle)
        SLOT(session->ort, RELEASE_SESSION, void, (void *))(session->handle);
    session->handle = NULL;
}

// After a failure on CUDA, which `error` tells: the model on the CPU. What fails there as well is no fault of CUDA's.
static int load_on_cpu(struct ort_session *session, struct error *error)
{
    const struct error reason = *error;
    unload(session);
    session->cuda = false;
    TRY(load(session, error));
    session->ort->cuda = NULL;
    put_notice(reason.message);
    return 0;
}

int ort_session_open(struct ort_session **out, struct ort *ort, const void *model, size_t size, struct error *error)
{
    struct ort_session *session = calloc(1, sizeof *session);
    *out = NULL;
    if (!session)
        return error_memory(error, "a voice");
    *session = (struct ort_session){.ort = ort, .model = model, .size = size, .cuda = ort->cuda != NULL};
    int code = load(session, error);
    if (code < 0 && session->cuda)
        code = load_on_cpu(session, error);
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
    unload(session);
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
    for (bool again = true; code == 0 && again;) {
        ort_status status = SLOT(ort, RUN, ort_status,
                                 (void *, const void *, const char *const *, const void *const *, size_t,
                                  const char *const *, size_t, void **))(
            session->handle, NULL, names, (const void *const *)values, count, &output, 1, &result);
        again = status && session->cuda && SLOT(ort, GET_ERROR_CODE, int, (void *))(status) != INVALID_ARGUMENT;
        code = check(ort, status, "the voice could not speak", error);
        if (again)
            code = load_on_cpu(session, error);
    }
    if (code == 0)
        code = take_output(ort, result, take, context, error);
    if (result)
        SLOT(ort, RELEASE_VALUE, void, (void *))(result);
    for (size_t i = 0; i < count; i++)
        if (values[i])
            SLOT(ort, RELEASE_VALUE, void, (void *))(values[i]);
    return code;
}
