// SPDX-License-Identifier: GPL-3.0-or-later
// The conversion from end to end.
#include "quantize/quantize_internal.h"

#include <math.h>
#include <stdlib.h>

static int check_options(const struct quantize_options *options, struct error *error)
{
    if (!(options->logit_scale > 0) || !isfinite(options->logit_scale) || !isfinite(options->logit_shift))
        return error_set(error, ERROR_USAGE, "the logit's scale must be above 0 and its shift a number");
    if (!(options->percentile > .5 && options->percentile <= 1))
        return error_set(error, ERROR_USAGE, "the percentile of activations must be above .5 and at most 1");
    return 0;
}

int quantize_model(const struct nn_weights *weights, const struct quantize_track *tracks, size_t track_count,
                   const struct quantize_options *options, struct pool *pool, void **data, size_t *size,
                   struct quantize_report *report, struct error *error)
{
    *data = NULL;
    *report = (struct quantize_report){0};
    TRY(check_options(options, error));
    TRY(nn_check(&weights->config, error));

    int code;
    struct network network = {0};
    struct spreads spreads = {0};
    struct integer_network integers = {0};
    struct tflite_model *model = NULL;
    const char *description = options->description ? options->description : "Wakesmith " WAKESMITH_VERSION;
    TRY_GOTO(network_fold(&network, weights, options, error), done);
    TRY_GOTO(calibrate(&network, tracks, track_count, pool, &spreads, error), done);
    TRY_GOTO(integer_network_make(&integers, &network, &spreads, options->percentile, report, error), done);
    TRY_GOTO(emit_model(&weights->config, &integers, description, &model, error), done);
    TRY_GOTO(tflite_write(model, data, size, error), done);
    code = verify_model(*data, *size, weights, options, integers.activations[logit_output(&weights->config)], tracks,
                        track_count, pool, report, error);
done:
    if (code < 0) {
        free(*data);
        *data = NULL;
    }
    tflite_close(model);
    integer_network_free(&integers);
    spreads_free(&spreads);
    network_free(&network);
    return code;
}
