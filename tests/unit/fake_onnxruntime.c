// SPDX-License-Identifier: GPL-3.0-or-later
// A library with the interface of ONNX Runtime, as much of it as room speech uses, that "speaks" a buzz for any Piper
// voice and offers CUDA. $FAKE_CUDA: "" works, "append", "load" and "run" fail there with a code, "crash" crashes,
// "input" is a mistake of the caller on any device. On CUDA the buzz is higher. Built with -DWITHOUT_CUDA it offers none,
// with -DCRASHING it does not survive being opened.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FAILED = 1, INVALID_ARGUMENT = 2, SLOTS = 102 };
struct status {
    int code;
    char message[80];
};
struct value {
    const void *data;
    size_t count;
    float *own;
};
struct options {
    bool cuda;
};

const void *OrtGetApiBase(void);
void *OrtSessionOptionsAppendExecutionProvider_CUDA(struct options *options, int device);

static bool fails_at(const char *place)
{
    const char *wanted = getenv("FAKE_CUDA");
    return wanted && strcmp(wanted, place) == 0;
}

static void *fail(int code, const char *message)
{
    struct status *status = calloc(1, sizeof *status);
    status->code = code;
    strncpy(status->message, message, sizeof status->message - 1);
    return status;
}

static int error_code(const struct status *status)
{
    return status->code;
}

static const char *error_message(const struct status *status)
{
    return status->message;
}

static void *make(int level, const char *name, void **out)
{
    (void)level, (void)name;
    *out = calloc(1, 8);
    return NULL;
}

static void *make_options(void **out)
{
    *out = calloc(1, sizeof(struct options));
    return NULL;
}

static void *set(void *options, int value)
{
    (void)options, (void)value;
    return NULL;
}

static void *make_memory(int allocator, int kind, void **out)
{
    (void)allocator, (void)kind;
    *out = calloc(1, 8);
    return NULL;
}

#ifndef WITHOUT_CUDA
void *OrtSessionOptionsAppendExecutionProvider_CUDA(struct options *options, int device)
{
    (void)device;
    if (fails_at("append"))
        return fail(FAILED, "no driver");
    options->cuda = true;
    return NULL;
}
#endif

#ifdef CRASHING
__attribute__((constructor)) static void crash(void)
{
    abort();
}
#endif

static void *load(void *env, const void *model, size_t size, const struct options *options, void **out)
{
    (void)env;
    if (!model || !size)
        return fail(FAILED, "no model");
    if (options->cuda && fails_at("load"))
        return fail(FAILED, "CUDA out of memory");
    struct options *session = calloc(1, sizeof *session);
    *session = *options;
    *out = session;
    return NULL;
}

static void *make_tensor(const void *memory, void *data, size_t bytes, const int64_t *shape, size_t rank, int type,
                         void **out)
{
    (void)memory, (void)bytes, (void)type;
    struct value *value = calloc(1, sizeof *value);
    value->data = data;
    value->count = 1;
    for (size_t i = 0; i < rank; i++)
        value->count *= (size_t)shape[i];
    *out = value;
    return NULL;
}

// A buzz with harmonics and a syllable every three phonemes; `input` decides its length, `scales` its pace.
static void speak(const struct value *input, const struct value *scales, bool cuda, struct value *out)
{
    double pace = scales && scales->count == 3 ? (double)((const float *)scales->data)[1] : 1, hertz = cuda ? 180 : 120;
    out->count = (size_t)((double)input->count * pace * 700);
    out->own = calloc(out->count + 1, sizeof *out->own);
    out->data = out->own;
    for (size_t i = 0; i < out->count; i++) {
        double t = (double)i / 22050, sum = 0, syllable = (double)i * 6 * M_PI / (double)out->count;
        for (int k = 1; k < 24; k++)
            sum += sin(2 * M_PI * hertz * k * t) / k;
        out->own[i] = (float)(.2 * sum * (.3 + .7 * sin(syllable) * sin(syllable)));
    }
}

static void *run(const struct options *session, const void *how, const char *const *names, struct value *const *inputs,
                 size_t count, const char *const *outputs, size_t output_count, void **results)
{
    (void)how, (void)outputs, (void)output_count;
    const struct value *input = NULL, *scales = NULL;
    for (size_t i = 0; i < count; i++) {
        input = strcmp(names[i], "input") == 0 ? inputs[i] : input;
        scales = strcmp(names[i], "scales") == 0 ? inputs[i] : scales;
    }
    if (!input || fails_at("input"))
        return fail(INVALID_ARGUMENT, "no such input");
    if (session->cuda && fails_at("run"))
        return fail(FAILED, "CUDA out of memory");
    if (session->cuda && fails_at("crash"))
        abort();
    struct value *value = calloc(1, sizeof *value);
    speak(input, scales, session->cuda, value);
    *results = value;
    return NULL;
}

static void *data_of(struct value *value, void **data)
{
    *data = value->own;
    return NULL;
}

static void *shape_of(struct value *value, void **shape)
{
    *shape = value;
    return NULL;
}

static void *count_of(const struct value *shape, size_t *count)
{
    *count = shape->count;
    return NULL;
}

static void release(void *thing)
{
    free(thing);
}

static void release_value(struct value *value)
{
    free(value->own);
    free(value);
}

static void keep(void *thing)
{
    (void)thing;
}

typedef void (*any_function)(void);
static any_function slots[SLOTS] = {
    [1] = (any_function)error_code,   [2] = (any_function)error_message, [3] = (any_function)make,
    [8] = (any_function)load,         [9] = (any_function)run,           [10] = (any_function)make_options,
    [23] = (any_function)set,         [24] = (any_function)set,          [25] = (any_function)set,
    [49] = (any_function)make_tensor, [51] = (any_function)data_of,      [64] = (any_function)count_of,
    [65] = (any_function)shape_of,    [69] = (any_function)make_memory,  [93] = (any_function)release,
    [95] = (any_function)release,     [96] = (any_function)release_value, [99] = (any_function)keep,
};

static const any_function *api(uint32_t version)
{
    return version == 1 ? slots : NULL;
}

static const char *version(void)
{
    return "fake";
}

const void *OrtGetApiBase(void)
{
    static const struct {
        const any_function *(*api)(uint32_t version);
        const char *(*version)(void);
    } base = {api, version};
    return &base;
}
