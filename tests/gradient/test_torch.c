// SPDX-License-Identifier: GPL-3.0-or-later
// Three training steps against PyTorch's numbers in torch.bin (written by make_torch_dump.py, which says its layout).
#include "nn/nn.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { EXAMPLES = 6, STEPS = 3 };

static const struct nn_config config = {.stride = 3, .first_filters = 10, .first_kernel = 5, .blocks = 2, .filters = {13, 18},
                                        .kernel_count = {1, 2}, .kernels = {{3}, {2, 4}}, .tail = 3};

static const float *take(const float **at, size_t count)
{
    const float *here = *at;
    *at += count;
    return here;
}

static void compare(const char *what, int step, const float *got, const float *expected, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)got[i] - (double)expected[i]);
        if (!(error <= tolerance * (1 + fabs((double)expected[i]))))
            fail_msg("step %d, %s %zu of %zu: %.9g, PyTorch has %.9g", step, what, i, count, (double)got[i], (double)expected[i]);
    }
}

static void check(enum cpu_level level, const float *dump, size_t dump_count)
{
    struct error error;
    struct nn *nn;
    assert_int_equal(nn_open(&nn, &config, EXAMPLES, NULL, level, &error), 0);
    struct nn_weights *weights = nn_weights_of(nn);
    size_t rows = (size_t)nn_window(&config) * NN_FEATURES;
    assert_int_equal(dump_count, weights->count + EXAMPLES * (rows + 2) + STEPS * (EXAMPLES + 1 + weights->trainable + weights->count));
    memcpy(weights->data, take(&dump, weights->count), weights->count * sizeof *dump);
    for (int n = 0; n < EXAMPLES; n++)
        memcpy(nn_input(nn, n), take(&dump, rows), rows * sizeof *dump);
    const float *labels = take(&dump, EXAMPLES), *sample_weights = take(&dump, EXAMPLES);
    for (int step = 1; step <= STEPS; step++) {
        float logits[EXAMPLES], loss = nn_step(nn, EXAMPLES, labels, sample_weights, logits);
        nn_adam(nn, 0.003f);
        compare("logit", step, logits, take(&dump, EXAMPLES), EXAMPLES, 1e-5);
        compare("loss", step, &loss, take(&dump, 1), 1, 2e-6);
        compare("gradient", step, nn_gradients(nn), take(&dump, weights->trainable), weights->trainable, 1e-5);
        compare("weight", step, weights->data, take(&dump, weights->count), weights->count, 1e-5);
    }
    nn_close(nn);
}

static void steps_equal_pytorch(void **state)
{
    (void)state;
    struct error error;
    void *data;
    size_t size;
    const char *source = getenv("WAKESMITH_SOURCE");
    char *path = path_join(source ? source : ".", "tests/gradient/torch.bin");
    assert_non_null(path);
    assert_int_equal(file_read(path, 1 << 20, &data, &size, &error), 0);
    for (int level = CPU_PLAIN; level <= (int)cpu_level(); level++)
        check((enum cpu_level)level, data, size / sizeof(float));
    free(data);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_equal_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
